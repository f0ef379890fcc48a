"""A task that is ended has ended, even where Python loses the cancellation."""

import asyncio
import signal
import subprocess
import sys

import pytest
from backbone.ending import end

LOSES = sys.version_info < (3, 12)
"""Whether this Python loses a cancellation: 3.12 wrote `asyncio.wait_for` anew. Where none does, `ending` may go."""


async def _asking(answers: "asyncio.Queue[asyncio.Future[None]]") -> None:
    """Asks for ever, as a reader asks the broker where a stream stands."""
    while True:
        answer = asyncio.get_running_loop().create_future()
        answers.put_nowait(answer)
        await asyncio.wait_for(answer, 60)  # as nats-py does


async def _answered_as_it_is_cancelled() -> "asyncio.Task[None]":
    answers: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
    task = asyncio.create_task(_asking(answers))
    (await answers.get()).set_result(None)
    return task


async def test_a_task_whose_cancellation_was_lost_is_ended_all_the_same() -> None:
    task = await _answered_as_it_is_cancelled()
    async with asyncio.timeout(5):
        await end(task, again_after=0.01)
    assert task.cancelled()


@pytest.mark.skipif(not LOSES, reason="this Python loses no cancellation")
async def test_cancelled_once_it_would_go_on() -> None:
    # The broken variant.
    task = await _answered_as_it_is_cancelled()
    task.cancel()
    _, going = await asyncio.wait([task], timeout=0.2)
    assert going == {task}
    await end(task)


async def test_what_a_task_does_as_it_ends_is_waited_for_and_its_fault_is_not_told() -> None:
    told = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            told.append("said goodbye")
            raise RuntimeError("spoiled")

    task = asyncio.create_task(slow())
    await asyncio.sleep(0)
    await end(task)
    assert told == ["said goodbye"]
    with pytest.raises(RuntimeError, match="spoiled"):
        task.result()


async def test_nothing_to_end_is_no_trouble() -> None:
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    await end(done)
    await end()


INTERRUPTED = """
import asyncio, os, signal
from backbone import ending

async def asking(then):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def answered_as_it_is_interrupted():
        answer.set_result(None)
        os.kill(os.getpid(), signal.SIGINT)

    loop.call_soon(answered_as_it_is_interrupted)
    await asyncio.wait_for(answer, 60)
    await asyncio.sleep(then)
    print("it went on")

%s(asking(%s))
"""


@pytest.mark.parametrize(
    ("runner", "then", "code"),
    [("ending.run", 60, -2), *([("asyncio.run", 0.2, 0)] if LOSES else [])],
)
def test_one_interrupt_is_enough(runner: str, then: float, code: int) -> None:
    """The second is the broken variant: it goes on to its end, as if nobody had pressed Ctrl-C."""
    told = "" if code else "it went on\n"
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED % (runner, then)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        # As at a terminal: whoever started these tests in the background may have had Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout) == (code, told), done.stderr
