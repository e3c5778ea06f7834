"""Look at the article folder: which files are new, changed or gone, and what each of them is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from publisher.actions.house import House
from publisher.articles import folder, names, parse, slugs
from publisher.articles.folder import Odd, Seen
from publisher.errors import Unreadable, Unwritable
from publisher.model.article import Finding, Status
from publisher.store import articles
from publisher.store.articles import Known

CHUNK = 200  # files written in one transaction
ACCIDENT = 0.2  # a larger share gone at once is taken for an accident ...
ACCIDENT_LEAST = 10  # ... in a folder of at least so many


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the folder showed, before anything is written."""

    seen: int
    findings: tuple[Finding, ...]  # of files that are new or changed
    gone: tuple[str, ...]
    unsettled: tuple[str, ...]  # perhaps still being written: look again in `settle` seconds
    accident: bool  # so many are gone that they are kept until a person agrees


def look(house: House, known: dict[str, Known], now: datetime, closed: Collection[str] = ()) -> Look:
    """Compare the folder with what is *known*. Files in *closed* are whole (their writer closed them); others are
    when they rested for `articles.settle` seconds. Raises Unwritable when the folder is not there."""
    if not house.folder.is_dir():
        raise Unwritable("the article folder is not there", str(house.folder), "create it, or mount it")
    present: set[str] = set()
    findings: list[Finding] = []
    unsettled: list[str] = []
    for each in folder.scan(house.folder):
        present.add(each.path)
        if isinstance(each, Odd):
            findings.append(Finding(each.path, 0, 0, 0, Status.SKIPPED, reason=each.reason, mend=each.mend))
        elif known.get(each.path) != Known(each.mtime_ns, each.size, each.inode):
            age = now.timestamp() - each.mtime_ns / 1e9
            if each.path not in closed and 0 <= age < house.articles.settle:
                unsettled.append(each.path)
            else:
                findings.append(examine(house, each))
    closed_off = tuple(path.lstrip("/") for path in present if path.endswith("/"))  # "" closes everything off
    gone = tuple(path for path in known if path not in present and not path.startswith(closed_off or ("\0",)))
    accident = len(known) >= ACCIDENT_LEAST and len(gone) > ACCIDENT * len(known)
    fresh = tuple(f for f in findings if f.mtime_ns or known.get(f.path) != Known(0, 0, 0))
    return Look(len(present), fresh, gone, tuple(unsettled), accident)


def examine(house: House, seen: Seen) -> Finding:
    """What this file is: an article, something else, or one that cannot be read."""
    facts = (seen.path, seen.mtime_ns, seen.size, seen.inode)
    kind, reason = names.verdict(seen.path)
    if kind != "article":
        return Finding(*facts, Status.SKIPPED, reason=reason)
    try:
        manuscript = parse.parse(folder.read(house.folder, seen.path, house.articles.max_bytes), house.rules)
    except Unreadable as error:
        return Finding(*facts, Status.QUARANTINED, reason=error.what, mend=error.mend, line=error.line)
    return Finding(*facts, Status.PUBLISHED, manuscript, manuscript.slug or slugs.slug(manuscript.title))


def note(house: House, found: Look, now: datetime, *, accept_removals: bool) -> list[str]:
    """Write what a look showed; returns warnings for the log."""
    notes: list[str] = []
    store, site = house.store, house.site.id
    if found.gone and (accept_removals or not found.accident):
        store.write(lambda c: articles.depart(c, found.gone, now))
    elif found.gone:
        notes.append(
            f"{len(found.gone)} of {len(found.gone) + found.seen} files are gone at once; nothing is removed until "
            "they are back or `nashir publish --accept-removals` says that it is meant"
        )
    for chunk in _chunks(found.findings):
        notes += store.write(lambda c, chunk=chunk: articles.record(c, chunk, site, now))  # type: ignore[misc]
    return notes


def _chunks(findings: tuple[Finding, ...]) -> Iterator[tuple[Finding, ...]]:
    for start in range(0, len(findings), CHUNK):
        yield findings[start : start + CHUNK]
