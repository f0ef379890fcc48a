"""A rehearsal on a real clock: time passes between what is recorded, and what is due in between is told in between."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import pytest
from backbone.recorded import Meta, Recorded, partition_of
from chalkline_contracts import directory as d
from chalkline_contracts import goals as g
from chalkline_contracts import observations as o
from chalkline_contracts.directory import QuietHours
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneReached, Recipient
from hypothesis import given
from hypothesis import strategies as st
from kit.coaching import CORA, CYCLE, DISTRICT, PARTNERSHIP, TESS, cycle_started
from notifications.rehearsal import Rehearsed, Trial, rehearse
from notifications.rules import BY_MILESTONE

BEGAN = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""A Monday, nine in the morning in Chicago; clocks there are changed on 8 March."""
CHICAGO = ZoneInfo("America/Chicago")
VISIT = UUID(int=0x0B)


def recorded(
    event: Event, aggregate_id: UUID, at: datetime, occurred: datetime | None = None
) -> Recorded[Any]:
    meta = Meta(f"person:{CORA}", str(uuid4()), "", "")
    return Recorded(
        event.service, 1, partition_of(DISTRICT, aggregate_id), uuid4(), DISTRICT, aggregate_id, 1, event,
        occurred or event.happened_at or at, at, meta,
    )  # fmt: skip


def opened() -> list[Recorded[Any]]:
    """A real district, a partnership, and a cycle with a visit every 14 days."""
    name = {"ref": str(uuid4()), "digest": "0" * 64}
    opening = d.DistrictOpened.model_validate(
        {"name_ref": name, "time_zone": "America/Chicago", "sandbox": False}
    )
    agreed = g.PartnershipAgreed(coach_id=CORA, teacher_ids=(TESS,), template="impact-cycle@1")
    return [
        recorded(opening, DISTRICT, BEGAN - timedelta(days=9)),
        recorded(agreed, PARTNERSHIP, BEGAN - timedelta(days=1)),
        recorded(cycle_started(), CYCLE, BEGAN),
    ]


def visited(at: datetime, told_at: datetime) -> Recorded[Any]:
    seen = o.ObservationRecorded.model_validate(
        {
            "partnership_id": PARTNERSHIP, "coach_id": CORA, "teacher_ids": [TESS], "cycle_id": CYCLE, "goal_ids": [],
            "started_at": at, "duration_s": 600, "mode": "live", "measurements": [], "chosen_by": "joint",
            "purpose": "growth", "recorded_by": CORA,
        }
    )  # fmt: skip
    return recorded(seen, uuid5(VISIT, told_at.isoformat()), told_at)


def trial(milestone: str = "VisitOverdue", **said: Any) -> Trial:
    rule = BY_MILESTONE[milestone]
    told = {
        "days": rule.days,
        "hours": rule.hours,
        "recipients": rule.recipients,
        "until": BEGAN + timedelta(days=60),
    }
    return Trial(tenant=DISTRICT, milestone=milestone, **(told | said))


def played(events: Sequence[Recorded[Any]], tried: Trial) -> Rehearsed:
    in_order = sorted(events, key=lambda one: one.recorded_at)
    return asyncio.run(rehearse(in_order, tried))


def told_at(events: Sequence[Recorded[Any]], tried: Trial) -> list[datetime]:
    return sorted(telling.at for telling in played(events, tried).would.values())


OVERDUE = datetime(2026, 3, 17, 5, tzinfo=UTC)
"""Midnight in Chicago, 15 days after the start; the night of the changed clocks lies between."""


def test_what_is_due_is_told_at_its_moment_though_nothing_else_happens() -> None:
    assert told_at(opened(), trial()) == [OVERDUE]


def test_a_rule_of_more_days_is_later_and_one_that_is_off_is_never() -> None:
    assert told_at(opened(), trial(days=3)) == [OVERDUE + timedelta(days=2)]
    assert told_at(opened(), trial(enabled=False)) == []


@pytest.mark.parametrize(("late", "cancelled"), [(timedelta(), True), (timedelta(microseconds=1), False)])
def test_what_is_recorded_at_the_very_moment_cancels_and_what_comes_later_does_not(
    late: timedelta, cancelled: bool
) -> None:
    visit = visited(OVERDUE - timedelta(hours=12), OVERDUE + late)
    assert (OVERDUE in told_at([*opened(), visit], trial())) != cancelled


def test_quiet_hours_put_it_off_and_a_fact_until_then_cancels() -> None:
    quiet = d.DistrictPolicyChanged(
        policy_version=1, auto_confirm=False, small_cell_n=10, confidentiality_policy_version=1,
        quiet_hours=QuietHours(begin="18:00", end="07:30"),
    )  # fmt: skip
    policy = recorded(quiet, DISTRICT, BEGAN - timedelta(hours=1))
    morning = OVERDUE + timedelta(hours=7, minutes=30)
    assert told_at([*opened(), policy], trial()) == [morning]
    visit = visited(OVERDUE - timedelta(hours=12), morning - timedelta(minutes=1))
    assert morning not in told_at([*opened(), policy, visit], trial())


def test_what_is_told_late_and_due_already_is_told_at_once_or_is_history() -> None:
    """A visit of 15 days and some hours ago: its reminder is told now; of 17 days ago: not at all."""
    early = visited(BEGAN, BEGAN + timedelta(minutes=1))
    now = OVERDUE + timedelta(hours=20)
    taken_back = recorded(o.ObservationVoided.model_validate({
        "partnership_id": PARTNERSHIP, "coach_id": CORA, "teacher_ids": [TESS], "cycle_id": CYCLE, "goal_ids": [],
        "measurement_ids": [], "reason_code": "wrong_class", "voided_by": CORA,
    }), uuid5(VISIT, (BEGAN + timedelta(days=10)).isoformat()), now)  # fmt: skip
    between = visited(BEGAN + timedelta(days=9), BEGAN + timedelta(days=10))
    assert told_at([*opened(), early, between, taken_back], trial())[0] == now


def test_each_occurrence_is_told_once() -> None:
    visits = [
        visited(BEGAN + timedelta(days=20 * n), BEGAN + timedelta(days=20 * n, hours=1)) for n in (1, 2)
    ]
    found = played([*opened(), *visits], trial()).would
    assert len(found) == len({notice.occurrence for notice in found}) == 3


def test_what_really_was_told_stands_beside_and_counts_only_before_the_rule_is_in_force() -> None:
    reached = MilestoneReached(
        milestone="VisitOverdue", cycle_id=CYCLE, due_at=OVERDUE, rule_version=1, occurrence="since:2026-03-02",
        recipients=(Recipient(person_id=CORA, role="coach"),),
    )  # fmt: skip
    sent = recorded(reached, CYCLE, OVERDUE + timedelta(seconds=1))
    found = played([*opened(), sent], trial(days=3))
    assert [telling.at for telling in found.heard.values()] == [sent.recorded_at]
    assert found.would.keys() == found.heard.keys()
    later = played([*opened(), sent], trial(days=3, since=OVERDUE + timedelta(days=1)))
    assert (later.heard, later.would) == ({}, {})


def test_an_event_reaches_its_milestone_by_the_policy_of_production() -> None:
    found = played(opened(), trial("CycleOpened", recipients=("teacher",))).would
    assert [(notice.person_id, telling.at) for notice, telling in found.items()] == [(TESS, BEGAN)]


def test_nothing_after_the_end_is_told() -> None:
    assert told_at(opened(), trial(until=OVERDUE - timedelta(seconds=1))) == []
    assert told_at(opened(), trial(until=OVERDUE)) == [OVERDUE]


@given(st.lists(st.integers(min_value=1, max_value=50 * 24), max_size=6, unique=True), st.integers(1, 6))
def test_a_reminder_follows_every_gap_between_visits_and_no_other(hours: list[int], days: int) -> None:
    """By hand from the rule: 00:00 local, so many days after the last visit, unless another was told of before."""
    moments = [BEGAN + timedelta(hours=hour) for hour in sorted(hours)]
    visits = [visited(moment, moment + timedelta(minutes=30)) for moment in moments]
    first_told: dict[date, datetime] = {}
    for moment in (BEGAN, *moments):
        first_told.setdefault(moment.astimezone(CHICAGO).date(), moment + timedelta(minutes=30))
    expected = []
    for day, following in zip(first_told, [*list(first_told.values())[1:], None], strict=True):
        due = datetime.combine(day + timedelta(days=14 + days), datetime.min.time(), CHICAGO)
        told = first_weekday(due.astimezone(UTC))
        if told <= BEGAN + timedelta(days=60) and (following is None or told < following):
            expected.append(told)
    assert told_at([*opened(), *visits], trial(days=days)) == expected


def first_weekday(moment: datetime) -> datetime:
    """Midnight of that local day, or of the Monday after it."""
    shown = moment.astimezone(CHICAGO)
    while shown.weekday() >= 5:
        shown = datetime.combine(shown.date() + timedelta(days=1), datetime.min.time(), CHICAGO)
    return shown.astimezone(UTC)
