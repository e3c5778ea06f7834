"""Older feeds and sitemaps to values, byte for byte where readers compare: RSS 2.0, 0.9x and 1.0, Atom, JSON Feed,
sitemaps (A15)."""

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html

from publisher.errors import BadInput
from publisher.model.adoption import OldEntry, OldFeed

LIMIT = 200_000_000  # bytes of an unpacked sitemap
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ATOM = "{http://www.w3.org/2005/Atom}"
_RSS1 = "{http://purl.org/rss/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def read(data: bytes, where: str) -> OldFeed:
    """The feed or sitemap in *data* (also gzip). Raises BadInput with *where* for anything else."""
    mend = "name an RSS, Atom or JSON feed, or a sitemap"
    try:
        data = _unpacked(data)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
            return _json(json.loads(data.decode("utf-8-sig")))
        root = etree.fromstring(data.lstrip(), _parser())
    except (ValueError, RecursionError, zlib.error, etree.LxmlError) as error:
        raise BadInput(f"cannot be read: {error}", where, mend) from error
    readers = {
        "rss": _rss,
        f"{_RDF}RDF": _rss1,
        f"{_ATOM}feed": _atom,
        f"{_SITEMAP}urlset": _sitemap,
        f"{_SITEMAP}sitemapindex": _index,
    }
    if root is None or root.tag not in readers:
        raise BadInput("neither a feed nor a sitemap", where, mend)
    return readers[str(root.tag)](root)


def _parser() -> etree.XMLParser[Any]:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
    )


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    gunzip = zlib.decompressobj(wbits=31)
    data = gunzip.decompress(data, LIMIT)
    if gunzip.unconsumed_tail:
        raise ValueError(f"unpacks to more than {LIMIT // 1_000_000} MB")
    return data


def _rss(root: etree._Element) -> OldFeed:
    return OldFeed(
        "rss", tuple(_item(item, "") for item in root.iter("item")), url=_self(root.find("channel"))
    )


def _rss1(root: etree._Element) -> OldFeed:
    return OldFeed("rss", tuple(_item(item, _RSS1) for item in root.iter(f"{_RSS1}item")))


def _item(item: etree._Element, ns: str) -> OldEntry:
    guid, link = item.find(f"{ns}guid"), _words(item, f"{ns}link")
    about = item.get(f"{_RDF}about", "")
    said = (guid.text or "").strip() if guid is not None else ""
    permalink = guid is not None and guid.get("isPermaLink", "true").strip().lower() != "false"
    published = _words(item, f"{ns}pubDate", f"{_DC}date", f"{_DCTERMS}issued")
    return OldEntry(
        id=said or about or link,
        link=link or (said if permalink and said.startswith("http") else ""),
        title=_plain(_words(item, f"{ns}title")),
        text=_plain(_words(item, _CONTENT, f"{ns}description")),
        published=_date(published),
        updated=_date(_words(item, f"{_ATOM}updated", f"{_DCTERMS}modified")),
        permalink=permalink if said else bool(link and not about),
    )


def _atom(root: etree._Element) -> OldFeed:
    entries = tuple(_entry(entry) for entry in root.iter(f"{_ATOM}entry"))
    return OldFeed("atom", entries, id=_words(root, f"{_ATOM}id"), url=_self(root))


def _self(channel: etree._Element | None) -> str:
    links = channel.findall(f"{_ATOM}link") if channel is not None else []
    return next((each.get("href", "") for each in links if each.get("rel") == "self"), "")


def _entry(entry: etree._Element) -> OldEntry:
    links = entry.findall(f"{_ATOM}link")
    pages = [each for each in links if each.get("rel", "alternate") == "alternate"]
    pages.sort(key=lambda each: each.get("type", "text/html") != "text/html")
    link = pages[0].get("href", "").strip() if pages else ""
    return OldEntry(
        id=_words(entry, f"{_ATOM}id") or link,
        link=urljoin(_base(entry), link) if link else "",
        title=_plain(_text(entry, f"{_ATOM}title")),
        text=_plain(_text(entry, f"{_ATOM}content", f"{_ATOM}summary")),
        published=_date(_words(entry, f"{_ATOM}published")),
        updated=_date(_words(entry, f"{_ATOM}updated")),
    )


def _base(element: etree._Element) -> str:
    """xml:base, the innermost last (XML Base)."""
    above = [element, *element.iterancestors()]
    base = ""
    for each in reversed(above):
        base = urljoin(base, each.get(f"{_XML}base", ""))
    return base


def _text(entry: etree._Element, *tags: str) -> str:
    """An Atom text construct: text, HTML, or XHTML as the text in it."""
    for tag in tags:
        found = entry.find(tag)
        if found is not None:
            return "".join(str(part) for part in found.itertext()) if len(found) else found.text or ""
    return ""


def _json(document: Any) -> OldFeed:
    if not isinstance(document, dict) or "jsonfeed.org" not in str(document.get("version", "")):
        raise ValueError("no JSON Feed: it names no version of jsonfeed.org")
    entries = tuple(_json_items(document.get("items")))
    return OldFeed("json", entries, url=_string(document.get("feed_url")))


def _json_items(items: Any) -> Iterator[OldEntry]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            link = _string(item.get("url"))
            text = _string(item.get("content_html")) or _string(item.get("content_text"))
            yield OldEntry(
                id=_string(item.get("id")) or link,
                link=link,
                title=_plain(_string(item.get("title"))),
                text=_plain(text or _string(item.get("summary"))),
                published=_date(_string(item.get("date_published"))),
                updated=_date(_string(item.get("date_modified"))),
            )


def _string(value: Any) -> str:
    """Readers compare ids as strings; numbers are allowed (JSON Feed 1.1, "Items")."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _sitemap(root: etree._Element) -> OldFeed:
    places = (_words(each, f"{_SITEMAP}loc") for each in root.iter(f"{_SITEMAP}url"))
    return OldFeed("sitemap", tuple(OldEntry("", place) for place in places if place))


def _index(root: etree._Element) -> OldFeed:
    places = (_words(each, f"{_SITEMAP}loc") for each in root.iter(f"{_SITEMAP}sitemap"))
    return OldFeed("sitemap", (), more=tuple(place for place in places if place))


def _words(element: etree._Element, *tags: str) -> str:
    for tag in tags:
        found = (element.findtext(tag) or "").strip()
        if found:
            return found
    return ""


def _plain(markup: str) -> str:
    """HTML as its words; text that is none stays."""
    if "<" not in markup and "&" not in markup:
        return " ".join(markup.split())
    try:
        return " ".join(" ".join(lxml_html.fromstring(f"<div>{markup}</div>").itertext()).split())
    except (etree.LxmlError, ValueError):
        return " ".join(markup.split())


def _date(text: str) -> datetime | None:
    """RFC 822 or RFC 3339, UTC, whole seconds; None for anything else."""
    for read_ in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read_(text)
            return (
                (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
                .astimezone(UTC)
                .replace(microsecond=0)
            )
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
