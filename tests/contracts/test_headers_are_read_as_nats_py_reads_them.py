"""Headers of messages are taken apart here as nats-py does it, only later; and the pull that reads a stream
leans on the two libraries' insides in four places, which a new version may move."""

import inspect

from backbone.subscription import EagerPull, Headers
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client

PIECES = [
    b"a",
    b"X-Y",
    b":",
    b" ",
    b"\t",
    b"\x1c",
    b"\x0b",
    b"\x85",
    b"\r\n",
    b"\n",
    b"\x00",
    "é".encode(),
    b"\xff",
]


@given(st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join))
def test_headers_are_read_as_nats_py_reads_them(raw: bytes) -> None:
    assert Headers(raw) == Client._parse_header_lines(raw)


def test_a_line_is_held_by_the_headers_that_say_so() -> None:
    headers = Headers(b"One: 1\r\nTwo: 2\r\nThree: Two: 3\r\n\r\n")
    assert headers.hold(b"Two: 2")
    assert not headers.hold(b"Two: 3")
    assert not headers.hold(b"wo: 2")
    assert not headers.hold(None)


def test_the_libraries_still_have_what_the_pull_replaces() -> None:
    assert "parsed_hdr = self._parse_header_lines(" in inspect.getsource(Client)
    assert "msg = self._build_message(sid, subject, reply, data, hdr)" in inspect.getsource(Client)
    assert "return hdr or None" in inspect.getsource(Client._process_headers)
    assert "_create_subscription" in dir(BatchPullStreamSubscriber)
    assert EagerPull.__slots__ == BatchPullStreamSubscriber.__slots__ == ()
