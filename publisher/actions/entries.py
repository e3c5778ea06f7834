"""The entries of a feed: articles with their text as readers get it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from publisher import __version__
from publisher.actions.house import House
from publisher.actions.stories import Shelf
from publisher.model.article import Article, Version
from publisher.model.feed import Entry
from publisher.store import rendered
from publisher.text import html


@dataclass(frozen=True, slots=True)
class Entries:
    """`new`: what was rendered for them, and from what, by the article's id; the store keeps it for the next feed."""

    shown: list[Entry]
    whole: bool  # each has its whole text
    new: dict[str, tuple[str, str]]


def entries(house: House, newest: Sequence[Article], versions: Mapping[str, tuple[Version, ...]]) -> Entries:
    """The entries of *newest*, with their translations. Raises stories.Changed."""
    shelf = Shelf.of(house)
    kept = house.store.read(lambda c: rendered.read(c, [article.id for article in newest]))
    made = Entries([], True, {})
    cut = 0
    for article in newest:
        source, content = _source(house, article), ""
        if kept.get(article.id, ("", ""))[0] == source:
            content = kept[article.id][1]
        else:
            story, whole = shelf.story_or_summary(article)
            media = house.layout.media(article, "feed")
            content = html.render(story.body, "feed", house.layout.article(article.slug), media)
            if whole:
                made.new[article.id] = (source, content)
            cut += not whole
        made.shown.append(_entry(house, article, content, versions.get(article.id, ())))
    return Entries(made.shown, not cut, made.new)


def _source(house: House, article: Article) -> str:
    """What the text of an entry is made from: program, rules, site and article."""
    parts = repr((__version__, house.rules, house.layout, article))
    return hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _entry(house: House, article: Article, content: str, versions: tuple[Version, ...]) -> Entry:
    media = house.layout.media(article, "feed")
    return Entry(
        article,
        house.layout.article(article.slug),
        content,
        versions=versions,
        picture=media[article.picture.reference] if article.picture else None,
        thumbnail=house.layout.shown(article, article.picture, small=True) if article.picture else None,
        enclosures=tuple(each for each in media.values() if each.type.startswith(("audio/", "video/"))),
    )
