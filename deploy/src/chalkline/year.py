"""A year of coaching in a whole district, played: week after week, everybody's steps, then the clock moves on.

The plan (`year_plan`) says what happens; this sends it over HTTP, as each person, many at a time. Within a week
the steps of a pair follow one another; those of different pairs happen at once.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from chalkline import crowd
from chalkline.coaching import Coaching, Persona
from chalkline.crowd import Wish
from chalkline.year_plan import Pair
from chalkline.year_steps import SCHOOL_WEEKS, Scene, Step, calendar_week, references

SERVICES: Final = {
    "Partnership": "goals", "Cycle": "goals", "Goal": "goals", "ActionStep": "goals", "Initiative": "goals",
    "Observation": "observations", "Activity": "observations", "Reflection": "observations",
}  # fmt: skip
FRIDAY, AFTERNOON = 4, 15 * 60
"""When a week's steps are told: all that was measured in it has happened by then."""
WEEKS: Final = calendar_week(SCHOOL_WEEKS - 1) + 1
"""How many weeks the clock moves over, the break among them."""


@dataclass(slots=True)
class _Playing:
    """A pair on its way through the year."""

    pair: Pair
    scene: Scene
    next: int = 0

    def ready(self, week: int) -> Iterator[Step]:
        """The steps of this week that can be sent in one go: by one person, to one service, on what is known."""
        first: Step | None = None
        while self.next < len(self.pair.steps):
            step = self.pair.steps[self.next]
            if step.week > week or not self.scene.knows(step):
                return
            if first and (step.by, SERVICES[step.aggregate]) != (first.by, SERVICES[first.aggregate]):
                return
            first = first or step
            self.next += 1
            yield step

    def left(self, week: int) -> bool:
        return self.next < len(self.pair.steps) and self.pair.steps[self.next].week <= week


class Year:
    """The year of a district: `play` takes it from the first Friday to the last."""

    def __init__(
        self, client: Coaching, pairs: list[Pair], people: Mapping[str, Persona], monday: datetime,
        shared: Mapping[str, str],
    ) -> None:  # fmt: skip
        """`people` by sourcedId; `monday`: local midnight of the first day of the year; `shared`: ids of what all may
        speak of.
        """
        self._client, self._people, self._monday = client, people, monday
        self._fresh: dict[str, str] = {}
        """What was begun this week, and the At-Least of the answer: another service may not have heard of it yet."""
        self._playing = [
            _Playing(
                pair,
                Scene(
                    monday, {who: people[one.sourced_id].id for who, one in pair.people.items()}, dict(shared)
                ),
            )
            for pair in pairs
        ]

    async def play(
        self, advance: Callable[[datetime], Awaitable[None]], week_done: Callable[[int], None]
    ) -> None:
        """All weeks. `advance` moves the district's clock and returns when everything due has happened."""
        anywhere = Scene(self._monday, {}, {})
        for week in range(SCHOOL_WEEKS):
            await advance(anywhere.moment(week, FRIDAY, AFTERNOON))
            self._fresh.clear()  # where the clock was moved, everybody had heard of everything
            await self._week(week)
            week_done(week)

    async def _week(self, week: int) -> None:
        while wishes := list(self._wave(week)):
            answers = await crowd.all_of(self._client, [wish for _, _, wish in wishes])
            for playing, step, wish in wishes:
                if step.begins:
                    answer = answers[wish.command_id]
                    playing.scene.begun[step.of] = answer["id"]
                    self._fresh[answer["id"]] = answer["at_least"]
        assert not any(playing.left(week) for playing in self._playing)

    def _wave(self, week: int) -> Iterator[tuple[_Playing, Step, Wish]]:
        """What every pair can do next."""
        for playing in self._playing:
            at = playing.next
            for number, step in enumerate(playing.ready(week), at):
                yield playing, step, self._wish(playing, number, step)

    def _wish(self, playing: _Playing, number: int, step: Step) -> Wish:
        pair, scene = playing.pair, playing.scene
        command_id: UUID = uuid5(self._client.seed, f"{pair.people['teacher'].sourced_id} {number}")
        return Wish(
            who=self._people[pair.people[step.by].sourced_id],
            service=SERVICES[step.aggregate],
            command_id=command_id,
            aggregate=step.aggregate,
            command=step.command,
            body=scene.filled(step.body),
            id=None if step.begins else scene.begun[step.of],
            after=self._after(scene, step),
        )

    def _after(self, scene: Scene, step: Step) -> dict[str, int]:
        """How far the step's service has to have read of others to know what the step speaks of."""
        named = [self._fresh.get(scene.begun[name]) for name in references(step)]
        levels = [level.rpartition(":") for level in named if level]
        own = f"{SERVICES[step.aggregate]}:"
        return {
            of: max(int(position) for again, _, position in levels if again == of)
            for of in {of for of, _, _ in levels if not of.startswith(own)}
        }
