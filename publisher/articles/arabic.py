"""What Arabic writers type and CommonMark leaves as it stands: marks before `#`, `**اليوم،**غدا`, `١.`, bare URLs (A2).

The flanking rule asks for a blank where Latin typography has one; Arabic joins «و» to the closing mark.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from publisher.articles import spans
from publisher.articles.spans import Holes, Span

_LONGEST = 200_000  # characters: a longer text is no article, and is left as it stands
_MOST = 200  # delimiters on one line that are worth a look

_MARKS = "\u200e\u200f\u061c"
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_ODD = _MARKS + _BLANKS
_DIGITS = "٠-٩۰-۹"
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

# A mark of Markdown at the start of a line (in quotations too), among what an editor or a paste put around it.
_START = re.compile(
    rf"^(?P<indent>[ \t]*(?:>[ \t]?)*)(?P<junk>[{_MARKS}{_BLANKS}]*)"
    rf"(?:(?P<mark>#{{1,6}}|[-*+]|[\d{_DIGITS}]{{1,3}}[{_MARKS}]*[.)])(?P<blank>[{_MARKS}]*[ \t{_BLANKS}])|(?=>))",
    re.MULTILINE,
)
_NUMBER = re.compile(rf"^[ \t]*(?:>[ \t]?)*(?P<digits>[{_DIGITS}]{{1,3}})[.)][ \t]", re.MULTILINE)
_MAY_BE_NUMBER = re.compile(rf"\n[ \t>]*[{_DIGITS}]")  # looked for from one end of a line to the next

# Delimiters that the flanking rule may have left: a closing one between a sign and a letter, an opening one
# between a letter and a sign that opens.
_FLANKED = tuple(  # everything hangs on one sign, so that a text without it costs nothing
    re.compile(
        rf"[{sign}](?:(?<=[^\w\s*_][*_])[*_]{{0,2}}[{_MARKS}]*\w|(?<=\w[*_])[*_]{{0,2}}[«“‘\"'(\[{{]|[{_MARKS}]"
        rf"|(?<=[{_MARKS}][*_]))"
    )
    for sign in "*_"
)
_RUN = re.compile(r"\*+|_+")
_TAGS = {1: ("<em>", "</em>"), 2: ("<strong>", "</strong>"), 3: ("<em><strong>", "</strong></em>")}

_URL = re.compile(
    rf"(?<![A-Za-z0-9<\"'=/@])https?://(?=\w)(?:[^\s<>\"«»“”`*|\\،؛؟۔\u200b{_MARKS}\u202a-\u202e\u2066-\u2069]"
    r"|[،؛؟](?=[_/%-]))+"
)
# A file named with blanks, which CommonMark takes between < and > only.
_BLANK_PATH = re.compile(
    r"\]\((?=[^\s<>()\"'\\:]+ )(?P<path>[^\t\n<>()\"'\\:]{1,300}\.[A-Za-z0-9]{2,4})(?P<blank>[ \t]*)\)"
)
_LONGEST_URL = 2_000
_LINK = re.compile(r"\[(?<!\\\[)[^\[\]\\`\n]*\]\(https?://[^\s()<>\\`]*\)")  # no address in it is bare
_NOT_LAST = ".,:;!?…'’_~-"


class _Run(NamedTuple):
    """A delimiter run. `visible`: CommonMark leaves it as it stands."""

    start: int
    end: int
    home: int
    visible: bool


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def mended(text: str) -> str:
    """*text* as its writer meant it, for a CommonMark parser. Code, links and raw HTML stay as they are, and so
    does every word."""
    if len(text) > _LONGEST:
        return text
    if any(char in text for char in _ODD) and any(
        _start(found) != found[0] for found in _START.finditer(text)
    ):
        code = spans.holes(spans.read(text), "code", "html")
        text = _START.sub(lambda found: found[0] if found.start() in code else _start(found), text)
    if "](" in text and _BLANK_PATH.search(text):
        code = spans.holes(spans.read(text), "code", "html")
        text = _BLANK_PATH.sub(
            lambda found: found[0] if found.start() in code else f"](<{found['path']}>)", text
        )
    if _MAY_BE_NUMBER.search(f"\n{text}") and _NUMBER.search(text):
        text = _numbered(text)
    if _is_flanked(text) or _may_hold_urls(text):
        text = _inline(text)
    return text


def _is_flanked(text: str) -> bool:
    return any(pattern.search(text) for pattern in _FLANKED)


def _may_hold_urls(text: str) -> bool:
    count = text.count("://")
    return count > 0 and count > len(_LINK.findall(text)) and _URL.search(text) is not None


def _start(found: re.Match[str]) -> str:
    if found["mark"] is None:
        return found["indent"] if found["junk"] else found[0]
    mark = re.sub(rf"[{_MARKS}]", "", found["mark"])
    return found["indent"] + mark + ("\t" if found["blank"] == "\t" else " ")


def _numbered(text: str) -> str:
    """*text* with the numbers that begin an item of a list in the digits CommonMark knows; others stay."""
    code = spans.holes(spans.read(text), "code", "html")
    found = [match.span("digits") for match in _NUMBER.finditer(text) if match.start() not in code]
    trial = _edited(text, [_Edit(start, end, _ascii(text[start:end])) for start, end in found])
    items = {span.start for span in spans.read(trial) if span.kind == "item"}
    return _edited(
        text, [_Edit(start, end, _ascii(text[start:end])) for start, end in found if start in items]
    )


def _ascii(digits: str) -> str:
    return "".join(str(int(digit)) for digit in digits)


def _inline(text: str) -> str:
    parts = spans.read(text)
    links = list(_links(text, parts))
    edits = [_Edit(start, end, f"<{text[start:end]}>") for start, end in links]
    if _is_flanked(text):
        styled = [span for span in parts if span.kind == "styled"]
        for line in _lines(text, list(_runs(text, parts, Holes(links)))):
            edits += _emphasised(text, line, styled)
    return _edited(text, edits)


def _edited(text: str, edits: list[_Edit]) -> str:
    parts: list[str] = []
    last = 0
    for edit in sorted(edits):
        parts += (text[last : edit.start], edit.text)
        last = edit.end
    return "".join((*parts, text[last:]))


def _links(text: str, parts: list[Span]) -> Iterator[tuple[int, int]]:
    """Where bare http and https addresses stand, without the signs that end a sentence after them."""
    words = _joined([span for span in parts if span.kind == "words" and not (span.linked or span.shut)])
    for start, end in words:
        for found in _URL.finditer(text, start, end):
            url = found[0]
            if len(url) > _LONGEST_URL:
                continue
            while url[-1] in _NOT_LAST or (url[-1] in ")]}" and _unopened(url)):
                url = url[:-1]
            yield found.start(), found.start() + len(url)


def _unopened(url: str) -> bool:
    closing = url[-1]
    return url.count(closing) > url.count("([{"[")]}".index(closing)])


def _joined(words: list[Span]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for span in words:
        if joined and joined[-1][1] == span.start:
            joined[-1] = (joined[-1][0], span.end)
        else:
            joined.append((span.start, span.end))
    return joined


def _runs(text: str, parts: list[Span], links: Holes) -> Iterator[_Run]:
    """Every run of asterisks or underscores that is text or a delimiter, and is not escaped."""
    found = [
        _Run(match.start(), match.end(), span.home, span.kind == "words")
        for span in parts
        if span.kind == "mark" or (span.kind == "words" and not span.shut)
        for match in _RUN.finditer(text, span.start, span.end)
        if match.start() not in links and text[match.start() - 1 : match.start()] != "\\"
    ]
    found.sort()
    joined: list[_Run] = []
    for run in found:
        last = joined[-1] if joined else None
        if last and last.end == run.start and text[last.start] == text[run.start]:
            joined[-1] = last._replace(end=run.end, visible=last.visible or run.visible)
        else:
            joined.append(run)
    return iter(joined)


def _lines(text: str, runs: list[_Run]) -> Iterator[list[_Run]]:
    """The *runs* that stand in one line of one paragraph and are of one kind."""
    numbers, line, last = {}, 0, 0
    for run in runs:
        line += text.count("\n", last, run.start)
        last = run.start
        numbers[run] = (line, run.home, text[run.start], run.end - run.start)
    for _, group in groupby(sorted(runs, key=lambda run: (numbers[run], run.start)), key=numbers.__getitem__):
        yield list(group)


def _emphasised(text: str, line: list[_Run], styled: list[Span]) -> list[_Edit]:
    """The delimiters of *line* as tags, if some would stay visible and there is one way to read them."""
    length = line[0].end - line[0].start
    if not any(run.visible for run in line) or len(line) % 2 or len(line) > _MOST or length not in _TAGS:
        return []
    pairs = list(zip(line[::2], line[1::2], strict=True))
    if not all(_opens(text, first) and _closes(text, last) for first, last in pairs):
        return []
    if not any(_RTL.search(text, max(0, first.start - 1), last.end + 1) for first, last in pairs):
        return []
    if text[line[0].start] == "_" and any(_inside_word(text, first, last) for first, last in pairs):
        return []
    own = {run.start for run in line}
    low, high = line[0].start, line[-1].end
    others = [span for span in styled if span.start < high and span.end > low and span.start not in own]
    if any(_cross(first.start, last.end, span) for first, last in pairs for span in others):
        return []
    opening, closing = _TAGS[length]
    return [
        edit
        for first, last in pairs
        for edit in (_Edit(first.start, first.end, opening), _Edit(last.start, last.end, closing))
    ]


def _cross(start: int, end: int, span: Span) -> bool:
    return start < span.start < end < span.end or span.start < start < span.end < end


def _opens(text: str, run: _Run) -> bool:
    before, after = _around(text, run)
    if not after.strip():
        return False
    if _is_sign(after) and before.strip() and not _is_sign(before):  # not left-flanking
        return _is_opening(after, text[(at := text.index(after, run.end) + 1) : at + 1])
    return text[run.start] == "*" or not before.isalnum()


def _closes(text: str, run: _Run) -> bool:
    before, after = _around(text, run)
    if not before.strip():
        return False
    if _is_sign(before) and after.strip() and not _is_sign(after):  # not right-flanking
        return not _is_opening(before, "")
    return text[run.start] == "*" or not after.isalnum()


def _inside_word(text: str, first: _Run, last: _Run) -> bool:
    return _around(text, first)[0].isalnum() and _around(text, last)[1].isalnum()


def _around(text: str, run: _Run) -> tuple[str, str]:
    """The characters on both sides, direction marks passed over; "" at the ends of the text."""
    before, after = run.start - 1, run.end
    while before >= 0 and text[before] in _MARKS:
        before -= 1
    while after < len(text) and text[after] in _MARKS:
        after += 1
    return text[before : before + 1] if before >= 0 else "", text[after : after + 1]


def _is_sign(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


def _is_opening(char: str, following: str) -> bool:
    """Whether the sign opens something; a straight quotation mark does if a word follows it."""
    return unicodedata.category(char) in ("Ps", "Pi") or (char in "\"'" and following.isalnum())
