"""Which articles are one in several languages (A17), found out when one of them changes.

A file claims a name ("path:post", "key:...", "file:...", "id:...", "slug:...": articles.relations). The key of a
group is the name that all its claims lead to. An article that claims nothing belongs to those that name it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from unicodedata import normalize

from sqlalchemy import Connection, Row, bindparam, delete, or_, select, update

from publisher.model.article import Status
from publisher.store import stale
from publisher.store.dialects import upsert
from publisher.store.labels import chunks
from publisher.store.tables import articles, leaves, slugs, translations
from publisher.store.translations import none
from publisher.text import filename


class _File(NamedTuple):
    """An article that a name leads to."""

    article: str
    path: str
    claim: str | None


def write(connection: Connection, claims: Mapping[str, str]) -> None:
    """Put the groups of these articles right, whose files are written down and claim these names; "" is nothing."""
    claimed = [{"article": article, "claim": name} for article, name in claims.items() if name]
    if claimed:
        put = upsert(translations)
        put = put.on_conflict_do_update(index_elements=["article"], set_={"claim": put.excluded.claim})
        connection.execute(put, claimed)
    elif none(connection):
        return
    for some in chunks(article for article, name in claims.items() if not name):
        row = update(translations).where(translations.c.article.in_(some), translations.c.claim.is_not(None))
        connection.execute(row.values(claim=None))
    for some in chunks(claims):
        _settle(connection, some)


def place(connection: Connection, ids: Sequence[str]) -> None:
    """These articles are published for the first time, and have their slugs: whoever named one by it finds it."""
    if none(connection):
        return
    if "slug" in _kinds(connection):
        for some in chunks(ids):
            _settle(connection, some)
    tell(connection, ids)


def tell(connection: Connection, ids: Iterable[str]) -> None:
    """These articles came, went or got another address. The pages of their translations are to be made again where
    that changes what they say."""
    if none(connection):
        return
    for some in chunks(ids):
        mine = select(translations).where(translations.c.article.in_(some))
        rows = connection.execute(mine).all()
        told = _told(connection, [row.article for row in rows])
        changed = [row for row in rows if told[row.article] != row.told]
        if changed:
            put = update(translations).where(translations.c.article == bindparam("one"))
            connection.execute(
                put.values(told=bindparam("now")),
                [{"one": row.article, "now": told[row.article]} for row in changed],
            )
            _look_again(connection, {row.key for row in changed})


def _settle(connection: Connection, ids: Sequence[str]) -> None:
    before = _concerned(connection, ids)
    if not before:
        return
    files = _follow(connection, {row.claim for row in before.values() if row.claim})
    keys = {article: _end(row.claim, files) for article, row in before.items() if row.claim}
    for key in set(keys.values()):  # those that claim nothing and are named
        keys.update((file.article, key) for file in files.get(key, ()) if not file.claim)
    gone = set(before) - set(keys) - _present(connection, before)
    keys.update((article, before[article].key) for article in gone)
    told = _told(connection, keys)
    changed: list[str] = []
    moved: set[str] = set()
    for article in before.keys() | keys.keys():
        old = (before[article].key, before[article].told) if article in before else (None, "")
        new = (keys.get(article), told.get(article, ""))
        if old != new:
            changed.append(article)
            moved.update(key for key in (old[0], new[0]) if key and (old[1] or new[1]))
    _look_again(connection, moved)  # while those that leave a group are in it
    connection.execute(delete(translations).where(translations.c.article.in_(before.keys() - keys.keys())))
    rows = [{"article": one, "key": keys[one], "told": told[one]} for one in changed if one in keys]
    if rows:
        put = upsert(translations)
        values = {"key": put.excluded.key, "told": put.excluded.told}
        connection.execute(put.on_conflict_do_update(index_elements=["article"], set_=values), rows)
    _look_again(connection, moved)


def _kinds(connection: Connection) -> set[str]:
    """In which ways others are named here, beside their paths."""
    named = translations.c.claim
    return {
        kind
        for kind in ("file", "id", "slug")
        if connection.execute(select(named).where(named >= f"{kind}:", named < f"{kind};").limit(1)).first()
    }


def _concerned(connection: Connection, ids: Sequence[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """The rows that a change of these articles may touch: their own, those that name them, and those of their
    groups."""
    kinds = _kinds(connection)
    query = (
        select(*articles.c["id", "path"], translations.c.key)
        .outerjoin_from(articles, translations, translations.c.article == articles.c.id)
        .where(articles.c.id.in_(ids))
    )
    names: set[str] = set()
    for row in connection.execute(query):
        names.add(f"path:{filename.untagged(row.path)}")
        names.update(
            name for kind, name in (("file", f"file:{row.path}"), ("id", f"id:{row.id}")) if kind in kinds
        )
        if row.key:
            names.add(row.key)
    if "slug" in kinds:
        slugged = select(slugs.c.slug).where(slugs.c.article.in_(ids))
        names |= {f"slug:{slug}" for slug in connection.execute(slugged).scalars()}
    wanted = or_(
        translations.c.article.in_(ids), translations.c.claim.in_(names), translations.c.key.in_(names)
    )
    return {row.article: row for row in connection.execute(select(translations).where(wanted))}


def _follow(connection: Connection, names: set[str]) -> dict[str, list[_File]]:
    """What these names lead to, and the names that this leads to in turn."""
    found: dict[str, list[_File]] = {}
    while names:
        new = _files(connection, names)
        found |= {name: new.get(name, []) for name in names}
        names = {_next(name, files) for name, files in new.items()} - found.keys()
    return found


def _next(name: str, files: Sequence[_File]) -> str:
    """The name that the articles of *name* claim in turn, or go by."""
    claimed = next((file.claim for file in files if file.claim), None)
    if claimed or name.startswith("path:"):
        return claimed or name
    file = files[0]
    return f"id:{file.article}" if filename.language(file.path) else f"path:{filename.untagged(file.path)}"


def _end(name: str, files: Mapping[str, Sequence[_File]]) -> str:
    """Where *name* leads to at last; of names that lead round in a circle, the first in the order of letters."""
    passed: list[str] = []
    while name not in passed:
        passed.append(name)
        name = _next(name, files[name]) if files.get(name) else name
    return min(passed[passed.index(name) :])


def _files(connection: Connection, names: set[str]) -> dict[str, list[_File]]:
    """The articles that these names lead to at once."""
    at: dict[str, dict[str, list[str]]] = {"path": {}, "file": {}, "slug": {}, "id": {}, "key": {}}
    for name in sorted(names):
        kind, _, rest = name.partition(":")
        at[kind].setdefault(rest, []).append(name)
    for rest, untagged in at["path"].items():
        for form in {rest, normalize("NFD", rest)}:
            for ending in filename.ENDINGS:
                at["file"].setdefault(f"{form}.{ending}", []).extend(untagged)
    found: dict[str, list[_File]] = {}
    for kind, column, owner in (
        ("file", leaves.c.path, leaves.c.article),
        ("slug", slugs.c.slug, slugs.c.article),
        ("id", articles.c.id, articles.c.id),
    ):
        query = select(
            column, articles.c.id.label("article"), articles.c.path.label("last"), translations.c.claim
        )
        query = query.join(articles, articles.c.id == owner) if owner is not articles.c.id else query
        query = query.outerjoin(translations, translations.c.article == articles.c.id)
        for some in chunks(at[kind], 2000):
            for where, *file in connection.execute(query.where(column.in_(some))):
                for name in at[kind][where]:
                    found.setdefault(name, []).append(_File(*file))
    return found


def _present(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these articles that have a file."""
    present: set[str] = set()
    for some in chunks(ids):
        present.update(
            one
            for one in connection.execute(
                select(leaves.c.article).where(leaves.c.article.in_(some))
            ).scalars()
        )
    return present


def _told(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """What pages of the others say of each of these articles; "" of one that is not published."""
    told: dict[str, str] = {}
    query = select(*articles.c["id", "status", "seq", "language", "slug"])
    for some in chunks(ids):
        for row in connection.execute(query.where(articles.c.id.in_(some))):
            shown = row.status == Status.PUBLISHED and row.seq is not None
            told[row.id] = f"{row.language} {row.slug}" if shown else ""
    return told


def _look_again(connection: Connection, keys: Iterable[str]) -> None:
    """The pages of the articles with these keys are to be made again."""
    for some in chunks(keys):
        of_key = select(translations.c.article).where(translations.c.key.in_(some))
        stale.showing(connection, articles.c.id.in_(of_key))
