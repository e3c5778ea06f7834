"""What the ledger costs as it grows: planning an edition, claiming letters, settling them.

    .venv/bin/python benchmarks/ledger.py [--readers 10000 100000] [--history 20] [--rows 200000] [--rounds 3]

For each number of readers a site is made whose readers are all due, once with an empty ledger and once with a history:
`--history` editions that went to all of them as retention leaves them (counts and bitmaps, S8), and `--rows` letters of
the last weeks as rows. Every measure runs in a process of its own, over a database on the disk. Prints a table and
writes benchmarks/ledger.json.

plan       a whole edition, from "it is due" to the last reader's row; `longest` is the longest transaction
claim      what a sender takes at once, 200 letters, while all of the edition waits: median and the longest
settle     a commit of 100 letters: sent, and the next ones marked `sending`, as the engine does it
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import corpus
import measure
from sqlalchemy import Connection, event

from publisher import config
from publisher.actions import plan, slots
from publisher.actions.house import House
from publisher.model.delivery import State
from publisher.store import ledger
from publisher.verbs import session as sessions

NASHIR = [sys.executable, "-m", "publisher"]
STOCK, GROUP, TAKEN = 200, 100, 50  # letters of a claim, letters of a commit, claims that are timed
PAGE = 65_536  # keys of a page of bits


def now() -> datetime:
    return datetime.now(UTC)


def site(folder: Path, readers: int, editions: int, rows: int) -> None:
    """A site at *folder* with an article that none of its *readers* had, and that history."""
    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    for path in (folder / "articles").iterdir():
        path.unlink()
    corpus.ensure(folder / "articles", 5)
    publish = [*NASHIR, "-C", str(folder), "publish"]
    subprocess.run(publish, check=True, capture_output=True)
    with opened(folder) as house:
        for start in range(0, readers, 50_000):
            house.store.write(partial(_people, first=start + 1, last=min(start + 50_000, readers)))
        for number in range(1, editions + 1):
            house.store.write(partial(_compact, number=number, readers=readers))
        for number, start in enumerate(range(0, rows, readers), editions + 1):
            for first in range(1, min(readers, rows - start) + 1, 50_000):
                last = min(first + 49_999, readers, rows - start)
                house.store.write(partial(_rows, number=number, first=first, last=last))
    (folder / "articles" / "new.md").write_text("---\ntitle: خبر جديد\n---\n\nنص.\n", "utf-8")
    os.utime(folder / "articles" / "new.md", (1_700_000_000, 1_700_000_000))
    subprocess.run(publish, check=True, capture_output=True)


def _people(connection: Connection, first: int, last: int) -> None:
    run = connection.exec_driver_sql
    run(
        "WITH RECURSIVE n(x) AS (SELECT ? UNION ALL SELECT x + 1 FROM n WHERE x < ?) INSERT INTO subscribers "
        "(id, address, address_key, state, language, created) SELECT x, 'r' || x || '@d' || (x % 997) || '.example', "
        "'r' || x || '@d' || (x % 997) || '.example', 'reachable', "
        "CASE x % 3 WHEN 0 THEN NULL WHEN 1 THEN 'fa' ELSE 'ar' END, 1700000000 FROM n",
        (first, last),
    )
    run(
        "INSERT INTO subscriptions (newsletter, subscriber, state, seen_seq, letters, source, changed, cadence) "
        "SELECT 1, id, 'active', (SELECT max(seq) FROM articles), 20, 'imported', 1700000000, 1 FROM subscribers "
        "WHERE id BETWEEN ? AND ?",
        (first, last),
    )


def _edition(connection: Connection, number: int) -> None:
    run, day = connection.exec_driver_sql, 1_700_000_000 + number * 3600
    run(
        "INSERT INTO editions (id, newsletter, slot, planned, expires, upto_seq, include_existing, kind, release, "
        "complete, cadence) VALUES (?, 1, ?, ?, ?, 1, 0, 'digest', 'released', 1, 1)",
        (number, f"then:{number}", day, day + 86400),
    )
    run(
        "INSERT INTO variants (id, edition, key, articles, language, direction, subject, html, text) "
        "VALUES (?, ?, 'k', '[]', 'ar', 'rtl', 's', 'h', 't')",
        (number, number),
    )


def _compact(connection: Connection, number: int, readers: int) -> None:
    """An edition as retention leaves it; bits that are there by chance take the most room."""
    _edition(connection, number)
    run = connection.exec_driver_sql
    run("INSERT INTO counts (edition, state, letters) VALUES (?, 3, ?)", (number, readers))
    for page in range(readers // PAGE + 1):
        run(
            "INSERT INTO mailed (variant, page, bits) VALUES (?, ?, ?)",
            (number, page, zlib.compress(random.randbytes(PAGE // 8))),
        )


def _rows(connection: Connection, number: int, first: int, last: int) -> None:
    """Letters that were sent, row by row."""
    if first == 1:
        _edition(connection, number)
    connection.exec_driver_sql(
        "INSERT INTO deliveries (edition, subscriber, variant, state, attempts, due, expires, code, note, at) "
        "SELECT ?, id, ?, 3, 1, 1700000000, 1700086400, 250, '2.0.0 Ok: queued as 4F2A1', 1700000100 "
        "FROM subscribers WHERE id BETWEEN ? AND ?",
        (number, number, first, last),
    )


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """The site for who holds its lock."""
    with sessions.writing(config.load(folder, {}), now) as session:
        yield session.house


@contextmanager
def timed(house: House) -> Iterator[list[float]]:
    """The seconds of every transaction of the writer, commits included."""
    found, began = list[float](), [0.0]
    writer = house.store._writer
    assert writer
    dialect = writer.owner.dialect
    commit = dialect.do_commit

    def begin(_: Connection) -> None:
        began[0] = time.perf_counter()

    def committed(connection: Any) -> None:
        commit(connection)
        found.append(time.perf_counter() - began[0])

    event.listen(writer.owner, "begin", begin)
    dialect.do_commit = committed  # type: ignore[assignment, method-assign]
    yield found


def planned(house: House) -> int:
    """Plan the edition; its number."""
    (newsletter,) = house.newsletters.values()
    number = slots.edition_now(house, newsletter, now(), include_existing=False)
    assert number
    plan.plan(house, number, now())
    return number


def job_plan(folder: Path, readers: int) -> dict[str, Any]:
    with opened(folder) as house:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with timed(house) as transactions:
            start, cpu = time.perf_counter(), time.process_time()
            number = planned(house)
            seconds, used = time.perf_counter() - start, time.process_time() - cpu
        letters = house.store.read(lambda c: ledger.tally(c, [number]))
        assert letters == {State.QUEUED: readers}, letters
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": round(seconds, 3),
        "cpu": round(used, 3),
        "longest_ms": round(max(transactions) * 1000, 1),
        "transactions": len(transactions),
        "megabytes": round(after / 1024, 1),
        "grown_mb": round((after - before) / 1024, 1),
    }


def job_claim(folder: Path, readers: int) -> dict[str, Any]:
    times = []
    with opened(folder) as house:
        planned(house)
        for _ in range(min(TAKEN, readers // STOCK)):
            start = time.perf_counter()
            taken = house.store.write(lambda c: ledger.claim(c, now(), STOCK), urgent=True)
            times.append(time.perf_counter() - start)
            assert len(taken) == STOCK, len(taken)
    return in_ms(times)


def job_settle(folder: Path, readers: int) -> dict[str, Any]:
    times, sent = list[float](), list[tuple[int, int, str]]()
    with opened(folder) as house:
        planned(house)
        writer = house.store._writer
        assert writer
        for _ in range(min(TAKEN, readers // GROUP)):
            taken = house.store.write(lambda c: ledger.claim(c, now(), GROUP), urgent=True)
            mark = ledger.mark([each.id for each in taken], sent, now())
            start, done = time.perf_counter(), threading.Event()
            writer.submit(mark, lambda *_, end=done: end.set(), urgent=True)
            done.wait()
            times.append(time.perf_counter() - start)
            sent = [(each.id, 250, "2.0.0 Ok: queued as 4F2A1") for each in taken]
    return in_ms(times)


def in_ms(times: list[float]) -> dict[str, Any]:
    return {"median_ms": round(measure.median(times) * 1000, 2), "longest_ms": round(max(times) * 1000, 2)}


RUN = {"plan": job_plan, "claim": job_claim, "settle": job_settle}


def measured(folder: Path, job: str, readers: int) -> dict[str, Any]:
    """A run of the job in a process of its own, over a copy of the site."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        site = shutil.copytree(folder, Path(place, "site"))
        # A copy is behind the restore fence; nobody sends here.
        own = [sys.executable, __file__, "--site", str(site), "--job", job, "--readers", str(readers)]
        done = subprocess.run(own, check=True, capture_output=True, text=True, env=os.environ)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--history", type=int, default=20)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--place", type=Path, help="a folder on a real disk, for the databases")
    parser.add_argument("--site", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--job", choices=RUN, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        print(json.dumps(RUN[asked.job](asked.site, asked.readers[0])))
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=asked.place) as place:
        for readers in asked.readers:
            for editions, old in ((0, 0), (asked.history, asked.rows)):
                folder = Path(place, f"{readers}-{editions}")
                site(folder, readers, editions, old)
                size = (folder / "state" / "nashir.db").stat().st_size
                found: dict[str, list[dict[str, Any]]] = {
                    job: [measured(folder, job, readers) for _ in range(asked.rounds)] for job in RUN
                }
                shutil.rmtree(folder)
                row = {
                    "readers": readers,
                    "bits": editions * readers,
                    "rows": old,
                    "database_mb": round(size / 1e6),
                }
                rows.append(row | {job: middle(runs) for job, runs in found.items()})
                report(rows[-1], first=len(rows) == 1)
    result = {"machine": measure.machine(), "rounds": asked.rounds, "runs": rows}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of every figure."""
    return {name: round(measure.median([each[name] for each in runs]), 3) for name in runs[0]}


def report(row: dict[str, Any], *, first: bool) -> None:
    """Print a line of the table."""
    if first:
        print(
            f"{'':10} {'letters of old':>25} {'':9} {'plan':>33}  {'claim of 200':>16}  {'commit of 100':>16}"
        )
        print(
            f"{'readers':>10} {'as bits':>14} {'as rows':>10} {'db MB':>9} {'s':>8} {'cpu s':>8} "
            f"{'longest ms':>10} {'MB':>5}  {'ms':>7} {'longest':>8}  {'ms':>7} {'longest':>8}"
        )
    plan_, claim, settle = row["plan"], row["claim"], row["settle"]
    print(
        f"{row['readers']:10} {row['bits']:14} {row['rows']:10} {row['database_mb']:9} {plan_['seconds']:8.2f} "
        f"{plan_['cpu']:8.2f} {plan_['longest_ms']:10} {plan_['megabytes']:5.0f}  {claim['median_ms']:7} "
        f"{claim['longest_ms']:8}  {settle['median_ms']:7} {settle['longest_ms']:8}",
        flush=True,
    )


if __name__ == "__main__":
    main()
