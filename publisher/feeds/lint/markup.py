"""What stands in a fragment of HTML, as a reader's parser would meet it: its first element, its URLs, what is unsafe in
it, its words. One pass of a scanner, linear in the length: nobody's feed may cost more than its bytes."""

import re
from dataclasses import dataclass, field
from html import unescape

from lxml import etree

from publisher.text import bidi
from publisher.text.html import sanitise
from publisher.text.paragraph import BLOCKS, mark
from publisher.text.urls import candidates

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<rest>(?:[^>\"']++|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+)>?"
    r"|<[!?][^>]*+>?",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=>\"'/]++)(?:\s*+=\s*+(\"[^\"]*+\"?|'[^']*+'?|[^\s>]++))?")
_RAW = frozenset({"script", "style", "textarea", "title", "iframe", "noscript"})
_UNSAFE = frozenset(
    {"script", "style", "iframe", "object", "embed", "form", "applet", "base", "meta", "link"}
)
_URLS = ("href", "src", "poster", "cite")
_RUNS_IN = 200_000  # characters of HTML in which runs are looked for
_FLOW = BLOCKS | {"br", "hr", "section", "article", "aside", "header", "footer", "nav", "main", "address"}
_ITEMS = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th", "caption", "figcaption"}
)


@dataclass(slots=True)
class Facts:
    """What stands in a fragment."""

    first: str = ""  # the first element
    attributes: dict[str, str] = field(default_factory=dict)  # of it
    urls: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    text: str = ""  # as the fragment has it; a blank where a block begins or ends


def facts(html: str) -> Facts:
    """What stands in *html*."""
    found, words, place = Facts(), [], 0
    while tag := _TAG.search(html, place):
        words.append(html[place : tag.start()])
        place = tag.end()
        name = (tag["name"] or "").lower()
        if not name:
            continue
        words.append(" " if name in _FLOW else "")
        if tag["end"]:
            continue
        _element(name, tag["rest"], found)
        if name in _RAW:
            end = re.compile(rf"</{name}", re.IGNORECASE).search(html, place)
            place = end.start() if end else len(html)
    words.append(html[place:])
    found.text = unescape("".join(words))
    return found


def _element(name: str, rest: str, found: Facts) -> None:
    attributes: dict[str, str] = {}
    for each in _ATTRIBUTE.finditer(rest):
        value = each[2] or ""
        if value[:1] in "\"'":
            value = value[1:].removesuffix(value[:1])
        attributes.setdefault(each[1].lower(), unescape(value))
    if not found.first:
        found.first, found.attributes = name, attributes
    if name in _UNSAFE:
        found.unsafe.append(f"<{name}>")
    found.unsafe += [each for each in attributes if each.startswith("on") and len(each) > 4]
    found.urls += [attributes[each] for each in _URLS if attributes.get(each)]
    found.urls += candidates(attributes.get("srcset", ""))


def reordered(html: str) -> list[str]:
    """The runs of a right-to-left fragment that bidi would tear apart and that nobody isolated: those that we would
    isolate (F9)."""
    if len(html) > _RUNS_IN:
        return []
    # The outermost gives way to one of ours: its dir is another rule's.
    parser: etree.HTMLParser[etree._Element] = etree.HTMLParser(remove_comments=True, remove_pis=True)
    body = etree.fromstring(f"<html><body><div>{sanitise(html)}</div></body></html>", parser)[0][0]
    before = set(body.iter("bdi"))
    mark(body, "rtl", "bdi")
    found = []
    for each in body.iter("bdi"):
        words = "".join(each.itertext())
        if each not in before and (not _whole(each) or bidi.runs(words)):
            found.append(words)
    return found


def _whole(bdi: etree._Element) -> bool:
    """Whether it is all that a heading or an item of a list holds: in most of these nothing is out of order."""
    parent = bdi.getparent()
    return (
        parent is not None and parent.tag in _ITEMS and len(parent) == 1 and not parent.text and not bdi.tail
    )
