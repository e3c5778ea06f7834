"""Deliveries in this process: asyncio workers, each with a connection of its own, over the store's ledger."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from math import ceil

from sqlalchemy import Connection

from publisher.engine.desk import Desk, Queue
from publisher.mail.carrier import Carrier, Down
from publisher.mail.gate import Action, Gate, Route, is_lost
from publisher.mail.settings import OnUnknown
from publisher.mail.verdict import escaped, judge
from publisher.model.delivery import Delivery, Letter, Reply, Stage, State, Verdict
from publisher.store import buckets, ledger, notices, relays
from publisher.store.store import Store

FAREWELL = 5  # seconds a relay has to say goodbye
IDLE = 10.0  # seconds that a connection may wait for the rate of its relay
LINGER = 65.0  # seconds that a run waits for the rate of a relay
LOOK = 1.0  # seconds after which a worker that has nothing to do looks again


@dataclass(slots=True)
class Tally:
    """What a run did."""

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    unknown: int = 0
    down: str = ""  # why the relay could not be used at the end, "" when it could
    rests: str = ""  # why letters that are due wait, though a relay could be used
    again: float = 0.0  # seconds after which it is worth going on, where `down` or `rests` is said
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


@dataclass(slots=True)
class _Run:
    """What the workers of one run share."""

    desk: Desk
    tally: Tally
    progress: Callable[[Tally], None]
    # What the answers ask for is being done.
    heeding: set["asyncio.Future[None]"] = field(default_factory=set)
    troubles: list[BaseException] = field(default_factory=list)  # what went wrong with that
    opening: set[asyncio.Timeout] = field(default_factory=set)  # by which they are given up
    busy: int = 0  # workers that have a connection, or open one
    moved: asyncio.Event = field(default_factory=asyncio.Event)  # one began or ended, or it is all over

    async def pause(self, seconds: float) -> None:
        """So long at the most: until something moves."""
        self.moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.moved.wait()

    def stop(self) -> None:
        """No new letters, and no new connections."""
        self.desk.stop()
        while self.opening:
            self.opening.pop().reschedule(0.0)
        self.moved.set()

    def heeds(self, doing: "asyncio.Future[None]") -> None:
        """Keep what is being done until it is."""
        self.heeding.add(doing)
        doing.add_done_callback(self._heeded)

    def _heeded(self, done: "asyncio.Future[None]") -> None:
        self.heeding.discard(done)
        if not done.cancelled() and (error := done.exception()):
            self.troubles.append(error)


class LocalEngine:
    """Sends what is due. `deliver` runs alone: a second call waits and then sends what is left."""

    def __init__(
        self,
        store: Store,
        letters: Callable[[Delivery], Letter],
        carriers: Mapping[str, Callable[[], Carrier]],
        gate: Gate,
        *,
        connections: int,
        on_unknown: OnUnknown,
        clock: Callable[[], datetime],
        opens: ledger.Opens,
        notice: Callable[[Delivery], Letter] | None = None,
        heed: Callable[[Action], None] = lambda _: None,
    ) -> None:
        """*carriers* make a connection to the relay of that name, which *gate* knows too. *letters* makes those of
        editions, *notice* those that are no edition's, which go first. *heed* does what the answers ask for, in a
        thread."""
        self._store, self._carriers, self._gate = store, carriers, gate
        self._connections, self._clock, self._on_unknown = connections, clock, on_unknown
        self._letters, self._notice, self._heed = letters, notice, heed
        editions = Queue(
            partial(ledger.claim, opens=opens),
            ledger.begin,
            ledger.settle,
            ledger.put_back,
            ledger.put_off,
            partial(ledger.recover, on_unknown=on_unknown),
            ledger.mark,
            ledger.unmarked,
        )
        outbox = Queue(
            notices.claim,
            notices.begin,
            notices.settle,
            notices.put_back,
            notices.put_off,
            notices.recover,
        )
        self._queues = (outbox, editions) if notice else (editions,)
        self._alone = asyncio.Lock()
        self._run: _Run | None = None
        self._stopping = False
        self._untidy = False  # a run broke off: some of its letters may stand as claimed or being sent

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    @property
    def rest(self) -> Tally | None:
        """What a run would say at once because no relay can be used now, or none takes any for a while; else None."""
        route = self._gate.route(self._now())
        if route.relay or not (route.down or route.wait > LINGER):
            return None
        return _at_rest(Tally(), route, route.wait)

    def stop(self) -> None:
        """No new letters; those on the wire are finished (S7)."""
        self._stopping = True
        if self._run:
            self._run.stop()

    async def tidy(self) -> None:
        """After a run that broke off: its letters wait again, or are in doubt, as after a crash (S1). Raises what the
        store raises, as long as it takes nothing."""
        async with self._alone:
            await self._tidy()

    async def _tidy(self) -> None:
        if self._untidy:
            for queue in self._queues:
                await self._store.settle(queue.recover)
            self._untidy = False

    async def deliver(
        self, progress: Callable[[Tally], None] = lambda _: None, tally: Tally | None = None
    ) -> Tally:
        """Send until nothing is due, or no relay can be used, or `stop`. Every verdict is committed. It goes on
        counting in *tally*. Raises what the store raised, and what `heed` did when everything is written down."""
        async with self._alone:
            await self._tidy()
            self._untidy = True
            desk = Desk(self._store, self._queues, self._queue_of, self._clock, self._unsaved)
            run = self._run = _Run(desk, tally or Tally(), progress)
            if self._stopping:
                run.stop()
            run.tally.down = run.tally.rests = ""
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(self._connections):
                        group.create_task(self._work(run))
            except BaseException:
                with suppress(Exception):  # what stopped the workers is told
                    await self._end(run)
                raise
            await self._end(run)
            self._untidy = False
            if run.troubles:
                raise run.troubles[0]
            return run.tally

    async def _end(self, run: _Run) -> None:
        """Write down what is left to be written."""
        run.desk.stop()
        self.queue_again(run)
        await asyncio.gather(*run.heeding, return_exceptions=True)
        for each in await run.desk.close():
            self._gate.returned(each, self._now())
        if save := self._unsaved(all_of_it=True):
            await self._store.settle(save)

    def _now(self) -> float:
        return self._clock().timestamp()

    def _queue_of(self, delivery: Delivery) -> int:
        return int(self._notice is not None and delivery.edition != 0)  # no edition has the number 0

    def _unsaved(self, *, all_of_it: bool = False) -> Callable[[Connection], None] | None:
        found = self._gate.unsaved(self._now(), all_of_it=all_of_it)
        if found is None:
            return None

        def save(connection: Connection) -> None:
            buckets.save(connection, found.buckets)
            relays.save(connection, found.relays)

        return save

    async def _work(self, run: _Run) -> None:
        """One connection at a time, until nothing is due or no relay can be used. While another has a connection
        neither is final: letters become due, and the relay that it tries may take some again."""
        while not run.desk.over:
            if (delivery := await run.desk.take()) is None:
                if not run.busy:
                    return
                await run.pause(LOOK)
                run.desk.look()
                continue
            now = self._now()
            route = self._gate.route(now)
            wait = self._gate.pause(route.relay, now) if route.relay else route.wait
            if route.relay and not wait:
                run.busy += 1
                try:
                    await self._connect(run, route.relay, delivery)
                finally:
                    run.busy -= 1
                    run.moved.set()
                continue
            run.desk.return_(delivery)
            if not run.busy and (route.down or wait > LINGER):
                _at_rest(run.tally, route, wait)
                return
            await run.pause(min(wait, LOOK))

    async def _connect(self, run: _Run, relay: str, first: Delivery) -> None:
        """Carry letters over one connection."""
        carrier = self._carriers[relay]()
        if not await self._open(run, relay, carrier):
            run.desk.return_(first)
            return
        run.tally.down = ""
        bag = _Bag(self, run, relay, first)
        ended: Reply | None = None
        try:
            ended = await carrier.converse(bag)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await carrier.close()
            bag.leave()
            self._do(run, self._gate.closed(relay, bag.carried, ended, self._now(), bag.over))

    async def _open(self, run: _Run, relay: str, carrier: Carrier) -> bool:
        """Whether the connection is open: not where the relay refused it, or a stop came first."""
        self._gate.opening(relay, self._now())
        try:
            async with asyncio.timeout(None) as patience:
                run.opening.add(patience)
                try:
                    await carrier.open()
                finally:
                    run.opening.discard(patience)
        except Down as error:
            self._do(run, self._gate.failed(relay, error.reply, self._now()))
            return False
        except TimeoutError:
            self._gate.abandoned(relay)
            return False
        except BaseException:
            self._gate.abandoned(relay)
            raise
        self._gate.opened(relay)
        return True

    def _do(self, run: _Run, actions: Sequence[Action]) -> None:
        for action in actions:
            run.heeds(asyncio.get_running_loop().run_in_executor(None, self._heed, action))
        if actions:  # a relay that was tried takes letters again, or does not
            run.moved.set()

    def made(self, delivery: Delivery) -> Letter:
        """The letter of *delivery*. Raises ValueError where it cannot stand on an envelope."""
        make = self._notice if self._notice and delivery.edition == 0 else self._letters
        return make(delivery)

    def may(self, run: _Run, relay: str, delivery: Delivery) -> float | None:
        """None where this letter may leave over *relay* now, and is counted; else the seconds until the relay takes
        any, 0.0 where it is only this one that does not: that waits for its turn, or is put off."""
        now = self._now()
        if pause := self._gate.pause(relay, now):
            run.desk.return_(delivery)
            return pause
        if not self._gate.take(relay, delivery, now):
            return None
        turn = self._gate.turn(delivery, now)
        if turn is None:
            run.desk.put_off(delivery, datetime.fromtimestamp(ceil(self._gate.when(delivery, now)), UTC))
        else:
            run.desk.park(delivery, turn)
        return 0.0

    def stays(self, relay: str, carried: int) -> bool:
        """Whether a connection to *relay* that carried so many letters should carry another."""
        return self._gate.stays(relay, carried, self._now())

    def told(self, run: _Run, relay: str, delivery: Delivery, stage: Stage, reply: Reply) -> None:
        """Judge what became of a letter, and have it written down."""
        losses = self._gate.losses(delivery)
        self._do(run, self._gate.heard(relay, delivery, stage, reply, self._now()))
        settle(run, delivery, judge(stage, reply, delivery, self._clock(), self._on_unknown, losses))

    def queue_again(self, run: _Run) -> None:
        """What is claimed and not begun is queued again."""
        for each in run.desk.queue_again():
            self._gate.returned(each, self._now())

    def returned(self, delivery: Delivery, relay: str) -> None:
        """A letter that might have left over *relay* did not."""
        self._gate.returned(delivery, self._now(), relay)


def _at_rest(tally: Tally, route: Route, wait: float) -> Tally:
    tally.down, tally.rests = (route.why, "") if route.down else ("", route.why)
    tally.again = wait
    return tally


def settle(run: _Run, delivery: Delivery, verdict: Verdict) -> None:
    """Have a verdict written down, and count it."""
    run.desk.settle(delivery, verdict)
    run.tally.count(delivery, verdict)
    run.progress(run.tally)


class _Bag:
    """The letters of one connection."""

    def __init__(self, engine: LocalEngine, run: _Run, relay: str, first: Delivery) -> None:
        self._engine, self._run, self._relay = engine, run, relay
        self._first: Delivery | None = first
        self._at_hand: dict[str, Delivery] = {}  # by the letter's name
        self.carried = 0  # contents that the relay answered about
        self.over: Delivery | None = None  # the letter over which the connection ended

    async def take(self) -> Letter | None:
        """See Bag."""
        while delivery := await self._next():
            pause = self._engine.may(self._run, self._relay, delivery)
            if pause is None and (letter := self._letter(delivery)):
                return letter
            if pause and pause > IDLE:
                return None
            if pause:
                await self._run.pause(pause)
        return None

    async def _next(self) -> Delivery | None:
        first, self._first = self._first, None
        if first is not None:
            return first
        return await self._run.desk.take() if self._engine.stays(self._relay, self.carried) else None

    def leave(self) -> None:
        """What was to be the first letter is the next one again, where the connection ended before it. Others are left
        only where the run broke off: they do not leave any more."""
        if self._first is not None:
            self._run.desk.return_(self._first)
        for delivery in self._at_hand.values():
            self._engine.returned(delivery, self._relay)

    def ahead(self) -> Letter | None:
        """See Bag."""
        if not self._engine.stays(self._relay, self.carried + 1):
            return None
        while (delivery := self._run.desk.at_hand()) is not None:
            pause = self._engine.may(self._run, self._relay, delivery)
            if pause is None and (letter := self._letter(delivery)):
                return letter
            if pause:
                return None
        return None

    def _letter(self, delivery: Delivery) -> Letter | None:
        try:
            letter = self._engine.made(delivery)
        except ValueError as error:
            self._engine.returned(delivery, self._relay)
            settle(self._run, delivery, Verdict(State.FAILED, None, True, 0, escaped(str(error))))
            return None
        except BaseException:
            self._engine.returned(delivery, self._relay)
            raise
        self._at_hand[letter.name] = delivery
        return letter

    def begin(self, letter: Letter) -> Awaitable[bool]:
        """See Bag."""
        return self._begun(letter, self._run.desk.begin(self._at_hand[letter.name]))

    async def _begun(self, letter: Letter, begun: Awaitable[bool]) -> bool:
        if await begun:
            return True
        self._engine.returned(self._at_hand.pop(letter.name), self._relay)
        self._engine.queue_again(self._run)  # if its edition is held, so are they
        return False

    def tell(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        """See Bag."""
        self.carried += stage is Stage.CONTENT and reply.code not in (0, 421)
        delivery = self._at_hand.pop(letter.name)
        self.over = delivery if is_lost(stage, reply) else None
        self._engine.told(self._run, self._relay, delivery, stage, reply)

    def back(self, letter: Letter, why: Reply) -> None:
        """See Bag."""
        delivery = self._at_hand.pop(letter.name)
        self._engine.returned(delivery, self._relay)
        self._run.desk.return_(delivery)
