"""Whatever was caught can be listed and shown, and no mail does anything to the terminal it is shown on."""

from pathlib import Path

import pytest
from chalkline import mails
from chalkline.problem import Problem
from hypothesis import given, settings
from hypothesis import strategies as st

HEAD = b"Return-Path: <chalkline@district.example>\r\nDelivered-To: maya@school.example\r\n"


def put(folder: Path, raw: bytes, *, at: int = 1, id_: str = "") -> str:
    id_ = id_ or f"{at:08x}"
    (folder / f"20260302T1500{at:02}.000000Z-{id_}.eml").write_bytes(raw)
    return id_


def test_mails_are_listed_in_the_order_they_came_to_whom_one_asks_for(tmp_path: Path) -> None:
    for n, who in enumerate(("maya", "Tomas", "maya"), start=1):
        put(tmp_path, HEAD.replace(b"maya", who.encode()) + b"Subject: %d\r\n\r\nhello\r\n" % n, at=n)
    assert [mail.subject for mail in mails.caught(tmp_path)] == ["1", "2", "3"]
    assert [mail.subject for mail in mails.caught(tmp_path, to="TOMAS@")] == ["2"]
    assert [mail.subject for mail in mails.caught(tmp_path, to="maya", last=1)] == ["3"]
    assert mails.caught(tmp_path, to="nobody") == []
    assert mails.caught(tmp_path / "nowhere") == []
    assert mails.caught(tmp_path)[0].caught_at == "2026-03-02T15:00:01.000+00:00"


def test_a_mail_is_found_by_how_its_id_begins_if_only_one_does(tmp_path: Path) -> None:
    for id_ in ("ab12cd34", "ab99ffff", "00000001"):
        put(tmp_path, HEAD + b"\r\n", id_=id_)
    assert mails.one(tmp_path, "AB1").id == "ab12cd34"
    for wrong in ("ab", "c", "", "../ab12", "*"):
        with pytest.raises(Problem):
            mails.one(tmp_path, wrong)


ODD = [
    b"",
    b"\xff\xfe\x00",
    HEAD,
    HEAD + b"Subject: =?utf-8?b?????=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nhello",
    HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x--\r\n",
    HEAD + b"Content-Type: multipart/alternative\r\n\r\nno boundary",
    HEAD + b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
    HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
    HEAD + b"To: <<<>>>,,,;;\r\nFrom: (\r\nDate: yesterday\r\n\r\nx",
    HEAD + b"Subject: \x1b]0;owned\x07\x1b[2J\r\n\r\n\x1b[31mred\x9b1m",
]


@pytest.mark.parametrize("raw", ODD)
def test_an_odd_mail_is_shown_as_far_as_it_can_be_read(tmp_path: Path, raw: bytes) -> None:
    shown = mails.one(tmp_path, put(tmp_path, raw))
    assert mails.caught(tmp_path) == [shown]
    everything = "".join((*shown.to, shown.sender, shown.subject, shown.text, shown.html))
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in everything)


@settings(max_examples=150)
@given(st.binary(max_size=400), st.sampled_from([b"", HEAD, HEAD + b"Subject: x\r\nTo: "]))
def test_whatever_the_bytes_are_the_list_stands(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, head: bytes
) -> None:
    folder = tmp_path_factory.mktemp("mails")
    put(folder, head + raw)
    put(folder, HEAD + b"Subject: sound\r\n\r\nhello\r\n", at=2)
    listed = mails.caught(folder)
    assert (len(listed), listed[1].text) == (2, "hello\n")
    assert not any(ord(c) < 32 for mail in listed for c in mail.subject + mail.sender + "".join(mail.to))


def test_one_that_is_gone_meanwhile_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "20260302T150001.000000Z-0000000a.eml").symlink_to(tmp_path / "gone")
    assert mails.caught(tmp_path) == []
