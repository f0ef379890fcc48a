"""`chalkline demo`: coaching on a platform of its own, played over HTTP, checked to the last row.

Whatever happens to it, nothing is left running: it stops what it started at the end, after Ctrl-C and
SIGTERM, and if it is killed outright the kernel stops the supervisor. Its state folder stays, for a look at
the logs, until the next demo.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from backbone import ending
from cyclopts import Parameter
from cyclopts.validators import Number

from chalkline import (
    chart,
    checking,
    clock,
    counting,
    databases,
    delegating,
    district_year,
    example_roster,
    mails,
    operate,
    presence,
    seeding,
    show,
    story,
    why,
)
from chalkline.boarding import aboard
from chalkline.checking import Checked
from chalkline.coaching import Coaching, coaching
from chalkline.counting import Counts
from chalkline.district_year import Size
from chalkline.mails import Mail
from chalkline.playing import Play
from chalkline.problem import Problem
from chalkline.seeding import District
from chalkline.services import Service
from chalkline.stage import Stage
from chalkline.state import SERVERS, SERVICES, State, read_json, write_json

SEED, SCHOOLS, TEACHERS, STUDENTS = 1, 50, 2600, 5000
"""The district of the small demo: thousands of people, of whom the story is about six."""
HEARD_OF = "tomas@example.org"
"""Whose last mail is shown."""

Home = Annotated[
    Path | None,
    Parameter(
        "--home",
        env_var="CHALKLINE_HOME",
        help="The platform's state folder; the demo's own is beside it, -demo.",
    ),
]


def demo(
    *,
    district: Annotated[
        Literal["small", "large"], Parameter(help="Six weeks of one pair, or a year of a whole district.")
    ] = "small",
    seed: Annotated[int, Parameter(help="Of a large district: which one, and which year.")] = 1,
    schools: Annotated[int, Parameter(help="Of a large district.", validator=Number(gte=1, lte=500))] = 40,
    teachers: Annotated[
        int, Parameter(help="Of a large district.", validator=Number(gte=1, lte=20_000))
    ] = 2000,
    against_running: Annotated[
        bool, Parameter(negative="", help="Play a new district on the platform that runs here.")
    ] = False,
    keep: Annotated[bool, Parameter(negative="", help="Leave the demo's platform running.")] = False,
    home: Home = None,
) -> int:
    """Play coaching over HTTP, show the events that follow, check that all of it holds together.

    Small: six weeks of a coach and a teacher, every event. Large: a school year of a whole district.
    """
    began, state = time.monotonic(), State.at(home)
    if teachers < schools:
        raise Problem(f"{schools} schools cannot do with {teachers} teachers", "give --teachers as many")
    size = Size(seed, schools, teachers) if district == "large" else None
    stage = Stage(show.out, "A year", sampled=True) if size else Stage(show.out)
    with _ended_by_signals():
        if against_running:
            if not (presence.running(state) or presence.elsewhere(state)):
                raise Problem(f"no platform runs in {state.home}", f"start it: {show.called(state, 'up')}")
            played = _perform(state, stage, size)
        else:
            state = State(state.home.with_name(f"{state.home.name}-demo"))
            played = _on_a_platform_of_its_own(state, stage, size, keep=keep)
    return _told(state, stage, played, time.monotonic() - began, shared=against_running)


@dataclass(frozen=True, slots=True)
class Played:
    """What was played, and what the checks found."""

    client: Coaching
    found: list[Checked] | None
    """None: of a platform elsewhere."""
    counts: Counts
    told: Play | district_year.Told
    withdrawn: why.Chain | None = None
    """What led to the achievement's withdrawal, and what followed."""


def _on_a_platform_of_its_own(state: State, stage: Stage, size: Size | None, *, keep: bool) -> Played:
    if presence.running(state):
        raise Problem(
            f"a demo's platform is running in {state.home}",
            f"wait for it, choose another --home, or stop it: {show.called(state, 'down')}",
        )
    remembered = read_json(state.ports)
    operate.reset(state)
    if remembered:  # the same addresses each time
        state.make()
        write_json(state.ports, remembered)
    kept = False
    try:
        with stage.showing():
            _start(state, stage, mailing=size is None, dies_with_caller=not keep)
            played = ending.run(_play_and_check(state, stage, size))
        kept = keep
        return played
    finally:
        if not kept:
            with _unstoppable():
                stopped = operate.down(state)
            if stopped:
                stage.say("everything is stopped again")


def _perform(state: State, stage: Stage, size: Size | None) -> Played:
    with stage.showing():
        return ending.run(_play_and_check(state, stage, size))


def _start(state: State, stage: Stage, *, mailing: bool, dies_with_caller: bool) -> None:
    """The whole platform; without `mailing` nobody sends mails, and nobody catches them."""
    wanted = [name for name in (*SERVERS, *SERVICES) if mailing or name != "mail"]
    with stage.act("The platform", len(wanted)) as act:
        told: set[str] = set()

        def ready() -> None:
            parts: dict[str, Any] = presence.known(state).get("parts", {})
            for name, part in parts.items():
                if part["state"] == "ready" and name not in told:
                    told.add(name)
                    act.step(f"{name} is ready")

        operate.background(state, wanted, lambda _: ready(), dies_with_caller=dies_with_caller)
        ready()


async def _play_and_check(state: State, stage: Stage, size: Size | None) -> Played:
    async with coaching(state, uuid4()) as client:
        listening = asyncio.Event()
        listener = asyncio.create_task(stage.listen(state, listening))
        try:
            await asyncio.wait(
                {listener, asyncio.create_task(listening.wait())}, return_when="FIRST_COMPLETED"
            )
            told = await _play(state, stage, client, size)
            await stage.quiet()
            if listener.done():
                listener.result()
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError, Problem):
                await listener
        assert client.tenant is not None
        counts = await counting.counted(state, client.tenant)
        if presence.elsewhere(state):  # and so are the databases that a check looks into
            return Played(client, None, counts, told)
        services = delegating.chosen(state, [])
        with stage.act("The checks", 2 * len(services)) as act:
            found = await checking.check(services, lambda what: act.step(f"{what} done"))
        chain = await _withdrawn(services, told) if isinstance(told, Play) else None
        return Played(client, found, counts, told, chain)


async def _withdrawn(services: Sequence[Service], told: Play) -> why.Chain:
    """The chain of the achievement that was withdrawn, found among what a correction led to."""
    async with databases.reading(services) as logs:
        corrected = await why.why(logs, UUID(told.corrected))
        [withdrawn] = [
            step.told
            for step in why.all_of(corrected)
            if step.told and step.told.name == "AchievementWithdrawn"
        ]
        return await why.why(logs, withdrawn.event_id)


async def _play(state: State, stage: Stage, client: Coaching, size: Size | None) -> Play | district_year.Told:
    async def advance(to: datetime) -> None:
        assert client.tenant is not None
        await clock.settled(state, client.tenant)  # what is under way happens at the time it belongs to
        await clock.advance(state, str(client.tenant), to=to, by=None, progress=lambda _: None)

    def opened(there: District) -> None:
        stage.follow(there.id)
        seeding.remember(state, there)

    if size:
        return await district_year.play(size, client, stage, advance, opened)
    roster = example_roster.roster(SEED, schools=SCHOOLS, teachers=TEACHERS, students=STUDENTS)
    there = await aboard(client, stage, roster, f"{roster.name} (demo)", opened)
    with stage.act("The cycle", story.STEPS) as act:
        played = await story.play(client, act, advance, there.district)
        await clock.settled(state, there.district.id)  # and every mail is on its way
    return played


def _told(state: State, stage: Stage, played: Played, seconds: float, *, shared: bool) -> int:
    """What was played and found, on the terminal. Raises Problem where anything is not as it must be."""
    faults = [fault for one in played.found or () for fault in one.faults]
    if isinstance(played.told, district_year.Told):
        show.whole(district_year.table(played.counts))
        show.line("")
        faults += district_year.differing(played.told, played.counts)
    if played.found is not None:
        show.whole(checking.table(played.found, stage.heard))
        if shared:
            show.line(
                "[dim]over NATS: what this play caused; the other counts: all there is on this platform[/]"
            )
    if faults:
        raise Problem("\n".join(faults), f"look at the logs in {state.logs}")
    if isinstance(played.told, Play):
        _left(state, played, played.told)
    show.line(f"\n{_summary(stage, played)} {seconds:.0f} s")
    if played.found is None:
        show.line(
            "[dim]What came of it is checked where the services are: `verify` and `rebuild --compare-only`[/]"
        )
    elif not shared and presence.running(state):
        show.line(f"[dim]It runs on, in {state.home}: look at it with[/] {show.called(state, 'status')}")
    elif not shared:
        show.line(f"[dim]What it left is in {state.home}: start it again with[/] {show.called(state, 'up')}")
    return 0


def _left(state: State, played: Played, told: Play) -> None:
    """What six weeks leave to look at: the chart, why an achievement was withdrawn, the last mail."""
    assert told.chart
    show.line("\n[bold]The goal, as Tomás sees it[/]\n")
    for line in chart.drawn(told.chart):
        show.out.print(line, soft_wrap=True)
    if (chain := played.withdrawn) and chain.event.told:
        show.line(f"\n[bold]Why[/]  {show.called(state, 'why', str(chain.event.told.event_id))}\n")
        show.why(chain)
    if caught := mails.caught(state.mail, to=HEARD_OF):
        _mailed(state, caught)


def _mailed(state: State, caught: Sequence[Mail]) -> None:
    """What one of them was mailed last, as they read it."""
    n = sum(1 for _ in state.mail.glob("*.eml"))
    show.line(f"\n[bold]Mail[/]  {n} mails were caught, {len(caught)} of them to {HEARD_OF}; the last one:\n")
    show.mail(caught[-1])
    show.line(f"\n[dim]The others:[/] {show.called(state, 'mail', 'list')}")


def _summary(stage: Stage, played: Played) -> str:
    told, events = "Achieved.", f"{stage.heard.total()} events over NATS"
    if isinstance(year := played.told, district_year.Told):
        n = sum(kinds.total() for kinds in played.counts.values())
        told, events = "A year.", f"{n:,} events in {year.seconds:.0f} s, {n / year.seconds:,.0f} a second"
    again = f", {played.client.again} requests sent again" if played.client.again else ""
    holds = (
        "; every projection equals its rebuild, every stream its log, every chain holds"
        if played.found
        else ""
    )
    return f"[bold green]{told}[/] {played.client.commands:,} commands, {events}{again}{holds}."


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as Ctrl-C does, with everything put away."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with _handling(end, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _unstoppable() -> Iterator[None]:
    """Whoever presses Ctrl-C again while everything is put away has to wait for it."""
    with _handling(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _handling(
    how: Callable[[int, FrameType | None], None] | signal.Handlers, *signals: signal.Signals
) -> Iterator[None]:
    before = {number: signal.signal(number, how) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
