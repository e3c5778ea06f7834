"""Replies, in order, on the transport of an SMTP connection (RFC 5321, 4.2)."""

import asyncio
import re
from collections import deque

from publisher.model.delivery import Reply

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_LONGEST_LINE, _LONGEST_REPLY = 4096, 32768  # octets; RFC 5321, 4.5.3.1.5 asks for 512


class Wire(asyncio.Protocol):
    """Takes a connection over from the client that opened it. What is no reply ends the connection, and so does a
    reply nobody asked for: after either, nobody knows which answer belongs to which question."""

    def __init__(self, transport: asyncio.Transport, timeout: float) -> None:
        self._transport, self._timeout = transport, timeout
        self._loop = asyncio.get_running_loop()
        self._rest, self._lines, self._size = b"", list[bytes](), 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: str | None = None
        transport.set_write_buffer_limits(
            high=0
        )  # `resume_writing` then means: everything left for the kernel
        self._room = asyncio.Event()
        self._room.set()
        transport.set_protocol(self)

    @property
    def alive(self) -> bool:
        return self._end is None and not self._replies

    async def ask(self, line: bytes) -> Reply:
        """Write a command (CRLF is added) and return its reply; code 0 when none came within the timeout."""
        if (early := self.unasked()) is not None:
            return early
        self._transport.write(line + b"\r\n")
        return await self.reply()

    async def write(self, data: bytes) -> Reply | None:
        """Write *data* and wait until it has left; return what came instead of silence, None if nothing did."""
        if self._end is None:
            self._transport.write(data)
            try:
                async with asyncio.timeout(self._timeout):
                    await self._room.wait()
            except TimeoutError:
                self.hang_up("the relay took nothing in time")
        return self.unasked()

    def write_now(self, data: bytes) -> None:
        """Write *data* without waiting; its reply is the next one."""
        self._transport.write(data)

    async def reply(self, patience: float = 1.0) -> Reply:
        """The next reply; code 0 when none came within *patience* times the timeout."""
        if not self._replies and self._end is None:
            self._waiter = self._loop.create_future()
            try:
                async with asyncio.timeout(self._timeout * patience):
                    await self._waiter
            except TimeoutError:
                self.hang_up("no reply in time")
            finally:
                self._waiter = None
        if not self._replies:
            return Reply(0, self._end or "")
        reply = self._replies.popleft()
        if reply.code == 421:  # it closes the channel (RFC 5321, 3.8)
            self.hang_up(reply.text)
        return reply

    def unasked(self) -> Reply | None:
        """Why no further command makes sense: the connection's end, or a reply without a question."""
        if self._replies:
            reply = self._replies.popleft()
            self.hang_up("a reply nobody asked for")
            return reply if reply.code >= 400 else Reply(0, f"unasked: {reply.code} {reply.text}")
        return None if self._end is None else Reply(0, self._end)

    def hang_up(self, why: str) -> None:
        """End the connection at once, without QUIT."""
        if self._end is None:
            self._end = why or "the connection was closed"
            self._transport.abort()
        self._room.set()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._end is not None:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            return self.hang_up("a line too long for a reply")
        for line in lines:
            self._line(line.removesuffix(b"\r"))
        return None

    def _line(self, line: bytes) -> None:
        found = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        self._size += len(line)
        if found is None or self._size > _LONGEST_REPLY:
            return self.hang_up(f"not a reply: {line[:80].decode('ascii', 'backslashreplace')}")
        self._lines.append(found[3] or b"")
        if found[2] != b"-":
            text = b" ".join(part.strip() for part in self._lines).decode("utf-8", "backslashreplace")
            self._replies.append(Reply(int(found[1]), text))
            self._lines, self._size = [], 0
            self._wake()
        return None

    def eof_received(self) -> None:
        self.hang_up("the relay closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        self.hang_up(str(exc or "the connection was closed"))

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()
