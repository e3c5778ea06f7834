"""`nashir worker`: letters leave from this host, chunk after chunk of what the scheduler put into the queue."""

import asyncio
import os
import socket
from contextlib import suppress
from functools import partial

from publisher.actions.hours import opens
from publisher.daemon import process
from publisher.daemon.common import TICK, Common, log
from publisher.daemon.keeping import Keeping
from publisher.daemon.process import Parts
from publisher.daemon.sending import MINUTE, Sending
from publisher.engine.chunks import Chunks
from publisher.engine.cluster import Cluster
from publisher.engine.run import Tally
from publisher.store.ledger import Chunk
from publisher.verbs import delivering
from publisher.verbs.session import Session


class Working:
    """Takes jobs while a relay takes letters."""

    def __init__(self, common: Common, cluster: Cluster) -> None:
        """Raises BadConfig where no letter can be made."""
        self._common, self._session, self._cluster = common, common.session, cluster
        self._chunks = Chunks(partial(opens, self._session.house), common.letters.set)
        self._session.claim = self._chunks.claim
        _ = self._session.engine
        self._enough = asyncio.Event()  # no job more for now
        common.on_strange = self._enough.set  # others may have what was given to us
        self._failed = False  # letters could not be sent from here
        self._told = (0.0, 0)  # when the log was told how many letters were done

    def end(self) -> None:
        """Take no job more."""
        self._enough.set()

    async def take_forever(self) -> None:
        """Open the chunks of jobs. A worker whose relays take nothing leaves them to others."""
        common, engine = self._common, self._session.engine
        while not common.stop.is_set():
            rest = engine.rest
            if self._failed or rest or common.strange:
                self._failed = False
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(rest.again, TICK) if rest else TICK):
                        await common.stop.wait()
                continue
            self._enough.clear()
            await self._cluster.run(self._open, self._enough, lost=partial(common.problems.trouble, "queue"))

    async def _open(self, chunk: Chunk) -> None:
        self._common.problems.over("queue")
        await self._chunks.work(chunk)

    async def deliver(self, session: Session) -> Tally:
        """Send what is due of the chunks that are open."""
        if not self._chunks:
            return session.engine.rest or Tally()
        self._told = (asyncio.get_running_loop().time(), 0)
        try:
            tally = await delivering.work(session, self._progress)
        except BaseException:  # whatever it is: others may have what was given to us
            self._failed = True
            self._enough.set()
            raise
        if tally.down or tally.rests:
            self._enough.set()
        return tally

    def _progress(self, tally: Tally) -> None:
        self._common.gets_on(self._common.letters)
        at, done = asyncio.get_running_loop().time(), tally.sent + tally.failed + tally.unknown
        since, before = self._told
        if at - since >= MINUTE:
            self._told = at, done
            log.info("under_way", done=done, rate=round((done - before) / (at - since), 1))


async def work(common: Common, cluster: Cluster) -> None:
    """Send until *common* is stopped. Raises PublisherError; at the start BadState behind the restore fence, which a
    worker outlasts that is at work."""
    session = common.session
    if not common.lasting.lives:
        delivering.must_send(session)
    working = Working(common, cluster)
    sending = Sending(common, working.deliver)
    await cluster.open()
    try:
        log.info(
            "working",
            name=f"{socket.gethostname()}:{os.getpid()}",
            database=session.house.store.database.where,
        )
        await process.run(
            common,
            Parts(
                tasks=[working.take_forever, Keeping(common).erase_forever],
                senders=[sending.send_forever],
                alarms=[
                    process.ringing(common.letters, TICK, at_once=False),
                    process.ringing(common.erasures, MINUTE),
                ],
                ends=[working.end],
            ),
        )
    finally:
        await cluster.close()
