"""What is decided about a partnership: who may coach whom, whose consent makes it, who lets others see."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    CoachHandedOver,
    PartnershipAgreed,
    PartnershipConsentGiven,
    PartnershipDeclined,
    PartnershipEnded,
    PartnershipProposed,
    PartnershipSuspended,
    ShareGranted,
    ShareRevoked,
    ShareScope,
)

from goals import cycle, goal
from goals.cycle import Cycle
from goals.facts import GoalsFacts, PersonFact
from goals.goal import Goal
from goals.partnership import (
    MOST_SHARES,
    Agreed,
    Declined,
    DeclinePartnership,
    Ended,
    EndPartnership,
    GiveConsent,
    GrantShare,
    HandedOver,
    HandOverCoach,
    Pair,
    Partnership,
    PartnershipCommand,
    Proposed,
    ProposePartnership,
    RevokeShare,
    Suspended,
    SuspendPartnership,
    Unset,
    acting_partner,
    live,
)
from goals.refusals import (
    AlreadyConsented,
    CoachesAlready,
    CoachIsTeacher,
    CoachRoleMissing,
    EvaluatorCannotCoach,
    NotAPartner,
    OnlyTeachersConsentAgain,
    PartnershipAlreadyProposed,
    PartnershipNotAgreed,
    PartnershipNotFound,
    PartnershipNotProposed,
    PartnershipOver,
    PersonUnknown,
    ShareAlreadyExpired,
    ShareNotFound,
    ShareNotTheirs,
    TeacherRoleMissing,
    TemplateUnknown,
    TooManyShares,
)


def decide(
    state: Partnership, command: PartnershipCommand, facts: GoalsFacts, *, now: datetime
) -> list[Event]:
    match command, state:
        case ProposePartnership(), Unset():
            return _propose(command, facts)
        case ProposePartnership(), _:
            raise PartnershipAlreadyProposed
        case _, Unset():
            raise PartnershipNotFound

        case GiveConsent(), Proposed(pair, consented):
            return _consent(pair, pair.partners, consented, facts)
        case GiveConsent(), HandedOver(pair, consented):
            if facts.by.person == pair.coach_id:
                raise OnlyTeachersConsentAgain
            return _consent(pair, pair.teacher_ids, consented, facts)
        case DeclinePartnership(), Proposed(pair):
            reason_ref = command.reason.ref if command.reason else None
            return [
                PartnershipDeclined(
                    by=acting_partner(pair.partners, facts.by),
                    coach_id=pair.coach_id,
                    teacher_ids=pair.teacher_ids,
                    reason_ref=reason_ref,
                )
            ]
        case ((GiveConsent() | DeclinePartnership()), _):
            raise PartnershipNotProposed

        case HandOverCoach(), (Agreed(pair) | Suspended(pair) | HandedOver(pair)):
            return [_hand_over(state, command, pair, facts)]

        case GrantShare(), (Agreed(pair, shares) | Suspended(pair, shares) | HandedOver(pair, _, shares)):
            if len(live(shares, now)) >= MOST_SHARES:
                raise TooManyShares(most=MOST_SHARES)
            return _share(command, pair, facts, now)
        case (
            RevokeShare(),
            (Agreed(_, shares) | Suspended(_, shares) | HandedOver(_, _, shares) | Ended(_, shares)),
        ):
            by = facts.by.person
            if not any(share.share_id == command.share_id and share.by == by for share in shares):
                raise ShareNotFound(share_id=str(command.share_id))
            return [ShareRevoked(share_id=command.share_id, by=by)]
        case RevokeShare(), _:
            raise ShareNotFound(share_id=str(command.share_id))

        case SuspendPartnership(), (Proposed(pair) | Agreed(pair) | HandedOver(pair)):
            if command.coach_id != pair.coach_id:
                return []
            return [
                PartnershipSuspended(
                    reason_code=command.reason_code, coach_id=pair.coach_id, teacher_ids=pair.teacher_ids
                )
            ]
        case SuspendPartnership(), Suspended():
            return []

        case EndPartnership(), (Agreed(pair) | Suspended(pair) | HandedOver(pair)):
            return [
                PartnershipEnded(
                    coach_id=pair.coach_id,
                    teacher_ids=pair.teacher_ids,
                    by=facts.by.person,
                    reason_code=command.reason_code,
                    reason_ref=command.reason.ref if command.reason else None,
                )
            ]
        case _, (Declined() | Ended()):
            raise PartnershipOver
        case _:
            raise PartnershipNotAgreed


def _propose(command: ProposePartnership, facts: GoalsFacts) -> list[Event]:
    if command.coach_id in command.teacher_ids:
        raise CoachIsTeacher
    fit_to_coach(command.coach_id, command.teacher_ids, facts.people)
    if facts.template is None or facts.template.template != command.template:
        raise TemplateUnknown(template=command.template)
    return [
        PartnershipProposed(
            coach_id=command.coach_id,
            teacher_ids=command.teacher_ids,
            template=command.template,
            confidentiality_policy_version=facts.confidentiality_policy_version,
            proposed_by=facts.by.person,
        )
    ]


def fit_to_coach(coach_id: UUID, teacher_ids: tuple[UUID, ...], people: Mapping[UUID, PersonFact]) -> None:
    """Raises the refusal that stands between this coach and these teachers (rule 8)."""
    for person_id in (coach_id, *teacher_ids):
        person = people.get(person_id)
        if person is None or not person.active:
            raise PersonUnknown(person_id=str(person_id))
    if "coach" not in people[coach_id].roles:
        raise CoachRoleMissing(coach_id=str(coach_id))
    for teacher_id in teacher_ids:
        if "teacher" not in people[teacher_id].roles:
            raise TeacherRoleMissing(teacher_id=str(teacher_id))
        if _evaluates(coach_id, people[coach_id], people[teacher_id]):
            raise EvaluatorCannotCoach(coach_id=str(coach_id), teacher_id=str(teacher_id))


def _evaluates(person_id: UUID, person: PersonFact, teacher: PersonFact) -> bool:
    if teacher.evaluated_by:  # mapped: then only those
        return person_id in teacher.evaluated_by
    return bool(person.led_ids & teacher.workplace_ids)


def _hand_over(state: Partnership, command: HandOverCoach, pair: Pair, facts: GoalsFacts) -> CoachHandedOver:
    # Back to a suspended coach, where what suspended them is no more: that they are fit is asked below.
    if command.to_coach_id == pair.coach_id and not isinstance(state, Suspended):
        raise CoachesAlready
    if command.to_coach_id in pair.teacher_ids:
        raise CoachIsTeacher
    fit_to_coach(command.to_coach_id, pair.teacher_ids, facts.people)
    if facts.by.person is None:
        raise NotAPartner
    return CoachHandedOver(
        from_coach_id=pair.coach_id,
        to_coach_id=command.to_coach_id,
        teacher_ids=pair.teacher_ids,
        by=facts.by.person,
    )


def _consent(
    pair: Pair, asked: tuple[UUID, ...], consented: tuple[UUID, ...], facts: GoalsFacts
) -> list[Event]:
    by = acting_partner(asked, facts.by)
    if by in consented:
        raise AlreadyConsented
    # Asked again at each consent: an evaluator may have been named since the proposal.
    fit_to_coach(pair.coach_id, pair.teacher_ids, facts.people)
    given = PartnershipConsentGiven(by=by)
    if set(asked) - {by, *consented}:
        return [given]
    return [given, PartnershipAgreed(coach_id=pair.coach_id, teacher_ids=pair.teacher_ids)]


def _share(command: GrantShare, pair: Pair, facts: GoalsFacts, now: datetime) -> list[Event]:
    by = facts.by.person
    if by not in pair.teacher_ids:
        raise NotAPartner
    if command.expires_at <= now:
        raise ShareAlreadyExpired
    _check_scope(command.scope, by, facts)
    for person_id in command.audience:
        person = facts.people.get(person_id)
        if person is None or not person.active:
            raise PersonUnknown(person_id=str(person_id))
    return [
        ShareGranted(
            share_id=uuid5(facts.command_id, "0"),
            by=by,
            scope=command.scope,
            audience=command.audience,
            expires_at=command.expires_at,
            granted_at=now,
        )
    ]


def _check_scope(scope: ShareScope, by: UUID, facts: GoalsFacts) -> None:
    """Raises ShareNotTheirs for what is not this teacher's in this partnership, whether anybody knows it or not."""
    own = facts.aggregate_id
    if scope.cycle_id is not None and not _takes_part(facts.cycle, by, own):
        raise ShareNotTheirs(cycle_id=str(scope.cycle_id))
    if scope.goal_id is not None and not _owns(facts.goal, by, own, scope.cycle_id):
        raise ShareNotTheirs(goal_id=str(scope.goal_id))


def _takes_part(known: Cycle, by: UUID, partnership_id: UUID) -> bool:
    if isinstance(known, cycle.Unset):
        return False
    plan = known.plan
    return plan.partnership_id == partnership_id and by in (*plan.teacher_ids, *plan.left)


def _owns(known: Goal, by: UUID, partnership_id: UUID, cycle_id: UUID | None) -> bool:
    if isinstance(known, goal.Unset):
        return False
    whose = known.whose
    within = cycle_id is None or whose.cycle_id == cycle_id
    return within and whose.partnership_id == partnership_id and by in whose.owner_ids
