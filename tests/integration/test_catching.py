"""The local catcher: what it took is kept, whoever kills it; what it did not take was never promised."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from chalkline import mails, ports
from chalkline.catching import Catcher
from chalkline.parts import mail_part
from chalkline.state import State
from kit.mail_server import MailServer, told
from notifications.address import address_of
from notifications.posting import NotTaken, Post
from notifications.writing import notice, written

pytestmark = pytest.mark.integration


def mail(number: int, to: str) -> bytes:
    return written(
        UUID(int=number), [notice("VisitOverdue", "http://127.0.0.1:8002/v1/cycles/1")], name="Maya",
        sender=address_of("chalkline@district.example"), recipient=address_of(to), digest=False,
        at=datetime.now(UTC),
    )  # fmt: skip


@asynccontextmanager
async def catching(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    part = mail_part(folder, port)
    part.process = await asyncio.create_subprocess_exec(*part.command)
    try:
        async with asyncio.timeout(20):
            while not await part.ready():  # noqa: ASYNC110 - another process, which sets no event
                await asyncio.sleep(0.05)
        yield part.process
    finally:
        with suppress(ProcessLookupError):
            part.process.send_signal(signal.SIGTERM)
        await part.process.wait()


async def test_what_was_taken_is_there_after_any_kill_and_can_be_read(tmp_path: Path) -> None:
    folder, port = tmp_path / "mail", ports.any_free()
    to = "zoë@school.example"
    taken = 0
    for round_ in range(3):
        async with catching(folder, port) as process:
            post = Post(told(MailServer(port=port)))
            with suppress(NotTaken):
                for number in range(20):
                    if number == 10 + round_:
                        process.kill()
                    await post.send(address_of(to), mail(number, to))
                    taken += 1
            await post.close()
    caught = mails.caught(folder)
    assert 30 <= taken <= len(caught) <= taken + 3
    assert {one.to for one in caught} == {(to,)}
    assert {one.subject for one in caught} == {"Chalkline: visit overdue"}
    assert all("Hello Maya" in one.text and "<li>" in one.html for one in caught)
    async with catching(folder, port):  # the remains of what was half written are gone
        assert not list(folder.glob(".*"))


async def test_of_very_many_mails_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiosmtpd.smtp import Envelope

    monkeypatch.setattr("chalkline.catching.KEPT", 30)
    monkeypatch.setattr("chalkline.catching.TIDIED_EVERY", 10)
    catcher = Catcher(tmp_path)
    for number in range(100):
        envelope = Envelope()
        envelope.mail_from, envelope.rcpt_tos = "a@x.example", ["b@x.example"]
        envelope.original_content = b"Subject: %d\r\n\r\n" % number
        assert (await catcher.handle_DATA(None, None, envelope)).startswith("250")  # type: ignore[arg-type]
    kept = [int(one.subject) for one in mails.caught(tmp_path)]
    assert kept == list(range(100 - len(kept), 100))
    assert 30 <= len(kept) < 40


async def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    port = ports.any_free()
    async with catching(tmp_path / "mail", port):
        post = Post(told(MailServer(port=port), smtp_timeout=20))
        with pytest.raises(NotTaken) as refused:
            await post.send(
                address_of("a@x.example"), b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" + b"y" * 6_000_000
            )
        await post.close()
    assert refused.value.code in ("smtp_552", "smtp_500", "smtp_554")


def test_the_catcher_is_started_by_its_module() -> None:
    assert mail_part(Path(), 1).command[:3] == [sys.executable, "-m", "chalkline.catching"]


def test_whoever_has_read_enough_of_a_list_is_told_no_more(tmp_path: Path) -> None:
    """As in `chalkline mail list --json | head -1`: no traceback behind the line that was wanted."""
    state = State(tmp_path / "here")
    state.make()
    (state.mail / "20261122T052605.562343Z-098ba544.eml").write_bytes(mail(1, "maya@school.example"))
    unread, wanted = os.pipe()
    os.close(unread)
    with os.fdopen(wanted, "w") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "chalkline", "mail", "list", "--json", "--home", str(state.home)],
            stdin=subprocess.DEVNULL, stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")


def test_whom_no_mail_was_for_is_no_sign_that_there_is_none(tmp_path: Path) -> None:
    """A name with a typo in it is the first thing to look at when a list is empty, and the server is the second."""
    state = State(tmp_path / "here")
    state.make()

    def listed(*asked: str) -> str:
        command = [sys.executable, "-m", "chalkline", "mail", "list", *asked, "--home", str(state.home)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert listed() == "No mail was caught.\n"
    caught = b"Delivered-To: maya@school.example\r\n" + mail(1, "maya@school.example")
    (state.mail / "20261122T052605.562343Z-098ba544.eml").write_bytes(caught)
    assert "maya@school.example" in listed("--to", "maya")
    assert listed("--to", "mya") == "No mail to an address with mya in it was caught.\n"
