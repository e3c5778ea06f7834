"""What CommonMark makes of each part of a text, so that repairs touch words and never code."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple

import pyromark

# Raw HTML in which an address or an asterisk is no text to repair.
_SHUT = re.compile(r"<(?P<end>/?)(?:a|code|pre|script|style|kbd|samp|textarea|svg|math)(?=[\s>/])", re.I)
_BYTES = bytes(0 if 0x80 <= byte < 0xC0 else 1 for byte in range(256))  # 1: a character begins
_STYLED = {"Emphasis": 1, "Strong": 2}  # the length of their delimiters

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
    starts = list(accumulate(data.translate(_BYTES), initial=0))
    spans = (span._replace(start=starts[span.start], end=starts[span.end]) for span in _in_bytes(data, text))
    return sorted(spans, key=lambda span: span.start)


def _in_bytes(data: bytes, text: str) -> Iterator[Span]:
    homes = [(0, "")]
    born = shut = 0
    for event, where in parser().events_with_range(text):
        start, end = where["start"], where["end"]
        name, value = next(iter(event.items())) if isinstance(event, dict) else (event, None)
        inner = _name(value)
        if name == "Start" and inner not in _STYLED:
            born += 1
            homes.append((born, inner))
        elif name == "End" and inner not in _STYLED:
            homes.pop()
        elif name in ("Html", "InlineHtml"):
            for tag in _SHUT.finditer(data[start:end].decode()):
                shut = max(0, shut - 1) if tag["end"] else shut + 1
        home, holder = homes[-1]
        kinds = [kind for _, kind in homes]
        place = Span(0, 0, "words", home, "Link" in kinds, bool(shut) or "Image" in kinds)
        yield from _spans(name, inner, start, end, place, holder)


def _spans(name: str, inner: str, start: int, end: int, place: Span, holder: str) -> Iterator[Span]:
    if name == "Text" and holder != "CodeBlock":
        yield place._replace(start=start, end=end)
    elif name == "Code" or (name == "Start" and inner == "CodeBlock"):
        yield place._replace(start=start, end=end, kind="code")
    elif name in ("Html", "InlineHtml"):
        yield place._replace(start=start, end=end, kind="html")
    elif name == "Start" and inner == "Item":
        yield place._replace(start=start, end=end, kind="item")
    elif name == "Start" and inner in _STYLED:
        length = _STYLED[inner]
        yield place._replace(start=start, end=start + length, kind="mark")
        yield place._replace(start=end - length, end=end, kind="mark")
        yield place._replace(start=start, end=end, kind="styled")


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
