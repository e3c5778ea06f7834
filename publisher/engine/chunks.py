"""The chunks of the ledger that a worker's jobs have open: what its engine claims from."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from publisher.engine.cluster import NOTICES
from publisher.model.delivery import Delivery
from publisher.store import ledger
from publisher.store.ledger import Chunk


class Chunks:
    """Opened by jobs, on the event loop; claimed from in the writer's thread."""

    def __init__(self, opens: ledger.Opens, on_opened: Callable[[], None]) -> None:
        """*on_opened* is told that there is something to claim."""
        self._opens, self._on_opened = opens, on_opened
        self._open: dict[Chunk, asyncio.Event] = {}  # set when a claim found no more in it
        self._loop: asyncio.AbstractEventLoop | None = None

    def __bool__(self) -> bool:
        return bool(self._open)

    async def work(self, chunk: Chunk) -> None:
        """Keep *chunk* open until a claim found no letter more in it: what is under way then its lease protects."""
        self._loop = asyncio.get_running_loop()
        empty = self._open[chunk] = asyncio.Event()
        self._on_opened()
        try:
            await empty.wait()
        finally:
            del self._open[chunk]

    def claim(self, connection: Connection, now: datetime, limit: int, *, worker: int) -> list[Delivery]:
        """Take the next letters of the chunks that are open, the oldest edition's first: see `ledger.claim`."""
        found: list[Delivery] = []
        for chunk in sorted(self._open.copy()):
            if chunk == NOTICES:  # whoever sends has just looked at the outbox
                self._is_empty(chunk)
                continue
            wanted = limit - len(found)
            if wanted <= 0:
                break
            some = ledger.claim(connection, now, wanted, self._opens, worker=worker, chunk=chunk)
            found += some
            if len(some) < wanted:
                self._is_empty(chunk)
        return found

    def _is_empty(self, chunk: Chunk) -> None:
        if (empty := self._open.get(chunk)) and self._loop:
            self._loop.call_soon_threadsafe(empty.set)
