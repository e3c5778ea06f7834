"""RSS 2.0, 0.9x and 1.0 (RDF)."""

import re
from collections.abc import Iterator

from lxml import etree

from publisher.feeds.lint.document import Document, Entry, Fault, Link, Person, Text
from publisher.feeds.lint.xml import (
    ATOM,
    CONTENT,
    DC,
    LANG,
    RDF,
    archived,
    atom_links,
    base,
    completed,
    direction,
    directions,
    first,
    identity,
    local,
    missing,
    repeated,
    stamps,
    stylesheets,
    text,
    words,
)  # fmt: skip

_TERMS = "{http://purl.org/dc/terms/}"
_ITUNES_IMAGE = "{http://www.itunes.com/dtds/podcast-1.0.dtd}image"
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*+>|&(?:[A-Za-z]{2,8}|#\d{1,6}|#x[0-9A-Fa-f]{1,6});")


def read(root: etree._Element) -> Document:
    """The feed of *root*, <rss> or <rdf:RDF>, in whatever namespace it is."""
    rdf = root.tag == f"{RDF}RDF"
    channel = next((each for each in root.iterchildren(etree.Element) if local(each) == "channel"), None)
    if channel is None:
        return Document("rss", root.sourceline, faults=(
            Fault("missing-element", local(root), root.sourceline, "<channel> is not there"),))  # fmt: skip
    ns = str(channel.tag).removesuffix("channel")
    items = (root if rdf else channel).findall(f"{ns}item") or root.findall(f"{ns}item")
    language = first(channel, f"{ns}language", f"{DC}language")
    return Document(
        "rss",
        channel.sourceline,
        language=words(language).strip() or channel.get(LANG, "") or root.get(LANG, ""),
        language_line=language.sourceline if language is not None else root.sourceline,
        language_too=channel.get(LANG, "") or root.get(LANG, ""),
        direction=direction(channel) or direction(root),
        texts=tuple(
            text(each) for each in map(channel.find, (f"{ns}title", f"{ns}description")) if each is not None
        ),
        dates=stamps(channel, {f"{ns}pubDate": "rfc822", f"{ns}lastBuildDate": "rfc822"}),
        links=(*_page(channel, ns), *atom_links(channel)),
        authors=tuple(_people(channel, ns, "managingEditor", "webMaster")),
        entries=tuple(_item(each, ns, number, rdf=rdf) for number, each in enumerate(items, 1)),
        generator=words(channel.find(f"{ns}generator")).strip(),
        icon=any(channel.find(each) is not None for each in (f"{ns}image", _ITUNES_IMAGE)),
        stylesheets=stylesheets(root),
        archive=archived(channel),
        complete=completed(channel),
        faults=(
            *_version(root, rdf=rdf),
            *directions(root),
            *missing(channel, ns, "title", "description"),
            *repeated(channel, ns, "title", "description", "link", "language", "pubDate", "lastBuildDate"),
        ),
    )


def _version(root: etree._Element, *, rdf: bool) -> Iterator[Fault]:
    version = root.get("version", "")
    if rdf or version.startswith("0.9"):
        yield Fault("old-format", local(root), root.sourceline, f"RSS {version or '1.0'}")
    elif version != "2.0":
        found = f'version="{version}"' if version else "version is not there"
        yield Fault("missing-element", "rss", root.sourceline, found)


def _page(parent: etree._Element, ns: str) -> Iterator[Link]:
    for each in parent.findall(f"{ns}link")[:1]:
        yield Link("link", words(each), each.sourceline)


def _people(parent: etree._Element, ns: str, *names: str) -> Iterator[Person]:
    for name in names:
        for each in parent.findall(f"{ns}{name}"):
            yield Person(name, words(each).strip(), each.sourceline, "e-mail")


def _item(item: etree._Element, ns: str, number: int, *, rdf: bool) -> Entry:
    description, encoded = item.find(f"{ns}description"), item.find(CONTENT)
    guid = item.find(f"{ns}guid")
    own = item.find(f"{DC}language")
    content = encoded if encoded is not None else description
    title = item.find(f"{ns}title")
    said = words(guid).strip()
    permalink = guid is not None and guid.get("isPermaLink", "true").strip().lower() != "false"
    links = (*_page(item, ns), *atom_links(item))
    if permalink and said and not any(each.rel == "alternate" for each in links):
        links = (Link("guid", said, guid.sourceline if guid is not None else None), *links)
    about = item.get(f"{RDF}about", "") if rdf else ""
    return Entry(
        number,
        item.sourceline,
        language=words(own).strip() or item.get(LANG, ""),
        direction=direction(item),
        title=text(title) if title is not None else None,
        summary=_body(description) if description is not None and encoded is not None else None,
        content=_body(content) if content is not None else None,
        id=identity(guid, permalink=permalink) if not about else None,
        dates=stamps(item, _forms(ns, rdf=rdf)),
        links=links,
        enclosures=tuple(
            Link("enclosure", each.get("url", ""), each.sourceline, "enclosure", base(each), each.get("type", ""),
                 length=each.get("length", ""))
            for each in item.findall(f"{ns}enclosure")
        ),
        authors=tuple(_people(item, ns, "author")),
        faults=tuple(_faults(item, ns, description, encoded)),
    )  # fmt: skip


def _forms(ns: str, *, rdf: bool) -> dict[str, str]:
    return {
        f"{ns}pubDate": "rfc822",
        f"{DC}date": "w3cdtf",
        f"{ATOM}published": "rfc3339",
        f"{ATOM}updated": "rfc3339",
        f"{_TERMS}modified": "w3cdtf",
    }


def _body(element: etree._Element) -> Text:
    """A description or content:encoded: HTML where it has a tag or an entity, else words. The former two wear the
    same name in any namespace, so the latter is spelt out."""
    value = words(element)
    name = "content:encoded" if element.tag == CONTENT else "description"
    return Text(name, value, element.sourceline, bool(_MARKUP.search(value)), base(element))


def _faults(
    item: etree._Element, ns: str, description: etree._Element | None, encoded: etree._Element | None
) -> Iterator[Fault]:
    if description is not None and encoded is not None and item.index(description) > item.index(encoded):
        yield Fault("description-after-content", "item", description.sourceline)
    if item.find(f"{ns}title") is None and description is None and encoded is None:
        yield Fault("missing-element", "item", item.sourceline, "neither <title> nor <description>")
    yield from repeated(item, ns, "title", "description", "link", "guid", "pubDate", "author")
    if len(found := item.findall(f"{ns}enclosure")) > 1:
        yield Fault("several-enclosures", "item", found[1].sourceline, f"{len(found)} enclosures")
