"""The rows of newsletters, subscribers and subscriptions."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, case, func, literal, select, text, true, update

from publisher.model.delivery import State
from publisher.model.people import Reach, Subscriber, Wish
from publisher.store import bulk, cadences
from publisher.store import notices as outbox
from publisher.store.alive import alive
from publisher.store.articles import max_seq
from publisher.store.dialects import upsert
from publisher.store.tables import PENDING, deliveries, editions, newsletters, subscribers, subscriptions

LEFT = "unsubscribed after it was planned"  # of a cancelled letter: nothing else brings what it held


@dataclass(frozen=True, slots=True)
class Series:
    """A newsletter as the store knows it: `baseline` is the archive no letter reaches below, None until the
    first scan has ended."""

    id: int
    name: str
    created: datetime
    baseline: int | None
    opening: str  # the hash of what the editor said last
    opened: datetime | None  # when that was first said
    instant: int | None  # the newest article that became a letter of its own, or was passed


class Newcomer(NamedTuple):
    """Somebody who is to become a subscriber."""

    key: str  # of the address
    address: str
    reach: Reach = Reach.REACHABLE
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A subscriber with their subscriptions, for lists."""

    subscriber: Subscriber
    created: datetime
    newsletters: dict[str, Wish]


def sync_newsletters(connection: Connection, names: Sequence[str], now: datetime) -> dict[str, Series]:
    """The newsletters of the configuration, noted where they are new."""
    for name in names:
        connection.execute(upsert(newsletters).values(name=name, created=now).on_conflict_do_nothing())
    known = known_newsletters(connection)
    for name in names:
        cadences.ensure(connection, known[name].id, "", "", known[name].created)
    return known


def settled(connection: Connection, names: Sequence[str]) -> bool:
    """Whether each of these newsletters is known and has its archive."""
    known = known_newsletters(connection)
    return all(name in known for name in names) and None not in {each.baseline for each in known.values()}


def known_newsletters(connection: Connection) -> dict[str, Series]:
    """All newsletters that ever were, by name."""
    columns = newsletters.c["id", "name", "created", "baseline_seq", "opening", "opened", "instant_seq"]
    rows = connection.execute(select(*columns))
    return {row.name: Series(*row) for row in rows}


def said(connection: Connection, newsletter: int, opening: str, now: datetime) -> None:
    """An edition begins with what the editor says, whose hash is *opening*."""
    new = (newsletters.c.id == newsletter) & (newsletters.c.opening != opening)
    connection.execute(update(newsletters).where(new).values(opening=opening, opened=now))


def passed(connection: Connection, newsletter: int, seq: int) -> None:
    """The articles up to *seq* have had their letters, or need none."""
    connection.execute(update(newsletters).where(newsletters.c.id == newsletter).values(instant_seq=seq))


def set_baselines(connection: Connection, before: datetime) -> None:
    """What is published when a newsletter's first scan has ended is its archive (D3): of newsletters first seen by
    *before*."""
    unset = newsletters.c.baseline_seq.is_(None) & (newsletters.c.created <= before)
    connection.execute(update(newsletters).where(unset).values(baseline_seq=max_seq(connection)))


def get(connection: Connection, number: int) -> Subscriber | None:
    """The subscriber with this key."""
    row = connection.execute(select(subscribers).where(subscribers.c.id == number)).first()
    return Subscriber(row.id, row.address, Reach(row.state), row.language) if row else None


def is_erased(connection: Connection, number: int) -> bool:
    """Whether the person with this key was erased."""
    found = select(subscribers.c.id).where(subscribers.c.id == number, subscribers.c.state == Reach.ERASED)
    return connection.execute(found).first() is not None


def find(connection: Connection, key: str) -> Subscriber | None:
    """The subscriber with this address, by its key."""
    row = connection.execute(select(subscribers).where(subscribers.c.address_key == key)).first()
    return Subscriber(row.id, row.address, Reach(row.state), row.language) if row else None


def ensure(connection: Connection, addresses: Mapping[str, str], now: datetime) -> dict[str, Subscriber]:
    """The subscribers with these *addresses* (key: text), by key; new ones are reachable until shown otherwise."""
    enter(connection, [Newcomer(key, address) for key, address in addresses.items()], now)
    return known(connection, addresses)


def enter(connection: Connection, newcomers: Sequence[Newcomer], now: datetime) -> dict[str, int]:
    """Take in those *newcomers* whose address is not known yet; their numbers, by the addresses' keys."""
    if not newcomers:
        return {}
    given = bulk.table(newcomers, "key", "address", "reach", "language")
    columns = ["address_key", "address", "state", "language", "created"]
    rows = select(given, literal(now, subscribers.c.created.type)).where(true())
    put = (
        upsert(subscribers).from_select(columns, rows).on_conflict_do_nothing(index_elements=["address_key"])
    )
    entered = connection.execute(put.returning(subscribers.c.address_key, subscribers.c.id))
    return dict(entered.all())


def known(connection: Connection, keys: Collection[str]) -> dict[str, Subscriber]:
    """The subscribers among those with these keys of addresses, by key."""
    columns = subscribers.c["address_key", "id", "address", "state", "language"]
    found = connection.execute(select(*columns).where(bulk.among(subscribers.c.address_key, keys)))
    return {
        key: Subscriber(number, address, Reach(state), language)
        for key, number, address, state, language in found
    }


def some_wishes(connection: Connection, reader: int) -> dict[int, Wish]:
    """The states of this subscriber's subscriptions, by newsletter."""
    query = select(*subscriptions.c["newsletter", "state"]).where(subscriptions.c.subscriber == reader)
    return {newsletter: Wish(state) for newsletter, state in connection.execute(query)}


def set_language(connection: Connection, reader: int, language: str) -> None:
    """The language that this subscriber asked for (BCP 47)."""
    connection.execute(update(subscribers).where(subscribers.c.id == reader).values(language=language))


def wishes(connection: Connection, readers: Collection[int], newsletter: int) -> dict[int, Wish]:
    """The states of these subscribers' subscriptions, where there are any."""
    query = select(subscriptions.c.subscriber, subscriptions.c.state).where(
        bulk.among(subscriptions.c.subscriber, readers), subscriptions.c.newsletter == newsletter
    )
    return {subscriber: Wish(state) for subscriber, state in connection.execute(query)}


def set_wishes(
    connection: Connection,
    readers: Sequence[int],
    newsletter: int,
    state: Wish,
    source: str,
    now: datetime,
    *,
    start: int | None = None,
) -> None:
    """Write the state of these subscribers' subscriptions. One that becomes active starts behind the article *start*,
    the newest where None (D3); one that ends has its letters that have not left cancelled (H2)."""
    values = {"state": state, "source": source, "changed": now}
    if state is Wish.ACTIVE:
        values["seen_seq"] = max_seq(connection) if start is None else start
    cadence = cadences.ensure(connection, newsletter, "", "", now)
    first = {"seen_seq": 0, "newsletter": newsletter, "cadence": cadence} | values
    same = [literal(value, subscriptions.c[name].type) for name, value in first.items()]
    rows = bulk.values(readers).add_columns(*same).where(true())
    put = upsert(subscriptions).from_select(["subscriber", *first], rows)
    put = put.on_conflict_do_update(
        index_elements=["newsletter", "subscriber"],
        set_={name: put.excluded[name] for name in values}
        | {"was": subscriptions.c.state if state is Wish.ENDED else ""},
    )
    connection.execute(put)
    if state is Wish.ENDED:
        outbox.cancel(connection, readers, newsletter, LEFT)
        if waiting := alive(connection):
            mine = select(editions.c.id).where(
                editions.c.newsletter == newsletter, editions.c.id.in_(waiting)
            )
            _cancel(connection, readers, mine, LEFT)


def _cancel(
    connection: Connection, readers: Collection[int], its: Select[tuple[int]] | list[int], note: str
) -> None:
    """Letters of *its* editions to these *readers*, that have not left, do not leave."""
    # Edition by edition: no index knows letters by their reader alone.
    theirs = (deliveries.c.edition.in_(its)) & bulk.among(deliveries.c.subscriber, readers)
    row = update(deliveries).where(theirs, deliveries.c.state.in_([State.QUEUED, State.CLAIMED]))
    connection.execute(row.values(state=State.CANCELLED, note=note))


_SAYS = {
    Reach.BOUNCED: "the reader cannot be reached",
    Reach.COMPLAINED: "the reader complained",
    Reach.SUPPRESSED: "the reader is not to be mailed",
    Reach.ERASED: "the reader was erased",
}


def set_languages(connection: Connection, chosen: Mapping[int, str]) -> None:
    """The languages of these subscribers who have said nothing of it yet."""
    if not chosen:
        return
    given = bulk.table(list(chosen.items()), "reader", "tag")
    unsaid = (subscribers.c.id == given.c.reader) & subscribers.c.language.is_(None)
    connection.execute(update(subscribers).where(unsaid).values(language=given.c.tag))


def set_reach(
    connection: Connection, subscriber: int, state: Reach, *, cleared: datetime | None = None
) -> None:
    """Write whether a reader can be reached. Letters to one who cannot, that have not left, are cancelled. *cleared*:
    what came back before counts no more."""
    set_reach_of_all(connection, [subscriber], state)
    if cleared:
        connection.execute(update(subscribers).where(subscribers.c.id == subscriber).values(cleared=cleared))


def set_reach_of_all(connection: Connection, readers: Collection[int], state: Reach) -> None:
    """The same for all these *readers*."""
    theirs = bulk.among(subscribers.c.id, readers)
    connection.execute(update(subscribers).where(theirs).values(state=state))
    if state is not Reach.REACHABLE:
        outbox.cancel(connection, readers, None, _SAYS[state])
        if waiting := alive(connection):
            _cancel(connection, readers, waiting, _SAYS[state])


def listing(connection: Connection) -> list[Listing]:
    """All subscribers but those who were erased, oldest first."""
    return _listed(connection, select(subscribers.c.id).where(subscribers.c.state != Reach.ERASED))


def page(
    connection: Connection,
    *,
    contains: str = "",
    reach: Reach | None = None,
    newsletter: str = "",
    wish: Wish | None = None,
    after: int = 0,
    limit: int = 100,
    key: str = "",
) -> list[Listing]:
    """At most *limit* subscribers behind the key *after*, oldest first: those whose address *contains* a text,
    whatever its capitals, who are as *reach* says (else all but the erased), and have a subscription to *newsletter*,
    in the state *wish*; *key*: the one with this address."""
    found = select(subscribers.c.id).where(subscribers.c.id > after).order_by(subscribers.c.id).limit(limit)
    if contains:
        found = found.where(subscribers.c.address_key.contains(contains.casefold(), autoescape=True))
    if key:
        found = found.where(subscribers.c.address_key == key)
    found = found.where(subscribers.c.state == reach if reach else subscribers.c.state != Reach.ERASED)
    if newsletter or wish:
        wanted = select(subscriptions.c.subscriber)
        if newsletter:
            number = select(newsletters.c.id).where(newsletters.c.name == newsletter)
            # A sum, and the moment below: so it is the index of those who are pending that is asked.
            its = subscriptions.c.newsletter + 0 if wish is Wish.PENDING else subscriptions.c.newsletter
            wanted = wanted.where(its == number.scalar_subquery())
        if wish is Wish.PENDING:  # an index has these few: nobody walks past all the others to find them
            few = wanted.where(PENDING, subscriptions.c.changed >= datetime.fromtimestamp(0, UTC))
            found = found.where(subscribers.c.id.in_(few))
        else:
            wanted = wanted.where(subscriptions.c.subscriber == subscribers.c.id)
            found = found.where((wanted.where(subscriptions.c.state == wish) if wish else wanted).exists())
    return _listed(connection, found)


def _listed(connection: Connection, chosen: Select[tuple[int]]) -> list[Listing]:
    query = (
        select(subscribers, newsletters.c.name, subscriptions.c.state.label("wish"))
        .outerjoin_from(subscribers, subscriptions, subscriptions.c.subscriber == subscribers.c.id)
        .outerjoin(newsletters, newsletters.c.id == subscriptions.c.newsletter)
        .where(subscribers.c.id.in_(chosen))
        .order_by(subscribers.c.id, newsletters.c.name)
    )
    found: dict[int, Listing] = {}
    for row in connection.execute(query):
        person = Subscriber(row.id, row.address, Reach(row.state), row.language)
        listed = found.setdefault(row.id, Listing(person, row.created, {}))
        if row.name:
            listed.newsletters[row.name] = Wish(row.wish)
    return list(found.values())


_UNREACHABLE = text("subscribers.state <> 'reachable'")  # as the index of these few has it
_LOST = select(subscribers.c.id).where(_UNREACHABLE)


def tally(connection: Connection) -> dict[str, int]:
    """Subscribers by what they are to us: active (mailed), pending, paused, ended, or their own state when they
    cannot be reached."""
    order = [Wish.ACTIVE, Wish.PAUSED, Wish.PENDING, Wish.ENDED]
    best = select(
        func.min(case({wish: n for n, wish in enumerate(order)}, value=subscriptions.c.state)).label("n")
    )
    best = best.group_by(subscriptions.c.subscriber)
    few = best.where(subscriptions.c.subscriber.in_(_LOST))

    def ranked(query: Select[tuple[int]]) -> Counter[Wish]:
        each = query.subquery()
        rows = connection.execute(select(each.c.n, func.count()).group_by(each.c.n))
        return Counter({order[n]: count for n, count in rows})

    lost = connection.execute(
        select(subscribers.c.state, func.count()).where(_UNREACHABLE).group_by(subscribers.c.state)
    )
    unreached = {str(row.state): int(row[1]) for row in lost}
    total = connection.execute(select(func.count()).select_from(subscribers)).scalar_one()
    found = ranked(best)
    found.subtract(ranked(few))
    found[Wish.ENDED] += total - sum(unreached.values()) - found.total()  # who asked for nothing yet
    return {str(wish): found[wish] for wish in order if found[wish]} | unreached


def readers(connection: Connection) -> dict[str, int]:
    """How many readers each newsletter is mailed to: reachable, with an active subscription (L1)."""
    query = select(subscriptions.c.newsletter, func.count()).where(subscriptions.c.state == Wish.ACTIVE)
    query = query.group_by(subscriptions.c.newsletter)

    def counted(by_newsletter: Select[*tuple[Any, ...]]) -> dict[int, int]:
        return {int(newsletter): int(number) for newsletter, number in connection.execute(by_newsletter)}

    found, lost = counted(query), counted(query.where(subscriptions.c.subscriber.in_(_LOST)))
    names = {each.id: each.name for each in known_newsletters(connection).values()}
    return {names[newsletter]: number - lost.get(newsletter, 0) for newsletter, number in found.items()}
