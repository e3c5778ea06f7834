"""How long a database has not been there: whoever asks it rides out a short absence, and nobody waits again and again
for one that lasts."""

import time

_APART = 15.0  # seconds between two failures that are not one absence


class Outage:
    """Failures that nothing came between. Any thread may say what it met; the clock is the monotonic one."""

    def __init__(self) -> None:
        self._span: tuple[float, float] | None = None  # the first failure, and the last

    def lasts(self, seconds: float, began: float) -> bool:
        """It failed again, for who *began* to try then: whether that is so for more than so many *seconds*."""
        now, span = time.monotonic(), self._span
        since = span[0] if span and began - span[1] < _APART else began
        self._span = since, now
        return now - since > seconds

    def ends(self) -> None:
        """The database answered."""
        if self._span:
            self._span = None
