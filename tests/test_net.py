"""Fetching by URL: what is allowed, how much, how long, through how many redirects."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from publisher import net
from publisher.errors import BadInput


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, _, rest = self.path.lstrip("/").partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            return
        if kind == "drip":
            with suppress(OSError):
                for n in range(400):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n" if n == 0 else b"X: y\r\n")
                    time.sleep(0.1)
            return
        body = gzip.compress(b"x" * 1_000_000) if kind == "packed" else b"<rss/>"
        self.send_response(404 if kind == "missing" else 200)
        if kind == "packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body) + (kind == "slow")))
        self.end_headers()
        self.wfile.write(body)
        if kind == "slow":
            time.sleep(3)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    peer = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=peer.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{peer.server_address[1]}"
    peer.shutdown()
    thread.join()
    peer.server_close()


def test_a_document_comes_with_the_url_it_stands_at(server: str) -> None:  # threat 8
    assert (b"<rss/>", f"{server}/feed") == net.fetch(f"{server}/to//feed", private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0"])
def test_this_machine_is_refused_unless_it_is_allowed(server: str, host: str) -> None:  # threat 8
    with pytest.raises(BadInput, match=r"private network|cannot be fetched"):
        net.fetch(server.replace("127.0.0.1", host))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_a_redirect_leads_to_the_web_only(server: str, target: str) -> None:  # threat 8
    with pytest.raises(BadInput):
        net.fetch(f"{server}/to/{target}", private=True)


def test_a_name_is_resolved_once_and_every_address_of_it_checked(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # threat 8
    port = int(server.rpartition(":")[2])
    asked = []

    def resolve(host: str, port_: int, **_: object) -> list[object]:
        asked.append(host)
        return [(2, 1, 6, "", (address, port_)) for address in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(BadInput, match="private network"):
        net.fetch(f"http://feeds.example.org:{port}/")

    assert ["feeds.example.org"] == asked


@pytest.mark.parametrize(
    "path, limits, why",
    [
        ("missing", {}, "answered 404"),
        ("packed", {"limit": 500_000}, "larger than"),
        ("slow", {"seconds": 0.5}, "cannot be fetched"),
        ("to/" * 7, {}, "more than 5 redirects"),
    ],
)
def test_there_is_an_end_to_everything(
    server: str, path: str, limits: dict[str, float], why: str
) -> None:  # threat 8
    with pytest.raises(BadInput, match=why):
        if path.startswith("to/to"):
            path = "".join(f"to/{server}/" for _ in range(7))
        net.fetch(f"{server}/{path}", private=True, **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address, public",
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_an_address_is_of_the_open_net_or_not(address: str, public: bool) -> None:  # threat 8
    assert public is net.is_public(address)


def test_headers_that_come_byte_by_byte_take_no_longer_than_allowed(server: str) -> None:  # threat 4
    start = time.monotonic()
    with pytest.raises(BadInput, match=r"took too long|timed out"):
        net.fetch(f"{server}/drip", private=True, seconds=1)

    assert time.monotonic() - start < 30  # the drip goes on for 40


@pytest.mark.parametrize(
    "url", ["http:///x", "http://", "http://[bad/", "feed://x.example/rss", "http://x.example:99999/"]
)
def test_a_url_that_is_none_says_so(url: str) -> None:  # threat 8
    with pytest.raises(BadInput):
        net.fetch(url)
