"""Replies, in order, on the transport of an SMTP connection (RFC 5321, 4.2)."""

import asyncio
import math
import re
from collections import deque

from publisher.model.delivery import Reply

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_LONGEST_LINE, _LONGEST_REPLY = 4096, 32768  # octets; RFC 5321, 4.5.3.1.5 asks for 512
_UNASKED = 8  # replies nobody asked for that are kept: the first is what is told


class Wire(asyncio.Protocol):
    """Takes a connection over from the client that opened it. What is no reply ends the connection, and so does a
    reply nobody asked for: after either, nobody knows which answer belongs to which question."""

    def __init__(self, transport: asyncio.Transport, timeout: float) -> None:
        self._transport, self._timeout = transport, timeout
        self._loop = asyncio.get_running_loop()
        self._rest, self._lines, self._size = b"", list[bytes](), 0
        self._replies: deque[Reply] = deque()
        self._owed = 0  # replies that what was written asks for, and nobody has taken yet
        self._waiter: asyncio.Future[None] | None = None
        self._wanted, self._until = 0, 0.0  # replies that are waited for, and until when
        self._watch: asyncio.TimerHandle | None = None
        self._looks_at = 0.0
        self._end: str | None = None
        self.ended: Reply | None = None  # how the relay ended the connection; None: it did not
        # `resume_writing` then means that all is with the kernel. Not 0: TLS's would pause where nothing is kept.
        transport.set_write_buffer_limits(high=1, low=0)
        self._room = asyncio.Event()
        self._room.set()
        transport.set_protocol(self)

    @property
    def alive(self) -> bool:
        """Whether something may still be asked."""
        return self._end is None and len(self._replies) <= self._owed

    def write(self, *parts: bytes, asks: int = 0) -> None:
        """Write *parts* without waiting; the next *asks* replies are theirs."""
        if self._end is None:
            self._owed += asks
            self._transport.write(
                b"".join(parts)
            )  # not writelines: asyncio's pauses nobody since Python 3.12

    async def drained(self) -> None:
        """Wait until everything written has left, and hear what there is to be heard; the connection ends where that
        takes longer than the timeout."""
        if self._room.is_set():
            await asyncio.sleep(0)
        else:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._room.wait()
            except TimeoutError:
                self._lost(Reply(0, "the relay took nothing in time"))

    async def replies(self, count: int, patience: float = 1.0) -> list[Reply]:
        """The next *count* replies; fewer where the connection ended, or where none came for *patience* times the
        timeout. A 421 is the last (RFC 5321, 3.8)."""
        if len(self._replies) < count and self._end is None:
            await self._wait(count, patience)
        found = list[Reply]()
        while self._replies and len(found) < count:
            found.append(self._replies.popleft())
            self._owed -= 1
            if found[-1].code == 421:
                self._replies.clear()
                self._lost(found[-1])
        return found

    async def ask(self, line: bytes) -> Reply:
        """Write a command (CRLF is added) and return its reply; code 0 when none came within the timeout."""
        if (early := self.unasked()) is not None:
            return early
        self.write(line + b"\r\n", asks=1)
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
        if len(self._replies) > self._owed:
            reply = self._replies[self._owed]
            self._replies.clear()
            self._lost(reply if reply.code == 421 else Reply(0, "a reply nobody asked for"))
            return reply if reply.code >= 400 else Reply(0, f"unasked: {reply.code} {reply.text}")
        return None if self._end is None else self.silence

    def _lost(self, reply: Reply) -> None:
        """The relay ended the connection, or is none any more."""
        if self._end is None:
            self.ended = reply
        self.hang_up(reply.text)

    def nonsense(self, why: str) -> None:
        """The relay's answers make no sense: end the connection."""
        self._lost(Reply(0, why))

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
        if self._watch is None or self._until < self._looks_at:  # one timer a connection, not one a letter
            self._look()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _look(self) -> None:
        """End a wait that takes too long; look again when the one at hand would."""
        now = self._loop.time()
        if self._waiter is not None and now >= self._until:
            self._lost(Reply(0, "no reply in time"))
            return
        if self._watch is not None:
            self._watch.cancel()
        self._looks_at = min(self._until if self._waiter is not None else math.inf, now + self._timeout)
        self._watch = self._loop.call_at(self._looks_at, self._look)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._end is not None:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._end is None:  # behind what is no reply, nobody knows what one answers
                self._line(line.removesuffix(b"\r"))
        if len(self._rest) > _LONGEST_LINE:
            return self._lost(Reply(0, "a line too long for a reply"))
        if len(self._replies) >= self._wanted:
            self._wake()
        return None

    def _line(self, line: bytes) -> None:
        found = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        self._size += len(line)
        if found is None or self._size > _LONGEST_REPLY:
            text = line[:80].decode("ascii", "backslashreplace")
            return self._lost(Reply(0, f"not a reply: {text}"))
        self._lines.append(found[3] or b"")
        if found[2] != b"-":
            text = b" ".join(part.strip() for part in self._lines).decode("utf-8", "backslashreplace")
            self._replies.append(Reply(int(found[1]), text))
            self._lines, self._size = [], 0
            if found[1] == b"421":  # nothing that is waited for behind it comes
                self._wake()
            if len(self._replies) > self._owed + _UNASKED:
                return self._lost(Reply(0, "replies without end that nobody asked for"))
        return None

    def eof_received(self) -> None:
        self._lost(Reply(0, "the relay closed the connection"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(Reply(0, str(exc or "the connection was closed")))

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()
