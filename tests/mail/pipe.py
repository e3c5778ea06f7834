"""A connection in memory between our side of a dialogue and the sink's: as sockets are, but for the kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Any, cast

from publisher.mail.wire import Wire
from tests.sink import Post, Session

TIMEOUT = 5.0  # seconds


class End(asyncio.Transport):
    """One end: what is written here arrives at the protocol of the *other*, in the next turn of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self.protocol: Any = None
        self.other: End

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: Any) -> None:
        if not self._closing:
            self._loop.call_soon(self.other.arrives, bytes(data))

    def arrives(self, data: bytes) -> None:
        """Bytes of the other end."""
        if not self._closing:
            self.protocol.data_received(data)

    def is_closing(self) -> bool:
        return self._closing

    def can_write_eof(self) -> bool:
        return False

    def abort(self) -> None:
        self.close()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self.protocol.connection_lost, None)
            self._loop.call_soon(self.other.gone)

    def gone(self) -> None:
        """The other end was closed."""
        if not self._closing:
            self._closing = True
            self.protocol.connection_lost(None)


class Chopped(End):
    """Gathers what arrives for some *turns* of the loop, and hands it on in pieces of these *sizes*, over and over."""

    def __init__(self, sizes: Sequence[int], turns: int) -> None:
        super().__init__()
        self._sizes, self._turns, self._left = cycle(sizes), turns, 0
        self._held = b""
        self._gone = False

    def arrives(self, data: bytes) -> None:
        if not self._held:
            self._left = self._turns
            self._loop.call_soon(self._turn)
        self._held += data

    def gone(self) -> None:
        self._gone = True
        if not self._held:
            super().gone()

    def _turn(self) -> None:
        self._left -= 1
        if self._left < 0:
            size = next(self._sizes)
            data, self._held = self._held[:size], self._held[size:]
            super().arrives(data)
        if self._held and not self._closing:
            self._loop.call_soon(self._turn)
        elif self._gone:
            super().gone()


class Far(End):
    """The sink's end."""

    def arrives(self, data: bytes) -> None:
        session = cast(Session, self.protocol)
        while data and not self._closing:
            room = session.get_buffer(len(data))
            count = min(len(room), len(data))
            room[:count] = data[:count]
            session.buffer_updated(count)
            data = data[count:]


class _Greeted(asyncio.Protocol):
    """Hears what the sink says to whoever greets it."""

    def __init__(self) -> None:
        self.heard = b""

    def data_received(self, data: bytes) -> None:
        self.heard += data


async def connected(post: Post, near: End | None = None, session: type[Session] = Session) -> Wire:
    """A connection to the sink of *post*, after EHLO."""
    near, far = near or End(), Far()
    near.other, far.other = far, near
    greeted = near.protocol = _Greeted()
    far.protocol = session(post)
    far.protocol.connection_made(far)
    near.write(b"EHLO test.example\r\n")
    while not greeted.heard.partition(b"\r\n250 ")[2].endswith(b"\r\n"):
        await asyncio.sleep(0)
    return Wire(near, TIMEOUT)
