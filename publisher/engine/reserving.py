"""Turns of the rates that several senders share (S5): asked for beside the workers, ahead of their need.

A gate says how many it wants; the store gives them, by its clock, in a transaction of a few rows.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection

from publisher.engine.run import Run
from publisher.mail import rates
from publisher.mail.gate import Gate
from publisher.mail.rates import Grant, Wish
from publisher.mail.turns import HORIZON
from publisher.store import buckets, clock
from publisher.store.store import Store

TICK = 0.1  # seconds between two looks at whether turns run out
GATHER = 0.005  # seconds for which those who lack turns are gathered
DRIFT = 1e-4  # by how much two clocks may go apart in a time

Reserve = Callable[[Connection, Mapping[str, Wish]], tuple[float, dict[str, Grant]]]


def reserve(
    connection: Connection,
    wishes: Mapping[str, Wish],
    now: Callable[[Connection], float] = clock.now,
) -> tuple[float, dict[str, Grant]]:
    """Fulfil *wishes*, by key, from the states that all share: the moment, by *now*'s clock, and what each is given.
    Where that is done twice (Store.settle) turns are lost, or a few of a quota, 1 in 500 at the most, go back twice."""

    def decide(wish: Wish, state: Any, at: float) -> tuple[Grant, Any]:
        grant = rates.reserve(wish, state, at, HORIZON)
        return grant, grant.state

    return buckets.change(connection, {key: partial(decide, wish) for key, wish in wishes.items()}, now)


class Skew:
    """How many seconds our clock is ahead of another: what all that was heard of it agrees on."""

    def __init__(self) -> None:
        self._least, self._most, self._at = 0.0, -1.0, 0.0

    def heard(self, before: float, theirs: float, after: float) -> float:
        """The other clock said *theirs* when ours said something from *before* to *after*; returns what is likely."""
        drift = abs(after - self._at) * DRIFT
        least = max(self._least - drift, before - theirs)
        most = min(self._most + drift, after - theirs)
        if least > most:  # one of them was set, or nothing was heard yet
            least, most = min(before, after) - theirs, max(before, after) - theirs
        self._least, self._most, self._at = least, most, after
        return (least + most) / 2


class Reserving:
    """Reserves the turns of one *gate*."""

    def __init__(self, store: Store, gate: Gate, now: Callable[[], float], reserve: Reserve) -> None:
        """*now*: seconds since 1970 by this host's clock."""
        self._store, self._gate, self._now, self._reserve = store, gate, now, reserve
        self._skew = Skew()
        self._news = self._over = asyncio.Event()  # of a run

    def look(self) -> None:
        """Turns may be lacking."""
        self._news.set()

    def stop(self) -> None:
        """No more turns are needed: `go` ends when those that were asked for are here."""
        self._over.set()
        self._news.set()

    async def go(self, run: Run) -> None:
        """Until `stop`: ask for what is wanted, and wake those who wait for it. Raises what the store raises."""
        news, over = self._news, self._over = asyncio.Event(), asyncio.Event()
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await news.wait()
            await asyncio.sleep(GATHER)
            news.clear()
            wishes = {} if over.is_set() else self._gate.wanted(self._now(), run.desk.waiting)
            if wishes:
                run.desk.have_turns(await self._ask(wishes))
                run.moved.set()

    async def _ask(self, wishes: dict[str, Wish]) -> dict[tuple[bool, int], float]:
        before = self._now()
        at, grants = await self._store.settle(lambda connection: self._reserve(connection, wishes))
        now = self._now()
        return self._gate.granted(wishes, grants, at, self._skew.heard(before, at, now), now)

    async def close(self) -> None:
        """Give back what is left over. Raises what the store raises."""
        if wishes := self._gate.left_over(self._now()):
            await self._ask(wishes)
