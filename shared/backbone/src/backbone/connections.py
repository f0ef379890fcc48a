"""What a connection may cost that asks nothing, asks slowly, or takes no answer: so many bytes, within so many seconds.

The server that reads requests bounds none of it, and copies a header as often as a part of it comes: one connection
with a header that never ends would keep a process from everybody, and thousands that say nothing, or a byte now and
then, keep others from connecting. Nobody needs a token for that.
"""

import asyncio
import socket
from resource import RLIMIT_NOFILE, getrlimit
from typing import Final

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

LARGEST: Final = 64 * 1024
"""How many bytes the head of a request may have, and what comes after a body. Of a body as many have to come within the
time, and of an answer as many have to be taken, or what is left of it."""
WITHIN: Final = 20.0
"""Seconds within which a head has come, from its first byte or from the connection's beginning."""
MOST: Final = getrlimit(RLIMIT_NOFILE)[0] // 2
"""How many connections may wait for somebody to ask; where there are more, who waited longest is hung up on."""
_LOWAT: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)
"""Where it is known, a system keeps little of an answer for who takes it later."""
_WAITING: Final[dict["BoundedConnection", None]] = {}
"""Connections on which nothing is asked, longest first."""


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on whoever does not come to a question, or takes no answer."""

    _unread = 0
    """How many bytes came since a head, a part of a body or a request was complete."""
    _came = 0
    """How many bytes of a body came since we were patient last."""
    _asked = False
    """Whether the head is complete, and the body is not."""
    _answering: RequestResponseCycle | None = None
    """What is being answered, or was last; `cycle` is what was asked last, of several that came at once."""
    _patience: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # says `pause_writing` of whatever is not taken at once
        self._wait()
        self._be_patient()
        if _LOWAT is not None:
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _LOWAT, LARGEST // 4)

    def connection_lost(self, exc: Exception | None) -> None:
        _WAITING.pop(self, None)
        self._heard()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()
        self.resume_writing()
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
        super().on_headers_complete()
        _WAITING.pop(self, None)
        self._unread, self._came, self._asked = 0, 0, True

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        self._came += len(body)
        if self._came > LARGEST:
            self._heard()
            self._be_patient()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._asked = False
        self._heard()
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self._wait()

    def pause_writing(self) -> None:
        """Something is to be taken: nothing else happens on this connection until it is, and who closes it waits."""
        super().pause_writing()
        self._taken_from(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _wait(self) -> None:
        _WAITING.pop(self, None)
        _WAITING[self] = None
        if len(_WAITING) > MOST:
            longest = next(iter(_WAITING))
            del _WAITING[longest]
            longest.transport.close()

    def _be_patient(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(WITHIN, self._lost_patience)

    def _heard(self) -> None:
        self._unread = self._came = 0
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lost_patience(self) -> None:
        self._patience = None
        wanted = self._asked and not self.cycle.response_complete
        if self.flow.read_paused or (wanted and self.cycle.waiting_for_100_continue):
            self._be_patient()  # it is us who do not listen
        else:
            self._hang_up(408)

    def _taken_from(self, size: int) -> None:
        """Hangs up unless this, or much of it, is taken in time: lets go of it, for `close` waits without end."""

        def look() -> None:
            left = self.transport.get_write_buffer_size()
            if left > size - LARGEST:
                self.transport.abort()
            else:
                self._taken_from(left)

        self._taking = self.loop.call_later(WITHIN, look)

    def _hang_up(self, status: int) -> None:
        """Without another word where an answer is on its way, or was given before the question was complete."""
        asked, self._asked = self._asked, False
        self._heard()
        if self.transport.is_closing():
            return
        silent = self.cycle is None or self.cycle.response_complete
        if (asked and not self.cycle.response_started) or (silent and not asked):
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
