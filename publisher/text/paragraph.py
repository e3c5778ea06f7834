"""Right-to-left paragraphs of parsed HTML: which blocks are left-to-right, and where runs are isolated (F9, R4).

Runs are looked for in the text of a whole paragraph, so that one that begins in a link and ends behind it is one
run; an isolate, a picture or a piece of code is one neutral character in it, as UAX #9 sees it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal, NamedTuple

import regex  # type: ignore[import-untyped]
from lxml import etree

from publisher.model.article import Direction
from publisher.text import bidi

How = Literal["bdi", "span"]

CODE = frozenset({"code", "pre", "kbd", "samp"})
_FLOWS = (
    "blockquote caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary table tbody"
    " td tfoot th thead tr ul"
)
BLOCKS = frozenset(_FLOWS.split())
# These become ltr as a whole; a table keeps its columns in the order of the page.
_PARAGRAPHS = BLOCKS - {"table", "thead", "tbody", "tfoot", "tr", "figure", "hr", "pre"}
_OBJECTS = frozenset({"img", "audio", "video", "picture", "bdi"}) | CODE

_RTL = regex.compile(r"[\p{bc=R}\p{bc=AL}]")
_LATIN = regex.compile(r"\p{bc=L}")


class _Slot(NamedTuple):
    """A text of a paragraph: what stands behind *child* in *parent*, or first in *parent* when there is none."""

    parent: etree._Element | None  # None: a neutral that stands for an element, or a line break
    child: etree._Element | None
    text: str


class _Point(NamedTuple):
    """A place in the tree: *offset* characters into the text behind *child*, or into the first of *parent*."""

    parent: etree._Element
    child: etree._Element | None
    offset: int

    @property
    def text(self) -> str:
        return (self.parent.text if self.child is None else self.child.tail) or ""


_NEUTRAL = _Slot(None, None, "\ufffc")
_BREAK = _Slot(None, None, "\n")


def mark(block: etree._Element, direction: Direction, how: How) -> None:
    """Make *block*, which stands in text of *direction*, read right: code and paragraphs without an RTL letter
    are ltr, runs of rtl paragraphs that would be reordered stand in an element *how* with dir="ltr"."""
    for slots in list(_paragraphs(block, direction)):
        _isolate(slots, how)


def _paragraphs(block: etree._Element, direction: Direction) -> Iterator[list[_Slot]]:
    """The rtl texts of *block*, paragraph by paragraph; gives code and Latin paragraphs their dir on the way."""
    directions: list[Direction] = [direction]
    levels: list[list[_Slot]] = [[]]  # the paragraph, and the isolates open inside it
    for event, element in etree.iterwalk(block, events=("start", "end")):
        flows, alone = element.tag in BLOCKS, element.tag in _OBJECTS or "dir" in element.attrib
        if event == "start":
            directions.append(_direction(element, directions[-1]))
            if flows:
                yield levels.pop()
                levels.append([])
            elif alone:
                levels[-1].append(_NEUTRAL)
                levels.append([])
            elif element.tag == "br":
                levels[-1].append(_BREAK)
            if directions[-1] == "rtl" and element.text:
                levels[-1].append(_Slot(element, None, element.text))
            continue
        directions.pop()
        if flows:
            yield levels.pop()
            levels.append([])
        elif alone:
            yield levels.pop()
        if directions[-1] == "rtl" and element.tail and element is not block:
            levels[-1].append(_Slot(element.getparent(), element, element.tail))


def _direction(element: etree._Element, around: Direction) -> Direction:
    """The direction of the text in *element*, which stands in text of direction *around*."""
    own = element.get("dir")
    if own is not None or element.tag == "bdi":
        return (
            "rtl" if (own or "").lower() == "rtl" else "ltr"
        )  # auto, as <bdi> has it: the browser looks, no marks of ours
    if around == "rtl" and (element.tag in CODE or (element.tag in _PARAGRAPHS and _is_latin(element))):
        element.set("dir", "ltr")
        return "ltr"
    return around


def _is_latin(element: etree._Element) -> bool:
    text = "".join(element.itertext())
    return _RTL.search(text) is None and _LATIN.search(text) is not None


def _isolate(slots: list[_Slot], how: How) -> None:
    """Put the runs of a paragraph into elements, from the last to the first: what stands before a run keeps its
    place in the tree."""
    text = "".join(slot.text for slot in slots)
    starts = list(accumulate((len(slot.text) for slot in slots), initial=0))
    for run in reversed(bidi.runs(text)):
        first, last = bisect_right(starts, run.start) - 1, bisect_left(starts, run.end) - 1
        begin, end = (
            _point(slots[first], run.start - starts[first]),
            _point(slots[last], run.end - starts[last]),
        )
        behind = bidi.RLM if how == "span" and run.joins else ""
        if common := _common(begin, end):
            _wrap(*common, how, behind)
        else:  # the run parts an inline element: marks, as in plain text
            _insert(end, bidi.LRM * run.after + behind)
            _insert(begin, bidi.LRM * run.before)


def _point(slot: _Slot, offset: int) -> _Point:
    assert slot.parent is not None, "a run holds no neutral"
    return _Point(slot.parent, slot.child, offset)


def _common(begin: _Point, end: _Point) -> tuple[_Point, _Point] | None:
    """The two ends of a run in one parent, moved out of the inline elements that begin or end with the run; None
    where an element is only partly in it."""
    around = set(end.parent.iterancestors())
    while begin.parent is not end.parent and begin.parent not in around:
        lifted = _before(begin)
        if lifted is None:
            return None
        begin = lifted
    while end.parent is not begin.parent:
        lifted = _behind(end)
        if lifted is None:
            return None
        end = lifted
    return begin, end


def _before(point: _Point) -> _Point | None:
    parent = point.parent.getparent()
    if point.offset or point.child is not None or parent is None:
        return None
    lifted = _Point(parent, point.parent.getprevious(), 0)
    return lifted._replace(offset=len(lifted.text))


def _behind(point: _Point) -> _Point | None:
    last = point.parent[-1] if len(point.parent) else None
    parent = point.parent.getparent()
    if point.offset < len(point.text) or point.child is not last or parent is None:
        return None
    return _Point(parent, point.parent, 0)


def _insert(point: _Point, marks: str) -> None:
    text = point.text[: point.offset] + marks + point.text[point.offset :]
    if point.child is None:
        point.parent.text = text
    else:
        point.child.tail = text


def _wrap(begin: _Point, end: _Point, how: How, mark_behind: str) -> None:
    """Put what stands between two points of one parent into an element *how* with dir="ltr"."""
    run = etree.Element(how, {"dir": "ltr"})
    before, rest = begin.text[: begin.offset], end.text[end.offset :]
    if begin.child is end.child:
        run.text = begin.text[begin.offset : end.offset]
    else:
        run.text = begin.text[begin.offset :]
        first = begin.parent[0] if begin.child is None else begin.child.getnext()
        last = end.text[: end.offset]
        for inner in list(_siblings(first, end.child)):
            run.append(inner)
        run[-1].tail = last
    if begin.child is None:
        begin.parent.text = before
        begin.parent.insert(0, run)
    else:
        begin.child.tail = None  # lxml moves no tail of ours: what stood here stands around the run now
        begin.child.addnext(run)
        begin.child.tail = before
    run.tail = mark_behind + rest


def _siblings(first: etree._Element | None, last: etree._Element | None) -> Iterator[etree._Element]:
    while first is not None:
        yield first
        first = None if first is last else first.getnext()
