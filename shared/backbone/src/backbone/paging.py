"""Lists: an opaque cursor that only we can make, and the Link that carries it."""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from backbone.problems import Problem

_MAC = 16
_NEXT = re.compile(r'<[^>?]*\?([^>]*)>; rel="next"')


class Cursors:
    """Cursors of one service. `key` is secret; `purpose` ties a cursor to its list, tenant and reader."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"cursors", "sha256")

    def encode(self, purpose: str, *after: Any) -> str:
        """The place after the row with these sort keys: strings, integers, booleans or None."""
        place = json.dumps(after, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(purpose, place) + place).rstrip(b"=").decode()

    def decode(self, purpose: str, cursor: str) -> Sequence[Any]:
        """The sort keys in a cursor. Raises a Problem for one that is not ours, or from another list."""
        try:
            raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Problem("cursor_invalid") from None
        mac, place = raw[:_MAC], raw[_MAC:]
        if len(cursor) > 2048 or not hmac.compare_digest(mac, self._mac(purpose, place)):
            raise Problem("cursor_invalid")
        after: list[Any] = json.loads(place)
        return after

    def _mac(self, purpose: str, place: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\x1f" + place, "sha256")[:_MAC]


def next_link(path: str, cursor: str, **parameters: str | int) -> str:
    """The value of a Link header that leads to the next page."""
    return f'<{path}?{urlencode({**parameters, "cursor": cursor})}>; rel="next"'


def cursor_in(link: str | None) -> str | None:
    """The cursor in a Link header that `next_link` wrote; None: there is no next page."""
    found = _NEXT.fullmatch(link or "")
    return parse_qs(found[1])["cursor"][0] if found else None
