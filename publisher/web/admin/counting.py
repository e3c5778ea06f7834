"""The numbers of the editors' first page. Of a million readers they take seconds to count: the page does not wait."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.actions.house import House
from publisher.store import desk, editions, people, reports
from publisher.verbs import reading

PATIENCE = 0.15  # seconds that a page waits for a count
REST = 20  # a count that took longer rests so many times as long: the daemon has letters to send
EDITIONS, DAYS = 8, 14


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted, and when that began."""

    at: datetime
    editions: Sequence[
        tuple[int, Mapping[str, int], Mapping[str, int]]
    ]  # number, letters by state, what came back
    start: datetime  # of the first of these days
    growth: Sequence[tuple[int, int]]  # (came, left) by day
    tally: Mapping[str, int]  # subscribers by what they are to the site
    readers: Mapping[str, int]  # by newsletter


def count(house: House, now: datetime) -> Numbers:
    """Count it all."""
    read = house.store.read
    last = [
        reading.edition_row(*row)
        for row in read(lambda c: editions.listing(c, desk.editions_before(c, 0, EDITIONS)))
    ]
    back = read(reports.by_edition)
    start = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return Numbers(
        now,
        [(each["id"], each["deliveries"], back.get(each["id"], {})) for each in reversed(last)],
        start,
        read(lambda c: desk.growth(c, start, DAYS)),
        read(people.tally),
        read(people.readers),
    )


@dataclass(slots=True)
class Counting:
    """Counts one after the other, never two at once. For use on the loop."""

    count: Callable[[], Numbers]
    clock: Callable[[], float] = time.monotonic
    last: Numbers | None = None
    _task: "asyncio.Task[None] | None" = None
    _rested: float = field(default=float("-inf"))

    async def look(self) -> tuple[Numbers | None, bool]:
        """The newest numbers there are after at most PATIENCE, None where nothing was ever counted, and whether newer
        ones are on their way. Raises what the counting raised."""
        if not self._is_counting():
            if self.last is not None and self.clock() < self._rested:
                return self.last, False
            self._task = asyncio.create_task(self._run())
            await asyncio.wait({self._task}, timeout=PATIENCE)
        return self.last, self._is_counting()

    def _is_counting(self) -> bool:
        if self._task is None or not self._task.done():
            return self._task is not None
        done, self._task = self._task, None
        if not done.cancelled():
            done.result()
        return False

    async def _run(self) -> None:
        begun = self.clock()
        self.last = await asyncio.to_thread(self.count)
        took = self.clock() - begun
        self._rested = self.clock() + (REST * took if took > PATIENCE else 0)
