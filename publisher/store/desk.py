"""What the editors' dashboard asks: what was refused, the newest editions, who came and who left by day."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select, type_coerce
from sqlalchemy.types import Integer

from publisher.model.people import Said
from publisher.store.tables import articles, consents, editions, leaves, subscribers


class Row(NamedTuple):
    """A file of the article folder, with its article where it is one."""

    path: str
    status: str
    now: str | None  # of its article
    title: str | None
    slug: str | None
    language: str | None  # of the title
    direction: str | None


_REFUSED = leaves.c.status == "quarantined"
DAY = 86400  # seconds


def refused(connection: Connection, limit: int) -> list[tuple[str, int | None, str, str]]:
    """(path, line, reason, mend) of files that are refused, by path, a *limit* of them."""
    query = select(*leaves.c["path", "line", "reason", "mend"]).where(_REFUSED).order_by(leaves.c.path)
    return [(row.path, row.line, row.reason, row.mend) for row in connection.execute(query.limit(limit))]


def listed(connection: Connection, status: str, after: str, limit: int) -> list[Row]:
    """Those behind the path *after*, a *limit* of them: of files whose article is, or who are, in *status*; of all
    where it is ""."""
    query = select(leaves.c.path, leaves.c.status, articles.c.status.label("now"))
    query = query.add_columns(*articles.c["title", "slug", "language", "direction"])
    query = query.outerjoin_from(leaves, articles, leaves.c.article == articles.c.id)
    query = query.where(leaves.c.path > after).order_by(leaves.c.path).limit(limit)
    if status in ("published", "held"):
        query = query.where(articles.c.status == status)
    elif status:
        query = query.where(leaves.c.status == status)
    return [
        Row(row.path, row.status, row.now, row.title, row.slug, row.language, row.direction)
        for row in connection.execute(query)
    ]


def editions_before(connection: Connection, before: int, limit: int) -> list[int]:
    """The numbers of the newest editions below *before* (0: of all), newest first."""
    query = select(editions.c.id).order_by(editions.c.id.desc()).limit(limit)
    if before:
        query = query.where(editions.c.id < before)
    return list(connection.execute(query).scalars())


def growth(connection: Connection, start: datetime, days: int) -> list[tuple[int, int]]:
    """(came, left) of each of the *days* from *start* on: subscribers that are new, people who unsubscribed."""
    came = _by_day(connection, select(subscribers.c.created.label("at")), start)
    query = select(consents.c.at.label("at")).where(consents.c.event == Said.LEFT)
    left = _by_day(connection, query, start)
    return [(came.get(day, 0), left.get(day, 0)) for day in range(days)]


def _by_day(connection: Connection, query: Select[tuple[datetime]], start: datetime) -> dict[int, int]:
    rows = query.subquery()
    day = ((type_coerce(rows.c.at, Integer) - int(start.timestamp())) // DAY).label("day")
    found = connection.execute(select(day, func.count()).where(rows.c.at >= start).group_by(day))
    return {int(number): int(count) for number, count in found}
