"""The page of an edition: what its letter said, in the site's look and without what was for one reader (F16, M5)."""

from collections.abc import Mapping
from dataclasses import replace

from publisher.layout import Layout
from publisher.model.article import Direction
from publisher.model.digest import Issue, Piece, Section
from publisher.model.site import Site
from publisher.pages.frame import inline, local, page
from publisher.pages.metadata import Card
from publisher.templating import Templates
from publisher.text.dates import digits_for, rfc3339, site_date
from publisher.text.direction import of_tag
from publisher.text.words import words


def edition_page(
    site: Site,
    layout: Layout,
    issue: Issue,
    templates: Templates,
    *,
    before: str = "",
    after: str = "",
) -> bytes:
    """The page of *issue*, in its language; UTF-8. *before* and *after* are the names of the editions beside it, ""
    where there is none. Raises BadConfig for a template that cannot be used."""
    ui, told = words(issue.spoken), issue.told
    digits = digits_for(site.digits, ui.language, site.region)
    more = ("%(n)s more article on the site", "%(n)s more articles on the site")
    number = len(told.pieces)
    picture = next((piece.picture for piece in told.pieces if piece.picture), None)
    return page(
        "edition.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{issue.title} — {site.title}",
        language=issue.spoken,
        direction=issue.side,
        canonical=layout.edition(issue.newsletter, issue.name),
        card=Card(
            issue.title, issue.summary, "article", picture, published=issue.published, updated=issue.published
        ),
        headline=_said(issue.title, issue.language, issue.direction),
        subject=issue.title,
        newsletter=inline(told.title, issue.side),
        newsletter_path=local(layout.newsletter(issue.newsletter)),
        description=issue.summary,
        iso=rfc3339(issue.published),
        date=site_date(issue.published, site, ui.language),
        count=ui.count("%(n)s article", "%(n)s articles", number, digits),
        opening=[_said(one.text, one.language, one.direction) for one in told.opening],
        sections=[_section(section, layout) for section in told.sections],
        more=ui.count(*more, told.more, digits) if told.more else "",
        before=_beside(layout, issue, before),
        after=_beside(layout, issue, after),
    )


def _beside(layout: Layout, issue: Issue, name: str) -> Mapping[str, str]:
    url = layout.edition(issue.newsletter, name) if name else ""
    return {"url": url, "path": local(url)} if url else {}


def _said(text: str, language: str, direction: Direction) -> dict[str, object]:
    return {"lang": language, "dir": direction, "text": inline(text, direction)}


def _section(section: Section, layout: Layout) -> dict[str, object]:
    return {
        "heading": _said(section.heading, section.language, section.direction) if section.heading else {},
        "pieces": [_piece(piece, layout) for piece in section.pieces],
    }


def _piece(piece: Piece, layout: Layout) -> dict[str, object]:
    picture = piece.picture
    return {
        "lang": piece.language,
        "dir": piece.direction,
        "path": _near(piece.url, layout),
        "title": inline(piece.title, piece.direction),
        "excerpt": inline(piece.excerpt, piece.direction),
        "category": inline(piece.category, piece.direction),
        "byline": _said(piece.byline, piece.spoken, of_tag(piece.spoken)),
        "picture": replace(picture, url=_near(picture.url, layout)) if picture else None,
    }


def _near(url: str, layout: Layout) -> str:
    """The path of what is on this site; the *url* of what is not any more, since the site moved."""
    return local(url) if url.startswith(layout.home) else url
