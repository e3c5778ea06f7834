"""The nightly backup: written by whoever leads, beside all else."""

import asyncio

from publisher.daemon.common import Common, gathered, log, now
from publisher.verbs import saving

PATIENCE = 3600.0  # seconds before one that failed is tried again: each try writes the whole database


class Saving:
    """Looks whether a backup is due. While the restore fence is up none is made: it could be the wrong database's, and
    in a week the good ones would be gone."""

    def __init__(self, common: Common) -> None:
        self._common, self._session = common, common.session
        self._next = 0.0  # when it is time to try again, by the loop's clock

    async def save_forever(self) -> None:
        """Write each night's backup once. Raises Damaged."""
        common, loop = self._common, asyncio.get_running_loop()
        while await common.turn(common.night):
            common.night.clear()
            if loop.time() >= self._next and not common.fenced():
                problems: list[str] = []
                with gathered(problems):
                    await self._save()
                self._told(problems)
                self._next = loop.time() + PATIENCE if problems else 0.0

    async def _save(self) -> None:
        done = await asyncio.to_thread(saving.nightly, self._session.house, now())
        if done:
            told = {name: done[name] for name in ("file", "bytes", "seconds", "removed")}
            log.info("backup", **told)

    def _told(self, problems: list[str]) -> None:
        known = self._common.remarks.get("backup", [])
        for problem in problems:
            if problem not in known:
                log.error("backup", problem=problem)
        self._common.remarks["backup"] = problems
