"""The compressed companions of what was written: for our server, and for nginx and Caddy as they are (F22).

A companion has exactly the time of the file it was made from. Whoever serves it can see that it is the right one:
after a publish that was cut off it is not, and the next publish makes it anew.
"""

import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from publisher import layout
from publisher.actions import folders
from publisher.actions.house import House
from publisher.actions.pool import spread
from publisher.feeds import aliases, compression, files
from publisher.store import articles, facts, feeds, issues

HEAVY = 4  # articles that are read while a file is compressed
SLICE = 5_000  # articles whose pages are looked at at once: memory stays flat


def begin(house: House) -> bool:
    """Whether files may stand on disk whose companions an earlier publish did not come to. Ask before anything is
    changed."""
    unfinished = not complete(house) and not house.memory.compressed
    house.memory.compressed = False
    return unfinished


def mark(house: House) -> None:
    """Note that files are about to be written, where the change that asks for it has not (facts.outdate)."""
    if complete(house):
        house.store.write(lambda c: facts.put(c, facts.COMPANIONS, ""))


def refresh(
    house: House, written: Collection[str], *, whole: bool, verify: bool = False, more: bool = False
) -> None:
    """Make the companions that the files *written* lack; *whole*: that any file of ours lacks; *verify*: those of
    the feeds too, which somebody may have deleted. *more*: the next run goes on writing. Raises Unwritable."""
    paths = dict.fromkeys(written)
    if whole:
        files.put_dated(house.out, _companions(house, _pages(house)))
        paths.update(
            dict.fromkeys(json.loads(house.store.read(lambda c: facts.get(c, facts.OWN_PAGES)) or "{}"))
        )
    if whole or verify:
        paths.update(dict.fromkeys(_feeds(house)))
    files.put_dated(house.out, _companions(house, paths))
    if not more and not complete(house):
        house.store.write(lambda c: facts.put(c, facts.COMPANIONS, facts.COMPLETE))
    house.memory.compressed = True


def beside(house: House, paths: Iterable[str]) -> None:
    """Make the companions that these files lack. Raises Unwritable."""
    files.put_dated(house.out, _companions(house, paths))


def complete(house: House) -> bool:
    """Whether everything is written, companions too: no publish goes on, or was cut off."""
    return house.store.read(lambda c: facts.get(c, facts.COMPANIONS)) == facts.COMPLETE


def _companions(house: House, paths: Iterable[str]) -> Iterator[tuple[str, bytes, int | None]]:
    """The companions that *paths* lack, with their times. Those of a file that became small are kept right too."""
    out = str(house.out)
    lacking = [path for path in paths if any(True for _ in _lacking(out, path))]
    for made in spread(partial(_packed, out), lacking, house.workers, HEAVY):
        yield from made


def _packed(out: str, paths: Sequence[str]) -> list[tuple[str, bytes, int | None]]:
    made: list[tuple[str, bytes, int | None]] = []
    for path in paths:
        if wanted := list(_lacking(out, path)):
            with Path(out, path).open("rb") as file:
                data, when = file.read(), os.fstat(file.fileno()).st_mtime_ns
            made += [
                (layout.companion(path, coding), compression.pack(data, coding), when) for coding in wanted
            ]
    return made


def _lacking(out: str, path: str) -> Iterator[str]:
    if not compression.worth(path, compression.SMALLEST + 1):
        return
    found = _stat(f"{out}/{path}")
    if found is None:
        return
    worth = compression.worth(path, found.st_size)
    for coding in layout.COMPANIONS:
        companion = _stat(f"{out}/{layout.companion(path, coding)}")
        if worth if companion is None else companion.st_mtime_ns != found.st_mtime_ns:
            yield coding


def _stat(path: str) -> os.stat_result | None:
    """The size and time of a regular file."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _feeds(house: House) -> Iterator[str]:
    """The files that are feeds of ours: what another program has put there is left alone."""
    yield from json.loads(house.store.read(lambda c: facts.get(c, facts.SITEMAPS)) or "[]")
    yield from (layout.CSS, layout.OPML, *layout.feed_files(""), *aliases.read(house.feeds.aliases))
    for label in house.store.read(feeds.listed):
        if label.folder and label.kind in house.feeds.per:
            yield from layout.feed_files(label.folder)
    for each in json.loads(house.store.read(lambda c: facts.get(c, facts.NEWSLETTERS)) or "{}").values():
        yield from each["files"]
    if house.feeds.archive:
        yield from map(layout.archive_path, range(1, house.store.read(feeds.last_archive) + 1))


def _pages(house: House) -> Iterator[str]:
    """The pages of articles and editions, and those that list articles."""
    after = 0
    while standing := house.store.read(lambda c, after=after: articles.standing(c, after, SLICE)):  # type: ignore[misc]
        after = standing[-1].seq
        yield from (layout.article_path(one.slug) for one in standing)
    for newsletter in house.store.read(issues.summary):
        for place in house.store.read(lambda c, name=newsletter: issues.public(c, name)):  # type: ignore[misc]
            yield layout.edition_path(newsletter, place.name)
    for months in folders.of_lists(house).values():
        for paths in months.values():
            yield from paths
