"""What a site shows first: its own feed, its home page, and what stands beside them."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection

from publisher import layout
from publisher.actions import announcing, compressed, folders, moving, pings, relations
from publisher.actions.channel import Channels
from publisher.actions.entries import Desk
from publisher.actions.house import House
from publisher.actions.label_feeds import FORMATS
from publisher.feeds import aliases, files, size, style
from publisher.model.article import Article, standing
from publisher.model.feed import Entry, Feed, Label
from publisher.pages.feed import feed_page
from publisher.pages.home import home_page
from publisher.pages.notice import not_found_page, stylesheet
from publisher.pages.robots import robots
from publisher.store import articles, facts, labels, rendered

FEEDS = (*layout.feed_files(""), layout.CSS)
TOPICS = 8  # categories that the home page leads to
PAGES = (layout.HOME, layout.STYLE, layout.NOT_FOUND, layout.ROBOTS)


def updated(house: House) -> datetime:
    """When the newest of the articles that the site's feed may show last changed; the epoch where there is none."""
    return house.store.read(lambda c: articles.latest_change(c, house.feeds.entries)) or size.EPOCH


def write(
    house: House, now: datetime, channels: Channels, fingerprint: str, written: list[str], *, verify: bool
) -> None:
    """Write them when something in them changed. Raises stories.Changed."""
    most = max(house.feeds.entries, house.pages.per_page if house.pages.enabled else 0)
    recent = house.store.read(lambda c: articles.newest(c, most))
    newest = recent[: house.feeds.entries]
    listed = _listed(recent, house.store.read(articles.pinned), house.pages.per_page)
    versions = relations.versions(house, newest)
    topics = _topics(house)
    series = [(each.name, each.title) for each in house.newsletters.values()]
    shown = repr((house.feeds, house.pages, channels.site, newest, listed, versions, series, topics))
    state = facts.digest(fingerprint.encode(), shown.encode())
    if house.store.read(lambda c: facts.get(c, facts.OUTPUTS)) == state and not (verify and _missing(house)):
        return
    compressed.mark(house)
    kept = house.store.read(lambda c: rendered.read(c, [article.id for article in newest]))
    made = Desk.of(house).entries(newest, versions, kept)
    house.memory.faults.update(made.faults)
    written += moving.drop_copies(house)
    pages = dict(_pages(house, listed, topics))
    written += _drop_pages(house, pages.keys())
    entries = size.fitting(channels.site, made.shown)
    feed = replace(channels.site, updated=size.newest(entries))
    feeds = dict(_feeds(house, feed, entries))
    pings.note(house, now, [(name, feeds[name]) for name in layout.FEEDS])
    for path, data in chain(feeds.items(), pages.items()):
        if files.put(house.out, path, data):
            written.append(path)
    house.store.write(lambda c: _shown(c, "" if made.cut else state, made.new, newest, pages))


def _drop_pages(house: House, pages: Collection[str]) -> list[str]:
    """Remove the pages that were ours and are none of these, unless another program has put its own there."""
    before = json.loads(house.store.read(lambda c: facts.get(c, facts.OWN_PAGES)) or "{}")
    dropped = [path for path in sorted(before.keys() - pages) if before[path] == _on_disk(house.out / path)]
    return [path for path in dropped if files.remove(house.out, path)]


def _on_disk(path: Path) -> str:
    try:
        return facts.digest(path.read_bytes())
    except OSError:
        return ""


def _shown(
    connection: Connection,
    state: str,
    new: Mapping[str, tuple[str, str]],
    newest: Sequence[Article],
    pages: Mapping[str, bytes],
) -> None:
    facts.put(connection, facts.OUTPUTS, state)
    facts.put(
        connection, facts.OWN_PAGES, json.dumps({path: facts.digest(data) for path, data in pages.items()})
    )
    rendered.keep(connection, new, [article.id for article in newest])


def _topics(house: House) -> list[tuple[str, str]]:
    """The categories that several articles have, each with the folder of its list, the commonest first."""
    if not house.layout.has_list("category"):
        return []
    words = house.store.read(lambda c: labels.topics(c, TOPICS))
    found = folders.of_labels(house, [Label("category", word) for word in words])
    return [(label.word, folder) for label, folder in found.items()]


def _listed(newest: Sequence[Article], pinned: Sequence[Article], limit: int) -> list[Article]:
    """The articles of the home page: the pinned ones and the newest, in the order of `standing` (A17)."""
    listed = [*pinned, *(article for article in newest if not article.pin)]
    return sorted(listed[:limit], key=standing)


def _feeds(house: House, feed: Feed, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """The files, each made when it is asked for."""
    copies = aliases.read(house.feeds.aliases)
    for kind, path, render in FORMATS:
        data = render(feed, entries)
        yield path, data
        yield from ((copy, data) for copy, of in copies.items() if of == kind)
    # Where another program makes the pages, style.css is its own, and this one dresses ours too.
    own = b"" if house.layout.pages else stylesheet(house.templates)
    yield layout.CSS, style.css() + own
    yield layout.FEED_PAGE, feed_page(house.site, house.layout, feed, entries, house.templates)


def _pages(
    house: House, listed: Sequence[Article], topics: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, bytes]]:
    if house.pages.enabled:
        newsletters = tuple(house.newsletters.values())
        yield layout.HOME, home_page(house.site, house.layout, listed, house.templates, newsletters, topics)
        yield layout.STYLE, stylesheet(house.templates)
        yield layout.NOT_FOUND, not_found_page(house.site, house.layout, house.templates)
        yield layout.ROBOTS, robots(house.site, house.layout, (layout.SITEMAP, layout.NEWS))
    if key := announcing.key(house):
        yield layout.key_path(key), key.encode()


def _missing(house: House) -> bool:
    wanted = FEEDS + PAGES if house.pages.enabled else FEEDS
    if key := announcing.key(house):
        wanted = (*wanted, layout.key_path(key))
    return not all((house.out / path).is_file() for path in (*wanted, *aliases.read(house.feeds.aliases)))
