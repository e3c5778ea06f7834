"""What editors decide about an edition (D8), and the winding up of one that is not sent."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from publisher.model.delivery import State
from publisher.model.digest import Edition, Kind, Release
from publisher.store import editions as rows
from publisher.store import ledger
from publisher.store.editions import Progress
from publisher.store.tables import QUEUED, deliveries, editions, subscriptions

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
    moved = {name: value for name, value in {"planned": planned, "expires": expires}.items() if value}
    row = update(editions).where(editions.c.id == edition, editions.c.release == before)
    return connection.execute(row.values({"release": release} | moved)).rowcount == 1


def open_with(connection: Connection, edition: int, opening: str) -> None:
    """What the editor says first in the edition."""
    connection.execute(update(editions).where(editions.c.id == edition).values(opening=opening))


def supersede(connection: Connection, edition: Edition) -> None:
    """The digests of the newsletter before *edition* that nobody decided about are not sent any more: what they hold
    is in this one."""
    newsletter = select(editions.c.newsletter).where(editions.c.id == edition.id).scalar_subquery()
    before = update(editions).where(
        editions.c.newsletter == newsletter,
        editions.c.kind == Kind.DIGEST,
        editions.c.release.in_(UNDECIDED),
        editions.c.id < edition.id,
    )
    connection.execute(before.values(release=Release.CANCELLED))


def has_unsent(connection: Connection, edition: int) -> bool:
    """Whether a letter of the edition has not left, or may not have."""
    its = select(deliveries.c.id).where(deliveries.c.edition == edition)
    if connection.execute(its.where(QUEUED).limit(1)).first():
        return True
    on_the_way = deliveries.c.state.in_([State.CLAIMED, State.SENDING])
    return connection.execute(its.where(on_the_way).limit(1)).first() is not None


def unwound(connection: Connection) -> list[int]:
    """The cancelled editions whose letters still wait."""
    return ledger.queueing(connection, Release.CANCELLED)


def wind_up(connection: Connection, edition: Edition, limit: int) -> int:
    """Cancel at most *limit* letters of a cancelled edition that have not left; returns how many. Their readers are
    where they were before it: a digest's articles are in their next one. An instant newsletter's article, and a
    correction, were not to be sent."""
    query = select(*deliveries.c["id", "subscriber"]).where(QUEUED, deliveries.c.edition == edition.id)
    found = connection.execute(query.limit(limit)).all()
    values = {"state": State.CANCELLED, "note": "the edition was cancelled"}
    ids = [row.id for row in found]
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(values))
    if found and edition.kind is Kind.DIGEST:
        newsletter = select(editions.c.newsletter).where(editions.c.id == edition.id).scalar_subquery()
        before = select(deliveries.c.seen_seq).where(
            deliveries.c.edition == edition.id, deliveries.c.subscriber == subscriptions.c.subscriber
        )
        theirs = update(subscriptions).where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.subscriber.in_([row.subscriber for row in found]),
            subscriptions.c.seen_seq == edition.upto_seq,  # else a later one has gone on from here
        )
        back = {"seen_seq": before.scalar_subquery(), "letters": subscriptions.c.letters - 1, "last_day": 0}
        connection.execute(theirs.values(back))
    return len(found)
