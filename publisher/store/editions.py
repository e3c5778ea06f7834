"""The rows of editions and variants, and the planning of deliveries, a chunk of readers at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.model.delivery import State
from publisher.model.digest import Content, Edition, Kind, Release, Variant
from publisher.model.people import Reach, Wish
from publisher.store.tables import deliveries, editions, newsletters, subscribers, subscriptions, variants


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader in the plan of an edition."""

    subscriber: int
    seen_seq: int
    letters: int  # letters planned for this subscription so far
    language: str | None  # the one they asked for


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an edition is planned."""

    edition: Edition
    include_existing: bool
    cursor: int
    complete: bool


def start(
    connection: Connection,
    newsletter: int,
    slot: str,
    *,
    planned: datetime,
    expires: datetime,
    upto_seq: int,
    include_existing: bool,
) -> int:
    """The edition of *newsletter* at *slot*, made if there is none yet (D7). Returns its id."""
    row = upsert(editions).values(
        newsletter=newsletter,
        slot=slot,
        planned=planned,
        expires=expires,
        upto_seq=upto_seq,
        include_existing=include_existing,
        kind=Kind.DIGEST,
        release=Release.RELEASED,
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=["newsletter", "slot"]))
    found = select(editions.c.id).where(editions.c.newsletter == newsletter, editions.c.slot == slot)
    return int(connection.execute(found).scalar_one())


def progress(connection: Connection, edition: int) -> Progress:
    """How far this edition is planned."""
    query = _editions().where(editions.c.id == edition)
    return _progress(connection.execute(query).one())


def unfinished(connection: Connection) -> list[Progress]:
    """Editions whose planning was cut off."""
    query = _editions().where(editions.c.complete.is_(False)).order_by(editions.c.id)
    return [_progress(row) for row in connection.execute(query)]


def latest_slot(connection: Connection, newsletter: int) -> str | None:
    """The newest scheduled slot of the newsletter that has an edition; ISO instants sort as text."""
    query = select(func.max(editions.c.slot)).where(
        editions.c.newsletter == newsletter, ~editions.c.slot.contains("now:")
    )
    return connection.execute(query).scalar()


def readers(connection: Connection, newsletter: int, after: int, limit: int) -> list[Reader]:
    """The next readers to be mailed (reachable and active), by key."""
    query = (
        select(
            subscriptions.c.subscriber,
            subscriptions.c.seen_seq,
            subscriptions.c.letters,
            subscribers.c.language,
        )
        .join_from(subscriptions, subscribers)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.subscriber > after,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
        )
        .order_by(subscriptions.c.subscriber)
        .limit(limit)
    )
    return [Reader(*row) for row in connection.execute(query)]


def floors(connection: Connection, newsletter: int) -> set[tuple[int, int]]:
    """The (seen_seq, 0 or 1: had a letter) that occur among the readers to be mailed."""
    had = case((subscriptions.c.letters > 0, 1), else_=0)
    query = (
        select(subscriptions.c.seen_seq, had)
        .distinct()
        .join_from(subscriptions, subscribers)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
        )
    )
    return {(seen, letters) for seen, letters in connection.execute(query)}


def find_variant(connection: Connection, edition: int, key: str) -> int | None:
    """The variant of these items, language and options, if it is rendered already."""
    return connection.execute(
        select(variants.c.id).where(variants.c.edition == edition, variants.c.key == key)
    ).scalar()


def add_variant(
    connection: Connection, edition: int, key: str, articles: Sequence[str], content: Content
) -> int:
    """Store a rendered variant; whoever stored it first wins. Returns its id."""
    row = upsert(variants).values(
        edition=edition,
        key=key,
        articles=articles,
        language=content.language,
        direction=content.direction,
        subject=content.subject,
        html=content.html,
        text=content.text,
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=["edition", "key"]))
    found = find_variant(connection, edition, key)
    assert found is not None
    return found


def add_deliveries(
    connection: Connection, edition: Edition, planned: Sequence[tuple[int, int]], cursor: int
) -> None:
    """Plan one chunk in one transaction: *planned* are (subscriber, variant); their watermark moves with it (D1),
    and *cursor* is the last reader looked at."""
    newsletter = select(editions.c.newsletter).where(editions.c.id == edition.id).scalar_subquery()
    rows = [
        {
            "edition": edition.id,
            "subscriber": subscriber,
            "variant": variant,
            "state": State.QUEUED,
            "due": edition.planned,
            "expires": edition.expires,
        }
        for subscriber, variant in planned
    ]
    if rows:
        row = upsert(deliveries).on_conflict_do_nothing(index_elements=["edition", "subscriber"])
        connection.execute(row, rows)
    ids = [subscriber for subscriber, _ in planned]
    # An edition that was cut off may be planned to its end after readers confirmed: theirs never moves back.
    seen = case(
        (subscriptions.c.seen_seq > edition.upto_seq, subscriptions.c.seen_seq), else_=edition.upto_seq
    )
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.newsletter == newsletter, subscriptions.c.subscriber.in_(ids))
        .values(seen_seq=seen, letters=subscriptions.c.letters + 1)
    )
    connection.execute(update(editions).where(editions.c.id == edition.id).values(cursor=cursor))


def finish(connection: Connection, edition: int) -> None:
    """Everybody is planned."""
    connection.execute(update(editions).where(editions.c.id == edition).values(complete=True))


def variant(connection: Connection, number: int) -> Variant:
    """A stored variant with its edition."""
    row = connection.execute(select(variants).where(variants.c.id == number)).one()
    content = Content(row.subject, row.html, row.text, row.language, row.direction)
    return Variant(row.id, progress(connection, row.edition).edition, content)


def listing(connection: Connection) -> list[tuple[Edition, dict[str, int]]]:
    """All editions, newest first, with their deliveries by state."""
    counts: dict[int, dict[str, int]] = {}
    query = select(deliveries.c.edition, deliveries.c.state, func.count())
    for edition, state, count in connection.execute(query.group_by(deliveries.c.edition, deliveries.c.state)):
        counts.setdefault(edition, {})[State(state).name.lower()] = count
    rows = connection.execute(_editions().order_by(editions.c.id.desc()))
    return [(_progress(row).edition, counts.get(row.id, {})) for row in rows]


def _editions() -> Select[*tuple[Any, ...]]:
    return select(editions, newsletters.c.name.label("newsletter_name")).join_from(editions, newsletters)


def _progress(row: Row[*tuple[Any, ...]]) -> Progress:
    edition = Edition(
        row.id,
        row.newsletter_name,
        row.slot,
        row.planned,
        row.expires,
        row.upto_seq,
        Kind(row.kind),
        Release(row.release),
        row.opening,
        row.name or "",
    )
    return Progress(edition, row.include_existing, row.cursor, row.complete)
