"""What becomes of a letter that leaves, or did not."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update

from publisher.model.delivery import Delivery, OnUnknown, State, Verdict
from publisher.store import reports
from publisher.store.dialects import alone
from publisher.store.ledger.counting import in_states
from publisher.store.tables import ON_THE_WAY, deliveries
from publisher.store.writer import Statement, run

RETRIED = 5000  # letters queued again in one transaction
# What nearly every commit is while letters leave, in one statement: [id, 0] marks a claimed letter
# `sending`, [id, code, reply] a letter that was sent. Letters that were cancelled since, or are held, stay as they are.
_MARK = """UPDATE deliveries SET state = 2 + (mark.code > 0), attempts = attempts + (mark.code > 0),
    code = iif(mark.code, mark.code, deliveries.code), note = ifnull(mark.note, deliveries.note),
    at = iif(mark.code, ?, deliveries.at)
  FROM (SELECT value ->> 0 AS id, value ->> 1 AS code, value ->> 2 AS note FROM json_each(?)) AS mark
  WHERE deliveries.id = mark.id AND deliveries.worker = ? AND iif(mark.code, deliveries.state IN (1, 2),
    deliveries.state = 1
    AND EXISTS (SELECT 1 FROM editions WHERE editions.id = deliveries.edition AND editions.release = 'released'))"""
# Where several hosts send, one that was thought dead may say of a letter which waits again, or is in doubt, that it was
# sent: then nobody sends it twice. Of one that another is just sending that one's word counts.
_MARK_POSTGRES = """UPDATE deliveries SET state = CASE WHEN mark.code > 0 THEN 3 ELSE 2 END,
    attempts = attempts + CASE WHEN mark.code > 0 THEN 1 ELSE 0 END,
    code = CASE WHEN mark.code > 0 THEN mark.code ELSE deliveries.code END,
    note = coalesce(mark.note, deliveries.note), at = CASE WHEN mark.code > 0 THEN %s ELSE deliveries.at END
  FROM (SELECT CAST(value ->> 0 AS BIGINT) AS id, CAST(value ->> 1 AS INTEGER) AS code, value ->> 2 AS note
    FROM json_array_elements(CAST(%s AS JSON))) AS mark
  WHERE deliveries.id = mark.id AND CASE
    WHEN mark.code > 0 THEN deliveries.state IN (0, 1, 5) OR deliveries.state = 2 AND deliveries.worker = %s
    ELSE deliveries.state = 1 AND deliveries.worker = %s AND EXISTS (
      SELECT 1 FROM editions WHERE editions.id = deliveries.edition AND editions.release = 'released') END"""


def recover(connection: Connection, on_unknown: OnUnknown, worker: int | None = None) -> int:
    """After a crash: letters that *worker* (None: anybody) had claimed never left, those being sent may have. Returns
    how many of these. Only for that worker, or for whoever knows that nobody sends."""
    whose = () if worker is None else (deliveries.c.worker == worker,)
    return _recover(connection, on_unknown, *whose)


def abandon(connection: Connection, on_unknown: OnUnknown, living: Select[tuple[int]]) -> int:
    """The same with the letters of workers that are not among the *living*."""
    return _recover(connection, on_unknown, deliveries.c.worker.not_in(living))


def _recover(connection: Connection, on_unknown: OnUnknown, *whose: ColumnElement[bool]) -> int:
    claimed = update(deliveries).where(ON_THE_WAY, deliveries.c.state == State.CLAIMED, *whose)
    connection.execute(claimed.values(state=State.QUEUED))
    doubt = update(deliveries).where(ON_THE_WAY, deliveries.c.state == State.SENDING, *whose)
    after = State.QUEUED if on_unknown == "resend" else State.UNKNOWN
    return connection.execute(doubt.values(state=after, note="cut off while it was being sent")).rowcount


def mark(
    begun: Sequence[int], sent: Sequence[tuple[int, int, str]], now: datetime, worker: int = 0
) -> Statement:
    """Mark letters *begun* by *worker* `sending`, and *sent* (id, code, reply) as that. It changes a row for each but
    those that may not leave: `unmarked` finds and frees them."""
    marks = [[number, 0] for number in begun] + [list(each) for each in sent]
    given = (int(now.timestamp()), json.dumps(marks), worker)
    return Statement(_MARK, given, _MARK_POSTGRES, (*given, worker))


def unmarked(connection: Connection, begun: Sequence[int], worker: int = 0) -> set[int]:
    """Of the letters *begun* by *worker* those that may not leave: cancelled since, of an edition that is held, or
    somebody else's by now. Those that are still its own wait again."""
    marked = select(deliveries.c.id).where(
        deliveries.c.id.in_(begun), deliveries.c.state == State.SENDING, deliveries.c.worker == worker
    )
    refused = set(begun).difference(connection.execute(marked).scalars())
    put_back(connection, list(refused), worker)
    return refused


def begin(connection: Connection, begun: Sequence[int], now: datetime, worker: int = 0) -> set[int]:
    """Mark letters that *worker* claimed `sending`. Returns those that may not leave."""
    if run(connection, mark(begun, (), now, worker)) == len(begun):
        return set()
    return unmarked(connection, begun, worker)


def settle(
    connection: Connection, settled: Sequence[tuple[Delivery, Verdict]], now: datetime, worker: int = 0
) -> None:
    """Write what became of letters of *worker*. One that was cancelled before it left stays cancelled; what another
    worker has by now is left to that, unless it was sent."""
    for delivery, verdict in settled:
        _settle(connection, delivery, verdict, now, worker)


def _settle(connection: Connection, delivery: Delivery, verdict: Verdict, now: datetime, worker: int) -> None:
    live = deliveries.c.state.in_([State.CLAIMED, State.SENDING]) & (deliveries.c.worker == worker)
    if verdict.state is State.SENT:
        live |= deliveries.c.state.in_([State.QUEUED, State.CLAIMED, State.UNKNOWN])
    row = update(deliveries).where(deliveries.c.id == delivery.id, live)
    values = {
        "state": verdict.state,
        "attempts": delivery.attempts + verdict.counts,
        "code": verdict.code,
        "note": verdict.note,
        "at": now,
    }
    found = connection.execute(row.values(values | ({"due": verdict.due} if verdict.due else {}))).rowcount
    if verdict.state is State.FAILED and found:
        alone(connection)  # reports are reckoned by their numbers, so none may come late
        reports.refused(connection, delivery, verdict, now)


def put_back(connection: Connection, ids: list[int], worker: int | None = None) -> None:
    """Letters that *worker* (None: anybody) claimed, and that will not be sent now, are queued again."""
    row = update(deliveries).where(deliveries.c.id.in_(ids), deliveries.c.state == State.CLAIMED)
    row = row if worker is None else row.where(deliveries.c.worker == worker)
    connection.execute(row.values(state=State.QUEUED))


def put_off(connection: Connection, dues: Sequence[tuple[int, datetime]], worker: int = 0) -> None:
    """Letters that *worker* claimed are queued again, each for a time of its own."""
    claimed = (deliveries.c.state == State.CLAIMED) & (deliveries.c.worker == worker)
    row = update(deliveries).where(deliveries.c.id == bindparam("number"), claimed)
    values = [{"number": number, "until": due} for number, due in dues]
    connection.execute(row.values(state=State.QUEUED, due=bindparam("until")), values)


def retry(connection: Connection, states: list[State], edition: int | None, now: datetime) -> int:
    """Queue some letters of these states again, with a fresh count of tries, where their edition still lives. Returns
    how many; 0: none is left."""
    some = (
        select(deliveries.c.id).where(in_states(edition, states), deliveries.c.expires > now).limit(RETRIED)
    )
    # Asked again of the row itself: a late word that it was sent may come between the two.
    row = update(deliveries).where(deliveries.c.id.in_(some), deliveries.c.state.in_(states))
    return connection.execute(row.values(state=State.QUEUED, due=now, attempts=0)).rowcount
