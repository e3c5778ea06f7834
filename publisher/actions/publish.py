"""Publish: the folder becomes feeds and pages. Run twice, it writes nothing; cut off, it goes on where it was."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from itertools import chain

from sqlalchemy import Connection

from publisher import __version__, layout
from publisher.actions import adopt, moving, scan
from publisher.actions.house import House
from publisher.articles import folder, parse
from publisher.errors import Unreadable
from publisher.feeds import aliases, atom, files, jsonfeed, rss, size, style
from publisher.model.article import Article, Block, Body, Finding, Status, Story
from publisher.model.feed import Entry, Feed
from publisher.pages.article import article_page
from publisher.pages.home import home_page
from publisher.pages.notice import not_found_page, stylesheet
from publisher.store import articles, facts, people
from publisher.text import html
from publisher.text.language import feed_tag

PAGES = 500  # pages rendered and written together
PATIENCE = 10  # times `articles.settle` that a first scan waits for files still being written
OUTPUTS = "outputs"  # the fact that says what the shared files on disk were made from


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


class _Changed(Exception):
    """An article's file is not what the store says any more."""


def publish(
    house: House,
    now: datetime,
    *,
    closed: Collection[str] = (),
    accept_removals: bool = False,
    verify: bool = False,
) -> Published:
    """Bring the store and the output folder up to the article folder. *verify*: also write files again that
    somebody deleted from the output."""
    found = scan.look(house, house.store.read(articles.known), now, closed)
    notes = scan.note(house, found, now, accept_removals=accept_removals)
    waited = now - timedelta(seconds=PATIENCE * max(house.articles.settle, 1)) if found.unsettled else now
    house.store.write(lambda c: _release(c, tuple(house.newsletters), now, waited))
    written: list[str] = []
    house = house.learnt()
    changed = _write_pages(house, written, verify=verify)
    try:
        _write_shared(house, written, verify=verify)
    except _Changed as error:
        changed.append(str(error))
    if changed:  # also where the file's size and time stayed the same: the next look reads it anew
        house.store.write(lambda c: articles.look_again(c, changed))
    tally = house.store.read(articles.tally)
    return Published(
        read=found.seen,
        changed=len(found.findings) + len(found.gone),
        published=tally.get(Status.PUBLISHED, 0),
        quarantined=tally.get(Status.QUARANTINED, 0),
        written=tuple(written),
        unsettled=found.unsettled,
        refused=tuple(each for each in found.findings if each.status is Status.QUARANTINED),
        again=bool(changed),
        notes=tuple(notes),
    )


def _release(connection: Connection, newsletters: Sequence[str], now: datetime, waited: datetime) -> None:
    """Publish what is due. A first scan has ended when it saw the whole folder, or has *waited* long enough for
    files that never rest: what is published then is the archive (D3)."""
    articles.release(connection, now)
    people.sync_newsletters(connection, newsletters, now)
    people.set_baselines(connection, waited)


def _write_pages(house: House, written: list[str], *, verify: bool) -> list[str]:
    """The pages of new and changed articles, and none of those that are gone. Returns the paths of articles that
    changed under our hands; the others have their pages."""
    fingerprint = _fingerprint(house)
    for slug in house.store.read(articles.withdrawn):
        if files.remove(house.out, layout.article_path(slug)):
            written.append(layout.article_path(slug))
    written += moving.withdraw(house)
    wanted = house.store.read(lambda c: articles.stale(c, fingerprint))
    if verify:
        fresh = {article.id for article in wanted}
        every = house.store.read(articles.newest)
        wanted += [
            a for a in every if a.id not in fresh and not (house.out / layout.article_path(a.slug)).is_file()
        ]
        fresh = {article.id for article in wanted}
        wanted += moving.missing(house, (article for article in every if article.id not in fresh))
    changed: list[str] = []
    for start in range(0, len(wanted), PAGES):
        pages: dict[str, tuple[str, bytes]] = {}
        shown: list[Article] = []
        for article in wanted[start : start + PAGES]:
            try:
                story = _story(house, article)
            except _Changed as error:
                changed.append(str(error))
                continue
            except Unreadable:  # its page stays as it is until the file is back, or known to be gone
                continue
            page = article_page(house.site, house.layout, story, house.templates)
            pages[article.id] = (layout.article_path(article.slug), page)
            shown.append(article)
        written += files.put_many(house.out, chain(pages.values(), moving.pages(house, shown)))
        house.store.write(lambda c, ids=tuple(pages): articles.shown(c, ids, fingerprint))  # type: ignore[misc]
    return changed


def _write_shared(house: House, written: list[str], *, verify: bool) -> None:
    """Feeds, home page and what stands beside them, when something in them changed."""
    newest = house.store.read(lambda c: articles.newest(c, house.feeds.entries))
    parts = repr((_fingerprint(house), house.feeds, newest))
    state = hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
    if house.store.read(lambda c: facts.get(c, OUTPUTS)) == state and not (verify and _missing(house)):
        return
    feed, entries, whole = _feed(house, newest)
    made: list[tuple[str, bytes]] = [
        (layout.STYLE, stylesheet(house.templates)),
        (layout.CSS, style.css()),
        (layout.NOT_FOUND, not_found_page(house.site, house.layout, house.templates)),
        (
            layout.HOME,
            home_page(house.site, house.layout, newest, house.templates),
        ),
        (layout.RSS, rss.render(feed, entries)),
        (layout.ATOM, atom.render(feed, entries)),
        (layout.JSON, jsonfeed.render(feed, entries)),
    ]
    made += moving.feed_copies(house, {"rss": made[-3][1], "atom": made[-2][1], "json": made[-1][1]})
    written += moving.drop_copies(house)
    written += [path for path, data in made if files.put(house.out, path, data)]
    if whole:
        house.store.write(lambda c: facts.put(c, OUTPUTS, state))


SHARED = (layout.STYLE, layout.CSS, layout.NOT_FOUND, layout.HOME, layout.RSS, layout.ATOM, layout.JSON)


def _missing(house: House) -> bool:
    return not all((house.out / path).is_file() for path in (*SHARED, *aliases.read(house.feeds.aliases)))


def _feed(house: House, newest: Sequence[Article]) -> tuple[Feed, Sequence[Entry], bool]:
    """The feed, its entries, and whether each of them has its whole text."""
    site, urls = house.site, house.layout
    stories = [_story_or_summary(house, article) for article in newest]
    entries = [_entry(house, story) for story, _ in stories]
    feed = Feed(
        id=adopt.own_feed_id(house),
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
    return replace(feed, updated=size.newest(shown)), shown, all(whole for _, whole in stories)


def _entry(house: House, story: Story) -> Entry:
    url = house.layout.article(story.article.slug)
    return Entry(story.article, url, html.render(story.body, "feed", url))


def _story_or_summary(house: House, article: Article) -> tuple[Story, bool]:
    """The story; while its file cannot be read (a folder that is not mounted), what the store knows of it, so that
    one article does not keep the others out of the feeds."""
    try:
        return _story(house, article), True
    except Unreadable:
        summary = Block(f"<p>{escape(article.summary)}</p>", article.language, article.direction)
        return Story(article, Body((summary,), article.language, article.direction)), False


def _story(house: House, article: Article) -> Story:
    """The article with its body, read again from its file: never half a file, never another state than the
    store's. Raises _Changed, and Unreadable where the file cannot be opened."""
    leaf = folder.read(house.folder, article.path, house.articles.max_bytes)
    try:
        if parse.parse(leaf, house.rules).content_hash != article.content_hash:
            raise _Changed(article.path)
        return Story(article, parse.body(leaf, house.rules, article.language))
    except Unreadable as error:
        raise _Changed(article.path) from error


def _fingerprint(house: House) -> str:
    """What every page depends on beside its article: program, site, theme."""
    parts: Iterable[bytes] = (
        __version__.encode(),
        repr(house.site).encode(),
        house.templates.fingerprint("web"),
    )
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
