"""A real server on loopback, and clients that are slow, broken, greedy or sly (X12)."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.web.admin import articles, dashboard, editions, people
from publisher.web.deadlines import Guard, protocol
from publisher.web.limits import FORM, UPLOAD, Body, Counted, Limits, affordable, bodies
from tests.patience import LONG

QUICK = Limits(headers=1, idle=1, stuck=2, linger=0.5, bodies={"/big": Body(1 << 20, 2), "/": Body(1000, 1)})
LARGE = b"x" * (16 << 20)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Asked(list[Any]):
    """What the application behind the server was asked: (method, path, body, headers)."""


async def echo(asked: Asked, scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", scope["path"] != "/unread"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        more = message["more_body"]
    asked.append((scope["method"], scope["path"], body, scope["headers"]))
    answer = LARGE if scope["path"] == "/large" else b"yes\n"
    length = str(len(answer)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": answer})


class Running:
    """A server in a thread of its own."""

    def __init__(self, limits: Limits) -> None:
        self.guard, self.asked = Guard(limits), Asked()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._socket.getsockname()[1]
        quiet: Any = {"log_config": None, "access_log": False, "lifespan": "off", "ws": "none"}

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await echo(self.asked, scope, receive, send)

        config = uvicorn.Config(
            app, http=protocol(self.guard), timeout_graceful_shutdown=1, server_header=False, **quiet
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.server.serve(sockets=[self._socket]))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LONG)

    def say(self, data: bytes, *, end: bool = True) -> bytes:
        """All that is answered to *data*, until the server hangs up."""
        with self.connect() as peer:
            with suppress(OSError):
                peer.sendall(data)
                if end:
                    peer.shutdown(socket.SHUT_WR)
            return heard(peer)


def heard(peer: socket.socket) -> bytes:
    said = b""
    with suppress(ConnectionError):
        while piece := peer.recv(1 << 16):
            said += piece
    return said


def status(answer: bytes) -> int:
    return int(answer[9:12]) if answer else 0


@contextmanager
def running(limits: Limits = QUICK) -> Iterator[Running]:
    server = Running(limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def quick() -> Iterator[Running]:
    with running() as server:
        yield server


def until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_an_honest_request_is_answered_in_good_time_beside_300_slow_ones_and_none_of_these_is_left():  # X12
    with running(Limits()) as server:

        def honest() -> float:
            """The seconds that its answer takes."""
            before = time.monotonic()
            assert status(server.say(GET)) == 200
            return time.monotonic() - before

        alone = max(honest() for _ in range(20))
        slow = [server.connect() for _ in range(300)]
        begun = time.monotonic()
        dripping = threading.Event()

        def drip() -> None:
            for each in b"GET / HTTP/1.1\r\nHost: a.example.org\r\nX-Slow: yes yes":
                if dripping.wait(1):
                    return
                for peer in slow:
                    with suppress(OSError):
                        peer.send(bytes([each]))

        dripper = threading.Thread(target=drip)
        dripper.start()
        waits = list[float]()
        while (spent := time.monotonic() - begun) < LONG and (spent < 4 or server.guard.open):
            with server.connect() as broken:
                broken.sendall(b"\x16\x03\x01\x00\xa5 not HTTP\r\n\r\n")
            server.say(b"POST /u/no HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nnonsense!")
            waits.append(honest())
            time.sleep(0.05)
        left = len(server.guard.open)
        dripping.set()
        dripper.join()
        for peer in slow:
            peer.close()

        assert sorted(waits)[len(waits) * 9 // 10] <= 1 + 10 * alone  # one in ten may be the machine
        assert left <= 1  # the last honest one, at most; their heads never end by themselves


def test_headers_that_do_not_come_end_the_connection_with_a_line(quick):  # X12
    begun = time.monotonic()
    answer = quick.say(b"GET / HTTP/1.1\r\nHost: a\r\n", end=False)

    assert status(answer) == 408
    assert time.monotonic() - begun >= 1


def test_who_says_nothing_hears_nothing(quick):  # X12
    assert quick.say(b"", end=False) == b""


def test_empty_lines_between_requests_keep_no_connection_alive(quick):  # X12
    with quick.connect() as peer:
        peer.sendall(GET)
        assert peer.recv(1000).startswith(b"HTTP/1.1 200")

        def refused() -> bool:
            try:
                peer.sendall(b"\r\n")
            except OSError:
                return True
            return False

        assert until(refused)


def test_a_body_that_does_not_come_is_not_waited_for(quick):  # X12
    answer = quick.say(b"POST /f HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc", end=False)

    assert status(answer) == 408
    assert b"yes" not in answer


def test_a_connection_that_is_kept_for_nothing_ends(quick):  # X12
    with quick.connect() as peer:
        peer.sendall(GET)
        assert peer.recv(1000).endswith(b"yes\n")
        assert heard(peer) == b""


def test_who_never_reads_an_answer_is_let_go():  # X12
    with running() as server, server.connect() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert until(lambda: len(server.guard.open) == 1)
        assert until(lambda: not server.guard.open)


def test_who_reads_slowly_but_goes_on_gets_all():  # X12
    with running(replace(QUICK, stuck=2)) as server, server.connect() as peer:
        peer.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got, begun = b"", time.monotonic()
        while piece := peer.recv(1 << 20):
            got += piece
            time.sleep(0.2)

        assert got.endswith(LARGE)
        assert time.monotonic() - begun > 2


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"\x16\x03\x01\x00\xa5\x01\x00", 400),  # TLS
        (b"hello\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no host
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/2.7\r\nHost: a\r\n\r\n", 400),
        (b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nab", 400),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000, 413),
        (b"GET /" + b"a" * 17000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(120)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 60000, 431),  # and no end of it
        ("GET /خبر HTTP/1.1\r\nHost: a\r\n\r\n".encode(), 400),  # browsers percent-encode it
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_answered_with_a_line_and_reaches_no_door(request_, expected, quick):  # X12
    quick.asked.clear()
    answer = quick.say(request_, end=False)

    assert status(answer) == expected
    assert b"connection: close\r\n" in answer
    assert b"content-security-policy: default-src 'none'" in answer
    assert answer.count(b"HTTP/1.1") == 1
    assert quick.asked == []


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (b"GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n", "/a"),
        (b"GET http://a.example/x/y?z HTTP/1.1\r\nHost: a.example\r\n\r\n", "/x/y"),
        (b"GET http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", "/"),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "/"),
        (b"GET /a%00b%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", "/a\0b\r\n"),
        (b"GET / HTTP/1.0\r\n\r\n", "/"),
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "/"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "/"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nHost: b\r\n\r\n",
            "/",
        ),
    ],
)
def test_every_form_of_a_request_is_understood(request_, path, quick):  # X12
    quick.asked.clear()
    answer = quick.say(request_)

    assert status(answer) == 200
    (asked,) = quick.asked
    assert path == asked[1]
    assert [value for name, value in asked[3] if name == b"host"] in ([], [b"a"], [b"a.example"])


def test_who_asks_whether_to_go_on_is_told_before_the_body_and_too_much_is_refused_instead(quick):  # X12
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with quick.connect() as peer:
        peer.sendall(head % 3)
        assert peer.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(b"abc")
        assert peer.recv(1000).startswith(b"HTTP/1.1 200")

    assert status(quick.say(head % 3000, end=False)) == 413


def test_requests_behind_each_other_are_answered_in_their_order_then_what_is_broken(quick):  # X12
    quick.asked.clear()
    one, two = (b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in (1, 2))
    answer = quick.say(one + two + b"BREW /pot HTTP/1.1\r\n\r\n", end=False)

    assert ["/1", "/2"] == [path for _, path, _, _ in quick.asked]
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.rindex(b"HTTP/1.1 501") > answer.rindex(b"HTTP/1.1 200")


def test_no_client_may_ask_for_thousands_at_once(quick):  # X12
    quick.asked.clear()
    answer = quick.say(GET * 2000, end=False)

    assert answer.rindex(b"HTTP/1.1 503") > answer.rindex(b"HTTP/1.1 200")
    assert len(quick.asked) <= 40


def test_a_body_that_no_door_reads_is_passed_over(quick):  # X12
    with quick.connect() as peer:
        for _ in range(2):
            peer.sendall(b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            time.sleep(0.2)
            peer.sendall(b"12345")
            assert peer.recv(1000).endswith(b"yes\n")


def test_who_was_answered_and_goes_on_sending_is_let_go(quick):  # X12
    long = {"/": Body(1 << 20, 60)}
    with running(replace(QUICK, bodies=long, connections=2)) as server, contextlib.ExitStack() as stack:
        talking = [stack.enter_context(server.connect()) for _ in range(2)]
        for peer in talking:
            peer.sendall(b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nx")
            assert peer.recv(1000).endswith(b"yes\n")

        assert until(lambda: ["passing"] * 2 == [each.phase for each in server.guard.open])
        assert status(server.say(GET)) == 200  # in the place of the first
        talking[1].sendall(b"x")
        assert until(lambda: not server.guard.open)


def test_only_the_two_forms_that_carry_a_file_take_a_large_one_and_only_where_they_are():  # X12
    off, on = Limits(bodies=bodies(editors=False)), Limits(bodies=bodies(editors=True))
    places = [*articles.PAGES, *dashboard.PAGES, *editions.PAGES, *people.PAGES]

    assert {FORM} == {off.body(place.path) for place in places}
    assert {FORM} == {on.body(path) for path in ("/admin", "/admin/login", "/administrator", "/u/TOKEN")}
    assert {place.path: place.most > FORM.size for place in places} == {
        place.path: on.body(place.path) == UPLOAD for place in places
    }
    assert on.body("/api/v1/subscribers") == off.body("/api/v1/subscribers") == Body(4 << 20, 60)


def test_a_refusal_is_heard_by_who_still_sends(quick):  # X12
    with quick.connect() as peer:
        peer.sendall(b"POST /f HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        with suppress(OSError):
            for _ in range(20):
                peer.sendall(b"x" * 10_000)
                time.sleep(0.005)
        assert status(heard(peer)) == 413


def test_a_door_for_uploads_takes_more(quick):  # X12
    body = b"y" * 900_000
    answer = quick.say(b"POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + body)

    assert status(answer) == 200
    assert quick.asked[-1][2] == body


def test_a_full_server_lets_go_of_who_does_nothing_for_somebody_new():  # X12
    with (
        running(replace(QUICK, connections=3, idle=60, headers=60)) as server,
        contextlib.ExitStack() as stack,
    ):
        idle = stack.enter_context(server.connect())
        idle.sendall(GET)
        assert idle.recv(1000).endswith(b"yes\n")
        for _ in range(2):
            stack.enter_context(server.connect())
        assert until(lambda: len(server.guard.open) == 3)

        assert status(server.say(GET + b"", end=True)) == 200  # in the place of the idle one
        assert heard(idle) == b""
        last = stack.enter_context(server.connect())
        assert until(lambda: len(server.guard.open) == 3)
        assert status(server.say(GET)) == 503
        last.sendall(GET)
        assert last.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_network_has_so_many_connections_and_a_proxy_beside_us_any_number():  # X12
    ours = Counted(2, ())
    assert ["8.8.8.0/24", "8.8.8.0/24", None] == [ours.enter(f"8.8.8.{n}") for n in (1, 2, 3)]
    assert ours.enter("::ffff:8.8.8.4") is None
    assert ours.enter("8.8.9.1") == "8.8.9.0/24"
    ours.leave("8.8.8.0/24")
    assert ours.enter("8.8.8.9") == "8.8.8.0/24"
    found = [ours.enter(f"2a00:1450:1:1::{n}") for n in (1, 2, 3)]
    assert ["2a00:1450:1:1::/64"] * 2 == found[:2]
    assert found[2] is None
    assert {""} == {
        ours.enter(each) for each in ("127.0.0.1", "::1", "172.17.0.1", "fe80::1%eth0", "", "127.0.0.1")
    }
    import ipaddress

    trusting = Counted(1, [ipaddress.ip_network("9.9.9.0/24")])
    assert ["", ""] == [trusting.enter("9.9.9.9") for _ in range(2)]


def test_a_process_with_few_descriptors_takes_fewer_connections():  # X12
    assert 64 <= affordable() <= 1000
    assert affordable(70) <= 70


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.sampled_from([b"GET ", b"POST ", b"/", b" HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n", b"\0",
    b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"\xff", b": ",
    b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n", b"abc"]),
    max_size=30))  # fmt: skip
def test_whatever_is_said_the_server_answers_the_next(data, quick):  # X12, X14
    with quick.connect() as peer, suppress(OSError):
        peer.sendall(b"".join(data))
    assert status(quick.say(GET)) == 200
