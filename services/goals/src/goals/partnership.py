"""A partnership: a coach and one or more teachers who agree, as equals, to work together.

It lives when everyone has consented. Whoever evaluates a teacher cannot coach that teacher. Only a
teacher lets anyone else see what is theirs. It may be handed over to another coach, who sees nothing until every
teacher has consented again. What is decided is in `partnership_decisions`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Annotated
from uuid import UUID

from backbone.deciding import Actor, Command, Kept
from backbone.words import Words
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
from chalkline_contracts.measurement import Versioned
from chalkline_contracts.values import Code, Time
from pydantic import AfterValidator, Field

from goals.refusals import NotAPartner


def _each_once(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if len(set(ids)) != len(ids):
        raise ValueError("must name each person once")
    return ids


MOST_SHARES = 100
"""How many a partnership may have at once."""

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
class HandedOver:
    """Nobody coaches: the coach of this pair is the one to come."""

    pair: Pair
    consented: tuple[UUID, ...] = ()
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    pair: Pair
    shares: tuple[Share, ...] = ()


Partnership = Unset | Proposed | Agreed | Declined | Suspended | HandedOver | Ended


def kept(own_id: UUID, partnership: Partnership) -> Kept | None:
    """The pair's, until it has ended."""
    return None if isinstance(partnership, Unset) else Kept("pair", partnership.pair.partners, own_id)


# Commands --------------------------------------------------------------------------------------------


class ProposePartnership(Command):
    """Propose to work together; everyone named then consents or declines, the proposer too."""

    coach_id: UUID
    teacher_ids: Teachers
    template: Versioned = "impact-cycle@1"
    template_id: UUID | None = None
    """Needed for a model the district published itself: the id of its aggregate."""


class GiveConsent(Command):
    """Consent to the partnership as proposed, or as a teacher to the coach it was handed over to; with the last
    consent it is agreed.
    """


class DeclinePartnership(Command):
    reason: Words | None = None


class HandOverCoach(Command):
    """Another coach is to follow, even in the middle of a cycle; every teacher is asked again. Until then nobody
    coaches, and the coach before sees nothing any more.
    """

    to_coach_id: UUID


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
    coach_id: UUID
    """Whose coaching it ends: whoever was handed the partnership meanwhile goes on."""


PartnershipCommand = (
    ProposePartnership
    | GiveConsent
    | DeclinePartnership
    | HandOverCoach
    | GrantShare
    | RevokeShare
    | EndPartnership
    | SuspendPartnership
)


# History ---------------------------------------------------------------------------------------------


def evolve(state: Partnership, event: Event) -> Partnership:
    match event, state:
        case PartnershipProposed(), Unset():
            return Proposed(Pair(event.coach_id, event.teacher_ids, event.template))
        case PartnershipConsentGiven(), (Proposed(_, consented) | HandedOver(_, consented)):
            return replace(state, consented=tuple(dict.fromkeys(chain(consented, (event.by,)))))
        case PartnershipAgreed(), Proposed(pair):
            return Agreed(pair)
        case PartnershipAgreed(), HandedOver(pair, _, shares):
            return Agreed(pair, shares)
        case PartnershipDeclined(), Proposed(pair):
            return Declined(pair)
        case PartnershipSuspended(), Proposed(pair):
            return Suspended(pair)
        case PartnershipSuspended(), (Agreed(pair, shares) | HandedOver(pair, _, shares)):
            return Suspended(pair, shares)
        case CoachHandedOver(), (
            Agreed(pair, shares) | Suspended(pair, shares) | HandedOver(pair, _, shares)
        ):
            return HandedOver(replace(pair, coach_id=event.to_coach_id), shares=shares)
        case (
            PartnershipEnded(),
            (Agreed(pair, shares) | Suspended(pair, shares) | HandedOver(pair, _, shares)),
        ):
            return Ended(pair, shares)
        case ShareGranted(), (Agreed(_, shares) | Suspended(_, shares) | HandedOver(_, _, shares)):
            share = Share(event.share_id, event.by, event.scope, event.audience, event.expires_at)
            return replace(state, shares=(*live(shares, event.granted_at), share))
        case (
            ShareRevoked(),
            (Agreed(_, shares) | Suspended(_, shares) | HandedOver(_, _, shares) | Ended(_, shares)),
        ):
            return replace(state, shares=tuple(s for s in shares if s.share_id != event.share_id))
        case _:
            return state


def live(shares: tuple[Share, ...], at: datetime | None) -> tuple[Share, ...]:
    """Those that have not expired."""
    return tuple(share for share in shares if at is None or share.expires_at > at)


def acting_partner(partners: tuple[UUID, ...], by: Actor) -> UUID:
    """Which of them acts. Raises NotAPartner for anyone else."""
    if by.person is None or by.person not in partners:
        raise NotAPartner
    return by.person
