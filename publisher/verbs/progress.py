"""How far a verb is, for whoever watches: a terminal, or another process through the control socket."""

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.engine.run import Tally

# What is told, plain enough for JSON: "what" is done, how many are "done", of how many in "total"; of letters also how
# many "failed", at what "rate" a second they leave, and how many seconds are "left" (None: nobody knows).
Tell = Callable[[dict[str, Any]], None]
EVERY = 0.2  # seconds between two words
SPAN = 50  # words that the rate is reckoned from: ten seconds


class Sending:
    """How far the letters are that leave now. Not for use from two threads."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._clock = total, clock
        self._done = self._failed = 0
        self._marks = deque([(clock(), 0)], maxlen=SPAN)

    def note(self, tally: "Tally") -> bool:
        """Take what the run did so far; whether it is time to tell it."""
        self._failed = tally.failed
        self._done = tally.sent + tally.failed + tally.unknown
        now = self._clock()
        if now - self._marks[-1][0] < EVERY:
            return False
        self._marks.append((now, self._done))
        return True

    def told(self) -> dict[str, Any]:
        """How far it is now."""
        (start, before), now = self._marks[0], self._clock()
        rate = (self._done - before) / (now - start) if now > start else 0.0
        total = max(self._total, self._done)  # more may have come due
        return {
            "what": "sending",
            "done": self._done,
            "total": total,
            "failed": self._failed,
            "rate": round(rate, 1),
            "left": round((total - self._done) / rate, 1) if rate else None,
        }


def publishing(tell: Tell) -> Callable[[str, int, int], None]:
    """What `publish` tells, told in the same way, and not too often."""
    last = [0.0]

    def told(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - last[0] >= EVERY or done == total:
            last[0] = now
            tell({"what": what, "done": done, "total": total})

    return told
