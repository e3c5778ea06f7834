"""Verbs about what readers choose: set it, and show what is known of a reader."""

import asyncio
from datetime import date, datetime
from typing import Any

from publisher.actions.house import House
from publisher.digests import due
from publisher.errors import BadInput, Unknown
from publisher.model.people import Subscriber, Wish
from publisher.store import people, reports
from publisher.subscribers.tokens import Claim
from publisher.text.dates import rfc3339
from publisher.verbs.session import Session


async def choose(
    session: Session,
    *,
    address: str | None = None,
    subscriber: int | None = None,
    newsletter: str | None = None,
    schedule: str | None = None,
    zone: str | None = None,
    categories: list[str] | None = None,
    language: str | None = None,
    text_only: bool | None = None,
    paused: bool | None = None,
    until: str = "",
) -> dict[str, Any]:
    """Write what a reader wants otherwise (D4); what is None stays as it is."""
    from publisher.actions import choices

    change = choices.Change(
        schedule,
        zone,
        None if categories is None else tuple(categories),
        language,
        text_only,
        paused,
        _day(until) if until else None,
    )

    def write() -> dict[str, Any]:
        person, now = reader(session.house, address, subscriber), session.clock()
        choices.choose(session.house, person, newsletter, change, now)
        return show(session.house, subscriber=person.id, now=now)

    return await asyncio.to_thread(write)


async def leave(session: Session, *, subscriber: int, newsletter: str) -> dict[str, Any]:
    """End a reader's subscription to a newsletter, without a letter that says so; again is the same as once."""
    from publisher.actions import leaving

    house, now = session.house, session.clock()
    person = await asyncio.to_thread(reader, house, None, subscriber)
    known = await asyncio.to_thread(house.store.read, people.known_newsletters)
    if newsletter not in known:
        raise Unknown(f"there is no newsletter {newsletter!r}", "", "`nashir newsletters` lists them")
    claim = Claim(person.id, known[newsletter].id)
    had = await asyncio.to_thread(
        house.store.read, lambda c: people.wishes(c, [claim.subscriber], claim.newsletter)
    )
    if not had:
        raise Unknown(f"this reader has no subscription to {newsletter!r}", "", "")
    await house.store.settle(lambda c: leaving.leave(c, claim, now, "unsubscribed by the operator"))
    return {"id": person.id, "newsletter": newsletter, "state": Wish.ENDED}


def reader(house: House, address: str | None, subscriber: int | None) -> Subscriber:
    """The reader with this address, or else of this number. Raises Unknown."""
    from publisher.actions import choices

    if address is not None:
        return choices.reader(house, address)
    found = house.store.read(lambda c: people.get(c, subscriber)) if subscriber is not None else None
    if found is None:
        raise Unknown(f"there is no reader {subscriber}", "", "`nashir subscribers list` names them")
    return found


def show(
    house: House, *, address: str | None = None, subscriber: int | None = None, now: datetime
) -> dict[str, Any]:
    """What is known of a reader, and when their letters are due."""
    from publisher.actions import choices

    person = reader(house, address, subscriber)
    return {
        "id": person.id,
        "address": person.address,
        "state": person.state,
        "language": person.language,
        "newsletters": [
            {
                "name": each.newsletter.name,
                "state": each.state,
                "schedule": due.spell(each.schedule),
                "zone": each.zone.key,
                "categories": each.choices.categories,
                "text_only": each.choices.text_only,
                "resumes": rfc3339(each.choices.resumes) if each.choices.resumes else None,
                "letters": each.letters,
                "next_due": rfc3339(each.due) if each.due else None,
            }
            for each in choices.subscribed(house, person.id, now)
        ],
        "returned": [
            {
                "edition": each.edition,
                "newsletter": each.newsletter,
                "kind": each.kind,
                "code": each.code,
                "note": each.note,
                "at": rfc3339(each.at),
            }
            for each in house.store.read(lambda c: reports.of_reader(c, person.id))
        ],
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no day", "", "write it as 2026-12-31") from None
