"""Every command on everything there is, tried by everybody who has no part in it: refused, and told nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from chalkline_contracts.who_sees import READS
from kit.everybody import NAMES, THINGS, Reader, World, everybody
from kit.running import Platform
from kit.school import on_task

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(platform: Platform) -> World:
    return await everybody(platform)


MAY: Mapping[str, frozenset[str]] = {
    "hand-over-coach": frozenset({"administrator", "coaching_lead"}),
    "approve-break-glass": frozenset({"administrator"}),
    "deny-break-glass": frozenset({"administrator"}),
    "link-goal-to-initiative": frozenset({"anybody"}),  # it is the goal that is theirs or not
    "acknowledge-notification": frozenset(),
    "change-preference": frozenset(),
}
"""What somebody who has no part in a thing may do to it all the same."""

CURATED = {"initiatives", "model-templates", "instruments", "milestone-rules"}
KEPT = {"districts", "orgs", "people"}


def _may(reader: Reader, collection: str, command: str, relations: set[str]) -> bool:
    if relations & {"owner", "coach", "author", "group", "self", "former"}:
        return True  # what they may do is the deciders' matter, and proved there
    if reader.name == "operator":
        return collection in CURATED | KEPT
    leads = {"administrator", "coaching_lead"} if collection in CURATED else {"administrator"}
    return reader.name in (leads if collection in CURATED | KEPT else MAY.get(command, frozenset()))


async def test_who_has_no_part_in_a_thing_is_told_by_no_command_how_it_stands(world: World) -> None:
    tried, wrong = 0, []
    for thing, (service, collection, _) in THINGS.items():
        document, look = world.documents[service], READS[service, f"/v1/{collection}/{{id}}"]
        for path, operations in document["paths"].items():
            if "post" not in operations or not path.startswith(f"/v1/{collection}/{{id}}/"):
                continue
            command = path.rpartition("/")[2]
            body = _sample(
                operations["post"]["requestBody"]["content"]["application/json"]["schema"], document
            )
            for reader in world.readers:
                relations = reader.relations(thing)
                if _may(reader, collection, command, relations) or "anybody" in MAY.get(command, ()):
                    continue
                answer = await world.practice.platform.services[service].tried(
                    path.replace("{id}", str(world.practice.ids[thing])),
                    by=reader.person,
                    tenant=reader.tenant,
                    **body,
                )
                seen = bool(relations & look.to) or reader.name == "operator"
                if answer.status_code not in ({403, 404} if seen else {404}):
                    wrong.append(f"{path} of {thing} as {reader.name}: {answer.text}")
                tried += 1
    assert wrong == []
    assert tried > 500


NAMED: Mapping[str, Any] = {
    "measurement": on_task(5, days_ago=1), "measurements": [on_task(5, days_ago=1)],
    "target": "4/5", "time_zone": "America/Chicago", "email": "a@example.org",
    "to": "2031-01-01T00:00:00Z", "instrument": "time-on-task@1", "template": "impact-cycle@1", "code": "acode",
    "name": "aname", "kind": "intervals_on_task", "metric_code": "on_task", "scope": {}, "begin": "2026-01-05",
    "focus": "engagement", "checklist": "cold-call@1", "reason_code": "moved", "strategy_code": "cold_call",
    "milestone": "VisitDue", "phase": "learn",
}  # fmt: skip


def _sample(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The least that a schema takes."""
    if "$ref" in schema:
        return _sample(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    for many in ("anyOf", "oneOf", "allOf"):
        if many in schema:
            return _sample(schema[many][0], document)
    match schema.get("type"):
        case "object":
            return {
                own: NAMED[own]
                if own in NAMED and NAMED[own] in part.get("enum", [NAMED[own]])
                else _sample(part, document)
                for own, part in schema.get("properties", {}).items()
                if own in schema.get("required", ())
            }
        case "array":
            return [_sample(schema["items"], document)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            formats = {"uuid": str(UUID(int=7)), "date": "2026-12-01", "date-time": "2026-11-01T00:00:00Z"}
            return (
                schema.get("const")
                or schema.get("enum", [formats.get(schema.get("format", ""), "a text")])[0]
            )
        case _:
            return schema.get("const", schema.get("enum", [None])[0])
