"""Look at the article folder: which files are new, changed or gone, and what each of them is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

from publisher import __version__
from publisher.actions.house import House
from publisher.actions.pool import CHUNK, Progress, spread
from publisher.articles import folder, links, names, parse, slugs
from publisher.articles.folder import Mark, Odd, Seen
from publisher.articles.links import Facts
from publisher.errors import Empty, Unreadable, Unwritable
from publisher.model.article import Finding, Manuscript, Status
from publisher.store import facts, findings

# The fact that says by which rules the folder was read: other rules, and all of it is read again.
RULES = "rules"
ACCIDENT = 0.2  # a larger share gone at once is taken for an accident ...
ACCIDENT_LEAST = 10  # ... in a folder of at least so many
FEW = 200  # files looked at one by one; where more were closed, a look at all of them costs no more


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the folder showed, before anything is read or written."""

    present: int
    changed: tuple[Seen, ...]  # to be read
    locked: frozenset[str]  # of these, files that could not be opened at the last look ...
    doubted: frozenset[str]  # ... and articles that were not what they seemed when they were to be shown
    odd: tuple[Odd, ...]  # what was not odd yet
    moved: tuple[str, ...]  # old paths of files that stand somewhere else now
    gone: tuple[str, ...]
    unsettled: tuple[str, ...]  # perhaps still being written: look again in `settle` seconds
    anew: bool  # all of it is read, by the rules of today
    accident: str  # what is gone, where it is so much that it is kept until a person agrees; else ""
    whole: bool = True  # False: only files that were closed were looked at


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a look."""

    changed: int  # files new, changed or gone
    refused: tuple[Finding, ...]  # newly quarantined
    notes: tuple[str, ...]  # warnings for the log
    odd: tuple[str, ...]  # what is odd in files that are new or changed, as "path:line: what"


def look(
    house: House, now: datetime, closed: Collection[str] = (), *, whole: bool = True, wait: bool = True
) -> Look:
    """Compare the folder with what the store knows. Files in *closed* are whole (their writer closed them); others
    are when they rested for `articles.settle` seconds (not *wait*: at once). Not *whole*: only the files in *closed*
    are looked at, if each of them is there. Raises Unwritable where there is no folder."""
    if not house.folder.is_dir():
        raise Unwritable("the article folder is not there", str(house.folder), "create it, or mount it")
    if not whole and 0 < len(closed) <= FEW and (some := _glance(house, closed)):
        return some
    known = house.store.read(findings.known)
    anew = house.store.read(lambda c: facts.get(c, RULES)) != _rules(house)
    found = folder.compare(house.folder, dict.fromkeys(known, _NOTHING) if anew else known)
    changed, unsettled = [], []
    for seen in found.changed:
        age = now.timestamp() - seen.mtime_ns / 1e9
        fresh = wait and 0 <= age < house.articles.settle and seen.path not in closed
        if fresh and known.get(seen.path) != seen[1:]:
            unsettled.append(seen.path)
        else:
            changed.append(seen)
    changed, waiting = _together(changed, unsettled, known)
    unsettled += waiting
    moved = _moved(house, found.away, [seen for seen in changed if seen.path not in known])
    gone = tuple(path for path in found.away if path not in moved)
    moved |= _replaced(house, changed, known)
    return Look(
        found.present,
        tuple(changed),
        frozenset(seen.path for seen in changed if known.get(seen.path) == _ODD),
        _doubted(changed, known),
        tuple(each for each in found.odd if known.get(each.path) != _ODD),
        tuple(moved),
        gone,
        tuple(unsettled),
        anew,
        _accident(known, gone, found.present) or _emptied(house, gone, found.present),
    )


def _accident(known: Mapping[str, Mark], gone: Sequence[str], present: int) -> str:
    """What is gone, in words, where it is too much to be meant: files, or articles among however many pictures."""
    if _too_many(len(gone), len(known)):
        return f"{len(gone)} of {len(gone) + present} files"
    articles = sum(1 for path in gone if names.kind(path))
    every = sum(1 for path in known if names.kind(path)) if articles else 0
    return f"{articles} of {every} articles" if _too_many(articles, every) else ""


def _emptied(house: House, gone: Sequence[str], present: int) -> str:
    """What is gone, in words, where hosts share a database and nothing is left in the folder of this one: it may not be
    synced, and there all of however few is too much."""
    articles = sum(1 for path in gone if names.kind(path))
    lost = house.store.database.shared and not present
    return f"{articles} of {articles} articles" if lost and articles else ""


def _too_many(gone: int, every: int) -> bool:
    return every >= ACCIDENT_LEAST and gone > ACCIDENT * every


_ODD: Mark = (0, 0, 0)  # the mark of what cannot be read
_NOTHING: Mark = (-1, -1, -1)  # no file's mark


def _glance(house: House, paths: Collection[str]) -> Look | None:
    """A look at *paths* alone; None where that is not enough to tell what happened."""
    known = house.store.read(lambda c: findings.known(c, paths))
    there: list[Seen] = []
    for path in sorted(paths):
        if seen := folder.glance(house.folder, path):
            there.append(seen)
        elif path in known or names.verdict(path)[0] != "skipped":  # a temporary file was here and went
            return None
    if _from_elsewhere(house, [each for each in there if each.path not in known], paths):
        return None
    present = house.store.read(findings.count) + len(there) - len(known)
    changed = tuple(each for each in there if known.get(each.path) != each[1:])
    if _replaced(house, changed, known):
        return None
    doubted = _doubted(changed, known)
    return Look(present, changed, frozenset(), doubted, (), (), (), (), anew=False, accident="", whole=False)


def _from_elsewhere(house: House, new: Sequence[Seen], paths: Collection[str]) -> bool:
    """Whether one of these *new* files has the content of a known one that is gone, or is among the *paths* that were
    written: moved, as between disks by copying and deleting, which only a look at the whole folder tells from a copy
    (A9)."""
    hashes = _hashes(house, new)
    twins = house.store.read(lambda c: findings.twins(c, hashes)) if hashes else ()
    return any(path in paths or folder.glance(house.folder, path) is None for path in twins)


def _doubted(changed: Iterable[Seen], known: Mapping[str, Mark]) -> frozenset[str]:
    return frozenset(each.path for each in changed if known.get(each.path, _ODD)[0] == findings.DOUBTED)


def _rules(house: House) -> str:
    """What the verdict on a file depends on beside the file."""
    return repr((__version__, house.rules))


def examine(root: Path, limit: int, rules: parse.Rules, seen: Seen) -> Finding:
    """What this file below *root* is: an article of at most *limit* bytes, something else, or one that cannot be
    read."""
    kind, reason = names.verdict(seen.path)
    if kind != "article":
        return Finding(*seen, Status.SKIPPED, reason=reason)
    try:
        leaf = folder.read(root, seen.path, limit)
    except Unreadable as error:
        # What mends this (rights, a setting) does not show on the file: no mark, so every look tries again.
        return Finding(seen.path, *_ODD, Status.QUARANTINED, reason=error.what, mend=error.mend)
    try:
        manuscript = parse.parse(leaf, rules)
    except Empty as error:
        return Finding(*seen, Status.SKIPPED, reason=error.what, mend=error.mend)
    except Unreadable as error:
        return Finding(*seen, Status.QUARANTINED, reason=error.what, mend=error.mend, line=error.line)
    except Exception as error:  # whatever it is, it stops this file, and no other
        reason = f"cannot be read ({type(error).__name__}: {error})"[:300]
        return Finding(*seen, Status.QUARANTINED, reason=reason, mend="report this, with the file")
    return Finding(*seen, Status.PUBLISHED, manuscript, _slug(manuscript))


def _slug(manuscript: Manuscript) -> str:
    return manuscript.link or manuscript.slug or slugs.slug(manuscript.title)


def _placed(house: House, chunk: Sequence[Finding], now: datetime) -> Sequence[Finding]:
    """The findings with the slug that the site's link pattern, or one of their own (Jekyll), gives them; an article
    without a date gets today's. Its first publication fixes it (A14, A15)."""
    if house.pages.link == links.DEFAULT and not any(each.slug.startswith("/") for each in chunk):
        return chunk
    return [
        replace(each, slug=_by_pattern(house, each, each.manuscript, now)) if each.manuscript else each
        for each in chunk
    ]


def _by_pattern(house: House, finding: Finding, manuscript: Manuscript, now: datetime) -> str:
    pattern = manuscript.link or house.pages.link
    if manuscript.link and not manuscript.link.startswith("/"):
        return manuscript.link
    slug = manuscript.slug or slugs.slug(manuscript.title)
    date = (manuscript.published or now).astimezone(house.site.timezone)
    return links.expand(pattern, Facts(finding.path, slug, manuscript.title, manuscript.categories, date))


def _moved(house: House, away: Sequence[str], new: Sequence[Seen]) -> set[str]:
    """Those of *away* whose content stands in one of the *new* files."""
    if not away or not new:
        return set()
    hashes = _hashes(house, new)
    return house.store.read(lambda c: findings.moved(c, set(away), hashes))


def _together(
    changed: list[Seen], unsettled: Collection[str], known: Mapping[str, Mark]
) -> tuple[list[Seen], list[str]]:
    """*changed* without those files that stood under a name which is being written anew: what they are shows when
    that is whole; and their paths."""
    old = {known[path] for path in unsettled if path in known}
    wait = [seen.path for seen in changed if seen[1:] in old and seen.path not in known] if old else []
    return [seen for seen in changed if seen.path not in wait], wait


def _replaced(house: House, changed: Sequence[Seen], known: Mapping[str, Mark]) -> set[str]:
    """Those of the *changed* files that hold another story now, while theirs stands in another of them: today.txt
    became yesterday.txt, and there is a new today.txt."""
    old = {seen.path: known[seen.path][1] for seen in changed if known.get(seen.path, seen[1:]) != seen[1:]}
    if not old:
        return set()
    paths: dict[int, list[str]] = {}  # of the files that have a size now
    for seen in changed:
        paths.setdefault(seen.size, []).append(seen.path)
    maybe = {path: size for path, size in old.items() if any(each != path for each in paths.get(size, ()))}
    if not maybe:
        return set()
    there = {each for size in maybe.values() for each in paths[size]} | maybe.keys()
    files = [seen for seen in changed if seen.path in there]
    held = {
        each.path: each.manuscript for chunk in spread(_reader(house), files, house.workers) for each in chunk
    }
    stories = house.store.read(lambda c: findings.stories(c, maybe))
    hashes = {each.content_hash for path, each in held.items() if each}
    return {
        path
        for path, (title, digest) in stories.items()
        if digest in hashes
        and ((now := held.get(path)) is None or (now.title != title and now.content_hash != digest))
    }


def _hashes(house: House, files: Sequence[Seen]) -> set[str]:
    """What the articles among *files* hold."""
    chunks = spread(_reader(house), files, house.workers)
    return {found.manuscript.content_hash for chunk in chunks for found in chunk if found.manuscript}


def _reader(house: House) -> Callable[[Sequence[Seen]], list[Finding]]:
    return partial(_examine_all, house.folder, house.articles.max_bytes, house.rules)


def _examine_all(root: Path, limit: int, rules: parse.Rules, chunk: Sequence[Seen]) -> list[Finding]:
    return [examine(root, limit, rules, seen) for seen in chunk]


def note(
    house: House,
    found: Look,
    now: datetime,
    *,
    accept_removals: bool = False,
    progress: Progress = lambda *_: None,
) -> Noted:
    """Read what a look showed, and write it down, a chunk at a time."""
    store, site = house.store, house.site.id
    keep = bool(found.accident) and not accept_removals
    notes = [_kept(found)] if keep else []
    left = found.moved if keep else found.moved + found.gone
    for start in range(0, len(left), CHUNK):
        paths = left[start : start + CHUNK]
        store.write(lambda c, paths=paths: findings.depart(c, paths, now))  # type: ignore[misc]
    odd = [
        Finding(
            each.path,
            *_ODD,
            Status.QUARANTINED if each.lost else Status.SKIPPED,
            reason=each.reason,
            mend=each.mend,
        )
        for each in found.odd
    ]
    refused: list[Finding] = []
    strange: list[str] = []
    changed = done = 0
    for chunk in chain([odd] if odd else [], spread(_reader(house), found.changed, house.workers)):
        proven = [_proven(house, each) if each.path in found.doubted else each for each in chunk]
        placed = _placed(house, proven, now)
        new = [each for each in placed if not _is_odd(each) or each.path not in found.locked]
        notes += store.write(lambda c, new=new: findings.record(c, new, site, now)) if new else []  # type: ignore[misc]
        refused += [each for each in new if each.status is Status.QUARANTINED]
        strange += [line for each in new for line in _strange(each)]
        changed += len(new)
        done += len(chunk)
        progress("reading", done, len(odd) + len(found.changed))
    if found.anew:
        store.write(lambda c: facts.put(c, RULES, _rules(house)))
    return Noted(changed + len(found.gone), tuple(refused), tuple(notes), tuple(strange))


def _strange(finding: Finding) -> Iterator[str]:
    """What is odd in an article, with its place."""
    for each in finding.manuscript.warnings if finding.manuscript else ():
        yield f"{folder.shown(finding.path)}{f':{each.line}' if each.line else ''}: {each.what}"


def _is_odd(finding: Finding) -> bool:
    return (finding.mtime_ns, finding.size, finding.inode) == _ODD


def _proven(house: House, finding: Finding) -> Finding:
    """The finding on a file whose text did not come when it was wanted: an article only if all of it can be read, not
    the opening alone."""
    if not finding.manuscript:
        return finding
    try:
        leaf = folder.read(house.folder, finding.path, house.articles.max_bytes)
    except Unreadable:  # since it was examined: the next look tells
        return finding
    try:
        parse.body(leaf, house.rules)
    except Unreadable as error:
        refused = replace(finding, status=Status.QUARANTINED, manuscript=None, slug="")
        return replace(refused, reason=error.what, mend=error.mend, line=error.line)
    return finding


def _kept(found: Look) -> str:
    return (
        f"{found.accident} are gone at once; nothing is removed until "
        "they are back or `nashir publish --accept-removals` says that it is meant"
    )
