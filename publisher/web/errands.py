"""What an answer does not wait for, so that how long it takes tells nothing (L2): one after the other, behind it."""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from publisher.errors import PublisherError

MOST = 500  # that wait; of more nothing is promised

log = structlog.get_logger()


class Errands:
    """Work of threads, in the order it was asked for."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, work: Callable[[], object]) -> bool:
        """Do *work*, which blocks, in a thread when its turn comes; False where too much waits."""
        if len(self._waiting) >= MOST:
            return False
        self._waiting.append(work)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return True

    async def _run(self) -> None:
        while self._waiting:
            try:
                await asyncio.to_thread(self._waiting.popleft())
            except PublisherError as error:
                log.error("errand", problem=error.what, where=error.where, mend=error.mend)
            except Exception:  # a fault of ours: told at once, and the next errand is done
                log.exception("errand")

    async def finish(self) -> None:
        """All of it is done."""
        if self._task:
            await self._task
