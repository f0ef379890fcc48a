"""Names and addresses as they may stand in a mail's header, whatever somebody wrote into a roster."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_NAME = 120
LONGEST_ADDRESS, LONGEST_LOCAL = 254, 64  # RFC 5321, 4.5.3.1
JOINERS = "\u200c\u200d"
"""Of all invisible characters those that belong to how some names are written."""
LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


class Unusable(Exception):
    """Nothing can be sent to this address."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox; its domain as DNS has it."""

    local: str
    domain: str

    @property
    def international(self) -> bool:
        """Whether a server must offer SMTPUTF8 to take it."""
        return not self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def address_of(text: str) -> Address:
    """One plain mailbox: no display name, no comment, no quotes. Raises Unusable.

    A domain in letters other than ASCII is turned into the form DNS has for it.
    """
    local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    if not at or not LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise Unusable
    if any(unicodedata.category(c)[0] == "C" for c in local):
        raise Unusable
    try:
        plain = domain.encode("idna").decode().lower()
    except UnicodeError:
        raise Unusable from None
    if not DOMAIN.fullmatch(plain):
        raise Unusable
    if len(local.encode()) > LONGEST_LOCAL or len(local.encode()) + 1 + len(plain) > LONGEST_ADDRESS:
        raise Unusable
    return Address(local, plain)


def displayed(name: str) -> str:
    """A name on one line: no control, no direction mark, no line break, and not without end."""
    seen = "".join(
        " " if c.isspace() or unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in name
        if c in JOINERS or unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    plain = " ".join(seen.split())
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"
