"""Door: whether this process is alive: told to the service manager, and at /healthz.

It is where its loop turns, since that is what says so; where what is written to the database gets an end; and where no
task is at the same piece of work for hours.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress

from publisher.daemon import notify
from publisher.daemon.common import Common, log

EVERY = 30.0  # seconds between two looks, where the manager wants none sooner
WRITES = 600.0  # seconds that one piece of writing may take: another program may hold the database for 90
WORKS = 7200.0  # ... and one turn of a task, or what goes on between two letters: the longest is a backup


def bury() -> None:
    """The first process of a container is the parent of whoever lost theirs, and is to hear that they ended. A daemon
    has no children of its own."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


class Watchdog:
    """Tells that the process is ready, how it is, and while it is alive that it is."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._every = min(EVERY, (notify.watchdog() or 2 * EVERY) / 2)

    async def watch_forever(self) -> None:
        """Look again and again, until the process stops."""
        common = self._common
        notify.tell("READY=1")
        while not common.over.is_set():
            if os.getpid() == 1:
                bury()
            hangs = list(self.hangs())
            if not hangs:
                common.problems.over("hangs")
            elif common.problems.has("hangs", "; ".join(hangs)):
                log.error("hangs", problem="; ".join(hangs))
            notify.tell(f"STATUS={self.status()}", *([] if hangs else ["WATCHDOG=1"]))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await common.over.wait()

    def hangs(self) -> Iterator[str]:
        """What does not get on, in words."""
        seconds = self._common.session.house.store.at_work()
        if seconds > WRITES:
            longer = f"it has taken longer than {WRITES:g} s"
            ended = "the thread that writes it has ended" if seconds == float("inf") else longer
            yield f"what is written to the database does not get done: {ended}"
        for name, since in self._common.at_work():
            if since > WORKS:
                yield f"the task {name!r} has been at the same work for more than {WORKS / 3600:g} hours"

    def status(self) -> str:
        """A line for `systemctl status`."""
        common = self._common
        if problems := common.problems.lines():
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            return " ".join(f"{problems[0]}{more}".split())
        if under_way := common.session.under_way:
            how = under_way.told()
            return f"sending: {how['done']} of {how['total']}, {how['rate']:g} a second"
        if not common.leads():
            return "another scheduler leads"
        return (
            f"all is well; published {common.published_at:%Y-%m-%d %H:%M} UTC"
            if common.published_at
            else "all is well"
        )
