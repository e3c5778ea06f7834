"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Sequence

from publisher.feeds import plain
from publisher.model.feed import Entry, Feed
from publisher.text.dates import rfc3339

MEDIA_TYPE = "application/feed+json"
_DIRECTIONS = "https://www.w3.org/TR/its20/#directionality"  # what `_rtl` means: ITS 2.0, as in the XML feeds

_LICENSE = "https://www.rfc-editor.org/rfc/rfc4946"  # what `_license` means: the link of that name in Atom


def render(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """The JSON Feed document of *entries*, newest first; UTF-8. The same values give the same bytes (F2)."""
    try:
        return _document(feed, entries)
    except ValueError:  # one character that cannot be written
        return _document(*plain.cleaned(feed, entries))


def _document(feed: Feed, entries: Sequence[Entry]) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain.channel_title(feed),
        "home_page_url": feed.home,
        "feed_url": feed.json,
        "description": plain.channel_description(feed),
        "language": feed.language,
        **_pictures(feed),
        **({"hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs]} if feed.hubs else {}),
        **({"authors": [{"name": feed.author}]} if feed.author else {}),
        **({"_rtl": {"about": _DIRECTIONS, "direction": feed.direction}} if feed.metadata else {}),
        **({"_license": {"about": _LICENSE, "url": feed.license}} if feed.license else {}),
        "items": [_item(feed, entry) for entry in entries],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _pictures(feed: Feed) -> dict[str, str]:
    """`icon` is large and square, `favicon` small and square (JSON Feed 1.1, "Top-level")."""
    if not feed.icon:
        return {}
    small = feed.logo if feed.logo and feed.logo.width == feed.logo.height else feed.icon
    return {"icon": feed.icon.url, "favicon": small.url}


def _item(feed: Feed, entry: Entry) -> dict[str, object]:
    article = entry.article
    language, direction = plain.own_language(feed, article), plain.own_direction(feed, article)
    item: dict[str, object] = {
        "id": plain.identity(article, "json"),
        "url": entry.url,
        "title": plain.title(article),
        "content_html": entry.content,
        "summary": plain.summary(article),
        "image": entry.picture.url if entry.picture else "",
        "date_published": rfc3339(article.published),
        "date_modified": rfc3339(article.updated),
        "authors": [{"name": name} for name in article.authors],
        "tags": list(article.categories),
        "language": language,
        "attachments": [
            {"url": each.url, "mime_type": each.type, "size_in_bytes": each.length}
            for each in entry.enclosures
        ],
        "_rtl": direction and {"about": _DIRECTIONS, "direction": direction},
    }
    return {key: value for key, value in item.items() if value}
