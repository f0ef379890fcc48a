"""What a person sees of the demo: how far it is, what happens, and beside it the events as they arrive.

At a terminal a live picture; where nobody watches (a file, CI) plain lines.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from nats.aio.msg import Msg
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from chalkline import listening
from chalkline.state import State

PICTURE = 22
"""Lines of each half of the live picture; fewer in a terminal that has not so many."""
WIDE = 180
"""Columns from which on the halves are side by side."""
SAMPLED_EVERY = 0.1
"""Seconds between two events that are shown, where there are too many to show each."""


class Stage:
    """Bars, what happened last, and the last events; all of it as lines elsewhere.

    `sampled`: of thousands of events a few are shown, and in lines none; each is counted.
    """

    def __init__(self, console: Console, title: str = "Six weeks", *, sampled: bool = False) -> None:
        self.console = console
        self.heard: Counter[str] = Counter()
        """Events that arrived over NATS, by service."""
        self._title, self._sampled, self._shown = title, sampled, 0.0
        self._happened: deque[str] = deque(maxlen=PICTURE)
        self._events: deque[Text] = deque(maxlen=PICTURE)
        self._before_open: list[Msg] = []
        self._tenant: str | None = None
        self._began = time.monotonic()
        self._bars = Progress(
            TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console,
        )  # fmt: skip
        self._live: Live | None = None

    @contextmanager
    def showing(self) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        self._live = Live(self._picture(), console=self.console, refresh_per_second=12)
        try:
            with self._live:
                yield
        finally:
            self._live = None

    @contextmanager
    def act(self, name: str, steps: int) -> Iterator["Act"]:
        """A part of the play with a bar of its own."""
        task = self._bars.add_task(name, total=steps)
        self.say(f"[bold]{name}[/]")
        yield Act(
            self, lambda n: self._bars.advance(task, n), lambda: self._bars.update(task, completed=steps)
        )
        self._bars.stop_task(task)

    def say(self, text: str) -> None:
        """One thing that happened."""
        line = f"[dim]{time.monotonic() - self._began:5.1f}s[/]  {text}"
        self._happened.append(line)
        self._show(line)

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Meanwhile thousands of events come: a few are shown, and in lines none; each is counted."""
        before, self._sampled = self._sampled, True
        try:
            yield
        finally:
            self._sampled = before

    async def listen(self, state: State, listening_: asyncio.Event) -> None:
        """Shows events until cancelled. Those of another district, or from before it is known, wait or go by."""
        async for message in listening.events(state, "ev.>", listening_):
            if self._tenant is None:
                self._before_open.append(message)
            elif message.subject.split(".")[3:4] == [self._tenant]:
                self._hear(message)

    def follow(self, tenant: UUID) -> None:
        """From now on the events of this district are shown, and those that came before we knew it."""
        self._tenant = str(tenant)
        for message in self._before_open:
            if message.subject.split(".")[3:4] == [self._tenant]:
                self._hear(message)
        self._before_open.clear()

    async def quiet(self) -> None:
        """Returns when for a moment no event has come."""
        before = -1
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while before != self.heard.total():
                    before = self.heard.total()
                    await asyncio.sleep(0.2)

    def _hear(self, message: Msg) -> None:
        self.heard[message.subject.split(".")[1]] += 1
        now = time.monotonic()
        if self._sampled and (not self._live or now - self._shown < SAMPLED_EVERY):
            return
        self._shown = now
        line = Text.from_markup(listening.compact(message))
        self._events.append(line)
        self._show(Text("        ").append_text(line))

    def _show(self, line: str | Text) -> None:
        if self._live:
            self._live.update(self._picture())
        else:
            self.console.print(line, soft_wrap=True)

    def _picture(self) -> RenderableType:
        wide = self.console.width >= WIDE
        height = max(8, min(PICTURE, (self.console.height - 1) // (1 if wide else 2)))
        bars = self._bars.get_renderable()
        room = height - len(self._bars.tasks) - 3
        happened = [
            Text.from_markup(line, overflow="ellipsis") for line in list(self._happened)[-max(room, 1) :]
        ]
        events = [line.copy() for line in list(self._events)[-(height - 2) :]]
        for text in (*happened, *events):
            text.no_wrap, text.overflow = True, "ellipsis"
        play = Panel(Group(bars, "", *happened), title=self._title, border_style="dim", height=height)
        title = f"{self.heard.total():,} events over NATS"
        heard = Panel(Group(*events), title=title, border_style="dim", height=height)
        if not wide:
            return Group(play, heard)
        halves = Table.grid(expand=True)
        halves.add_column(ratio=1)
        halves.add_column(ratio=1)
        halves.add_row(play, heard)
        return halves


class Act:
    """Says what happens and moves the bar."""

    def __init__(self, stage: Stage, step: Callable[[int], None], finish: Callable[[], None]) -> None:
        self._stage, self._step, self._finish = stage, step, finish

    def step(self, text: str, n: int = 1) -> None:
        self._step(n)
        self._stage.say(text)

    def note(self, text: str) -> None:
        self._stage.say(f"  {text}")

    def finish(self) -> None:
        self._finish()
