"""A file on its way to the reader: Leaf (as read) -> Manuscript (what its author says) -> Article (what is
published), and Body (its blocks, made only when an output shows it)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from publisher.model.adoption import Adopted
from publisher.model.media import Media, Reference

Direction = Literal["rtl", "ltr"]


class Status(StrEnum):
    """What became of a file of the article folder (A6, "The folder")."""

    PUBLISHED = "published"
    HELD = "held"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file as read."""

    path: str  # relative to the article folder, "/" between parts; undecodable bytes as lone surrogates (PEP 383)
    data: bytes


@dataclass(frozen=True, slots=True)
class Warn:
    """Something odd that did not stop the article: what, and the line of the file it stands on."""

    what: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What a file says of itself, before the store gives it identity, slug and order."""

    path: str
    title: str  # one line, cleaned, as written (no marks of ours)
    language: str  # BCP 47
    direction: Direction
    summary: str  # plain text, one line, cleaned; "" if the article has no words beside its title
    summary_is_lead: bool  # True: taken from the body, so a page that shows the body need not show it again
    authors: tuple[str, ...]
    categories: tuple[str, ...]  # categories and tags in the author's order, one spelling each (A8)
    published: datetime | None  # UTC; None: the file does not say, the store takes the time first seen (A5)
    updated: datetime | None  # UTC, as declared; None: the store decides (A10)
    expires: datetime | None  # UTC; after that it leaves the feeds (A6)
    declared_id: str | None  # front matter's id, uuid or guid (A9)
    slug: str | None  # as declared, already a valid slug (A14)
    held: str | None  # the reason it is held ("draft"), else None; a date in the future is the store's matter
    digest: bool  # False: feeds and pages only (A17)
    pin: bool  # True: first on the home page, and in its letter (A17)
    weight: int  # its place among the others of a list, the lightest first; 0: none, after these (A17)
    translation: (
        str  # the name it has in common with its translations (articles.relations); "" where it claims none
    )
    digits: str  # the digits it is mostly written in: "latn", "arab", "arabext"; "" without any
    content_hash: str  # hex; changes when anything a reader sees changes
    warnings: tuple[Warn, ...]
    references: tuple[Reference, ...] = ()  # files beside it that it names, its declared picture first (A13)
    link: str | None = (
        None  # the address it declares, as `layout.place` makes it, or "/" and a link pattern (A15)
    )
    aliases: tuple[str, ...] = ()  # old addresses, likewise


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scan found out about one file."""

    path: str
    mtime_ns: int
    size: int
    inode: int
    status: Status  # PUBLISHED here means: may be, once its date has come
    manuscript: Manuscript | None = None  # None where the file is no article
    slug: str = ""  # the slug wanted: declared, or made from the title by the site's link pattern
    reason: str = ""
    mend: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level element of a body: `html` is one element, sanitised; nested elements carry no direction of
    their own unless the author wrote it."""

    html: str
    language: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Body:
    """What an article shows below its title."""

    blocks: tuple[Block, ...]
    language: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong in an article, as its editors said it (D9)."""

    at: datetime  # UTC
    text: str  # paragraphs of plain text, parted by empty lines


@dataclass(frozen=True, slots=True)
class Article:
    """A published article: what lists need."""

    id: str  # urn:uuid:... (DESIGN "Identity")
    seq: int  # the order of first publication; never changes, never given twice; 0 before it
    slug: str  # its place below the document root: a word, a path, or one that ends in .html; NFC, unquoted
    path: str
    title: str
    language: str
    direction: Direction
    summary: str
    summary_is_lead: bool
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: datetime  # UTC, whole seconds
    updated: datetime  # UTC, whole seconds; never before `published`
    digest: bool
    pin: bool
    weight: int
    content_hash: str
    media: tuple[Media, ...] = ()  # what is published beside it, in the order of its references
    adopted: Adopted | None = None  # what readers of an older feed know it by (A15)
    corrections: tuple[Correction, ...] = ()  # the oldest first

    @property
    def picture(self) -> Media | None:
        """The picture that stands for it: the declared one, else the first in its text."""
        return next((each for each in self.media if each.letter), None)


class Placed(Protocol):
    """What `standing` looks at."""

    @property
    def pin(self) -> bool: ...
    @property
    def weight(self) -> int: ...
    @property
    def published(self) -> datetime: ...
    @property
    def seq(self) -> int: ...


def standing(article: Placed) -> tuple[bool, bool, int, float, int]:
    """What lists are sorted by that are not in the order of time, lowest first: pinned articles, then those with a
    weight, the lightest first, then the newest (A17)."""
    return (
        not article.pin,
        article.weight == 0,
        article.weight,
        -article.published.timestamp(),
        -article.seq,
    )


@dataclass(frozen=True, slots=True)
class Version:
    """An article in one of the languages it is there in (A17)."""

    language: str  # BCP 47
    url: str  # absolute, percent-encoded ASCII


@dataclass(frozen=True, slots=True)
class Story:
    """An article with its body: what a feed entry, a page or a full-text letter shows."""

    article: Article
    body: Body
    versions: tuple[Version, ...] = ()  # itself and its translations; () where it has none
