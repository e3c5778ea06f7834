"""Dates for readers, found again in a text that holds them, and held against how the site writes them (R8)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

from publisher.model.site import Calendar, Site
from publisher.text.calendars import MANNERS, written
from publisher.text.cldr import locale
from publisher.text.dates import digits_in, site_date, write_digits
from publisher.text.fold import fold

What = Literal["", "mixed", "digits", "signs", "words"]

_NUMBER = re.compile(r"\d+")
_NEAR = 40  # characters from a weekday in which day and year stand
_ELSEWHERE = {"ar": ("EG", "IQ", "MA", "DZ", "TN", "SA"), "fa": ("IR", "AF")}  # whose months differ
_KEPT = re.compile(r"[^\w]+")


class Dated(NamedTuple):
    """A date in a text, from its weekday on."""

    start: int
    end: int
    found: str
    right: str  # as the site writes that day; "" where it cannot be known which is meant
    what: (
        What  # is wrong with it: two kinds of digits, other digits, other signs, other words; "" for nothing
    )


def dates(text: str, site: Site, languages: Sequence[str]) -> Iterator[Dated]:
    """Every date in *text*, each with what is wrong with it where it is not written as *site* does for a reader of one
    of *languages*. What has no weekday, or no day and year behind it in digits, is none."""
    found = sorted(each for language in languages for each in _in(text, site, language))
    at = 0
    for start, same in groupby(found, key=lambda each: each.start):
        best = min(same, key=lambda each: ("", "signs", "mixed", "digits", "words").index(each.what))
        if start >= at:
            yield best
            at = best.end


def _in(text: str, site: Site, language: str) -> Iterator[Dated]:
    for weekday in _weekdays(language, site.region).finditer(text):
        numbers = list(_NUMBER.finditer(text, weekday.end(), weekday.end() + _NEAR))
        day = next((int(each[0]) for each in numbers if 1 <= int(each[0]) <= 31), 0)
        year = next((int(each[0]) for each in numbers if len(each[0]) == 4), 0)
        if days := _days(day, year, site, language):
            yield _held(text, weekday.start(), days, site, language)


def _held(text: str, start: int, days: Sequence[date], site: Site, language: str) -> Dated:
    plain = [_plain(each, site, language) for each in days]
    far = start + 2 * max(map(len, plain)) + _NEAR  # no date is longer, and a text may be
    rest = text[start:far].replace("\xa0", " ")
    if right := next((each for each in plain if _begins(rest, each)), ""):
        return Dated(start, start + len(right), right, right, "")
    best = max(_likeness(each, rest) for each in plain)
    likely = [each for each in plain if _likeness(each, rest) == best]
    found = rest[: _end(rest, likely[0])]
    if len(likely) > 1:  # several months have that weekday: which is meant, another region may say
        meant = [day for day in days if _said_elsewhere(found, day, site, language)]
        likely = [_plain(day, site, language) for day in meant[:1]]
    right = likely[0] if likely else ""
    return Dated(start, start + len(found), found, right, _wrong(found, right))


def _plain(day: date, site: Site, language: str) -> str:
    return site_date(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), site, language).replace(
        "\xa0", " "
    )


def _begins(rest: str, right: str) -> bool:
    return rest.startswith(right) and not rest[len(right) :][:1].isalnum()


def _said_elsewhere(found: str, day: date, site: Site, language: str) -> bool:
    """Whether that is how *day* is written in another region, in whatever digits."""
    return any(
        write_digits(_plain(day, replace(site, region=region), language), "latn")
        == write_digits(found, "latn")
        for region in _ELSEWHERE.get(language.partition("-")[0], ())
    )


def _wrong(found: str, right: str) -> What:
    kinds = {digits_in(each[0]) for each in _NUMBER.finditer(found)}
    mixed = len(kinds) > 1 or any(
        len({digits_in(one) for one in each[0]}) > 1 for each in _NUMBER.finditer(found)
    )
    one, other = (write_digits(each, "latn") for each in (found, right))
    if one == other:
        return "mixed" if mixed else "digits"
    return "signs" if _KEPT.sub("", fold(one)) == _KEPT.sub("", fold(other)) else "words"


def _end(rest: str, right: str) -> int:
    """Where a date that is not written as *right* ends: behind as many words, by its last number if there is one."""
    words = list(re.finditer(r"\S+", rest))[: len(right.split())]
    end = words[-1].end() if words else len(rest)
    return len(rest[:end].rstrip(".,،;:؛·۔)"))


def _likeness(one: str, other: str) -> int:
    """How many words both have, in whatever digits."""
    words = [
        set(write_digits(each, "latn").replace("،", " ").replace(",", " ").split()) for each in (one, other)
    ]
    return len(words[0] & words[1])


@lru_cache(maxsize=64)
def _weekdays(language: str, region: str) -> re.Pattern[str]:
    names = locale(language, region).days["format"]["wide"].values()
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)")


def _days(day: int, year: int, site: Site, language: str) -> list[date]:
    """The days that may be meant by *day* and *year*: one in each month, in the calendar that stands first."""
    if not day or not year:
        return []
    found = (_day(_first(site, language), year, month, day, site.hijri_offset) for month in range(1, 13))
    return [each for each in found if each is not None]


def _first(site: Site, language: str) -> Calendar:
    """The first of the site's calendars that readers of *language* count by."""
    here = locale(language, site.region)
    if here.language not in MANNERS:
        return "gregorian"
    known = (
        each
        for each in site.calendars
        if each in ("gregorian", "hebrew") or written(each, date(2026, 1, 1), here, site.hijri_offset)
    )
    found: Calendar = next((each for each in known if each != "hebrew"), "gregorian")
    return found


def _day(calendar: Calendar, year: int, month: int, day: int, offset: int) -> date | None:
    try:
        if calendar == "jalali":
            import jdatetime

            found: date = jdatetime.date(year, month, day).togregorian()
            return found
        if calendar == "hijri":
            from hijridate import Hijri

            return date(*Hijri(year, month, day).to_gregorian().datetuple()) - timedelta(days=offset)
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None
