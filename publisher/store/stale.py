"""What shows an article, and is to be made again when the article changes: its page, the feeds of its labels, its
document of the archive, its part of the sitemap. (The site's own feed is made by what it shows: facts.OUTPUTS.)"""

import sys
from bisect import bisect_left
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.store import bulk, keys, sitemaps
from publisher.store.tables import OUTDATED, archives, articles
from publisher.store.tables import feeds as feeds_table


def showing(connection: Connection, which: ColumnElement[bool]) -> None:
    """Whatever shows the articles *which*."""
    connection.execute(update(articles).where(articles.c.page > "", which).values(page=OUTDATED))
    rows = connection.execute(
        select(*articles.c["seq", "categories", "authors", "language"]).where(which)
    ).all()
    feeds(connection, {keys.key(label) for _, *words in rows for label in keys.of(*words)})
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
