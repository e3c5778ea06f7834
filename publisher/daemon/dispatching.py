"""What is due becomes jobs: workers open a chunk of the ledger each."""

import asyncio
import time
from functools import partial

from publisher.daemon.common import Common, log
from publisher.engine.cluster import NOTICES, Cluster, Stats
from publisher.errors import PublisherError
from publisher.store import ledger, notices, workers
from publisher.store.ledger import Chunk
from publisher.verbs import delivering

SHARE = 5  # times what a look took is the time to the next one: a ledger of millions is looked at less often
LONGEST = 30.0  # ... seconds at the most: a look may have waited for the database


class Dispatching:
    """Tells the cluster's queue what is due."""

    def __init__(self, common: Common, cluster: Cluster, *, sends: bool) -> None:
        """*sends*: this process sends as well, and tells workers only if there are some."""
        self._common, self._session, self._cluster = common, common.session, cluster
        self._sends = sends
        self._next = 0.0  # when it is time to look again, by the monotonic clock
        if not sends:
            self._session.dispatch = self.dispatch

    async def dispatch_forever(self) -> None:
        """Look what is due at every tick."""
        common = self._common
        while await common.turn(common.chunks):
            common.chunks.clear()
            try:
                await common.look_at_fence()
                if not common.fenced():
                    opened = not self._sends and await delivering.ready(self._session)
                    if opened or time.monotonic() >= self._next:
                        await self.dispatch()
            except PublisherError as error:
                common.problems.trouble("queue", error)
            else:
                common.problems.over("queue")

    async def dispatch(self) -> Stats:
        """Letters of dead workers wait again, before their jobs are another's; each chunk with letters that are due has
        a job. Returns what the queue is then. Raises Unwritable."""
        house = self._session.house
        sweep = partial(workers.sweep, on_unknown=house.mail.on_unknown, patient=True)
        for name in await asyncio.to_thread(house.store.write, sweep):
            log.warning("worker", name=name, problem="it was silent for too long: its letters wait again")
        stats = await self._cluster.stats()
        if self._sends and not stats.workers:
            return stats
        began = time.monotonic()
        due = await asyncio.to_thread(self._due)
        took = time.monotonic() - began
        self._next = time.monotonic() + min(took * SHARE, LONGEST)
        if added := await self._cluster.enqueue(due):
            log.info("queued", chunks=added, workers=stats.workers)
        return stats

    def _due(self) -> list[Chunk]:
        read, now = self._session.house.store.read, self._session.clock()
        outbox = [NOTICES] if read(lambda c: notices.is_due(c, now)) else []
        return outbox + read(lambda c: ledger.chunks_due(c, now))
