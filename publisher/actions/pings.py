"""Tell WebSub hubs that feeds have changed (F24): once for each change, after everybody can see it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.house import House
from publisher.feeds import document, files, websub
from publisher.model.ping import Reply, judge
from publisher.store import pings
from publisher.store.pings import Kind, Ping
from publisher.text.dates import rfc3339

BATCH = 20  # feeds that a hub is told of between two looks at the files
UNFINISHED = timedelta(minutes=1)  # until a file is looked at again whose writing was cut off

Send = Callable[[str, str], Reply]  # the hub, the feed's URL


@dataclass(slots=True)
class Told:
    """What one of those who are told of news heard."""

    kind: Kind
    target: str
    news: int = 0  # feeds, or pages
    failed: int = 0  # pings it did not take


def note(house: House, now: datetime, written: Iterable[tuple[str, bytes]]) -> None:
    """Hubs are to hear of those feeds that they do not know among the files (path, bytes) that are about to be
    *written*."""
    if not house.feeds.hub:
        return
    feeds = ((path, data) for path, data in written if path.rpartition("/")[2] in layout.FEEDS)
    versions = {path: document.fingerprint(data) for path, data in feeds}
    house.store.write(lambda c: pings.wanted(c, Kind.HUB, websub.read(house.feeds), versions, now))


def ready(house: House, hub: str, now: datetime) -> list[Ping]:
    """What *hub* can be told now: feeds that stand in the output folder as they are to be. Called while nobody
    publishes, so that what belongs to a feed (its compressed forms) is there as well."""
    found: list[Ping] = []
    while not found and (batch := _due(house, hub, now)):
        for each in batch:
            data = files.read(house.out, each.path)
            if data is None:
                house.store.write(partial(pings.forget, ping=each))
            elif document.fingerprint(data) != each.wanted:
                house.store.write(partial(pings.later, ping=each, due=now + UNFINISHED))
            else:
                found.append(each)
    return found


def tell(
    house: House,
    batch: Sequence[Ping],
    told: Told,
    send: Send,
    *,
    clock: Callable[[], datetime],
    stop: Callable[[], bool],
) -> None:
    """Ping the hub of *batch*, one feed after the other, and write down what it said. Where it is down, all it was to
    hear now waits."""
    for each in batch:
        if stop():
            return
        reply = send(each.target, house.layout.url(each.path))
        now = clock()
        verdict = judge(reply, each.attempts, each.since, now)
        if verdict.told:
            house.store.write(partial(pings.told, ping=each))
            told.news += 1
            continue
        told.failed += _failed(house, [each], reply, now)
        if verdict.down:
            while rest := _due(house, told.target, now):
                told.failed += _failed(house, rest, reply, now)
            return


def _due(house: House, hub: str, now: datetime) -> list[Ping]:
    return house.store.read(partial(pings.due, kind=Kind.HUB, target=hub, now=now, limit=BATCH))


def _failed(house: House, batch: Sequence[Ping], reply: Reply, now: datetime) -> int:
    verdicts = [(each, judge(reply, each.attempts, each.since, now)) for each in batch]

    def write(connection: Connection) -> None:
        for each, verdict in verdicts:
            pings.failed(connection, each, reply.words, verdict.due, asked=verdict.asked)

    house.store.write(write)
    return len(batch)


def untold(house: House) -> list[Ping]:
    """What the site's hubs have not heard: it waits, or was given up."""
    if not house.feeds.hub:
        return []
    return house.store.read(lambda c: pings.untold(c, Kind.HUB, websub.read(house.feeds)))


def troubles(house: House) -> list[str]:
    """A line for each hub that failed: what it said, and what follows."""
    failed = [each for each in untold(house) if each.answer]
    return [
        line for hub, group in groupby(failed, lambda each: each.target) for line in _lines(hub, [*group])
    ]


def _lines(hub: str, failed: Sequence[Ping]) -> list[str]:
    waiting = [each for each in failed if each.due]
    given_up = [each for each in failed if not each.due]
    lines = []
    if waiting:
        soon = min((each.due, each.answer) for each in waiting if each.due)
        lines.append(f"the hub {hub} did not take {_feeds(waiting)}: {soon[1]}; next try {rfc3339(soon[0])}")
    if given_up:
        what = (
            f"the hub {hub} is told no more of {_feeds(given_up)} until the next change: {given_up[0].answer}"
        )
        lines.append(f"{what}. Mend: look at feeds.hub")
    return lines


def _feeds(pings_: Sequence[Ping]) -> str:
    return f"/{pings_[0].path}" if len(pings_) == 1 else f"{len(pings_)} feeds"
