"""What a newsletter shows beside the pages of its editions: its own page with the newest, lists of the older ones that
stay as they are, and its feed, with one entry for each edition (F16)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

from publisher import layout
from publisher.actions import compressed, issues, pings
from publisher.actions.channel import Channels
from publisher.actions.house import House
from publisher.actions.label_feeds import FORMATS
from publisher.digests.often import often
from publisher.feeds import files, size
from publisher.model.article import Block, Body
from publisher.model.digest import Issue, Newsletter
from publisher.model.feed import Entry, Feed, Outline
from publisher.pages.feed import feed_page
from publisher.pages.newsletter import newsletter_page
from publisher.store import facts
from publisher.store import issues as rows
from publisher.text import html
from publisher.text.words import words

SHARE = 50  # editions on a newsletter's page, and in each list of older ones

Counts = Mapping[str, tuple[int, int]]  # how many public editions a newsletter has, and the newest


@dataclass(frozen=True, slots=True)
class _Series:
    """A newsletter that is in the configuration, or has editions."""

    name: str
    newsletter: Newsletter | None  # None: it left the configuration
    count: int  # editions with a page
    last: int  # the newest of them
    title: str

    @property
    def has_feed(self) -> bool:
        """Whether it comes in editions: an instant newsletter's are articles, which have feeds."""
        return self.count > 0 or not (self.newsletter and self.newsletter.instant)

    @property
    def lists(self) -> int:
        """How many lists of older editions it has. Each is full, and begins with the oldest."""
        return max(0, -(-(self.count - SHARE) // SHARE))


def write(house: House, now: datetime, channels: Channels, fingerprint: str, written: list[str]) -> None:
    """Bring them up to the store; *fingerprint* is what every page depends on. Adds to *written* what was written and
    removed."""
    kept = _kept(house)
    known = {each.name: each for each in _known(house, house.store.read(rows.summary))}
    made: dict[str, dict[str, Any]] = {}
    for name in sorted({*kept, *known}):
        before, series = kept.get(name, {}), known.get(name)
        if series is None:
            written += _drop(house, before["files"])
            continue
        channel = channels.newsletter(name, series.title)
        common = repr((house.feeds, house.layout, channel, series.newsletter))
        base = facts.digest(fingerprint.encode(), common.encode())
        state = {"base": base, "count": series.count, "last": series.last}
        if all(before.get(key) == value for key, value in state.items()):
            made[name] = before
            continue
        compressed.mark(house)
        first = _unchanged(house, series, before) if before.get("base") == base else 0
        made[name] = state | {"files": _paths(house, series)}
        written += _drop(house, sorted({*before.get("files", ())} - {*made[name]["files"]}))
        data = dict(_files(house, channels, series, first))
        pings.note(house, now, data.items())
        written += files.put_many(house.out, data.items())
    if made != kept:
        _keep(house, made)


def look_for_lost(house: House) -> None:
    """Note the newsletters of which somebody deleted a file from the output."""
    kept = _kept(house)
    lost = {
        name: {"files": each["files"]}
        for name, each in kept.items()
        if not all((house.out / path).is_file() for path in each["files"])
    }
    if lost:
        _keep(house, kept | lost)


def outlines(house: House, channels: Channels) -> list[Outline]:
    """The feeds of newsletters in the list of all feeds."""
    found = []
    for series in _known(house, house.store.read(rows.summary)):
        if series.has_feed:
            feed = channels.newsletter(series.name, series.title)
            urls = feed.home, feed.rss, feed.atom, feed.json
            found.append(Outline(series.title, *urls, feed.language, "newsletter"))
    return found


def _kept(house: House) -> dict[str, dict[str, Any]]:
    return dict(json.loads(house.store.read(lambda c: facts.get(c, facts.NEWSLETTERS)) or "{}"))


def _keep(house: House, made: Mapping[str, Mapping[str, Any]]) -> None:
    house.store.write(lambda c: facts.put(c, facts.NEWSLETTERS, json.dumps(made)))


def _known(house: House, counts: Counts) -> list[_Series]:
    found = []
    for name in sorted({*house.newsletters, *counts}):
        newsletter, (count, last) = house.newsletters.get(name), counts.get(name, (0, 0))
        if newsletter:
            title = newsletter.title
        else:
            (newest,) = house.store.read(partial(rows.newest, newsletter=name, limit=1))
            title = newest.told.title
        found.append(_Series(name, newsletter, count, last, title))
    return found


def _unchanged(house: House, series: _Series, before: Mapping[str, Any]) -> int:
    """How many lists of older editions stay as they are: all but the last, where editions only came to the end."""
    count = before["count"]
    public = house.store.read(partial(rows.public, newsletter=series.name))
    grown = 0 < count <= len(public) and public[count - 1].id == before["last"]
    return max(0, replace(series, count=count).lists - 1) if grown else 0


def _paths(house: House, series: _Series) -> list[str]:
    paths: list[str] = []
    if series.has_feed:
        paths += layout.feed_files(layout.newsletter_folder(series.name))
    if house.pages.enabled:
        paths.append(layout.newsletter_path(series.name))
        paths += [layout.back_issues_path(series.name, each + 1) for each in range(series.lists)]
    return paths


def _drop(house: House, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if files.remove(house.out, path)]


def _files(house: House, channels: Channels, series: _Series, first: int) -> Iterator[tuple[str, bytes]]:
    """The files of *series*, of its lists those behind the *first*."""
    limit = max(SHARE, house.feeds.entries)
    newest = _issues(house, house.store.read(partial(rows.newest, newsletter=series.name, limit=limit)))
    feed = channels.newsletter(series.name, series.title) if series.has_feed else None
    if feed:
        entries = size.fitting(feed, [_entry(house, each) for each in newest[: house.feeds.entries]])
        yield from _feed(house, replace(feed, updated=size.newest(entries)), series.name, entries)
    if not house.pages.enabled:
        return
    ui = words(house.site.language)
    said = often(series.newsletter, house.site, ui) if series.newsletter else ui.text("No new editions come.")
    page = partial(
        newsletter_page,
        house.site,
        house.layout,
        house.templates,
        name=series.name,
        title=series.title,
        often=said,
        ended=series.newsletter is None,
        feed=feed,
    )
    yield layout.newsletter_path(series.name), page(issues=newest[:SHARE], older=series.lists)
    for number in range(first + 1, series.lists + 1):
        start = (number - 1) * SHARE
        found = house.store.read(partial(rows.back, newsletter=series.name, start=start, limit=SHARE))
        newer = number + 1 if number < series.lists else 0
        made = page(issues=_issues(house, found), number=number, newer=newer, older=number - 1)
        yield layout.back_issues_path(series.name, number), made


def _issues(house: House, printed: Sequence[rows.Printed]) -> list[Issue]:
    """Newest first."""
    found = [issues.issue(house, each) for each in printed]
    return sorted(found, key=lambda each: (each.published, each.seq), reverse=True)


def _feed(house: House, feed: Feed, name: str, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    folder = layout.newsletter_folder(name)
    for _, path, render in FORMATS:
        yield layout.in_folder(folder, path), render(feed, entries)
    page = feed_page(house.site, house.layout, feed, entries, house.templates)
    yield layout.in_folder(folder, layout.FEED_PAGE), page


def _entry(house: House, issue: Issue) -> Entry:
    url = house.layout.entry(issue.newsletter, issue.name)
    body = Body(tuple(_blocks(issue)), issue.spoken, issue.side)
    return Entry(issue, url, html.render(body, "feed", url))


def _blocks(issue: Issue) -> Iterator[Block]:
    for each in issue.told.opening:
        yield Block(f"<p>{escape(each.text)}</p>", each.language, each.direction)
    for section in issue.told.sections:
        level = "h3" if section.heading else "h2"
        if section.heading:
            yield Block(f"<h2>{escape(section.heading)}</h2>", section.language, section.direction)
        for piece in section.pieces:
            link = f'<a href="{escape(piece.url)}">{escape(piece.title)}</a>'
            yield Block(f"<{level}>{link}</{level}>", piece.language, piece.direction)
            if piece.excerpt:
                yield Block(f"<p>{escape(piece.excerpt)}</p>", piece.language, piece.direction)
