"""Runs in right-to-left text that the bidi algorithm would reorder, and the marks that hold them together (F9, R4).

A run needs help when it has a symbol of its own at an end (#tag, .NET, C++, a path), joins digit, symbol and
letter, is a phone number, or when a number behind it would drag the punctuation between them along. Ordinary
numbers, percents, ranges and scores need none. Patterns are possessive or bounded: time is linear in the text.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from html import escape
from typing import Literal, NamedTuple

How = Literal["bdi", "span", "lrm"]

LRM, RLM = "\u200e", "\u200f"

_RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_URL = (
    r"(?:https?|ftp)://[^\s<>\"«»()،؛؟\ufffc]*+(?:\([^\s<>\"«»()\ufffc]*+\)[^\s<>\"«»()،؛؟\ufffc]*+)*"
    r"|(?<![\w.+-])(?:mailto:)?[\w.+-]++@[\w-]++(?:\.[\w-]++)+"
)
_PHONE = (  # seven digits at least, and no more groups than a number has
    r"(?<![A-Za-z0-9.,/+-])(?=\+?(?:[ \u00a0./()-]{0,2}\d){7})"
    r"[+0]\d++(?:[ \u00a0./-]?\(\d++\)|[ \u00a0./-]\d++){0,7}(?![\w%])"
)
_TAG = (  # <br>, &amp;, and $x^2$ (TeX)
    rf"</?[A-Za-z][\w:-]*+/?>|&(?:[A-Za-z][A-Za-z0-9]{{1,31}}|\#\d{{1,7}}|\#[xX][0-9A-Fa-f]{{1,6}});"
    rf"|\$(?![\s\d])[^$\n{_RTL}]{{0,200}}[^$\s]?\$(?!\w)"
)
_CHUNK = rf"[^\s\u200e\u200f\u2066-\u2069\ufffc{_RTL}]++"
_SCAN = re.compile(rf"(?P<url>{_URL})|(?P<phone>{_PHONE})|(?P<tag>{_TAG})|[(\[{{«“\"‘<]|(?P<chunk>{_CHUNK})")

_FOREIGN = re.compile(
    rf"[$<]|[^\W_{_RTL}]"
)  # without such a sign there is nothing that is not written right to left
# Bytes of UTF-8 that begin no such sign: most paragraphs have no others, and one look tells. U+05C0 to U+07FF are _RTL.
_HOME = bytes({*b" \t\n!\"#%&'()*+,-./:;=>?@[\\]^_`{|}~", *range(0x80, 0xC0), *range(0xD7, 0xE0)})
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2}|0\d?(?:[.,]\d+)?")
_ANY_RTL = re.compile(f"[{_RTL}]")
# A word without the sentence's punctuation: own prefix, core from letter or digit to letter or digit, own suffix.
_CORE = re.compile(r"[^\W_](?:[^\s«»“”\"؛،()\[\]{}|…—–]*[^\W_])?(?:_*\(\w++\))?")
_PREFIX = re.compile(
    r"[~.]{0,2}/(?=[\w.-]+/)|(?:~|\.{1,2})/\.?(?=\w)|[#@~$€£¥_]+|\.(?=[^\W\d_])|--(?=[^\W\d])|-(?=[a-z](?!\w))|[+−-][$€£]?(?=\d)"
)
_SUFFIX = re.compile(r"(?:\(\);?|\+{1,3}(?!\w)|(?<![A-Za-z0-9]{2})[#*](?!\w)|[™®°_=%$€£‰])+")  # C#, not AFED#
_PATH = re.compile(r"[/_\\]|(?P<host>\.[A-Za-z]{2,24}\Z)")
# "-5" is a minus only after these; elsewhere it is a dash (كوفيد -19, صفر -5, a list's -1)
_BEFORE_MINUS = re.compile(
    r"[(\[«“\"־]\Z|(?:^|\s)(?:من|إلى|الى|عند|حتى|بين|تحت|دون|بلغت?|از|تا|به|بین|עד|בין|של)\s\Z"
)
_CLITIC = re.compile(rf"(?:^|[^{_RTL}])(?:و|ف|ب|ل|ك|ک|ال|بال|وال|ב|ל|ה|ו|מ|ש|כ)?[ـ־-]?\Z")
_DIGIT_GLUE = re.compile(r"\d[\d.,]*+[^\w\s.,:/]++\w*[^\W\d_]|\d[\d.,:/]*+(?<=[.,:/])[^\W\d_]")
_SPILL = re.compile(
    r"[^\w\s]{0,8}[^\w\s.%+#$€£/(\[<-][^\w\s]{0,8}\s{0,8}[^\w\s]?\d|\.\s{1,8}\d|\s{1,8}[-–—:/«“\"]\s{0,8}\d"
)
_LATIN_NEXT = re.compile(rf"[^\w{_RTL}]{{0,64}}+(?![{_RTL}])\w")
_GUARD = re.compile("[\u2066-\u2068\u202a][^\u2069\u202c]*")
_OWN_MARK = ("\u200e", "\u2066", "\u2069", "\u202a", "\u202c")
_BLANKS = " \u00a0"


class Run(NamedTuple):
    """text[start:end] is to be shown as one left-to-right unit."""

    start: int
    end: int
    before: bool  # a symbol of its own stands at the start
    after: bool  # ... at the end
    joins: bool  # what follows would join it in a client that embeds but does not isolate


class _Token(NamedTuple):
    start: int
    end: int
    before: bool
    after: bool
    kind: Literal["url", "phone", "tag", "word", "signed", "number"]


def isolate(text: str, how: How) -> str:
    """*text*, one run of plain text of an rtl paragraph, with its left-to-right runs marked.

    "bdi" and "span": HTML-escaped, runs in that element with dir="ltr"; "lrm": plain text with U+200E beside the
    symbols. Marks that the author set are respected. Time is linear in the length.
    """
    return "".join(
        piece if how == "lrm" else f'<{how} dir="ltr">{_escape(piece)}</{how}>' if marked else _escape(piece)
        for piece, marked in pieces(text, how)
    )


def _escape(text: str) -> str:
    return escape(text, quote=False)


def pieces(text: str, how: How) -> Iterator[tuple[str, bool]]:
    """*text* in pieces, each with whether it is a run to be marked; joined, with U+200E and U+200F of *how*."""
    at, after = 0, ""
    for run in runs(text):
        yield after + text[at : run.start], False
        body = text[run.start : run.end]
        yield (f"{LRM * run.before}{body}{LRM * run.after}" if how == "lrm" else body), True
        after = RLM if how != "bdi" and run.joins else ""
        at = run.end
    yield after + text[at:], False


def runs(text: str) -> list[Run]:
    """The runs of an rtl paragraph that need help, in order."""
    if not _may_be_foreign(text) or not _FOREIGN.search(text):
        return []
    guarded = [match.span() for match in _GUARD.finditer(text)]
    starts = [start for start, _ in guarded]
    found: list[Run] = []
    for token in _joined(text):
        start, end, before, after, kind = token
        isolated = bisect_left(starts, start) - 1
        if isolated >= 0 and start < guarded[isolated][1]:
            continue
        spill = kind != "signed" and _SPILL.match(text, end) is not None
        if kind == "signed" and text[start] in "$€£#" and _strong_before(text, start) == "R":
            before = False  # W5 keeps $75 and #2 together after Hebrew
        before = before and text[start - 1 : start] not in _OWN_MARK
        after = after and text[end : end + 1] not in _OWN_MARK
        if (
            found and start < found[-1].end
        ):  # f()$5: a sign is the end of one run, not also the start of the next
            start, before = found[-1].end, False
        if before or after or spill:
            found.append(Run(start, end, before, after, spill or _LATIN_NEXT.match(text, end) is not None))
    return found


def _may_be_foreign(text: str) -> bool:
    return bool(text.encode("utf-8", "surrogatepass").translate(None, _HOME))


def _strong_before(text: str, index: int) -> str:
    kinds = map(unicodedata.bidirectional, reversed(text[max(0, index - 300) : index]))
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "R")


def _joined(text: str) -> Iterator[_Token]:
    """Tokens; Latin words joined by one blank are one run (Visual C++ 2022); a number opens none."""
    last: _Token | None = None
    for token in _tokens(text):
        joins = (
            last and last.kind == "word" and token.kind in ("word", "number") and token.start == last.end + 1
        )
        if last and joins and text[last.end] in _BLANKS:
            last = _Token(last.start, token.end, last.before, token.after, "word")
        elif token.kind != "number":
            if last:
                yield last
            last = token
    if last:
        yield last


def _tokens(text: str) -> Iterator[_Token]:
    """Everything not written right to left."""
    for match in _SCAN.finditer(text):
        start, end = match.span()
        kind = match.lastgroup
        if kind == "url":
            yield _address(text, start, end)
        elif kind == "tag":
            yield _Token(start, end, True, not text[end - 1].isdigit(), "tag")
        elif kind == "phone" and not _DATE.fullmatch(match[0]):
            yield _Token(start, end, not match[0].isdigit(), not text[end - 1].isdigit(), "phone")
        elif kind is not None:
            yield from _words(text, start, end)


def _address(text: str, start: int, end: int) -> _Token:
    while text[end - 1] in ".,;:!?'…*":
        end -= 1
    odd = _ANY_RTL.search(text, start, end) is not None
    before = odd or _DIGIT_GLUE.match(text, start, end) is not None
    after = odd or not (text[end - 1].isalnum() or text[end - 1] == ")")
    return _Token(start, end, before, after, "url")


def _words(text: str, start: int, end: int) -> Iterator[_Token]:
    for match in _CORE.finditer(text, start, end):
        first, last = match.span()
        core = match[0]
        prefix = _prefix(text, start, end, first)
        suffix = _SUFFIX.match(text, last, end)
        if prefix and _is_dash(text, prefix, core, suffix):
            prefix = None
        if prefix:
            first = prefix.start()
        path = None if suffix else _PATH.search(text, first, last)
        if path:  # a folder; of a host the last slash is only what nothing is joined to
            suffix = re.compile(r"/(?!\w)" if path["host"] else r"[/\\]").match(text, last)
        yield _word(text, first, last, core, prefix, suffix)


def _word(
    text: str, first: int, last: int, core: str, prefix: re.Match[str] | None, suffix: re.Match[str] | None
) -> _Token:
    end = suffix.end() if suffix else last
    if suffix and text[last - 1].isdigit() and suffix[0] in "%$€£°‰":
        suffix = None  # UAX #9, W5: stays with its number
    if any(unicodedata.bidirectional(char) == "L" for char in core):
        before = prefix is not None or _DIGIT_GLUE.match(core) is not None
        return _Token(first, end, before, suffix is not None, "word")
    if prefix:
        return _Token(first, end, True, suffix is not None and suffix[0] not in "+*#", "signed")
    return _Token(first, end, False, False, "number")  # 10%, 2020-2021, 3:0: left alone


def _prefix(text: str, start: int, end: int, first: int) -> re.Match[str] | None:
    """The symbols in front of the core at *first* that belong to it."""
    near = _PREFIX.finditer(text, max(start, first - 8), min(end, first + 60))
    prefix = next((match for match in near if match.end() == first), None)
    if prefix is None:
        return None
    symbol = prefix[0][0]
    if start > 0 and _ANY_RTL.match(text, start - 1) and symbol not in "#@":  # كوفيد-19 is no minus five
        joined = symbol not in "+−-_/" or text[start - 1] == "־"  # ל־-5 is one
        return prefix if joined and _CLITIC.search(text, max(0, start - 6), start) else None
    glued = symbol in "+−-_" and prefix.start() > start and text[prefix.start() - 1].isalnum()
    return None if glued else prefix


def _is_dash(text: str, prefix: re.Match[str], core: str, suffix: re.Match[str] | None) -> bool:
    if prefix[0][0] != "-" or not core[0].isdigit() or (suffix and suffix[0][0] in "%°"):
        return False
    return not _BEFORE_MINUS.search(text, max(0, prefix.start() - 8), prefix.start())
