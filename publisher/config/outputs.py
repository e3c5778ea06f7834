"""[articles], [feeds] and [pages]: what their values mean together."""

from typing import get_args

from publisher.articles import links
from publisher.config import folders
from publisher.config.reading import Reading
from publisher.config.words import kinds
from publisher.config.written import File
from publisher.feeds import aliases, websub
from publisher.layout import LISTS
from publisher.model.feed import Kind
from publisher.pages import indexnow


def check(reading: Reading, file: File) -> None:
    """Raises BadConfig for the first value of these tables that cannot be used."""
    reading.within(
        ("articles",),
        file.articles,
        settle=(0, 3600),
        scan_every=(1, 86400),
        max_bytes=(1000, 10**9),
        max_media_bytes=(1000, 10**10),
    )
    _feeds(reading, file)
    reading.within(("pages",), file.pages, per_page=(1, 500))
    reading.check(("pages",), "lists", lambda: kinds(file.pages.lists, LISTS, "lists"))
    reading.check(("pages",), "link", lambda: links.check(file.pages.link))
    reading.check(("pages",), "indexnow", lambda: indexnow.read(file.pages))


def _feeds(reading: Reading, file: File) -> None:
    at, feeds = ("feeds",), file.feeds
    reading.check(
        at, "folder", lambda: folders.output_apart(reading.root, feeds.folder, file.articles.folder)
    )
    reading.within(at, feeds, entries=(1, 1000))
    reading.check(at, "per", lambda: kinds(feeds.per, get_args(Kind), "feeds"))
    reading.check(at, "aliases", lambda: aliases.read(feeds.aliases))
    reading.check(at, "hub", lambda: websub.read(feeds))
