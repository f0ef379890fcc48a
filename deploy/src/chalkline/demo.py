"""`chalkline demo`: a six-week cycle on a platform of its own, played over HTTP, checked to the last row.

Whatever happens to it, nothing is left running: it stops what it started at the end, after Ctrl-C and
SIGTERM, and if it is killed outright the kernel stops the supervisor. Its state folder stays, for a look at
the logs, until the next demo.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any
from uuid import uuid4

from cyclopts import Parameter

from chalkline import checking, clock, delegating, operate, presence, seeding, show, story
from chalkline.checking import Checked
from chalkline.coaching import Coaching, coaching
from chalkline.problem import Problem
from chalkline.seeding import District
from chalkline.stage import Stage
from chalkline.state import SERVERS, SERVICES, State, read_json, write_json

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
    against_running: Annotated[
        bool, Parameter(negative="", help="Play a new district on the platform that runs here.")
    ] = False,
    home: Home = None,
) -> int:
    """Play six weeks of coaching, show every event, check that all of it holds together."""
    began, usual = time.monotonic(), State.at(home)
    stage = Stage(show.out)
    with _ended_by_signals():
        if against_running:
            if not (presence.running(usual) or presence.elsewhere(usual)):
                raise Problem(f"no platform runs in {usual.home}", f"start it: {show.called(usual, 'up')}")
            found, client = _perform(usual, stage)
        else:
            usual = State(usual.home.with_name(f"{usual.home.name}-demo"))
            found, client = _on_a_platform_of_its_own(usual, stage)
    return _told(usual, stage, found, client, time.monotonic() - began)


def _on_a_platform_of_its_own(state: State, stage: Stage) -> tuple[list[Checked], Coaching]:
    if presence.running(state):
        raise Problem(f"another demo is running in {state.home}", "wait for it, or choose another --home")
    remembered = read_json(state.ports)
    operate.reset(state)
    if remembered:  # the same addresses each time
        state.make()
        write_json(state.ports, remembered)
    try:
        with stage.showing():
            _start(state, stage)
            return asyncio.run(_play_and_check(state, stage))
    finally:
        with _unstoppable():
            stopped = operate.down(state)
        if stopped:
            stage.say("everything is stopped again")


def _perform(state: State, stage: Stage) -> tuple[list[Checked], Coaching]:
    with stage.showing():
        return asyncio.run(_play_and_check(state, stage))


def _start(state: State, stage: Stage) -> None:
    with stage.act("The platform", len(SERVERS) + len(SERVICES)) as act:
        told: set[str] = set()

        def ready() -> None:
            parts: dict[str, Any] = presence.known(state).get("parts", {})
            for name, part in parts.items():
                if part["state"] == "ready" and name not in told:
                    told.add(name)
                    act.step(f"{name} is ready")

        operate.background(state, [*SERVERS, *SERVICES], lambda _: ready(), dies_with_caller=True)
        ready()


async def _play_and_check(state: State, stage: Stage) -> tuple[list[Checked], Coaching]:
    async with coaching(state, uuid4()) as client:
        listening = asyncio.Event()
        listener = asyncio.create_task(stage.listen(state, listening))
        try:
            await asyncio.wait(
                {listener, asyncio.create_task(listening.wait())}, return_when="FIRST_COMPLETED"
            )
            await _play(state, stage, client)
            await stage.quiet()
            if listener.done():
                listener.result()
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError, Problem):
                await listener
        if presence.elsewhere(state):  # and so are the databases that a check looks into
            return [], client
        services = delegating.chosen(state, [])
        with stage.act("The checks", 2 * len(services)) as act:
            return await checking.check(services, lambda what: act.step(f"{what} done")), client


async def _play(state: State, stage: Stage, client: Coaching) -> None:
    with stage.act("The cycle", story.STEPS) as act:

        async def advance(to: datetime) -> None:
            assert client.tenant is not None
            await clock.settled(state, client.tenant)  # what is under way happens at the time it belongs to
            await clock.advance(state, str(client.tenant), to=to, by=None, progress=lambda _: None)

        def opened(there: District) -> None:
            stage.follow(there.id)
            seeding.remember(state, there)

        await story.play(client, act, advance, opened)


def _told(state: State, stage: Stage, found: list[Checked], client: Coaching, seconds: float) -> int:
    again = f", {client.again} requests sent again" if client.again else ""
    if presence.elsewhere(state):
        show.line(
            f"\n[bold green]Achieved.[/] {client.commands} commands, {stage.heard.total()} events over NATS{again}. "
            f"{seconds:.0f} s"
        )
        show.line(
            "[dim]What came of it is checked where the services are: `verify` and `rebuild --compare-only`[/]"
        )
        return 0
    show.whole(checking.table(found, stage.heard))
    if shared := presence.running(state):
        show.line("[dim]over NATS: what this play caused; the other counts: all there is on this platform[/]")
    faults = [fault for one in found for fault in one.faults]
    if faults:
        raise Problem("\n".join(faults), f"look at the logs in {state.logs}")
    show.line(
        f"\n[bold green]Achieved.[/] {client.commands} commands, {stage.heard.total()} events over NATS{again}; "
        f"every projection equals its rebuild, every stream its log, every chain holds. {seconds:.0f} s"
    )
    if not shared:
        show.line(f"[dim]What it left is in {state.home}: start it again with[/] {show.called(state, 'up')}")
    return 0


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
