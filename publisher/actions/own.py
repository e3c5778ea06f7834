"""What a reader may do with all that is held on them: see it, and have it erased (L8). The ways there are mailed to
their own address, and lead there for a day: those in other letters are in the hands of whoever was forwarded one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from sqlalchemy import Connection

from publisher.actions import choices
from publisher.actions.house import House
from publisher.digests import notices
from publisher.digests.frame import Link
from publisher.model.digest import Content
from publisher.model.people import GETS, Reach, Subscriber
from publisher.store import joins, people
from publisher.store import notices as outbox
from publisher.subscribers import lifecycle
from publisher.subscribers.tokens import Claim

LIFE = timedelta(hours=24)  # of a link, and so of the letter that holds it
Purpose = Literal["erase", "held"]


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a genuine link is about."""

    subscriber: int
    person: Subscriber | None  # None: there is nobody of that number, or their erasure has begun
    late: bool  # the link is too old


def ask(house: House, subscriber: int, now: datetime) -> bool:
    """Mail the ways to their own address, within the caps of a stranger's form (L3), but counted for itself. Whether a
    letter was written, which is nobody's business outside."""
    person = house.store.read(partial(_mailed, subscriber=subscriber, now=now))
    if person is None:
        return False
    content = letter(house, person, now, "own")

    def write(connection: Connection) -> bool:
        if _mailed(connection, subscriber, now) != person:
            return False  # somebody was quicker
        post(connection, person, content, now, joins.OWN)
        return True

    return house.store.write(write)


def _mailed(connection: Connection, subscriber: int, now: datetime) -> Subscriber | None:
    """The person, where they may be written to now."""
    person = people.get(connection, subscriber)
    if person is None or not lifecycle.may_ask(person.state):
        return None
    since = joins.letters(connection, person.id, now - lifecycle.MONTH, [joins.OWN])
    return person if lifecycle.may_write(since, now) else None


def letter(
    house: House,
    person: Subscriber,
    now: datetime,
    about: notices.About,
    language: str = "",
) -> Content:
    """The letter with the ways to all pages of *person*; its links are good from *now* on. *language* is that of who
    has none."""
    series = house.store.read(people.known_newsletters)
    ways = [
        Link(each.newsletter.title, _preferences(house, Claim(person.id, series[each.newsletter.name].id)))
        for each in choices.subscribed(house, person.id, now)
        if each.state in GETS
    ]
    made = Claim(person.id, int(now.timestamp()))
    return notices.links(
        house.learnt(anew=False).site,
        house.layout,
        house.templates,
        person.language or language or None,
        about=about if ways else "own",
        preferences=ways,
        held_url=house.layout.held(house.keys.sign("held", made)),
        erase_url=house.layout.erasure(house.keys.sign("erase", made)),
    )


def _preferences(house: House, claim: Claim) -> str:
    return house.layout.preferences(house.keys.sign("preferences", claim))


def post(
    connection: Connection, person: Subscriber, content: Content, now: datetime, kind: str = "links"
) -> None:
    """Put a `letter` into the outbox; one that cannot leave while its links are good is not sent."""
    key = joins.key(person.id, f"{now.timestamp():.0f}")
    outbox.add(connection, kind, key, [person.address], content, now, now + LIFE)


def opened(house: House, purpose: Purpose, token: str, now: datetime) -> Opened | None:
    """Whom the link *token* is about; None for one that is not ours (H4)."""
    claim = house.keys.read(purpose, token)
    if claim is None:
        return None
    person = house.store.read(lambda c: people.get(c, claim.subscriber))
    late = now.timestamp() - claim.newsletter > LIFE.total_seconds()
    there = person is not None and person.state is not Reach.ERASED
    return Opened(claim.subscriber, person if there else None, late)
