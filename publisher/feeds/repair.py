"""Feeds that are not well-formed, as readers put up with them: control characters, HTML's entities, ampersands that
nobody escaped, letters cut in two (A15)."""

import re
from html.entities import name2codepoint

_PARTS = re.compile(
    rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->"  # as they are
    rb"|&(?:#x([0-9A-Fa-f]{1,6});|#([0-9]{1,7});|([A-Za-z][A-Za-z0-9]{1,31});)?",
    re.DOTALL,
)
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")  # XML 1.0, 2.2
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)")
_OURS = frozenset(["amp", "lt", "gt", "quot", "apos"])


def xml(data: bytes) -> bytes:
    """*data*, an XML document, with these mended; as it is in UTF-16, or where it declares entities itself."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<!ENTITY" in data:
        return data
    declared = _ENCODING.match(data)
    if declared is None or declared[1].lower() in {b"utf-8", b"utf8"}:
        data = data.decode("utf-8", "replace").encode()
    return _PARTS.sub(_mended, _FORBIDDEN.sub(b"", data))


def _mended(part: re.Match[bytes]) -> bytes:
    if part[0][:1] == b"<":
        return part[0]
    if part[1] or part[2]:
        return part[0] if _allowed(int(part[1], 16) if part[1] else int(part[2])) else b""
    name = (part[3] or b"").decode()
    if name in _OURS:
        return part[0]
    return b"&#%d;" % name2codepoint[name] if name in name2codepoint else b"&amp;" + part[0][1:]


def _allowed(code: int) -> bool:
    """Whether XML has this character (XML 1.0, 2.2)."""
    return (
        code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    )
