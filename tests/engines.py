"""Search engines on loopback (IndexNow): they look for the key's file before they answer."""

import http.server
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.hub import Hub


class Engines(Hub):
    """Notes each message, and what *look* finds at its `keyLocation` in that moment. Answers as `answers` of Hub say;
    afterwards 200, or 403 where the key does not stand in its file."""

    def __init__(self, look: Callable[[str], bytes]) -> None:
        super().__init__(look)
        self.messages: list[dict[str, Any]] = []
        self.key_files: list[bytes] = []

    def take(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        message = json.loads(body)
        self.bodies.append(body)
        self.types.append(request.headers["content-type"])
        self.messages.append(message)
        self.key_files.append(self.look(message["keyLocation"]))
        right = self.key_files[-1].decode() == message["key"]
        with suppress(OSError):
            self._answer(request, self.answers.pop(0) if self.answers else 200 if right else 403)

    @property
    def urls(self) -> list[str]:
        """What it was told of, in order."""
        return [url for message in self.messages for url in message["urlList"]]

    def clear(self) -> None:
        self.messages.clear()


@contextmanager
def running(look: Callable[[str], bytes]) -> Iterator[Engines]:
    engines = Engines(look)
    try:
        yield engines
    finally:
        engines.close()
