"""Right-to-left paragraphs of parsed HTML: which blocks are left-to-right, and where runs are isolated (F9, R4).

Runs are looked for in the text of a whole paragraph, so that one that begins in a link and ends behind it is one
run; an isolate, a picture or a piece of code is one neutral character in it, as UAX #9 sees it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from lxml import etree

from publisher.model.article import Direction
from publisher.text import bidi
from publisher.text.held import BLOCKS, CODE, ITEMS, PARAGRAPHS, How, enclose_latin, has_rtl, is_latin

_OBJECTS = frozenset({"img", "audio", "video", "picture", "bdi"}) | CODE


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


class _Span(NamedTuple):
    """Where a run begins in its first slot and ends in its last, and the mark that goes behind it."""

    start: int
    end: int
    run: bidi.Run
    behind: str


_NEUTRAL = _Slot(None, None, "\ufffc")
_BREAK = _Slot(None, None, "\n")


def mark(block: etree._Element, direction: Direction, how: How) -> None:
    """Make *block*, which stands in text of *direction*, read right: code and paragraphs without an RTL letter
    are ltr, runs of rtl paragraphs that would be reordered stand in an element *how* with dir="ltr"."""
    if direction == "rtl":
        enclose_latin(block, how)
    for slots in list(_paragraphs(block, direction)):
        _isolate(slots, how)


def needs_nothing(words: str) -> bool:
    """Whether `mark` leaves a right-to-left paragraph or heading of these *words*, with no code and no direction in it,
    as it is."""
    return has_rtl(words) and not bidi.runs(words)


def _paragraphs(block: etree._Element, direction: Direction) -> Iterator[list[_Slot]]:
    """The rtl texts of *block*, paragraph by paragraph; gives code and Latin paragraphs their dir on the way."""
    directions: list[Direction] = [direction]
    levels: list[list[_Slot]] = [[]]  # the paragraph, and the isolates open inside it
    for event, element in etree.iterwalk(block, events=("start", "end")):
        if event == "start":
            directions.append(_direction(element, directions[-1]))
        flows, alone = element.tag in BLOCKS, element.tag in _OBJECTS or "dir" in element.attrib
        if event == "start":
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
    if around == "rtl" and (element.tag in CODE or (element.tag in PARAGRAPHS and is_latin(element))):
        element.set("dir", "ltr")
        return "ltr"
    if around == "rtl" and _is_footnote(element):
        element.set("dir", "rtl")  # else its number takes a full stop behind Latin words to their right
    return around


def _is_footnote(element: etree._Element) -> bool:
    """Whether *element* is the mark of a footnote: a raised link to a place of the same text."""
    return element.tag == "sup" and len(element) == 1 and "#" in element[0].get("href", "")


def keeps_side(element: etree._Element) -> bool:
    """Whether *element*, in right-to-left text, stays on its side of the page though all its words are Latin."""
    return element.tag in ITEMS and is_latin(element)


def _isolate(slots: list[_Slot], how: How) -> None:
    """Put the runs of a paragraph into elements, from the last to the first: what stands before a run keeps its
    place in the tree. Those of one slot go in together, or many would take quadratic time."""
    text = "".join(slot.text for slot in slots)
    starts = list(accumulate((len(slot.text) for slot in slots), initial=0))
    together: list[_Span] = []
    where = -1
    for run in reversed(bidi.runs(text)):
        first, last = bisect_right(starts, run.start) - 1, bisect_left(starts, run.end) - 1
        span = _Span(run.start - starts[first], run.end - starts[last], run, _behind_run(run, how))
        if together and not first == last == where:
            _fill(slots[where], together[::-1], how)
            together = []
        if first == last:
            where = first
            together.append(span)
        else:
            _cross(_point(slots[first], span.start), _point(slots[last], span.end), span, how)
    if together:
        _fill(slots[where], together[::-1], how)


def _behind_run(run: bidi.Run, how: How) -> str:
    return bidi.RLM if how == "span" and run.joins else ""


def _fill(slot: _Slot, spans: list[_Span], how: How) -> None:
    """Put each of *spans*, in order, into an element of its own."""
    point = _point(slot, 0)
    text, end = point.text, None
    for span in reversed(spans):
        run = etree.Element(how, {"dir": "ltr"})
        run.text, run.tail = text[span.start : span.end], span.behind + text[span.end : end]
        _put(run, point, text[: span.start] if span is spans[0] else None)
        end = span.start


def _cross(begin: _Point, end: _Point, span: _Span, how: How) -> None:
    """Put a run that begins and ends in different slots into one element; where that would part an inline
    element, into marks, as in plain text."""
    common = _common(begin, end)
    if common:
        _wrap(*common, how, span.behind)
    else:
        _insert(end, bidi.LRM * span.run.after + span.behind)
        _insert(begin, bidi.LRM * span.run.before)


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


def _wrap(begin: _Point, end: _Point, how: How, behind: str) -> None:
    """Put what stands between two points of one parent into an element *how* with dir="ltr"."""
    run = etree.Element(how, {"dir": "ltr"})
    run.text, before = begin.text[begin.offset :], begin.text[: begin.offset]
    last, run.tail = end.text[: end.offset], behind + end.text[end.offset :]
    for inner in list(_siblings(begin, end)):
        run.append(inner)
    run[-1].tail = last
    _put(run, begin, before)


def _put(element: etree._Element, point: _Point, before: str | None) -> None:
    """Put *element* with its tail where the slot of *point* begins, behind *before*."""
    if point.child is None:
        point.parent.text = before
        point.parent.insert(0, element)
    else:
        point.child.tail = None
        point.child.addnext(element)
        point.child.tail = before


def _siblings(begin: _Point, end: _Point) -> Iterator[etree._Element]:
    """The elements between two points of one parent."""
    inner = begin.parent[0] if begin.child is None else begin.child.getnext()
    while inner is not None:
        yield inner
        inner = None if inner is end.child else inner.getnext()
