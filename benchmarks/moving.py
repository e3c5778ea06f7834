"""A site moves from SQLite to PostgreSQL in the middle of an edition: time, memory, and whether anybody notices.

    .venv/bin/python benchmarks/moving.py [--articles 100000] [--readers 1000000] [--before 50000] [--after 50000]

The site is made by the verbs: articles published (without pages of their own), a list of readers taken in, an edition
planned for all of them. `--before` letters leave from SQLite through an SMTP server of ours, until TERM; then the site
moves, with the server of the wheel, its files on the disk and fsync on; then `--after` letters leave from PostgreSQL
(0: all that are left). `--from-postgresql` moves it back as well. What is looked at, each row by other means than
Nashir's own (both databases read by their drivers in the order of their keys):

the same       every row of every table, but for the notes of the fence, and the last number of each table
nothing twice  nobody is in the server's log twice
nothing lost   each letter of the edition is in that log, or still waits in PostgreSQL, or both say it failed

Prints a table and writes benchmarks/moving.json.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import corpus
import measure
import psycopg
from sqlalchemy import LargeBinary, Table

from publisher.store.rows import columns
from publisher.store.tables import metadata
from tests.postgres import Server
from tests.sink import Process, entries

NASHIR = [sys.executable, "-m", "publisher"]
DEAD = "smtp://127.0.0.1:9"  # nobody is there: what is planned waits
FENCE = ("file", "generation")
SETTINGS = {
    "NASHIR__PAGES__ENABLED": "false",
    "NASHIR__FEEDS__PER": "[]",
    "NASHIR__FEEDS__ARCHIVE": "false",
    "NASHIR__MAIL__CONNECTIONS": "10",
}
DURABLE = ("shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=15min")


def nashir(site: Path, *words: str, expect: tuple[int, ...] = (0,), **settings: str) -> dict[str, Any]:
    """What a verb answers."""
    command = [*NASHIR, "-C", str(site), "--json", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | SETTINGS | settings, check=False
    )
    if done.returncode not in expect:
        raise measure.Failed(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-800:]}")
    return dict(json.loads(done.stdout)) if done.stdout else {}


def make(site: Path, articles: int, readers: int) -> dict[str, float]:
    """A site whose edition is planned for all readers, and has not left; the seconds of each step."""
    seconds: dict[str, float] = {}

    def step(name: str, start: float) -> None:
        seconds[name] = round(time.perf_counter() - start, 1)
        print(f"  {name}: {seconds[name]} s", flush=True)

    subprocess.run([*NASHIR, "init", str(site)], check=True, capture_output=True)
    (site / "articles" / "welcome.md").unlink()
    corpus.ensure(site / "articles", articles)
    start = time.perf_counter()
    nashir(site, "publish")
    step("publish", start)
    start = time.perf_counter()
    people = site / "people.csv"
    with people.open("w") as file:
        file.writelines(f"r{number}@d{number % 997}.example\n" for number in range(readers))
    nashir(site, "subscribers", "import", "--confirmed", str(people))
    step("import", start)
    new = site / "articles" / "new.md"
    new.write_text("---\ntitle: خبر جديد\n---\n\nنص الخبر.\n", "utf-8")
    os.utime(new, (1_700_000_000, 1_700_000_000))
    start = time.perf_counter()
    nashir(site, "send", "--now", expect=(0, 74), NASHIR__MAIL__RELAY=DEAD)
    step("plan", start)
    return seconds


def send(site: Path, relay: Process, log: Path, letters: int, **settings: str) -> tuple[int, float]:
    """Send until about so many *letters* have left (0: all), then TERM; how many did, and the seconds."""
    lines = Lines(log)
    before, start = lines(), time.perf_counter()
    environment = os.environ | SETTINGS | {"NASHIR__MAIL__RELAY": relay.url} | settings
    command = [*NASHIR, "-C", str(site), "--json", "send"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None:
        time.sleep(0.25)
        if letters and lines() - before >= letters:
            process.send_signal(signal.SIGTERM)
            break
    _, said = process.communicate(timeout=600)
    if process.returncode not in (0, 130):
        raise measure.Failed(f"sending ended with {process.returncode}: {said.decode()[-800:]}")
    return lines() - before, time.perf_counter() - start


class Lines:
    """How many letters the server took: a line each, of a log that grows."""

    def __init__(self, log: Path) -> None:
        self._log, self._place, self._count = log, 0, 0

    def __call__(self) -> int:
        if self._log.exists():
            with self._log.open("rb") as file:
                file.seek(self._place)
                for chunk in iter(lambda: file.read(1 << 20), b""):
                    self._count += chunk.count(b"\n")
                self._place = file.tell()
        return self._count


def same(here: Path, url: str) -> list[str]:
    """What is not the same in both: tables, by their rows in the order of their keys, and what counts up."""
    wrong = []
    with closing(sqlite3.connect(f"file:{here}?mode=ro", uri=True)) as one, psycopg.connect(url) as other:
        for table in metadata.sorted_tables:
            order = ", ".join(each.name for each in table.primary_key.columns)
            query = f"SELECT {columns(table)} FROM {table.name} ORDER BY {order}"
            with other.cursor(name="rows") as cursor:
                cursor.itersize = 5000
                pairs = zip(
                    _bare(table, one.execute(query)), _bare(table, cursor.execute(query)), strict=True
                )
                try:
                    if any(left != right for left, right in pairs):
                        wrong.append(table.name)
                except ValueError:  # of other lengths
                    wrong.append(f"{table.name} (rows)")
        for name, last in one.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
            found = other.execute(f"SELECT last_value FROM {name}_id_seq").fetchone()
            wrong += [f"{name} (last number)"] * (found != (last,))
    return wrong


def _bare(table: Table, rows: Any) -> Iterator[tuple[Any, ...]]:
    blobs = any(isinstance(getattr(each.type, "impl", each.type), LargeBinary) for each in table.columns)
    for row in rows:
        if table.name != "meta" or row[0] not in FENCE:
            yield tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) if blobs else tuple(row)


def judged(url: str, log: Path, readers: int) -> dict[str, Any]:
    """Who got what, by the server's log and by the ledger in PostgreSQL."""
    with log.open(encoding="utf-8") as file:
        got = Counter(each.recipient for each in entries(file) if each.what == "accepted")
    states: Counter[int] = Counter()
    lost = 0
    query = "SELECT address, d.state FROM deliveries d JOIN subscribers s ON s.id = d.subscriber"
    with psycopg.connect(url) as driver, driver.cursor(name="letters") as cursor:
        cursor.itersize = 5000
        for address, state in cursor.execute(query):
            states[state] += 1
            lost += (address in got) != (state == 3)
    return {
        "letters": states.total(),
        "sent": len(got),
        "waiting": states[0],
        "twice": sum(count > 1 for count in got.values()),
        "lost": lost + readers - states.total(),
    }


def moved(site: Path, to: str, **settings: str) -> dict[str, Any]:
    """The verb, and what it took."""
    environment = SETTINGS | settings
    command = [*NASHIR, "-C", str(site), "--json", "move-store", to]
    cost = measure.run(command, site, environment, sampled=True)
    answer = json.loads(cost.output)
    return {
        "rows": answer["rows"],
        "seconds": round(cost.seconds, 1),
        "cpu": round(cost.cpu, 1),
        "MB": round(cost.memory, 1),
        "load": cost.load,
        "tables": answer["tables"],
    }


def bench(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    site, log = folder / "site", folder / "sink.log"
    print(f"{given.articles} articles, {given.readers} readers:", flush=True)
    found: dict[str, Any] = {"made": make(site, given.articles, given.readers)}
    here = site / "state" / "nashir.db"
    server = Server(*DURABLE)
    try:
        server.run("CREATE DATABASE site TEMPLATE template0")
        url, there = server.url("site"), {"NASHIR__STORE__URL": server.url("site")}
        with Process(log=log) as relay:
            found["before"] = send(site, relay, log, given.before)
            print(f"  sent from SQLite: {found['before'][0]}", flush=True)
            found["to PostgreSQL"] = moved(site, url)
            found["MB of SQLite"] = round(here.stat().st_size / 1e6)
            print(f"  moved: {found['to PostgreSQL']}", flush=True)
            found["not the same"] = same(here, url)
            found["after"] = send(site, relay, log, given.after, **there)
            print(f"  sent from PostgreSQL: {found['after'][0]}", flush=True)
        found["judged"] = judged(url, log, given.readers)
        if given.from_postgresql:
            here.unlink()
            found["to SQLite"] = moved(site, "sqlite", **there)
            found["not the same, back"] = same(here, url)
    finally:
        server.remove()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--before", type=int, default=20_000)
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--from-postgresql", action="store_true")
    parser.add_argument("--place", type=Path, help="a folder on a real disk")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    folder = Path(tempfile.mkdtemp(prefix="nashir-moving-", dir=given.place))
    try:
        found = bench(folder, given) | {"machine": measure.machine()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    (Path(__file__).parent / "moving.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    wrong = found["not the same"] + found.get("not the same, back", [])
    if wrong or found["judged"]["twice"] or found["judged"]["lost"]:
        sys.exit(f"wrong: {wrong} {found['judged']}")


if __name__ == "__main__":
    main()
