"""Addresses that lead to articles: short ones, former ones, aliases; and the old addresses of feeds (A14-A16)."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence

from publisher import layout
from publisher.actions.house import House
from publisher.feeds import aliases, files
from publisher.layout import Layout
from publisher.model.article import Article
from publisher.pages.redirect import redirect_page
from publisher.store import facts, places

ALIASES = "feed aliases"  # the fact that says which copies of the feeds were written

Pages = Iterator[tuple[str, bytes]]


def page(layout_: Layout, article: Article) -> bytes:
    """A page that leads to *article*."""
    return redirect_page(layout_.article(article.slug), article.title, article.language, article.direction)


def leading(house: House, wanted: Sequence[Article]) -> Callable[[Collection[str]], Pages]:
    """What makes the (path, bytes) of the pages at former addresses and aliases of *wanted*, given some of their
    ids. Most sites have none: that is asked once."""
    if not wanted or not house.store.read(places.any_leading):
        return lambda _: iter(())
    by_id = {article.id: article for article in wanted}

    def pages(ids: Collection[str]) -> Pages:
        for slug, identity in house.store.read(lambda c: places.leading_to(c, ids)):
            yield layout.article_path(slug), page(house.layout, by_id[identity])

    return pages


def led(house: House) -> Callable[[str], bool]:
    """What tells whether all pages are there that lead to the published article with an id."""
    folder = house.out / layout.PERMALINKS
    here = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    leading = house.store.read(places.leading)
    lost = {id_ for slug, id_ in leading if not (house.out / layout.article_path(slug)).is_file()}
    return lambda id_: id_ not in lost and layout.permalink_path(id_).rpartition("/")[2] in here


def withdrawn(house: House, ids: Sequence[str]) -> list[str]:
    """The paths of pages that lead to these articles, which are away, or have no pages any more."""
    former = house.store.read(lambda c: places.idle(c, ids, every=not house.pages.enabled))
    return [layout.article_path(slug) for slug in former] + [layout.permalink_path(each) for each in ids]


def drop_gone(house: House) -> Iterator[str]:
    """Remove the pages at aliases that no file names any more; their paths."""
    gone, unused = house.store.read(places.gone)
    yield from (path for path in map(layout.article_path, unused) if files.remove(house.out, path))
    if gone:
        house.store.write(places.forget_gone)


def drop_copies(house: House) -> Iterator[str]:
    """Remove copies of feeds at addresses that the configuration names no more; their paths."""
    wanted = sorted(aliases.read(house.feeds.aliases))
    known: Collection[str] = json.loads(house.store.read(lambda c: facts.get(c, ALIASES)) or "[]")
    if list(known) == wanted:
        return
    yield from (path for path in known if path not in wanted and files.remove(house.out, path))
    house.store.write(lambda c: facts.put(c, ALIASES, json.dumps(wanted)))
