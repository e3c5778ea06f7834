"""Files that are answered without a task of their own: to the byte what a task would answer (F20–F23, X12)."""

import asyncio
import gzip
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.web.answers import Headers
from publisher.web.deadlines import Guard, protocol
from publisher.web.files import Files, Reply
from publisher.web.limits import Limits
from tests.web.test_slow_clients import heard

FEED = "<feed xmlns='http://www.w3.org/2005/Atom'><title>أخبار</title></feed>".encode() * 30
LARGE = b"x" * 100_000


def request(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: a", *headers, "", ""]).encode()


class Served:
    """The files of a folder behind a server; `quick` counts what needed no task."""

    def __init__(self, folder: Path, *, at_once: bool) -> None:
        files, self.quick = Files(folder), 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

        def look(raw: bytes, headers: Headers) -> Reply | None:
            found = files.at_once(raw, headers)
            self.quick += found is not None
            return found

        guard = Guard(Limits(), look) if at_once else Guard(Limits())
        quiet: Any = {"log_config": None, "access_log": False, "lifespan": "off", "ws": "none"}
        self._server = uvicorn.Server(
            uvicorn.Config(files, http=protocol(guard), server_header=False, **quiet)
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([self._socket])))
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def say(self, data: bytes) -> bytes:
        """All that is answered to *data*, and to a request after which the server hangs up, without the time of
        day."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as peer:
            peer.sendall(data + request("/", "Connection: close"))
            return re.sub(rb"date: [^\r]*\r\n", b"", heard(peer))


@contextmanager
def served(folder: Path) -> Iterator[tuple[Served, Served]]:
    both = Served(folder, at_once=True), Served(folder, at_once=False)
    try:
        yield both
    finally:
        for each in both:
            each.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("out")
    (made / "atom.xml").write_bytes(FEED)
    (made / "feed.html").write_text("<!DOCTYPE html><p>خبر", "utf-8")
    (made / "large.txt").write_bytes(LARGE)
    (made / "index.html").write_text("<!DOCTYPE html><p>نشرة", "utf-8")
    (made / "خبر.html").write_text("<!DOCTYPE html><p>خبر", "utf-8")
    stamp = (made / "atom.xml").stat()
    (made / "atom.xml.gz").write_bytes(gzip.compress(FEED, mtime=0))
    os.utime(made / "atom.xml.gz", ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    return made


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[tuple[Served, Served]]:
    with served(folder) as servers:
        yield servers


def last(answer: bytes) -> tuple[str, str]:
    """The entity tag and the time of an answer."""
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    return re.findall(r"etag: (.*)\r", head + "\r")[0], re.findall(r"last-modified: (.*)\r", head + "\r")[0]


GZIP, BROWSER = "Accept-Encoding: gzip", "Sec-Fetch-Dest: document"
ASKED: list[Callable[[str, str], bytes]] = [
    lambda tag, at: request("/atom.xml"),
    lambda tag, at: request("/atom.xml", GZIP),
    lambda tag, at: request("/atom.xml", GZIP, f"If-None-Match: {tag}"),
    lambda tag, at: request("/atom.xml", f"If-None-Match: W/{tag}"),
    lambda tag, at: request("/atom.xml", "If-None-Match: *"),
    lambda tag, at: request("/atom.xml", 'If-None-Match: "other"'),
    lambda tag, at: request("/atom.xml", 'If-None-Match: "other"', f"If-None-Match: {tag}", GZIP),
    lambda tag, at: request("/atom.xml", f"If-Modified-Since: {at}"),
    lambda tag, at: request("/atom.xml", BROWSER),
    lambda tag, at: request("/atom.xml", "A-IM: feed", 'If-None-Match: "other"'),
    lambda tag, at: request("/atom.xml?a=b"),
    lambda tag, at: request("/atom.xml#part"),
    lambda tag, at: request("http://a/atom.xml"),
    lambda tag, at: request("/atom.xml", method="HEAD"),
    lambda tag, at: request("/atom.xml", method="POST"),
    lambda tag, at: request("/atom.xml", version="1.0"),
    lambda tag, at: request("/atom.xml", "Connection: close"),
    lambda tag, at: request("/atom.xml", "Connection: upgrade", "Upgrade: h2c"),
    lambda tag, at: request("/atom.xml", "Content-Length: 3") + b"abc",
    lambda tag, at: request("/atom.xml", "Content-Length: 0"),
    lambda tag, at: request("/atom.xml", "Transfer-Encoding: chunked") + b"1\r\na\r\n0\r\n\r\n",
    lambda tag, at: request("/atom.xml", "Expect: 100-continue"),
    lambda tag, at: request("/large.txt"),
    lambda tag, at: request("/"),
    lambda tag, at: request("/%D8%AE%D8%A8%D8%B1.html"),
    lambda tag, at: request("/nothing.xml"),
    lambda tag, at: request("/../atom.xml"),
    lambda tag, at: request("/atom.xml", "Host: b"),
]


ENDS = {"HTTP/1.0", "Connection", "Host: b", "upgrade"}
GO_ON = [n for n, make in enumerate(ASKED) if not any(end.encode() in make("", "") for end in ENDS)]


@pytest.mark.parametrize("number", range(len(ASKED)))
def test_what_needs_no_task_is_answered_as_a_task_would(both: tuple[Served, Served], number: int) -> None:
    quick, slow = both
    tag, at = last(slow.say(request("/atom.xml", GZIP)))
    asked = ASKED[number](tag, at)
    for each in both:
        each.say(asked)  # where it is found is known from now on

    assert slow.say(asked) == quick.say(asked)


def test_nearly_all_requests_need_none(both: tuple[Served, Served]) -> None:  # F23
    quick, _ = both
    tag, _ = last(quick.say(request("/atom.xml", GZIP)))
    quick.say(request("/atom.xml", GZIP) + request("/"))
    before = quick.quick
    quick.say(request("/atom.xml", GZIP, f"If-None-Match: {tag}") + request("/atom.xml", GZIP) + request("/"))

    assert 3 == quick.quick - before


@given(st.lists(st.sampled_from(GO_ON), min_size=1, max_size=12))
@settings(max_examples=40)
def test_requests_sent_ahead_are_answered_in_order(
    both: tuple[Served, Served], numbers: list[int]
) -> None:  # X12
    quick, slow = both
    tag, at = last(slow.say(request("/atom.xml", GZIP)))
    asked = b"".join(ASKED[number](tag, at) for number in numbers)

    assert slow.say(asked) == quick.say(asked)


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:  # F20
    page = tmp_path / "a.html"
    with served(tmp_path) as (quick, _):
        for text in (b"one", b"another"):
            page.write_bytes(text)
            assert [True] * 3 == [
                b"\r\n\r\n" + text + b"HTTP" in quick.say(request("/a.html")) for _ in range(3)
            ]
        page.unlink()

        assert quick.say(request("/a.html")).startswith(b"HTTP/1.1 404")
