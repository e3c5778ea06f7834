"""What a reader has not had (D1-D3): the watermark, and the items above it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.digests import select
from publisher.digests.select import Selection, Takes
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.store import articles, translations
from publisher.store.articles import Brief
from publisher.store.people import Series
from publisher.text.fold import fold

LOOKED = 1000  # articles that are looked at for those that welcome a reader
KEPT = 1000  # articles kept with all that a letter shows

_Family = tuple[Brief, ...]
# What may be in letters, and for each the article that a reader must not have had yet; rising by that.
_News = tuple[list[int], list[Brief]]
_NOTHING: _News = [], []


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
        self._news: Mapping[str | None, _News] = {}  # by category, folded; None: all
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
        news = dict[int, Brief]()
        keys: set[str | None] = {fold(word) for word in categories}
        for key in keys or {None}:
            limits, rows = self._news.get(key, _NOTHING)
            news |= {one.seq: one for one in rows[bisect_right(limits, floor) :] if one.seq > floor}
        if not news:  # at many sites most readers: those of what is rare, who stay where they are
            return Selection((), 0)
        chosen, more = select.select(
            self._newsletter,
            list(news.values()),
            self._families,
            floor=floor,
            languages=(language, self._house.site.language),
            categories=categories,
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
        self._news = _by_category(self._newsletter, self._rows, self._families)

    def _read(self, ids: Sequence[str]) -> tuple[Article, ...]:
        missing = [each for each in ids if each not in self._whole]
        if len(self._whole) + len(missing) > KEPT:
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


def _by_category(
    newsletter: Newsletter, rows: Sequence[Brief], families: Mapping[str, _Family]
) -> dict[str | None, _News]:
    """What *newsletter* takes of *rows*, for readers of each category. Of a family nobody gets one who had the first of
    it that fits; who did not may get any."""
    takes, found = Takes(newsletter), defaultdict[str | None, list[tuple[int, Brief]]](list)
    limits = defaultdict[str, dict[str | None, int]](dict)

    @cache
    def keys(categories: tuple[str, ...]) -> frozenset[str | None]:
        return frozenset((None, *map(fold, categories)))

    for one in filter(takes, rows):
        for key in keys(one.categories):
            if one.id not in families:
                found[key].append((one.seq, one))
            elif key not in (first := limits[families[one.id][0].id]):
                fit = (each.seq for each in families[one.id] if key in keys(each.categories) and takes(each))
                first[key] = next(fit)
    for one in rows:
        if one.id in families:
            for key, limit in limits[families[one.id][0].id].items():
                found[key].append((limit, one))
    for pairs in found.values():
        pairs.sort(key=lambda each: each[0])
    return {key: ([limit for limit, _ in pairs], [one for _, one in pairs]) for key, pairs in found.items()}
