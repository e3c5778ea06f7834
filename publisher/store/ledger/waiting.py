"""The letters that wait: which are due, and which of them leave next."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select, tuple_, update

from publisher.model.delivery import Delivery, State
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.store import bulk, choices
from publisher.store.alive import queueing
from publisher.store.tables import QUEUED, deliveries, editions, subscribers, subscriptions
from publisher.store.types import Instant

ROUNDS = 5  # times that a claim looks behind letters which may not leave
REST = timedelta(hours=1)  # after which a letter that waits for the end of a pause is looked at again
CHUNK = 5000  # letters that one host works on at a time
_EXPIRED = "expired: the edition's life ended before the relay took it"
_CADENCE = 9  # its place in a row of `_due`
# Of these cadences those whose letters may not leave now, and when they may (D5).
Opens = Callable[[Connection, set[int], datetime], Mapping[int, datetime]]


class Chunk(NamedTuple):
    """Letters of an edition that one host works on at a time: those whose number // CHUNK is this."""

    edition: int
    number: int


def _always(connection: Connection, cadences: set[int], now: datetime) -> Mapping[int, datetime]:
    return {}


def claim(
    connection: Connection,
    now: datetime,
    limit: int,
    opens: Opens = _always,
    *,
    worker: int = 0,
    chunk: Chunk | None = None,
) -> list[Delivery]:
    """Take the next letters of released editions that are due (those of a *chunk* alone), for *worker*, in variant
    order. Those of readers who left meanwhile are cancelled, those whose edition's life is over fail (S7), those that
    may not leave at this hour wait until it *opens*, and those of readers who paused are taken back or wait (D4). None,
    too, when it met so many of these that others must have their turn. What another worker is just taking is passed
    over."""
    for rows in (_due(connection, now, limit, chunk) for _ in range(ROUNDS)):
        if not rows:
            break
        wanted, unwanted, expired = list[Delivery](), list[int](), list[int]()
        cadences = {row[_CADENCE] for row in rows}
        closed, shut = opens(connection, cadences, now), defaultdict[datetime, list[int]](list)
        for *delivery, state, wish, cadence, newsletter in rows:
            number, _, _, subscriber, _, _, expires = delivery
            if expires <= now:
                expired.append(number)
            elif cadence in closed:
                shut[closed[cadence]].append(number)
            elif state == Reach.REACHABLE and wish == Wish.ACTIVE:
                wanted.append(Delivery(*delivery))
            elif state == Reach.REACHABLE and wish == Wish.PAUSED:
                _rest(connection, number, newsletter, subscriber, min(now + REST, expires))
            else:
                unwanted.append(number)
        for until, ids in shut.items():
            wait(connection, ids, until)
        _mark(connection, expired, state=State.FAILED, note=_EXPIRED)
        _mark(connection, unwanted, state=State.CANCELLED, note="no longer subscribed")
        _mark(connection, [delivery.id for delivery in wanted], state=State.CLAIMED, worker=worker)
        if wanted:
            return wanted
    return []


def _due(
    connection: Connection, now: datetime, limit: int, chunk: Chunk | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    if chunk:
        first = chunk.number * CHUNK
        its = (deliveries.c.edition == chunk.edition) & deliveries.c.id.between(first, first + CHUNK - 1)
        open_ = (editions.c.id == chunk.edition) & (editions.c.release == Release.RELEASED)
        free = deliveries.c.wave <= select(editions.c.wave).where(open_).scalar_subquery()
        return connection.execute(_due_of(its & free, now, limit)).all()
    rows: list[Row[*tuple[Any, ...]]] = []
    for edition in released(connection):
        for wave in open_waves(connection, edition):
            if len(rows) < limit:
                its = (deliveries.c.edition == edition) & (deliveries.c.wave == wave)
                rows += connection.execute(_due_of(its, now, limit - len(rows)))
    return rows


def chunks_due(connection: Connection, now: datetime) -> list[Chunk]:
    """The chunks that have letters which may leave now, by edition and number."""
    number = deliveries.c.id // CHUNK
    query = select(deliveries.c.edition, number.label("number")).distinct()
    found: set[Chunk] = set()
    for edition in released(connection):
        last = open_waves(connection, edition).stop - 1
        its = query.where(QUEUED, deliveries.c.edition == edition, deliveries.c.wave <= last)
        found.update(Chunk(*row) for row in connection.execute(its.where(deliveries.c.due <= now)))
    return sorted(found)


def released(connection: Connection) -> list[int]:
    """The editions that may leave, with letters that wait (D8)."""
    return queueing(connection, Release.RELEASED)


def open_waves(connection: Connection, edition: int) -> range:
    """The waves of which letters may leave (S9)."""
    last = connection.execute(select(editions.c.wave).where(editions.c.id == edition)).scalar_one()
    return range(last + 1)


def _due_of(its: ColumnElement[bool], now: datetime, limit: int) -> Select[*tuple[Any, ...]]:
    # The letters first and then who they are for, or PostgreSQL would look all of them up that are due. As they are
    # when they are ours: what a row was when the statement began may be another's claim.
    place = ("due", "variant", "id")
    queue = select(*deliveries.c["id", "edition", "variant", "subscriber", "attempts", "expires", "due"])
    queue = (
        queue.where(QUEUED, its, deliveries.c.due <= now)
        .order_by(*deliveries.c["due", "variant"])
        .limit(limit)
    )
    some = queue.with_for_update(skip_locked=True).cte("some").prefix_with("MATERIALIZED")
    return (
        select(*some.c["id", "edition", "variant", "subscriber"], subscribers.c.address, some.c.attempts)
        .add_columns(some.c.expires, subscribers.c.state, subscriptions.c.state.label("wish"))
        .add_columns(*subscriptions.c["cadence", "newsletter"])
        .join_from(some, editions, editions.c.id == some.c.edition)
        .join(subscribers, subscribers.c.id == some.c.subscriber)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber == some.c.subscriber)
            & (subscriptions.c.newsletter == editions.c.newsletter),
        )
        .order_by(*some.c[place])
    )


class Late(NamedTuple):
    """A letter that is due when it may not leave, and its place in the queue."""

    due: datetime
    variant: int
    id: int
    cadence: int


def late(
    connection: Connection,
    edition: int,
    wave: int,
    closed: Collection[int],
    now: datetime,
    after: Late | None,
    limit: int,
) -> list[Late]:
    """The next letters of the edition's wave that are due, behind *after* in the queue, of readers whose cadences are
    *closed*."""
    place = deliveries.c["due", "variant", "id"]
    query = (
        select(*place, subscriptions.c.cadence)
        .join_from(deliveries, editions)
        .join(
            subscriptions,
            (subscriptions.c.subscriber == deliveries.c.subscriber)
            & (subscriptions.c.newsletter == editions.c.newsletter),
        )
        .where(QUEUED, deliveries.c.edition == edition, deliveries.c.wave == wave, deliveries.c.due <= now)
        .where(deliveries.c.expires > now, subscriptions.c.cadence.in_(closed))
        .order_by(*place)
        .limit(limit)
    )
    if after:
        columns = literal(after.due, Instant), literal(after.variant), literal(after.id)
        query = query.where(tuple_(*place) > tuple_(*columns))
    return [Late(row.due, row.variant, row.id, row.cadence) for row in connection.execute(query)]


def wait(connection: Connection, ids: Sequence[int], until: datetime) -> None:
    """These letters are due then, if they still wait."""
    row = update(deliveries).where(QUEUED, bulk.among(deliveries.c.id, ids))
    connection.execute(row.values(due=until))


def _rest(connection: Connection, number: int, newsletter: int, subscriber: int, until: datetime) -> None:
    """It was on the wire when its reader paused, or is none that can be taken back."""
    choices.take_back(connection, newsletter, subscriber)
    connection.execute(update(deliveries).where(deliveries.c.id == number).values(due=until))


def _mark(connection: Connection, ids: list[int], **values: State | int | str) -> None:
    if ids:  # a number bound for each would cost ten times as much
        connection.execute(update(deliveries).where(bulk.among(deliveries.c.id, ids)).values(values))


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a letter waits to be sent now."""
    query = select(deliveries.c.id).where(QUEUED, deliveries.c.due <= now).limit(1)
    return any(
        connection.execute(query.where(deliveries.c.edition == edition, deliveries.c.wave == wave)).first()
        for edition in released(connection)
        for wave in open_waves(connection, edition)
    )


def due_now(connection: Connection, now: datetime) -> int:
    """How many letters wait to be sent now."""
    query = select(func.count()).select_from(deliveries).where(QUEUED, deliveries.c.due <= now)
    return sum(
        connection.execute(
            query.where(deliveries.c.edition == edition, deliveries.c.wave == wave)
        ).scalar_one()
        for edition in released(connection)
        for wave in open_waves(connection, edition)
    )


def next_due(connection: Connection, now: datetime, until: datetime) -> datetime | None:
    """When the first letter is due after *now* and up to *until*; None where none is."""
    return _first(connection, deliveries.c.due > now, deliveries.c.due <= until)


def first_due(connection: Connection, now: datetime) -> datetime | None:
    """When the first letter is due after *now*, however late; None where none is."""
    return _first(connection, deliveries.c.due > now)


def oldest_due(connection: Connection, now: datetime) -> datetime | None:
    """Since when the first letter is due that could leave at *now*; None where none is."""
    return _first(connection, deliveries.c.due <= now)


def _first(connection: Connection, *when: ColumnElement[bool]) -> datetime | None:
    first = select(func.min(deliveries.c.due)).where(QUEUED, *when)
    found = [
        connection.execute(first.where(deliveries.c.edition == edition, deliveries.c.wave == wave)).scalar()
        for edition in released(connection)
        for wave in open_waves(connection, edition)
    ]
    return min(filter(None, found), default=None)
