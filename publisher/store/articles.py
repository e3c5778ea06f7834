"""The rows of articles as lists read them: what is published, and what became of each file."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from publisher.model.article import Article, Status
from publisher.store import labels, media
from publisher.store.identity import printable
from publisher.store.tables import OUTDATED, PINNED, REFUSED, articles, departures, editions, leaves
from publisher.store.tables import labels as labels_table

_COLUMNS = [articles.c[field.name] for field in fields(Article)]
# The same as `status = 'published'`, hidden from the planner: in the order of `seq` it would sort all that are
# published rather than walk along the index of `seq`.
_ALONG_SEQ = articles.c.status.concat("") == Status.PUBLISHED


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


class Brief(NamedTuple):
    """An article as far as the choice for a letter looks at it: an archive of these is kept in memory."""

    id: str
    seq: int
    title: str
    language: str
    categories: tuple[str, ...]  # in its own spelling of them
    published: datetime  # UTC
    digest: bool
    pin: bool
    weight: int


_BRIEF = articles.c[Brief._fields]


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
    rows = connection.execute(query).all()
    if media.empty(connection):
        return [_listed(row, {}, {}) for row in rows]
    used, notes = media.users(connection), media.notes(connection)
    return [_listed(row, used, notes) for row in rows]


def _listed(row: Row[*tuple[Any, ...]], used: dict[str, str], notes: dict[str, tuple[str, ...]]) -> Listed:
    article = _article({c.name: getattr(row, f"a_{c.name}") for c in _COLUMNS}) if row.a_id else None
    shown = row.status == Status.SKIPPED and row.path in used
    future = row.status == Status.PUBLISHED and row.now == Status.HELD
    return Listed(
        row.path,
        Status.HELD if future else Status(row.status),
        _waits(row) if future else f"shown by {printable(used[row.path])}" if shown else row.reason,
        "" if shown else row.mend,
        row.line,
        (*row.warnings, *notes.get(row.a_id, ())),
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


def max_seq(connection: Connection) -> int:
    """The place of the newest article in the order of first publication; 0 before the first."""
    placed = connection.execute(select(func.max(articles.c.seq))).scalar() or 0
    # An article that was passed over gives its place up: no edition may meet that number again.
    planned = connection.execute(select(func.max(editions.c.upto_seq))).scalar() or 0
    return max(placed, planned)


def newest(connection: Connection, limit: int | None = None) -> list[Article]:
    """The published articles, newest first."""
    query = select(*_COLUMNS).where(articles.c.status == Status.PUBLISHED)
    return _read(connection, query.order_by(articles.c.published.desc(), articles.c.seq.desc()).limit(limit))


def latest_change(connection: Connection, limit: int) -> datetime | None:
    """When the newest *limit* published articles last changed; None where there is none."""
    query = select(articles.c.updated).where(articles.c.status == Status.PUBLISHED)
    few = query.order_by(articles.c.published.desc(), articles.c.seq.desc()).limit(limit).subquery()
    return connection.execute(select(func.max(few.c.updated))).scalar()


def pinned(connection: Connection) -> list[Article]:
    """The published articles that are pinned, newest first (A17)."""
    # Asked for the status as well, the database would go through all that are published.
    rows = connection.execute(select(articles.c.id, articles.c.status).where(PINNED)).all()
    found = some(connection, [row.id for row in rows if row.status == Status.PUBLISHED])
    return sorted(found, key=lambda article: (article.published, article.seq), reverse=True)


def labelled(connection: Connection, key: str, count: int, of: int, limit: int) -> list[Article]:
    """The newest of the articles with the label of this *key*, which *count* *of* the published ones have, newest
    first."""
    query = select(*_COLUMNS).order_by(articles.c.published.desc(), articles.c.seq.desc()).limit(limit)
    if count * count > limit * of:  # many: sooner found among the newest of all than sorted
        mine = select(labels_table.c.article).where(
            labels_table.c.key == key, labels_table.c.article == articles.c.id
        )
        return _read(connection, query.where(articles.c.status == Status.PUBLISHED, mine.exists()))
    few = query.join(labels_table, labels_table.c.article == articles.c.id).where(labels_table.c.key == key)
    return _read(connection, few)


def removed(
    connection: Connection, since: datetime, limit: int, key: str | None = None
) -> list[tuple[Article, datetime]]:
    """The articles that left the site after *since*, and when, the latest first; those that had the label of this
    *key* then."""
    away = (
        (articles.c.removed > since) & articles.c.seq.is_not(None) & (articles.c.status != Status.PUBLISHED)
    )
    query = select(*articles.c["id", "removed"]).where(away)
    if key is not None:
        query = query.join(departures, departures.c.article == articles.c.id).where(departures.c.key == key)
    query = query.order_by(articles.c.removed.desc(), articles.c.seq.desc()).limit(limit)
    when: dict[str, datetime] = {row.id: row.removed for row in connection.execute(query)}
    found = {article.id: article for article in some(connection, when)}
    return [(found[id_], at) for id_, at in when.items()]


def between(
    connection: Connection, after: int, upto: int | None = None, limit: int | None = None
) -> list[Article]:
    """The published articles with *after* < seq <= *upto*, in that order: what a reader has not seen (D1)."""
    query = select(*_COLUMNS).where(_ALONG_SEQ, articles.c.seq > after)
    if upto is not None:
        query = query.where(articles.c.seq <= upto)
    return _read(connection, query.order_by(articles.c.seq).limit(limit))


def briefs_between(connection: Connection, after: int, upto: int) -> list[Brief]:
    """The published articles with *after* < seq <= *upto*, in that order."""
    query = select(*_BRIEF).where(_ALONG_SEQ, articles.c.seq > after, articles.c.seq <= upto)
    return _briefs(connection, query.order_by(articles.c.seq))


def some_briefs(connection: Connection, ids: Iterable[str]) -> list[Brief]:
    """These articles, also those that are away."""
    query = select(*_BRIEF)
    chunks = labels.chunks(ids)
    return [one for some_ in chunks for one in _briefs(connection, query.where(articles.c.id.in_(some_)))]


def _briefs(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Brief]:
    same: dict[tuple[str, ...], tuple[str, ...]] = {}  # articles with the same categories share them
    rows = (Brief(*row) for row in connection.execute(query))
    return [one._replace(categories=same.setdefault(key := tuple(one.categories), key)) for one in rows]


def before(connection: Connection, upto: int, limit: int) -> list[Article]:
    """The published articles with seq <= *upto*, the last first."""
    query = select(*_COLUMNS).where(_ALONG_SEQ, articles.c.seq <= upto)
    return _read(connection, query.order_by(articles.c.seq.desc()).limit(limit))


def some(connection: Connection, ids: Iterable[str]) -> list[Article]:
    """These articles, also those that are away, in the order of first publication."""
    query = select(*_COLUMNS)
    found = [
        article
        for chunk in labels.chunks(ids)
        for article in _read(connection, query.where(articles.c.id.in_(chunk)))
    ]
    return sorted(found, key=lambda article: article.seq)


def stale(
    connection: Connection, fingerprint: str, limit: int | None, without: Collection[str]
) -> list[Article]:
    """At most *limit* published articles whose page on disk was made from something else, or is not there; *without*
    these."""
    query = select(*_COLUMNS).where(_is_stale(fingerprint))
    if without:
        query = query.where(articles.c.id.not_in(without))
    return _read(connection, query.limit(limit))


def how_many_stale(connection: Connection, fingerprint: str) -> int:
    """How many there are of them."""
    return connection.execute(select(func.count()).where(_is_stale(fingerprint))).scalar_one()


def _is_stale(fingerprint: str) -> ColumnElement[bool]:
    other = or_(articles.c.page < fingerprint, articles.c.page > fingerprint)  # both by the index
    return and_(articles.c.status == Status.PUBLISHED, other)


def lost(connection: Connection, ids: Iterable[str]) -> None:
    """The pages of these articles are not on disk any more."""
    for chunk in labels.chunks(ids):
        connection.execute(update(articles).where(articles.c.id.in_(chunk)).values(page=OUTDATED))


def standing(connection: Connection, after: int, limit: int) -> list[Row[str, str, int]]:
    """(id, slug, seq) of published articles with *after* < seq, in that order."""
    query = select(*articles.c["id", "slug", "seq"]).where(_ALONG_SEQ, articles.c.seq > after)
    return list(connection.execute(query.order_by(articles.c.seq).limit(limit)))


def on_disk(connection: Connection, after: int, limit: int) -> list[Article]:
    """The published articles with *after* < seq whose pages stand on disk and show what they say now, in that order."""
    query = select(*_COLUMNS).where(
        _ALONG_SEQ, articles.c.seq > after, articles.c.page.not_in(("", OUTDATED))
    )
    return _read(connection, query.order_by(articles.c.seq).limit(limit))


def shown(connection: Connection, ids: Sequence[str], fingerprint: str) -> None:
    """The pages of these articles are on disk, made from *fingerprint* and what the store says; "": gone."""
    if ids:
        connection.execute(update(articles).where(articles.c.id.in_(ids)).values(page=fingerprint))


def withdrawn(connection: Connection, *, every: bool = False) -> list[tuple[str, str]]:
    """(id, slug) of articles that are not published now and whose pages still stand in the output; *every*: of
    all whose pages do."""
    concerned = [status for status in Status if every or status is not Status.PUBLISHED]
    query = select(articles.c.id, articles.c.slug)  # by the index, which begins with the status
    query = query.where(articles.c.status.in_(concerned), articles.c.page > "")
    return [(row.id, row.slug) for row in connection.execute(query)]


def counts(connection: Connection) -> tuple[int, int]:
    """How many articles are published, and how many files are refused: quick at any size."""
    published = select(func.count()).where(articles.c.status == Status.PUBLISHED)
    refused = select(func.count()).select_from(leaves).where(REFUSED)
    return connection.execute(published).scalar_one(), connection.execute(refused).scalar_one()


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


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Article]:
    """The articles that *query* finds, with each category and tag as the site spells it (A8)."""
    found = [_article(row._asdict()) for row in connection.execute(query)]
    instead = labels.shown(connection)
    if not instead:
        return found
    return [
        replace(article, categories=tuple(instead.get(word, word) for word in article.categories))
        for article in found
    ]


def _article(row: dict[str, Any]) -> Article:
    row = row | {"seq": row["seq"] or 0}
    return Article(**row | {"authors": tuple(row["authors"]), "categories": tuple(row["categories"])})
