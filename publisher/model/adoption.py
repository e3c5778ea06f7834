"""What a site's older feeds said of its articles, and what is kept of it (A15)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Kind = Literal["rss", "atom", "json", "sitemap"]


@dataclass(frozen=True, slots=True)
class OldEntry:
    """An entry of a feed, or an address of a sitemap, byte for byte as its readers got it."""

    id: str  # the guid, id or link that a reader tells it by; "" in a sitemap
    link: str  # absolute or not; "" where there is none
    title: str = ""  # plain text
    text: str = ""  # plain text: the whole of it or a summary
    published: datetime | None = None  # UTC
    updated: datetime | None = None  # UTC
    permalink: bool = False  # RSS: the guid says that it is a link (isPermaLink)


@dataclass(frozen=True, slots=True)
class OldFeed:
    """A feed or sitemap as read."""

    kind: Kind
    entries: tuple[OldEntry, ...]
    id: str = ""  # Atom: the feed's own
    url: str = ""  # where it says that it stands
    home: str = ""  # the site that it says it is of
    more: tuple[str, ...] = ()  # a sitemap index: the URLs of its sitemaps


@dataclass(frozen=True, slots=True)
class Adopted:
    """What readers of older feeds know an article by: an id for each format, "" where none was adopted."""

    rss: str = ""
    permalink: bool = False  # the RSS guid says that it is a link
    atom: str = ""
    json: str = ""
    published: datetime | None = None  # the feed's date; it counts as long as the file says `declared`
    declared: datetime | None = None

    def taking(self, kind: Kind, entry: OldEntry) -> "Adopted":
        """With the id that *entry* has in a feed of this *kind*."""
        match kind:
            case "rss":
                return replace(self, rss=entry.id, permalink=entry.permalink)
            case "atom":
                return replace(self, atom=entry.id)
            case "json":
                return replace(self, json=entry.id)
        return self

    def id_in(self, kind: Kind) -> str:
        """The id in a feed of this *kind*, "" where none was adopted."""
        return {"rss": self.rss, "atom": self.atom, "json": self.json}.get(kind, "")
