"""Dates as machines write them (feeds) and as readers of each language and region read them (pages, letters).

The clock and the process's locale are never asked: month names, weekdays and digit sets are CLDR's.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date

from publisher.text.cldr import locale

Digits = Literal["latn", "arab", "arabext"]

_ZERO: dict[Digits, int] = {"latn": 0x30, "arab": 0x660, "arabext": 0x6F0}
_ANY_DIGIT = re.compile("[0-9٠-٩۰-۹]")
_WRITE: dict[Digits, dict[int, int]] = {
    to: {zero + n: _ZERO[to] + n for zero in _ZERO.values() for n in range(10)} for to in _ZERO
}

# CLDR's full date where newspapers of the language write it differently: Arabic without the comma, and
# Sorani, whose full date in CLDR is still the root's "y MMMM d" (its "yMMMEd" pattern is the model here).
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


def digits_for(learnt: Iterable[tuple[str, str]], language: str, region: str) -> Digits:
    """The digits a site writes *language* in: those most of its articles in it use (*learnt*, by language), else
    CLDR's for the language in the *region* (R8)."""
    known = dict(learnt).get(language.partition("-")[0])
    default = _default_digits(f"{language}-{region}" if region else language)
    return next((digits for digits in _ZERO if digits == known), default)


def write_digits(text: str, digits: Digits) -> str:
    """*text* with each decimal digit, Latin, Arabic or Persian, written in *digits*."""
    return text.translate(_WRITE[digits])


def long_date(when: datetime, *, language: str, region: str, zone: ZoneInfo, digits: Digits) -> str:
    """The day of *when* in *zone* as a reader in *region* writes it: weekday, day, month, year (Gregorian).

    Month names follow the region (تموز in Iraq, يوليو in Egypt, جويلية in Algeria; CLDR, R8); where CLDR does
    not know the language in that region, or *region* is "", the language alone decides.
    """
    here = locale(language, region)
    pattern = _LONG.get(here.language, "full")
    return write_digits(format_date(when.astimezone(zone).date(), pattern, locale=here), digits)


def _default_digits(language: str) -> Digits:
    number_system = locale(language).default_numbering_system
    return next((digits for digits in _ZERO if digits == number_system), "latn")
