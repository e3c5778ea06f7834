"""The site: what every output says of its publisher."""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from publisher.model.article import Direction
from publisher.model.media import Shown

Calendar = Literal["gregorian", "hijri", "jalali", "hebrew"]
Months = Literal["region", "both"]
Ai = Literal["", "allow", "search-only", "deny"]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all letters of a site have in common: from `[mail]`."""

    postal: tuple[str, ...] = ()  # the publisher's postal address, a line each (H6)
    marks: bool = True  # whether a subject that starts Latin in an rtl letter gets U+200F (R6)
    html_limit: int = 95_000  # octets of the encoded HTML part (M7)


@dataclass(frozen=True, slots=True)
class Site:
    """From `[site]` of config.toml."""

    id: str  # a UUID, written once by `nashir init`; the root of every article's identity
    title: str
    description: str
    url: str  # absolute, ASCII, no slash at the end
    language: str  # BCP 47, canonical
    direction: Direction
    region: str  # ISO 3166-1: whose month names (R8)
    timezone: ZoneInfo
    author: str  # "" where the articles name theirs
    # The digits it writes ("latn", "arab", "arabext"), by language, "" for any; of two that fit the first. Those it
    # was told to, then those that most of its articles in a language are written in.
    digits: tuple[tuple[str, str], ...] = ()
    months: Months = "region"  # "both": Arabic months by the region's name and the other Arab one (R8)
    calendars: tuple[Calendar, ...] = ("gregorian",)  # of dates for readers, in the order shown (R8)
    hijri_offset: int = 0  # days that Hijri dates differ from Umm al-Qura's
    weekend: tuple[int, ...] = (5, 6)  # weekdays, 0 for Monday, in their order: days off in the region (D5)
    license: str = ""  # the URL of what others may do with its texts (F15)
    ai: Ai = ""  # what machines that learn may do with its texts (robots.txt); "": nothing is said
    picture: str = ""  # the file below the site's folder that its icon is made of; "" where it has none (F15)
    # Made of the picture, not configured: a square one, and one of at most 144 pixels.
    icon: Shown | None = None
    logo: Shown | None = None
    letterhead: Letterhead = Letterhead()
