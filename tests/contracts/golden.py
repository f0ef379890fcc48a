"""Golden events: one of every contract and version, as it was when others began to read it.

`python tests/contracts/golden.py` (a make target away) writes those that are missing, and never changes one.
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from chalkline_contracts.event import Event, catalogue
from kit.story import SERVICES, Story
from untold import UNTOLD

FOLDER = Path(__file__).parent / "golden"


PUBLISHING = (*SERVICES, "feeds")


def contracts() -> list[type[Event]]:
    for service in PUBLISHING:
        import_module(f"chalkline_contracts.{service}")
    return [contract for (service, _), contract in catalogue.items() if service in PUBLISHING]


def path_of(contract: type[Event], version: int | None = None) -> Path:
    return FOLDER / contract.service / f"{contract.__name__}.v{version or contract.schema_version}.json"


def fields_of(contract: type[Event]) -> dict[str, Any]:
    """What a reader may rely on: each field with its JSON Schema, references resolved, words about it left out."""
    schema = contract.model_json_schema(mode="serialization")
    return {
        name: _plain(found, schema.get("$defs", {})) for name, found in schema.get("properties", {}).items()
    }


def _plain(found: Any, definitions: dict[str, Any]) -> Any:
    match found:
        case {"$ref": str() as ref, **_others}:
            return _plain(definitions[ref.rsplit("/", 1)[1]], definitions)
        case dict():
            told = {
                "type",
                "format",
                "enum",
                "const",
                "anyOf",
                "items",
                "prefixItems",
                "properties",
                "pattern",
            }
            kept = {key: value for key, value in found.items() if key in told}
            if isinstance(properties := kept.get("properties"), dict):
                kept["properties"] = {name: _plain(value, definitions) for name, value in properties.items()}
                return kept
            return {key: _plain(value, definitions) for key, value in kept.items()}
        case list():
            return [_plain(one, definitions) for one in found]
        case _:
            return found


def golden(event: Event) -> dict[str, Any]:
    contract = type(event)
    return {
        "type": contract.type_name(),
        "aggregate": contract.aggregate,
        "tier": contract.tier,
        "fields": fields_of(contract),
        "data": json.loads(event.model_dump_json()),
    }


def examples() -> Iterator[Event]:
    """The richest event of each kind that the stories tell."""
    found: dict[type[Event], Event] = {type(event): event for event in UNTOLD}
    for seed in range(1, 5):
        for log in Story(seed).recorded.values():
            for recorded in log:
                event = recorded.event
                known = found.get(type(event))
                if known is None or len(event.model_dump_json()) > len(known.model_dump_json()):
                    found[type(event)] = event
                if public := event.made_public(recorded.aggregate_id):
                    found[type(public)] = public
    yield from found.values()


def main() -> None:
    for event in examples():
        path = path_of(type(event))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(golden(event), indent=2, sort_keys=True) + "\n")
            print(path.relative_to(FOLDER.parent))  # noqa: T201 - a script that says what it wrote


if __name__ == "__main__":
    main()
