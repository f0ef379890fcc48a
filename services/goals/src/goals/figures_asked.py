"""Asking for figures about a district: who may, of which school year, and what stays hidden.

Administrators and coaching leads ask about the district. Principals are told the rows of their own schools out of the
district's table by school, and nobody is told anything else: two who compare their answers know no more than the one.
"""

from collections.abc import Iterable
from typing import Any

from backbone.application import Reader
from backbone.deciding import Actor, Forbidden
from backbone.district import policy_in
from backbone.lists import Lists, Told, person_of
from backbone.overseeing import LEADERS
from backbone.releasing import released
from backbone.school_year import YearWanted, school_year
from backbone.service import Running
from backbone.suppressing import Group, Least
from backbone.telling import Key, Table
from fastapi import Request, Response

from goals.release import TOTAL, Release


class Figure(Told):
    """A row of a table of figures. What is about too few people is `hidden`: what it counts is null."""

    of: str | None
    """What it is about, by the division asked for; "none" where it has none. Null: the total."""
    hidden: bool


class Asking:
    """Who asks one running service for figures, and what they are told: the release of the month, as it is stored."""

    def __init__(self, run: Running) -> None:
        self._run, self.lists = run, Lists(run)

    async def schools(self, by: Actor) -> frozenset[str] | None:
        """The schools somebody may have figures about; None: all of the district. Raises Forbidden, FactsBehind."""
        person = person_of(by)
        self.lists.must_be_level(by)
        row = await self._run.facts.row("person", by.tenant, person)
        roles = frozenset(row["roles"]) if row and row["active"] else frozenset()
        if roles & LEADERS:
            return None
        if "principal" not in roles:
            raise Forbidden
        return frozenset(map(str, row["led_ids"]))

    async def leads(self, by: Actor) -> None:
        """Raises Forbidden unless somebody may have figures about the whole district; FactsBehind."""
        if await self.schools(by) is not None:
            raise Forbidden

    async def least(self, by: Actor) -> Least:
        """About how many people a figure must be in this district."""
        policy = policy_in(await self._run.facts.row("policy", by.tenant, by.tenant))
        return Least(students=policy.small_cell_n)

    async def released(self, request: Request, response: Response, by: Reader, wanted: YearWanted) -> Release:
        """What is told this month of the school year asked for, or of this one. Raises a Problem."""
        await self.lists.told_whole(request, response)
        year = wanted.year if wanted.year is not None else school_year(await self.lists.today(by))
        told = await released(self._run, by.tenant, year)
        return Release() if told is None else Release.again(told)


def told(table: Table, key: Key, least: Least) -> Any | None:
    """The figures of a group; None: they are hidden. What a district would not have told by now is told no more."""
    figures = table.told.get(key)
    few = figures is not None and least.wanting(Group(0, students=figures.get("students")))
    return None if few else figures


def division(keys: Iterable[Key], by: str, schools: frozenset[str] | None) -> list[Key]:
    """The groups of a division, in their order; of a principal their schools."""
    return sorted((key for key in keys if key[0] == by and (schools is None or key[1] in schools)), key=str)


def division_of(key: Key) -> str | None:
    """What a group is in its division; None: the total."""
    return None if key == TOTAL else str(key[1])


def divided(by: str | None, default: str, schools: frozenset[str] | None) -> str:
    """How a table is divided; for principals by school. Raises Forbidden."""
    if schools is None:
        return by or default
    if by not in (None, "school"):
        raise Forbidden
    return "school"
