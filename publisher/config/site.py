"""[site] to the Site."""

import re
from collections.abc import Sequence
from typing import get_args
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from publisher.config.places import Keys
from publisher.config.reading import Reading
from publisher.config.words import below, between, one_of
from publisher.config.written import File
from publisher.mail.settings import MailSettings
from publisher.model.media import PICTURES, ending
from publisher.model.site import Ai, Calendar, Letterhead, Months, Site
from publisher.text.clean import clean_line
from publisher.text.direction import of_tag
from publisher.text.language import canonical
from publisher.text.urls import url
from publisher.text.week import weekdays, weekend

_AT: Keys = ("site",)


def site(reading: Reading, file: File) -> Site:
    """The site, with the letterhead that [mail] gives it. Raises BadConfig for the first value that cannot be used."""
    table, check = file.site, reading.check
    zone = check(_AT, "timezone", lambda: _zone(table.timezone))
    language = check(_AT, "language", lambda: canonical(table.language))
    region = check(_AT, "region", lambda: _region(table.region, table.timezone))
    days_off = check(_AT, "weekend", lambda: weekdays(table.weekend))
    return Site(
        id=str(check(_AT, "id", lambda: UUID(table.id))),
        title=check(_AT, "title", lambda: _words(table.title)),
        description=clean_line(table.description),
        url=check(_AT, "url", lambda: _url(table.url)),
        language=language,
        direction=of_tag(language),
        region=region,
        timezone=zone,
        author=clean_line(table.author),
        digits=check(_AT, "digits", lambda: _digits(table.digits, language)),
        months=check(_AT, "months", lambda: one_of(table.months, get_args(Months))),
        calendars=check(_AT, "calendar", lambda: _calendars(table.calendar)),
        hijri_offset=int(check(_AT, "hijri_offset", lambda: between(table.hijri_offset, -2, 2))),
        weekend=days_off or weekend(region),
        ai=check(_AT, "ai", lambda: one_of(table.ai, get_args(Ai))),
        license=check(_AT, "license", lambda: _license(table.license)),
        picture=check(_AT, "icon", lambda: _picture(table.icon)),
        letterhead=_letterhead(file.mail),
    )


def _letterhead(mail: MailSettings) -> Letterhead:
    postal = tuple(filter(None, map(clean_line, mail.postal.splitlines())))
    return Letterhead(postal, mail.direction_marks, mail.html_limit)


def _words(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; give the site a name")
    return clean_line(text)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f'{name!r} is no time zone; write "Asia/Baghdad"') from error


def _url(text: str) -> str:
    found = url(text, text)
    parts = urlsplit(found or "")
    if (
        not found
        or parts.scheme not in {"http", "https"}
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError(f'{text!r} is no site\'s URL; write "https://news.example.org"')
    return found.rstrip("/")


def _license(text: str) -> str:
    found = url(text, text) if text.strip() else ""
    if found is None or (found and urlsplit(found).scheme not in {"http", "https"}):
        raise ValueError(
            f'{text!r} is no URL; write the licence\'s, as "https://creativecommons.org/licenses/by/4.0/"'
        )
    return found


def _picture(text: str) -> str:
    """The path of a picture below the site's folder; whether it is there is seen when it is published."""
    path = below(text)
    if path and ending(path) not in PICTURES:
        raise ValueError(f"{text!r} is no picture; save it as one of {', '.join(PICTURES)}")
    return path


def _region(written: str, zone: str) -> str:
    if not written:
        from babel.core import get_global

        return str(get_global("zone_territories").get(zone, "001"))
    if not re.fullmatch(r"[A-Za-z]{2}|\d{3}", written):
        raise ValueError(f'{written!r} is no region; write two letters, as "IQ"')
    return written.upper()


def _calendars(words: Sequence[str]) -> tuple[Calendar, ...]:
    if not words:
        raise ValueError('is empty; write ["gregorian"]')
    return tuple(dict.fromkeys(one_of(word, get_args(Calendar)) for word in words))


def _digits(word: str, language: str) -> tuple[tuple[str, str], ...]:
    """As `Site.digits`: Latin ones stand in any language, the others in the site's own."""
    kind = one_of(word, ("auto", "latn", "arab", "arabext"))
    if kind == "auto":
        return ()
    return (("" if kind == "latn" else language.partition("-")[0], kind),)
