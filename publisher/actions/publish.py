"""Publish: the folder becomes feeds and pages. Run twice, it writes nothing; cut off, it goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection

from publisher import __version__, layout
from publisher.actions import article_pages, assets, compressed, moving, relations, scan, versions
from publisher.actions.entries import entries
from publisher.actions.house import House
from publisher.actions.pool import Progress
from publisher.actions.stories import Changed
from publisher.feeds import aliases, atom, files, jsonfeed, rss, size, style
from publisher.model.article import Article, Finding, standing
from publisher.model.feed import Entry, Feed
from publisher.pages.feed import feed_page
from publisher.pages.home import home_page
from publisher.pages.notice import not_found_page, stylesheet
from publisher.store import adoption, articles, facts, findings, people, release, rendered
from publisher.text.language import feed_tag

PATIENCE = 10  # times `articles.settle` that a first scan waits for files still being written


@dataclass(frozen=True, slots=True)
class Published:
    """What a run did."""

    read: int  # files in the folder
    changed: int  # of these new, changed or gone
    published: int  # articles on the site now
    quarantined: int
    written: tuple[str, ...]  # files of the output folder, relative
    unsettled: tuple[str, ...]  # files perhaps still being written
    refused: tuple[Finding, ...]  # newly quarantined
    again: bool  # a file changed under our hands: run again soon
    notes: tuple[str, ...]  # warnings for the log


def publish(
    house: House,
    now: datetime,
    *,
    closed: Collection[str] = (),
    whole: bool = True,
    accept_removals: bool = False,
    verify: bool = False,
    progress: Progress = lambda *_: None,
) -> Published:
    """Bring the store and the output folder up to the article folder; not *whole*: to its *closed* files alone.
    *verify*: also write files again that somebody deleted from the output."""
    unfinished = compressed.unfinished(house)
    found = scan.look(house, now, closed, whole=whole)
    noted = scan.note(house, found, now, accept_removals=accept_removals, progress=progress)
    _release(house, now, now - _patience(house) if found.unsettled else now)
    made = assets.refresh(house, verify=verify, progress=progress)
    written = list(made.written)
    house = house.learnt(anew=found.whole)
    fingerprint = _fingerprint(house)
    changed: list[str] = []
    try:  # before a thousand pages that a new theme asks for: a new article is in the feeds at once
        _write_shared(house, fingerprint, written, verify=verify)
    except Changed as error:
        changed.append(str(error))
    changed += article_pages.write(house, fingerprint, written, verify=verify, progress=progress)
    if changed:  # also where the file's size and time stayed the same: the next look reads it anew
        house.store.write(lambda c: findings.look_again(c, changed))
    compressed.refresh(house, written, whole=unfinished, verify=verify)
    versions.note(house, written)
    published, quarantined = house.store.read(articles.counts)
    return Published(
        read=found.present,
        changed=noted.changed,
        published=published,
        quarantined=quarantined,
        written=tuple(written),
        unsettled=found.unsettled,
        refused=noted.refused,
        again=bool(changed),
        notes=noted.notes + made.notes,
    )


def _patience(house: House) -> timedelta:
    return timedelta(seconds=PATIENCE * max(house.articles.settle, 1))


def _release(house: House, now: datetime, waited: datetime) -> None:
    """Publish what is due. A first scan has ended when it saw the whole folder, or has *waited* long enough for
    files that never rest: what is published then is the archive (D3)."""
    store, names = house.store, tuple(house.newsletters)
    if store.read(lambda c: release.waiting(c, now)):
        store.write(lambda c: release.due(c, now))
        while store.write(release.place):
            pass
    if not store.read(lambda c: people.settled(c, names)):
        store.write(lambda c: people.sync_newsletters(c, names, now))
        store.write(lambda c: people.set_baselines(c, waited))


def _write_shared(house: House, fingerprint: str, written: list[str], *, verify: bool) -> None:
    """Feeds, home page and what stands beside them, when something in them changed. Raises Changed."""
    newest = house.store.read(lambda c: articles.newest(c, house.feeds.entries))
    listed = _listed(newest, house.store.read(articles.pinned), house.feeds.entries)
    versions_ = relations.versions(house, newest)
    shown = repr((house.feeds, house.pages, newest, listed, versions_))
    state = _hash(fingerprint.encode(), shown.encode())
    if house.store.read(lambda c: facts.get(c, facts.OUTPUTS)) == state and not (verify and _missing(house)):
        return
    compressed.begin(house)
    made = entries(house, newest, versions_)
    written += moving.drop_copies(house)
    pages = dict(_pages(house, listed))
    written += _drop_pages(house, pages.keys())
    for path, data in chain(_feeds(house, *_feed(house, made.shown)), pages.items()):
        if files.put(house.out, path, data):
            written.append(path)
    house.store.write(lambda c: _shown(c, state if made.whole else "", made.new, newest, pages))


def _drop_pages(house: House, pages: Collection[str]) -> list[str]:
    """Remove the pages that were ours and are none of these, unless another program has put its own there."""
    before = json.loads(house.store.read(lambda c: facts.get(c, facts.OWN_PAGES)) or "{}")
    dropped = [path for path in sorted(before.keys() - pages) if before[path] == _digest(house.out / path)]
    return [path for path in dropped if files.remove(house.out, path)]


def _digest(path: Path) -> str:
    try:
        return _hash(path.read_bytes())
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
    facts.put(connection, facts.OWN_PAGES, json.dumps({path: _hash(data) for path, data in pages.items()}))
    rendered.keep(connection, new, [article.id for article in newest])


def _listed(newest: Sequence[Article], pinned: Sequence[Article], limit: int) -> list[Article]:
    """The articles of the home page: the pinned ones and the newest, in the order of `standing` (A17)."""
    listed = [*pinned, *(article for article in newest if not article.pin)]
    return sorted(listed[:limit], key=standing)


def _feeds(house: House, feed: Feed, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """The files, each made when it is asked for."""
    copies = aliases.read(house.feeds.aliases)
    for kind, path, render in _FORMATS:
        data = render(feed, entries)
        yield path, data
        yield from ((copy, data) for copy, of in copies.items() if of == kind)
    own = b"" if house.layout.pages else stylesheet(house.templates)
    yield layout.CSS, style.css() + own
    yield layout.FEED_PAGE, feed_page(house.site, house.layout, feed, entries, house.templates)


def _pages(house: House, listed: Sequence[Article]) -> Iterator[tuple[str, bytes]]:
    if house.pages.enabled:
        yield layout.HOME, home_page(house.site, house.layout, listed, house.templates)
        yield layout.STYLE, stylesheet(house.templates)
        yield layout.NOT_FOUND, not_found_page(house.site, house.layout, house.templates)


_FORMATS: tuple[tuple[aliases.Format, str, Callable[[Feed, Sequence[Entry]], bytes]], ...] = (
    ("atom", layout.ATOM, atom.render),
    ("rss", layout.RSS, rss.render),
    ("json", layout.JSON, jsonfeed.render),
)
FEEDS = (layout.ATOM, layout.RSS, layout.JSON, layout.CSS, layout.FEED_PAGE)
PAGES = (layout.HOME, layout.STYLE, layout.NOT_FOUND)


def _missing(house: House) -> bool:
    wanted = FEEDS + PAGES if house.pages.enabled else FEEDS
    return not all((house.out / path).is_file() for path in (*wanted, *aliases.read(house.feeds.aliases)))


def _feed(house: House, entries: Sequence[Entry]) -> tuple[Feed, Sequence[Entry]]:
    """The feed, and those of its entries that fit into it."""
    site, urls = house.site, house.layout
    feed = Feed(
        id=house.store.read(adoption.feed_id) or layout.feed_id(site.id),
        title=site.title,
        description=site.description or site.title,
        home=urls.home,
        rss=urls.url(layout.RSS),
        atom=urls.url(layout.ATOM),
        json=urls.url(layout.JSON),
        css=urls.url(layout.CSS),
        language=feed_tag(site.language),
        direction=site.direction,
        author=site.author,
        updated=size.newest(entries),
        metadata=house.feeds.direction_metadata,
    )
    shown = size.fitting(feed, entries)
    return replace(feed, updated=size.newest(shown)), shown


def _fingerprint(house: House) -> str:
    """What every page depends on beside its article: program, site, theme."""
    return _hash(__version__.encode(), repr(house.site).encode(), house.templates.fingerprint("web"))


def _hash(*parts: bytes) -> str:
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
