"""Dates as feeds write them, to a moment or to what is wrong with them (RFC 822, RFC 3339, W3C-DTF; F10)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from publisher.feeds.lint.document import Stamp
from publisher.text.dates import rfc822, rfc3339

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ZONES = {"UT": 0, "GMT": 0, "Z": 0, "UTC": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
          "PST": -8, "PDT": -7}  # fmt: skip
_MAIL = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3}),\s{0,5})?(?P<day>\d{1,2})\s{1,5}(?P<month>[A-Za-z]{3})\s{1,5}(?P<year>\d{4}|\d{2})"
    r"\s{1,5}(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s{1,5}(?P<zone>[+-]\d{4}|[A-Za-z]{1,5})",
    re.ASCII,
)
_FULL = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT)", re.ASCII)
_NET = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})T(?P<time>\d{2}:\d{2}:\d{2})(?P<fraction>\.\d{1,30})?(?P<zone>Z|[+-]\d{2}:\d{2})",
    re.ASCII,
)
_LOOSE = re.compile(
    r"\d{4}(?:-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.ASCII,
)
_WORD = re.compile(r"\b\d{1,2}\s+([A-Za-z]+)\s+\d{4}")
_OLDEST, _CALENDARS = 1970, (1250, 1550)  # years; Jalali and Hijri years of our time


@dataclass(frozen=True, slots=True)
class Read:
    """A date: when, and the rule it breaks, if any."""

    when: datetime | None
    rule: str = ""
    better: str = ""  # how it is written right


def read(stamp: Stamp) -> Read:
    """What *stamp* says. Never raises."""
    value = stamp.value
    plain = "".join(
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char for char in value
    )
    if plain != value:
        return Read(None, "date-digits", _better(stamp, _any(plain)))
    if stamp.form == "w3cdtf":
        when = _any(value) if _LOOSE.fullmatch(value) else None
        return _plausible(stamp, Read(when, "" if when else "bad-date"))
    return _plausible(stamp, _mail(stamp) if stamp.form == "rfc822" else _net(stamp))


def _plausible(stamp: Stamp, found: Read) -> Read:
    year = (
        found.when.year
        if found.when
        else int(match[0])
        if (match := re.match(r"\d{4}\b", stamp.value))
        else 0
    )
    if found.when and found.rule in ("", "odd-date", "fractional-seconds"):
        if _CALENDARS[0] <= year <= _CALENDARS[1]:
            return Read(None, "date-calendar")
        if year < _OLDEST or found.when == datetime(1970, 1, 1, tzinfo=UTC):
            return Read(None, "implausible-date")
    return found


def _mail(stamp: Stamp) -> Read:
    value = stamp.value
    match = _MAIL.fullmatch(value)
    if match is None:
        word = _WORD.search(value)
        foreign = any(char.isalpha() and not char.isascii() for char in value)
        if foreign or (word and word[1].title() not in _MONTHS):
            return Read(None, "date-month")
        return Read(None, "bad-date", _better(stamp, _any(value)))
    month, weekday, zone = match["month"].title(), (match["weekday"] or "").title(), match["zone"].upper()
    if month not in _MONTHS or (weekday and weekday not in _DAYS):
        return Read(None, "date-month")
    when = _moment(match, month, zone)
    rule = "bad-date"
    if when:
        day = _DAYS[when.astimezone(_zone(zone) or UTC).weekday()]
        rule = "date-weekday" if weekday not in ("", day) else "" if _FULL.fullmatch(value) else "odd-date"
    return Read(when, rule, rfc822(when) if when and rule else "")


def _moment(match: re.Match[str], month: str, zone: str) -> datetime | None:
    year = int(match["year"])
    year += 0 if len(match["year"]) == 4 else 2000 if year < 70 else 1900
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    offset = _zone(zone)
    try:
        when = datetime(
            year, _MONTHS.index(month) + 1, int(match["day"]), hour, minute, min(second, 59), tzinfo=offset
        )
        return when.astimezone(UTC) if offset and second <= 60 else None
    except (ValueError, OverflowError):
        return None


def _zone(zone: str) -> timezone | None:
    if zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[3:5])
        if hours > 14 or minutes > 59:
            return None
        return timezone((1 if zone[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    return timezone(timedelta(hours=_ZONES[zone])) if zone in _ZONES else None


def _net(stamp: Stamp) -> Read:
    match = _NET.fullmatch(stamp.value)
    if match is None:
        if re.search(r"[^\x00-\x7f]", stamp.value):
            return Read(None, "date-month")
        return Read(None, "bad-date", _better(stamp, _any(stamp.value)))
    text = f"{match['date']}T{match['time'].replace(':60', ':59') if match['time'].endswith(':60') else match['time']}"
    try:
        when = datetime.fromisoformat(text + match["zone"].replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return Read(None, "bad-date")
    return Read(when, "fractional-seconds" if match["fraction"] else "", rfc3339(when))


def _any(value: str) -> datetime | None:
    """What a date in another form may mean."""
    value = value.strip()
    if match := _MAIL.fullmatch(value):
        return (
            _moment(match, match["month"].title(), match["zone"].upper())
            if match["month"].title() in _MONTHS
            else None
        )
    if not _LOOSE.fullmatch(value):
        return None
    value += {4: "-01-01", 7: "-01"}.get(len(value), "")
    try:
        when = datetime.fromisoformat(value.replace(" ", "T", 1).replace(" ", ""))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _better(stamp: Stamp, when: datetime | None) -> str:
    return "" if when is None else rfc822(when) if stamp.form == "rfc822" else rfc3339(when)
