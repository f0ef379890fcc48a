"""Every milestone that time brings: when it is told, to whom, and what keeps it from being told.

The cycle starts on Monday, 2 March 2026, at 9:00 in Chicago, where clocks go forward on 8 March.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from chalkline_contracts import goals as g
from chalkline_contracts.notifications import MilestoneReached
from chalkline_contracts.observations import ObservationRecorded
from kit.telling import Telling
from kit.watching import CHICAGO, COACH, CYCLE, GOAL, OTHER, PAIR, THEO, TINA, Coaching


@pytest.fixture
def coaching() -> Coaching:
    return Coaching()


# A cycle's own course ------------------------------------------------------------------------------------


def test_a_baseline_is_missed_seven_days_after_the_start(coaching: Coaching) -> None:
    coaching.until("2026-03-31")
    assert coaching.heard("BaselineMissing") == ["2026-03-09 00:00 coach"]


def test_one_baseline_of_any_goal_is_enough(coaching: Coaching) -> None:
    coaching.goal()
    coaching.draft(UUID(int=77))
    assert coaching.due("BaselineMissing") == []


def test_a_baseline_that_was_retracted_whole_is_missing_again(coaching: Coaching) -> None:
    coaching.goal()
    coaching.retract(50)
    assert coaching.due("BaselineMissing") == ["2026-03-09 00:00 coach"]


def test_what_was_told_does_not_come_again_when_a_baseline_is_retracted(coaching: Coaching) -> None:
    coaching.until("2026-03-10")
    assert coaching.standing() == ["BaselineMissing"]
    coaching.goal()
    assert coaching.standing() == []
    coaching.retract(50)
    assert (coaching.standing(), coaching.due("BaselineMissing")) == (["BaselineMissing"], [])


def test_half_of_the_weeks_rounded_up_to_whole_days_is_the_midpoint(coaching: Coaching) -> None:
    coaching.until("2026-04-30")
    assert coaching.heard("MidpointReview") == ["2026-03-23 00:00 Theo Tina coach"]
    assert Coaching(weeks=5).due("MidpointReview") == ["2026-03-20 00:00 Theo Tina coach"]


def test_a_cycle_ends_soon_a_week_before_its_weeks_are_over_and_overruns_a_week_after(
    coaching: Coaching,
) -> None:
    coaching.until("2026-05-31")
    assert coaching.heard("CycleEndingSoon") == ["2026-04-06 00:00 Theo Tina coach"]
    assert coaching.heard("Overrun") == ["2026-04-20 00:00 Theo Tina coach"]


def test_a_cycle_of_a_week_ends_soon_from_its_first_day_on(coaching: Coaching) -> None:
    assert Coaching(weeks=1).due("CycleEndingSoon") == ["2026-03-02 00:00 Theo Tina coach"]
    coaching.rule("CycleEndingSoon", days=60)
    assert coaching.due("CycleEndingSoon") == ["2026-04-06 00:00 Theo Tina coach"]  # before any beginning


# Visits --------------------------------------------------------------------------------------------------


def test_a_visit_is_due_two_days_before_the_cadence_and_overdue_a_day_after(coaching: Coaching) -> None:
    coaching.until("2026-03-31")
    assert coaching.heard("VisitDue") == ["2026-03-16 00:00 coach"]  # the 14th is a Saturday
    assert coaching.heard("VisitOverdue") == ["2026-03-17 00:00 coach"]


@pytest.mark.parametrize("kind", ["observation", "model", "coteach"])
def test_every_kind_of_visit_starts_its_clock_again(coaching: Coaching, kind: str) -> None:
    coaching.until("2026-03-12")
    coaching.observe(1) if kind == "observation" else coaching.hold(1, kind)
    assert coaching.due("VisitOverdue") == ["2026-03-27 00:00 coach"]


@pytest.mark.parametrize("kind", ["plan", "debrief", "data_review"])
def test_what_is_no_visit_does_not(coaching: Coaching, kind: str) -> None:
    coaching.until("2026-03-12")
    coaching.hold(1, kind)
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_a_visit_that_is_voided_gives_way_to_the_one_before(coaching: Coaching) -> None:
    coaching.until("2026-03-05")
    coaching.observe(1)
    coaching.until("2026-03-12")
    coaching.observe(2)
    coaching.void(2)
    assert coaching.due("VisitOverdue") == ["2026-03-20 00:00 coach"]
    coaching.void(1)
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_a_reminder_that_was_sent_is_not_sent_again_after_a_visit_was_voided(coaching: Coaching) -> None:
    coaching.until("2026-03-18")
    coaching.observe(1)
    assert coaching.standing() == ["BaselineMissing"]
    coaching.void(1)
    coaching.until("2026-03-31")
    assert coaching.heard("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_a_visit_before_the_start_and_one_of_another_cycle_count_for_nothing(coaching: Coaching) -> None:
    coaching.observe(1, at=coaching.now - timedelta(days=9))
    coaching.observe(2, cycle=None)
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_what_names_the_cycle_of_another_partnership_is_no_visit_of_it(coaching: Coaching) -> None:
    coaching.until("2026-03-12")
    told = {"started_at": coaching.now, "duration_s": 1200, "mode": "live", "chosen_by": "teacher"}
    whose = coaching.with_pair() | {"partnership_id": UUID(int=98), "coach_id": OTHER}
    coaching.tell(UUID(int=2001), ObservationRecorded(**whose, **told, recorded_by=OTHER))
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]
    assert coaching.due("FeedbackDue") == []


def test_a_correction_may_move_a_visit(coaching: Coaching) -> None:
    coaching.until("2026-03-12")
    coaching.observe(1)
    coaching.correct(1, coaching.now - timedelta(days=3))
    assert coaching.due("VisitOverdue") == ["2026-03-24 00:00 coach"]


def test_with_a_cadence_shorter_than_the_notice_no_visit_is_due_before_the_last(coaching: Coaching) -> None:
    assert Coaching(cadence=1).due("VisitDue") == []
    assert Coaching(cadence=1).due("VisitOverdue") == ["2026-03-04 00:00 coach"]


# Feedback ------------------------------------------------------------------------------------------------


def test_feedback_is_due_forty_eight_hours_after_an_observation_was_recorded(coaching: Coaching) -> None:
    coaching.observe(1, at=coaching.now - timedelta(days=1))
    coaching.until("2026-03-06")
    assert coaching.heard("FeedbackDue") == ["2026-03-04 09:00 coach"]
    assert "FeedbackDue" in coaching.standing()
    coaching.share_feedback(1)
    assert "FeedbackDue" not in coaching.standing()


def test_feedback_that_was_shared_is_not_due(coaching: Coaching) -> None:
    coaching.observe(1)
    coaching.share_feedback(1)
    assert coaching.due("FeedbackDue") == []


def test_a_correction_does_not_start_the_hours_again_and_a_void_ends_them(coaching: Coaching) -> None:
    coaching.observe(1)
    coaching.passes(hours=30)
    coaching.correct(1, coaching.now - timedelta(days=2))
    assert coaching.due("FeedbackDue") == ["2026-03-04 09:00 coach"]
    coaching.void(1)
    assert coaching.due("FeedbackDue") == []


def test_each_observation_owes_its_own_feedback_in_a_cycle_or_beyond_any(coaching: Coaching) -> None:
    coaching.observe(1)
    coaching.passes(hours=1)
    coaching.observe(2, cycle=None)
    coaching.passes(days=3)
    assert coaching.heard("FeedbackDue") == ["2026-03-04 09:00 coach", "2026-03-04 10:00 coach"]


def test_closing_a_cycle_leaves_feedback_due_and_nothing_else_of_its_course(coaching: Coaching) -> None:
    coaching.goal()
    coaching.offer(1, date(2026, 3, 9))
    coaching.observe(1)
    coaching.complete()
    assert coaching.due("FeedbackDue") == ["2026-03-04 09:00 coach"]
    assert {timer.milestone for timer in coaching.timers()} == {"FeedbackDue", "FollowUpDue"}


def test_hours_go_on_in_a_pause(coaching: Coaching) -> None:
    coaching.observe(1)
    coaching.pause()
    coaching.until("2026-03-06")
    assert coaching.heard("FeedbackDue") == ["2026-03-04 09:00 coach"]


# Agreement -----------------------------------------------------------------------------------------------


def test_whoever_has_not_agreed_is_asked_after_forty_eight_hours(coaching: Coaching) -> None:
    coaching.draft()
    coaching.propose()
    coaching.agree(COACH)
    coaching.passes(days=3)
    assert coaching.heard("GoalAgreementPending") == ["2026-03-04 09:00 Theo Tina"]


def test_once_everybody_has_agreed_nobody_is_asked(coaching: Coaching) -> None:
    coaching.draft()
    coaching.propose()
    for who in (COACH, TINA, THEO):
        coaching.agree(who)
    coaching.set_goal()
    assert coaching.due("GoalAgreementPending") == []


def test_a_new_proposal_voids_agreements_and_starts_the_hours_again(coaching: Coaching) -> None:
    coaching.draft()
    coaching.propose()
    coaching.agree(TINA)
    coaching.passes(days=3)
    coaching.propose()
    coaching.passes(days=3)
    assert coaching.heard("GoalAgreementPending") == ["2026-03-04 09:00 Theo coach"]
    assert coaching.due("GoalAgreementPending") == [
        "2026-03-09 00:00 Theo Tina coach"
    ]  # the 7th is a Saturday


def test_an_owner_who_left_the_cycle_is_not_asked(coaching: Coaching) -> None:
    coaching.draft()
    coaching.propose()
    coaching.tell(CYCLE, g.CycleMemberLeft(partnership_id=PAIR, teacher_id=THEO, by=THEO))
    assert coaching.due("GoalAgreementPending") == ["2026-03-04 09:00 Tina coach"]


def test_a_goal_that_was_given_up_asks_nobody(coaching: Coaching) -> None:
    coaching.draft()
    coaching.propose()
    abandoned = g.GoalAbandoned(cycle_id=CYCLE, partnership_id=PAIR, reason_code="moved")
    coaching.tell(GOAL, abandoned)
    assert coaching.due("GoalAgreementPending") == []


# Steps and silence ---------------------------------------------------------------------------------------


def test_an_action_step_is_checked_back_on_by_its_teacher_and_the_coach(coaching: Coaching) -> None:
    coaching.offer(1, date(2026, 3, 11))
    coaching.respond(1, "adapted")
    coaching.until("2026-03-31")
    assert coaching.heard("CheckBackDue") == ["2026-03-11 00:00 Tina coach"]


def test_a_step_that_was_declined_or_mastered_is_not(coaching: Coaching) -> None:
    coaching.offer(1, date(2026, 3, 11))
    coaching.respond(1, "declined")
    coaching.offer(2, date(2026, 3, 11))
    coaching.respond(2, "accepted")
    mastered = g.ActionStepMastered(cycle_id=CYCLE, partnership_id=PAIR, by=TINA)
    coaching.tell(UUID(int=4002), mastered)
    assert coaching.due("CheckBackDue") == []


def test_a_date_is_a_date_also_in_a_pause(coaching: Coaching) -> None:
    coaching.offer(1, date(2026, 3, 11))
    coaching.pause()
    coaching.until("2026-03-12")
    assert coaching.heard("CheckBackDue") == ["2026-03-11 00:00 Tina coach"]


def test_a_goal_is_silent_three_weeks_after_its_last_measurement(coaching: Coaching) -> None:
    coaching.goal()
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 Theo Tina coach"]
    coaching.passes(days=4)
    coaching.measure(1)
    assert coaching.due("GoalSilent") == ["2026-03-27 00:00 Theo Tina coach"]
    coaching.retract(1)
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 Theo Tina coach"]


def test_a_late_measurement_counts_from_when_it_was_taken(coaching: Coaching) -> None:
    coaching.goal()
    coaching.passes(days=10)
    coaching.measure(1, at=coaching.now - timedelta(days=6))
    assert coaching.due("GoalSilent") == ["2026-03-27 00:00 Theo Tina coach"]


def test_only_an_active_goal_can_be_silent_and_an_achievement_withdrawn_makes_it_active(
    coaching: Coaching,
) -> None:
    told = {"cycle_id": CYCLE, "partnership_id": PAIR, "measurement_id": UUID(int=1001)}
    coaching.draft()
    assert coaching.due("GoalSilent") == []
    coaching.goal()
    coaching.tell(GOAL, g.GoalTargetMet(**told, goal_version=1, met_on=date(2026, 3, 2)))
    assert coaching.due("GoalSilent") == []
    coaching.tell(GOAL, g.AchievementWithdrawn(**told, cause="observation_voided"))
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 Theo Tina coach"]


def test_a_goal_s_silence_concerns_its_owners_who_are_present(coaching: Coaching) -> None:
    coaching.draft(owners=(TINA,))
    coaching.baseline()
    coaching.set_goal()
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 Tina coach"]


def test_what_several_own_is_the_group_s_and_concerns_whoever_takes_part(coaching: Coaching) -> None:
    coaching.goal()
    coaching.tell(CYCLE, g.CycleMemberJoined(partnership_id=PAIR, teacher_id=OTHER, by=TINA))
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 Theo Tina coach other"]


# Follow-ups ----------------------------------------------------------------------------------------------


def test_a_cycle_is_followed_up_four_and_twelve_weeks_after_either_ending(coaching: Coaching) -> None:
    coaching.complete()
    coaching.until("2026-06-30")
    both = "Theo Tina coach"
    assert coaching.heard("FollowUpDue") == [f"2026-03-30 00:00 {both}", f"2026-05-25 00:00 {both}"]
    early = Coaching()
    early.tell(CYCLE, g.CycleClosedEarly(partnership_id=PAIR, focus="engagement", reason_code="moved"))
    assert early.due("FollowUpDue") == coaching.heard("FollowUpDue")


def test_each_follow_up_answers_the_earliest_that_is_left(coaching: Coaching) -> None:
    coaching.complete()
    coaching.follow_up()
    assert coaching.due("FollowUpDue") == ["2026-05-25 00:00 Theo Tina coach"]
    coaching.follow_up()
    assert coaching.due("FollowUpDue") == []


def test_a_follow_up_after_its_reminder_leaves_the_next(coaching: Coaching) -> None:
    coaching.complete()
    coaching.until("2026-04-01")
    assert coaching.standing() == ["FollowUpDue"]
    coaching.follow_up()
    assert coaching.standing() == []
    assert coaching.due("FollowUpDue") == ["2026-05-25 00:00 Theo Tina coach"]


def test_when_the_partnership_ends_nothing_is_due_any_more(coaching: Coaching) -> None:
    coaching.observe(1)
    coaching.complete()
    coaching.tell(PAIR, g.PartnershipEnded(coach_id=COACH, teacher_ids=(TINA, THEO)))
    assert coaching.timers() == []


def test_a_cycle_that_ended_in_a_pause_is_followed_up_by_the_days_after_it(coaching: Coaching) -> None:
    coaching.pause()
    coaching.complete()
    assert coaching.due("FollowUpDue")[0] == "2026-03-30 00:00 Theo Tina coach"


# Who hears -----------------------------------------------------------------------------------------------


def handed_over(coaching: Coaching) -> None:
    told = {"from_coach_id": COACH, "to_coach_id": OTHER, "teacher_ids": (TINA, THEO), "by": TINA}
    coaching.tell(PAIR, g.CoachHandedOver.model_validate(told))


def test_while_a_coach_is_handed_over_nobody_coaches_and_teachers_hear_as_before(coaching: Coaching) -> None:
    handed_over(coaching)
    assert coaching.due("VisitOverdue") == []
    assert coaching.due("MidpointReview") == ["2026-03-23 00:00 Theo Tina"]


def test_after_consent_the_new_coach_hears_and_the_former_does_not(coaching: Coaching) -> None:
    handed_over(coaching)
    coaching.tell(PAIR, g.PartnershipAgreed(coach_id=OTHER, teacher_ids=(TINA, THEO)))
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 other"]
    assert coaching.due("MidpointReview") == ["2026-03-23 00:00 Theo Tina other"]


def test_a_coach_who_is_suspended_hears_nothing(coaching: Coaching) -> None:
    told = {"coach_id": COACH, "teacher_ids": (TINA, THEO), "reason_code": "evaluator"}
    coaching.tell(PAIR, g.PartnershipSuspended.model_validate(told))
    assert coaching.due("VisitOverdue") == []
    assert coaching.due("MidpointReview") == ["2026-03-23 00:00 Theo Tina"]


def test_who_joins_hears_and_who_left_does_not(coaching: Coaching) -> None:
    coaching.tell(CYCLE, g.CycleMemberLeft(partnership_id=PAIR, teacher_id=THEO, by=THEO))
    assert coaching.due("MidpointReview") == ["2026-03-23 00:00 Tina coach"]
    coaching.tell(CYCLE, g.CycleMemberJoined(partnership_id=PAIR, teacher_id=THEO, by=THEO))
    assert coaching.due("MidpointReview") == ["2026-03-23 00:00 Theo Tina coach"]


# Days that do not count ----------------------------------------------------------------------------------


def test_days_of_a_pause_do_not_count_and_without_an_end_nothing_is_due(coaching: Coaching) -> None:
    coaching.until("2026-03-05")
    coaching.pause()
    assert coaching.due("MidpointReview") == []
    coaching.until("2026-03-12")
    coaching.resume()
    assert coaching.due("MidpointReview") == ["2026-03-30 00:00 Theo Tina coach"]


def test_holidays_and_days_between_terms_do_not_count(coaching: Coaching) -> None:
    coaching.calendar(holidays=[(date(2026, 3, 10), date(2026, 3, 12))])
    assert coaching.due("VisitOverdue") == ["2026-03-20 00:00 coach"]
    coaching.calendar((date(2026, 1, 5), date(2026, 3, 8)), (date(2026, 4, 1), date(2026, 6, 12)))
    assert coaching.due("VisitOverdue") == ["2026-04-09 00:00 coach"]


def test_beyond_the_last_known_term_nothing_is_due_until_another_is_told(coaching: Coaching) -> None:
    coaching.calendar((date(2026, 1, 5), date(2026, 3, 8)))
    assert coaching.due("VisitOverdue") == []
    coaching.calendar((date(2026, 1, 5), date(2026, 6, 12)))
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_what_falls_due_in_quiet_hours_at_a_weekend_or_on_a_holiday_is_told_after(coaching: Coaching) -> None:
    coaching.quiet("18:00", "07:00")
    assert coaching.due("VisitOverdue") == ["2026-03-17 07:00 coach"]
    coaching.offer(1, date(2026, 3, 14))  # a Saturday
    assert coaching.due("CheckBackDue") == ["2026-03-16 07:00 Tina coach"]
    coaching.calendar(holidays=[(date(2026, 3, 16), date(2026, 3, 18))])
    assert coaching.due("CheckBackDue") == ["2026-03-19 07:00 Tina coach"]


def test_what_happens_before_it_is_told_keeps_it_from_being_told(coaching: Coaching) -> None:
    coaching.quiet("18:00", "07:00")
    coaching.until("2026-03-17", "06:59")
    coaching.observe(1)
    coaching.until("2026-03-18")
    assert coaching.heard("VisitOverdue") == []


def test_without_a_known_day_to_tell_it_on_it_waits_for_a_calendar(coaching: Coaching) -> None:
    coaching.calendar((date(2026, 1, 5), date(2026, 3, 3)))
    coaching.observe(1)  # due on the 4th, when no term is known
    coaching.until("2026-03-20")
    assert coaching.due("FeedbackDue") == ["some day coach"]
    coaching.calendar((date(2026, 1, 5), date(2026, 3, 3)), (date(2026, 3, 23), date(2026, 6, 12)))
    coaching.until("2026-04-01")
    assert coaching.heard("FeedbackDue") == ["2026-03-23 00:00 coach"]


# History is no reminder ----------------------------------------------------------------------------------


def test_what_was_due_a_day_before_it_was_known_is_history() -> None:
    coaching = Coaching(started=False)
    coaching.tell(PAIR, g.PartnershipAgreed(coach_id=COACH, teacher_ids=(TINA, THEO)))
    coaching.start()
    coaching.goal()
    coaching.passes(days=30)
    assert len(coaching.heard("GoalSilent")) == 1
    coaching.measure(
        1, at=datetime(2026, 3, 4, 9, tzinfo=CHICAGO)
    )  # silent since the 25th, and told on 1 April
    assert coaching.due("GoalSilent") == []


def test_a_calendar_told_afterwards_makes_no_reminder_of_history(coaching: Coaching) -> None:
    coaching.calendar((date(2026, 5, 1), date(2026, 6, 12)))
    coaching.until("2026-04-15")
    assert coaching.heard("VisitOverdue") == []
    coaching.calendar()
    assert coaching.due("VisitOverdue") == []
    assert coaching.due("Overrun") == ["2026-04-20 00:00 Theo Tina coach"]


# Rules ---------------------------------------------------------------------------------------------------


def test_a_new_rule_is_for_what_is_due_after_it_was_published(coaching: Coaching) -> None:
    coaching.rule("VisitOverdue", days=4)
    assert coaching.due("VisitOverdue") == ["2026-03-20 00:00 coach"]
    coaching.until("2026-03-18")
    coaching.rule("VisitOverdue", 3, enabled=False, days=1)  # it would have been due on the 17th
    assert coaching.due("VisitOverdue") == ["2026-03-20 00:00 coach"]
    coaching.observe(1)
    assert coaching.due("VisitOverdue") == []


def test_a_rule_may_count_other_hours_and_leave_somebody_out(coaching: Coaching) -> None:
    coaching.rule("FeedbackDue", hours=12)
    coaching.rule("GoalSilent", recipients=("coach",))
    coaching.observe(1)
    coaching.goal()
    assert coaching.due("FeedbackDue") == ["2026-03-02 21:00 coach"]
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 coach"]


def test_a_milestone_that_was_told_is_not_told_again_by_a_new_rule(coaching: Coaching) -> None:
    coaching.until("2026-03-18")
    coaching.rule("VisitOverdue", days=9)
    coaching.until("2026-03-31")
    assert coaching.heard("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_while_nobody_knows_when_a_rule_makes_it_due_no_older_rule_does(coaching: Coaching) -> None:
    coaching.rule("GoalSilent", days=30)
    coaching.goal()
    coaching.until("2026-03-26")  # the product's rule would have told it on the 23rd
    coaching.pause()
    assert coaching.due("GoalSilent") == []
    coaching.resume()
    coaching.calendar((date(2026, 1, 5), date(2026, 3, 29)))
    assert coaching.due("GoalSilent") == []
    coaching.calendar()
    assert coaching.due("GoalSilent") == ["2026-04-01 00:00 Theo Tina coach"]


def test_what_an_older_rule_made_due_before_the_new_one_stays_while_that_makes_nothing_due(
    coaching: Coaching,
) -> None:
    coaching.quiet("00:00", "23:00")
    coaching.until("2026-03-17")  # a visit is overdue since midnight
    coaching.rule("VisitOverdue", days=60)
    coaching.calendar((date(2026, 1, 5), date(2026, 3, 29)))
    assert coaching.due("VisitOverdue") == ["2026-03-17 23:00 coach"]
    coaching.rule("VisitOverdue", 3, days=90)
    assert coaching.due("VisitOverdue") == ["2026-03-17 23:00 coach"]


def test_what_an_event_brought_leaves_timers_alone(coaching: Coaching) -> None:
    told = MilestoneReached(
        cycle_id=CYCLE, milestone="CycleOpened", due_at=coaching.now, rule_version=1, occurrence="event:1"
    )
    assert coaching.world.note(Telling().tell(CYCLE, told)) == ()


def test_a_band_has_a_rule_of_its_own_where_all_present_teachers_are_of_it(coaching: Coaching) -> None:
    coaching.rule("VisitOverdue", days=2)
    coaching.rule("VisitOverdue", band="novice", days=5)
    coaching.enrol(TINA, "novice")
    assert coaching.due("VisitOverdue") == ["2026-03-18 00:00 coach"]
    coaching.enrol(THEO, "novice")
    assert coaching.due("VisitOverdue") == ["2026-03-23 00:00 coach"]  # the 21st is a Saturday
    coaching.enrol(THEO, "veteran")
    assert coaching.due("VisitOverdue") == ["2026-03-18 00:00 coach"]
    coaching.tell(CYCLE, g.CycleMemberLeft(partnership_id=PAIR, teacher_id=THEO, by=THEO))
    assert coaching.due("VisitOverdue") == ["2026-03-23 00:00 coach"]
