"""Door: one process: its signals, its alarm clock, the tasks of its parts. A task that dies ends it."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC
from types import FrameType
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from publisher.daemon import notify
from publisher.daemon.changing import Changing
from publisher.daemon.common import Common, log, now
from publisher.daemon.watchdog import Watchdog
from publisher.errors import Exit, PublisherError

GRACE = 12  # seconds a stop may take; what is cut off then goes on at the next start
ANSWER = 2  # seconds beside `mail.timeout` until what a relay said, or that it said nothing, is written down
AGREE = 60  # seconds between two looks at what other hosts were told
Task = Callable[[], Coroutine[Any, Any, None]]
End = Callable[[], None]
Alarm = tuple[
    Callable[[], Awaitable[None]], float, bool
]  # what is called every so many seconds, also at once


@dataclass(slots=True)
class Parts:
    """What a process does until it is told to stop."""

    tasks: Sequence[Task]  # they end soon when they are told to
    senders: Sequence[Task] = ()  # ... unless a relay is silent
    doors: Sequence[tuple[Task, End]] = ()  # what answers readers, and what ends it
    alarms: Sequence[Alarm] = ()
    ends: Sequence[End] = ()  # what tells tasks to end that do not hear of it otherwise
    closes: Sequence[Task] = ()  # what is awaited then


def ringing(event: asyncio.Event, every: float, *, at_once: bool = True) -> Alarm:
    """An alarm that sets *event*."""

    async def ring() -> None:  # a plain function would run in a thread, where an event may not be set
        event.set()

    return ring, every, at_once


class Signals:
    """INT and TERM end the process, HUP has it take its settings anew: from now on, whatever it does. Plain handlers,
    since those of an event loop end with it."""

    def __init__(self, changing: Changing) -> None:
        self.ended = False
        self._changing = changing
        self._common: Common | None = None  # of what is at work
        self._loop: asyncio.AbstractEventLoop | None = None
        # A terminal that is closed sends HUP too, and then the process is to end; not under nohup.
        self._closes = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and _has_terminal()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self._told)

    async def heard(self, common: Common, work: Coroutine[Any, Any, None]) -> None:
        """Do the *work* of *common*, which is told."""
        self._common, self._loop = common, asyncio.get_running_loop()
        try:
            await work
        finally:
            self._loop = None

    def _told(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP and not (self._closes and not _has_terminal()):
            self._changing.asked = True
            return
        self.ended = True
        if self._loop is None:  # every step of opening a site, and of closing it, is safe to cut off
            os._exit(Exit.DONE)
        self._loop.call_soon_threadsafe(self._end, self._loop)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._common
        self._common.next = None
        self._common.stop.set()
        loop.call_later(GRACE, _cut_off)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


async def run(common: Common, parts: Parts) -> None:
    """Run *parts* until *common* is stopped; then they are told, while what is on the wire is finished. Before another
    life of the process readers are answered until all else has ended. Raises what a task raised."""
    ours: list[Alarm] = [
        (common.look_at_agreement, AGREE, True),
        (common.look_at_output, AGREE, True),
    ]
    scheduler = _clock([*parts.alarms, *ours])
    async with asyncio.TaskGroup() as group:
        common.lasting.lives += 1
        common.lasting.changing.began()
        tasks = {group.create_task(each()) for each in (*parts.tasks, common.heed_settings)}
        senders = {group.create_task(each()) for each in parts.senders}
        for serve, _ in parts.doors:
            group.create_task(serve())
        group.create_task(Watchdog(common).watch_forever())
        await common.stop.wait()
        _tell(common)
        scheduler.shutdown(wait=False)
        common.end()
        for end in parts.ends:
            end()
        closing = {group.create_task(close()) for close in parts.closes}
        if common.next:
            await _ended(tasks | closing, senders, max(GRACE, common.settings.mail.timeout + ANSWER))
        common.over.set()
        for _, end in parts.doors:
            end()
    for finish in common.session.on_stop:  # nobody asks any more: what was promised is done
        await finish()
    if not common.next:
        log.info("stopped")


def _tell(common: Common) -> None:
    """Say that the process ends, or begins anew."""
    if common.next:
        notify.tell(
            "RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=taking new settings"
        )
    else:
        notify.tell("STOPPING=1", "STATUS=finishing what is on the wire")
        log.info("stopping")


async def _ended(tasks: set[asyncio.Task[None]], senders: set[asyncio.Task[None]], seconds: float) -> None:
    """Wait for them all. A letter that a relay does not answer in so many *seconds* is cut off, as a stop would: it is
    in doubt (S1), and where doubt is sent again it comes twice. So that is later than the relay itself is given up:
    readers are answered meanwhile, and nobody waits for new settings as for a stop."""
    _, late = await asyncio.wait(tasks | senders, timeout=seconds)
    for each in late & senders:
        each.cancel()
    if late:
        await asyncio.wait(late)


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
