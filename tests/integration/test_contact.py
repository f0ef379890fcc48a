"""How notifications asks directory to reach a person: on a real broker, and only notifications may."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from backbone import questions
from backbone.questions import AnswerRefused, Answers, Unanswered, answered, ask
from backbone.service import broker_of
from chalkline import nats, postgres
from chalkline_contracts.questions import ASK_CONTACT, Contact, ContactAsked, ContactTold
from kit.running import Platform, serving
from kit.school import School, open_school
from kit.story import CANARY
from pydantic import BaseModel

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "notifications")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


async def told(
    platform: Platform, tenant: UUID, person_id: UUID, by: str = "notifications", within: float = 10.0
) -> Contact:
    question = ContactAsked(tenant=tenant, person_id=person_id)
    client = platform.services[by].run.nats
    return (await ask(client, ASK_CONTACT, question, ContactTold, timeout=within)).contact


async def refused(platform: Platform, tenant: UUID, person_id: UUID) -> str:
    with pytest.raises(AnswerRefused) as refusal:
        await told(platform, tenant, person_id)
    return refusal.value.code


async def change(platform: Platform, school: School, command: str, **body: Any) -> None:
    path = f"/v1/people/{school.teacher}/{command}"
    await platform.directory.post(path, by=school.administrator, tenant=school.tenant, **body)


async def test_a_person_is_told_as_they_are_at_this_moment(platform: Platform, school: School) -> None:
    nameless = await told(platform, school.tenant, school.teacher)
    assert nameless == Contact(person_id=school.teacher, name="The teacher", email=None)
    await change(platform, school, "change-person", email="tess@prairie.example", name="Tess")
    assert await told(platform, school.tenant, school.teacher) == Contact(
        person_id=school.teacher, name="Tess", email="tess@prairie.example"
    )
    await change(platform, school, "change-person", email=None)
    assert (await told(platform, school.tenant, school.teacher)).email is None


async def test_who_is_not_of_the_district_is_unknown_there(platform: Platform, school: School) -> None:
    other = await open_school(platform)
    assert await refused(platform, school.tenant, uuid4()) == "person_unknown"
    assert await refused(platform, school.tenant, other.teacher) == "person_unknown"
    assert await refused(platform, uuid4(), school.teacher) == "person_unknown"
    assert await refused(platform, school.tenant, school.school) == "person_unknown"


async def test_who_left_is_reached_no_more_and_neither_is_a_closed_district(
    platform: Platform, school: School
) -> None:
    await change(platform, school, "deactivate-person")
    assert await refused(platform, school.tenant, school.teacher) == "person_not_active"
    await platform.directory.post(
        f"/v1/districts/{school.tenant}/close-district", by=None, tenant=school.tenant
    )
    assert await refused(platform, school.tenant, school.coach) == "person_not_active"


async def test_erased_words_are_told_to_nobody(platform: Platform, school: School) -> None:
    await platform.directory.database.owner.execute(
        "DELETE FROM ledger.private_words WHERE tenant = $1 AND stream_id = $2", school.tenant, school.teacher
    )
    assert await refused(platform, school.tenant, school.teacher) == "person_unknown"


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"\x00\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"tenant": "x", "person_id": "y"}',
        b'{"tenant": "00000000-0000-0000-0000-000000000001"}',
        b'{"tenant": "%b", "person_id": "%b", "and": 1}' % ((b"00000000-0000-0000-0000-000000000001",) * 2),
        b"[" * 100_000,
    ],
)
async def test_a_question_that_is_none_is_answered_so(platform: Platform, asked: bytes) -> None:
    reply = await platform.notifications.run.nats.request(ASK_CONTACT, asked, timeout=10)
    assert json.loads(reply.data) == {"refused": "malformed"}


async def test_goals_may_not_ask(platform: Platform, school: School) -> None:
    with pytest.raises(Unanswered):
        await told(platform, school.tenant, school.teacher, by="goals", within=0.5)


async def test_many_questions_at_once_are_all_answered(platform: Platform, school: School) -> None:
    people = list(school.people.values()) * 40
    asked = [told(platform, school.tenant, person) for person in people]
    assert [contact.person_id for contact in await asyncio.gather(*asked)] == people


async def test_processes_share_the_questions_and_the_last_one_answers_them_all(
    platform: Platform, school: School
) -> None:
    heard: list[str] = []

    def noting(name: str) -> Answers:
        async def answer(_: Any, asked: ContactAsked) -> ContactTold:
            heard.append(name)
            return ContactTold(contact=Contact(person_id=asked.person_id, name=name, email=None))

        return Answers(subject="ask.directory.contact", question=ContactAsked, answer=answer)

    class Run:
        def __init__(self, name: str) -> None:
            self.service = type("Declared", (), {"name": "directory", "answers": (noting(name),)})

    settings = platform.directory.run.settings
    async with broker_of("directory", settings) as broker:
        await broker.connect()
        async with questions.answering(broker, Run("beside")):  # type: ignore[arg-type]
            for _ in range(40):
                await told(platform, school.tenant, school.teacher)
        shared = len(heard)
        for _ in range(10):
            assert (await told(platform, school.tenant, school.teacher)).name == "The teacher"
    assert 0 < shared < 40
    assert len(heard) == shared


async def test_who_leaves_answers_what_is_on_its_way(platform: Platform, school: School) -> None:
    async def answer(_: Any, asked: ContactAsked) -> ContactTold:
        await asyncio.sleep(0.02)
        return ContactTold(contact=Contact(person_id=asked.person_id, name="Beside", email=None))

    answers = Answers(subject="ask.directory.contact", question=ContactAsked, answer=answer)

    class Run:
        service = type("Declared", (), {"name": "directory", "answers": (answers,)})

    answered = []
    async with broker_of("directory", platform.directory.run.settings) as broker:
        await broker.connect()
        for _ in range(10):
            async with questions.answering(broker, Run()):  # type: ignore[arg-type]
                await asyncio.sleep(0.05)
                asked = [
                    asyncio.create_task(told(platform, school.tenant, school.teacher)) for _ in range(20)
                ]
                await asyncio.sleep(0.005)
            answered += [contact.name for contact in await asyncio.gather(*asked)]
    assert set(answered) == {"Beside", "The teacher"}


async def test_a_handler_that_fails_or_dawdles_says_so_and_nothing_of_what_it_knew(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(_: Any, __: BaseModel) -> BaseModel:
        raise ValueError(f"{CANARY} lives in Elm Street")

    async def dawdles(_: Any, __: BaseModel) -> BaseModel:
        await asyncio.sleep(60)
        raise AssertionError

    monkeypatch.setattr(questions, "ANSWERED_WITHIN", 0.05)
    asked = ContactAsked(tenant=uuid4(), person_id=uuid4()).model_dump_json().encode()
    for handler in (fails, dawdles):
        answers = Answers(subject=ASK_CONTACT, question=ContactAsked, answer=handler)
        assert json.loads(await answered(answers, platform.directory.run, asked)) == {
            "refused": "unavailable"
        }
    logged = capsys.readouterr().out
    assert "question_unanswered" in logged
    assert CANARY not in logged


async def test_names_and_addresses_are_not_logged(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    await change(platform, school, "change-person", email=f"{CANARY}@prairie.example")
    await told(platform, school.tenant, school.teacher)
    assert CANARY not in "".join(capsys.readouterr())


@pytest_asyncio.fixture
async def alone(postgres_server: postgres.Postgres, secrets: Path, tmp_path: Path) -> AsyncIterator[Platform]:
    """Notifications on a broker of its own, where directory is not running."""
    async with (
        nats.start(tmp_path / "nats") as broker,
        serving(
            "notifications", server=postgres_server, broker=broker, secrets=secrets, folder=tmp_path
        ) as started,
    ):
        yield started


async def test_where_directory_is_down_whoever_asks_hears_so_at_once(alone: Platform) -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(Unanswered, match="nobody is there"):
        await told(alone, uuid4(), uuid4())
    assert asyncio.get_running_loop().time() - began < 5.0


async def test_an_answer_goes_to_no_stream_whatever_who_asks_says(platform: Platform, school: School) -> None:
    """Directory may publish its events; an answer among them would stop its relay, and tell a name to everybody."""
    asking, stream = platform.services["notifications"].run.nats, platform.directory.run.nats.jetstream()
    question = ContactAsked(tenant=school.tenant, person_id=school.teacher).model_dump_json().encode()
    before = (await stream.stream_info("EV_DIRECTORY")).state.last_seq
    for asked in (question, b"x"):
        await asking.publish(
            ASK_CONTACT, asked, reply=f"ev.directory.0.{school.tenant}.Person.PersonEnrolled"
        )
    await asking.flush()
    for _ in range(20):  # as many as are answered at the same time: what came before them is done
        await told(platform, school.tenant, school.teacher)
    await asyncio.sleep(0.5)
    assert (await stream.stream_info("EV_DIRECTORY")).state.last_seq == before
