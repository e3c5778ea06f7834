"""What CommonMark makes of each part of a text, so that repairs touch words and never code."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import pyromark

# Raw HTML in which an address or an asterisk is no text to repair.
_SHUT = re.compile(r"<(?P<end>/?)(?:a|code|pre|script|style|kbd|samp|textarea|svg|math)(?=[\s>/])", re.I)
_STYLED = {"Emphasis": 1, "Strong": 2}  # the length of their delimiters
_HTML = frozenset(("Html", "InlineHtml"))

Kind = Literal["words", "code", "html", "mark", "styled", "item"]


class Span(NamedTuple):
    """Part of a text, in characters. `home` is the number of the block, link or cell it stands in."""

    start: int
    end: int
    kind: Kind  # mark: the delimiter of an emphasis; styled: the whole of one; item: of a list, with its mark
    home: int = 0
    linked: bool = False  # inside a link
    shut: bool = False  # inside the text of a picture, or raw HTML where words are none


@cache
def parser() -> pyromark.Markdown:
    """CommonMark with tables and footnotes."""
    return pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_FOOTNOTES)


def read(text: str) -> list[Span]:
    """The spans of *text* in the order they begin."""
    data = text.encode()
    spans = list(_in_bytes(data, text))
    if len(data) != len(text):
        places = _characters(data, {place for span in spans for place in span[:2]})
        spans = [Span(places[span[0]], places[span[1]], *span[2:]) for span in spans]
    return sorted(spans, key=itemgetter(0))


def _characters(data: bytes, places: set[int]) -> dict[int, int]:
    """How many characters stand before each of *places* (bytes) in the UTF-8 *data*."""
    before: dict[int, int] = {}
    count = last = 0
    for place in sorted(places):
        count += len(data[last:place].decode())
        before[place], last = count, place
    return before


def _in_bytes(data: bytes, text: str) -> Iterator[Span]:
    homes = [(0, "")]
    born = shut = links = pictures = 0
    for event, where in parser().events_with_range(text):
        start, end = where["start"], where["end"]
        name, value = next(iter(event.items())) if isinstance(event, dict) else (event, None)
        inner = _name(value)
        if name == "Start" and inner not in _STYLED:
            born += 1
            homes.append((born, inner))
            links += inner == "Link"
            pictures += inner == "Image"
        elif name == "End" and inner not in _STYLED:
            _, closed = homes.pop()
            links -= closed == "Link"
            pictures -= closed == "Image"
        elif name in _HTML:
            for tag in _SHUT.finditer(data[start:end].decode()):
                shut = max(0, shut - 1) if tag["end"] else shut + 1
        home, holder = homes[-1]
        context = (home, links > 0, shut > 0 or pictures > 0)
        if name == "Text":
            if holder != "CodeBlock":
                yield Span(start, end, "words", *context)
        elif name == "Code" or (name == "Start" and inner == "CodeBlock"):
            yield Span(start, end, "code", *context)
        elif name in _HTML:
            yield Span(start, end, "html", *context)
        elif name == "Start" and inner == "Item":
            yield Span(start, end, "item", *context)
        elif name == "Start" and inner in _STYLED:
            length = _STYLED[inner]
            yield Span(start, start + length, "mark", *context)
            yield Span(end - length, end, "mark", *context)
            yield Span(start, end, "styled", *context)


def _name(value: Any) -> str:  # pyromark gives a word, or a dict of one word and its details
    return str(next(iter(value)) if isinstance(value, dict) else value)


class Holes:
    """Stretches of a text, to ask whether a place lies in one."""

    def __init__(self, stretches: list[tuple[int, int]]) -> None:
        """*stretches* (start, end) are sorted, and nest at most."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in stretches:
            if not self._ends or end > self._ends[-1]:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, place: int) -> bool:
        number = bisect_right(self._starts, place) - 1
        return number >= 0 and place < self._ends[number]


def holes(spans: list[Span], *kinds: Kind) -> Holes:
    """Where the *kinds* of *spans* stand."""
    return Holes([(span.start, span.end) for span in spans if span.kind in kinds])
