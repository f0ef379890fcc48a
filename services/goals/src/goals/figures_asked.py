"""Asking for figures about a district: who may, of which schools and which school year, and what stays hidden.

Administrators and coaching leads ask about the district, principals about their own schools, nobody else. A year is
whole and each table has one division, so that no two answers to one reader differ by a few people.
"""

from collections.abc import Mapping
from uuid import UUID

from backbone.deciding import Actor, Forbidden
from backbone.district import policy_in
from backbone.lists import Lists, Told, person_of
from backbone.overseeing import LEADERS
from backbone.school_year import YearWanted, school_year
from backbone.service import Running
from backbone.suppressing import TOTAL, Cell, Group, Least, suppressed


class Figure(Told):
    """A row of a table of figures. What is about too few people is `hidden`: what it counts is null."""

    of: str | None
    """What it is about, by the division asked for; "none" where it has none. Null: the total."""
    hidden: bool


class Figures:
    """The figures of one running service."""

    def __init__(self, run: Running) -> None:
        self._run, self.lists = run, Lists(run)

    async def schools(self, by: Actor) -> list[UUID] | None:
        """The schools somebody may have figures about; None: all of the district. Raises Forbidden, FactsBehind."""
        person = person_of(by)
        self.lists.must_be_level(by)
        row = await self._run.facts.row("person", by.tenant, person)
        roles = frozenset(row["roles"]) if row and row["active"] else frozenset()
        if roles & LEADERS:
            return None
        if "principal" not in roles:
            raise Forbidden
        return sorted(row["led_ids"])

    async def year(self, by: Actor, wanted: YearWanted) -> int:
        """The school year asked for, or the one it is."""
        return wanted.year if wanted.year is not None else school_year(await self.lists.today(by))

    async def least(self, by: Actor) -> Least:
        """About how many people a figure must be in this district."""
        policy = policy_in(await self._run.facts.row("policy", by.tenant, by.tenant))
        return Least(students=policy.small_cell_n)


def hidden_rows(groups: Mapping[str | None, Group], least: Least) -> frozenset[str | None]:
    """Of a table divided one way, with its total under None: what is to be hidden."""
    table: dict[Cell, Group] = {(of, TOTAL): group for of, group in groups.items()}
    return frozenset(of for of, _ in suppressed(table, least))
