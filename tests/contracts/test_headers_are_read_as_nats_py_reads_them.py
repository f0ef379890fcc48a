"""Headers of messages are taken apart here as nats-py does it, only faster; and the pull that reads a stream
leans on the two libraries' insides in three places, which a new version may move."""

import inspect

from backbone.subscription import EagerPull, headers_in
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
    assert headers_in(raw) == Client._parse_header_lines(raw)


def test_the_libraries_still_have_what_the_pull_replaces() -> None:
    assert "self._parse_header_lines(" in inspect.getsource(Client)
    assert "_create_subscription" in dir(BatchPullStreamSubscriber)
    assert EagerPull.__slots__ == BatchPullStreamSubscriber.__slots__ == ()
