"""How a relay does: whether it can be used, and how much it takes (S3). No clock of its own; `now` is in seconds since
1970."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.mail.verdict import escaped
from publisher.model.delivery import Reply
from publisher.model.relay import Learnt

FAILURES = 3  # connections in a row that carried nothing, before a relay is left alone
DOUBTS = 10  # ... where each ended over a letter, which may be that letter's fault
WAITS = (5.0, 15.0, 60.0, 300.0)  # seconds until it is tried again, by one connection
TRIAL = 120.0  # seconds after which a connection that tries it is forgotten
GROWTH = 600.0  # seconds after which more than a learnt limit is tried
SAME = 3  # connections in a row that it ended after the same number of letters, or refused beside the same number
FREE = 1000  # letters on one connection: whoever takes so many has no limit

_CONNECTIONS = re.compile(
    r"too many (?:concurrent |open |simultaneous )?(?:smtp )?(?:connections|sessions)|concurren", re.I
)
_LETTERS = re.compile(
    r"too many (?:messages|mails|emails|transactions)"
    r"|(?:messages|mails|transactions) (?:per|in|on|for) (?:this |one |a )?(?:connection|session)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A relay is left alone for so many seconds."""

    relay: str
    reply: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Mended:
    """A relay that was left alone takes letters again."""

    relay: str


@dataclass(frozen=True, slots=True)
class Limited:
    """A relay was seen to take no more than this; None: no limit was seen."""

    relay: str
    letters: int | None
    connections: int | None


Change = Broken | Mended | Limited


class Health:
    """One relay. Whoever opens a connection says so: `opening`, then `opened`, `failed` or `abandoned`; `worked` with
    each answer that is about a letter; at the end `closed`."""

    def __init__(self, relay: str, most: int, learnt: Learnt | None = None) -> None:
        """*most*: the connections at once that the configuration allows."""
        self.relay, self._most, self.learnt = relay, most, learnt or Learnt()
        self._open = self._opening = 0  # connections
        self._failures = self._doubts = 0
        self._level = 0  # how often in a row it was left alone; 0: it works
        self._until = 0.0
        self._trial: float | None = None  # since when one connection tries it
        # Letters on the last connections that it ended, where it was the same number, and the domain over whose letter.
        self._ends: list[tuple[int, str]] = []
        self._crowd: int | None = None  # connections there were when it refused the last one,
        self._crowded_out = 0  # ... and how often it did

    @property
    def broken(self) -> bool:
        """Whether it is left alone, or only tried."""
        return self._level > 0

    def rest(self, now: float) -> float:
        """Seconds until a connection may be opened; 0: now."""
        if not self._level:
            return 0.0
        if self._trial is not None and 0 <= now - self._trial < TRIAL:
            return 1.0
        self._until = min(self._until, now + WAITS[self._level - 1])  # the clock may have been put back
        return max(0.0, self._until - now)

    def letters(self, now: float) -> int | None:
        """How many letters a connection should carry; None: no limit is known."""
        self._grow(now)
        return self.learnt.letters

    def has_room(self, now: float) -> bool:
        """Whether it takes one more connection, as far as is known."""
        self._grow(now)
        return self._open + self._opening < min(self._most, self.learnt.connections or self._most)

    def _grow(self, now: float) -> None:
        none = self.learnt.letters is None and self.learnt.connections is None
        if none or self.learnt.changed is None or 0 <= now - self.learnt.changed.timestamp() < GROWTH:
            return
        letters, connections = (self.learnt.letters or FREE) * 2, (self.learnt.connections or self._most) + 1
        self._learn(
            now,
            letters=letters if letters < FREE else None,
            connections=connections if connections < self._most else None,
        )

    def _learn(self, now: float, *, letters: int | None, connections: int | None) -> None:
        self.learnt = Learnt(letters, connections, datetime.fromtimestamp(now, UTC))

    def opening(self, now: float) -> None:
        """A connection is being opened."""
        self._opening += 1
        if self._level:
            self._trial = now

    def opened(self) -> None:
        """It is."""
        self._opening -= 1
        self._open += 1

    def failed(self, reply: Reply, now: float) -> list[Change]:
        """It could not be opened."""
        self._opening -= 1
        return self._crowded(reply, now) or self._fruitless(reply, now)

    def abandoned(self) -> None:
        """We gave it up before it was open."""
        self._opening -= 1
        self._trial = None  # where another tries it, that one says what came of it

    def _crowded(self, reply: Reply, now: float) -> list[Change]:
        """What is learnt where it refused a connection beside others: that it takes no more than these, if it says so
        or did so before."""
        if not (400 <= reply.code < 500 and self._open):
            return []
        if self._crowd != self._open:
            self._crowd, self._crowded_out = self._open, 0
        self._crowded_out += 1
        if not (self._crowded_out >= SAME or _CONNECTIONS.search(reply.text)):
            return []
        self._learn(now, letters=self.learnt.letters, connections=self._open)
        return [Limited(self.relay, self.learnt.letters, self._open)]

    def _fruitless(self, reply: Reply, now: float) -> list[Change]:
        self._failures += 1
        tried = self._trial is not None
        if not tried and (self._level or self._failures < FAILURES):
            return []
        return self._leave(min(self._level + 1, len(WAITS)), reply, now)

    def _doubtful(self, reply: Reply, now: float) -> list[Change]:
        """It ended a connection over the first letter, once it had taken the sender: that is the letter's fault unless
        it goes on so. Whoever tries it tries another letter next, so the waits grow with all of these."""
        self._doubts += 1
        if self._trial is None and (self._level or self._doubts < DOUBTS):
            return []
        return self._leave(min(max(self._doubts // DOUBTS, 1), len(WAITS)), reply, now)

    def _leave(self, level: int, reply: Reply, now: float) -> list[Change]:
        self._trial, self._level = None, level
        wait = WAITS[level - 1]
        self._until = now + wait
        return [Broken(self.relay, escaped(f"{reply.code or 'no reply'}: {reply.text}"), wait)]

    def carries(self, letters: int) -> None:
        """A connection got so far: where others ended earlier that was no limit."""
        if self._ends and letters > self._ends[0][0]:
            self._ends.clear()

    def worked(self) -> list[Change]:
        """It answered about a letter."""
        was, self._level, self._trial = self._level, 0, None
        self._failures = self._doubts = 0
        return [Mended(self.relay)] if was else []

    def closed(self, carried: int, ended: Reply | None, now: float, over: str = "") -> list[Change]:
        """A connection that *carried* so many letters is gone: by us, or *ended* by the relay with these words, code 0
        where it just went; *over* a letter to this domain whose sender it had taken, "" over none."""
        if carried and self._crowd is not None and self._open > self._crowd:
            self._crowd = None  # one more than when it refused one, and it worked: that was no limit
        self._open -= 1
        if ended is None:
            self.carries(carried)
            return self.worked()
        if ended.code not in (0, 421):
            return []
        if not (carried or over) or _CONNECTIONS.search(ended.text):
            return self._crowded(ended, now) or self._fruitless(ended, now)
        if not carried:
            return self._doubtful(ended, now)
        self._ends = [end for end in self._ends if end[0] == carried] + [(carried, over)]
        of_domain = bool(over) and len({domain for _, domain in self._ends}) == 1
        if ((len(self._ends) >= SAME and not of_domain) or _LETTERS.search(ended.text)) and carried < FREE:
            self._learn(now, letters=carried, connections=self.learnt.connections)
            return [Limited(self.relay, carried, self.learnt.connections)]
        return []
