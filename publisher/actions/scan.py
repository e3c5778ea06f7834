"""Look at the article folder: which files are new, changed or gone, and what each of them is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from publisher import __version__
from publisher.actions.house import House
from publisher.articles import folder, links, names, parse, slugs
from publisher.articles.folder import Odd, Seen
from publisher.articles.links import Facts
from publisher.errors import Unreadable, Unwritable
from publisher.model.article import Finding, Manuscript, Status
from publisher.store import articles, facts, places
from publisher.store.articles import Known

T = TypeVar("T")
RULES = (
    "rules"  # the fact that says by which rules the folder was read: other rules, and all of it is read again
)
CHUNK = 200  # files written in one transaction
ACCIDENT = 0.2  # a larger share gone at once is taken for an accident ...
ACCIDENT_LEAST = 10  # ... in a folder of at least so many


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the folder showed, before anything is written."""

    seen: int
    findings: tuple[Finding, ...]  # of files that are new or changed
    moved: tuple[str, ...]  # old paths of files that stand somewhere else now
    gone: tuple[str, ...]
    unsettled: tuple[str, ...]  # perhaps still being written: look again in `settle` seconds
    anew: bool  # all of it was read, by the rules of today
    accident: bool  # so many are gone that they are kept until a person agrees


def look(
    house: House, known: dict[str, Known], now: datetime, closed: Collection[str] = (), *, wait: bool = True
) -> Look:
    """Compare the folder with what is *known*. Files in *closed* are whole (their writer closed them); others are
    when they rested for `articles.settle` seconds (not *wait*: at once). Raises Unwritable where there is no folder."""
    if not house.folder.is_dir():
        raise Unwritable("the article folder is not there", str(house.folder), "create it, or mount it")
    anew = house.store.read(lambda c: facts.get(c, RULES)) != _rules(house)
    present: set[str] = set()
    findings: list[Finding] = []
    unsettled: list[str] = []
    for each in folder.scan(house.folder):
        present.add(each.path)
        if isinstance(each, Odd):
            findings.append(Finding(each.path, 0, 0, 0, Status.SKIPPED, reason=each.reason, mend=each.mend))
            continue
        same = known.get(each.path) == Known(each.mtime_ns, each.size, each.inode)
        if anew or not same:
            age = now.timestamp() - each.mtime_ns / 1e9
            if not same and wait and each.path not in closed and 0 <= age < house.articles.settle:
                unsettled.append(each.path)
            else:
                findings.append(examine(house, each, now))
    closed_off = tuple(path.lstrip("/") for path in present if path.endswith("/"))  # "" closes everything off
    away = {
        path: None for path in known if path not in present and not path.startswith(closed_off or ("\0",))
    }
    new = {f.manuscript.content_hash for f in findings if f.manuscript and f.path not in known}
    moved = house.store.read(lambda c: articles.moved(c, away, new)) if away and new else set()
    gone = tuple(path for path in away if path not in moved)
    accident = len(known) >= ACCIDENT_LEAST and len(gone) > ACCIDENT * len(known)
    fresh = tuple(f for f in findings if f.mtime_ns or known.get(f.path) != Known(0, 0, 0))
    return Look(len(present), fresh, tuple(moved), gone, tuple(unsettled), anew, accident)


def _rules(house: House) -> str:
    """What the verdict on a file depends on beside the file."""
    return repr((__version__, house.rules))


def address(house: House, manuscript: Manuscript, now: datetime) -> str:
    """The slug it asks for: the address it declares, else by the site's link pattern; of an article without a date
    by today's. Its first publication fixes it (A14)."""
    if manuscript.link and not manuscript.link.startswith("/"):
        return manuscript.link
    slug = manuscript.slug or slugs.slug(manuscript.title)
    pattern = manuscript.link or house.pages.link
    if pattern == links.DEFAULT:
        return slug
    date = (manuscript.published or now).astimezone(house.site.timezone)
    return links.expand(pattern, Facts(manuscript.path, slug, manuscript.title, manuscript.categories, date))


def examine(house: House, seen: Seen, now: datetime) -> Finding:
    """What this file is: an article, something else, or one that cannot be read."""
    mark = (seen.path, seen.mtime_ns, seen.size, seen.inode)
    kind, reason = names.verdict(seen.path)
    if kind != "article":
        return Finding(*mark, Status.SKIPPED, reason=reason)
    try:
        leaf = folder.read(house.folder, seen.path, house.articles.max_bytes)
    except Unreadable as error:
        # What mends this (rights, a setting) does not show on the file: no mark, so every look tries again.
        return Finding(seen.path, 0, 0, 0, Status.QUARANTINED, reason=error.what, mend=error.mend)
    try:
        manuscript = parse.parse(leaf, house.rules)
    except Unreadable as error:
        return Finding(*mark, Status.QUARANTINED, reason=error.what, mend=error.mend, line=error.line)
    return Finding(*mark, Status.PUBLISHED, manuscript, address(house, manuscript, now))


def note(house: House, found: Look, now: datetime, *, accept_removals: bool) -> list[str]:
    """Write what a look showed; returns warnings for the log."""
    notes: list[str] = []
    store, site = house.store, house.site.id
    keep = found.accident and not accept_removals
    for paths in _chunks(found.moved if keep else found.moved + found.gone):
        store.write(lambda c, paths=paths: articles.depart(c, paths, now))  # type: ignore[misc]
    if keep:
        notes.append(
            f"{len(found.gone)} of {len(found.gone) + found.seen} files are gone at once; nothing is removed until "
            "they are back or `nashir publish --accept-removals` says that it is meant"
        )
    for chunk in _chunks(found.findings):
        notes += store.write(lambda c, chunk=chunk: _record(c, chunk, site, now))  # type: ignore[misc]
    if found.anew:
        store.write(lambda c: facts.put(c, RULES, _rules(house)))
    return notes


def _record(connection: Connection, chunk: tuple[Finding, ...], site: str, now: datetime) -> list[str]:
    notes = articles.record(connection, chunk, site, now)
    places.note_aliases(connection, chunk)
    return notes


def _chunks(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
