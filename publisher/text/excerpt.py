"""The lead of a text for lists, feeds and letters (A11)."""

import re
from collections.abc import Sequence
from itertools import islice

import regex

_GRAPHEME = regex.compile(r"\X")
# Characters that are grapheme clusters by themselves, whatever stands beside them of these.
_SINGLE = re.compile(
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u05d0-\u05ea\u060c\u061b\u061f\u0620-\u064a\u0660-\u066f\u0671-\u06d4"
    "\u06e5\u06e6\u06ee-\u06ff\u2010-\u2027]*+"
)
# Not after a single letter: "د. محمد", "U.S. Army".
_SENTENCE_END = regex.compile(r"(?<!(?<!\w)\w)[.!?؟۔…׃。]+[\"'»”’)\]\u2069\u200e\u200f]*(?=\s|$)")
_WEAK_END = ' \t\n\u00a0،,;؛:-–—«“"([\u200e\u200f'
_ISOLATES = "\u2066\u2067\u2068"
_PDI = "\u2069"
_ELLIPSIS = "…"


def excerpt(text: str, limit: int = 300) -> str:
    """The first sentences of *text* that fit into *limit* grapheme clusters (UAX #29).

    Where the first sentence alone is longer, or the sentences that fit are a third of the limit or less, it is cut
    after a word and ends with "…" (counted). A cut never parts a grapheme cluster or falls into an isolate.
    """
    text = text.strip()
    ends = _ends(text, limit + 1)
    if len(ends) <= limit:
        return text
    sentences = [
        m.end() for m in _SENTENCE_END.finditer(text, 0, ends[limit - 1] + 1) if m.end() <= ends[limit - 1]
    ]
    whole = next((end for end in reversed(sentences) if not _open_isolate(text[:end])), 0)
    if whole > ends[limit // 3]:
        return text[:whole]
    return _cut(text, ends[max(0, limit - 2)]) + _ELLIPSIS


def _ends(text: str, most: int) -> Sequence[int]:
    """Where the first grapheme clusters of *text* end, at most *most* of them."""
    single = _SINGLE.match(text)
    if single and (single.end() > most or single.end() == len(text)):
        return range(1, 1 + min(most, len(text)))
    return [match.end() for match in islice(_GRAPHEME.finditer(text), most)]


def _open_isolate(text: str) -> int:
    """The length of *text* before the outermost isolate it leaves open, as a distance from its end; 0: none."""
    if _PDI not in text and not any(isolate in text for isolate in _ISOLATES):
        return 0
    depth = opened = 0
    for index, char in enumerate(text):
        if char in _ISOLATES:
            opened = opened if depth else index
            depth += 1
        elif char == _PDI and depth:
            depth -= 1
    return len(text) - opened if depth else 0


def _cut(text: str, end: int) -> str:
    head = text[:end]
    if not text[end : end + 1].isspace():
        blank = max(head.rfind(" "), head.rfind("\n"))
        head = head[:blank] if blank > 0 else head
    head = head[: len(head) - _open_isolate(head)]
    return head.rstrip(_WEAK_END)
