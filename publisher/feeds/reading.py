"""Older feeds and sitemaps to values, byte for byte where readers compare: RSS 2.0, 0.9x and 1.0, Atom, JSON Feed,
sitemaps (A15)."""

import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html

from publisher.errors import BadInput
from publisher.feeds import repair
from publisher.model.adoption import OldEntry, OldFeed

LIMIT = 52_428_800  # bytes of an unpacked sitemap (sitemaps.org, "Sitemaps XML format")
TAGS = 4_000_000  # each costs some hundred bytes of memory
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ATOM = "{http://www.w3.org/2005/Atom}"
_RSS1 = "{http://purl.org/rss/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_FEEDBURNER = "{http://rssnamespace.org/feedburner/ext/1.0}"
_GZIP = b"\x1f\x8b"
_BEFORE = b"\xef\xbb\xbf \t\r\n"  # what some programs write before the document
_PAGE = re.compile(rb"<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ZERO = re.compile(r"\s-?0001\s")
_OLDEST = 1900  # years before that are the zero of some program
_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def read(data: bytes, where: str) -> OldFeed:
    """The feed or sitemap in *data* (also gzip). Raises BadInput with *where* for anything else."""
    mend = "name an RSS, Atom or JSON feed, or a sitemap"
    try:
        data = _unpacked(data).lstrip(_BEFORE)
        if data[:1] == b"{":
            return _json(json.loads(data.decode("utf-8-sig")))
        if _PAGE.match(data):
            raise BadInput("a web page, no feed", where, "name the feed that it links to")
        if data.count(b"<") > TAGS:
            raise BadInput(f"has more than {TAGS // 1_000_000} million tags", where, "name a smaller feed")
        root = _parsed(data)
    except (ValueError, RecursionError, zlib.error, etree.LxmlError) as error:
        raise BadInput(f"cannot be read: {error}", where, mend) from error
    readers = {
        "rss": _rss,
        f"{_RDF}RDF": _rss1,
        f"{_ATOM}feed": _atom,
        f"{_SITEMAP}urlset": _sitemap,
        f"{_SITEMAP}sitemapindex": _index,
    }
    if root.tag not in readers:
        raise BadInput("neither a feed nor a sitemap", where, mend)
    return readers[str(root.tag)](root)


def _parsed(data: bytes) -> etree._Element:
    """The document; one that is not well-formed in the ways that many feeds are not, and readers put up with, is
    mended first."""
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        mended = repair.xml(data)
        if mended == data:
            raise
        try:
            root = etree.fromstring(mended, _parser())
        except etree.XMLSyntaxError:
            raise error from None
    return _named_as_usual(root)


def _named_as_usual(root: etree._Element) -> etree._Element:
    """RSS in a namespace of its own, and sitemaps in another than the usual one or none, as if they were."""
    namespace, _, name = str(root.tag).rpartition("}")
    usual = {"rss": "", "urlset": _SITEMAP, "sitemapindex": _SITEMAP}.get(name)
    namespace = f"{namespace}}}" if namespace else ""
    if usual is None or namespace == usual:
        return root
    for each in root.iter():
        if isinstance(each.tag, str) and each.tag == namespace + each.tag.rpartition("}")[2]:
            each.tag = usual + each.tag.rpartition("}")[2]
    return root


def _parser() -> etree.XMLParser[Any]:
    """Entities that the document declares itself are read, and no file or URL; how much they make is limited."""
    return etree.XMLParser(
        resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
    )


def _unpacked(data: bytes) -> bytes:
    """All members of a gzip file (RFC 1952, 2.2)."""
    if not data.startswith(_GZIP):
        return data
    found = bytearray()
    while data.startswith(_GZIP):
        gunzip = zlib.decompressobj(wbits=31)
        found += gunzip.decompress(data, LIMIT - len(found) + 1)
        if len(found) > LIMIT:
            raise ValueError(f"unpacks to more than {LIMIT // 1_000_000} MB")
        data = gunzip.unused_data
    return bytes(found)


def _rss(root: etree._Element) -> OldFeed:
    channel, items = root.find("channel"), tuple(_item(item, "") for item in root.iter("item"))
    home = _words(channel, "link") if channel is not None else ""
    return OldFeed("rss", items, url=_self(channel), home=home)


def _rss1(root: etree._Element) -> OldFeed:
    items = tuple(_item(item, _RSS1) for item in root.iter(f"{_RSS1}item"))
    return OldFeed("rss", items, home=_words(root, f"{_RSS1}channel/{_RSS1}link"))


def _item(item: etree._Element, ns: str) -> OldEntry:
    guid, link = item.find(f"{ns}guid"), _words(item, f"{ns}link")
    about = item.get(f"{_RDF}about", "")
    said = (guid.text or "").strip() if guid is not None else ""
    permalink = guid is not None and guid.get("isPermaLink", "true").strip().lower() != "false"
    published = _words(item, f"{ns}pubDate", f"{_DC}date", f"{_DCTERMS}issued")
    return OldEntry(
        id=said or about or link,
        link=_words(item, f"{_FEEDBURNER}origLink")
        or link
        or (said if permalink and said.startswith("http") else ""),
        title=_plain(_words(item, f"{ns}title")),
        text=_plain(_words(item, _CONTENT, f"{ns}description")),
        published=_date(published),
        updated=_date(_words(item, f"{_ATOM}updated", f"{_DCTERMS}modified")),
        permalink=permalink if said else bool(link and not about),
    )


def _atom(root: etree._Element) -> OldFeed:
    entries = tuple(_entry(entry) for entry in root.iter(f"{_ATOM}entry"))
    return OldFeed(
        "atom",
        entries,
        id=_words(root, f"{_ATOM}id"),
        url=_self(root),
        home=_joined(_base(root), _page(root)),
    )


def _self(channel: etree._Element | None) -> str:
    links = channel.findall(f"{_ATOM}link") if channel is not None else []
    return next((each.get("href", "") for each in links if each.get("rel") == "self"), "")


def _page(element: etree._Element) -> str:
    """The link of an entry or a feed to its page."""
    links = element.findall(f"{_ATOM}link")
    pages = [each for each in links if each.get("rel", "alternate") == "alternate"]
    pages.sort(key=lambda each: each.get("type", "text/html") != "text/html")
    return pages[0].get("href", "").strip() if pages else ""


def _entry(entry: etree._Element) -> OldEntry:
    link = _page(entry)
    return OldEntry(
        id=_words(entry, f"{_ATOM}id") or link,
        link=_words(entry, f"{_FEEDBURNER}origLink") or _joined(_base(entry), link),
        title=_plain(_text(entry, f"{_ATOM}title")),
        text=_plain(_text(entry, f"{_ATOM}content", f"{_ATOM}summary")),
        published=_date(_words(entry, f"{_ATOM}published")),
        updated=_date(_words(entry, f"{_ATOM}updated")),
    )


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link) if link else ""
    except ValueError:
        return link


def _base(element: etree._Element) -> str:
    """xml:base, the innermost last (XML Base)."""
    above = [element, *element.iterancestors()]
    base = ""
    for each in reversed(above):
        base = _joined(base, each.get(f"{_XML}base", "")) or base
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
    home = _string(document.get("home_page_url"))
    return OldFeed("json", entries, url=_string(document.get("feed_url")), home=home)


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
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    return "" if _SURROGATE.search(text) else text  # half a letter: no reader's database holds it


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
    """RFC 822 or RFC 3339, UTC, whole seconds; None for anything else, also for what programs write that know none:
    year 1 (Hugo), year -1 (WordPress)."""
    if _ZERO.search(text):
        return None
    for read_ in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read_(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC).replace(microsecond=0) if moment.year >= _OLDEST else None
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
