"""The parts of any message, in linear time and whatever is wrong with it (RFC 5322, 2045, 2046).

Python's email package follows every nesting, in time as its square and until the stack ends; and it raises on some
header words. What comes back by mail is written by strangers.
"""

import base64
import binascii
import html
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST = 1_000_000  # octets of a message that are looked at
TEXT = 60_000  # characters of a part's text
FIELD = 4_000  # characters of a field
_FIELDS = 5_000  # of a header
_DEPTH = 8
_PARTS = 60

_NAME = re.compile(rb"([!-9;-~]{1,80})[ \t]*:")
_TYPE = re.compile(r"\s*([\w.+-]{1,80}/[\w.+-]{1,80})", re.ASCII)
_PARAMETER = r"""[;\s]%s\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))"""
_BOUNDARY = re.compile(_PARAMETER % "boundary", re.IGNORECASE)
_CHARSET = re.compile(_PARAMETER % "charset", re.IGNORECASE)
# Codecs that read text octet by octet; others (idna, punycode, zlib) take long or raise.
_CHARSETS = re.compile(
    r"(?:utf|us-ascii|ascii|iso|latin|windows|cp|shift|sjis|euc|gb|big5|koi8|hz|mac|tis|ks_c)[\w.-]{0,30}",
    re.I,
)
_WORD = re.compile(r"=\?([\w.*+-]{1,60})\?([bq])\?([!->@-~ ]{0,400})\?=(?:\s{1,80}(?==\?))?", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_UNREAD = re.compile(r"<(style|script)", re.IGNORECASE | re.ASCII)
_UNREAD_ENDS = {tag: re.compile(f"</{tag}", re.IGNORECASE | re.ASCII) for tag in ("style", "script")}


@dataclass(frozen=True, slots=True)
class Part:
    """A message or a part of one. Names of fields are lower case; values unfolded and cut, in their order."""

    head: Mapping[str, tuple[str, ...]]
    body: bytes
    parts: tuple["Part", ...] = ()

    def first(self, name: str) -> str:
        return self.head.get(name, ("",))[0]

    @property
    def type(self) -> str:
        """The media type, lower case; text/plain where it says none (RFC 2045, 5.2)."""
        found = _TYPE.match(self.first("content-type"))
        return found[1].lower() if found else "text/plain"

    @property
    def encloses(self) -> bool:
        """Whether its one part is another message, or the header of one."""
        return "rfc822-header" in self.type or (self.type.startswith("message/") and bool(self.parts))


@dataclass(slots=True)
class _Budget:
    left: int = _PARTS


def parse(data: bytes) -> Part:
    """The parts of *data*, as far as LONGEST goes. Line ends may be CRLF, LF or CR. Never raises."""
    lines = data[:LONGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _part(lines, _DEPTH, _Budget())


def walk(part: Part, *, into: bool = False) -> Iterator[Part]:
    """*part* and what is in it, in reading order; into enclosed messages only on demand."""
    yield part
    if into or not part.encloses:
        for child in part.parts:
            yield from walk(child, into=into)


def text_of(part: Part) -> str:
    """The text of a leaf, decoded and cut; HTML without its tags."""
    raw = decoded(part)
    found = _CHARSET.search(part.first("content-type"))
    text = _text(raw[: 4 * TEXT], (found[1] or found[2]) if found else "utf-8")[:TEXT]
    return _untagged(text) if part.type == "text/html" else text


def decoded(part: Part) -> bytes:
    """The octets of a leaf, out of their transfer encoding (RFC 2045, 6)."""
    encoding = part.first("content-transfer-encoding").strip().lower()
    if encoding == "base64":
        return _unbased(part.body)
    return quopri.decodestring(part.body) if encoding == "quoted-printable" else part.body


def words_of(value: str) -> str:
    """A field's *value* with its encoded words decoded (RFC 2047); what cannot be decoded stays as it is."""
    return _WORD.sub(_word, value)


def _word(found: re.Match[str]) -> str:
    octets = found[3].encode()
    raw = _unbased(octets) if found[2] in "bB" else binascii.a2b_qp(octets, header=True)
    return _text(raw, found[1].partition("*")[0])


def _text(raw: bytes, charset: str) -> str:
    if not _CHARSETS.fullmatch(charset):
        charset = "utf-8"
    try:
        return raw.decode(charset, "replace")
    except LookupError:
        return raw.decode("latin-1")


def _unbased(octets: bytes) -> bytes:
    try:
        return base64.b64decode(octets)
    except binascii.Error:  # cut short
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
        return base64.b64decode(clean[: len(clean) // 4 * 4])


def _untagged(text: str) -> str:
    kept: list[str] = []
    at = 0
    while found := _UNREAD.search(text, at):
        kept.append(text[at : found.start()])
        end = _UNREAD_ENDS[found[1].lower()].search(text, found.end())
        at = end.end() if end else len(text)
    kept.append(text[at:])
    return html.unescape(_TAG.sub("\n", "".join(kept)))


def _part(data: bytes, depth: int, budget: _Budget) -> Part:
    head, body = _split(data)
    whole = Part(_fields(head), body)
    if depth and whole.type.startswith("multipart/"):
        return Part(whole.head, body, tuple(_children(whole, depth, budget)))
    if depth and budget.left > 0 and _is_message(whole.type):
        budget.left -= 1
        return Part(whole.head, body, (_part(decoded(whole).lstrip(b"\n"), depth - 1, budget),))
    return whole


def _is_message(kind: str) -> bool:
    return kind in ("message/rfc822", "message/global", "message/partial") or "rfc822-header" in kind


def _split(data: bytes) -> tuple[bytes, bytes]:
    if data.startswith(b"\n"):
        return b"", data[1:]
    head, _, body = data.partition(b"\n\n")
    return head, body


def _fields(head: bytes) -> dict[str, tuple[str, ...]]:
    """The fields of *head*; lines that are none are passed over."""
    folded: list[tuple[str, list[bytes]]] = []
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if folded:
                folded[-1][1].append(line)
        elif len(folded) == _FIELDS:
            break
        elif found := _NAME.match(line):
            folded.append((found[1].decode().lower(), [line[found.end() :]]))
    fields: dict[str, list[str]] = {}
    for name, lines in folded:
        value = b"".join(lines)[:FIELD].decode("utf-8", "replace").strip()
        fields.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in fields.items()}


def _children(whole: Part, depth: int, budget: _Budget) -> Iterator[Part]:
    found = _BOUNDARY.search(whole.first("content-type"))
    if not found:
        return
    for piece in _pieces(b"\n" + whole.body, b"\n--" + (found[1] or found[2]).rstrip().encode()):
        if budget.left <= 0:
            return
        budget.left -= 1
        yield _part(piece, depth - 1, budget)


def _pieces(body: bytes, delimiter: bytes) -> Iterator[bytes]:
    """What stands between the lines that are *delimiter* (RFC 2046, 5.1.1); the last need not be closed."""
    start = -1
    at = body.find(delimiter)
    while at >= 0:
        after = at + len(delimiter)
        end = body.find(b"\n", after)
        end = len(body) if end < 0 else end
        rest = body[after : min(end, after + 80)].strip()
        if rest in (b"", b"--"):
            if start >= 0:
                yield body[start:at]
            start = end + 1
            if rest:
                return
            at = body.find(delimiter, end)
        else:
            at = body.find(delimiter, after)
    if 0 <= start < len(body):
        yield body[start:]
