"""Door: the output folder over HTTP: raw ASGI, conditional GET, nothing outside the folder (F20, F22)."""

import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from publisher.layout import PERMALINKS
from publisher.model import media
from publisher.pages.redirect import target

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    **{f".{ending}": kind for ending, kind in media.TYPES.items() if ending != "json"},
}
COMMON = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
PAGE = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self' https: http:; media-src 'self' https: http:; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
]
KEPT = 32 << 20  # bytes of files kept in memory


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, int, int]
    body: bytes
    etag: bytes
    modified: datetime
    target: bytes  # where a page of ours leads that is nothing but a redirect; b"" of any other file


class Files:
    """Serves one folder. Bodies are kept in memory while the file on disk stays the same."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept: OrderedDict[str, _File] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        if scope["method"] not in {"GET", "HEAD"}:
            return await _answer(send, scope, 405, [(b"allow", b"GET, HEAD")], b"Only GET and HEAD.\n")
        path = _path(scope.get("raw_path") or quote(scope["path"]).encode())
        if path is None:
            return await self._missing(scope, send)
        if path and not path.endswith("/") and os.path.isdir(self._root / path):  # noqa: PTH112 - never raises
            # Relative: also right behind a proxy that strips a prefix.
            target = f"./{quote(path.rpartition('/')[2])}/".encode()
            return await _answer(send, scope, 301, [(b"location", target)], b"")
        name, found = self._find(path)
        if found is None:
            return await self._missing(scope, send)
        if found.target:
            headers = [(b"location", found.target), (b"cache-control", b"public, max-age=60"), *PAGE]
            return await _answer(send, scope, 301, headers, b"")
        return await _conditional(send, scope, found, name)

    def _find(self, path: str) -> tuple[str, _File | None]:
        """The file that a request for *path* means, and its name: of a folder its page, or the feed that stood
        there (A15); of a short address the page with its name (A16)."""
        if path and not path.endswith("/"):
            names: tuple[str, ...] = (path, f"{path}.html") if path.startswith(f"{PERMALINKS}/") else (path,)
        else:
            names = (f"{path}index.html", f"{path}index.xml", f"{path}index.json")
        for name in names:
            if found := self._file(name):
                return name, found
        return path, None

    async def _missing(self, scope: Scope, send: Send) -> None:
        page = self._file("404.html")
        headers = [(b"content-type", b"text/html; charset=utf-8"), *PAGE]
        await _answer(send, scope, 404, headers, page.body if page else b"Not found.\n")

    def _file(self, name: str) -> _File | None:
        """The regular file *name*, read anew when it changed."""
        try:
            handle = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            return None
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                return None
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            kept = self._kept.get(name)
            if kept and kept.stamp == stamp:
                self._kept.move_to_end(name)
                return kept
            body = file.read()
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'.encode()
        leads = target(body) if name.endswith((".html", ".htm")) else None
        modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
        fresh = _File(stamp, body, etag, modified, (leads or "").encode())
        self._keep(name, fresh)
        return fresh

    def _keep(self, name: str, file: _File) -> None:
        old = self._kept.pop(name, None)
        self._size += len(file.body) - (len(old.body) if old else 0)
        self._kept[name] = file
        while self._size > KEPT and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1].body)


def _path(raw: bytes) -> str | None:
    """The path below the root, decoded once; None for one that leaves it, hides, or is no UTF-8."""
    try:
        path = unquote_to_bytes(raw.partition(b"?")[0]).decode("utf-8").removeprefix("/")
    except UnicodeDecodeError:
        return None
    parts = path.removesuffix("/").split("/") if path else []
    if "\0" in path or any(part.startswith(".") or not part for part in parts):
        return None
    return path


async def _conditional(send: Send, scope: Scope, file: _File, name: str) -> None:
    """200, or 304 where the reader has it already (RFC 9110, 13.1)."""
    suffix = os.path.splitext(name)[1]  # noqa: PTH122 - a string, not a file
    ending = suffix.lower()
    kind = TYPES.get(name) or _feed_type(ending, file.body) or TYPES.get(ending, "application/octet-stream")
    headers = [
        (b"content-type", kind.encode()),
        (b"etag", file.etag),
        (b"last-modified", format_datetime(file.modified, usegmt=True).encode()),
        (b"cache-control", b"public, max-age=60"),
    ]
    if suffix in {".html", ".htm"}:
        headers += PAGE
    else:
        headers.append((b"access-control-allow-origin", b"*"))
    if _has_it(dict(scope["headers"]), file):
        return await _answer(send, scope, 304, headers[1:], b"", length=False)
    return await _answer(send, scope, 200, headers, file.body)


def _feed_type(suffix: str, body: bytes) -> str | None:
    """The type of a feed at an address of its own (A15), told by how it begins."""
    if suffix not in {".xml", ".json", ".rss", ".atom", ".rdf"}:
        return None
    start = body[:500]
    if suffix == ".json":
        return TYPES["feed.json"] if b"https://jsonfeed.org/version/" in start else None
    return TYPES["rss.xml"] if b"<rss" in start else TYPES["atom.xml"] if b"<feed" in start else None


def _has_it(request: dict[bytes, bytes], file: _File) -> bool:
    if b"if-none-match" in request:
        tags = [tag.strip().removeprefix(b"W/") for tag in request[b"if-none-match"].split(b",")]
        return b"*" in tags or file.etag in tags
    try:
        since = parsedate_to_datetime(request[b"if-modified-since"].decode("ascii"))
        return file.modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))
    except (KeyError, ValueError, TypeError, OverflowError):
        return False


async def _answer(
    send: Send,
    scope: Scope,
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    *,
    length: bool = True,
) -> None:
    sized = [(b"content-length", str(len(body)).encode())] if length else []
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *COMMON, *sized]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
