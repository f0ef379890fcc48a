"""Asking for figures about a district: who may, of which schools and which school year, and what stays hidden.

Administrators and coaching leads ask about the district, principals about their own schools, nobody else. A year is
whole and each table has one division, so that no two answers to one reader differ by a few people.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from backbone.deciding import Actor, Forbidden
from backbone.district import policy_in
from backbone.gather import Gather
from backbone.ledger import patiently
from backbone.lists import Absent, Digits, Lists, Told, no_parameter_twice, person_of
from backbone.problems import Problem
from backbone.service import Running
from backbone.suppressing import TOTAL, Cell, Group, Least, suppressed
from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from goals.access import LEADERS
from goals.figures import school_year

Asked: TypeAlias = tuple[str, tuple[Any, ...]]
"""A query and its arguments."""


class YearWanted(BaseModel):
    """Which school year; a table extends it with how it is divided. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[
        Annotated[int, Field(ge=1900, le=2198)] | Absent,
        Field(description="The year in which the school year began, in July; left out: this one"),
        Digits,
    ] = None


class Figure(Told):
    """A row of a table of figures. What is about too few people is `hidden`: what it counts is null."""

    of: str | None
    """What it is about, by the division asked for; "none" where it has none. Null: the total."""
    hidden: bool


class Figures:
    """The figures of one running service."""

    def __init__(self, run: Running) -> None:
        self._run, self.lists = run, Lists(run)
        self._asked: Gather[Asked, Sequence[Any]] = Gather(self._fetch, workers=4)

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

    async def rows(self, request: Request, response: Response, query: str, *arguments: Any) -> Sequence[Any]:
        """What a query tells. Raises a Problem."""
        no_parameter_twice(request)
        if not await self._run.derived():  # an empty table would say that there is nothing
            raise Problem("rows_incomplete")
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Accept"
        return await self._asked((query, tuple(map(_hashable, arguments))))

    async def _fetch(self, asked: Sequence[Asked]) -> Sequence[Sequence[Any] | BaseException]:
        """The same figures asked for at the same moment are asked of PostgreSQL once."""

        async def fetch(one: Asked) -> Sequence[Any]:
            query, arguments = one
            return await patiently(lambda: self._run.pool.fetch(query, *arguments))

        each = list(dict.fromkeys(asked))
        told = await asyncio.gather(*map(fetch, each), return_exceptions=True)
        found = dict(zip(each, told, strict=True))
        return [found[one] for one in asked]

    async def year(self, by: Actor, wanted: YearWanted) -> int:
        """The school year asked for, or the one it is."""
        return wanted.year if wanted.year is not None else school_year(await self.lists.today(by))

    async def least(self, by: Actor) -> Least:
        """About how many people a figure must be in this district."""
        policy = policy_in(await self._run.facts.row("policy", by.tenant, by.tenant))
        return Least(students=policy.small_cell_n)


def _hashable(argument: Any) -> Any:
    return tuple(argument) if isinstance(argument, list) else argument


def hidden_rows(groups: Mapping[str | None, Group], least: Least) -> frozenset[str | None]:
    """Of a table divided one way, with its total under None: what is to be hidden."""
    table: dict[Cell, Group] = {(of, TOTAL): group for of, group in groups.items()}
    return frozenset(of for of, _ in suppressed(table, least))
