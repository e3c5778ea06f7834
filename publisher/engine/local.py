"""Deliveries in this process: asyncio workers, each with a connection of its own, over the store's ledger."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from publisher.engine.desk import Desk, Queue
from publisher.mail.carrier import Carrier, Down
from publisher.mail.settings import OnUnknown
from publisher.mail.verdict import escaped, judge
from publisher.model.delivery import Delivery, Letter, Reply, Stage, State, Verdict
from publisher.store import ledger, notices
from publisher.store.store import Store

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


@dataclass(frozen=True, slots=True)
class _Run:
    """What the workers of one run share."""

    desk: Desk
    tally: Tally
    progress: Callable[[Tally], None]


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
        self._connections, self._clock, self._on_unknown = connections, clock, on_unknown
        self._letters, self._notice = letters, notice
        editions = Queue(
            partial(ledger.claim, opens=opens),
            ledger.begin,
            ledger.settle,
            ledger.put_back,
            partial(ledger.recover, on_unknown=on_unknown),
        )
        outbox = Queue(notices.claim, notices.begin, notices.settle, notices.put_back, notices.recover)
        self._queues = (outbox, editions) if notice else (editions,)
        self._alone = asyncio.Lock()
        self._desk: Desk | None = None
        self._stopping = False
        self._untidy = False  # a run broke off: some of its letters may stand as claimed or being sent

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def stop(self) -> None:
        """No new letters; those on the wire are finished (S7)."""
        self._stopping = True
        if self._desk:
            self._desk.stop()

    async def deliver(self, progress: Callable[[Tally], None] = lambda _: None) -> Tally:
        """Send until nothing is due, or the relay is down, or `stop`. Every verdict is committed."""
        async with self._alone:
            if self._untidy:
                for queue in self._queues:
                    await self._store.settle(queue.recover)
            self._untidy = True
            run = _Run(Desk(self._store, self._queues, self._queue_of, self._clock), Tally(), progress)
            self._desk = run.desk
            if self._stopping:
                run.desk.stop()
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(self._work(run))
            await run.desk.close()
            self._untidy = False
            return run.tally

    def _queue_of(self, delivery: Delivery) -> int:
        return int(self._notice is not None and delivery.edition != 0)  # no edition has the number 0

    async def _work(self, run: _Run) -> None:
        """One connection at a time, until nothing is due or the relay cannot be used."""
        fruitless = 0
        while fruitless < PATIENCE and not (run.tally.down and fruitless):
            delivery = await run.desk.take()
            if delivery is None:
                return
            try:
                carrier = await self._open()
            except Down as error:
                run.desk.return_(delivery)
                run.tally.down = str(error)
                return
            run.tally.down = ""
            bag = _Bag(run, delivery, self._made, self._clock, self._on_unknown)
            try:
                await carrier.converse(bag)
            finally:
                with suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL):
                        await carrier.close()
            fruitless = 0 if bag.fruitful else fruitless + 1

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

    def _made(self, delivery: Delivery) -> Letter:
        make = self._notice if self._notice and delivery.edition == 0 else self._letters
        return make(delivery)


class _Bag:
    """The letters of one connection: makes them, and judges what is told of them."""

    def __init__(
        self,
        run: _Run,
        first: Delivery,
        make: Callable[[Delivery], Letter],
        clock: Callable[[], datetime],
        on_unknown: OnUnknown,
    ) -> None:
        self._run = run
        self._first: Delivery | None = first
        self._make, self._clock, self._on_unknown = make, clock, on_unknown
        self._at_hand: dict[str, Delivery] = {}  # by the letter's name
        self.fruitful = False  # a letter came to an end that was not the connection's fault

    async def take(self) -> Letter | None:
        """See Bag."""
        while (delivery := self._first or await self._run.desk.take()) is not None:
            self._first = None
            if (letter := self._letter(delivery)) is not None:
                return letter
        self.fruitful = True  # nothing is left to do
        return None

    def ahead(self) -> Letter | None:
        """See Bag."""
        while (delivery := self._run.desk.at_hand()) is not None:
            if (letter := self._letter(delivery)) is not None:
                return letter
        return None

    def _letter(self, delivery: Delivery) -> Letter | None:
        try:
            letter = self._make(delivery)
        except ValueError as error:
            self._settle(delivery, Verdict(State.FAILED, None, True, 0, escaped(str(error))))
            return None
        self._at_hand[letter.name] = delivery
        return letter

    def begin(self, letter: Letter) -> Awaitable[bool]:
        """See Bag."""
        return self._begun(letter, self._run.desk.begin(self._at_hand[letter.name]))

    async def _begun(self, letter: Letter, begun: Awaitable[bool]) -> bool:
        if await begun:
            return True
        del self._at_hand[letter.name]
        self.fruitful = True
        self._run.desk.queue_again()  # if its edition is held, so are they
        return False

    def tell(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        """See Bag."""
        delivery = self._at_hand.pop(letter.name)
        self._settle(delivery, judge(stage, reply, delivery, self._clock(), self._on_unknown))

    def back(self, letter: Letter, why: Reply) -> None:
        """See Bag."""
        self._run.desk.return_(self._at_hand.pop(letter.name))

    def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        self._run.desk.settle(delivery, verdict)
        self._run.tally.count(delivery, verdict)
        self.fruitful |= verdict.state is not State.QUEUED or verdict.counts
        self._run.progress(self._run.tally)
