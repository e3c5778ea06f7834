"""Read aloud, and pressed with a finger (R11)."""

import re
from collections.abc import Iterator

from publisher.digests.lint import css
from publisher.digests.lint.given import at, finding
from publisher.digests.lint.view import Box, View, accessible
from publisher.model.finding import Finding
from publisher.text.direction import of_tag
from publisher.text.quote import quoted

_SMALLEST = 16.0  # pixels
_TARGET = 43.5  # pixels; 44, and what rounding takes


def check(view: View) -> Iterator[Finding]:
    """Remarks on what a screen reader says and a finger hits."""
    if not (view.root.findtext("head/title") or "").strip():
        yield finding("no-title", "html: <head>")
    yield from _headings(view)
    yield from _links(view)
    for box in view.boxes:
        yield from _element(box)
    for block in view.seen:
        for text, box in block.pieces:
            if text.strip("\xa0 ") and not box.hidden and box.size < _SMALLEST - 0.01:
                yield finding("small-text", at(box), f"{box.size:g} px: {quoted(text.strip())}")
                break


def _headings(view: View) -> Iterator[Finding]:
    levels = [(int(box.tag[1]), box) for box in view.boxes if box.tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    first = [box for level, box in levels if level == 1]
    if len(first) != 1:
        yield finding("not-one-h1", "html: <body>", f"{len(first)} of them")
    last = 1
    for level, box in levels:
        if level > last + 1:
            yield finding("heading-skipped", at(box), f"h{level} after h{last}")
        last = level


def _links(view: View) -> Iterator[Finding]:
    known: dict[str, str] = {}
    for box in view.boxes:
        if box.tag != "a" or not box.element.get("href") or box.hidden:
            continue
        href, name = box.element.get("href") or "", accessible(box.element)
        if not box.silent:
            if not name:
                yield finding("link-without-text", at(box), quoted(href))
            elif known.setdefault(name, href) != href:
                yield finding("same-link-text", at(box), quoted(name))
        height = _height(view, box)
        if height < _TARGET and not _in_a_sentence(box):
            yield finding("small-target", at(box), f"{height:.0f} px: {quoted(name or href)}")


def _height(view: View, box: Box) -> float:
    """How high what can be pressed is: its lines and padding, or its pictures."""
    pictures = [css.pixels(image.get("height") or "0", 16) or 0 for image in box.element.iter("img")]
    inner = [view.by_element[each].line for each in box.element.iter() if each in view.by_element]
    top, _, bottom, _ = css.sides(box.own, "padding", box.size)
    return max(*pictures, *inner, css.pixels(box.own.get("min-height", "0"), box.size) or 0, 0) + top + bottom


def _in_a_sentence(box: Box) -> bool:
    """A link among other words is as high as they are (WCAG 2.2, 2.5.8)."""
    parent = box.element.getparent()
    if parent is None:
        return False
    own = [parent.text or "", *(child.tail or "" for child in parent)]
    return bool("".join(own).replace("\xa0", "").strip(" \n\t·|—–-•")) and parent.tag in (
        "p",
        "li",
        "td",
        "div",
        "span",
    )


def _element(box: Box) -> Iterator[Finding]:
    element = box.element
    if (
        box.tag == "table"
        and element.get("role") not in ("presentation", "none")
        and not element.findall(".//th")
    ):
        yield finding("table-without-role", at(box))
    if box.tag == "img" and element.get("alt") is None:
        yield finding("no-alt", at(box), quoted(element.get("src") or ""))
    if box.own.get("display") == "none" and element.get("aria-hidden") != "true":
        yield finding("preheader-read-aloud", at(box), quoted("".join(element.itertext()).strip()))
    text = "".join(element.itertext())
    if box.isolated and element.get("dir") == "ltr" and re.search("[A-Za-z]", text) and not _ltr(box):
        yield finding("latin-without-lang", at(box), quoted(text))


def _ltr(box: Box) -> bool:
    return bool(box.lang) and of_tag(box.lang) == "ltr"
