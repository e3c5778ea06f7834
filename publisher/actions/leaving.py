"""Readers go: one click, from all newsletters, and back again within a day (H2, L5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.digests import notices
from publisher.model.digest import Content
from publisher.model.people import Consent, Reach, Said, Subscriber, Wish
from publisher.store import choices, consents, joins, people
from publisher.store import notices as outbox
from publisher.subscribers import lifecycle
from publisher.subscribers.tokens import Claim

GOODBYE = timedelta(days=2)  # in which a last letter is still one


@dataclass(frozen=True, slots=True)
class Leaving:
    """Whom an unsubscribe link is about."""

    person: Subscriber
    newsletter: int
    name: str
    ended: bool  # it ended already
    back: bool = False  # that can be taken back
    others: tuple[int, ...] = ()  # newsletters they get beside it, or would
    going: tuple[int, ...] = ()  # those of them that they asked for and confirmed


def who_leaves(house: House, token: str, now: datetime) -> Leaving | None:
    """The reader and newsletter of an unsubscribe token; None for one that is not ours (H4)."""
    claim = house.keys.read("unsubscribe", token)
    if claim is None:
        return None

    def find(connection: Connection) -> Leaving | None:
        names = _names(connection)
        person = people.get(connection, claim.subscriber)
        if person is None or claim.newsletter not in names:
            return None
        wishes = people.some_wishes(connection, person.id)
        ended = wishes.pop(claim.newsletter, Wish.ENDED) is Wish.ENDED
        others = tuple(number for number, wish in wishes.items() if wish is not Wish.ENDED)
        going = tuple(number for number in others if wishes[number] is not Wish.PENDING)
        back = bool(_undone(connection, person, claim.newsletter, now))
        return Leaving(person, claim.newsletter, names[claim.newsletter], ended, back, others, going)

    return house.store.read(find)


def titles(house: House, numbers: Sequence[int]) -> list[str]:
    """What readers call these newsletters."""
    names = house.store.read(_names)
    known = [names[number] for number in numbers if number in names]
    return [house.newsletters[name].title if name in house.newsletters else name for name in known]


def leave(
    connection: Connection,
    claim: Claim,
    now: datetime,
    how: str = "unsubscribed by link",
    *,
    ip: str = "",
) -> bool:
    """End a subscription, cancel its letters that have not left (H2) and note that its reader said so (L4); again is
    the same as once. Returns whether it was one."""
    before = people.wishes(connection, [claim.subscriber], claim.newsletter).get(claim.subscriber)
    after = lifecycle.wish(before, "unsubscribe")
    if not after or after is before:
        return False
    # What did not leave is unseen again, so that nothing is lost to who comes back (L5, D1).
    choices.take_back(connection, claim.newsletter, claim.subscriber, joins.MOVED_BACK)
    people.set_wishes(connection, [claim.subscriber], claim.newsletter, after, how, now)
    consents.note(connection, [Consent(claim.subscriber, claim.newsletter, Said.LEFT, now, how, "", ip)])
    return True


def go(house: House, leaving: Leaving, now: datetime, *, everything: bool, ip: str) -> tuple[int, ...]:
    """End the subscription of *leaving*, or *everything* that its reader gets; the newsletters that ended now. Where
    the site has a last letter, it is written."""
    numbers = (leaving.newsletter, *(leaving.others if everything else ()))
    letter = _goodbye(house, leaving, numbers) if house.mail.goodbye else None

    def write(connection: Connection) -> tuple[int, ...]:
        person = leaving.person.id
        ended = tuple(number for number in numbers if leave(connection, Claim(person, number), now, ip=ip))
        if letter and ended and leaving.person.state is Reach.REACHABLE:
            key = joins.key(person, f"{leaving.newsletter}:{now.date()}")  # one a day, whoever has the link
            address = leaving.person.address
            outbox.add(connection, "goodbye", key, [address], letter, now, now + GOODBYE)
        return ended

    return house.store.write(write, urgent=True)


def _goodbye(house: House, leaving: Leaving, numbers: Sequence[int]) -> Content | None:
    known = house.newsletters.get(leaving.name)
    if known is None:
        return None
    language = leaving.person.language or house.site.language
    token = house.keys.sign("unsubscribe", Claim(leaving.person.id, leaving.newsletter))
    going = [number for number in leaving.going if number not in numbers]
    return notices.goodbye(
        house.learnt(anew=False).site,
        replace(known, title=notices.together(titles(house, numbers), language)),
        house.layout,
        house.templates,
        language,
        undo_url=house.layout.undo(token),
        others=notices.together(titles(house, going), language),
    )


def undo(house: House, leaving: Leaving, now: datetime, *, ip: str) -> tuple[int, ...]:
    """Take the leaving back, with what was left in the same moment: what the reader chose is as it was, and no article
    is lost or comes twice. The newsletters that are there again; none where it is too late."""

    def write(connection: Connection) -> tuple[int, ...]:
        person = people.get(connection, leaving.person.id)
        found = _undone(connection, person, leaving.newsletter, now) if person else {}
        for number, wish in found.items():
            joins.bring_back(connection, leaving.person.id, number, wish, now)
        said = [Consent(leaving.person.id, number, Said.RETURNED, now, "page", "", ip) for number in found]
        consents.note(connection, said)
        return tuple(found)

    return house.store.write(write, urgent=True)


def _undone(connection: Connection, person: Subscriber, newsletter: int, now: datetime) -> dict[int, Wish]:
    """What subscriptions are again when this leaving is taken back."""
    if not lifecycle.may_ask(person.state):
        return {}
    day = now - lifecycle.UNDO
    if consents.times(connection, person.id, newsletter, Said.RETURNED, day) >= lifecycle.RETURNS:
        return {}
    ended, before = joins.left_with(connection, person.id, newsletter)
    back = {number: lifecycle.undone(was, ended, now) for number, was in before.items()}
    return {number: wish for number, wish in back.items() if wish}


def _names(connection: Connection) -> dict[int, str]:
    return {series.id: series.name for series in people.known_newsletters(connection).values()}
