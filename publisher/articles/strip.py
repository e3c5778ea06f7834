"""A picture without what it says of its maker: JPEG, PNG, GIF and WebP taken apart and put together again from the
parts that a screen needs. No pixel is touched. Everything else (EXIF, GPS, XMP, IPTC, comments, thumbnails, what
stands behind the end) is left out, known or not; the colour profile stays.

Each function takes the whole file and raises ValueError where the file breaks off, is another format or has more parts
than any program writes.
"""

import re
import struct

_MOST = 20_000  # parts of a file, and ...
_MOST_BLOCKS = (
    400_000  # ... blocks of 255 bytes in a GIF: honest files have a tenth; the time is bounded by them
)

_MARKER = re.compile(rb"\xff++(?=.)", re.DOTALL)
# Stuffed bytes and restarts belong to what is drawn (T.81, B.1.1.5).
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_JPEG_APART = frozenset((0xC4, 0xDB, 0xDD, *(n for n in range(0xC0, 0xD0) if n not in (0xC4, 0xC8, 0xCC))))

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS iCCP sRGB gAMA cHRM cICP sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_TELLS = 0x0C  # the flags of VP8X for EXIF and XMP
_GIF_KEPT = frozenset((b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"))


def jpeg(data: bytes) -> bytes:
    """(ITU-T T.81, annex B). A JPEG whose last marker is missing gets it."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    out, at, drawn = bytearray(b"\xff\xd8"), 2, False
    for _ in range(_MOST):
        marker = _MARKER.match(data, at)
        if marker is None or data[marker.end()] == 0xD9:
            if drawn and (marker or at == len(data)):
                return bytes(out + b"\xff\xd9")
            break
        at = marker.end() - 1
        if at + 4 > len(data):
            break
        kind, end = data[at + 1], at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if end > len(data) or end < at + 4:
            break
        apart = kind == 0xDA or kind in _JPEG_APART
        out += data[at:end] if apart else _application(kind, data[at:end])
        at = end
        if kind == 0xDA:
            found, drawn = _SCAN_END.search(data, end), True
            at = found.start() if found else len(data)
            # Half a marker, where the file breaks off, would be a fill byte of the one that is put there.
            out += data[end:at] if found else data[end:at].rstrip(b"\xff")
    raise ValueError("the file breaks off")


def _application(marker: int, segment: bytes) -> bytes:
    """What is kept of an application's segment: the density, the colour profile, and Adobe's colour transform."""
    body = segment[4:]
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        return b"\xff\xe0\x00\x10" + body[:12] + b"\0\0"  # without its thumbnail
    if marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        return segment
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        return b"\xff\xee\x00\x0e" + body[:12]
    return b""


def png(data: bytes) -> bytes:
    """(PNG, 5.3 "Chunk layout"; APNG is among it)"""
    if data[:8] != _PNG:
        raise ValueError("not a PNG")
    out, at = bytearray(_PNG), 8
    for _ in range(_MOST):
        if at + 12 > len(data):
            break
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            break
        if kind in _PNG_KEPT:
            out += data[at:end]
        if kind == b"IEND":
            return bytes(out)
        at = end
    raise ValueError("the file breaks off")


def webp(data: bytes) -> bytes:
    """(RFC 9649, 2)"""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("not a WebP picture")
    stop = 8 + struct.unpack_from("<I", data, 4)[0]
    if stop > len(data):
        raise ValueError("the file breaks off")
    return _chunk(b"RIFF", b"WEBP" + _chunks(data[12:stop]))


def _chunks(data: bytes) -> bytes:
    out, at = bytearray(), 0
    for _ in range(_MOST):
        if at + 8 > len(data):
            return bytes(out)
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise ValueError("the file breaks off")
        if kind == b"VP8X" and body:
            body = bytes((body[0] & ~_WEBP_TELLS,)) + body[1:]
        if kind == b"ANMF":  # a frame holds chunks in turn
            body = body[:16] + _chunks(body[16:])
        if kind in _WEBP_KEPT:
            out += _chunk(kind, body)
        at += 8 + length + length % 2
    raise ValueError("the file has too many parts")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def gif(data: bytes) -> bytes:
    """(GIF89a, 18-26)"""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 13:
        raise ValueError("not a GIF")
    at = 13 + _palette(data[10])
    out = bytearray(data[:at])
    for _ in range(_MOST):
        if at >= len(data):
            break
        match data[at]:
            case 0x3B:
                return bytes(out + b"\x3b")
            case 0x2C if at + 10 < len(data):
                end = _blocks_end(data, at + 10 + _palette(data[at + 9]) + 1)
                out += data[at:end]
            case 0x21 if at + 2 < len(data):
                end = _blocks_end(data, at + 2)
                label = data[at + 1]
                if label == 0xF9 or (label == 0xFF and data[at + 3 : at + 14] in _GIF_KEPT):
                    out += data[at:end]
            case _:
                break
        at = end
    raise ValueError("the file breaks off")


def _palette(packed: int) -> int:
    """Bytes of the colour table that a packed field announces."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    """Where the sub-blocks that begin *at* end."""
    for _ in range(_MOST_BLOCKS):
        if at >= len(data):
            break
        size = data[at]
        at += 1 + size
        if size == 0:
            return at
    raise ValueError("the file breaks off")
