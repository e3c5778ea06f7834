"""What the ledger costs as it grows: planning an edition, claiming letters, settling them.

    .venv/bin/python benchmarks/ledger.py [--readers 10000 100000 1000000] [--history 20] [--rows 1000000] [--rounds 3]

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
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import corpus
import measure
from sqlalchemy import Connection, event

from publisher import config
from publisher.actions import plan, slots
from publisher.actions.house import House
from publisher.model.delivery import State, Verdict
from publisher.store import ledger
from publisher.verbs import session as sessions

NASHIR = [sys.executable, "-m", "publisher"]
STOCK, GROUP, TAKEN = 200, 100, 50  # letters of a claim, letters of a commit, claims that are timed
PAGE = 65_536  # keys of a page of bits
JOBS = ("plan", "claim", "settle")
SPREAD = 3  # in how many languages the readers read


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
    """An edition as retention leaves it."""
    _edition(connection, number)
    run = connection.exec_driver_sql
    run("INSERT INTO counts (edition, state, letters) VALUES (?, 3, ?)", (number, readers))
    for page in range(readers // PAGE + 1):
        run(
            "INSERT INTO mailed (variant, page, bits) VALUES (?, ?, ?)", (number, page, b"\xff" * (PAGE // 8))
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
    """The seconds of every transaction of the writer."""
    found, began = list[float](), [0.0]
    writer = house.store._writer
    assert writer

    def begin(_: Connection) -> None:
        began[0] = time.perf_counter()

    def end(_: Connection) -> None:
        found.append(time.perf_counter() - began[0])

    def commits(execute: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            execute()
            found.append(time.perf_counter() - began[0])

        return run

    event.listen(writer.owner, "begin", begin)
    dialect = writer.owner.dialect
    commit = dialect.do_commit

    def committed(connection: Any) -> None:
        commit(connection)
        found.append(time.perf_counter() - began[0])

    dialect.do_commit = committed  # type: ignore[method-assign]
    try:
        yield found
    finally:
        dialect.do_commit = commit  # type: ignore[method-assign]
        event.remove(writer.owner, "begin", begin)


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
    with opened(folder) as house:
        times = []
        for _ in range(min(TAKEN, readers // STOCK)):
            start = time.perf_counter()
            taken = house.store.write(lambda c: ledger.claim(c, now(), STOCK), urgent=True)
            times.append(time.perf_counter() - start)
            assert len(taken) == STOCK, len(taken)
    return {"median_ms": round(measure.median(times) * 1000, 2), "longest_ms": round(max(times) * 1000, 2)}


def job_settle(folder: Path, readers: int) -> dict[str, Any]:
    sent = Verdict(State.SENT, None, True, 250, "2.0.0 Ok: queued as 4F2A1")
    with opened(folder) as house:
        times = []
        for _ in range(min(TAKEN, readers // STOCK)):
            taken = house.store.write(lambda c: ledger.claim(c, now(), GROUP), urgent=True)
            start = time.perf_counter()
            house.store.write(lambda c, some=taken: _settle(c, some, sent), urgent=True)  # type: ignore[misc]
            times.append(time.perf_counter() - start)
    return {"median_ms": round(measure.median(times) * 1000, 2), "longest_ms": round(max(times) * 1000, 2)}
