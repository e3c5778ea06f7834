"""What shows an article, and is to be made again when the article changes: its page, the feeds of its labels, its
document of the archive. (The site's own feed is made by what it shows: facts.OUTPUTS.)"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.store import bulk, keys
from publisher.store.tables import OUTDATED, archives, articles
from publisher.store.tables import feeds as feeds_table

SHARE = 200  # articles of an archive document, in the order of first publication (RFC 5005)


def articles_(connection: Connection, which: ColumnElement[bool]) -> None:
    """Whatever shows the articles *which*."""
    connection.execute(update(articles).where(articles.c.page > "", which).values(page=OUTDATED))
    rows = connection.execute(
        select(*articles.c["seq", "categories", "authors", "language"]).where(which)
    ).all()
    feeds(connection, {keys.key(label) for _, *words in rows for label in keys.of(*words)})
    archived(connection, [row.seq for row in rows if row.seq])


def feeds(connection: Connection, labels: Iterable[str]) -> None:
    """The feeds of the labels with these keys, also one that was never made."""
    row = upsert(feeds_table)
    row = row.on_conflict_do_update(index_elements=["key"], set_={"stale": row.excluded.stale})
    bulk.insert(connection, row, [{"key": key, "stale": True} for key in sorted(labels)])


def archived(connection: Connection, seqs: Iterable[int]) -> None:
    """The archive documents with these places of the order."""
    row = upsert(archives)
    row = row.on_conflict_do_update(index_elements=["number"], set_={"stale": row.excluded.stale})
    bulk.insert(connection, row, [{"number": n, "stale": True} for n in sorted(set(map(number, seqs)))])


def placed(connection: Connection, seqs: Sequence[int]) -> None:
    """Those of articles that got these places just now. The one before a new document leads to it from now on."""
    first = number(min(seqs))
    new = connection.execute(select(archives.c.number).where(archives.c.number == first)).first() is None
    archived(connection, [*seqs, min(seqs) - SHARE] if new and first > 1 else seqs)


def number(seq: int) -> int:
    """The archive document that holds this place of the order."""
    return (seq - 1) // SHARE + 1
