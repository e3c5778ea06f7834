"""The hours in which letters may leave (D5): "07:00-22:00" on the reader's wall clock, past midnight too."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.digests.due import instant

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]|24):([0-5]\d)")
_STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `opens` until `closes` (not in it); past midnight where it closes before it opens."""

    opens: time
    closes: time  # 00:00 = the end of the day

    def holds(self, wall: time) -> bool:
        """Whether *wall*, a time of day, is in the window."""
        if self.opens < self.closes:
            return self.opens <= wall < self.closes
        return wall >= self.opens or wall < self.closes


def parse(text: str) -> Window:
    """The window that *text* says. Raises ValueError with the grammar in it."""
    found = _HOURS.fullmatch(text.strip())
    if found is None or (found[3] == "24" and found[4] != "00"):
        raise ValueError(f'{text!r} is no window; write "07:00-22:00"')
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]) % 24, int(found[4]))
    if opens == closes:
        raise ValueError(f"{text!r} never opens or never closes; leave it out")
    return Window(opens, closes)


def opening(window: Window, zone: ZoneInfo, now: datetime) -> datetime:
    """*now* where the window is open on the wall clock of *zone*, else the instant (UTC) at which it opens next."""
    wall = now.astimezone(zone)
    if window.holds(wall.time()):
        return now
    days = (wall.date() - _STEP, wall.date(), wall.date() + _STEP, wall.date() + 2 * _STEP)
    comes = (instant(datetime.combine(day, window.opens), zone) for day in days)
    return next(each for each in comes if each > now).astimezone(UTC)
