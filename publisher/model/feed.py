"""A feed: the channel, and the newest stories as a reader of it gets them."""

from dataclasses import dataclass
from datetime import datetime

from publisher.model.article import Article, Direction, Version
from publisher.model.media import Shown


@dataclass(frozen=True, slots=True)
class Feed:
    """The channel. All URLs absolute, percent-encoded ASCII (F11)."""

    id: str  # urn:uuid:...
    title: str
    description: str
    home: str
    rss: str
    atom: str
    json: str
    css: str  # what a browser dresses the XML with (F21)
    language: str  # as feeds write it (F4)
    direction: Direction
    author: str
    updated: datetime  # UTC: the newest `updated` of its entries; the epoch of an empty feed
    metadata: bool  # ITS 2.0 direction metadata (F5)


@dataclass(frozen=True, slots=True)
class Entry:
    """One article in a feed."""

    article: Article
    url: str  # absolute, percent-encoded ASCII
    content: str  # HTML whose first element is <div dir lang> (F8)
    versions: tuple[Version, ...] = ()  # itself and its translations; () where it has none (A17)
    picture: Shown | None = None  # that stands for it in lists (A13)
    enclosures: tuple[Shown, ...] = ()  # its recordings
