"""What an answer does not wait for."""

import asyncio

import structlog

from publisher.errors import Unwritable
from publisher.web.errands import MOST, Errands, _some_time


def test_an_errand_that_fails_is_told_at_once_and_stops_no_other() -> None:  # L2
    done: list[str] = []

    def refused() -> None:
        raise Unwritable("the disk is full", "state/nashir.db", "make room")

    def broken() -> None:
        raise KeyError("ours")

    async def run() -> None:
        errands = Errands()
        for work in (refused, broken, lambda: done.append("the next")):
            assert errands.add(work)
        await errands.finish()

    with structlog.testing.capture_logs() as said:
        asyncio.run(run())

    assert ["the next"] == done
    assert ["errand", "errand"] == [each["event"] for each in said]
    assert ["the disk is full", None] == [each.get("problem") for each in said]


def test_of_too_many_errands_nothing_is_promised() -> None:  # L3
    async def run() -> list[bool]:
        errands = Errands()
        return [errands.add(lambda: None) for _ in range(MOST + 2)]

    assert [False, False] == asyncio.run(run())[-2:]


def test_an_errand_begins_some_time_behind_the_answer() -> None:  # L2
    """Else the next answer is late when there was something to do, and somebody hears it."""
    order: list[str] = []

    async def run() -> None:
        errands = Errands(lambda: 0.05)
        errands.add(lambda: order.append("errand"))
        for _ in range(10):
            await asyncio.sleep(0)
        order.append("next answer")
        await asyncio.sleep(0.1)
        errands.add(lambda: order.append("second"))
        await errands.finish()

    asyncio.run(run())

    assert ["next answer", "errand", "second"] == order
    assert 1 < len({round(_some_time(), 3) for _ in range(20)})
