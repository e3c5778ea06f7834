"""The archive: all articles in Atom documents (RFC 5005, 4), each with its share of the order of first publication.
A change of one article changes the one document that it is in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from publisher import layout
from publisher.actions import compressed, relations
from publisher.actions.channel import Channels
from publisher.actions.entries import Desk
from publisher.actions.house import House
from publisher.actions.pool import Progress, spread
from publisher.actions.relations import Versions
from publisher.actions.stories import Changed
from publisher.feeds import atom, files, size
from publisher.model.article import Article
from publisher.model.feed import Feed
from publisher.store import articles, feeds
from publisher.store.stale import SHARE

_AHEAD = 60  # documents whose articles are in memory at once


@dataclass(frozen=True, slots=True)
class _Job:
    """A document to be made."""

    number: int
    feed: Feed
    articles: tuple[Article, ...]
    versions: Versions


@dataclass(frozen=True, slots=True)
class _Made:
    """What a process made."""

    files: list[tuple[str, bytes]]
    numbers: list[int]
    changed: list[str]  # articles whose files changed under our hands, or could not be read


def write(
    house: House, channels: Channels, written: list[str], *, limit: int | None, progress: Progress
) -> tuple[list[str], bool]:
    """Make at most *limit* of the stale documents again; take all away where the site wants none. Adds to *written*
    what was written and removed; returns the paths of articles that are to be looked at again, and whether other
    documents wait."""
    stale = house.store.read(lambda c: feeds.stale_archives(c, limit))
    if not stale:
        return [], False
    compressed.mark(house)
    if not house.feeds.archive:
        written += [path for path in map(layout.archive_path, stale) if files.remove(house.out, path)]
        house.store.write(lambda c: feeds.archived(c, stale))
        return [], len(stale) == limit
    changed: list[str] = []
    done = 0
    for start in range(0, len(stale), _AHEAD):
        jobs = [_job(house, channels, number) for number in stale[start : start + _AHEAD]]
        for made in spread(partial(_render, Desk.of(house)), jobs, house.workers, SHARE):
            written += files.put_many(house.out, made.files)
            house.store.write(lambda c, numbers=tuple(made.numbers): feeds.archived(c, numbers))  # type: ignore[misc]
            changed += made.changed
            done += len(made.numbers)
            progress("archive", done, len(stale))
    return changed, len(stale) == limit


def lost(house: House) -> list[int]:
    """The numbers of those that somebody deleted."""
    if not house.feeds.archive:
        return []
    last = house.store.read(feeds.last_archive)
    return [
        number for number in range(1, last + 1) if not (house.out / layout.archive_path(number)).is_file()
    ]


def _job(house: House, channels: Channels, number: int) -> _Job:
    upto = number * SHARE
    found = house.store.read(lambda c: articles.between(c, upto - SHARE, upto))
    newest = sorted(found, key=lambda article: (article.published, article.seq), reverse=True)
    return _Job(number, channels.archive(number), tuple(newest), relations.versions(house, newest))


def _render(desk: Desk, jobs: Sequence[_Job]) -> _Made:
    made = _Made([], [], [])
    for job in jobs:
        try:
            entries = desk.entries(job.articles, job.versions, {})
        except Changed as error:
            made.changed.append(str(error))
            continue
        made.changed.extend(entries.cut)
        document = atom.render(replace(job.feed, updated=size.newest(entries.shown)), entries.shown)
        made.files.append((layout.archive_path(job.number), document))
        made.numbers.append(job.number)
    return made
