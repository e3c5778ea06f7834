"""Addresses that lead to articles: short ones, former ones, aliases; and the old addresses of feeds (A14-A16)."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.house import House
from publisher.feeds import aliases, files
from publisher.model.article import Article
from publisher.pages.redirect import redirect_page
from publisher.store import articles, facts, places

ALIASES = "feed aliases"  # the fact that says which copies of the feeds were written


def pages(house: House, wanted: Sequence[Article]) -> Iterator[tuple[str, bytes]]:
    """The (path, bytes) of every page that leads to one of these articles."""
    by_id = {article.id: article for article in wanted}
    for article in wanted:
        yield layout.permalink_path(article.id), _page(house, article)
    for slug, identity in house.store.read(lambda c: places.leading_to(c, by_id.keys())):
        yield layout.article_path(slug), _page(house, by_id[identity])


def _page(house: House, article: Article) -> bytes:
    url = house.layout.article(article.slug)
    return redirect_page(url, article.title, article.language, article.direction)


def missing(house: House, every: Iterable[Article]) -> list[Article]:
    """The articles of which a page that leads to them is not in the output."""
    folder = house.out / layout.PERMALINKS
    here = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    leading: dict[str, list[str]] = {}
    for slug, identity in house.store.read(places.leading):
        leading.setdefault(identity, []).append(slug)
    return [
        article
        for article in every
        if layout.permalink_path(article.id).rpartition("/")[2] not in here
        or not all((house.out / layout.article_path(slug)).is_file() for slug in leading.get(article.id, ()))
    ]


def withdraw(house: House) -> Iterator[str]:
    """Remove the pages that lead to articles that are away, and those of aliases that no file names any more;
    their paths."""
    old = house.store.read(places.idle)
    paths = [layout.article_path(slug) for slug in old]
    paths += [layout.permalink_path(identity) for identity in house.store.read(articles.away)]
    yield from (path for path in paths if files.remove(house.out, path))
    if old:
        house.store.write(places.forget_gone)


def feed_copies(house: House, documents: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The (path, bytes) of the feeds at their old addresses; *documents* are those by format."""
    return [(path, documents[kind]) for path, kind in aliases.read(house.feeds.aliases).items()]


def drop_copies(house: House) -> Iterator[str]:
    """Remove copies of feeds at addresses that the configuration names no more; their paths."""
    wanted = sorted(aliases.read(house.feeds.aliases))
    known: Collection[str] = json.loads(house.store.read(lambda c: facts.get(c, ALIASES)) or "[]")
    if list(known) == wanted:
        return
    yield from (path for path in known if path not in wanted and files.remove(house.out, path))

    def note(connection: Connection) -> None:
        facts.put(connection, ALIASES, json.dumps(wanted))

    house.store.write(note)
