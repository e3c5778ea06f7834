"""Deliveries in this process: asyncio workers, each with a connection of its own, over the store's ledger."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from publisher.actions import deliver
from publisher.mail.carrier import Carrier, Down
from publisher.mail.settings import OnUnknown
from publisher.model.delivery import Delivery, Letter, State, Verdict
from publisher.store import ledger
from publisher.store.store import Store

STOCK = 200  # letters claimed ahead
FAREWELL = 5  # seconds a relay has to say goodbye
PATIENCE = 3  # connections in a row that carried nothing, before a worker gives the relay up for now


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
    ) -> None:
        """*carriers* make one connection each to the relays, in order of preference (fail-over)."""
        self._opens = opens
        self._store, self._letters, self._carriers = store, letters, carriers
        self._connections, self._on_unknown, self._clock = connections, on_unknown, clock
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
                await self._store.settle(lambda c: ledger.recover(c, self._on_unknown))
            self._untidy = True
            first = await self._take()
            if first:
                self._stock.appendleft(first)
                await self._send(tally, progress)
            if self._stock:
                rest = [delivery.id for delivery in self._stock]
                self._stock.clear()
                await self._store.settle(lambda c: ledger.put_back(c, rest))
            self._untidy = False
            return tally

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
                self._stock.extend(
                    await self._store.settle(lambda c: ledger.claim(c, now, STOCK, self._opens))
                )
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
                verdict = await deliver.deliver(
                    delivery, self._letters, carrier, self._begin, self._settle, self._clock, self._on_unknown
                )
            except deliver.Cancelled:
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
        return await self._store.settle(lambda c: ledger.begin(c, delivery.id))

    async def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        await self._store.settle(lambda c: ledger.settle(c, delivery, verdict))
