"""What erasing and exporting cost on a large site.

    .venv/bin/python benchmarks/erasing.py [--readers 1000000] [--editions 10] [--each 100000] [--outbox 1000]

Makes a site with that many readers, editions with so many letters each, a bit for every reader in one older edition,
and messages in the outbox. Prints and writes benchmarks/erasing.json:

erase      one reader, from the first step to the emptied log; `longest` is the longest transaction
sweep      what the next start takes where the list of the erased changed, and where it did not
export     all readers as CSV: time, and the memory of the process that wrote it
settle     commits of 100 letters with secure_delete and without: what overwriting deleted rows costs a sender
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from publisher import config
from publisher.actions import erasing
from publisher.store import erased
from publisher.verbs import session as sessions

NASHIR = [sys.executable, "-m", "publisher"]
PAGE = 65_536  # keys of a page of bits
COMMITS = 300


def now() -> datetime:
    return datetime.now(UTC)


def filled(folder: Path, readers: int, editions: int, each: int, outbox: int) -> None:
    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    subprocess.run([*NASHIR, "-C", str(folder), "publish"], check=True, capture_output=True)

    def write(connection: Connection) -> None:
        run = connection.exec_driver_sql
        count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        run(
            f"{count} INSERT INTO subscribers (address, address_key, state, created) "
            "SELECT 'reader' || i || '@example.org', 'reader' || i || '@example.org', 'reachable', 1 FROM n",
            (readers,),
        )
        run("INSERT INTO newsletters (id, name, created) VALUES (99, 'big', 1)")
        run(
            "INSERT INTO cadences (id, newsletter, schedule, zone, slot, due)"
            " VALUES (99, 99, '', '', 0, 9999999999)"
        )
        run(
            "INSERT INTO subscriptions (newsletter, subscriber, state, seen_seq, source, changed, cadence) "
            "SELECT 99, id, 'active', 0, 'bench', 1, 99 FROM subscribers"
        )
        for number in range(1000, 1001 + editions):
            run(
                "INSERT INTO editions (id, newsletter, slot, planned, expires, upto_seq, include_existing, kind,"
                " release, complete) VALUES (?, 99, ?, 1, 2, 1, 0, 'digest', 'released', 1)",
                (number, str(number)),
            )
            run(
                "INSERT INTO variants (id, edition, key, articles, language, direction, subject, html, text) "
                "VALUES (?, ?, '', '[]', 'ar', 'rtl', 's', 'h', 't')",
                (number, number),
            )
            if number > 1000:
                run(
                    "INSERT INTO deliveries (edition, subscriber, variant, state, attempts, due, expires, code, note,"
                    " at) "
                    "SELECT ?, id, ?, iif(id % 100, 3, 4), 1, 1, 2, 250, iif(id % 100, '2.0.0 Ok: queued as 4F2a',"
                    " '5.1.1 <' || address || '>: unknown'), 1 FROM subscribers WHERE id <= ?",
                    (number, number, each),
                )
        for page in range(readers // PAGE + 1):
            run("INSERT INTO mailed VALUES (1000, ?, ?)", (page, zlib.compress(b"\xff" * (PAGE // 8))))

    with sessions.writing(config.load(folder, {}), now) as session:
        session.house.store.write(write)
    (folder / "outbox" / "new").mkdir(parents=True, exist_ok=True)
    for number in range(outbox):
        text = f"To: reader{number + 1}@example.org\r\n\r\n" + "A" * 30_000
        (folder / "outbox" / "new" / f"m{number}").write_text(text)


@contextmanager
def longest(store: Any) -> Any:
    """The seconds of the longest transaction of the writer."""
    found, begun = {"seconds": 0.0, "count": 0}, [0.0]
    owner = store._writer.owner

    def begin(_: Any) -> None:
        begun[0] = time.perf_counter()

    def end(_: Any) -> None:
        found["seconds"] = max(found["seconds"], time.perf_counter() - begun[0])
        found["count"] += 1

    event.listen(owner, "begin", begin)
    event.listen(owner, "commit", end)
    yield found
    event.remove(owner, "begin", begin)
    event.remove(owner, "commit", end)


def erase(folder: Path, many: int) -> dict[str, Any]:
    with sessions.writing(config.load(folder, {}), now) as session:
        house, took = session.house, []
        with longest(house.store) as transactions:
            for number in range(1, many + 1):
                start = time.perf_counter()
                erasing.erase(house, number * 100, now())
                took.append(time.perf_counter() - start)
        assert erasing.is_done(house)
        took.sort()
        return {
            "erase_median": round(took[many // 2], 3),
            "erase_worst": round(took[-1], 3),
            "longest_transaction_ms": round(transactions["seconds"] * 1000, 1),
            "transactions": transactions["count"] // many,
        }


def sweep(folder: Path) -> dict[str, Any]:
    with sessions.writing(config.load(folder, {}), now) as session:
        house = session.house
        start = time.perf_counter()
        assert erasing.finish(house) == 0
        quick = time.perf_counter() - start
        erased.add(folder / "state", f"{now().isoformat()} 1 {'0' * 64}")
        start = time.perf_counter()
        assert erasing.finish(house) == 0
        return {"sweep_unchanged_ms": round(quick * 1000, 2), "sweep": round(time.perf_counter() - start, 2)}


def export(folder: Path) -> dict[str, Any]:
    target = folder.parent / "list.csv"
    start = time.perf_counter()
    process = subprocess.Popen([*NASHIR, "-C", str(folder), "subscribers", "export", str(target)])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return {
        "export": round(time.perf_counter() - start, 2),
        "export_mb": round(target.stat().st_size / 1e6, 1),
        "export_memory_mb": round(usage.ru_maxrss / 1024, 1),
    }


def settle(folder: Path, secure: str) -> float:
    """Microseconds a letter."""
    with sessions.writing(config.load(folder, {}), now) as session:
        store = session.house.store
        store.write(lambda c: c.connection.driver_connection.execute(f"PRAGMA secure_delete = {secure}"))  # type: ignore[union-attr]
        its = "edition = 1001 AND subscriber BETWEEN ? AND ?"
        sql = f"UPDATE deliveries SET state = 3, note = ?, at = at + 1 WHERE {its}"
        start = time.perf_counter()
        for number in range(COMMITS):
            bound = (f"2.0.0 Ok: queued as {number:08X}{secure}", number * 100 + 1, number * 100 + 100)
            store.write(lambda c, bound=bound: c.exec_driver_sql(sql, bound))  # type: ignore[misc]
        return round((time.perf_counter() - start) / COMMITS / 100 * 1e6, 2)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--readers", type=int, default=1_000_000)
    words.add_argument("--editions", type=int, default=10)
    words.add_argument("--each", type=int, default=100_000)
    words.add_argument("--outbox", type=int, default=1000)
    words.add_argument("--erased", type=int, default=10)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="nashir-bench-") as made:
        folder = Path(made) / "site"
        filled(folder, given.readers, given.editions, given.each, given.outbox)
        found = vars(given) | {"database_mb": round((folder / "state" / "nashir.db").stat().st_size / 1e6)}
        found |= export(folder) | erase(folder, given.erased) | sweep(folder)
        rounds = [(settle(folder, "ON"), settle(folder, "OFF")) for _ in range(3)]
        found |= {"settle_us_secure": min(on for on, _ in rounds), "settle_us": min(off for _, off in rounds)}
        found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    text = json.dumps(found, indent=1)
    print(text)
    (Path(__file__).parent / "erasing.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
