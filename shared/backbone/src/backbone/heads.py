"""What a connection may say before it has asked anything: so many bytes, within so many seconds.

The server that reads requests bounds neither, and copies a header as often as a part of it comes: one connection with a
header that never ends would keep a process from everybody, and thousands that say nothing keep others from connecting.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LARGEST: Final = 64 * 1024
"""How many bytes the head of a request may have, and what comes after a body."""
WITHIN: Final = 20.0
"""Seconds within which a head has come, from its first byte or from the connection's beginning."""


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on whoever does not come to a question."""

    _unread = 0
    """How many bytes came since a head, a part of a body or a request was complete."""
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        if self._unread > LARGEST + len(data):
            self._hang_up(431)
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._be_patient()

    def on_headers_complete(self) -> None:
        self._heard()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def _be_patient(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(WITHIN, self._hang_up, 408)

    def _heard(self) -> None:
        self._unread = 0
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self, status: int) -> None:
        """Without another word where an answer to an earlier request is on its way."""
        self._heard()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
