"""What stands in a restored database and may have left since it was made."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from publisher.model.delivery import UNDECIDED, State
from publisher.model.digest import Release
from publisher.store.tables import deliveries, editions, newsletters

CHUNK = 5000  # letters in one transaction


def letters(connection: Connection, now: datetime) -> int:
    """How many letters are not sent and could have been by *now*."""
    return int(connection.execute(select(func.count()).where(_doubtful(now))).scalar_one())


def hold(connection: Connection, now: datetime) -> int:
    """Note some of these letters as in doubt: they are not sent. Returns how many; 0: none is left."""
    some = select(deliveries.c.id).where(_doubtful(now)).limit(CHUNK)
    row = update(deliveries).where(deliveries.c.id.in_(some), deliveries.c.state.in_(UNDECIDED))
    note = "may have been sent before the database was restored"
    return connection.execute(row.values(state=State.UNKNOWN, note=note)).rowcount


def _doubtful(now: datetime) -> ColumnElement[bool]:
    released = select(editions.c.id).where(editions.c.release == Release.RELEASED)
    return and_(
        deliveries.c.edition.in_(released),
        deliveries.c.state.in_(UNDECIDED),
        deliveries.c.due <= now,
        deliveries.c.expires > now,
    )


def editions_begun(connection: Connection, now: datetime) -> set[str]:
    """The newsletters with editions that are not planned to their end, or wait for editors who may have answered."""
    query = select(newsletters.c.name).join_from(editions, newsletters).where(_begun(now))
    return set(connection.execute(query).scalars())


def end_begun(connection: Connection, now: datetime) -> None:
    """Nobody more is planned for these editions; those that wait for editors wait until one of them says so."""
    whole = update(editions).where(_begun(now), editions.c.release == Release.RELEASED)
    connection.execute(whole.values(complete=True))
    asked = update(editions).where(_begun(now), editions.c.release == Release.PROPOSED)
    connection.execute(asked.values(release=Release.HELD))


def _begun(now: datetime) -> ColumnElement[bool]:
    unplanned = and_(editions.c.release == Release.RELEASED, editions.c.complete.is_(False))
    return and_(editions.c.planned <= now, or_(unplanned, editions.c.release == Release.PROPOSED))
