"""Questions between services, for what must not be stored: asked over NATS, answered from what is known right now.

    Service(name="directory", answers=(Answers(subject=ASK_CONTACT, question=ContactAsked, answer=contact),))
    told = await ask(run.nats, ASK_CONTACT, ContactAsked(…), ContactTold)

Every question gets an answer, if only why there is none; whoever hears nothing knows that nobody is there.
What is asked and answered is never logged. The broker decides who may ask (`deploy/nats/topology.toml`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import nats.errors
import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client
from pydantic import BaseModel, ValidationError

from backbone.deciding import Refusal
from backbone.parking import why

if TYPE_CHECKING:
    from backbone.service import Running

log = structlog.get_logger(__name__)

A = TypeVar("A", bound=BaseModel)

LARGEST = 4096
"""How many bytes a question may have."""
ANSWERED_WITHIN = 4.0
"""Seconds. The broker lets an answer through for five."""
AT_ONCE = 16
"""How many questions of a subject a process answers at the same time."""
INBOXES = ("_INBOX_", "_R_.")
"""How the inboxes of all services begin, and what the broker makes of those in another account."""
MALFORMED, UNAVAILABLE = "malformed", "unavailable"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a service answers: `answer(running, question)` returns a model or raises a Refusal."""

    subject: str
    """`ask.<service>.<what>`; every process with the door role answers, each question reaches one of them."""
    question: type[BaseModel]
    answer: "Callable[[Running, Any], Awaitable[BaseModel]]"


class Unanswered(Exception):
    """Nobody answered, or who did could not tell just then. Asking again later may help."""

    def __init__(self, subject: str, why: str) -> None:
        super().__init__(f"{subject}: {why}")


class AnswerRefused(Exception):
    """The answer is that there is none; `code` says why. Asking again will not help."""

    def __init__(self, subject: str, code: str) -> None:
        super().__init__(f"{subject}: {code}")
        self.code = code


async def ask(
    client: Client,
    subject: str,
    question: BaseModel,
    answer: type[A],
    *,
    timeout: float = 2.0,  # noqa: ASYNC109 - nats-py keeps it
) -> A:
    """The answer to a question, waiting `timeout` seconds for it. Raises Unanswered or AnswerRefused."""
    try:
        reply = await client.request(subject, question.model_dump_json().encode(), timeout=timeout)
    except nats.errors.NoRespondersError:
        raise Unanswered(subject, "nobody is there to answer") from None
    except TimeoutError:
        raise Unanswered(subject, f"no answer within {timeout:g} s") from None
    except nats.errors.Error as error:
        raise Unanswered(subject, type(error).__name__) from None
    try:
        told = json.loads(reply.data)
        if isinstance(told, dict) and "refused" in told:
            code = str(told["refused"])
            raise Unanswered(subject, code) if code == UNAVAILABLE else AnswerRefused(subject, code)
        return answer.model_validate_json(reply.data)
    except ValueError:  # what was answered is not quoted
        raise Unanswered(subject, "the answer cannot be read") from None


@asynccontextmanager
async def answering(broker: NatsBroker, run: "Running", *more: Answers) -> AsyncIterator[None]:
    """Answers what the service declares, and more, until the end; its processes share the questions."""
    subscribers = [_subscriber(broker, run, answers) for answers in (*run.service.answers, *more)]
    try:
        for subscriber in subscribers:
            await subscriber.start()
        yield
    finally:
        for subscriber in subscribers:
            await _leave(subscriber)
            await subscriber.stop()


async def _leave(subscriber: Any) -> None:
    """Takes no more questions, and answers those on their way here: the broker sends a question to one process only."""
    subscription, subscriber.subscription = subscriber.subscription, None
    if subscription is None or not subscriber.connection.is_connected:
        return
    with suppress(nats.errors.Error, TimeoutError):
        async with asyncio.timeout(ANSWERED_WITHIN):
            await subscription.drain()
            under_way = True
            while under_way:
                await asyncio.sleep(0.01)
                queued = subscriber.receive_stream.statistics().current_buffer_used
                under_way = bool(queued) or subscriber.limiter.value < AT_ONCE


def _subscriber(broker: NatsBroker, run: "Running", answers: Answers) -> Any:
    subscriber = broker.subscriber(
        answers.subject,
        queue=run.service.name,
        decoder=_as_it_came,
        max_workers=AT_ONCE,
        include_in_schema=False,
        persistent=False,
    )

    async def handle(asked: bytes) -> bytes:
        return await answered(answers, run, asked)

    subscriber(handle)
    return subscriber


async def _as_it_came(message: Any) -> Any:
    """The question's bytes. An answer goes to an inbox and nowhere else: who asks names where, and the answer is sent
    with this service's leave, which reaches its own stream.
    """
    if not message.reply_to.startswith(INBOXES):
        message.reply_to = ""
        return b""
    return message.body


async def answered(answers: Answers, run: "Running", asked: bytes) -> bytes:
    """The envelope that goes back. Never raises: who asks would hear nothing and wait."""
    try:
        if len(asked) > LARGEST:
            return _refused(MALFORMED)
        question = answers.question.model_validate_json(asked)
    except ValidationError:
        return _refused(MALFORMED)
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            told = await answers.answer(run, question)
        return told.model_dump_json().encode()
    except Refusal as refusal:
        return _refused(refusal.code)
    except Exception as error:  # noqa: BLE001 - whatever it was, the one who asks is told
        log.warning("question_unanswered", subject=answers.subject, error=why(error))
        return _refused(UNAVAILABLE)


def _refused(code: str) -> bytes:
    return json.dumps({"refused": code}).encode()
