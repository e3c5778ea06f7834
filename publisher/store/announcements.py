"""Which pages search engines were told of, by the content that they showed, and which they should be (F24)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from publisher.store import bulk
from publisher.store.dialects import upsert
from publisher.store.labels import chunks
from publisher.store.tables import UNTOLD, announcements

_UNTOLD = UNTOLD, announcements.c.wanted != announcements.c.told  # the first by the index


class Announcement(NamedTuple):
    """A page that search engines are to hear of."""

    path: str  # below the output folder
    wanted: str  # its content; "": no article's page stands there any more


def note(connection: Connection, versions: Mapping[str, str], left: Iterable[str] = ()) -> bool:
    """The pages at these paths show this content now, and no article's page stands any more at those that articles
    *left*: of these only what is known here counts, nobody was told of others. Returns whether anything changed. To
    be called in the transaction that notes that the pages are on disk, or gone (X3)."""
    known: dict[str, str] = {}
    for some in chunks(versions):
        query = select(announcements.c.path, announcements.c.wanted).where(announcements.c.path.in_(some))
        known |= {row.path: row.wanted for row in connection.execute(query)}
    changed = [
        {"path": path, "wanted": version} for path, version in versions.items() if known.get(path) != version
    ]
    row = upsert(announcements)
    row = row.on_conflict_do_update(["path"], set_={"wanted": row.excluded.wanted})
    bulk.insert(connection, row, changed)
    gone = 0
    for some in chunks(left):
        here = announcements.c.path.in_(some) & (announcements.c.wanted != "")
        gone += connection.execute(update(announcements).where(here).values(wanted="")).rowcount
    return bool(changed or gone)


def nothing_stands(connection: Connection) -> None:
    """As if every article had left: what stands is noted anew."""
    connection.execute(update(announcements).values(wanted=""))


def forget(connection: Connection) -> None:
    """Nobody was told of anything."""
    connection.execute(delete(announcements))


def untold(connection: Connection, limit: int) -> list[Announcement]:
    """What they are to hear next, by path."""
    query = select(announcements.c.path, announcements.c.wanted).where(*_UNTOLD)
    return [
        Announcement(*row) for row in connection.execute(query.order_by(announcements.c.path).limit(limit))
    ]


def waiting(connection: Connection) -> int:
    """How many pages they are to hear of."""
    return connection.execute(select(func.count()).select_from(announcements).where(*_UNTOLD)).scalar_one()


def told(connection: Connection, pages: Sequence[Announcement]) -> None:
    """They were told of these. A page that changed meanwhile is to be told again."""
    row = update(announcements).where(announcements.c.path == bindparam("here"))
    row = row.values(told=bindparam("version"))
    connection.execute(row, [{"here": each.path, "version": each.wanted} for each in pages])
    over = announcements.c.wanted == announcements.c.told  # gone, and they know: or they never knew
    connection.execute(delete(announcements).where(UNTOLD, over))
