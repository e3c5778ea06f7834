"""What stands in a text for a picture or recording that is not published (A13): its words, and nothing that would
show as broken."""

from collections.abc import Callable

from lxml import etree

from publisher.model.article import Direction
from publisher.text.direction import of_text
from publisher.text.held import BLOCKS

_PLAYERS = ("audio", "video")


def lose(block: etree._Element, direction: Direction, lost: Callable[[str], bool]) -> None:
    """Put words for what is *lost*, by the URL it is written with: the alt of a picture, in its own direction where
    that is not the *direction* around it; what a recording has inside for those who cannot play it."""
    for each in list(block.iter("source")):
        raw = each.get("src") or each.get("srcset", "").strip().partition(" ")[0].rstrip(",")
        if raw and lost(raw):
            _remove(each)
    for each in list(block.iter("img")):
        if lost(each.get("src", "")):
            _words(each, direction)
    for each in list(block.iter(*_PLAYERS)):
        raw = each.get("src", "")
        if lost(raw) if raw else each.find(".//source") is None:
            _bare(each)
    for each in list(block.iter("picture")):
        if each.find(".//img") is None:
            _bare(each)


def _words(picture: etree._Element, direction: Direction) -> None:
    alt = picture.get("alt", "").strip()
    if not alt:
        _remove(picture)
        return
    language = picture.get("lang")
    picture.attrib.clear()
    picture.tag, picture.text = "span", alt
    if language:
        picture.set("lang", language)
    if (own := of_text(alt, direction)) != direction:
        picture.set("dir", own)


def _bare(element: etree._Element) -> None:
    """Only what *element* holds for whoever cannot show it."""
    element.attrib.clear()
    for source in list(element.iter("source")):
        _remove(source)
    element.tag = "div" if any(True for _ in element.iter(*BLOCKS)) else "span"


def _remove(element: etree._Element) -> None:
    """Take the tags of *element* away; what libxml2 puts into a <source>, which is empty to browsers, stays."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    inner, tail = list(element), element.tail or ""
    if inner:
        inner[-1].tail, tail = (inner[-1].tail or "") + tail, ""
    text = (element.text or "") + tail
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    at = parent.index(element)
    element.tail = None
    parent[at : at + 1] = inner
