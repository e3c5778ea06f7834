"""The table of due instants (D4): when readers who chose alike are due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, or_, select, update

from publisher.model.people import Wish
from publisher.store.dialects import upsert
from publisher.store.tables import cadences, editions, newsletters, subscriptions
from publisher.text.dates import rfc3339

AHEAD = timedelta(days=2)  # a slot further in the future was dealt with by a clock that was wrong


@dataclass(frozen=True, slots=True)
class Cadence:
    """One row: "" stands for the newsletter's own schedule and the site's time zone."""

    id: int
    newsletter: str
    schedule: str
    zone: str
    slot: datetime  # the last one that was dealt with
    due: datetime  # when to look at it again

    @property
    def own(self) -> bool:
        """Whether it is the newsletter's own, whose editions have pages in the archive."""
        return not (self.schedule or self.zone)


def ensure(connection: Connection, newsletter: int, schedule: str, zone: str, now: datetime) -> int:
    """The row of these choices, made where there is none: what was due up to *now* is no business of its readers.
    Returns its id."""
    row = upsert(cadences).values(newsletter=newsletter, schedule=schedule, zone=zone, slot=now, due=now)
    connection.execute(row.on_conflict_do_nothing(index_elements=["newsletter", "schedule", "zone"]))
    found = select(cadences.c.id).where(
        cadences.c.newsletter == newsletter, cadences.c.schedule == schedule, cadences.c.zone == zone
    )
    return int(connection.execute(found).scalar_one())


def due(connection: Connection, now: datetime, names: Collection[str]) -> list[Cadence]:
    """The rows of these newsletters to be looked at, the longest due first."""
    query = _rows().where(cadences.c.due <= now, newsletters.c.name.in_(names))
    return [Cadence(*row) for row in connection.execute(query.order_by(cadences.c.due, cadences.c.id))]


def of(connection: Connection, newsletter: str, slot: datetime | None = None) -> list[Cadence]:
    """The rows of this newsletter whose last slot was *slot*; all where None."""
    query = _rows().where(newsletters.c.name == newsletter)
    if slot:
        query = query.where(cadences.c.slot == slot)
    return [Cadence(*row) for row in connection.execute(query.order_by(cadences.c.id))]


def some(connection: Connection, ids: Collection[int]) -> list[Cadence]:
    """These rows."""
    return [Cadence(*row) for row in connection.execute(_rows().where(cadences.c.id.in_(ids)))]


def _rows() -> Select[*tuple[Any, ...]]:
    columns = (cadences.c.id, newsletters.c.name, *cadences.c["schedule", "zone", "slot", "due"])
    return select(*columns).join_from(cadences, newsletters)


def settle(connection: Connection, cadence: int, slot: datetime | None, due: datetime) -> None:
    """This row was dealt with up to *slot* (None: as before), and is due again then."""
    values = {"due": due} | ({"slot": slot} if slot else {})
    connection.execute(update(cadences).where(cadences.c.id == cadence).values(values))


def look_again(connection: Connection, now: datetime) -> None:
    """Reckon every due time anew: schedules, zones, the clock or the rules of a zone may have changed. What a clock
    dealt with that was days ahead is undone: its editions keep their letters and leave their slots."""
    false = now + AHEAD
    connection.execute(update(cadences).where(cadences.c.slot > false).values(slot=now, due=now))
    later = (editions.c.slot > rfc3339(false)) & (editions.c.slot < ":")  # those that begin with a year
    connection.execute(
        update(editions).where(later & editions.c.complete).values(slot="now:" + editions.c.slot)
    )
    connection.execute(update(cadences).where(cadences.c.due > cadences.c.slot).values(due=cadences.c.slot))


def living(connection: Connection, newsletter: str) -> list[Cadence]:
    """The rows of this newsletter that have readers to be mailed."""
    query = _rows().where(newsletters.c.name == newsletter, _mailed())
    return [Cadence(*row) for row in connection.execute(query)]


def read(connection: Connection, cadence: int) -> bool:
    """Whether this row has readers to be mailed."""
    query = select(cadences.c.id).where(cadences.c.id == cadence, _mailed())
    return connection.execute(query).first() is not None


def _mailed() -> ColumnElement[bool]:
    mine = (subscriptions.c.cadence == cadences.c.id) & (subscriptions.c.state == Wish.ACTIVE)
    return select(subscriptions.c.subscriber).where(mine).exists()


def tidy(connection: Connection, cadence: int) -> None:
    """The row goes when nobody is left who chose it, ever did, or will change to it."""
    taken = select(subscriptions.c.subscriber).where(
        or_(subscriptions.c.cadence == cadence, subscriptions.c.moves_to == cadence)
    )
    chosen = or_(cadences.c.schedule != "", cadences.c.zone != "")
    connection.execute(delete(cadences).where(cadences.c.id == cadence, chosen, ~taken.exists()))
