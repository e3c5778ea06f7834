"""Which letters of an edition leave first, and how late the others are (S9); what became of the first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from publisher.model.delivery import Canary, Reply, State
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.store.tables import (
    CANARY,
    HELD_BACK,
    deliveries,
    editions,
    reports,
    subscribers,
    subscriptions,
)

# Multiples of an odd number near PLACES / φ, modulo PLACES: any run of keys is spread evenly over them.
PLACES, _STRIDE, _TURN = 1 << 20, 648_055, 405_887
STEP = 10  # seconds: letters of one variant that leave together stay together
AT_HAND = timedelta(minutes=1)  # a letter that is due by then is waited for


def is_first(subscriber: Any, edition: int, share: float) -> Any:
    """Whether the letter of this *subscriber*, a key or a column of keys, is of the *share* that leaves first."""
    return (subscriber * _STRIDE + edition * _TURN) % PLACES < round(share * PLACES)


def lateness(subscriber: Any, spread: int) -> Any:
    """Seconds below *spread* by which the letter of this *subscriber*, a key or a column of keys, is late."""
    return subscriber * _STRIDE % PLACES * (spread // STEP) // PLACES * STEP


def readers(connection: Connection, newsletter: int, most: int) -> int:
    """How many readers of this newsletter are mailed; *most*, if they are more."""
    some = (
        select(subscriptions.c.subscriber)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
        )
        .limit(most)
    )
    return int(connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def hold_back(connection: Connection, edition: int) -> None:
    """Only the first letters of the edition may leave, unless it has some already."""
    begun = select(deliveries.c.id).where(deliveries.c.edition == edition).exists()
    connection.execute(update(editions).where(editions.c.id == edition, ~begun).values(wave=0))


def let_go(connection: Connection, edition: int) -> None:
    """All letters of the edition may leave, if it is released."""
    released = editions.c.release == Release.RELEASED
    connection.execute(update(editions).where(editions.c.id == edition, released).values(wave=1))


def held_back(connection: Connection) -> list[int]:
    """The released editions of which only the first letters may leave, the oldest first."""
    query = select(editions.c.id).where(HELD_BACK, editions.c.release == Release.RELEASED)
    return list(connection.execute(query.order_by(editions.c.id)).scalars())


def canary(connection: Connection, edition: int, now: datetime) -> Canary:
    """What became of the first letters of the edition, since it was released after a stop."""
    resumed = connection.execute(select(editions.c.resumed).where(editions.c.id == edition)).scalar()
    mine = deliveries.c.edition == edition
    under_way = deliveries.c.state.in_([State.CLAIMED, State.SENDING])
    queued = deliveries.c.state == State.QUEUED
    refused = (deliveries.c.code >= 400) & (deliveries.c.code != 421)
    if resumed:
        refused &= deliveries.c.at > resumed
    # The reply of a letter that is due is that of an earlier try.
    answered = refused & ((deliveries.c.state == State.FAILED) | (queued & (deliveries.c.due > now)))
    awaited = under_way | (queued & ~answered & (deliveries.c.due <= now + AT_HAND))
    silent = queued & ~answered & ~awaited

    def count(which: ColumnElement[bool]) -> int:
        query = select(func.count()).where(CANARY, mine, which)
        return int(connection.execute(query).scalar_one())

    rows = connection.execute(
        select(*deliveries.c["subscriber", "code", "note"]).where(CANARY, mine, answered)
    )
    of_canary = select(deliveries.c.subscriber).where(CANARY, mine)
    mailed = select(*reports.c["subscriber", "kind"])
    mailed = mailed.where(reports.c.edition == edition, reports.c.subscriber.in_(of_canary))
    if resumed:
        mailed = mailed.where(reports.c.at > resumed)
    return Canary(
        complete=bool(
            connection.execute(select(editions.c.complete).where(editions.c.id == edition)).scalar()
        ),
        letters=count(mine),
        awaited=count(awaited),
        silent=count(silent),
        refused={row.subscriber: Reply(row.code, row.note) for row in rows},
        reported=_by_kind(connection.execute(mailed).all()),
    )


def _by_kind(rows: Sequence[Any]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for subscriber, kind in rows:
        found.setdefault(kind, set()).add(subscriber)
    return {kind: frozenset(readers) for kind, readers in found.items()}
