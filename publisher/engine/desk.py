"""The loop's side of the ledger: letters claimed ahead, and what goes to the disk with the next commit.

At most one commit is under way; whatever connections ask meanwhile goes into the next one, so nobody waits for a window
of time and a commit serves all who ask (S1).
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from publisher.mail.domains import Key
from publisher.mail.gate import letter_key
from publisher.model.delivery import Delivery, State, Verdict
from publisher.store.store import Store
from publisher.store.writer import Statement

STOCK = 500  # letters claimed ahead at the most: a few seconds of the fastest relay
POLL = 0.5  # seconds between two looks for what has become due, while letters wait for their turn
LASTS = 5.0  # seconds that a claim should last, so that what is due later does not wait behind it


@dataclass(frozen=True, slots=True)
class Queue:
    """Where letters wait in the store."""

    claim: Callable[[Connection, datetime, int], list[Delivery]]
    begin: Callable[[Connection, Sequence[int], datetime], set[int]]
    settle: Callable[[Connection, Sequence[tuple[Delivery, Verdict]], datetime], None]
    put_back: Callable[[Connection, list[int]], None]
    put_off: Callable[[Connection, Sequence[tuple[int, datetime]]], None]
    # Begin some and settle some as sent, in one statement, and which of the begun it left out; None: it has none such.
    mark: Callable[[Sequence[int], Sequence[tuple[int, int, str]], datetime], Statement] | None = None
    unmarked: Callable[[Connection, Sequence[int]], set[int]] | None = None


@dataclass(slots=True)
class _Slip:
    """What one commit writes."""

    begun: list[tuple[Delivery, "asyncio.Future[bool]"]] = field(default_factory=list)
    settled: list[tuple[Delivery, Verdict]] = field(default_factory=list)
    back: list[Delivery] = field(default_factory=list)
    off: list[tuple[Delivery, datetime]] = field(default_factory=list)
    aside: Callable[[Connection], None] | None = None
    claim: int = 0

    def __bool__(self) -> bool:
        return bool(self.begun or self.settled or self.back or self.off or self.claim)

    def places(self, which: Callable[[Delivery], int]) -> set[int]:
        """The queues it is about."""
        return {which(each) for each, _ in self.begun} | {which(each) for each, _ in self.settled}

    @property
    def plain(self) -> bool:
        """Whether nothing happened but that letters were sent and others leave."""
        return not (self.back or self.off or self.aside or self.claim) and all(
            verdict.state is State.SENT for _, verdict in self.settled
        )


@dataclass(frozen=True, slots=True)
class _Written:
    refused: dict[int, set[int]]  # by queue: letters that may not leave
    claimed: list[Delivery]


class Desk:
    """One run over *queues*, the first of which has precedence. *which* tells the queue of a delivery by its place."""

    def __init__(
        self,
        store: Store,
        queues: Sequence[Queue],
        which: Callable[[Delivery], int],
        clock: Callable[[], datetime],
        aside: Callable[[], Callable[[Connection], None] | None],
    ) -> None:
        """*aside* is asked with each commit whether there is something to be written with it."""
        self._store, self._queues, self._which, self._clock = store, queues, which, clock
        self._aside = aside
        self._loop = asyncio.get_running_loop()
        self._stock: deque[Delivery] = deque()
        self._parked: list[tuple[float, int, Delivery]] = []  # a heap: their time on the loop's clock
        self._order, self._polled = itertools.count(), 0.0
        self._held: set[tuple[int, int]] = set()  # letters claimed, until they are settled or queued again
        self._slip = _Slip()
        self._writing = self._called = False
        self._more = True  # the last claim found something, or there was none
        self._size, self._claimed_at = 2, 0.0  # of the last claim, and when
        self._news = asyncio.Event()  # a commit came back, or it is over
        self._over = False
        self._broken: BaseException | None = None

    def stop(self) -> None:
        """Nobody takes a letter any more."""
        self._over = True
        self._news.set()

    @property
    def over(self) -> bool:
        """Whether `stop` was called."""
        return self._over

    def look(self) -> None:
        """Something may have become due."""
        if self._broken is None and self._loop.time() - self._polled >= POLL:
            self._polled, self._more = self._loop.time(), True
            self._call()

    async def take(self) -> Delivery | None:
        """The next letter; None when none is due, or after `stop`. Raises what the store raised."""
        while True:
            if self._broken is not None:
                raise self._broken
            if (delivery := self.at_hand()) is not None:
                return delivery
            idle = not (self._more or self._slip.claim or self._writing)
            if self._over or (idle and not self._parked):
                return None
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_next() if idle else None):
                    await self._news.wait()

    def _until_next(self) -> float:
        """Seconds until a parked letter has its turn, or until it is time to look for others that are due."""
        self.look()
        return max(0.0, min(self._parked[0][0] - self._loop.time(), POLL))

    def at_hand(self) -> Delivery | None:
        """The next letter if one is claimed."""
        if self._over:
            return None
        if len(self._stock) <= self._size // 2 and self._more:
            self._call()
        if self._parked and self._parked[0][0] <= self._loop.time():
            return heapq.heappop(self._parked)[-1]
        return self._stock.popleft() if self._stock else None

    def return_(self, delivery: Delivery) -> None:
        """Nothing of it left: it is the next letter again."""
        self._stock.appendleft(delivery)
        self._news.set()

    def begin(self, delivery: Delivery) -> "asyncio.Future[bool]":
        """Done when all that was settled before, and that this letter's content leaves, is on the disk; whether it
        may leave. Raises what the store raised."""
        future: asyncio.Future[bool] = self._loop.create_future()
        if self._broken is not None:
            future.set_exception(self._broken)
            return future
        self._slip.begun.append((delivery, future))
        self._call()
        return future

    def settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Write what became of a letter with the next commit."""
        self._held.discard(self._name(delivery))
        self._slip.settled.append((delivery, verdict))
        self._call()

    def park(self, delivery: Delivery, seconds: float) -> None:
        """It has its turn in so many seconds, a few: until then it waits here."""
        heapq.heappush(self._parked, (self._loop.time() + seconds, next(self._order), delivery))

    @property
    def waiting(self) -> int:
        """Letters that are at hand, or wait here for their turn."""
        return len(self._stock) + len(self._parked)

    def have_turns(self, turns: Mapping[Key, float]) -> None:
        """Of the letters that are parked, these have their turn in so many seconds."""
        if turns:
            now, parked = self._loop.time(), self._parked
            self._parked = [(now + turns.get(letter_key(it), at - now), n, it) for at, n, it in parked]
            heapq.heapify(self._parked)
            self._news.set()

    def put_off(self, delivery: Delivery, due: datetime) -> None:
        """It is queued again for this time."""
        self._held.discard(self._name(delivery))
        self._slip.off.append((delivery, due))
        self._call()

    def queue_again(self) -> list[Delivery]:
        """What is claimed and not begun is queued again: it may not be due any more. Returns what was parked of it."""
        parked = [each for *_, each in self._parked]
        back = [*self._stock, *parked]
        self._held.difference_update(map(self._name, back))
        self._slip.back += back
        self._stock.clear()
        self._parked.clear()
        self._more = True
        self._call()
        return parked

    async def close(self) -> list[Delivery]:
        """Queue again what is left, and wait for the last commit; returns what was parked. Raises what the store
        raised."""
        self._over = True
        parked = self.queue_again()
        while self._broken is None and (self._stock or self._writing or self._called or self._slip):
            if self._stock:  # also what a claim under way brings
                parked += self.queue_again()
            self._news.clear()
            await self._news.wait()
        if self._broken is not None:
            raise self._broken
        return parked

    def _name(self, delivery: Delivery) -> tuple[int, int]:
        return self._which(delivery), delivery.id

    def _call(self) -> None:
        """Write when this turn of the loop is over, or the commit under way."""
        if not (self._called or self._writing):
            self._called = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._called = False
        slip, self._slip = self._slip, _Slip()
        if not self._over and self._more and len(self._stock) <= self._size // 2:
            slip.claim = self._size = self._wanted()
        if not slip:
            self._news.set()
            return
        self._writing = True
        slip.aside = self._aside()
        places = slip.places(self._which)
        if slip.plain and len(places) == 1 and self._queues[place := min(places)].mark:
            self._mark(slip, place)
        else:
            work = partial(self._commit, slip=slip, now=self._clock())
            self._store.post(work, partial(self._written, slip))

    def _mark(self, slip: _Slip, place: int) -> None:
        """What nearly every commit is, in one statement."""
        mark, unmarked = self._queues[place].mark, self._queues[place].unmarked
        assert mark and unmarked
        begun = [each.id for each, _ in slip.begun]

        def then(changed: int | None, error: BaseException | None) -> None:
            if error is not None or changed == len(begun) + len(slip.settled):
                self._written(slip, _Written({}, []), error)
                return

            def found(refused: set[int] | None, error: BaseException | None) -> None:
                self._written(slip, _Written({place: refused or set()}, []), error)

            self._store.post(lambda connection: unmarked(connection, begun), found)

        sent = [(each.id, verdict.code, verdict.note) for each, verdict in slip.settled]
        self._store.post(mark(begun, sent, self._clock()), then)

    def _wanted(self) -> int:
        """Twice as many as last time while they go quickly, half as many where they last long."""
        now = self._loop.time()
        quick = now - self._claimed_at < LASTS
        self._claimed_at = now
        return min(STOCK, self._size * 2) if quick or not self._stock else max(2, self._size // 2)

    def _commit(self, connection: Connection, slip: _Slip, now: datetime) -> _Written:
        """In the writer's thread."""
        refused, claimed = dict[int, set[int]](), list[Delivery]()
        for place, queue in enumerate(self._queues):
            settled = [each for each in slip.settled if self._which(each[0]) == place]
            if settled:
                queue.settle(connection, settled, now)
            back = [each.id for each in slip.back if self._which(each) == place]
            if back:
                queue.put_back(connection, back)
            off = [(each.id, due) for each, due in slip.off if self._which(each) == place]
            if off:
                queue.put_off(connection, off)
            begun = [each.id for each, _ in slip.begun if self._which(each) == place]
            if begun:
                refused[place] = queue.begin(connection, begun, now)
            if slip.claim > len(claimed):
                claimed += queue.claim(connection, now, slip.claim - len(claimed))
        if slip.aside:
            slip.aside(connection)
        return _Written(refused, claimed)

    def _written(self, slip: _Slip, written: _Written | None, error: BaseException | None) -> None:
        self._writing = False
        if written is None or error is not None:
            self._break(slip, error or RuntimeError("the writer gave no answer"))
            return
        for delivery, future in slip.begun:
            refused = delivery.id in written.refused.get(self._which(delivery), ())
            if refused:
                self._held.discard(self._name(delivery))
            if not future.done():
                future.set_result(not refused)
        if slip.claim:
            self._more = bool(written.claimed)
            self._stock.extend(filter(self._is_new, written.claimed))
        self._news.set()
        if self._slip:
            self._call()

    def _is_new(self, delivery: Delivery) -> bool:
        """Whether a letter that was claimed is not at hand already: it is where somebody queued it again meanwhile (a
        hold, a pause), and would leave twice."""
        known = len(self._held)
        self._held.add(self._name(delivery))
        return len(self._held) > known

    def _break(self, slip: _Slip, error: BaseException) -> None:
        """The store takes nothing any more: no further letter may leave."""
        self._broken = error
        for _, future in [*slip.begun, *self._slip.begun]:
            if not future.done():
                future.set_exception(error)
        self._slip.begun.clear()  # none of them leaves, so none is marked by a later commit
        self._more = False
        self._news.set()
