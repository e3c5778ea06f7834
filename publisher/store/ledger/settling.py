"""What becomes of a letter that leaves, or did not."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, select, update

from publisher.model.delivery import Delivery, State, Verdict
from publisher.store import reports
from publisher.store.dialects import spoken
from publisher.store.ledger.counting import in_states
from publisher.store.tables import ON_THE_WAY, deliveries
from publisher.store.writer import Statement

RETRIED = 5000  # letters queued again in one transaction
# What nearly every commit is while letters leave, in one statement: [id, 0] marks a claimed letter
# `sending`, [id, code, reply] a letter that was sent. Letters that were cancelled since, or are held, stay as they are.
_MARK_POSTGRES = """UPDATE deliveries SET state = CASE WHEN mark.code > 0 THEN 3 ELSE 2 END,
    attempts = attempts + CASE WHEN mark.code > 0 THEN 1 ELSE 0 END,
    code = CASE WHEN mark.code > 0 THEN mark.code ELSE deliveries.code END,
    note = coalesce(mark.note, deliveries.note), at = CASE WHEN mark.code > 0 THEN %s ELSE deliveries.at END
  FROM (SELECT CAST(value ->> 0 AS BIGINT) AS id, CAST(value ->> 1 AS INTEGER) AS code, value ->> 2 AS note
    FROM json_array_elements(CAST(%s AS JSON))) AS mark
  WHERE deliveries.id = mark.id AND CASE WHEN mark.code > 0 THEN deliveries.state IN (1, 2) ELSE deliveries.state = 1
    AND EXISTS (SELECT 1 FROM editions WHERE editions.id = deliveries.edition AND editions.release = 'released') END"""
_MARK = """UPDATE deliveries SET state = 2 + (mark.code > 0), attempts = attempts + (mark.code > 0),
    code = iif(mark.code, mark.code, deliveries.code), note = ifnull(mark.note, deliveries.note),
    at = iif(mark.code, ?, deliveries.at)
  FROM (SELECT value ->> 0 AS id, value ->> 1 AS code, value ->> 2 AS note FROM json_each(?)) AS mark
  WHERE deliveries.id = mark.id AND iif(mark.code, deliveries.state IN (1, 2), deliveries.state = 1
    AND EXISTS (SELECT 1 FROM editions WHERE editions.id = deliveries.edition AND editions.release = 'released'))"""


def recover(connection: Connection, on_unknown: Literal["resend", "hold"]) -> int:
    """After a crash: claimed letters never left, letters being sent may have. Returns how many of these. Only for
    whoever holds the lock: the marks are a dead sender's."""
    claimed = update(deliveries).where(ON_THE_WAY, deliveries.c.state == State.CLAIMED)
    connection.execute(claimed.values(state=State.QUEUED))
    doubt = update(deliveries).where(ON_THE_WAY, deliveries.c.state == State.SENDING)
    after = State.QUEUED if on_unknown == "resend" else State.UNKNOWN
    return connection.execute(doubt.values(state=after, note="cut off while it was being sent")).rowcount


def mark(begun: Sequence[int], sent: Sequence[tuple[int, int, str]], now: datetime) -> Statement:
    """Mark the letters *begun* `sending`, and *sent* (id, code, reply) as that. It changes a row for each but those
    that may not leave: `unmarked` finds and frees them."""
    marks = [[number, 0] for number in begun] + [list(each) for each in sent]
    return Statement(_MARK, _MARK_POSTGRES, (int(now.timestamp()), json.dumps(marks)))


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
    sql = spoken(connection, statement.sql, statement.postgresql)
    if connection.exec_driver_sql(sql, statement.parameters).rowcount == len(begun):
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
    some = (
        select(deliveries.c.id).where(in_states(edition, states), deliveries.c.expires > now).limit(RETRIED)
    )
    row = update(deliveries).where(deliveries.c.id.in_(some))
    return connection.execute(row.values(state=State.QUEUED, due=now, attempts=0)).rowcount
