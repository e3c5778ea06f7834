"""A scriptable SMTP server on loopback for tests and benchmarks: it keeps an honest log, and fails as it is told.

    python -m tests.sink --port 0 --log accepted.log --fault 'rcpt:reply;code=451;first=1;per=recipient'

Its first line on standard output is `{"port": N}`. Each line of JSON on standard input changes it while it runs
(`{"faults": [...], "pipelining": false, "rtt": 0.03}`, or `{}`) and is answered by a line of counts; the end of the
input, or SIGTERM, ends it.

- *Honest.* A letter counts as accepted when its line is in the log, which is before any byte of a reply: from there on
  it is the server's (RFC 5321, 4.2.5), whatever is answered. `entries` reads the log.
- *Strict.* What a client must not do is a violation, named and counted, and goes on as well as it can.
- *Fast.* 31 KB letters at tens of thousands a second and core, with uvloop; `exact = False` (`--quick`) leaves out the
  digest and the looks at the content.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from base64 import b64decode
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, cast, get_args

from tests.patience import LONG

Stage = Literal[
    "connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "content", "rset", "quit"
]
Action = Literal[
    "reply",  # answer with code and text; 421 closes
    "reply-drop",  # the same, and close
    "drop",  # close (FIN) without a word
    "reset",  # close hard (RST)
    "delay",  # wait *seconds*, then go on as if nothing were
    "stall",  # neither read nor answer for *seconds*, then close: half-open
    "drip",  # the right reply, a byte each *seconds*
    "garbage",  # bytes that are no reply
    "flood",  # *lines* of a reply that never ends
    "inject",  # STARTTLS: words in clear behind the reply
    "accept-drop",  # content only: the letter is accepted, and nobody is told
    "accept-stall",
    "accept-reply",  # accepted, and answered with code and text (a lying server)
]

ROOM = 1 << 18  # bytes read at once
LINGER = 1.0  # seconds
LONGEST = 4096  # a command line
END = b"\r\n.\r\n"
LAST = {"EHLO", "HELO", "DATA", "NOOP", "QUIT", "STAR", "AUTH", "VRFY", "EXPN"}  # of a group (RFC 2920, 3.1)
FLOODED = b"250-" + b"x" * 400 + b"\r\n"
_ID = re.compile(rb"(?im)^message-id:\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: *do* at *at*, each time all that is said below `lines` holds."""

    at: Stage
    do: Action
    code: int = 451
    text: str = "4.3.0 not now"
    seconds: float = 3600.0
    bytes: int = 4096  # of the content, before it goes wrong in the body
    lines: int = 100_000
    p: float = 1.0
    every: int = 1
    after: int = 0  # times it holds and nothing happens yet
    first: int = 0  # times it happens; 0: no end
    per: Literal["", "recipient", "connection"] = ""  # what *after*, *first* and *every* are counted by
    letters: int = 0  # accepted on this connection before
    recipient: str = ""  # pattern

    def __post_init__(self) -> None:
        if self.at not in get_args(Stage) or self.do not in get_args(Action):
            raise ValueError(f"no such fault: {self.at}:{self.do}")
        if self.do.startswith("accept") and self.at != "content":
            raise ValueError(f"{self.do} is for content only")

    @classmethod
    def parse(cls, words: str) -> Fault:
        """`rcpt:reply;code=451;first=1;per=recipient`. Raises ValueError."""
        head, *rest = words.split(";")
        at, _, do = head.partition(":")
        kinds = {"code": int, "bytes": int, "lines": int, "every": int, "after": int, "first": int}
        kinds |= {"letters": int}
        floats = {"seconds": float, "p": float}
        given: dict[str, Any] = {}
        for word in rest:
            name, _, value = word.partition("=")
            if name not in cls.__slots__:
                raise ValueError(f"no such setting of a fault: {name}")
            given[name] = (kinds | floats).get(name, str)(value)
        return cls(cast(Stage, at), cast(Action, do), **given)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log."""

    what: str  # accepted | refused (for good, 5xx) | violation | fault; the last two have a name for a Message-ID
    connection: int
    answered: str  # the code that was sent for it, or "-" where nobody was told
    sha: str  # of the content as it came over the wire
    message_id: str
    sender: str
    recipient: str

    @property
    def letter(self) -> tuple[str, str]:
        """What makes it one letter."""
        return self.message_id, self.recipient


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a log's *lines*."""
    for line in lines:
        what, connection, *rest = line.rstrip("\n").split("\t")
        yield Entry(what, int(connection), *rest)


class Script:
    """Decides from a list of faults what happens; the same *seed*, the same choices."""

    def __init__(self, faults: Iterable[Fault | str] = (), seed: int = 1) -> None:
        self._chance, self.fired = random.Random(seed), Counter[str]()
        self._at: dict[str, list[Fault]] = defaultdict(list)
        self._held = Counter[tuple[int, str]]()
        for each in faults:
            fault = Fault.parse(each) if isinstance(each, str) else each
            self._at[fault.at].append(fault)

    def __call__(self, stage: Stage, session: Session) -> Fault | None:
        """The first fault that happens now."""
        for fault in self._at.get(stage, ()):
            if self._happens(fault, session):
                self.fired[f"{stage}:{fault.do}"] += 1
                return fault
        return None

    def _happens(self, fault: Fault, session: Session) -> bool:
        recipient = session.recipient
        if session.letters < fault.letters or (fault.recipient and not re.search(fault.recipient, recipient)):
            return False
        by = {"recipient": recipient, "connection": str(session.number)}.get(fault.per, "")
        self._held[id(fault), by] += 1
        times = self._held[id(fault), by] - fault.after
        if times <= 0 or times % fault.every or (fault.first and times > fault.first * fault.every):
            return False
        return fault.p >= 1 or self._chance.random() < fault.p


class Post:
    """What is known of all letters and connections of a server, and how it behaves: change it while it runs."""

    def __init__(
        self,
        script: Callable[[Stage, Session], Fault | None] | None = None,
        *,
        rtt: float = 0.0,
        pipelining: bool = True,
        smtputf8: bool = True,
        size: int = 64 << 20,
        exact: bool = True,
        careless: bool = False,
        tls: ssl.SSLContext | None = None,
        password: tuple[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        """*rtt*: seconds from the arrival of bytes to the replies they cause, together. *careless*: DATA is answered by
        354 although no recipient was accepted (RFC 2920, 3.1). *password*: name and password for AUTH PLAIN."""
        self.script, self.rtt, self.pipelining, self.smtputf8 = script, rtt, pipelining, smtputf8
        self.size, self.exact, self.careless, self.tls, self.password = size, exact, careless, tls, password
        self.accepted = Counter[tuple[str, str]]()  # by Message-ID and recipient
        self.by_recipient = Counter[str]()
        self.shas: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.refused = Counter[str]()  # recipients, for good
        self.violations = Counter[str]()
        self.connections = self.most = 0
        self.live: set[Session] = set()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None

    def write(self, *fields: str) -> None:
        """Append a line to the log."""
        if self._log is not None:
            os.write(self._log, ("\t".join(fields) + "\n").encode("utf-8", "replace"))

    def look(self, content: bytes) -> None:
        """What is done with the content of a letter before it is taken: nothing."""

    def take(self, session: Session, message_id: str, sha: str, answered: str) -> None:
        """A letter is ours from here on."""
        for recipient in session.recipients:
            number = str(session.number)
            self.write("accepted", number, answered, sha, message_id, session.sender, recipient)
            self.accepted[message_id, recipient] += 1
            self.by_recipient[recipient] += 1
            if sha:
                self.shas[message_id, recipient].add(sha)

    def refuse(self, session: Session, code: int, recipients: Iterable[str]) -> None:
        """A letter was refused for good."""
        for recipient in recipients:
            self.refused[recipient] += 1
            self.write("refused", str(session.number), str(code), "", "", session.sender, recipient)

    def violation(self, session: Session, name: str) -> None:
        """The client did what it must not."""
        self.violations[name] += 1
        self.note("violation", session, name)

    def note(self, what: str, session: Session, name: str) -> None:
        """A line of the log that is about no letter."""
        self.write(what, str(session.number), "-", "", name, session.sender, session.recipient)

    def counts(self) -> dict[str, Any]:
        """What happened so far."""
        total = self.accepted.total()
        return {
            "accepted": total,
            "letters": len(self.accepted),
            "duplicates": total - len(self.accepted),
            "refused": self.refused.total(),
            "connections": self.connections,
            "most": self.most,
            "busy": sum(not session.stalled for session in self.live),
            "violations": dict(self.violations),
            "faults": dict(self.script.fired) if isinstance(self.script, Script) else {},
        }

    def clear(self) -> None:
        """Forget what was counted."""
        for counter in (self.accepted, self.by_recipient, self.shas, self.refused, self.violations):
            counter.clear()

    def close(self) -> None:
        """End all connections and the log."""
        for session in list(self.live):
            session.abort()
        if self._log is not None:
            os.close(self._log)
            self._log = None


class Session(asyncio.BufferedProtocol):
    """One connection. `number`, `letters`, `sender`, `recipient` and `recipients` are for scripts to look at."""

    def __init__(self, post: Post) -> None:
        self.post, self.number, self.letters = post, 0, 0
        self.sender, self.recipient, self.recipients = "", "", list[str]()
        self._room = bytearray(ROOM)
        self._begin = self._end = self._scanned = 0
        self._out: list[bytes] = []
        self._flights: deque[tuple[bytes, bool]] = (
            deque()
        )  # not yet written: replies, whether to close behind them
        self._named = self._in_mail = self._in_content = self._utf8 = self._eight = False
        self._agreed = False  # PIPELINING was offered on this connection
        self._secure = self._known = False
        self._waiting = ""  # the command whose reply the client must read before it sends more
        self._held = self._mute = self._closing = self.stalled = False
        self._drip = 0.0
        self._cut: Fault | None = None
        self._verbs: Mapping[str, Callable[[bytes], None]] = {
            "EHLO": self._hello,
            "HELO": self._hello,
            "STAR": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": lambda _: self._say(b"250 2.0.0 ok\r\n"),
            "QUIT": self._quit,
        }

    # the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        post = self.post
        post.connections += 1
        self.number = post.connections
        post.live.add(self)
        post.most = max(post.most, len(post.live))
        if not self._fails("connect"):
            self._say(b"220 sink.test ESMTP\r\n")
        self._flush()

    def connection_lost(self, _: Exception | None) -> None:
        self._closing = True
        self.post.live.discard(self)

    def get_buffer(self, _: int) -> memoryview:
        if self._begin == self._end:
            self._begin = self._end = self._scanned = 0
        if len(self._room) - self._end < ROOM // 2:
            held = self._room[self._begin : self._end]
            self._scanned = max(self._scanned - self._begin, 0)
            self._begin, self._end = 0, len(held)
            if len(held) > len(self._room) // 2:
                self._room = held + bytearray(2 * len(held))
            else:
                self._room[: len(held)] = held
        return memoryview(self._room)[self._end :]

    def buffer_updated(self, count: int) -> None:
        self._end += count
        if self._closing:
            self._begin = self._end
            return
        if self._waiting and self._flights:  # its reply has not left yet
            self.post.violation(self, f"sent before the reply to {self._waiting}")
        self._work()

    def eof_received(self) -> bool:
        return False

    def _work(self) -> None:
        while self._begin < self._end and not (self._held or self._closing):
            if not (self._take_content() if self._in_content else self._take_line()):
                break
            if self._begin < self._end and self._waiting:
                self.post.violation(self, f"sent before the reply to {self._waiting}")
                self._waiting = ""
        self._flush()

    # replies

    def _say(self, reply: bytes) -> None:
        self._out.append(reply)

    def _flush(self, *, close: bool = False) -> None:
        if self._mute or not (self._out or close):
            return
        reply = b"".join(self._out)
        self._out.clear()
        self._flights.append((reply, close))
        if self.post.rtt and not self._drip:
            self._loop.call_later(self.post.rtt, self._depart)
        elif len(self._flights) == 1:
            self._depart()

    def _depart(self) -> None:
        reply, close = self._flights[0]
        if self._drip and len(reply) > 1 and not self._transport.is_closing():
            self._transport.write(reply[:1])
            self._flights[0] = reply[1:], close
            self._loop.call_later(self._drip, self._depart)
            return
        self._flights.popleft()
        self._drip = 0.0
        if not self._transport.is_closing():
            if reply:
                self._transport.write(reply)
            if close:
                self._part()
        if not self._flights:
            self._waiting = ""
        elif not self.post.rtt:
            self._depart()

    def _part(self) -> None:
        """Say no more, and listen a while to what is on its way: to close at once would make the kernel throw away
        what the client has not read (RST), which is "reset" and not this."""
        if self._held or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.write_eof()
            self._loop.call_later(LINGER, self._transport.close)

    def _end_here(self) -> None:
        """Close when what was said before has left."""
        self._closing = True
        self._flush(close=True)

    def abort(self) -> None:
        """End it hard."""
        self._closing = True
        self._transport.abort()

    # faults

    def _fails(self, stage: Stage) -> bool:
        """Whether a fault took the place of the normal reply."""
        fault = self._scripted(stage)
        return fault is not None and self._fault(fault)

    def _scripted(self, stage: Stage) -> Fault | None:
        fault = self.post.script(stage, self) if self.post.script is not None else None
        if fault is not None:
            self.post.note("fault", self, f"{fault.at}:{fault.do}")
        return fault

    def _fault(self, fault: Fault) -> bool:
        match fault.do:
            case "reply" | "reply-drop" | "accept-reply":
                self._say(f"{fault.code} {fault.text}\r\n".encode())
                if fault.code == 421 or fault.do == "reply-drop":
                    self._end_here()
            case "drop" | "accept-drop":
                self._end_here()
            case "reset":
                self._flush()  # what the kernel has sent of it by then is anybody's guess
                sock = self._transport.get_extra_info("socket")
                with suppress(OSError, AttributeError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.abort()
            case "stall" | "accept-stall":
                self._hold()
                self.stalled = True
                self._loop.call_later(fault.seconds, self.abort)
            case "delay":
                self._hold()
                self._mute = True
                self._loop.call_later(fault.seconds, self._go_on)
                return False
            case "drip":
                self._drip = fault.seconds
                return False
            case "inject":
                self._say(b"220 2.0.0 go ahead\r\n" + fault.text.encode() + b"\r\n")
            case "garbage":
                self._say(b"\x00\xff\xfe no reply \x80\r\n")
            case "flood":
                self._say(FLOODED * min(fault.lines, 10_000))
                for turn in range(1, fault.lines // 10_000):
                    self._loop.call_later(0.01 * turn, self._transport.write, FLOODED * 10_000)
        return True

    def _hold(self) -> None:
        self._held = True
        with suppress(RuntimeError):
            self._transport.pause_reading()

    def _go_on(self) -> None:
        self._held = self._mute = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._work()

    # commands

    def _take_line(self) -> bool:
        end = self._room.find(b"\n", self._begin, self._end)
        if end < 0:
            if self._end - self._begin > LONGEST:
                self.post.violation(self, "a line without an end")
                self.abort()
            return False
        line = bytes(self._room[self._begin : end + 1])
        self._begin = end + 1
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            self.post.violation(self, "a command that does not end in CRLF")
        verb = line[:4].decode("latin-1").upper()
        if verb in LAST or not self._agreed:
            self._waiting = line[:4].decode("latin-1")
        act = self._verbs.get(verb)
        if act is None:
            self.post.violation(self, "an unknown command")
            self._say(b"500 5.5.2 what?\r\n")
        else:
            act(line)
        return True

    def _forget(self) -> None:
        self.sender, self.recipient, self._in_mail = "", "", False
        self.recipients = []

    def _hello(self, line: bytes) -> None:
        self._forget()
        if self._fails("ehlo"):
            return
        self._named, self._agreed = True, False
        if line[:1] in b"Hh":
            self._say(b"250 sink.test\r\n")
            return
        post = self.post
        self._agreed = post.pipelining
        offers = ["sink.test", f"SIZE {post.size}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        offers += ["PIPELINING"] * post.pipelining + ["SMTPUTF8"] * post.smtputf8
        offers += ["STARTTLS"] * (post.tls is not None and not self._secure)
        offers += ["AUTH PLAIN"] * (post.password is not None)
        last = len(offers) - 1
        self._say(b"".join(f"250{'- '[n == last]}{o}\r\n".encode() for n, o in enumerate(offers)))

    def _starttls(self, _: bytes) -> None:
        if self.post.tls is None or self._secure:
            self._say(b"503 5.5.1 no\r\n")
        elif not self._fails("starttls"):
            self._say(b"220 2.0.0 go ahead\r\n")
            self._begin = self._end  # what came in clear behind it was seen as a violation, and is not for us
            self._held = True
            self._flush()
            task = self._loop.create_task(self._secured(self.post.tls))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _secured(self, tls: ssl.SSLContext) -> None:
        transport = await self._loop.start_tls(self._transport, self, tls, server_side=True)
        if transport is None:
            return
        self._transport, self._secure, self._held, self._named = transport, True, False, False
        self._agreed = False
        self._forget()

    def _auth(self, line: bytes) -> None:
        if self._fails("auth"):
            return
        name, word = self.post.password or ("", "")
        if not self._secure and self.post.tls is not None:
            self.post.violation(self, "a password in clear")
        self._known = line.split()[1:2] == [b"PLAIN"] and (
            b64decode(line.split()[2]) == f"\0{name}\0{word}".encode()
        )
        self._say(b"235 2.7.0 welcome\r\n" if self._known else b"535 5.7.8 no\r\n")

    def _mail(self, line: bytes) -> None:
        if not self._named or self._in_mail:
            self.post.violation(self, "MAIL out of turn")
            self._say(b"503 5.5.1 not now\r\n")
            return
        address, _, options = line.partition(b"<")[2].partition(b">")
        self.sender = address.decode("utf-8", "surrogateescape")
        options = options.upper()
        self._utf8, self._eight = b"SMTPUTF8" in options, b"8BITMIME" in options
        if self.post.password and not self._known:
            self._say(b"530 5.7.0 who are you?\r\n")
        elif (size := re.search(rb"SIZE=(\d+)", options)) and int(size[1]) > self.post.size:
            self._say(b"552 5.3.4 too large\r\n")
        elif not self._fails("mail"):
            self._addressed(line, address)
            self._in_mail = True
            self._say(b"250 2.1.0 ok\r\n")

    def _rcpt(self, line: bytes) -> None:
        address = line.partition(b"<")[2].partition(b">")[0]
        self.recipient = address.decode("utf-8", "surrogateescape")
        if not self._in_mail:
            self._say(b"503 5.5.1 MAIL first\r\n")
            return
        before = len(self._out)
        if self._fails("rcpt"):
            if self._out[before:] and self._out[-1][:1] == b"5":
                self.post.refuse(self, int(self._out[-1][:3]), [self.recipient])
            return
        self._addressed(line, address)
        self.recipients.append(self.recipient)
        self._say(b"250 2.1.5 ok\r\n")

    def _addressed(self, line: bytes, address: bytes) -> None:
        if not line.isascii() and not self._utf8:
            self.post.violation(self, "an address beyond ASCII without SMTPUTF8")
        if b"<" not in line or (not address and line[:4].upper() == b"RCPT"):
            self.post.violation(self, "a path without brackets")

    def _data(self, _: bytes) -> None:
        if not self.recipients and not (self.post.careless and self._in_mail):
            self._say(b"554 5.5.1 no valid recipients\r\n")
            return
        before = len(self._out)
        if self._fails("data"):
            self._refused_whole(before)
            self._forget()
            return
        self._cut = self._scripted("body")
        self._in_content, self._scanned = True, self._begin
        self._say(b"354 end with a dot\r\n")

    def _refused_whole(self, before: int) -> None:
        if self._out[before:] and self._out[-1][:1] == b"5":
            self.post.refuse(self, int(self._out[-1][:3]), self.recipients)

    def _rset(self, _: bytes) -> None:
        self._forget()
        if not self._fails("rset"):
            self._say(b"250 2.0.0 ok\r\n")

    def _quit(self, _: bytes) -> None:
        if not self._fails("quit"):
            self._say(b"221 2.0.0 bye\r\n")
            self._end_here()

    # content

    def _take_content(self) -> bool:
        room, begin = self._room, self._begin
        if self._cut is not None and self._end - begin >= self._cut.bytes:
            cut, self._cut = self._cut, None
            if self._fault(cut):
                self._begin = self._end
                if not self._held:
                    self._end_here()  # who is answered before the end cannot know what the rest is taken for
            return False
        if room.startswith(b".\r\n", begin, self._end):
            end, behind = begin, begin + 3
        else:
            found = self._dot(max(begin, self._scanned - 4))
            if found < 0:
                self._scanned = self._end
                return False
            end, behind = found + 2, found + 5
        self._begin, self._in_content, self._cut = behind, False, None
        if not self._agreed:
            self._waiting = "the content"
        self._judge(begin, end)
        self._forget()
        return True

    def _dot(self, begin: int) -> int:
        """Where the content ends, -1: not yet. In base64 there are no dots, and one byte is found in a fortieth of the
        time; headers are full of them."""
        room, end = self._room, self._end
        if begin == self._begin:
            head = room.find(b"\r\n\r\n", begin, end)
            head = end if head < 0 else head + 4
            found = room.find(END, begin, min(head + 1, end))
            if found >= 0:
                return found
            begin = head
        for _ in range(8):
            dot = room.find(b".", begin, end)
            if dot < 0:
                return -1
            if room.startswith(END, dot - 2, end):
                return dot - 2
            begin = dot + 1
        return room.find(END, begin - 2, end)

    def _judge(self, begin: int, end: int) -> None:
        """Accept the letter in the room from *begin* to *end*, log it, answer; or not, as the script says."""
        if not self.recipients:
            self._say(b"554 5.5.1 no valid recipients\r\n")
            return
        before, fault = len(self._out), self._scripted("content")
        if fault is not None and not fault.do.startswith("accept") and self._fault(fault):
            self._refused_whole(before)
            return
        accepting = fault is not None and fault.do.startswith("accept")
        answered = "-" if accepting else "250"
        if fault is not None and fault.do == "accept-reply":
            answered = str(fault.code)
        name = self._message_id(begin, end)
        self.post.take(self, name, self._looked_at(begin, end) if self.post.exact else "", answered)
        self.letters += 1
        if fault is not None and accepting:
            self._fault(fault)
        else:
            self._say(b"250 2.0.0 ok\r\n")

    def _message_id(self, begin: int, end: int) -> str:
        room = self._room
        at = room.find(b"\r\nMessage-ID: ", begin, end)
        if at >= 0:
            return room[at + 14 : room.find(b"\r\n", at + 14, end)].decode("utf-8", "replace")
        found = _ID.search(room, begin, end)
        return found[1].decode("utf-8", "replace") if found else "-"

    def _looked_at(self, begin: int, end: int) -> str:
        """The digest of the content; what is wrong with it is a violation."""
        content = bytes(memoryview(self._room)[begin:end])
        self.post.look(content)
        lines = len(content.splitlines())  # at CR, LF and CRLF
        if lines != content.count(b"\n") or lines != content.count(b"\r"):
            self.post.violation(self, "a bare CR or LF in the content")
        if not (self._eight or content.isascii()):
            self.post.violation(self, "eight bits without 8BITMIME")
        if b"\0" in content:
            self.post.violation(self, "NUL in the content")
        return hashlib.sha1(content, usedforsecurity=False).hexdigest()


async def listen(post: Post, port: int = 0, host: str = "127.0.0.1") -> asyncio.Server:
    """Serve *post* in the running loop."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Session(post), host, port, backlog=1024)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Sink(Post):
    """The server in a thread of this process, for one `with`: *options* are those of Post."""

    def __init__(self, *faults: Fault | str, seed: int = 1, **options: Any) -> None:
        super().__init__(options.pop("script", None) or Script(faults, seed), **options)

    def __enter__(self) -> Self:
        self._loop = _new_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._there(self.listening())
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.url = f"smtp://127.0.0.1:{self.port}"
        return self

    async def listening(self) -> asyncio.Server:
        """What it listens by."""
        return await listen(self)

    def _there(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LONG)

    def set(self, *faults: Fault | str, seed: int = 1) -> None:
        """Fail like this from now on."""
        self.script = Script(faults, seed)

    def __exit__(self, *_: object) -> None:
        self._there(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ended(self) -> None:
        self._server.close()
        self.close()
        await asyncio.sleep(0)


@cache
def certificate() -> tuple[ssl.SSLContext, Path]:
    """A TLS context of a certificate for localhost and 127.0.0.1 that signs itself, and the file to trust it by. Raises
    OSError without the program openssl."""
    folder = Path(tempfile.mkdtemp(prefix="sink-"))
    key, cert = folder / "key.pem", folder / "cert.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", *words.split(), "-addext", names, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


class Process:
    """The server as a process of its own, for one `with`."""

    def __init__(
        self,
        *faults: str,
        words: Iterable[str] = (),
        log: Path | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        before: Iterable[str] = (),
    ) -> None:
        """*before*: words that start it elsewhere, where *host* is an address of its own."""
        self.host = host
        where = ["--host", host, "--port", str(port)]
        self.command = [*before, sys.executable, "-m", "tests.sink", *where, *words]
        self.command += ["--log", str(log)] * (log is not None)
        self.command += [word for fault in faults for word in ("--fault", fault)]

    def __enter__(self) -> Self:
        root = str(Path(__file__).parent.parent)
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=os.environ | {"PYTHONPATH": root},
        )
        self.port = int(self._read()["port"])
        self.url = f"smtp://{self.host}:{self.port}"
        return self

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def tell(self, **change: Any) -> dict[str, Any]:
        """Change how it behaves; returns its counts."""
        assert self.process.stdin is not None
        print(json.dumps(change), file=self.process.stdin, flush=True)
        return self._read()

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(LONG)
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()


@dataclass(slots=True)
class _Control(asyncio.Protocol):
    """Standard input of the process."""

    post: Post
    ended: asyncio.Event
    held: bytes = field(default=b"")

    def data_received(self, data: bytes) -> None:
        *lines, self.held = (self.held + data).split(b"\n")
        for line in lines:
            change = json.loads(line)
            if "faults" in change:
                self.post.script = (
                    Script(change["faults"], change.get("seed", 1)) if change["faults"] else None
                )
            for name in ("pipelining", "rtt", "exact", "careless", "smtputf8", "size"):
                setattr(self.post, name, change.get(name, getattr(self.post, name)))
            print(json.dumps(self.post.counts()), flush=True)
            if change.get("clear"):
                self.post.clear()

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set()


async def _serve(post: Post, port: int, host: str) -> None:
    server, ended = await listen(post, port, host), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await loop.connect_read_pipe(lambda: _Control(post, ended), sys.stdin)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await ended.wait()
    server.close()
    post.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.sink", description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="append a line here for each letter accepted or refused")
    parser.add_argument("--rtt", type=float, default=0.0, help="seconds before each flight of replies")
    parser.add_argument("--fault", action="append", default=[], help="stage:action;setting=value;...")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--careless", action="store_true", help="354 without a recipient")
    parser.add_argument("--quick", action="store_true", help="no digest, no look at the content")
    parser.add_argument("--starttls", action="store_true", help="with a certificate that signs itself")
    given = parser.parse_args()
    post = Post(
        Script(given.fault, given.seed) if given.fault else None,
        rtt=given.rtt,
        pipelining=not given.no_pipelining,
        exact=not given.quick,
        careless=given.careless,
        tls=certificate()[0] if given.starttls else None,
        log=given.log,
    )
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(post, given.port, given.host))


if __name__ == "__main__":
    main()
