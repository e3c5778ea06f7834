"""How much goes into a feed: the same entries in all three formats, each document below a megabyte (F3)."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime

from publisher.feeds import atom, jsonfeed, plain, rss
from publisher.model.feed import Entry, Feed

LIMIT = 1_000_000  # bytes
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRAME = 2_500  # bytes, more than the markup around all entries takes
_ENTRY = 1_000  # ... and that around one


def fitting(feed: Feed, entries: Sequence[Entry], limit: int = LIMIT) -> Sequence[Entry]:
    """The newest of *entries* (newest first) with which every format stays below *limit* bytes.

    An entry that is too large alone is left out, so that it does not push out all the others.
    """
    if _around(feed) + sum(map(at_most, entries)) < limit:
        return entries
    small = [entry for entry in entries if _largest(feed, [entry]) < limit]
    count = bisect_left(range(1, len(small) + 1), limit, key=lambda n: _largest(feed, small[:n]))
    return small[:count]


def newest(entries: Sequence[Entry]) -> datetime:
    """`Feed.updated` for *entries*: their latest `updated`, the epoch where there are none (F10)."""
    return max((entry.article.updated for entry in entries), default=EPOCH)


def _largest(feed: Feed, entries: Sequence[Entry]) -> int:
    return max(len(render(feed, entries)) for render in (rss.render, atom.render, jsonfeed.render))


def _around(feed: Feed) -> int:
    """More bytes than a document without entries takes."""
    links = (*feed.hubs, feed.license, feed.current, feed.previous, feed.next)
    links += tuple(each.url for each in (feed.icon, feed.logo) if each)
    words = feed.title + feed.description + feed.author
    removed = sum(150 + 6 * len(each.id) for each in feed.removed)
    return _FRAME + 10 * len(words) + sum(200 + 10 * len(link) for link in links) + removed


def at_most(entry: Entry) -> int:
    """More bytes than *entry* takes in any format, at the price of a few passes over its text."""
    article = entry.article
    links = sum(200 + 2 * len(version.url) for version in entry.versions)
    words = (
        article.title,
        article.summary,
        *article.authors,
        *article.categories,
        *plain.ids(article),
        entry.url,
    )
    shown = [each for each in (entry.picture, entry.thumbnail, *entry.enclosures) if each]
    words += tuple(word for each in shown for word in (each.url, each.url, each.alt))
    content, count = entry.content, entry.content.count
    xml = 3 * (count("<") + count(">")) + 4 * (count("&") + count("\r"))
    json = sum(map(count, '"\\\r\n\t'))
    return _ENTRY + links + len(content.encode()) + max(xml, json) + sum(map(_told, words))


def _told(word: str) -> int:
    """More bytes than a *word* takes with the markup around it: escaped twice (HTML in RSS), and with a mark beside
    each sign that is no letter."""
    signs = sum(not char.isalnum() and char != " " for char in word)
    return 100 + len(word.encode()) + 10 * signs
