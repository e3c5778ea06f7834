"""The rows that are about one person."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from publisher.model.delivery import State
from publisher.store import erasure, reports
from publisher.store.reports import Returned
from publisher.store.tables import (
    cadences,
    consents,
    deliveries,
    editions,
    newsletters,
    notices,
    subscribers,
    subscriptions,
    variants,
)


class Rows(NamedTuple):
    """What the tables hold on a person: rows by column."""

    person: dict[str, Any]
    subscriptions: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    letters: list[dict[str, Any]]
    returned: Sequence[Returned]
    notices: list[dict[str, Any]]


def of(connection: Connection, subscriber: int) -> Rows | None:
    """What is held on the subscriber with this key; None where nobody has it, or had it and was erased."""
    columns = subscribers.c["id", "address", "state", "language", "created", "cleared"]
    person = connection.execute(select(*columns).where(subscribers.c.id == subscriber)).first()
    if person is None or not person.address:
        return None
    return Rows(
        person._asdict(),
        _rows(connection, _wishes(subscriber)),
        _rows(connection, _said(subscriber)),
        _letters(connection, subscriber),
        reports.of_reader(connection, subscriber),
        _rows(connection, _notices().where(notices.c.recipient == person.address).order_by(notices.c.id)),
    )


def _rows(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in connection.execute(query)]


def _wishes(subscriber: int) -> Select[Any]:
    chosen = subscriptions.c["state", "source", "changed", "letters", "categories", "text_only", "resumes"]
    query = select(newsletters.c.name.label("newsletter"), *chosen, *cadences.c["schedule", "zone"])
    query = query.join_from(subscriptions, newsletters, newsletters.c.id == subscriptions.c.newsletter)
    query = query.join(cadences, cadences.c.id == subscriptions.c.cadence)
    return query.where(subscriptions.c.subscriber == subscriber).order_by(newsletters.c.name)


def _said(subscriber: int) -> Select[Any]:
    said = consents.c["event", "at", "form", "wording", "ip"]
    query = select(newsletters.c.name.label("newsletter"), *said)
    query = query.outerjoin_from(consents, newsletters, newsletters.c.id == consents.c.newsletter)
    return query.where(consents.c.subscriber == subscriber).order_by(consents.c.id)


def _letters(connection: Connection, subscriber: int) -> list[dict[str, Any]]:
    """Those that are rows; then those of which a bit is left (S8)."""
    what = (newsletters.c.name.label("newsletter"), editions.c.id.label("edition"), variants.c.subject)
    row = deliveries.c["state", "attempts", "due", "at", "code", "note"]
    query = select(*what, *row).join_from(deliveries, editions, editions.c.id == deliveries.c.edition)
    query = query.join(newsletters, newsletters.c.id == editions.c.newsletter)
    query = query.join(variants, variants.c.id == deliveries.c.variant)
    # Edition by edition: no index knows letters by their reader alone.
    mine = (deliveries.c.subscriber == subscriber) & deliveries.c.edition.in_(erasure.numbers(connection))
    found = _rows(connection, query.where(mine).order_by(editions.c.id))
    old = select(*what).join_from(variants, editions, editions.c.id == variants.c.edition)
    old = old.join(newsletters, newsletters.c.id == editions.c.newsletter)
    marked = erasure.marked(connection, subscriber)
    for each in _rows(connection, old.where(variants.c.id.in_(marked)).order_by(editions.c.id)):
        found.append(each | {"state": State.SENT})
    return found


def _notices() -> Select[Any]:
    return select(*notices.c["kind", "subject", "created", "state", "attempts", "code", "note"])
