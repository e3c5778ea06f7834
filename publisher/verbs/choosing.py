"""Verbs about what readers choose: set it, and show what is known of a reader."""

import asyncio
from datetime import date, datetime
from typing import Any

from publisher.actions.house import House
from publisher.digests import due
from publisher.errors import BadInput
from publisher.store import reports
from publisher.text.dates import rfc3339
from publisher.verbs.session import Session


async def choose(
    session: Session,
    *,
    address: str,
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
        person, now = choices.reader(session.house, address), session.clock()
        choices.choose(session.house, person, newsletter, change, now)
        return show(session.house, address=address, now=now)

    return await asyncio.to_thread(write)


def show(house: House, *, address: str, now: datetime) -> dict[str, Any]:
    """What is known of a reader, and when their letters are due."""
    from publisher.actions import choices

    person = choices.reader(house, address)
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
