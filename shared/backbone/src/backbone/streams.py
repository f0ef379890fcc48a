"""A service's stream: its one declaration, and reading it as the copy of a log that it is.

Stream sequence == event position. Nothing here changes the settings of a stream that exists.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from backbone.wire import HASH, INCARNATION, stream_name

MADE_FOR = "chalkline-incarnation"
"""In a stream's metadata: the history it was made to hold, so that an empty one tells as well."""

TOLD = re.compile(r"(\d{1,9})@(\d{1,18})", re.ASCII)
"""How a history is told: its number, and up to where it shares the one before. Whatever else is there tells none."""

MOST_ACCEPTED = 1_000_000
"""By how much numbers of histories may have risen since the backup that a database was restored from."""

PATIENCE = 5.0
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream, as it lies there."""

    position: int
    subject: str
    payload: bytes
    headers: Mapping[str, str]

    @property
    def identity(self) -> tuple[str | None, str | None]:
        """(event id, hash in hex): what tells one event from every other."""
        return self.headers.get("message_id"), self.headers.get(HASH)

    @property
    def incarnation(self) -> int | None:
        """The number of the history it was published in, None if it does not say."""
        return numbered(self.headers.get(INCARNATION))


def numbered(history: str | None) -> int | None:
    """The number in `<number>@<position>`."""
    told = TOLD.fullmatch(str(history or ""))
    return int(told[1]) if told else None


def declaration(service: str, *, replicas: int = 1, history: str = "1@0") -> StreamConfig:
    """The stream of a service, as the relay makes it and verification expects it."""
    return StreamConfig(
        name=stream_name(service),
        description=f"Everything that happened in {service}; a copy of its log, position by position",
        subjects=[f"ev.{service}.>"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        max_age=0,
        max_msgs=-1,
        max_bytes=-1,
        max_msgs_per_subject=-1,
        max_msg_size=-1,
        num_replicas=replicas,
        # The fence makes every publish safe to repeat; the broker's memory of message ids would only
        # swallow what is published again after a purge.
        duplicate_window=0.1,
        allow_direct=True,
        allow_atomic=True,
        deny_delete=False,
        deny_purge=False,
        metadata={MADE_FOR: history},
    )


async def create(nc: Client, service: str, *, history: str, replicas: int = 1) -> StreamInfo:
    """Makes the stream; an APIError if there is one with other settings."""
    return await nc.jetstream(timeout=PATIENCE).add_stream(
        declaration(service, replicas=replicas, history=history)
    )


async def info(nc: Client, service: str) -> StreamInfo | None:
    try:
        return await nc.jetstream(timeout=PATIENCE).stream_info(stream_name(service))
    except NotFoundError:
        return None


async def delete(nc: Client, service: str) -> None:
    """Deletes the service's own stream, and with it every consumer on it."""
    try:
        await nc.jetstream(timeout=PATIENCE).delete_stream(stream_name(service))
    except NotFoundError:
        return


def differences(found: StreamConfig, *, service: str, replicas: int = 1) -> list[str]:
    """What is set otherwise than declared, each as `setting: found, declared …`. Nobody changes it here."""
    declared = declaration(service, replicas=replicas).as_dict()
    told = found.as_dict()
    return [
        f"{name}: {told.get(name)}, declared {wanted}"
        for name, wanted in declared.items()
        if name not in ("description", "metadata") and told.get(name) != wanted
    ]


def incarnation(found: StreamInfo) -> int | None:
    """The number of the history a stream was made for, None if it does not say."""
    return numbered((found.config.metadata or {}).get(MADE_FOR))


def histories(found: StreamInfo, last: Message | None, *, known: int) -> list[int]:
    """The numbers a stream and its last message tell, but for those that no history of this log can have.

    A backup from when the number was `known` misses a few that came since. One far beyond is made up; believed, it
    would leave no room for the next one.
    """
    told = (incarnation(found), last.incarnation if last else None)
    return [number for number in told if number is not None and number <= known + MOST_ACCEPTED]


async def last(nc: Client, service: str) -> Message | None:
    """The last message that is still there, wherever it lies."""
    return await _get(nc, service, subject=f"ev.{service}.>")


async def at(nc: Client, service: str, position: int) -> Message | None:
    return await _get(nc, service, seq=position)


async def _get(nc: Client, service: str, **which: Any) -> Message | None:
    # Asked of the stream's leader, not of whichever replica answers first: a fence needs the latest.
    try:
        found = await nc.jetstream(timeout=PATIENCE).get_msg(stream_name(service), **which)
    except NotFoundError:
        return None
    return Message(found.seq or 0, found.subject or "", found.data or b"", found.headers or {})


async def read(nc: Client, service: str, *, after: int, through: int) -> AsyncIterator[list[Message]]:
    """The messages after one position through another, in order, in lists of at most 1,000 and about 4 MB.

    Whoever reads sees holes as jumps of the position. Raises NoRespondersError where there is no stream,
    TimeoutError where the broker stops answering.
    """
    inbox = nc.new_inbox()
    answers = await nc.subscribe(inbox)
    where = f"$JS.API.DIRECT.GET.{stream_name(service)}"
    try:
        while after < through:
            wanted = {"seq": after + 1, "batch": min(1000, through - after), "max_bytes": BATCH_BYTES}
            await nc.publish(where, json.dumps(wanted).encode(), reply=inbox)
            found = [m async for m in _until_end(answers) if m.position <= through]
            if not found:
                return
            after = found[-1].position
            yield found
    finally:
        await answers.unsubscribe()


async def _until_end(answers: Any) -> AsyncIterator[Message]:
    while True:
        answer: Msg = await answers.next_msg(timeout=PATIENCE)
        headers = answer.headers or {}
        match headers.get("Status"):
            case None:
                yield Message(
                    int(headers["Nats-Sequence"]), headers["Nats-Subject"], answer.data,
                    {k: v for k, v in headers.items() if not k.startswith("Nats-")},
                )  # fmt: skip
            case "204" | "404":
                return
            case "503":
                raise NoRespondersError
            case status:
                raise RuntimeError(f"{status} {headers.get('Description')}")
