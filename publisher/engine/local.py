"""Deliveries in this process: asyncio workers, each with a connection of its own, over the store's ledger."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from publisher.actions import deliver
from publisher.mail.carrier import Carrier, Down
from publisher.mail.settings import OnUnknown
from publisher.model.delivery import Delivery, Letter, State, Verdict
from publisher.store import ledger, notices
from publisher.store.store import Store

STOCK = 200  # letters claimed ahead
FAREWELL = 5  # seconds a relay has to say goodbye
PATIENCE = 3  # connections in a row that carried nothing, before a worker gives the relay up for now


@dataclass(frozen=True, slots=True)
class Queue:
    """What letters stand in a queue of the store, and how they are made."""

    letters: Callable[[Delivery], Letter]
    claim: Callable[[Connection, datetime, int], list[Delivery]]
    begin: Callable[[Connection, int], bool]
    settle: Callable[[Connection, Delivery, Verdict], None]
    put_back: Callable[[Connection, list[int]], None]
    recover: Callable[[Connection], object]
    on_unknown: OnUnknown


@dataclass(slots=True)
class Tally:
    """What a run did."""

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    unknown: int = 0
    down: str = ""  # why the relay could not be used at the end, "" when it could
    trouble: str = ""  # the last reply that put a letter off and was no recipient's fault
    failures: list[tuple[str, str]] = field(default_factory=list)  # (address, reply), the first of them

    def count(self, delivery: Delivery, verdict: Verdict) -> None:
        """Note one verdict."""
        match verdict.state:
            case State.SENT:
                self.sent += 1
            case State.UNKNOWN:
                self.unknown += 1
            case State.QUEUED:
                self.deferred += 1
                self.trouble = (
                    self.trouble if verdict.counts else f"{verdict.code or 'no reply'}: {verdict.note}"
                )
            case _:
                self.failed += 1
                if len(self.failures) < 20:
                    self.failures.append((delivery.address, f"{verdict.code} {verdict.note}".strip()))


class LocalEngine:
    """Sends what is due. `deliver` runs alone: a second call waits and then sends what is left."""

    def __init__(
        self,
        store: Store,
        letters: Callable[[Delivery], Letter],
        carriers: Sequence[Callable[[], Carrier]],
        *,
        connections: int,
        on_unknown: OnUnknown,
        clock: Callable[[], datetime],
        opens: ledger.Opens,
        notice: Callable[[Delivery], Letter] | None = None,
    ) -> None:
        """*carriers* make one connection each to the relays, in order of preference (fail-over). *letters* makes those
        of editions, *notice* those that are no edition's, which go first."""
        self._store, self._carriers = store, carriers
        self._connections, self._clock = connections, clock
        self._editions = Queue(
            letters,
            partial(ledger.claim, opens=opens),
            ledger.begin,
            ledger.settle,
            ledger.put_back,
            partial(ledger.recover, on_unknown=on_unknown),
            on_unknown,
        )
        self._queues = (_outbox(notice), self._editions) if notice else (self._editions,)
        self._queue = self._editions  # the one at hand
        self._alone = asyncio.Lock()
        self._stock: deque[Delivery] = deque()
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._untidy = False  # a run broke off: some of its letters may stand as claimed or being sent

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def stop(self) -> None:
        """No new letters; those on the wire are finished (S7)."""
        self._stopping = True

    async def deliver(self, progress: Callable[[Tally], None] = lambda _: None) -> Tally:
        """Send until nothing is due, or the relay is down, or `stop`. Every verdict is committed."""
        async with self._alone:
            tally = Tally()
            if self._untidy:
                for queue in self._queues:
                    await self._store.settle(queue.recover)
            self._untidy = True
            for queue in self._queues:
                self._queue = queue
                first = await self._take()
                if first:
                    self._stock.appendleft(first)
                    await self._send(tally, progress)
                await self._put_back()
            self._untidy = False
            return tally

    async def _put_back(self) -> None:
        """What was claimed and will not be sent now is queued again."""
        rest = [delivery.id for delivery in self._stock]
        self._stock.clear()
        if rest:
            put_back = self._queue.put_back
            await self._store.settle(lambda c: put_back(c, rest))

    async def _send(self, tally: Tally, progress: Callable[[Tally], None]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(self._work(tally, progress))
        except BaseException:
            self._stock.clear()  # they are recovered with those on the wire, when the store takes commits again
            raise

    async def _take(self) -> Delivery | None:
        async with self._claiming:
            if not self._stock and not self._stopping:
                now = self._clock()
                claim = self._queue.claim
                self._stock.extend(await self._store.settle(lambda c: claim(c, now, STOCK)))
        return self._stock.popleft() if self._stock and not self._stopping else None

    async def _work(self, tally: Tally, progress: Callable[[Tally], None]) -> None:
        """One connection at a time, until nothing is due or the relay cannot be used."""
        fruitless = 0
        while fruitless < PATIENCE and not (tally.down and fruitless):
            delivery = await self._take()
            if delivery is None:
                return
            try:
                carrier = await self._open()
            except Down as error:
                self._stock.append(delivery)
                tally.down = str(error)
                return
            tally.down = ""
            try:
                carried = await self._converse(carrier, delivery, tally, progress)
            finally:
                with suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL):
                        await carrier.close()
            fruitless = 0 if carried else fruitless + 1

    async def _open(self) -> Carrier:
        """A connection to the first relay that can be used. Raises Down with the last one's reason."""
        for place, make in enumerate(self._carriers, 1):
            carrier = make()
            try:
                await carrier.open()
            except Down:
                if place == len(self._carriers):
                    raise
            else:
                return carrier
        raise AssertionError("there is at least one relay")

    async def _converse(
        self, carrier: Carrier, first: Delivery, tally: Tally, progress: Callable[[Tally], None]
    ) -> int:
        """Send *first* and what comes after it over one connection; returns how many letters it carried."""
        carried, delivery = 0, first
        while True:
            try:
                letters, on_unknown = self._queue.letters, self._queue.on_unknown
                verdict = await deliver.deliver(
                    delivery, letters, carrier, self._begin, self._settle, self._clock, on_unknown
                )
            except deliver.Cancelled:
                await self._put_back()  # if its edition is held, so are they
                return carried + 1
            tally.count(delivery, verdict)
            progress(tally)
            carried += verdict.state is not State.QUEUED or verdict.counts
            if not carrier.alive:
                return carried
            following = await self._take()
            if following is None:
                return max(carried, 1)
            delivery = following

    async def _begin(self, delivery: Delivery) -> bool:
        begin = self._queue.begin
        return await self._store.settle(lambda c: begin(c, delivery.id))

    async def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        settle = self._queue.settle
        await self._store.settle(lambda c: settle(c, delivery, verdict))


def _outbox(notice: Callable[[Delivery], Letter]) -> Queue:
    """A notice in doubt is sent again: it must not be lost."""
    return Queue(
        notice,
        notices.claim,
        notices.begin,
        notices.settle,
        notices.put_back,
        notices.recover,
        "resend",
    )
