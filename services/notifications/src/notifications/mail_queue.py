"""The queue that every process mails from: which mail is planned for when, who is at it, and how its server does.

Rows of `work.mailing`, one a notification, and the one of `work.mail_server`. A mail is claimed for a while by
PostgreSQL's clock, and every later write names the claim: whoever stood still until it was over changes nothing.
Whoever writes several rows locks them in the order of their keys, so that processes never wait in a circle.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
from backbone.gather import Gather
from backbone.queries import Queries
from backbone.rows import columns
from prometheus_client import Gauge

sql = Queries("notifications", "sql/queries")

WAITING = Gauge("chalkline_mail_waiting", "Notifications that are to be mailed, now or later")
DUE = Gauge("chalkline_mail_due", "Notifications that should have been mailed by now")
OLDEST = Gauge("chalkline_mail_oldest_seconds", "Since when the mail that waits longest has been tried")
SERVER = Gauge("chalkline_mail_server_up", "0 while the mail server is in trouble")

Row: TypeAlias = Any
"""An asyncpg Record: read by column name."""

AT_ONCE = 200
"""Mails that are claimed together, and notifications that are planned together."""
COUNTED = 200
"""As many of a kind are counted, when somebody asks how many mails are due."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait before trying again: the first time, and at most."""

    mail: float = 60.0
    mail_most: float = 3600.0
    server: float = 2.0
    server_most: float = 120.0
    claim: float = 720.0
    """How long a mail stays claimed: nobody else is at it meanwhile."""

    @property
    def one(self) -> float:
        """How long handing over a mail may take at most, if it is begun in the first half of its claim."""
        return self.claim / 2

    def after(self, tries: int) -> float:
        """How long a mail waits that was tried so often before."""
        return float(min(self.mail * 2 ** min(tries, 20), self.mail_most))


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person, claimed: what it is about, and how it stood when it was claimed."""

    tenant: UUID
    recipient_id: UUID
    mail_id: UUID
    claim: UUID
    claimed_at: float
    """By this process's monotonic clock, before the claim was asked for."""
    digest: bool
    handed: bool
    message_id: str | None
    send_at: datetime
    tries: int
    tried_for: timedelta
    notification_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """When the mail about a notification is to go: in a digest or by itself, as it looks from a revision of facts."""

    tenant: UUID
    notification_id: UUID
    recipient_id: UUID
    digest: bool
    send_at: datetime | None
    planned_from: int


class MailQueue:
    """The queue as one process sees it. `name` is what it is called by whoever starts it again after a death."""

    def __init__(self, pool: asyncpg.Pool, patience: Patience, *, name: str = "") -> None:
        self._pool, self._patience, self._name = pool, patience, name
        self._first = True
        self._left: set[UUID] = set()
        """Claims whose mails a fault may have left as they were."""
        self._handed_over: Gather[tuple[Mail, str], None] = Gather(self._note_handed_over)
        self._settled: Gather[tuple[UUID, Sequence[UUID]], None] = Gather(self._note_settled)

    # Planning

    async def to_plan(self) -> tuple[list[Row], int]:
        """Notifications that have no plan, or one made from facts that have changed since; and up to which position
        all have one, once these do.
        """
        through = await self._pool.fetchval(sql.mail_told_through)
        told = await self._pool.fetch(sql.mail_to_plan, AT_ONCE)
        if len(told) == AT_ONCE:
            through = min(through, told[-1]["position"])
        return [*told, *await self._pool.fetch(sql.mail_to_plan_anew, AT_ONCE)], through

    async def planned(self, through: int) -> None:
        """Everything that was told up to there has a plan."""
        await self._pool.execute(sql.mail_planned_through, through)

    async def plan(self, plans: Sequence[Plan]) -> None:
        rows = [
            (p.tenant, p.notification_id, p.recipient_id, p.digest, p.send_at, p.planned_from) for p in plans
        ]
        await self._pool.execute(sql.plan_mail, *columns(rows, 6))

    # Claiming

    async def begin_round(self) -> None:
        """Takes up again what a fault of the last round left behind, and at first what a death did."""
        if self._first and self._name:
            await self._pool.execute(sql.drop_claims_of_former, self._name)
        self._first = False
        if self._left:
            await self._pool.execute(sql.drop_mail_claims, list(self._left))
            self._left.clear()

    async def end_round(self) -> None:
        """Every mail of the round has come to its end; what projections show as settled needs no row."""
        self._left.clear()
        await self._pool.execute(sql.forget_mail)

    async def claimed(self, at_most: int) -> list[Mail]:
        """So many of the mails that are due and that nobody is at."""
        claim, claimed_at = uuid4(), time.monotonic()
        self._left.add(claim)
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(sql.hold_mail)
            rows = await db.fetch(
                sql.claim_mail, datetime.now(UTC), at_most, self._patience.claim, claim, self._name
            )
        bundles: dict[tuple[UUID, UUID], list[Row]] = defaultdict(list)
        for row in rows:
            bundles[row["tenant"], row["mail_id"]].append(row)
        return [_mail(of_one, claim, claimed_at) for of_one in bundles.values()]

    def holds(self, mail: Mail) -> bool:
        """Whether a mail that is begun now ends before its claim does."""
        return time.monotonic() - mail.claimed_at < self._patience.one

    async def give_back(
        self, mail: Mail, at: datetime | None = None, *, no_moment_known: bool = False
    ) -> None:
        """It was not tried; it is to go then, or as planned, or, where no moment is known, once facts have changed."""
        ids = list(mail.notification_ids)
        await self._pool.execute(sql.mail_given_back, mail.tenant, ids, mail.claim, at, no_moment_known)

    async def put_off(self, mail: Mail, code: str, seconds: float) -> None:
        """It was tried and not taken."""
        ids = list(mail.notification_ids)
        await self._pool.execute(sql.mail_later, mail.tenant, ids, mail.claim, code, seconds)

    async def handed_over(self, mail: Mail, message_id: str) -> None:
        """The server said that it took it."""
        await self._handed_over((mail, message_id))

    async def settled(self, tenant: UUID, notification_ids: Sequence[UUID]) -> None:
        """Events say what became of the mail about these notifications."""
        await self._settled((tenant, notification_ids))

    async def _note_handed_over(self, taken: list[tuple[Mail, str]]) -> list[None]:
        rows = [(mail.tenant, one, mail.claim, said) for mail, said in taken for one in mail.notification_ids]
        await self._pool.execute(sql.mail_handed_over, *columns(rows, 4))
        return [None] * len(taken)

    async def _note_settled(self, settled: list[tuple[UUID, Sequence[UUID]]]) -> list[None]:
        rows = [(tenant, one) for tenant, ids in settled for one in ids]
        await self._pool.execute(sql.mail_settled, *columns(rows, 2))
        return [None] * len(settled)

    # The server, which all processes know the same of

    async def server(self) -> Row:
        """`trouble`, `since` when, and whether it `may_try` again."""
        return await self._pool.fetchrow(sql.mail_server)

    async def server_troubled(self, code: str) -> None:
        first, most = self._patience.server, self._patience.server_most
        await self._pool.execute(sql.mail_server_troubled, code, first, most)

    async def server_well(self) -> None:
        await self._pool.execute(sql.mail_server_well)

    # How it stands

    async def due(self, tenant: UUID) -> int:
        """How many notifications of a district should have been mailed by its clock and were not even tried; where
        there are very many, not all are counted.
        """
        return int(await self._pool.fetchval(sql.mail_due, tenant, datetime.now(UTC), COUNTED))

    async def told(self) -> Mapping[str, Any]:
        """For readiness and metrics: a mail server in trouble makes nothing else unready."""
        row: Row = await self._pool.fetchrow(sql.mail_waiting, datetime.now(UTC))
        server = await self.server()
        WAITING.set(row["waiting"])
        DUE.set(row["due"])
        OLDEST.set(row["oldest"])
        SERVER.set(server["trouble"] is None)
        return {
            "state": "trouble" if server["trouble"] else "on",
            "trouble": server["trouble"],
            "since": server["since"].isoformat(timespec="seconds") if server["since"] else None,
            "waiting": row["waiting"],
            "due": row["due"],
            "no_moment_known": row["no_moment_known"],
        }


def _mail(rows: Sequence[Row], claim: UUID, claimed_at: float) -> Mail:
    """The rows of its notifications as one mail."""
    first = rows[0]
    return Mail(
        tenant=first["tenant"],
        recipient_id=first["recipient_id"],
        mail_id=first["mail_id"],
        claim=claim,
        claimed_at=claimed_at,
        digest=first["digest"],
        handed=first["handed"],
        message_id=first["message_id"],
        send_at=first["send_at"],
        tries=first["tries"],
        tried_for=first["tried_for"],
        notification_ids=tuple(sorted(row["notification_id"] for row in rows)),
    )
