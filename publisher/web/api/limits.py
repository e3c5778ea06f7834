"""How much may be asked: a bucket of requests for each name, filled anew as time goes."""

import math
from collections import OrderedDict
from collections.abc import Callable

KEPT = 10_000  # names that are remembered; who was silent longest is forgotten first


class Buckets:
    """*most* at once, and *per_minute* in the long run, for each name. *clock*: seconds that never go back."""

    def __init__(self, most: int, per_minute: float, clock: Callable[[], float]) -> None:
        self._most, self._rate, self._clock = most, per_minute / 60, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> int:
        """Take one. Returns 0, or in how many seconds there is one again."""
        now = self._clock()
        left, at = self._left.pop(name, (float(self._most), now))
        left = min(self._most, left + (now - at) * self._rate)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._rate)
        self._left[name] = (left if wait else left - 1, now)
        if len(self._left) > KEPT:
            self._left.popitem(last=False)
        return wait
