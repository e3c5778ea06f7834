"""What every page of a site shares: its head, masthead and words."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from markupsafe import Markup, escape

from publisher import layout as places
from publisher.layout import Layout
from publisher.model.article import Direction
from publisher.model.feed import Feed
from publisher.model.site import Site
from publisher.pages.metadata import Card, open_graph
from publisher.templating import Templates
from publisher.text.bidi import isolate
from publisher.text.direction import lead, of_text
from publisher.text.language import feed_tag
from publisher.text.words import Words

_PLACE = re.compile(r"https?://[^/?#]*(?P<path>[^?#]*)")
_FORMATS = [
    ("RSS", "application/rss+xml"),
    ("Atom", "application/atom+xml"),
    ("JSON Feed", "application/feed+json"),
]


def page(
    template: str,
    templates: Templates,
    site: Site,
    layout: Layout,
    ui: Words,
    *,
    title: str,
    language: str,
    direction: Direction,
    canonical: str = "",
    feed: Feed | None = None,
    card: Card | None = None,
    signup: Sequence[str] | None = None,
    **values: object,
) -> bytes:
    """The template file web/*template* in *language* and *direction* with *values* and those of every page. The
    feeds it names are those of *feed*, else the site's (F25); *card* is what others show of a link to it. With
    *signup* it has the form where one signs up: for these newsletters, () for those one chooses then (L2).

    A page without a *canonical* URL is nobody's to find. Raises BadConfig for a template that cannot be used.
    """
    common = _common(site, layout)
    if feed:
        common = common | _followed(feed.title, feed.language, feed.rss, feed.atom, feed.json)
    html = templates.render(
        f"web/{template}",
        lang=language,
        dir=direction,
        title=lead(title, direction),
        canonical=canonical,
        og=list(open_graph(card, site, canonical, language)) if card and canonical else [],
        ui=ui,
        signup=None if signup is None else {"action": local(layout.subscribe()), "newsletters": signup},
        **common,
        **values,
    )
    return html.encode()


@lru_cache(maxsize=8)
def _common(site: Site, layout: Layout) -> dict[str, object]:
    """What is the same on every page of a site."""
    feeds = map(layout.url, (places.RSS, places.ATOM, places.JSON))
    return {
        "site": site,
        "site_title": inline(site.title, site.direction),
        "home": local(layout.home),
        "archive": local(layout.listing(places.ARCHIVE)) if layout.has_list("archive") else "",
        "subscribe": local(layout.subscribe()) if layout.letters else "",
        # Where another program makes the pages, style.css is its own.
        "style": local(layout.url(places.STYLE if layout.pages else places.CSS)),
        "icon": local(site.icon.url) if site.icon else "",
        **_followed(site.title, feed_tag(site.language), *feeds),
    }


def inline(text: str, direction: Direction) -> Markup:
    """Plain *text* as HTML inside an element of *direction*, with what bidi would move isolated (F9)."""
    return Markup(isolate(text, "bdi")) if direction == "rtl" else escape(text)


@lru_cache(maxsize=1024)
def named(name: str, around: Direction) -> Markup:
    """A *name* in text of the direction *around*, kept together where its own is the other."""
    direction = of_text(name, around)
    shown = inline(name, direction)
    return shown if direction == around else Markup('<bdi dir="{}">{}</bdi>').format(direction, shown)


def local(url: str) -> str:
    """The path of one of our URLs: links between our pages work on every host that serves the folder."""
    found = _PLACE.match(url)
    return found["path"] if found else urlsplit(url).path


def _followed(title: str, language: str, *urls: str) -> dict[str, object]:
    """The feed *title* that a page names, in each of its formats at *urls*."""
    feeds = [
        {
            "name": name,
            "title": title,
            "url": url,
            "shown": unquote(url),
            "path": local(url),
            "type": media_type,
        }
        for (name, media_type), url in zip(_FORMATS, urls, strict=True)
    ]
    return {"feeds": feeds, "feed_language": language}
