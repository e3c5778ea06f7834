"""Files as HTTP's content codings: gzip (RFC 1952) and Brotli (RFC 7932), the same bytes for the same bytes."""

import re
import zlib
from collections.abc import Callable

import brotli

from publisher.layout import names_feed

SMALLEST = 20_000  # bytes of a page or style sheet from which on its companions are worth their place
_PAGE = re.compile(r"\.(?:html?|css)\Z", re.IGNORECASE)
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header


def worth(path: str, size: int) -> bool:
    """Whether the file *path* of *size* bytes has companions: feeds, OPML and sitemaps always, pages when large."""
    return names_feed(path) or (size > SMALLEST and bool(_PAGE.search(path)))


def pack(data: bytes, coding: str) -> bytes:
    """*data* in *coding*, "gzip" or "br". No time and no name stands in it."""
    return _PACK[coding](data)


def holds(packed: bytes, coding: str, data: bytes) -> bool:
    """Whether *packed* is *data* in *coding*, whole and nothing else; at most as much as *data* is unpacked."""
    try:
        return _UNPACK[coding](packed, len(data)) == data
    except (zlib.error, brotli.error):
        return False


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


def _gunzip(packed: bytes, limit: int) -> bytes | None:
    unpacker = zlib.decompressobj(_GZIP)
    data = unpacker.decompress(packed, limit + 1)
    return data if unpacker.eof and not unpacker.unused_data else None


def _brotli(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data, quality=5)
    return packed


def _unbrotli(packed: bytes, limit: int) -> bytes | None:
    unpacker = brotli.Decompressor()
    data: bytes = unpacker.process(packed, output_buffer_limit=limit + 1)
    while len(data) <= limit and not unpacker.is_finished():
        more = unpacker.process(b"", output_buffer_limit=limit + 1 - len(data))
        if not more:
            return None
        data += more
    return data if unpacker.is_finished() else None


_PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "br": _brotli}
_UNPACK: dict[str, Callable[[bytes, int], bytes | None]] = {"gzip": _gunzip, "br": _unbrotli}
