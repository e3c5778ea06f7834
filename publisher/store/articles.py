"""The rows of files and articles: what the last scan saw, and what is published with which identity and order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, cast, func, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.model.article import Article, Finding, Manuscript, Status
from publisher.store import places
from publisher.store.identity import identify, owner_of, printable
from publisher.store.tables import articles, editions, leaves, newsletters, slugs, variants
from publisher.store.types import Instant

_COLUMNS = [articles.c[field.name] for field in fields(Article)]


@dataclass(frozen=True, slots=True)
class Known:
    """What the last scan knew of a file: enough to see whether it changed."""

    mtime_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A file with its verdict, for `check`, `status` and the log."""

    path: str
    status: Status
    reason: str
    mend: str
    line: int | None
    warnings: tuple[str, ...]
    article: Article | None


def known(connection: Connection) -> dict[str, Known]:
    """Every file of the last scan."""
    rows = connection.execute(select(leaves.c.path, leaves.c.mtime_ns, leaves.c.size, leaves.c.inode))
    return {path: Known(*rest) for path, *rest in rows}


def listing(connection: Connection) -> list[Listed]:
    """Every file of the last scan with its verdict, by path."""
    query = (
        select(
            *leaves.c["path", "status", "reason", "mend", "line", "warnings"],
            articles.c.status.label("now"),
            articles.c.expires,
            articles.c.removed,
            *(c.label(f"a_{c.name}") for c in _COLUMNS),
        )
        .outerjoin_from(leaves, articles, leaves.c.article == articles.c.id)
        .order_by(leaves.c.path)
    )
    return [_listed(row) for row in connection.execute(query)]


def _listed(row: Row[*tuple[Any, ...]]) -> Listed:
    article = _article({c.name: getattr(row, f"a_{c.name}") for c in _COLUMNS}) if row.a_id else None
    future = row.status == Status.PUBLISHED and row.now == Status.HELD
    return Listed(
        row.path,
        Status.HELD if future else Status(row.status),
        _waits(row) if future else row.reason,
        row.mend,
        row.line,
        tuple(row.warnings),
        article,
    )


def _waits(row: Row[*tuple[Any, ...]]) -> str:
    if row.expires and row.removed:
        return "it has expired"
    return "its date is in the future: it appears then"


def digits(connection: Connection) -> tuple[tuple[str, str], ...]:
    """The digits most published articles of each language are written in (R8), by language."""
    query = select(articles.c.language, articles.c.digits, func.count()).where(
        articles.c.status == Status.PUBLISHED, articles.c.digits != ""
    )
    used: dict[str, dict[str, int]] = {}
    for language, kind, count in connection.execute(query.group_by(articles.c.language, articles.c.digits)):
        counts = used.setdefault(language.partition("-")[0], {})
        counts[kind] = counts.get(kind, 0) + count
    return tuple(
        sorted((language, max(sorted(counts), key=counts.__getitem__)) for language, counts in used.items())
    )


def depart(connection: Connection, paths: Sequence[str], now: datetime) -> list[str]:
    """Forget files that are gone; their articles are removed, with id, seq and slug reserved. Returns the ids."""
    gone: list[str] = []
    for path in paths:
        gone += [
            row.article
            for row in connection.execute(select(leaves.c.article).where(leaves.c.path == path))
            if row.article
        ]
        connection.execute(leaves.delete().where(leaves.c.path == path))
    for each in gone:
        _leave(connection, each, Status.REMOVED, now)
    return gone


def _leave(connection: Connection, identity: str, status: Status, now: datetime) -> None:
    """The article leaves the site; `removed` says since when."""
    row = update(articles).where(articles.c.id == identity)
    connection.execute(
        row.values(status=status, page="", removed=func.coalesce(articles.c.removed, literal(now, Instant)))
    )


def moved(connection: Connection, paths: Collection[str], hashes: Collection[str]) -> set[str]:
    """Those of *paths* whose article has one of these content *hashes*: they stand somewhere else now."""
    query = select(leaves.c.path, articles.c.content_hash).join_from(leaves, articles)
    return {path for path, digest in connection.execute(query) if digest in hashes and path in paths}


def record(connection: Connection, findings: Iterable[Finding], site: str, now: datetime) -> list[str]:
    """Write what a scan found; returns warnings about identity as "path: words". Call `depart` first, so that a
    renamed file finds the article it was."""
    notes: list[str] = []
    for finding in findings:
        owner = identity = owner_of(connection, finding.path)
        note = ""
        if finding.manuscript:
            identity, note = identify(connection, finding.path, owner, finding.manuscript, site, now)
            notes += [f"{printable(finding.path)}: {note}"] if note else []
            if owner and owner != identity:
                _leave(connection, owner, Status.REMOVED, now)
            _write(connection, identity, finding, finding.manuscript, now)
        elif identity:
            _leave(connection, identity, finding.status, now)
        _note(connection, finding, identity, note, now)
    return notes


def look_again(connection: Connection, paths: Sequence[str]) -> None:
    """Forget what these files looked like, so that the next look reads them."""
    connection.execute(update(leaves).where(leaves.c.path.in_(paths)).values(mtime_ns=-1))


def _write(
    connection: Connection, identity: str, finding: Finding, manuscript: Manuscript, now: datetime
) -> None:
    """Insert or update the article's row; dates by A5 and A10."""
    before = connection.execute(select(articles).where(articles.c.id == identity)).first()
    seen = (
        connection.execute(select(leaves.c.first_seen).where(leaves.c.path == finding.path)).scalar() or now
    )
    released = (
        before is not None and before.seq is None and before.status == Status.HELD and not manuscript.held
    )
    published = (
        _adopted_date(before, manuscript)
        or manuscript.published
        or (now if released else before.published if before else seen)
    )
    if manuscript.updated and manuscript.updated <= now:
        updated = manuscript.updated
    elif before is None or before.seq is None:
        updated = published
    else:
        updated = before.updated if before.content_hash == manuscript.content_hash else now
    over = manuscript.expires is not None and manuscript.expires <= now
    status = Status.HELD if manuscript.held or published > now or over else Status.PUBLISHED
    values = {
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
        "updated": max(updated, published),
        "digest": manuscript.digest,
        "digits": manuscript.digits,
        "expires": manuscript.expires,
        "content_hash": manuscript.content_hash,
        "removed": None if status is Status.PUBLISHED or before is None else before.removed or now,
    }
    if before and status is Status.PUBLISHED and _missed(connection, before):
        values["seq"] = None  # `release` gives it a new place: the next letters carry it
    values |= places.asked(connection, finding, before)
    if before is None:
        connection.execute(articles.insert().values(id=identity, **values))
    else:
        connection.execute(update(articles).where(articles.c.id == identity).values(page="", **values))


def _adopted_date(before: Row[*tuple[Any, ...]] | None, manuscript: Manuscript) -> datetime | None:
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


def _note(connection: Connection, finding: Finding, identity: str | None, note: str, now: datetime) -> None:
    manuscript = finding.manuscript
    reason = manuscript.held or "" if manuscript else finding.reason
    values = {
        "mtime_ns": finding.mtime_ns,
        "size": finding.size,
        "inode": finding.inode,
        "status": Status.HELD if manuscript and manuscript.held else finding.status,
        "article": identity,
        "reason": reason,
        "mend": finding.mend,
        "line": finding.line,
        "warnings": [
            *([note] if note else []),
            *(f"line {w.line}: {w.what}" if w.line else w.what for w in manuscript.warnings),
        ]
        if manuscript
        else [],
    }
    row = upsert(leaves).values(path=finding.path, first_seen=now, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["path"], set_=values))


def release(connection: Connection, now: datetime) -> int:
    """Publish what is due: articles whose date has come, and give every newly published one its place in the
    order, oldest first; take back those that have expired (A6). Returns how many are new."""
    over = select(articles.c.id).where(articles.c.status == Status.PUBLISHED, articles.c.expires <= now)
    for identity in connection.execute(over).scalars().all():
        _leave(connection, identity, Status.HELD, now)
    connection.execute(
        update(articles)
        .where(articles.c.status == Status.HELD, articles.c.published <= now)
        .where(articles.c.expires.is_(None) | (articles.c.expires > now))
        .where(
            select(leaves.c.path)
            .where(leaves.c.article == articles.c.id, leaves.c.status == Status.PUBLISHED)
            .exists()
        )
        .values(status=Status.PUBLISHED)
    )
    new = connection.execute(
        select(articles.c.id, articles.c.slug)
        .where(articles.c.status == Status.PUBLISHED, articles.c.seq.is_(None))
        .order_by(articles.c.published, articles.c.path)
    ).all()
    for seq, (identity, wanted) in enumerate(new, max_seq(connection) + 1):
        owned = select(slugs.c.slug).where(slugs.c.article == identity, slugs.c.slug == wanted)
        slug = connection.execute(owned).scalar()
        if slug is None:
            slug = places.free(connection, identity, wanted)
            connection.execute(slugs.insert().values(slug=slug, article=identity))
        connection.execute(update(articles).where(articles.c.id == identity).values(seq=seq, slug=slug))
    return len(new)


def max_seq(connection: Connection) -> int:
    """The place of the newest article in the order of first publication; 0 before the first."""
    placed = connection.execute(select(func.max(articles.c.seq))).scalar() or 0
    # An article that was passed over gives its place up: no edition may meet that number again.
    planned = connection.execute(select(func.max(editions.c.upto_seq))).scalar() or 0
    return max(placed, planned)


def newest(connection: Connection, limit: int | None = None) -> list[Article]:
    """The published articles, newest first."""
    query = select(*_COLUMNS).where(articles.c.status == Status.PUBLISHED)
    query = query.order_by(articles.c.published.desc(), articles.c.seq.desc()).limit(limit)
    return [_article(row._asdict()) for row in connection.execute(query)]


def between(connection: Connection, after: int, upto: int) -> list[Article]:
    """The published articles with *after* < seq <= *upto*, in that order: what a reader has not seen (D1)."""
    query = select(*_COLUMNS).where(
        articles.c.status == Status.PUBLISHED, articles.c.seq > after, articles.c.seq <= upto
    )
    return [_article(row._asdict()) for row in connection.execute(query.order_by(articles.c.seq))]


def stale(connection: Connection, fingerprint: str) -> list[Article]:
    """Published articles whose page on disk was made from something else."""
    query = select(*_COLUMNS).where(articles.c.status == Status.PUBLISHED, articles.c.page != fingerprint)
    return [_article(row._asdict()) for row in connection.execute(query.order_by(articles.c.seq))]


def shown(connection: Connection, ids: Sequence[str], fingerprint: str) -> None:
    """The pages of these articles are on disk, made from *fingerprint* and what the store says."""
    if ids:
        row = update(articles).where(articles.c.id == bindparam("shown")).values(page=fingerprint)
        connection.execute(row, [{"shown": identity} for identity in ids])


def withdrawn(connection: Connection) -> list[str]:
    """Slugs whose pages must not stand in the output: of articles once published and not published now."""
    query = select(articles.c.slug).where(
        articles.c.status != Status.PUBLISHED, articles.c.seq.is_not(None), articles.c.slug.is_not(None)
    )
    return list(connection.execute(query).scalars())


def away(connection: Connection) -> list[str]:
    """The ids of articles once published and not published now."""
    query = select(articles.c.id).where(articles.c.status != Status.PUBLISHED, articles.c.seq.is_not(None))
    return list(connection.execute(query).scalars())


def tally(connection: Connection) -> dict[str, int]:
    """Files by status."""
    query = select(leaves.c.status, articles.c.status.label("now"), func.count()).outerjoin_from(
        leaves, articles, leaves.c.article == articles.c.id
    )
    found: dict[str, int] = {}
    for leaf, article, count in connection.execute(query.group_by(leaves.c.status, articles.c.status)):
        status = article if leaf == Status.PUBLISHED and article else leaf
        found[status] = found.get(status, 0) + count
    return found


def _article(row: dict[str, Any]) -> Article:
    row = row | {"seq": row["seq"] or 0}
    return Article(**row | {"authors": tuple(row["authors"]), "categories": tuple(row["categories"])})
