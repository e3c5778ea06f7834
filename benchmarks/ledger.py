"""What the ledger costs as it grows: planning an edition, claiming letters, settling them.

    .venv/bin/python benchmarks/ledger.py [--readers 10000 100000] [--history 20] [--rows 200000] [--rounds 3]
    .venv/bin/python benchmarks/ledger.py --store postgresql --readers 1000000 --fresh --place FOLDER

For each number of readers a site is made whose readers are all due, once with an empty ledger and once with a history:
`--history` editions that went to all of them as retention leaves them (counts and bitmaps, S8), and `--rows` letters of
the last weeks as rows. Every measure runs in a process of its own, over a database on the disk. Prints a table and
writes benchmarks/ledger.json.

plan       a whole edition, from "it is due" to the last reader's row; `longest` is the longest transaction. On
           PostgreSQL `cpu s` is of the planner, `server` of PostgreSQL, `wal` what it wrote into its log
claim      what a sender takes at once, 200 letters, while all of the edition waits: median and the longest
settle     a commit of 100 letters: sent, and the next ones marked `sending`, as the engine does it
drain      with --drain: all of the edition, claimed and settled so: letters a second, and what the last commits took
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import corpus
import databases
import measure
from sqlalchemy import Connection, event, text

from publisher import config
from publisher.actions import plan, slots
from publisher.actions.house import House
from publisher.model.delivery import State
from publisher.store import ledger
from publisher.store.tables import counts, mailed
from publisher.verbs import session as sessions

NASHIR = [sys.executable, "-m", "publisher"]
STOCK, GROUP, TAKEN = 200, 100, 50  # letters of a claim, letters of a commit, claims that are timed
DRAINED = 500  # letters of a claim while all of an edition leaves, as engine.desk takes them at the most
ALL_AT_ONCE = {"NASHIR__MAIL__CANARY": "0%"}  # no letters go first
PAGE = 65_536  # keys of a page of bits


@dataclass(frozen=True, slots=True)
class Given:
    """What a measure works on."""

    site: Path
    readers: int
    url: str = ""
    server: int = 0  # the first process of PostgreSQL

    @property
    def environment(self) -> dict[str, str]:
        return {databases.KEY: self.url} | ALL_AT_ONCE

    def sizes(self) -> dict[str, int]:
        """Bytes of PostgreSQL's tables."""
        return databases.sizes(self.url) if self.url else {}

    def host(self) -> float:
        """Seconds of processor time that PostgreSQL has used."""
        return databases.server_cpu(self.server) if self.server else 0.0


def now() -> datetime:
    return datetime.now(UTC)


def site(folder: Path, readers: int, editions: int, rows: int, given: dict[str, str]) -> None:
    """A site at *folder* with an article that none of its *readers* had, and that history."""
    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    for path in (folder / "articles").iterdir():
        path.unlink()
    corpus.ensure(folder / "articles", 5)
    publish = [*NASHIR, "-C", str(folder), "publish"]
    subprocess.run(publish, check=True, capture_output=True, env=os.environ | given)
    with opened(folder, given) as house:
        for start in range(0, readers, 50_000):
            house.store.write(partial(people, first=start + 1, last=min(start + 50_000, readers)))
        for number in range(1, editions + 1):
            house.store.write(partial(_compact, number=number, readers=readers))
        for number, start in enumerate(range(0, rows, readers), editions + 1):
            for first in range(1, min(readers, rows - start) + 1, 50_000):
                last = min(first + 49_999, readers, rows - start)
                house.store.write(partial(_rows, number=number, first=first, last=last))
    (folder / "articles" / "new.md").write_text("---\ntitle: خبر جديد\n---\n\nنص.\n", "utf-8")
    os.utime(folder / "articles" / "new.md", (1_700_000_000, 1_700_000_000))
    subprocess.run(publish, check=True, capture_output=True, env=os.environ | given)


def people(connection: Connection, first: int, last: int) -> None:
    """Readers of the first newsletter with the numbers from *first* to *last*: the next ones."""
    address = "'r' || x || '@d' || (x % 997) || '.example'"
    connection.execute(
        text(
            f"WITH RECURSIVE n(x) AS (SELECT {first} UNION ALL SELECT x + 1 FROM n WHERE x < {last}) "
            f"INSERT INTO subscribers (address, address_key, state, language, created) SELECT {address}, {address}, "
            "'reachable', CASE x % 3 WHEN 0 THEN NULL WHEN 1 THEN 'fa' ELSE 'ar' END, 1700000000 FROM n ORDER BY x"
        )
    )
    connection.execute(
        text(
            "INSERT INTO subscriptions (newsletter, subscriber, state, seen_seq, letters, source, changed, cadence) "
            "SELECT 1, id, 'active', (SELECT max(seq) FROM articles), 20, 'imported', 1700000000, 1 FROM subscribers "
            f"WHERE id BETWEEN {first} AND {last}"
        )
    )


def _edition(connection: Connection, number: int) -> None:
    day = 1_700_000_000 + number * 3600
    connection.execute(
        text(
            "INSERT INTO editions (newsletter, slot, planned, expires, upto_seq, include_existing, kind, release, "
            f"complete, cadence) VALUES (1, 'then:{number}', {day}, {day + 86400}, 1, false, 'digest', 'released', "
            "true, 1)"
        )
    )
    connection.execute(
        text(
            "INSERT INTO variants (edition, key, articles, language, direction, subject, html, text) "
            f"VALUES ({number}, 'k', '[]', 'ar', 'rtl', 's', 'h', 't')"
        )
    )


def _compact(connection: Connection, number: int, readers: int) -> None:
    """An edition as retention leaves it; bits that are there by chance take the most room."""
    _edition(connection, number)
    connection.execute(counts.insert().values(edition=number, state=3, letters=readers))
    for page in range(readers // PAGE + 1):
        bits = zlib.compress(random.randbytes(PAGE // 8))
        connection.execute(mailed.insert().values(variant=number, page=page, bits=bits))


def _rows(connection: Connection, number: int, first: int, last: int) -> None:
    """Letters that were sent, row by row."""
    if first == 1:
        _edition(connection, number)
    connection.execute(
        text(
            "INSERT INTO deliveries (edition, subscriber, variant, state, attempts, due, expires, code, note, at) "
            f"SELECT {number}, id, {number}, 3, 1, 1700000000, 1700086400, 250, '2.0.0 Ok: queued as 4F2A1', "
            f"1700000100 FROM subscribers WHERE id BETWEEN {first} AND {last}"
        )
    )


@contextmanager
def opened(folder: Path, given: dict[str, str]) -> Iterator[House]:
    """The site for who holds its lock."""
    with sessions.writing(config.load(folder, given), now) as session:
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


def job_plan(given: Given) -> dict[str, Any]:
    with opened(given.site, given.environment) as house:
        return measured_plan(house, given)


def measured_plan(house: House, given: Given) -> dict[str, Any]:
    """What the planning of an edition takes."""
    before, host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, given.host()
    with timed(house) as transactions:
        start, cpu = time.perf_counter(), time.process_time()
        number = planned(house)
        seconds, used = time.perf_counter() - start, time.process_time() - cpu
    server = given.host() - host
    letters = house.store.read(lambda c: ledger.tally(c, [number]))
    assert letters == {State.QUEUED: given.readers}, letters
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": round(seconds, 3),
        "cpu": round(used, 3),
        "server_cpu": round(server, 3),
        "longest_ms": round(max(transactions) * 1000, 1),
        "transactions": len(transactions),
        "megabytes": round(after / 1024, 1),
        "grown_mb": round((after - before) / 1024, 1),
    }


def job_claim(given: Given) -> dict[str, Any]:
    times = []
    with opened(given.site, given.environment) as house:
        planned(house)
        for _ in range(min(TAKEN, given.readers // STOCK)):
            start = time.perf_counter()
            taken = done(house, lambda c: ledger.claim(c, now(), STOCK))
            times.append(time.perf_counter() - start)
            assert len(taken) == STOCK, len(taken)
    return in_ms(times)


def job_settle(given: Given) -> dict[str, Any]:
    times, sent = list[float](), list[tuple[int, int, str]]()
    with opened(given.site, given.environment) as house:
        planned(house)
        for _ in range(min(TAKEN, given.readers // GROUP)):
            taken = done(house, lambda c: ledger.claim(c, now(), GROUP))
            mark = ledger.mark([each.id for each in taken], sent, now())
            start = time.perf_counter()
            done(house, mark)
            times.append(time.perf_counter() - start)
            sent = [(each.id, 250, "2.0.0 Ok: queued as 4F2A1") for each in taken]
    return in_ms(times)


def job_drain(given: Given) -> dict[str, Any]:
    """The whole edition, by turns as the engine does it."""
    claims, marks, left = list[float](), list[float](), given.readers
    with opened(given.site, given.environment) as house:
        plan_ = measured_plan(house, given)
        print("plan", plan_, given.sizes(), file=sys.stderr, flush=True)
        stock, sent, host = list[int](), list[tuple[int, int, str]](), given.host()
        begin, cpu = time.perf_counter(), time.process_time()
        while left or sent:
            if left and len(stock) < GROUP:
                start = time.perf_counter()
                stock += [each.id for each in done(house, lambda c: ledger.claim(c, now(), DRAINED))]
                claims.append(time.perf_counter() - start)
            some, stock = stock[:GROUP], stock[GROUP:]
            start = time.perf_counter()
            changed = done(house, ledger.mark(some, sent, now()))
            marks.append(time.perf_counter() - start)
            assert changed == len(some) + len(sent), changed
            sent = [(each, 250, "2.0.0 Ok: queued as 4F2A1") for each in some]
            left -= len(some)
        seconds, used = time.perf_counter() - begin, time.process_time() - cpu
        server = given.host() - host
        letters = house.store.read(ledger.tally)
        print("sent", given.sizes(), file=sys.stderr, flush=True)
        assert letters[State.SENT] >= given.readers and not letters.get(State.QUEUED), letters
    last = len(marks) // 10
    return {
        "seconds": round(seconds, 2),
        "cpu": round(used, 2),
        "server_cpu": round(server, 2),
        "claim_ms": in_ms(claims)["median_ms"],
        "claim_longest_ms": in_ms(claims)["longest_ms"],
        "last_claims_ms": in_ms(claims[-len(claims) // 10 :])["median_ms"],
        "commit_ms": in_ms(marks)["median_ms"],
        "last_commits_ms": in_ms(marks[-last:])["median_ms"],
        "longest_commit_ms": in_ms(marks)["longest_ms"],
    }


def done(house: House, work: Any) -> Any:
    """*work*'s result, done by the sender's connection."""
    sender, end, found = house.store._sender, threading.Event(), list[Any]()
    assert sender

    def then(*result: Any) -> None:
        found.extend(result)
        end.set()

    sender.submit(work, then, urgent=True)
    end.wait()
    if found[1]:
        raise found[1]
    return found[0]


def in_ms(times: list[float]) -> dict[str, Any]:
    return {"median_ms": round(measure.median(times) * 1000, 2), "longest_ms": round(max(times) * 1000, 2)}


RUN = {"plan": job_plan, "claim": job_claim, "settle": job_settle, "drain": job_drain}


def measured(folder: Path, job: str, readers: int, host: databases.Host | None, url: str) -> dict[str, Any]:
    """A run of the job in a process of its own, over a copy of the site."""
    with ExitStack() as held:
        site = shutil.copytree(folder, Path(held.enter_context(_folder(folder.parent)), "site"))
        # A copy is behind the restore fence; nobody sends here.
        own = [sys.executable, __file__, "--site", str(site), "--job", job, "--readers", str(readers)]
        wal = host.wal() if host else 0
        if host:
            own += ["--url", held.enter_context(host.copied(url)), "--server", str(host.pid)]
            wal = host.wal()
        ran = subprocess.run(own, check=False, stdout=subprocess.PIPE, text=True, env=os.environ)
        if ran.returncode:
            raise measure.Failed(f"{job} ended with {ran.returncode}")
        found = dict(json.loads(ran.stdout))
        return found | ({"wal_mb": round((host.wal() - wal) / 1e6, 1)} if host else {})


def _folder(place: Path) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--readers", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--history", type=int, default=20)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fresh", action="store_true", help="with no history only")
    parser.add_argument(
        "--drain", action="store_true", help="also send all of an edition, as the ledger has it"
    )
    parser.add_argument("--whole", action="store_true", help="--drain alone, with what planning took")
    parser.add_argument("--place", type=Path, help="a folder on a real disk, for the databases")
    parser.add_argument("--site", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--job", choices=RUN, help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--server", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        print(json.dumps(RUN[asked.job](Given(asked.site, asked.readers[0], asked.url, asked.server))))
        return
    rows = []
    with ExitStack() as held:
        place = Path(held.enter_context(_folder(asked.place)))
        place.chmod(0o755)
        host = held.enter_context(databases.running(place)) if asked.store == "postgresql" else None
        for readers in asked.readers:
            for history in ((0, 0), (asked.history, asked.rows))[: 1 if asked.fresh else 2]:
                rows.append(one(place, readers, *history, host, asked))
                report(rows[-1], first=len(rows) == 1)
    result = {"machine": measure.machine(), "rounds": asked.rounds, "runs": rows}
    result |= {"settings": databases.SETTINGS} if host else {}
    name = "ledger.json" if not host else "ledger-postgresql.json"
    Path(__file__).with_name(name).write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def one(
    place: Path, readers: int, editions: int, old: int, host: databases.Host | None, asked: argparse.Namespace
) -> dict[str, Any]:
    """All measures of one site."""
    folder = place / f"{readers}-{editions}"
    url = host.new() if host else ""
    site(folder, readers, editions, old, {databases.KEY: url})
    size = databases.sizes(url)[""] if host else (folder / "state" / "nashir.db").stat().st_size
    jobs = ["drain"] if asked.whole else [job for job in RUN if job != "drain" or asked.drain]
    found: dict[str, list[dict[str, Any]]] = {
        job: [measured(folder, job, readers, host, url) for _ in range(asked.rounds)] for job in jobs
    }
    shutil.rmtree(folder)
    if host:
        host.drop(url)
    row = {"readers": readers, "bits": editions * readers, "rows": old, "database_mb": round(size / 1e6)}
    return row | {job: middle(runs) for job, runs in found.items()}


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of every figure."""
    return {name: round(measure.median([each[name] for each in runs]), 3) for name in runs[0]}


def report(row: dict[str, Any], *, first: bool) -> None:
    """Print a line of the table, and below it what is said of the whole edition."""
    if "plan" not in row:
        print(row, flush=True)
        return
    if first:
        print(
            f"{'':10} {'letters of old':>25} {'':9} {'plan':>47}  {'claim of 200':>16}  {'commit of 100':>16}"
        )
        print(
            f"{'readers':>10} {'as bits':>14} {'as rows':>10} {'db MB':>9} {'s':>8} {'cpu s':>8} {'server':>6} "
            f"{'wal MB':>6} {'longest ms':>10} {'MB':>5}  {'ms':>7} {'longest':>8}  {'ms':>7} {'longest':>8}"
        )
    plan_, claim, settle = row["plan"], row["claim"], row["settle"]
    print(
        f"{row['readers']:10} {row['bits']:14} {row['rows']:10} {row['database_mb']:9} {plan_['seconds']:8.2f} "
        f"{plan_['cpu']:8.2f} {plan_['server_cpu']:6.1f} {plan_.get('wal_mb', 0):6.0f} {plan_['longest_ms']:10} "
        f"{plan_['megabytes']:5.0f}  {claim['median_ms']:7} "
        f"{claim['longest_ms']:8}  {settle['median_ms']:7} {settle['longest_ms']:8}",
        flush=True,
    )
    if "drain" in row:
        print("  the whole edition: ", row["drain"], flush=True)


if __name__ == "__main__":
    main()
