"""The archive of newsletters: which editions have a page, what it shows, and which pages are to be made again.

An edition is public from when its page was first made: `editions.page` is not empty then, and never empty again but
for one that was cancelled before a letter left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, update

from publisher.model.article import Direction
from publisher.model.delivery import LEFT
from publisher.model.digest import Release, Told
from publisher.store import retention
from publisher.store.tables import OUTDATED, PUBLIC, SHOWN, deliveries, editions, newsletters, variants


class Place(NamedTuple):
    """A public edition, as lists need it."""

    id: int
    name: str
    slot: str
    planned: datetime


@dataclass(frozen=True, slots=True)
class Printed:
    """An edition as it was mailed."""

    place: Place
    newsletter: str
    subject: str
    language: str
    direction: Direction
    told: Told


def stale(connection: Connection, fingerprint: str, limit: int | None = None) -> list[int]:
    """At most *limit* editions whose pages are to be made, the newest first: those that may leave and have none, and
    those whose page was made from something else than *fingerprint*."""
    other = or_(editions.c.page < fingerprint, editions.c.page > fingerprint)
    wanted = or_(editions.c.release == Release.RELEASED, editions.c.page > "")
    query = select(editions.c.id).where(SHOWN, wanted, other).order_by(editions.c.id.desc())
    return list(connection.execute(query.limit(limit)).scalars())


def waiting(connection: Connection, edition: int) -> bool:
    """Whether this edition may leave and has no page yet."""
    mine = (editions.c.id == edition) & (editions.c.release == Release.RELEASED) & (editions.c.page == "")
    return connection.execute(select(editions.c.id).where(SHOWN, mine)).first() is not None


def printed(connection: Connection, ids: Collection[int]) -> list[Printed]:
    """These editions, in their order."""
    return [_printed(row) for row in connection.execute(_shown(editions.c.id.in_(ids)))]


def public(connection: Connection, newsletter: str) -> list[Place]:
    """All editions of this newsletter that have a page, in their order."""
    columns = editions.c["id", "name", "slot", "planned"]
    query = select(*columns).join_from(editions, newsletters)
    query = query.where(newsletters.c.name == newsletter, PUBLIC).order_by(editions.c.id)
    return [Place(*row) for row in connection.execute(query)]


def newest(connection: Connection, newsletter: str, limit: int) -> list[Printed]:
    """The newest editions of this newsletter that have a page, the newest first."""
    query = _shown(_mine(newsletter), PUBLIC, newest_first=True).limit(limit)
    return [_printed(row) for row in connection.execute(query)]


def back(connection: Connection, newsletter: str, start: int, limit: int) -> list[Printed]:
    """The editions of this newsletter that have a page, from the *start*-th on, the oldest first."""
    query = _shown(_mine(newsletter), PUBLIC).limit(limit).offset(start)
    return [_printed(row) for row in connection.execute(query)]


def summary(connection: Connection) -> dict[str, tuple[int, int]]:
    """How many public editions each newsletter that has any has, and the newest."""
    counted = func.count(), func.max(editions.c.id)
    query = select(editions.c.newsletter, *counted).where(PUBLIC).group_by(editions.c.newsletter).subquery()
    rows = connection.execute(
        select(newsletters.c.name, query.c[1], query.c[2]).join(query, query.c[0] == newsletters.c.id)
    )
    return {name: (count, last) for name, count, last in rows}


def made(connection: Connection, ids: Sequence[int], fingerprint: str) -> None:
    """The pages of these editions are what *fingerprint* makes of them, or will be when there are pages (OUTDATED).
    Those beside an edition that had none lead to another one now."""
    fresh = select(editions.c.id).where(editions.c.id.in_(ids), editions.c.page == "")
    new = list(connection.execute(fresh).scalars())
    connection.execute(update(editions).where(editions.c.id.in_(ids)).values(page=fingerprint))
    for edition in new:
        _outdate_beside(connection, edition)


def withdrawn(connection: Connection, edition: int) -> None:
    """The edition has no page any more: it was cancelled before a letter left."""
    connection.execute(update(editions).where(editions.c.id == edition).values(page=""))
    _outdate_beside(connection, edition)


def outdate(connection: Connection, ids: Collection[int]) -> None:
    """The pages of these public editions are not what they should be."""
    connection.execute(update(editions).where(editions.c.id.in_(ids)).values(page=OUTDATED))


def cancelled(connection: Connection) -> list[tuple[str, Place]]:
    """Editions with a page that were cancelled, each with its newsletter."""
    columns = editions.c["id", "name", "slot", "planned"]
    query = select(newsletters.c.name, *columns).join_from(editions, newsletters)
    query = query.where(SHOWN, editions.c.release == Release.CANCELLED, editions.c.page > "")
    return [(name, Place(*row)) for name, *row in connection.execute(query)]


def has_left(connection: Connection, edition: int) -> bool:
    """Whether somebody may have a letter of this edition; one that was tried may have arrived."""
    tried = deliveries.c.state.in_(LEFT) | (deliveries.c.attempts > 0)
    left = (deliveries.c.edition == edition) & tried
    if connection.execute(select(deliveries.c.id).where(left).limit(1)).first():
        return True
    old = retention.tally(connection, [edition]).get(edition, {})
    return any(old.get(state) for state in LEFT)


def _outdate_beside(connection: Connection, edition: int) -> None:
    newsletter = select(editions.c.newsletter).where(editions.c.id == edition).scalar_subquery()
    mine = (editions.c.newsletter == newsletter) & PUBLIC
    before = select(func.max(editions.c.id)).where(mine, editions.c.id < edition).scalar_subquery()
    after = select(func.min(editions.c.id)).where(mine, editions.c.id > edition).scalar_subquery()
    beside = [each for each in connection.execute(select(before, after)).one() if each is not None]
    outdate(connection, beside)


def _mine(newsletter: str) -> ColumnElement[bool]:
    number = select(newsletters.c.id).where(newsletters.c.name == newsletter).scalar_subquery()
    return editions.c.newsletter == number


def _shown(*which: ColumnElement[bool] | Any, newest_first: bool = False) -> Select[*tuple[Any, ...]]:
    columns = editions.c["id", "name", "slot", "planned"]
    told = variants.c["subject", "language", "direction", "told"]
    query = select(*columns, newsletters.c.name.label("newsletter"), *told)
    joined = query.join_from(editions, newsletters).join(variants, variants.c.id == editions.c.shown)
    order = editions.c.id.desc() if newest_first else editions.c.id
    return joined.where(*which).order_by(order)


def _printed(row: Row[*tuple[Any, ...]]) -> Printed:
    return Printed(
        Place(row.id, row.name, row.slot, row.planned),
        row.newsletter,
        row.subject,
        row.language,
        row.direction,
        row.told,
    )
