"""Taking a person out of the tables (L8): every row and every text that may hold their address. Their row stays, empty,
so that its key is nobody else's; what their letters became stays as counts.

`HELD` and `QUOTED` are where an address can stand beside `subscribers`: tests ask of each column that is new.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Text,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import TypeEngine

from publisher.model.delivery import State
from publisher.model.people import Reach
from publisher.store import people, retention
from publisher.store.tables import (
    NOT_SENT,
    ON_THE_WAY,
    QUEUED,
    buckets,
    consents,
    deliveries,
    editions,
    mailed,
    notices,
    reports,
    subscribers,
    subscriptions,
)
from publisher.text.mention import Mention

_BUSY = (State.CLAIMED, State.SENDING)
# A row of which one of these holds the address goes ...
HELD: tuple[Column[Any], ...] = (
    notices.c.recipient,
    notices.c.key,
    notices.c.subject,
    notices.c.html,
    notices.c.text,
    notices.c.attached,
    buckets.c.key,
    buckets.c.state,
)
# ... and in these only the address does: what mail servers said of others may name it.
QUOTED: tuple[Column[Any], ...] = (
    deliveries.c.note,
    reports.c.note,
    reports.c.code,
    notices.c.note,
    editions.c.stopped,
)


def stop(connection: Connection, subscriber: int) -> None:
    """No letter leaves for them from here on, and nobody plans one."""
    people.set_reach(connection, subscriber, Reach.ERASED)
    connection.execute(delete(subscriptions).where(subscriptions.c.subscriber == subscriber))


def created(connection: Connection, subscriber: int) -> datetime:
    """Since when they are known."""
    query = select(subscribers.c.created).where(subscribers.c.id == subscriber)
    found: datetime = connection.execute(query).scalar_one()
    return found


def under_way(connection: Connection, subscriber: int, mention: Mention) -> bool:
    """Whether a letter to them is just being sent."""
    letter = select(deliveries.c.id).where(
        ON_THE_WAY, deliveries.c.subscriber == subscriber, deliveries.c.state == State.SENDING
    )
    if connection.execute(letter.limit(1)).first():
        return True
    notice = select(notices.c.recipient).where(notices.c.state.in_(_BUSY))
    return any(mention.within(recipient) for recipient in connection.execute(notice).scalars())


def numbers(connection: Connection) -> list[int]:
    """All editions."""
    return list(connection.execute(select(editions.c.id).order_by(editions.c.id)).scalars())


def forget_letters(connection: Connection, subscriber: int, of: Sequence[int]) -> None:
    """Their letters of these editions are counted, and rows no more."""
    mine = (deliveries.c.edition.in_(of)) & (deliveries.c.subscriber == subscriber)
    rows = connection.execute(select(*deliveries.c["edition", "state"]).where(mine)).all()
    for edition, state in rows:
        retention.count(connection, edition, Counter([state]))
    if rows:
        connection.execute(delete(deliveries).where(mine))


def marked(connection: Connection, subscriber: int) -> list[int]:
    """The variants of which a bit says that they were sent one."""
    page, place = divmod(subscriber, retention.KEYS)
    rows = connection.execute(select(*mailed.c["variant", "bits"]).where(mailed.c.page == page))
    return [row.variant for row in rows if zlib.decompress(row.bits)[place >> 3] >> (place & 7) & 1]


def unmark(connection: Connection, subscriber: int, variants: Sequence[int]) -> None:
    """Clear these bits."""
    page, place = divmod(subscriber, retention.KEYS)
    its = (mailed.c.page == page) & mailed.c.variant.in_(variants)
    for row in connection.execute(select(*mailed.c["variant", "bits"]).where(its)).all():
        bits = bytearray(zlib.decompress(row.bits))
        bits[place >> 3] &= ~(1 << (place & 7))
        this = (mailed.c.page == page) & (mailed.c.variant == row.variant)
        connection.execute(update(mailed).where(this).values(bits=zlib.compress(bits)))


def forget_said(connection: Connection, subscriber: int) -> None:
    """What they said of being mailed, and what came back from them."""
    connection.execute(delete(consents).where(consents.c.subscriber == subscriber))
    connection.execute(delete(reports).where(reports.c.subscriber == subscriber))


def mentions(connection: Connection, column: Column[Any], mention: Mention) -> list[Any]:
    """The keys of the rows in whose *column* the address stands. Letters that were sent are not looked at: the
    relay that took one knows of nobody else."""
    (key,) = column.table.primary_key.columns
    found = _may_hold(column, mention)
    parts: tuple[ColumnElement[bool], ...] = (found,)
    if column.table is deliveries:
        parts = tuple((each & found) for each in (QUEUED, ON_THE_WAY, NOT_SENT))
    rows = (
        row
        for part in parts
        for row in connection.execute(select(key, type_coerce(column, _raw(column))).where(part))
    )
    return [number for number, text in rows if mention.within(text)]


def drop(connection: Connection, column: Column[Any], keys: Sequence[Any]) -> None:
    """Delete these rows. A notice that is just being sent stays until it is over."""
    (key,) = column.table.primary_key.columns
    gone = delete(column.table).where(key.in_(keys))
    if column.table is notices:
        gone = gone.where(notices.c.state.not_in(_BUSY))
    connection.execute(gone)


def blank(connection: Connection, column: Column[Any], keys: Sequence[Any], mention: Mention) -> None:
    """Take the address out of the *column* of these rows."""
    (key,) = column.table.primary_key.columns
    for number, text in connection.execute(select(key, column).where(key.in_(keys))).all():
        without = {column.name: mention.without(text)}
        connection.execute(update(column.table).where(key == number).values(without))


def _raw(column: Column[Any]) -> TypeEngine[Any]:
    return LargeBinary() if column is notices.c.attached else Text()


def _may_hold(column: ColumnElement[Any], mention: Mention) -> ColumnElement[bool]:
    """Wherever the address stands, and where it is part of another. SQLite folds the capitals of ASCII."""
    if column is notices.c.attached:
        return column.is_not(None)  # few
    return or_(*(func.instr(func.lower(type_coerce(column, Text)), each) > 0 for each in _folded(mention)))


def _folded(mention: Mention) -> set[str]:
    return {"".join(c.lower() if c.isascii() else c for c in each) for each in mention.spellings}


def empty(connection: Connection, subscriber: int) -> None:
    """Their row holds nothing any more. The last step: until then the address says that the others are not done."""
    row = update(subscribers).where(subscribers.c.id == subscriber)
    nothing = {"address": "", "address_key": f"erased:{subscriber}", "language": None, "cleared": None}
    connection.execute(row.values(nothing | {"state": Reach.ERASED}))


def since(connection: Connection, after: int, limit: int) -> Iterator[tuple[int, str, datetime]]:
    """The next people behind the key *after* whose address is known: key, the address's key, since when."""
    query = select(*subscribers.c["id", "address_key", "created"]).where(
        subscribers.c.id > after, subscribers.c.address != ""
    )
    for row in connection.execute(query.order_by(subscribers.c.id).limit(limit)):
        yield row.id, row.address_key, row.created
