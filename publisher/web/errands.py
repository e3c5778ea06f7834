"""What an answer does not wait for, so that how long it takes tells nothing (L2): one after the other, some seconds
behind it, so that the next answers tell nothing either."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog

from publisher.errors import PublisherError

MOST = 500  # that wait; of more nothing is promised
SOONEST, LATEST = 1.0, 5.0  # seconds behind the answer, which nobody can foretell

log = structlog.get_logger()


def _some_time() -> float:
    return SOONEST + (LATEST - SOONEST) * secrets.randbelow(1 << 20) / (1 << 20)


class Errands:
    """Work of threads, in the order it was asked for. *after*: how many seconds the first that waits is left alone."""

    def __init__(self, after: Callable[[], float] = _some_time) -> None:
        self._after = after
        self._waiting: deque[Callable[[], object]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._hurry: asyncio.Event | None = None

    def add(self, work: Callable[[], object]) -> bool:
        """Do *work*, which blocks, in a thread when its turn comes; False where too much waits."""
        if len(self._waiting) >= MOST:
            return False
        self._waiting.append(work)
        if self._task is None or self._task.done():
            self._hurry = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._run())
        return True

    async def _run(self) -> None:
        while self._waiting:
            await self._rest()
            for work in [self._waiting.popleft() for _ in range(len(self._waiting))]:
                await self._do(work)

    async def _rest(self) -> None:
        assert self._hurry
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), self._after())

    async def _do(self, work: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(work)
        except PublisherError as error:
            log.error("errand", problem=error.what, where=error.where, mend=error.mend)
        except Exception:  # a fault of ours: told at once, and the next errand is done
            log.exception("errand")

    async def finish(self) -> None:
        """All of it is done, at once."""
        if self._task and self._hurry:
            self._hurry.set()
            await self._task
