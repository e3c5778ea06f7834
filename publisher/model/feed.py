"""A feed: the channel, and the newest stories as a reader of it gets them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from publisher.model.article import Article, Direction, Version
from publisher.model.digest import Issue
from publisher.model.media import Shown

Kind = Literal["category", "author", "language"]  # what a feed beside the site's own is made for
Item = Article | Issue  # what an entry is about


class Label(NamedTuple):
    """A word that articles have in common."""

    kind: Kind
    word: str  # as the author spells it; a language as BCP 47


@dataclass(frozen=True, slots=True)
class Removed:
    """An article that left the site, as feeds tell it (RFC 6721)."""

    id: str  # as Atom entries had it
    when: datetime  # UTC


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
    hubs: tuple[str, ...] = ()  # WebSub hubs (F24)
    license: str = ""  # the URL of the site's licence (F15)
    icon: Shown | None = None  # a square picture for lists of feeds (F15)
    logo: Shown | None = None  # a picture of at most 144 pixels for RSS's <image> (F15)
    removed: tuple[Removed, ...] = ()  # what left lately, the latest first (F13)
    # The chain of archives (RFC 5005, 4). URLs of Atom documents; "" where there is none.
    current: str = ""  # of an archive document: the feed whose archive it is
    previous: str = ""  # the document with the entries before these
    next: str = ""  # of an archive document: the one with the entries after these


@dataclass(frozen=True, slots=True)
class Entry:
    """One article in a feed; in a newsletter's, one edition (F16)."""

    article: Item
    url: str  # absolute, percent-encoded ASCII
    content: str  # HTML whose first element is <div dir lang> (F8)
    versions: tuple[Version, ...] = ()  # itself and its translations; () where it has none (A17)
    picture: Shown | None = None  # that stands for it in lists (A13)
    thumbnail: Shown | None = None  # the picture, smaller
    enclosures: tuple[Shown, ...] = ()  # its recordings


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in the list of a site's feeds (OPML 2.0)."""

    title: str
    home: str
    rss: str
    atom: str
    json: str
    language: str
    kind: str  # "site", "category", "author", "language" or "newsletter"
