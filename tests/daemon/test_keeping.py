"""What another host was asked for is done by the scheduler."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from publisher.actions import choices, erasing, readers
from publisher.actions.house import House
from publisher.daemon.common import Problems
from publisher.daemon.keeping import Keeping
from publisher.store import erasures
from tests.conftest import Clock


class Scheduler:
    """As much of one as an erasure needs: it looks once."""

    def __init__(self, house: House) -> None:
        self.session: Any = type("Session", (), {"house": house, "erasing": asyncio.Lock()})
        self.problems, self.erasures, self.turns = Problems(), asyncio.Event(), iter([True])

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
