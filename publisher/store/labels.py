"""The labels of published articles - categories and tags, authors, language: whose they are, and the one spelling of
each that is shown (A8)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, tuple_, update

from publisher.model.article import Status
from publisher.model.feed import Label
from publisher.store import bulk, departures, keys, stale
from publisher.store.dialects import upsert
from publisher.store.tables import OTHER, articles, labels, spellings

T = TypeVar("T")

CHUNK = 400  # values in one statement


_CATEGORY = "category:"


class Change(NamedTuple):
    """The labels of one article before and after a change: () while it is not published."""

    article: str
    before: Sequence[Label]
    after: Sequence[Label]
    was: datetime | None  # when it was published, as it stood before; None for a new one
    at: datetime | None  # ... and as it stands now; None where it leaves

    @property
    def redated(self) -> bool:
        """Whether it may be older or younger than the others now."""
        return None not in {self.was, self.at} and self.was != self.at


def change(connection: Connection, changes: Iterable[Change]) -> None:
    """Write what became of the labels of these articles, in the order it happened: their feeds are to be made again.
    Where another spelling of a category is the commonest now, so is what shows it. Their rows are written already.

    The commonest is what most published articles have; of several the one whose oldest article is the oldest.
    """
    whole: dict[str, tuple[Sequence[Label], Sequence[Label]]] = {}
    redated: set[str] = set()
    shown: set[tuple[str, datetime]] = set()  # a key, and when an article was published that its lists show
    for change_ in changes:
        article, before, after = change_[:3]
        shown |= _places(change_)
        if change_.redated:
            redated.update(map(keys.key, after))
        if article in whole:
            whole[article] = (whole[article][0], after)
        elif before or after:
            whole[article] = (before, after)
    stale.feeds(
        connection, {keys.key(each) for labels_ in whole.values() for part in labels_ for each in part}
    )
    stale.lists(connection, shown)
    left = {one: {keys.key(each) for each in old} for one, (old, now) in whole.items() if old and not now}
    departures.note(connection, left, [one for one, (old, now) in whole.items() if now and not old])
    gone: list[tuple[str, str, str]] = []
    new: list[tuple[str, str, str]] = []
    for article, (before, after) in whole.items():
        if before != after:
            old, now = (
                {keys.key(each): each.word for each in before},
                {keys.key(each): each.word for each in after},
            )
            gone += [(key, word, article) for key, word in old.items() if now.get(key) != word]
            new += [(key, word, article) for key, word in now.items() if old.get(key) != word]
    if gone:
        row = labels.delete().where(labels.c.key == bindparam("k"), labels.c.article == bindparam("a"))
        connection.execute(row, [{"k": key, "a": article} for key, _, article in gone])
    if new:
        put = upsert(labels)
        put = put.on_conflict_do_update(
            index_elements=["key", "article"], set_={"spelling": put.excluded.spelling}
        )
        rows = [{"key": key, "article": article, "spelling": word} for key, word, article in sorted(new)]
        bulk.insert(connection, put, rows)
    counts = Counter([each[:2] for each in new])
    counts.subtract([each[:2] for each in gone])
    _count(connection, counts)  # also where as many came as went: the oldest article may be another
    for some in chunks(sorted(redated - {key for key, _ in counts})):
        _choose(connection, some)


def _places(change_: Change) -> set[tuple[str, datetime]]:
    """Where lists show the article before and after: the key, "" for the site's, and the time."""
    sides = (change_.before, change_.was or change_.at), (change_.after, change_.at)
    return {
        (key, at) for words, at in sides if words and at for key in ("", *(keys.key(each) for each in words))
    }


def before(connection: Connection, which: ColumnElement[bool]) -> list[Change]:
    """The change of those published articles *which* are about to leave the site."""
    columns = select(*articles.c["id", "published", "categories", "authors", "language"])
    published = connection.execute(columns.where(which, articles.c.status == Status.PUBLISHED))
    return [Change(identity, keys.of(*words), (), at, None) for identity, at, *words in published]


def shown(connection: Connection) -> dict[str, str]:
    """The spellings of categories that another one stands for, each with that one; nothing where every word is spelt
    one way."""
    query = select(*spellings.c["key", "spelling", "shown"]).where(OTHER)
    return {word: other for key, word, other in connection.execute(query) if key.startswith(_CATEGORY)}


def categories(connection: Connection) -> dict[str, str]:
    """The categories and tags of published articles: their keys without kind, and how they are shown."""
    query = select(spellings.c.key, spellings.c.shown).distinct()
    rows = connection.execute(query.where(spellings.c.key.startswith(_CATEGORY, autoescape=True)))
    return {key.removeprefix(_CATEGORY): shown_ for key, shown_ in rows}


def commonest(connection: Connection, limit: int) -> tuple[str, ...]:
    """The categories and tags that most published articles have, as they are shown, in alphabetical order."""
    number = func.sum(spellings.c.count)
    query = select(func.max(spellings.c.shown)).where(spellings.c.key.startswith(_CATEGORY, autoescape=True))
    rows = connection.execute(
        query.group_by(spellings.c.key).order_by(number.desc(), spellings.c.key).limit(limit)
    )
    return tuple(sorted(rows.scalars()))


def topics(connection: Connection, limit: int) -> list[str]:
    """The categories and tags that several published articles have, as they are shown, the commonest first."""
    number = func.sum(spellings.c.count)
    query = select(func.max(spellings.c.shown)).where(spellings.c.key.startswith(_CATEGORY, autoescape=True))
    query = query.group_by(spellings.c.key).having(number > 1)
    return list(connection.execute(query.order_by(number.desc(), spellings.c.key).limit(limit)).scalars())


def _count(connection: Connection, counts: Mapping[tuple[str, str], int]) -> None:
    if not counts:
        return
    rows = [
        {"key": key, "spelling": word, "count": count, "shown": word}
        for (key, word), count in sorted(counts.items())
    ]
    row = upsert(spellings)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["key", "spelling"], set_={"count": spellings.c.count + row.excluded.count}
        ),
        rows,
    )
    for some in chunks(sorted({key for key, _ in counts})):
        _choose(connection, some)


def _choose(connection: Connection, wanted: Sequence[str]) -> None:
    """Let the commonest spelling of each key *wanted* stand for all of its spellings."""
    connection.execute(delete(spellings).where(spellings.c.key.in_(wanted), spellings.c.count <= 0))
    several = (
        select(spellings.c.key)
        .where(spellings.c.key.in_(wanted))
        .group_by(spellings.c.key)
        .having((func.count() > 1) | (func.max(spellings.c.shown) != func.max(spellings.c.spelling)))
    )
    contested = select(spellings).where(spellings.c.key.in_(several)).order_by(spellings.c.key)
    found: dict[str, list[tuple[str, int, str]]] = {}
    for key, word, count, chosen in connection.execute(contested):
        found.setdefault(key, []).append((word, count, chosen))
    changed: list[tuple[str, str]] = []
    for key, rows in found.items():
        most = max(count for _, count, _ in rows)
        common = [word for word, count, _ in rows if count == most]
        best = common[0] if len(common) == 1 else _oldest(connection, key, common)
        other = [(key, word) for word, _, chosen in rows if chosen != best]
        if other:
            connection.execute(update(spellings).where(spellings.c.key == key).values(shown=best))
            changed += other
    for some in chunks([each for each in changed if each[0].startswith(_CATEGORY)]):
        showing = select(labels.c.article).where(tuple_(labels.c.key, labels.c.spelling).in_(some))
        stale.showing(connection, articles.c.id.in_(showing))


def _oldest(connection: Connection, key: str, words: Sequence[str]) -> str:
    """Which of these spellings the oldest article has; of one age the first in the order of its letters."""
    query = (
        select(labels.c.spelling)
        .join_from(labels, articles)
        .where(labels.c.key == key, labels.c.spelling.in_(words))
        .order_by(articles.c.published, labels.c.spelling)
    )
    return str(connection.execute(query.limit(1)).scalar_one())


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """*items* in lists that fit into one statement."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
