"""The HTML of a letter as a mail program that keeps no style sheet sees it: every element with what it inherits, and
the blocks of text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lxml import html as parser
from lxml.etree import ParserError, _Element

from publisher.digests.lint import css
from publisher.digests.lint.css import Colour, Style
from publisher.text.language import canonical

_BLOCKS = (
    "address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 header li main nav ol p pre section table tbody td th tr ul"
)
BLOCKS = frozenset(_BLOCKS.split())
_BOLD = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"])
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "big": 1.2}
_FONT = re.compile(
    r"(?P<size>[\d.]+(?:px|pt|em|%))(?:\s*/\s*(?P<line>[\d.]+(?:px|pt|em|%)?))?\s+(?P<family>.+)"
)
_UNSEEN = frozenset(["style", "script", "title", "head", "template"])
OBJECT = "\ufffc"  # stands in a block's text for what is no text of its own direction
_UNPARSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Box:
    """An element and what holds in it."""

    element: _Element
    own: dict[str, str]  # its declarations
    dir: str = "ltr"
    lang: str = ""
    size: float = 16.0  # font-size in pixels
    leading: tuple[str, float] = ("ratio", 1.2)  # or ("px", …): line-height
    family: str = ""
    bold: bool = False
    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = (255, 255, 255)
    hidden: bool = False
    silent: bool = False  # aria-hidden
    isolated: bool = False  # inside a <span dir="ltr">

    @property
    def tag(self) -> str:
        return str(self.element.tag)

    @property
    def line(self) -> float:
        """line-height in pixels."""
        kind, value = self.leading
        return value * self.size if kind == "ratio" else value

    @property
    def name(self) -> str:
        """For a message: "<p class=soft>"."""
        first = (self.element.get("class") or "").split()[:1]
        return f"<{self.tag}{f' class={first[0]}' if first else ''}>"


@dataclass(slots=True)
class Block:
    """A block element with text of its own."""

    box: Box
    pieces: list[tuple[str, Box]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it, as it is read."""
        return "".join(text for text, _ in self.pieces)

    @property
    def around(self) -> str:
        """What stands outside <span dir="ltr">, each of which is one sign."""
        parts: list[str] = []
        for text, box in self.pieces:
            if not box.isolated:
                parts.append(text)
            elif not parts or parts[-1] != OBJECT:
                parts.append(OBJECT)
        return "".join(parts)


class View:
    """A letter's HTML. *dark*: as a program shows it that is in dark mode and keeps the style sheet."""

    def __init__(self, html: str, *, dark: bool = False) -> None:
        self.html = html
        self.root = _parsed(html)
        self.sheets = [element.text or "" for element in self.root.iter("style")]
        self.rules: list[Style] = [rule for sheet in self.sheets for rule in css.rules(sheet)]
        self._dark = [rule for rule in self.rules if is_dark(rule.media)] if dark else []
        self.boxes: list[Box] = []
        self.blocks: list[Block] = []
        body = self.root.find("body")
        self.body = body
        if body is not None:
            page = Box(self.root, {}, self._dir(self.root, "ltr"), tag_of(self.root))
            self._walk(body, page, None)
        self.by_element = {box.element: box for box in self.boxes}

    @property
    def seen(self) -> list[Block]:
        """The blocks that are shown."""
        return [block for block in self.blocks if not block.box.hidden]

    def _walk(self, element: _Element, above: Box, block: Block | None) -> None:
        if not isinstance(element.tag, str) or element.tag in _UNSEEN:
            return
        box = self._box(element, above)
        self.boxes.append(box)
        if element.tag in BLOCKS or box.own.get("display") in ("block", "table-cell"):
            inner = Block(box) if element.tag in BLOCKS or block is None else block
        else:
            inner = block or Block(box)
        self._say(inner, element.text, box)
        for child in element:
            self._walk(child, box, inner)
            self._say(inner, child.tail, box)
        if inner is not block and inner.text.replace("\xa0", "").strip():
            self.blocks.append(inner)

    @staticmethod
    def _say(block: Block, text: str | None, box: Box) -> None:
        if text:
            block.pieces.append((" ".join(re.split(r"[ \t\n\r\f]+", text)), box))

    def _box(self, element: _Element, above: Box) -> Box:
        own = {name: value for name, (value, _) in css.declarations(element.get("style") or "").items()}
        own |= self._by_night(element)
        tag = str(element.tag)
        size = _size(element, tag, own, above)
        box = replace(
            above,
            element=element,
            own=own,
            dir=self._dir(element, own.get("direction") or above.dir),
            lang=tag_of(element) or above.lang,
            size=size,
            leading=_leading(own, size, above.leading),
            family=own.get("font-family") or _shorthand(own, "family") or above.family,
            bold=_bold(own.get("font-weight") or own.get("font", ""), tag, inherited=above.bold),
            colour=_ink(element, own, above),
            ground=_ground(element, own, above),
            hidden=above.hidden or own.get("display") == "none" or own.get("visibility") == "hidden",
            silent=above.silent or element.get("aria-hidden") == "true",
        )
        if tag == "span" and element.get("dir") == "ltr" and above.dir == "rtl":
            return replace(box, isolated=True)
        return replace(box, isolated=False) if tag in BLOCKS else box

    def _by_night(self, element: _Element) -> dict[str, str]:
        """What the rules for dark mode say of *element*, the strongest last."""
        found = [
            (weight, rule)
            for rule in self._dark
            if (weight := css.matches(element, rule.selector)) is not None
        ]
        declared: dict[str, str] = {}
        for _, rule in sorted(found, key=lambda each: each[0]):
            declared |= {name: value for name, (value, important) in rule.declared.items() if important}
        return declared

    @staticmethod
    def _dir(element: _Element, around: str) -> str:
        said = (element.get("dir") or "").lower()
        return said if said in ("rtl", "ltr") else around


def tag_of(element: _Element) -> str:
    """The language that *element* says, "" for none, or what is no tag."""
    said = element.get("lang") or ""
    try:
        return canonical(said) if said else ""
    except ValueError:
        return ""


def is_dark(media: str) -> bool:
    """Whether the condition *media* holds in dark mode only."""
    return re.search(r"prefers-color-scheme\s*:\s*dark", media) is not None


def accessible(element: _Element) -> str:
    """The name of a link for who hears it: its label, else its words and those of its pictures."""
    label = (element.get("aria-label") or "").strip()
    return label or " ".join("".join(_words(element)).split())


def _words(element: _Element) -> Iterator[str]:
    if element.get("aria-hidden") == "true":
        return
    if element.tag == "img":
        yield element.get("alt") or ""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield from _words(child)
        yield child.tail or ""


def _parsed(html: str) -> parser.HtmlElement:
    """The root of *html*; an empty one where there is none."""
    try:
        root = parser.document_fromstring(_UNPARSABLE.sub("", html))
    except ParserError:
        root = None
    return root if root is not None and root.tag == "html" else parser.document_fromstring("<html></html>")


def _size(element: _Element, tag: str, own: dict[str, str], above: Box) -> float:
    said = own.get("font-size") or _shorthand(own, "size")
    if said:
        found = css.pixels(said, above.size)
        return above.size if found is None else found
    return above.size * _SIZES.get(tag, 1)


def _leading(own: dict[str, str], size: float, above: tuple[str, float]) -> tuple[str, float]:
    said = own.get("line-height") or _shorthand(own, "line")
    if not said:
        return above
    if re.fullmatch(r"\d+(?:\.\d+)?", said):
        return "ratio", float(said)
    found = css.pixels(said, size)
    return ("ratio", 1.2) if found is None else ("px", found)


def _shorthand(own: dict[str, str], part: str) -> str:
    found = _FONT.search(own.get("font", ""))
    return (found[part] or "") if found else ""


def _bold(said: str, tag: str, *, inherited: bool) -> bool:
    if not said:
        return inherited or tag in _BOLD
    return "bold" in said or re.search(r"\b[6-9]00\b", said) is not None


def _ink(element: _Element, own: dict[str, str], above: Box) -> Colour | None:
    said = own.get("color") or (element.get("color") if element.tag == "font" else "") or ""
    if said and said != "inherit":
        return css.colour(said)
    if element.tag == "a" and element.get("href") and not said:
        return (0, 0, 238)
    return above.colour


def _ground(element: _Element, own: dict[str, str], above: Box) -> Colour | None:
    said = own.get("background-color") or own.get("background") or element.get("bgcolor") or ""
    if not said or said in ("none", "transparent", "inherit"):
        return above.ground
    return css.colour(said)


def first_shown(boxes: Sequence[Box]) -> Box | None:
    """The first element below <body>."""
    return boxes[1] if len(boxes) > 1 else None
