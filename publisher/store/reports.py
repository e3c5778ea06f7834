"""What came back by mail, and what dialogues said of addresses: each message once (B1), and what follows (B2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from publisher.model.delivery import Delivery, State, Verdict
from publisher.model.people import Reach
from publisher.model.report import Kind
from publisher.store import facts, retention
from publisher.store.tables import deliveries, editions, newsletters, reports, subscribers, variants

_RECKONED = "reckoned"  # the fact: the last report whose consequences are drawn
_POSITION = "mailbox "  # ... how far a mailbox was read, before its name
_NOT_ARRIVED = (Kind.HARD, Kind.SOFT, Kind.US, Kind.UNKNOWN)
_LEFT = deliveries.c.state.in_([State.SENT, State.UNKNOWN]) | (
    (deliveries.c.state == State.FAILED) & (deliveries.c.code >= 500)
)


class Row(NamedTuple):
    """A report whose consequences are to be drawn."""

    id: int
    edition: int | None
    subscriber: int | None
    kind: Kind


class Returned(NamedTuple):
    """What came back from a reader, for lists."""

    edition: int | None
    newsletter: str | None
    kind: str
    code: str
    note: str
    at: datetime


class Record(NamedTuple):
    """What decides whether a reader can be reached (B2)."""

    state: Reach
    address: str
    hard: int  # editions whose letter to them was refused for good
    soft: list[datetime]  # when the letters left that came back since the last that arrived


def is_known(connection: Connection, mark: str) -> bool:
    """Whether this very message was read before."""
    return connection.execute(select(reports.c.id).where(reports.c.mark == mark)).first() is not None


def has(connection: Connection, edition: int | None, subscriber: int, kind: Kind) -> bool:
    """Whether a report of this kind was noted about this letter."""
    mine = (reports.c.subscriber == subscriber) & (reports.c.kind == kind)
    query = select(reports.c.id).where(mine, reports.c.edition.is_not_distinct_from(edition))
    return connection.execute(query.limit(1)).first() is not None


def was_sent(connection: Connection, edition: int, subscriber: int) -> bool:
    """Whether the ledger has a letter of this edition to this reader that may have left."""
    query = select(deliveries.c.id).where(
        deliveries.c.edition == edition,
        deliveries.c.subscriber == subscriber,
        deliveries.c.state != State.CANCELLED,
        deliveries.c.at.is_not(None),  # it was tried
    )
    if connection.execute(query).first():
        return True
    its = connection.execute(select(variants.c.id).where(variants.c.edition == edition)).scalars().all()
    return subscriber in retention.were_sent(connection, its, [subscriber])


def add(
    connection: Connection,
    mark: str,
    kind: Kind,
    *,
    edition: int | None = None,
    subscriber: int | None = None,
    code: str = "",
    note: str = "",
    at: datetime,
) -> None:
    """Note what came back. *mark* is the message's, and no other's."""
    values = {"mark": mark, "kind": kind, "edition": edition, "subscriber": subscriber}
    connection.execute(reports.insert().values(values | {"code": code, "note": note, "at": at}))


def refused(connection: Connection, delivery: Delivery, verdict: Verdict, at: datetime) -> None:
    """Note that a mail server refused the letter for good while it was being sent, or until the end of its life, and
    for its reader's sake, as if a report had come (S3)."""
    mark, kind, whose = f"delivery {delivery.id}", verdict.kind, (delivery.edition, delivery.subscriber)
    if kind not in (Kind.HARD, Kind.SOFT) or is_known(connection, mark) or has(connection, *whose, kind):
        return
    edition, reader = whose
    code = str(verdict.code)
    add(connection, mark, kind, edition=edition, subscriber=reader, code=code, note=verdict.note, at=at)


def unreckoned(connection: Connection, limit: int) -> list[Row]:
    """The oldest reports whose consequences are not drawn."""
    after = int(facts.get(connection, _RECKONED) or 0)
    query = select(*reports.c["id", "edition", "subscriber", "kind"]).where(reports.c.id > after)
    rows = connection.execute(query.order_by(reports.c.id).limit(limit))
    return [Row(row.id, row.edition, row.subscriber, Kind(row.kind)) for row in rows]


def reckoned(connection: Connection, upto: int) -> None:
    """The consequences of the reports up to this one are drawn."""
    facts.put(connection, _RECKONED, str(upto))


def position(connection: Connection, mailbox: str) -> str:
    """How far the mailbox of this name was read; "" where nobody said."""
    return facts.get(connection, _POSITION + mailbox) or ""


def put_position(connection: Connection, mailbox: str, position_: str) -> None:
    facts.put(connection, _POSITION + mailbox, position_)


def record(connection: Connection, subscriber: int, arrived_by: datetime) -> Record | None:
    """What came back from this reader, since they were last confirmed; None for one who is not there. A letter has
    arrived where a relay took it, by *arrived_by*, and nothing came back. Editions that are spared do not count."""
    person = connection.execute(select(subscribers).where(subscribers.c.id == subscriber)).first()
    if person is None:
        return None
    mine = reports.c.subscriber == subscriber
    if person.cleared:
        mine &= reports.c.at > person.cleared
    hard = select(func.count(reports.c.edition.distinct())).join_from(reports, editions)
    hard = hard.where(mine, reports.c.kind == Kind.HARD, editions.c.spared.is_not(True))
    last = connection.execute(_arrivals(subscriber, arrived_by)).scalar()
    soft = select(deliveries.c.at).join_from(reports, deliveries, _of_letter()).distinct()
    soft = soft.where(mine, reports.c.kind == Kind.SOFT, deliveries.c.at.is_not(None))
    if last:
        soft = soft.where(deliveries.c.at > last)
    return Record(
        Reach(person.state),
        person.address,
        int(connection.execute(hard).scalar_one()),
        list(connection.execute(soft.order_by(deliveries.c.at)).scalars()),
    )


def _arrivals(subscriber: int, by: datetime) -> Select[Any]:
    back = select(reports.c.id).where(_of_letter(), reports.c.kind.in_(_NOT_ARRIVED))
    # Edition by edition: no index knows letters by their reader alone.
    rows = select(editions.c.id).where(editions.c.compact < retention.GONE)
    return select(func.max(deliveries.c.at)).where(
        deliveries.c.edition.in_(rows),
        deliveries.c.subscriber == subscriber,
        deliveries.c.state == State.SENT,
        deliveries.c.at <= by,
        ~back.exists(),
    )


def _of_letter() -> ColumnElement[bool]:
    return (reports.c.edition == deliveries.c.edition) & (reports.c.subscriber == deliveries.c.subscriber)


def hard_share(connection: Connection, edition: int, ratio: int) -> tuple[int, int]:
    """How many readers of the edition were refused for good, and how many letters left, counted as far as *ratio*
    times that number."""
    query = select(func.count(reports.c.subscriber.distinct()))
    query = query.where(reports.c.edition == edition, reports.c.kind == Kind.HARD)
    hard = int(connection.execute(query).scalar_one())
    left = select(deliveries.c.id).where(deliveries.c.edition == edition, _LEFT).limit(hard * ratio)
    return hard, int(connection.execute(select(func.count()).select_from(left.subquery())).scalar_one())


def spared(connection: Connection, edition: int) -> bool | None:
    """Whether the hard bounces of this edition count against nobody; None: nobody asked."""
    return connection.execute(select(editions.c.spared).where(editions.c.id == edition)).scalar()


def spare(connection: Connection, edition: int, *, spared_: bool) -> None:
    """Its hard bounces count against nobody, or do after all."""
    connection.execute(update(editions).where(editions.c.id == edition).values(spared=spared_))


def refused_readers(connection: Connection, edition: int, after: int, limit: int) -> list[int]:
    """The next readers of the edition whose letter was refused for good, by key."""
    query = select(reports.c.subscriber).distinct()
    query = query.where(
        reports.c.edition == edition, reports.c.kind == Kind.HARD, reports.c.subscriber > after
    )
    return list(connection.execute(query.order_by(reports.c.subscriber).limit(limit)).scalars())


def tally(connection: Connection) -> dict[str, int]:
    """What came back, by kind."""
    rows = connection.execute(select(reports.c.kind, func.count()).group_by(reports.c.kind))
    return {row[0]: row[1] for row in rows}


def by_edition(connection: Connection) -> dict[int, dict[str, int]]:
    """What came back of each edition, by kind."""
    query = select(reports.c.edition, reports.c.kind, func.count()).where(reports.c.edition.is_not(None))
    found: dict[int, dict[str, int]] = {}
    for edition, kind, count in connection.execute(query.group_by(reports.c.edition, reports.c.kind)):
        found.setdefault(edition, {})[kind] = count
    return found


def of_reader(connection: Connection, subscriber: int) -> Sequence[Returned]:
    """What came back from this reader, the newest first."""
    query = (
        select(reports.c.edition, newsletters.c.name, *reports.c["kind", "code", "note", "at"])
        .outerjoin_from(reports, editions, editions.c.id == reports.c.edition)
        .outerjoin(newsletters, newsletters.c.id == editions.c.newsletter)
        .where(reports.c.subscriber == subscriber)
    )
    return [Returned(*row) for row in connection.execute(query.order_by(reports.c.id.desc()))]


def forwarded_since(connection: Connection, since: datetime) -> int:
    """How many messages of people were passed on since then."""
    query = select(func.count()).where(reports.c.kind == Kind.HUMAN, reports.c.at > since)
    return int(connection.execute(query).scalar_one())
