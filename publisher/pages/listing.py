"""Pages that list articles: of a category, an author, a language the newest first; of a month; the archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Protocol

from publisher.layout import Layout
from publisher.model.article import Article, Direction
from publisher.model.feed import Feed
from publisher.model.site import Site
from publisher.pages.frame import inline, local, page
from publisher.pages.home import teaser
from publisher.pages.metadata import Card
from publisher.templating import Templates
from publisher.text.bidi import isolate
from publisher.text.dates import digits_for, month_name, rfc3339, site_date, site_month, write_digits
from publisher.text.words import Words, own_name, words

_KINDS = {"category": "Category", "author": "Author", "language": "Language"}


@dataclass(frozen=True, slots=True)
class Place:
    """The list that a page belongs to: of a label, or the site's archive, which has no *kind*."""

    folder: str
    kind: str = ""  # "category", "author", "language"
    word: str = ""  # a language as BCP 47
    language: str = ""  # of the page; "" for the site's
    direction: Direction = "ltr"
    feed: Feed | None = None

    @property
    def name(self) -> str:
        """What people call the label."""
        return own_name(self.word) if self.kind == "language" else self.word


class Line(Protocol):
    """An article as a month's page shows it."""

    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def published(self) -> datetime: ...


def list_page(
    site: Site,
    layout: Layout,
    templates: Templates,
    place: Place,
    *,
    articles: Sequence[Article],
    months: Sequence[str],
) -> bytes:
    """The page of a label with its newest *articles*, which leads to the pages of *months*, the newest first; UTF-8.
    Raises BadConfig for a template that cannot be used, as all of these do."""
    ui, language, direction = _tongue(site, place)
    older = layout.listing(place.folder, months[0]) if months else ""
    return page(
        "list.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{_apart(place.name, direction)} — {site.title}",
        language=language,
        direction=direction,
        canonical=layout.listing(place.folder),
        card=Card(f"{place.name} — {site.title}"),
        feed=place.feed,
        kind=ui.text(_KINDS[place.kind]),
        heading=inline(place.name, direction),
        articles=[
            teaser(article, site, layout, ui, category=place.kind != "category") for article in articles
        ],
        years=_years(months, place, site, layout, ui),
        has_feeds=place.feed is not None,
        older=local(older),
        older_url=older,
    )


def archive_page(
    site: Site, layout: Layout, templates: Templates, place: Place, *, months: Sequence[str]
) -> bytes:
    """The overview of the archive: all *months*, the newest first; UTF-8."""
    ui, language, direction = _tongue(site, place)
    heading = ui.text("Archive")
    return page(
        "archive.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{heading} — {site.title}",
        language=language,
        direction=direction,
        canonical=layout.listing(place.folder),
        card=Card(f"{heading} — {site.title}"),
        heading=heading,
        years=_years(months, place, site, layout, ui),
    )


def month_page(
    site: Site,
    layout: Layout,
    templates: Templates,
    place: Place,
    *,
    month: str,
    lines: Sequence[Line],
    part: int,
    parts: int,
    older: str,
    newer: str,
) -> bytes:
    """The page of a *month* with *lines*, the newest first, or a *part* of it, of so many; UTF-8. *older* and
    *newer* are the months beside it, "" where there is none; what is newer than the newest month of a label is on
    its page. Parts are numbered from the oldest articles; between the month's own page (0) and the older month they
    come from the last to the first."""
    ui, language, direction = _tongue(site, place)
    name = place.name or ui.text("Archive")
    heading = site_month(month, site, ui.language)
    before, after = part - 1 if part else parts, part + 1 if part < parts else 0
    older_url = layout.listing(place.folder, month, before) if before else _month(layout, place, older)
    if part:
        newer_url = layout.listing(place.folder, month, after)
    elif newer or place.kind:
        newer_url = layout.listing(place.folder, newer)
    else:
        newer_url = ""
    return page(
        "month.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{_apart(heading, direction)} — {_apart(name, direction)} — {site.title}",
        language=language,
        direction=direction,
        canonical=layout.listing(place.folder, month, part),
        card=Card(f"{heading} — {name} — {site.title}"),
        feed=place.feed,
        kind=ui.text(_KINDS[place.kind]) if place.kind else "",
        belongs=inline(name, direction),
        belongs_path=local(layout.listing(place.folder)),
        heading=heading,
        articles=[_line(line, site, layout, ui) for line in lines],
        older=local(older_url),
        older_url=older_url,
        newer=local(newer_url),
        newer_url=newer_url,
    )


def _month(layout: Layout, place: Place, month: str) -> str:
    return layout.listing(place.folder, month) if month else ""


def _tongue(site: Site, place: Place) -> tuple[Words, str, Direction]:
    if place.language:
        return words(place.language), place.language, place.direction
    return words(site.language), site.language, site.direction


def _apart(name: str, direction: Direction) -> str:
    return isolate(name, "lrm") if direction == "rtl" else name


def _years(
    months: Sequence[str], place: Place, site: Site, layout: Layout, ui: Words
) -> list[dict[str, object]]:
    """*months* below their years."""
    digits = digits_for(site.digits, ui.language, site.region)
    return [
        {
            "year": write_digits(str(int(year)), digits),
            "months": [
                {
                    "path": local(layout.listing(place.folder, month)),
                    "name": month_name(int(month.rpartition("-")[2]), site, ui.language),
                    "full": site_month(month, site, ui.language),
                }
                for month in its
            ],
        }
        for year, its in groupby(months, key=lambda month: month.partition("-")[0])
    ]


def _line(line: Line, site: Site, layout: Layout, ui: Words) -> dict[str, object]:
    return {
        "lang": line.language,
        "dir": line.direction,
        "path": local(layout.article(line.slug)),
        "title": inline(line.title, line.direction),
        "iso": rfc3339(line.published),
        "date": site_date(line.published, site, ui.language),
    }
