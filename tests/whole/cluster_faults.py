"""X9, X10 past one machine: hosts are killed and cut off and the database crashes while an edition goes out.

    python tests/whole/cluster_faults.py --readers 9000 --rtt 0.1 --script long

As root. Each host has a network namespace and an address of its own (tests/whole/network.py): one with PostgreSQL, one
with our SMTP server and its honest log, two with schedulers of one article folder, three with workers. An article is
written; its edition is planned and goes out to all READERS while the faults of the script happen, each when so much of
the edition has come. Then the server's log and the ledger are held against the list of readers. Prints what happened
when, and its figures as JSON in the end; exit code 1 and a line for each thing that was wrong, 2 where no network can
be made.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a script it has only its own folder

from publisher.config import load
from publisher.store import workers as leases
from tests.patience import LONG
from tests.postgres import QUICK, Server
from tests.sink import Entry, Process, entries
from tests.whole.network import Network, impossible
from tests.whole.senders import verb

T = TypeVar("T")
NASHIR = [sys.executable, "-m", "publisher"]
WORKERS, SCHEDULERS = ("w1", "w2", "w3"), ("s1", "s2")
STUCK = 120  # seconds in which nothing comes
CHUNKS = 24  # in how many chunks the letters of the edition lie
BEATS = "SELECT id, last_heartbeat FROM procrastinate_workers"
STORY = """\
بلدية الحي تفتتح حديقة جديدة على ضفة النهر
افتُتحت أمس حديقة جديدة على ضفة النهر بعد عامين من العمل، وحضر الافتتاح أهالي الحي.
"""
Script = tuple[tuple[float, str, str], ...]
SCRIPTS: dict[str, Script] = {
    "short": (
        (0.05, "kill", "w1"),
        (0.15, "kill", "lead"),
        (0.25, "cut", "w2"),
        (0.35, "restart", "db"),
        (0.40, "pause", "5"),
        (0.40, "join", "w2"),
    ),
    "long": (
        (0.00, "kill", "lead"),  # while it plans
        (0.02, "start", "dead"),
        (0.05, "kill", "w1"),
        (0.15, "start", "w1"),
        (0.20, "cut", "w2"),
        (0.30, "restart", "db"),
        (0.40, "kill", "lead"),
        (0.45, "deafen", "w3 db"),
        (0.50, "restart", "db"),
        (0.55, "join", "w2"),
        (0.60, "hear", "w3 db"),
        (0.65, "start", "dead"),
        (0.70, "restart", "db"),
        (0.72, "freeze", "w3"),
        (0.75, "deafen", "w1 mail"),
        (0.80, "hear", "w1 mail"),
        (0.85, "cut", "lead"),
        (0.95, "join", "lead"),
        (0.97, "thaw", "w3"),
    ),
}


@dataclass
class Host:
    """A host and the process on it."""

    name: str
    folder: Path
    words: tuple[str, ...]
    before: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "process.log"

    def start(self) -> None:
        """Start it, anew where it was killed."""
        with self.log.open("ab") as log:
            command = [*self.before, *NASHIR, "-C", str(self.folder), *self.words]
            self.process = subprocess.Popen(
                command, env=os.environ | self.environment, stdout=log, stderr=log
            )

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def leads(self) -> bool:
        """Whether it said last that it leads."""
        said = re.findall(r"\] (leads|standby)\b", self.said())
        return self.runs and said[-1:] == ["leads"]

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def kill(self) -> int:
        """Kill it (KILL); returns the number it had."""
        assert self.process
        self.process.kill()
        self.process.wait(LONG)
        return self.process.pid

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(LONG)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(LONG)


@dataclass
class Happened:
    """A fault, and what it may cost."""

    at: float  # seconds after the article was written
    what: str
    letters: int  # that had come
    in_flight: int = 0  # letters that its worker was sending, as the ledger knows


@dataclass
class Site:
    """A site past one machine."""

    folder: Path
    network: Network
    server: Server
    sink: Process
    readers: int
    connections: int
    hosts: dict[str, Host] = field(default_factory=dict)
    faults: list[Happened] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    cut: str = ""  # the host that "lead" stands for until it joins again
    dead: str = ""  # the scheduler that was killed last
    began: float = 0.0

    def make(self) -> None:
        """The site with its readers; what a host needs is copied to it."""
        first = self.folder / "s1"
        subprocess.run([*NASHIR, "init", str(first)], check=True, capture_output=True)
        config = first / "config.toml"
        text = config.read_text("utf-8")
        config.write_text(text.replace('schedule = "daily 07:00"', 'schedule = "instant"', 1), "utf-8")
        assert load(first, {}).newsletters[0].instant
        for path in (first / "articles").iterdir():
            path.unlink()
        (first / "articles" / "old.txt").write_text("خبر قديم\nنص.\n", "utf-8")
        os.utime(first / "articles" / "old.txt", (1_700_000_000,) * 2)
        people = self.folder / "people.csv"
        people.write_text("".join(f"r{n}@d{n % 41}.example\n" for n in range(self.readers)))
        here = {"NASHIR__STORE__URL": self.server.here("site")}
        verb(first, "publish", here)
        verb(first, "subscribers import", here, file=str(people), confirmed=True)
        self.ask(f"ALTER SEQUENCE deliveries_id_seq INCREMENT BY {max(1, 5000 * CHUNKS // self.readers)}")
        for name in (*SCHEDULERS, *WORKERS):
            self._host(name, first)

    def _host(self, name: str, first: Path) -> None:
        folder = self.folder / name
        if name != "s1":
            (folder / "state").mkdir(parents=True, mode=0o700)
            for part in ("config.toml", "state/secret.key"):
                shutil.copy2(first / part, folder / part)
        if name == "s2":
            (folder / "articles").symlink_to(first / "articles", target_is_directory=True)
        words = ("worker",) if name in WORKERS else ("run", "--role", "scheduler")
        environment = {
            "NASHIR__STORE__URL": self.server.url("site"),
            "NASHIR__MAIL__RELAY": self.sink.url,
            "NASHIR__MAIL__ALLOW_PLAIN": "true",
            "NASHIR__MAIL__CONNECTIONS": str(self.connections),
            "NASHIR__MAIL__TIMEOUT": "10",
            "NASHIR__ARTICLES__SCAN_EVERY": "1",
        }
        self.network.add(name)
        self.hosts[name] = Host(name, folder, words, self.network.words(name), environment)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of *query*, or none: from outside the network."""
        with psycopg.connect(self.server.here("site"), autocommit=True) as connection:
            done = connection.execute(query)
            return done.fetchall() if done.description else []

    def states(self) -> Counter[int]:
        """The ledger's rows by state (S1)."""
        return Counter(dict(self.ask("SELECT state, count(*) FROM deliveries GROUP BY state")))

    def lead(self) -> Host | None:
        return next((host for host in map(self.hosts.get, SCHEDULERS) if host and host.leads), None)

    def note(self, what: str, letters: int, in_flight: int = 0) -> None:
        """Write down what happens."""
        self.faults.append(Happened(round(time.monotonic() - self.began, 1), what, letters, in_flight))
        print(f"{self.faults[-1].at:6.1f} s  {letters:6} letters  {what}", file=sys.stderr, flush=True)


class Edition:
    """One edition, and the faults of a script."""

    def __init__(self, site: Site, log: Path, script: Script, *, hurry: bool) -> None:
        """*hurry*: the leases of the killed are ended by us."""
        self.site, self.log, self.hurry = site, log, hurry
        self.script = list(script)
        self.taken: list[Entry] = []
        self._place = 0
        # When to look who of the queue's workers gave no sign of life since one was killed, and their last.
        self._silent: tuple[float, dict[int, Any]] | None = None

    def read(self) -> int:
        """The letters that came so far."""
        with self.log.open("rb") as log:
            log.seek(self._place)
            data = log.read()
        data = data[: data.rfind(b"\n") + 1]
        self._place += len(data)
        for entry in entries(data.decode().splitlines()):
            if entry.what == "accepted":
                self.taken.append(entry)
            else:
                self.site.wrong.append(f"the mail server: {entry.what} {entry.message_id} {entry.recipient}")
        return len(self.taken)

    def run(self, patience: float) -> None:
        """Write the article, and wait until every letter is decided."""
        site = self.site
        path = self.site.folder / "s1" / "articles" / "park.txt"
        path.write_text(STORY, "utf-8")
        os.utime(path, (1_700_000_000,) * 2)
        site.began = heard = time.monotonic()
        letters = 0
        while True:
            if (found := self.read()) > letters:
                letters, heard = found, time.monotonic()
            self._next(letters)
            if letters >= site.readers and not self.script and self._decided():
                return
            now = time.monotonic()
            if now - heard > STUCK or now - site.began > patience:
                site.wrong.append(f"it does not go on: {dict(site.states())} after {now - site.began:.0f} s")
                return
            if now - heard > 3:
                self._time_passes()
            if self._silent and now > self._silent[0]:
                self._bury(self._silent[1])
            time.sleep(0.02 if self.script else 0.3)

    def _next(self, letters: int) -> None:
        """Let the next fault of the script happen when it is its turn."""
        if not self.script:
            return
        share, what, whom = self.script[0]
        planned = letters or self.site.ask("SELECT count(*) FROM deliveries")[0][0]
        if planned and letters >= share * self.site.readers:
            del self.script[0]
            getattr(self, f"_{what}")(whom, letters)

    def _decided(self) -> bool:
        states = self.site.states()
        return not states[0] + states[1] + states[2]

    def _time_passes(self) -> None:
        """What waits for a later try (S3) is due."""
        now = int(time.time())
        self.site.ask(f"UPDATE deliveries SET due = {now - 1} WHERE state = 0 AND due > {now}")

    def _bury(self, before: dict[int, Any]) -> None:
        """The queue's workers that gave no sign of life since are known to be dead."""
        self._silent = None
        dead = [each for each, beat in self.site.ask(BEATS) if before.get(each) == beat]
        if dead:
            these = ", ".join(map(str, dead))
            self.site.ask(f"UPDATE procrastinate_workers SET last_heartbeat = 'epoch' WHERE id IN ({these})")

    # what happens

    def _kill(self, whom: str, letters: int) -> None:
        host = self.site.hosts[whom] if whom != "lead" else until(self.site.lead, "no scheduler leads")
        number = host.kill()
        self.site.note(f"kill -9 of {host.name}", letters, self._in_flight(number))
        if whom == "lead":
            self.site.dead = host.name
        elif self.hurry:
            self.site.ask(f"DELETE FROM workers WHERE name LIKE '%:{number}'")
            self._silent = time.monotonic() + 7, dict(self.site.ask(BEATS))

    def _pause(self, seconds: str, _: int) -> None:
        time.sleep(float(seconds))

    def _start(self, whom: str, letters: int) -> None:
        name = self.site.dead if whom == "dead" else whom
        self.site.hosts[name].start()
        self.site.note(f"{name} starts again", letters)

    def _restart(self, _: str, letters: int) -> None:
        self.site.server.stop(signal.SIGQUIT)
        self.site.note("PostgreSQL restarts (-m immediate)", letters)
        self.site.server.start()

    def _cut(self, whom: str, letters: int) -> None:
        host = self.site.hosts[whom] if whom != "lead" else until(self.site.lead, "no scheduler leads")
        self.site.network.cut(host.name)
        time.sleep(0.5)
        assert host.process
        self.site.note(f"the cable of {host.name} is pulled", letters, self._in_flight(host.process.pid))
        if whom == "lead":
            self.site.cut = host.name

    def _join(self, whom: str, letters: int) -> None:
        name = self.site.cut if whom == "lead" else whom
        self.site.network.join(name)
        self.site.note(f"{name} is in the network again", letters)

    def _deafen(self, whom: str, letters: int) -> None:
        name, to = whom.split()
        self.site.network.deafen(name, to)
        time.sleep(0.5)
        process = self.site.hosts[name].process
        assert process
        self.site.note(f"{name} does not hear {to}", letters, self._in_flight(process.pid))

    def _freeze(self, whom: str, letters: int) -> None:
        process = self.site.hosts[whom].process
        assert process
        process.send_signal(signal.SIGSTOP)
        self.site.note(f"{whom} stands still", letters, self._in_flight(process.pid))

    def _thaw(self, whom: str, letters: int) -> None:
        process = self.site.hosts[whom].process
        assert process
        process.send_signal(signal.SIGCONT)
        self.site.note(f"{whom} goes on", letters)

    def _hear(self, whom: str, letters: int) -> None:
        name, to = whom.split()
        self.site.network.hear(name, to)
        self.site.note(f"{name} hears {to} again", letters)

    def _in_flight(self, process: int) -> int:
        """How many letters that process is sending."""
        query = (
            "SELECT count(*) FROM deliveries JOIN workers ON workers.id = worker"
            f" WHERE state = 2 AND name LIKE '%:{process}'"
        )
        return int(self.site.ask(query)[0][0])


def until(found: Callable[[], T | None], what: str, seconds: float = LONG) -> T:
    """What is *found*, when it is. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while (result := found()) is None:
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)
    return result


def judge(site: Site, edition: Edition) -> dict[str, Any]:
    """Hold the mail server's log against the list of readers and against the ledger."""
    check = site.wrong.append
    wanted = {f"r{n}@d{n % 41}.example" for n in range(site.readers)}
    came = Counter(entry.recipient for entry in edition.taken)
    copies = came.total() - len(came)
    may = sum(fault.in_flight for fault in site.faults)
    if lost := wanted - set(came):
        check(f"{len(lost)} lost: {sorted(lost)[:3]}")
    if strange := set(came) - wanted:
        check(f"sent to strangers: {sorted(strange)[:3]}")
    if copies > may:
        check(f"{copies} copies, where {may} letters were in flight")
    if most := [address for address, number in came.items() if number > 2 + (may > site.connections)]:
        check(f"again and again: {most[:3]}")
    letters = {(entry.recipient, entry.message_id, entry.sha) for entry in edition.taken}
    if len(letters) > len(came):
        check("copies that differ")
    states, editions = site.states(), int(site.ask("SELECT count(*) FROM editions")[0][0])
    if states != {3: site.readers}:
        check(f"the ledger says {dict(states)}")
    if editions != 1:
        check(f"{editions} editions")
    return {
        "readers": site.readers,
        "lost": len(lost),
        "copies": copies,
        "in flight": may,
        "editions": editions,
        "faults": [vars(fault) for fault in site.faults],
    }


def ended(site: Site) -> None:
    """Nobody is stuck: every process ends when it is asked to, and complained of nothing that it should not."""
    for host in site.hosts.values():
        if not host.runs:
            if host.name != site.dead and (host.process is None or host.process.returncode != -9):
                site.wrong.append(f"{host.name} ended by itself: {host.said()[-500:]}")
        elif code := host.stop():
            site.wrong.append(f"{host.name} ended with {code}: {host.said()[-500:]}")
        if "Traceback" in host.said():
            site.wrong.append(f"{host.name}: a traceback: {host.said()[-1500:]}")


@contextmanager
def made(folder: Path, readers: int, connections: int, rtt: float) -> Iterator[Site]:
    """The hosts; all is gone behind it."""
    log = folder / "accepted.log"
    log.touch()
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        address = network.add("db")
        server = Server(*QUICK, host=address, before=[*network.words("db"), *nobody])
        stack.callback(server.remove)
        server.run("CREATE DATABASE site")
        address = network.add("mail")
        words = ("--rtt", str(rtt))
        sink = stack.enter_context(Process(words=words, log=log, host=address, before=network.words("mail")))
        site = Site(folder, network, server, sink, readers, connections)
        stack.callback(lambda: [host.kill() for host in site.hosts.values() if host.runs])
        site.make()
        yield site


def trial(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """One edition with its faults; the figures."""
    with made(folder, given.readers, given.connections, given.rtt) as site:
        for host in site.hosts.values():
            host.start()
        until(site.lead, "no scheduler leads")
        until(lambda: all("working" in site.hosts[name].said() for name in WORKERS) or None, "not all work")
        edition = Edition(site, folder / "accepted.log", SCRIPTS[given.script], hurry=given.hurry)
        edition.run(given.patience)
        seconds = time.monotonic() - site.began
        figures = judge(site, edition) | {"seconds": round(seconds, 1), "wrong": site.wrong}
        ended(site)
        if site.wrong and given.folder:
            shutil.copy2(site.server.folder / "log", folder / "postgres.log")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=9000)
    parser.add_argument("--connections", type=int, default=4, help="of each worker")
    parser.add_argument("--rtt", type=float, default=0.1, help="seconds before each flight of replies")
    parser.add_argument("--script", choices=SCRIPTS, default="long")
    parser.add_argument("--hurry", action="store_true", help=f"no wait for a lease of {leases.LEASE} s")
    parser.add_argument("--patience", type=float, default=900, help="seconds")
    parser.add_argument("--folder", type=Path, help="where the site is made, and stays")
    given = parser.parse_args()
    if why := impossible():
        print(f"nothing was tried: {why}", file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder:
        figures = trial(given.folder or Path(folder), given)
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    for each in figures["wrong"]:
        print(each, file=sys.stderr)
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
