"""One worker and two on one ledger in PostgreSQL: letters a second, and the processor time of each part.

    .venv/bin/python benchmarks/workers.py [--letters 60000] [--seconds 20] [--rtt 0.03] [--folder FOLDER]
    .venv/bin/python benchmarks/workers.py --rate 100/s 6000/min --rtt 0.01 --seconds 30

A scheduler has an edition that is planned; one worker sends of it for some seconds, then two do, by turns, each with a
folder of its own and ten connections to a server that answers `--rtt` seconds late (0: at once, and then the processors
of this machine are the limit, which PostgreSQL, the server and the workers share). What is counted is what the server
took between two moments at which all workers were at work. With `--rate` also how much of the relay's rate that is,
which they share (S5). Prints a table and writes benchmarks/workers.json.
"""

import argparse
import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import databases
import measure
import send

from tests.sink import Process

LEAD = 4.0  # seconds of sending before anything is counted
CONNECTIONS = 10


@contextmanager
def running(site: Path, *words: str, **environment: str) -> Iterator[int]:
    """A process of the site until the end of the block; its number."""
    with (site / f"{words[0]}.log").open("ab") as log:
        command = [*send.NASHIR, "-C", str(site), *words]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def one(
    place: Path, workers: int, ledger: databases.Ledger, asked: argparse.Namespace, rtt: float, rate: str
) -> dict[str, Any]:
    """What so many workers send of the edition, at the *rate* of their relay ("": as they can)."""
    send.queue(place / "site", asked.letters, ledger)
    with ExitStack() as held:
        sink = held.enter_context(Process(words=["--quick", "--rtt", str(rtt)]))
        given = ledger.environment | {
            "NASHIR__MAIL__RELAY": f"smtp://127.0.0.1:{sink.port}",
            "NASHIR__MAIL__CONNECTIONS": str(CONNECTIONS),
        }
        given |= {"NASHIR__MAIL__RATE": rate} if rate else {}
        held.enter_context(running(place / "site", "run", "--role", "scheduler", **given))
        mine = [held.enter_context(running(place / f"w{n}", "worker", **given)) for n in range(workers)]
        measure.wait_for(lambda: int(sink.tell()["busy"]) == workers * CONNECTIONS, 0.05)
        time.sleep(LEAD)
        first, began = _seen(sink, mine, ledger), time.perf_counter()
        time.sleep(asked.seconds)
        last, ended = _seen(sink, mine, ledger), time.perf_counter()
        if last["letters"] >= asked.letters:
            raise measure.Failed("all letters were sent before the end: give more --letters")
        if sink.tell()["duplicates"]:
            raise measure.Failed("a letter came twice")
    letters = last["letters"] - first["letters"]
    found: dict[str, Any] = {"workers": workers, "rtt": rtt, "letters a second": letters / (ended - began)}
    if rate:
        found["percent of the rate"] = 100 * found["letters a second"] / _a_second(rate)
    for part in ("workers", "server", "database"):
        found[f"{part}, cpu ms a letter"] = 1000 * (last[part] - first[part]) / letters
    return found


def _a_second(rate: str) -> float:
    number, _, unit = rate.partition("/")
    return int(number) / {"s": 1, "min": 60, "h": 3600}[unit]


def _seen(sink: Process, workers: list[int], ledger: databases.Ledger) -> dict[str, float]:
    return {
        "letters": float(sink.tell()["accepted"]),
        "workers": sum(map(databases.server_cpu, workers)),
        "server": databases.server_cpu(sink.process.pid),
        "database": ledger.cpu(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--letters", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rtt", type=float, nargs="+", default=[0.03, 0.0])
    parser.add_argument("--rate", nargs="+", default=[""], help='of the relay: "100/s", "6000/min"')
    parser.add_argument("--folder", type=Path, help="on a disk to be measured; a temporary one")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with ExitStack() as held:
        place = Path(held.enter_context(tempfile.TemporaryDirectory(dir=asked.folder)))
        place.chmod(0o755)
        ledger = databases.Ledger(held.enter_context(databases.running(place)))
        send.make(place / "site", asked.letters, ledger)
        for n in range(2):  # each worker has a host of its own, which knows the site's key
            shutil.copytree(place / "site", place / f"w{n}", ignore=shutil.ignore_patterns("lock", "*.sock"))
        for rtt, rate in itertools.product(asked.rtt, asked.rate):
            runs = [
                [one(place, each, ledger, asked, rtt, rate) for each in (1, 2)] for _ in range(asked.rounds)
            ]
            rows += report(rtt, runs)
    result = {"machine": measure.machine(), "connections": CONNECTIONS, "rows": rows}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def report(rtt: float, runs: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Print the medians, and the ratio of two workers to one of the same round."""
    ratio = statistics.median(two["letters a second"] / alone["letters a second"] for alone, two in runs)
    rows = [{name: statistics.median(run[k][name] for run in runs) for name in runs[0][k]} for k in (0, 1)]
    for row in rows:
        words = ", ".join(
            f"{name} {value:.3f}" for name, value in row.items() if "cpu" in name or "rate" in name
        )
        print(
            f"{rtt * 1000:4.0f} ms a reply, {row['workers']:.0f} workers: {row['letters a second']:,.0f}/s; {words}"
        )
    print(f"two are {ratio:.2f} × one; load {os.getloadavg()[0]:.1f}", flush=True)
    return [row | {"ratio": ratio} for row in rows]


if __name__ == "__main__":
    main()
