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
        self._wanted, self._until = 0, 0.0  # replies that are waited for, and until when
        self._watch: asyncio.TimerHandle | None = None
        self._end: str | None = None
        transport.set_write_buffer_limits(
            high=0
        )  # `resume_writing` then means: everything left for the kernel
        self._room = asyncio.Event()
        self._room.set()
        transport.set_protocol(self)

    @property
    def alive(self) -> bool:
        """Whether something may still be asked."""
        return self._end is None and not self._replies

    def write(self, *parts: bytes) -> None:
        """Write *parts* without waiting; their replies are the next ones."""
        if self._end is None:
            self._transport.writelines(parts)

    async def drained(self) -> None:
        """Wait until everything written has left; the connection ends where that takes longer than the timeout."""
        if not self._room.is_set():
            try:
                async with asyncio.timeout(self._timeout):
                    await self._room.wait()
            except TimeoutError:
                self.hang_up("the relay took nothing in time")

    async def replies(self, count: int, patience: float = 1.0) -> list[Reply]:
        """The next *count* replies; fewer where the connection ended, or where none came for *patience* times the
        timeout. A 421 is the last (RFC 5321, 3.8)."""
        if len(self._replies) < count and self._end is None:
            await self._wait(count, patience)
        found = list[Reply]()
        while self._replies and len(found) < count:
            found.append(self._replies.popleft())
            if found[-1].code == 421:
                self._replies.clear()
                self.hang_up(found[-1].text)
        return found

    async def ask(self, line: bytes) -> Reply:
        """Write a command (CRLF is added) and return its reply; code 0 when none came within the timeout."""
        if (early := self.unasked()) is not None:
            return early
        self.write(line + b"\r\n")
        return await self.reply()

    async def reply(self, patience: float = 1.0) -> Reply:
        """The next reply; code 0 when none came within *patience* times the timeout."""
        found = await self.replies(1, patience)
        return found[0] if found else self.silence

    @property
    def silence(self) -> Reply:
        """What stands for a reply that did not come: why."""
        return Reply(0, self._end or "no reply")

    def unasked(self) -> Reply | None:
        """Why no further command makes sense: the connection's end, or a reply without a question."""
        if self._replies:
            reply = self._replies.popleft()
            self._replies.clear()
            self.hang_up("a reply nobody asked for")
            return reply if reply.code >= 400 else Reply(0, f"unasked: {reply.code} {reply.text}")
        return None if self._end is None else self.silence

    def hang_up(self, why: str) -> None:
        """End the connection at once, without QUIT."""
        if self._end is None:
            self._end = why or "the connection was closed"
            self._transport.abort()
            if self._watch is not None:
                self._watch.cancel()
        self._room.set()
        self._wake()

    async def _wait(self, count: int, patience: float) -> None:
        self._wanted, self._waiter = count, self._loop.create_future()
        self._until = self._loop.time() + self._timeout * patience
        if self._watch is None:  # one timer a connection, not one a letter
            self._look()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _look(self) -> None:
        """End a wait that takes too long; look again when the one at hand would."""
        now = self._loop.time()
        if self._waiter is not None and now >= self._until:
            self.hang_up("no reply in time")
            return
        at = self._until if self._waiter is not None else now + self._timeout
        self._watch = self._loop.call_at(min(at, now + self._timeout), self._look)

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
        if len(self._replies) >= self._wanted:
            self._wake()
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
            if found[1] == b"421":  # nothing that is waited for behind it comes
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
