"""What readers chose for a newsletter, as their subscriptions have it (D4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from publisher.model.delivery import UNSENT, State
from publisher.model.digest import Kind
from publisher.model.people import Wish
from publisher.store.alive import alive
from publisher.store.cadences import Cadence, some
from publisher.store.tables import deliveries, editions, subscriptions


@dataclass(frozen=True, slots=True)
class Standing:
    """One subscription: what its reader chose, and how far they are."""

    newsletter: int
    subscriber: int
    state: Wish
    cadence: Cadence  # whose slots it is mailed at
    chosen: Cadence  # the same, or the one that it changes to when the slot at hand was dealt with
    categories: tuple[str, ...]
    text_only: bool
    resumes: datetime | None
    last_day: int
    letters: int


def standings(connection: Connection, subscriber: int) -> list[Standing]:
    """All subscriptions of this reader, by newsletter."""
    mine = subscriptions.c.subscriber == subscriber
    rows = connection.execute(select(subscriptions).where(mine).order_by(subscriptions.c.newsletter)).all()
    known = {each.id: each for each in some(connection, {row.cadence for row in rows} | _targets(rows))}
    return [
        Standing(
            row.newsletter,
            row.subscriber,
            Wish(row.state),
            known[row.cadence],
            known[row.moves_to or row.cadence],
            tuple(row.categories),
            row.text_only,
            row.resumes,
            row.last_day,
            row.letters,
        )
        for row in rows
    ]


def _targets(rows: Any) -> set[int]:
    return {row.moves_to for row in rows if row.moves_to}


def write(connection: Connection, standing: Standing, values: Mapping[str, Any]) -> None:
    """Write columns of this subscription."""
    mine = (subscriptions.c.newsletter == standing.newsletter) & (
        subscriptions.c.subscriber == standing.subscriber
    )
    connection.execute(update(subscriptions).where(mine).values(**values))


def move(connection: Connection, cadence: int, slot: datetime, upto: int | None = None) -> None:
    """The *slot* of this cadence was dealt with for its subscribers up to *upto* (None: all): who wanted to change
    behind it changes now."""
    waiting = (subscriptions.c.cadence == cadence) & (subscriptions.c.moves <= slot)
    if upto is not None:
        waiting &= subscriptions.c.subscriber <= upto
    values = {"cadence": subscriptions.c.moves_to, "moves_to": None, "moves": None}
    connection.execute(update(subscriptions).where(waiting).values(values))


def wakes(connection: Connection, now: datetime) -> bool:
    """Whether a pause is over."""
    over = select(subscriptions.c.subscriber).where(subscriptions.c.resumes <= now).limit(1)
    return connection.execute(over).first() is not None


def wake(connection: Connection, now: datetime) -> None:
    """Pauses whose end has come end."""
    over = (subscriptions.c.resumes <= now) & (subscriptions.c.state == Wish.PAUSED)
    connection.execute(update(subscriptions).where(over).values(state=Wish.ACTIVE, changed=now))
    left = (subscriptions.c.resumes <= now) & (subscriptions.c.was == Wish.PAUSED)
    connection.execute(update(subscriptions).where(left).values(was=Wish.ACTIVE))
    connection.execute(update(subscriptions).where(subscriptions.c.resumes <= now).values(resumes=None))


def take_back(connection: Connection, newsletter: int, subscriber: int, note: str = "paused") -> None:
    """Cancel, with a *note*, the letters of this subscription that have not left: its reader is where they were before
    them (D1). What moved nobody (a correction, an edition that says itself what it holds), and what a later letter has
    passed, stays and waits."""
    mine = deliveries.c.subscriber == subscriber
    query = (
        select(*deliveries.c["id", "seen_seq"], *editions.c["upto_seq", "kind", "from_seq"])
        .join_from(deliveries, editions)
        .where(
            mine,
            deliveries.c.edition.in_(alive(connection)),
            deliveries.c.state.in_(UNSENT),
            editions.c.newsletter == newsletter,
        )
        .order_by(editions.c.id.desc())
        .with_for_update(of=deliveries)  # a sender that is just beginning one waits, and hears of it
    )
    row = update(deliveries)
    for letter in connection.execute(query).all():
        moved = letter.kind != Kind.CORRECTION and letter.from_seq is None
        back = update(subscriptions).where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.subscriber == subscriber,
            subscriptions.c.seen_seq == letter.upto_seq,
        )
        values = {"seen_seq": letter.seen_seq, "letters": subscriptions.c.letters - 1}
        if moved and connection.execute(back.values(values)).rowcount:
            after = {"state": State.CANCELLED, "note": note}
        else:  # one that is claimed, too
            after = {"state": State.QUEUED}
        connection.execute(row.where(deliveries.c.id == letter.id).values(after))


def came_to(connection: Connection, standing: Standing, slot: str) -> bool:
    """Whether this reader's turn in the edition of *slot* is over: it is planned that far, or there is none."""
    query = select(*editions.c["cadence", "cursor", "complete"]).where(
        editions.c.newsletter == standing.newsletter, editions.c.slot == slot
    )
    row = connection.execute(query).first()
    if row is None or row.complete:
        return True
    return (row.cadence, row.cursor) >= (standing.cadence.id, standing.subscriber)
