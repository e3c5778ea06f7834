"""The feeds of categories, authors and languages: those in which something changed are made again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from publisher import layout
from publisher.actions import compressed, folders, pings, relations
from publisher.actions.channel import REMEMBERED, TOMBSTONES, Channels
from publisher.actions.entries import Desk
from publisher.actions.house import House
from publisher.actions.pool import Progress, spread
from publisher.actions.relations import Versions
from publisher.actions.stories import Changed
from publisher.feeds import atom, files, jsonfeed, plain, rss, size
from publisher.model.article import Article
from publisher.model.feed import Entry, Feed
from publisher.model.site import Site
from publisher.pages.feed import feed_page
from publisher.store import articles, departures, feeds
from publisher.store.feeds import LabelFeed
from publisher.templating import Templates

_AHEAD = 200  # feeds whose articles are in memory at once
FORMATS: tuple[tuple[plain.Format, str, Callable[[Feed, Sequence[Entry]], bytes]], ...] = (
    ("atom", layout.ATOM, atom.render),
    ("rss", layout.RSS, rss.render),
    ("json", layout.JSON, jsonfeed.render),
)


@dataclass(frozen=True, slots=True)
class _Job:
    """A feed to be made: what is in it, and where it goes."""

    key: str
    feed: Feed
    folder: str
    articles: tuple[Article, ...]
    versions: Versions


@dataclass(frozen=True, slots=True)
class _Made:
    """What a process made."""

    files: list[tuple[str, bytes]]
    keys: list[str]  # whose feeds these are
    changed: list[str]  # articles whose files changed under our hands, or could not be read
    faults: list[str]  # articles whose text cannot be shown, in words


def write(
    house: House,
    now: datetime,
    channels: Channels,
    written: list[str],
    *,
    limit: int | None,
    progress: Progress,
) -> tuple[list[str], bool]:
    """Make at most *limit* of the stale ones again, and take away those that have no articles any more. Adds to
    *written* what was written and removed; returns the paths of articles that are to be looked at again, and whether
    others wait."""
    since = now - REMEMBERED
    if house.store.read(lambda c: departures.any_before(c, since)):
        house.store.write(lambda c: departures.forget(c, since))
    changed: list[str] = []
    tried: set[str] = set()  # an article of theirs changed under our hands: they keep nobody waiting
    left = limit
    while stale := house.store.read(partial(feeds.stale, limit=left, without=tried)):
        compressed.mark(house)
        full: list[LabelFeed] = []
        empty: list[LabelFeed] = []
        for each in stale:
            (full if each.articles and each.kind in house.feeds.per else empty).append(each)
        if empty:
            written += _take_away(house, empty)
            house.store.write(partial(feeds.made, keys=[each.key for each in empty]))
        made, torn = _make(house, now, channels, full, written, progress)
        changed += torn
        tried |= {each.key for each in full} - made
        if left is None:
            break
        left -= len(made) + len(empty)
        if left <= 0:
            return changed, True
    return changed, False


def _make(
    house: House,
    now: datetime,
    channels: Channels,
    full: Sequence[LabelFeed],
    written: list[str],
    progress: Progress,
) -> tuple[set[str], list[str]]:
    """The keys of those that were made, and the paths of articles that are to be looked at again."""
    published, _ = house.store.read(articles.counts)
    done: set[str] = set()
    changed: list[str] = []
    work = partial(_render, Desk.of(house), house.site, house.templates)
    for start in range(0, len(full), _AHEAD):
        jobs = [
            _job(house, channels, now - REMEMBERED, each, published) for each in full[start : start + _AHEAD]
        ]
        keys: list[str] = []

        def made(
            jobs: list[_Job] = jobs, keys: list[str] = keys, before: int = start
        ) -> Iterator[tuple[str, bytes]]:
            for some in spread(work, jobs, house.workers, house.feeds.entries):
                pings.note(house, now, some.files)
                yield from some.files
                keys += some.keys
                changed.extend(some.changed)
                house.memory.faults.update(some.faults)
                progress("feeds", before + len(keys), len(full))

        written += files.put_many(house.out, made())
        house.store.write(partial(feeds.made, keys=keys))
        done |= set(keys)
    return done, changed


def lost(house: House) -> list[str]:
    """The keys of those of which somebody deleted a file."""
    every = house.store.read(feeds.listed)
    wanted = [each for each in every if each.kind in house.feeds.per]
    return [each.key for each in wanted if not all((house.out / path).is_file() for path in _paths(each))]


def _paths(label: LabelFeed) -> tuple[str, ...]:
    return layout.feed_files(label.folder) if label.folder else ()


def _take_away(house: House, empty: Sequence[LabelFeed]) -> Iterator[str]:
    for label in empty:
        yield from (path for path in _paths(label) if files.remove(house.out, path))


def _job(house: House, channels: Channels, since: datetime, label: LabelFeed, published: int) -> _Job:
    find = partial(articles.labelled, key=label.key, count=label.articles, of=published)
    newest = house.store.read(partial(find, limit=house.feeds.entries))
    folder = label.folder or house.store.write(
        lambda c: feeds.place(c, label.key, folders.wanted(label.key, label.word))
    )
    removed = house.store.read(lambda c: articles.removed(c, since, TOMBSTONES, label.key))
    versions = relations.versions(house, newest)
    return _Job(label.key, channels.label(label, folder, removed), folder, tuple(newest), versions)


def _render(desk: Desk, site: Site, templates: Templates, jobs: Sequence[_Job]) -> _Made:
    made = _Made([], [], [], [])
    kept: dict[str, tuple[str, str]] = {}  # an article stands in several of these feeds
    for job in jobs:
        try:
            entries = desk.entries(job.articles, job.versions, kept)
        except Changed as error:
            made.changed.append(str(error))
            continue
        made.changed.extend(entries.cut)
        made.faults.extend(entries.faults)
        kept |= entries.new
        shown = size.fitting(job.feed, entries.shown)
        feed = replace(job.feed, updated=size.newest(shown))
        made.files.extend(
            (layout.in_folder(job.folder, name), render(feed, shown)) for _, name, render in FORMATS
        )
        page = feed_page(site, desk.layout, feed, shown, templates)
        made.files.append((layout.in_folder(job.folder, layout.FEED_PAGE), page))
        made.keys.append(job.key)
    return made
