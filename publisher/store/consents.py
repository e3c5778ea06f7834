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


def begin(connection: Connection, said: Sequence[Consent]) -> int:
    """Write these down, and return the number of the first: what one form asked for."""
    numbers = [
        int(connection.execute(insert(consents).values(**asdict(each))).inserted_primary_key[0])  # type: ignore[index]
        for each in said
    ]
    return numbers[0]


def asked(connection: Connection, subscriber: int, number: int) -> list[Consent]:
    """What this person asked for by the form whose first line has this *number*; none where that is not theirs."""
    mine = (consents.c.subscriber == subscriber) & (consents.c.event == Said.ASKED)
    when = select(consents.c.at).where(mine, consents.c.id == number).scalar_subquery()
    columns = consents.c["subscriber", "newsletter", "event", "at", "form", "wording", "ip"]
    query = select(*columns).where(mine, consents.c.id >= number, consents.c.at == when)
    rows = connection.execute(query.order_by(consents.c.id))
    return [Consent(**row._asdict() | {"event": Said(row.event)}) for row in rows]


def of(connection: Connection, subscriber: int) -> list[Consent]:
    """What this person said, oldest first."""
    columns = consents.c["subscriber", "newsletter", "event", "at", "form", "wording", "ip"]
    rows = connection.execute(
        select(*columns).where(consents.c.subscriber == subscriber).order_by(consents.c.id)
    )
    return [Consent(**row._asdict() | {"event": Said(row.event)}) for row in rows]
