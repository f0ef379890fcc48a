"""Handing a mail to a mail server that is down, slow, refuses, or hangs up at the worst byte."""

import asyncio
import logging
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.mail_server import (
    DRIP,
    ENDLESS,
    HANG_UP,
    JUNK,
    RESET,
    SILENCE,
    TAKE_AND_HANG_UP,
    Deed,
    MailServer,
    authority,
    mail_server,
    told,
)
from notifications.address import Address, address_of
from notifications.posting import NotTaken, Post, Refused, ServerTrouble, TryLater
from notifications.settings import MailSettings
from notifications.writing import notice, written
from pydantic import ValidationError

MAYA = address_of("maya@school.example")


def mail(recipient: Address = MAYA, number: int = 1) -> bytes:
    return written(
        UUID(int=number), [notice("VisitOverdue", "https://chalkline.example/v1/cycles/1")], name="Maya Ortiz",
        sender=address_of("chalkline@district.example"), recipient=recipient, digest=False,
        at=datetime(2026, 3, 2, 15, tzinfo=UTC),
    )  # fmt: skip


async def outcome(settings: MailSettings, recipient: Address = MAYA) -> str:
    """`taken`, or the kind and code of what was raised; never a word of what the server said."""
    post = Post(settings)
    try:
        async with asyncio.timeout(20):
            await post.send(recipient, mail(recipient))
    except NotTaken as error:
        assert str(error) == error.code
        assert error.__cause__ is None
        assert error.__suppress_context__
        return f"{type(error).__name__} {error.code}"
    finally:
        await post.close()
    return "taken"


CASES: list[tuple[str, Deed, str]] = [
    ("greeting", HANG_UP, "ServerTrouble hung_up"),
    ("greeting", RESET, "ServerTrouble hung_up"),
    ("greeting", SILENCE, "ServerTrouble timed_out"),
    ("greeting", ENDLESS, "ServerTrouble nonsense"),
    ("greeting", JUNK, "ServerTrouble nonsense"),
    ("greeting", "421 too many", "ServerTrouble smtp_421"),
    ("greeting", "554 no service for maya@school.example", "ServerTrouble smtp_554"),
    ("greeting", "999 what", "ServerTrouble nonsense"),
    ("ehlo", HANG_UP, "ServerTrouble hung_up"),
    ("ehlo", SILENCE, "ServerTrouble timed_out"),
    ("ehlo", ENDLESS, "ServerTrouble nonsense"),
    ("ehlo", "421 closing", "ServerTrouble smtp_421"),
    ("greeting", DRIP, "ServerTrouble timed_out"),
    ("rcpt", DRIP, "TryLater timed_out"),
    ("dot", DRIP, "TryLater timed_out"),
    ("data", "421 closing", "TryLater smtp_421"),
    ("data", SILENCE, "TryLater timed_out"),
    ("mail", SILENCE, "TryLater timed_out"),
    ("mail", "451 later", "TryLater smtp_451"),
    ("mail", "421 closing", "TryLater smtp_421"),
    ("mail", "530 5.7.0 authenticate first", "ServerTrouble smtp_530"),
    ("mail", "550 not from you", "Refused smtp_550"),
    ("mail", HANG_UP, "TryLater hung_up"),
    ("rcpt", "450 busy", "TryLater smtp_450"),
    ("rcpt", "451 4.7.1 greylisted", "TryLater smtp_451"),
    ("rcpt", "421 closing", "TryLater smtp_421"),
    ("rcpt", "550 5.1.1 no maya@school.example here", "Refused smtp_550"),
    ("rcpt", HANG_UP, "TryLater hung_up"),
    ("rcpt", SILENCE, "TryLater timed_out"),
    ("rcpt", ENDLESS, "TryLater nonsense"),
    ("rcpt", JUNK, "TryLater nonsense"),
    ("rcpt", "250-ok\r\n250-ok", "TryLater timed_out"),
    ("data", "452 full", "TryLater smtp_452"),
    ("data", "554 no", "Refused smtp_554"),
    ("data", "250 ok?", "TryLater nonsense"),
    ("data", HANG_UP, "TryLater hung_up"),
    ("body", HANG_UP, "TryLater hung_up"),
    ("body", RESET, "TryLater hung_up"),
    ("body", "421 closing", "TryLater smtp_421"),
    ("body", "552 that is enough", "Refused smtp_552"),
    ("dot", HANG_UP, "TryLater hung_up"),
    ("dot", TAKE_AND_HANG_UP, "TryLater hung_up"),
    ("dot", SILENCE, "TryLater timed_out"),
    ("dot", ENDLESS, "TryLater nonsense"),
    ("dot", JUNK, "TryLater nonsense"),
    ("dot", "451 local error", "TryLater smtp_451"),
    ("dot", "421 shutting down", "TryLater smtp_421"),
    ("dot", "552 5.2.2 maya@school.example is full", "Refused smtp_552"),
    ("dot", "554 looks like spam", "Refused smtp_554"),
]


@pytest.mark.parametrize(("stage", "deed", "expected"), CASES, ids=lambda value: str(value)[:30])
async def test_whatever_a_server_does_at_whatever_byte_has_one_code_and_leaks_no_word(
    stage: str, deed: Deed, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with mail_server() as server:
        server.at(stage, deed)
        assert await outcome(told(server, smtp_timeout=0.4)) == expected
        server.behave()
        assert await outcome(told(server)) == "taken"
    assert "maya" not in caplog.text.lower()
    assert "ortiz" not in caplog.text.lower()


async def test_a_slow_server_gets_its_mail() -> None:
    async with mail_server(slowly=0.15) as server:
        assert await outcome(told(server)) == "taken"


STAGES = ("greeting", "ehlo", "mail", "rcpt", "data", "body", "dot", "rset", "quit")
answers = st.one_of(
    st.binary(max_size=60),
    st.builds(lambda code, rest: b"%03d" % code + rest, st.integers(0, 999), st.binary(max_size=40)),
    st.builds(lambda code, lines: b"".join(b"%d-%s\r\n" % (code, line) for line in lines),
              st.sampled_from([220, 250, 354, 421, 451, 550]), st.lists(st.binary(max_size=9), max_size=4)),
)  # fmt: skip


@settings(max_examples=80)
@given(st.sampled_from(STAGES), answers.filter(bool), st.booleans())
def test_whatever_bytes_a_server_answers_with_a_mail_has_an_outcome(
    stage: str, answer: bytes, ended: bool
) -> None:
    async def one() -> str:
        async with mail_server() as server:
            server.at(stage, answer + (b"\r\n" if ended else b""))
            return await outcome(told(server, smtp_timeout=0.15))

    kind, _, code = asyncio.run(one()).partition(" ")
    assert kind in ("taken", "ServerTrouble", "TryLater", "Refused")
    assert re.fullmatch(r"(smtp_[45]\d\d|hung_up|timed_out|nonsense|unsupported|unreachable)?", code)


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with mail_server() as server:
        pass
    assert await outcome(told(server)) == "ServerTrouble unreachable"
    nowhere = told(MailServer(port=25), smtp_host="nowhere.invalid")
    assert await outcome(nowhere) == "ServerTrouble unreachable"


async def test_many_mails_go_over_one_connection_and_one_that_was_closed_meanwhile_is_made_anew() -> None:
    async with mail_server() as server:
        post = Post(told(server))
        for number in range(1, 4):
            await post.send(MAYA, mail(number=number))
        assert server.connections == 1
        server.at("rset", HANG_UP, times=1)
        await post.send(MAYA, mail(number=4))
        server.at("rset", "421 idle for too long", times=1)
        await post.send(MAYA, mail(number=5))
        assert server.connections == 3
        server.at("rcpt", "550 no", times=1)
        with pytest.raises(Refused):
            await post.send(MAYA, mail(number=6))
        await post.send(MAYA, mail(number=7))
        assert server.connections == 3
        await post.close()
    assert [t.message_id for t in server.taken] == [
        f"<{UUID(int=number)}@district.example>" for number in (1, 2, 3, 4, 5, 7)
    ]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_over_tls_with_a_certificate_of_a_trusted_authority_mail_goes(
    security: str, tmp_path: Path
) -> None:
    trusted, context = authority(tmp_path)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "smtp_username").write_text("chalk\n")
    (secrets / "smtp_password").write_text("líne and spaces\n")
    side = {"implicit" if security == "tls" else "starttls": context}
    async with mail_server(**side, credentials=("chalk", "líne and spaces")) as server:
        right = told(server, smtp_security=security, smtp_ca=trusted, secrets_dir=secrets)
        assert await outcome(right) == "taken"
        assert "líne" not in repr(right)
        server.credentials = ("chalk", "changed")
        assert await outcome(right) == "ServerTrouble login_refused"


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_nobody_vouches_for_or_of_another_name_gets_no_mail(
    security: str, tmp_path: Path
) -> None:
    trusted, context = authority(tmp_path / "one")
    other, elsewhere = authority(tmp_path / "other", name="elsewhere.example")
    for believed, shown in ((other, context), (other, elsewhere), (None, context)):
        side = {"implicit" if security == "tls" else "starttls": shown}
        async with mail_server(**side) as server:
            assert (
                await outcome(told(server, smtp_security=security, smtp_ca=believed))
                == "ServerTrouble tls_failed"
            )
            assert server.tried == []
    assert trusted.exists()


async def test_starttls_that_is_not_offered_refused_or_spoken_in_the_clear_gets_no_mail(
    tmp_path: Path,
) -> None:
    trusted, context = authority(tmp_path)
    async with mail_server() as server:
        asks = told(server, smtp_security="starttls", smtp_ca=trusted)
        assert await outcome(asks) == "ServerTrouble unsupported"
    async with mail_server(starttls=context) as server:
        asks = told(server, smtp_security="starttls", smtp_ca=trusted)
        server.at("starttls", "454 not now", times=1)
        assert await outcome(asks) == "ServerTrouble smtp_454"
        server.at("starttls", "220 go ahead\r\n250 injected", times=1)
        assert (await outcome(asks)).startswith(("taken", "ServerTrouble"))
        assert all(taken.sender for taken in server.taken)


async def test_an_address_in_other_letters_needs_a_server_that_takes_them() -> None:
    async with mail_server() as server:
        assert await outcome(told(server), address_of("märz@bücher.example")) == "taken"
        assert server.tried == ["märz@xn--bcher-kva.example"]
        assert server.taken[0].mail["To"] == "märz@xn--bcher-kva.example"
        server.utf8 = False
        assert await outcome(told(server), address_of("märz@bücher.example")) == "Refused smtputf8_missing"
        assert await outcome(told(server), address_of("maerz@bücher.example")) == "taken"


@pytest.mark.parametrize(
    "wrong",
    [
        {"mail_from": ""},
        {"mail_from": "Chalkline <a@b.example>"},
        {"mail_from": "märz@b.example"},
        {"smtp_security": "ssl"},
        {"smtp_port": 0},
        {"smtp_ca": "/nonexistent"},
        {"public_url": ""},
        {"public_url": "ftp://x"},
        {"public_url": "https://x?a=b"},
        {"mail_digest_at": "25:00"},
    ],
)
def test_settings_that_could_not_work_are_refused_at_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        told(MailServer(port=25), **{"smtp_security": "starttls"} | wrong)


def test_a_password_is_never_sent_in_the_clear_nor_taken_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHALKLINE_SMTP_PASSWORD", "seen by everyone")
    assert told(MailServer(port=25)).smtp_password.get_secret_value() == ""
    (tmp_path / "smtp_username").write_text("chalk")
    with pytest.raises(ValidationError, match="both"):
        told(MailServer(port=25), secrets_dir=tmp_path, smtp_security="tls")
    (tmp_path / "smtp_password").write_text("secret")
    with pytest.raises(ValidationError, match="in the clear"):
        told(MailServer(port=25), secrets_dir=tmp_path)
    assert isinstance(
        told(MailServer(port=25), secrets_dir=tmp_path, smtp_security="tls").tls(), ssl.SSLContext
    )


def test_without_a_host_there_is_no_mail_and_nothing_else_is_asked_for() -> None:
    assert not MailSettings(secrets_dir=Path("/nonexistent")).on
    assert {ServerTrouble, TryLater, Refused} == set(NotTaken.__subclasses__())
