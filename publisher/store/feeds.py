"""The feeds of labels and the documents of the archive: which there are, and which are to be made again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from publisher.layout import numbered
from publisher.store import facts
from publisher.store.labels import chunks
from publisher.store.tables import STALE_ARCHIVE, STALE_FEED, archives, feeds, spellings


@dataclass(frozen=True, slots=True)
class LabelFeed:
    """The feed of a label."""

    key: str
    word: str  # as the site shows it; "" where no published article has it
    folder: str | None  # below the document root; None: it has no place yet
    articles: int  # published ones with the label

    @property
    def kind(self) -> str:
        """ "category", "author" or "language"."""
        return self.key.partition(":")[0]


def stale(connection: Connection, limit: int | None, without: Collection[str] = ()) -> list[LabelFeed]:
    """At most *limit* of the feeds that are to be made again, or taken away; *without* those of these labels."""
    query = _found().where(STALE_FEED).order_by(feeds.c.key)
    if without:
        query = query.where(feeds.c.key.not_in(without))
    return [_feed(row) for row in connection.execute(query.limit(limit))]


def listed(connection: Connection) -> list[LabelFeed]:
    """The feeds that have a place and articles, by key."""
    query = _found().where(feeds.c.folder.is_not(None), spellings.c.key.is_not(None)).order_by(feeds.c.key)
    return [_feed(row) for row in connection.execute(query)]


def _found() -> Select[*tuple[Any, ...]]:
    word, articles = func.max(spellings.c.shown).label("word"), func.sum(spellings.c.count).label("articles")
    joined = select(*feeds.c["key", "folder"], word, articles).outerjoin_from(
        feeds, spellings, feeds.c.key == spellings.c.key
    )
    return joined.group_by(feeds.c.key, feeds.c.folder)


def _feed(row: Row[*tuple[Any, ...]]) -> LabelFeed:
    return LabelFeed(row.key, row.word or "", row.folder, row.articles or 0)


def folders(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """The folders of those of these labels that have one."""
    query = select(*feeds.c["key", "folder"]).where(feeds.c.folder.is_not(None))
    found = (connection.execute(query.where(feeds.c.key.in_(some))) for some in chunks(keys))
    return {row.key: row.folder for rows in found for row in rows}


def of(connection: Connection, key: str) -> LabelFeed:
    """What is known of the label with this *key*."""
    return _feed(connection.execute(_found().where(feeds.c.key == key)).one())


def place(connection: Connection, key: str, wanted: str) -> str:
    """Give the feed of a label its folder for ever: *wanted*, or that with a number where another has it."""
    for number in count(1):
        folder = numbered(wanted, number) if number > 1 else wanted
        if connection.execute(select(feeds.c.key).where(feeds.c.folder == folder)).first() is None:
            break
    connection.execute(update(feeds).where(feeds.c.key == key).values(folder=folder))
    return folder


def made(connection: Connection, keys: Collection[str]) -> None:
    """The feeds of these labels are on disk as they should be, or gone."""
    _note(connection, keys, stale=False)


def _note(connection: Connection, keys: Collection[str], *, stale: bool) -> None:
    for some in chunks(keys):
        connection.execute(update(feeds).where(feeds.c.key.in_(some)).values(stale=stale))


@dataclass(frozen=True, slots=True)
class Archive:
    """A document of the archive: the articles with *after* < seq <= *upto*."""

    number: int  # from 1
    after: int
    upto: int | None  # None: the last one, to which new articles come


def stale_archives(connection: Connection) -> list[Archive]:
    """The archive documents that are to be made again, in their order."""
    if connection.execute(select(archives.c.number).where(STALE_ARCHIVE).limit(1)).first() is None:
        return []
    found: list[Archive] = []
    after = 0
    for row in connection.execute(select(archives).order_by(archives.c.number)):
        if row.stale:
            found.append(Archive(row.number, after, row.upto))
        after = row.upto or after
    return found


def close_archive(connection: Connection, number: int, upto: int) -> None:
    """The document at the end is full with the article at *upto*, and on disk; the next one begins."""
    here = archives.c.number == number
    connection.execute(update(archives).where(here).values(upto=upto, stale=False))
    connection.execute(insert(archives).values(number=number + 1, upto=None, stale=True))


def last_archive(connection: Connection) -> int:
    """The number of the archive document with the newest articles; 0 where there is none."""
    return connection.execute(select(func.max(archives.c.number))).scalar() or 0


def whole_archive(connection: Connection) -> int:
    """The number of the last document when all of them stood on disk; 0 before that, and where there are none."""
    return int(facts.get(connection, facts.ARCHIVE) or 0)


def keep_whole_archive(connection: Connection, number: int) -> None:
    """All documents up to that *number* stand on disk: the site's feed can lead to it."""
    facts.put(connection, facts.ARCHIVE, str(number))


def archived(connection: Connection, numbers: Sequence[int]) -> None:
    """These archive documents are on disk as they should be, or gone."""
    connection.execute(update(archives).where(archives.c.number.in_(numbers)).values(stale=False))


def make_all(connection: Connection) -> None:
    """Make all of them again: what every one depends on is something else now."""
    connection.execute(update(feeds).values(stale=True))
    connection.execute(update(archives).values(stale=True))


def lost(connection: Connection, keys: Collection[str], numbers: Collection[int]) -> None:
    """Make these again: somebody deleted files of theirs."""
    _note(connection, keys, stale=True)
    if numbers:
        connection.execute(update(archives).where(archives.c.number.in_(numbers)).values(stale=True))
