"""The event catalogue of `docs/events`, written from the models: what each event says, when, to whom, since when.

`python tests/contracts/event_catalogue.py` (`make catalogue`) writes it; a test compares it with what the code says.
"""

import ast
import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from backbone.service import Service
from chalkline_contracts.event import Event
from contracts.golden import FOLDER as GOLDEN
from contracts.golden import PUBLISHING, contracts, path_of
from kit.story import SERVICES
from pydantic import BaseModel

DOCS = Path(__file__).parents[2] / "docs" / "events"
SCHEMAS = DOCS / "schemas"
TIERS = {
    "A": "activity: whoever leads may know",
    "B": "the pair's: those who take part, and whom they let",
    "C": "its author's alone",
    "O": "operators' and administrators'",
}
ABOUT = {
    "directory": "Districts, organisations, people, roles, and who is erased.",
    "goals": "Partnerships, cycles, goals and the steps toward them.",
    "observations": "Visits, instruments, coaching time and reflections.",
    "notifications": "Milestones and who is told of them.",
    "feeds": "What other systems are to hear of a district. The service that tells it is not there yet.",
}


def schema(contract: type[Event], version: int) -> dict[str, Any]:
    """JSON Schema (2020-12) of an event's `data`; its `$id` is the CloudEvent's `dataschema`. What an older version had
    its golden event remembers.
    """
    if version == contract.schema_version:
        told = _without_titles(contract.model_json_schema(mode="serialization"))
    else:
        fields = json.loads(path_of(contract, version).read_text())["fields"]
        told = {"type": "object", "properties": fields, "required": []}
    own = f"urn:chalkline:{contract.service}:{contract.__name__}:{version}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": own, **told}


def _without_titles(found: Any) -> Any:
    """`title` repeats a name; where it is the name of a field, it stays."""
    if isinstance(found, dict):
        return {
            key: {name: _without_titles(one) for name, one in value.items()}
            if key == "properties"
            else _without_titles(value)
            for key, value in found.items()
            if key != "title" or isinstance(value, dict)
        }
    return [_without_titles(one) for one in found] if isinstance(found, list) else found


def schema_path(contract: type[Event], version: int | None = None) -> Path:
    return SCHEMAS / f"{contract.service}.{contract.__name__}.v{version or contract.schema_version}.json"


def versions(contract: type[Event]) -> list[int]:
    """Those that were ever published, as golden events remember them."""
    return sorted(
        int(path.stem.rpartition(".v")[2])
        for path in (GOLDEN / contract.service).glob(f"{contract.__name__}.v*.json")
    )


@cache
def consumers() -> dict[type[Event], list[str]]:
    """Who reads each event: services that project it or react to it; its own projections say nothing."""
    found: dict[type[Event], list[str]] = defaultdict(list)
    for name in SERVICES:
        service: Service = import_module(f"{name}.app").SERVICE
        for part in (*service.all_projections, *service.policies):
            for event in part.handles:
                if event.service in service.reads and name not in found[event]:
                    found[event].append(name)
    return found


@cache
def said_of_fields(model: type[BaseModel]) -> dict[str, str]:
    """What is written under each field, in the model and in those it is made of."""
    told: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel and "model_fields" in dir(kind):
            told |= dict(_said(kind))
    return told


def _said(kind: type) -> Iterator[tuple[str, str]]:
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(value=ast.Constant(value=str() as said)):
                    yield field.target.id, " ".join(said.split())


def kind_of(found: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A field's type, in a word or two."""
    match found:
        case {"$ref": str() as ref}:
            name = ref.rsplit("/", 1)[1]
            return f"{name} ({', '.join(definitions[name].get('properties', {}))})"
        case {"anyOf": [*kinds]}:
            return " or ".join(kind_of(one, definitions) for one in kinds)
        case {"enum": [*values]}:
            return ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
        case {"type": "array", "items": items}:
            return f"list of {kind_of(items, definitions)}"
        case {"type": "string", "format": kind}:
            return {"uuid": "id", "date-time": "moment", "date": "day"}.get(kind, kind)
        case {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}:
            return "code"
        case {"type": kind}:
            return {"integer": "number", "boolean": "yes or no", "string": "text", "null": "null"}.get(
                kind, kind
            )
    return "anything"


def entry(contract: type[Event]) -> str:
    """One event, as a reader of the catalogue finds it."""
    told = contract.model_json_schema(mode="serialization")
    said, definitions = said_of_fields(contract), told.get("$defs", {})
    golden = json.loads(path_of(contract).read_text())
    lines = [f"## {contract.__name__}", ""]
    if words := _about(contract):
        lines += [words, ""]
    read_by = consumers().get(contract, [])
    facts = [
        f"`{contract.type_name()}`",
        f"of {'an' if contract.aggregate[0] in 'AEIO' else 'a'} {contract.aggregate}",
        f"tier {contract.tier}",
        f"read by {', '.join(read_by)}" if read_by else "read by no other service",
    ]
    if contract.public:
        facts.append(f"public as [{contract.public.__name__}](feeds.md#{contract.public.__name__.lower()})")
    if contract.retracts:
        facts.append(f"takes back what is public as {contract.retracts.__name__}")
    if contract.stays:
        facts.append("stays when its district has left")
    if len(known := versions(contract)) > 1:
        facts.append(f"versions {', '.join(map(str, known))}; a reader of this one has older ones as this")
    lines += [f"{', '.join(facts)}. [Schema](schemas/{schema_path(contract).name})", ""]
    properties = told.get("properties", {})
    if properties:
        lines += ["| Field | | |", "|---|---|---|"]
        for name, found in properties.items():
            needed = "" if name in told.get("required", ()) or "default" not in found else " (may be absent)"
            lines.append(f"| `{name}` | {kind_of(found, definitions)}{needed} | {said.get(name, '')} |")
        lines.append("")
    lines += ["```json", json.dumps(golden["data"], indent=1, sort_keys=False), "```", ""]
    return "\n".join(lines)


def _about(contract: type[Event]) -> str:
    own = contract.__dict__.get("__doc__") or ""
    return " ".join(own.split())


def page(service: str, told: Sequence[type[Event]]) -> str:
    head = [
        f"# Events of {service}",
        "",
        f"{ABOUT[service]} Written from the code by `make catalogue`; [all services](README.md).",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(entry(contract) for contract in told)


def index(told: dict[str, list[type[Event]]]) -> str:
    lines = [
        "# Every event",
        "",
        "What Chalkline's services tell each other, and what other systems are to hear ([feeds](feeds.md)). Each is a",
        "CloudEvent whose `data` has the fields of its page; [schemas](schemas) are JSON Schema 2020-12, one for each",
        "version. A version gains fields and never loses or changes one; a reader ignores what it does not know.",
        "Written from the code by `make catalogue`.",
        "",
        "| Tier | Who may see it |",
        "|---|---|",
        *(f"| {tier} | {who} |" for tier, who in TIERS.items()),
        "",
        "| Event | Tier | When | Read by | Public as |",
        "|---|---|---|---|---|",
    ]
    for service, events in told.items():
        for contract in events:
            name = contract.__name__
            public = contract.public.__name__ if contract.public else ""
            first = _about(contract).split(". ")[0].rstrip(".")
            lines.append(
                f"| [{service} {name}]({service}.md#{name.lower()}) | {contract.tier} | {first} "
                f"| {', '.join(consumers().get(contract, []))} | {public} |"
            )
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every page and every schema, by its file."""
    told: dict[str, list[type[Event]]] = {service: [] for service in PUBLISHING}
    for contract in contracts():
        told[contract.service].append(contract)
    return {
        DOCS / "README.md": index(told),
        **{DOCS / f"{service}.md": page(service, events) for service, events in told.items()},
        **{
            schema_path(contract, version): json.dumps(schema(contract, version), indent=2, sort_keys=True)
            + "\n"
            for contract in contracts()
            for version in versions(contract)
        },
    }


def main() -> None:
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
