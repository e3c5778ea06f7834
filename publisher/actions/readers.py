"""Readers come: one that is added."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from publisher.actions import choices, erasing, unseen
from publisher.actions.house import House
from publisher.errors import BadInput
from publisher.model.people import Reach, Wish
from publisher.store import articles, people
from publisher.subscribers import addresses, lifecycle
from publisher.subscribers.addresses import Address


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
    if erasing.known(house)(parsed.key):
        raise BadInput(
            "this person was erased", parsed.text, "only they come back, by signing up on the site"
        )

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
