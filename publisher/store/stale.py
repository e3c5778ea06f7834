"""What shows an article, and is to be made again when the article changes: its page, the feeds of its labels, its
document of the archive, its part of the sitemap, the pages that list it. (The site's own feed is made by what it
shows: facts.OUTPUTS.)"""

import sys
from bisect import bisect_left
from collections.abc import Iterable
from datetime import MAXYEAR, datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, select, update

from publisher.store import bulk, keys, sitemaps
from publisher.store.dialects import upsert
from publisher.store.tables import OUTDATED, archives, articles
from publisher.store.tables import feeds as feeds_table
from publisher.store.tables import lists as lists_table


def showing(connection: Connection, which: ColumnElement[bool]) -> None:
    """Whatever shows the articles *which*."""
    connection.execute(update(articles).where(articles.c.page > "", which).values(page=OUTDATED))
    rows = connection.execute(
        select(*articles.c["seq", "published", "categories", "authors", "language"]).where(which)
    ).all()
    shown = [(row.published, [keys.key(label) for label in keys.of(*row[2:])]) for row in rows]
    feeds(connection, {key for _, its in shown for key in its})
    lists(connection, ((key, at) for at, its in shown for key in ("", *its)))
    documents(connection, [row.seq for row in rows if row.seq])


def feeds(connection: Connection, labels: Iterable[str]) -> None:
    """The feeds of the labels with these keys, also one that was never made."""
    row = upsert(feeds_table)
    row = row.on_conflict_do_update(index_elements=["key"], set_={"stale": row.excluded.stale})
    bulk.insert(connection, row, [{"key": key, "stale": True} for key in sorted(labels)])


def documents(connection: Connection, seqs: Iterable[int]) -> None:
    """The archive documents, and the parts of the sitemap, with these places of the order."""
    places = list(seqs)
    if not places:
        return
    sitemaps.changed(connection, places)
    rows = connection.execute(select(archives.c.number, archives.c.upto).order_by(archives.c.number)).all()
    if not rows:
        connection.execute(archives.insert().values(number=1, upto=None, stale=True))
        return
    ends = [row.upto or sys.maxsize for row in rows]
    numbers = {rows[bisect_left(ends, seq)].number for seq in places}
    connection.execute(update(archives).where(archives.c.number.in_(numbers)).values(stale=True))


def lists(connection: Connection, places: Iterable[tuple[str, datetime]]) -> None:
    """The lists with these keys where they show what was published then: the month's page, and that of the newest.
    Which month that is, the site's time zone says: marked is each that it can be anywhere on earth."""
    months = {(key, month) for key, at in set(places) for month in ("", *_months(at))}
    row = upsert(lists_table)
    row = row.on_conflict_do_update(index_elements=["key", "month"], set_={"stale": row.excluded.stale})
    rows = [{"key": key, "month": month, "stale": True} for key, month in sorted(months)]
    bulk.insert(connection, row, rows)


@lru_cache(maxsize=1024)  # several lists show each article
def _months(at: datetime) -> frozenset[str]:
    """ "2026-11", for every time zone: they are between 12 hours behind UTC and 14 before it."""
    if at.year in {1, MAXYEAR}:  # nowhere to go from there
        return frozenset((f"{at:%Y-%m}".rjust(7, "0"),))
    return frozenset(f"{each.year:04}-{each.month:02}" for each in (at - _WEST, at + _EAST))


_WEST, _EAST = timedelta(hours=12), timedelta(hours=14)
