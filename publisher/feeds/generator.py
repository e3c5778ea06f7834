"""feedgen 1.0.0 with one extension of ours and the repairs it needs (spec: feeds, "Through feedgen").

feedgen builds the document; the extension, which runs last, adds languages, directions, the stylesheet, the links of
WebSub, archives and licence, pictures and what left, and writes again what feedgen loses: entry links (feedgen #135)
and authors without an address in RSS.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from publisher.feeds import mediarss, plain
from publisher.model.feed import Entry, Feed, Removed
from publisher.model.media import Shown
from publisher.text.dates import rfc822, rfc3339

# The one replacement in another's house: feedgen writes RSS dates by switching the locale of the whole process,
# which races with every other thread.
feedgen.feed.formatRFC2822 = rfc822
feedgen.entry.formatRFC2822 = rfc822

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"  # RFC 5005
_ITS = "http://www.w3.org/2005/11/its"  # Internationalization Tag Set 2.0, "Directionality" (F5)
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"  # RFC 6721
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def generator(feed: Feed, entries: Sequence[Entry], url: str, media_type: str) -> FeedGenerator:
    """The channel of the document of *entries* that stands at *url*, still without them."""
    channel = FeedGenerator()
    channel.register_extension("nashir", _Channel, _Item)
    channel.nashir.feed = feed
    channel.nashir.removed = feed.removed if url == feed.atom else ()
    channel.nashir.pictures = any(entry.picture or len(entry.enclosures) > 1 for entry in entries)
    channel.id(feed.id)
    channel.title(plain.channel_title(feed))
    channel.subtitle(plain.channel_description(feed))
    channel.language(feed.language)
    # RFC 4287, 4.1.1: a feed needs an author unless every entry has one.
    channel.author({"name": feed.author or feed.title})
    channel.link(href=url, rel="self", type=media_type)
    # The last link added becomes RSS's channel <link>.
    channel.link(href=feed.home, rel="alternate", type="text/html", hreflang=feed.language)
    channel.generator("Nashir")
    channel.updated(_whole(feed.updated))
    return channel


def add(channel: FeedGenerator, feed: Feed, entry: Entry) -> FeedEntry:
    """Append *entry* to *channel*, without its summary: RSS takes HTML there, Atom text."""
    article = entry.article
    item = channel.add_entry(order="append")
    item.nashir.feed, item.nashir.entry = feed, entry
    item.id(plain.identity(article, "atom"))
    item.title(plain.title(article))
    item.link(href=entry.url, rel="alternate")
    item.content(entry.content, type="html")
    item.published(_whole(article.published))
    item.updated(_whole(article.updated))
    item.category([{"term": category} for category in article.categories])
    item.author([{"name": name} for name in article.authors])
    return item


def _whole(when: datetime) -> datetime:
    """UTC and whole seconds: feedgen prints what it is given (F10)."""
    return when.astimezone(UTC).replace(microsecond=0)


class _Channel(BaseExtension):  # type: ignore[misc]
    feed: Feed
    removed: tuple[Removed, ...]  # what the document tells to have left (F13): only Atom has a word for it
    pictures: bool  # some entry has any

    def extend_ns(self) -> dict[str, str]:
        """Only what is used: a validator names each namespace that it does not know."""
        used = {
            "dc": True,
            "its": self.feed.metadata,
            "media": self.pictures,
            "fh": bool(self.feed.current),
            "at": bool(self.removed),
        }
        return {prefix: uri for prefix, uri in _PREFIXES.items() if used[prefix]}

    def extend_atom(self, root: etree._Element) -> etree._Element:
        feed = self.feed
        for link in _links(feed):
            etree.SubElement(root, "link", link)
        if feed.current:
            etree.SubElement(root, f"{{{_HISTORY}}}archive")
        if feed.icon:
            etree.SubElement(root, "icon").text = feed.icon.url
        if feed.logo and _is_wide(feed.logo):
            etree.SubElement(root, "logo").text = feed.logo.url
        for removed in self.removed:
            told = {"ref": removed.id, "when": rfc3339(removed.when)}
            etree.SubElement(root, f"{{{_TOMBSTONES}}}deleted-entry", told)
        return self._dress(root)

    def extend_rss(self, root: etree._Element) -> etree._Element:
        root.set(_LANG, self.feed.language)
        for channel in root.iterchildren("channel"):
            for link in _links(self.feed):
                etree.SubElement(channel, f"{{{_ATOM}}}link", link)
            if self.feed.current:
                etree.SubElement(channel, f"{{{_HISTORY}}}archive")
            if self.feed.logo:
                _image(channel, self.feed)
        return self._dress(root)

    def _dress(self, root: etree._Element) -> etree._Element:
        if self.feed.metadata:
            root.set(f"{{{_ITS}}}version", "2.0")
            root.set(f"{{{_ITS}}}dir", self.feed.direction)
        style = f'type="text/css" href="{self.feed.css}"'
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", style))
        return root


_PREFIXES = {"dc": _DC, "its": _ITS, "media": mediarss.NAMESPACE, "fh": _HISTORY, "at": _TOMBSTONES}


def _links(feed: Feed) -> list[dict[str, str]]:
    """The links beside self and alternate, which stand alike in Atom and in RSS."""
    # An archive does not change any more in the way that a hub tells of.
    links = [] if feed.current else [{"rel": "hub", "href": hub} for hub in feed.hubs]
    chain = {"current": feed.current, "prev-archive": feed.previous, "next-archive": feed.next}
    links += [
        {"rel": rel, "type": "application/atom+xml", "href": href} for rel, href in chain.items() if href
    ]
    return links + ([{"rel": "license", "href": feed.license}] if feed.license else [])


def _is_wide(picture: Shown) -> bool:
    """Whether it is about twice as wide as high, as Atom's logo should be (RFC 4287, 4.2.8)."""
    return 3 * picture.height <= 2 * picture.width <= 6 * picture.height


def _image(channel: etree._Element, feed: Feed) -> None:
    """RSS's <image>: title and link are the channel's (RSS Advisory Board, profile, "image")."""
    logo = feed.logo
    assert logo
    image = etree.SubElement(channel, "image")
    told = {
        "url": logo.url,
        "title": plain.channel_title(feed),
        "link": feed.home,
        "width": str(logo.width or ""),
        "height": str(logo.height or ""),
    }
    for name, value in told.items():
        if value:
            etree.SubElement(image, name).text = value


class _Item(BaseEntryExtension):  # type: ignore[misc]
    feed: Feed
    entry: Entry

    def extend_atom(self, element: etree._Element) -> etree._Element:
        # feedgen's Atom elements have no namespace: it writes xmlns as a plain attribute of the root.
        for link in element.findall("link"):
            element.remove(link)
        language = self._mark(element) or self.feed.language
        etree.SubElement(
            element,
            "link",
            {"rel": "alternate", "type": "text/html", "hreflang": language, "href": self.entry.url},
        )
        for version in self.entry.versions:
            if (
                version.url != self.entry.url
            ):  # "related": of several alternates readers take the first, or the last
                related = {"rel": "related", "type": "text/html", "hreflang": version.language}
                etree.SubElement(element, "link", related | {"href": version.url})
        for each in self.entry.enclosures:
            length = str(each.length)
            etree.SubElement(
                element, "link", {"rel": "enclosure", "type": each.type, "length": length, "href": each.url}
            )
        mediarss.picture(element, self.entry)
        for title in element.findall("title"):
            title.set("type", "text")
        return element

    def extend_rss(self, element: etree._Element) -> etree._Element:
        description = element.find("description")
        if description is not None and element.find(_CONTENT) is None:
            description.tag = _CONTENT  # without a summary feedgen puts the content there
        for each in self.entry.enclosures[:1]:  # one at most: readers differ on which of several they play
            etree.SubElement(
                element, "enclosure", {"url": each.url, "length": str(each.length), "type": each.type}
            )
        mediarss.picture(element, self.entry)
        for each in self.entry.enclosures[1:]:
            mediarss.content(element, each)
        for name in plain.authors(self.feed, self.entry.article):
            etree.SubElement(element, f"{{{_DC}}}creator").text = name
        language = self._mark(element)
        if language:
            etree.SubElement(element, f"{{{_DC}}}language").text = language
        return element

    def _mark(self, element: etree._Element) -> str | None:
        """Write the entry's language and direction where they are its own; return that language (F4, F5)."""
        language = plain.own_language(self.feed, self.entry.article)
        if language:
            element.set(_LANG, language)
        direction = plain.own_direction(self.feed, self.entry.article)
        if direction:
            element.set(f"{{{_ITS}}}dir", direction)
        return language
