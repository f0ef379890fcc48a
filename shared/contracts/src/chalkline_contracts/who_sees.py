"""Who may see what, as the table `who_sees.toml` says: of every read whose it is to see, and the tier of each field.

Events have their tier beside them (`Event.tier`); this is about what is read over HTTP.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

Relation = str
"""What somebody is to a thing, a key of the table's `relations`: "owner", "principal"."""


class Shown(dict[str, Any]):
    """Fields as somebody may see them."""

    activity_alone = False
    """Whether there is more to the thing than they may know of, or ever hear that it happened."""


@dataclass(frozen=True, slots=True)
class Read:
    """One read: the relations to which there is anything, and of each field the tier."""

    to: frozenset[Relation]
    tiers: Mapping[str, str]
    coarse: frozenset[str]
    """Fields that are "open" or "ended" to whoever does not read tier B."""

    def allowed(self, relations: Iterable[Relation]) -> frozenset[str]:
        """The fields that somebody may see who is all of this to a thing."""
        seen = {tier for relation in relations if relation in self.to for tier in RELATIONS[relation]}
        return frozenset(name for name, tier in self.tiers.items() if tier in seen)

    def told(self, relations: Iterable[Relation], fields: Mapping[str, Any], *, over: bool = False) -> Shown:
        """What of these fields is told to somebody who is all of this; `over`: the thing has ended. A field that the
        table does not know is told to nobody.
        """
        relations = self.to.intersection(relations)
        allowed = self.allowed(relations)
        shown = Shown((name, value) for name, value in fields.items() if name in allowed)
        if "B" in self.tiers.values() and not any("B" in RELATIONS[relation] for relation in relations):
            shown.activity_alone = True
            shown.update(dict.fromkeys(self.coarse & shown.keys(), "ended" if over else "open"))
        return shown


def _table() -> tuple[Mapping[Relation, frozenset[str]], Mapping[tuple[str, str], Read]]:
    told = tomllib.loads((files("chalkline_contracts") / "who_sees.toml").read_text("utf-8"))
    relations = {name: frozenset(tiers.split()) for name, tiers in told.pop("relations").items()}
    reads = {(service, path): _read(row) for service, rows in told.items() for path, row in rows.items()}
    return MappingProxyType(relations), MappingProxyType(reads)


def _read(row: Mapping[str, str]) -> Read:
    fields = [(name, tier) for tier, names in row.items() if tier != "to" for name in names.split()]
    return Read(
        to=frozenset(row["to"].split()),
        tiers=MappingProxyType({name.removesuffix("~"): tier for name, tier in fields}),
        coarse=frozenset(name.removesuffix("~") for name, _ in fields if name.endswith("~")),
    )


RELATIONS, READS = _table()
"""The tiers that each relation reads; each read by its service and path."""

TIERS: Final = frozenset(tier for tiers in RELATIONS.values() for tier in tiers)
