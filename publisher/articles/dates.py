"""Dates as authors write them, to UTC (A5)."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from publisher.articles import names

# Years that are certainly Gregorian: 1300-1500 is Jalali or Hijri, 5600-5900 the Hebrew calendar.
YEARS = range(1600, 3001)

MONTHS = {
    name: number
    for number, spellings in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in spellings.split()
}  # fmt: skip

# RFC 822, 5.1; hours east of Greenwich
_ZONES = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
          "pst": -8, "pdt": -7}  # fmt: skip

_TIME = (
    r"(?:(?:[T,]|\s)\s*(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d{1,12})?)?"
    r"\s*(?P<zone>[+-]\d{2}:?\d{2}|[+-]\d{2}|[a-z]{1,3})?)?"
)
_FORMS = tuple(
    re.compile(form + _TIME, re.ASCII | re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4})",  # day first, always
        r"(?:[a-z]{3,9},?\s+)?(?P<day>\d{1,2})\s+(?P<month>[a-z]{3,9})\.?,?\s+(?P<year>\d{4})",
    )
)

_IN_NAME = re.compile(r"(?P<year>\d{4})(?P<sep>[-_.])(?P<month>\d{2})(?P=sep)(?P<day>\d{2})(?!\d)", re.ASCII)
_COMPACT = re.compile(r"(?:\A(?P<first>\d{8})(?!\d)|(?<!\d)(?P<last>\d{8})\Z)", re.ASCII)


def read(text: str, zone: ZoneInfo) -> datetime:
    """The instant that *text* names, UTC, whole seconds; a date alone is its midnight, no zone is *zone*.

    ISO 8601 (blank or T, with or without separators in the time), y/m/d, d/m/y, RFC 822 and "18 Dec 2014", digits
    of any script. A local time that a clock change skips is moved on by the change, one that comes twice is the
    first (PEP 495). Raises ValueError for anything else and for what no calendar or clock shows.
    """
    text = _ascii_digits(text).strip()
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        raise ValueError("not a date that is understood")
    parts = found.groupdict()
    day = _day(parts["year"], parts["month"], parts["day"])
    at = time(int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0))
    return _utc(datetime.combine(day, at, _zone(parts["zone"], zone)))


def is_day_only(text: str) -> bool:
    """Whether *text*, which `read` understands, names no time of day."""
    text = _ascii_digits(text).strip()
    return any(match["hour"] is None for form in _FORMS if (match := form.fullmatch(text)))


def in_path(path: str, zone: ZoneInfo) -> datetime | None:
    """Midnight of the day in the name of the file, else of the nearest folder: "2014-11-10-title.md",
    "title-20170208.txt", "title-08022017.txt"; None if there is none. Raises ValueError for 2014-02-30."""
    for part in (names.stem(path), *reversed(path.split("/")[:-1])):
        if found := _IN_NAME.match(part):
            return _utc(datetime.combine(_day(*found.group("year", "month", "day")), time(), zone))
        if (found := _COMPACT.search(part)) and (day := _compact(found[0])):
            return _utc(datetime.combine(day, time(), zone))
    return None


def _compact(digits: str) -> date | None:
    """Year or day first; never both, as no month begins with 16 to 30. Eight digits need not be a date."""
    for year, month, day in (
        (digits[:4], digits[4:6], digits[6:]),
        (digits[4:], digits[2:4], digits[:2]),
    ):
        try:
            return _day(year, month, day)
        except ValueError:
            continue
    return None


def _day(year: str, month: str, day: str) -> date:
    number = int(month) if month.isdigit() else MONTHS.get(month.lower(), 0)
    if not number:
        raise ValueError(f"no month is called {month}")
    if int(year) not in YEARS:
        raise ValueError(f"the year {year} is in no calendar that is read")
    try:
        return date(int(year), number, int(day))
    except ValueError:
        raise ValueError("no calendar has this day") from None


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
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)
