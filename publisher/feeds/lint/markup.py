"""What stands in a fragment of HTML, as a reader's parser would meet it: its first element, its URLs, what is unsafe in
it, its words. One pass of a scanner, linear in the length: nobody's feed may cost more than its bytes."""

import re
from dataclasses import dataclass, field
from html import unescape

from lxml import etree

from publisher.text import bidi
from publisher.text.held import BLOCKS
from publisher.text.html import sanitise
from publisher.text.paragraph import mark
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


# Elements whose text is in no language.
_CODE = frozenset({"pre", "code", "kbd", "samp", "tt", "var", "svg", "math"})
_EMPTY = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_EMPTY.split())
_DEEP = 200  # elements within each other whose direction and language are followed


@dataclass(frozen=True, slots=True)
class Passage:
    """The text of a block, apart from what says a direction or a language of its own in it."""

    text: str
    dir: str  # that holds there, in lower case; "" where none is said
    lang: str


@dataclass(slots=True)
class Facts:
    """What stands in a fragment."""

    first: str = ""  # the first element
    attributes: dict[str, str] = field(default_factory=dict)  # of it
    urls: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    text: str = ""  # as the fragment has it; a blank where a block begins or ends
    passages: list[Passage] = field(default_factory=list)

    @property
    def own(self) -> str:
        """The text that is in the language of the whole."""
        lang = self.attributes.get("lang", self.attributes.get("xml:lang", ""))
        return " ".join(each.text for each in self.passages if each.lang == lang)


class _Place:
    """Where the scanner is: the elements around it, and the block it is in."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self._around: list[tuple[str, str, str]] = []  # each with the direction and language that hold in it
        self._pieces: list[tuple[str, str, str]] = []

    def says(self, text: str) -> None:
        """Text stands here."""
        _, side, lang = self._around[-1] if self._around else ("", "", "")
        if text.strip() and not any(name in _CODE for name, _, _ in self._around):
            self._pieces.append((unescape(text), side, lang))

    def opens(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins, and a block ends where it is one. What HTML closes by itself is closed."""
        if name in _FLOW:
            self.ends()
            while self._around and (
                self._around[-1][0] == "p" or self._around[-1][0] == name in ("li", "td", "tr")
            ):
                self._around.pop()
        if name in _VOID or len(self._around) >= _DEEP:
            return
        _, side, lang = self._around[-1] if self._around else ("", "", "")
        said = attributes.get("lang", attributes.get("xml:lang", lang))
        self._around.append((name, attributes.get("dir", side).lower(), said))

    def closes(self, name: str) -> None:
        """An element ends; an end without a beginning is none."""
        if name in _FLOW:
            self.ends()
        at = next((n for n in range(len(self._around) - 1, -1, -1) if self._around[n][0] == name), None)
        if at is not None:
            del self._around[at:]

    def ends(self) -> None:
        """The block ends."""
        blocks = ((side, lang) for name, side, lang in reversed(self._around) if name in _FLOW)
        side, lang = next(blocks, ("", ""))
        own = "".join(text for text, its, tongue in self._pieces if (its, tongue) == (side, lang))
        if self._pieces:
            self.passages.append(Passage(own, side, lang))
        self._pieces = []


def facts(html: str) -> Facts:
    """What stands in *html*."""
    found, words, place, here = Facts(), [], 0, _Place()
    while tag := _TAG.search(html, place):
        words.append(html[place : tag.start()])
        here.says(words[-1])
        place = tag.end()
        name = (tag["name"] or "").lower()
        if not name:
            continue
        words.append(" " if name in _FLOW else "")
        if tag["end"]:
            here.closes(name)
            continue
        here.opens(name, _element(name, tag["rest"], found))
        if name in _RAW:
            end = re.compile(rf"</{name}", re.IGNORECASE).search(html, place)
            place = end.start() if end else len(html)
    words.append(html[place:])
    here.says(words[-1])
    here.ends()
    found.text, found.passages = unescape("".join(words)), here.passages
    return found


def _element(name: str, rest: str, found: Facts) -> dict[str, str]:
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
    return attributes


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
