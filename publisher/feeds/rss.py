"""RSS 2.0 with content:encoded, by the RSS Advisory Board's profile."""

import html
import re
from collections.abc import Sequence
from dataclasses import replace

from publisher.feeds import plain
from publisher.feeds.generator import add, generator
from publisher.model.feed import Entry, Feed

MEDIA_TYPE = "application/rss+xml"
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|&#?\w+;?")


def render(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """The RSS document of *entries*, newest first; UTF-8. The same values give the same bytes (F2)."""
    try:
        return _document(feed, entries)
    except ValueError:  # one character that cannot be written
        return _document(*plain.cleaned(feed, entries))


def _document(feed: Feed, entries: Sequence[Entry]) -> bytes:
    feed = replace(feed, removed=())  # RSS has no words for what left
    channel = generator(feed, entries, feed.rss, MEDIA_TYPE)
    for entry in entries:
        item = add(channel, feed, entry)
        item.guid(plain.identity(entry.article, "rss"), permalink=plain.is_permalink(entry))
        item.description(as_html(plain.summary(entry.article)), isSummary=True)
    document: bytes = channel.rss_str(pretty=True)
    return document


def as_html(text: str) -> str:
    """Plain *text* as the HTML that <description> holds: only what would be read as markup is escaped, so that
    readers which take it for text show no stray entities."""
    return _MARKUP.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    if found[0] == "<":
        return "&lt;"
    return found[0].replace("&", "&amp;") if html.unescape(found[0]) != found[0] else found[0]
