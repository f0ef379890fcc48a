"""What may be decided about a reflection, and that nobody learns of one who should not."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, FactsBehind, Forbidden, Look, Unseen
from backbone.words import private
from chalkline_contracts.observations import ReflectionRecorded, ReflectionShared
from kit.spec import Spec
from observations.access import authorise_reflection
from observations.aggregates import REFLECTION
from observations.gathering import gather_reflection
from observations.pair import Cycle, Partnership
from observations.reflection import RecordReflection, ReflectionFacts, ShareReflection, Unset
from observations.refusals import (
    AuthorMissing,
    CycleNotInPartnership,
    PartnershipDiffers,
    PartnershipMissing,
    PartnershipNotAgreed,
    ReflectionAlreadyRecorded,
    ReflectionAlreadyShared,
    ReflectionNotFound,
)
from observations.views import view_reflection

TENANT, COACH, TINA, TOM, STRANGER = (UUID(int=n) for n in range(1, 6))
PAIR, CYCLE, COMMAND, THOUGHT = (UUID(int=n) for n in range(11, 15))
AGREED = Partnership(COACH, (TINA, TOM), "agreed")
WORDS = private("I talked too much today")


def acting(person: UUID) -> Actor:
    return Actor("person", str(person), TENANT)


FACTS = ReflectionFacts(
    by=acting(TINA), command_id=COMMAND, aggregate_id=THOUGHT, partnership=AGREED, cycle=Cycle(PAIR, ())
)
spec = Spec(REFLECTION, FACTS)
recorded = ReflectionRecorded(author_id=TINA, reflection_ref=WORDS.ref, partnership_id=PAIR, cycle_id=CYCLE)
of_none = ReflectionRecorded(author_id=TINA, reflection_ref=WORDS.ref)
shared = ReflectionShared(
    author_id=TINA, reflection_ref=WORDS.ref, partnership_id=PAIR, coach_id=COACH, teacher_ids=(TINA, TOM),
    cycle_id=CYCLE,
)  # fmt: skip


def asked_by(person: UUID, **more: Any) -> ReflectionFacts:
    return replace(FACTS, by=acting(person), **more)


def test_a_thought_is_kept_and_its_words_stay_home() -> None:
    spec.when(RecordReflection(reflection=WORDS, partnership_id=PAIR, cycle_id=CYCLE)).then(recorded)
    spec.when(RecordReflection(reflection=WORDS)).then(of_none)
    assert "too much" not in recorded.model_dump_json()
    spec.given(recorded).when(RecordReflection(reflection=WORDS)).refused(ReflectionAlreadyRecorded)
    system = spec.knowing(by=Actor("system", "policy", TENANT))
    system.when(RecordReflection(reflection=WORDS)).refused(AuthorMissing)


def test_a_thought_about_a_cycle_is_about_one_of_the_partnership() -> None:
    about = RecordReflection(reflection=WORDS, partnership_id=PAIR, cycle_id=CYCLE)
    for unknown in (None, Cycle(UUID(int=99), ())):
        spec.knowing(cycle=unknown).when(about).refused(CycleNotInPartnership)
    spec.when(RecordReflection(reflection=WORDS, cycle_id=CYCLE)).refused(CycleNotInPartnership)


def test_it_is_shared_once_with_the_partnership_it_is_about() -> None:
    told = spec.given(recorded).when(ShareReflection()).then(shared)
    told.when(ShareReflection()).refused(ReflectionAlreadyShared)
    told.when(RecordReflection(reflection=WORDS)).refused(ReflectionAlreadyRecorded)
    spec.given(recorded).when(ShareReflection(partnership_id=PAIR)).then(shared)
    spec.given(recorded).when(ShareReflection(partnership_id=UUID(int=99))).refused(PartnershipDiffers)
    spec.when(ShareReflection()).refused(ReflectionNotFound)


def test_one_about_no_partnership_names_it_when_it_is_shared() -> None:
    spec.given(of_none).when(ShareReflection()).refused(PartnershipMissing)
    spec.given(of_none).when(ShareReflection(partnership_id=PAIR)).then(
        shared.model_copy(update={"cycle_id": None})
    )


@pytest.mark.parametrize("status", ["proposed", "suspended", "handed_over", "ended"])
def test_it_is_shared_only_in_an_agreed_partnership(status: str) -> None:
    waiting = spec.knowing(partnership=replace(AGREED, status=status))
    waiting.given(recorded).when(ShareReflection()).refused(PartnershipNotAgreed)


def test_it_is_never_shared_with_a_partnership_one_is_not_of() -> None:
    elsewhere = spec.knowing(partnership=Partnership(COACH, (TOM,), "agreed"))
    elsewhere.given(of_none).when(ShareReflection(partnership_id=PAIR)).refused(PartnershipNotAgreed)
    handed_over = spec.knowing(partnership=replace(AGREED, coach_id=STRANGER))
    by_coach = recorded.model_copy(update={"author_id": COACH})
    handed_over.given(by_coach).when(ShareReflection()).refused(PartnershipNotAgreed)
    spec.knowing(partnership=None).given(of_none).when(ShareReflection(partnership_id=PAIR)).refused(
        PartnershipNotAgreed
    )


# Who may ---------------------------------------------------------------------------------------------

PRIVATE, SHARED = spec.given(recorded).state, spec.given(recorded, shared).state
HANDED_OVER = replace(AGREED, coach_id=STRANGER)


def test_nobody_but_its_author_learns_that_there_is_one() -> None:
    authorise_reflection(PRIVATE, Look(), asked_by(TINA, level=False, partnership=None))
    for person in (COACH, TOM, STRANGER):
        for level in (True, False):
            for wish in (Look(), ShareReflection()):
                with pytest.raises(Unseen):
                    authorise_reflection(PRIVATE, wish, asked_by(person, level=level))
    for state in (PRIVATE, SHARED, Unset()):
        with pytest.raises(Unseen):
            authorise_reflection(state, Look(), replace(FACTS, by=Actor("operator", "it", TENANT)))


def test_what_was_shared_is_read_by_the_partnership_and_nobody_else() -> None:
    for person in (TINA, TOM):
        authorise_reflection(SHARED, Look(), asked_by(person, level=False))
    authorise_reflection(SHARED, Look(), asked_by(COACH))
    for person in (TOM, COACH):
        with pytest.raises(Forbidden):
            authorise_reflection(SHARED, ShareReflection(), asked_by(person))
    with pytest.raises(Unseen):
        authorise_reflection(SHARED, Look(), asked_by(STRANGER))
    with pytest.raises(FactsBehind):
        authorise_reflection(SHARED, Look(), asked_by(COACH, level=False))


def test_a_former_coach_reads_no_more_the_new_one_does_and_everyone_keeps_their_own() -> None:
    authorise_reflection(SHARED, Look(), asked_by(STRANGER, partnership=HANDED_OVER))
    for partnership in (HANDED_OVER, replace(AGREED, status="ended"), replace(AGREED, status="handed_over")):
        with pytest.raises(Unseen):
            authorise_reflection(SHARED, Look(), asked_by(COACH, partnership=partnership))
        authorise_reflection(SHARED, Look(), asked_by(TOM, partnership=partnership))
    by_coach = spec.given(recorded.model_copy(update={"author_id": COACH})).state
    authorise_reflection(by_coach, Look(), asked_by(COACH, partnership=HANDED_OVER))


def test_everyone_of_a_partnership_reflects_about_it_and_everyone_of_the_district_about_none() -> None:
    wish = RecordReflection(reflection=WORDS, partnership_id=PAIR)
    for person in (COACH, TINA, TOM):
        authorise_reflection(Unset(), wish, asked_by(person))
    for person, partnership in ((STRANGER, AGREED), (COACH, replace(AGREED, status="ended")), (TINA, None)):
        with pytest.raises(Unseen):
            authorise_reflection(Unset(), wish, asked_by(person, partnership=partnership))
    authorise_reflection(Unset(), RecordReflection(reflection=WORDS), asked_by(STRANGER, belongs=True))
    with pytest.raises(Unseen):
        authorise_reflection(Unset(), RecordReflection(reflection=WORDS), asked_by(STRANGER))
    with pytest.raises(Unseen):
        authorise_reflection(Unset(), ShareReflection(), FACTS)
    for state, asked in ((Unset(), wish), (PRIVATE, ShareReflection())):
        with pytest.raises(FactsBehind):
            authorise_reflection(state, asked, asked_by(TINA, level=False))


def test_who_may_look_reads_all_of_it() -> None:
    for state in (PRIVATE, SHARED):
        seen = view_reflection(state, FACTS)
        assert (seen["reflection"], seen["author_id"], seen["status"]) == (
            WORDS.ref, TINA, type(state).__name__.lower(),
        )  # fmt: skip


class House:
    def __init__(self, by: UUID) -> None:
        self.by, self.command_id, self.tenant = acting(by), COMMAND, TENANT
        self.aggregate_id, self.level = THOUGHT, True
        self.asked: list[str] = []

    async def fact(self, query: str, key: UUID) -> Any:
        self.asked.append(query)
        told = {"partnership": {"coach_id": COACH, "teacher_ids": [TINA, TOM], "status": "agreed"},
                "person": {"active": True, "roles": ["teacher"]}}  # fmt: skip
        return told.get(query)


async def test_nothing_of_others_is_asked_for_ones_own() -> None:
    own = House(TINA)
    await gather_reflection(own, PRIVATE, Look())  # type: ignore[arg-type]
    assert own.asked == []
    found = await gather_reflection(own, PRIVATE, ShareReflection())  # type: ignore[arg-type]
    assert (found.partnership, own.asked) == (AGREED, ["partnership"])
    found = await gather_reflection(House(TINA), Unset(), RecordReflection(reflection=WORDS))  # type: ignore[arg-type]
    assert (found.belongs, found.partnership) == (True, None)
