"""The pages that list articles, of the newest and of each month: which stand on disk, which are to be made again, and
the lines in them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Update, select, update

from publisher.model.article import Direction, Status
from publisher.store.dialects import upsert
from publisher.store.labels import chunks
from publisher.store.tables import STALE_LIST, articles, lists
from publisher.store.tables import labels as labels_table

SITE = ""  # the key of the site's archive


class Row(NamedTuple):
    """A page of the newest (*month* is ""), or of a month and its older parts."""

    month: str  # "2026-11"
    files: int  # pages that stand on disk
    word: str  # what the page of the newest calls the label
    stale: bool


class Line(NamedTuple):
    """An article as a month's page shows it."""

    slug: str
    title: str
    language: str
    direction: Direction
    published: datetime  # UTC


_LINE = articles.c[Line._fields]
_NEWEST_FIRST = articles.c.published.desc(), articles.c.seq.desc()


def stale(connection: Connection, limit: int) -> list[str]:
    """At most *limit* of the keys whose lists are to be made again, in their order."""
    query = select(lists.c.key).where(STALE_LIST).distinct().order_by(lists.c.key)
    return list(connection.execute(query.limit(limit)).scalars())


def rows(connection: Connection, key: str) -> list[Row]:
    """What is known of the lists of *key*, the oldest month first, behind the page of the newest."""
    query = select(*lists.c[Row._fields]).where(lists.c.key == key).order_by(lists.c.month)
    return [Row(*row) for row in connection.execute(query)]


def standing(connection: Connection) -> dict[str, dict[str, int]]:
    """By key and month, how many pages stand on disk."""
    found: dict[str, dict[str, int]] = {}
    query = select(*lists.c["key", "month", "files"]).where(lists.c.files > 0)
    for key, month, files in connection.execute(query.order_by(lists.c.key, lists.c.month)):
        found.setdefault(key, {})[month] = files
    return found


def made(connection: Connection, key: str, files: Mapping[str, int], word: str | None = None) -> None:
    """So many pages of each month of *key* are on disk as they should be; the page of the newest shows *word*."""
    for month, count in files.items():
        row = _rows(key, [month]).values(files=count, stale=False)
        connection.execute(row.values(word=word) if word is not None and not month else row)


def outdate(connection: Connection, key: str, months: Sequence[str]) -> None:
    """Make these pages of *key* again."""
    for some in chunks(months):
        connection.execute(_rows(key, some).values(stale=True))


def start(connection: Connection) -> None:
    """The archive has its overview also where nothing was ever published."""
    row = upsert(lists).values(key=SITE, month="", stale=True)
    connection.execute(row.on_conflict_do_nothing())


def make_all(connection: Connection) -> None:
    """Make all of them again: what every one depends on is something else now."""
    connection.execute(update(lists).values(stale=True))


def within(connection: Connection, key: str, start: datetime, end: datetime) -> list[Line]:
    """The published articles of *key* with *start* <= published < *end*, newest first: for a label that many have."""
    query = _lines().where(articles.c.published >= start, articles.c.published < end)
    if key != SITE:
        mine = select(labels_table.c.article).where(
            labels_table.c.key == key, labels_table.c.article == articles.c.id
        )
        query = query.where(mine.exists())
    return _read(connection, query)


def some_within(connection: Connection, key: str, start: datetime, end: datetime) -> bool:
    """Whether there is any."""
    query = select(articles.c.id).where(articles.c.status == Status.PUBLISHED)
    query = query.where(articles.c.published >= start, articles.c.published < end)
    if key != SITE:
        mine = select(labels_table.c.article).where(
            labels_table.c.key == key, labels_table.c.article == articles.c.id
        )
        query = query.where(mine.exists())
    return connection.execute(query.limit(1)).first() is not None


def every(connection: Connection, key: str) -> list[Line]:
    """All published articles with the label of this *key*, newest first: for one that few have."""
    query = _lines().join(labels_table, labels_table.c.article == articles.c.id)
    return _read(connection, query.where(labels_table.c.key == key))


def _lines() -> Select[*tuple[Any, ...]]:
    return select(*_LINE).where(articles.c.status == Status.PUBLISHED).order_by(*_NEWEST_FIRST)


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Line]:
    return [Line(*row) for row in connection.execute(query)]


def _rows(key: str, months: Collection[str]) -> Update:
    return update(lists).where(lists.c.key == key, lists.c.month.in_(months))
