"""Door: the output folder over HTTP: raw ASGI from memory, conditional GET, nothing outside the folder (F20–F23)."""

import asyncio
import os
import stat
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote, unquote_to_bytes

import structlog

from publisher.feeds import compression
from publisher.layout import PERMALINKS, companion, feed_page
from publisher.web import answers, negotiate
from publisher.web.answers import Answer, Headers

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Versions = Callable[[str], Mapping[str, bytes]]

KEPT = 32 << 20  # bytes of files kept in memory
LARGE = 2 << 20  # bytes of a file that is not: it is read piece by piece
DELTAS = 16  # answers with new entries alone that are kept for each feed
_PIECE = 256 << 10
_ADDRESSES = 10_000  # request paths whose files are remembered
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ASKED = frozenset(
    [
        b"accept",
        b"accept-encoding",
        b"a-im",
        b"if-modified-since",
        b"if-none-match",
        b"sec-fetch-dest",
        b"upgrade-insecure-requests",
    ]
)

log = structlog.get_logger()


class Reply(NamedTuple):
    """An answer, as it goes out."""

    status: int
    headers: Headers
    body: bytes


class _File:
    """A file as it was when it was read, and what has been made of it since."""

    __slots__ = ("answers", "body", "deltas", "misfits", "name", "place", "plan", "size", "stamp", "versions")

    def __init__(self, name: str, place: str, found: os.stat_result, body: bytes | None) -> None:
        self.name, self.place, self.stamp, self.body = name, place, _stamp(found), body
        self.plan = answers.plan(name, body, found)
        self.answers: dict[tuple[str, bool], Answer] = {}  # by coding, and whether as a feed's page
        self.misfits: dict[str, tuple[int, int, int]] = {}  # companions that hold something else
        self.versions: asyncio.Future[Mapping[str, bytes]] | None = None
        self.deltas: OrderedDict[tuple[str, str], asyncio.Future[Answer | None]] = OrderedDict()
        self.size = 0  # bytes that it takes in memory, as Files counts them

    def fresh(self) -> bool:
        """Whether the file on disk is still the one that was read."""
        try:
            return _stamp(os.stat(self.place, follow_symlinks=False)) == self.stamp  # noqa: PTH116 - every request
        except OSError:
            return False


class Files:
    """Serves one folder. What is asked for is kept in memory while the file on disk stays the same."""

    def __init__(self, root: Path, versions: Versions = lambda _: {}) -> None:
        """*versions* reads what earlier versions of a feed held, by their entity tags; it may block."""
        self._root = str(root)
        self._real = os.path.realpath(root)
        self._versions = versions
        self._kept: OrderedDict[str, _File] = OrderedDict()
        self._size = 0
        self._at: dict[bytes, str] = {}  # the file of a request path that names it itself

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        method = scope["method"]
        if method not in {"GET", "HEAD"}:
            return await _send(send, scope, answers.OPTIONS if method == "OPTIONS" else answers.REFUSED)
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        name = self._at.get(raw)
        found = self._file(name) or self._look(raw) if name else self._look(raw)
        if isinstance(found, _File) and found.plan.target:
            found = answers.moved(found.plan.target, page=True)
        if isinstance(found, Answer):
            return await _send(send, scope, found)
        return await self._serve(found, _asked(scope["headers"]), scope, send)

    def at_once(self, raw: bytes, headers: Headers) -> Reply | None:
        """What to say to a GET of *raw* with these *headers*, where that was found before and takes no waiting: the
        answers that nearly all requests get. None: ask by a call."""
        name = self._at.get(raw)
        file = self._file(name) if name else None
        if file is None or file.plan.target:
            return None
        asked = _asked(headers)
        page = self._page(file, asked)
        answer = self._answer(
            page or file, negotiate.codings(asked.get(b"accept-encoding")), as_page=page is not None
        )
        tags = asked.get(b"if-none-match")
        if tags == answer.tag:
            return Reply(304, answer.unchanged, b"")
        if tags is not None or b"if-modified-since" in asked or answer.body is None:
            return None
        return Reply(answer.status, answer.headers, answer.body)

    async def _serve(self, file: _File, asked: dict[bytes, bytes], scope: Scope, send: Send) -> None:
        codings = negotiate.codings(asked.get(b"accept-encoding"))
        page = self._page(file, asked)
        answer = self._answer(page or file, codings, as_page=page is not None)
        tags = asked.get(b"if-none-match")
        if tags is not None:
            if tags == answer.tag:
                return await _send_nothing(send, answer.unchanged)
            given = negotiate.tags(tags)
            known = next(
                (tag for tag in given if tag == "*" or negotiate.instance(tag) == answer.instance), None
            )
            if known is not None:
                return await _send_nothing(send, answer.unchanged_as(known))
            if b"a-im" in asked and page is None and negotiate.is_delta(asked[b"a-im"]):
                delta = await self._delta(file, given, codings)
                if delta is not None:
                    return await _send(send, scope, delta)
        elif _not_since(answer.modified, asked.get(b"if-modified-since")):
            return await _send_nothing(send, answer.unchanged)
        if answer.body is None:
            return await _stream(send, scope, file, answer)
        return await _send(send, scope, answer)

    # Which file

    def _look(self, raw: bytes) -> _File | Answer:
        """The file that a request for *raw* means, or what to answer instead."""
        path = _path(raw)
        if path is None:
            return self._missing()
        found = self._find(path)
        if found is None:
            if path and not path.endswith("/") and os.path.isdir(f"{self._root}/{path}"):  # noqa: PTH112
                # Relative: also right behind a proxy that strips a prefix.
                return answers.moved(f"./{quote(path.rpartition('/')[2])}/", page=False)
            return self._missing()
        if found.name in {path, f"{path}index.html"}:
            if len(self._at) >= _ADDRESSES:
                self._at.clear()
            self._at[raw] = found.name
        return found

    def _find(self, path: str) -> _File | None:
        """The file that a request for *path* means: of a folder its page, or the feed that stood there (A15); of a
        short address the page with its name (A16)."""
        if path and not path.endswith("/"):
            names: tuple[str, ...] = (path, f"{path}.html") if path.startswith(f"{PERMALINKS}/") else (path,)
        else:
            names = (f"{path}index.html", f"{path}index.xml", f"{path}index.json")
        return next((found for name in names if (found := self._file(name))), None)

    def _missing(self) -> Answer:
        page = self._file("404.html")
        return answers.missing(page.body if page else None)

    def _page(self, file: _File, asked: dict[bytes, bytes]) -> _File | None:
        """What a person who opened the address of the feed *file* sees, where there is such a page (F21)."""
        if not file.plan.for_readers:
            return None
        upgrade, accept = asked.get(b"upgrade-insecure-requests"), asked.get(b"accept")
        if not negotiate.is_browser(asked.get(b"sec-fetch-dest"), upgrade, accept):
            return None
        return self._file(feed_page(file.name))

    def _file(self, name: str) -> _File | None:
        """The regular file *name*, read anew when it changed."""
        kept = self._kept.get(name)
        if kept is not None and kept.fresh():
            self._kept.move_to_end(name)
            return kept
        place = f"{self._root}/{name}"
        try:
            if not f"{os.path.realpath(os.path.dirname(place))}/".startswith(f"{self._real}/"):  # noqa: PTH120
                return None  # by a link of a folder out of the output
            if not stat.S_ISREG(os.stat(place, follow_symlinks=False).st_mode):  # noqa: PTH116
                return None
            with open(os.open(place, _READ), "rb") as file:  # noqa: PTH123
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    return None
                body = file.read() if found.st_size <= LARGE else None
        except (OSError, ValueError):
            return None
        fresh = _File(name, place, found, body)
        self._forget(name)
        self._kept[name] = fresh
        self._grow(fresh, len(body or b""))
        return fresh

    def _forget(self, name: str) -> None:
        old = self._kept.pop(name, None)
        if old:
            self._size -= old.size
            old.size = 0

    def _grow(self, file: _File, more: int) -> None:
        """*file*, or what was made of it, takes *more* bytes: let go of what nobody asked for lately."""
        if self._kept.get(file.name) is not file:
            return
        self._size += more
        file.size += more
        while self._size > KEPT and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))

    # In which form

    def _answer(self, file: _File, codings: tuple[str, ...], *, as_page: bool) -> Answer:
        """The answer with *file* in the best of *codings* that it has."""
        for coding in codings if file.plan.coded else ("identity",):
            kept = file.answers.get((coding, as_page))
            if kept is not None:
                return kept
            body = file.body if coding == "identity" else self._companion(file, coding)
            if body is not None or coding == "identity":
                answer = file.answers[coding, as_page] = answers.whole(
                    file.plan, body, coding, as_page=as_page
                )
                if coding != "identity":
                    self._grow(file, len(body or b""))
                return answer
        raise AssertionError("identity is among the codings")

    def _companion(self, file: _File, coding: str) -> bytes | None:
        """*file* in *coding* from the companion beside it: only one that was made of these very bytes."""
        place = companion(file.place, coding)
        try:
            found = os.stat(place, follow_symlinks=False)  # noqa: PTH116
            stamp = _stamp(found)
            if found.st_mtime_ns != file.stamp[0] or file.misfits.get(coding) == stamp:
                return None
            with open(os.open(place, _READ), "rb") as opened:  # noqa: PTH123
                packed = opened.read()
        except OSError:
            return None
        if compression.holds(packed, coding, file.body or b""):
            return packed
        file.misfits[coding] = stamp
        return None

    async def _delta(self, file: _File, tags: list[str], codings: tuple[str, ...]) -> Answer | None:
        """What is new in *file* to who has the version of one of *tags*; None where that is nobody's version, or
        everything is new. Loop and disk do not wait for each other: it is worked out once, in a thread."""
        if not file.plan.for_readers or file.body is None:
            return None
        if file.versions is None:
            file.versions = asyncio.ensure_future(asyncio.to_thread(self._known, file.name))
        known = await asyncio.shield(file.versions)
        tag = next((tag for tag in tags if negotiate.instance(tag) in known), None)
        if tag is None:
            return None
        coding = next((each for each in codings if each in {"gzip", "identity"}), "identity")
        key = (tag, coding)
        made = file.deltas.get(key)
        if made is None:
            entries = known[negotiate.instance(tag)]
            work = asyncio.to_thread(answers.delta, file.plan, file.body, entries, tag, coding)
            made = file.deltas[key] = asyncio.ensure_future(work)
            if len(file.deltas) > DELTAS:
                file.deltas.popitem(last=False)
            answer = await asyncio.shield(made)
            self._grow(file, len((answer and answer.body) or b""))
            return answer
        return await asyncio.shield(made)

    def _known(self, name: str) -> Mapping[str, bytes]:
        try:
            return self._versions(name)
        except Exception as error:  # whatever it is: the whole feed is as good an answer
            log.warning("versions", problem=str(error))
            return {}


def _asked(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers that a file is chosen by."""
    asked: dict[bytes, bytes] = {}
    for header, value in headers:
        if header in _ASKED:
            asked[header] = asked[header] + b", " + value if header in asked else value
    return asked


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino


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


def _not_since(modified: datetime | None, header: bytes | None) -> bool:
    """Whether what was *modified* then is what the client has since (RFC 9110, 13.1.3)."""
    if modified is None or header is None:
        return False
    try:
        since = parsedate_to_datetime(header.decode("ascii"))
    except (ValueError, TypeError, OverflowError):
        return False
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))


async def _send_nothing(send: Send, headers: Headers) -> None:
    """304: what the client has is right."""
    await send({"type": "http.response.start", "status": 304, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, scope: Scope, answer: Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


async def _stream(send: Send, scope: Scope, file: _File, answer: Answer) -> None:
    """A large file, piece by piece. One that changes meanwhile is cut off, as its length was said before: the answer
    is left without its end, and the server hangs up."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if scope["method"] != "HEAD":
        left = file.stamp[1]
        async for piece in _pieces(file):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            left -= len(piece)
        if left:
            return
    await send({"type": "http.response.body", "body": b""})


async def _pieces(file: _File) -> AsyncIterator[bytes]:
    left = file.stamp[1]
    with open(os.open(file.place, _READ), "rb") as opened:  # noqa: PTH123
        if _stamp(os.fstat(opened.fileno())) != file.stamp:
            return
        while left > 0 and (piece := await asyncio.to_thread(_some, opened, left)):
            left -= len(piece)
            yield piece


def _some(file: BinaryIO, left: int) -> bytes:
    return file.read(min(_PIECE, left))
