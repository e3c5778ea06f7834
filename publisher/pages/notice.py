"""Pages with one thing to say: not found, and what the unsubscribe door shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from publisher import layout as places
from publisher.layout import Layout
from publisher.model.site import Site
from publisher.pages.frame import inline, page
from publisher.templating import Templates
from publisher.text.words import words


@dataclass(frozen=True, slots=True)
class Way:
    """Something else to do: in words of ours, and where."""

    words: str
    url: str


def notice_page(
    site: Site,
    layout: Layout,
    templates: Templates,
    *,
    title: str,
    text: str,
    action: str | None = None,
    button: str | None = None,
    others: Sequence[Way] = (),
    links: Sequence[Way] = (),
    language: str,
) -> bytes:
    """A page that says *title* and *text*, words of ours for a reader of *language*; UTF-8.

    With *action*, a form: its *button* posts there, and nothing happens before it is pressed (H3); below it *others*
    that may be done instead, and *links*.
    """
    ui = words(language)
    return page(
        "notice.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{title} — {site.title}",
        language=ui.language,
        direction=ui.direction,
        heading=inline(title, ui.direction),
        text=inline(text, ui.direction),
        action=action,
        button=button,
        others=others,
        links=links,
    )


def not_found_page(site: Site, layout: Layout, templates: Templates) -> bytes:
    """404.html, in the site's language."""
    ui = words(site.language)
    return notice_page(
        site,
        layout,
        templates,
        title=ui.text("Page not found"),
        text=ui.text("There is no page at this address. It may have been moved or removed."),
        language=site.language,
    )


def stylesheet(templates: Templates) -> bytes:
    """The one CSS file of the site's theme, with what the site adds to it."""
    return (templates.source(f"web/{places.STYLE}") + templates.source("web/own.css")).encode()
