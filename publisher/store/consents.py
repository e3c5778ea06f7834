"""The record of consent (L4): what people said of being mailed, when, where, and in which words."""

from collections.abc import Sequence
from operator import attrgetter

from sqlalchemy import Connection, insert, select

from publisher.model.people import Consent, Said
from publisher.store import bulk
from publisher.store.tables import consents

_COLUMNS = ("subscriber", "newsletter", "event", "at", "form", "wording", "ip")
_values = attrgetter(*_COLUMNS)


def note(connection: Connection, said: Sequence[Consent]) -> None:
    """Write these down."""
    bulk.insert(
        connection, insert(consents), [dict(zip(_COLUMNS, _values(each), strict=True)) for each in said]
    )


def of(connection: Connection, subscriber: int) -> list[Consent]:
    """What this person said, oldest first."""
    columns = consents.c[_COLUMNS]
    rows = connection.execute(
        select(*columns).where(consents.c.subscriber == subscriber).order_by(consents.c.id)
    )
    return [Consent(**row._asdict() | {"event": Said(row.event)}) for row in rows]
