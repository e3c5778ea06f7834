"""OPML 2.0: the site's feeds as a list that readers import in one go (http://opml.org/spec2.opml)."""

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from publisher.model.feed import Outline
from publisher.text.dates import rfc822
from publisher.text.direction import lead, of_tag
from publisher.text.words import words

MEDIA_TYPE = "text/x-opml"  # as RSS and Atom's lists are told in <link>; it was never registered
_GROUPS = {
    "category": "Categories",
    "author": "Authors",
    "language": "Languages",
    "newsletter": "Newsletters",
}


def render(title: str, outlines: Sequence[Outline], updated: datetime, *, owner: str, language: str) -> bytes:
    """The list of *outlines*, in their order: those of the site first, the others in a group for each kind, named in
    the site's *language*. UTF-8. The same values give the same bytes (F2).

    Each feed stands there once, as RSS: who imports the list is not subscribed to everything three times, and RSS is
    the one format that OPML 2.0 names.
    """
    root = etree.Element("opml", {"version": "2.0"})
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    told = {"title": _text(title, language), "dateModified": rfc822(updated), "ownerName": owner}
    for name, value in (told | {"docs": "http://opml.org/spec2.opml"}).items():
        if value:
            etree.SubElement(head, name).text = value
    for outline in outlines:
        if outline.kind not in _GROUPS:
            _add(body, outline)
    ui = words(language)
    for kind, name in _GROUPS.items():
        members = [outline for outline in outlines if outline.kind == kind]
        if members:
            group = etree.SubElement(body, "outline", {"text": ui.text(name), "title": ui.text(name)})
            for outline in members:
                _add(group, outline)
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return data


def _add(parent: etree._Element, outline: Outline) -> None:
    title = _text(outline.title, outline.language)
    told = {
        "type": "rss",
        "version": "RSS",
        "text": title,
        "title": title,
        "xmlUrl": outline.rss,
        "htmlUrl": outline.home,
        "language": outline.language,
    }
    etree.SubElement(parent, "outline", {name: value for name, value in told.items() if value})


def _text(title: str, language: str) -> str:
    """*title* behind one U+200F where readers would take it for left-to-right (F6)."""
    return lead(title, of_tag(language))
