"""The ledger: one row a letter, committed before its first byte leaves (S1)."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)

from publisher.model.delivery import Delivery, State, Verdict
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.model.report import Kind
from publisher.store import choices, reports, retention
from publisher.store.alive import queueing
from publisher.store.tables import (
    NOT_SENT,
    ON_THE_WAY,
    QUEUED,
    deliveries,
    editions,
    newsletters,
    subscribers,
    subscriptions,
)
from publisher.store.tables import reports as reported
from publisher.store.types import Instant
from publisher.store.writer import Statement

# Of these cadences those whose letters may not leave now, and when they may (D5).
Opens = Callable[[Connection, set[int], datetime], Mapping[int, datetime]]


def _always(connection: Connection, cadences: set[int], now: datetime) -> Mapping[int, datetime]:
    return {}


_CADENCE = 9  # its place in a row of `_due`
_MARKED = text(
    "UPDATE deliveries SET state = :state, note = coalesce(:note, note)"
    " WHERE id IN (SELECT value FROM json_each(:ids))"
)
ROUNDS = 5  # times that a claim looks behind letters which may not leave
RETRIED = 5000  # letters queued again in one transaction
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
    claimed = update(deliveries).where(ON_THE_WAY, deliveries.c.state == State.CLAIMED)
    connection.execute(claimed.values(state=State.QUEUED))
    doubt = update(deliveries).where(ON_THE_WAY, deliveries.c.state == State.SENDING)
    after = State.QUEUED if on_unknown == "resend" else State.UNKNOWN
    return connection.execute(doubt.values(state=after, note="cut off while it was being sent")).rowcount


def claim(connection: Connection, now: datetime, limit: int, opens: Opens = _always) -> list[Delivery]:
    """Take the next letters of released editions that are due, in variant order. Those of readers who left meanwhile
    are cancelled, those whose edition's life is over fail (S7), those that may not leave at this hour wait until
    it *opens*, and those of readers who paused are taken back or wait (D4). None, too, when it met so many of these
    that others must have their turn."""
    for rows in (_due(connection, now, limit) for _ in range(ROUNDS)):
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
        _mark(connection, expired, State.FAILED, "expired: the edition's life ended before the relay took it")
        _mark(connection, unwanted, State.CANCELLED, "no longer subscribed")
        _mark(connection, [delivery.id for delivery in wanted], State.CLAIMED)
        if wanted:
            return wanted
    return []


def _due(connection: Connection, now: datetime, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    rows: list[Row[*tuple[Any, ...]]] = []
    for edition in released(connection):
        for wave in open_waves(connection, edition):
            if len(rows) < limit:
                rows += connection.execute(_due_of(edition, wave, now, limit - len(rows)))
    return rows


def open_waves(connection: Connection, edition: int) -> range:
    """The waves of which letters may leave (S9)."""
    last = connection.execute(select(editions.c.wave).where(editions.c.id == edition)).scalar_one()
    return range(last + 1)


def released(connection: Connection) -> list[int]:
    """The editions that may leave, with letters that wait (D8)."""
    return queueing(connection, Release.RELEASED)


def _due_of(edition: int, wave: int, now: datetime, limit: int) -> Select[*tuple[Any, ...]]:
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
        .where(QUEUED, deliveries.c.edition == edition, deliveries.c.wave == wave, deliveries.c.due <= now)
        .order_by(deliveries.c.due, deliveries.c.variant, deliveries.c.id)
        .limit(limit)
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
    some = select(func.json_each(json.dumps(ids)).table_valued("value").c.value)
    connection.execute(update(deliveries).where(QUEUED, deliveries.c.id.in_(some)).values(due=until))


def _rest(connection: Connection, number: int, newsletter: int, subscriber: int, until: datetime) -> None:
    """It was on the wire when its reader paused, or is none that can be taken back."""
    choices.take_back(connection, newsletter, subscriber)
    connection.execute(update(deliveries).where(deliveries.c.id == number).values(due=until))


def _mark(connection: Connection, ids: list[int], state: State, note: str | None = None) -> None:
    if ids:  # a number bound for each would cost ten times as much
        connection.execute(_MARKED, {"ids": json.dumps(ids), "state": state, "note": note})


# What nearly every commit is while letters leave, in one statement: [id, 0] marks a claimed letter
# `sending`, [id, code, reply] a letter that was sent. Letters that were cancelled since, or are held, stay as they are.
_MARK = """UPDATE deliveries SET state = 2 + (mark.code > 0), attempts = attempts + (mark.code > 0),
    code = iif(mark.code, mark.code, deliveries.code), note = ifnull(mark.note, deliveries.note),
    at = iif(mark.code, ?, deliveries.at)
  FROM (SELECT value ->> 0 AS id, value ->> 1 AS code, value ->> 2 AS note FROM json_each(?)) AS mark
  WHERE deliveries.id = mark.id AND iif(mark.code, deliveries.state IN (1, 2), deliveries.state = 1
    AND EXISTS (SELECT 1 FROM editions WHERE editions.id = deliveries.edition AND editions.release = 'released'))"""


def mark(begun: Sequence[int], sent: Sequence[tuple[int, int, str]], now: datetime) -> Statement:
    """Mark the letters *begun* `sending`, and *sent* (id, code, reply) as that. It changes a row for each but those
    that may not leave: `unmarked` finds and frees them."""
    marks = [[number, 0] for number in begun] + [list(each) for each in sent]
    return Statement(_MARK, (int(now.timestamp()), json.dumps(marks)))


def unmarked(connection: Connection, begun: Sequence[int]) -> set[int]:
    """Of the letters *begun* those that may not leave: cancelled since, or of an edition that is held. Those wait
    again."""
    marked = select(deliveries.c.id).where(deliveries.c.id.in_(begun), deliveries.c.state == State.SENDING)
    refused = set(begun).difference(connection.execute(marked).scalars())
    put_back(connection, list(refused))
    return refused


def begin(connection: Connection, begun: Sequence[int], now: datetime) -> set[int]:
    """Mark claimed letters `sending`. Returns those that may not leave."""
    statement = mark(begun, (), now)
    if connection.exec_driver_sql(statement.sql, statement.parameters).rowcount == len(begun):
        return set()
    return unmarked(connection, begun)


def settle(connection: Connection, settled: Sequence[tuple[Delivery, Verdict]], now: datetime) -> None:
    """Write what became of letters. One that was cancelled before it left stays cancelled."""
    for delivery, verdict in settled:
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
    if verdict.state is State.FAILED:
        reports.refused(connection, delivery, verdict, now)


def put_back(connection: Connection, ids: list[int]) -> None:
    """Claimed letters that will not be sent now are queued again."""
    row = update(deliveries).where(deliveries.c.id.in_(ids), deliveries.c.state == State.CLAIMED)
    connection.execute(row.values(state=State.QUEUED))


def put_off(connection: Connection, dues: Sequence[tuple[int, datetime]]) -> None:
    """Claimed letters are queued again, each for a time of its own."""
    row = update(deliveries).where(
        deliveries.c.id == bindparam("number"), deliveries.c.state == State.CLAIMED
    )
    values = [{"number": number, "until": due} for number, due in dues]
    connection.execute(row.values(state=State.QUEUED, due=bindparam("until")), values)


def retry(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """Queue some letters of these states again, with a fresh count of tries, where their edition still lives. Returns
    how many; 0: none is left."""
    some = select(deliveries.c.id).where(_in(edition, states), deliveries.c.expires > now).limit(RETRIED)
    row = update(deliveries).where(deliveries.c.id.in_(some))
    return connection.execute(row.values(state=State.QUEUED, due=now, attempts=0)).rowcount


def expired(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """How many letters of these states cannot go any more: their edition's life is over."""
    query = select(func.count()).select_from(deliveries)
    return connection.execute(query.where(_in(edition, states), deliveries.c.expires <= now)).scalar_one()


def refused_as_gone(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """How many letters of these states, which may go again, were refused since there is no such address."""
    hard = select(reported.c.id).where(
        reported.c.edition == deliveries.c.edition,
        reported.c.subscriber == deliveries.c.subscriber,
        reported.c.kind == Kind.HARD,
    )
    query = select(func.count()).select_from(deliveries)
    query = query.where(_in(edition, states), deliveries.c.expires > now, hard.exists())
    return connection.execute(query).scalar_one()


def _in(edition: int | None, states: Collection[State]) -> ColumnElement[bool]:
    """Letters of this edition (None: of any) in these states, found by the index of those that are few."""
    where: ColumnElement[bool] = deliveries.c.state.in_(states)
    if min(states) > State.SENT:
        where = and_(NOT_SENT, where)
    return where if edition is None else and_(where, deliveries.c.edition == edition)


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


def under_way(connection: Connection) -> dict[int, dict[State, int]]:
    """Released editions of which some letters have left and others have not, with their letters by state."""
    at_hand = select(deliveries.c.edition).where(ON_THE_WAY).distinct()
    numbers = {*connection.execute(at_hand).scalars(), *released(connection)}
    found = by_edition(connection, numbers)
    return {edition: each for edition, each in found.items() if set(each) - {State.QUEUED}}


def gone(
    connection: Connection, edition: int | None = None, states: Collection[State] = ()
) -> dict[State, int]:
    """How many letters of this edition or of all, in these states or in any, have no row any more (S8)."""
    found = Counter[State]()
    for each in retention.tally(connection, None if edition is None else [edition]).values():
        found.update(each)
    return {state: found[state] for state in sorted(found) if not states or state in states}


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
        ids = ids.where(_in(edition, states))
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
