"""The site: what every output says of its publisher."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from publisher.model.article import Direction
from publisher.model.media import Shown


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
    # The digits most of its articles are written in ("latn", "arab", "arabext"), by language; learnt, not configured.
    digits: tuple[tuple[str, str], ...] = ()
    weekend: tuple[int, ...] = (5, 6)  # weekdays, 0 for Monday, in their order: days off in the region (D5)
    license: str = ""  # the URL of what others may do with its texts (F15)
    picture: str = ""  # the file below the site's folder that its icon is made of; "" where it has none (F15)
    # Made of the picture, not configured: a square one, and one of at most 144 pixels.
    icon: Shown | None = None
    logo: Shown | None = None
