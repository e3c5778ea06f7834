"""Readers come and go: add, unsubscribe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from publisher.actions import choices, unseen
from publisher.actions.house import House
from publisher.model.people import Reach, Subscriber, Wish
from publisher.store import articles, people
from publisher.subscribers import addresses, lifecycle
from publisher.subscribers.addresses import Address
from publisher.subscribers.tokens import Claim


def add(
    house: House,
    address: str,
    newsletter: str | None,
    now: datetime,
    *,
    confirmed: bool,
    language: str | None = None,
) -> dict[str, Wish | None]:
    """Subscribe *address*; confirmed: the operator vouches for the reader's consent; *language*: what they want to
    read (A17). Returns the state by newsletter. Raises BadInput for what is no address, newsletter or language."""
    parsed = addresses.parse(address)
    names = [n.name for n in house.newsletter(newsletter)]
    event = "confirm" if confirmed else "ask"
    tag = choices.language_tag(language) if language else None

    def write(connection: Connection) -> dict[str, Wish | None]:
        if confirmed:
            _reach_again(connection, parsed, now)
        states = _subscribe(connection, house, [parsed], names, event, "added by hand", now)[0][1]
        if tag:
            person = people.ensure(connection, {parsed.key: parsed.text}, now)[parsed.key]
            people.set_language(connection, person.id, tag)
        return states

    return house.store.write(write)


def _reach_again(connection: Connection, address: Address, now: datetime) -> None:
    """Whoever vouches for one reader knows that mail reaches them, whatever came back before (B2)."""
    person = people.find(connection, address.key)
    if person and (after := lifecycle.reach(person.state, "confirm")) is not person.state:
        people.set_reach(connection, person.id, after, cleared=now)


def _subscribe(
    connection: Connection,
    house: House,
    rows: Sequence[Address],
    names: Sequence[str],
    event: str,
    source: str,
    now: datetime,
) -> list[tuple[bool, dict[str, Wish | None]]]:
    """For each address whether anything changed, and its subscriptions after it (None: the reader cannot be
    reached)."""
    known = people.sync_newsletters(connection, list(house.newsletters), now)
    found = people.ensure(connection, {row.key: row.text for row in reversed(rows)}, now)
    persons = [found[row.key] for row in rows]
    changed, states = [False] * len(rows), [dict[str, Wish | None]() for _ in rows]
    for name in names:
        wishes = people.wishes(connection, [person.id for person in persons], known[name].id)
        new: dict[Wish, list[int]] = {}
        for place, person in enumerate(persons):
            before = wishes.get(person.id)
            may = person.state is Reach.REACHABLE or (event == "ask" and lifecycle.may_ask(person.state))
            after = lifecycle.wish(before, event) if may else None
            if after and after is not before:
                new.setdefault(after, []).append(person.id)
                wishes[person.id], changed[place] = after, True
            states[place][name] = after
        start = (
            unseen.welcome(connection, house.newsletters[name], articles.max_seq(connection)) if new else None
        )
        for state, readers in new.items():
            people.set_wishes(connection, readers, known[name].id, state, source, now, start=start)
    return list(zip(changed, states, strict=True))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Whom an unsubscribe link is about."""

    person: Subscriber
    newsletter: int
    name: str
    ended: bool  # it ended already


def who_leaves(house: House, token: str) -> Leaving | None:
    """The reader and newsletter of an unsubscribe token; None for one that is not ours (H4)."""
    claim = house.keys.read("unsubscribe", token)
    if claim is None:
        return None

    def find(connection: Connection) -> Leaving | None:
        names = {series.id: series.name for series in people.known_newsletters(connection).values()}
        person = people.get(connection, claim.subscriber)
        if person is None or claim.newsletter not in names:
            return None
        wishes = people.wishes(connection, [person.id], claim.newsletter)
        ended = wishes.get(person.id, Wish.ENDED) is Wish.ENDED
        return Leaving(person, claim.newsletter, names[claim.newsletter], ended)

    return house.store.read(find)


def leave(connection: Connection, claim: Claim, now: datetime, how: str = "unsubscribed by link") -> None:
    """End a subscription and cancel its letters that have not left (H2); again is the same as once."""
    before = people.wishes(connection, [claim.subscriber], claim.newsletter).get(claim.subscriber)
    after = lifecycle.wish(before, "unsubscribe")
    if after and after is not before:
        people.set_wishes(connection, [claim.subscriber], claim.newsletter, after, how, now)
