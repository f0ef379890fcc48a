"""Who may say and hear what on the broker: the declaration, and a real server that enforces it.

What is allowed is written down here a second time, by hand and in other words than the declaration,
so that a slip in either is seen.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import nats as nats_py
import pytest
from backbone.publishing import ANSWER_WITHIN
from backbone.questions import ANSWERED_WITHIN
from backbone.streams import PATIENCE
from backbone.subscription import ASKED_EVERY
from chalkline import nats, topology
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, DeliverPolicy

SERVICES = ("directory", "goals", "observations", "notifications")
READS = {
    "directory": {"directory"},
    "goals": {"goals", "directory", "observations"},
    "observations": {"observations", "directory", "goals"},
    "notifications": {"notifications", "directory", "goals", "observations"},
}
CONSUMERS = {
    **{
        service: {f"{service}_{use}_{place}" for use in ("projections", "policies") for place in (0, 1, 15)}
        | {f"{service}_rebuild", f"{service}_past"}
        for service in SERVICES
    },
    "operator": {"operator_listen", "operator_verify"},
}
IDENTITIES = (*SERVICES, "operator")
OWN_STREAM = ("CREATE", "DELETE", "MSG.GET")
ON_A_CONSUMER = ("CREATE", "INFO", "DELETE", "MSG.NEXT")

Rule = tuple[str, set[str]]
"""A subject, and the identities that may use it."""


def readers(service: str) -> set[str]:
    return {who for who in SERVICES if service in READS[who]} | {"operator"}


def publishing() -> Iterator[Rule]:
    for service in SERVICES:
        stream = f"EV_{service.upper()}"
        yield f"ev.{service}.7.district.Goal.GoalSet", {service}
        yield f"ask.{service}.contact", {"notifications"} if service == "directory" else set()
        yield f"ask.{service}.standing", readers(service) - {"operator", service}
        yield f"ask.{service}.anything", set()
        yield f"_INBOX_{service}.somebody", set()
        for verb in OWN_STREAM:
            looks = {"operator"} if verb == "MSG.GET" else set()
            yield f"$JS.API.STREAM.{verb}.{stream}", {service} | looks
        yield f"$JS.API.DIRECT.GET.{stream}", {service, "operator"}
        yield f"$JS.API.DIRECT.GET.{stream}.ev.{service}.>", {service, "operator"}
        yield f"$JS.API.STREAM.INFO.{stream}", readers(service)
        for verb in ("UPDATE", "PURGE"):
            yield f"$JS.API.STREAM.{verb}.{stream}", set()
        yield f"$JS.API.STREAM.RESTORE.{stream}", set()
        yield f"$JS.API.STREAM.SNAPSHOT.{stream}", set()
        yield f"$JS.API.CONSUMER.CREATE.{stream}", set()
        for owner in IDENTITIES:
            for consumer in CONSUMERS[owner]:
                may = {owner} & readers(service)
                for verb in ON_A_CONSUMER:
                    yield f"$JS.API.CONSUMER.{verb}.{stream}.{consumer}", may
                yield f"$JS.API.CONSUMER.CREATE.{stream}.{consumer}.ev.{service}.>", may
                yield f"$JS.ACK.{stream}.{consumer}.1.1.1.1.1", may
                yield f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{consumer}", set()
        for stranger in ("stranger", f"{service}_projections", f"{service}_projections_16"):
            yield f"$JS.API.CONSUMER.CREATE.{stream}.{stranger}", set()
    yield "$JS.API.INFO", set(IDENTITIES)
    yield "$JS.API.STREAM.NAMES", {"operator"}
    yield "$JS.API.STREAM.CREATE.OTHER", set()
    yield "$JS.API.STREAM.INFO.OTHER", set()
    yield "$SYS.REQ.SERVER.PING", set()
    yield "ev.stranger.7.district.Goal.GoalSet", set()
    yield "anything", set()


def hearing() -> Iterator[Rule]:
    for service in SERVICES:
        yield f"ev.{service}.>", {"operator"}
        yield f"ask.{service}.contact", {service}
        yield f"_INBOX_{service}.>", {service}
    yield "_INBOX_operator.>", {"operator"}
    for subject in ("_INBOX.>", ">", "ask.>", "$JS.>", "$JS.API.>", "$SYS.>", "$JS.EVENT.ADVISORY.>"):
        yield subject, set()
    yield "ev.>", {"operator"}


class Voice:
    """A connection as one identity, and what the server refused it."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.connection: Client = Client()

    async def on_error(self, error: Exception) -> None:
        self.refused.append(str(error))

    async def publish(self, subjects: list[str]) -> set[str]:
        """Publishes to each; returns those the server let through."""
        self.refused.clear()
        for subject in subjects:
            await self.connection.publish(subject, b"")
        await self.settled()
        return {subject for subject in subjects if not self.was_refused(f'publish to "{subject}"')}

    async def hear(self, subject: str) -> bool:
        self.refused.clear()
        subscription = await self.connection.subscribe(subject)
        await self.settled()
        if heard := not self.refused:
            await subscription.unsubscribe()
        return heard

    async def settled(self) -> None:
        # nats-py's ping overtakes what it has buffered: only the second pong follows the server's answers.
        await self.connection.flush()
        await self.connection.flush()

    def was_refused(self, what: str) -> bool:
        return any(what.lower() in refusal.lower() for refusal in self.refused)


@asynccontextmanager
async def speaking(broker: nats.Nats, identity: str) -> AsyncIterator[Voice]:
    voice = Voice()
    voice.connection = await nats_py.connect(
        broker.url,
        nkeys_seed=str(broker.seed(identity)),
        inbox_prefix=f"_INBOX_{identity}".encode(),
        error_cb=voice.on_error,
        allow_reconnect=False,
    )
    try:
        yield voice
    finally:
        await voice.connection.close()


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[nats.Nats]:
    async with nats.start(tmp_path_factory.mktemp("nats")) as server:
        yield server


def test_the_declaration_names_the_services_that_exist_and_what_they_read() -> None:
    assert topology.services() == SERVICES
    assert {service: {service, *topology.sources(service)} for service in SERVICES} == READS


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_identity_is_given_a_wildcard_that_covers_another_ones_subjects(identity: str) -> None:
    allowed = topology.permissions(identity)
    assert not {">", "*", "ev.>", "ev.*", "$JS.>", "$JS.API.>", "$SYS.>"} & set(allowed.publish)
    assert not {">", "*", "_INBOX.>", "$SYS.>"} & set(allowed.subscribe)


def test_where_an_answer_goes_is_known_longer_than_anybody_waits_for_it_and_no_two_minutes() -> None:
    keys = dict.fromkeys((*IDENTITIES, "sys"), "nkey")
    accounts = json.loads(topology.accounts(keys))["accounts"].values()
    exports = [one for account in accounts for one in account.get("exports", ())]
    assert {one["service"] for one in exports} > {"ev.>", "$JS.API.>", "ask.goals.>"}
    waited = max(ASKED_EVERY, ANSWER_WITHIN, ANSWERED_WITHIN, PATIENCE)
    for one in exports:
        assert 2 * waited <= float(one["response_threshold"].removesuffix("s")) <= 15


@pytest.mark.parametrize("identity", IDENTITIES)
async def test_an_identity_publishes_where_it_may_and_nowhere_else(identity: str, broker: nats.Nats) -> None:
    rules = dict(publishing())
    async with speaking(broker, identity) as voice:
        passed = await voice.publish(list(rules))
    assert passed == {subject for subject, may in rules.items() if identity in may}


@pytest.mark.parametrize("identity", IDENTITIES)
async def test_an_identity_hears_what_it_may_and_nothing_else(identity: str, broker: nats.Nats) -> None:
    async with speaking(broker, identity) as voice:
        heard = {subject for subject, _ in hearing() if await voice.hear(subject)}
    assert heard == {subject for subject, may in hearing() if identity in may}


async def test_a_permission_too_many_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_declared = topology.permissions

    def generous(identity: str) -> topology.Permissions:
        allowed = as_declared(identity)
        return replace(allowed, publish=(*allowed.publish, "ev.>")) if identity == "goals" else allowed

    monkeypatch.setattr(topology, "permissions", generous)
    rules = dict(publishing())
    async with nats.start(tmp_path) as server, speaking(server, "goals") as voice:
        passed = await voice.publish(list(rules))
    assert "ev.directory.7.district.Goal.GoalSet" in passed - {
        s for s, may in rules.items() if "goals" in may
    }


async def test_nobody_enters_without_an_identity(broker: nats.Nats) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    await reader.readline()
    writer.write(b'CONNECT {"verbose": false}\r\nPING\r\n')
    assert b"Authorization Violation" in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_service_keeps_its_stream_and_its_reader_follows_it(broker: nats.Nats) -> None:
    async with speaking(broker, "directory") as directory, speaking(broker, "goals") as goals:
        stream = directory.connection.jetstream()
        await stream.add_stream(name="EV_DIRECTORY", subjects=["ev.directory.>"])
        stored = await stream.publish(
            "ev.directory.7.district.Person.PersonEnrolled", b"{}", stream="EV_DIRECTORY"
        )
        reader = goals.connection.jetstream()
        await reader.add_consumer(
            "EV_DIRECTORY",
            ConsumerConfig(
                name="goals_projections_0",
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=1,
                filter_subjects=["ev.directory.7.>", "ev.directory.8.>"],
                inactive_threshold=30,
            ),
        )
        pull = await reader.pull_subscribe_bind("goals_projections_0", "EV_DIRECTORY")
        (message,) = await pull.fetch(1, timeout=5)
        await message.ack_sync()
        assert message.metadata.sequence.stream == stored.seq
        await stream.delete_stream("EV_DIRECTORY")
        assert directory.refused == goals.refused == []


async def test_only_notifications_may_ask_directory_how_to_reach_somebody(broker: nats.Nats) -> None:
    async with (
        speaking(broker, "directory") as directory,
        speaking(broker, "notifications") as notifications,
        speaking(broker, "goals") as goals,
    ):
        questions = await directory.connection.subscribe("ask.directory.contact", queue="directory")
        await directory.settled()

        async def answer() -> None:
            async for question in questions.messages:
                await question.respond(b"an address")

        answering = asyncio.create_task(answer())
        told = await notifications.connection.request("ask.directory.contact", b"", timeout=5)
        assert told.data == b"an address"
        with pytest.raises(nats_py.errors.TimeoutError):
            await goals.connection.request("ask.directory.contact", b"", timeout=0.3)
        assert goals.was_refused('publish to "ask.directory.contact"')
        answering.cancel()


async def test_an_answer_of_the_brokers_goes_to_whoever_asked_and_nowhere_else(broker: nats.Nats) -> None:
    """Who asks JetStream names where the answer goes, and the broker itself sends it there, whoever may."""
    forged = "ev.directory.7.district.Person.RoleAssigned"
    async with speaking(broker, "directory") as directory, speaking(broker, "goals") as goals:
        theirs, own = directory.connection.jetstream(), goals.connection.jetstream()
        await theirs.add_stream(name="EV_DIRECTORY", subjects=["ev.directory.>"], allow_direct=True)
        await own.add_stream(name="EV_GOALS", subjects=["ev.goals.>"], allow_direct=True)
        await theirs.publish("ev.directory.7.district.Person.PersonEnrolled", b"{}")
        for payload in (b'{"role": "administrator"}', b""):
            await own.publish("ev.goals.7.district.Goal.GoalSet", payload)
        say = goals.connection.publish
        for reply in (forged, "$JS.API.STREAM.PURGE.EV_DIRECTORY", "$JS.API.STREAM.DELETE.EV_DIRECTORY"):
            await say("$JS.API.INFO", b"", reply=reply)
            await say("ev.goals.7.district.Goal.GoalSet", b"{}", reply=reply)
            for seq in (b"1", b"2"):
                await say("$JS.API.DIRECT.GET.EV_GOALS", b'{"seq": ' + seq + b"}", reply=reply)
                await say("$JS.API.STREAM.MSG.GET.EV_GOALS", b'{"seq": ' + seq + b"}", reply=reply)
        async with asyncio.timeout(
            20
        ):  # what was published last is there, and so is what became of it before
            while (await own.stream_info("EV_GOALS")).state.messages < 5:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await own.publish("ev.goals.7.district.Goal.GoalSet", b"{}")
        state = (await theirs.stream_info("EV_DIRECTORY")).state
        assert (state.messages, state.last_seq) == (1, 1)
        await theirs.delete_stream("EV_DIRECTORY")
        await own.delete_stream("EV_GOALS")
