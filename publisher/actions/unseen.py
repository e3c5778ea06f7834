"""What a reader has not had (D1-D3): the watermark, and the items above it."""

from bisect import bisect_right
from collections.abc import Sequence

from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.digests import select
from publisher.digests.select import Selection, Takes
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.store import articles, translations
from publisher.store.articles import Brief
from publisher.store.people import Series

LOOKED = 1000  # articles that are looked at for those that welcome a reader
KEPT_NEWS = 200_000  # articles kept in the lists of what readers' categories hold, all lists together
KEPT_WHOLE = 1000  # articles kept with all that a letter shows

_Family = tuple[Brief, ...]
# What readers of some categories may get, and for each where a watermark must be below for it: both rising.
_News = tuple[list[int], list[Brief]]


class Unseen:
    """What *newsletter* has up to the article *upto*. The archive is read once, no deeper than readers' watermarks
    lie and only as far as choosing looks at it; whole articles are those that are chosen."""

    def __init__(self, house: House, newsletter: Newsletter, series: Series, upto: int) -> None:
        self._house, self._newsletter = house, newsletter
        self._baseline = series.baseline or 0
        self._first = house.store.read(lambda c: welcome(c, newsletter, self._baseline))
        self._upto = self._low = upto  # what was published after the article `_low` is read
        self._rows: list[Brief] = []
        self._families: dict[str, _Family] = {}
        self._newest: dict[
            tuple[str, ...], int
        ] = {}  # by categories: who has this has all; 0: there is nothing
        self._news: dict[tuple[str, ...], _News] = {}
        self._whole: dict[str, Article] = {}

    def floor(self, seen: int, letters: int, *, include_existing: bool = False) -> int:
        """The newest article that a reader has had: what they have *seen*, and never the archive (D3) but for whom it
        is new and wanted: who never had a letter."""
        if letters:
            return max(seen, self._baseline)
        return 0 if include_existing else max(seen, self._first)

    def __call__(self, floor: int, language: str | None, categories: Sequence[str]) -> Selection:
        """The items for a reader of *language* and *categories* who has had the articles up to *floor*."""
        self._reach(floor)
        wanted = tuple(categories)
        if wanted not in self._newest:
            self._look(wanted)
        if self._newest[wanted] <= floor:  # most readers whose categories are rare: they stay where they are
            return Selection((), 0)
        if wanted not in self._news:
            self._look(wanted)
        limits, rows = self._news[wanted]
        news = [one for one in rows[bisect_right(limits, floor) :] if one.seq > floor]
        languages = (language, self._house.site.language)
        chosen, more = select.select(
            self._newsletter, news, self._families, floor=floor, languages=languages, categories=wanted
        )
        return Selection(self._read([one.id for one in chosen]), more)

    def _reach(self, floor: int) -> None:
        """Read down to *floor*; at least as much again as is read, so that it is read in few steps whoever comes
        first."""
        if floor >= self._low:
            return
        low, upto = min(floor, 2 * self._low - self._upto), self._low
        rows, families = self._house.store.read(lambda c: _between(c, low, upto))
        self._rows, self._low = rows + self._rows, low
        self._families |= families
        self._newest.clear()
        self._news.clear()

    def _look(self, categories: tuple[str, ...]) -> None:
        """Find what readers of these *categories* may get. Of a family nobody gets one who had the first that fits."""
        fits, limits = Takes(self._newsletter, categories), dict[str, int]()
        for one in filter(fits, self._rows):
            family = self._families.get(one.id, (one,))
            limits[family[0].id] = next(each.seq for each in family if fits(each))
        first = {one.id: self._families[one.id][0].id for one in self._rows if one.id in self._families}
        found = [(limits[key], one) for one in self._rows if (key := first.get(one.id, one.id)) in limits]
        found.sort(key=lambda each: each[0])
        if sum(len(kept) for kept, _ in self._news.values()) + len(found) > KEPT_NEWS:
            self._news.clear()
        self._news[categories] = [limit for limit, _ in found], [one for _, one in found]
        self._newest[categories] = found[-1][0] if found else 0

    def _read(self, ids: Sequence[str]) -> tuple[Article, ...]:
        missing = [each for each in ids if each not in self._whole]
        if len(self._whole) + len(missing) > KEPT_WHOLE:
            self._whole, missing = {}, list(ids)
        if missing:
            read = self._house.store.read(lambda c: articles.some(c, missing))
            self._whole |= {article.id: article for article in read}
        return tuple(self._whole[each] for each in ids)


def welcome(connection: Connection, newsletter: Newsletter, newest: int) -> int:
    """Where a new reader's unseen articles begin, that the last `welcome_items` up to *newest* are among them (D3)."""
    if not newsletter.welcome_items:
        return newest
    older = articles.before(connection, newest, LOOKED)
    fitting = [article.seq for article in older if Takes(newsletter)(article)]
    return min(fitting[: newsletter.welcome_items], default=newest + 1) - 1


def _between(connection: Connection, after: int, upto: int) -> tuple[list[Brief], dict[str, _Family]]:
    rows = articles.briefs_between(connection, after, upto)
    groups = translations.families(connection, [one.id for one in rows])
    wanted = {each for ids in groups.values() for each in ids}
    every = {one.id: one for one in articles.some_briefs(connection, wanted)}
    made = {ids: tuple(every[each] for each in ids) for ids in set(groups.values())}
    return rows, {one: made[ids] for one, ids in groups.items()}
