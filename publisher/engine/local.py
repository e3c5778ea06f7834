"""Deliveries in this process: asyncio workers, each with a connection of its own, over the store's ledger."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from math import ceil

from sqlalchemy import Connection

from publisher.engine.bag import Bag
from publisher.engine.desk import Desk, Queue
from publisher.engine.making import Letters, Making
from publisher.engine.reserving import Reserve, Reserving
from publisher.engine.run import Run, Tally, at_rest, settle
from publisher.errors import Unwritable
from publisher.mail.carrier import Carrier, Down
from publisher.mail.gate import Action, Gate
from publisher.mail.verdict import judge
from publisher.model.delivery import Delivery, Letter, OnUnknown, Reply, Stage
from publisher.store import buckets, ledger, notices, relays, workers
from publisher.store.store import Store

FAREWELL = 5  # seconds a relay has to say goodbye
LINGER = 65.0  # seconds that a run waits for the rate of a relay
Claim = Callable[..., list[Delivery]]  # as ledger.claim, of whoever works on all or on some of it
LOOK = 1.0  # seconds after which a worker that has nothing to do looks again


class LocalEngine:
    """Sends what is due. `deliver` runs alone: a second call waits and then sends what is left."""

    def __init__(
        self,
        store: Store,
        letters: Letters,
        carriers: Mapping[str, Callable[[], Carrier]],
        gate: Gate,
        *,
        connections: int,
        on_unknown: OnUnknown,
        clock: Callable[[], datetime],
        opens: ledger.Opens,
        notice: Callable[[Delivery], Letter] | None = None,
        heed: Callable[[Action], None] = lambda _: None,
        claim: Claim | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        """*carriers* make a connection to the relay of that name, which *gate* knows too. *letters* makes those of
        editions, *notice* those that are no edition's, which go first. *heed* does what the answers ask for, in a
        thread. *claim* takes the letters of editions from the ledger; None: whichever are due. *reserve* gives turns
        where *gate* shares its rates with others."""
        self._store, self._carriers, self._gate = store, carriers, gate
        self._connections, self._clock, self._on_unknown = connections, clock, on_unknown
        self.making = Making(letters, notice)
        self._notice, self._heed = notice, heed
        self._claim = claim or partial(ledger.claim, opens=opens)
        self._reserving = Reserving(store, gate, self._now, reserve) if reserve else None
        self._alone = asyncio.Lock()
        self._run: Run | None = None
        self._stopping = False
        # A run broke off, as this worker: some of its letters may stand as claimed or being sent.
        self._untidy: int | None = None

    @property
    def rest(self) -> Tally | None:
        """What a run would say at once because no relay can be used now, or none takes any for a while; else None."""
        route = self._gate.route(self._now())
        if route.relay or not (route.down or route.wait > LINGER):
            return None
        return at_rest(Tally(), route, route.wait)

    def stop(self) -> None:
        """No new letters; those on the wire are finished (S7)."""
        self._stopping = True
        self.break_off()

    def break_off(self) -> None:
        """No new letters in the run that is under way; those on the wire are finished."""
        if self._run:
            self._run.stop()

    async def tidy(self) -> None:
        """After a run that broke off: its letters wait again, or are in doubt, as after a crash (S1). Raises what the
        store raises, as long as it takes nothing."""
        async with self._alone:
            await self._tidy()

    async def _tidy(self) -> None:
        if self._untidy is not None:
            number = self._untidy
            await self._store.settle(lambda c: workers.retire(c, number, self._on_unknown))
            self._untidy = None

    async def _enlist(self) -> int:
        """Be a worker of this number: 0 where there is only one, which holds the site's lock."""
        if not self._store.database.shared:
            return 0
        name = f"{socket.gethostname()}:{os.getpid()}"
        return await self._store.settle(lambda c: workers.register(c, name))

    def _claimed(self, worker: int, connection: Connection, now: datetime, limit: int) -> list[Delivery]:
        """Nothing for a worker that others thought dead: nobody would know whose it is."""
        if worker and not workers.lives(connection, worker):
            return []
        return self._claim(connection, now, limit, worker=worker)

    def _queues(self, worker: int) -> tuple[Queue, ...]:
        editions = Queue(
            partial(self._claimed, worker),
            partial(ledger.begin, worker=worker),
            partial(ledger.settle, worker=worker),
            partial(ledger.put_back, worker=worker),
            partial(ledger.put_off, worker=worker),
            partial(ledger.mark, worker=worker),
            partial(ledger.unmarked, worker=worker),
        )
        outbox = Queue(
            partial(notices.claim, worker=worker),
            partial(notices.begin, worker=worker),
            partial(notices.settle, worker=worker),
            partial(notices.put_back, worker=worker),
            partial(notices.put_off, worker=worker),
        )
        return (outbox, editions) if self._notice else (editions,)

    async def deliver(
        self, progress: Callable[[Tally], None] = lambda _: None, tally: Tally | None = None
    ) -> Tally:
        """Send until nothing is due, or no relay can be used, or `stop`. Every verdict is committed. It goes on
        counting in *tally*. Raises what the store raised, and what `heed` did when everything is written down."""
        async with self._alone:
            await self._tidy()
            worker = self._untidy = await self._enlist()
            desk = Desk(self._store, self._queues(worker), self._queue_of, self._clock, self._unsaved)
            run = self._run = Run(desk, tally or Tally(), progress)
            if self._stopping:
                run.stop()
            run.tally.down = run.tally.rests = ""
            try:
                await self._together(run, worker)
            except BaseException:
                with suppress(Exception):  # what stopped the workers is told
                    await self._end(run)
                raise
            await self._end(run)
            if self._store.database.shared:  # a claim whose answer was lost has letters that nobody knows of
                await self._tidy()
            self._untidy = None
            if run.troubles:
                raise run.troubles[0]
            return run.tally

    async def _together(self, run: Run, worker: int) -> None:
        """All connections, and beside them what says that this worker lives, and what reserves their turns."""
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat(run, worker))
            working = [group.create_task(self._work(run)) for _ in range(self._connections)]
            if self._reserving:
                group.create_task(self._reserving.go(run))
            await asyncio.wait(working)
            beating.cancel()
            if self._reserving:
                self._reserving.stop()

    async def _beat(self, run: Run, worker: int) -> None:
        """Say again and again that this worker lives, whatever else is to be written. Where others think that it is
        dead, what is on the wire is finished, and nothing more. Raises what the store raises."""
        lives = bool(worker)
        while lives:
            await asyncio.sleep(workers.BEAT)
            lives = await asyncio.to_thread(self._store.beside, partial(workers.beat, worker=worker))
        if worker:
            what = "this sender was silent for too long: others have its letters"
            run.troubles.append(
                Unwritable(what, self._store.database.where, "look at the way to the database")
            )
            run.stop()

    async def _end(self, run: Run) -> None:
        """Write down what is left to be written."""
        run.desk.stop()
        self.queue_again(run)
        await asyncio.gather(*run.heeding, return_exceptions=True)
        for each in await run.desk.close():
            self._gate.returned(each, self._now())
        if self._reserving:
            await self._reserving.close()
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

    async def _work(self, run: Run) -> None:
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
            self._lacks_turns()
            if not run.busy and (route.down or wait > LINGER):
                at_rest(run.tally, route, wait)
                return
            await run.pause(min(wait, LOOK))

    async def _connect(self, run: Run, relay: str, first: Delivery) -> None:
        """Carry letters over one connection."""
        carrier = self._carriers[relay]()
        if not await self._open(run, relay, carrier):
            run.desk.return_(first)
            return
        run.tally.down = ""
        bag = Bag(self, run, relay, first)
        ended: Reply | None = None
        try:
            ended = await carrier.converse(bag)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await carrier.close()
            bag.leave()
            self._do(run, self._gate.closed(relay, bag.carried, ended, self._now(), bag.over))

    async def _open(self, run: Run, relay: str, carrier: Carrier) -> bool:
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

    def _do(self, run: Run, actions: Sequence[Action]) -> None:
        for action in actions:
            run.heeds(asyncio.get_running_loop().run_in_executor(None, self._heed, action))
        if actions:  # a relay that was tried takes letters again, or does not
            run.moved.set()

    def may(self, run: Run, relay: str, delivery: Delivery) -> float | None:
        """None where this letter may leave over *relay* now, and is counted; else the seconds until the relay takes
        any, 0.0 where it is only this one that does not: that waits for its turn, or is put off."""
        now = self._now()
        if pause := self._gate.pause(relay, now):
            run.desk.return_(delivery)
            self._lacks_turns()
            return pause
        if not self._gate.take(relay, delivery, now):
            return None
        turn = self._gate.turn(delivery, now)
        if turn is None:
            run.desk.put_off(delivery, datetime.fromtimestamp(ceil(self._gate.when(delivery, now)), UTC))
        else:
            run.desk.park(delivery, turn)
            self._lacks_turns()
        return 0.0

    def _lacks_turns(self) -> None:
        if self._reserving:
            self._reserving.look()

    def stays(self, relay: str, carried: int) -> bool:
        """Whether a connection to *relay* that carried so many letters should carry another."""
        return self._gate.stays(relay, carried, self._now())

    def told(self, run: Run, relay: str, delivery: Delivery, stage: Stage, reply: Reply) -> None:
        """Judge what became of a letter, and have it written down."""
        losses = self._gate.losses(delivery)
        self._do(run, self._gate.heard(relay, delivery, stage, reply, self._now()))
        settle(run, delivery, judge(stage, reply, delivery, self._clock(), self._on_unknown, losses))

    def queue_again(self, run: Run) -> None:
        """What is claimed and not begun is queued again."""
        for each in run.desk.queue_again():
            self._gate.returned(each, self._now())

    def returned(self, delivery: Delivery, relay: str) -> None:
        """A letter that might have left over *relay* did not."""
        self._gate.returned(delivery, self._now(), relay)
