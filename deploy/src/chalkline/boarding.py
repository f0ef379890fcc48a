"""A district comes aboard, the way its IT does it: a dry run of the roster first, then the import, and its report."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from rich.markup import escape

from chalkline import example_bundle, example_roster
from chalkline import roster as roster_import
from chalkline.coaching import OPERATOR, PATIENCE, Coaching, Json, Persona
from chalkline.example_roster import Member, Roster
from chalkline.issuer import Bearer
from chalkline.problem import Problem
from chalkline.seeding import TIME_ZONE, District
from chalkline.stage import Stage

STEPS: Final = 5
NEVER: Final = ("student", "guardian")
FOLDER: Final = "example-roster"
"""Where in the state folder the bundle lies, for whoever wants to look at it or import it again."""


@dataclass(frozen=True, slots=True)
class Aboard:
    """A district whose roster was imported."""

    district: District
    """With the cast of the demo."""
    people: Mapping[str, Persona]
    """Everybody, by sourcedId."""
    monday: datetime
    """Local midnight of the first day of its school year."""


async def aboard(
    client: Coaching, stage: Stage, roster: Roster, name: str, opened: Callable[[District], None]
) -> Aboard:
    """Opens a sandbox district and imports its roster: a dry run first. Raises Problem."""
    with stage.act("The roster", STEPS) as act, stage.sampling():
        client.tenant = UUID(
            await client.begins(
                OPERATOR, "districts", "open", name=name, sandbox=True, time_zone=str(TIME_ZONE)
            )
        )
        opened(District(client.tenant, {}))
        act.step(
            "the operator opens a sandbox district, and gets its roster: OneRoster 1.2, and a mapping file"
        )
        monday = monday_after((await client.now()).astimezone(TIME_ZONE))
        files = example_bundle.write(client.state.home / FOLDER, roster, year_begins=monday.date())
        dry = await send(client, files, dry_run=True)
        act.step(
            f"a dry run: {dry.came:,} people of {len(roster.schools)} schools would come; {dry.rejected} rows would "
            "not be taken"
        )
        for row in dry.rows:
            act.note(f"[yellow]{escape(roster_import.row_line(row))}[/]")
        began = time.monotonic()
        await send(client, files, dry_run=False)
        act.step(f"[green]{dry.came:,} people came aboard[/] in {time.monotonic() - began:.1f} s")
        act.step(f"looked at no closer, and kept nowhere: {dry.passed_over()}")
        again = await send(client, files, dry_run=True)
        if again.differences:
            raise Problem(f"the import left something to do: {again.done}", "look at directory's log")
        await stage.quiet()
        act.step("the same bundle again: nothing to change")
    people = personas(roster, dry.ids)
    cast = {key: people[f"user-{key}"] for key, *_ in example_roster.CAST}
    district = District(client.tenant, cast)
    opened(district)
    return Aboard(district, people, monday)


def monday_after(now: datetime) -> datetime:
    """Local midnight of the next Monday."""
    day = (now + timedelta(days=7 - now.weekday())).date()
    return datetime.combine(day, datetime.min.time(), now.tzinfo)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import, or of a dry run."""

    done: Json
    rows: list[Json]
    ids: dict[str, str]
    """Of a dry run: the id of everybody who would come, by sourcedId."""

    @property
    def came(self) -> int:
        return int(self.done["people"]["added"])

    @property
    def differences(self) -> int:
        return sum(int(self.done[name]) for name in ("added", "changed", "removed"))

    @property
    def rejected(self) -> int:
        return int(self.done["rejected"])

    def passed_over(self) -> str:
        """Whom the roster has and an import never takes, most first."""
        skipped = Counter[str](self.done["skipped"])
        return ", ".join(f"{n:,} {role}s" for role, n in skipped.most_common() if role in NEVER)


async def send(client: Coaching, files: example_bundle.Written, *, dry_run: bool) -> Imported:
    """Imports a roster into the client's district, or says what that would do. Raises Problem.

    One that was cut off goes on where it was when it is sent again, once directory is back.
    """
    assert client.tenant is not None
    whom = Bearer(OPERATOR.id, "operator", str(client.tenant))
    deadline = time.monotonic() + PATIENCE
    while True:
        ids, rows = dict[str, str](), list[Json]()

        def told(line: Json, ids: dict[str, str] = ids, rows: list[Json] = rows) -> None:
            match line:
                case {"change": {"kind": "person", "sourced_id": sourced_id, "id": id_}}:
                    ids[sourced_id] = id_
                case {"row": row}:
                    rows.append(row)

        try:
            outcome = await asyncio.to_thread(
                roster_import.import_roster, client.state, files.bundle, whom, mapping=files.mapping,
                dry_run=dry_run, told=told,
            )  # fmt: skip
        except Problem as problem:
            if problem.mend != roster_import.AGAIN or time.monotonic() > deadline:
                raise
            client.sent_again()
            await asyncio.sleep(1)
        else:
            return Imported(outcome.done, rows, ids)


def personas(roster: Roster, ids: dict[str, str]) -> dict[str, Persona]:
    """Everybody who came, by sourcedId, as somebody to act as."""
    return {
        member.sourced_id: Persona(member.given, ids[member.sourced_id], role_of(member))
        for member in roster.staff
        if member.sourced_id in ids
    }


def role_of(member: Member) -> str:
    """What the import makes of the roster's role, or the mapping file instead."""
    here = {"principal": "principal", "teacher": "teacher"}
    return member.mapped or here.get(member.role, "administrator")
