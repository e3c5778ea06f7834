"""Readers come: one that is added, by whoever vouches for them, or asks them (L4)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from publisher.actions import choices, erasing, joining, unseen
from publisher.actions.house import House
from publisher.model.people import Consent, Reach, Said, Wish
from publisher.store import articles, consents, people
from publisher.subscribers import addresses, lifecycle
from publisher.subscribers.addresses import Address


class Added(NamedTuple):
    """What became of a reader who was added."""

    newsletters: dict[str, Wish | None]  # their state by name; None: this reader is not mailed
    letter: joining.Letter = (
        ""  # "confirm": one asks them; "capped": one did so lately, and nothing was written
    )


def add(
    house: House,
    address: str,
    newsletters: list[str] | None,
    now: datetime,
    *,
    confirmed: bool,
    language: str | None = None,
    by: str = "operator",
) -> Added:
    """Subscribe *address* to these newsletters, or to all. *confirmed*: who adds them, *by*, vouches for their consent,
    and that is written down; else they are asked by a letter, as by a form (L3, L4). *language*: what they want to read
    (A17). Raises BadInput for what is no address, newsletter or language, and for who was erased."""
    parsed = addresses.parse(address)
    chosen = [None] if newsletters is None else newsletters
    names = [each.name for name in chosen for each in house.newsletter(name)]
    tag = choices.language_tag(language) if language else ""
    if not confirmed:
        return _ask(house, joining.Ask(parsed, tuple(names), tag, by, blind=False), now)
    return house.store.write(lambda c: Added(_vouch(c, house, parsed, names, tag, by, now)))


def _ask(house: House, asked: joining.Ask, now: datetime) -> Added:
    letter = joining.ask(house, asked, now)

    def look(connection: Connection) -> dict[str, Wish | None]:
        person = people.find(connection, asked.address.key)
        if person is None or not lifecycle.may_ask(person.state):
            return dict.fromkeys(asked.newsletters)
        if asked.language and person.language != asked.language:
            people.set_language(connection, person.id, asked.language)
        wishes, known = people.some_wishes(connection, person.id), people.known_newsletters(connection)
        return {name: wishes.get(known[name].id) for name in asked.newsletters if name in known}

    return Added(house.store.write(look), letter)


def _vouch(
    connection: Connection,
    house: House,
    address: Address,
    names: Sequence[str],
    language: str,
    by: str,
    now: datetime,
) -> dict[str, Wish | None]:
    erasing.refuse(house, address)
    known = people.sync_newsletters(connection, list(house.newsletters), now)
    person = people.ensure(connection, {address.key: address.text}, now)[address.key]
    said, states = list[Consent](), dict[str, Wish | None]()
    # Whoever vouches for one reader knows that mail reaches them, whatever came back before (B2).
    if (reach := lifecycle.reach(person.state, "confirm")) is not person.state:
        people.set_reach(connection, person.id, reach, cleared=now)
        person = replace(person, state=reach)
        said.append(Consent(person.id, None, Said.VOUCHED, now, by))
    wishes = people.some_wishes(connection, person.id)
    for name in names:
        number = known[name].id
        before = wishes.get(number)
        after = lifecycle.wish(before, "confirm") if person.state is Reach.REACHABLE else None
        if after and after is not before:
            start = unseen.welcome(connection, house.newsletters[name], articles.max_seq(connection))
            people.set_wishes(connection, [person.id], number, after, "added by hand", now, start=start)
            said.append(Consent(person.id, number, Said.VOUCHED, now, by))
        states[name] = after
    if language:
        people.set_language(connection, person.id, language)
    consents.note(connection, said)
    return states
