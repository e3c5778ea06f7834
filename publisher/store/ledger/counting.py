"""How many letters are in which state, and lists of them."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_

from publisher.model.delivery import State
from publisher.model.report import Kind
from publisher.store import retention
from publisher.store.ledger.waiting import released
from publisher.store.tables import (
    NOT_SENT,
    ON_THE_WAY,
    QUEUED,
    deliveries,
    editions,
    newsletters,
    subscribers,
)
from publisher.store.tables import reports as reported


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery for lists: what became of one letter."""

    edition: int
    newsletter: str
    subscriber: int
    address: str
    state: State
    attempts: int
    code: int
    note: str


def tally(connection: Connection, editions_: list[int] | None = None) -> dict[State, int]:
    """Deliveries by state, of these editions or of all."""
    found = Counter[State]()
    for each in by_edition(connection, editions_).values():
        found.update(each)
    return dict(sorted(found.items()))


def by_edition(
    connection: Connection, editions_: Collection[int] | None = None
) -> dict[int, dict[State, int]]:
    """Deliveries by edition and state, of these editions or of all that have any. The rows of letters that were sent
    are not looked at: indexes know how many there are, and all others."""
    total = select(deliveries.c.edition, func.count()).group_by(deliveries.c.edition)
    queued = total.where(QUEUED)
    others = select(deliveries.c.edition, deliveries.c.state, func.count())
    others = others.group_by(deliveries.c.edition, deliveries.c.state)
    narrow = [deliveries.c.edition.in_(editions_)] if editions_ is not None else []
    found: dict[int, dict[State, int]] = {}
    for edition, count in connection.execute(queued.where(*narrow)):
        found.setdefault(edition, {})[State.QUEUED] = count
    for where in (ON_THE_WAY, NOT_SENT):
        for edition, state, count in connection.execute(others.where(where, *narrow)):
            found.setdefault(edition, {})[State(state)] = count
    for edition, count in connection.execute(total.where(*narrow)):
        known = found.setdefault(edition, {})
        if sent := count - sum(known.values()):
            known[State.SENT] = sent
    for edition, old in retention.tally(connection, editions_).items():
        found[edition] = Counter(found.get(edition, {})) + Counter(old)
    return {edition: dict(sorted(each.items())) for edition, each in found.items()}


def gone(
    connection: Connection, edition: int | None = None, states: Collection[State] = ()
) -> dict[State, int]:
    """How many letters of this edition or of all, in these states or in any, have no row any more (S8)."""
    found = Counter[State]()
    for each in retention.tally(connection, None if edition is None else [edition]).values():
        found.update(each)
    return {state: found[state] for state in sorted(found) if not states or state in states}


def under_way(connection: Connection) -> dict[int, dict[State, int]]:
    """Released editions of which some letters have left and others have not, with their letters by state."""
    at_hand = select(deliveries.c.edition).where(ON_THE_WAY).distinct()
    numbers = {*connection.execute(at_hand).scalars(), *released(connection)}
    found = by_edition(connection, numbers)
    return {edition: each for edition, each in found.items() if set(each) - {State.QUEUED}}


def at_hand(connection: Connection) -> bool:
    """Whether a sender has a letter on the way."""
    return connection.execute(select(deliveries.c.id).where(ON_THE_WAY).limit(1)).first() is not None


def listing(
    connection: Connection,
    edition: int | None,
    states: Collection[State],
    after: tuple[int, int] = (0, 0),
    limit: int | None = None,
) -> list[Entry]:
    """The deliveries of one edition or all, in these states (all when none is named), by edition and subscriber, those
    *after* the one of these, a *limit* of them."""
    ids = select(deliveries.c.id, *deliveries.c["edition", "subscriber"])
    place = tuple_(deliveries.c.edition, deliveries.c.subscriber)
    ids = ids.where(place > tuple_(*after))
    if edition is not None:
        ids = ids.where(deliveries.c.edition == edition)
    if states:
        ids = ids.where(in_states(edition, states))
    some = ids.order_by(deliveries.c.edition, deliveries.c.subscriber).limit(limit).subquery()
    query = (
        select(deliveries.c.edition, newsletters.c.name, deliveries.c.subscriber)
        .add_columns(subscribers.c.address, *deliveries.c["state", "attempts", "code", "note"])
        .join_from(some, deliveries, deliveries.c.id == some.c.id)
        .join(editions, editions.c.id == deliveries.c.edition)
        .join(newsletters)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .order_by(some.c.edition, some.c.subscriber)
    )
    return [
        Entry(
            row.edition,
            row.name,
            row.subscriber,
            row.address,
            State(row.state),
            row.attempts,
            row.code,
            row.note,
        )
        for row in connection.execute(query)
    ]


def expired(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """How many letters of these states cannot go any more: their edition's life is over."""
    query = select(func.count()).select_from(deliveries)
    return connection.execute(
        query.where(in_states(edition, states), deliveries.c.expires <= now)
    ).scalar_one()


def refused_as_gone(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """How many letters of these states, which may go again, were refused since there is no such address."""
    hard = select(reported.c.id).where(
        reported.c.edition == deliveries.c.edition,
        reported.c.subscriber == deliveries.c.subscriber,
        reported.c.kind == Kind.HARD,
    )
    query = select(func.count()).select_from(deliveries)
    query = query.where(in_states(edition, states), deliveries.c.expires > now, hard.exists())
    return connection.execute(query).scalar_one()


def in_states(edition: int | None, states: Collection[State]) -> ColumnElement[bool]:
    """Letters of this edition (None: of any) in these states, found by the index of those that are few."""
    where: ColumnElement[bool] = deliveries.c.state.in_(states)
    if min(states) > State.SENT:
        where = and_(NOT_SENT, where)
    return where if edition is None else and_(where, deliveries.c.edition == edition)
