"""The rows of editions and variants, and the planning of deliveries, a chunk of readers at a time."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Text,
    case,
    delete,
    func,
    literal,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.model.delivery import State
from publisher.model.digest import Content, Edition, Kind, Release, Variant
from publisher.model.people import Reach, Wish
from publisher.model.stop import Stopped
from publisher.store import choices, ledger, retention, waves
from publisher.store.tables import deliveries, editions, newsletters, subscribers, subscriptions, variants
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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an edition is planned: up to the reader *cursor* of the *cadence*."""

    edition: Edition
    include_existing: bool
    cadence: int
    cursor: int
    complete: bool
    shown: int | None  # the variant its page shows


def start(
    connection: Connection,
    newsletter: int,
    slot: str,
    *,
    planned: datetime,
    expires: datetime,
    upto_seq: int,
    include_existing: bool = False,
    kind: Kind = Kind.DIGEST,
    release: Release = Release.RELEASED,
    opening: str = "",
    from_seq: int | None = None,
) -> int:
    """The edition of *newsletter* at *slot*, made if there is none yet (D7). Returns its id."""
    row = upsert(editions).values(
        newsletter=newsletter,
        slot=slot,
        planned=planned,
        expires=expires,
        upto_seq=upto_seq,
        include_existing=include_existing,
        kind=kind,
        release=release,
        opening=opening,
        from_seq=from_seq,
    )
    # Readers of another cadence may come to a slot that is planned already: nobody is planned twice.
    again: dict[str, Any] = {"complete": False, "cadence": 0, "cursor": 0}
    # The article of a letter that waits for its editors was away, and has another place now.
    moved = (editions.c.kind == Kind.ARTICLE) & (editions.c.cadence == 0)
    for name in ("upto_seq", "from_seq"):
        again[name] = case((moved, row.excluded[name]), else_=editions.c[name])
    # Nor does one whose letters' rows are gone begin anew: nobody could say who had it (S8).
    rows = editions.c.compact == retention.ROWS
    connection.execute(
        row.on_conflict_do_update(index_elements=["newsletter", "slot"], set_=again, where=rows)
    )
    found = select(editions.c.id).where(editions.c.newsletter == newsletter, editions.c.slot == slot)
    return int(connection.execute(found).scalar_one())


def progress(connection: Connection, edition: int) -> Progress | None:
    """How far this edition is planned; None for one that held nothing and is gone."""
    row = connection.execute(_editions().where(editions.c.id == edition)).first()
    return _progress(row) if row else None


def unfinished(connection: Connection, now: datetime) -> list[Progress]:
    """Editions that may leave by *now* and are not planned to their end."""
    query = _editions().where(
        editions.c.complete.is_(False), editions.c.release == Release.RELEASED, editions.c.planned <= now
    )
    return [_progress(row) for row in connection.execute(query.order_by(editions.c.id))]


def readers(connection: Connection, cadence: int, after: int, limit: int, day: int) -> Chunk:
    """The next readers of this cadence to be mailed (reachable and active), by key. Whoever had a letter of *day* or,
    by a clock or in a zone that was ahead, of the two days behind it is served; 0: nobody is (D5)."""
    served = subscriptions.c.last_day.between(day, day + AHEAD) if day else literal(False)
    alike = (subscriptions.c.seen_seq, (subscriptions.c.letters > 0).label("had"), served.label("served"))
    some = (
        select(*alike, subscribers.c.language, *subscriptions.c["categories", "text_only", "subscriber"])
        .join_from(subscriptions, subscribers)
        .where(
            subscriptions.c.cadence == cadence,
            subscriptions.c.subscriber > after,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
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
    and each subscription found by its key, whatever the database thinks of other ways."""
    text = ",".join(f"[{each.variant},{each.seen_seq},{each.subscribers}]" for each in planned)
    rows = func.json_each(f"[{text}]").table_valued("value", name="every")
    share = (
        select(
            func.json_extract(rows.c.value, "$[0]", type_=Integer).label("variant"),
            func.json_extract(rows.c.value, "$[1]", type_=Integer).label("seen_seq"),
            func.json_extract(rows.c.value, "$[2]", type_=Text).label("subscribers"),
        )
        .cte("share")
        .prefix_with("MATERIALIZED")
    )
    one = func.json_each(share.c.subscribers).table_valued("value", name="one")
    still = select(subscriptions.c.subscriber).where(
        subscriptions.c.newsletter == newsletter,
        subscriptions.c.subscriber == one.c.value,
        subscriptions.c.state == Wish.ACTIVE,
    )
    if edition.kind is not Kind.CORRECTION:
        still = still.where(subscriptions.c.seen_seq == share.c.seen_seq)
    reader = type_coerce(one.c.value, Integer)
    first = waves.is_first(reader, edition.id, turn.canary)
    late = waves.lateness(reader, turn.spread)
    values = {
        "edition": literal(edition.id),
        "subscriber": reader,
        "variant": share.c.variant,
        "state": literal(int(State.QUEUED)),
        "wave": case((first, 0), else_=1),
        "due": literal(int(turn.due.timestamp())) + case((first, 0), else_=late),
        "expires": literal(turn.expires, Instant),
        "seen_seq": share.c.seen_seq,
    }
    found = select(*values.values()).select_from(share.join(one, true())).where(still.exists())
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
        subscriptions.c.newsletter == newsletter, subscriptions.c.subscriber.in_(fresh)
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


def call(connection: Connection, edition: int, name: str) -> str:
    """Give the edition's page in the archive its name: *name*, numbered where it is taken; the one it has, if any."""
    if has := connection.execute(select(editions.c.name).where(editions.c.id == edition)).scalar():
        return str(has)
    newsletter = select(editions.c.newsletter).where(editions.c.id == edition).scalar_subquery()
    taken = select(editions.c.name).where(
        editions.c.newsletter == newsletter, editions.c.name.startswith(name), editions.c.id != edition
    )
    names = set(connection.execute(taken).scalars())
    numbered = (f"{name}-{n}" for n in itertools.count(2))
    free = next(each for each in itertools.chain([name], numbered) if each not in names)
    connection.execute(update(editions).where(editions.c.id == edition).values(name=free))
    return free


def show(connection: Connection, edition: int, variant: int) -> None:
    """The edition's page in the archive shows this variant."""
    connection.execute(update(editions).where(editions.c.id == edition).values(shown=variant))


def last_shown(connection: Connection, newsletter: int) -> int | None:
    """The newest article that an edition with a page may hold; what was cancelled comes again."""
    query = select(func.max(editions.c.upto_seq)).where(
        editions.c.newsletter == newsletter,
        editions.c.shown.is_not(None),
        editions.c.release != Release.CANCELLED,
    )
    return connection.execute(query).scalar()


def last_left(connection: Connection, newsletter: int) -> int:
    """The newest article that an edition may hold which was not stopped; 0 before the first. Corrections repeat."""
    query = select(func.max(editions.c.upto_seq)).where(
        editions.c.newsletter == newsletter,
        editions.c.release == Release.RELEASED,
        editions.c.kind != Kind.CORRECTION,
    )
    return connection.execute(query).scalar() or 0


def planned_between(
    connection: Connection, newsletter: int, kind: Kind, after: datetime, upto: datetime
) -> int:
    """How many editions of this kind were started in that time."""
    query = select(func.count()).where(
        editions.c.newsletter == newsletter,
        editions.c.kind == kind,
        editions.c.planned > after,
        editions.c.planned <= upto,
    )
    return int(connection.execute(query).scalar_one())


def variant(connection: Connection, number: int) -> Variant:
    """A stored variant with its edition."""
    row = connection.execute(select(variants).where(variants.c.id == number)).one()
    content = Content(row.subject, row.html, row.text, row.language, row.direction)
    edition = connection.execute(_editions().where(editions.c.id == row.edition)).one()
    return Variant(row.id, _progress(edition).edition, content)


class Foremost(NamedTuple):
    """A variant, and the ids of its articles."""

    id: int
    articles: list[str]


def foremost(connection: Connection, edition: int) -> Foremost | None:
    """The variant that stands for an edition: the one its page shows, else the first; None before it is planned."""
    shown = select(editions.c.shown).where(editions.c.id == edition).scalar_subquery()
    query = select(variants.c.id, variants.c.articles).where(variants.c.edition == edition)
    row = connection.execute(query.order_by(variants.c.id != shown, variants.c.id).limit(1)).first()
    return Foremost(*row) if row else None


def newest(connection: Connection) -> list[int]:
    """The last edition of each newsletter."""
    return list(connection.execute(select(func.max(editions.c.id)).group_by(editions.c.newsletter)).scalars())


def listing(
    connection: Connection, ids: Collection[int] | None = None
) -> list[tuple[Edition, dict[str, int]]]:
    """These editions, or all, newest first, with their deliveries by state."""
    query = _editions().order_by(editions.c.id.desc())
    if ids is not None:  # a ledger of years is not counted for one
        query = query.where(editions.c.id.in_(ids))
    letters = ledger.by_edition(connection, ids)
    return [
        (
            _progress(row).edition,
            {state.name.lower(): number for state, number in letters.get(row.id, {}).items()},
        )
        for row in connection.execute(query)
    ]


def numbers(connection: Connection, *, before: int | None, limit: int) -> list[int]:
    """The keys of at most *limit* editions older than *before*, newest first."""
    query = select(editions.c.id).order_by(editions.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(editions.c.id < before)
    return list(connection.scalars(query))


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
        row.from_seq,
        Stopped.parse(row.stopped),
    )
    return Progress(edition, row.include_existing, row.cadence, row.cursor, row.complete, row.shown)
