"""What a soak has around its daemon: a mail server that fails in every way it can, and people at the doors.

The server keeps every letter's time, connection, Message-ID and digest, and the links that confirm or leave. People
sign up, confirm by the letter that came, leave by the button of a letter that came, and read the feeds, from the
web server and from the disk.
"""

import email
import gzip
import http.client
import json
import random
import re
import sys
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parent.parent))  # as a script it has only its own folder

from tests.sink import Session, Sink

SHARE = 0.01  # of every fault
FAULTS = tuple(
    f"{fault};p={SHARE}"
    for fault in """
connect:reply;code=421;text=4.3.2 not now
connect:reply;code=554;text=5.3.2 not here
connect:drop
connect:reset
connect:stall;seconds=20
connect:garbage
connect:flood;lines=2000
connect:drip;seconds=0.002
ehlo:reply;code=421;text=4.3.2 not now
ehlo:drop
ehlo:stall;seconds=20
ehlo:garbage
ehlo:flood;lines=2000
mail:reply;code=421;text=4.3.2 enough
mail:reply;code=451;text=4.3.0 later
mail:drop
mail:reset
mail:stall;seconds=20
mail:garbage
mail:flood;lines=2000
rcpt:reply;code=450;text=4.2.0 greylisted
rcpt:reply;code=452;text=4.2.2 full
rcpt:reply;code=550;text=5.1.1 nobody of that name
rcpt:drop
rcpt:reset
rcpt:stall;seconds=20
rcpt:garbage
rcpt:flood;lines=2000
data:reply;code=451;text=4.3.0 later
data:reply;code=421;text=4.3.2 enough
data:drop
data:stall;seconds=20
data:garbage
body:drop;bytes=500
body:reset;bytes=500
body:stall;bytes=500;seconds=20
body:reply;code=452;bytes=500
content:reply;code=451;text=4.3.0 later
content:reply;code=421;text=4.3.2 enough
content:reply;code=554;text=5.6.0 not this
content:drop
content:reset
content:stall;seconds=20
content:garbage
content:flood;lines=2000
content:drip;seconds=0.002
content:accept-drop
content:accept-stall;seconds=20
content:accept-reply;code=451;text=4.3.0 later
rset:drop
quit:drop
quit:stall;seconds=20
""".split("\n")
    if fault
)
FEEDS = ("atom.xml", "rss.xml", "feed.json")
SOONEST = 2.2  # seconds a form takes a person
_LIST = re.compile(rb"(?im)^List-Unsubscribe:\s*(?:<mailto:[^>]*>,\s*)?<(http[^>\s]+)>")
_TO = re.compile(rb"(?im)^To: .*?<?([^\s<>]+@[^\s<>]+)>?\r$")
_EDITION = re.compile(rb"(?im)^Message-ID: <(\d+)\.")
_CONFIRM = re.compile(r"https?://\S+/confirm/[\w-]+")


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that the server took."""

    at: float  # time.monotonic()
    connection: int
    answered: str
    sha: str
    message_id: str
    recipient: str


class Office(Sink):
    """The mail server."""

    def __init__(self, *faults: str, seed: int) -> None:
        super().__init__(*faults, seed=seed)
        self.letters: list[Taken] = []
        self.resets: dict[int, float] = {}  # connections that were reset, and when
        self.confirming: deque[str] = deque(maxlen=200)
        self.leaving: dict[str, str] = {}  # the newest link of each reader

    def look(self, content: bytes) -> None:
        """Keep what the letter lets its reader do."""
        if not _EDITION.search(content):
            part = email.message_from_bytes(content, policy=default).get_body(("plain",))
            self.confirming.extend(_CONFIRM.findall(str(part.get_content())) if part else ())
        elif (link := _LIST.search(content)) and (to := _TO.search(content)):
            self.leaving[to[1].decode()] = link[1].decode()

    def take(self, session: Session, message_id: str, sha: str, answered: str) -> None:
        super().take(session, message_id, sha, answered)
        for each in session.recipients:
            self.letters.append(Taken(time.monotonic(), session.number, answered, sha, message_id, each))

    def note(self, what: str, session: Session, name: str) -> None:
        super().note(what, session, name)
        if what == "fault" and name.endswith(":reset"):
            self.resets[session.number] = time.monotonic()


@dataclass(slots=True)
class Crowd:
    """People at the doors of one site, until `end`. *away*: the daemon may be away, so that who is not heard tries
    again later."""

    port: int
    output: Path
    office: Office
    away: bool
    chance: random.Random
    readers: list[str] = field(default_factory=list)
    left: dict[str, tuple[float, str]] = field(default_factory=dict)  # when, and by which link
    done: Counter[str] = field(default_factory=Counter)
    torn: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """From here on they come."""
        for work, every in ((self.read, 0.5), (self.look, 0.5), (self.join, 12.0), (self.leave, 12.0)):
            thread = threading.Thread(target=self._again, args=(work, every), daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        """Nobody comes any more."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _again(self, work, every: float) -> None:  # type: ignore[no-untyped-def]
        while not self._ended.wait(every * self.chance.uniform(0.5, 1.5)):
            try:
                work()
            except (OSError, http.client.HTTPException) as error:
                self.done["not heard"] += 1
                if not self.away:
                    self.unheard.append(f"{work.__name__}: {error!r}")

    def ask(self, path: str, body: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer; http.client.IncompleteRead where it was cut off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
            connection.request(
                "GET" if body is None else "POST",
                path,
                body,
                sent | {k.replace("_", "-"): v for k, v in headers.items()},
            )
            reply = connection.getresponse()
            return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
        finally:
            connection.close()

    def read(self) -> None:
        """A feed from the web server, and whether it is whole."""
        name = self.chance.choice(FEEDS)
        status, headers, data = self.ask(f"/{name}", Accept_Encoding=self.chance.choice(("gzip", "identity")))
        if status != 200:
            self.torn.append(f"{name}: {status}")
            return
        self._whole(name, gzip.decompress(data) if headers.get("content-encoding") == "gzip" else data)
        self.done["feeds read"] += 1

    def look(self) -> None:
        """A feed on the disk, and its compressed form."""
        name = self.chance.choice(FEEDS)
        self._whole(name, (self.output / name).read_bytes())
        with suppress(FileNotFoundError):
            self._whole(f"{name}.gz", gzip.decompress((self.output / f"{name}.gz").read_bytes()))
        self.done["feeds looked at"] += 1

    def _whole(self, name: str, data: bytes) -> None:
        try:
            if "json" in name:
                json.loads(data)
            else:
                ElementTree.fromstring(data)
        except ValueError as error:
            self.torn.append(f"{name}: {error}")
        except ElementTree.ParseError as error:
            self.torn.append(f"{name}: {error}")

    def join(self) -> None:
        """Somebody new fills in the form; and who was asked by letter confirms."""
        _, _, page = self.ask("/subscribe")
        shown = re.search(r'name="shown" value="([^"]+)"', page.decode())
        if shown and not self._ended.wait(SOONEST):
            number = self.done["signed up"]
            address = f"new{number}.{self.chance.randrange(10**9)}@n{number}.example"
            fields = {"email": address, "shown": shown[1], "newsletter": "daily"}
            if self.ask("/subscribe", urlencode(fields))[0] == 200:
                self.done["signed up"] += 1
        while self.office.confirming:
            link = self.office.confirming[0]
            if self.ask(urlsplit(link).path, "")[0] == 200:
                self.done["confirmed"] += 1
            self.office.confirming.popleft()

    def leave(self) -> None:
        """The button of a mail program is pressed for somebody."""
        known = [each for each in list(self.office.leaving) if each not in self.left]
        if known:
            address = self.chance.choice(known)
            link = self.office.leaving[address]
            if self.ask(urlsplit(link).path, "List-Unsubscribe=One-Click")[0] == 200:
                self.left[address] = time.monotonic(), link
                self.done["left"] += 1
