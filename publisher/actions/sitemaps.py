"""The sitemaps: a part for each share of the articles, so that one article changes one part; the pages that are no
article's; the news of two days; and the index that leads to all of them but the last."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from publisher import layout
from publisher.actions import compressed
from publisher.actions.house import House
from publisher.feeds import files
from publisher.pages import sitemap
from publisher.store import facts, feeds, lists, sitemaps

RECENT = timedelta(hours=48)  # of news; Google, "Create a news sitemap"
MOST = 1000
LARGEST = 50_000  # URLs of a sitemap (sitemaps.org)


def write(house: House, now: datetime, written: list[str], *, verify: bool) -> None:
    """Bring them up to the store; none where the site has no pages. *verify*: also what somebody deleted. Adds to
    *written* what was written and removed."""
    before = set(json.loads(house.store.read(lambda c: facts.get(c, facts.SITEMAPS)) or "[]"))
    if not house.pages.enabled:
        _drop(house, before, written)
        return
    state = facts.digest(repr((house.layout, house.site.title, sorted(house.newsletters))).encode())
    made_from = house.store.read(lambda c: facts.get(c, facts.SITEMAPS_FROM))
    if made_from != state:
        house.store.write(sitemaps.make)
    elif verify and (lost := _lost(house)):
        house.store.write(lambda c: sitemaps.make(c, lost))
    stale = house.store.read(sitemaps.stale)
    for number in stale:
        _part(house, number, written)
    shared = dict(_news(house, now))
    if stale or verify or made_from != state or any(map(_is_list, written)):
        shared |= _lists(house)
    parts = house.store.read(sitemaps.parts)
    now_there = {layout.SITEMAP, layout.NEWS, layout.sitemap_path(0), *map(layout.sitemap_path, parts)}
    for path, data in shared.items():
        if files.read(house.out, path) != data:
            compressed.mark(house)
            files.put(house.out, path, data)
            written.append(path)
    if (before, made_from) != (now_there, state):
        told = {facts.SITEMAPS: json.dumps(sorted(now_there)), facts.SITEMAPS_FROM: state}
        house.store.write(lambda c: facts.put_all(c, told))


def _part(house: House, number: int, written: list[str]) -> None:
    compressed.mark(house)
    path, places = layout.sitemap_path(number), house.store.read(lambda c: sitemaps.part(c, number))
    if places:
        data = sitemap.sitemap((house.layout.article(each.slug), each.updated) for each in places)
        changed = files.put(house.out, path, data)
    else:
        changed = files.remove(house.out, path)
    written += [path] * changed
    newest = max((each.updated for each in places), default=None)
    house.store.write(lambda c: sitemaps.made(c, number, newest))


def _news(house: House, now: datetime) -> Iterator[tuple[str, bytes]]:
    news = house.store.read(lambda c: sitemaps.news(c, now - RECENT, MOST))
    told = [(house.layout.article(each.slug), each.title, each.language, each.published) for each in news]
    yield layout.NEWS, sitemap.news(house.site.title, told)


def _lists(house: House) -> Iterator[tuple[str, bytes]]:
    """The part of the pages that are no article's, and what leads to all parts."""
    url, parts = house.layout.url, house.store.read(sitemaps.parts)
    newest = max(parts.values(), default=None)
    pages = [(house.layout.home, newest), *((page, None) for page in _pages(house))]
    yield layout.sitemap_path(0), sitemap.sitemap(pages[:LARGEST])
    listed = [(url(layout.sitemap_path(0)), newest)]
    listed += [(url(layout.sitemap_path(number)), changed) for number, changed in parts.items()]
    yield layout.SITEMAP, sitemap.index(listed)


def _pages(house: House) -> Iterator[str]:
    """The URLs of newsletters' pages, and of the newest articles of each label and of the archive."""
    yield from map(house.layout.newsletter, house.newsletters)
    standing = house.store.read(lists.standing)
    if lists.SITE in standing:
        yield house.layout.url(layout.list_path(layout.ARCHIVE))
    for label in house.store.read(feeds.listed):
        if label.folder and label.key in standing:
            yield house.layout.url(layout.list_path(label.folder))


def _is_list(path: str) -> bool:
    """Whether *path*, that was written, may be a page that lists articles: it may be new, or gone."""
    return path.endswith(layout.HOME)


def _lost(house: House) -> list[int]:
    parts = house.store.read(sitemaps.parts)
    return [number for number in parts if not (house.out / layout.sitemap_path(number)).is_file()]


def _drop(house: House, before: set[str], written: list[str]) -> None:
    if before:
        written += [path for path in sorted(before) if files.remove(house.out, path)]
        house.store.write(lambda c: facts.put_all(c, {facts.SITEMAPS: "[]", facts.SITEMAPS_FROM: ""}))
