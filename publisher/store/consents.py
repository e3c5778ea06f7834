"""The record of consent (L4): what people said of being mailed, when, where, and in which words."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select

from publisher.model.people import Consent, Said
from publisher.store import bulk
from publisher.store.tables import consents

_COLUMNS = ("subscriber", "newsletter", "event", "at", "form", "wording", "ip")
_values = attrgetter(*_COLUMNS)


def note(connection: Connection, said: Sequence[Consent]) -> None:
    """Write these down."""
    rows = [
        (one.subscriber, one.newsletter, one.event, int(one.at.timestamp()), one.form, one.wording, one.ip)
        for one in said
    ]
    if rows:
        given = select(bulk.table(rows, *_COLUMNS, numbers={"newsletter"}))
        connection.execute(insert(consents).from_select(_COLUMNS, given))


def note_all(
    connection: Connection, readers: Collection[int], newsletter: int, event: Said, at: datetime, form: str
) -> None:
    """Write the same down of all these *readers*."""
    columns = consents.c["newsletter", "event", "at", "form"]
    same = [
        literal(value, column.type)
        for column, value in zip(columns, (newsletter, event, at, form), strict=True)
    ]
    row = bulk.values(readers).add_columns(*same)
    connection.execute(
        insert(consents).from_select(["subscriber", *(column.name for column in columns)], row)
    )


def begin(connection: Connection, said: Sequence[Consent]) -> int:
    """Write these down, and return the number of the first: what one form asked for."""
    numbers = [
        int(connection.execute(insert(consents).values(**_row(each))).inserted_primary_key[0])  # type: ignore[index]
        for each in said
    ]
    return numbers[0]


def _row(said: Consent) -> dict[str, Any]:
    return dict(zip(_COLUMNS, _values(said), strict=True))


def asked(connection: Connection, subscriber: int, number: int) -> list[Consent]:
    """What this person asked for by the form whose first line has this *number*; none where that is not theirs."""
    mine = (consents.c.subscriber == subscriber) & (consents.c.event == Said.ASKED)
    when = select(consents.c.at).where(mine, consents.c.id == number).scalar_subquery()
    query = select(*consents.c[_COLUMNS]).where(mine, consents.c.id >= number, consents.c.at == when)
    rows = connection.execute(query.order_by(consents.c.id))
    return [Consent(**row._asdict() | {"event": Said(row.event)}) for row in rows]


def times(connection: Connection, subscriber: int, newsletter: int, event: Said, after: datetime) -> int:
    """How often this person said this of a newsletter *after* that moment."""
    query = select(func.count()).where(
        consents.c.subscriber == subscriber,
        consents.c.newsletter == newsletter,
        consents.c.event == event,
        consents.c.at > after,
    )
    return connection.execute(query).scalar_one()


def of(connection: Connection, subscriber: int) -> list[Consent]:
    """What this person said, oldest first."""
    columns = consents.c[_COLUMNS]
    rows = connection.execute(
        select(*columns).where(consents.c.subscriber == subscriber).order_by(consents.c.id)
    )
    return [Consent(**row._asdict() | {"event": Said(row.event)}) for row in rows]
