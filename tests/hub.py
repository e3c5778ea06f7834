"""A WebSub hub on loopback: real sockets, and answers of all kinds."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

Answer = int | str | tuple[int, dict[str, str]]  # a status, "drip", "huge" or "hang", a status with headers


class Hub:
    """Notes each ping with what *look* finds at the topic's URL in that moment."""

    def __init__(self, look: Callable[[str], bytes]) -> None:
        self.pings: list[tuple[str, bytes]] = []
        self.bodies: list[bytes] = []
        self.types: list[str] = []
        self.answers: list[Answer] = []  # to the next pings; afterwards 204
        self.look = look
        self.go_on = threading.Event()  # until then an answer hangs, half a minute at most
        self.sent = 0  # megabytes of a huge answer that were taken off our hands
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hub.take(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hub"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def take(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        topic = parse_qs(body.decode("ascii"))["hub.url"][0]
        self.bodies.append(body)
        self.types.append(request.headers["content-type"])
        self.pings.append((topic, self.look(topic)))
        answer = self.answers.pop(0) if self.answers else 204
        with suppress(OSError):
            self._answer(request, answer)

    def _answer(self, request: http.server.BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer == "hang":
            self.go_on.wait(30)
        elif answer == "drip":
            request.wfile.write(b"HTTP/1.1 204 No Content\r\n")
            for _ in range(300):
                request.wfile.write(b"X-Slow: yes\r\n")
                time.sleep(0.1)
        elif answer == "huge":
            request.send_response(500)
            request.end_headers()
            for _ in range(10):
                request.wfile.write(b"x" * 1_000_000)
                self.sent += 1
        else:
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            assert isinstance(status, int)
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", "0" if status == 204 else "7")
            request.end_headers()
            request.wfile.write(b"" if status == 204 else b"said so")

    @property
    def topics(self) -> list[str]:
        """The paths of the feeds that it was told of."""
        return sorted(urlsplit(topic).path[1:] for topic, _ in self.pings)

    def clear(self) -> None:
        self.pings.clear()

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def running(look: Callable[[str], bytes] = lambda _: b"") -> Iterator[Hub]:
    hub = Hub(look)
    try:
        yield hub
    finally:
        hub.close()
