"""Atom 1.0 (RFC 4287)."""

from collections.abc import Sequence

from publisher.feeds import plain
from publisher.feeds.generator import add, generator
from publisher.model.feed import Entry, Feed

MEDIA_TYPE = "application/atom+xml"


def render(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """The Atom document of *entries*, newest first; UTF-8. The same values give the same bytes (F2)."""
    try:
        return _document(feed, entries)
    except ValueError:  # one character that cannot be written
        return _document(*plain.cleaned(feed, entries))


def _document(feed: Feed, entries: Sequence[Entry]) -> bytes:
    channel = generator(feed, entries, feed.atom, MEDIA_TYPE)
    for entry in entries:
        item = add(channel, feed, entry)
        summary = plain.summary(entry.article)
        if summary:
            item.summary(summary, type="text")
    document: bytes = channel.atom_str(pretty=True)
    return document
