"""Work in a process of its own: what comes of it, whatever comes of it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
import uvloop
from backbone.apart import apart
from backbone.ending import run
from backbone.subscription import Doubt

pytestmark = pytest.mark.integration


class Unspeakable(Exception):
    """One that cannot be sent from a process to another."""

    def __reduce__(self) -> str:
        raise TypeError("never")


async def test_what_it_returns_comes_back_while_other_work_goes_on_here() -> None:
    async def work() -> tuple[int, int]:
        await asyncio.sleep(0.05)
        return os.getpid(), os.getppid()

    first, second, _ = await asyncio.gather(apart(work), apart(work), asyncio.sleep(0.01))
    assert first[1] == second[1] == os.getpid()
    assert len({first[0], second[0], os.getpid()}) == 3


def test_what_is_large_comes_back_whole_by_the_loop_that_services_run_on() -> None:
    async def work() -> bytes:
        return bytes(5_000_000)

    assert len(run(apart(work), loop_factory=uvloop.new_event_loop)) == 5_000_000


async def test_what_it_raises_is_raised_here() -> None:
    async def doubt() -> None:
        raise Doubt("position 4 came after 0")

    async def unspeakable() -> None:
        raise Unspeakable

    with pytest.raises(Doubt, match="position 4 came after 0"):
        await apart(doubt)
    with pytest.raises(RuntimeError, match="Unspeakable"):
        await apart(unspeakable)


async def test_a_process_that_is_killed_is_noticed() -> None:
    async def work() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RuntimeError, match="without a word"):
        await apart(work)


async def test_cancelled_it_ends_at_once() -> None:
    async def work() -> None:
        await asyncio.sleep(30)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await apart(work)
    assert time.monotonic() - began < 5


ORIGINAL = """
import asyncio, os, time
from backbone.apart import apart

async def waiting():
    os.write(1, b"%d\\n" % os.getpid())
    await asyncio.sleep(60)

async def busy():
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60)  # its loop hears of nothing

async def main():
    await asyncio.gather(apart(waiting), apart(busy), apart(waiting))

asyncio.run(main())
"""


def test_they_end_with_a_process_that_is_killed() -> None:
    """What they all say goes into one pipe, whose end is reached when the last of them is gone."""
    with subprocess.Popen([sys.executable, "-c", ORIGINAL], stdout=subprocess.PIPE) as original:
        assert original.stdout
        copies = [int(original.stdout.readline()) for _ in range(3)]
        os.kill(original.pid, signal.SIGKILL)
        killed_at = time.monotonic()
        try:
            assert original.stdout.read() == b""
            assert time.monotonic() - killed_at < 2
        finally:
            for copy in copies:
                with suppress(ProcessLookupError):
                    os.kill(copy, signal.SIGKILL)
