"""Erasing a person: what forbids it, and what it tells every service to do.

Only decisions live here. While a legal hold stands nothing is erased; whoever was erased never comes back.
"""

from typing import Annotated
from uuid import UUID, uuid5

from backbone.deciding import Command
from backbone.words import Words
from chalkline_contracts.directory import (
    ErasureRequested,
    LegalHoldLifted,
    LegalHoldPlaced,
    MentionsErasureRequested,
    PersonDeactivated,
)
from chalkline_contracts.event import Event
from pydantic import Field

from directory.person import Active, Deactivated, Erased, Person, PersonFacts
from directory.refusals import LegalHold, LegalHoldUnknown, PersonErased, PersonNotErased, PersonUnknown

MOST_MENTIONS = 500
"""References in one command, so that its event stays small; who has more sends another."""


class PlaceLegalHold(Command):
    """Keeps everything of theirs from being erased, until it is lifted; several may stand at once."""

    reason: Words


class LiftLegalHold(Command):
    hold_id: UUID
    reason: Words | None = None


class RequestErasure(Command):
    """Erases, in every service, what is theirs alone and what they wrote; deactivates them. For good."""


class EraseMentions(Command):
    """Erases texts of others that mention somebody who was erased, each by its reference."""

    refs: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_MENTIONS)]


ErasureCommand = PlaceLegalHold | LiftLegalHold | RequestErasure | EraseMentions
"""They are decided in a district that was closed, too."""


def decide(person: Person, command: ErasureCommand, facts: PersonFacts) -> list[Event]:
    match command, person:
        case EraseMentions(), Erased():
            erasure_id = uuid5(facts.command_id, "mentions")
            refs = tuple(sorted(set(command.refs)))
            return [MentionsErasureRequested(erasure_id=erasure_id, person_id=facts.aggregate_id, refs=refs)]
        case EraseMentions(), _:
            raise PersonNotErased(person_id=facts.aggregate_id)
        case _, Erased():
            raise PersonErased(person_id=facts.aggregate_id, erasure_id=person.erasure_id)
        case PlaceLegalHold(), Active() | Deactivated():
            return [LegalHoldPlaced(hold_id=uuid5(facts.command_id, "hold"), reason_ref=command.reason.ref)]
        case LiftLegalHold(), Active() | Deactivated():
            if command.hold_id not in person.holds:
                raise LegalHoldUnknown(hold_id=command.hold_id)
            reason_ref = command.reason.ref if command.reason else None
            return [LegalHoldLifted(hold_id=command.hold_id, reason_ref=reason_ref)]
        case RequestErasure(), Active() | Deactivated():
            if person.holds:
                raise LegalHold(holds=person.holds)
            leaves = [PersonDeactivated(experience_band=person.experience_band)]
            erasure_id = uuid5(facts.command_id, "erasure")
            return [
                *(leaves if isinstance(person, Active) else ()),
                ErasureRequested(erasure_id=erasure_id, person_id=facts.aggregate_id),
            ]
        case _:
            raise PersonUnknown(person_id=facts.aggregate_id)
