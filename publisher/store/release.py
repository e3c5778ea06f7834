"""What is published: whose date has come, in which order, at which slug."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, literal, select, update

from publisher.layout import is_reserved, numbered
from publisher.model.article import Status
from publisher.store import bulk, facts, groups, keys, labels, media, stale, translations
from publisher.store.articles import max_seq
from publisher.store.labels import Change
from publisher.store.tables import OUTDATED, articles, leaves, slugs
from publisher.store.types import Instant

CHUNK = 500  # articles that get their place in one transaction


def waiting(connection: Connection, now: datetime) -> bool:
    """Whether `due` or `place` has anything to do: quick at any size."""
    unplaced = (articles.c.status == Status.PUBLISHED) & articles.c.seq.is_(None)
    asked = (select(articles.c.id).where(each).limit(1) for each in (_come(now), _over(now), unplaced))
    return any(connection.execute(query).first() for query in asked)


def due(connection: Connection, now: datetime) -> None:
    """Articles whose date has come are published; those that have expired leave (A6)."""
    facts.outdate(connection)
    since = func.coalesce(articles.c.removed, literal(now, Instant))
    changes = labels.before(connection, _over(now))
    placed = select(articles.c.seq).where(_over(now), articles.c.seq.is_not(None))
    stale.documents(connection, connection.execute(placed).scalars())
    connection.execute(
        update(articles).where(_over(now)).values(status=Status.HELD, removed=since, page=OUTDATED)
    )
    columns = articles.c["id", "seq", "published", "categories", "authors", "language"]
    come = connection.execute(select(*columns).where(_come(now))).all()
    stale.documents(connection, [row.seq for row in come if row.seq])
    connection.execute(update(articles).where(_come(now)).values(status=Status.PUBLISHED, removed=None))
    changes += [Change(identity, (), keys.of(*words), None, at) for identity, _, at, *words in come]
    labels.change(connection, changes)
    groups.tell(connection, [each.article for each in changes])
    media.follow(connection, [each.article for each in changes])


def _over(now: datetime) -> ColumnElement[bool]:
    return and_(articles.c.status == Status.PUBLISHED, articles.c.expires <= now)


def _come(now: datetime) -> ColumnElement[bool]:
    """Held for their date alone, which has come."""
    file = select(leaves.c.path).where(leaves.c.article == articles.c.id, leaves.c.status == Status.PUBLISHED)
    lasts = articles.c.expires.is_(None) | (articles.c.expires > now)
    return and_(articles.c.status == Status.HELD, articles.c.published <= now, lasts, file.exists())


def place(connection: Connection) -> int:
    """Give newly published articles their place in the order, oldest first, and their slug: at most CHUNK of them,
    so that nobody waits long for the writer. Returns how many; call it until that is 0."""
    new = connection.execute(
        select(*articles.c["id", "slug", "wish"])
        .where(articles.c.status == Status.PUBLISHED, articles.c.seq.is_(None))
        .order_by(articles.c.published, articles.c.path)
        .limit(CHUNK)
    ).all()
    if not new:
        return 0
    rows, fresh = _slugs(connection, new)
    bulk.insert(connection, slugs.insert(), fresh)
    places: list[dict[str, Any]] = [
        {"article": id_, "at": at, "called": slug}
        for at, (id_, slug) in enumerate(rows, max_seq(connection) + 1)
    ]
    placed = update(articles).where(articles.c.id == bindparam("article"))
    connection.execute(placed.values(seq=bindparam("at"), slug=bindparam("called")), places)
    stale.documents(connection, [row["at"] for row in places])
    groups.place(connection, [row.id for row in new])
    return len(new)


def _slugs(
    connection: Connection, new: Sequence[Row[*tuple[Any, ...]]]
) -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
    """The (article, slug) of each, and the rows of the slugs that were nobody's."""
    query = select(slugs.c.slug, slugs.c.article)
    taken = _pairs(connection, query.where(slugs.c.slug.in_({row.slug for row in new})))
    declared = {row.slug for row in new if row.wish} | (_declared(connection) if len(new) == CHUNK else set())
    spoken = translations.languages(connection, [row.id for row in new])
    called: dict[str, str] = {}
    fresh: list[dict[str, str]] = []
    counted: set[str] = set()
    # The plain slug is for the one that others translate: "post.md" before "post.ar.md".
    # What a file declares goes before what others would be called by their title, also where it is younger (A15).
    by_right = sorted(new, key=lambda row: (not row.wish, row.id in spoken)) if spoken or declared else new
    for identity, wanted, wish in by_right:
        slug = base = wanted or blake2b(identity.encode(), digest_size=4).hexdigest()
        if taken.get(slug) != identity:
            others = set() if wish else declared
            if (slug in taken or slug in others or is_reserved(slug)) and base not in counted:
                counted.add(base)
                stem = numbered(base, 2).rpartition("2")[0]  # "." comes right after "-"
                taken |= _pairs(connection, query.where(slugs.c.slug > stem, slugs.c.slug < f"{stem[:-1]}."))
            number = 1
            if identity in spoken and (is_reserved(slug) or slug in taken or slug in others):
                slug = base = numbered(base, spoken[identity].lower())
            while (
                is_reserved(slug) or slug in taken or slug in others
            ):  # the next free one with a number (A14)
                number += 1
                slug = numbered(base, number)
            taken[slug] = identity
            fresh.append({"slug": slug, "article": identity})
        called[identity] = slug
    return [(row.id, called[row.id]) for row in new], fresh


def _declared(connection: Connection) -> set[str]:
    """The addresses that articles declare which have no place yet."""
    unplaced = (articles.c.status == Status.PUBLISHED) & articles.c.seq.is_(None)
    return set(connection.execute(select(articles.c.slug).where(unplaced, articles.c.wish > "")).scalars())


def _pairs(connection: Connection, query: Select[str, str]) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(query)}
