"""Door: a document from an http(s) URL, for verbs that take one. Not every URL is anybody's business: this machine and
its private network are refused unless the caller allows them by word, at every redirect and for every address that a
name has, and the address that was checked is the one that is connected to."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from publisher import __version__
from publisher.errors import BadInput

LIMIT = 30_000_000  # bytes of a document, unpacked
SECONDS = 30.0  # for all of it, redirects too
REDIRECTS = 5
_FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, httpcore2.NetworkError, httpcore2.TimeoutException,
             httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError, ValueError)  # fmt: skip


def fetch(
    url: str, *, private: bool = False, limit: int = LIMIT, seconds: float = SECONDS
) -> tuple[bytes, str]:
    """The body at *url*, unpacked, and the URL it came from in the end. *private*: this machine and private networks
    are allowed. Raises BadInput when there is none within these limits."""
    deadline = time.monotonic() + seconds
    headers = {"user-agent": f"Nashir/{__version__}", "accept-encoding": "gzip"}
    try:
        with (
            closing(_Transport(private=private, deadline=deadline)) as transport,
            httpx2.Client(transport=transport, trust_env=False, timeout=seconds, headers=headers) as client,
        ):
            for _ in range(REDIRECTS + 1):
                _must_be_web(url)
                with client.stream("GET", url) as response:
                    if response.next_request is None:
                        return _body(response, url, limit, deadline), url
                    url = str(response.next_request.url)
    except _FAILURES as error:
        raise _failed(url, f"cannot be fetched: {str(error) or type(error).__name__}") from error
    raise _failed(url, f"more than {REDIRECTS} redirects")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered to one request."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # unpacked
    cut: bool  # there was more


def look(
    url: str,
    *,
    private: bool = False,
    limit: int = LIMIT,
    seconds: float = SECONDS,
    known: Mapping[str, str] | None = None,
) -> Answer:
    """What the server of *url* answers: one request, no redirect followed, *limit* bytes read at the most. *known*:
    headers that say what is known already; only with them is 304 an answer. Raises BadInput for any other than 200,
    and when there is none within these limits."""
    deadline = time.monotonic() + seconds
    headers = {"user-agent": f"Nashir/{__version__}", "accept-encoding": "gzip", **(known or {})}
    try:
        _must_be_web(url)
        with (
            closing(_Transport(private=private, deadline=deadline)) as transport,
            httpx2.Client(transport=transport, trust_env=False, timeout=seconds, headers=headers) as client,
            client.stream("GET", url) as response,
        ):
            if response.next_request is not None:
                target = str(response.next_request.url)
                raise BadInput(
                    f"it is elsewhere: redirects to {target[:200]}", url[:200], "name that address"
                )
            said = {name.lower(): value for name, value in response.headers.items()}
            if known and response.status_code == 304:
                return Answer(url, 304, said, b"", cut=False)
            body, cut = _some(response, url, limit, deadline)
            return Answer(url, response.status_code, said, body, cut)
    except _FAILURES as error:
        raise _failed(url, f"cannot be fetched: {str(error) or type(error).__name__}") from error


def _must_be_web(url: str) -> None:
    if httpx2.URL(url).scheme not in {"http", "https"}:
        raise _failed(url, "not http or https")


def _body(response: httpx2.Response, url: str, limit: int, deadline: float) -> bytes:
    body, cut = _some(response, url, limit, deadline)
    if cut:
        raise _failed(url, f"larger than {limit // 1_000_000} MB")
    return body


def _some(response: httpx2.Response, url: str, limit: int, deadline: float) -> tuple[bytes, bool]:
    """The body, *limit* bytes at the most, and whether there was more."""
    if response.status_code != 200:
        raise _failed(url, f"the server answered {response.status_code}")
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > limit:
            return bytes(body[:limit]), True
        if time.monotonic() > deadline:
            raise _failed(url, "took too long")
    return bytes(body), False


def _failed(url: str, what: str) -> BadInput:
    return BadInput(what, url[:200], "save it to a file, and name that")


class _Transport(httpx2.BaseTransport):
    """httpx2 over a connection pool of its own, which dials nothing that is not allowed."""

    def __init__(self, *, private: bool, deadline: float) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            network_backend=_Dialler(private=private, deadline=deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Stream(response.stream, response.close)
        )

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx2.SyncByteStream):
    def __init__(self, parts: Any, close: Callable[[], None]) -> None:
        self._parts, self._close = parts, close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts

    def close(self) -> None:
        self._close()


class _Dialler(httpcore2.NetworkBackend):
    """Resolves a name once, and connects to an address of it that is allowed."""

    def __init__(self, *, private: bool, deadline: float) -> None:
        self._private, self._deadline = private, deadline
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._private and not all(map(is_public, addresses)):
            raise OSError(f"{host} is this machine or a private network; --private allows that")
        left = self._deadline - time.monotonic()
        for number, address in enumerate(addresses, 1):
            try:
                stream = self._tcp.connect_tcp(address, port, max(left / len(addresses), 1), local_address)
                return _Timed(stream, self._deadline)
            except (httpcore2.NetworkError, httpcore2.TimeoutException):
                if number == len(addresses):
                    raise
        raise OSError(f"{host} has no address")


class _Timed(httpcore2.NetworkStream):
    """A connection whose every wait ends at the deadline: a server may send its headers byte by byte."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _Timed(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("took too long")
        return left


def is_public(address: str) -> bool:
    """Whether *address* is one of the open net: not this machine, a private, shared, link-local, reserved or
    multicast one, also inside an IPv6 address that carries an IPv4 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
