"""What was said to be wrong in articles, and who was mailed them (D9)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from publisher.model.article import Article, Correction, Status
from publisher.model.delivery import State
from publisher.model.digest import Edition, Kind
from publisher.model.people import Reach, Wish
from publisher.store import facts, retention, stale
from publisher.store.articles import some
from publisher.store.tables import (
    articles,
    corrections,
    deliveries,
    editions,
    newsletters,
    redirects,
    slugs,
    subscribers,
    subscriptions,
    variants,
)

HAD = (State.SENT, State.UNKNOWN, State.SENDING)  # letters that are with their readers, or may be


@dataclass(frozen=True, slots=True)
class Carrier:
    """An edition that carried an article."""

    edition: int
    expires: datetime  # the end of the edition's life


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader of a newsletter, and whether they were mailed an article and its correction is still to come."""

    subscriber: int
    language: str | None
    text_only: bool
    seen_seq: int
    wants: bool


class _Row(NamedTuple):
    """A reader as the ledger's rows know them."""

    subscriber: int
    language: str | None
    text_only: bool
    seen_seq: int
    had: bool  # the article, in a letter that is a row still
    told: bool  # of the correction, by another newsletter


def find(connection: Connection, word: str, path: str, slug: str) -> Article | None:
    """The published article with the id *word*, at the *path* in the article folder, or at the address *slug*, its own
    or one that leads to it."""
    ways = (
        select(articles.c.id).where(articles.c.id == word),
        select(articles.c.id).where(articles.c.path == path),
        select(slugs.c.article).where(slugs.c.slug == slug),
        select(redirects.c.article).where(redirects.c.path == slug),
    )
    for way in ways:
        for identity in connection.execute(way).scalars():
            published = select(articles.c.id).where(
                articles.c.id == identity, articles.c.status == Status.PUBLISHED, articles.c.seq.is_not(None)
            )
            if connection.execute(published).first():
                return some(connection, [identity])[0]
    return None


def add(connection: Connection, article: Article, text: str, now: datetime) -> int:
    """Note the correction with the article; whatever shows it is to be made again. Returns its number."""
    number = connection.execute(insert(corrections).values(article=article.id, at=now, text=text))
    told = select(corrections.c.at, corrections.c.text).where(corrections.c.article == article.id)
    every = tuple(Correction(*row) for row in connection.execute(told.order_by(corrections.c.id)))
    row = update(articles).where(articles.c.id == article.id)
    connection.execute(row.values(corrections=every, updated=max(article.updated, now)))
    facts.outdate(connection)
    stale.showing(connection, articles.c.id == article.id)
    (key,) = number.inserted_primary_key or (0,)
    return int(key)


def get(connection: Connection, number: int) -> tuple[Article, str]:
    """The article and the text of the correction with this number."""
    row = connection.execute(select(corrections).where(corrections.c.id == number)).one()
    return some(connection, [row.article])[0], row.text


def carriers(connection: Connection, newsletter: int, article: Article) -> list[Carrier]:
    """The newsletter's editions that carried the article; a correction carries none."""
    query = select(*editions.c["id", "expires"]).where(
        editions.c.newsletter == newsletter,
        editions.c.upto_seq >= article.seq,
        editions.c.kind != Kind.CORRECTION,
        select(variants.c.id).where(variants.c.edition == editions.c.id, _holds(article)).exists(),
    )
    return [Carrier(*row) for row in connection.execute(query)]


def _holds(article: Article) -> ColumnElement[bool]:
    """Whether a variant holds the article: its id, in quotation marks, is one of a list's."""
    return func.instr(variants.c.articles, json.dumps(article.id)) > 0


def siblings(connection: Connection, edition: Edition) -> list[int]:
    """The editions in which other newsletters send the correction that is this edition's."""
    every = select(newsletters.c.id)  # they are few, and the index is (newsletter, slot)
    query = select(editions.c.id).where(
        editions.c.newsletter.in_(every),
        editions.c.slot == edition.slot,
        editions.c.id != edition.id,
    )
    return list(connection.execute(query).scalars())


def readers(
    connection: Connection,
    newsletter: int,
    article: Article,
    carried: Sequence[Carrier],
    told: Sequence[int],
    after: int,
    limit: int,
) -> list[Reader]:
    """The next readers of the newsletter to be mailed (reachable and active), by key, and which of them had the
    *article* in one of the editions that *carried* it and get its correction in none of the editions *told*. Of old
    letters bits remain, which say the same (S8)."""
    had = (
        select(deliveries.c.id)
        .join_from(deliveries, variants, variants.c.id == deliveries.c.variant)
        .where(
            deliveries.c.edition.in_([each.edition for each in carried]),
            deliveries.c.subscriber == subscriptions.c.subscriber,
            deliveries.c.state.in_(HAD),
            _holds(article),
        )
    )
    elsewhere = select(deliveries.c.id).where(
        deliveries.c.edition.in_(told),
        deliveries.c.subscriber == subscriptions.c.subscriber,
        deliveries.c.state != State.CANCELLED,  # who left that newsletter before its letter did
    )
    query = (
        select(subscriptions.c.subscriber, subscribers.c.language)
        .add_columns(*subscriptions.c["text_only", "seen_seq"], had.exists(), elsewhere.exists())
        .join_from(subscriptions, subscribers)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.subscriber > after,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
        )
        .order_by(subscriptions.c.subscriber)
        .limit(limit)
    )
    rows = [_Row(*row) for row in connection.execute(query)]
    holding = select(variants.c.id).where(
        variants.c.edition.in_([each.edition for each in carried]), _holds(article)
    )
    open_ = [row.subscriber for row in rows if not (row.had or row.told)]
    sent = retention.were_sent(connection, connection.execute(holding).scalars().all(), open_)
    return [Reader(*row[:4], wants=not row.told and (row.had or row.subscriber in sent)) for row in rows]


def pass_again(connection: Connection, edition: int) -> None:
    """Everybody who had the article by now is planned; the rest are looked for once more."""
    connection.execute(update(editions).where(editions.c.id == edition).values(cadence=1, cursor=0))
