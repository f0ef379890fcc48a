"""Work that is asked for singly and done together."""

import asyncio

from backbone.gather import Gather


async def test_who_asks_again_at_once_is_not_forgotten() -> None:
    async def doubled(items: list[int]) -> list[int]:
        return [2 * item for item in items]

    gather = Gather(doubled)
    async with asyncio.timeout(5):
        assert [await gather(n) for n in range(100)] == list(range(0, 200, 2))


async def test_what_is_asked_meanwhile_goes_into_the_next_batch() -> None:
    batches: list[int] = []

    async def counted(items: list[int]) -> list[int]:
        batches.append(len(items))
        await asyncio.sleep(0.001)
        return items

    gather = Gather(counted, largest=8)
    assert await asyncio.gather(*(gather(n) for n in range(20))) == list(range(20))
    assert max(batches) == 8
    assert len(batches) <= 4


async def batches_of(callers: int) -> list[int]:
    """How much went into each batch of two workers while so many asked five times, one after the other."""
    batches: list[int] = []

    async def counted(items: list[int]) -> list[int]:
        batches.append(len(items))
        await asyncio.sleep(0.001)
        return items

    gather = Gather(counted, workers=2)

    async def ask() -> None:
        for n in range(5):
            await gather(n)

    await asyncio.gather(*(ask() for _ in range(callers)))
    return batches


async def test_many_are_shared_among_the_workers() -> None:
    batches = await batches_of(64)
    assert sum(batches) == 5 * 64
    assert batches == [32] * 10


async def test_a_few_go_together() -> None:
    assert await batches_of(15) == [15] * 5
