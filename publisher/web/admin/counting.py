"""Numbers on the editors' pages. Of a million readers they take seconds to count: the page does not wait."""

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from publisher.actions.house import House
from publisher.model.delivery import State
from publisher.store import desk, editions, ledger, people, reports
from publisher.verbs import reading

PATIENCE = 0.15  # seconds that a page waits for a count
REST = 20  # a count that took longer rests so many times as long: the daemon has letters to send
EDITIONS, DAYS = 8, 14

K = TypeVar("K", bound=Hashable)  # what is counted
N = TypeVar("N")


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


def letters(house: House, numbers: Sequence[int]) -> dict[int, dict[State, int]]:
    """The letters of these editions by state."""
    return house.store.read(lambda c: ledger.by_edition(c, numbers))


@dataclass(slots=True)
class Counting(Generic[K, N]):
    """Counts one after the other, never two at once, and keeps the last. For use on the loop."""

    count: Callable[[K], N]
    clock: Callable[[], float] = time.monotonic
    _last: tuple[K, N] | None = None
    _task: "asyncio.Task[None] | None" = None
    _rested: float = field(default=float("-inf"))

    async def look(self, of: K) -> tuple[N | None, bool]:
        """The newest numbers *of* this there are after at most PATIENCE, None where those counted last are of something
        else, and whether newer ones are on their way. Raises what the counting raised."""
        if not self._is_counting():
            if self._known(of) is not None and self.clock() < self._rested:
                return self._known(of), False
            self._task = asyncio.create_task(self._run(of))
            await asyncio.wait({self._task}, timeout=PATIENCE)
        return self._known(of), self._is_counting()

    def _known(self, of: K) -> N | None:
        return self._last[1] if self._last and self._last[0] == of else None

    def _is_counting(self) -> bool:
        if self._task is None or not self._task.done():
            return self._task is not None
        done, self._task = self._task, None
        if not done.cancelled():
            done.result()
        return False

    async def _run(self, of: K) -> None:
        begun = self.clock()
        self._last = of, await asyncio.to_thread(self.count, of)
        took = self.clock() - begun
        self._rested = self.clock() + (REST * took if took > PATIENCE else 0)
