"""Dates as authors write them, to UTC (A5)."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from publisher.articles import calendars, names
from publisher.text.fold import fold

_LONGEST = 100  # characters: no date is longer, and the time to find that out is bounded

# RFC 822, 5.1; hours east of Greenwich
_ZONES = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
          "pst": -8, "pdt": -7}  # fmt: skip

# All forms are those of folded text: lower case, no marks, one form of alef, yeh, kaf and heh.
_TIME = (
    r"(?:(?:\s?[t,،]\s?|\s-\s|\sat\s|\sالساعه\s|\s)(?P<hour>\d{1,2}):?(?P<minute>\d{2})"
    r"(?::?(?P<second>\d{2})(?:[.,]\d{1,12})?)?"
    r"(?:\s?(?P<half>am|pm|a\.m\.|p\.m\.|ص|م))?\s?(?P<zone>[+-]\d{2}:?\d{2}|[+-]\d{2}|[a-z]{1,3})?)?"
)
_ERA = r"(?:\s?(?!at\s|الساعه)(?P<era>[^\W\d_]{1,10}(?:[.\s]{1,2}[^\W\d_]{1,10})?\.?))?"
_WEEKDAY = r"(?:[^\W\d_]{1,20}[\s,،.]{1,3}){0,3}"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|ي(?=\s))?"
_FORMS = tuple(
    re.compile(form + _ERA + _TIME)
    for form in (
        r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4})",  # day first, always
        _WEEKDAY + _DAY + r"[\s/.,،-]{1,3}(?P<month>[^\W\d_][^\d:+]{1,50}?)(?P<year>\d{4})",
        _WEEKDAY + r"(?P<month>[^\W\d_]{3,20})\.?\s" + _DAY + r",?\s(?P<year>\d{4})",
        r"(?P<year>\d{4})[\s,-](?P<month>[^\W\d_][^\d:+]{1,50}?)[\s-](?P<day>\d{1,2})",
        # כ״ג בניסן תשפ״ד: day and year in Hebrew letters
        _WEEKDAY + r"(?P<day>[א-ל][\"״]?[א-ט]?['׳]?)\s(?P<month>[א-ת'׳\s]{2,12}?)\s"
        r"(?P<year>(?:ה['׳]?)?ת[א-ת]{0,3}[\"״]?[א-ת])",
    )
)

_IN_NAME = re.compile(r"(?P<year>\d{4})(?P<sep>[-_.])(?P<month>\d{2})(?P=sep)(?P<day>\d{2})(?!\d)", re.ASCII)
_COMPACT = re.compile(r"(?:\A(?P<first>\d{8})(?!\d)|(?<!\d)(?P<last>\d{8})\Z)", re.ASCII)


def read(text: str, zone: ZoneInfo, language: str) -> datetime:
    """The instant that *text* names, UTC, whole seconds; a date alone is its midnight, no zone is *zone*.

    ISO 8601 (blank or T, with or without separators in the time), y/m/d, d/m/y, RFC 822, and months by name in
    Arabic, Persian, Urdu, Hebrew, Kurdish, Pashto and English; digits of any script. In which calendar, the names,
    an era (هـ, م) or the article's *language* (BCP 47) say. A local time that a clock change skips is moved on by
    the change, one that comes twice is the first (PEP 495). Raises ValueError or OverflowError for anything else
    and for what no calendar or clock shows.
    """
    parts = _parts(text)
    if parts is None:
        raise ValueError("not a date that is understood")
    day = _day(parts["year"] or "", parts["month"] or "", parts["day"] or "", language, parts["era"] or "")
    return _utc(datetime.combine(day, _time(parts), _zone(parts["zone"], zone)))


def is_day_only(text: str) -> bool:
    """Whether *text*, which `read` understands, names no time of day."""
    parts = _parts(text)
    return parts is not None and parts["hour"] is None


def in_path(path: str, zone: ZoneInfo, language: str) -> datetime | None:
    """Midnight of the day in the name of the file, else of the nearest folder: "2014-11-10-title.md",
    "title-20170208.txt", "title-08022017.txt"; None if there is none. Raises ValueError for 2014-02-30."""
    for part in map(_ascii_digits, (names.stem(path), *reversed(path.split("/")[:-1]))):
        if found := _IN_NAME.match(part):
            day = _day(found["year"], found["month"], found["day"], language)
            return _utc(datetime.combine(day, time(), zone))
        if (found := _COMPACT.search(part)) and (written := _compact(found[0], language)):
            return _utc(datetime.combine(written, time(), zone))
    return None


@lru_cache(maxsize=256)
def _parts(text: str) -> dict[str, str | None] | None:
    text = fold(_ascii_digits(text)) if len(text) <= _LONGEST else ""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    return found.groupdict() if found else None


def _compact(digits: str, language: str) -> date | None:
    """Year or day first; never both, as no month begins with 16 to 30. Eight digits need not be a date."""
    for year, month, day in (
        (digits[:4], digits[4:6], digits[6:]),
        (digits[4:], digits[2:4], digits[:2]),
    ):
        try:
            return _day(year, month, day, language)
        except ValueError:
            continue
    return None


def _day(year: str, month: str, day: str, language: str, era: str = "") -> date:
    named, number = (None, int(month)) if month.isdecimal() else calendars.month(month)
    if year.isdecimal():
        counted, of_month = int(year), int(day)
    else:  # the thousands are understood: תשפ״ד is 5784
        counted = 5000 + calendars.hebrew_number(year.removeprefix("ה"))
        of_month = calendars.hebrew_number(day)
    calendar = calendars.of_year(counted, language, named=named, era=era)
    return calendars.to_gregorian(calendar, counted, number, of_month)


def _time(parts: dict[str, str | None]) -> time:
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if half := parts["half"]:
        if hour not in range(1, 13):
            raise ValueError(f"no clock shows {hour} {half}")
        hour = hour % 12 + (12 if half[0] in "pم" else 0)
    return time(hour, minute, second)


def _zone(written: str | None, site: ZoneInfo) -> tzinfo:
    if not written:
        return site
    if written[0] in "+-":
        digits = written[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(-offset if written[0] == "-" else offset)
    if written.lower() not in _ZONES:
        raise ValueError(f"the time zone {written} is unknown")
    return timezone(timedelta(hours=_ZONES[written.lower()]))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)
