"""Work in a process of its own, so that another processor takes it.

It is a copy of this process as it is (a fork): to start Python and import a service takes a second, a copy
milliseconds. Work begins by connecting to what it needs; connections of the original are not its own. It ends with
whoever waits for it, however that ends.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, TypeVar

from backbone.ending import run

Result = TypeVar("Result")

_forking = multiprocessing.get_context("fork")


async def apart(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """What `work` returns, done in another process; raises what it raises there. Cancelled, it ends at once."""
    here, there = _forking.Pipe()
    process = _forking.Process(target=_work, args=(work, here, there), daemon=True)
    process.start()
    there.close()
    loop, answered = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(here.fileno(), answered.set)
    try:
        await answered.wait()
        os.set_blocking(here.fileno(), True)  # uvloop reads without waiting; what is large comes in parts
        found, error = here.recv()
    except EOFError:
        found, error = None, RuntimeError("a process ended without a word")
    finally:
        loop.remove_reader(here.fileno())
        here.close()
        process.kill()
        process.join()
    if error is not None:
        raise error
    result: Result = found
    return result


def _work(work: Callable[[], Coroutine[Any, Any, Any]], here: Connection, there: Connection) -> None:
    here.close()  # the other end is the original's alone, and what was forked after this: that ends first
    Thread(target=_end_with, args=(there,), daemon=True).start()
    told: tuple[Any, Exception | None]
    try:
        told = run(work()), None
    except Exception as error:  # noqa: BLE001 - whoever waits for it is told
        told = None, error
    with suppress(BrokenPipeError):
        try:
            there.send(told)
        except (TypeError, AttributeError):  # one that cannot be sent as it is
            there.send((None, RuntimeError(repr(told[1]))))


def _end_with(original: Connection) -> None:
    """Ends this process, whatever it is at, when the one it was copied from is gone: nothing is ever said to it."""
    with suppress(EOFError, OSError):
        original.recv_bytes()
    os._exit(1)
