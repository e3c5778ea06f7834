"""Articles that are one in several languages (A17), as lists and pages ask for them. `groups` finds out which."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from publisher.model.article import Status
from publisher.store.labels import chunks
from publisher.store.tables import articles, leaves, translations


@dataclass(frozen=True, slots=True)
class Sibling:
    """A published article of a group: the one that stands for its language."""

    article: str
    language: str
    slug: str


def languages(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The languages of those of these articles that say they are a version of one article (A14)."""
    if none(connection):
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


def none(connection: Connection) -> bool:
    """Whether nothing here is a translation: what most sites pay for all this is this question."""
    return connection.execute(select(translations.c.article).limit(1)).first() is None


def _members(connection: Connection, ids: set[str]) -> list[Row[*tuple[Any, ...]]]:
    """The articles once published that share a key with one of *ids*, in the order of first publication."""
    if not ids or none(connection):
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
