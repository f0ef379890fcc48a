"""A batch is written to the connection in one go, as nats-py would write its messages one by one: this leans on
its insides in one place, which a new version may move.
"""

import asyncio
import string

from backbone.publishing import written
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client

names = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
values = st.text(st.characters(codec="utf-8") | st.sampled_from("\r\n: "), max_size=20).map(str.strip)


class Overheard(Client):
    """A connection that keeps what it is told to send."""

    def __init__(self) -> None:
        super().__init__()
        self._status = Client.CONNECTED
        self._max_payload = 1024
        self.sent = b""

    async def _send_command(self, cmd: bytes, priority: bool = False) -> None:
        assert not priority
        self.sent += cmd


@given(st.binary(max_size=60), st.dictionaries(names, values, min_size=1, max_size=5))
def test_messages_are_written_as_nats_py_writes_them(payload: bytes, headers: dict[str, str]) -> None:
    client = Overheard()
    asyncio.run(client.publish("ev.probe.1", payload, headers=headers))
    assert written("ev.probe.1", payload, headers) == client.sent
