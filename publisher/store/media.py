"""The rows of files beside articles (A13): which article names them, and what was made of them."""

import posixpath
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection, Row, bindparam, select, text, update

from publisher.model.article import Finding, Status
from publisher.model.media import Media, Reference, ending
from publisher.store import stale
from publisher.store.dialects import upsert
from publisher.store.tables import articles, leaves, media, slugs
from publisher.text.filename import ENDINGS, called

_BATCH = 500  # values bound in one statement
_LINK = "article:"  # before the key of a link to one: no path in the folder is like it
_WAITING = text("NOT media.fresh")  # written out, as its index is
Mark = tuple[int, int, int]  # time of change in ns, size, inode


@dataclass(frozen=True, slots=True)
class Kept:
    """A file beside an article as the store knows it."""

    reference: Reference | None  # None: the article names it no more
    path: str  # the reference's
    source: str | None = None  # the file it was made from, relative to the article folder
    mark: Mark = (0, 0, 0)
    digest: str = ""
    made: tuple[Media, ...] = ()  # one, or none where it could not be published
    files: tuple[str, ...] = ()  # of the output folder
    note: str = ""
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """An article with files to look at again; all its files."""

    article: str
    slug: str
    path: str
    published: bool
    kept: list[Kept] = field(default_factory=list)


def key(path: str) -> str:
    """What all spellings of a *path* have in common that people take for the same: case and composition."""
    return normalize("NFC", normalize("NFC", path).casefold())


def wanted(path: str, reference: str) -> str:
    """Where the *reference* of the article at *path* leads, relative to the article folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), reference)).lstrip("/")


def note(connection: Connection, findings: Sequence[Finding]) -> None:
    """Write what articles name beside themselves, and look again at what a changed file may be named by. Call it
    when the findings are recorded."""
    naming = {f.path: f.manuscript for f in findings if f.manuscript and f.manuscript.references}
    if not naming and _empty(connection):
        return
    touch(connection, [f.path for f in findings])
    for batch in _batches([f.path for f in findings if f.manuscript]):
        owners = select(leaves.c.article, leaves.c.path).where(leaves.c.path.in_(batch))
        ids = {path: article for article, path in connection.execute(owners) if article}
        had = set(
            connection.execute(
                select(media.c.article).where(media.c.article.in_(ids.values())).distinct()
            ).scalars()
        )
        rows = [
            _row(ids[path], path, position, each)
            for path in batch
            if path in naming and path in ids
            for position, each in enumerate(naming[path].references)
        ]
        connection.execute(update(media).where(media.c.article.in_(had)).values(position=None, fresh=False))
        if rows:
            row = upsert(media)
            new = {name: row.excluded[name] for name in rows[0] if name not in ("article", "reference")}
            connection.execute(
                row.on_conflict_do_update(index_elements=["article", "reference"], set_=new), rows
            )


def _row(article: str, path: str, position: int, each: Reference) -> dict[str, Any]:
    return {
        "article": article,
        "reference": each.path,
        "position": position,
        "use": each.use,
        "alt": each.alt,
        "line": each.line,
        "in_text": each.in_text,
        "key": _key(path, each),
        "fresh": False,
    }


def _key(path: str, each: Reference) -> str:
    if each.use == "article":
        return _link(wanted(path, each.path))
    return key(path if each.use == "embedded" else wanted(path, each.path))


def _link(path: str) -> str:
    """What all links have in common that may mean the article at *path*."""
    return f"{_LINK}{key(called(path))}"


def touch(connection: Connection, paths: Sequence[str]) -> None:
    """Files came, changed or went: look again at what names them."""
    if not paths or _empty(connection):
        return
    links = {_link(path) for path in paths if ending(path) in ENDINGS}
    for batch in _batches([*{key(path) for path in paths}, *links]):
        connection.execute(update(media).where(media.c.key.in_(batch)).values(fresh=False))


def follow(connection: Connection, ids: Sequence[str]) -> None:
    """These articles came, left or moved, and their files are as they were: look again at what links to them."""
    if not ids or _empty(connection):
        return
    for batch in _batches(ids):
        paths = select(leaves.c.path).where(leaves.c.article.in_(batch))
        touch(connection, list(connection.execute(paths).scalars()))


@dataclass(frozen=True, slots=True)
class Target:
    """An article that a link may mean."""

    slug: str
    published: bool


def targets(connection: Connection, paths: Collection[str]) -> dict[str, Target]:
    """The articles in these files, by path."""
    columns = leaves.c.path, articles.c.slug, articles.c.status, articles.c.seq
    query = select(*columns).join_from(leaves, articles).where(leaves.c.path.in_(paths))
    return {
        row.path: Target(row.slug or "", row.status == Status.PUBLISHED and row.seq is not None)
        for row in connection.execute(query)
    }


def touch_all(connection: Connection) -> None:
    """Look again at everything: the rules by which files are made are others."""
    connection.execute(update(media).values(fresh=False, digest=""))


def _empty(connection: Connection) -> bool:
    return connection.execute(select(media.c.article).limit(1)).first() is None


def _batches(items: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def empty(connection: Connection) -> bool:
    """Whether no article ever named a file beside itself: the one question a site without pictures is asked."""
    return _empty(connection)


def waiting(connection: Connection) -> list[Waiting]:
    """Published articles with files to look at again, and articles that left the site with files on it."""
    named = select(*articles.c["id", "slug", "path", "status", "seq"])
    # By the few that wait, not by the many that are published: that they are is looked at here.
    again = named.where(articles.c.id.in_(select(media.c.article).where(_WAITING)))
    away = [status for status in Status if status is not Status.PUBLISHED]
    left = named.where(articles.c.status.in_(away), articles.c.media != ())
    here = [row for row in connection.execute(again) if row.status == Status.PUBLISHED]
    here.sort(key=lambda row: row.seq or 0)
    rows = [*connection.execute(left), *here]
    found = {
        row.id: Waiting(row.id, row.slug or "", row.path, row.status == Status.PUBLISHED) for row in rows
    }
    for batch in _batches(list(found)):
        kept = select(media).where(media.c.article.in_(batch)).order_by(media.c.article, media.c.position)
        for row in connection.execute(kept):
            found[row.article].kept.append(_kept(row))
    return list(found.values())


def _kept(row: Row[*tuple[Any, ...]]) -> Kept:
    reference = Reference(row.reference, row.use, row.alt, row.line, row.in_text)
    mark = (row.mtime_ns, row.size, row.inode)
    return Kept(
        None if row.position is None else reference,
        row.reference,
        row.source,
        mark,
        row.digest,
        row.made,
        tuple(row.files),
        row.note,
        row.fresh,
    )


def published(connection: Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Every article with files in the output, and these: (id, paths)."""
    found: dict[str, tuple[str, ...]] = {}
    for article, paths in connection.execute(select(media.c.article, media.c.files)):
        found[article] = (*found.get(article, ()), *paths)
    return list(found.items())


def beside(connection: Connection, article: Waiting, slugs_: Collection[str]) -> set[str]:
    """What other articles, those at these slugs, have in the output."""
    found: set[str] = set()
    here = select(slugs.c.article).where(slugs.c.article != article.article)
    for batch in _batches(sorted(slugs_)):
        files = select(media.c.files).where(media.c.article.in_(here.where(slugs.c.slug.in_(batch))))
        found.update(path for paths in connection.execute(files).scalars() for path in paths)
    return found


def from_top(connection: Connection) -> list[tuple[str, str, bool]]:
    """Files that articles name from the top of the site and that are not in the article folder: (article, path,
    whether a note says that nothing is there)."""
    named = (
        media.c.reference.between("/", "0")
        & (media.c.use != "article")
        & media.c.source.is_(None)
        & media.c.position.is_not(None)
    )
    rows = connection.execute(select(media.c.article, media.c.reference, media.c.note).where(named))
    return [(row.article, row.reference, bool(row.note)) for row in rows]


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Make the files of these articles again: some are not in the output any more."""
    for batch in _batches(ids):
        connection.execute(update(media).where(media.c.article.in_(batch)).values(fresh=False, digest=""))


def keep(connection: Connection, article: Waiting, kept: Sequence[Kept]) -> None:
    """Write what was made for one article. Where that is something else than before, its page has to be, too."""
    names = {each.path for each in kept}
    gone = [each.path for each in article.kept if each.path not in names]
    if gone:
        connection.execute(
            media.delete().where(media.c.article == article.article, media.c.reference.in_(gone))
        )
    if kept:
        row = update(media).where(
            media.c.article == bindparam("b_article"),
            media.c.reference == bindparam("b_path", type_=media.c.reference.type),
        )
        connection.execute(row, [_values(article.article, each) for each in kept])
    shown = tuple(media for each in kept for media in each.made) if article.published else ()
    mine = articles.c.id == article.article
    changed = update(articles).where(mine, articles.c.media != shown).values(media=shown)
    if connection.execute(changed).rowcount:
        stale.showing(connection, mine)


def _values(article: str, each: Kept) -> dict[str, Any]:
    mtime_ns, size, inode = each.mark
    return {
        "b_article": article,
        "b_path": each.path,
        "source": each.source,
        "mtime_ns": mtime_ns,
        "size": size,
        "inode": inode,
        "digest": each.digest,
        "made": each.made,
        "files": each.files,
        "note": each.note,
        "fresh": each.fresh,
    }


def seen(connection: Connection) -> list[str]:
    """Every file that the last look saw."""
    return list(connection.execute(select(leaves.c.path).order_by(leaves.c.path)).scalars())


def notes(connection: Connection) -> dict[str, tuple[str, ...]]:
    """What is wrong with files beside articles, by the article's id, in the order it names them."""
    query = select(media.c.article, media.c.line, media.c.note).where(media.c.note != "")
    found: dict[str, tuple[str, ...]] = {}
    for article, line, words in connection.execute(query.order_by(media.c.article, media.c.position)):
        found[article] = (*found.get(article, ()), f"line {line}: {words}" if line else words)
    return found


def users(connection: Connection, paths: Collection[str] | None = None) -> dict[str, str]:
    """The files, all or those at *paths* (some dozens), that published articles show, with the path of such an
    article."""
    query = select(media.c.source, articles.c.path).join_from(media, articles)
    shown = query.where(
        media.c.source.is_not(None), media.c.use != "article", articles.c.status == Status.PUBLISHED
    )
    if paths is not None:  # by their keys, which have an index
        shown = shown.where(media.c.key.in_([key(each) for each in paths]), media.c.source.in_(paths))
    return {row.source: row.path for row in connection.execute(shown.order_by(articles.c.seq.desc()))}
