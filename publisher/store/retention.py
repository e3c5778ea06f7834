"""What is left of old letters: counts, and a bit for each reader (S8).

A page of bits is for 65,536 subscribers' keys, the lowest bit of the first byte for the first, and compressed (zlib):
where everybody was mailed, or hardly anybody, it is a few bytes.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select, tuple_, update

from publisher.model.delivery import State
from publisher.store.alive import alive
from publisher.store.dialects import upsert
from publisher.store.tables import counts, deliveries, editions, mailed, notices, reports

KEYS = 65_536  # of a page
PAGES = 100  # that one transaction changes

ROWS, LEAVING, GONE = range(3)  # editions.compact


class Step(NamedTuple):
    """What one transaction did of an edition."""

    letters: int
    last: int | None  # the subscriber that it came to; None: the edition is done


def due(connection: Connection, before: datetime) -> list[int]:
    """The editions from before then whose letters are all final and still rows, the oldest first."""
    query = select(editions.c.id).where(_ripe(connection, before)).order_by(editions.c.id)
    return list(connection.execute(query).scalars())


def _ripe(connection: Connection, before: datetime) -> ColumnElement[bool]:
    return and_(
        editions.c.planned < before,
        editions.c.complete,
        editions.c.compact != GONE,
        editions.c.id.not_in(alive(connection)),
    )


def compact(connection: Connection, edition: int, before: datetime, after: int, limit: int) -> Step:
    """Turn the next *limit* letters of the edition, of subscribers behind *after*, into counts and bits. What failed,
    is in doubt, or was tried and then cancelled stays a row."""
    ripe = editions.c.id == edition
    begun = update(editions).where(ripe, _ripe(connection, before)).values(compact=LEAVING)
    if not connection.execute(begun).rowcount:
        return Step(0, None)
    goes = and_(deliveries.c.edition == edition, deliveries.c.subscriber > after, _goes())
    columns = deliveries.c["subscriber", "variant", "state"]
    query = select(*columns).where(goes).order_by(deliveries.c.subscriber).limit(limit)
    rows = _at_once(connection.execute(query).all())
    if not rows:
        connection.execute(update(editions).where(ripe).values(compact=GONE))
        return Step(0, None)
    last = rows[-1].subscriber
    count(connection, edition, Counter(row.state for row in rows))
    _mark(connection, [(row.variant, row.subscriber) for row in rows if row.state == State.SENT])
    connection.execute(delete(deliveries).where(goes, deliveries.c.subscriber <= last))
    return Step(len(rows), last)


def _goes() -> ColumnElement[bool]:
    # One that was tried may have arrived, whatever became of it then.
    untried = and_(deliveries.c.state == State.CANCELLED, deliveries.c.attempts == 0)
    return or_(deliveries.c.state == State.SENT, untried)


def _at_once(rows: Sequence[Row[*tuple[Any, ...]]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The first of *rows*, so many that they change few pages: where each reader has a variant of their own, each is
    one."""
    pages = set[tuple[int, int]]()
    for place, row in enumerate(rows):
        pages.add((row.variant, row.subscriber // KEYS))
        if len(pages) > PAGES:
            return rows[:place]
    return rows


def count(connection: Connection, edition: int, found: Counter[int]) -> None:
    """So many more letters of the edition, by state, are rows no more."""
    row = upsert(counts)
    more = {"letters": counts.c.letters + row.excluded.letters}
    row = row.on_conflict_do_update(index_elements=["edition", "state"], set_=more)
    values = [{"edition": edition, "state": state, "letters": count} for state, count in found.items()]
    connection.execute(row, values)


def _mark(connection: Connection, letters: Sequence[tuple[int, int]]) -> None:
    """The subscribers were sent the variants."""
    pages = defaultdict[tuple[int, int], list[int]](list)
    for variant, subscriber in letters:
        pages[variant, subscriber // KEYS].append(subscriber % KEYS)
    if not pages:
        return
    query = select(mailed).where(tuple_(mailed.c.variant, mailed.c.page).in_(list(pages)))
    had = {(row.variant, row.page): row.bits for row in connection.execute(query)}
    values = []
    for (variant, page), places in pages.items():
        bits = bytearray(_bits(had.get((variant, page))))
        for place in places:
            bits[place >> 3] |= 1 << (place & 7)
        values.append({"variant": variant, "page": page, "bits": zlib.compress(bits)})
    row = upsert(mailed)
    row = row.on_conflict_do_update(index_elements=["variant", "page"], set_={"bits": row.excluded.bits})
    connection.execute(row, values)


def _bits(stored: bytes | None) -> bytes:
    return zlib.decompress(stored) if stored else bytes(KEYS // 8)


def were_sent(connection: Connection, which: Collection[int], subscribers: Sequence[int]) -> set[int]:
    """Of *subscribers* those who were sent one of the variants *which*, as far as it is no row any more."""
    found = set[int]()
    for page, keys in groupby(sorted(subscribers), lambda key: key // KEYS):
        query = select(mailed.c.bits).where(mailed.c.variant.in_(which), mailed.c.page == page)
        every = [_bits(stored) for stored in connection.execute(query).scalars()]
        for key in keys:
            place = key % KEYS
            if any(bits[place >> 3] >> (place & 7) & 1 for bits in every):
                found.add(key)
    return found


def tally(connection: Connection, which: Collection[int] | None = None) -> dict[int, dict[State, int]]:
    """How many letters that are no rows any more each edition had in each state: of these editions, or of all."""
    query = select(counts)
    if which is not None:
        query = query.where(counts.c.edition.in_(which))
    found = defaultdict[int, dict[State, int]](dict)
    for row in connection.execute(query):
        found[row.edition][State(row.state)] = row.letters
    return found


def forget_notices(connection: Connection, before: datetime, limit: int) -> int:
    """Delete letters of the outbox that were written before then and wait no more, at most *limit*; how many."""
    query = select(*notices.c["id", "created", "state"]).order_by(notices.c.id).limit(limit)
    waiting = (State.QUEUED, State.CLAIMED, State.SENDING)
    old = [row.id for row in connection.execute(query) if row.created < before and row.state not in waiting]
    if old:
        connection.execute(delete(notices).where(notices.c.id.in_(old)))
    return len(old)


def forget_reports(connection: Connection, before: datetime, limit: int) -> int:
    """Delete what came back before then, at most *limit* messages; how many."""
    oldest = connection.execute(select(*reports.c["id", "at"]).order_by(reports.c.id).limit(limit)).all()
    old = [row.id for row in oldest if row.at < before]
    if old:
        connection.execute(delete(reports).where(reports.c.id.in_(old)))
    return len(old)
