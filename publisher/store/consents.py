"""The record of consent (L4): what people said of being mailed, when, where, and in which words."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from publisher.model.people import Consent, Said
from publisher.store.tables import consents


def note(connection: Connection, said: Sequence[Consent]) -> None:
    """Write these down."""
    if said:
        connection.execute(insert(consents), [asdict(each) for each in said])


def of(connection: Connection, subscriber: int) -> list[Consent]:
    """What this person said, oldest first."""
    columns = consents.c["subscriber", "newsletter", "event", "at", "form", "wording", "ip"]
    rows = connection.execute(
        select(*columns).where(consents.c.subscriber == subscriber).order_by(consents.c.id)
    )
    return [Consent(**row._asdict() | {"event": Said(row.event)}) for row in rows]
