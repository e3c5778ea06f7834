"""The editions of which letters wait or are on their way: few, and found without a look at the others' letters."""

from sqlalchemy import Connection, func, select

from publisher.model.digest import Release
from publisher.store.tables import ON_THE_WAY, QUEUED, deliveries, editions


def queueing(connection: Connection, release: Release | None = None) -> list[int]:
    """The editions of this release (None: of any) with letters that wait, due or not, the oldest first."""
    # One step of the index an edition, however many letters each has.
    first = select(func.min(deliveries.c.edition).label("edition")).where(QUEUED)
    waiting = first.cte("waiting", recursive=True)
    after = select(func.min(deliveries.c.edition)).where(QUEUED, deliveries.c.edition > waiting.c.edition)
    step = select(after.correlate(waiting).scalar_subquery()).where(waiting.c.edition.is_not(None))
    every = waiting.union_all(step)
    query = select(editions.c.id).join_from(every, editions, editions.c.id == every.c.edition)
    if release:
        query = query.where(editions.c.release == release)
    return list(connection.execute(query.order_by(editions.c.id)).scalars())


def alive(connection: Connection) -> list[int]:
    """The editions with letters that have not left, or may not have."""
    on_the_way = connection.execute(select(deliveries.c.edition).where(ON_THE_WAY).distinct()).scalars()
    return sorted({*on_the_way, *queueing(connection)})
