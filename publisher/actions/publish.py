"""Publish: the folder becomes feeds and pages. Run twice, it writes nothing; cut off, it goes on where it was."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.actions import assets, compressed, feed_versions, icon, outputs, scan
from publisher.actions.house import House
from publisher.actions.pool import Progress
from publisher.model.article import Finding
from publisher.store import articles, findings, people, release

PATIENCE = 10  # times `articles.settle` that a first scan waits for files still being written


@dataclass(frozen=True, slots=True)
class Published:
    """What a run did."""

    read: int  # files in the folder
    changed: int  # of these new, changed or gone
    published: int  # articles on the site now
    quarantined: int
    written: tuple[str, ...]  # files of the output folder, relative
    unsettled: tuple[str, ...]  # files perhaps still being written
    refused: tuple[Finding, ...]  # newly quarantined
    again: bool  # a file changed under our hands: run again soon
    more: bool  # *limit* was reached: run again
    notes: tuple[str, ...]  # warnings for the log


def publish(
    house: House,
    now: datetime,
    *,
    closed: Collection[str] = (),
    whole: bool = True,
    accept_removals: bool = False,
    verify: bool = False,
    limit: int | None = None,
    progress: Progress = lambda *_: None,
) -> Published:
    """Bring the store and the output folder up to the article folder; not *whole*: to its *closed* files alone.
    *verify*: also write files again that somebody deleted from the output. *limit*: what shows about that many
    articles beside the site's own feed will do, so that whoever changes an article next does not wait for more."""
    told = set(house.memory.faults)
    unfinished = compressed.begin(house)
    found = scan.look(house, now, closed, whole=whole)
    noted = scan.note(house, found, now, accept_removals=accept_removals, progress=progress)
    found = replace(found, changed=())  # of a first build that is much, and the outputs want the room
    _release(house, now, now - _patience(house) if found.unsettled else now)
    made = assets.refresh(house, verify=verify, progress=progress)
    written = list(made.written)
    marked = icon.refresh(house.learnt(anew=found.whole or not house.memory.digits), verify=verify)
    house = marked.house
    written += marked.written
    shown = outputs.write(house, now, written, verify=verify, limit=limit, progress=progress)
    if shown.changed:  # also where the file's size and time stayed the same: the next look reads it anew
        house.store.write(lambda c: findings.look_again(c, shown.changed))
    compressed.refresh(house, written, whole=unfinished, verify=verify, more=shown.more)
    feed_versions.note(house, written)
    published, quarantined = house.store.read(articles.counts)
    return Published(
        read=found.present,
        changed=noted.changed,
        published=published,
        quarantined=quarantined,
        written=tuple(written),
        unsettled=found.unsettled,
        refused=noted.refused,
        again=bool(shown.changed),
        more=shown.more,
        notes=noted.notes + noted.odd + made.notes + marked.notes + tuple(sorted(house.memory.faults - told)),
    )


def _patience(house: House) -> timedelta:
    return timedelta(seconds=PATIENCE * max(house.articles.settle, 1))


def _release(house: House, now: datetime, waited: datetime) -> None:
    """Publish what is due. A first scan has ended when it saw the whole folder, or has *waited* long enough for
    files that never rest: what is published then is the archive (D3)."""
    store, names = house.store, tuple(house.newsletters)
    if store.read(lambda c: release.waiting(c, now)):
        store.write(lambda c: release.due(c, now))
        while store.write(release.place):
            pass
    if not store.read(lambda c: people.settled(c, names)):
        store.write(lambda c: people.sync_newsletters(c, names, now))
        store.write(lambda c: people.set_baselines(c, waited))
