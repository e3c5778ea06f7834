"""Where articles stand on the site: addresses that were given stay theirs, and old ones lead to the new (A14, A15)."""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from publisher import layout
from publisher.model.article import Finding, Status
from publisher.store import stale
from publisher.store.dialects import upsert
from publisher.store.tables import articles, leaves, redirects, slugs

FORMER, ALIAS, GONE = (
    "former",
    "alias",
    "gone",
)  # kinds of redirects; a gone one waits for its file to be removed

_Known = Row[*tuple[Any, ...]] | None  # an article's row before this look


def asked(connection: Connection, finding: Finding, before: _Known) -> dict[str, Any]:
    """The columns that say where the article of *finding* stands: until it is first published what it asks for; then
    what it was given, unless its file declares another slug or address than at the last look: then it moves, and the
    former address leads to the new one."""
    manuscript = finding.manuscript
    wish = (manuscript.link or manuscript.slug or "") if manuscript else ""
    if before is None or (before.seq is None and (not before.adopted or wish not in {"", before.wish})):
        return {"slug": finding.slug, "wish": wish}
    if wish in {"", before.wish}:
        return {"slug": before.slug, "wish": before.wish}
    return {"slug": move(connection, before.id, before.slug, finding.slug), "wish": wish}


def move(connection: Connection, article: str, former: str, wanted: str) -> str:
    """Give an article the address it wants, or the next free one; the *former*, if it was its own, leads there from
    now on."""
    slug = free(connection, article, wanted)
    row = upsert(slugs).values(slug=slug, article=article)
    connection.execute(row.on_conflict_do_nothing())
    if slug == former:
        return slug
    if _owner(connection, former) == article:
        lead(connection, article, former)
    connection.execute(delete(redirects).where(redirects.c.article == article, redirects.c.path == slug))
    return slug


def lead(connection: Connection, article: str, path: str) -> None:
    """From now on *path* leads to the article."""
    row = upsert(redirects).values(article=article, path=path, kind=FORMER)
    connection.execute(row.on_conflict_do_update(index_elements=["article", "path"], set_={"kind": FORMER}))


def free(connection: Connection, article: str, wanted: str) -> str:
    """The address wanted, or the next with a number that is nobody else's (A14)."""
    base = wanted or blake2b(article.encode(), digest_size=4).hexdigest()
    number, slug = 1, base
    while layout.is_reserved(slug) or _owner(connection, slug) not in {None, article}:
        number += 1
        slug = layout.numbered(base, number)
    return slug


def _owner(connection: Connection, slug: str) -> str | None:
    return connection.execute(select(slugs.c.article).where(slugs.c.slug == slug)).scalar()


def note_aliases(connection: Connection, findings: Iterable[Finding]) -> None:
    """Remember the aliases that these files name, and that others are named no more. Call it after `record`."""
    named = {f.path: f.manuscript.aliases if f.manuscript else () for f in findings}
    some = connection.execute(select(redirects.c.path).where(redirects.c.kind == ALIAS).limit(1)).first()
    if not some and not any(named.values()):
        return
    query = select(leaves.c.path, leaves.c.article).where(
        leaves.c.path.in_(named), leaves.c.article.is_not(None)
    )
    owners = {article: named[path] for path, article in connection.execute(query)}
    mine = redirects.c.article.in_(owners) & (redirects.c.kind == ALIAS)
    connection.execute(update(redirects).where(mine).values(kind=GONE))
    rows = [
        {"article": article, "path": path, "kind": ALIAS}
        for article, paths in owners.items()
        for path in paths
    ]
    if rows:
        row = upsert(redirects)
        again = row.on_conflict_do_update(
            index_elements=["article", "path"], set_={"kind": ALIAS}, where=redirects.c.kind == GONE
        )
        connection.execute(again, rows)


def any_leading(connection: Connection) -> bool:
    """Whether any address leads to an article."""
    return connection.execute(select(redirects.c.path).limit(1)).first() is not None


def leading_to(connection: Connection, ids: Collection[str]) -> list[tuple[str, str]]:
    """The (address, article) of every address that leads to one of these articles, and is no article's own."""
    paths = select(redirects.c.path).where(redirects.c.article.in_(ids), redirects.c.kind != GONE)
    return [pair for pair in _claims(connection, redirects.c.path.in_(paths)) if pair[1] in ids]


def leading(connection: Connection) -> list[tuple[str, str]]:
    """The (address, article) of every address that leads to an article, and is no article's own."""
    return _claims(connection)


def _claims(connection: Connection, *of: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Whose each address is, where several articles name it: a former one before an alias, the older first."""
    query = (
        select(redirects.c.path, redirects.c.article)
        .join_from(redirects, articles)
        .where(redirects.c.kind != GONE, articles.c.status == Status.PUBLISHED, ~_is_own(), *of)
        .order_by(redirects.c.kind == ALIAS, articles.c.seq)
    )
    found: dict[str, str] = {}
    for path, article in connection.execute(query):
        found.setdefault(path, article)
    return list(found.items())


def _is_own() -> ColumnElement[bool]:
    """Whether a published article stands at the redirect's address."""
    here = articles.alias("here")
    own = select(slugs.c.slug).join_from(
        slugs, here, (slugs.c.article == here.c.id) & (slugs.c.slug == here.c.slug)
    )
    return own.where(slugs.c.slug == redirects.c.path, here.c.status == Status.PUBLISHED).exists()


def gone(connection: Connection) -> tuple[bool, list[str]]:
    """Whether there are addresses that files named once and name no more; and those that nothing else uses."""
    query = select(redirects.c.path, _is_own()).where(redirects.c.kind == GONE)
    found = connection.execute(query).all()
    return bool(found), _unused(connection, {path for path, is_own in found if not is_own})


def idle(connection: Connection, ids: Collection[str], *, every: bool) -> list[str]:
    """The addresses that led to these articles, which are away, and that nothing else uses; *every*: all of them,
    where the site has no pages any more."""
    query = select(redirects.c.path).where(redirects.c.article.in_(ids))
    if every:
        return list(connection.execute(query).scalars())
    query = query.where(~_is_own())
    return _unused(connection, set(connection.execute(query).scalars()))


def _unused(connection: Connection, paths: set[str]) -> list[str]:
    return sorted(paths - {path for path, _ in _claims(connection)}) if paths else []


def forget_gone(connection: Connection) -> None:
    """The files of redirects that are gone are removed; those that another article names lead to that one."""
    paths = connection.execute(select(redirects.c.path).where(redirects.c.kind == GONE)).scalars().all()
    connection.execute(delete(redirects).where(redirects.c.kind == GONE))
    _pass_on(connection, redirects.c.path.in_(paths))


def pass_on(connection: Connection, ids: Collection[str]) -> None:
    """These articles are away: the addresses they had, or that led to them, lead to others that name them."""
    if not any_leading(connection):
        return
    led = select(redirects.c.path).where(redirects.c.article.in_(ids))
    own = select(articles.c.slug).where(articles.c.id.in_(ids))
    _pass_on(connection, redirects.c.path.in_(led) | redirects.c.path.in_(own))


def _pass_on(connection: Connection, of: ColumnElement[bool]) -> None:
    """Make the pages at these addresses again, with those of the articles they lead to."""
    owners = {article for _, article in _claims(connection, of)}
    stale.showing(connection, articles.c.id.in_(owners))
