"""The site: what every output says of its publisher."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from publisher.model.article import Direction


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
