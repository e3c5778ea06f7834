"""The parts of the sitemap: which are to be made again, and what stands in each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from publisher.model.article import Status
from publisher.store.dialects import upsert
from publisher.store.tables import STALE_SITEMAP, articles, sitemaps

SHARE = 5_000  # places of the order in a part: 50,000 at most (sitemaps.org), and made again with each change in it


@dataclass(frozen=True, slots=True)
class Place:
    """A page in a sitemap."""

    slug: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class News:
    """An article in the sitemap of news."""

    slug: str
    title: str
    language: str
    published: datetime


def changed(connection: Connection, seqs: Iterable[int]) -> None:
    """Articles at these places of the order have come, changed or left."""
    numbers = sorted({1 + (seq - 1) // SHARE for seq in seqs})
    row = upsert(sitemaps).on_conflict_do_update(index_elements=["number"], set_={"stale": True})
    connection.execute(row, [{"number": number, "stale": True} for number in numbers])


def stale(connection: Connection) -> list[int]:
    """The numbers of the parts that are to be made again."""
    return list(connection.execute(select(sitemaps.c.number).where(STALE_SITEMAP)).scalars())


def part(connection: Connection, number: int) -> list[Place]:
    """The pages of this part, in the order of first publication."""
    after = (number - 1) * SHARE
    # As `articles.between`: along the index of `seq`.
    shown = articles.c.status.concat("") == Status.PUBLISHED
    query = select(articles.c.slug, articles.c.updated).where(shown, articles.c.seq > after)
    query = query.where(articles.c.seq <= after + SHARE).order_by(articles.c.seq)
    return [Place(*row) for row in connection.execute(query)]


def made(connection: Connection, number: int, newest: datetime | None) -> None:
    """This part is on disk as it should be, its *newest* article changed then; gone where it has none."""
    here = sitemaps.c.number == number
    connection.execute(update(sitemaps).where(here).values(stale=False, changed=newest))


def make(connection: Connection, numbers: Collection[int] | None = None) -> None:
    """Make these parts again; all where None."""
    row = update(sitemaps).values(stale=True)
    connection.execute(row if numbers is None else row.where(sitemaps.c.number.in_(numbers)))


def parts(connection: Connection) -> dict[int, datetime]:
    """The parts that stand on disk, and when the newest article of each last changed."""
    query = select(sitemaps.c.number, sitemaps.c.changed).where(sitemaps.c.changed.is_not(None))
    return {row.number: row.changed for row in connection.execute(query.order_by(sitemaps.c.number))}


def news(connection: Connection, since: datetime, limit: int) -> list[News]:
    """The articles published after *since*, newest first."""
    query = select(*articles.c["slug", "title", "language", "published"])
    recent = (articles.c.status == Status.PUBLISHED) & (articles.c.published > since)
    query = query.where(recent, articles.c.slug.is_not(None))
    query = query.order_by(articles.c.published.desc(), articles.c.seq.desc()).limit(limit)
    return [News(*row) for row in connection.execute(query)]
