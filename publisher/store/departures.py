"""The articles that left the site, by the labels they had then: the feeds of those labels tell of it (F13)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from publisher.store import bulk, stale
from publisher.store.tables import articles, departures

_CHUNK = 400  # values in one statement


def note(connection: Connection, left: Mapping[str, Collection[str]], back: Collection[str]) -> None:
    """The articles *left* with labels of these keys have gone; those *back* are on the site again. Their rows are
    written already."""
    for some in _chunks([*left, *back]):
        past = departures.c.article.in_(some)
        stale.feeds(connection, _keys(connection, past))  # it may have come back with other labels
        connection.execute(delete(departures).where(past))
    rows = [
        {"key": key, "article": row.id, "at": row.removed}
        for some in _chunks(list(left))
        for row in connection.execute(select(*articles.c["id", "removed"]).where(articles.c.id.in_(some)))
        for key in sorted(left[row.id])
        if row.removed
    ]
    bulk.insert(connection, departures.insert(), rows)


def any_before(connection: Connection, since: datetime) -> bool:
    """Whether `forget` has anything to do."""
    return (
        connection.execute(select(departures.c.at).where(departures.c.at <= since).limit(1)).first()
        is not None
    )


def forget(connection: Connection, since: datetime) -> None:
    """What left until *since* is told no more: the feeds that did are to be made again."""
    past = departures.c.at <= since
    stale.feeds(connection, _keys(connection, past))
    connection.execute(delete(departures).where(past))


def _keys(connection: Connection, which: ColumnElement[bool]) -> Sequence[str]:
    return connection.execute(select(departures.c.key).where(which).distinct()).scalars().all()


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
