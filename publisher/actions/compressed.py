"""The compressed companions of what was written: for our server, and for nginx and Caddy as they are (F22).

A companion has exactly the time of the file it was made from. Whoever serves it can see that it is the right one:
after a publish that was cut off it is not, and the next publish makes it anew.
"""

import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from publisher import layout
from publisher.actions.house import House
from publisher.feeds import aliases, compression, files
from publisher.store import articles, facts

SLICE = 5_000  # articles whose pages are looked at at once: memory stays flat


def unfinished(house: House) -> bool:
    """Whether files may stand on disk whose companions an earlier publish did not come to. Ask before anything is
    changed."""
    return house.store.read(lambda c: facts.get(c, facts.COMPANIONS)) != facts.COMPLETE


def begin(house: House) -> None:
    """Note that files are about to be written though no article changed (a theme, the configuration): `unfinished`
    until `refresh`."""
    if not unfinished(house):
        house.store.write(lambda c: facts.put(c, facts.COMPANIONS, ""))


def refresh(house: House, written: Collection[str], *, whole: bool, verify: bool = False) -> None:
    """Make the companions that the files *written* lack; *whole*: that any file of ours lacks; *verify*: those of
    the feeds too, which somebody may have deleted. Raises Unwritable."""
    paths: Iterable[str] = dict.fromkeys(written)
    if whole:
        paths = {**dict.fromkeys(written), **dict.fromkeys(_shared(house))}
        files.put_dated(house.out, _companions(house.out, _pages(house)))
    elif verify:
        paths = {**dict.fromkeys(written), **dict.fromkeys(_feeds(house))}
    files.put_dated(house.out, _companions(house.out, paths))
    if unfinished(house):
        house.store.write(lambda c: facts.put(c, facts.COMPANIONS, facts.COMPLETE))


def _companions(out: Path, paths: Iterable[str]) -> Iterator[tuple[str, bytes, int | None]]:
    """The companions that *paths* lack, with their times. Those of a file that became small are kept right too."""
    for path in paths:
        found = _stat(out / path)
        if found is None:
            continue
        wanted = list(_lacking(out, path, found))
        if wanted:
            with (out / path).open("rb") as file:
                data, when = file.read(), os.fstat(file.fileno()).st_mtime_ns
            for coding in wanted:
                yield layout.companion(path, coding), compression.pack(data, coding), when


def _lacking(out: Path, path: str, found: os.stat_result) -> Iterator[str]:
    worth = compression.worth(path, found.st_size)
    if not worth and not compression.worth(path, compression.SMALLEST + 1):
        return
    for coding in layout.COMPANIONS:
        companion = _stat(out / layout.companion(path, coding))
        if worth if companion is None else companion.st_mtime_ns != found.st_mtime_ns:
            yield coding


def _stat(path: Path) -> os.stat_result | None:
    """The size and time of a regular file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _shared(house: House) -> Iterator[str]:
    """The files of ours that belong to no article."""
    yield from _feeds(house)
    yield from json.loads(house.store.read(lambda c: facts.get(c, facts.OWN_PAGES)) or "{}")


def _feeds(house: House) -> Iterator[str]:
    """The files that are feeds, or lists of them, by their names: another program's are left alone."""
    yield from layout.FEEDS
    yield from aliases.read(house.feeds.aliases)
    for folder in layout.FEED_FOLDERS:
        for path in sorted((house.out / folder).rglob("*.*")):
            if path.name in layout.FEEDS or (folder == layout.ARCHIVE and path.suffix == ".xml"):
                yield str(path.relative_to(house.out))


def _pages(house: House) -> Iterator[str]:
    """The pages of articles."""
    after = 0
    while standing := house.store.read(lambda c, after=after: articles.standing(c, after, SLICE)):  # type: ignore[misc]
        after = standing[-1].seq
        yield from (layout.article_path(one.slug) for one in standing)
