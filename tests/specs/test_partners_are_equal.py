"""Rule 2: the teacher may issue every command the coach may, except correcting what another authored.

Told by a year of coaching: wherever the coach did something, the teacher could have done the same at that moment.
"""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, Aggregate, Command, Forbidden, Refusal, Unseen
from backbone.operation import BeginExport, EndExport
from goals.aggregates import AGGREGATES as GOALS
from goals.break_glass import ApproveBreakGlass, DenyBreakGlass, RequestBreakGlass
from goals.initiative import CloseInitiative, LaunchInitiative
from goals.model_template import PublishModelTemplate, RetireModelTemplate
from goals.partnership import ProposePartnership
from kit.story import Story
from observations.aggregates import AGGREGATES as OBSERVATIONS
from observations.instrument import PublishInstrument, RetireInstrument
from observations.observation import CorrectObservation

LEADERS = {
    LaunchInitiative, CloseInitiative, PublishModelTemplate, RetireModelTemplate, PublishInstrument,
    RetireInstrument, RequestBreakGlass, ApproveBreakGlass, DenyBreakGlass, BeginExport, EndExport,
}  # fmt: skip
"""What is for those who lead or operate, and for neither partner."""


class Watched(Story):
    """A story in which everything a coach does is tried by the teacher in their stead."""

    def __post_init__(self) -> None:
        self.done: Counter[type[Command]] = Counter()
        """By either partner, and it happened."""
        self.by_coach: Counter[type[Command]] = Counter()
        self.refused_to_teacher: list[tuple[Command, Exception]] = []
        super().__post_init__()

    def do(
        self, aggregate: Aggregate[Any], tenant: UUID, own_id: UUID, command: Command, facts: Any, **told: Any
    ) -> list[Any]:
        state = self.state(aggregate, tenant, own_id)
        happened = super().do(aggregate, tenant, own_id, command, facts, **told)
        known = self.wishes[-1].facts
        coach, teachers = _pair(command, known)
        if happened and coach is not None and known.by.person in (coach, *teachers):
            self.done[type(command)] += 1
            if known.by.person == coach:
                self.by_coach[type(command)] += 1
                self._try(aggregate, state, command, known, teachers[0])
        return happened

    def _try(
        self, aggregate: Aggregate[Any], state: Any, command: Command, known: Any, teacher: UUID
    ) -> None:
        here = {"belongs": True} if hasattr(known, "belongs") else {}  # both work in the district
        as_teacher = replace(known, by=Actor("person", str(teacher), known.by.tenant), **here)
        try:
            aggregate.authorise(state, command, as_teacher)
            assert aggregate.decide(state, command, as_teacher, now=self.now)
        except (Refusal, Unseen, Forbidden) as refused:
            self.refused_to_teacher.append((command, refused))


def _pair(command: Command, known: Any) -> tuple[UUID | None, tuple[UUID, ...]]:
    """The coach and the teachers whom a command concerns."""
    if isinstance(command, ProposePartnership):
        return command.coach_id, command.teacher_ids
    of = getattr(known, "partnership", None)
    of = getattr(of, "pair", of)
    return getattr(of, "coach_id", None), tuple(getattr(of, "teacher_ids", ()))


@cache
def watched(seed: int) -> Watched:
    return Watched(seed)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_the_coach_did_the_teacher_could_have_done(seed: int) -> None:
    story = watched(seed)
    assert sum(story.by_coach.values()) > 100
    refused = [
        (command, reason)
        for command, reason in story.refused_to_teacher
        if not isinstance(command, CorrectObservation)
    ]
    assert refused == []


def test_only_the_author_corrects() -> None:
    refused = {type(reason) for command, reason in watched(1).refused_to_teacher}
    assert refused == {Forbidden}


def test_every_command_of_goals_and_observations_is_among_what_they_did() -> None:
    every = {
        command
        for aggregate in (*GOALS, *OBSERVATIONS)
        for command in (*aggregate.begins, *aggregate.commands)
    }
    done = {command for seed in (1, 2, 3) for command in watched(seed).done}
    assert every - done == LEADERS


def test_a_command_that_only_a_coach_may_issue_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    [cycles] = [aggregate for aggregate in GOALS if aggregate.name == "Cycle"]

    def only_the_coach(state: Any, command: Any, facts: Any) -> None:
        if facts.by.person != facts.partnership.pair.coach_id:
            raise Forbidden

    spoilt = replace(cycles, authorise=only_the_coach)
    monkeypatch.setattr("kit.story.goals.CYCLE", spoilt)
    assert any(isinstance(reason, Forbidden) for _, reason in Watched(1).refused_to_teacher)
    assert {type(c).__name__ for c, _ in Watched(1).refused_to_teacher} > {"StartCycle", "LeaveCycle"}
