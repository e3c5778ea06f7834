"""Door: who is an editor: the password's file, sessions in memory, and how often somebody may try (threat 11)."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import structlog

from publisher import private
from publisher.errors import BadConfig
from publisher.web.client import network

log = structlog.get_logger()

IDLE, LIFE = 3600, 12 * 3600  # seconds without a request, and at the most
SPAN = 900  # seconds in which attempts are counted
FROM_ONE, FROM_ALL = 5, 30  # wrong passwords in that time, of one network and in all
WAITING = 4  # attempts that may wait for each other
MOST = 1024  # bytes of a password
_MEND = "set one with `nashir admin password`"


@dataclass(slots=True)
class Entry:
    """A session of an editor. Lost when the daemon stops, and when the password changes."""

    csrf: str
    stamp: str  # the hash it was made by
    begun: float
    seen: float
    language: str = ""


@dataclass(slots=True)
class Gate:
    """Who is in. For use on the loop."""

    file: Path
    clock: Callable[[], float] = time.monotonic
    entries: dict[str, Entry] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: int = 0
    _wrong: deque[tuple[float, str]] = field(default_factory=deque)

    def of(self, cookie: str) -> Entry | None:
        """The session with this cookie, if it lives."""
        found, now = self.entries.get(_key(cookie)), self.clock()
        if found is None:
            return None
        if now - found.seen > IDLE or now - found.begun > LIFE or found.stamp != self._stamp():
            del self.entries[_key(cookie)]
            return None
        found.seen = now
        return found

    async def enter(self, password: str, address: str) -> tuple[str, Entry] | None:
        """A new session and its cookie; None for a wrong password. Raises Busy where it is tried too often. What it
        takes does not hang on what is wrong."""
        if self._waiting >= WAITING or self._tried_too_often(found := network(address)):
            raise Busy
        self._waiting += 1
        try:
            async with self._lock:
                if self._tried_too_often(found):
                    raise Busy
                stamp = await asyncio.to_thread(self._stamp, tell=True)
                right = await asyncio.to_thread(_is_right, stamp, password)
                if not right:
                    self._wrong.append((self.clock(), found))
                    return None
        finally:
            self._waiting -= 1
        cookie, now = secrets.token_urlsafe(32), self.clock()
        for key in [key for key, each in self.entries.items() if now - each.begun > LIFE]:
            del self.entries[key]
        entry = Entry(secrets.token_urlsafe(32), stamp, now, now)
        self.entries[_key(cookie)] = entry
        return cookie, entry

    def leave(self, cookie: str) -> None:
        """The session ends."""
        self.entries.pop(_key(cookie), None)

    def _tried_too_often(self, origin: str) -> bool:
        while self._wrong and self.clock() - self._wrong[0][0] > SPAN:
            self._wrong.popleft()
        return len(self._wrong) >= FROM_ALL or sum(each == origin for _, each in self._wrong) >= FROM_ONE

    def _stamp(self, *, tell: bool = False) -> str:
        try:
            return private.read(self.file, "the editors' password", _MEND).decode("ascii").strip()
        except (BadConfig, UnicodeDecodeError) as error:
            if tell:  # once for an attempt, not for every request
                log.warning("login", problem=str(error))
            return ""


class Busy(Exception):
    """Too many attempts."""


def _is_right(stamp: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return len(password.encode()) <= MOST and PasswordHasher().verify(stamp or _NOBODY, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


# Of a text nobody knows: where there is no password yet an attempt takes as long.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Q2FuIG5vdCBiZSBtYWRlIGJ5IGFueWJvZHkhISEhISEhISE"
)


def _key(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()  # found without comparing secrets
