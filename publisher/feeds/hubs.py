"""WebSub hubs (W3C Recommendation, 2018): which ones a site has, and what their answers to a ping mean."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from publisher.feeds.settings import FeedSettings
from publisher.text.urls import url

BACK_OFF = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 120, 240, 480))
LIFE = timedelta(days=1)  # what fails after so long is given up
LONGEST = timedelta(days=1)  # that a hub may ask us to wait
_LATER = frozenset([408, 425, 429])  # of 4xx, the answers that say nothing about the ping itself


@dataclass(frozen=True, slots=True)
class Reply:
    """What a hub said to a ping."""

    status: int  # 0: nothing
    words: str = ""  # for people: one line
    after: str = ""  # its Retry-After


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from it."""

    told: bool
    due: datetime | None = None  # of the next try; None where there is none
    asked: bool = False  # the hub itself named that time
    down: bool = False  # no other ping will fare better now


def read(settings: FeedSettings) -> tuple[str, ...]:
    """The URLs of the site's hubs, as ASCII. Raises ValueError with what is wrong, and the mend."""
    return tuple(dict.fromkeys(_read(raw, private=settings.hub_private) for raw in settings.hub))


def _read(raw: str, *, private: bool) -> str:
    if "@" in raw.partition("//")[2].partition("/")[0]:
        raise ValueError("a login would stand in every feed; leave it out of the URL")
    found = url(raw, "") or ""
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or parts.fragment:
        raise ValueError(f'{raw!r} is no hub\'s URL; write "https://hub.example.org/"')
    if not private and _is_private(parts.hostname or ""):
        raise ValueError(
            f"{raw!r} is this machine or a private network; write hub_private = true if you mean it"
        )
    return found


def _is_private(host: str) -> bool:
    """Whether *host* says by itself that it is: other names are asked when they are pinged."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def judge(reply: Reply, attempts: int, since: datetime, now: datetime) -> Verdict:
    """What the *reply* means to a ping for a change noted at *since*, after *attempts* failed ones (RFC 9110, 10.2.3
    and 15)."""
    if 200 <= reply.status < 300:
        return Verdict(told=True)
    if 300 <= reply.status < 500 and reply.status not in _LATER:
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
