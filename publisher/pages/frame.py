"""What every page of a site shares: its head, masthead and words."""

from urllib.parse import urlsplit

from markupsafe import Markup, escape

from publisher import layout as places
from publisher.layout import Layout
from publisher.model.article import Direction
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.bidi import isolate
from publisher.text.direction import lead
from publisher.text.language import feed_tag
from publisher.text.words import Words

_FEEDS = [
    ("RSS", places.RSS, "application/rss+xml"),
    ("Atom", places.ATOM, "application/atom+xml"),
    ("JSON Feed", places.JSON, "application/feed+json"),
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
    **values: object,
) -> bytes:
    """The template file web/*template* in *language* and *direction* with *values* and those of every page.

    A page without a *canonical* URL is nobody's to find. Raises BadConfig for a template that cannot be used.
    """
    html = templates.render(
        f"web/{template}",
        lang=language,
        dir=direction,
        title=lead(title, direction),
        canonical=canonical,
        ui=ui,
        site=site,
        site_title=inline(site.title, site.direction),
        feeds=_feeds(layout),
        feed_language=feed_tag(site.language),
        home=local(layout.home),
        style=local(layout.url(places.STYLE)),
        icon=local(site.icon.url) if site.icon else "",
        **values,
    )
    return html.encode()


def inline(text: str, direction: Direction) -> Markup:
    """Plain *text* as HTML inside an element of *direction*, with what bidi would move isolated (F9)."""
    return Markup(isolate(text, "bdi")) if direction == "rtl" else escape(text)


def local(url: str) -> str:
    """The path of one of our URLs: links between our pages work on every host that serves the folder."""
    return urlsplit(url).path


def _feeds(layout: Layout) -> list[dict[str, str]]:
    urls = ((name, layout.url(path), media_type) for name, path, media_type in _FEEDS)
    return [
        {"name": name, "url": url, "path": local(url), "type": media_type} for name, url, media_type in urls
    ]
