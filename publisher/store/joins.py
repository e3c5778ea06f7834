"""Who asks for letters, who takes a leaving back, and what is swept away of those who never said yes (L3-L5)."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    cast,
    delete,
    func,
    select,
    type_coerce,
    update,
)

from publisher.model.delivery import State
from publisher.model.digest import Release
from publisher.model.people import Said, Wish
from publisher.store import bulk, cadences, people
from publisher.store.tables import (
    PENDING,
    consents,
    deliveries,
    editions,
    notices,
    reports,
    subscribers,
    subscriptions,
)

ASKED = ("confirm", "links")  # kinds of letters that a stranger's form may cause
OWN = "own"  # what a reader asks for from a letter of theirs; a stranger cannot use it up
_ENDS = ":ends"  # behind the key of a yearly question that says so
MOVED_BACK = "unsubscribed"  # why a letter was cancelled of which what it held is unseen again


def key(subscriber: int, number: int | str) -> str:
    """What a letter to this person is about, as the outbox has it."""
    return f"{subscriber}:{number}"


def letters(
    connection: Connection, subscriber: int, since: datetime, kinds: Sequence[str] = ASKED
) -> list[datetime]:
    """When letters of these *kinds*, that forms caused, were written to this person, *since* then."""
    mine = (notices.c.key >= key(subscriber, "")) & (notices.c.key < f"{subscriber};")
    query = select(notices.c.created).where(notices.c.kind.in_(kinds), mine, notices.c.created > since)
    return list(connection.execute(query).scalars())


def question(subscriber: int, newsletter: int, asked: datetime, *, ends: bool) -> str:
    """What a yearly question of that moment is about (L9); *ends*: it says that the subscription ends without an
    answer."""
    return key(subscriber, f"{newsletter}:{int(asked.timestamp())}{_ENDS if ends else ''}")


def used(
    connection: Connection, subscriber: int, newsletters: Sequence[int], since: datetime
) -> dict[int, datetime]:
    """Those of these *newsletters* that this person said yes to *since* then, and when: of them the link that asked
    was used."""
    query = select(consents.c.newsletter, func.max(consents.c.at)).where(
        consents.c.subscriber == subscriber,
        consents.c.newsletter.in_(newsletters),
        consents.c.event == Said.CONFIRMED,
        consents.c.at >= since,
    )
    return dict(connection.execute(query.group_by(consents.c.newsletter)).all())


def left_with(connection: Connection, subscriber: int, newsletter: int) -> tuple[datetime, dict[int, Wish]]:
    """When this person left a newsletter, and the states that it and those they left with it had before: none where
    they did not leave."""
    mine = (subscriptions.c.subscriber == subscriber) & (subscriptions.c.state == Wish.ENDED)
    row = connection.execute(
        select(subscriptions.c.changed).where(mine, subscriptions.c.newsletter == newsletter)
    ).first()
    if row is None:
        return datetime.min.replace(tzinfo=UTC), {}
    query = select(*subscriptions.c["newsletter", "was"]).where(
        mine, subscriptions.c.was != "", subscriptions.c.changed == row.changed
    )
    found = {number: Wish(was) for number, was in connection.execute(query)}
    return row.changed, found if newsletter in found else {}


def bring_back(connection: Connection, subscriber: int, newsletter: int, wish: Wish, now: datetime) -> None:
    """A subscription is what it was, at the same article; letters that nothing else makes up for wait again."""
    mine = (subscriptions.c.subscriber == subscriber) & (subscriptions.c.newsletter == newsletter)
    connection.execute(update(subscriptions).where(mine).values(state=wish, was="", changed=now))
    running = select(editions.c.id).where(
        editions.c.newsletter == newsletter,
        editions.c.expires > now,
        editions.c.release != Release.CANCELLED,
    )
    waiting = update(deliveries).where(
        deliveries.c.subscriber == subscriber,
        deliveries.c.edition.in_(running),
        deliveries.c.state == State.CANCELLED,
        deliveries.c.note == people.LEFT,
    )
    connection.execute(waiting.values(state=State.QUEUED, note=""))


def end_pending(connection: Connection, before: datetime, limit: int) -> int:
    """Subscriptions that nobody confirmed since *before* are forgotten, at most *limit*. Returns how many."""
    query = select(*subscriptions.c["newsletter", "subscriber", "cadence"]).where(
        PENDING, subscriptions.c.changed <= before
    )
    rows = connection.execute(query.limit(limit)).all()
    for row in rows:
        mine = (subscriptions.c.newsletter == row.newsletter) & (subscriptions.c.subscriber == row.subscriber)
        connection.execute(delete(subscriptions).where(mine))
    for number in {row.cadence for row in rows}:
        cadences.tidy(connection, number)
    return len(rows)


def strangers(connection: Connection, before: datetime, after: int, limit: int) -> list[int]:
    """People behind the key *after* who are known since *before* only because somebody gave their address, or a list
    had it: they have no subscription, so never had one that was confirmed, and said nothing but that they ask."""
    person = subscribers.c.id

    def none(*which: ColumnElement[bool]) -> ColumnElement[bool]:
        return ~select(1).where(*which).exists()

    query = select(person).where(
        person > after,
        subscribers.c.created <= before,
        subscribers.c.state == "reachable",
        none(subscriptions.c.subscriber == person),
        none(consents.c.subscriber == person, consents.c.event != Said.ASKED),
        none(consents.c.subscriber == person, consents.c.at > before),
        none(reports.c.subscriber == person),
    )
    return list(connection.execute(query.order_by(person).limit(limit)).scalars())


def forget(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete all that is kept of these strangers."""
    for number in numbers:
        mine = (notices.c.key >= key(number, "")) & (notices.c.key < f"{number};")
        connection.execute(delete(notices).where(notices.c.kind.in_([*ASKED, OWN]), mine))
        connection.execute(delete(consents).where(consents.c.subscriber == number))
        connection.execute(delete(subscribers).where(subscribers.c.id == number))


def unanswered(
    connection: Connection,
    newsletter: int,
    before: datetime,
    after: int,
    limit: int,
    *,
    asked: datetime | None = None,
    among: Collection[int] | None = None,
) -> list[int]:
    """The readers of *newsletter*, behind the key *after*, who are mailed and said and changed nothing since *before*
    (L9). Without *asked* those who were not asked since; else those whom we asked until then, by a letter that left
    and said that it ends without an answer, and who gave none. *among*: only these, wherever their keys are."""
    row = subscriptions.c
    said = select(1).where(
        consents.c.subscriber == row.subscriber,
        consents.c.newsletter.is_(None) | (consents.c.newsletter == newsletter),
        consents.c.at > before if asked is None else consents.c.at >= row.asked,
    )
    query = (
        select(row.subscriber)
        .join_from(subscriptions, subscribers)
        .where(
            row.newsletter == newsletter,
            row.subscriber > after if among is None else bulk.among(row.subscriber, among),
            row.state == Wish.ACTIVE,
            subscribers.c.state == "reachable",
            ~said.exists(),
        )
    )
    if asked is None:
        query = query.where(row.changed <= before, row.asked.is_(None) | (row.asked <= before))
    else:
        when = cast(type_coerce(row.asked, BigInteger), Text)
        theirs = cast(row.subscriber, Text) + ":" + cast(row.newsletter, Text) + ":" + when + _ENDS
        told = select(1).where(
            notices.c.kind == "yearly", notices.c.key == theirs, notices.c.state == State.SENT
        )
        query = query.where(row.asked <= asked, row.changed <= row.asked, told.exists())
    return list(connection.execute(query.order_by(row.subscriber).limit(limit)).scalars())


def note_asked(connection: Connection, newsletter: int, readers: Sequence[int], now: datetime) -> None:
    """These readers are asked *now* whether they still want it."""
    mine = (subscriptions.c.newsletter == newsletter) & bulk.among(subscriptions.c.subscriber, readers)
    connection.execute(update(subscriptions).where(mine).values(asked=now))
