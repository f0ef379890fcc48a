"""A reflection: somebody thought about their own practice. Theirs alone, until they share it with their partnership.

Only decisions live here. Whatever a rule needs arrives as an argument.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone.deciding import Actor, Command, Kept
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.observations import ReflectionRecorded, ReflectionShared
from chalkline_contracts.values import WordsRef

from observations import pair
from observations.pair import Cycle, Partnership
from observations.refusals import (
    AuthorMissing,
    PartnershipDiffers,
    PartnershipMissing,
    PartnershipNotAgreed,
    ReflectionAlreadyRecorded,
    ReflectionAlreadyShared,
    ReflectionNotFound,
)


class RecordReflection(Command):
    """Keeps a thought for oneself. Nobody else learns that it exists."""

    reflection: Words
    partnership_id: UUID | None = None
    """The partnership it is about, if it is about one."""
    cycle_id: UUID | None = None


class ShareReflection(Command):
    """Lets the partnership read it, for good."""

    partnership_id: UUID | None = None
    """Needed where it was recorded about none."""


ReflectionCommand = RecordReflection | ShareReflection
ReflectionEvent = ReflectionRecorded | ReflectionShared


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody recorded it."""


@dataclass(frozen=True, slots=True)
class Private:
    author_id: UUID
    reflection_ref: WordsRef
    partnership_id: UUID | None
    cycle_id: UUID | None


@dataclass(frozen=True, slots=True)
class Shared:
    author_id: UUID
    reflection_ref: WordsRef
    partnership_id: UUID
    teacher_ids: tuple[UUID, ...]
    """Who keeps reading it, whatever becomes of the partnership."""
    cycle_id: UUID | None


Reflection = Unset | Private | Shared


def whose_alone(_: UUID, reflection: Reflection) -> UUID | None:
    """Its author's, shared or not."""
    return None if isinstance(reflection, Unset) else reflection.author_id


def kept(_: UUID, reflection: Reflection) -> Kept | None:
    """Its author's; once shared the pair's, as long as its partnership needs it."""
    match reflection:
        case Private():
            return Kept("author", (reflection.author_id,))
        case Shared():
            return Kept("pair", (reflection.author_id, *reflection.teacher_ids), reflection.partnership_id)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class ReflectionFacts:
    """Who asks, and the partnership in question as it stands."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    partnership: Partnership | None = None
    cycle: Cycle | None = None
    """The cycle that the command names; None: it names none, or nobody knows of it."""
    belongs: bool = False
    """An active person of the district; only asked of what is about no partnership."""
    level: bool = True

    @property
    def author(self) -> UUID:
        if self.by.person is None:
            raise AuthorMissing
        return self.by.person


def decide(
    reflection: Reflection,
    command: ReflectionCommand,
    facts: ReflectionFacts,
    *,
    now: datetime,  # noqa: ARG001 - every decider has the same shape
) -> list[Event]:
    match command, reflection:
        case RecordReflection(), Unset():
            pair.within(command.partnership_id, command.cycle_id, facts.cycle)
            return [
                ReflectionRecorded(
                    author_id=facts.author,
                    reflection_ref=command.reflection.ref,
                    partnership_id=command.partnership_id,
                    cycle_id=command.cycle_id,
                )
            ]
        case ShareReflection(), Private():
            return [_share(reflection, command, facts)]
        case RecordReflection(), _:
            raise ReflectionAlreadyRecorded(reflection_id=facts.aggregate_id)
        case ShareReflection(), Shared():
            raise ReflectionAlreadyShared(reflection_id=facts.aggregate_id)
        case _:
            raise ReflectionNotFound(reflection_id=facts.aggregate_id)


def _share(private: Private, command: ShareReflection, facts: ReflectionFacts) -> ReflectionShared:
    if private.partnership_id is not None and command.partnership_id not in {None, private.partnership_id}:
        raise PartnershipDiffers(partnership_id=private.partnership_id)
    partnership_id = private.partnership_id or command.partnership_id
    if partnership_id is None:
        raise PartnershipMissing
    partnership = pair.agreed(facts.partnership)
    if private.author_id not in partnership.partners:  # somebody else's, or no longer one's own
        raise PartnershipNotAgreed
    return ReflectionShared(
        author_id=private.author_id,
        reflection_ref=private.reflection_ref,
        partnership_id=partnership_id,
        coach_id=partnership.coach_id,
        teacher_ids=partnership.teacher_ids,
        cycle_id=private.cycle_id,
    )


def evolve(reflection: Reflection, event: ReflectionEvent) -> Reflection:
    match event, reflection:
        case ReflectionRecorded(), Unset():
            return Private(event.author_id, event.reflection_ref, event.partnership_id, event.cycle_id)
        case ReflectionShared(), Private():
            return Shared(
                event.author_id, event.reflection_ref, event.partnership_id, event.teacher_ids, event.cycle_id
            )
        case _:
            return reflection
