"""One run of an engine: what its workers share, and what it did."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from publisher.engine.desk import Desk
from publisher.mail.gate import Route
from publisher.model.delivery import Delivery, State, Verdict


@dataclass(slots=True)
class Tally:
    """What a run did."""

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    unknown: int = 0
    down: str = ""  # why the relay could not be used at the end, "" when it could
    rests: str = ""  # why letters that are due wait, though a relay could be used
    again: float = 0.0  # seconds after which it is worth going on, where `down` or `rests` is said
    trouble: str = ""  # the last reply that put a letter off and was no recipient's fault
    failures: list[tuple[str, str]] = field(default_factory=list)  # (address, reply), the first of them

    def count(self, delivery: Delivery, verdict: Verdict) -> None:
        """Note one verdict."""
        match verdict.state:
            case State.SENT:
                self.sent += 1
            case State.UNKNOWN:
                self.unknown += 1
            case State.QUEUED:
                self.deferred += 1
                self.trouble = (
                    self.trouble if verdict.counts else f"{verdict.code or 'no reply'}: {verdict.note}"
                )
            case _:
                self.failed += 1
                if len(self.failures) < 20:
                    self.failures.append((delivery.address, f"{verdict.code} {verdict.note}".strip()))


@dataclass(slots=True)
class Run:
    """What the workers of one run share."""

    desk: Desk
    tally: Tally
    progress: Callable[[Tally], None]
    # What the answers ask for is being done.
    heeding: set["asyncio.Future[None]"] = field(default_factory=set)
    troubles: list[BaseException] = field(default_factory=list)  # what went wrong with that
    opening: set[asyncio.Timeout] = field(default_factory=set)  # by which they are given up
    busy: int = 0  # workers that have a connection, or open one
    moved: asyncio.Event = field(default_factory=asyncio.Event)  # one began or ended, or it is all over

    async def pause(self, seconds: float) -> None:
        """So long at the most: until something moves."""
        self.moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.moved.wait()

    def stop(self) -> None:
        """No new letters, and no new connections."""
        self.desk.stop()
        while self.opening:
            self.opening.pop().reschedule(0.0)
        self.moved.set()

    def heeds(self, doing: "asyncio.Future[None]") -> None:
        """Keep what is being done until it is."""
        self.heeding.add(doing)
        doing.add_done_callback(self._heeded)

    def _heeded(self, done: "asyncio.Future[None]") -> None:
        self.heeding.discard(done)
        if not done.cancelled() and (error := done.exception()):
            self.troubles.append(error)


def settle(run: Run, delivery: Delivery, verdict: Verdict) -> None:
    """Have a verdict written down, and count it."""
    run.desk.settle(delivery, verdict)
    run.tally.count(delivery, verdict)
    run.progress(run.tally)


def at_rest(tally: Tally, route: Route, wait: float) -> Tally:
    """Note why no relay takes letters now, and for how many seconds."""
    tally.down, tally.rests = (route.why, "") if route.down else ("", route.why)
    tally.again = wait
    return tally
