"""What editors decide about an edition (D8), and the winding up of one that is not sent."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, select, update

from publisher.model.delivery import Reply, State
from publisher.model.digest import Edition, Kind, Release
from publisher.store import bulk
from publisher.store import editions as rows
from publisher.store.alive import queueing
from publisher.store.editions import Progress
from publisher.store.tables import ON_THE_WAY, QUEUED, cadences, deliveries, editions, subscriptions, variants

UNDECIDED = (Release.PROPOSED, Release.HELD)


def undecided(connection: Connection) -> list[Progress]:
    """The editions that are proposed or held, the oldest first."""
    query = select(editions.c.id).where(editions.c.release.in_(UNDECIDED)).order_by(editions.c.id)
    found = (rows.progress(connection, number) for number in connection.execute(query).scalars().all())
    return [each for each in found if each]


def set_release(
    connection: Connection,
    edition: int,
    release: Release,
    *,
    before: Release,
    planned: datetime | None = None,
    expires: datetime | None = None,
) -> bool:
    """What was decided about the edition, which was *before*; *planned* and *expires*, where they change with it.
    Whether it was still so."""
    moved: dict[str, Any] = {
        name: value for name, value in {"planned": planned, "expires": expires}.items() if value
    }
    if release is Release.RELEASED:
        moved["stopped"] = ""
    row = update(editions).where(editions.c.id == edition, editions.c.release == before)
    return connection.execute(row.values({"release": release} | moved)).rowcount == 1


def stop(connection: Connection, edition: int, stopped: str) -> bool:
    """Hold the edition, and why. Whether it was released."""
    row = update(editions).where(editions.c.id == edition, editions.c.release == Release.RELEASED)
    return connection.execute(row.values(release=Release.HELD, stopped=stopped)).rowcount == 1


def resume(connection: Connection, edition: int, now: datetime, is_ours: Callable[[Reply], bool]) -> None:
    """An edition that was stopped goes on: what was put off by a refusal that *is_ours* is due *now*, and what came
    back until now counts no more."""
    connection.execute(update(editions).where(editions.c.id == edition).values(resumed=now))
    waiting = (deliveries.c.edition == edition) & (deliveries.c.due > now)
    refused = (deliveries.c.code >= 500) | deliveries.c.note.like("4.7.%")
    query = select(*deliveries.c["id", "code", "note"]).where(QUEUED, waiting, refused)
    ids = [row.id for row in connection.execute(query) if is_ours(Reply(row.code, row.note))]
    row = update(deliveries).where(QUEUED, bulk.among(deliveries.c.id, ids))
    connection.execute(row.values(due=now))


def open_with(connection: Connection, edition: int, opening: str) -> None:
    """What the editor says first in the edition."""
    connection.execute(update(editions).where(editions.c.id == edition).values(opening=opening))


def superseded(connection: Connection, edition: Edition) -> list[Progress]:
    """The editions of the newsletter before *edition* that nobody decided about and whose articles it holds: digests,
    and of one sent at once the proposed letters of single articles too, unless a later one has left before them."""
    held = editions.c.kind == Kind.DIGEST
    if edition.slot.startswith("now:"):
        later = editions.alias()
        passed = select(later.c.id).where(
            later.c.newsletter == editions.c.newsletter,
            later.c.kind == Kind.ARTICLE,
            later.c.upto_seq >= editions.c.upto_seq,
            later.c.cadence > 0,
        )
        held |= (editions.c.kind == Kind.ARTICLE) & ~passed.exists()
    query = select(editions.c.id).where(
        editions.c.newsletter == _newsletter(edition.id),
        held,
        editions.c.release.in_(UNDECIDED),
        editions.c.id < edition.id,
    )
    found = (rows.progress(connection, number) for number in connection.execute(query).scalars().all())
    return [each for each in found if each]


def replaced(connection: Connection, edition: Edition) -> bool:
    """Whether the articles of this edition, which is cancelled, left in a later one: the next digest, or what was sent
    at once. The letter of a single article is in that too, unless it had begun to leave, or one of a later article."""
    if edition.kind is Kind.CORRECTION:
        return False
    later, others = editions.alias(), editions.alias()
    planned = select(variants.c.id).where(variants.c.edition == later.c.id)
    query = select(later.c.id).where(
        later.c.newsletter == _newsletter(edition.id),
        later.c.id > edition.id,
        later.c.kind == Kind.DIGEST,
        later.c.release == Release.RELEASED,
        planned.exists(),
    )
    if edition.kind is Kind.ARTICLE:
        passed = select(others.c.id).where(
            others.c.newsletter == later.c.newsletter,
            others.c.kind == Kind.ARTICLE,
            others.c.upto_seq >= edition.upto_seq,
            others.c.id < later.c.id,
            others.c.cadence > 0,
        )
        query = query.where(~passed.exists())
    return connection.execute(query.limit(1)).first() is not None


def claimed(connection: Connection, edition: int) -> list[int]:
    """The letters of the edition that are next in line of a connection."""
    query = select(deliveries.c.id).where(
        ON_THE_WAY, deliveries.c.edition == edition, deliveries.c.state == State.CLAIMED
    )
    return list(connection.execute(query).scalars())


def has_unsent(connection: Connection, edition: int) -> bool:
    """Whether a letter of the edition has not left, or may not have."""
    its = select(deliveries.c.id).where(deliveries.c.edition == edition)
    if connection.execute(its.where(QUEUED).limit(1)).first():
        return True
    return connection.execute(its.where(ON_THE_WAY).limit(1)).first() is not None


def unwound(connection: Connection) -> list[int]:
    """The cancelled editions whose letters still wait."""
    return queueing(connection, Release.CANCELLED)


def waiting(
    connection: Connection, edition: int, limit: int | None = None, only: datetime | None = None
) -> list[int]:
    """Letters of the edition that wait, at most *limit*: of the readers whose last slot was *only* (None: of all)."""
    query = select(deliveries.c.id).where(QUEUED, deliveries.c.edition == edition)
    if only:
        theirs = select(cadences.c.id).join_from(
            cadences, subscriptions, cadences.c.id == subscriptions.c.cadence
        )
        theirs = theirs.where(
            subscriptions.c.newsletter == _newsletter(edition),
            subscriptions.c.subscriber == deliveries.c.subscriber,
            cadences.c.slot == only,
        )
        query = query.where(theirs.exists())
    return list(connection.execute(query.limit(limit)).scalars())


def _newsletter(edition: int) -> ScalarSelect[int]:
    return select(editions.c.newsletter).where(editions.c.id == edition).scalar_subquery()


def wind_up(connection: Connection, edition: Edition, letters: Sequence[int]) -> None:
    """Cancel those of these *letters* of an edition that is not released that have not left. Their readers are where
    they were before it: a digest's articles are in their next one. An instant newsletter's article, and a correction,
    were not to be sent."""
    stopped = select(editions.c.id).where(editions.c.id == edition.id, editions.c.release != Release.RELEASED)
    query = select(*deliveries.c["id", "subscriber"]).where(
        QUEUED, deliveries.c.id.in_(letters), stopped.exists()
    )
    found = connection.execute(query).all()
    values = {"state": State.CANCELLED, "note": "the edition was cancelled"}
    ids = [row.id for row in found]
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(values))
    if found and edition.kind is Kind.DIGEST:
        before = select(deliveries.c.seen_seq).where(
            deliveries.c.edition == edition.id, deliveries.c.subscriber == subscriptions.c.subscriber
        )
        theirs = update(subscriptions).where(
            subscriptions.c.newsletter == _newsletter(edition.id),
            subscriptions.c.subscriber.in_([row.subscriber for row in found]),
            subscriptions.c.seen_seq == edition.upto_seq,  # else a later one has gone on from here
        )
        back = {"seen_seq": before.scalar_subquery(), "letters": subscriptions.c.letters - 1, "last_day": 0}
        connection.execute(theirs.values(back))
