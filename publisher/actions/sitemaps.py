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
from publisher.store import facts, sitemaps

RECENT = timedelta(hours=48)  # of news; Google, "Create a news sitemap"
MOST = 1000


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
    for number in house.store.read(sitemaps.stale):
        _part(house, number, written)
    parts = house.store.read(sitemaps.parts)
    now_there = {layout.SITEMAP, layout.NEWS, layout.sitemap_path(0), *map(layout.sitemap_path, parts)}
    for path, data in _shared(house, now, parts):
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


def _shared(house: House, now: datetime, parts: dict[int, datetime]) -> Iterator[tuple[str, bytes]]:
    """What changes with whatever part does."""
    url = house.layout.url
    newest = max(parts.values(), default=None)
    home = [(house.layout.home, newest)]
    lists = [(house.layout.newsletter(name), None) for name in house.newsletters]
    yield layout.sitemap_path(0), sitemap.sitemap([*home, *lists])
    news = house.store.read(lambda c: sitemaps.news(c, now - RECENT, MOST))
    told = [(house.layout.article(each.slug), each.title, each.language, each.published) for each in news]
    yield layout.NEWS, sitemap.news(house.site.title, told)
    listed = [(url(layout.sitemap_path(0)), newest)]
    listed += [(url(layout.sitemap_path(number)), changed) for number, changed in parts.items()]
    yield layout.SITEMAP, sitemap.index(listed)


def _lost(house: House) -> list[int]:
    parts = house.store.read(sitemaps.parts)
    return [number for number in parts if not (house.out / layout.sitemap_path(number)).is_file()]


def _drop(house: House, before: set[str], written: list[str]) -> None:
    if before:
        written += [path for path in sorted(before) if files.remove(house.out, path)]
        house.store.write(lambda c: facts.put_all(c, {facts.SITEMAPS: "[]", facts.SITEMAPS_FROM: ""}))
