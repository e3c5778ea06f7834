"""Articles that are one in several languages (A17): which they are, and what their pages say of each other.

A file claims a name ("path:post", "key:...", "file:...", "id:...", "slug:...": articles.relations). The key of a
group is the name that all its claims lead to. An article that claims nothing belongs to those that name it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from unicodedata import normalize

from sqlalchemy import Connection, Row, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.model.article import Status
from publisher.store.labels import chunks
from publisher.store.tables import OUTDATED, articles, leaves, slugs, translations
from publisher.text import filename


@dataclass(frozen=True, slots=True)
class Sibling:
    """A published article of a group: the one that stands for its language."""

    article: str
    language: str
    slug: str


class _File(NamedTuple):
    """An article that a name leads to."""

    article: str
    path: str
    claim: str | None


def write(connection: Connection, claims: Mapping[str, str]) -> None:
    """Note what the files of these articles claim, whose rows are written; "" is nothing."""
    claimed = [{"article": article, "claim": name} for article, name in claims.items() if name]
    if claimed:
        put = upsert(translations)
        put = put.on_conflict_do_update(index_elements=["article"], set_={"claim": put.excluded.claim})
        connection.execute(put, claimed)
    elif _none(connection):
        return
    for some in chunks(article for article, name in claims.items() if not name):
        row = update(translations).where(translations.c.article.in_(some), translations.c.claim.is_not(None))
        connection.execute(row.values(claim=None))
    settle(connection, claims)


def settle(connection: Connection, changed: Iterable[str]) -> None:
    """Put the groups of these articles right, which were published or taken back. The pages of the others in a group
    are to be made again where they say something else now."""
    if _none(connection):
        return
    for ids in chunks(changed):
        _settle(connection, ids)


def languages(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The languages of those of these articles that say they are a version of one article (A14)."""
    if _none(connection):
        return {}
    query = select(*articles.c["id", "language"]).join_from(articles, translations)
    query = query.where(translations.c.claim.is_not(None))
    found: dict[str, str] = {}
    for some in chunks(ids):
        found.update(connection.execute(query.where(articles.c.id.in_(some))).all())
    return found


def siblings(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[Sibling, ...]]:
    """For each of these articles that is published in another language too: all of them, itself included, in the
    order of first publication. Where two are in one language, the one published first stands for it and the other
    for itself alone."""
    wanted = set(ids)
    found: dict[str, dict[str, Sibling]] = {}
    for row in _members(connection, wanted):
        if row.status == Status.PUBLISHED:
            found.setdefault(row.key, {}).setdefault(row.language, Sibling(row.id, row.language, row.slug))
    return {
        one.article: tuple(group.values())
        for group in found.values()
        if len(group) > 1
        for one in group.values()
        if one.article in wanted
    }


def families(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each of these articles that has translations: the ids of all that were ever published, itself included, in
    that order. One that is away now counts, for readers had it; a second one in the same language does not."""
    wanted = set(ids)
    found: dict[str, dict[str, str]] = {}
    for row in _members(connection, wanted):
        found.setdefault(row.key, {}).setdefault(row.language, row.id)
    groups = (tuple(group.values()) for group in found.values() if len(group) > 1)
    return {one: group for group in groups for one in group if one in wanted}


def unknown(connection: Connection) -> list[tuple[str, str]]:
    """(path, name) of files that say they are a translation of what is not there."""
    query = (
        select(leaves.c.path, translations.c.claim)
        .join_from(leaves, translations, leaves.c.article == translations.c.article)
        .where(translations.c.claim == translations.c.key)
        .order_by(leaves.c.path)
    )
    named = ((path, claimed.partition(":")) for path, claimed in connection.execute(query))
    return [(path, name) for path, (kind, _, name) in named if kind in ("file", "id", "slug")]


def _none(connection: Connection) -> bool:
    """Whether nothing here is a translation: what most sites pay for all this is this question."""
    return connection.execute(select(translations.c.article).limit(1)).first() is None


def _members(connection: Connection, ids: set[str]) -> list[Row[*tuple[Any, ...]]]:
    """The articles once published that share a key with one of *ids*, in the order of first publication."""
    if not ids or _none(connection):
        return []
    keys: set[str] = set()
    for some in chunks(ids):
        keys.update(
            connection.execute(select(translations.c.key).where(translations.c.article.in_(some))).scalars()
        )
    query = (
        select(translations.c.key, *articles.c["id", "seq", "status", "language", "slug"])
        .join_from(translations, articles)
        .where(articles.c.seq.is_not(None))
    )
    rows = [
        row
        for some in chunks(key for key in keys if key)
        for row in connection.execute(query.where(translations.c.key.in_(some)))
    ]
    return sorted(rows, key=lambda row: row.seq)


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
    moved: set[str] = set()
    for article in before.keys() | keys.keys():
        old = (before[article].key, before[article].told) if article in before else (None, "")
        new = (keys.get(article), told.get(article, ""))
        if old != new and (old[1] or new[1]):
            moved.update(key for key in (old[0], new[0]) if key)
    _look_again(connection, moved)  # also those that leave these groups now
    dropped = before.keys() - keys.keys()
    connection.execute(delete(translations).where(translations.c.article.in_(dropped)))
    if keys:
        row = upsert(translations)
        values = {"key": row.excluded.key, "told": row.excluded.told}
        connection.execute(
            row.on_conflict_do_update(index_elements=["article"], set_=values),
            [{"article": one, "key": key, "told": told[one]} for one, key in keys.items()],
        )
    _look_again(connection, moved)


def _concerned(connection: Connection, ids: Sequence[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """The rows that a change of these articles may touch: their own, those that name them, and those of their
    groups."""
    query = (
        select(*articles.c["id", "path"], translations.c.key)
        .outerjoin_from(articles, translations, translations.c.article == articles.c.id)
        .where(articles.c.id.in_(ids))
    )
    names: set[str] = set()
    for row in connection.execute(query):
        names |= {f"path:{filename.untagged(row.path)}", f"file:{row.path}", f"id:{row.id}"}
        names |= {row.key} if row.key else set()
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
        row = update(articles).where(articles.c.page > "", articles.c.id.in_(of_key))
        connection.execute(row.values(page=OUTDATED))
