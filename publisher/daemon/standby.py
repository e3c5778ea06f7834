"""Of several schedulers one leads, and the others stand by."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from publisher.daemon.common import Common, log
from publisher.errors import PublisherError
from publisher.store.leading import Lead

LOOK = 2.0  # seconds between two looks
PATIENCE = (
    3.0  # seconds that a look may take: the lock is not another's before the database was silent for ten
)


class Standby:
    """Whether this process leads. It does not while the database does not answer."""

    def __init__(self, common: Common, lead: Lead, took: Callable[[], object] = lambda: None) -> None:
        """*took* is called in a thread whenever the lead was taken, before this process leads."""
        self._common, self._lead, self._took = common, lead, took
        self._leads: bool | None = None  # None: nobody was told yet
        common.leads = lambda: bool(self._leads)
        common.follows = lambda: None if self._leads is None else not self._leads
        common.session.elsewhere = self._elsewhere

    def _elsewhere(self) -> str:
        if self._leads:
            return ""
        holder = self._lead.holder
        return (
            f"the scheduler {holder} leads, and this one stands by" if holder else "this scheduler stands by"
        )

    def _take(self) -> bool:
        taken = self._lead.take()
        if taken and not self._leads:
            self._took()
        return taken

    async def watch_forever(self) -> None:
        """Look again and again, until the process stops."""
        looking: asyncio.Future[bool] | None = None
        thread = ThreadPoolExecutor(
            1, "lead"
        )  # its own: a look must not wait for whatever else is done in threads
        loop = asyncio.get_running_loop()
        try:
            while not self._common.stop.is_set():
                looking = looking or loop.run_in_executor(thread, self._take)
                done, _ = await asyncio.wait([looking], timeout=PATIENCE)
                if not done:
                    self._told(leads=False, problem="the database does not answer")
                    continue
                looking = None
                try:
                    self._told(leads=done.pop().result())
                    self._common.problems.over("standby")
                except PublisherError as error:
                    self._told(leads=False, problem=error.what)
                    self._common.problems.has("standby", str(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self._common.stop.wait()
        finally:
            loop.run_in_executor(thread, self._lead.let_go)
            thread.shutdown(wait=False)

    def _told(self, *, leads: bool, problem: str = "") -> None:
        before, self._leads = self._leads, leads
        if before == leads:
            return
        if leads:
            log.info("leads")
            self._common.ring()
        elif problem:
            log.warning("standby", problem=problem)
        else:
            log.info("standby", behind=self._lead.holder)
