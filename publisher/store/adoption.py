"""What is kept of a site's older feeds: ids for each format, addresses and dates (A15)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from publisher.model.adoption import Adopted
from publisher.store import facts, groups, media, places, stale
from publisher.store.tables import articles, leaves, redirects

FEED_ID = "feed id"  # the fact: the id of the Atom feed that readers know


@dataclass(frozen=True, slots=True)
class Change:
    """What an article takes over."""

    id: str
    adopted: Adopted
    slug: str  # the address it had; "" leaves it where it is
    published: datetime
    updated: datetime


def present(connection: Connection) -> list[Row[*tuple[Any, ...]]]:
    """id, path, slug, seq, title, summary, published, updated, adopted of every article whose file is there."""
    wanted = articles.c[
        "id", "path", "slug", "seq", "title", "summary", "published", "updated", "adopted", "status"
    ]
    query = select(*wanted).where(select(leaves.c.path).where(leaves.c.article == articles.c.id).exists())
    return list(connection.execute(query.order_by(articles.c.path)))


def other_places(connection: Connection) -> dict[str, list[str]]:
    """Addresses that lead to articles, by article."""
    found: dict[str, list[str]] = {}
    query = select(redirects.c.article, redirects.c.path).where(redirects.c.kind != places.GONE)
    for article, path in connection.execute(query):
        found.setdefault(article, []).append(path)
    return found


def take_over(connection: Connection, changes: Iterable[Change]) -> None:
    """Write the changes. An article that is published moves, and its address of before leads to the old one."""
    moved: list[str] = []
    for change in changes:
        before = connection.execute(
            select(*articles.c["seq", "slug"]).where(articles.c.id == change.id)
        ).one()
        slug = before.slug
        if change.slug:  # its own from now on, also before the first publication: no namesake gets it
            slug = places.move(connection, change.id, slug, change.slug)
        if slug != before.slug and before.seq is not None:
            moved.append(change.id)
        values = {
            "adopted": change.adopted,
            "slug": slug,
            "published": change.published,
            "updated": change.updated,
        }
        mine = articles.c.id == change.id
        connection.execute(update(articles).where(mine).values(values))
        stale.showing(connection, mine)
    groups.tell(connection, moved)
    media.forget(connection, moved)
    media.follow(connection, moved)


def keep_feed_id(connection: Connection, identity: str) -> str:
    """The id of the site's feed from now on: *identity*, unless one was adopted before."""
    known = facts.get(connection, FEED_ID)
    if known is None:
        facts.put(connection, FEED_ID, identity)
        facts.outdate(connection)
    return known or identity


def feed_id(connection: Connection) -> str | None:
    """The adopted id of the site's feed."""
    return facts.get(connection, FEED_ID)
