"""A feed as the rules see it: what RSS, Atom and JSON have in common, each part with its line. Values, nothing else."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["rss", "atom", "json"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words of the feed or of an entry, the document's own escaping undone."""

    name: str  # as the document calls it: "title", "content:encoded"
    value: str
    line: int | None
    html: bool = False  # whether a reader takes it for HTML
    base: str = ""  # xml:base in force
    type: str | None = None  # Atom's type attribute, as written


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date, as written."""

    name: str
    value: str
    line: int | None
    form: Literal["rfc822", "rfc3339", "w3cdtf"]


@dataclass(frozen=True, slots=True)
class Link:
    """A URL outside the content."""

    name: str
    href: str
    line: int | None
    rel: str = "alternate"
    base: str = ""
    type: str = ""
    hreflang: str = ""
    length: str = ""


@dataclass(frozen=True, slots=True)
class Id:
    """What readers tell entries by."""

    name: str
    value: str
    line: int | None
    permalink: bool = False  # RSS: readers take it for the entry's URL


@dataclass(frozen=True, slots=True)
class Person:
    """An author, as written."""

    name: str  # of the element
    value: str
    line: int | None
    wants: Literal["e-mail", "name"] | None  # what the format demands of it


@dataclass(frozen=True, slots=True)
class Fault:
    """What the reader of the document saw in passing: the id of a rule, where, and what."""

    rule: str
    where: str
    line: int | None
    found: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of RSS or JSON, an entry of Atom."""

    number: int  # from 1
    line: int | None
    language: str = ""  # its own; "" where it says none
    direction: str = ""  # its own its:dir or _rtl
    title: Text | None = None
    summary: Text | None = None
    content: Text | None = None
    elsewhere: bool = False  # its content is a file, or no text
    id: Id | None = None
    dates: tuple[Stamp, ...] = ()  # when it was published first, if that is said
    links: tuple[Link, ...] = ()
    enclosures: tuple[Link, ...] = ()
    authors: tuple[Person, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A feed."""

    kind: Kind
    line: int | None
    language: str = ""
    language_line: int | None = None
    language_too: str = ""  # RSS: what xml:lang says beside <language>
    direction: str = ""
    texts: tuple[Text, ...] = ()  # title, description
    id: Id | None = None
    dates: tuple[Stamp, ...] = ()
    links: tuple[Link, ...] = ()
    authors: tuple[Person, ...] = ()
    entries: tuple[Entry, ...] = ()
    generator: str = ""
    icon: bool = False
    stylesheets: tuple[Link, ...] = ()
    archive: bool = False  # fh:archive
    complete: bool = False  # fh:complete
    faults: tuple[Fault, ...] = field(default=())
