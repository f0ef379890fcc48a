"""An operator's act on a service, done by a one-shot job: who it is, told in the log before and after it is done.

Nothing is touched before a token of an operator's is verified, by the keys that doors go by, and before the log has
what is about to be done. So an act that was cut off is in the log as begun; one that the log does not take is not
done. But for one: how the log itself is recovered, which a log that is not whole could not tell without parting from
its stream for good. That waits in `work.untold_acts`, and is told by the log once it takes something again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import asyncpg
import structlog
from nats.aio.client import Client
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from backbone import chain, comparing
from backbone.commands import Commands, Order
from backbone.database import LIVE, connected
from backbone.deciding import EVERYWHERE, Actor, snake_case
from backbone.facts import Facts
from backbone.fitting import Unfit, misfit_of_log
from backbone.identity import Caller, Identity
from backbone.keys import Keys
from backbone.ledger import Ledger
from backbone.operation import BeginOperation, EndOperation, OperationCommand
from backbone.operations import operation_of
from backbone.problems import Problem, problem_of
from backbone.queries import Queries
from backbone.reading import Progress
from backbone.reads import Reads
from backbone.service import Service, broker_of
from backbone.settings import Settings

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

RECOVERIES: Final = frozenset({"recover_from_stream", "recover_from_log"})
"""Acts that the log can tell of only when they are done."""
PARTED: Final = {"ahead": "stream_ahead", "differs": "stream_differs"}
"""Where log and stream have parted, what is added to the log could never be made good by its stream."""


class NotActed(Exception):
    """An act that was not done, and why not."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ended:
    """What a job came to: the process's exit code, and what the log tells of it where it was an act."""

    exit: int
    outcome: Literal["done", "failed"] = "done"
    code: str | None = None
    n_items: int | None = None


Job = Callable[[], Awaitable[Ended]]


async def acting(
    service: Service, settings: Settings, act: str, job: Job, *, district: UUID = EVERYWHERE
) -> Ended:
    """Does a job as an operator's act, on a whole service or on what it has of a district. Raises NotActed when
    nothing was done, and whatever the job raises.
    """
    operator = await operator_of(settings)
    async with _told(service, settings) as told:
        mends = act in RECOVERIES
        begun = _Act(uuid7(), act, operator.id, datetime.now(UTC) if mends else None, district)
        await told.fits()
        try:
            await (told.keep(begun) if mends else told.begin(begun))
        except NotActed:
            raise
        except Exception as error:
            reason = f"it could not be recorded ({problem_of(error).code}): nothing was done"
            raise NotActed("not_recorded", reason) from error
        try:
            ended = await job()
        except BaseException as error:
            code = "interrupted" if not isinstance(error, Exception) else snake_case(type(error).__name__)
            with suppress(Exception):  # whatever stops the act may stop this too: it stays begun
                await told.end(begun, Ended(2, "failed", code))
            raise
        await told.end(begun, ended)
        return ended


async def operator_of(settings: Settings) -> Caller:
    """Whose token this process was given. Raises NotActed unless it is one of an operator's, and of no one district."""
    keys = Keys(settings.jwks)
    try:
        identity = Identity(keys, issuer=settings.issuer, audience=settings.audience)
        caller = await identity.caller(f"Bearer {_token(settings).get_secret_value()}")
    except Problem as problem:
        raise _refused(problem.code) from None
    if caller.kind != "operator":
        raise _refused("forbidden")
    if caller.tenant is not None:
        raise _refused("token_of_one_district")
    return caller


def _token(settings: Settings) -> SecretStr:
    """Raises Problem."""
    if settings.operator_token_file is None:
        token = settings.operator_token
    else:
        try:
            token = SecretStr(Path(settings.operator_token_file).read_text().strip())
        except (OSError, UnicodeDecodeError):
            raise Problem("token_missing") from None
    if not token.get_secret_value():
        raise Problem("token_missing")
    return token


def _refused(code: str) -> NotActed:
    return NotActed(
        code,
        f"this needs an operator's token ({code}): nothing was done\n"
        "  → CHALKLINE_OPERATOR_TOKEN, or a file named by CHALKLINE_OPERATOR_TOKEN_FILE, holds one that is about no"
        " district",
    )


@dataclass(frozen=True, slots=True)
class _Act:
    act_id: UUID
    act: str
    operator: str
    acted_at: datetime | None = None
    district: UUID = EVERYWHERE


class _Told:
    """How a job tells of acts, in its service's log."""

    def __init__(self, service: Service, settings: Settings, pool: asyncpg.Pool, nc: Client) -> None:
        self._pool, self._nc, self._settings, self._name = pool, nc, settings, service.name
        self._kind = operation_of(service.name)
        facts = Facts(Reads(pool), sources=(), progress=Progress())
        self._commands = Commands(
            Ledger(pool), [self._kind], clock=TheWorlds(), gatherer=facts, chain_key=settings.chain
        )

    async def fits(self) -> None:
        """Raises Unfit where the log is another version's."""
        if reason := await misfit_of_log(self._pool, self._name):
            raise Unfit(reason)

    async def begin(self, act: _Act) -> None:
        if parted := PARTED.get((await comparing.look(self._nc, self._pool, self._name)).verdict):
            raise NotActed(
                parted, f"log and stream have parted ({parted}): `recover` decides first; nothing was done"
            )
        await self._tell_kept()
        await self._say(act, "begin", BeginOperation(act=act.act))

    async def keep(self, act: _Act) -> None:
        """Remembers an act beside the log."""
        await self._pool.execute(
            sql.keep_act, EVERYWHERE, act.act_id, act.act, act.operator, act.acted_at, None, None, None
        )

    async def end(self, act: _Act, ended: Ended) -> None:
        if act.acted_at is None:
            await self._end(act, ended.outcome, ended.code, ended.n_items)
            return
        await self._pool.execute(
            sql.keep_act, EVERYWHERE, act.act_id, act.act, act.operator, act.acted_at,
            ended.outcome, ended.code, ended.n_items,
        )  # fmt: skip
        if (await comparing.look(self._nc, self._pool, self._name)).verdict not in PARTED:
            await self._tell_kept()

    async def _tell_kept(self) -> None:
        """Has the log tell of what it could not be told of before. Said twice, it is told once."""
        for row in await self._pool.fetch(sql.acts_kept):
            act = _Act(row["act_id"], row["act"], row["operator"], row["acted_at"])
            await self._say(act, "begin", BeginOperation(act=act.act, acted_at=act.acted_at))
            if row["outcome"] is not None:
                await self._end(act, row["outcome"], row["code"], row["n_items"])
            await self._pool.execute(sql.act_told, act.act_id)

    async def _end(self, act: _Act, outcome: Any, code: str | None, n_items: int | None) -> None:
        end = EndOperation(outcome=outcome, code=code, n_items=n_items)
        await self._say(act, "end", end)

    async def _say(self, act: _Act, what: str, command: OperationCommand) -> None:
        command_id = uuid5(act.act_id, what)
        await self._commands.handle(
            Order(
                aggregate=self._kind,
                aggregate_id=act.act_id,
                command=command,
                actor=Actor("operator", act.operator, act.district),
                command_id=command_id,
                request=chain.request_hash(self._settings.chain, command_id.bytes),
                begins=what == "begin",
            )
        )


class TheWorlds:
    """The clock of what is about no district."""

    async def now(self, _: UUID) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def _told(service: Service, settings: Settings) -> AsyncIterator[_Told]:
    async with (
        connected(settings.app_dsn(), search_path=LIVE, name=f"{service.name} operator", size=2) as pool,
        broker_of(service.name, settings) as broker,
    ):
        yield _Told(service, settings, pool, await broker.connect())
