"""Reading another service's stream: a FastStream subscriber on an ephemeral consumer, made at run time.

It is made from the checkpoint and made again whenever anything about it is in doubt: the stream was
deleted, a position is missing, nothing comes although something should. The broker keeps no position.

Every replica is sent every message and leaves what is not its own unread: so each sees for itself that none
is missing, which a consumer filtered to some partitions could not (decision 0015).
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

import nats.errors
import nats.js.errors
import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy as ConsumerAcks
from nats.js.api import ConsumerConfig, DeliverPolicy

from backbone import streams
from backbone.ending import end
from backbone.partitions import Rebalanced
from backbone.reading import Delivery, Told, partition_in
from backbone.wire import INCARNATION, stream_name

log = structlog.get_logger(__name__)

ASKED_EVERY = 5.0
"""Seconds between looks at where the stream stands."""

GLANCED_EVERY = 0.25
"""Seconds between looks at whether the connection was lost and is back."""

ASKED_AT_ONCE = 500
"""Messages in one request: what the broker may have on its way to somebody who is busy."""

STUCK_AFTER = 10.0
"""Seconds without a delivery, while some are due, after which the subscription is made anew."""


class Doubt(Exception):
    """Something about this subscription is not as it should be; it is made again from the checkpoint."""


class Pull:
    """Requests to a consumer, made before they are needed, and what has come of them: at most about `room`."""

    def __init__(self, connection: Client, where: str, *, room: int, patience: float) -> None:
        self._connection, self._where = connection, where
        self.inbox = connection.new_inbox()
        self._room, self._size, self._patience = room, min(room, ASKED_AT_ONCE), patience
        self._request = json.dumps({"batch": self._size, "expires": int(patience * 1e9)}).encode()
        self._asked = 0
        """How many messages were asked for and have not come."""
        self._here: list[Msg] = []
        self._came = asyncio.Event()
        self._refused = False

    async def heard(self, message: Msg) -> None:
        if message.reply:
            self._asked -= 1
            self._here.append(message)
            self._came.set()  # first: what is here is here, even where nothing more can be asked for
            await self._ask()
        else:  # a request has ended: it ran out, or there is nobody to answer it
            self._asked = 0
            self._refused = (message.headers or {}).get("Status") != RAN_OUT
            self._came.set()

    async def take(self) -> list[Msg]:
        """What is there; waits for one message, never for a full batch."""
        while not self._here:
            if self._refused:
                await asyncio.sleep(0.5)
            self._refused = False
            self._came.clear()
            await self._ask()
            try:
                async with asyncio.timeout(self._patience + 0.5):
                    await self._came.wait()
            except TimeoutError:
                self._asked = 0
        found, self._here = self._here[: self._room], self._here[self._room :]
        await self._ask()
        return found

    async def _ask(self) -> None:
        if self._asked <= self._size and self._asked + len(self._here) <= self._room:
            await self._connection.publish(self._where, self._request, reply=self.inbox)
            self._asked += self._size


class Headers(Mapping[str, str]):
    """What nats-py makes of a message's headers, but only once one of them is asked for.

    It takes them apart in every message, character by character: a third of the work of reading an event,
    whose headers say little that is not in its payload.
    """

    __slots__ = ("_found", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._found: dict[str, str] | None = None

    def hold(self, line: bytes | None) -> bool:
        """Whether that very line is among them, behind the first."""
        return line is not None and b"\r\n%b\r\n" % line in self._raw

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __bool__(self) -> bool:
        return True

    def _all(self) -> dict[str, str]:
        if self._found is None:
            self._found = headers_in(self._raw)
        return self._found


def headers_in(raw: bytes) -> dict[str, str]:
    """What nats-py makes of a message's headers, in a third of the time."""
    found = {}
    for line in raw.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon and (key := _header_name(name)) is not None:
            found[key] = value.strip().decode("utf-8", "replace")
    return found


@lru_cache(maxsize=256)
def _header_name(name: bytes) -> str | None:
    key = name.strip().decode() if name.isascii() else " "
    return None if any(c.isspace() for c in key) else key


def built(connection: Client, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> Msg:
    """A message as nats-py makes it; but a subject that is no text ends its reading, and with it the connection."""
    return Msg(
        connection, subject.decode(errors="replace"), reply.decode(errors="replace"), data, headers, _sid=sid
    )


RAN_OUT = "408"
"""The status with which the broker ends a request whose time is over."""


class EagerPull(BatchPullStreamSubscriber):
    """FastStream's batch subscriber, except that it takes what is there instead of waiting for a full batch,
    and that its consumer has the one name this service's permissions allow.
    """

    __slots__ = ()

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        stream, name = self.extra_options["stream"], str(self.config.name)
        with suppress(nats.js.errors.NotFoundError):
            await self.jetstream.delete_consumer(stream, name)
        await self.jetstream.add_consumer(stream, config=self.config)
        where = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"
        self.connection._parse_header_lines = Headers  # type: ignore[assignment, method-assign]  # noqa: SLF001
        self.connection._build_message = partial(built, self.connection)  # type: ignore[method-assign]  # noqa: SLF001
        pull = Pull(
            self.connection,
            where,
            room=self.pull_sub.batch_size,
            patience=self.pull_sub.timeout or ASKED_EVERY,
        )
        self.subscription = await self.connection.subscribe(pull.inbox, cb=pull.heard)  # type: ignore[assignment]
        self.add_task(self._consume, (pull,))

    async def _consume(self, pull: Pull) -> None:
        while self.running:
            try:
                messages = await pull.take()
            except (nats.errors.Error, OSError) as error:
                log.debug("pull_failed", error=repr(error))
                await asyncio.sleep(0.5)
                continue
            await self.consume(messages)


class StreamSource:
    """Feeds `reader.process` from the stream of another service."""

    def __init__(
        self,
        service: str,
        broker: NatsBroker,
        jetstream: JetStreamContext,
        reader: Any,
        *,
        consumer: str,
        inbox_prefix: str,
        batch: int = 500,
    ) -> None:
        self._source = service
        self._broker = broker
        self._jetstream = jetstream
        self._reader = reader
        self._consumer = consumer
        self._inbox_prefix = inbox_prefix
        self._batch = batch
        self._delivered = 0
        self._heard = 0.0
        self._doubt: asyncio.Future[None] | None = None
        self._history: bytes | None = None
        """The header that tells the one we know."""
        self._created: Any = None

    async def run(self) -> None:
        """Reads until cancelled, or until something is in doubt: then raises, to be begun again."""
        while True:
            with suppress(Rebalanced):
                await self._follow()

    async def _follow(self) -> None:
        """Reads what the reader holds, until that is something else."""
        await self._reader.admitted()
        self._history, self._heard = None, time.monotonic()
        self._doubt = asyncio.get_running_loop().create_future()
        self._doubt.add_done_callback(_noticed)
        last, self._created = await self._found()
        position = await self._reader.begin(last)
        # At least the last message is looked at: it tells whether this is still the history we know,
        # even where that has become shorter than what was read of the old one.
        start = max(1, min(position + 1, last))
        self._delivered = start - 1
        subscriber = self._subscriber(start)
        try:
            await subscriber.start()
            await self._watch(subscriber.connection)
        finally:
            await subscriber.stop()

    async def feed(self, last: int) -> None:
        """Has the reader process the stream from where it stands to a position, at least.

        Raises Doubt where it cannot: nobody waits here for an owner who may be away to fill its stream.
        """
        reading = asyncio.create_task(self.run())
        seen, moved = -1, time.monotonic()
        try:
            while last and (stands := self._reader.progress.seen(self._source)) < last:
                if stands != seen:
                    seen, moved = stands, time.monotonic()
                elif time.monotonic() - moved > STUCK_AFTER and await self._idle(stands):
                    raise Doubt(f"nothing came after {seen}, and {last} was read of it before")
                done, _ = await asyncio.wait([reading], timeout=0.02)
                if done:
                    reading.result()
        finally:
            await end(reading)

    async def _idle(self, seen: int) -> bool:
        """Whether nothing has been processed since, once what is being processed is done."""
        await self._reader.process(())
        return bool(self._reader.progress.seen(self._source) == seen)

    def _subscriber(self, start: int) -> Any:
        subscriber = self._broker.subscriber(
            f"ev.{self._source}.>",
            stream=JStream(stream_name(self._source), declare=False),
            pull_sub=PullSub(batch_size=self._batch, timeout=2.0, batch=True),
            config=ConsumerConfig(
                name=self._named(),
                filter_subjects=[f"ev.{self._source}.>"],
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=start,
                ack_policy=ConsumerAcks.NONE,
                inactive_threshold=60.0,
                mem_storage=True,
                num_replicas=1,
            ),
            ack_policy=AckPolicy.MANUAL,
            decoder=_as_it_came,
            inbox_prefix=f"{self._inbox_prefix}.".encode(),
            include_in_schema=False,
            persistent=False,
        )
        # The factory knows only its own classes; both have the same slots (a contract test watches this).
        subscriber.__class__ = EagerPull
        subscriber(self._on_messages)
        return subscriber

    def _named(self) -> str:
        """The consumer's name: each replica has one of its own."""
        slot = self._reader.held.slot
        return self._consumer if slot is None else f"{self._consumer}_{slot}"

    async def _on_messages(self, messages: Any) -> None:
        if self._doubt is None or self._doubt.done():
            return
        try:
            await self._reader.process(await self._deliveries(messages), self._delivered)
            self._heard = time.monotonic()
        except BaseException as error:
            if not self._doubt.done():
                self._doubt.set_exception(error if isinstance(error, Exception) else Doubt(repr(error)))
            if not isinstance(error, Exception):
                raise

    async def _deliveries(self, messages: Sequence[Any]) -> list[Delivery]:
        found: list[Delivery] = []
        held, handles = self._reader.held, self._reader.handles
        for message in messages:
            sequence = position_in(message.reply)
            # A copy of a log has no gaps: what is missing was lost on its way, deleted or purged, and comes
            # again once its owner has filled the stream anew. Nothing may be passed over until then.
            if sequence != self._delivered + 1:
                raise Doubt(f"position {sequence} came after {self._delivered}")
            self._delivered = sequence
            headers = message.headers or {}
            if not (isinstance(headers, Headers) and headers.hold(self._history)):
                await self._look_for_history(headers)
            if held.whole or partition_in(message.subject) in held:
                found.append(Told(self._source, sequence, (message.subject, message.data, headers), handles))
        return found

    async def _watch(self, connection: Client) -> None:
        assert self._doubt is not None
        reconnects, asked_at = connection.stats["reconnects"], -ASKED_EVERY
        while True:
            if time.monotonic() - asked_at >= ASKED_EVERY:
                asked_at = time.monotonic()
                await self._ask()
            if connection.stats["reconnects"] != reconnects:
                # The consumer and whatever was on its way went with the broker: no use waiting for them.
                raise Doubt("the broker was away")
            self._reader.sure()
            done, _ = await asyncio.wait([self._doubt], timeout=GLANCED_EVERY)
            if done:
                self._doubt.result()

    async def _ask(self) -> None:
        """Learns where the stream stands; raises Doubt where something should have come and did not."""
        progress = self._reader.progress
        await self._reader.process(())  # waits for what is being processed; raises if it went astray
        stream = await self._last()
        if stream.created != self._created:
            raise Doubt(f"the stream of {self._source} is another one now")
        last = stream.state.last_seq
        progress.head(self._source, last)
        if last <= progress.seen(self._source):
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > STUCK_AFTER:
            raise Doubt(f"nothing came for {STUCK_AFTER:.0f} s, though {self._source} is at {last}")

    async def _look_for_history(self, headers: Mapping[str, str]) -> None:
        told = streams.TOLD.fullmatch(str(headers.get(INCARNATION) or ""))
        line = f"{INCARNATION}: {told[0]}".encode() if told else None
        # What says nothing of its history, or nothing readable, says nothing against the one we know.
        if told is None or line == self._history:
            return
        self._history = line
        if not await self._reader.incarnated(int(told[1]), int(told[2])):
            raise Doubt(f"{self._source} has a new history: {told[0]}")

    async def _found(self) -> tuple[int, Any]:
        """The stream's last sequence and when it was made, as soon as its owner has made it."""
        waited = False
        while True:
            try:
                stream = await self._last()
            except nats.js.errors.NotFoundError:
                if not waited:
                    log.info("waiting_for_stream", source=self._source)
                waited = True
                await asyncio.sleep(0.2)
            else:
                return stream.state.last_seq, stream.created

    async def _last(self) -> Any:
        return await self._jetstream.stream_info(stream_name(self._source))


def _noticed(doubt: "asyncio.Future[None]") -> None:
    """What ended the reading may not have been this doubt; then nobody asks for it, and nobody need be told so."""
    if not doubt.cancelled():
        doubt.exception()


async def _as_it_came(message: Any) -> Any:
    return message.raw_message


def position_in(reply: str) -> int:
    """The stream sequence in a JetStream reply subject.

    `$JS.ACK.<stream>.<consumer>.<tries>.<stream seq>.<consumer seq>.<time>.<pending>`; newer servers
    put a domain and an account before the stream. Source: ADR-15.
    """
    tokens = reply.split(".")
    return int(tokens[5] if len(tokens) == 9 else tokens[7])
