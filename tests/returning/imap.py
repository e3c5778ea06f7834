"""An IMAP server for tests (RFC 3501): one folder, one connection at a time, and the faults that are asked for."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.patience import LONG

USER, PASSWORD = "bounces@example.org", 'p"ä\\ss'


@dataclass
class Server:
    """`with Server() as server`: listens on `port`. *fault* is asked before each command and may break off (raise) or
    answer instead."""

    messages: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    validity: int = 7
    capabilities: str = "IMAP4rev1 AUTH=PLAIN UIDPLUS"
    tls: ssl.SSLContext | None = None
    fault: Callable[[str], str | None] = lambda _: None
    said: list[str] = field(default_factory=list)  # the commands, without their tags
    fetched: list[int] = field(default_factory=list)
    next: int = 1

    def __enter__(self) -> Server:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(LONG)

    def put(self, *messages: bytes) -> None:
        for each in messages:
            self.messages[self.next] = each
            self.next += 1

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(peer, server_side=True) if self.tls else peer as each:
                    self._talk(each.makefile("rwb", buffering=0))
            except OSError:
                pass
            finally:
                peer.close()

    def _talk(self, stream: Any) -> None:
        stream.write(f"* OK [CAPABILITY {self.capabilities}] ready\r\n".encode())
        while line := stream.readline():
            tag, _, command = line.decode().rstrip("\r\n").partition(" ")
            self.said.append(command)
            answer = self.fault(command)
            if answer is None:
                answer = self._answer(command, stream)
            stream.write(answer.replace("TAG", tag).encode("latin-1"))
            if command == "LOGOUT":
                return

    def _answer(self, command: str, stream: Any) -> str:
        word = command.split()[1] if command.startswith("UID") else command.split(maxsplit=1)[0]
        return getattr(self, f"_{word.lower()}")(command, stream)  # type: ignore[no-any-return]

    def _capability(self, *_: object) -> str:
        return f"* CAPABILITY {self.capabilities}\r\nTAG OK done\r\n"

    def _authenticate(self, _: str, stream: Any) -> str:
        stream.write(b"+ \r\n")
        given = base64.b64decode(stream.readline())
        return (
            "TAG OK in\r\n"
            if given == f"\0{USER}\0{PASSWORD}".encode()
            else "TAG NO [AUTHENTICATIONFAILED] no\r\n"
        )

    def _login(self, *_: object) -> str:
        return "TAG NO plain text is off\r\n"

    def _select(self, command: str, _: object) -> str:
        if command != 'SELECT "INBOX"':
            return "TAG NO no such folder\r\n"
        return (
            f"* {len(self.messages)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}]\r\nTAG OK [READ-WRITE]\r\n"
        )

    def _search(self, command: str, _: object) -> str:
        first = int(re.search(r"UID (\d+):", command)[1])  # type: ignore[index]
        uids = sorted(uid for uid in self.messages if "\\Deleted" not in self.flags.get(uid, set()))
        found = [uid for uid in uids if uid >= first] or uids[-1:]  # RFC 9051, 6.4.4: "n:*" has the last
        return f"* SEARCH {' '.join(map(str, found))}\r\nTAG OK done\r\n"

    def _fetch(self, command: str, stream: Any) -> str:
        uid = int(command.split()[2])
        self.fetched.append(uid)
        if uid not in self.messages:
            return "TAG OK nothing\r\n"
        whole = self.messages[uid]
        data = whole[: int(re.search(r"<0\.(\d+)>", command)[1])]  # type: ignore[index]
        stream.write(
            f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(whole)} BODY[]<0> {{{len(data)}}}\r\n".encode()
        )
        stream.write(data + b")\r\n")
        return "TAG OK done\r\n"

    def _store(self, command: str, _: object) -> str:
        uids, flags = command.split()[2], command.partition("(")[2].rstrip(")")
        for uid in map(int, uids.split(",")):
            self.flags.setdefault(uid, set()).update(flags.split())
        return "TAG OK done\r\n"

    def _expunge(self, command: str, _: object) -> str:
        named = (
            set(map(int, command.split()[2].split(","))) if command.startswith("UID") else set(self.messages)
        )
        for uid in [uid for uid in named if "\\Deleted" in self.flags.get(uid, set())]:
            self.messages.pop(uid, None)
        return "TAG OK done\r\n"

    def _logout(self, *_: object) -> str:
        return "* BYE\r\nTAG OK done\r\n"
