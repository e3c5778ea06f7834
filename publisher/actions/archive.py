"""The archive: all articles in Atom documents (RFC 5005, 4), in the order of their first publication. A change of one
article changes the one document that it is in; what is new goes to the end."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

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
from publisher.model.feed import Entry
from publisher.store import articles, feeds
from publisher.store.feeds import Archive

SHARE = 200  # articles of a document, at most
_AHEAD = 12_000  # articles in memory at once


@dataclass(slots=True)
class _Run:
    """What a run has at hand, and what it did."""

    house: House
    channels: Channels
    progress: Progress
    written: list[str]
    left: int  # documents that may still be made
    changed: list[str] = field(default_factory=list)  # articles whose files changed, or could not be read
    done: int = 0

    def entries(self, wanted: Sequence[Article]) -> Iterator[Entry | None]:
        """The entries of *wanted*; None for an article whose file changed under our hands."""
        work = partial(_render, Desk.of(self.house), relations.versions(self.house, wanted))
        for made, changed in spread(work, wanted, self.house.workers):
            self.changed += changed
            yield from made

    def put(self, number: int, entries: Sequence[Entry]) -> None:
        """Write a document; newest first, as every feed."""
        newest = sorted(entries, key=lambda each: (each.article.published, each.article.seq), reverse=True)
        feed = replace(self.channels.archive(number), updated=size.newest(newest))
        path = layout.archive_path(number)
        if files.put(self.house.out, path, atom.render(feed, newest)):
            self.written.append(path)
        self.left -= 1
        self.done += len(entries)


def write(
    house: House, channels: Channels, written: list[str], *, limit: int | None, progress: Progress
) -> tuple[list[str], bool]:
    """Make at most *limit* of the stale documents again; take all away where the site wants none. Adds to *written*
    what was written and removed; returns the paths of articles that are to be looked at again, and whether other
    documents wait."""
    stale = house.store.read(feeds.stale_archives)
    if not stale:
        return [], False
    compressed.mark(house)
    if not house.feeds.archive:
        paths = (layout.archive_path(each.number) for each in stale)
        written += [path for path in paths if files.remove(house.out, path)]
        house.store.write(lambda c: feeds.archived(c, [each.number for each in stale]))
        return [], False
    run = _Run(house, channels, progress, written, limit or sys.maxsize)
    _remake(run, [each for each in stale if each.upto])
    if not stale[-1].upto and run.left:
        _go_on(run, stale[-1])
    return run.changed, not run.left


def _remake(run: _Run, full: Sequence[Archive]) -> None:
    """The documents to which nothing is added any more."""
    store = run.house.store
    tried = 0
    while tried < len(full) and run.left:
        some = full[tried : tried + min(_AHEAD // SHARE, run.left)]
        tried += len(some)
        held = [store.read(partial(articles.between, after=each.after, upto=each.upto)) for each in some]
        entries = run.entries([article for each in held for article in each])
        for each, its in zip(some, held, strict=True):
            made = list(islice(entries, len(its)))
            whole = [entry for entry in made if entry]
            if len(whole) < len(made):  # it keeps no other waiting
                continue
            run.put(each.number, whole)
            store.write(partial(feeds.archived, numbers=[each.number]))
            run.progress("archive", tried - len(some) + some.index(each) + 1, len(full))


def _go_on(run: _Run, last: Archive) -> None:
    """The document at the end, and those behind it where it gets full."""
    store, number, after = run.house.store, last.number, last.after
    waiting: list[Entry] = []
    bytes_ = total = 0
    while found := store.read(partial(articles.between, after=after, limit=_AHEAD)):
        total += len(found)
        for entry in run.entries(found):
            if entry is None:  # what comes behind it waits: the order must not be broken
                return
            much = size.at_most(entry)
            if waiting and (len(waiting) == SHARE or bytes_ + much > size.LIMIT):
                run.channels = run.channels.grown(number + 1)
                run.put(number, waiting)
                store.write(partial(feeds.close_archive, number=number, upto=waiting[-1].article.seq))
                number, waiting, bytes_ = number + 1, [], 0
                run.progress("archive", run.done, total)
                if not run.left:
                    return
            waiting.append(entry)
            bytes_ += much
        after = found[-1].seq
    run.put(number, waiting)
    store.write(partial(feeds.archived, numbers=[number]))
    run.progress("archive", run.done, run.done)


def ended(house: House) -> bool:
    """Note that all documents stand on disk, or none where the site wants none. Whether the last is another than
    when that was so before."""
    last, whole = house.store.read(lambda c: (feeds.last_archive(c), feeds.whole_archive(c)))
    last = last if house.feeds.archive else 0
    if last != whole:
        house.store.write(lambda c: feeds.keep_whole_archive(c, last))
    return last != whole


def lost(house: House) -> list[int]:
    """The numbers of those that somebody deleted."""
    if not house.feeds.archive:
        return []
    last = house.store.read(feeds.last_archive)
    return [
        number for number in range(1, last + 1) if not (house.out / layout.archive_path(number)).is_file()
    ]


def _render(desk: Desk, versions: Versions, chunk: Sequence[Article]) -> tuple[list[Entry | None], list[str]]:
    """The entries of a chunk, and the paths of articles that are to be looked at again."""
    made: list[Entry | None] = []
    again: list[str] = []
    for article in chunk:
        try:
            one = desk.entries([article], versions, {})
        except Changed as error:
            made.append(None)
            again.append(str(error))
        else:
            made += one.shown
            again += one.cut
    return made, again
