"""Which article a file is (A9): the one it was, the one it declares, the one it was renamed from, or a new one."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select

from publisher.layout import article_id, declared_id
from publisher.model.article import Manuscript, Status
from publisher.store.tables import articles, leaves

RENAME_WINDOW = timedelta(hours=24)


def printable(path: str) -> str:
    """*path* with bytes that are not UTF-8 as escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def identify(
    connection: Connection, path: str, owner: str | None, manuscript: Manuscript, site: str, now: datetime
) -> tuple[str, str]:
    """The article a file is, and a warning: the one it was, the one it declares, the one it was renamed from, or
    a new one (A9)."""
    wanted = declared_id(manuscript.declared_id) if manuscript.declared_id else None
    if wanted and wanted != owner:
        if holder := _holder(connection, leaves.c.article == wanted):
            other = f"claims the id of {holder}, which keeps it; this one gets its own"
            return owner or _fresh(connection, path, manuscript, site), other
        if owner and _was_published(connection, owner):
            return owner, f"declares another id; it keeps the one it was published with, {owner}"
        return wanted, ""
    if owner:
        return owner, ""
    if renamed := _renamed(connection, path, manuscript, now):
        return renamed, ""
    twin = _holder(connection, articles.c.content_hash == manuscript.content_hash)
    identity = _fresh(connection, path, manuscript, site)
    return identity, f"a copy of {twin}; it gets its own id" if twin else ""


def _renamed(connection: Connection, path: str, manuscript: Manuscript, now: datetime) -> str | None:
    """The article this file was under another name: gone within a day with the same content, or gone in this very
    look with the same title and date (moved and corrected in one commit), if it is the only one."""
    gone = select(articles.c.id).where(articles.c.status == Status.REMOVED)
    same = gone.where(
        articles.c.content_hash == manuscript.content_hash, articles.c.removed >= now - RENAME_WINDOW
    ).order_by(articles.c.path != path, articles.c.removed.desc(), articles.c.id)
    found: str | None = connection.execute(same).scalar()
    if found:
        return found
    corrected = gone.where(articles.c.title == manuscript.title, articles.c.removed == now)
    if manuscript.published:
        corrected = corrected.where(articles.c.published == manuscript.published)
    candidates = connection.execute(corrected.limit(2)).scalars().all()
    return candidates[0] if len(candidates) == 1 else None


def _holder(connection: Connection, wanted: ColumnElement[bool]) -> str | None:
    """The path of a file whose article is *wanted*, as it can be printed."""
    query = select(leaves.c.path).join_from(leaves, articles, leaves.c.article == articles.c.id)
    path = connection.execute(query.where(wanted).order_by(articles.c.seq, leaves.c.path)).scalar()
    return None if path is None else printable(path)


def _was_published(connection: Connection, identity: str) -> bool:
    return connection.execute(select(articles.c.seq).where(articles.c.id == identity)).scalar() is not None


def _fresh(connection: Connection, path: str, manuscript: Manuscript, site: str) -> str:
    """An identity for a file that was not there: the article once at this path comes back, if this is still that
    story; another story under its name (today.txt) is another article."""
    number = 1
    while True:
        identity = article_id(site, path, number)
        row = connection.execute(
            select(articles.c.path, articles.c.title, articles.c.content_hash, leaves.c.path.label("leaf"))
            .outerjoin_from(articles, leaves, leaves.c.article == articles.c.id)
            .where(articles.c.id == identity)
        ).first()
        if row is None:
            return identity
        same = row.title == manuscript.title or row.content_hash == manuscript.content_hash
        if row.leaf is None and row.path == path and same:
            return identity
        number += 1
