"""A partnership: a coach and one or more teachers who agree, as equals, to work together.

It lives when everyone has consented. Whoever evaluates a teacher cannot coach that teacher. Only a
teacher lets anyone else see what is theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid5

from backbone.deciding import Command
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
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
from chalkline_contracts.measurement import Versioned
from chalkline_contracts.values import Code, Time
from pydantic import AfterValidator, Field

from goals.refusals import (
    AlreadyConsented,
    CoachIsTeacher,
    CoachRoleMissing,
    EvaluatorCannotCoach,
    NotAPartner,
    PartnershipAlreadyProposed,
    PartnershipNotAgreed,
    PartnershipNotFound,
    PartnershipNotProposed,
    PartnershipOver,
    PersonUnknown,
    ShareAlreadyExpired,
    ShareNotFound,
    TemplateUnknown,
)

if TYPE_CHECKING:
    from goals.access import GoalsFacts, PersonFact

CONFIDENTIALITY_POLICY_VERSION = 1
"""The rules of who sees what that a consent is given to; a district's own versions come with its policy."""


def _each_once(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if len(set(ids)) != len(ids):
        raise ValueError("must name each person once")
    return ids


Teachers = Annotated[tuple[UUID, ...], Field(min_length=1, max_length=30), AfterValidator(_each_once)]


# States ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """Who works together: one coach, one teacher or a group of them."""

    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    template: str

    @property
    def partners(self) -> tuple[UUID, ...]:
        return (self.coach_id, *self.teacher_ids)


@dataclass(frozen=True, slots=True)
class Share:
    share_id: UUID
    by: UUID
    scope: ShareScope
    audience: tuple[UUID, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Proposed:
    pair: Pair
    consented: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreed:
    pair: Pair
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    pair: Pair


@dataclass(frozen=True, slots=True)
class Suspended:
    pair: Pair
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    pair: Pair
    shares: tuple[Share, ...] = ()


Partnership = Unset | Proposed | Agreed | Declined | Suspended | Ended


# Commands --------------------------------------------------------------------------------------------


class ProposePartnership(Command):
    """Propose to work together; everyone named then consents or declines, the proposer too."""

    coach_id: UUID
    teacher_ids: Teachers
    template: Versioned = "impact-cycle@1"
    template_id: UUID | None = None
    """Needed for a model the district published itself: the id of its aggregate."""


class GiveConsent(Command):
    """Consent to the partnership as proposed; with the last consent it is agreed."""


class DeclinePartnership(Command):
    reason: Words | None = None


class GrantShare(Command):
    """Let people outside the partnership see something of yours until a moment. Only a teacher may."""

    scope: ShareScope
    audience: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=20), AfterValidator(_each_once)]
    expires_at: Time


class RevokeShare(Command):
    share_id: UUID


class EndPartnership(Command):
    reason_code: Code | None = None
    reason: Words | None = None


class SuspendPartnership(Command):
    """Issued by the policy that learns of an evaluator; nobody asks for it."""

    reason_code: Code


PartnershipCommand = (
    ProposePartnership
    | GiveConsent
    | DeclinePartnership
    | GrantShare
    | RevokeShare
    | EndPartnership
    | SuspendPartnership
)


# Decisions -------------------------------------------------------------------------------------------


def decide(
    state: Partnership, command: PartnershipCommand, facts: "GoalsFacts", *, now: datetime
) -> list[Event]:
    match command, state:
        case ProposePartnership(), Unset():
            return _propose(command, facts)
        case ProposePartnership(), _:
            raise PartnershipAlreadyProposed
        case _, Unset():
            raise PartnershipNotFound

        case GiveConsent(), Proposed(pair, consented):
            return _consent(pair, consented, _partner(pair, facts), facts)
        case DeclinePartnership(), Proposed(pair):
            reason_ref = command.reason.ref if command.reason else None
            return [
                PartnershipDeclined(
                    by=_partner(pair, facts),
                    coach_id=pair.coach_id,
                    teacher_ids=pair.teacher_ids,
                    reason_ref=reason_ref,
                )
            ]
        case ((GiveConsent() | DeclinePartnership()), _):
            raise PartnershipNotProposed

        case GrantShare(), (Agreed(pair) | Suspended(pair)):
            return _share(command, pair, facts, now)
        case RevokeShare(), (Agreed(_, shares) | Suspended(_, shares) | Ended(_, shares)):
            by = facts.by.person
            if not any(share.share_id == command.share_id and share.by == by for share in shares):
                raise ShareNotFound(share_id=str(command.share_id))
            return [ShareRevoked(share_id=command.share_id, by=by)]
        case RevokeShare(), _:
            raise ShareNotFound(share_id=str(command.share_id))

        case SuspendPartnership(), (Proposed(pair) | Agreed(pair)):
            return [
                PartnershipSuspended(
                    reason_code=command.reason_code, coach_id=pair.coach_id, teacher_ids=pair.teacher_ids
                )
            ]
        case SuspendPartnership(), Suspended():
            return []

        case EndPartnership(), (Agreed(pair) | Suspended(pair)):
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


def _propose(command: ProposePartnership, facts: "GoalsFacts") -> list[Event]:
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
            confidentiality_policy_version=CONFIDENTIALITY_POLICY_VERSION,
            proposed_by=facts.by.person,
        )
    ]


def fit_to_coach(coach_id: UUID, teacher_ids: tuple[UUID, ...], people: "Mapping[UUID, PersonFact]") -> None:
    """Raises the refusal that stands between this coach and these teachers (rule 8)."""
    for person_id in (coach_id, *teacher_ids):
        person = people.get(person_id)
        if person is None or not person.active:
            raise PersonUnknown(person_id=str(person_id))
    if "coach" not in people[coach_id].roles:
        raise CoachRoleMissing(coach_id=str(coach_id))
    for teacher_id in teacher_ids:
        if _evaluates(coach_id, people[coach_id], people[teacher_id]):
            raise EvaluatorCannotCoach(coach_id=str(coach_id), teacher_id=str(teacher_id))


def _evaluates(person_id: UUID, person: "PersonFact", teacher: "PersonFact") -> bool:
    if teacher.evaluated_by:  # mapped: then only those
        return person_id in teacher.evaluated_by
    leads = bool(person.roles & {"principal", "administrator"})
    return leads and bool(person.school_ids & teacher.school_ids)


def _consent(pair: Pair, consented: tuple[UUID, ...], by: UUID, facts: "GoalsFacts") -> list[Event]:
    if by in consented:
        raise AlreadyConsented
    # Asked again at each consent: an evaluator may have been named since the proposal.
    fit_to_coach(pair.coach_id, pair.teacher_ids, facts.people)
    given = PartnershipConsentGiven(by=by)
    if set(pair.partners) - {by, *consented}:
        return [given]
    return [given, PartnershipAgreed(coach_id=pair.coach_id, teacher_ids=pair.teacher_ids)]


def _share(command: GrantShare, pair: Pair, facts: "GoalsFacts", now: datetime) -> list[Event]:
    by = facts.by.person
    if by not in pair.teacher_ids:
        raise NotAPartner
    if command.expires_at <= now:
        raise ShareAlreadyExpired
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
        )
    ]


def _partner(pair: Pair, facts: "GoalsFacts") -> UUID:
    by = facts.by.person
    if by is None or by not in pair.partners:
        raise NotAPartner
    return by


# History ---------------------------------------------------------------------------------------------


def evolve(state: Partnership, event: Event) -> Partnership:
    match event, state:
        case PartnershipProposed(), Unset():
            return Proposed(Pair(event.coach_id, event.teacher_ids, event.template))
        case PartnershipConsentGiven(), Proposed(pair, consented):
            return Proposed(pair, tuple(dict.fromkeys(chain(consented, (event.by,)))))
        case PartnershipAgreed(), Proposed(pair):
            return Agreed(pair)
        case PartnershipDeclined(), Proposed(pair):
            return Declined(pair)
        case PartnershipSuspended(), Proposed(pair):
            return Suspended(pair)
        case PartnershipSuspended(), Agreed(pair, shares):
            return Suspended(pair, shares)
        case PartnershipEnded(), (Agreed(pair, shares) | Suspended(pair, shares)):
            return Ended(pair, shares)
        case ShareGranted(), (Agreed(_, shares) | Suspended(_, shares)):
            share = Share(event.share_id, event.by, event.scope, event.audience, event.expires_at)
            return replace(state, shares=(*shares, share))
        case ShareRevoked(), (Agreed(_, shares) | Suspended(_, shares) | Ended(_, shares)):
            return replace(state, shares=tuple(s for s in shares if s.share_id != event.share_id))
        case _:
            return state
