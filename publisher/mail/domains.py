"""One recipient domain: what it takes, and whether it refuses us (S3, S5). No clock of its own; `now` is in seconds
since 1970."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from publisher.mail.rates import AHEAD, Grant, Meter, Rate, Wish
from publisher.mail.turns import ASK, Ahead, Turns

Key = tuple[bool, int]  # of a letter: whether it is an edition's, and its number

# A domain that refuses us, not its readers, so often of the last letters is left alone, longer each time.
OF_LAST, REFUSING = 10, 5
PAUSES = (900.0, 3600.0, 14400.0)  # seconds
BREAKS = (60.0, 900.0, 3600.0)  # ... where connections end over its letters, which may be chance
TURNS = 1000  # letters to one domain that wait for their turn in memory
KEPT = 60.0  # seconds that a turn is kept for a letter which does not come
DAY = 86400.0  # seconds after which that is forgotten
GUESS = 0.5  # seconds between two answers of a domain, before it is known


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """What the configuration says of one recipient domain."""

    rates: tuple[Rate, ...] = ()
    connections: int | None = None  # letters to it that are on their way at once


class Domain:
    """One recipient domain that has limits, or refused us lately."""

    def __init__(self, limits: DomainLimits, state: Any, *, shared: bool = False) -> None:
        """*shared*: its rates are, with other senders; turns come by `granted`."""
        self.turns = Turns(limits.rates, state) if shared and limits.rates else None
        self.meter: Meter | Turns = self.turns or Meter(limits.rates, state)
        # What did leave: turns that a process slept through do not leave all at once when it wakes.
        self._left = Meter(each for each in limits.rates if each.pace)
        self.bound = limits != DomainLimits()
        self._connections = limits.connections
        self._on_way: set[Key] = set()  # letters, where connections are limited
        # Letters that were given a turn, and have not taken it, in order, and until when it is kept for them.
        self._turns: dict[Key, float] = {}
        # Letters that want a turn where none is at hand, in order, and until when they are waited for.
        self._hopes: dict[Key, float] = {}
        self._most_hopes = min([TURNS, *(int(AHEAD * each.pace) + 1 for each in limits.rates if each.pace)])
        self._refused_at = 0.0
        self._refused: deque[bool] = deque(maxlen=OF_LAST)
        self._level = 0  # how often in a row it was left alone
        self._until = self._pause = 0.0  # until when, and for how long
        self._trial: Key | None = None  # the letter that tries whether it takes some again
        # Of the letters that were put off: their rates, and the last one's time.
        self._ahead: tuple[Meter | Ahead, float] | None = None
        self._pace, self._heard_at = GUESS, 0.0  # seconds between two answers, where connections are limited

    @property
    def idle(self) -> bool:
        """Whether nothing need be remembered of it."""
        return not (self.bound or self._level or any(self._refused) or self._on_way)

    @property
    def minor(self) -> bool:
        """Whether little is lost with what is remembered of it."""
        return not (self.bound or self._level or self._on_way)

    def wait(self, letter: Key, now: float) -> float:
        """Seconds until a letter may go there; 0: now."""
        return self._closed(now) or self._paced(letter, now)

    def _paced(self, letter: Key, now: float) -> float:
        wait = self._left.wait(now)
        return wait if letter in self._turns else max(wait, self.meter.wait(now))

    def _closed(self, now: float) -> float:
        """Seconds for which it takes none, whatever its rates say."""
        if self._level:
            self._until = min(self._until, now + self._pause)  # the clock may have been put back
            left = self._until - now
            if left > 0 or self._trial is not None:
                return max(left, 1.0)
        full = self._connections is not None and len(self._on_way) >= self._connections
        return max(self._pace, 0.01) if full else 0.0

    def take(self, letter: Key, now: float) -> None:
        if letter in self._turns:
            del self._turns[letter]
        else:
            self.meter.take(now)
        self._left.take(now)
        if self._connections is not None:
            self._on_way.add(letter)
        if self._level:
            self._trial = letter

    def turn(self, letter: Key, now: float) -> float | None:
        """In how many seconds, at most AHEAD, this letter should be tried; its turn is kept for it. None: later. Where
        turns are shared and none is at hand, `granted` may say that it is sooner."""
        self._forget_turns(now)
        wait, has_one = max(self._closed(now), self._paced(letter, now)), letter in self._turns
        if wait > AHEAD or (not has_one and len(self._turns) >= TURNS):
            return None
        if not has_one and self.turns and not self.turns.ready:
            return self._hope(letter, now)
        if not has_one:
            self.meter.take(now)
            self._hopes.pop(letter, None)
        self._turns[letter] = now + wait + KEPT
        return wait

    def _hope(self, letter: Key, now: float) -> float | None:
        """As many letters wait for a turn as get one in the next seconds."""
        if letter not in self._hopes and len(self._hopes) >= self._most_hopes:
            return None
        self._hopes.setdefault(letter, now + KEPT)
        return ASK

    def wish(self, now: float, *, all_of_it: bool = False) -> Wish | None:
        """The turns that are wanted of the rates that are shared, and those that go back."""
        if self.turns is None:
            return None
        self._forget_turns(now)
        want = 0 if all_of_it else self.turns.for_letters(now, len(self._hopes))
        return self.turns.wish(now, want, all_of_it=all_of_it)

    def granted(self, wish: Wish, grant: Grant, at: float, skew: float, now: float) -> dict[Key, float]:
        """See Turns; returns in how many seconds which letters have their turn."""
        assert self.turns
        self.turns.granted(wish, grant, at, skew, now)
        found = dict[Key, float]()
        while self._hopes and self.turns.ready:
            letter = next(iter(self._hopes))
            del self._hopes[letter]
            found[letter] = max(0.0, self.turns.first() - now)
            self._turns[letter] = now + found[letter] + KEPT
        return found

    def _forget_turns(self, now: float) -> None:
        """Of letters that were queued again, or cancelled, while they waited."""
        for waiting in (self._turns, self._hopes):
            while waiting:
                letter, until = next(iter(waiting.items()))
                if now < until < now + AHEAD + 2 * KEPT:
                    break
                del waiting[letter]

    def back(self, letter: Key, now: float) -> None:
        """It is not on its way any more, and takes no turn."""
        self._on_way.discard(letter)
        self._hopes.pop(letter, None)
        if self._turns.pop(letter, None) is not None:
            self.meter.back(now)
        if self._trial == letter:
            self._trial = None

    def put_off(self, now: float) -> float:
        """When the next of the letters that wait for this domain should be tried: each has a time of its own."""
        meter, last = self._ahead or (None, now)
        if meter is None or last <= now:  # what was put off before has had its turn
            meter, last = self.meter.copy(), now
            for _ in self._hopes:  # these are before it
                last += meter.wait(last)
                meter.take(last)
        at = max(last, now + self._closed(now))
        at += meter.wait(at)
        if self._connections is not None:
            at += self._pace
        meter.take(at)
        self._ahead = (meter, at)
        return at

    def heard(self, letter: Key, now: float, *, refused: bool, lost: bool) -> float:
        """Note an answer: whether it *refused* us, or the connection was *lost* over this letter. Returns for how many
        seconds it is left alone now, 0 where it is not."""
        if self._connections is not None and len(self._on_way) >= self._connections:
            since, self._heard_at = now - self._heard_at, now
            self._pace += (min(max(since, 0.0), 2 * GUESS) - self._pace) / 8
        tried = self._trial == letter
        self.back(letter, now)
        if self._level and not tried:
            return 0.0  # it was on its way before
        if tried and not (refused or lost):
            self._level = 0
            self._refused.clear()
            return 0.0
        if not 0 <= now - self._refused_at < DAY:
            self._refused.clear()
        if refused or lost:
            self._refused_at = now
        self._refused.append(refused or lost)
        if not tried and self._refused.count(True) < REFUSING:
            return 0.0
        self._level = min(self._level + 1, len(PAUSES))
        self._pause = (BREAKS if lost else PAUSES)[self._level - 1]
        self._until = now + self._pause
        self._ahead = None
        return self._pause
