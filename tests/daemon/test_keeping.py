"""What another host was asked for is done by the scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from publisher.actions import choices, erasing, readers, retention
from publisher.actions.house import House
from publisher.daemon import keeping
from publisher.daemon.common import Problems
from publisher.daemon.keeping import Keeping
from publisher.store import erasures
from tests.conftest import Clock


class Scheduler:
    """As much of one as a task needs: it looks once."""

    def __init__(self, house: House) -> None:
        self.session: Any = type("Session", (), {"house": house, "erasing": asyncio.Lock(), "fenced": ""})
        self.problems, self.erasures, self.turns = Problems(), asyncio.Event(), iter([True])
        self.old, self.stop = asyncio.Event(), asyncio.Event()

    async def turn(self, _: asyncio.Event) -> bool:
        return next(self.turns, False)


def test_an_erasure_that_a_web_server_was_asked_for_is_finished(house: House, clock: Clock) -> None:  # L8
    readers.add(house, "ann@example.org", None, clock(), confirmed=True)
    number = choices.reader(house, "ann@example.org").id
    erasing.erase(replace(house, mails=False), number, clock())
    assert 1 == len(house.store.read(erasures.undone))
    asyncio.run(Keeping(Scheduler(house)).erase_forever())  # type: ignore[arg-type]

    assert [] == house.store.read(erasures.undone)
    assert erasing.is_gone(house, number)


@pytest.mark.parametrize(("seconds", "again"), [(-1.0, True), (600.0, False)])
def test_old_letters_take_turns_of_an_end_and_are_gone_on_with(
    seconds: float, *, again: bool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:  # S8
    over: list[bool] = []

    def compact(_: House, __: object, stop: Callable[[], bool]) -> int:
        over.append(stop())
        return 0

    monkeypatch.setattr(keeping, "TURN", seconds)
    monkeypatch.setattr(retention, "compact", compact)
    scheduler = Scheduler(house)
    scheduler.old.set()
    asyncio.run(Keeping(scheduler).compact_forever())  # type: ignore[arg-type]

    assert ([again], again) == (over, scheduler.old.is_set())
