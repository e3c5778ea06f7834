"""The ledger: one row a letter, committed before its first byte leaves (S1)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, select, update

from publisher.model.delivery import Delivery, State, Verdict
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.store import choices, reports
from publisher.store.tables import QUEUED, deliveries, editions, newsletters, subscribers, subscriptions

# Of these cadences those whose letters may not leave now, and when they may (D5).
Opens = Callable[[Connection, set[int], datetime], Mapping[int, datetime]]


def _always(connection: Connection, cadences: set[int], now: datetime) -> Mapping[int, datetime]:
    return {}


REST = timedelta(hours=1)  # after which a letter that waits for the end of a pause is looked at again


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


def recover(connection: Connection, on_unknown: Literal["resend", "hold"]) -> int:
    """After a crash: claimed letters never left, letters being sent may have. Returns how many of these. Only for
    whoever holds the lock: the marks are a dead sender's."""
    connection.execute(
        update(deliveries).where(deliveries.c.state == State.CLAIMED).values(state=State.QUEUED)
    )
    doubt = update(deliveries).where(deliveries.c.state == State.SENDING)
    after = State.QUEUED if on_unknown == "resend" else State.UNKNOWN
    return connection.execute(doubt.values(state=after, note="cut off while it was being sent")).rowcount


def claim(connection: Connection, now: datetime, limit: int, opens: Opens = _always) -> list[Delivery]:
    """Take the next letters of released editions that are due, in variant order. Those of readers who left meanwhile
    are cancelled, those whose edition's life is over fail (S7), those that may not leave at this hour wait until
    it *opens*, and those of readers who paused are taken back or wait (D4)."""
    while rows := _due(connection, now, limit):
        wanted, unwanted, expired = list[Delivery](), list[int](), list[int]()
        closed, late = opens(connection, {row.cadence for row in rows}, now), set[tuple[int, int]]()
        for row in rows:
            if row.expires <= now:
                expired.append(row.id)
            elif row.cadence in closed:
                late.add((row.edition, row.cadence))
            elif row.state == Reach.REACHABLE and row.wish == Wish.PAUSED:
                _rest(connection, row, now)
            elif row.state == Reach.REACHABLE and row.wish == Wish.ACTIVE:
                wanted.append(Delivery(*row[:7]))
            else:
                unwanted.append(row.id)
        for edition, cadence in late:
            _put_off(connection, edition, cadence, now, closed[cadence])
        _mark(connection, expired, State.FAILED, "expired: the edition's life ended before the relay took it")
        _mark(connection, unwanted, State.CANCELLED, "no longer subscribed")
        _mark(connection, [delivery.id for delivery in wanted], State.CLAIMED)
        if wanted:
            return wanted
    return []


def _due(connection: Connection, now: datetime, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    rows: list[Row[*tuple[Any, ...]]] = []
    for edition in released(connection):
        if len(rows) < limit:
            rows += connection.execute(_due_of(edition, now, limit - len(rows)))
    return rows


def queueing(connection: Connection, release: Release) -> list[int]:
    """The editions of this release with letters that wait, due or not, the oldest first."""
    # One step of the index an edition, however many letters each has.
    first = select(func.min(deliveries.c.edition).label("edition")).where(QUEUED)
    waiting = first.cte("waiting", recursive=True)
    after = select(func.min(deliveries.c.edition)).where(QUEUED, deliveries.c.edition > waiting.c.edition)
    step = select(after.correlate(waiting).scalar_subquery()).where(waiting.c.edition.is_not(None))
    every = waiting.union_all(step)
    query = select(editions.c.id).join_from(every, editions, editions.c.id == every.c.edition)
    return list(
        connection.execute(query.where(editions.c.release == release).order_by(editions.c.id)).scalars()
    )


def released(connection: Connection) -> list[int]:
    """The editions that may leave, with letters that wait (D8)."""
    return queueing(connection, Release.RELEASED)


def _due_of(edition: int, now: datetime, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *deliveries.c["id", "edition", "variant", "subscriber"],
            subscribers.c.address,
            deliveries.c.attempts,
        )
        .add_columns(deliveries.c.expires, subscribers.c.state, subscriptions.c.state.label("wish"))
        .add_columns(*subscriptions.c["cadence", "newsletter"])
        .join_from(deliveries, editions)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber == deliveries.c.subscriber)
            & (subscriptions.c.newsletter == editions.c.newsletter),
        )
        .where(QUEUED, deliveries.c.edition == edition, deliveries.c.due <= now)
        .order_by(deliveries.c.due, deliveries.c.variant, deliveries.c.id)
        .limit(limit)
    )


def _put_off(connection: Connection, edition: int, cadence: int, now: datetime, until: datetime) -> None:
    """All of them at once, however many: what is due behind them, of other newsletters, has its turn now."""
    readers = select(subscriptions.c.subscriber).where(subscriptions.c.cadence == cadence)
    row = update(deliveries).where(QUEUED, deliveries.c.edition == edition, deliveries.c.due <= now)
    row = row.where(deliveries.c.expires > now)
    connection.execute(row.where(deliveries.c.subscriber.in_(readers)).values(due=until))


def _rest(connection: Connection, row: Row[*tuple[Any, ...]], now: datetime) -> None:
    """It was on the wire when its reader paused, or is none that can be taken back."""
    choices.take_back(connection, row.newsletter, row.subscriber)
    waits = update(deliveries).where(deliveries.c.id == row.id)
    connection.execute(waits.values(due=min(now + REST, row.expires)))


def _mark(connection: Connection, ids: list[int], state: State, note: str | None = None) -> None:
    if ids:
        values = {"state": state} | ({"note": note} if note else {})
        connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(values))


# The two statements of nearly every commit while letters leave, as few steps of the database as can be: what is marked
# by the hundred comes as one JSON text. Neither touches an index.
_BEGIN = """UPDATE deliveries SET state = 2 FROM json_each(?) AS one
  WHERE deliveries.id = one.value AND deliveries.state = 1
  AND EXISTS (SELECT 1 FROM editions WHERE editions.id = deliveries.edition AND editions.release = 'released')"""
_SENT = """UPDATE deliveries
  SET state = 3, attempts = attempts + 1, code = one.value ->> 1, note = one.value ->> 2, at = ?
  FROM json_each(?) AS one WHERE deliveries.id = one.value ->> 0 AND deliveries.state IN (1, 2)"""


def begin(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Mark claimed letters `sending`. Returns those that may not leave: cancelled since, or of an edition that is
    held: these wait again."""
    if connection.exec_driver_sql(_BEGIN, (json.dumps(ids),)).rowcount == len(ids):
        return set()
    marked = select(deliveries.c.id).where(deliveries.c.id.in_(ids), deliveries.c.state == State.SENDING)
    refused = set(ids).difference(connection.execute(marked).scalars())
    put_back(connection, list(refused))
    return refused


def settle(connection: Connection, settled: Sequence[tuple[Delivery, Verdict]], now: datetime) -> None:
    """Write what became of letters. One that was cancelled before it left stays cancelled."""
    sent = [[each.id, verdict.code, verdict.note] for each, verdict in settled if verdict.state is State.SENT]
    if sent:
        connection.exec_driver_sql(_SENT, (int(now.timestamp()), json.dumps(sent)))
    for delivery, verdict in settled:
        if verdict.state is not State.SENT:
            _settle(connection, delivery, verdict, now)


def _settle(connection: Connection, delivery: Delivery, verdict: Verdict, now: datetime) -> None:
    live = deliveries.c.state.in_([State.CLAIMED, State.SENDING])
    row = update(deliveries).where(deliveries.c.id == delivery.id, live)
    values = {
        "state": verdict.state,
        "attempts": delivery.attempts + verdict.counts,
        "code": verdict.code,
        "note": verdict.note,
        "at": now,
    }
    connection.execute(row.values(values | ({"due": verdict.due} if verdict.due else {})))
    if verdict.says:
        reports.refused(connection, delivery, verdict, now)


def put_back(connection: Connection, ids: list[int]) -> None:
    """Claimed letters that will not be sent now are queued again."""
    row = update(deliveries).where(deliveries.c.id.in_(ids), deliveries.c.state == State.CLAIMED)
    connection.execute(row.values(state=State.QUEUED))


def retry(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """Queue letters of these states again, with a fresh count of tries, where their edition still lives."""
    row = update(deliveries).where(deliveries.c.state.in_(states), deliveries.c.expires > now)
    if edition is not None:
        row = row.where(deliveries.c.edition == edition)
    return connection.execute(row.values(state=State.QUEUED, due=now, attempts=0)).rowcount


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a letter waits to be sent now."""
    query = select(deliveries.c.id).where(QUEUED, deliveries.c.due <= now).limit(1)
    return any(
        connection.execute(query.where(deliveries.c.edition == edition)).first()
        for edition in released(connection)
    )


def tally(connection: Connection, editions_: list[int] | None = None) -> dict[State, int]:
    """Deliveries by state, of these editions or of all."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    if editions_ is not None:
        query = query.where(deliveries.c.edition.in_(editions_))
    return {State(state): count for state, count in connection.execute(query)}


def listing(connection: Connection, edition: int | None, states: list[State]) -> list[Entry]:
    """The deliveries of one edition or all, in these states (all when none is named)."""
    query = (
        select(editions.c.id, newsletters.c.name, deliveries.c.subscriber)
        .add_columns(subscribers.c.address, *deliveries.c["state", "attempts", "code", "note"])
        .join_from(deliveries, editions)
        .join(newsletters)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .order_by(deliveries.c.id)
    )
    if edition is not None:
        query = query.where(editions.c.id == edition)
    if states:
        query = query.where(deliveries.c.state.in_(states))
    rows = connection.execute(query)
    return [
        Entry(
            row.id,
            row.name,
            row.subscriber,
            row.address,
            State(row.state),
            row.attempts,
            row.code,
            row.note,
        )
        for row in rows
    ]
