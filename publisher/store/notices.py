"""The outbox of letters that are no edition's: written down before they leave, each once, and sent until a relay has
taken them (D8). For the engine it is a ledger like that of deliveries."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select, update

from publisher.model.delivery import Delivery, State, Verdict
from publisher.model.digest import Content
from publisher.store.dialects import spoken, upsert
from publisher.store.tables import QUEUED_NOTICE, notices

LISTED = (
    "welcome",
    "yearly",
)  # kinds of letters to who gets a newsletter; their keys begin "READER:NEWSLETTER:"
_NO_MORE = {"html": "", "text": "", "attached": None}  # is kept of a letter that is done with

# Reader by reader (CROSS JOIN has SQLite keep that order): it would walk all letters of these kinds that ever were.
_CANCEL = """UPDATE notices SET state = 6, note = ?, html = '', text = '', attached = NULL WHERE id IN (
  SELECT mine.id FROM json_each(?) AS stem CROSS JOIN notices AS mine
  WHERE mine.kind IN (SELECT value FROM json_each(?)) AND mine.state IN (0, 1)
    AND mine.key >= stem.value || ':' AND mine.key < stem.value || ';')"""
_CANCEL_POSTGRES = """UPDATE notices SET state = 6, note = %s, html = '', text = '', attached = NULL WHERE id IN (
  SELECT mine.id FROM json_array_elements_text(CAST(%s AS JSON)) AS stem CROSS JOIN notices AS mine
  WHERE mine.kind IN (SELECT value FROM json_array_elements_text(CAST(%s AS JSON))) AND mine.state IN (0, 1)
    AND mine.key >= stem.value || ':' AND mine.key < stem.value || ';')"""


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
    key: str
    created: datetime
    content: Content
    attached: bytes | None  # a message that goes with it

    @property
    def wish(self) -> tuple[int, int] | None:
        """The reader and the newsletter of a letter to who gets one; None for others."""
        if self.kind not in LISTED:
            return None
        reader, newsletter, *_ = self.key.split(":")
        return int(reader), int(newsletter)


def get(connection: Connection, number: int) -> Notice:
    """The letter with this number. Raises ValueError where it was cancelled, or erased, since it was claimed."""
    row = connection.execute(select(notices).where(notices.c.id == number)).first()
    if row is None or row.state == State.CANCELLED:
        raise ValueError("nobody wants it any more")
    content = Content(row.subject, row.html, row.text, row.language, row.direction)
    return Notice(row.kind, row.key, row.created, content, row.attached)


def waiting(connection: Connection, kind: str) -> int:
    """How many letters of this *kind* wait to be sent."""
    # The condition stands beside the sum, so that only the few that wait are looked at, and not all of the kind.
    query = select(func.count().filter(notices.c.kind == kind)).select_from(notices).where(QUEUED_NOTICE)
    return connection.execute(query).scalar_one()


def cancel(connection: Connection, readers: Collection[int], newsletter: int | None, note: str) -> None:
    """Letters to these *readers* of a newsletter (None: of all) that have not left do not leave: who left, or cannot
    be reached, is neither welcomed nor asked whether they still want it (H2)."""
    stems = [f"{reader}" if newsletter is None else f"{reader}:{newsletter}" for reader in readers]
    sql = spoken(connection, _CANCEL, _CANCEL_POSTGRES)
    connection.exec_driver_sql(sql, (note, json.dumps(stems), json.dumps(LISTED)))


def recover(connection: Connection, worker: int | None = None) -> None:
    """After a crash: whatever *worker* (None: anybody) had under way is sent again. Only for that worker, or for
    whoever knows that nobody sends."""
    _recover(connection, *(() if worker is None else (notices.c.worker == worker,)))


def abandon(connection: Connection, living: Select[tuple[int]]) -> None:
    """The same with what workers have that are not among the *living*."""
    _recover(connection, notices.c.worker.not_in(living))


def _recover(connection: Connection, *whose: ColumnElement[bool]) -> None:
    under_way = notices.c.state.in_([State.CLAIMED, State.SENDING])
    connection.execute(update(notices).where(under_way, *whose).values(state=State.QUEUED))


def claim(connection: Connection, now: datetime, limit: int, worker: int = 0) -> list[Delivery]:
    """Take the next letters that are due, for *worker*; those that nobody needs any more fail."""
    over = update(notices).where(QUEUED_NOTICE, notices.c.expires <= now)
    connection.execute(over.values(state=State.FAILED, note="expired", **_NO_MORE))
    query = select(*notices.c["id", "recipient", "attempts", "expires"]).where(
        QUEUED_NOTICE, notices.c.due <= now
    )
    query = query.order_by(notices.c.due, notices.c.id).limit(limit).with_for_update(skip_locked=True)
    found = connection.execute(query).all()
    if found:
        taken = update(notices).where(notices.c.id.in_([row.id for row in found]))
        connection.execute(taken.values(state=State.CLAIMED, worker=worker))
    return [Delivery(row.id, 0, 0, 0, row.recipient, row.attempts, row.expires) for row in found]


def put_back(connection: Connection, ids: list[int], worker: int = 0) -> None:
    """Letters that *worker* claimed, and that will not be sent now, are queued again."""
    _mark(connection, ids, State.CLAIMED, State.QUEUED, worker)


def put_off(connection: Connection, dues: Sequence[tuple[int, datetime]], worker: int = 0) -> None:
    """Letters that *worker* claimed are queued again, each for a time of its own."""
    claimed = (notices.c.state == State.CLAIMED) & (notices.c.worker == worker)
    row = update(notices).where(notices.c.id == bindparam("number"), claimed)
    values = [{"number": number, "until": due} for number, due in dues]
    connection.execute(row.values(state=State.QUEUED, due=bindparam("until")), values)


def _mark(connection: Connection, ids: list[int], before: State, after: State, worker: int) -> None:
    row = update(notices).where(notices.c.id.in_(ids), notices.c.state == before, notices.c.worker == worker)
    connection.execute(row.values(state=after))


def begin(connection: Connection, ids: Sequence[int], now: datetime, worker: int = 0) -> set[int]:
    """Mark letters that *worker* claimed `sending`. Returns those that may not leave: they were cancelled since, or
    are somebody else's by now."""
    _mark(connection, list(ids), State.CLAIMED, State.SENDING, worker)
    sending = (notices.c.state == State.SENDING) & (notices.c.worker == worker)
    marked = select(notices.c.id).where(notices.c.id.in_(ids), sending)
    return set(ids).difference(connection.execute(marked).scalars())


def settle(
    connection: Connection, settled: Sequence[tuple[Delivery, Verdict]], now: datetime, worker: int = 0
) -> None:
    """Write what became of letters of *worker*; of one that is done with no more is kept than that it was. One that was
    cancelled before it left stays cancelled; what another has by now is left to that."""
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
            values |= _NO_MORE
        live = notices.c.state.in_([State.CLAIMED, State.SENDING]) & (notices.c.worker == worker)
        connection.execute(update(notices).where(notices.c.id == delivery.id, live).values(values))


def due_now(connection: Connection, now: datetime) -> int:
    """How many letters wait to be sent now."""
    query = select(func.count()).select_from(notices).where(QUEUED_NOTICE, notices.c.due <= now)
    return connection.execute(query).scalar_one()


def sent(connection: Connection) -> int:
    """How many of those that are still known a relay has taken."""
    query = select(func.count()).select_from(notices).where(notices.c.state == State.SENT)
    return int(connection.execute(query).scalar_one())


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a letter waits to be sent now."""
    query = select(notices.c.id).where(QUEUED_NOTICE, notices.c.due <= now).limit(1)
    return connection.execute(query).first() is not None
