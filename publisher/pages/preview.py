"""The pages of `nashir preview`, for the operator: what a newsletter's next edition would be (R10). They stand in a
folder of their own and name nothing but the files beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.article import Direction
from publisher.model.finding import Finding
from publisher.model.site import Site
from publisher.pages.frame import inline
from publisher.templating import Templates
from publisher.text.dates import digits_for, site_date
from publisher.text.direction import lead, of_tag, of_text
from publisher.text.hours import clock
from publisher.text.words import Words, own_name, words

_KINDS = {
    "confirm": "Confirm the subscription",
    "welcome": "Welcome",
    "goodbye": "You are unsubscribed",
    "links": "Your subscriptions",
    "yearly": "The yearly question",
    "correction": "Correction",
    "editors": "Before it goes out",
    "notice": "Notice to editors",
}
_LEVELS = {"error": "Error", "warning": "Warning", "note": "Note"}


@dataclass(frozen=True, slots=True)
class Look:
    """One letter to be looked at. Files are named as they stand beside the page."""

    kind: str  # "edition", else one of _KINDS
    language: str  # of its interface
    direction: Direction
    subject: str
    light: str
    dark: str
    whole: str  # the file with its HTML as it is
    text: str
    findings: Sequence[Finding]
    html_size: int  # octets, encoded
    size: int = 0  # ... of the whole letter; 0 where it has not been put together
    headers: Sequence[tuple[str, str, str]] = ()  # name, as read, as sent


@dataclass(frozen=True, slots=True)
class Headline:
    """An article of the edition."""

    title: str
    language: str
    direction: Direction
    url: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Readers who would get the same letter now."""

    language: str
    text_only: bool
    items: int
    readers: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What the page of a newsletter shows."""

    title: str
    fresh: bool  # there is something new; else the newest articles are shown
    due: datetime | None  # None: an instant newsletter
    articles: Sequence[Headline]
    audiences: Sequence[Audience]
    editions: Sequence[Look]  # one for each language
    others: Sequence[Look]
    limit: int  # octets of an encoded HTML part (M7)


def preview_page(site: Site, templates: Templates, preview: Preview, overview: str = "") -> bytes:
    """The page of one newsletter, in the site's language; UTF-8. *overview* is the file that lists all of them, ""
    where there is one newsletter. Raises BadConfig for a template that cannot be used."""
    ui = words(site.language)
    digits = digits_for(site.digits, ui.language, site.region)

    def readers(number: int) -> str:
        return ui.count("%(n)s reader", "%(n)s readers", number, digits)

    audiences = [
        {
            "language": _named(each.language),
            "text_only": each.text_only,
            "items": ui.count("%(n)s article", "%(n)s articles", each.items, digits),
            "readers": readers(each.readers),
        }
        for each in preview.audiences
    ]
    return _page(
        "preview/newsletter.html.j2",
        site,
        templates,
        ui,
        preview.title,
        fresh=preview.fresh,
        due=_moment(preview.due, site, ui) if preview.due else "",
        overview=overview,
        readers=readers(sum(each.readers for each in preview.audiences)),
        audiences=audiences,
        articles=[
            {
                "title": inline(each.title, each.direction),
                "lang": each.language,
                "dir": each.direction,
                "url": each.url,
            }
            for each in preview.articles
        ],
        editions=[_look(each, preview.limit, ui) for each in preview.editions],
        others=[_look(each, preview.limit, ui) for each in preview.others],
    )


def overview_page(site: Site, templates: Templates, previews: Sequence[tuple[str, str]]) -> bytes:
    """The page that leads to those of all newsletters: title and file of each."""
    ui = words(site.language)
    linked = [{"title": inline(title, ui.direction), "file": file} for title, file in previews]
    return _page("preview/overview.html.j2", site, templates, ui, site.title, previews=linked)


def _page(template: str, site: Site, templates: Templates, ui: Words, about: str, **values: object) -> bytes:
    title = ui.text("Preview: %(title)s") % {"title": about}
    html = templates.render(
        template,
        lang=ui.language,
        dir=ui.direction,
        title=lead(title, ui.direction),
        heading=inline(title, ui.direction),
        ui=ui,
        style=templates.source("preview/style.css"),
        **values,
    )
    return html.encode()


def _look(look: Look, limit: int, ui: Words) -> dict[str, object]:
    """*look* in words."""
    own = of_text(look.subject, look.direction)
    return {
        "id": look.language if look.kind == "edition" else look.kind,
        "name": ui.text(_KINDS[look.kind]) if look.kind != "edition" else "",
        "language": _named(look.language),
        "lang": look.language,
        "dir": look.direction,
        "subject": inline(look.subject.lstrip("\u200f"), own),
        "subject_dir": own,
        "light": look.light,
        "dark": look.dark,
        "whole": look.whole,
        "text": look.text,
        "headers": look.headers,
        "sizes": [
            {
                "name": ui.text(name),
                "size": size,
                "limit": most,
                "share": f"{_kilo(size)} / {_kilo(most)}" if most else _kilo(size),
            }
            for name, size, most in (
                ("Formatted part", look.html_size, limit),
                ("Whole letter", look.size, 0),
            )
            if size
        ],
        "findings": [
            {
                "level": each.level,
                "says": ui.text(_LEVELS[each.level]),
                "name": each.name,
                "rule": each.rule,
                "where": each.where,
                "found": each.found,
                "what": each.what,
                "mend": each.mend,
                "places": each.places,
            }
            for each in look.findings
        ],
    }


def _named(tag: str) -> dict[str, str]:
    """A language as its readers call it."""
    return {"lang": tag, "dir": of_tag(tag), "name": own_name(tag)}


def _kilo(octets: int) -> str:
    return f"{octets / 1000:.1f} kB"


def _moment(when: datetime, site: Site, ui: Words) -> str:
    local = when.astimezone(site.timezone)
    digits = digits_for(site.digits, ui.language, site.region)
    time = clock(local.time(), ui.language, digits, region=site.region)
    return f"{site_date(when, site, ui.language)} – {time}"
