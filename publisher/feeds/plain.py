"""What an entry says of itself outside its content: the same words, language and direction in every format (F3)."""

import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Literal, TypeVar

from publisher.model.adoption import Adopted
from publisher.model.article import Direction
from publisher.model.feed import Entry, Feed, Item
from publisher.text.bidi import isolate
from publisher.text.clean import tidy
from publisher.text.direction import lead
from publisher.text.language import feed_tag

Format = Literal["rss", "atom", "json"]
T = TypeVar("T")

FORMATS: tuple[Format, ...] = ("rss", "atom", "json")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")  # RFC 3987, as far as readers mind


def identity(article: Item, kind: Format) -> str:
    """What readers of this format tell the article by (F10)."""
    return identity_of(article.id, article.adopted, kind)


def identity_of(own: str, adopted: Adopted | None, kind: Format) -> str:
    """The id that an older feed of the format gave an article, byte for byte; else that of an older feed of another
    format, where it is one in this; else its *own* (A15)."""
    if adopted is None:
        return own
    others = [id_ for each in FORMATS if (id_ := adopted.id_in(each))]
    return adopted.id_in(kind) or next((id_ for id_ in others if kind != "atom" or _IRI.fullmatch(id_)), own)


def is_permalink(entry: Entry) -> bool:
    """Whether the RSS guid is said to be a link: as the older feed said, if it is the entry's."""
    adopted = entry.article.adopted
    return bool(adopted and adopted.permalink and adopted.rss.startswith(("http://", "https://")))


def ids(article: Item) -> list[str]:
    """The article's ids in all formats."""
    return [identity(article, kind) for kind in FORMATS] if article.adopted else [article.id]


def channel_title(feed: Feed) -> str:
    return lead(feed.title, feed.direction)


def channel_description(feed: Feed) -> str:
    """The description, or the title where there is none: RSS wants one (RSS 2.0, "Required channel elements")."""
    return _line(feed.description, feed.direction) or channel_title(feed)


def title(article: Item) -> str:
    """The headline as written, behind one U+200F where readers would take it for left-to-right (F6, F12)."""
    return lead(article.title, article.direction)


def summary(article: Item) -> str:
    """The summary, with an LRM beside what the bidi algorithm would move (F9); "" where there is none."""
    return _line(article.summary, article.direction)


def authors(feed: Feed, article: Item) -> tuple[str, ...]:
    """Who wrote it; the feed's author where the article names nobody."""
    return article.authors or ((feed.author,) if feed.author else ())


def own_language(feed: Feed, article: Item) -> str | None:
    """The article's language as feeds write it, where it is not the feed's (F4)."""
    language = feed_tag(article.language)
    return None if language == feed.language else language


def own_direction(feed: Feed, article: Item) -> Direction | None:
    """The article's direction, where it is not the feed's and the feed tells directions (F5)."""
    return article.direction if feed.metadata and article.direction != feed.direction else None


def cleaned(feed: Feed, entries: Sequence[Entry]) -> tuple[Feed, list[Entry]]:
    """The same without what no XML and no UTF-8 holds. Words are cleaned where they come in; what came past that door
    costs its own entry a character, and not the site its feed."""
    return _tidied(feed), [_tidied(entry) for entry in entries]


def _tidied(value: T) -> T:
    """*value* with its strings cleaned, also those in what it is made of."""
    if isinstance(value, str):
        return tidy(value)[0]  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(map(_tidied, value))  # type: ignore[return-value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **{each.name: _tidied(getattr(value, each.name)) for each in fields(value)})


@lru_cache(maxsize=512)  # a summary stands in several feeds, each in three formats
def _line(text: str, direction: Direction) -> str:
    return lead(isolate(text, "lrm"), direction) if direction == "rtl" else text
