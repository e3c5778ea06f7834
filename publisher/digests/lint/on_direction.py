"""Direction: said on everything with text, once for each kind of mail program (R1, R3, R4, R5)."""

import re
import unicodedata
from collections.abc import Iterator

from publisher.digests.lint import css
from publisher.digests.lint.given import at, finding, said
from publisher.digests.lint.view import BLOCKS, OBJECT, Block, Box, View
from publisher.model.finding import Finding
from publisher.text.bidi import runs
from publisher.text.direction import of_text
from publisher.text.quote import named, quoted

_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_EMBEDDING = re.compile("[\u202a-\u202e]")
# A name of right-to-left letters alone looks the same in both directions.
_NAME = re.compile(
    "[^\\W\\d_A-Za-z\u0640]+(?:[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670 -]+[^\\W\\d_A-Za-z]*){0,8}"
)
DOUBLED = re.compile("\u200e\u200e+|\u200f\u200f+|\u200e\u200f|\u200f\u200e")
_SIDES = {"rtl": "right", "ltr": "left"}
_OPEN, _CLOSE = "\u2066\u2067\u2068", "\u2069"


def check(view: View, direction: str) -> Iterator[Finding]:
    """Remarks on the direction of a letter whose own is *direction*. Of one that is written from left to right
    altogether nothing is asked."""
    if direction == "rtl":
        yield from _root(view)
    else:
        yield from _turned(view)
    for block in view.seen:
        if direction == "rtl" or block.box.dir == "rtl" or _RIGHT.search(block.text):
            yield from _block(block)
            yield from _words(block)
    for box in view.boxes:
        yield from _box(box)
    if direction == "rtl":
        yield from _tables(view)


def controls(text: str, where: str) -> Iterator[Finding]:
    """Remarks on the direction marks of a text (R4)."""
    if found := _EMBEDDING.search(text):
        yield finding("embeddings", where, f"{named(found[0])} in {quoted(text.strip())}")
    depth = 0
    for char in text:
        depth += (char in _OPEN) - (char == _CLOSE)
        if depth < 0:
            break
    if depth:
        yield finding("unbalanced-isolates", where, quoted(text.strip()))
    if DOUBLED.search(text):
        yield finding("doubled-marks", where, quoted(text.strip()))


def _root(view: View) -> Iterator[Finding]:
    if not view.root.get("lang"):
        yield finding("html-without-lang", "html: <html>")
    if view.root.get("dir") != "rtl":
        yield finding("html-without-dir", "html: <html>", view.root.get("dir") or "")
    body = view.body
    if body is None:
        return
    declared = css.declarations(body.get("style") or "")
    if body.get("dir") != "rtl" or "direction" not in declared or "text-align" not in declared:
        yield finding("body-without-direction", "html: <body>")
    if not body.get("lang"):
        yield finding("body-without-lang", "html: <body>")


def _turned(view: View) -> Iterator[Finding]:
    """A letter that is written from left to right, and laid out from the right."""
    for rule, element in (("html-without-dir", view.root), ("body-without-direction", view.body)):
        if element is not None and (element.get("dir") or "").lower() == "rtl":
            yield finding(rule, f"html: <{element.tag!s}>", "rtl")


def _block(block: Block) -> Iterator[Finding]:
    box = block.box
    if box.tag == "body":
        yield said("block-without-dir", block)
        return
    if not box.element.get("dir"):
        yield said("block-without-dir", block)
    if "direction" not in box.own:
        yield said("block-without-direction", block)
    if "text-align" not in box.own:
        yield said("block-without-align", block)
    if box.tag in ("td", "th") and not box.element.get("align"):
        yield said("cell-without-align", block)
    if box.dir == "ltr" and of_text(block.around, "ltr") == "rtl" and not _NAME.fullmatch(block.text.strip()):
        yield said("wrong-direction", block)


def _words(block: Block) -> Iterator[Finding]:
    """The runs of a block that the bidi algorithm would tear apart."""
    yield from controls(block.text, at(block.box))
    for text, box in block.pieces:
        if box.isolated and _RIGHT.search(text) and of_text(text, "ltr") == "rtl":
            yield finding("wrong-span", at(box), quoted(text.strip()))
    if block.box.dir != "rtl":
        return
    around = block.around
    torn = [around[run.start : run.end] for run in runs(around)]
    if torn:
        yield finding("latin-run", at(block.box), f"{quoted(torn[0])} in {quoted(block.text.strip())}")
    elif OBJECT not in around and not _RIGHT.search(around) and _latin(around):
        yield said("latin-run", block)


def _latin(text: str) -> bool:
    return any(unicodedata.bidirectional(char) == "L" for char in text if char not in "\u200e\u034f")


def _box(box: Box) -> Iterator[Finding]:
    element, own = box.element, box.own
    said_dir, css_dir, align = element.get("dir"), own.get("direction"), own.get("text-align", "")
    if said_dir and css_dir and said_dir != css_dir:
        yield finding("dir-contradicts", at(box), f'dir="{said_dir}", direction: {css_dir}')
    aligned = {align, (element.get("align") or "").lower()} & {"left", "right"}
    if (said_dir or css_dir) and box.tag in BLOCKS and aligned - {_SIDES[box.dir]}:
        yield finding("align-contradicts", at(box), f"{box.dir}, aligned {'/'.join(sorted(aligned))}")
    if (said_dir or css_dir) and any(css.sides(own, "padding", box.size)):
        yield finding("direction-and-padding", at(box), f"{css_dir or said_dir}, padding {_padding(own)}")
    if box.tag == "a":
        if said_dir or css_dir:
            yield finding("link-with-dir", at(box), quoted("".join(element.itertext()).strip()))
        elif box.dir == "rtl" and _loose(box):
            yield finding("link-without-span", at(box), quoted("".join(element.itertext()).strip()))


def _padding(own: dict[str, str]) -> str:
    return next(value for name, value in own.items() if name.startswith("padding"))


def _loose(box: Box) -> bool:
    """Whether words of a link stand in no span of their own."""
    own = [box.element.text or "", *(child.tail or "" for child in box.element)]
    return bool("".join(own).strip()) and not box.hidden


def _tables(view: View) -> Iterator[Finding]:
    for box in view.boxes:
        outermost = box.tag == "table" and not any(up.tag == "table" for up in box.element.iterancestors())
        if outermost and not box.hidden and not (box.element.get("dir") and "direction" in box.own):
            yield finding("table-without-dir", at(box))
