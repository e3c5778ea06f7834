"""Everything at once in one daemon (X16): letters leave; then a large edition is planned and a list imported as well.

    .venv/bin/python benchmarks/together.py [--letters 100000] [--plan 1000000] [--rows 1000000] [--rate 0]

A daemon sends an edition of `--letters` to a mail server on loopback that takes everything (tests/sink.py). After some
seconds alone it is told to plan an edition for `--plan` readers and to import `--rows` addresses, both through its
control socket, while somebody presses the unsubscribe button ten times a second and somebody else asks for the feed
twenty times. Prints how many letters a second left before and meanwhile, and how long the answers took, and writes
benchmarks/together.json. `--rate` limits the sending (letters a second), as a relay would: 0 is as fast as it goes.
"""

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import corpus
import measure
from sqlalchemy import Connection

from publisher import config
from publisher.actions.house import House
from publisher.subscribers.tokens import Claim
from publisher.verbs import session as sessions

ROOT = Path(__file__).parent.parent
NASHIR = [sys.executable, "-m", "publisher"]
ALONE = 8.0  # seconds of sending alone that are measured
ASIDE = 4000  # letters at the end, among which are those of who presses the button
PRESSES, LOOKS = 0.1, 0.05  # seconds between two clicks, two looks at the feed
NEWSLETTERS = """
[[newsletters]]
name = "{}"
title = "نشرة"
schedule = "cron 0 0 1 1 *"
"""


class Sink:
    """The mail server, in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.sink", "--quick"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = json.loads(self._line())["port"]

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    @property
    def letters(self) -> int:
        """How many it has taken."""
        assert self._process.stdin
        self._process.stdin.write("{}\n")
        self._process.stdin.flush()
        return int(json.loads(self._line())["accepted"])

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def site(folder: Path, asked: argparse.Namespace, relay: int, port: int) -> None:
    """A site with an edition's worth of readers for `small`, and of `large`."""
    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    for path in (folder / "articles").iterdir():
        path.unlink()
    corpus.ensure(folder / "articles", 20)
    written = (folder / "config.toml").read_text("utf-8").partition("[[newsletters]]")[0]
    written = written.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    lines = [each for each in written.splitlines() if not each.startswith(("relay", "connections"))]
    place = lines.index("[mail]") + 1
    lines[place:place] = [f'relay = "smtp://127.0.0.1:{relay}"', "connections = 10"]
    if asked.rate:
        lines[place:place] = [f'rate = "{asked.rate}/s"']
    if "[web]" not in lines:
        lines += ["[web]", f'listen = "127.0.0.1:{port}"']
    tables = "".join(NEWSLETTERS.format(name) for name in ("small", "large", "listed"))
    (folder / "config.toml").write_text("\n".join(lines) + "\n" + tables, "utf-8")
    subprocess.run([*NASHIR, "-C", str(folder), "publish"], check=True, capture_output=True)
    with sessions.writing(config.load(folder, {}), lambda: datetime.now(UTC)) as session:
        for first, last, newsletter in (
            (1, asked.letters, "small"),
            (asked.letters + 1, asked.letters + asked.plan, "large"),
        ):
            for start in range(first, last + 1, 50_000):
                many = partial(_people, first=start, last=min(start + 49_999, last), newsletter=newsletter)
                session.house.store.write(many)
    with (folder / "list.csv").open("w", encoding="utf-8") as file:
        file.write("email\n")
        file.writelines(f"new{number}@d{number % 997}.example\n" for number in range(asked.rows))


def _people(connection: Connection, first: int, last: int, newsletter: str) -> None:
    run = connection.exec_driver_sql
    run(
        "WITH RECURSIVE n(x) AS (SELECT ? UNION ALL SELECT x + 1 FROM n WHERE x < ?) INSERT INTO subscribers "
        "(id, address, address_key, state, language, created) SELECT x, 'r' || x || '@d' || (x % 997) || '.example', "
        "'r' || x || '@d' || (x % 997) || '.example', 'reachable', "
        "CASE x % 3 WHEN 0 THEN NULL WHEN 1 THEN 'fa' ELSE 'ar' END, 1700000000 FROM n",
        (first, last),
    )
    run(
        "INSERT INTO subscriptions (newsletter, subscriber, state, seen_seq, source, changed, cadence) "
        "SELECT n.id, s.id, 'active', 0, 'imported', 1700000000, c.id FROM subscribers s, newsletters n "
        "JOIN cadences c ON c.newsletter = n.id WHERE s.id BETWEEN ? AND ? AND n.name = ?",
        (first, last, newsletter),
    )


def links(house: House, readers: int, newsletter: str) -> list[str]:
    """The unsubscribe links of the last of so many readers: their letters are planned late."""
    number = house.store.read(lambda c: _number(c, newsletter))
    keys = range(readers, max(0, readers - 2000), -1)
    return [house.layout.unsubscribe(house.keys.sign("unsubscribe", Claim(key, number))) for key in keys]


def _number(connection: Connection, newsletter: str) -> int:
    row = connection.exec_driver_sql("SELECT id FROM newsletters WHERE name = ?", (newsletter,)).one()
    return int(row[0])


def ask(url: str, body: bytes | None = None) -> float:
    """The seconds that an answer took."""
    start = time.perf_counter()
    with urllib.request.urlopen(url, body, timeout=60) as answer:
        answer.read()
    return time.perf_counter() - start


@contextmanager
def again_and_again(work: Callable[[], float], every: float) -> Iterator[list[float]]:
    """*work* is done all the time; what it returned."""
    found, end = list[float](), threading.Event()

    def run() -> None:
        while not end.wait(every):
            found.append(work())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()


def told(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """A verb, done by the daemon."""
    command = [*NASHIR, "-C", str(folder), "--json", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def rate(sink: Sink, until: Callable[[float], bool]) -> tuple[float, float]:
    """Letters a second, and the seconds, until *until* (asked with the seconds so far)."""
    before, start = sink.letters, time.perf_counter()
    while not until(time.perf_counter() - start):
        time.sleep(0.2)
    seconds = time.perf_counter() - start
    return (sink.letters - before) / seconds, seconds


def live(folder: Path, asked: argparse.Namespace, sink: Sink, port: int) -> dict[str, Any]:
    """The daemon's day."""
    with sessions.reading(config.load(folder, {})) as house:
        urls = links(house, asked.letters, "small")
    feed = f"http://127.0.0.1:{port}/atom.xml"
    with measure.running([*NASHIR, "-C", str(folder), "run"], folder, {}, "serving") as daemon:
        sending = told(folder, "send", "small", "--now", "--include-existing")
        measure.wait_for(lambda: sink.letters > 0, 0.1)
        random.shuffle(urls)
        press = partial(lambda all_: ask(all_.pop(), b"List-Unsubscribe=One-Click"), urls)
        with again_and_again(press, PRESSES) as clicks, again_and_again(lambda: ask(feed), LOOKS) as looks:
            alone, _ = rate(sink, lambda seconds: seconds > ALONE or _planned(folder))
            clicks.clear()
            looks.clear()
            started, done = time.perf_counter(), dict[str, float]()
            listed = [
                "subscribers",
                "import",
                "--confirmed",
                "--newsletter",
                "listed",
                str(folder / "list.csv"),
            ]
            verbs = {
                "plan": told(folder, "send", "large", "--now", "--include-existing"),
                "import": told(folder, *listed),
            }

            def over(_: float) -> bool:
                if "import" not in done and verbs["import"].poll() is not None:
                    done["import"] = time.perf_counter() - started
                if "plan" not in done and _planned(folder):
                    done["plan"] = time.perf_counter() - started
                return len(done) == len(verbs) or sink.letters >= asked.letters - ASIDE

            together, seconds = rate(sink, over)
        peak = measure.memory(daemon.pid)
        for verb in (sending, *verbs.values()):
            verb.kill()
            verb.communicate()
    return {
        "letters_s_alone": round(alone),
        "letters_s_together": round(together),
        "share": round(together / alone, 3),
        "seconds_together": round(seconds, 1),
        "done": {name: round(took, 1) for name, took in done.items()},
        "clicks": len(clicks),
        "click_p99_ms": round(measure.percentile(clicks, 0.99) * 1000, 1),
        "feed_p99_ms": round(measure.percentile(looks, 0.99) * 1000, 1),
        "memory_mb": round(peak),
    }


def _planned(folder: Path) -> bool:
    with sessions.reading(config.load(folder, {})) as house:
        number = house.store.read(lambda c: _number(c, "large"))
        query = "SELECT 1 FROM editions WHERE newsletter = ? AND complete"
        return house.store.read(lambda c: c.exec_driver_sql(query, (number,)).first()) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--letters", type=int, default=100_000)
    parser.add_argument("--plan", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=0)
    parser.add_argument("--place", type=Path, help="a folder on a real disk, for the site")
    asked = parser.parse_args()
    sink, port = Sink(), free_port()
    try:
        with tempfile.TemporaryDirectory(dir=asked.place) as place:
            folder = Path(place, "site")
            site(folder, asked, sink.port, port)
            found = live(folder, asked, sink, port)
    finally:
        sink.close()
    for name, value in found.items():
        print(f"{name:20} {value}")
    asked_for = {name: getattr(asked, name) for name in ("letters", "plan", "rows", "rate")}
    result = {"machine": measure.machine(), "asked": asked_for, "found": found}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
