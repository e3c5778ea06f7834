"""An hour of everything at once (X15): one daemon is killed every minute, another lives through it, side by side.

    .venv/bin/python benchmarks/soak.py [--minutes 60] [--readers 100] [--no-kills | --kills] [--folder FOLDER]

`nashir run` publishes articles that arrive and change, and sends editions (instant ones, one on a schedule, and
those asked for up to three times a minute) over ten connections to a mail server that does 1 % of every fault there
is (benchmarks/weather.py). People sign up, confirm and leave by the letters they got, feeds are read twice a
second, a backup is made every other minute. At the end the daemon is stopped (TERM), the mail server becomes
honest, and what waits is sent. Then the server's log is held against the ledger, and memory and descriptors are
looked at: of the daemon that lives on every 15 seconds (the least of descriptors and threads within these, the
memory at their end), and one straight line through all looks after 12 minutes, when it has all it ever loads, may
not rise by more than 5 % of their mean. Of the one that is killed each life is looked at when it is 45 seconds old;
that is shown and not judged, since how far a life has come by then depends on what else the machine does.

Prints a table and writes benchmarks/soak.json. Exit code 1 where something is wrong.
"""

import argparse
import json
import random
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import corpus
import measure
from together import NASHIR, free_port
from weather import FAULTS, Crowd, Office, Taken

CONNECTIONS = 10
TIMEOUT = 5  # seconds the relay has
AGE = 45.0  # seconds of a life, when it is looked at
SPAN = 15.0  # seconds between two looks at a daemon that lives on
FLAT = 0.05  # of the mean
WARM = 12.0  # minutes until a daemon that lives on has all it ever loads: looks before are not counted
PATIENCE = 120  # seconds to start or to stop
LATE = 10.0  # seconds after which nothing is on the wire any more
STOCK = 600  # articles that are there before: all feeds and lists are full
ARTICLES = 7.0  # seconds between two
NEWSLETTERS = """
[[newsletters]]
name = "daily"
title = "نشرة الحيّ"
schedule = "daily 07:00"

[[newsletters]]
name = "second"
title = "نشرة ثانية"
schedule = "cron */5 * * * *"

[[newsletters]]
name = "at-once"
title = "فور النشر"
schedule = "instant"
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What the daemon takes at one moment."""

    at: float  # minutes since the beginning
    resident: float  # MB
    proportional: float  # MB, children included
    anonymous: float  # MB of the resident that no file stands behind
    descriptors: int
    threads: int
    database: float  # MB, write-ahead log included


@dataclass
class Trial:
    """One site, and its daemon."""

    folder: Path
    kills: bool
    minutes: float
    readers: int
    seed: int = 1
    looks: list[Look] = field(default_factory=list)
    killed: list[float] = field(default_factory=list)  # when
    seconds_to_serve: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    # the site

    def make(self) -> None:
        """A site with readers of all its newsletters."""
        self.chance, self.port = random.Random(self.seed), free_port()
        subprocess.run([*NASHIR, "init", str(self.folder)], check=True, capture_output=True)
        for path in (self.folder / "articles").iterdir():
            path.unlink()
        for number in range(STOCK):
            self.article(number)
        written = (self.folder / "config.toml").read_text("utf-8").partition("[[newsletters]]")[0]
        written = re.sub(r"(?m)^\[web\]\n(listen = .*\n)?", "", written)
        written = written.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
        mail = (
            f'relay = "{self.office.url}"\nconnections = {CONNECTIONS}\ntimeout = {TIMEOUT}\ncanary = "0%"\n'
        )
        written = re.sub(r"(?m)^relay = .*\n", mail, written, count=1)
        written += f'\n[web]\nlisten = "127.0.0.1:{self.port}"\n' + NEWSLETTERS
        (self.folder / "config.toml").write_text(written, "utf-8")
        self.verb("publish")
        people = self.folder / "people.csv"
        people.write_text("".join(f"r{n}@d{n}.example\n" for n in range(self.readers)))
        for name in ("daily", "second", "at-once"):
            self.verb("subscribers", "import", "--confirmed", "--newsletter", name, str(people))

    def article(self, number: int, changed: str = "") -> None:
        """Write article *number*, as an editor's program does."""
        path = self.folder / "articles" / corpus.name(number)
        new = path.with_name(f".{path.name}.new")
        new.write_text(corpus.article(number).markdown + changed, "utf-8")
        new.rename(path)

    def verb(self, *words: str) -> dict[str, Any]:
        """`nashir --json ...` to its end; {} where it failed."""
        command = [*NASHIR, "-C", str(self.folder), "--json", *words]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        if ended.returncode:
            self.wrong.append(f"{words[0]} ended with {ended.returncode}: {ended.stderr[-300:]}")
            return {}
        start = ended.stdout.find("{")
        return dict(json.loads(ended.stdout[start:])) if start >= 0 else {}

    # the hour

    def run(self) -> None:
        """All of it."""
        with Office(*FAULTS, seed=self.seed) as self.office:
            self.make()
            self.began = time.monotonic()
            self.crowd = Crowd(
                self.port, self.folder / "feeds", self.office, self.kills, random.Random(self.seed)
            )
            self.start()
            self.crowd.begin()
            self.over = threading.Event()
            writer = threading.Thread(target=self.write)
            writer.start()
            try:
                self.live()
            finally:
                self.over.set()
                writer.join()
                self.crowd.end()
                self.daemon.send_signal(signal.SIGTERM)
                code = self.daemon.wait(PATIENCE)
            if code:
                self.wrong.append(f"the daemon ended with {code} when it was asked to")
            self.figures["faults"] = self.office.counts()["faults"]
            self.drain()
            self.judge()

    def start(self) -> None:
        """A daemon, until it serves."""
        begun = time.monotonic()
        with (self.folder / "daemon.log").open("ab") as log:
            command = [*NASHIR, "-C", str(self.folder), "run"]
            self.daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while True:
            if self.daemon.poll() is not None:
                raise measure.Failed(f"the daemon ended: {(self.folder / 'daemon.log').read_text()[-800:]}")
            if time.monotonic() - begun > PATIENCE:
                raise measure.Failed("the daemon does not serve")
            try:
                self.crowd.ask("/healthz")
                break
            except OSError:
                time.sleep(0.1)
        self.born = time.monotonic()
        self.seconds_to_serve.append(self.born - begun)

    def write(self) -> None:
        """Articles arrive, and one in five is changed."""
        number = STOCK
        while not self.over.wait(ARTICLES * self.chance.uniform(0.5, 1.5)):
            self.article(number)
            number += 1
            if number % 5 == 0:
                self.article(number - 3, "\nوتصحيح.\n")
            self.done["articles"] += 1

    def live(self) -> None:
        """A minute after the other, each with its editions, and where it is asked for a kill in the midst of one."""
        while self.passed() < self.minutes:
            self.minute(len(self.killed) + self.done["minutes"])
            if self.kills:
                self.kill()
                self.start()
            else:
                self.done["minutes"] += 1

    def passed(self) -> float:
        """Minutes since the beginning."""
        return (time.monotonic() - self.began) / 60

    def minute(self, number: int) -> None:
        """Three editions, a backup now and then, and a look."""
        plan: list[tuple[float, Callable[[], None]]] = [
            (2.0, lambda: self.ask("daily")),
            (22.0, lambda: self.ask("second")),
        ]
        if number % 2:
            plan.append((35.0, lambda: self.backup(number)))
        start = time.monotonic()
        for at, act in plan:
            self.rest(start + at)
            act()
        self.rest(start + (AGE if self.kills else 60.0))
        if self.kills:
            self.looks.append(self.look(self.least))

    def rest(self, until: float) -> None:
        """Wait, and look meanwhile: every second at what comes and goes."""
        while (now := time.monotonic()) < until:
            time.sleep(min(1.0, until - now))
            if self.daemon.poll() is not None:
                raise measure.Failed(f"the daemon ended: {(self.folder / 'daemon.log').read_text()[-800:]}")
            if time.monotonic() - self.born < AGE - SPAN and self.kills:
                self.least = (10**9, 10**9)
            self.least = tuple(map(min, self.least, self.counts()))  # type: ignore[assignment]
            if not self.kills and time.monotonic() - self.last > SPAN:
                self.looks.append(self.look(self.least))
                self.least, self.last = (10**9, 10**9), time.monotonic()

    least: tuple[int, int] = (10**9, 10**9)
    last: float = 0.0

    def counts(self) -> tuple[int, int]:
        """Descriptors and threads now."""
        process = Path(f"/proc/{self.daemon.pid}")
        return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))

    def look(self, least: tuple[int, int]) -> Look:
        """What the daemon takes now."""
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        sizes = {name: int(size) / 1024 for name, size in re.findall(r"(?m)^(\w+):\s+(\d+) kB", status)}
        state = self.folder / "state"
        database = sum(path.stat().st_size for path in state.glob("nashir.db*")) / 1e6
        return Look(
            round(self.passed(), 2),
            round(sizes["VmRSS"], 1),
            round(measure.memory(self.daemon.pid), 1),
            round(sizes["RssAnon"], 1),
            *least,
            round(database, 1),
        )

    def ask(self, newsletter: str) -> None:
        """An edition to all its readers now, unless who asked for the one before still waits for its end."""
        if self.asking is not None and self.asking.poll() is None:
            self.done["editions not asked for"] += 1
            return
        command = [*NASHIR, "-C", str(self.folder), "--json", "send", newsletter, "--now"]
        quiet = subprocess.DEVNULL
        self.asking = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        self.done["editions asked for"] += 1

    asking: subprocess.Popen[bytes] | None = None

    def backup(self, number: int) -> None:
        """A backup, and whether it can be unpacked and its database is whole."""
        path = self.folder.parent / f"{self.folder.name}-{number}.tar"
        if self.verb("backup", str(path)):
            with tempfile.TemporaryDirectory(dir=self.folder.parent) as place:
                subprocess.run(["tar", "-xf", path], cwd=place, check=True)
                (database,) = Path(place).rglob("nashir.db")
                with closing(sqlite3.connect(database)) as found:
                    if (said := found.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                        self.wrong.append(f"a backup: {said}")
            self.done["backups"] += 1
            path.unlink()

    def kill(self) -> None:
        """Kill the daemon in the midst of an edition, at a moment picked at random."""
        before, share = len(self.office.letters), self.chance.uniform(0.05, 0.95)
        self.ask("daily")
        wanted, until = before + share * self.readers, time.monotonic() + 25
        while len(self.office.letters) < wanted and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(self.chance.random() * 0.01)
        self.daemon.kill()
        self.killed.append(time.monotonic())
        self.daemon.wait()
        self.answered()

    def answered(self) -> None:
        """Who asked for an edition has heard that it left, or that the daemon ended."""
        if self.asking is not None:
            self.asking.wait(PATIENCE)

    # the end

    def drain(self) -> None:
        """The server is honest; all that waits is due, and sent."""
        self.answered()
        self.office.set()
        for _ in range(20):
            self.rows("UPDATE deliveries SET due = ? WHERE state = 0", int(time.time()) - 1)
            self.rows("UPDATE notices SET due = ? WHERE state = 0", int(time.time()) - 1)
            for (edition,) in self.rows("SELECT id FROM editions WHERE release = 'held'"):
                self.done["editions released"] += 1
                self.verb("editions", "release", str(edition))
            self.verb("send")
            if not self.rows("SELECT 1 FROM deliveries WHERE state IN (0, 1, 2) LIMIT 1"):
                break

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the ledger says; nobody else is at it."""
        with closing(sqlite3.connect(self.folder / "state" / "nashir.db", timeout=60)) as ledger, ledger:
            return ledger.execute(query, values).fetchall()

    def judge(self) -> None:
        """Hold the server's log against the ledger."""
        letters = list(self.office.letters)
        had = {(edition_of(each), each.recipient) for each in letters}
        planned = self.rows(
            "SELECT d.edition, p.address, d.state, d.code, p.state FROM deliveries d JOIN subscribers p"
            " ON p.id = d.subscriber"
        )
        states = Counter(state for _, _, state, _, _ in planned)
        lost = [row[:2] for row in planned if row[2] == 3 and row[:2] not in had]
        undecided = sum(states[state] for state in (0, 1, 2, 5))
        failed = Counter(address for _, address, state, _, _ in planned if state == 4)
        untrue = [address for address, times in failed.items() if self.office.refused[address] < times]
        gone = {row[0] for row in self.rows("SELECT address FROM subscribers WHERE state <> 'reachable'")}
        cancelled = {address for _, address, state, _, _ in planned if state == 6}
        unasked = cancelled - gone - set(self.crowd.left)
        strangers = had - {row[:2] for row in planned} - {(0, recipient) for _, recipient in had}
        shas = defaultdict[tuple[int, str], set[tuple[str, str]]](set)
        for each in letters:
            shas[edition_of(each), each.recipient].add((each.message_id, each.sha))
        differ = [key for key, seen in shas.items() if key[0] and len(seen) > 1]
        copies = self.copies(letters)
        most = max((copies[kill] for kill in self.killed), default=0)
        repeated = self.repeated()
        named = (
            ("lost", lost),
            ("failed without a refusal", untrue),
            ("cancelled for nothing", unasked),
            ("never decided", [""] * undecided),
            ("letters nobody planned", strangers),
            ("copies that differ", differ),
            ("copies for nothing", [""] * copies["nothing"]),
            ("articles twice for a reader", repeated),
            ("letters after leaving", self.after_leaving(letters)),
            ("torn feeds", self.crowd.torn),
            ("not heard", self.crowd.unheard),
            ("violations of the protocol", list(self.office.violations.items())),
        )
        for name, found in named:
            self.figures[name] = len(found)
            if found:
                self.wrong.append(f"{name}: {len(found)}, {list(found)[:3]}")
        if most > CONNECTIONS:
            self.wrong.append(f"{most} copies after one kill")
        self.figures |= {
            "kills": len(self.killed),
            "planned": len(planned),
            "states": dict(sorted(states.items())),
            "letters": len(letters),
            "copies after kills": sum(copies[kill] for kill in self.killed),
            "most of one kill": most,
            "copies after silence": copies["silence"],
            "copies after a reset": copies["reset"],
            "editions": len({row[0] for row in planned}),
            "seconds to serve": round(statistics.median(self.seconds_to_serve), 2),
            **self.crowd.done,
            **self.done,
        }
        self.steady()

    def copies(self, letters: Sequence[Taken]) -> Counter[Any]:
        """Letters that came again, by the reason: a kill (its time), silence, a reset, or nothing."""
        before, found = dict[tuple[str, str], Taken](), Counter[Any]()
        for each in letters:
            earlier = before.get((each.message_id, each.recipient))
            if earlier is not None:
                kill = next((at for at in self.killed if earlier.at <= at <= each.at), None)
                if earlier.answered != "250":
                    found["silence"] += 1
                elif self.office.resets.get(earlier.connection, 0) >= earlier.at:
                    found["reset"] += 1
                else:
                    found[kill or "nothing"] += 1
            before[each.message_id, each.recipient] = each
        return found

    def repeated(self) -> list[str]:
        """Readers who had an article twice in the letters of one newsletter."""
        query = (
            "SELECT e.newsletter, d.subscriber, v.articles FROM deliveries d JOIN editions e ON e.id = d.edition"
            " JOIN variants v ON v.id = d.variant WHERE d.state = 3"
        )
        had, found = defaultdict[tuple[int, int], set[str]](set), list[str]()
        for newsletter, subscriber, articles in self.rows(query):
            of_letter = set(map(str, json.loads(articles)))
            found += [f"{newsletter} {subscriber}"] * bool(of_letter & had[newsletter, subscriber])
            had[newsletter, subscriber] |= of_letter
        return found

    def after_leaving(self, letters: Sequence[Taken]) -> list[str]:
        """Letters of the newsletter that was left, when nothing was on the wire any more."""
        of_edition = dict(self.rows("SELECT id, newsletter FROM editions"))
        ended = {
            address: {number for (number,) in self.rows(
                "SELECT newsletter FROM subscriptions s JOIN subscribers p ON p.id = s.subscriber"
                " WHERE p.address = ? AND s.state = 'ended'", address)}
            for address in self.crowd.left
        }  # fmt: skip
        return [
            each.message_id
            for each in letters
            if each.recipient in self.crowd.left
            and each.at > self.crowd.left[each.recipient][0] + LATE
            and of_edition.get(edition_of(each)) in ended[each.recipient]
        ]

    def steady(self) -> None:
        """Whether what the daemon takes stays the same."""
        counted = [look for look in self.looks if self.kills or look.at >= WARM]
        if len(counted) < 3:
            self.wrong.append("too short to see whether memory grows")
            return
        for name in ("resident", "anonymous", "proportional", "descriptors", "threads", "database"):
            values = [float(getattr(look, name)) for look in counted]
            rise = trend([look.at for look in counted], values)
            self.figures[f"{name} mean"] = round(statistics.mean(values), 1)
            self.figures[f"{name} rise %"] = round(100 * rise, 1)
            if not self.kills and name in ("resident", "descriptors") and rise > FLAT:
                self.wrong.append(f"{name}: {100 * rise:+.1f} % from warm-up to end")


def edition_of(letter: Taken) -> int:
    """The number of its edition; 0: a letter that is no edition's."""
    found = re.match(r"<(\d+)\.", letter.message_id)
    return int(found[1]) if found else 0


def trend(times: Sequence[float], values: Sequence[float]) -> float:
    """By which share of their mean the straight line through *values* (least squares) rises from first to last."""
    slope = statistics.linear_regression(times, values).slope
    return slope * (times[-1] - times[0]) / (statistics.mean(values) or 1)


def show(trials: Sequence[Trial]) -> None:
    """The table."""
    names = dict.fromkeys(name for trial in trials for name in trial.figures if name != "faults")
    print(f"{'':30}" + "".join(f"{'killed' if each.kills else 'not killed':>16}" for each in trials))
    for name in names:
        print(f"{name:30}" + "".join(f"{each.figures.get(name, '')!s:>16}" for each in trials))
    for each in trials:
        for line in each.wrong:
            print(f"{'killed' if each.kills else 'not killed'}: {line}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the sites are made, and stay; on a real disk")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--kills", action="store_true", help="only the daemon that is killed")
    only.add_argument("--no-kills", action="store_true", help="only the one that is not")
    asked, machine = parser.parse_args(), measure.machine()
    with ExitStack() as ends:
        place = asked.folder or ends.enter_context(tempfile.TemporaryDirectory())
        trials = [
            Trial(
                Path(place, "killed" if kills else "alive"), kills, asked.minutes, asked.readers, asked.seed
            )
            for kills in (True, False)
            if not (asked.no_kills if kills else asked.kills)
        ]
        threads = [threading.Thread(target=guarded, args=(trial,)) for trial in trials]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    show(trials)
    machine["load at the end"] = measure.machine()["load"]
    rows = [
        {
            "killed": each.kills,
            **each.figures,
            "wrong": each.wrong,
            "looks": [list(look_row(x)) for x in each.looks],
        }
        for each in trials
    ]
    named = {
        "minutes": asked.minutes,
        "readers": asked.readers,
        "connections": CONNECTIONS,
        "seed": asked.seed,
    }
    result = {"machine": machine, "asked": named, "columns": list(Look.__slots__), "found": rows}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, ensure_ascii=False) + "\n", "utf-8")
    sys.exit(any(each.wrong for each in trials))


def look_row(look: Look) -> Sequence[float]:
    """Its columns."""
    return [getattr(look, name) for name in Look.__slots__]


def guarded(trial: Trial) -> None:
    """Run it; what breaks it is one of the things that are wrong."""
    try:
        trial.run()
    except Exception as error:
        trial.wrong.append(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
