"""Sitemaps: what search engines read (https://www.sitemaps.org/protocol.html), and Google's sitemap of news."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from lxml import etree

from publisher.text.clean import one_line
from publisher.text.dates import rfc3339
from publisher.text.language import canonical

_NS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_CHINESE = {"zh-Hans": "zh-cn", "zh-Hant": "zh-tw", "zh": "zh-cn"}


def sitemap(pages: Iterable[tuple[str, datetime | None]]) -> bytes:
    """The sitemap of *pages*, URL and when it last changed; at most 50,000. UTF-8."""
    return _list("urlset", "url", pages)


def index(parts: Iterable[tuple[str, datetime | None]]) -> bytes:
    """The sitemap that leads to *parts*, URL and when it last changed. UTF-8."""
    return _list("sitemapindex", "sitemap", parts)


def news(name: str, articles: Sequence[tuple[str, str, str, datetime]]) -> bytes:
    """The sitemap of the news of the publication *name*: URL, headline, language (BCP 47) and date of publication; of
    the last two days, at most 1,000 (Google, "Create a news sitemap"). UTF-8."""
    root = etree.Element(f"{{{_NS}}}urlset", nsmap={None: _NS, "news": _NEWS})
    for url, title, language, published in articles:
        page = etree.SubElement(root, f"{{{_NS}}}url")
        etree.SubElement(page, f"{{{_NS}}}loc").text = url
        told = etree.SubElement(page, f"{{{_NEWS}}}news")
        publication = etree.SubElement(told, f"{{{_NEWS}}}publication")
        etree.SubElement(publication, f"{{{_NEWS}}}name").text = name
        etree.SubElement(publication, f"{{{_NEWS}}}language").text = _iso639(language)
        etree.SubElement(told, f"{{{_NEWS}}}publication_date").text = rfc3339(published)
        etree.SubElement(told, f"{{{_NEWS}}}title").text = one_line(title)
    return _bytes(root)


def _list(root: str, item: str, pages: Iterable[tuple[str, datetime | None]]) -> bytes:
    top = etree.Element(f"{{{_NS}}}{root}", nsmap={None: _NS})
    for url, changed in pages:
        page = etree.SubElement(top, f"{{{_NS}}}{item}")
        etree.SubElement(page, f"{{{_NS}}}loc").text = url
        if changed:
            etree.SubElement(page, f"{{{_NS}}}lastmod").text = rfc3339(changed)
    return _bytes(top)


def _iso639(language: str) -> str:
    """The language as Google wants it: ISO 639 of two or three letters, Chinese by its script."""
    tag = canonical(language)
    return next(
        (told for chinese, told in _CHINESE.items() if tag.startswith(chinese)), tag.partition("-")[0]
    )


def _bytes(root: etree._Element) -> bytes:
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return data
