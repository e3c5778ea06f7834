"""A feed document as it stands on the disk: what a server has to know of it, and its entries one by one.

It is read as our renderers write it, without a parser for the whole: a megabyte costs a millisecond.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any, Literal

from lxml import etree

from publisher.layout import names_feed

Kind = Literal["rss", "atom", "json"]
MARK = 8  # bytes of an entry's mark

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"
# What may hold the letters of a tag without being one is passed over first.
_TAGS = {
    kind: re.compile(
        rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|(?P<open><%b[\s>])|(?P<close></%b\s*>)" % (tag, tag), re.DOTALL
    )
    for kind, tag in (("atom", b"entry"), ("rss", b"item"))
}
# A string of JSON holds no line break: a line of this shape is the document's own.
_ITEMS = re.compile(rb'\n "items": \[(?=\n)(.*?)\n \]', re.DOTALL)
_ITEM = re.compile(rb"\n  \{\n.*?\n  \}(?=,\n|\Z)", re.DOTALL)
_CHANGED = re.compile(rb'\n   "date_modified": "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document says of itself."""

    kind: Kind
    updated: datetime | None  # UTC; None where it says nothing that can be read
    links: tuple[tuple[str, str], ...]  # rel ("hub", "self") and URL, as the document has them (F24)
    archive: bool  # an archive document (RFC 5005, 4): it grows no more


def fingerprint(data: bytes) -> str:
    """The content hash that is a file's entity tag (F22)."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def kind(path: str, data: bytes) -> Kind | None:
    """Which feed *data*, the file *path*, is, told by how it begins; None where it is none."""
    if not names_feed(path):
        return None
    start = data[:1000]
    if path.lower().endswith(".json"):
        return "json" if b"https://jsonfeed.org/version/" in start else None
    return "rss" if b"<rss" in start else "atom" if b"<feed" in start else None


def read(path: str, data: bytes) -> Facts | None:
    """What the feed *data*, the file *path*, says of itself; None where it is no feed."""
    found = kind(path, data)
    if found is None:
        return None
    shell = _without(data, found, spans(data, found))
    try:
        return _json(data, shell) if found == "json" else _xml(shell, found)
    except (ValueError, TypeError, KeyError, AttributeError, etree.XMLSyntaxError, OverflowError):
        return Facts(found, None, (), False)


def spans(data: bytes, kind: Kind) -> list[tuple[int, int]]:
    """Where each entry begins, with the blanks before it, and ends."""
    if kind == "json":
        items = _ITEMS.search(data)
        return [found.span() for found in _ITEM.finditer(data, items.start(1), items.end(1))] if items else []
    found: list[tuple[int, int]] = []
    start = -1
    for tag in _TAGS[kind].finditer(data):
        if tag["open"] and start < 0:
            start = _blanks(data, tag.start())
        elif tag["close"] and start >= 0:
            found.append((start, tag.end()))
            start = -1
    return found


def marks(data: bytes, kind: Kind) -> bytes:
    """MARK bytes for each entry, which change with its bytes."""
    return b"".join(_mark(data, span) for span in spans(data, kind))


def delta(data: bytes, kind: Kind, known: bytes) -> bytes | None:
    """The document with those entries alone that have none of the marks *known*; None where that is all of them
    (RFC 3229 with the instance manipulation "feed": what a reader of an older version has not seen)."""
    seen = {known[at : at + MARK] for at in range(0, len(known), MARK)}
    old = [span for span in spans(data, kind) if _mark(data, span) in seen]
    return _without(data, kind, old) if old else None


def _blanks(data: bytes, end: int) -> int:
    """Where the blanks begin that end at *end*."""
    while end and data[end - 1] in b" \t\r\n":
        end -= 1
    return end


def _mark(data: bytes, span: tuple[int, int]) -> bytes:
    return hashlib.blake2b(data[span[0] : span[1]].strip(), digest_size=MARK).digest()


def _without(data: bytes, kind: Kind, drop: list[tuple[int, int]]) -> bytes:
    """The document less the entries *drop*."""
    if kind == "json":
        return _relisted(data, drop)
    ends = [(0, 0), *drop, (len(data), len(data))]
    return b"".join(data[before[1] : after[0]] for before, after in pairwise(ends))


def _relisted(data: bytes, drop: list[tuple[int, int]]) -> bytes:
    """In JSON a comma stands between two entries, and there alone."""
    every = spans(data, "json")
    if not every:
        return data
    gone = set(drop)
    kept = b",".join(data[start:end] for start, end in every if (start, end) not in gone)
    return data[: every[0][0]] + kept + data[every[-1][1] :]


def _xml(shell: bytes, kind: Kind) -> Facts:
    root = etree.fromstring(shell, etree.XMLParser(resolve_entities=False, no_network=True))
    channel = root.find("channel") if kind == "rss" else root
    if channel is None:
        return Facts(kind, None, (), False)
    links = tuple(
        (str(link.get("rel")), str(link.get("href")))
        for link in channel.findall(f"{_ATOM}link")
        if link.get("rel") in {"hub", "self"} and link.get("href")
    )
    if kind == "rss":
        date = channel.findtext("lastBuildDate")
        updated = parsedate_to_datetime(date) if date else None
    else:
        date = channel.findtext(f"{_ATOM}updated")
        updated = datetime.fromisoformat(date) if date else None
    return Facts(kind, _utc(updated), links, channel.find(_ARCHIVE) is not None)


def _json(data: bytes, shell: bytes) -> Facts:
    head: dict[str, Any] = json.loads(shell)
    hubs = tuple(("hub", str(hub["url"])) for hub in head.get("hubs", ()))
    own = (("self", str(head["feed_url"])),) if head.get("feed_url") else ()
    return Facts("json", max(_changes(data), default=None), hubs + own, False)


def _changes(data: bytes) -> Iterator[datetime]:
    """JSON Feed has no date of its own: that of its newest change is the feed's (F10)."""
    for found in _CHANGED.finditer(data):
        when = _utc(datetime.fromisoformat(found[1].decode("ascii")))
        if when:
            yield when


def _utc(when: datetime | None) -> datetime | None:
    return when and (when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC))
