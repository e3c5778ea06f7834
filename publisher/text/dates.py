"""Dates as machines write them (feeds) and as readers of each language and region read them (pages, letters).

The clock and the process's locale are never asked: month names, weekdays and digit sets are CLDR's.
"""

import re
from collections.abc import Iterable
from datetime import MAXYEAR, UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date

from publisher.model.site import Calendar, Months, Site
from publisher.text.calendars import MANNERS, Manner, written
from publisher.text.cldr import locale
from publisher.text.fold import fold

Digits = Literal["latn", "arab", "arabext"]

_ZERO: dict[Digits, int] = {"latn": 0x30, "arab": 0x660, "arabext": 0x6F0}
_ANY_DIGIT = re.compile("[0-9٠-٩۰-۹]")
_WRITE: dict[Digits, dict[int, int]] = {
    to: {zero + n: _ZERO[to] + n for zero in _ZERO.values() for n in range(10)} for to in _ZERO
}

# CLDR's full date where newspapers of the language write it differently: Arabic without the comma, and
# Sorani, whose full date in CLDR is still the root's "y MMMM d" (its "yMMMEd" pattern is the model here).
_MONTH = {
    "ar": "MMMM y",
    "ckb": "MMMMی y",
}  # a month with its year, where CLDR's word for one alone is not used
_LONG = {"ar": "EEEE d MMMM y", "ckb": "EEEE، dی MMMMی y"}


def rfc822(when: datetime) -> str:
    """`Fri, 23 Jul 2021 09:00:00 +0000`: UTC, English names (RFC 5322 3.3; F10); *when* is aware."""
    return format_datetime(when.astimezone(UTC))


def rfc3339(when: datetime) -> str:
    """`2021-07-23T09:00:00+00:00`: UTC, whole seconds, spelt as feedgen spells it in Atom (RFC 3339; F10)."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def digits_in(text: str) -> Digits | None:
    """The digits most used in *text*; None where there are none."""
    found = "".join(_ANY_DIGIT.findall(text))
    latin = len(found.encode("ascii", "ignore"))
    persian = sum(char >= "۰" for char in found) if latin < len(found) else 0
    used: dict[Digits, int] = {"latn": latin, "arab": len(found) - latin - persian, "arabext": persian}
    most = max(used, key=lambda digits: used[digits])
    return most if used[most] else None


def digits_for(known: Iterable[tuple[str, str]], language: str, region: str) -> Digits:
    """The digits a site writes *language* in: the first that are *known* of it (`Site.digits`), else CLDR's for the
    language in the *region* (R8)."""
    primary = language.partition("-")[0]
    wanted = next((digits for of, digits in known if of in ("", primary)), None)
    default = _default_digits(language, region)
    return next((digits for digits in _ZERO if digits == wanted), default)


def write_digits(text: str, digits: Digits) -> str:
    """*text* with each decimal digit, Latin, Arabic or Persian, written in *digits*."""
    return text.translate(_WRITE[digits])


def site_date(when: datetime, site: Site, language: str) -> str:
    """The day of *when* as *site* writes it for a reader of *language* (BCP 47): weekday and date in the first of its
    calendars that the language counts by, then the others (R8).

    Month names follow the region (تموز in Iraq, يوليو in Egypt, جويلية in Algeria; CLDR), with `Site.months` "both"
    beside the other Arab name; where CLDR does not know the language in that region, or it is "", the language alone
    decides.
    """
    return _site_day(when.astimezone(site.timezone).date(), site, language)


@lru_cache(maxsize=8192)  # lists of an archive go through the days of decades again and again
def _site_day(day: date, site: Site, language: str) -> str:
    here = locale(language, site.region)
    digits = digits_for(site.digits, language, site.region)
    manner = MANNERS.get(here.language)
    if manner is None or site.calendars == ("gregorian",):
        return write_digits(_gregorian(day, here, site.months), digits)
    found = [(each, text) for each in site.calendars if (text := _in(each, day, here, manner, site))]
    if not found:
        return write_digits(_gregorian(day, here, site.months), digits)
    first, text = found[0]
    era = "" if first in ("gregorian", manner.usual) else manner.eras.get(first, "")
    text = manner.first.format(weekday=here.days["format"]["wide"][day.weekday()], date=text + era)
    if others := [other + manner.eras.get(each, "") for each, other in found[1:]]:
        text += manner.before + manner.between.join(others) + manner.after
    return write_digits(text, digits)


def month_of(when: datetime, zone: ZoneInfo) -> str:
    """The month of *when* (aware) by the clocks of *zone*: "2026-11"."""
    here = when.astimezone(zone)
    return f"{here.year:04}-{here.month:02}"


def month_span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of *month* ("2026-11") in *zone*, and that of the next; UTC."""
    year, number = map(int, month.split("-"))
    if (year, number) == (MAXYEAR, 12):
        return _first(year, number, zone), datetime.max.replace(tzinfo=UTC)
    return _first(year, number, zone), _first(year + number // 12, number % 12 + 1, zone)


def _first(year: int, month: int, zone: ZoneInfo) -> datetime:
    try:  # where clocks skip that midnight, the moment they do
        return datetime(year, month, 1, tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first month there is
        return datetime.min.replace(tzinfo=UTC)


def site_month(month: str, site: Site, language: str) -> str:
    """*month* ("2026-11") as a heading of *site* for a reader of *language*: "تشرين الثاني 2026", by the region's name
    (R8)."""
    here = locale(language, site.region)
    year, number = map(int, month.split("-"))
    pattern = _MONTH.get(here.language, "LLLL y")
    text = _gregorian(date(year, number, 1), here, site.months, pattern)
    return write_digits(text, digits_for(site.digits, language, site.region))


def month_name(month: int, site: Site, language: str) -> str:
    """The name of *month*, 1 to 12, alone; else as `site_month`."""
    here = locale(language, site.region)
    return _gregorian(date(2001, month, 1), here, site.months, _MONTH.get(here.language, "LLLL y").split()[0])


def _in(calendar: Calendar, day: date, here: Locale, manner: Manner, site: Site) -> str | None:
    if calendar == "gregorian":
        return _gregorian(day, here, site.months, manner.gregorian)
    return written(calendar, day, here, site.hijri_offset)


def _gregorian(day: date, here: Locale, months: Months, pattern: str = "") -> str:
    pattern = pattern or _LONG.get(here.language, "full")
    other = _other_name(here, day.month) if months == "both" and here.language == "ar" else ""
    text = format_date(day, pattern.replace("MMMM", f"MMMM'/{other}'") if other else pattern, locale=here)
    return text.replace("کانونی", "کانوونی")  # CLDR's slip in Sorani, for December alone


def _other_name(here: Locale, month: int) -> str:
    """What other Arabs call the *month*: the Syriac name where the region says يوليو, else that of most regions; ""
    where it is the same."""
    own, common = (each.months["format"]["wide"] for each in (here, locale("ar")))
    if all(own[each] == common[each] for each in range(1, 13)):
        return str(locale("ar", "SY").months["format"]["wide"][month])
    return "" if fold(own[month]) == fold(common[month]) else str(common[month])


def _default_digits(language: str, region: str) -> Digits:
    number_system = locale(language, region).default_numbering_system
    return next((digits for digits in _ZERO if digits == number_system), "latn")
