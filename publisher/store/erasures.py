"""The lines of the lists of the erased (L8), as the database has them: which it knows, and for which all was done."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, func, select, text, update

from publisher.store import bulk
from publisher.store.dialects import upsert
from publisher.store.tables import erasures

_UNDONE = text("NOT erasures.done")  # written out, as its index is


def enter(connection: Connection, lines: Iterable[str], *, done: bool = False) -> None:
    """Take in these lines, where they are not known."""
    row = upsert(erasures).on_conflict_do_nothing(index_elements=["line"])
    bulk.insert(connection, row, [{"line": line, "done": done} for line in lines])


def lines(connection: Connection, after: int = 0) -> list[tuple[int, str]]:
    """The lines behind the number *after*, with their numbers."""
    query = select(erasures.c.id, erasures.c.line).where(erasures.c.id > after).order_by(erasures.c.id)
    return [(number, line) for number, line in connection.execute(query)]


def newest(connection: Connection) -> int:
    """The number of the newest line; 0 where there is none."""
    return int(connection.execute(select(func.max(erasures.c.id))).scalar() or 0)


def undone(connection: Connection) -> list[str]:
    """The lines for which not all was done."""
    return list(connection.execute(select(erasures.c.line).where(_UNDONE)).scalars())


def done(connection: Connection, of: Collection[str]) -> None:
    """All was done for these lines."""
    connection.execute(update(erasures).where(bulk.among(erasures.c.line, of)).values(done=True))
