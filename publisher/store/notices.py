"""The outbox of letters that are no edition's: written down before they leave, each once, and sent until a relay has
taken them (D8). For the engine it is a ledger like that of deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.model.delivery import Delivery, State, Verdict
from publisher.model.digest import Content
from publisher.store.tables import QUEUED_NOTICE, notices


def add(
    connection: Connection,
    kind: str,
    key: str,
    recipients: Sequence[str],
    content: Content,
    now: datetime,
    expires: datetime,
    *,
    attached: bytes | None = None,
) -> None:
    """A letter of this *kind* about *key* for each of *recipients* who has not had one, until *expires*; a message
    *attached* goes with it. *kind* is a word of ASCII letters."""
    rows = [
        {
            "kind": kind,
            "key": key,
            "recipient": recipient,
            "language": content.language,
            "direction": content.direction,
            "subject": content.subject,
            "html": content.html,
            "text": content.text,
            "attached": attached,
            "created": now,
            "due": now,
            "expires": expires,
            "state": State.QUEUED,
        }
        for recipient in recipients
    ]
    if rows:
        connection.execute(upsert(notices).on_conflict_do_nothing(), rows)


def has(connection: Connection, kind: str, key: str) -> bool:
    """Whether somebody was written a letter of this *kind* about *key*."""
    query = select(notices.c.id).where(notices.c.kind == kind, notices.c.key == key).limit(1)
    return connection.execute(query).first() is not None


class Notice(NamedTuple):
    """A letter of the outbox."""

    kind: str
    created: datetime
    content: Content
    attached: bytes | None  # a message that goes with it


def get(connection: Connection, number: int) -> Notice:
    """The letter with this number."""
    row = connection.execute(select(notices).where(notices.c.id == number)).one()
    content = Content(row.subject, row.html, row.text, row.language, row.direction)
    return Notice(row.kind, row.created, content, row.attached)


def recover(connection: Connection) -> None:
    """After a crash: whatever was under way is sent again. Only for whoever holds the lock."""
    under_way = notices.c.state.in_([State.CLAIMED, State.SENDING])
    connection.execute(update(notices).where(under_way).values(state=State.QUEUED))


def claim(connection: Connection, now: datetime, limit: int) -> list[Delivery]:
    """Take the next letters that are due; those that nobody needs any more fail."""
    over = update(notices).where(QUEUED_NOTICE, notices.c.expires <= now)
    connection.execute(over.values(state=State.FAILED, note="expired", html="", text="", attached=None))
    query = select(*notices.c["id", "recipient", "attempts", "expires"]).where(
        QUEUED_NOTICE, notices.c.due <= now
    )
    found = connection.execute(query.order_by(notices.c.due, notices.c.id).limit(limit)).all()
    _mark(connection, [row.id for row in found], State.QUEUED, State.CLAIMED)
    return [Delivery(row.id, 0, 0, 0, row.recipient, row.attempts, row.expires) for row in found]


def put_back(connection: Connection, ids: list[int]) -> None:
    """Claimed letters that will not be sent now are queued again."""
    _mark(connection, ids, State.CLAIMED, State.QUEUED)


def put_off(connection: Connection, dues: Sequence[tuple[int, datetime]]) -> None:
    """Claimed letters are queued again, each for a time of its own."""
    row = update(notices).where(notices.c.id == bindparam("number"), notices.c.state == State.CLAIMED)
    values = [{"number": number, "until": due} for number, due in dues]
    connection.execute(row.values(state=State.QUEUED, due=bindparam("until")), values)


def _mark(connection: Connection, ids: list[int], before: State, after: State) -> None:
    row = update(notices).where(notices.c.id.in_(ids), notices.c.state == before)
    connection.execute(row.values(state=after))


def begin(connection: Connection, ids: Sequence[int], now: datetime) -> set[int]:
    """Mark claimed letters `sending`; nothing stops one."""
    _mark(connection, list(ids), State.CLAIMED, State.SENDING)
    return set()


def settle(connection: Connection, settled: Sequence[tuple[Delivery, Verdict]], now: datetime) -> None:
    """Write what became of letters; of one that is done with no more is kept than that it was."""
    for delivery, verdict in settled:
        values: dict[str, Any] = {
            "state": verdict.state,
            "attempts": delivery.attempts + verdict.counts,
            "code": verdict.code,
            "note": verdict.note,
        }
        if verdict.due:
            values["due"] = verdict.due
        if verdict.state is not State.QUEUED:
            values |= {"html": "", "text": "", "attached": None}
        connection.execute(update(notices).where(notices.c.id == delivery.id).values(values))


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a letter waits to be sent now."""
    query = select(notices.c.id).where(QUEUED_NOTICE, notices.c.due <= now).limit(1)
    return connection.execute(query).first() is not None
