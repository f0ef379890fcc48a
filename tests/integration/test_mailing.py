"""From an inbox to the mail server: once, by whoever mails, in the hours of the school, and what became of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.mail_server import HANG_UP, TAKE_AND_HANG_UP, MailServer, mail_server, told
from kit.running import Platform
from kit.school import CHICAGO, School, cycle_of, open_school, pair_up, when
from notifications import mailing
from notifications.mail_queue import USUAL, Mail, MailQueue, Patience, Plan
from notifications.mailing import Mailer
from notifications.settings import MailSettings

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "notifications")]

QUICK = Patience(mail=0.05, mail_most=0.2, server=0.05, server_most=0.2, claim=2.0)
NAME = "Zyzzyva"


@dataclass
class Post:
    """A sandbox whose coach and teacher have addresses, a mail server, and who mails."""

    platform: Platform
    school: School
    server: MailServer
    mailer: Mailer
    partnership: UUID

    async def cycle(self, focus: str = "engagement") -> UUID:
        cycle = await cycle_of(self.platform, self.school, self.partnership, focus)
        await self.platform.level()
        return cycle

    async def mailed(self, rounds: int = 40) -> None:
        """Until nothing is left that could be done now."""
        for _ in range(rounds):
            await self.platform.level()
            if not await self.mailer.once() and not (await self.mailer.told())["due"]:
                return
            await asyncio.sleep(0.06)

    async def clock(self, to: str) -> None:
        path = f"/v1/districts/{self.school.tenant}/advance-clock"
        await self.platform.directory.post(path, by=None, tenant=self.school.tenant, to=to)
        await self.platform.level()

    async def district(self, command: str, **body: Any) -> None:
        path = f"/v1/districts/{self.school.tenant}/{command}"
        await self.platform.directory.post(
            path, by=self.school.administrator, tenant=self.school.tenant, **body
        )
        await self.platform.level()

    async def prefer(self, who: str, **body: Any) -> None:
        person = self.school.people[who]
        path = f"/v1/preferences/{person}/change-preference"
        await self.platform.notifications.post(path, by=person, tenant=self.school.tenant, **body)
        await self.platform.level()

    async def outcomes(self, who: str) -> list[tuple[str, str | None]]:
        """(event, code) of what became of mails to somebody, in their order."""
        rows = await self.platform.notifications.database.app.fetch(
            "SELECT type, data ->> 'code' AS code FROM ledger.events"
            " WHERE tenant = $1 AND data ->> 'recipient_id' = $2"
            " AND type NOT IN ('NotificationSent', 'NotificationAcknowledged') ORDER BY position",
            self.school.tenant, str(self.school.people[who]),
        )  # fmt: skip
        return [(row["type"].removeprefix("Notification"), row["code"]) for row in rows]

    def to(self, who: str) -> list[Any]:
        return [taken for taken in self.server.taken if taken.recipients == (f"{who}@school.example",)]


@pytest_asyncio.fixture
async def post(platform: Platform) -> AsyncIterator[Post]:
    """Monday, 10:00 in Chicago."""
    school = await open_school(platform, sandbox=True)
    run = platform.notifications.run
    for who in ("coach", "teacher"):
        body = {"name": f"{NAME} {who}", "email": f"{who}@school.example"}
        path = f"/v1/people/{school.people[who]}/change-person"
        await platform.directory.post(path, by=None, tenant=school.tenant, **body)
    async with mail_server() as server:
        made = Post(platform, school, server, Mailer(run, told(server), QUICK), UUID(int=0))
        await made.clock(when(0, "10:00"))
        made.partnership = await pair_up(platform, school)
        yield made
        server.behave()
        await made.mailed()  # what one test leaves is not the next one's


async def test_what_lies_in_an_inbox_is_mailed_once_with_a_link_and_the_milestones_name(post: Post) -> None:
    cycle = await post.cycle()
    await post.mailed()
    assert sorted(taken.recipients[0] for taken in post.server.taken) == [
        "coach@school.example", "teacher@school.example"
    ]  # fmt: skip
    [taken] = post.to("coach")
    link = f"https://chalkline.district.example/v1/cycles/{cycle}"
    for kind in ("plain", "html"):
        assert link in taken.text(kind)
        assert "Cycle opened" in taken.text(kind)
        assert f"Hello {NAME} coach" in taken.text(kind)
    assert await post.outcomes("coach") == [("Delivered", None)]
    await post.mailed()
    assert len(post.server.taken) == 2
    assert (await post.mailer.told())["waiting"] == 0


async def test_a_teacher_is_mailed_when_glass_was_broken_and_nobodys_words_go_along(post: Post) -> None:
    """By what the teacher prefers; there is no rule that a district could turn off."""
    school, reason = post.school, "A complaint about a lesson"
    other = await post.platform.directory.begin("people", by=None, tenant=school.tenant, name="Abe")
    role = {"role": "administrator", "org_id": str(school.district_org), "begin": "2020-08-01"}
    path = f"/v1/people/{other}/assign-role"
    await post.platform.directory.post(path, by=None, tenant=school.tenant, **role)
    await post.platform.level()
    glass = await post.platform.goals.begin(
        "break-glass", by=school.administrator, tenant=school.tenant, teacher_id=str(school.teacher), reason=reason
    )  # fmt: skip
    await post.mailed()
    assert post.to("teacher") == []
    await post.platform.goals.post(
        f"/v1/break-glass/{glass}/approve-break-glass", by=other, tenant=school.tenant
    )
    await post.mailed()
    [taken] = post.to("teacher")
    for kind in ("plain", "html"):
        assert "https://chalkline.district.example/v1/break-glass" in taken.text(kind)
        assert "An administrator may read what is yours" in taken.text(kind)
        assert reason not in taken.text(kind)
    assert post.to("coach") == []
    assert await post.outcomes("teacher") == [("Delivered", None)]


async def test_a_rebuild_mails_nothing_again(post: Post) -> None:
    await post.cycle()
    await post.mailed()
    assert await post.platform.notifications.derived_again()
    await post.platform.notifications.database.owner.execute(
        "DELETE FROM work.mailing; UPDATE work.mail_planned SET through = 0;"
        " INSERT INTO projections.mail SELECT tenant, notification_id, began FROM projections.inbox"
    )  # as a history that is derived again looks half-way
    await post.mailer.once()
    await post.mailer.once()
    assert len(post.server.taken) == 2
    assert await post.outcomes("teacher") == [("Delivered", None)]
    await post.platform.notifications.database.owner.execute("DELETE FROM projections.mail")


async def test_while_an_operator_has_to_decide_about_the_log_nothing_is_mailed(post: Post) -> None:
    await post.cycle()
    commands = post.platform.notifications.run.commands
    commands.refused_because = "stream_ahead"
    try:
        assert await post.mailer.once() == 0
    finally:
        commands.refused_because = None
    assert post.server.connections == 0
    await post.mailed()
    assert len(post.server.taken) == 2


async def test_several_who_mail_at_once_mail_each_once(post: Post) -> None:
    run = post.platform.notifications.run
    for focus in ("engagement", "feedback", "planning", "questions"):
        await post.cycle(focus)
    patience = replace(QUICK, claim=600.0)  # nobody is late here, however busy this machine is
    mailers = [Mailer(run, told(post.server), patience) for _ in range(5)]
    for _ in range(4):
        await asyncio.gather(*(mailer.once() for mailer in mailers))
    assert len(post.server.taken) == 8
    assert len({taken.message_id for taken in post.server.taken}) == 8
    assert await post.outcomes("coach") == [("Delivered", None)] * 4


async def test_processes_that_write_of_the_same_mails_do_not_wait_for_each_other_in_a_circle(
    post: Post,
) -> None:
    pool, tenant, person = post.platform.notifications.run.pool, uuid4(), uuid4()
    plans = [Plan(tenant, uuid4(), person, False, datetime.now(CHICAGO), n) for n in range(400)]
    ids = [plan.notification_id for plan in plans]
    one, other = MailQueue(pool, QUICK), MailQueue(pool, QUICK)
    try:
        for _ in range(10):
            await asyncio.gather(one.plan(plans), other.plan(plans[::-1]))
            await asyncio.gather(one.settled(tenant, ids), other.settled(tenant, ids[::-1]))
    finally:
        await pool.execute("DELETE FROM work.mailing WHERE tenant = $1", tenant)


async def test_greylisting_is_waited_out_and_what_is_refused_for_good_is_given_up(post: Post) -> None:
    post.server.at("rcpt", "451 4.7.1 greylisted", times=3)
    await post.cycle()
    await post.mailed()
    assert len(post.server.taken) == 2
    post.server.at("rcpt", "550 5.1.1 coach@school.example unknown")
    await post.cycle("feedback")
    await post.mailed()
    assert await post.outcomes("coach") == [("Delivered", None), ("Failed", "smtp_550")]
    assert len(post.server.tried) == 7


async def test_a_server_that_hangs_up_after_the_mail_gets_it_again_under_the_same_message_id(
    post: Post,
) -> None:
    post.server.at("dot", TAKE_AND_HANG_UP, times=1)
    await post.cycle()
    await post.mailed()
    ids = [taken.message_id for taken in post.server.taken]
    assert (len(ids), len(set(ids))) == (3, 2)
    assert await post.outcomes("coach") == [("Delivered", None)]
    assert await post.outcomes("teacher") == [("Delivered", None)]


class Ended(BaseException):
    """The process is no more."""


async def test_a_process_that_ends_between_the_servers_answer_and_its_row_doubles_one_mail_at_most(
    post: Post,
) -> None:
    run = post.platform.notifications.run
    await post.cycle()

    class Dying(Mailer):
        async def _settle(self, *_: Any, **__: Any) -> None:
            raise Ended

    class Gone(MailQueue):
        async def give_back(self, mail: Mail, at: datetime | None = None) -> None:
            raise Ended

    class DyingSooner(Dying):
        async def _sent(self, *arguments: Any) -> Any:
            await super()._sent(*arguments)
            raise Ended

    dying = DyingSooner(run, told(post.server, smtp_connections=1), QUICK)
    dying.queue = Gone(run.pool, QUICK)
    await dying._plan()
    with pytest.raises(Ended):
        await dying.once()
    doubled = len(post.server.taken)
    assert doubled >= 1
    assert await post.outcomes("coach") == await post.outcomes("teacher") == []
    await asyncio.sleep(QUICK.claim)  # until then nobody else is at it
    later = Dying(run, told(post.server), QUICK)
    later.queue = Gone(run.pool, QUICK)
    with pytest.raises(Ended):  # this one ends after the row, before the event
        await later.once()
    await asyncio.sleep(QUICK.claim)
    before = len(post.server.taken)
    await post.mailed()
    assert len(post.server.taken) == before
    by_id = [taken.message_id for taken in post.server.taken]
    assert len(set(by_id)) == 2
    assert all(by_id.count(one) <= 2 for one in by_id)
    assert await post.outcomes("coach") == await post.outcomes("teacher") == [("Delivered", None)]


async def test_who_is_stopped_while_a_mail_is_taken_hears_the_answer_and_sends_no_other(post: Post) -> None:
    run = post.platform.notifications.run
    for focus in ("engagement", "feedback"):
        await post.cycle(focus)
    mailer = Mailer(run, told(post.server, smtp_connections=1, smtp_timeout=5), QUICK)
    being_taken = asyncio.Event()
    post.server.when_taken = lambda _: being_taken.set()
    post.server.slow = 0.3
    task = asyncio.create_task(mailer.run())
    await being_taken.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    post.server.slow = 0
    assert len(post.server.taken) == 1
    await post.mailed()
    assert len(post.server.taken) == len({taken.message_id for taken in post.server.taken}) == 4


async def test_what_a_fault_left_behind_is_gone_on_with_in_the_next_round(post: Post) -> None:
    run = post.platform.notifications.run
    await post.cycle()

    class Failing(MailQueue):
        async def give_back(self, mail: Mail, at: datetime | None = None) -> None:
            raise ConnectionError

    class Unlucky(Mailer):
        async def _contact(self, mail: Any) -> Any:
            raise ConnectionError

    patience = replace(QUICK, claim=600.0)
    mailer = Unlucky(run, told(post.server), patience)
    mailer.queue = Failing(run.pool, patience)
    await mailer._plan()
    with pytest.raises(ConnectionError):
        await mailer.once()
    assert await post.mailer.once() == 0  # another has to wait for the end of the claim
    mailer.__class__, mailer.queue.__class__ = Mailer, MailQueue
    await mailer.once()
    assert len(post.server.taken) == 2


async def test_what_a_process_had_claimed_when_it_died_is_mailed_by_the_next_of_its_name(post: Post) -> None:
    """Only by that one: of another nobody knows whether it is alive."""
    run = post.platform.notifications.run
    patience = replace(QUICK, claim=600.0)
    await post.cycle()
    await post.mailer._plan()
    died = MailQueue(run.pool, patience, name="notifications-2")
    await died.begin_round()
    assert len(await died.claimed(10)) == 2
    mailer = Mailer(run, told(post.server), patience)
    for name in ("", "notifications", "notifications-3"):
        mailer.queue = MailQueue(run.pool, patience, name=name)
        assert await mailer.once() == 0
    mailer.queue = MailQueue(run.pool, patience, name="notifications-2")
    assert await mailer.once() == 2
    assert len(post.server.taken) == 2
    again = MailQueue(run.pool, patience, name="notifications-2")
    await again.begin_round()
    assert not await again.claimed(10)


async def test_one_who_stood_still_past_its_claim_changes_nothing_when_it_goes_on(post: Post) -> None:
    run = post.platform.notifications.run
    await post.cycle()
    frozen, go_on = asyncio.Event(), asyncio.Event()

    class Freezing(Mailer):
        async def _contact(self, mail: Any) -> Any:
            frozen.set()
            await go_on.wait()
            return await super()._contact(mail)

    stands_still = Freezing(run, told(post.server, smtp_connections=1), QUICK)
    await stands_still._plan()
    task = asyncio.create_task(stands_still.once())
    await frozen.wait()
    await asyncio.sleep(QUICK.claim + 0.1)
    await post.mailed()
    assert len(post.server.taken) == 2
    post.server.at("rcpt", "550 no such person")
    go_on.set()
    await task
    assert await post.outcomes("coach") == await post.outcomes("teacher") == [("Delivered", None)]
    row = await post.platform.notifications.database.app.fetch(
        "SELECT code, tries FROM work.mailing WHERE tenant = $1", post.school.tenant
    )
    assert [tuple(r) for r in row] in ([], [(None, 0)], [(None, 0)] * 2)


async def test_a_server_in_trouble_is_asked_by_one_mail_at_a_time_and_all_go_when_it_is_well(
    post: Post,
) -> None:
    for focus in ("engagement", "feedback", "planning"):
        await post.cycle(focus)
    pool = post.platform.notifications.run.pool
    # Nothing here is a matter of how fast this machine is.
    post.mailer.queue = MailQueue(pool, replace(QUICK, server=600.0, server_most=600.0, claim=600.0))
    post.server.at("greeting", HANG_UP)
    for _ in range(4):
        await post.mailer.once()
    asked = post.server.connections
    assert 1 <= asked <= 6, "those that were under way when it was noticed, and nobody since"
    for more in (1, 2):
        await pool.execute("UPDATE work.mail_server SET again_at = now()")
        for _ in range(3):
            await post.mailer.once()
        assert post.server.connections == asked + more
    assert await post.mailer.due(post.school.tenant) == 0  # trying one has been trying all
    stands = await post.mailer.told()
    assert (stands["state"], stands["trouble"], stands["due"]) == ("trouble", "hung_up", 6)
    ready = await post.platform.notifications.http.get("/readyz")
    assert ready.status_code == 200
    post.server.behave()
    await pool.execute("UPDATE work.mail_server SET again_at = now()")
    async with asyncio.timeout(20):
        while len(post.server.taken) < 6:
            await post.mailer.once()
            await asyncio.sleep(0.05)
    assert len(post.server.taken) == 6
    assert (await post.mailer.told())["state"] == "on"


async def test_in_quiet_hours_mail_waits_and_what_is_acknowledged_meanwhile_is_not_mailed(post: Post) -> None:
    await post.district("change-policy", quiet_hours={"begin": "18:00", "end": "07:00"})
    await post.clock(when(0, "18:00"))
    await post.cycle()
    await post.mailed()
    assert post.server.taken == []
    assert await post.mailer.due(post.school.tenant) == 0
    inbox = await post.platform.notifications.get(
        "/v1/inbox", by=post.school.coach, tenant=post.school.tenant
    )
    [own] = inbox.json()
    await post.platform.notifications.post(
        f"/v1/notifications/{own['notification_id']}/acknowledge-notification", by=post.school.coach,
        tenant=post.school.tenant,
    )  # fmt: skip
    await post.clock(when(1, "06:59:59"))
    await post.mailed()
    assert post.server.taken == []
    await post.clock(when(1, "07:00"))
    assert await post.mailer.due(post.school.tenant) == 2
    await post.mailed()
    assert [taken.recipients for taken in post.server.taken] == [("teacher@school.example",)]
    assert await post.outcomes("coach") == [("Suppressed", "acknowledged")]
    assert await post.outcomes("teacher") == [("Delivered", None)]


async def test_a_mail_for_which_no_moment_is_known_any_more_waits_until_facts_change(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the calendar is changed while it is on its way."""
    await post.cycle()
    with monkeypatch.context() as patched:
        patched.setattr(mailing, "first_moment", lambda *_: None)
        await post.mailer.once()
    assert await post.mailer.once() == 0
    assert post.server.taken == []
    stands = await post.mailer.told()
    assert (stands["waiting"], stands["due"], stands["no_moment_known"]) == (2, 0, 2)
    assert await post.mailer.due(post.school.tenant) == 0
    await post.district("change-policy", quiet_hours={"begin": "18:00", "end": "07:00"})
    await post.mailed()
    assert len(post.server.taken) == 2
    assert (await post.mailer.told())["no_moment_known"] == 0


async def test_when_quiet_hours_are_changed_what_waits_is_planned_anew(post: Post) -> None:
    await post.district("change-policy", quiet_hours={"begin": "09:00", "end": "12:00"})
    await post.cycle()
    await post.mailed()
    assert post.server.taken == []
    await post.district("change-policy", quiet_hours={"begin": "11:00", "end": "12:00"})
    await post.mailed()
    assert len(post.server.taken) == 2


async def test_a_mail_that_is_late_does_not_come_in_quiet_hours(post: Post) -> None:
    await post.district("change-policy", quiet_hours={"begin": "18:00", "end": "07:00"})
    await post.cycle()
    await post.mailer._plan()
    await post.clock(when(0, "19:00"))  # nobody mailed until now
    await post.mailed()
    assert post.server.taken == []
    await post.clock(when(1, "08:00"))
    await post.mailed()
    assert len(post.server.taken) == 2


async def test_quiet_hours_are_those_of_the_clock_where_somebody_works(post: Post) -> None:
    body = {"name": "North", "time_zone": "America/Denver"}  # an hour behind the district
    path = f"/v1/orgs/{post.school.school}/change-org"
    await post.platform.directory.post(path, by=None, tenant=post.school.tenant, **body)
    await post.district("change-policy", quiet_hours={"begin": "18:00", "end": "07:00"})
    await post.clock(when(0, "18:30"))
    await post.cycle()
    await post.mailed()
    assert len(post.server.taken) == 2  # in Denver it is half past five
    await post.clock(when(0, "19:00"))
    await post.cycle("feedback")
    await post.clock(when(1, "07:59"))
    await post.mailed()
    assert len(post.server.taken) == 2
    await post.clock(when(1, "08:00"))
    await post.mailed()
    assert len(post.server.taken) == 4


async def test_on_holidays_and_weekends_nothing_is_mailed(post: Post) -> None:
    await post.district(
        "change-calendar", terms=[], holidays=[{"begin": when(0, "00:00")[:10], "end": when(4, "00:00")[:10]}]
    )
    await post.cycle()
    await post.clock(when(6, "23:59:59"))
    await post.mailed()
    assert post.server.taken == []
    await post.clock(when(7, "00:00"))
    await post.mailed()
    assert [taken.mail["Subject"] for taken in post.to("teacher")] == ["Chalkline: cycle opened"]


async def test_who_prefers_a_digest_gets_one_mail_a_day_of_all_that_was(post: Post) -> None:
    await post.prefer("coach", mail="daily_digest")
    for focus in ("engagement", "feedback", "planning"):
        await post.cycle(focus)
    await post.mailed()
    assert [taken.recipients for taken in post.server.taken] == [("teacher@school.example",)] * 3
    await post.clock(when(1, "07:00"))
    post.server.at("rcpt", "451 later", times=1)
    await post.mailer.once()
    await asyncio.sleep(0.1)
    await post.cycle("questions")  # too late for this one
    await post.mailed()
    [digest] = post.to("coach")
    assert digest.mail["Subject"] == "Chalkline: 3 notifications"
    assert digest.text().count("/v1/cycles/") == 3
    assert await post.outcomes("coach") == [("Delivered", None)] * 3
    await post.clock(when(2, "07:00"))
    await post.mailed()
    assert [taken.text().count("/v1/cycles/") for taken in post.to("coach")] == [3, 1]
    assert len({taken.message_id for taken in post.to("coach")}) == 2


async def test_who_wants_no_mail_or_not_of_this_gets_none_and_the_inbox_all_the_same(post: Post) -> None:
    await post.prefer("coach", mail="none")
    await post.prefer("teacher", mail="at_once", muted=["CycleOpened"])
    await post.cycle()
    await post.mailed()
    assert post.server.tried == []
    assert await post.outcomes("coach") == await post.outcomes("teacher") == [("Suppressed", "not_wanted")]
    for who in (post.school.coach, post.school.teacher):
        inbox = await post.platform.notifications.get("/v1/inbox", by=who, tenant=post.school.tenant)
        assert len(inbox.json()) == 1


async def test_a_preference_is_its_persons_alone_and_at_once_until_they_choose(post: Post) -> None:
    school, notifications = post.school, post.platform.notifications
    path = f"/v1/preferences/{school.coach}"
    mine = await notifications.get(path, by=school.coach, tenant=school.tenant)
    assert (mine.status_code, mine.json()["data"]) == (200, {"mail": "at_once", "muted": []})
    await post.prefer("coach", mail="daily_digest", muted=["GoalSet", "CycleOpened", "GoalSet"])
    mine = await notifications.get(path, by=school.coach, tenant=school.tenant)
    assert mine.json()["data"] == {"mail": "daily_digest", "muted": ["CycleOpened", "GoalSet"]}
    for other in (school.teacher, school.administrator, None):
        seen = await notifications.get(path, by=other, tenant=school.tenant)
        assert (seen.status_code, seen.json()["code"]) == (404, "not_found")


async def test_who_has_left_or_has_no_usable_address_is_not_mailed(post: Post) -> None:
    people, tenant = post.school.people, post.school.tenant
    directory = post.platform.directory
    await post.cycle()
    await directory.post(f"/v1/people/{people['teacher']}/deactivate-person", by=None, tenant=tenant)
    await directory.post(f"/v1/people/{people['coach']}/change-person", by=None, tenant=tenant, email=None)
    await post.mailed()
    assert await post.outcomes("teacher") == [("Suppressed", "person_not_active")]
    assert await post.outcomes("coach") == [("Suppressed", "no_address")]
    assert post.server.connections == 0


async def test_a_name_that_would_be_a_header_is_only_a_name(post: Post) -> None:
    evil = "Eve\r\nBcc: everyone@school.example\r\n\r\n<script>alert(1)</script> =?utf-8?q?x?= " + "x" * 5000
    path = f"/v1/people/{post.school.coach}/change-person"
    body = {"name": evil, "email": "coach@school.example"}
    answer = await post.platform.directory.http.post(
        path, json=body,
        headers=post.platform.issuer.operator(post.school.tenant) | {"Idempotency-Key": str(UUID(int=77))},
    )  # fmt: skip
    assert answer.is_success, answer.text
    await post.cycle()
    await post.mailed()
    [taken] = post.to("coach")
    assert taken.mail["Bcc"] is None
    assert taken.mail.defects == []
    assert "<script>" not in taken.text("html")
    assert "Hello Eve Bcc: everyone@school.example <script>" in taken.text()
    assert max(len(line) for line in taken.raw.split(b"\r\n")) <= 998


async def test_a_name_and_an_address_are_found_nowhere_but_in_the_mail(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    post.server.at("rcpt", f"451 {NAME} coach@school.example is busy", times=2)
    post.server.at("dot", f"554 5.7.1 {NAME} coach@school.example", times=1)
    await post.cycle()
    await post.mailed()
    database = post.platform.notifications.database
    tables = await database.owner.fetch(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables"
        " WHERE table_schema IN ('ledger', 'work', 'projections')"
    )
    for table in tables:
        rows = await database.owner.fetch(f"SELECT t::text AS row FROM {table['name']} t")
        for row in rows:
            shown = row["row"] + _unhexed(row["row"])
            assert NAME.lower() not in shown.lower(), table["name"]
            assert "@school.example" not in shown, table["name"]
    written = capsys.readouterr()
    assert NAME not in written.out + written.err
    assert "@school.example" not in written.out + written.err


def _unhexed(row: str) -> str:
    """What `bytea` columns say."""
    return " ".join(
        bytes.fromhex(part[2:]).decode(errors="replace")
        for part in row.replace("(", ",")
        .replace(")", ",")
        .replace('"', ",")
        .replace("\\\\x", "\\x")
        .split(",")
        if part.startswith("\\x")
    )


async def test_what_was_overtaken_before_it_could_be_mailed_is_not(post: Post) -> None:
    await post.district("change-policy", quiet_hours={"begin": "18:00", "end": "07:00"})
    cycle = await post.cycle()
    await post.mailed()
    await post.clock(when(16, "06:00"))  # a visit is overdue since midnight
    for _ in range(50):
        await post.platform.level()
        if not await post.platform.notifications.run.due(post.school.tenant):
            break
        await asyncio.sleep(0.1)
    await post.mailed()
    assert len(post.to("coach")) == 1
    await post.platform.goals.post(
        f"/v1/cycles/{cycle}/close-cycle-early", by=post.school.coach, tenant=post.school.tenant,
        reason_code="moved_away",
    )  # fmt: skip
    await post.clock(when(16, "07:00"))
    await post.mailed()
    outcomes = await post.outcomes("coach")
    assert ("Suppressed", "overtaken") in outcomes
    assert [taken.mail["Subject"] for taken in post.to("coach")] == [
        "Chalkline: cycle opened", "Chalkline: cycle closed"
    ]  # fmt: skip


async def test_a_coach_who_may_not_coach_any_more_is_not_mailed_what_was_to_be_done(post: Post) -> None:
    await post.district("change-policy", quiet_hours={"begin": "18:00", "end": "07:00"})
    await post.cycle()
    await post.mailed()
    await post.clock(when(16, "06:00"))
    for _ in range(50):
        await post.platform.level()
        if not await post.platform.notifications.run.due(post.school.tenant):
            break
        await asyncio.sleep(0.1)
    await post.platform.directory.post(
        f"/v1/people/{post.school.teacher}/assign-evaluator", by=None, tenant=post.school.tenant,
        evaluator_id=str(post.school.coach),
    )  # fmt: skip
    await post.platform.level()
    await post.clock(when(16, "07:00"))
    await post.mailed()
    assert ("Suppressed", "overtaken") in await post.outcomes("coach")
    assert [taken.mail["Subject"] for taken in post.to("coach")] == [
        "Chalkline: cycle opened", "Chalkline: coaching suspended"
    ]  # fmt: skip


async def test_what_could_not_be_mailed_for_days_is_given_up(post: Post) -> None:
    await post.cycle()
    post.server.at("rcpt", "451 later")
    await post.mailer.once()
    await post.mailer.once()
    await post.platform.notifications.database.owner.execute(
        "UPDATE work.mailing SET first_tried_at = now() - $1::interval", timedelta(hours=73)
    )
    await post.mailed()
    assert await post.outcomes("coach") == [("Failed", "smtp_451")]


async def test_what_nobody_mailed_for_days_is_not_mailed_later(post: Post) -> None:
    """In a real district; in a sandbox no time passes while nobody mails."""
    school = await open_school(post.platform)
    partnership = await pair_up(post.platform, school)
    await cycle_of(post.platform, school, partnership)
    await post.platform.level()
    await post.mailer._plan()
    await post.platform.notifications.database.owner.execute(
        "UPDATE work.mailing SET send_at = now() - $1::interval WHERE tenant = $2",
        timedelta(hours=73),
        school.tenant,
    )
    await post.mailer.once()
    elsewhere = replace(post, school=school)
    assert (
        await elsewhere.outcomes("coach")
        == await elsewhere.outcomes("teacher")
        == [("Suppressed", "too_late")]
    )
    assert post.server.tried == []


async def test_while_mail_is_off_nothing_is_due_and_nothing_is_recorded(post: Post) -> None:
    off = Mailer(post.platform.notifications.run, replace_host(post.server), QUICK)
    await post.cycle()
    assert await off.due(post.school.tenant) == 0
    assert await off.told() == {"state": "off"}
    assert await post.outcomes("coach") == []


def replace_host(server: MailServer) -> Any:
    return told(server).model_copy(update={"smtp_host": ""})


def test_a_mail_may_take_as_long_as_the_usual_settings_let_a_server_take() -> None:
    seconds: float = MailSettings.model_fields["smtp_timeout"].default
    gone_stale = seconds  # RSET
    connecting = 4 * seconds
    handing_over = 2 * seconds + 2 * 2 * seconds  # MAIL and RCPT; DATA, and the answer to it
    assert USUAL.one >= gone_stale + connecting + handing_over


async def test_of_two_reminders_alike_the_one_that_was_overtaken_is_not_mailed(post: Post) -> None:
    """Two steps to look back on that day, the one declined meanwhile: the other's reminder does not stand for both."""
    goals, tenant, teacher = post.platform.goals, post.school.tenant, post.school.teacher
    await post.prefer("teacher", mail="daily_digest", muted=["CycleOpened"])
    cycle = await post.cycle()
    told = {"cycle_id": str(cycle), "strategy_code": "cold_call", "check_back_on": when(1, "00:00")[:10]}
    steps = [await goals.begin("action-steps", by=teacher, tenant=tenant, **told) for _ in range(2)]
    await post.clock(when(1, "06:00"))
    while await post.platform.notifications.run.due(tenant):
        await post.platform.level()
    path = f"/v1/action-steps/{steps[0]}/respond-to-action-step"
    await goals.post(path, by=teacher, tenant=tenant, response="declined")
    await post.clock(when(1, "07:00"))
    await post.mailed()
    assert sorted(await post.outcomes("teacher")) == [
        ("Delivered", None), ("Suppressed", "not_wanted"), ("Suppressed", "overtaken")
    ]  # fmt: skip
    assert [taken.mail["Subject"] for taken in post.to("teacher")] == ["Chalkline: check back due"]
