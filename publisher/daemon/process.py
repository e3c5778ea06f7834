"""Door: one process: its signals, its alarm clock, the tasks of its parts. A task that dies ends it."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from publisher.config import Settings
from publisher.daemon import notify
from publisher.daemon.common import Common, log, now
from publisher.daemon.watchdog import Watchdog
from publisher.errors import PublisherError
from publisher.verbs.session import Session

GRACE = 12  # seconds a stop may take; what is cut off then goes on at the next start
AGREE = 60  # seconds between two looks at what other hosts were told
Task = Callable[[], Coroutine[Any, Any, None]]
Alarm = tuple[
    Callable[[], Awaitable[None]], float, bool
]  # what is called every so many seconds, also at once


def ringing(event: asyncio.Event, every: float, *, at_once: bool = True) -> Alarm:
    """An alarm that sets *event*."""

    async def ring() -> None:  # a plain function would run in a thread, where an event may not be set
        event.set()

    return ring, every, at_once


def begun(settings: Settings, session: Session) -> Common:
    """What a process begins with: from here on INT and TERM stop it."""
    common = Common(settings, session)
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, common.stop.set)
    return common


async def run(
    common: Common,
    tasks: Sequence[Task],
    alarms: Sequence[Alarm] = (),
    ends: Sequence[Callable[[], None]] = (),
    closes: Sequence[Callable[[], Awaitable[None]]] = (),
) -> None:
    """Run *tasks* until *common* is stopped; then they are told, *ends* are called and *closes* awaited beside them,
    while what is on the wire is finished. Raises what a task raised."""
    loop = asyncio.get_running_loop()
    ours: list[Alarm] = [
        (common.look_at_settings, common.settings.articles.scan_every, True),
        (common.look_at_agreement, AGREE, True),
        (common.look_at_output, AGREE, True),
    ]
    scheduler = _clock([*alarms, *ours])
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(task())
        group.create_task(Watchdog(common).watch_forever())
        await common.stop.wait()
        notify.tell("STOPPING=1", "STATUS=finishing what is on the wire")
        log.info("stopping")
        loop.call_later(GRACE, _cut_off)
        scheduler.shutdown(wait=False)
        common.end()
        for end in ends:
            end()
        for close in closes:
            await close()
    for finish in common.session.on_stop:  # nobody asks any more: what was promised is done
        await finish()
    log.info("stopped")


def _clock(alarms: Sequence[Alarm]) -> AsyncIOScheduler:
    """APScheduler is the alarm clock: never two calls of a kind, never one dropped as late. Its jobs only set an
    event: it would cancel a running coroutine when it is shut down."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    rules: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    for call, every, at_once in alarms:
        first = {"next_run_time": now()} if at_once else {}
        scheduler.add_job(call, "interval", seconds=every, **first, **rules)
    scheduler.start()
    return scheduler


def _cut_off() -> None:
    """A relay or a disk is silent: everything is safe to cut off (X1), so the stop is kept (X4)."""
    log.warning("stopped", cut_off="a letter or a publish was under way; it goes on at the next start")
    os._exit(0)


def complete(main: Task) -> None:
    """Run *main* in a loop of its own. Raises the first of our errors where tasks died together."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main())
        except ExceptionGroup as group:
            raise next((e for e in group.exceptions if isinstance(e, PublisherError)), group) from group
