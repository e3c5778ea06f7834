"""What a look at the folder found, written down: files with their verdicts, and the articles they are.

A chunk of findings costs a handful of statements, not a handful for each: what is known of its files is read at once,
its rows are written at once. Only a file whose identity is a question (renamed, copied, an id declared) is asked
about by itself.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, case, cast, func, literal, select, update

from publisher.layout import article_id, declared_id
from publisher.model.article import Finding, Manuscript, Status
from publisher.model.feed import Label
from publisher.store import bulk, facts, groups, keys, labels, media, places, stale
from publisher.store.dialects import upsert
from publisher.store.identity import identify, printable
from publisher.store.labels import Change
from publisher.store.tables import OUTDATED, articles, editions, leaves, newsletters, variants
from publisher.store.types import Instant

MARK = ("mtime_ns", "size", "inode")
DOUBTED = -1  # in place of a time: what was to be shown of the file was not there

Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Before:
    """What the store knows of a chunk of files."""

    leaves: Mapping[str, Row[*tuple[Any, ...]]]  # path, article, first_seen by path
    articles: Mapping[
        str, Row[*tuple[Any, ...]]
    ]  # by id: of these files, and whoever has an id they may want
    hashes: frozenset[str]  # contents that some article has
    departed: bool  # some article left in this very look: a newcomer may be it under another name


def known(connection: Connection, paths: Collection[str] | None = None) -> dict[str, Mark]:
    """Every file of the last scan (of *paths*, where they are given), with its time of change in ns, size and
    inode: enough to see whether it changed."""
    if paths is not None:
        query = select(leaves.c.path, *leaves.c[MARK]).where(leaves.c.path.in_(paths))
        return {path: (mtime_ns, size, inode) for path, mtime_ns, size, inode in connection.execute(query)}
    # A hundred thousand rows at every scan: as the driver gives them.
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT path, mtime_ns, size, inode FROM leaves")
        rows = cursor.fetchall()
        return {str(row[0], "utf-8", "surrogateescape"): row[1:] for row in rows}
    finally:
        cursor.close()


def count(connection: Connection) -> int:
    """How many files the last scan saw."""
    return connection.execute(select(func.count()).select_from(leaves)).scalar_one()


def depart(connection: Connection, paths: Sequence[str], now: datetime) -> list[str]:
    """Forget files that are gone; their articles are removed, with id, seq and slug reserved. Returns the ids."""
    here = leaves.c.path.in_(paths)
    facts.outdate(connection)
    gone = [row.article for row in connection.execute(select(leaves.c.article).where(here)) if row.article]
    connection.execute(leaves.delete().where(here))
    _leave(connection, gone, Status.REMOVED, now)
    media.touch(connection, paths)
    return gone


def moved(connection: Connection, paths: Collection[str], hashes: Collection[str]) -> set[str]:
    """Those of *paths* whose article has one of these content *hashes*: they stand somewhere else now."""
    query = select(leaves.c.path, articles.c.content_hash).join_from(leaves, articles)
    return {path for path, digest in connection.execute(query) if digest in hashes and path in paths}


def stories(connection: Connection, paths: Collection[str]) -> dict[str, tuple[str, str]]:
    """Title and content hash of the articles at these *paths*."""
    query = select(leaves.c.path, articles.c.title, articles.c.content_hash).join_from(leaves, articles)
    some = query.where(leaves.c.path.in_(paths))
    return {path: (title, digest) for path, title, digest in connection.execute(some)}


def twins(connection: Connection, hashes: Collection[str]) -> list[str]:
    """The files whose articles have one of these content *hashes*."""
    query = select(leaves.c.path).join_from(leaves, articles)
    return list(connection.execute(query.where(articles.c.content_hash.in_(hashes))).scalars())


def look_again(connection: Connection, paths: Sequence[str]) -> None:
    """Forget what these files looked like, so that the next look reads them."""
    for some in labels.chunks(sorted(set(paths))):
        connection.execute(update(leaves).where(leaves.c.path.in_(some)).values(mtime_ns=DOUBTED))


def record(connection: Connection, findings: Sequence[Finding], site: str, now: datetime) -> list[str]:
    """Write what a scan found; returns warnings about identity as "path: words". Call `depart` first, so that a
    renamed file finds the article it was."""
    facts.outdate(connection)
    wants = {f.path: _wanted(f.path, f.manuscript, site) for f in findings if f.manuscript}
    before = _before(connection, findings, wants, now)
    ids = Counter(wants.values())
    contents = Counter(f.manuscript.content_hash for f in findings if f.manuscript)
    batch = _Batch(connection, before.articles, now)
    doubtful: list[Finding] = []
    notes: list[str] = []
    for finding in findings:
        leaf, manuscript = before.leaves.get(finding.path), finding.manuscript
        identity = leaf.article if leaf else None
        if manuscript:
            wanted = wants[finding.path]
            if identity is None and ids[wanted] == contents[manuscript.content_hash] == 1:
                identity = wanted if _new(manuscript, wanted, before) else None
            if identity is None or (manuscript.declared_id and identity != wanted):
                doubtful.append(finding)
                continue
        elif identity and finding.status is Status.SKIPPED:
            notes.append(f"{printable(finding.path)}: {finding.reason}; readers had it")
            batch.add(replace(finding, status=Status.QUARANTINED), identity, leaf.first_seen if leaf else now)
            continue
        batch.add(finding, identity, leaf.first_seen if leaf else now)
    batch.write()
    notes += [_ask(connection, finding, before.leaves.get(finding.path), site, now) for finding in doubtful]
    places.note_aliases(connection, findings)
    media.note(connection, findings)
    return [note for note in notes if note]


def _wanted(path: str, manuscript: Manuscript, site: str) -> str:
    """The id a file without an article asks for (A9)."""
    return declared_id(manuscript.declared_id) if manuscript.declared_id else article_id(site, path)


def _new(manuscript: Manuscript, wanted: str, before: _Before) -> bool:
    """Whether a file without an article is a new one beyond doubt: no copy, not one that was moved here."""
    known = not manuscript.declared_id and (before.departed or manuscript.content_hash in before.hashes)
    return wanted not in before.articles and not known


def _before(
    connection: Connection, findings: Sequence[Finding], wants: Mapping[str, str], now: datetime
) -> _Before:
    paths = [finding.path for finding in findings]
    known = {
        row.path: row
        for row in connection.execute(
            select(leaves.c.path, leaves.c.article, leaves.c.first_seen).where(leaves.c.path.in_(paths))
        )
    }
    ids = {row.article for row in known.values() if row.article}
    new = [f for f in findings if f.manuscript and (f.path not in known or not known[f.path].article)]
    ids |= {wants[finding.path] for finding in new}
    hashes = [f.manuscript.content_hash for f in new if f.manuscript]
    same = select(articles.c.content_hash).where(articles.c.content_hash.in_(hashes))
    left = select(articles.c.id).where(articles.c.removed == now).limit(1)
    return _Before(
        known,
        {row.id: row for row in connection.execute(select(articles).where(articles.c.id.in_(ids)))},
        frozenset(connection.execute(same).scalars()) if hashes else frozenset(),
        bool(new) and connection.execute(left).first() is not None,
    )


def _ask(
    connection: Connection, finding: Finding, leaf: Row[*tuple[Any, ...]] | None, site: str, now: datetime
) -> str:
    """Write a finding whose identity is a question; returns the warning about it."""
    assert finding.manuscript
    owner = leaf.article if leaf else None
    identity, note = identify(connection, finding.path, owner, finding.manuscript, site, now)
    if owner and owner != identity:
        _leave(connection, [owner], Status.REMOVED, now)
    row = connection.execute(select(articles).where(articles.c.id == identity)).first()
    batch = _Batch(connection, {identity: row} if row else {}, now)
    batch.add(finding, identity, leaf.first_seen if leaf else now, note)
    batch.write()
    return f"{printable(finding.path)}: {note}" if note else ""


class _Batch:
    """Rows that are written together."""

    def __init__(
        self, connection: Connection, before: Mapping[str, Row[*tuple[Any, ...]]], now: datetime
    ) -> None:
        self._connection, self._before, self._now = connection, before, now
        self._leaves: list[dict[str, Any]] = []
        self._new: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._left: dict[Status, list[str]] = {}
        self._labels: list[Change] = []
        self._seqs: list[int] = []  # of articles that had a place already
        self._claims: dict[str, str] = {}

    def add(self, finding: Finding, identity: str | None, first_seen: datetime, note: str = "") -> None:
        """One finding; *note* is a warning about its identity."""
        if finding.manuscript and identity:
            before = self._before.get(identity)
            values = _values(self._connection, finding, finding.manuscript, before, first_seen, self._now)
            rows = self._changed if before else self._new
            rows.append(
                {"id": identity, "page": OUTDATED if before and before.seq is not None else "", **values}
            )
            shown = _labels(before._asdict()) if before and before.status == Status.PUBLISHED else ()
            words = _labels(values) if values["status"] is Status.PUBLISHED else ()
            was = before.published if before else None
            self._labels.append(Change(identity, shown, words, was, values["published"]))
            if before and before.seq is not None:
                self._seqs.append(before.seq)
            self._claims[identity] = finding.manuscript.translation
        elif identity:
            self._left.setdefault(finding.status, []).append(identity)
        self._leaves.append(_leaf(finding, identity, first_seen, note))

    def write(self) -> None:
        connection = self._connection
        if not self._leaves:
            return
        for status, ids in self._left.items():
            _leave(connection, ids, status, self._now)
        bulk.insert(connection, articles.insert(), self._new)
        if self._changed:
            row = upsert(articles)
            replaced = {name: row.excluded[name] for name in self._changed[0] if name != "id"}
            bulk.insert(connection, row.on_conflict_do_update(["id"], set_=replaced), self._changed)
        row = upsert(leaves)
        replaced = {name: row.excluded[name] for name in self._leaves[0] if name not in _KEPT}
        bulk.insert(connection, row.on_conflict_do_update(["path"], set_=replaced), self._leaves)
        labels.change(connection, self._labels)
        stale.documents(connection, self._seqs)
        groups.write(connection, self._claims)


def _labels(row: Mapping[str, Any]) -> tuple[Label, ...]:
    return keys.of(row["categories"], row["authors"], row["language"])


_KEPT = ("path", "first_seen")


def _leave(connection: Connection, ids: Sequence[str], status: Status, now: datetime) -> None:
    """The articles leave the site; `removed` says since when. A run that was cut off may have left pages of theirs
    that nobody noted: those of all that ever were on the site are looked for."""
    if ids:
        since = func.coalesce(articles.c.removed, literal(now, Instant))
        changes = labels.before(connection, articles.c.id.in_(ids))
        placed = select(articles.c.seq).where(articles.c.id.in_(ids), articles.c.seq.is_not(None))
        stale.documents(connection, connection.execute(placed).scalars())
        connection.execute(
            update(articles)
            .where(articles.c.id.in_(ids))
            .values(
                status=status,
                removed=since,
                page=case((articles.c.seq.is_not(None), OUTDATED), else_=articles.c.page),
            )
        )
        labels.change(connection, changes)
        groups.tell(connection, ids)


def _leaf(finding: Finding, identity: str | None, first_seen: datetime, note: str) -> dict[str, Any]:
    manuscript = finding.manuscript
    found = manuscript.warnings if manuscript else ()
    warnings = [f"line {warn.line}: {warn.what}" if warn.line else warn.what for warn in found]
    return {
        "path": finding.path,
        "mtime_ns": finding.mtime_ns,
        "size": finding.size,
        "inode": finding.inode,
        "first_seen": first_seen,
        "status": Status.HELD if manuscript and manuscript.held else finding.status,
        "article": identity,
        "reason": manuscript.held or "" if manuscript else finding.reason,
        "mend": finding.mend,
        "line": finding.line,
        "warnings": [note, *warnings] if note else warnings,
    }


def _values(
    connection: Connection,
    finding: Finding,
    manuscript: Manuscript,
    before: Row[*tuple[Any, ...]] | None,
    first_seen: datetime,
    now: datetime,
) -> dict[str, Any]:
    """The article's row but its id; dates by A5 and A10."""
    released = (
        before is not None and before.seq is None and before.status == Status.HELD and not manuscript.held
    )
    declared = _adopted(before, manuscript) or manuscript.published
    published = declared or (now if released else before.published if before else first_seen)
    if manuscript.updated and manuscript.updated <= now:
        updated = manuscript.updated
    elif before is None or before.seq is None:
        updated = published
    else:
        updated = before.updated if before.content_hash == manuscript.content_hash else now
    over = manuscript.expires is not None and manuscript.expires <= now
    status = Status.HELD if manuscript.held or published > now or over else Status.PUBLISHED
    # A place that letters passed over is given up: `release` gives a new one, and the next letters carry it.
    missed = before is not None and status is Status.PUBLISHED and _missed(connection, before)
    return {
        "seq": None if before is None or missed else before.seq,
        **places.asked(connection, finding, before),
        "path": finding.path,
        "status": status,
        "title": manuscript.title,
        "language": manuscript.language,
        "direction": manuscript.direction,
        "summary": manuscript.summary,
        "summary_is_lead": manuscript.summary_is_lead,
        "authors": manuscript.authors,
        "categories": manuscript.categories,
        "published": published,
        "updated": max([updated, published, *(each.at for each in (before.corrections if before else ()))]),
        "digest": manuscript.digest,
        "pin": manuscript.pin,
        "weight": manuscript.weight,
        "digits": manuscript.digits,
        "expires": manuscript.expires,
        "content_hash": manuscript.content_hash,
        "removed": None if status is Status.PUBLISHED or before is None else before.removed or now,
    }


def _adopted(before: Row[*tuple[Any, ...]] | None, manuscript: Manuscript) -> datetime | None:
    """The date that an older feed gave the article, as long as its file says what it said then (A15)."""
    adopted = before.adopted if before else None
    return adopted.published if adopted and adopted.declared == manuscript.published else None


def _missed(connection: Connection, before: Row[*tuple[Any, ...]]) -> bool:
    """Whether letters passed over an article while it was away (broken, a draft again): some edition was planned
    beyond its place since, and none ever carried it. What belongs to the archive was never owed."""
    if before.removed is None or before.seq is None:
        return False
    archive = connection.execute(select(func.max(newsletters.c.baseline_seq))).scalar() or 0
    passed = select(editions.c.id).where(
        editions.c.planned >= before.removed, editions.c.upto_seq >= before.seq
    )
    carried = select(variants.c.id).where(cast(variants.c.articles, Text).contains(before.id))
    return (
        before.seq > archive
        and connection.execute(passed.limit(1)).first() is not None
        and connection.execute(carried.limit(1)).first() is None
    )
