"""What programs read of a page: Open Graph for those that show links, schema.org for search engines."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from babel.core import get_global
from markupsafe import Markup

from publisher.layout import Layout
from publisher.model.article import Article
from publisher.model.media import Shown
from publisher.model.site import Site
from publisher.text.cldr import locale
from publisher.text.dates import rfc3339

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True, slots=True)
class Card:
    """A page as a link to it is shown elsewhere."""

    title: str
    description: str = ""
    type: Literal["article", "website"] = "website"
    picture: Shown | None = None  # with an absolute URL
    published: datetime | None = None
    updated: datetime | None = None
    section: str = ""
    tags: tuple[str, ...] = ()
    others: tuple[str, ...] = field(default=())  # languages the same is there in


def open_graph(card: Card, site: Site, url: str, language: str) -> Iterator[tuple[str, str]]:
    """The (property, content) of `<meta>` for *card*, a page in *language* at *url* (ogp.me)."""
    yield "og:type", card.type
    yield "og:title", card.title
    yield "og:url", url
    yield "og:site_name", site.title
    yield "og:locale", og_locale(language, site.region)
    for other in card.others:
        yield "og:locale:alternate", og_locale(other, site.region)
    if card.description:
        yield "og:description", card.description
    picture = card.picture or site.icon
    if picture:
        yield "og:image", picture.url
        yield "og:image:type", picture.type
        if picture.width and picture.height:
            yield "og:image:width", str(picture.width)
            yield "og:image:height", str(picture.height)
        yield "og:image:alt", picture.alt or site.title
    if card.published:
        yield "article:published_time", rfc3339(card.published)
    if card.updated and card.updated != card.published:
        yield "article:modified_time", rfc3339(card.updated)
    if card.section:
        yield "article:section", card.section
    for tag in card.tags:
        yield "article:tag", tag


def og_locale(language: str, region: str) -> str:
    """*language* (BCP 47) as Open Graph has it, with the territory that it names, else the *region* where it is used
    there, else that of most of its speakers (CLDR): ar_IQ."""
    primary, *rest = language.split("-")
    named = next((part for part in rest if len(part) == 2 and part.isupper()), "")
    if named:
        return f"{primary}_{named}"
    here = locale(language, region)
    if here.language == primary and here.territory:
        return f"{primary}_{here.territory}"
    likely = get_global("likely_subtags").get(primary, "").split("_")
    return f"{primary}_{likely[-1]}" if len(likely) > 1 else primary


def news_article(article: Article, site: Site, layout: Layout, people: Sequence[tuple[str, str]]) -> Markup:
    """JSON-LD of *article* (schema.org/NewsArticle), fit to stand in `<script>`; *people* are its authors, each with
    the URL of their list or ""."""
    url = layout.article(article.slug)
    organization: dict[str, object] = {
        "@type": "NewsMediaOrganization",
        "name": site.title,
        "url": layout.home,
    }
    if site.icon:
        organization["logo"] = _picture(site.icon)
    authors = [{"@type": "Person", "name": name} | ({"url": url} if url else {}) for name, url in people]
    said: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "url": url,
        "headline": article.title,
        "inLanguage": article.language,
        "datePublished": rfc3339(article.published),
        "dateModified": rfc3339(article.updated),
        "author": authors or [organization],
        "publisher": organization,
        "isAccessibleForFree": True,
    }
    if article.summary:
        said["description"] = article.summary
    if article.picture:
        said["image"] = _picture(layout.shown(article, article.picture))
    if article.categories:
        said |= {"articleSection": article.categories[0], "keywords": list(article.categories)}
    if site.license:
        said["license"] = site.license
    if article.corrections:
        said["correction"] = [each.text for each in article.corrections]
    text = _ENCODER.encode(said)
    for char, written in _UNSAFE.items():  # str.translate takes a hundred times as long
        text = text.replace(char, written)
    return Markup(text)


def _picture(shown: Shown) -> dict[str, object]:
    size = {"width": shown.width, "height": shown.height} if shown.width and shown.height else {}
    return {"@type": "ImageObject", "url": shown.url, **size}
