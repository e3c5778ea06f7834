"""What a reader has not had (D1-D3): the watermark, and the items above it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.digests import select
from publisher.digests.select import Family, Selection
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.store import articles, translations
from publisher.store.people import Series

KEPT = 100  # watermarks whose articles are kept at a time
LOOKED = 1000  # articles that are looked at for those that welcome a reader

_News = tuple[list[Article], dict[str, Family]]


class Unseen:
    """What *newsletter* has up to the article *upto*; keeps what it read."""

    def __init__(self, house: House, newsletter: Newsletter, series: Series, upto: int) -> None:
        self._house, self._newsletter, self._upto = house, newsletter, upto
        self._baseline = series.baseline or 0
        self._first = house.store.read(lambda c: welcome(c, newsletter, self._baseline))
        self._kept: dict[int, _News] = {}

    def floor(self, seen: int, letters: int, *, include_existing: bool = False) -> int:
        """The newest article that a reader has had: what they have *seen*, and never the archive (D3) but for whom it
        is new and wanted: who never had a letter."""
        if letters:
            return max(seen, self._baseline)
        return 0 if include_existing else max(seen, self._first)

    def __call__(self, floor: int, language: str | None, categories: Sequence[str]) -> Selection:
        """The items for a reader of *language* and *categories* who has had the articles up to *floor*."""
        if floor not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[floor] = self._house.store.read(lambda c: _between(c, floor, self._upto))
        news, families = self._kept[floor]
        languages = (language, self._house.site.language)
        return select.select(
            self._newsletter, news, families, floor=floor, languages=languages, categories=categories
        )


def welcome(connection: Connection, newsletter: Newsletter, newest: int) -> int:
    """Where a new reader's unseen articles begin, that the last `welcome_items` up to *newest* are among them (D3)."""
    if not newsletter.welcome_items:
        return newest
    older = articles.before(connection, newest, LOOKED)
    fitting = [article.seq for article in older if select.takes(newsletter, article)]
    return min(fitting[: newsletter.welcome_items], default=newest + 1) - 1


def _between(connection: Connection, floor: int, upto: int) -> _News:
    unseen = articles.between(connection, floor, upto)
    groups = translations.families(connection, [article.id for article in unseen])
    wanted = {each for ids in groups.values() for each in ids}
    every = {one.id: one for one in articles.some(connection, wanted)}
    return unseen, {one: tuple(every[each] for each in ids) for one, ids in groups.items()}
