"""Door: HTTP/1.1 connections with deadlines and caps, on uvicorn's own protocol (X12).

uvicorn waits for ever for a request's headers, for its body, and for who never reads an answer. Here every connection
notes since when it is in which phase, and one look a second at all of them ends those that take too long: no timer for
each request. What is no HTTP, or more than is allowed, is answered with a line and the connection closed (RFC 9112).
"""

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from publisher.web.answers import COMMON, DOOR, Headers
from publisher.web.files import Reply
from publisher.web.limits import Body, Counted, Limits

SMALL = 32 << 10  # bytes of a body that are copied sooner than sent by a call of their own
LOOK = 1.0  # seconds between two looks at all connections

AtOnce = Callable[[bytes, Headers], Reply | None]
_LINES = re.compile(rb"[\0\r\n]")
_METHOD = re.compile(rb"[A-Z-]{1,40} ")
# "passing": it was answered, and what is left of its body is passed over.
Phase = Literal["headers", "body", "answer", "passing", "idle", "refused"]
_STATUS = {status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() for status in (200, 304)}
_EXTRA = b"".join(name + b": " + value + b"\r\n" for name, value in [*COMMON, *DOOR])


class Refused(Exception):
    """The request is not answered by any door, but by *status* and a line."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Guard:
    """What all connections of a server have in common."""

    def __init__(self, limits: Limits, at_once: AtOnce = lambda *_: None) -> None:
        """*at_once*: what to answer a GET with that needs no task, which costs more than such an answer; None where
        the application is to be asked."""
        self.limits, self.at_once = limits, at_once
        self.networks = Counted(limits.per_network, limits.exempt)
        self.open: set[Connection] = set()
        self.refused: dict[str, int] = {"connections": 0, "network": 0, "slow": 0, "request": 0}
        self._looking = False

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the connections from now on, as long as there are any."""
        if not self._looking:
            self._looking = True
            loop.call_later(LOOK, self._look, loop)

    def make_room(self, now: float) -> bool:
        """Whether one more connection can be had; for it another ends that does nothing, or whose headers have not
        come for a while."""
        if len(self.open) < self.limits.connections:
            return True
        idle = [each for each in self.open if each.phase in {"idle", "passing"}]
        slow = [each for each in self.open if each.phase == "headers" and now - each.since > 2]
        if not (idle or slow):
            return False
        min(idle or slow, key=lambda each: each.since).transport.abort()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for each in list(self.open):
            each.look(now)
        self._looking = bool(self.open)
        if self._looking:
            loop.call_later(LOOK, self._look, loop)


def protocol(guard: Guard) -> type[asyncio.Protocol]:
    """The class of which uvicorn makes one for each connection."""

    class Guarded(Connection):
        """A connection of one server."""

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.guard = guard

    return Guarded


class Connection(HttpToolsProtocol):
    """One connection."""

    guard: Guard
    phase: Phase = "headers"
    since = 0.0  # when the phase began, by the loop's clock
    network: str | None = None  # None: it was not let in
    wanted: Refused | None = None  # to be said when the answers before it are
    fed = 0  # bytes of a request whose headers are not whole
    size = 0  # bytes of its header fields; of its body
    allowed: Body
    whole = True  # whether the last request's body came to its end
    answered = False  # whether it has its answer already
    waiting = 0  # bytes of answers that were not taken when it was last looked at
    waiting_since = stuck_since = 0.0

    # Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        guard, self.since = self.guard, self.loop.time()
        guard.begin(self.loop)
        if not guard.make_room(self.since):
            guard.refused["connections"] += 1
            self._say(Refused(503, "Too many connections."))
        else:
            self.network = guard.networks.enter(self.client[0] if self.client else "")
            if self.network is None:
                guard.refused["network"] += 1
                self._say(Refused(429, "Too many connections from your network."))
        guard.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.guard.open.discard(self)
        if self.network is not None:
            self.guard.networks.leave(self.network)
            self.network = None
        super().connection_lost(exc)

    def look(self, now: float) -> None:
        """End the connection where it takes too long at *now*."""
        limits, spent = self.guard.limits, now - self.since
        most = {
            "headers": limits.headers,
            "body": self.allowed.seconds if self.phase == "body" else 0,
            "passing": limits.linger,
            "idle": limits.idle,
            "refused": limits.linger,
        }.get(self.phase)
        if self._unread(now) or (self.phase == "refused" and spent > limits.linger):
            self.transport.abort()
        elif most is not None and spent > most:
            self._too_slow()

    def _too_slow(self) -> None:
        if self.phase in {"idle", "passing"}:
            self.transport.close()
            return
        self.guard.refused["slow"] += 1
        if self.fed == 0 and self.phase == "headers":  # nothing was asked
            self.transport.abort()
        else:
            self._refuse(Refused(408, "The request took too long."))

    def _unread(self, now: float) -> bool:
        """Whether what waits for the reader is not taken: nearly nothing of it for a while, or not all for very
        long."""
        limits, left = self.guard.limits, self.transport.get_write_buffer_size()
        if not left:
            self.waiting = 0
            return False
        if not self.waiting:
            self.waiting_since = now
        if not self.waiting or left > self.waiting or left <= self.waiting - limits.progress:
            self.waiting, self.stuck_since = left, now
        return now - self.stuck_since > limits.stuck or now - self.waiting_since > limits.longest

    # What came

    def data_received(self, data: bytes) -> None:
        if self.phase == "refused" or self.wanted:  # what a refused client goes on to say
            return
        if self.phase == "idle":
            self._enter("headers")
            self.fed = 0
        self.fed += len(data)
        try:
            self.parser.feed_data(data)
            if self.phase == "headers" and self.fed > self.guard.limits.url + self.guard.limits.fields_size:
                raise Refused(431, "The header fields are too large.")
        except httptools.HttpParserUpgrade:
            pass  # to nothing: the answer goes without, and the connection ends
        except Refused as refused:
            self._refuse(refused)
        except httptools.HttpParserError as error:
            own = error.__context__
            if isinstance(own, Refused):
                self._refuse(own)
            elif isinstance(error, httptools.HttpParserInvalidMethodError) and _METHOD.match(data.lstrip()):
                self._refuse(Refused(501, "There is no such method."))
            else:
                self._refuse(Refused(400, "This is no HTTP request."))

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self.guard.limits.ahead:
            raise Refused(503, "Too many requests at once.")
        super().on_message_begin()
        self.size, self.whole, self.answered = 0, False, False
        if self.phase in {"answer", "idle"}:
            self._enter("headers")

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self.guard.limits.url:
            raise Refused(414, "The address is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        limits = self.guard.limits
        self.size += len(name) + len(value)
        if self.phase in {"body", "passing"}:  # a trailer: nothing we do depends on one (RFC 9110, 6.5.1)
            return
        if len(self.headers) >= limits.fields or self.size > limits.fields_size:
            raise Refused(431, "The header fields are too large, or too many.")
        if _LINES.search(value):
            raise Refused(400, "A header field has more than one line.")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        length = self._checked()
        self.url = _target(self.url)
        if length == 0 and self._answer_at_once():
            return
        path = self.url.partition(b"?")[0].decode("latin-1")
        self.allowed = self.guard.limits.body(path)
        if length > self.allowed.size:
            raise Refused(413, f"That is more than {self.allowed.size >> 10:,} KiB: too large.")
        self.size = self.fed = 0
        super().on_headers_complete()
        self._enter("body")
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def _answer_at_once(self) -> bool:
        """Whether it is answered now: nothing comes behind these headers, and nothing is before it."""
        parser = self.parser
        if (
            self._busy
            or self.flow.write_paused
            or parser.get_method() != b"GET"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
        ):
            return False
        reply = self.guard.at_once(self.url, self.headers)
        if reply is None:
            return False
        head = [_STATUS[reply.status]]
        for name, value in self.server_state.default_headers:
            head += (name, b": ", value, b"\r\n")
        for name, value in reply.headers:
            head += (name, b": ", value, b"\r\n")
        head.append(b"\r\n")
        if len(reply.body) < SMALL:
            head.append(reply.body)
            self.transport.write(b"".join(head))
        else:
            self.transport.write(b"".join(head))
            self.transport.write(reply.body)
        self.answered = True
        return True

    def _checked(self) -> int:
        """The length that the body has by its headers, 0 where there is none, -1 where it ends by itself. Raises
        Refused for a request that two servers could read in two ways (RFC 9112, 3.2, 6.1, 11.2)."""
        version = self.parser.get_http_version()
        hosts, lengths, coded = list[bytes](), list[bytes](), list[bytes]()
        for name, value in self.headers:
            if name == b"host":
                hosts.append(value)
            elif name == b"content-length":
                lengths.append(value)
            elif name == b"transfer-encoding":
                coded.append(value.strip().lower())
        if len(hosts) > 1 or (not hosts and version == "1.1"):
            raise Refused(400, "A request names one host.")
        if version not in {"1.0", "1.1"}:
            raise Refused(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        if coded and (lengths or version == "1.0"):
            raise Refused(400, "A request has one length.")
        if coded and coded != [b"chunked"]:
            raise Refused(501, "Only the transfer coding chunked is known here.")
        if len(lengths) > 1 or not all(each.strip().isdigit() for each in lengths):
            raise Refused(400, "A request has one length.")
        return int(lengths[0]) if lengths else -len(coded)

    def on_body(self, body: bytes) -> None:
        self.size += len(body)
        if self.size > self.allowed.size:
            raise Refused(413, f"That is more than {self.allowed.size >> 10:,} KiB: too large.")
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.answered:
            self.server_state.total_requests += 1
        else:
            super().on_message_complete()
        self.whole = True
        self.fed = 0
        self._enter("answer" if self._busy else "idle")

    # What is answered

    @property
    def _busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self.wanted:
            self._say(self.wanted)
        elif self.whole:
            self._enter("idle")
        elif self.phase == "body":  # the door did not want it
            self._enter("passing")

    def _refuse(self, refused: Refused) -> None:
        """Say so after the answers that are asked for already; at once where the request itself is the one that is
        being answered."""
        self.guard.refused["request"] += 1
        if self.whole or (self.phase == "headers" and self._busy):
            self.wanted = refused
            if not self._busy:
                self._say(refused)
            return
        if self.phase == "headers":
            self._say(refused)
            return
        if self.pipeline:  # its own answer is behind others: it never begins
            self.pipeline.popleft()
            self.wanted = refused
            return
        begun = self._busy and self.cycle.response_started
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if begun or not self._busy:
            self.transport.close()
        else:
            self._say(refused)

    def _say(self, refused: Refused) -> None:
        """Answer, and stop talking; who was in the middle of a sentence has some seconds to hear it: a connection
        closed on unread bytes takes the answer with it (RFC 9112, 9.6)."""
        self._enter("refused")
        if self.transport.is_closing():
            return
        body = refused.words.encode() + b"\n"
        head = [
            f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}\r\n".encode(),
            *(name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers),
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\nconnection: close\r\ncache-control: no-store\r\n" % len(body),
            _EXTRA,
            b"retry-after: 30\r\n" if refused.status in {429, 503} else b"",
            b"\r\n",
        ]
        self.transport.write(b"".join(head) + body)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since = phase, self.loop.time()


def _target(url: bytes) -> bytes:
    """The target of a request in origin-form (RFC 9112, 3.2): `*` and an absolute one without a path mean the root.
    Raises Refused."""
    if url == b"*":
        return b"/"
    if url.startswith(b"/"):
        return url.partition(b"#")[0]
    try:
        parts = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        parts = None
    if parts is None or not parts.schema:
        raise Refused(400, "This is no address.")
    return (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
