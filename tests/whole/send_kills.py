"""X1, X2, X4, S4: sending is killed (KILL) or stopped (TERM, INT) again and again, and every copy is counted.

    python tests/whole/send_kills.py --kills 20 --readers 3000 --faults --term 5 --hold

A real site, the real command, our own SMTP server with its honest log (tests/sink.py). Each edition goes to all
READERS; the process that sends it is killed at moments picked at random between 5 % and 95 % of its letters, and
started anew each time, until everything is decided. Then the server's log is held against the list of readers. Prints a
line for each way of killing and its figures as JSON in the end; exit code 1 and a line for each thing that was wrong.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol

import psycopg

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a script it has only its own folder

from tests.sink import Entry, Process, entries

NASHIR = [sys.executable, "-m", "publisher"]
FIRST, LAST = 0.05, 0.95  # of an edition: where it is killed
PER_EDITION = 40  # kills
PATIENCE = 300  # seconds without a letter, a decision or an end
FAULTS = (  # all of them at once (X2)
    "connect:reply;code=421;p=0.02",
    "ehlo:garbage;p=0.02",
    "mail:reply;code=421;letters=150",  # 421 after 150 letters on a connection
    "rcpt:reply;code=451;text=4.7.1 greylisted, come back;first=1;per=recipient;recipient=^r[0-9]*[05]@",
    "rcpt:reply;code=550;text=5.1.1 nobody of that name;recipient=^r[0-9]*99@",
    "body:drop;bytes=3000;p=0.01",
    "content:stall;seconds=30;p=0.0005",
    "content:accept-drop;p=0.005",
)
STORY = """\
بلدية الحي تفتتح حديقة جديدة على ضفة النهر {number}
افتُتحت أمس حديقة جديدة على ضفة النهر بعد عامين من العمل، وحضر الافتتاح أهالي الحي.
وقال المهندس المشرف، إن الحديقة تضم 120 شجرة وملعبًا للأطفال ومقاعد تحت الظل.
"""


@dataclass(slots=True)
class Tail:
    """The end of the server's log, as it grows."""

    path: Path
    sink: Process
    place: int = 0
    taken: list[Entry] = field(default_factory=list)  # letters, in order
    refused: set[str] = field(default_factory=set)
    violations: Counter[str] = field(default_factory=Counter)
    first: float = 0.0  # when letters were last seen to begin and to go on: `mark` begins anew
    last: float = 0.0

    def read(self) -> int:
        """The letters so far."""
        with self.path.open("rb") as log:
            log.seek(self.place)
            data = log.read()
        data = data[: data.rfind(b"\n") + 1]
        self.place += len(data)
        before = len(self.taken)
        for entry in entries(data.decode().splitlines()):
            if entry.what == "accepted":
                self.taken.append(entry)
            elif entry.what == "refused":
                self.refused.add(entry.recipient)
            elif entry.what == "violation":
                self.violations[entry.message_id] += 1
        if len(self.taken) > before:
            self.last = time.monotonic()
            self.first = self.first or self.last
        return len(self.taken)

    def mark(self) -> None:
        """From here on time is taken anew."""
        self.first = self.last = 0.0


@dataclass(slots=True)
class Ended:
    """How a process that was sending ended."""

    code: int
    seconds: float  # from the signal, or 0
    letters: int  # in the log when it had ended
    killed: bool


class Sender(Protocol):
    """A process that sends."""

    def poll(self) -> int | None: ...

    def send_signal(self, how: int, /) -> None: ...

    def wait(self, seconds: float | None = None, /) -> int: ...

    def kill(self) -> None: ...


class Fork:
    """`nashir WORDS` in a fork of this process; it is used as a Popen is."""

    def __init__(self, words: list[str], environment: dict[str, str], log: int) -> None:
        self._code: int | None = None
        self._pid = os.fork()
        if not self._pid:
            try:
                os.dup2(log, 1)
                os.dup2(log, 2)
                os.environ.update(environment)
                sys.argv = ["nashir", *words]
                main = import_module("publisher.cli").main
                main()
            except SystemExit as end:
                os._exit(end.code if isinstance(end.code, int) else 1)
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def send_signal(self, how: int, /) -> None:
        os.kill(self._pid, how)

    def wait(self, seconds: float | None = None, /) -> int:
        end = time.monotonic() + (seconds or PATIENCE)
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.001)
        return code

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Press:
    """A site with *readers*, and what sends its letters."""

    def __init__(
        self,
        folder: Path,
        readers: int,
        connections: int,
        seed: int = 1,
        *,
        forking: bool = False,
        store: str = "",
    ) -> None:
        """*forking*: what sends is forked off with its modules loaded, which saves half a second each time. *store*:
        the URL of an empty PostgreSQL database; "": SQLite."""
        if forking:
            for name in ("cli", "verbs.writing", "engine.local", "mail.smtp", "actions.publish"):
                import_module(f"publisher.{name}")
        self.forking, self.store = forking, store
        self.folder, self.readers, self.connections = folder / "site", readers, connections
        self.chance, self.number, self.environment = random.Random(seed), 0, dict[str, str]()
        self.addresses = {f"r{n}@d{n % 41}.example" for n in range(readers)}
        self.log, self.refusals = folder / "accepted.log", Counter[str]()  # for good, by reader
        subprocess.run([*NASHIR, "init", str(self.folder)], check=True, capture_output=True)
        for path in (self.folder / "articles").iterdir():
            path.unlink()
        self.article()
        self.run("publish")
        people = folder / "people.csv"
        people.write_text("".join(f"{address}\n" for address in sorted(self.addresses)))
        self.run("subscribers", "import", "--confirmed", str(people))

    def article(self) -> None:
        """Something new for everybody."""
        self.number += 1
        path = self.folder / "articles" / f"{self.number}.txt"
        path.write_text(STORY.format(number=self.number), "utf-8")
        os.utime(path, (1_700_000_000 + self.number,) * 2)

    def run(self, *words: str) -> dict[str, Any]:
        """`nashir --json ...` to its end."""
        with tempfile.TemporaryFile("w+") as out:
            code = self.start("--json", *words, out=out).wait(PATIENCE)
            out.seek(0)
            said = out.read()
        if code:
            raise SystemExit(f"{' '.join(words)} ended with {code}: {said}")
        return dict(json.loads(said[said.index("{") : said.rindex("}") + 1]))  # not what was said to people

    def start(self, *words: str, out: IO[str]) -> "Sender":
        """`nashir WORDS`, running."""
        command = ["-C", str(self.folder), *words]
        environment = os.environ | {"NASHIR__STORE__URL": self.store} | self.environment
        if self.forking:
            return Fork(command, environment, out.fileno())
        return subprocess.Popen([*NASHIR, *command], env=environment, stdout=out, stderr=out)

    def newest(self) -> int:
        """The number of the edition at hand."""
        return int(self.run("editions")["editions"][0]["id"])

    def states(self) -> Counter[int]:
        """The ledger's rows by state (S1)."""
        rows = self._ledger("SELECT state, count(*) FROM deliveries GROUP BY state")
        return Counter(dict(rows))

    def planned(self) -> set[str]:
        """Who is to have the edition at hand."""
        query = (
            "SELECT address FROM deliveries JOIN subscribers ON subscribers.id = subscriber"
            " WHERE edition = (SELECT max(id) FROM editions)"
        )
        return {address for (address,) in self._ledger(query)}

    def time_passes(self) -> None:
        """What waits for a later try (S3) is due."""
        self._ledger(f"UPDATE deliveries SET due = {int(time.time()) - 1} WHERE state = 0 RETURNING id")

    def lease_ends(self) -> None:
        """Where several hosts may send: the one that was killed is known to be dead."""
        if self.store:
            self._ledger("DELETE FROM workers RETURNING id")

    def _ledger(self, query: str) -> list[tuple[Any, ...]]:
        if self.store:
            with psycopg.connect(self.store) as server:
                return server.execute(query).fetchall()
        with (
            closing(sqlite3.connect(self.folder / "state" / "nashir.db", timeout=PATIENCE)) as ledger,
            ledger,
        ):
            return ledger.execute(query).fetchall()


@dataclass(slots=True)
class Way:
    """A way of ending the sender, and what came of it."""

    name: str
    how: tuple[signal.Signals, ...]
    faults: tuple[str, ...] = ()
    hold: bool = False
    ends: list[Ended] = field(default_factory=list)
    editions: int = 0
    lost: int = 0
    refused: int = 0
    after_kill: Counter[int] = field(default_factory=Counter)  # copies, by the kill
    after_silence: int = 0  # copies of a letter that was accepted and never said so
    for_nothing: int = 0  # copies that nothing explains
    doubtful: int = 0  # held back (S4)
    rates: list[tuple[int, float]] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)  # seconds from a start to its first letter
    violations: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """Processes we ended."""
        return sum(end.killed for end in self.ends)

    def figures(self) -> dict[str, Any]:
        """The row of the table."""
        letters, seconds = (sum(column) for column in zip(*self.rates, strict=True))
        return {
            "way": self.name,
            "ended": self.kills,
            "editions": self.editions,
            "letters": letters,
            "lost": self.lost,
            "refused": self.refused,
            "copies": self.after_kill.total(),
            "copies of one kill": max(self.after_kill.values(), default=0),
            "after silence": self.after_silence,
            "for nothing": self.for_nothing,
            "in doubt": self.doubtful,
            "letters a second": round(letters / max(seconds, 1e-9)),
            "seconds to return": round(statistics.median(self.returns), 2),
            "slowest stop": round(max((e.seconds for e in self.ends if e.killed), default=0), 2),
            "violations": dict(self.violations),
            "wrong": self.wrong,
        }


@contextmanager
def running(press: Press, way: Way) -> Iterator[Tail]:
    """The server, failing as *way* says, and the tail of its log."""
    press.log.write_bytes(b"")
    with Process(*way.faults, log=press.log) as sink:
        tail = Tail(press.log, sink)
        press.environment = {
            "NASHIR__MAIL__RELAY": sink.url,
            "NASHIR__MAIL__CONNECTIONS": str(press.connections),
            "NASHIR__MAIL__TIMEOUT": "2" if way.faults else "30",
            "NASHIR__MAIL__ON_UNKNOWN": "hold" if way.hold else "resend",
        }
        yield tail
        tail.read()
        way.violations = tail.violations
        if tail.violations:
            way.wrong.append(f"violations of the protocol: {dict(tail.violations)}")


def once(
    press: Press, way: Way, tail: Tail, words: tuple[str, ...], due: Callable[[], bool], how: signal.Signals
) -> Ended:
    """Send, until *due*, and then end it by *how*; or until it ends."""
    tail.mark()
    before, began = tail.read(), time.monotonic()
    with (press.folder.parent / "send.log").open("a") as log:
        process = press.start("send", *words, out=log)
    heard = began, before
    while process.poll() is None and not due():
        time.sleep(0.001)
        now = time.monotonic()
        if tail.read() > heard[1]:
            heard = now, len(tail.taken)
        if now - heard[0] > PATIENCE:
            process.kill()
            way.wrong.append("nothing happened any more")
    killed, signalled = process.poll() is None, time.monotonic()
    if killed:
        time.sleep(press.chance.random() * 0.003)
        process.send_signal(how)
    code = process.wait(PATIENCE)
    seconds = time.monotonic() - signalled
    press.lease_ends()
    while tail.sink.tell()["busy"]:  # what was on its way when the sender died is taken, or not, now
        time.sleep(0.005)
    letters = tail.read()
    if letters > before:
        way.rates.append((letters - before, tail.last - tail.first))
        way.returns.append(tail.first - began)
    ended = Ended(code, seconds if killed else 0.0, letters, killed)
    way.ends.append(ended)
    return ended


def edition(press: Press, way: Way, tail: Tail, ends: int) -> None:
    """One edition, its sender ended *ends* times on the way."""
    start, first = tail.read(), len(way.ends)
    tail.refused.clear()
    before = press.states()
    press.article()
    words: tuple[str, ...] = ("--now", "--include-existing")
    marks = sorted(press.chance.uniform(FIRST, LAST) for _ in range(ends))
    for mark in marks:
        wanted, ended = start + mark * press.readers, False
        while not ended and tail.read() < wanted:
            how = press.chance.choice(way.how)
            ended = once(press, way, tail, words, lambda: tail.read() >= wanted, how).killed  # noqa: B023
            words = ()
            if not ended:
                press.time_passes()
    for _ in range(50):
        once(press, way, tail, words, lambda: False, signal.SIGKILL)
        words, states = (), press.states()
        if not (states[0] + states[1] + states[2]):
            break
        press.time_passes()
    else:
        way.wrong.append(f"edition {press.number} never ends: {dict(states)}")
    way.editions += 1
    judge(press, way, tail, start, way.ends[first:], states - before)


def judge(press: Press, way: Way, tail: Tail, start: int, ends: list[Ended], gained: Counter[int]) -> None:
    """Hold the server's log against the list of readers and against the ledger."""
    taken, earlier = tail.taken[start:], dict[str, tuple[Entry, int]]()
    bounds = [end.letters - start for end in ends]
    seen: defaultdict[str, set[tuple[str, str, str]]] = defaultdict(set)
    run = 0
    for place, entry in enumerate(taken):
        while place >= bounds[run]:
            run += 1
        seen[entry.recipient].add((entry.message_id, entry.sha, entry.sender))
        if entry.recipient in earlier:
            copy, when = earlier[entry.recipient]
            kill = next((end for end in ends[when:run] if end.killed), None)
            if copy.answered != "250":
                way.after_silence += 1
            elif kill:
                way.after_kill[way.ends.index(kill)] += 1
            else:
                way.for_nothing += 1
        earlier[entry.recipient] = entry, run
    doubtful = gained[5]
    planned = press.planned()
    missing = planned - set(earlier) - tail.refused
    way.refused += len(tail.refused)
    way.doubtful += doubtful
    if way.hold:
        doubts = press.run("deliveries", "--unknown", "--edition", str(press.newest()))
        listed = {row["address"] for row in doubts["deliveries"]}
        missing -= listed
    way.lost += len(missing)
    check = way.wrong.append
    if missing:
        check(f"edition {press.number}: {len(missing)} lost, {sorted(missing)[:3]}")
    if strange := set(earlier) - planned:
        check(f"sent to strangers: {sorted(strange)[:3]}")
    if forgotten := press.addresses - planned - {a for a, n in press.refusals.items() if n > 1}:
        check(f"not planned: {sorted(forgotten)[:3]}")  # two refusals for good end it (B2)
    press.refusals.update(tail.refused)
    if several := [address for address, letters in seen.items() if len(letters) > 1]:
        check(f"copies that differ: {several[:3]}")
    if gained[3] + doubtful != len(earlier | dict.fromkeys(listed if way.hold else ())):
        check(f"the ledger says {gained[3]} sent and {doubtful} in doubt, the server took {len(earlier)}")
    if gained[4] != len(tail.refused):
        check(f"the ledger says {gained[4]} failed, the server refused {len(tail.refused)}")


def verdict(press: Press, way: Way) -> None:
    """What the promise says of all of it."""
    check = way.wrong.append
    if way.for_nothing:
        check(f"{way.for_nothing} copies for nothing")
    if most := [n for n in way.after_kill.values() if n > press.connections]:
        check(f"more copies than connections: {most}")
    if way.hold and way.after_kill:
        check(f"{way.after_kill.total()} copies in spite of hold")
    if way.hold and way.doubtful > way.kills * press.connections:
        check(f"{way.doubtful} in doubt after {way.kills} kills")
    if signal.SIGKILL not in way.how:
        if codes := {end.code for end in way.ends} - {0}:
            check(f"a clean stop with exit code {codes}")
        if slow := [end.seconds for end in way.ends if end.seconds > 15]:
            check(f"clean stops that took {slow} seconds")
        if way.after_kill:
            check(f"{way.after_kill.total()} copies after clean stops")


def trial(press: Press, way: Way, ends: int) -> dict[str, Any]:
    """End the sender *ends* times by *way*."""
    with running(press, way) as tail:
        while way.kills < ends and not way.wrong:
            edition(press, way, tail, min(PER_EDITION, ends - way.kills))
    verdict(press, way)
    figures = way.figures()
    words = (f"{name} {value}" for name, value in figures.items() if name != "way" and value not in ({}, []))
    print(f"{way.name}: {', '.join(words)}", file=sys.stderr)
    return figures


@contextmanager
def a_server() -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL server that is there for so long."""
    from tests.postgres import QUICK, Server

    server = Server(*QUICK)
    try:
        server.run("CREATE DATABASE site")
        yield server.url("site")
    finally:
        server.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=10)
    again = "again (as many where no number stands)"
    for name, help_ in (("faults", "the server failing (X2)"), ("hold", 'on_unknown = "hold" (S4)')):
        parser.add_argument(f"--{name}", type=int, nargs="?", default=0, const=-1, help=f"{again}, {help_}")
    parser.add_argument("--term", type=int, default=0, help="clean stops (X4)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forking", action="store_true", help="quicker starts: forks of this process")
    parser.add_argument("--postgresql", action="store_true", help="the store is on a server of its own (X9)")
    parser.add_argument("--folder", type=Path, help="where the site is made, and stays")
    given = parser.parse_args()
    kill = (signal.SIGKILL,)
    ways = [(Way("kill -9", kill), given.kills)]
    ways += [(Way("kill -9, faults", kill, FAULTS), given.kills if given.faults < 0 else given.faults)]
    ways += [(Way("kill -9, hold", kill, hold=True), given.kills if given.hold < 0 else given.hold)]
    ways += [(Way("clean stops", (signal.SIGTERM, signal.SIGINT)), given.term)]
    with ExitStack() as ends:
        folder = given.folder or Path(ends.enter_context(tempfile.TemporaryDirectory()))
        store = ends.enter_context(a_server()) if given.postgresql else ""
        press = Press(
            folder, given.readers, given.connections, given.seed, forking=given.forking, store=store
        )
        rows = [trial(press, way, ends) for way, ends in ways if ends]
    named = {"readers": given.readers, "connections": given.connections, "seed": given.seed}
    print(json.dumps(named | {"ways": rows}, indent=1, ensure_ascii=False))
    wrong = [f"{row['way']}: {each}" for row in rows for each in row["wrong"]]
    for each in wrong:
        print(each, file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
