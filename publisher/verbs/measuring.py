"""What a monitoring program asks of a site: numbers for /metrics, and what is wrong for /healthz."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from publisher.actions import slots
from publisher.actions.house import House
from publisher.store import articles, editions, facts, ledger, people, workers
from publisher.text.dates import rfc3339
from publisher.verbs import saving
from publisher.verbs.reading import next_due

LATE = timedelta(minutes=5)  # behind its time, and an edition is late: a tick is seconds
ROOM = 128 << 10  # bytes: with less the disk is full, for the ledger's next page and a feed


@dataclass(frozen=True, slots=True)
class Series:
    """A newsletter."""

    last: datetime | None  # when its newest edition was planned
    next: datetime | None  # when it is due; None: an instant newsletter
    active: int  # readers who are mailed


@dataclass(frozen=True, slots=True)
class Measures:
    """What the store says. No address, no title of an article, no token."""

    articles: Mapping[str, int]  # by status
    subscribers: Mapping[str, int]  # by what they are to the site
    deliveries: Mapping[str, int]  # by state
    due: int  # letters that could leave now
    oldest: datetime | None  # when the first of them was due
    newsletters: Mapping[str, Series]
    backup: datetime | None  # when the newest nightly one was made; None: there is none on this host


def measure(house: House, now: datetime) -> Measures:
    """Count, by indexes: quick at a million readers."""
    read = house.store.read
    letters = read(ledger.tally)
    newest = read(editions.newest)
    saved = saving.newest(house, now)
    planned = {each.newsletter: each.planned for each, _ in read(lambda c: editions.listing(c, newest))}
    active = read(people.readers)
    return Measures(
        articles=read(articles.tally),
        subscribers=read(people.tally),
        deliveries={state.name.lower(): number for state, number in letters.items()},
        due=read(partial(ledger.due_now, now=now)),
        oldest=read(partial(ledger.oldest_due, now=now)),
        newsletters={
            each.name: Series(
                planned.get(each.name),
                None if each.instant else next_due(house, each, now),
                active.get(each.name, 0),
            )
            for each in house.newsletters.values()
        },
        backup=saved.made if saved else None,
    )


def problems(house: House, now: datetime) -> list[str]:
    """What is wrong that no task has run into, or could: an edition is late, letters wait for a sender, a disk is
    full."""
    late = slots.late(house, now - LATE)
    found = [f"an edition of {name} is late: nothing was planned at its time" for name in late]
    found += _unsent(house, now)
    found += filter(None, [unserved(house)])
    return found + [f"the disk of {what} is full. Mend: {mend}" for what, mend in _full(house)]


def _unsent(house: House, now: datetime) -> list[str]:
    """That nobody sends what many hosts might: each by itself has nothing to complain of."""
    if not house.store.database.shared or house.store.read(workers.living):
        return []
    oldest = house.store.read(partial(ledger.oldest_due, now=now))
    if oldest is None or oldest > now - LATE:
        return []
    mend = "look at the workers and their logs (docs/scaling.md)"
    return [f"letters are due since {rfc3339(oldest)}, and nobody is sending. Mend: {mend}"]


def unserved(house: House) -> str:
    """That readers find nothing though something was published, and the mend, in a line: on another host the output was
    not mounted, or not synced. "" where they do."""
    noted = house.store.read(lambda c: facts.get(c, facts.OUTPUTS))
    written = bool(noted) or (noted is not None and house.store.database.shared)
    if not written or (house.out.is_dir() and any(house.out.iterdir())):
        return ""
    return (
        f"{house.out}: the output folder is not there, or empty. Mend: mount it, or sync it (docs/scaling.md)"
    )


def _full(house: House) -> list[tuple[str, str]]:
    """Which disks are, and how each is mended."""
    places = (
        ("state/", "make room or mend the disk", house.root / "state"),
        ("the output", "free some space on the disk", house.out),
    )
    return [(what, mend) for what, mend, path in places if path.exists() and _free(str(path)) < ROOM]


def _free(path: str) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize
