"""The pages of articles: those of new and changed ones are written, those of articles that left are removed."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from publisher import layout
from publisher.actions import announcing, compressed, folders, moving, relations
from publisher.actions.house import House
from publisher.actions.pool import CHUNK, Crew, Progress
from publisher.actions.stories import Changed, Shelf, fault, in_short
from publisher.errors import PublisherError, Unreadable
from publisher.feeds import files
from publisher.layout import Layout
from publisher.model.article import Article, Story, Version
from publisher.model.site import Site
from publisher.pages.article import article_page
from publisher.store import articles, places
from publisher.templating import Templates

SLICE = 5_000  # articles whose pages are looked for at once: memory stays flat
TOGETHER = (
    50  # articles that are read, then shown: a processor is quicker at one kind of work after the other
)

_Item = tuple[
    Article, tuple[Version, ...], tuple[str, ...]
]  # with its translations, the folders of its labels


@dataclass(frozen=True, slots=True)
class _Made:
    """A chunk of pages, as a process returns it."""

    pages: dict[str, tuple[str, bytes]]  # path and page, by the article's id
    permalinks: list[tuple[str, bytes]]  # path and page of their short addresses
    changed: list[str]  # files that changed under our hands
    faults: list[str]  # articles whose text cannot be shown, in words


def write(
    house: House,
    now: datetime,
    fingerprint: str,
    written: list[str],
    *,
    verify: bool,
    limit: int | None,
    progress: Progress,
) -> tuple[list[str], bool]:
    """Bring the pages up to the store, at most *limit* of them; *fingerprint* is what every page depends on beside
    its article. *verify*: write those again that somebody deleted. Adds to *written* what was written and removed;
    returns the paths of articles that changed under our hands, and whether others still have no page."""
    announcing.begin(house, now)
    _withdraw(house, now, written)
    if not house.pages.enabled:
        return [], False
    if verify:
        _look_for_lost(house)
    run = _Run(house, now, fingerprint, written, progress)
    left = limit
    with Crew(house.workers) as crew:
        while wanted := run.wanted(SLICE if left is None else min(left, SLICE)):
            made = run.write(wanted, crew)
            if left is not None:
                left -= made
                if left <= 0:
                    return run.changed, True
    return run.changed, False


class _Run:
    """What a run has at hand, and what it did."""

    def __init__(
        self, house: House, now: datetime, fingerprint: str, written: list[str], progress: Progress
    ) -> None:
        self._house, self._now, self._fingerprint = house, now, fingerprint
        self._written, self._progress = written, progress
        self._done, self._total = 0, house.store.read(lambda c: articles.how_many_stale(c, fingerprint))
        self._left_out: set[str] = (
            set()
        )  # whose files could not be read stay as they are: they keep nobody waiting
        self.changed: list[str] = []  # the paths of articles that changed under our hands

    def wanted(self, limit: int) -> list[Article]:
        """At most so many of the articles whose pages are to be made."""
        stale = partial(articles.stale, fingerprint=self._fingerprint, limit=limit, without=self._left_out)
        return self._house.store.read(stale)

    def write(self, wanted: Sequence[Article], crew: Crew) -> int:
        """How many pages of *wanted* were made."""
        house = self._house
        compressed.mark(house)
        leading, note = moving.leading(house, wanted), announcing.standing(house, wanted, self._now)
        shelf, signup = Shelf.of(house), bool(house.newsletters)
        work = partial(_render, shelf, house.site, house.layout, house.templates, signup)
        versions = relations.versions(house, wanted)
        found = folders.of_articles(house, wanted)
        items = [
            (article, versions.get(article.id, ()), its) for article, its in zip(wanted, found, strict=True)
        ]
        made: set[str] = set()
        for some in crew.spread(work, items, len(items)):
            pages = chain(some.pages.values(), some.permalinks, leading(some.pages.keys()))
            self._written += files.put_many(house.out, pages)
            ids = tuple(some.pages)
            house.store.write(partial(_shown, ids=ids, fingerprint=self._fingerprint, note=note))
            made.update(ids)
            self.changed += some.changed
            house.memory.faults.update(some.faults)
            self._done += len(ids) + len(some.changed)
            self._progress("pages", self._done, max(self._done, self._total))
        self._left_out.update(article.id for article in wanted if article.id not in made)
        return len(made)


def _shown(connection: Connection, ids: Sequence[str], fingerprint: str, note: announcing.Note) -> None:
    articles.shown(connection, ids, fingerprint)
    note(connection, ids)


def _withdraw(house: House, now: datetime, written: list[str]) -> None:
    """Remove the pages of articles that are not published now; all of them where the site has none any more."""
    written += moving.drop_gone(house)
    note = announcing.left(house, now)
    gone = house.store.read(lambda c: articles.withdrawn(c, every=not house.pages.enabled))
    for start in range(0, len(gone), CHUNK):
        chunk = gone[start : start + CHUNK]
        ids, own = [identity for identity, _ in chunk], [layout.article_path(slug) for _, slug in chunk]
        paths = own + moving.withdrawn(house, ids)
        written += [path for path in paths if files.remove(house.out, path)]
        house.store.write(partial(_gone, ids=ids, own=own, note=note))


def _gone(connection: Connection, ids: list[str], own: list[str], note: announcing.Note) -> None:
    articles.shown(connection, ids, "")
    places.pass_on(connection, ids)
    note(connection, own)


def _look_for_lost(house: House) -> None:
    """Note articles whose pages somebody deleted from the output."""
    is_led, out = moving.led(house), str(house.out)
    lost: list[str] = []
    after = 0
    while standing := house.store.read(lambda c, after=after: articles.standing(c, after, SLICE)):  # type: ignore[misc]
        after = standing[-1].seq
        lost += [
            one.id
            for one in standing
            if not (is_led(one.id) and os.path.isfile(f"{out}/{layout.article_path(one.slug)}"))  # noqa: PTH113 - all
        ]
    if lost:
        house.store.write(lambda c: articles.lost(c, lost))


def _render(
    shelf: Shelf,
    site: Site,
    layout_: Layout,
    templates: Templates,
    signup: bool,
    chunk: Sequence[_Item],
) -> _Made:
    """The pages of a chunk."""
    made = _Made({}, [], [], [])
    make = partial(article_page, site, layout_, templates=templates, signup=signup)
    for start in range(0, len(chunk), TOGETHER):
        for story, standing in list(_read(shelf, chunk[start : start + TOGETHER], made.changed)):
            article = story.article
            try:
                page = make(story, folders=standing)
            except PublisherError:  # a template's fault is every article's
                raise
            except Exception as error:  # whatever it is, it costs this article its text, and others nothing
                made.faults.append(fault(article, error))
                page = make(replace(in_short(article), versions=story.versions), folders=standing)
            made.pages[article.id] = (layout.article_path(article.slug), page)
            made.permalinks.append((layout.permalink_path(article.id), moving.page(layout_, article)))
    return made


def _read(
    shelf: Shelf, chunk: Sequence[_Item], changed: list[str]
) -> Iterator[tuple[Story, tuple[str, ...]]]:
    """The stories that can be shown, each with the folders of its labels; adds to *changed* the paths of articles that
    changed under our hands."""
    for article, versions, standing in chunk:
        try:
            yield replace(shelf.story(article), versions=versions), standing
        except Changed as error:
            changed.append(str(error))
        except Unreadable:  # its page stays as it is until the file is back, or known to be gone
            continue
