"""The page a person sees who opens the address of a feed: what it is, how to subscribe, what is new in it (F21)."""

from collections.abc import Sequence

from publisher.layout import Layout
from publisher.model.feed import Entry, Feed, Item
from publisher.model.site import Site
from publisher.pages.frame import inline, local, page
from publisher.templating import Templates
from publisher.text.dates import rfc3339, site_date
from publisher.text.words import Words, words

NEWEST = 10  # headlines on the page


def feed_page(
    site: Site, layout: Layout, feed: Feed, entries: Sequence[Entry], templates: Templates
) -> bytes:
    """The page of *feed*, whose *entries* are the newest first, in words of the feed's language; UTF-8.

    Raises BadConfig for a template that cannot be used.
    """
    ui = words(feed.language)
    return page(
        "feed.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{ui.text('This is a feed')} — {feed.title}",
        language=feed.language,
        direction=feed.direction,
        feed=feed,
        feed_title="" if feed.title == site.title else inline(feed.title, feed.direction),
        articles=[_headline(entry.article, entry.url, site, ui) for entry in entries[:NEWEST]],
    )


def _headline(article: Item, url: str, site: Site, ui: Words) -> dict[str, object]:
    return {
        "lang": article.language,
        "dir": article.direction,
        "path": local(url),
        "title": inline(article.title, article.direction),
        "iso": rfc3339(article.published),
        "date": site_date(article.published, site, ui.language),
    }
