"""The rows of editions and of the variants that they hold."""

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, case, func, select, update

from publisher.model.digest import Content, Edition, Kind, Release, Variant
from publisher.model.stop import Stopped
from publisher.store import ledger, retention
from publisher.store.dialects import upsert
from publisher.store.tables import editions, newsletters, variants


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


def some(connection: Connection, ids: Collection[int]) -> list[Edition]:
    """These editions, newest first."""
    query = _editions().where(editions.c.id.in_(ids)).order_by(editions.c.id.desc())
    return [_progress(row).edition for row in connection.execute(query)]


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
