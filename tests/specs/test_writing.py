"""How a mail reads, and what nobody can write into one."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications.address import LONGEST_NAME, Address, Unusable, address_of, displayed
from notifications.writing import message_id, notice, written

GOLDEN = Path(__file__).parent / "mails"
SENDER = address_of("chalkline@district.example")
MAYA = address_of("maya@school.example")
LINK = "https://chalkline.district.example/v1/cycles/0195"


def mail(
    *milestones: str, name: str = "Maya Ortiz", recipient: Address = MAYA, digest: bool = False
) -> bytes:
    notices = [notice(milestone, f"{LINK}{n}") for n, milestone in enumerate(milestones)]
    return written(
        UUID(int=7), notices, name=name, sender=SENDER, recipient=recipient, digest=digest,
        at=datetime(2026, 3, 2, 15, tzinfo=UTC),
    )  # fmt: skip


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def text(raw: bytes, kind: str = "plain") -> str:
    body = read(raw).get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("at-once", mail("VisitOverdue")),
        ("digest", mail("VisitOverdue", "GoalAchieved", "CycleOpened", digest=True)),
        (
            "other-letters",
            mail("GoalSet", name="Zoë <Ng> & 李 小龙", recipient=address_of("zoë@bücher.example")),
        ),
    ],
)
def test_mails_read_as_they_always_did(name: str, raw: bytes) -> None:
    """Delete a file of `mails` to have it written as it reads now; look at it before you commit it."""
    path = GOLDEN / f"{name}.eml"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw.replace(b"\r\n", b"\n"))
        pytest.fail(f"{path.name} was missing and is written now")
    assert path.read_bytes().replace(b"\r\n", b"\n") == raw.replace(b"\r\n", b"\n")


def test_a_mail_says_that_no_one_wrote_it_and_that_it_is_the_same_each_time() -> None:
    once, again = mail("VisitOverdue"), mail("VisitOverdue")
    assert once == again
    headers = read(once)
    assert headers["Message-ID"] == f"<{message_id(UUID(int=7), SENDER)}>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Subject"] == "Chalkline: visit overdue"
    assert headers.get_content_type() == "multipart/alternative"


def test_a_digest_of_one_reads_like_a_mail_about_one() -> None:
    assert read(mail("GoalSet", digest=True))["Subject"] == "Chalkline: goal set"


anything = st.text(st.characters(blacklist_categories=("Cs",)), max_size=300)


@given(anything)
def test_no_name_gets_into_a_header_or_out_of_its_place(name: str) -> None:
    raw = mail("VisitOverdue", name=name)
    head, _, _ = raw.partition(b"\r\n\r\n")
    usual, _, _ = mail("VisitOverdue").partition(b"\r\n\r\n")
    assert head == usual
    assert read(raw).defects == []
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert text(raw).splitlines()[0] == f"Hello {displayed(name) or 'colleague'},"
    shown = text(raw, "html")
    assert shown.count("<") == text(mail("VisitOverdue"), "html").count("<")


@given(anything)
def test_a_name_is_shown_on_one_line_and_not_without_end(name: str) -> None:
    shown = displayed(name)
    assert len(shown) <= LONGEST_NAME
    assert shown == shown.strip()
    assert shown.splitlines() in ([], [shown])
    assert displayed(shown) == shown


def test_a_name_that_turns_the_reading_direction_turns_nothing() -> None:
    assert displayed("Maya\u202e\u2066 Ortiz\x00\x1b[31m") == "Maya Ortiz [31m"
    assert displayed("می‌خواهم") == "می‌خواهم"


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("maya@school.example", "maya@school.example"),
        ("  Maya.O'Neil+x@School.EXAMPLE ", "Maya.O'Neil+x@school.example"),
        ("zoë@school.example", "zoë@school.example"),
        ("maya@bücher.example", "maya@xn--bcher-kva.example"),
        ("m@localhost", "m@localhost"),
    ],
)
def test_an_address_is_read_as_it_is_meant(given_: str, meant: str) -> None:
    assert str(address_of(given_)) == meant
    assert address_of(given_).international is not meant.isascii()


@pytest.mark.parametrize(
    "wrong",
    ["", "@", "maya", "maya@", "@school.example", "maya@school@x", "Maya <maya@school.example>", "a b@x.example",
     "maya@school.example\r\nRCPT TO:<eve@x.example>", "maya\r\n@x.example", "maya@x.example>", "<maya@x.example",
     "maya@-x.example", "maya@x..example", ".maya@x.example", "ma..ya@x.example", '"maya o"@x.example',
     "maya@[127.0.0.1]", "maya@x.example,eve@x.example", "m" * 65 + "@x.example", "m@" + "x." * 130 + "example",
     "maya\u202e@x.example", "maya@x y.example", "maya@x.example SIZE=1", "maya@" + "ü" * 80 + ".example"],
)  # fmt: skip
def test_what_is_no_plain_mailbox_is_not_written_to(wrong: str) -> None:
    with pytest.raises(Unusable):
        address_of(wrong)


@given(st.one_of(anything, st.builds("{}@{}".format, anything, anything), st.emails()))
def test_whatever_an_address_is_it_fits_in_one_command(given_: str) -> None:
    try:
        found = str(address_of(given_))
    except Unusable:
        return
    assert len(found.encode()) <= 254
    assert not any(c.isspace() or c in '<>,;:"\\()[]' or ord(c) < 32 for c in found)
    assert address_of(found) == address_of(given_)


def test_who_is_told_of_broken_glass_understands_it_and_reads_nobodys_words() -> None:
    told = mail("BreakGlassApproved")
    assert read(told)["Subject"] == "Chalkline: an administrator may read what is yours"
    for kind in ("plain", "html"):
        assert "An administrator may read what is yours" in text(told, kind)
        assert LINK in text(told, kind)
