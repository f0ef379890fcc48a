"""How a mail reads: a milestone's name and a link for each notification, in text and in HTML.

Never goal text, a score or a student; the only name in it is the recipient's own, and that in no header.
The same notifications make the same mail, to the Message-ID; only its date differs. Headers hold ids, addresses
that were checked and words of our own, so they are written as they are: the standard library takes twenty times
as long to write the same message.
"""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from typing import Final
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from notifications.address import Address, displayed
from notifications.rules import GLASS_BROKEN

UNNAMED = "colleague"
CRLF = "\r\n"
IN_PLAIN_WORDS: Final = {GLASS_BROKEN: "An administrator may read what is yours"}
"""What whoever never heard of it should understand at once."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification as a mail tells it."""

    words: str
    link: str


def notice(milestone: str, link: str) -> Notice:
    """`VisitOverdue` is told as "Visit overdue"."""
    words = IN_PLAIN_WORDS.get(milestone) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", milestone)
    return Notice(words[:1] + words[1:].lower(), link)


def message_id(mail_id: UUID, sender: Address) -> str:
    """The mail's Message-ID without angle brackets: the same however often it is sent."""
    return f"{mail_id}@{sender.domain}"


def written(
    mail_id: UUID,
    notices: Sequence[Notice],
    *,
    name: str,
    sender: Address,
    recipient: Address,
    digest: bool,
    at: datetime,
) -> bytes:
    """The mail, ready for SMTP's DATA."""
    several = len(notices) > 1
    what = f"{len(notices)} notifications" if several else notices[0].words[:1].lower() + notices[0].words[1:]
    subject = f"Chalkline: {what}"
    told = {"name": displayed(name) or UNNAMED, "subject": subject, "notices": notices, "digest": digest}
    boundary = f"=_{mail_id.hex}"
    head = [
        f"From: Chalkline <{sender}>",
        f"To: {recipient}",
        f"Subject: {subject}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{message_id(mail_id, sender)}>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    parts = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{_printable(_template(f'mail.{suffix}').render(told))}\r\n"
        for kind, suffix in (("plain", "txt"), ("html", "html"))
    )
    return f"{CRLF.join(head)}\r\n\r\n{''.join(parts)}--{boundary}--\r\n".encode()


def _printable(text: str) -> str:
    """Quoted-printable: lines of ASCII, none longer than 76."""
    return b2a_qp(text.replace("\n", CRLF).encode(), istext=True).decode("ascii")


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("notifications", "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
