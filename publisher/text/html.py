"""HTML fragments: sanitised, split into blocks, read as words, and shown right-to-left correct (F7-F9, F11, F14)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from html import escape, unescape
from typing import Literal

import nh3
from lxml import etree

from publisher.model.article import Block, Body, Direction
from publisher.model.media import LINK, LOST, Shown
from publisher.text.clean import one_line, tidy
from publisher.text.direction import RLM, first_strong
from publisher.text.held import BLOCKS, CODE, has_rtl, turn
from publisher.text.language import feed_tag
from publisher.text.lost import lose
from publisher.text.paragraph import keeps_side, mark, needs_nothing
from publisher.text.urls import beside, fragment, srcset, url

__all__ = ["plain", "render", "sanitise", "split", "url"]

Medium = Literal["feed", "page", "letter"]

_INLINE = (
    "a abbr audio b bdi br cite col colgroup del dfn em i img ins mark picture q rp rt ruby s small source span"
    " strong sub sup time u var video wbr"
)
_TAGS = BLOCKS | CODE | set(_INLINE.split())
_ATTRIBUTES = {
    "*": {"lang", "title", "id"},
    "a": {"href", "hreflang"},
    "audio": {"src", "controls", "preload"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "source": {"src", "srcset", "sizes", "type", "media"},
    "td": {"colspan", "rowspan", "headers", "align"},
    "th": {"colspan", "rowspan", "headers", "align", "scope"},
    "time": {"datetime"},
    "video": {"src", "controls", "poster", "preload", "width", "height"},
}
# What stands in these is no text of the article.
_HIDDEN = "script style iframe object embed noscript template svg math title select textarea"
_MEDIA = ["img", "audio", "video", "hr"]
_SHOWING = ("<img", "<audio", "<video")
_DEEPEST = 100
# Tags that need no end: they do not nest by themselves.
_VOID = "area base br col dd dt embed hr img input li link meta p param source td th tr track wbr"
_FLAT = frozenset(_VOID.split())
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)[^>]*+>")
_RUN = 5_000  # characters
_LONG_RUN = re.compile(rf"(?:>|\A)[^<]{{{_RUN},}}")
_PART = re.compile(rf"(?:[^&]|&[#\w]{{0,31}}+;?+){{1,{_RUN}}}+")
_URLS = ("href", "src", "poster", "cite")
_NO_MEDIA: Mapping[str, Shown] = {}
_LESS, _MORE = "\ufdd2", "\ufdd3"  # noncharacters, which `tidy` takes out of every text
_BREAKS = BLOCKS | {"br", "hr"}


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=set(_HIDDEN.split()),
        attributes=_ATTRIBUTES,
        tag_attribute_values={tag: {"dir": {"ltr", "rtl", "auto"}} for tag in _TAGS},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def sanitise(html: str) -> str:
    """*html* with nothing but the tags, attributes and URL schemes every output may show; characters that no
    output may hold are gone too, entities for them included (`tidy`)."""
    return tidy(_cleaner().clean(_parted(_shallow(html))))[0]


def _parted(html: str) -> str:
    """*html* with empty comments in long runs of text: html5ever puts a run together sign by sign («, &amp;), in
    quadratic time; the comments go where it is cleaned."""
    if len(html) < 4 * _RUN:
        return html
    return _LONG_RUN.sub(lambda run: _PART.sub(r"\g<0><!---->", run[0]), html)


def _shallow(html: str) -> str:
    """*html* without the tags that nest deeper than any page: parsers take quadratic time there, or give up."""
    if html.count("<") <= _DEEPEST:
        return html
    depth = 0

    def kept(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag["name"].lower() in _FLAT:
            return tag[0]
        depth += not tag["end"]
        shown = tag[0] if depth <= _DEEPEST else ""
        depth = max(0, depth - bool(tag["end"]))
        return shown

    last = html.rfind(">") + 1
    return _TAG.sub(kept, html[:last]) + html[last:]


@cache
def _parser() -> etree.HTMLParser[etree._Element]:
    return etree.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)


def _parse(html: str) -> etree._Element:
    """The fragment inside an element of its own."""
    return etree.fromstring(f"<html><body><div>{html}</div></body></html>", _parser())[0][0]


def _serialised(element: etree._Element) -> str:
    """*element* as HTML, in which no "<" or ">" stands in an attribute either: readers that look for tags by sight are
    not led on (WHATWG HTML, 13.3, as of 2025)."""
    marked = False
    for each in element.iter():
        for name, value in each.attrib.items():
            if "<" in value or ">" in value:
                each.set(name, value.replace("<", _LESS).replace(">", _MORE))
                marked = True
    html = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    return html.replace(_LESS, "&lt;").replace(_MORE, "&gt;") if marked else html


# What most articles are made of: paragraphs and headings of words, with little in them. As nh3 writes it, it needs
# no parser to be split or read; anything else does. No group is possessive: before 3.11.5 Python's `re` goes on where
# such a group failed. What is repeated can be read in one way only, so none is tried twice.
_WORDS = r"[^<&]*+(?:&(?:amp|lt|gt);[^<&]*+)*"
_STYLED = rf"{_WORDS}(?:<(?P<{{0}}>strong|em|b|i|u|s)>{_WORDS}</(?P={{0}})>{_WORDS})*"
_LINKED = (
    rf"{_STYLED.format('a')}(?:<a href=\"https?://[\w.!~*()/:=?;@#,%+-]*+\">{_STYLED.format('b')}</a>"
    rf"{_STYLED.format('c')})*"
)
_END = r"</(?P=tag)>(?=\n*(?:<|\Z))"
_SIMPLE = re.compile(rf"<(?P<tag>p|h[1-6])>{_LINKED}{_END}", re.ASCII)
# ... and lists and quotations of such, which are split without a parser.
_HOLDING = tuple(
    re.compile(rf"<(?P<tag>{outer})>\n*(?:<{inner}>(?!</){_LINKED}</{inner}>\n*)+{_END}", re.ASCII)
    for outer, inner in (("[uo]l", "li"), ("blockquote", "p"))
)
_ITEM = re.compile(r"</(?:li|p)>")  # the end of one of those they hold
_ANY_TAG = re.compile("<[^>]*>")
_SHOWN = re.compile(r">\s*[^<\s]")  # a word behind a tag
_HREF = re.compile('(?<=<a href=")[^"]*')


def split(html: str) -> list[str]:
    """The top-level elements of a sanitised fragment, each as one element; loose text and inline runs stand in a
    <p>, a <div> that says nothing gives way to its blocks, and blocks that show nothing vanish."""
    return _simple(html) or [_serialised(block) for block in _blocks(_parse(html)) if _shows(block)]


def _simple(html: str) -> list[str]:
    """The blocks of *html* if all of them are simple, else []."""
    html = html.replace("&nbsp;", "\u00a0")
    found: list[str] = []
    place, end = 0, len(html.rstrip("\n"))
    while place < end:
        block = _SIMPLE.match(html, place) or _holding(html, place)
        if block is None:
            return []
        if _SHOWN.search(block[0]):
            found.append(block[0])
        place = block.end()
        while html[place : place + 1] == "\n":
            place += 1
    return found


def _holding(html: str, place: int = 0) -> re.Match[str] | None:
    """The list or quotation of simple blocks that begins at *place*."""
    return next(filter(None, (pattern.match(html, place) for pattern in _HOLDING)), None)


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    loose = _loose(parent.text)
    for child in list(parent):
        tail, child.tail = child.tail, None
        if child.tag not in BLOCKS:
            loose.append(child)
            child.tail = tail
            continue
        yield _as_block(loose)
        if child.tag == "div" and not child.attrib and any(inner.tag in BLOCKS for inner in child):
            yield from _blocks(child)
        else:
            yield child
        loose = _loose(tail)
    yield _as_block(loose)


def _loose(text: str | None) -> etree._Element:
    paragraph = etree.Element("p")
    paragraph.text = (text or "").lstrip()
    return paragraph


def _as_block(loose: etree._Element) -> etree._Element:
    """*loose* as a <div> where a link or the like in it holds blocks, which no <p> may."""
    if any(True for _ in loose.iter(*(BLOCKS - {"p"}))) or len(list(loose.iter("p"))) > 1:
        loose.tag = "div"
    return loose


def _shows(block: etree._Element) -> bool:
    return bool("".join(block.itertext()).strip()) or any(True for _ in block.iter(*_MEDIA))


def words(html: str, between: str = "") -> str:
    """The text of a fragment as it stands: entities decoded, *between* where tags were."""
    return unescape(_ANY_TAG.sub(between, html))


def plain(html: str) -> str:
    """The words of a fragment on one line: entities decoded, a blank where a block ends or a line breaks."""
    if "<" not in html and "&" not in html:
        return one_line(html)
    if _SIMPLE.fullmatch(html):
        return one_line(words(html))
    found: list[str] = []
    for event, element in etree.iterwalk(_parse(html), events=("start", "end")):
        blank = " " if element.tag in _BREAKS else ""
        found += (blank, element.text or "") if event == "start" else (blank, element.tail or "")
    return one_line("".join(found))


def render(body: Body, medium: Medium, base: str, media: Mapping[str, Shown] = _NO_MEDIA) -> str:
    """*body* as one <div dir lang> of its blocks, as a feed, a page or a letter shows it (F7-F9, F11).

    A block that differs from the body says so; in rtl text runs that would be reordered are isolated (<bdi>, in
    a letter <span>), and the first strong character is R or AL also where a reader strips every dir and tag. URLs
    are absolute against *base*, the URL of the article; files in *media* (by the path that urls.beside makes) stand
    where it says, pictures with their size; of those that are not published the words stay (A13). Rendering what was
    rendered adds nothing.
    """
    if any(each.type == LOST for each in media.values()):
        body = _without_lost(body, media)
    how: Literal["bdi", "span"] = "span" if medium == "letter" else "bdi"
    made: list[str] = []
    for block in body.blocks:
        shown = _as_it_is(block, body, base)
        if shown is None:
            element = _block(block, body, how)
            _resolve_all(element, base, media)
            shown = _serialised(element)
        if not made and body.direction == "rtl" and first_strong(words(shown)) not in ("R", "AL"):
            break  # a mark goes in front
        made.append(shown)
    if made:
        return f'<div dir="{body.direction}" lang="{feed_tag(body.language)}">{"".join(made)}</div>'
    outer = etree.Element("div", {"dir": body.direction, "lang": feed_tag(body.language)})
    outer.extend([_block(block, body, how) for block in body.blocks])
    _resolve_all(outer, base, media)
    if body.direction == "rtl":
        _lead(outer)
    return _serialised(outer)


def _without_lost(body: Body, media: Mapping[str, Shown]) -> Body:
    """*body* without the pictures and recordings that are not published; blocks that showed nothing else go."""

    def lost(raw: str) -> bool:
        found = media.get(beside(raw) or "")
        return found is not None and found.type == LOST

    blocks = []
    for block in body.blocks:
        if not any(tag in block.html for tag in _SHOWING):
            blocks.append(block)
            continue
        element = _parse(block.html)
        lose(element, block.direction, lost)
        if _shows(element):
            inner = "".join(_serialised(each) for each in element)
            blocks.append(replace(block, html=escape(element.text or "", quote=False) + inner))
    return replace(body, blocks=tuple(blocks))


def _as_it_is(block: Block, body: Body, base: str) -> str | None:
    """A simple block in which nothing is to be marked: most are, and parsing them would take most of the time. None
    for any other."""
    if block.direction != body.direction or feed_tag(block.language) != feed_tag(body.language):
        return None
    parts = _parts(block.html)
    if block.direction == "ltr" and block.html.startswith(("<ul", "<ol")) and has_rtl(block.html):
        return None  # an item may have another direction
    if not parts or (block.direction == "rtl" and not all(needs_nothing(words(part)) for part in parts)):
        return None
    if "<a " not in block.html:
        return block.html
    links = [url(raw, base) for raw in _HREF.findall(block.html)]
    if None in links:
        return None
    found = iter(links)
    return _HREF.sub(lambda _: next(found) or "", block.html)


def _parts(html: str) -> list[str]:
    """The paragraphs of a simple block; [] for any other."""
    if _SIMPLE.fullmatch(html):
        return [html]
    found = _holding(html)
    return _ITEM.split(html)[:-1] if found and found.end() == len(html) else []


def _block(block: Block, body: Body, how: Literal["bdi", "span"]) -> etree._Element:
    parsed = _parse(block.html)
    element = parsed[0] if len(parsed) == 1 and not (parsed.text or "").strip() else parsed
    element.tail = None
    direction: Direction = block.direction
    if direction == "ltr":
        turn(element, block.language, body.language, how)
    if direction != body.direction and "dir" not in element.attrib:
        if direction == "ltr" and keeps_side(element):
            direction = "rtl"  # a heading: what it holds is isolated
        else:
            element.set("dir", direction)
    if feed_tag(block.language) != feed_tag(body.language) and "lang" not in element.attrib:
        element.set("lang", feed_tag(block.language))
    mark(element, direction, how)
    return element


def _resolve_all(outer: etree._Element, base: str, media: Mapping[str, Shown]) -> None:
    for element in outer.iter():
        _resolve(element, base, media)


def _resolve(element: etree._Element, base: str, media: Mapping[str, Shown]) -> None:
    def place(raw: str) -> str | None:
        found = media.get(beside(raw) or "") if media else None
        if found and found.type in (LINK, LOST):  # without a place the words stay
            return (found.url and found.url + fragment(raw)) or None
        return found.url if found else url(raw, base)

    if media and element.tag == "img":
        _size(element, media.get(beside(element.get("src", "")) or ""))
    for name in (*_URLS, "srcset"):
        raw = element.get(name)
        if raw is None:
            continue
        resolved = srcset(raw, place) if name == "srcset" else place(raw)
        if resolved is None:
            del element.attrib[name]
        else:
            element.set(name, resolved)


def _size(picture: etree._Element, found: Shown | None) -> None:
    """Write how large the picture is, so that no text moves when it comes. An author's own width and height stay;
    one without the other is completed. Larger versions than ours are not offered."""
    if found is None or not found.width:
        return
    for name in ("srcset", "sizes"):
        picture.attrib.pop(name, None)
    width, height = (_pixels(picture.get(name, "")) for name in ("width", "height"))
    if width and not height:
        height = max(1, round(width * found.height / found.width))
    elif height and not width:
        width = max(1, round(height * found.width / found.height))
    elif not width:
        width, height = found.width, found.height
    picture.set("width", str(width))
    picture.set("height", str(height))


def _pixels(value: str) -> int:
    """A width or height in pixels; 0 for what is none ("50%", "auto")."""
    return int(value) if re.fullmatch(r"[1-9][0-9]{0,4}", value.strip(), re.ASCII) else 0


def _lead(outer: etree._Element) -> None:
    """Put U+200F where the first text of an rtl body begins, if its first strong character is L or it has none."""
    if first_strong("".join(outer.itertext())) in ("R", "AL"):
        return
    spot, inside = outer, True
    for event, element in etree.iterwalk(outer, events=("start", "end")):
        starts = event == "start"
        if element.tag in BLOCKS:  # before links and the like, which begin in the same line
            spot, inside = element, starts
        if ((element.text if starts else element.tail) or "").strip():
            break
    else:  # pictures only
        spot, inside = next(outer.iter("p", "figcaption", "td", "li"), outer), True
    if inside:
        spot.text = RLM + (spot.text or "")
    else:
        spot.tail = RLM + (spot.tail or "")
