"""What a server says to a ping (a WebSub hub, the door of search engines), and what follows from it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

BACK_OFF = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 120, 240, 480))
LIFE = timedelta(days=1)  # what fails after so long is given up
LONGEST = timedelta(days=1)  # that a server may ask us to wait
PASSING = frozenset([408, 425, 429])  # of 4xx, the answers that say nothing about the ping itself


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said to a ping."""

    status: int  # 0: nothing
    words: str = ""  # for people: one line
    after: str = ""  # its Retry-After


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from it."""

    told: bool
    due: datetime | None = None  # of the next try; None where there is none
    asked: bool = False  # the server itself named that time
    down: bool = False  # no other ping will fare better now


def judge(
    reply: Reply, attempts: int, since: datetime, now: datetime, *, passing: frozenset[int] = PASSING
) -> Verdict:
    """What the *reply* means to a ping for a change noted at *since*, after *attempts* failed ones (RFC 9110, 10.2.3
    and 15). *passing*: statuses of 4xx after which it is tried again."""
    if 200 <= reply.status < 300:
        return Verdict(told=True)
    if 300 <= reply.status < 500 and reply.status not in passing:
        return Verdict(told=False)
    down = reply.status in (0, 429, 502, 503, 504)
    if now - since >= LIFE:
        return Verdict(told=False, down=down)
    if asked := _asked(reply.after, now):
        return Verdict(told=False, due=asked, asked=True, down=down)
    return Verdict(told=False, due=now + BACK_OFF[min(attempts, len(BACK_OFF) - 1)], down=down)


def _asked(after: str, now: datetime) -> datetime | None:
    """When Retry-After (seconds or a date) wants to see us again; at most LONGEST from *now*."""
    after = after.strip()
    try:
        if after.isascii() and after.isdecimal():
            wanted = now + timedelta(seconds=min(int(after[:12]), LONGEST.total_seconds()))
        else:
            date = parsedate_to_datetime(after)
            wanted = date if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return min(wanted, now + LONGEST) if wanted > now else None
