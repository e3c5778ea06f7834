"""Door: a document from an http(s) URL, or a word to one. Not every URL is anybody's business: this machine and its
private network are refused unless the caller allows them by word, at every redirect and for every address that a name
has, and the address that was checked is the one that is connected to."""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from publisher import __version__
from publisher.errors import BadInput, Unreachable
from publisher.model.ping import Reply

LIMIT = 30_000_000  # bytes of a document, unpacked
SAID = 1_000_000  # bytes of an answer to a ping
SECONDS = 30.0  # for all of it, redirects too
REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # its beginning, as it came


def fetch(
    url: str, *, private: bool = False, limit: int = LIMIT, seconds: float = SECONDS
) -> tuple[bytes, str]:
    """The body at *url*, unpacked, and the URL it came from in the end. *private*: this machine and private networks
    are allowed. Raises BadInput when there is none within these limits."""
    deadline = time.monotonic() + seconds
    try:
        with _client(deadline, allow="" if private else "--private") as client:
            for _ in range(REDIRECTS + 1):
                _must_be_web(url)
                with client.stream("GET", url, headers={"accept-encoding": "gzip"}) as response:
                    if response.next_request is None:
                        return _body(response, url, limit, deadline), url
                    url = str(response.next_request.url)
    except _FAILURES as error:
        raise _unreached(url, error) from error
    raise _failed(url, f"more than {REDIRECTS} redirects")


def look(
    url: str,
    *,
    private: bool = False,
    limit: int = LIMIT,
    seconds: float = SECONDS,
    known: Mapping[str, str] | None = None,
) -> Answer:
    """What the server of *url* answers to one request, no redirect followed, its body unpacked; a byte more than
    *limit* where there is more. *known*: headers that say what is known already; only with them is 304 an answer.
    Raises BadInput for any status but 200, and when there is none within *seconds*."""
    deadline = time.monotonic() + seconds
    headers = {"accept-encoding": "gzip", **(known or {})}
    try:
        _must_be_web(url)
        with (
            _client(deadline, allow="" if private else "--private") as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.next_request is not None:
                target = str(response.next_request.url)[:200]
                raise BadInput(f"it is elsewhere: redirects to {target}", url[:200], "name that address")
            body = b"" if known and response.status_code == 304 else _some(response, url, limit, deadline)
            return Answer(response.status_code, dict(response.headers), body)
    except _FAILURES as error:
        raise _unreached(url, error) from error


def say(url: str, data: bytes, kind: str, *, allow: str = "", seconds: float = SECONDS) -> Reply:
    """What the server of *url* replies to *data* of this media type. Never raises: who is not reached said nothing, and
    why stands in the words. No redirect is followed, no more than SAID bytes of the answer are read. *allow* names the
    setting that would allow this machine and private networks; "": they are allowed."""
    try:
        answer = _post(url, data, kind, allow=allow, seconds=seconds)
    except Unreachable as error:
        return Reply(0, error.what)
    except Exception as error:  # whatever a stranger's bytes bring about in a library ends here
        return Reply(0, f"no HTTP: {error!r}"[:200])
    place = answer.headers.get("location", "") if 300 <= answer.status < 400 else ""
    said = place or answer.body[:500].decode("utf-8", "replace")
    line = "".join(each if each.isprintable() else " " for each in said)
    words = " ".join(f"{answer.status} {line}".split())[:200]
    return Reply(answer.status, words, answer.headers.get("retry-after", ""))


def _post(url: str, data: bytes, kind: str, *, allow: str, seconds: float) -> Answer:
    """The answer, whatever its status. Raises Unreachable when there is none within *seconds*."""
    headers = {"accept-encoding": "identity", "content-type": kind}
    try:
        _must_be_web(url)
        with (
            _client(time.monotonic() + seconds, allow=allow) as client,
            client.stream("POST", url, content=data, headers=headers) as response,
        ):
            return Answer(response.status_code, dict(response.headers), _beginning(response, SAID))
    except BadInput as error:
        raise Unreachable(error.what, url) from error
    except _FAILURES as error:
        raise Unreachable(str(error) or type(error).__name__, url) from error


@contextmanager
def _client(deadline: float, *, allow: str) -> Iterator[httpx2.Client]:
    headers = {"user-agent": f"Nashir/{__version__}"}
    with (
        closing(_Transport(allow=allow, deadline=deadline)) as transport,
        httpx2.Client(transport=transport, trust_env=False, timeout=None, headers=headers) as client,
    ):
        yield client


_FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, httpcore2.NetworkError, httpcore2.TimeoutException,
             httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError, ValueError)  # fmt: skip


def _must_be_web(url: str) -> None:
    if httpx2.URL(url).scheme not in {"http", "https"}:
        raise _failed(url, "not http or https")


def _body(response: httpx2.Response, url: str, limit: int, deadline: float) -> bytes:
    body = _some(response, url, limit, deadline)
    if len(body) > limit:
        raise _failed(url, f"larger than {limit // 1_000_000} MB")
    return body


def _some(response: httpx2.Response, url: str, limit: int, deadline: float) -> bytes:
    """The body, unpacked; a byte more than *limit* where there is more."""
    if response.status_code != 200:
        mend = _MENDS.get(response.status_code, _MEND)
        raise BadInput(f"the server answered {response.status_code}", url[:200], mend)
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > limit:
            break
        if time.monotonic() > deadline:
            raise _failed(url, "took too long")
    return bytes(body[: limit + 1])


def _beginning(response: httpx2.Response, limit: int) -> bytes:
    """What came of the body: the answer's status stands, whatever happens to the rest."""
    body = bytearray()
    with suppress(*_FAILURES):
        for part in response.iter_raw():
            body += part
            if len(body) >= limit:
                break
    return bytes(body[:limit])


class _Inside(OSError):
    """A host of this machine or of a private network, which the caller did not allow."""

    def __init__(self, host: str, allow: str) -> None:
        self.what, self.allow = f"{host} is this machine or a private network", allow
        super().__init__(f"{self.what}; {allow} allows that")


def _unreached(url: str, error: Exception) -> BadInput:
    if isinstance(error, _Inside):
        return BadInput(f"cannot be fetched: {error.what}", url[:200], f"add {error.allow}, if you trust it")
    return _failed(url, f"cannot be fetched: {str(error) or type(error).__name__}")


def _failed(url: str, what: str) -> BadInput:
    return BadInput(what, url[:200], _MEND)


_MEND = "save it to a file, and name that"
_MENDS = {
    **dict.fromkeys((404, 410), "it is not there; name the address that a browser finds it at"),
    **dict.fromkeys((429, 500, 502, 503, 504), "try it again later, or save it to a file, and name that"),
}


class _Transport(httpx2.BaseTransport):
    """httpx2 over a connection pool of its own, which dials nothing that is not allowed."""

    def __init__(self, *, allow: str, deadline: float) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            network_backend=_Dialler(allow=allow, deadline=deadline),
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

    def __init__(self, *, allow: str, deadline: float) -> None:
        self._allow, self._deadline = allow, deadline
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = _addresses(host, port, self._deadline - time.monotonic())
        if self._allow and not all(map(is_public, addresses)):
            raise _Inside(host, self._allow)
        left = self._deadline - time.monotonic()
        for number, address in enumerate(addresses, 1):
            try:
                stream = self._tcp.connect_tcp(address, port, max(left / len(addresses), 1), local_address)
                return _Timed(stream, self._deadline)
            except (httpcore2.NetworkError, httpcore2.TimeoutException):
                if number == len(addresses):
                    raise
        raise OSError(f"{host} has no address")


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of *host*. The system's resolver knows no deadline: it is left behind where it takes too long."""
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=resolve, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise OSError(f"{host} was not found in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


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
