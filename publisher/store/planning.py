"""The planning of deliveries, a chunk of readers at a time: who gets the same, and the letters that they get."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    ScalarSelect,
    Text,
    case,
    delete,
    func,
    literal,
    select,
    true,
    update,
)

from publisher.model.delivery import State
from publisher.model.digest import Content, Edition, Kind
from publisher.model.people import Reach, Wish
from publisher.store import bulk, choices, waves
from publisher.store.dialects import among, upsert
from publisher.store.tables import deliveries, editions, subscribers, subscriptions, variants
from publisher.store.types import Instant

# Days by which the last letter's date may be ahead where its reader lived; more is a wrong clock.
AHEAD = 2


class Alike(NamedTuple):
    """Readers in the plan of an edition who get the same, if they get anything."""

    seen_seq: int
    letters: bool  # whether letters were planned for them before
    served: bool  # they had that day's letter
    language: str | None  # the one they asked for
    categories: tuple[str, ...]  # () = all
    text_only: bool
    subscribers: str  # their keys, as a JSON array


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next readers of a cadence."""

    groups: tuple[Alike, ...]
    last: int  # the last one's key
    readers: int


class Share(NamedTuple):
    """Letters of one variant, for readers who were as far as *seen_seq*."""

    variant: int
    seen_seq: int
    subscribers: str  # their keys, as a JSON array


@dataclass(frozen=True, slots=True)
class Turn:
    """What an edition is to the readers of one cadence."""

    cadence: int
    due: datetime  # UTC; when their letters leave
    expires: datetime  # UTC; the end of their letters' life
    day: int  # the local date of the slot, of which no reader gets a second letter (D5); 0: does not matter
    slot: datetime | None = None  # UTC; None where it came at no slot
    canary: float = 0.0  # the share of its letters that leave first (S9)
    spread: int = 0  # seconds within which the others leave


def readers(connection: Connection, cadence: int, after: int, limit: int, day: int) -> Chunk:
    """The next readers of this cadence to be mailed (reachable and active), by key. Whoever had a letter of *day* or,
    by a clock or in a zone that was ahead, of the two days behind it is served; 0: nobody is (D5)."""
    served = subscriptions.c.last_day.between(day, day + AHEAD) if day else literal(False)
    alike = (subscriptions.c.seen_seq, (subscriptions.c.letters > 0).label("had"), served.label("served"))
    # PostgreSQL may walk both tables side by side: then from here on, and not from the first reader.
    onward = [subscribers.c.id > after] if connection.dialect.name == "postgresql" else []
    some = (
        select(*alike, subscribers.c.language, *subscriptions.c["categories", "text_only", "subscriber"])
        .join_from(subscriptions, subscribers)
        .where(
            subscriptions.c.cadence == cadence,
            subscriptions.c.subscriber > after,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
            *onward,
        )
        .order_by(subscriptions.c.subscriber)
        .limit(limit)
        .subquery()
    )
    # A million readers are never a million objects: the database puts those together who are alike.
    *same, key = some.c
    query = select(*same, func.json_group_array(key), func.max(key), func.count()).group_by(*same)
    rows = connection.execute(query).all()
    groups = tuple(Alike(*row[:4], tuple(row[4]), *row[5:7]) for row in rows)
    return Chunk(groups, max((row[7] for row in rows), default=after), sum(row[8] for row in rows))


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
        told=content.told,
        html=content.html,
        text=content.text,
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=["edition", "key"]))
    found = find_variant(connection, edition, key)
    assert found is not None
    return found


def add_deliveries(
    connection: Connection, edition: Edition, turn: Turn, planned: Sequence[Share], cursor: int
) -> None:
    """Plan one chunk in one transaction; the watermark moves with it (D1), and *cursor* is the last reader looked at. A
    correction moves nobody's (D9). Who paused since they were read, or is elsewhere in the order, has no letter: what
    it would hold is in their next one. Whoever has a letter of the edition, also one that was cancelled, stays as they
    are (D7)."""
    newsletter = select(editions.c.newsletter).where(editions.c.id == edition.id).scalar_subquery()
    if planned:
        before = connection.execute(select(func.max(deliveries.c.id))).scalar() or 0
        _insert(connection, edition, turn, planned, newsletter)
        if edition.kind is not Kind.CORRECTION:
            _move(connection, edition, turn, newsletter, before)
    connection.execute(
        update(editions).where(editions.c.id == edition.id).values(cadence=turn.cadence, cursor=cursor)
    )
    if turn.slot:
        choices.move(connection, turn.cadence, turn.slot, cursor)


def _insert(
    connection: Connection,
    edition: Edition,
    turn: Turn,
    planned: Sequence[Share],
    newsletter: ScalarSelect[int],
) -> None:
    """One statement for all of *planned*, in which nobody is an object of ours. Each share is read from the text once,
    and each subscription found by its key: a query that is a value is nobody's to join in another way."""
    text = ",".join(f"[{each.variant},{each.seen_seq},{each.subscribers}]" for each in planned)
    rows = func.json_each(f"[{text}]").table_valued("value", name="every")
    share = (
        select(
            bulk.cell(rows.c.value, 0, Integer()).label("variant"),
            bulk.cell(rows.c.value, 1, Integer()).label("seen_seq"),
            bulk.cell(rows.c.value, 2, Text()).label("subscribers"),
        )
        .cte("share")
        .prefix_with("MATERIALIZED")
    )
    one = func.json_each(share.c.subscribers).table_valued("value", name="one")
    reader = bulk.plain(one.c.value, BigInteger())  # the products that spread letters are large numbers
    every = select(*share.c["variant", "seen_seq"], reader.label("reader")).select_from(
        share.join(one, true())
    )
    # Read once, or PostgreSQL would read the number anew wherever it stands below.
    each = every.cte("one_each").prefix_with("MATERIALIZED", dialect="postgresql")
    still = select(subscriptions.c.subscriber).where(
        subscriptions.c.newsletter == newsletter,
        subscriptions.c.subscriber == each.c.reader,
        subscriptions.c.state == Wish.ACTIVE,
    )
    if edition.kind is not Kind.CORRECTION:
        still = still.where(subscriptions.c.seen_seq == each.c.seen_seq)
    first = waves.is_first(each.c.reader, edition.id, turn.canary)
    late = waves.lateness(each.c.reader, turn.spread)
    values = {
        "edition": literal(edition.id),
        "subscriber": each.c.reader,
        "variant": each.c.variant,
        "state": literal(int(State.QUEUED)),
        "wave": case((first, 0), else_=1),
        "due": literal(int(turn.due.timestamp())) + case((first, 0), else_=late),
        "expires": literal(turn.expires, Instant),
        "seen_seq": each.c.seen_seq,
    }
    found = select(*values.values()).where(still.scalar_subquery().is_not(None))
    if connection.dialect.name == "postgresql":  # which joins in any order: SQLite goes as they are written
        found = found.order_by(each.c.variant, each.c.reader)
    row = upsert(deliveries).from_select(list(values), found, include_defaults=False)
    connection.execute(row.on_conflict_do_nothing(index_elements=["edition", "subscriber"]))


def _move(
    connection: Connection, edition: Edition, turn: Turn, newsletter: ScalarSelect[int], before: int
) -> None:
    """The readers of the letters behind the row *before* have had what the edition holds."""
    # An edition that was cut off may be planned to its end after readers confirmed: theirs never moves back.
    seen = case(
        (subscriptions.c.seen_seq > edition.upto_seq, subscriptions.c.seen_seq), else_=edition.upto_seq
    )
    values = {"seen_seq": seen, "letters": subscriptions.c.letters + 1}
    fresh = select(deliveries.c.subscriber).where(deliveries.c.id > before)
    theirs = update(subscriptions).where(
        subscriptions.c.newsletter == newsletter,
        among(subscriptions.c.subscriber, fresh.scalar_subquery()),
    )
    connection.execute(theirs.values(values | ({"last_day": turn.day} if turn.day else {})))


def finish(connection: Connection, edition: int) -> bool:
    """Everybody is planned. One that holds nothing for anybody was no edition: returns whether it was one."""
    mailed = select(deliveries.c.id).where(deliveries.c.edition == edition).exists()
    kept = (
        update(editions)
        .where(editions.c.id == edition, editions.c.shown.is_not(None) | mailed)
        .values(complete=True)
    )
    if connection.execute(kept).rowcount:
        return True
    connection.execute(delete(variants).where(variants.c.edition == edition))
    connection.execute(delete(editions).where(editions.c.id == edition))
    return False
