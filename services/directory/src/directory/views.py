"""What a reader sees of districts, organisations and people: names to those of the district, more to few."""

from collections.abc import Sequence
from typing import Any

from chalkline_contracts.who_sees import READS, Relation

from directory import district, org, person
from directory.district import District, DistrictFacts
from directory.org import Org, OrgFacts
from directory.person import Person, PersonFacts

ORG, PERSON = (READS["directory", f"/v1/{kind}/{{id}}"] for kind in ("orgs", "people"))


def view_district(state: District, facts: DistrictFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    match state:
        case district.Open():
            return {
                "status": "open",
                "name": state.name_ref,
                "time_zone": state.time_zone,
                "sandbox": state.clock is not None,
                "clock": state.clock,
                "policy": state.policy,
                "calendar": state.calendar,
            }
        case district.Closed():
            return {"status": "closed", "name": state.name_ref, "time_zone": state.time_zone}
        case _:
            return {}


def view_org(state: Org, facts: OrgFacts) -> dict[str, Any]:
    match state:
        case org.Open():
            shown = {
                "status": "open",
                "name": state.name_ref,
                "type": state.type,
                "parent_id": state.parent_id,
                "time_zone": state.time_zone,
                "sourced_id": state.sourced_id_ref,
            }
            return ORG.told(_relations(facts), shown)
        case org.Closed():
            return {"status": "closed", "name": state.name_ref, "type": state.type}
        case _:
            return {}


def view_person(state: Person, facts: PersonFacts) -> dict[str, Any]:
    """Colleagues see name and roles; the person, administrators and operators see everything.

    Unless mapped otherwise, principals and administrators of a teacher's school evaluate; a mapping stands
    until it is withdrawn.
    """
    match state:
        case person.Active():
            shown = {
                "status": "active",
                "name": state.name_ref,
                "roles": [_role(r) for r in state.roles],
                "legal_holds": state.holds,
                "email": state.email_ref,
                "sourced_id": state.sourced_id_ref,
                "experience_band": state.experience_band,
                "evaluators": {
                    "mapped": bool(state.evaluator_ids),
                    "person_ids": state.evaluator_ids or facts.led_by,
                },
            }
            own: Sequence[Relation] = ("self",) if facts.by.person == facts.aggregate_id else ()
            return PERSON.told((*_relations(facts), *own), shown)
        case person.Deactivated():
            shown = {"status": "deactivated", "name": state.name_ref, "legal_holds": state.holds}
            return PERSON.told(_relations(facts), shown)
        case person.Erased():
            return PERSON.told(_relations(facts), {"status": "erased", "erasure_id": state.erasure_id})
        case _:
            return {}


def _relations(facts: OrgFacts | PersonFacts) -> Sequence[Relation]:
    if facts.by.kind == "operator":
        return ("operator",)
    return ("administrator", "colleague") if facts.administers else ("colleague",)


def _role(held: person.HeldRole) -> dict[str, Any]:
    """Which row of a roster gave it is nobody's business but the next import's."""
    return {"role": held.role, "org_id": held.org_id, "begin": held.begin, "end": held.end}
