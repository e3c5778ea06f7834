"""Text is cleaned once, at the door: bytes to text, and what no feed, letter or page may hold taken out."""

import re
from collections.abc import Iterator

from publisher.model.article import Warn

_SAVE = "save the file as UTF-8"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_EMPTY_LINE = re.compile(r"\n\s*\n")

# A multi-byte sequence of UTF-8 (Unicode 15, table 3-7).
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
# In windows-1256 a word's last letter and its comma, colon, question mark or closing quote look like one (DE A1:
# qaf, comma). After another letter's byte they cannot be: no two UTF-8 lead bytes stand together.
_WORD_END = re.compile(rb"(?<=[\xc0-\xff])[\xc2-\xdf][\x85\x94\xa0\xa1\xba\xbb\xbf](?![\x80-\xff])")

_ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3]")
_HEBREW = re.compile("[\u05d0-\u05ea]")
# ISO 8859-6 and Mac Arabic read as windows-1256 put French letters into Arabic words.
_FRENCH_INSIDE = re.compile(
    "[\u0620-\u064a\u0671-\u06d3][\u00e0-\u00ff]|[\u00e0-\u00ff][\u0620-\u064a\u0671-\u06d3]"
)
_FINAL = re.compile("[םןךףץ](?P<inside>[\u05d0-\u05ea])?")
_ENOUGH = 20  # letters: fewer prove nothing

_SEPARATOR = re.compile("[\u2028\u2029\u0085\x0b\x0c]")
_BMP = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffd-\uffff"
_ASTRAL = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
)
_FORBIDDEN = re.compile(f"[{_BMP}{_ASTRAL}]+")
# Bytes of UTF-8 that begin nothing which `tidy` changes: most texts have no others, and one look tells.
_SAFE = bytes({*b"\t\n", *range(0x20, 0x7F), *range(0x80, 0xC2), *range(0xC3, 0xE2), *b"\xe3\xe4"})
_LEADS = bytes(
    range(0xF0, 0xF5)
)  # of what stands above the BMP, which makes a class of `re` ten times slower
_ODD = re.compile(f"[{_BMP}\r\x0b\x0c\x85\u2028-\u202e\u2066-\u2069]")
_ODD_ASTRAL = re.compile(f"[{_ASTRAL}]")
_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ISOLATE_OF = {"\u202a": "\u2066", "\u202b": "\u2067", "\u202c": "\u2069"}
_OVERRIDES = "\u202d\u202e"
_MOST_CONTROLS = 100_000  # a text with more is no text: it loses them all
_PDF, _PDI = "\u202c", "\u2069"

_BLANKS = "\t\n\r\x0b\x0c\x85\u2028\u2029"
_FOLD = re.compile(f"[ {_BLANKS}]+")
_OTHER_BLANK = re.compile(f"[{_BLANKS}]")
_OPENERS, _CLOSERS = "\u202a\u202b\u2066\u2067\u2068", "\u202c\u2069"
_MARKS = "\u200e\u200f"
_LAYERS = 50  # of blanks, marks and isolates around a field; who writes more keeps the rest


class Undecodable(ValueError):
    """The bytes are not text this program can be sure of: what, how to mend it, and where."""

    def __init__(self, what: str, mend: str, line: int, offset: int) -> None:
        self.what, self.mend, self.line, self.offset = what, mend, line, offset
        super().__init__(f"{what} (line {line}, byte {offset}); {mend}")


def decode(data: bytes) -> tuple[str, list[Warn]]:
    """The text of *data*: UTF-8 with or without BOM, UTF-16 with BOM; windows-1256 or windows-1255, with a
    warning, only where no multi-byte sequence is valid UTF-8 and the letters are as in that language.

    Raises Undecodable, with the line and the byte offset (from 0), for everything else and for NUL.
    """
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise _undecodable(data, 0, "the file is UTF-32")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_utf16(data), []
    if (nul := data.find(b"\0")) >= 0:
        raise _undecodable(data, nul, "there is a NUL byte: this is no text, or UTF-16 without its mark")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        found = _decode_windows(data)
        if found is None:
            # utf-8-sig counts from behind the BOM
            offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
            raise _undecodable(data, offset, f"byte 0x{data[offset]:02X} is not UTF-8") from None
    text, name = found
    return text, [Warn(f"read as {name}; {_SAVE}")]


def _undecodable(data: bytes, offset: int, what: str) -> Undecodable:
    line = 1 + sum(1 for _ in _LINE_END.finditer(data, 0, offset))
    return Undecodable(what, _SAVE, line, offset)


def _decode_utf16(data: bytes) -> str:
    codec = "utf-16-le" if data.startswith(b"\xff\xfe") else "utf-16-be"
    try:
        text = data[2:].decode(codec)
    except UnicodeDecodeError as error:
        before = data[2 : 2 + error.start].decode(codec)
        line = 1 + len(re.findall("\r\n|\r|\n", before))
        raise Undecodable("the UTF-16 is broken", _SAVE, line, 2 + error.start) from None
    if (nul := text.find("\0")) >= 0:
        line = 1 + len(re.findall("\r\n|\r|\n", text[:nul]))
        offset = 2 + len(text[:nul].encode(codec, "surrogatepass"))
        raise Undecodable("there is a NUL in the text", _SAVE, line, offset)
    return text


def _decode_windows(data: bytes) -> tuple[str, str] | None:
    if _MULTIBYTE.search(_WORD_END.sub(b" ", data)):
        return None
    for name, plausible in (("windows-1256", _arabic), ("windows-1255", _hebrew)):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if plausible(text):
            return text, name
    return None


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _arabic(text: str) -> bool:
    letters = _letters(text)
    usual = sum(map(text.count, "اليمن"))
    return letters >= _ENOUGH and usual > 0.25 * letters and not _FRENCH_INSIDE.search(text)


def _hebrew(text: str) -> bool:
    """Most letters are Hebrew, and the final forms stand at word ends: visual order has them at the start."""
    letters, hebrew = _letters(text), len(_HEBREW.findall(text))
    finals = [found["inside"] is None for found in _FINAL.finditer(text)]
    return (
        letters >= _ENOUGH
        and 2 * hebrew > letters
        and bool(finals)
        and finals.count(True) > 0.9 * len(finals)
    )


def tidy(text: str) -> tuple[str, list[Warn]]:
    """*text* with "\\n" as its only line end and nothing that breaks XML, a mail or the direction of a page.

    U+2028, U+2029, NEL, VT and FF become a paragraph break; control characters, noncharacters, lone surrogates,
    U+FFFD and U+FEFF go; balanced embeddings become isolates, overrides and unbalanced controls go (UAX #9; a
    line is a paragraph). Each loss is one warning with its first line. Everything else stays as written.
    """
    if not _is_odd(text):
        return text, []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    warnings = []
    if first := _FORBIDDEN.search(text):
        kept = _FORBIDDEN.sub("", text)
        names = ", ".join(sorted(f"U+{ord(char):04X}" for char in set(text) if _FORBIDDEN.match(char))[:5])
        line = text.count("\n", 0, first.start()) + 1
        count = len(text) - len(kept)
        warnings.append(Warn(f"{count} characters that no output may hold were removed: {names}", line))
        text = kept
    if _CONTROL.search(text):
        text, lost, where = _balance_lines(text)
        if lost:
            warnings.append(Warn(f"{lost} bidi overrides or unbalanced bidi controls were removed", where))
    return _SEPARATOR.sub("\n\n", text), warnings


def _is_odd(text: str) -> bool:
    rest = text.encode("utf-8", "surrogatepass").translate(None, _SAFE)
    if not rest:
        return False
    if _ODD.search(text):
        return True
    return any(lead in rest for lead in _LEADS) and _ODD_ASTRAL.search(text) is not None


def _balance_lines(text: str) -> tuple[str, int, int | None]:
    """The text, how many controls it lost, and the line of the first loss."""
    if (count := len(found := _CONTROL.findall(text))) > _MOST_CONTROLS:
        return _CONTROL.sub("", text), count, text.count("\n", 0, text.index(found[0])) + 1
    lines, lost, first = text.split("\n"), 0, None
    for number, line in enumerate(lines):
        if not _CONTROL.search(line):
            continue
        keep = dict(_balanced(line))
        gone = len(_CONTROL.findall(line)) - len(keep)
        lines[number] = _CONTROL.sub(lambda match, keep=keep: keep.get(match.start(), ""), line)  # type: ignore[misc]
        lost += gone
        first = number + 1 if gone and first is None else first
    return "\n".join(lines), lost, first


def _balanced(line: str) -> Iterator[tuple[int, str]]:
    """Where a control of a balanced pair stands, and the isolate control that takes its place (UAX #9, BD9)."""
    stack: list[tuple[int, str]] = []
    isolates = 0
    for match in _CONTROL.finditer(line):
        char = match[0]
        if char == _PDI and isolates:
            while stack[-1][1] not in "\u2066\u2067\u2068":
                stack.pop()  # an embedding that the end of its isolate cut off
            isolates -= 1
        elif char == _PDI or (char == _PDF and (not stack or stack[-1][1] in "\u2066\u2067\u2068")):
            continue
        elif char != _PDF:
            stack.append((match.start(), char))
            isolates += char in "\u2066\u2067\u2068"
            continue
        start, opener = stack.pop()
        if opener not in _OVERRIDES:
            yield start, _ISOLATE_OF.get(opener, opener)
            yield match.start(), _PDI


def clean_line(text: str) -> str:
    """*text* as one line in which nothing breaks what it stands in: `tidy`, then `one_line`."""
    return one_line(tidy(text)[0])


def one_line(text: str) -> str:
    """*text* as a field of one line: runs of white space (NBSP is none) are one blank, nothing stands around it:
    no blank, no U+200E or U+200F, no pair of isolates or embeddings that holds the whole."""
    if "  " in text or _OTHER_BLANK.search(text):
        text = _FOLD.sub(" ", text)
    for _ in range(_LAYERS):
        bare = text.strip().strip(_MARKS)
        if bare[:1] and bare[0] in _OPENERS and _closes_at_end(bare):
            bare = bare[1:-1]
        if bare == text:
            break
        text = bare
    return text


def paragraphs(text: str) -> list[str]:
    """The paragraphs of plain *text*, which empty lines part, each as one clean line."""
    return [line for each in _EMPTY_LINE.split(tidy(text)[0]) if (line := one_line(each))]


def _closes_at_end(text: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += (char in _OPENERS) - (char in _CLOSERS)
        if not depth:
            return index == len(text) - 1
    return False
