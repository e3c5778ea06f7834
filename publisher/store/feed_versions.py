"""What earlier versions of each feed held: a reader of one of them gets what is new to it, and no more (F23)."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from publisher.store.tables import feed_versions

KEPT = 50  # versions of a feed


def note(connection: Connection, path: str, etag: str, entries: bytes) -> None:
    """The file *path* is now the version *etag* with these *entries* (feeds.document.marks)."""
    table, here = feed_versions, feed_versions.c.path == path
    connection.execute(
        delete(table).where(here, table.c.etag == etag)
    )  # one that came back is the newest again
    connection.execute(insert(table).values(path=path, etag=etag, entries=entries))
    last = select(table.c.id).where(here).order_by(table.c.id.desc()).limit(1).offset(KEPT - 1)
    connection.execute(delete(table).where(here, table.c.id < last.scalar_subquery()))


def forget(connection: Connection, paths: Iterable[str]) -> None:
    """These files are gone."""
    connection.execute(delete(feed_versions).where(feed_versions.c.path.in_(list(paths))))


def of(connection: Connection, path: str) -> dict[str, bytes]:
    """The entries of each known version of *path*, by its entity tag."""
    query = select(feed_versions.c.etag, feed_versions.c.entries).where(feed_versions.c.path == path)
    return {row.etag: row.entries for row in connection.execute(query)}
