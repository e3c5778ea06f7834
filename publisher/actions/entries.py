"""The entries of a feed: articles with their text as readers get it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from publisher import __version__
from publisher.actions.house import House
from publisher.actions.relations import Versions
from publisher.actions.stories import Shelf, fault, in_short
from publisher.layout import Layout
from publisher.model.article import Article, Version
from publisher.model.feed import Entry
from publisher.text import html

Kept = Mapping[str, tuple[str, str]]  # what was rendered, and from what (first), by the article's id


@dataclass(frozen=True, slots=True)
class Entries:
    """`new`: what was rendered for them, to be kept for the next feed."""

    shown: list[Entry]
    cut: list[str]  # the paths of articles that show their summary, since their files could not be read
    new: dict[str, tuple[str, str]]
    faults: list[str] = field(default_factory=list)  # articles whose text cannot be shown, in words


@dataclass(frozen=True, slots=True)
class Desk:
    """Where entries are made. Travels between processes."""

    shelf: Shelf
    layout: Layout

    @classmethod
    def of(cls, house: House) -> "Desk":
        return cls(Shelf.of(house), house.layout)

    def entries(self, articles: Sequence[Article], versions: Versions, kept: Kept) -> Entries:
        """The entries of *articles*, with their translations. Raises stories.Changed."""
        made = Entries([], [], {})
        for article in articles:
            source, content = self._source(article), ""
            if kept.get(article.id, ("", ""))[0] == source:
                content = kept[article.id][1]
            else:
                story, whole = self.shelf.story_or_summary(article)
                media = self.layout.media(article, "feed")
                base = self.layout.article(article.slug)
                try:
                    content = html.render(story.body, "feed", base, media)
                except (
                    Exception
                ) as error:  # whatever it is, it costs this article its text, and others nothing
                    made.faults.append(fault(article, error))
                    content = html.render(in_short(article).body, "feed", base)
                if whole:
                    made.new[article.id] = (source, content)
                else:
                    made.cut.append(article.path)
            made.shown.append(self._entry(article, content, versions.get(article.id, ())))
        return made

    def _source(self, article: Article) -> str:
        """What the text of an entry is made from: program, rules, site and article."""
        parts = repr((__version__, self.shelf.rules, self.layout, article))
        return hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _entry(self, article: Article, content: str, versions: tuple[Version, ...]) -> Entry:
        media = self.layout.media(article, "feed")
        return Entry(
            article,
            self.layout.article(article.slug),
            content,
            versions=versions,
            picture=media[article.picture.reference] if article.picture else None,
            thumbnail=self.layout.shown(article, article.picture, small=True) if article.picture else None,
            enclosures=tuple(each for each in media.values() if each.type.startswith(("audio/", "video/"))),
        )
