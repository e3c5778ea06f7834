"""What stands in titles, summaries and descriptions, and in the words of a content (F6, F9, F12, F14)."""

import re
import unicodedata
from collections.abc import Iterator
from functools import partial

from publisher.feeds.lint.document import Entry, Text
from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import View, Words
from publisher.model.article import Direction
from publisher.text import bidi
from publisher.text.direction import first_strong
from publisher.text.quote import named, quoted

_MARKS = "\u200f\u061c"
_OPENERS, _PDI = "\u2066\u2067\u2068", "\u2069"
_EMBEDDINGS = re.compile("[\u202a-\u202e]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_BAD = re.compile(
    "[\ufdd0-\ufdef\ufeff\ufffd-\uffff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
)
_TAGS = re.compile(r"</?[A-Za-z][\w:-]{0,30}(?:\s[^<>]*+)?/?>", re.ASCII)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,6});")
_ESCAPED = re.compile(
    r"&(?:amp;)?lt;/?(?:p|br|div|a|img|span|strong|em|ul|li)\b|&amp;(?:nbsp|quot|lt|gt|amp|#\d{1,6});", re.I
)
_CODE = re.compile(
    r"\s*<(?:p|br|div|a|img|span|strong|em|ul|ol|h[1-6]|figure|blockquote)(?:\s[^<>]{0,500})?/?>"
    r"|.*?(?:</(?:p|div|a|span|strong|em|li|h[1-6])>|<br\s?/>)",
    re.IGNORECASE | re.DOTALL,
)
_FORMS = re.compile("[\ufb50-\ufbb1\ufbd3-\ufd3d\ufe70-\ufefc]{3}")
_LOST = re.compile(r"[\s\u200f]*\?{3,}(?:\s+\?{2,})+[\s?.,:!]*")
_HIGH = re.compile(r"[\x80-\u07ff\u2000-\u2122]{4,200}")
_RTL_LETTERS = re.compile(
    "[\u05d0-\u05ea\u0620-\u064a\u0660-\u0669\u066e-\u06d3\u06f0-\u06f9\u060c\u061b\u061f\u064b-\u0652\u200c]+"
)
# »word«, )word( and a stop before the first letter: read from right to left, they point outwards.
_BY_EYE = re.compile(
    r"(?:^|(?<=[\s(]))»[^\s«»][^«»\n]{0,80}«(?=[\s.,،؛:!؟)]|$)|(?:^|(?<=\s))\)[^\s()][^()\n]{0,80}\((?=[\s.,،؛:!؟]|$)"
    r"|\A\s*[\u200e\u200f]?[.،؛؟](?![.\s])(?=[\u05d0-\u05ea\u0620-\u06d3])"
)
_PAIRS = {"»": "«", ")": "("}
_MIXED = re.compile("[0-9][٠-٩۰-۹]|[٠-٩][0-9۰-۹]|[۰-۹][0-9٠-٩]")
_WINDOWS = {
    byte: bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(128, 256)
}
_AS_BYTE = {ord(char): byte for byte, char in _WINDOWS.items()} | {byte: byte for byte in range(160)}


def check(view: View) -> Iterator[Remark]:
    """Remarks on every text of the feed and of its entries."""
    for text in view.document.texts:
        yield from _line(text, text.value, view.direction, None)
    for each in view.entries:
        entry = each.entry
        yield from _by_eye(entry, each)
        if entry.title:
            yield from _line(entry.title, each.title, each.direction, entry.number)
        if entry.summary and not entry.summary.html:
            yield from _line(entry.summary, each.summary, each.direction, entry.number)
        elif entry.summary:
            yield from _signs(entry.summary, each.summary, entry.number)
        if (entry.content and entry.content.html) or (entry.content and is_code(entry.content.value)):
            yield from _signs(entry.content, each.content, entry.number)
        elif entry.content:
            yield from _line(entry.content, each.content, each.direction, entry.number, long=True)


def _by_eye(entry: Entry, words: Words) -> Iterator[Remark]:
    """Signs that somebody put where they looked right, and numbers in two kinds of digits."""
    texts = [(entry.title, [words.title]), (entry.summary, [words.summary])]
    if entry.content and words.facts:
        texts.append((entry.content, [each.text for each in words.facts.passages]))
    for text, parts in texts:
        for part in parts if text else ():
            say = partial(Remark, where=text.name, line=text.line, entry=entry.number)  # type: ignore[union-attr]
            if words.direction == "rtl" and (found := _by_eye_first(part)):
                yield say("mirrored-signs", found=quoted(_around(part, found)))
            if text is not entry.content and (mixed := _MIXED.search(part)):
                yield say("mixed-digits", found=quoted(_around(part, mixed)))


def _by_eye_first(text: str) -> re.Match[str] | None:
    """Where the first sign of a pair points outwards: in "(4)دا (5)" none does."""
    for found in _BY_EYE.finditer(text):
        sign = found[0].lstrip()[:1]
        if sign not in _PAIRS or not {sign, _PAIRS[sign]}.intersection(text[: found.start()]):
            return found
    return None


def is_code(words: str) -> bool:
    """Whether a reader who sees *words* sees HTML: not one tag that the text is about."""
    return _CODE.match(words) is not None


def _line(
    text: Text, words: str, direction: Direction, entry: int | None, *, long: bool = False
) -> Iterator[Remark]:
    """A text that is shown as one line, or as one paragraph."""
    say = partial(Remark, where=text.name, line=text.line, entry=entry)
    yield from _signs(text, words, entry)
    if direction == "rtl" and words.strip():
        yield from _mark(text, words, say)
        # What looks like markup is told below, once.
        markup = _TAGS.search(words) or (not text.html and _ENTITY.search(words))
        runs = [] if markup else bidi.runs(words)
        if runs:
            run = words[runs[0].start : runs[0].end]
            rule = "title-reordered" if text.name == "title" else "reordered"
            yield say(rule, found=quoted(run) + _more(len(runs)))
    if not text.html and not long:
        yield from _plain(words, say)


def _more(count: int) -> str:
    return f" and {count - 1} more" if count > 1 else ""


def _mark(text: Text, words: str, say: "partial[Remark]") -> Iterator[Remark]:
    """Direction by the first strong letter (UAX #9, P2)."""
    words = words.lstrip(" \t\r\n")
    if words[0] in _OPENERS and words.rstrip().endswith(_PDI) and _one_pair(words.rstrip()):
        yield say("wrapped-whole", found=quoted(words))
    elif words[0] in _MARKS and words[1:2] in (*_MARKS,) and words[1:2]:
        yield say("doubled-rlm", found=quoted(words))
    elif (strong := first_strong(words)) not in ("R", "AL"):
        found = (
            f"{quoted(words)} {'begins with a Latin letter' if strong else 'has no letter outside isolates'}"
        )
        yield say(
            "reads-ltr", found=found, mend=f"write &#x200F;{_begin(words)}" if text.html is False else ""
        )
    elif words[0] == "\u200f" and first_strong(words[1:]) in ("R", "AL"):
        yield say("needless-rlm", found=quoted(words))


def _begin(words: str) -> str:
    return quoted(words[:24])[1:-1] + ("…" if len(words) > 24 else "")


def _one_pair(words: str) -> bool:
    """Whether the first isolate is closed by the last character."""
    depth = 0
    for found in _ISOLATES.finditer(words):
        depth += 1 if found[0] in _OPENERS else -1
        if depth == 0:
            return found.end() == len(words)
    return False


def _plain(words: str, say: "partial[Remark]") -> Iterator[Remark]:
    if unicodedata.normalize("NFC", words) != words:
        yield say("not-nfc", found=quoted(words))
    stripped = words.strip(" \t\r\n")
    if stripped != words or re.search(r"[\n\r\t]|  ", stripped):
        yield say("stray-space", found=quoted(words))
    if found := _ESCAPED.search(words):
        yield say("double-escaped", found=quoted(words[max(0, found.start() - 10) : found.end() + 20]))
    elif found := _TAGS.search(words) or _ENTITY.search(words):
        yield say("markup-in-text", found=quoted(words[max(0, found.start() - 10) : found.end() + 20]))


def _signs(text: Text, words: str, entry: int | None) -> Iterator[Remark]:
    """Characters that are wrong in any text."""
    say = partial(Remark, where=text.name, line=text.line, entry=entry)
    if found := _EMBEDDINGS.search(words):
        yield say("embeddings", found=f"{named(found[0])} in {quoted(_around(words, found))}")
    depth = lowest = 0
    for each in _ISOLATES.finditer(words):
        depth += 1 if each[0] in _OPENERS else -1
        lowest = min(lowest, depth)
    if depth or lowest:
        yield say(
            "unbalanced-isolates", found="opened and not closed" if depth > 0 else "closed and not opened"
        )
    if wrong := _mojibake(words):
        yield say("mojibake", found=f"{quoted(wrong[0][:30])} was {quoted(wrong[1][:30])}")
    elif found := _BAD.search(words):
        yield say("bad-characters", found=f"{named(found[0])} in {quoted(_around(words, found))}")
    elif _LOST.fullmatch(words):
        yield say("lost-letters", found=quoted(words.strip()))
    if found := _FORMS.search(words):
        whole = unicodedata.normalize("NFKC", found[0])
        yield say(
            "presentation-forms",
            found=f"{quoted(_around(words, found))}: {named(found[0][0])} … for {whole[0]}",
        )
    if found := re.search("(?:^|(?<=\\s))\u200c|\u200c\\Z", words):
        yield say("zwnj-edge", found=quoted(_around(words, found)))


def _around(words: str, found: re.Match[str]) -> str:
    return words[max(0, found.start() - 15) : found.end() + 15].strip()


def _mojibake(words: str) -> tuple[str, str] | None:
    """A piece of *words* that was read in a wrong encoding, and what it was. Surely wrong only: several letters in a
    row that make right-to-left words when read as they were written."""
    if words.isascii():
        return None
    for found in _HIGH.finditer(words):
        piece = found[0]
        try:
            raw = bytes(_AS_BYTE[ord(char)] for char in piece)
        except KeyError:
            raw = b""
        if raw and (was := _utf8(raw)):
            return piece, was
        latin = "".join(char for char in piece if "\xc0" <= char <= "\xff")
        if raw and len(latin) >= 4 and len(latin) == len(piece) and (was := _windows(raw)):
            return piece, was
        try:
            raw = piece.encode("cp1256")
        except UnicodeEncodeError:
            continue
        if was := _utf8(raw):
            return piece, was
    return None


def _utf8(raw: bytes) -> str:
    """*raw* as UTF-8 where it is three right-to-left letters at least; its ends may be cut."""
    text = raw.decode("utf-8", "ignore")
    letters = _RTL_LETTERS.findall(text)
    enough = sum(map(len, letters)) >= 3 and len(text.encode()) >= len(raw) - 2
    return text if enough and all(ord(char) >= 0x5D0 or char == "\xa0" for char in text) else ""


def _windows(raw: bytes) -> str:
    """*raw* as windows-1256 or windows-1255 where all of it is letters of one word."""
    for name in ("cp1256", "cp1255"):
        text = raw.decode(name, "replace")
        if _RTL_LETTERS.fullmatch(text) and ("ال" in text or len(text) >= 5):
            return text
    return ""
