"""The numbers of the editors' first page: fresh where that is quick, never waited for where it is not."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from publisher.store import people
from publisher.web.admin import counting
from publisher.web.admin.counting import DAYS, PATIENCE, REST, Counting, Numbers, count
from tests.newsroom import SLOT, Desk, minutes
from tests.patience import LONG


def numbers(readers: int) -> Numbers:
    return Numbers(
        datetime(2026, 11, 29, tzinfo=UTC),
        (),
        datetime(2026, 11, 16, tzinfo=UTC),
        (),
        {"active": readers},
        {},
    )


@pytest.fixture
def long_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "PATIENCE", LONG)


@pytest.mark.usefixtures("long_waited")
def test_quick_numbers_are_counted_at_each_look() -> None:
    counted = iter(range(3))
    made: Counting[int, Numbers] = Counting(lambda _: numbers(next(counted)))

    async def looks() -> list[Any]:
        return [await made.look(0) for _ in range(3)]

    assert [(numbers(n), False) for n in range(3)] == asyncio.run(looks())


def test_a_slow_count_is_not_waited_for_and_rests_behind_it() -> None:
    at, begun, may_end = [0.0], [], threading.Event()

    def slow(_: int) -> Numbers:
        begun.append(at[0])
        may_end.wait(LONG)
        return numbers(len(begun))

    made = Counting(slow, clock=lambda: at[0])

    async def looks() -> None:
        assert (None, True) == await made.look(0)
        assert (None, True) == await made.look(0)  # the same count goes on
        at[0] = 3
        may_end.set()
        while (await made.look(0))[1]:
            await asyncio.sleep(0.01)
        assert (numbers(1), False) == await made.look(0)
        at[0] = 3 + 3 * REST - 1
        assert (numbers(1), False) == await made.look(0)
        may_end.clear()
        at[0] = 3 + 3 * REST
        assert (numbers(1), True) == await made.look(0)  # the old ones, meanwhile
        may_end.set()

    asyncio.run(looks())
    assert [0, 3 + 3 * REST] == begun


@pytest.mark.usefixtures("long_waited")
def test_what_the_counting_raises_is_told_and_the_next_look_counts_anew() -> None:
    told = [OSError("no disk"), None]

    def fails(_: int) -> Numbers:
        error = told.pop(0)
        if error:
            raise error
        return numbers(7)

    made = Counting(fails)
    with pytest.raises(OSError, match="no disk"):
        asyncio.run(made.look(0))
    assert (numbers(7), False) == asyncio.run(made.look(0))


def test_a_count_that_its_loop_left_behind_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end = threading.Event()
    made: Counting[int, Numbers] = Counting(lambda _: numbers(int(may_end.wait(LONG))))

    async def leaves() -> None:
        assert (None, True) == await made.look(0)
        may_end.set()

    asyncio.run(leaves())
    monkeypatch.setattr(counting, "PATIENCE", LONG)
    assert (numbers(1), False) == asyncio.run(made.look(0))


def test_it_counts_who_came_and_what_became_of_letters(make_desk: Any) -> None:
    desk: Desk = make_desk()
    desk.article(2)
    desk.at(SLOT - minutes(60))
    desk.at(SLOT)

    found = count(desk.house, desk.clock())

    assert [(1, {"sent": 2}, {})] == list(found.editions)
    assert (DAYS, (2, 0), (0, 0)) == (len(found.growth), found.growth[-2], found.growth[-1])
    assert {"active": 2} == found.tally == desk.house.store.read(people.tally)
    assert {"daily": 2} == found.readers
    assert PATIENCE < 0.3
