"""Turns that were reserved of rates which several senders share (S5): in place of a Meter, where the state that all
share says what is used up.

No clock of its own; `now` is in seconds since 1970 by this sender's clock, turns are by the clock that all share. The
difference is told with each grant.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

from publisher.mail.rates import SLACK, Grant, Meter, Rate, Wish

HORIZON = (
    1.0  # seconds ahead of which turns are reserved: so much of a pace is lost with a sender that is killed
)
PORTION = 500  # of a quota is reserved at a time: what is lost of it with a sender that is killed
HOLD = 5.0  # seconds that a turn of a quota is kept for a letter
LATE = 0.1  # seconds, or the step of the pace, that a turn is good for, where 2 % of the time are less
ASK = 0.5  # seconds until turns that were asked for are here, if nobody says so before
LEAD = 0.02  # seconds that an answer takes, before that is known
SHORT = 0.1  # seconds until one asks again who was given less than he wanted
LONG = 60.0  # seconds after which one asks again whatever was said: a clock may have been set
MEMORY = 5.0  # seconds in which it is forgotten how many turns were used, and lost
WASTE = 0.005  # of a pace, and ...
OWN_WASTE = 1 / 32  # ... of what one used himself: more may not be lost by asking for more
GATHER = 1.0  # seconds for which turns that go back are gathered


class Turns:
    """Has what a Meter has, and knows how many turns to ask for. Once `granted` was told, `wait` is right for this
    moment."""

    def __init__(self, rates: Iterable[Rate], state: Mapping[str, Any] | None = None) -> None:
        """*state*: what was used up when it was last seen, to look ahead with."""
        self.rates = tuple(rates)
        self.most, self._late = _most(self.rates), _late(self.rates)
        self._quota = not all(rate.pace for rate in self.rates)
        self._state, self._skew = state, 0.0  # our clock is ahead of the shared one
        self._times = deque[float]()  # the turns at hand
        self._spare = list[float]()  # turns that go back
        self._asked, self._lead = -LONG, LEAD  # when, and how long the answer takes
        self._again = self._gap = 0.0  # when there may be more, and how far away that was when we asked
        self._short = False  # we were given less than we wanted
        self._missed = False  # somebody looked for a turn since we asked
        self._pace = min((each.pace for each in self.rates if each.pace), default=inf)
        self._size, self._lost = 1, 0  # how many to have at hand, and how many of them nobody used
        self._used, self._wasted, self._faded = 0.0, 0.0, 0.0  # lately, until when

    @property
    def ready(self) -> int:
        """How many turns are at hand."""
        return len(self._times)

    def wait(self, now: float) -> float:
        """Seconds until a letter may leave; 0: now. Where no turn is at hand, until there may be one."""
        here = self._purge(now)
        self._missed = True
        if self._times:
            return max(0.0, self._times[0] - here)
        return max(min(self._again - here, self._gap), ASK)

    def take(self, now: float) -> None:
        """Use the first turn, for a letter that leaves *now* or as soon as `wait` said."""
        self._times.popleft()
        self._used += 1

    def back(self, now: float) -> None:
        """A letter that had a turn does not leave: a quota has room for another."""
        if self._quota:
            self._spare.append(now - self._skew)

    def copy(self) -> "Ahead":
        """What the shared state was when it was last seen, to look ahead with: others are not in it."""
        return Ahead(Meter(self.rates, self._state), self._skew)

    def _purge(self, now: float) -> float:
        """Turns that nobody used are lost, but those of a quota go back. Returns *now* by the shared clock."""
        here, times = now - self._skew, self._times
        gone = []
        while times and times[0] + self._late < here:
            gone.append(times.popleft())
        while times and times[-1] > here + 2 * HORIZON:  # our clock was put back
            gone.append(times.pop())
        if gone:
            self._lost += len(gone)
            if self._quota:
                self._spare += gone
        return here

    def supply(self, now: float, letters: int) -> int:
        """How many turns to ask for now, so that they do not run out while so many *letters* wait: twice as many as the
        last time while all are used, fewer once some were not."""
        here = self._purge(now)
        may_grow = self._fade(here)
        if not self._missed or self.ready > min(self._size, letters) // 2 or not self._may_ask(here):
            return 0
        grown = min(2 * self._size, self.most) if may_grow else self._size
        want = min(grown, letters) - self.ready
        if want <= 0:
            return 0
        self._size = grown
        return self._ask(here, want)

    def _fade(self, here: float) -> bool:
        """Whether so few turns were lost lately that one may ask for more. Those of a quota are not lost."""
        left = 1 - min(max((here - self._faded) / MEMORY, 0.0), 1.0)
        self._used, self._wasted, self._faded = self._used * left, self._wasted * left + self._lost, here
        self._size, self._lost = max(1, self._size - self._lost), 0
        return self._wasted <= MEMORY * self._pace * WASTE + self._used * OWN_WASTE

    def for_letters(self, now: float, letters: int) -> int:
        """How many turns to ask for now, where each of so many *letters* wants one."""
        here = self._purge(now)
        self._lost = 0
        want = min(letters, self.most) - self.ready
        return self._ask(here, want) if want > 0 and self._may_ask(here) else 0

    def _may_ask(self, here: float) -> bool:
        since = here - self._asked
        if not 0 <= since < LONG:
            return True
        return since >= (SHORT if self._short else 0.0) and here >= self._again - HORIZON

    def _ask(self, here: float, want: int) -> int:
        self._asked, self._missed = here, False
        return want

    def wish(self, now: float, want: int, *, all_of_it: bool = False) -> Wish | None:
        """What to ask for where *want* turns are wanted, and what goes back with it; None: nothing."""
        here = now - self._skew
        if all_of_it:
            self._spare += self._times
            self._times.clear()
        due = all_of_it or want or (self._spare and not 0 <= here - min(self._spare) < GATHER)
        back = tuple(self._spare) if due else ()
        if not (want or back):
            return None
        self._spare.clear()
        return Wish(self.rates, want, back, self._lead)

    def granted(self, wish: Wish, grant: Grant, at: float, skew: float, now: float) -> None:
        """What came of *wish* *at* this moment of the shared clock, of which ours is *skew* seconds ahead; it is *now*
        that we hear it."""
        took = now - skew - at
        self._lead = min(max(took, self._lead * 0.9 + took * 0.1, 0.0), HORIZON / 2)
        self._times.extend(grant.times)
        self._short = len(grant.times) < wish.want
        self._state, self._again, self._gap = grant.state, grant.again, max(0.0, grant.again - at)
        self._asked, self._skew = at, skew

    def first(self) -> float:
        """Take the first turn of those at hand; returns when it is, by our clock."""
        return self._times.popleft() + self._skew


class Ahead:
    """A Meter by the shared clock, asked by ours."""

    def __init__(self, meter: Meter, skew: float) -> None:
        self._meter, self._skew = meter, skew

    def wait(self, now: float) -> float:
        """See Meter."""
        return self._meter.wait(now - self._skew)

    def take(self, now: float) -> None:
        """See Meter."""
        self._meter.take(now - self._skew)


def _most(rates: Iterable[Rate]) -> int:
    """How many turns may be reserved at a time: those of a pace within the horizon, a portion of a quota."""
    return min(int(HORIZON * each.pace) + 1 if each.pace else max(1, each.limit // PORTION) for each in rates)


def _late(rates: Iterable[Rate]) -> float:
    """How many seconds after its time a turn is good for. At a pace not as long as its step, so that in no stretch of
    its time leave more than the limit and one, or else 2 %, more."""
    paces = [each for each in rates if each.pace]
    return min((max(each.seconds * SLACK, 0.8 * min(1 / each.pace, LATE)) for each in paces), default=HOLD)
