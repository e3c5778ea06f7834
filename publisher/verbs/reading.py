"""Verbs that only read: beside a running daemon, or without one."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from publisher.actions import agreement, announcing, assets, icon, pings, scan
from publisher.actions.cadence import rhythm
from publisher.actions.house import House
from publisher.actions.letters import sender
from publisher.articles.folder import shown
from publisher.digests import due
from publisher.errors import BadInput
from publisher.feeds import plain
from publisher.mail.message import message_id
from publisher.model.article import Status
from publisher.model.delivery import UNDECIDED, State
from publisher.model.digest import Edition, Newsletter
from publisher.store import (
    articles,
    cadences,
    editions,
    ledger,
    people,
    release,
    reports,
    translations,
    workers,
)
from publisher.store.articles import Listed
from publisher.store.cadences import Cadence
from publisher.subscribers.tokens import Claim
from publisher.text.dates import rfc3339
from publisher.verbs import held, saving, trying

PAGE = 2000  # letters read at a time
NAMED_BY = "translation_of is the other's path (posts/story.ar.md), slug or id"


def check(house: House, now: datetime) -> dict[str, Any]:
    """What `publish` would make of the folder as it is now. Writes to the house's store: hand it a copy."""
    notes = scan.note(house, scan.look(house, now, wait=False), now).notes
    house.store.write(lambda c: release.due(c, now))
    while house.store.write(release.place):
        pass
    assets.refresh(house, write=False)
    listed = house.store.read(articles.listing)
    problems = [_warning(each, warning) for each in listed for warning in each.warnings]
    problems += [{"where": str(house.folder), "what": note, "mend": ""} for note in notes]
    if problem := icon.refresh(house, write=False).problem:
        problems.append({"where": str(house.root), "what": problem, "mend": ""})
    problems += [
        {"where": shown(path), "what": f"is a translation of {name!r}, which is not there", "mend": NAMED_BY}
        for path, name in house.store.read(translations.unknown)
    ]
    problems += trying.faults(house, now)
    if line := held.unmailed(house):
        what, _, mend = line.partition(". Mend: ")
        problems.append({"where": "config.toml", "what": what, "mend": mend})
    return {"articles": [_row(house, each) for each in listed], "problems": problems}


def _warning(listed: Listed, warning: str) -> dict[str, Any]:
    """A warning in the form of a problem: where with its line, what, and the mend."""
    found = re.fullmatch(r"line (\d+): (.*)", warning, re.DOTALL)
    where = f"{shown(listed.path)}:{found[1]}" if found else shown(listed.path)
    what, _, mend = (found[2] if found else warning).partition(". Mend: ")
    return {"where": where, "what": what, "mend": mend}


def _row(house: House, each: Listed) -> dict[str, Any]:
    article = each.article
    named = each.status in {Status.PUBLISHED, Status.HELD} and article is not None
    return {
        "path": shown(each.path),
        "status": each.status,
        "title": article.title if named and article else None,
        "language": article.language if named and article else None,
        "direction": article.direction if named and article else None,
        "published": rfc3339(article.published) if named and article else None,
        "updated": rfc3339(article.updated) if named and article else None,
        "id": plain.identity(article, "atom") if article else None,
        "url": house.layout.article(article.slug) if named and article else None,
        "reason": ". Mend: ".join(filter(None, (each.reason, each.mend))) or None,
        "line": each.line,
    }


def status(house: House, now: datetime) -> dict[str, Any]:
    """What is published, refused, subscribed, sent and due."""
    rows = house.store.read(articles.listing)
    letters = house.store.read(ledger.tally)
    refused = [each for each in rows if each.status == Status.QUARANTINED]
    return {
        "articles": house.store.read(articles.tally),
        "subscribers": house.store.read(people.tally),
        "deliveries": {state.name.lower(): letters[state] for state in sorted(letters)},
        "returned": house.store.read(reports.tally),
        "newsletters": newsletters(house, now)["newsletters"],
        "under_way": _under_way(house),
        "workers": house.store.read(workers.living),
        "stopped": held.stopped(house),
        "unmailed": held.unmailed(house) or None,
        "backup": saving.last(house, now),
        "differs": list(agreement.differing(house)),
        "pings": [
            {
                "hub": each.target,
                "topic": house.layout.url(each.path),
                "state": "waits" if each.due else "given up",
                "attempts": each.attempts,
                "next_try": rfc3339(each.due) if each.due else None,
                "answer": each.answer,
            }
            for each in pings.untold(house)
        ],
        "indexnow": _engines(house),
        "quarantined": [
            {"path": shown(e.path), "line": e.line, "reason": e.reason, "mend": e.mend} for e in refused
        ],
    }


def _engines(house: House) -> dict[str, Any] | None:
    """What search engines have not been told of (F24)."""
    found = announcing.untold(house)
    if not found:
        return None
    ping, pages = found
    return {
        "endpoint": ping.target,
        "pages": pages,
        "state": "waits" if ping.due else "given up",
        "attempts": ping.attempts,
        "next_try": rfc3339(ping.due) if ping.due else None,
        "answer": ping.answer,
    }


def _under_way(house: House) -> list[dict[str, Any]]:
    """How far the editions are of which letters leave."""
    found = house.store.read(ledger.under_way)
    known = (
        {each.id: each for each, _ in house.store.read(lambda c: editions.listing(c, found))} if found else {}
    )
    return [
        {
            "edition": number,
            "newsletter": known[number].newsletter,
            "total": sum(counts.values()),
            "sent": counts.get(State.SENT, 0),
            "failed": counts.get(State.FAILED, 0),
            "waiting": sum(counts.get(state, 0) for state in UNDECIDED),
        }
        for number, counts in found.items()
    ]


def newsletters(house: House, now: datetime) -> dict[str, Any]:
    """The digests of the configuration: next due, last edition, readers."""
    newest = house.store.read(editions.newest)
    last = {
        edition.newsletter: edition_row(edition, counts)
        for edition, counts in house.store.read(lambda c: editions.listing(c, newest))
    }
    readers = house.store.read(people.readers)
    rows = [
        {
            "name": each.name,
            "title": each.title,
            "schedule": each.schedule,
            "next_due": None if each.instant else rfc3339(next_due(house, each, now)),
            "last_edition": last.get(each.name),
            "active": readers.get(each.name, 0),
        }
        for each in house.newsletters.values()
    ]
    return {"newsletters": rows}


def next_due(house: House, newsletter: Newsletter, now: datetime) -> datetime:
    """When *newsletter* is due for anybody: where readers choose, the first of their slots."""
    rows: list[Cadence | None] = [None]
    if newsletter.frequencies:
        rows += house.store.read(lambda c: cadences.living(c, newsletter.name))
    return min(due.following(*rhythm(house, newsletter, each), now) for each in rows)


def subscribers(house: House) -> dict[str, Any]:
    """All readers with their subscriptions."""
    return {"subscribers": [subscriber_row(each) for each in house.store.read(people.listing)]}


def subscriber_row(listed: people.Listing) -> dict[str, Any]:
    """A reader with their subscriptions, as JSON has it."""
    return {
        "id": listed.subscriber.id,
        "address": listed.subscriber.address,
        "state": listed.subscriber.state,
        "language": listed.subscriber.language,
        "newsletters": listed.newsletters,
        "since": rfc3339(listed.created),
    }


def editions_list(house: House) -> dict[str, Any]:
    """All editions, newest first, with what came back of them."""
    found = house.store.read(editions.listing)
    back = house.store.read(reports.by_edition)
    rows = [edition_row(*each) | {"returned": back.get(each[0].id, {})} for each in found]
    return {"editions": rows, "stopped": held.stopped(house)}


def edition_row(edition: Edition, counts: dict[str, int]) -> dict[str, Any]:
    """An edition with its letters by state, as JSON has it."""
    return {
        "id": edition.id,
        "newsletter": edition.newsletter,
        "slot": edition.slot,
        "kind": edition.kind,
        "release": edition.release,
        "stopped": str(edition.stopped or ""),
        "planned": rfc3339(edition.planned),
        "expires": rfc3339(edition.expires),
        "deliveries": counts,
    }


def deliveries(house: House, *, edition: int | None, states: list[str]) -> Iterator[dict[str, Any]]:
    """The ledger: what became of every letter, a page of them in memory at a time. Raises BadInput where there is no
    such edition."""
    if edition is not None and house.store.read(lambda c: editions.progress(c, edition)) is None:
        raise BadInput(f"there is no edition {edition}", "", "`nashir editions` lists them")
    wanted, after = _states(states), (0, 0)
    while page := house.store.read(
        partial(ledger.listing, edition=edition, states=wanted, after=after, limit=PAGE)
    ):
        yield from letter_rows(house, page)
        after = page[-1].edition, page[-1].subscriber


def letter_rows(house: House, page: list[ledger.Entry]) -> Iterator[dict[str, Any]]:
    """What became of these letters, as JSON has it."""
    domains = dict[str, str]()
    for each in page:
        if each.newsletter not in domains:
            domains[each.newsletter] = sender(house, each.newsletter).domain
        yield _letter(house, each, domains[each.newsletter])


def gone(house: House, *, edition: int | None, states: list[str]) -> dict[str, int]:
    """How many more letters there were, of which only the number is kept (S8)."""
    found = house.store.read(lambda c: ledger.gone(c, edition, _states(states)))
    return {state.name.lower(): number for state, number in found.items()}


def _states(names: list[str]) -> list[State]:
    return [State[name.upper()] for name in names]


def _letter(house: House, each: ledger.Entry, domain: str) -> dict[str, Any]:
    key = house.keys.sign("message-id", Claim(each.subscriber, each.edition))
    return {
        "edition": each.edition,
        "newsletter": each.newsletter,
        "subscriber": each.subscriber,
        "address": each.address,
        "state": each.state.name.lower(),
        "attempts": each.attempts,
        "code": each.code,
        "note": each.note,
        "message_id": message_id(each.edition, key, domain),
    }
