"""Rates: how many letters may leave in a time (S5). No clock of its own; `now` is in seconds since 1970.

A rate by the second or minute is a pace: letters leave evenly (the generic cell rate algorithm, ITU-T I.371). One by
the hour or day is a quota: all of it may leave at once, and never more in any stretch of that length.
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86400}  # seconds
PARTS = 100  # of the time of a quota: each is counted as a whole, so that up to 1 % of the time is given away
AHEAD = 5.0  # seconds that a letter may be given a turn in advance
SLACK = 0.02  # of a pace's time: how late a letter may be without the next ones losing their turn
SAME = 1e-5  # seconds: two moments that are one, whatever arithmetic made of them
FORMS = '"20/s", "100/min", "5000/h" or "50000/day", in whole numbers (half a letter a second is "30/min")'
_WRITTEN = re.compile(r"\s*([0-9]{1,9})\s*/\s*(s|min|h|day)\s*")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` letters in any `seconds`."""

    limit: int
    seconds: int

    @property
    def pace(self) -> float:
        """How many a second leave evenly; 0: it is a quota."""
        return self.limit / self.seconds if self.seconds < UNITS["h"] else 0.0


def parse(text: str) -> Rate:
    """The rate *text*: "20/s". Raises ValueError with the mend."""
    found = _WRITTEN.fullmatch(text)
    if not found or not int(found[1]):
        raise ValueError(f"{text!r} is no rate; write {FORMS}")
    return Rate(int(found[1]), UNITS[found[2]])


def tightest(texts: Iterable[str]) -> tuple[Rate, ...]:
    """The rates *texts*; of several by the same unit the tightest. Raises ValueError with the mend."""
    found: dict[int, Rate] = {}
    for rate in map(parse, texts):
        found[rate.seconds] = min(rate, found.get(rate.seconds, rate), key=lambda each: each.limit)
    return tuple(rate for _, rate in sorted(found.items()))


class _Counter(Protocol):
    """What was used up of one rate."""

    def wait(self, now: float) -> float:
        """Seconds until the next letter may leave; 0: it may."""

    def take(self, now: float) -> None:
        """One leaves *now*, or as soon as `wait` says."""

    def back(self, now: float) -> None:
        """One that was taken did not leave."""

    def ends(self, at: float) -> bool:
        """Whether it can tell that none was taken for a later moment."""

    def unused(self, at: float, *, last: bool) -> None:
        """The one that was taken for this moment will not leave; it is the *last*."""

    def state(self) -> Any:
        """It as a JSON value."""


class _Pace:
    """The time of the next letter if all had left evenly. In any time t leave at most limit × (t + 2 %) + 1; where it
    is *even*, limit × t + 1."""

    def __init__(self, rate: Rate, state: float = 0.0, *, even: bool = False) -> None:
        self._step, self._slack = rate.seconds / rate.limit, 0.0 if even else rate.seconds * SLACK
        self._next = state

    def _due(self, now: float) -> float:
        # Further ahead it cannot be, unless the clock was put back.
        return min(self._next, now + AHEAD + self._slack + self._step)

    def wait(self, now: float) -> float:
        return max(0.0, self._due(now) - self._slack - now)

    def take(self, now: float) -> None:
        self._next = max(self._due(now), now) + self._step

    def back(self, now: float) -> None:
        """Its moment has passed."""

    def ends(self, at: float) -> bool:
        return abs(self._next - self._step - at) < SAME

    def unused(self, at: float, *, last: bool) -> None:
        # Where others were taken after it, it is lost: they stay where they are.
        if last:
            self._next = at

    def state(self) -> float:
        return self._next


class _Quota:
    """How many left in each part of the time, the oldest first."""

    def __init__(self, rate: Rate, state: Iterable[tuple[int, int]] = (), *, even: bool = False) -> None:
        self._limit, self._part = rate.limit, rate.seconds // PARTS
        self._parts = deque([part, count] for part, count in state)
        self._used = sum(count for _, count in self._parts)

    def _forget(self, now: float) -> int:
        """The part that *now* is in; those that are over count no more."""
        here, parts = int(now // self._part), self._parts
        while parts and parts[0][0] < here - PARTS:
            self._used -= parts.popleft()[1]
        ahead = 0
        while parts and parts[-1][0] > here:  # the clock was put back
            ahead += parts.pop()[1]
        if ahead:
            self._add(here, ahead)
        return here

    def _add(self, part: int, count: int) -> None:
        if self._parts and self._parts[-1][0] == part:
            self._parts[-1][1] += count
        else:
            self._parts.append([part, count])

    def wait(self, now: float) -> float:
        self._forget(now)
        left = self._used
        if left < self._limit:
            return 0.0
        for part, count in self._parts:
            left -= count
            if left < self._limit:
                return (part + PARTS + 1) * self._part - now
        raise AssertionError("a limit is at least 1")

    def take(self, now: float) -> None:
        self._add(self._forget(now), 1)
        self._used += 1

    def back(self, now: float) -> None:
        # The oldest that counts: those that did leave then count for rather longer than too short.
        self._forget(now)
        if self._parts:
            self._used -= 1
            self._parts[0][1] -= 1
            if not self._parts[0][1]:
                self._parts.popleft()

    def ends(self, at: float) -> bool:
        return False

    def unused(self, at: float, *, last: bool) -> None:
        # Not the oldest: who takes and gives back all the time would make the others count for ever.
        found = next((each for each in self._parts if each[0] == int(at // self._part)), None)
        if found is None:
            self.back(at)
            return
        self._used -= 1
        found[1] -= 1
        if not found[1]:
            self._parts.remove(found)

    def state(self) -> list[tuple[int, int]]:
        return [(part, count) for part, count in self._parts]


class Meter:
    """What was used up of several rates. The state of one that is not given is forgotten."""

    def __init__(
        self, rates: Iterable[Rate], state: Mapping[str, Any] | None = None, *, even: bool = False
    ) -> None:
        """*state*: as `state` gave it, whatever the limits were then. *even*: no letter may be late."""
        self._counters: dict[int, _Counter] = {}
        self.rates = tuple(rates)
        for rate in self.rates:
            kind = _Pace if rate.pace else _Quota
            before = (state or {}).get(str(rate.seconds))
            self._counters[rate.seconds] = (
                kind(rate, even=even) if before is None else kind(rate, before, even=even)
            )

    @property
    def fineness(self) -> int:
        """After how many letters its state is worth saving: 1 % of the smallest quota."""
        return max(1, min((rate.limit for rate in self.rates), default=0) // 100)

    def wait(self, now: float) -> float:
        """Seconds until a letter may leave; 0: now."""
        return max((each.wait(now) for each in self._counters.values()), default=0.0)

    def take(self, now: float) -> None:
        """Count a letter that leaves *now*, or, within AHEAD, as soon as `wait` said."""
        for each in self._counters.values():
            each.take(now)

    def back(self, now: float) -> None:
        """A letter that was counted does not leave: a quota has room for another."""
        for each in self._counters.values():
            each.back(now)

    def unused(self, at: float) -> None:
        """A letter that was counted for this moment will not leave: it may be taken again, where that still can be."""
        last = any(each.ends(at) for each in self._counters.values())
        for each in self._counters.values():
            each.unused(at, last=last)

    def state(self) -> dict[str, Any]:
        """It as a JSON value."""
        return {str(seconds): each.state() for seconds, each in self._counters.items()}

    def copy(self) -> "Meter":
        """Another with the same state, to look ahead with."""
        return Meter(self.rates, self.state())


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sender wants of rates that it shares with others."""

    rates: tuple[Rate, ...]
    want: int  # turns
    back: tuple[float, ...] = ()  # turns that it has and will not use
    lead: float = 0.0  # seconds until the answer is there: earlier turns would be too late


@dataclass(frozen=True, slots=True)
class Grant:
    """What it is given: each turn is for one letter, which leaves then or a little later."""

    times: tuple[float, ...]
    again: float  # the next turn that is free
    state: dict[str, Any]  # what is used up now


def reserve(wish: Wish, state: Mapping[str, Any] | None, now: float, horizon: float) -> Grant:
    """The next free turns within *horizon* seconds (at most AHEAD), out of the *state* that all share. Whoever reserves
    has the same clock: *now*, in seconds since 1970."""
    meter = Meter(wish.rates, state, even=True)
    for each in sorted(wish.back, reverse=True):
        meter.unused(each)
    times, at = list[float](), now + wish.lead
    while (at := at + meter.wait(at)) <= now + horizon and len(times) < wish.want:
        meter.take(at)
        times.append(at)
    return Grant(tuple(times), at, meter.state())
