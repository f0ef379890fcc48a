"""The mailer: hands over to the mail server what lies in inboxes, and records what became of each mail.

Any number of processes may run it. A mail is claimed from the queue (`mail_queue.py`); it is sent if the log says
that it is not settled; once the server has taken it a row says so, and then an event. So a mail goes once, or twice
under the same Message-ID if a process ended or stood still between the server's answer and the row.
Who somebody is and where they are reached is asked of directory for that moment; only ids and codes stay.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from backbone import chain
from backbone.commands import REFUSALS, Order, refusal_code
from backbone.deciding import Actor
from backbone.errands import Errand
from backbone.questions import AnswerRefused, Unanswered, ask
from backbone.service import Running
from chalkline_contracts.questions import ASK_CONTACT, Contact, ContactAsked, ContactTold
from prometheus_client import Counter

from notifications import notification
from notifications.address import Address, Unusable, address_of
from notifications.inbox import link_to
from notifications.mail_plan import hours_for, planned, preference_of
from notifications.mail_queue import AT_ONCE, USUAL, Mail, MailQueue, Patience, Plan
from notifications.moment import Hours, first_moment
from notifications.notification import DeliverNotification, FailNotification, Settle, SuppressNotification
from notifications.posting import Line, Refused, ServerTrouble, TryLater
from notifications.rules import TIMED
from notifications.settings import MailSettings
from notifications.writing import message_id, notice, written

log = structlog.get_logger(__name__)

SETTLED = Counter("chalkline_mail", "Notifications by what became of the mail about them", ["outcome"])
TRIED = Counter("chalkline_mail_tries", "Mails that were not taken when they were tried", ["code"])

OUTCOMES: dict[type[Settle], notification.MailOutcome] = {
    DeliverNotification: "delivered",
    FailNotification: "failed",
    SuppressNotification: "suppressed",
}

PREPARED = 32
"""Mails of a round that are made ready at the same time."""
EVERY = 0.25
LAST_WORDS = 8.0
"""Seconds in which a mail that is being handed over when the process is stopped may still be taken."""
GIVE_UP_AFTER = timedelta(hours=72)
"""How long a mail is tried, and how late one may be that never could be."""


def mail_errand(run: Running, settings: MailSettings) -> Errand:
    """What `app.py` gives the service to do."""
    mailer = Mailer(run, settings)
    return Errand(name="mail", run=mailer.run, due=mailer.due, told=mailer.told)


class NotNow(Exception):
    """This mail is not handed over in this round."""


class Mailer:
    """Mails for one process."""

    def __init__(self, run: Running, settings: MailSettings, patience: Patience = USUAL) -> None:
        self._run, self._settings, self._patience = run, settings, patience
        self.queue = MailQueue(run.pool, patience, name=run.settings.replica)
        self._probing = False
        """Whether the mail server was in trouble when last looked."""
        self._hours: dict[tuple[UUID, UUID, UUID | None], Hours] = {}
        """Of those who are written to in this round; every round asks again."""
        self._ending = False

    async def run(self) -> None:
        """Mails what is due, until cancelled. Without a mail server there is nothing to do."""
        if not self._settings.on:
            await asyncio.Event().wait()
        await self._run.compared()
        wake = self._run.ledger.woken_by_appends()
        while True:
            wake.clear()
            if not await self._whole_round():
                try:
                    async with asyncio.timeout(EVERY):
                        await wake.wait()
                    await asyncio.sleep(0.05)  # what was appended is projected by then
                except TimeoutError:
                    continue

    async def _whole_round(self) -> int:
        """One round. Whoever is stopped meanwhile hears what servers are about to answer, and begins no other mail."""
        round_ = asyncio.create_task(self.once())
        try:
            return await asyncio.shield(round_)
        except asyncio.CancelledError:
            self._ending = True
            with suppress(Exception):
                await asyncio.wait_for(round_, LAST_WORDS)
            raise

    async def once(self) -> int:
        """Plans and mails what can be; returns how much there was to do.

        Nothing while an operator has to decide about the log: what it says was not mailed may have been.
        """
        if self._run.commands.refused_because:
            return 0
        await self.queue.begin_round()
        self._hours.clear()
        did = await self._plan()
        server = await self.queue.server()
        self._probing = server["trouble"] is not None
        # While it is in trouble one mail finds out whether it still is; all others wait.
        at_most = int(server["may_try"]) if self._probing else AT_ONCE
        mails = await self.queue.claimed(at_most) if at_most else []
        if mails:
            await self._mail_all(mails)
        await self.queue.end_round()
        return did + len(mails)

    async def due(self, tenant: UUID) -> int:
        """How many notifications of a district should have been mailed by its clock and were not even tried."""
        return await self.queue.due(tenant) if self._settings.on else 0

    async def told(self) -> Mapping[str, Any]:
        """How mailing stands, for readiness and metrics."""
        return await self.queue.told() if self._settings.on else {"state": "off"}

    async def _plan(self) -> int:
        rows, through = await self.queue.to_plan()

        async def one(row: Any) -> Plan:
            who = (row["tenant"], row["recipient_id"])
            preference = await preference_of(self._run, *who)
            hours = await self._hours_for(*who, row["cycle_id"])
            return Plan(
                tenant=row["tenant"],
                notification_id=row["notification_id"],
                recipient_id=row["recipient_id"],
                digest=preference.mail == "daily_digest",
                send_at=planned(row["sent_at"], preference, hours, self._settings.mail_digest_at),
                planned_from=row["revision"],
            )

        if rows:
            await self.queue.plan(await asyncio.gather(*map(one, rows)))
        await self.queue.planned(through)
        return len(rows)

    async def _mail_all(self, mails: Sequence[Mail]) -> None:
        """All of them over a few connections; one in trouble stops the rest."""
        line = Line(self._settings)
        limit = asyncio.Semaphore(PREPARED)

        async def one(mail: Mail) -> None:
            async with limit:
                try:
                    await self._mail(mail, line)
                except ServerTrouble as trouble:
                    await self.queue.give_back(mail)
                    if not line.troubled:
                        line.troubled = True
                        await self._troubled(trouble.code)
                except NotNow:
                    await self.queue.give_back(mail)
                except Exception:
                    await self.queue.give_back(mail)
                    raise

        try:
            results = await asyncio.gather(*map(one, mails), return_exceptions=True)
        finally:
            await line.close()
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _mail(self, mail: Mail, line: Line) -> None:
        """One mail, as far as it goes. Raises ServerTrouble or NotNow."""
        if mail.handed:
            await self._settle(mail, DeliverNotification(message_id=mail.message_id or ""))
            return
        open_ = await self._still_to_be_told(mail)
        if not open_ or not await self._moment_is_right(mail, open_):
            return
        contact = await self._contact(mail)
        if contact is None:
            return
        if contact.email is None:
            await self._settle(mail, SuppressNotification(code="no_address"))
            return
        own_id = message_id(mail.mail_id, self._settings.sender)
        try:
            recipient = address_of(contact.email)
        except Unusable:
            await self._settle(mail, FailNotification(message_id=own_id, code="address_malformed"))
            return
        raw = self._written(mail, open_.values(), contact.name, recipient)
        not_taken = await self._sent(mail, line, recipient, raw)
        if isinstance(not_taken, Refused):
            await self._settle(mail, FailNotification(message_id=own_id, code=not_taken.code))
        elif not_taken is not None:
            await self._later(mail, not_taken.code)
        else:
            await self.queue.handed_over(mail, own_id)
            await self._settle(mail, DeliverNotification(message_id=own_id), only=open_)

    def _written(self, mail: Mail, told: Iterable[notification.Sent], name: str, recipient: Address) -> bytes:
        """The mail that tells of these notifications."""
        url = self._settings.public_url
        return written(
            mail.mail_id,
            [
                notice(one.milestone, url + link_to(one.goal_id, one.cycle_id, one.partnership_id))
                for one in told
            ],
            name=name,
            sender=self._settings.sender,
            recipient=recipient,
            digest=mail.digest,
            at=datetime.now(UTC),
        )

    async def _sent(
        self, mail: Mail, line: Line, recipient: Address, raw: bytes
    ) -> TryLater | Refused | None:
        """Hands a mail over: None once the server has it, else why it has not. Raises ServerTrouble or NotNow."""
        outcome: TryLater | Refused | None = None
        async with line.post() as post:
            if line.troubled or self._ending or not self.queue.holds(mail):
                raise NotNow
            try:
                async with asyncio.timeout(self._patience.one):
                    await post.send(recipient, raw)
            except (TryLater, Refused) as why:
                outcome = why
            except TimeoutError:
                outcome = TryLater("timed_out")
        if self._probing:  # it answers: whatever it said, it said about this mail
            await self.queue.server_well()
            log.info("mail_server_well")
        return outcome

    async def _still_to_be_told(self, mail: Mail) -> dict[UUID, notification.Sent]:
        """Those of its notifications that the log has neither settled nor acknowledged and nothing has overtaken.

        The others are settled; so are all of them where the recipient wants no mail.
        """
        preference = await preference_of(self._run, mail.tenant, mail.recipient_id)
        found: dict[UUID, notification.Sent] = {}
        for notification_id in mail.notification_ids:
            state = await self._run.commands.state(mail.tenant, "Notification", notification_id)
            code = None
            match state:
                case notification.Sent(mail=None):
                    if await self._overtaken(mail.tenant, notification_id, state.milestone):
                        code = "overtaken"
                    elif preference.mail == "none" or state.milestone in preference.muted:
                        code = "not_wanted"
                    else:
                        found[notification_id] = state
                        continue
                case notification.Acknowledged(mail=None):
                    code = "acknowledged"
            if code is None:  # settled before; the projection does not show it yet
                await self.queue.settled(mail.tenant, [notification_id])
            else:
                await self._settle(mail, SuppressNotification(code=code), only=[notification_id])
        return found

    async def _overtaken(self, tenant: UUID, notification_id: UUID, milestone: str) -> bool:
        """Whether what somebody is to be reminded of has happened meanwhile."""
        if milestone not in TIMED:
            return False
        row = await self._run.facts.row("mail_stands", tenant, notification_id)
        return bool(row and not row["stands"])

    async def _moment_is_right(self, mail: Mail, told: Mapping[UUID, notification.Sent]) -> bool:
        """Whether it may be sent now: one that comes late does not come in quiet hours, one too late not at all."""
        now = await self._run.clock.now(mail.tenant)
        if mail.tries == 0 and now - mail.send_at > GIVE_UP_AFTER:
            district = await self._run.facts.row("district", mail.tenant, mail.tenant)
            if not (district and district["sandbox"]):  # where no time passes while nobody mails
                await self._settle(mail, SuppressNotification(code="too_late"), only=told)
                return False
        cycle_id = next(iter(told.values())).cycle_id
        hours = await self._hours_for(mail.tenant, mail.recipient_id, cycle_id)
        at = first_moment(now, hours)
        if at is None and mail.tries:  # it stays the mail it was, which is not planned anew
            await self._later(mail, "no_moment_known")
            return False
        if at is None or at > now:
            await self.queue.give_back(mail, at, no_moment_known=at is None)
            return False
        return True

    async def _hours_for(self, tenant: UUID, person_id: UUID, cycle_id: UUID | None) -> Hours:
        key = (tenant, person_id, cycle_id)
        found = self._hours.get(key)
        if found is None:
            found = self._hours[key] = await hours_for(self._run, tenant, person_id, cycle_id)
        return found

    async def _contact(self, mail: Mail) -> Contact | None:
        """How the recipient is reached, asked for this moment; None: they are not, and that is settled."""
        question = ContactAsked(tenant=mail.tenant, person_id=mail.recipient_id)
        try:
            return (await ask(self._run.nats, ASK_CONTACT, question, ContactTold)).contact
        except AnswerRefused as refused:
            known = refused.code in ("person_unknown", "person_not_active")
            await self._settle(mail, SuppressNotification(code=refused.code if known else "contact_refused"))
        except Unanswered:
            await self._later(mail, "directory_silent")
        return None

    async def _settle(self, mail: Mail, how: Settle, *, only: Any = None) -> None:
        """Records what became of a mail, for each of its notifications, under an id that is theirs (law 8)."""
        ids = list(mail.notification_ids if only is None else only)
        outcome = OUTCOMES[type(how)]
        for notification_id in ids:
            known = uuid5(notification_id, "mail")
            order = Order(
                aggregate=self._run.commands.aggregates["Notification"],
                aggregate_id=notification_id,
                command=how,
                actor=Actor("system", "mailer", mail.tenant),
                command_id=known,
                request=chain.request_hash(self._run.settings.chain, known.bytes),
                correlation_id=str(notification_id),
            )
            try:
                answer = await self._run.commands.handle(order)
            except REFUSALS as refusal:
                log.warning("mail_refused", notification=str(notification_id), code=refusal_code(refusal))
            else:
                if answer.events and not answer.replayed:
                    SETTLED.labels(outcome).inc()
        await self.queue.settled(mail.tenant, ids)
        why = {} if isinstance(how, DeliverNotification) else {"code": how.code}
        log.info("mail_settled", mail=str(mail.mail_id), notifications=len(ids), outcome=outcome, **why)

    async def _later(self, mail: Mail, code: str) -> None:
        """Not this time: again after a while that grows, and never after three days."""
        TRIED.labels(code).inc()
        if mail.tried_for > GIVE_UP_AFTER:
            own_id = message_id(mail.mail_id, self._settings.sender)
            await self._settle(mail, FailNotification(message_id=own_id, code=code))
            return
        pause = self._patience.after(mail.tries)
        log.info("mail_later", mail=str(mail.mail_id), code=code, tries=mail.tries + 1, again_in=pause)
        await self.queue.put_off(mail, code, pause)

    async def _troubled(self, code: str) -> None:
        TRIED.labels(code).inc()
        log.warning("mail_server_trouble", code=code)
        await self.queue.server_troubled(code)
