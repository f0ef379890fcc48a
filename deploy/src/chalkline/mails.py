"""The mails that the local catcher caught: listed, and shown so that a person can read them.

Anybody may have written them: nothing in one may break the terminal it is shown on, or the list it is in.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from chalkline.problem import Problem


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, as text that can be printed."""

    id: str
    caught_at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    text: str
    html: str
    file: str

    def told(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def caught(folder: Path, *, to: str = "", last: int | None = None) -> list[Mail]:
    """The mails to whoever has `to` in their address, oldest first; the last so many."""
    wanted = to.casefold()
    found: list[Mail] = []
    for path in _files(folder):
        if last is not None and len(found) >= last:
            break
        mail = _read(path)
        if mail is not None and (not wanted or any(wanted in address.casefold() for address in mail.to)):
            found.append(mail)
    return found[::-1]


def one(folder: Path, id_: str) -> Mail:
    """The mail of an id, or of the only one that begins like that. Raises Problem."""
    wanted = id_.strip().lower()
    found = [path for path in _files(folder) if wanted and _id(path).startswith(wanted)]
    mail = _read(found[0]) if len(found) == 1 else None
    if mail is None:
        how_many = "several mails begin" if len(found) > 1 else "no mail begins"
        raise Problem(f"{how_many} with {id_}", "the first column of `chalkline mail list` tells their ids")
    return mail


def _files(folder: Path) -> Iterator[Path]:
    """Newest first: their names begin with when they came."""
    yield from sorted((path for path in folder.glob("*.eml") if not path.name.startswith(".")), reverse=True)


def _id(path: Path) -> str:
    return path.stem.rpartition("-")[2]


def _read(path: Path) -> Mail | None:
    """None for one that is gone by now."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    mail = message_from_bytes(raw, policy=default)
    return Mail(
        id=_id(path),
        caught_at=_when(path),
        sender=_header(mail, "Return-Path").strip("<>"),
        to=tuple(plain(_said(value)) for value in _all(mail, "Delivered-To")),
        subject=_header(mail, "Subject"),
        message_id=_header(mail, "Message-ID"),
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        file=str(path),
    )


def _when(path: Path) -> str:
    stamp = path.stem.rpartition("-")[0]
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%f%z").isoformat(timespec="milliseconds")
    except ValueError:
        return stamp


def _all(mail: EmailMessage, name: str) -> list[Any]:
    try:
        return mail.get_all(name, [])
    except Exception:  # noqa: BLE001 - the parser of headers gives up on some in its own ways
        return [value for key, value in mail.raw_items() if key.lower() == name.lower()]


def _header(mail: EmailMessage, name: str) -> str:
    found = _all(mail, name)
    return plain(_said(found[0])).strip() if found else ""


def _said(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - see `_all`
        return "(unreadable)"


def _body(mail: EmailMessage, kind: str) -> str:
    """The part of a kind, however it is encoded; of a mail in pieces that do not fit, what can be read."""
    try:
        part = mail.get_body((kind,))
        return plain(str(part.get_content()), lines=True) if part is not None else ""
    except Exception:  # noqa: BLE001 - an unknown charset, a part that is none
        if kind != "plain":
            return ""
        payload: Any = mail.get_payload()
        return plain(payload if isinstance(payload, str) else "(unreadable)", lines=True)


def plain(text: str, *, lines: bool = False) -> str:
    """Without anything that a terminal would obey."""
    kept = "\n\t" if lines else ""
    return "".join(
        c
        if c in kept or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else ""
        if c == "\r"
        else "�"
        for c in text
    )
