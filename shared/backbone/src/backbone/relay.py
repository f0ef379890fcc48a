"""The relay: makes a service's stream a position-exact copy of its log, and nothing else does.

It compares before it adds, and what it adds says what must lie before it. So two relays, one that
slept through the end of its lease, or a crash at any step never leave a duplicate, a gap or a
reordering. A stream that is not a copy of this log is left alone until an operator has decided.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Literal

import asyncpg
import stamina
import structlog
from nats.aio.client import Client
from nats.js.api import Header

from backbone import comparing, publishing, streams
from backbone.comparing import Look
from backbone.leases import Lease
from backbone.publishing import Fenced
from backbone.queries import Queries

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

LOOK_EVERY = 5.0
"""Seconds after which the stream is compared again, whatever happens."""
POLL_EVERY = 1.0
"""Seconds after which the log is read again if nobody woke the relay."""
LEASE = 3.0
"""Seconds after which another relay takes over from one that says nothing any more."""
READ = 1000
LEAP = 10_000
"""By how much at most the number of a history rises whose stream was gone: a log that is restored from the same backup
once more begins another one than it did the time before.
"""

State = Literal["starting", "standby", "copying", "refused", "troubled"]
"""
starting  the stream has not been looked at yet
standby   another process holds the lease, or may alone
copying   the stream is a copy, and is kept level
refused   the stream is not a copy of this log, or the log is damaged: see `reason`
troubled  the broker or the database does not answer: see `trouble`
"""


class LogDamaged(Exception):
    """A position is missing from the log: somebody edited it."""


class Relay:
    """Run `run()` as a task; cancel it to stop.

    `wake` is set after commits (`ledger.woken_by_appends()`). `fault` is told a code while commands must
    be refused (`stream_ahead`, `stream_differs`, `log_damaged`), and None when they need not be any more.
    `holder` names this process and no other. `nc` may come and go; the relay waits for it.
    """

    def __init__(
        self,
        service: str,
        nc: Client,
        pool: asyncpg.Pool,
        *,
        wake: asyncio.Event,
        holder: str,
        fault: Callable[[str | None], None] = lambda _: None,
        replicas: int = 1,
        lease: Lease | None = None,
        copies: bool = True,
    ) -> None:
        """`copies`: whether this process may add to the stream. One that serves doors alone looks, as all do: what it
        lets happen, and tells, has to be of a log that the stream bears out.
        """
        self.service = service
        self.state: State = "starting"
        self.reason: str | None = None
        self.trouble: str | None = None
        self.head = 0
        self.published = 0
        self.differences: list[str] = []
        """Settings of the stream that are not as declared; nobody changes them here."""
        self.looked = asyncio.Event()
        """Set once the stream has been compared for the first time."""
        self._nc, self._pool, self._wake, self._fault = nc, pool, wake, fault
        self._replicas, self._copies = replicas, copies
        self._lease = lease or Lease(pool, f"relay:{service}", holder, seconds=LEASE)
        self._reconnects = 0

    @property
    def lag(self) -> int:
        """Events committed and not yet in the stream, as of the last time both were asked."""
        return max(0, self.head - self.published)

    @property
    def ready(self) -> bool:
        return self.state in ("standby", "copying")

    async def run(self) -> None:
        """Keeps the stream level until cancelled; outlives every fault of broker and database."""
        try:
            while True:
                async for attempt in stamina.retry_context(
                    on=Exception,
                    attempts=None,
                    timeout=None,
                    wait_initial=0.05,
                    wait_max=2.0,
                    wait_jitter=0.05,
                ):
                    with attempt:
                        await self._pass()
        finally:
            # Courtesy only: it ends by itself, and the database may be what is being stopped.
            with contextlib.suppress(Exception):
                if self._copies:
                    async with asyncio.timeout(2.0):
                        await self._lease.give_back()

    async def _pass(self) -> None:
        """Looks at the stream, then copies until it is time to look again. Raises if it came to nothing."""
        before = self.published
        try:
            until = time.monotonic() + LOOK_EVERY
            self._reconnects = self._nc.stats["reconnects"]
            leading = self._copies and await self._lease.keep()
            seen = await self._look()
            if seen.verdict in ("ahead", "differs"):
                self._refuse(f"stream_{seen.verdict}")
            elif leading:
                await self._copy(*await self._healed(seen), until)
            else:
                self._stand("standby")
            if self.state != "copying":
                await asyncio.sleep(self._lease.seconds / 3 if self.state == "standby" else LOOK_EVERY)
        except LogDamaged as damage:
            log.critical("log_damaged", service=self.service, error=str(damage))
            self._refuse("log_damaged")
            await asyncio.sleep(LOOK_EVERY)
        except Exception as error:
            if not (isinstance(error, Fenced) and self.published > before):
                await self._troubled(error)
                raise
            # Somebody else is adding too; what was added since says that it is worth going on at once.
            log.warning("relay_fenced", service=self.service, position=self.published)

    async def _look(self) -> Look:
        seen = await comparing.look(self._nc, self._pool, self.service)
        self.head, self.published = seen.head, min(seen.stream, seen.head)
        if seen.found:
            found = streams.differences(seen.found.config, service=self.service, replicas=self._replicas)
            if found != self.differences:
                log.warning("stream_settings_differ", service=self.service, differences=found)
            self.differences = found
        self.looked.set()
        return seen

    async def _healed(self, seen: Look) -> tuple[int, str]:
        """The position to copy after, and the history to tell; a stream that is no copy but may be made one is begun
        anew.

        What a stream that is gone has told nobody knows any more: more than the log has, where that was restored to an
        earlier moment. So what follows is told in a new history, and whoever read more begins again.
        """
        if seen.verdict == "copy":
            return seen.stream, seen.history
        history = seen.history
        if seen.verdict == "missing" and not seen.head:
            log.info("stream_created", service=self.service)
        else:
            if seen.verdict == "missing":
                history = await self._pool.fetchval(sql.begin_history, 1 + secrets.randbelow(LEAP))
            log.warning(
                "stream_refilled", service=self.service, found=seen.verdict, log=seen.head, history=history
            )
        if seen.verdict != "missing":
            if not await self._lease.confirm():
                raise Fenced("the lease went to somebody else")
            await streams.delete(self._nc, self.service)
        await streams.create(self._nc, self.service, history=history, replicas=self._replicas)
        self.published = 0
        return 0, history

    async def _copy(self, after: int, history: str, until: float) -> None:
        self._stand("copying")
        while time.monotonic() < until and self._nc.stats["reconnects"] == self._reconnects:
            if not await self._lease.keep():
                self._stand("standby")
                return
            self._wake.clear()
            rows = await self._pool.fetch(sql.relay_read, after, READ)
            self.head = rows[0]["head"]
            if rows[0]["history"] != history:
                return
            if rows[0]["position"] is None:
                if self.head != after:
                    raise LogDamaged(f"nothing after {after}, though the log goes to {self.head}")
                rows = []
            for ordinal, row in enumerate(rows, after + 1):
                if row["position"] != ordinal:
                    raise LogDamaged(f"position {ordinal} is missing")
            async for batch in publishing.wired(self.service, rows, history):
                after = await publishing.publish(self._nc, batch, after=after, fence=self.fence(after))
                self.published = after
            if after == self.head:
                await self._woken(until)

    def fence(self, after: int) -> Mapping[str, str]:
        """What makes the broker refuse an addition unless the stream ends at `after`."""
        return {Header.EXPECTED_LAST_SEQUENCE.value: str(after)}

    async def _woken(self, until: float) -> None:
        patience = min(POLL_EVERY, max(0.0, until - time.monotonic()))
        try:
            async with asyncio.timeout(patience):
                await self._wake.wait()
        except TimeoutError:
            return

    def _stand(self, state: State) -> None:
        if self.reason is not None:
            self.reason = None
            self._fault(None)
        if state != self.state:
            log.info("relay", service=self.service, state=state, position=self.published)
        self.state, self.trouble = state, None

    def _refuse(self, code: str) -> None:
        if self.reason != code:
            log.critical("relay_refuses", service=self.service, code=code, log=self.head)
            self.reason = code
            self._fault(code)
        self.state, self.trouble = "refused", None

    async def _troubled(self, error: Exception) -> None:
        self.trouble = f"{type(error).__name__}: {error}"
        if self.state != "refused":
            self.state = "troubled"
        log.warning("relay_troubled", service=self.service, error=self.trouble, position=self.published)
        # How far behind the stream falls is asked even while it cannot be reached.
        self.head = max(self.head, await self._pool.fetchval(sql.relay_head) or 0)
