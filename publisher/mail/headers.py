"""Header fields as bytes, by our own encoder (M2-M4).

Python's email package splits words inside a grapheme and turns a long List-Unsubscribe into RFC 2047 words; it
reads what this module writes, in the tests, and writes nothing.
"""

import base64
import re
from collections.abc import Iterable, Iterator

import regex

LINE = 78  # characters of a line, without CRLF (RFC 5322, 2.1.1)
_WORD = 75  # characters of an encoded word (RFC 2047, 2)
_OPEN, _CLOSE = "=?utf-8?B?", "?="
_BREAKING = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")  # a word fits behind it
_BLANKS = re.compile(r"\s{2,}")
_PRINTABLE = re.compile(r"[ -~]+")
# \X alone takes time as the square of the length of a run of flags: each look goes back to the first.
_CLUSTER = regex.compile(r"\p{Regional_Indicator}{2}[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]*|\X")
_ADDRESS = regex.compile(r"[^\p{C}\p{Z}<>()\[\],;:\\\"]+")


def text_field(name: str, value: str) -> bytes:
    """The unstructured field *name*, one CRLF at its end: ASCII folded at blanks, else RFC 2047 B words cut between
    grapheme clusters; no line is longer than 78. What would break a line becomes a blank (M4). Raises ValueError for a
    *name* that is none."""
    text = one_line(value)
    if text.isascii() and "=?" not in text:
        plain = folded(f"{_checked(name)}:", re.findall(r" *[^ ]+", f" {text}"))
        if max(map(len, plain.split("\r\n"))) <= LINE:
            return plain.encode()
    return folded(f"{_checked(name)}:", _spaced(_words(text, len(name) + 2))).encode()


def address_field(name: str, display: str, address: str) -> bytes:
    """The field *name* with one mailbox, or a list's phrase and id (RFC 5322, 3.4; RFC 2919, 2). Encoded words stand
    outside quotes and angle brackets. A non-ASCII local part stays UTF-8 (RFC 6532). Raises ValueError when
    *address* holds what an address cannot."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"not an address: {address!r}")
    phrase = []
    if display:
        words = _BLANKS.sub(" ", one_line(display))  # what reads a phrase makes one blank of many
        phrase = _phrase(words, len(name) + 2)
    return folded(f"{_checked(name)}:", [*phrase, f" <{address}>"]).encode()


def raw_field(name: str, value: str) -> bytes:
    """The structured ASCII field *name*, folded only behind the commas between its URIs and never with encoded words
    (M3). Raises ValueError on anything else than printable ASCII, and where a line would pass 998 octets."""
    if not _PRINTABLE.fullmatch(value) or "=?" in value:
        raise ValueError(f"{name} cannot hold {value!r}")
    first, *rest = value.split(", ")
    parts = [f" {first}", *(f" {part}" for part in rest)]
    field = folded(f"{_checked(name)}:", [*(f"{part}," for part in parts[:-1]), parts[-1]])
    if max(map(len, field.split("\r\n"))) > 998:
        raise ValueError(f"{name} is too long for a mail: {value[:60]!r}...")
    return field.encode()


def one_line(value: str) -> str:
    """*value* with every control, line or paragraph separator and lone surrogate made a blank, without the blanks at
    its ends (a header loses those)."""
    return str(_BREAKING.sub(" ", value)).strip()


def folded(start: str, parts: Iterable[str]) -> str:
    """*start* and *parts*, each part beginning with the blank a line may be folded at; CRLF at the end. A line is
    longer than 78 only where a part is."""
    lines = [start]
    for part in parts:
        if len(lines[-1]) + len(part) > LINE and lines[-1] != start:
            lines.append(part)
        else:
            lines[-1] += part
    return "\r\n".join(lines) + "\r\n"


def _checked(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(f"not a header name: {name!r}")
    return name


def _phrase(display: str, column: int) -> list[str]:
    """*display* as it stands before an angle bracket: atoms, a quoted string or encoded words."""
    if not display:
        return []
    if display.isascii() and "=?" not in display:
        quoted = display if _ATOMS.fullmatch(display) else '"' + re.sub(r'(["\\])', r"\\\1", display) + '"'
        if column + len(quoted) <= LINE:
            return [f" {quoted}"]
    return list(_spaced(_words(display, column)))


def _words(text: str, column: int) -> Iterator[str]:
    """*text* as encoded words, the first fit to begin at *column*; each holds whole grapheme clusters, but for a
    cluster that fills the first word on its own (42 octets of a Subject), which is cut between characters."""
    room = _octets(min(_WORD, LINE - column))
    word = b""
    for piece in _pieces(text, room):
        if word and len(word) + len(piece) > room:
            yield _word(word)
            word, room = b"", _octets(_WORD)
        word += piece
    if word:
        yield _word(word)


def _pieces(text: str, room: int) -> Iterator[bytes]:
    """The grapheme clusters of *text*; the characters of one that has more octets than *room*, the least a word has."""
    for cluster in _CLUSTER.findall(text):
        data = cluster.encode()
        if len(data) <= room:
            yield data
        else:
            yield from (character.encode() for character in cluster)


def _octets(characters: int) -> int:
    return (characters - len(_OPEN) - len(_CLOSE)) // 4 * 3


def _word(data: bytes) -> str:
    return _OPEN + base64.b64encode(data).decode() + _CLOSE


def _spaced(words: Iterable[str]) -> Iterator[str]:
    return (f" {word}" for word in words)
