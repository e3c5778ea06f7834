"""A list of readers is taken in: time, processor time and memory, beside a bare loop over its rows.

    .venv/bin/python benchmarks/imports.py [--rows 1000000] [--rounds 3] [--bad 100] [--place FOLDER]
    .venv/bin/python benchmarks/imports.py --store postgresql --place FOLDER

The list is written here: columns as listmonk exports them, names in Arabic, Persian, Hebrew and Kurdish, some
languages, the addresses in no order, and one row in `--bad` wrong in one of a dozen ways. Each round takes turns:

bare loop      csv.reader over the file and an `in` for each address, in a process of its own
import         `nashir subscribers import --confirmed --report` on a site without readers
again          the same list on the same site: nothing changes
cleaned        the same people as a list of addresses that bounced
dry run        `--dry-run` on a site without readers

After each import the report is read: the rows that were refused are exactly those that were made wrong, each with its
line and a reason. The first round looks at the memory of the process and is not timed. Prints a table of medians and
writes benchmarks/imports.json, with `--store postgresql` imports-postgresql.json: then `cpu s` is that of the program,
`server` that of PostgreSQL.
"""

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import databases
import measure
from measure import Cost, Failed

NASHIR = [sys.executable, "-m", "publisher"]
SECONDS, MEMORY = 30, 100  # wanted for a million rows; MB
LOOP = """
import csv, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    print(sum("@" in row[0] for row in csv.reader(file)))
"""
NAMES = [
    "ليلى حداد",
    "عمر، الخطيب",
    'سارة "أم علي" نصر',
    "זהבה, לוי",
    "زهرا احمدی",
    "نۆریکا ڕەش",
    "Jean, Dupont",
]
LANGUAGES = ["", "ar", "fa", "he", "ckb", ""]
DOMAINS = ["example.org", "mail.example.com", "example.net", "شبكة.example"]
WRONG = [
    *(
        "",
        "nonsense",
        "a@b@example.org",
        "@example.org",
        "x@",
        "a b@example.org",
        "x@-example.org",
        ".x@example.org",
    ),
    *(
        "x@example..org",
        "x@exa mple.org",
        "x@[192.0.2",
        "x@" + "y" * 64 + ".org",
        "a\u202e@example.org",
        "x@y_z.org",
    ),
]


def lists(folder: Path, rows: int, bad: int) -> list[int]:
    """Writes list.csv and cleaned.csv; returns the lines of the rows that are wrong."""
    chance, wrong = random.Random(7), list[int]()
    numbers = list(range(rows))
    chance.shuffle(numbers)
    with (
        (folder / "list.csv").open("w", encoding="utf-8", newline="") as file,
        (folder / "cleaned.csv").open("w", encoding="utf-8", newline="") as cleaned,
    ):
        out, bounced = csv.writer(file), csv.writer(cleaned)
        out.writerow(["email", "name", "status", "language", "created_at"])
        bounced.writerow(["email", "status"])
        for place, number in enumerate(numbers):
            domain = DOMAINS[-1] if number % 200 == 0 else DOMAINS[number % 3]
            address = f"reader.{number:x}@{domain}"
            if place % bad == bad // 2:
                wrong.append(place + 2)
                address = WRONG[place // bad % len(WRONG)]
            else:
                bounced.writerow([address, "cleaned"])
            name, language = NAMES[number % len(NAMES)], LANGUAGES[number % len(LANGUAGES)]
            out.writerow([address, name, "enabled", language, "2024-03-05 10:11:12"])
    return wrong


def told(folder: Path, cost: Cost, rows: int, wrong: list[int], counts: dict[str, int]) -> None:
    """Raises Failed where the import did not say, or its report does not hold, what it should."""
    found = json.loads("{" + f"\n{cost.output}".partition("\n{")[2])  # behind the words on stderr
    said = {name: found[name] for name in ("rows", "refused", *counts)}
    if said != {"rows": rows, "refused": len(wrong), **counts}:
        raise Failed(f"it says {said}")
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        refused = [
            (int(row["line"]), row["reason"]) for row in csv.DictReader(file) if row["became"] == "refused"
        ]
    if [line for line, _ in refused] != wrong or not all(reason for _, reason in refused):
        raise Failed(f"{len(refused)} rows are named in the report, {len(wrong)} are wrong")
    if [each["line"] for each in found["rejected"]] != wrong[: len(found["rejected"])]:
        raise Failed("it names other rows than the report")


@dataclass(frozen=True, slots=True)
class Taken(Cost):
    """What an import cost."""

    server: float = 0.0  # seconds of processor time of PostgreSQL


def taken(
    folder: Path, site: Path, ledger: databases.Ledger, list_: str, *words: str, sampled: bool
) -> Taken:
    """One import."""
    command = [*NASHIR, "-C", str(site), "--json", "subscribers", "import", "--confirmed"]
    command += ["--report", str(folder / "report.csv"), *words, str(folder / list_)]
    before = ledger.cpu()
    cost = measure.run(command, folder, ledger.environment, sampled=sampled)
    return Taken(**asdict(cost), server=ledger.cpu() - before)


def one_round(
    folder: Path,
    asked: argparse.Namespace,
    wrong: list[int],
    fresh: databases.Ledger,
    *,
    sampled: bool,
) -> dict[str, Cost]:
    site, good = folder / "site", asked.rows - len(wrong)
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(folder / "fresh", site)
    ledger = fresh.copy()
    costs: dict[str, Cost] = {
        "bare loop": measure.run(
            [sys.executable, "-c", LOOP, str(folder / "list.csv")], folder, {}, sampled=sampled
        ),
        "dry run": taken(folder, site, ledger, "list.csv", "--dry-run", sampled=sampled),
    }
    told(folder, costs["dry run"], asked.rows, wrong, {"added": good})
    costs["import"] = taken(folder, site, ledger, "list.csv", sampled=sampled)
    told(folder, costs["import"], asked.rows, wrong, {"added": good, "already": 0})
    costs["again"] = taken(folder, site, ledger, "list.csv", sampled=sampled)
    told(folder, costs["again"], asked.rows, wrong, {"added": 0, "already": good})
    costs["cleaned"] = taken(folder, site, ledger, "cleaned.csv", sampled=sampled)
    told(folder, costs["cleaned"], good, [], {"gone": good, "kept": 0})
    ledger.drop()
    return costs


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--bad", type=int, default=100, help="one row in so many is wrong")
    words.add_argument("--place", type=Path, help="a folder on a real disk, if the temporary one is none")
    asked = words.parse_args()
    with ExitStack() as held:
        folder = Path(
            held.enter_context(tempfile.TemporaryDirectory(prefix="nashir-bench-", dir=asked.place))
        )
        folder.chmod(0o755)
        host = held.enter_context(databases.running(folder)) if asked.store == "postgresql" else None
        site, fresh = folder / "fresh", databases.Ledger(host)
        subprocess.run([*NASHIR, "init", str(site)], check=True, capture_output=True)
        publish = [*NASHIR, "-C", str(site), "publish"]
        subprocess.run(publish, check=True, capture_output=True, env=os.environ | fresh.environment)
        wrong = lists(folder, asked.rows, asked.bad)
        memory = one_round(folder, asked, wrong, fresh, sampled=True)
        rounds = [one_round(folder, asked, wrong, fresh, sampled=False) for _ in range(asked.rounds)]
    rounds = rounds or [memory]
    found = dict[str, Any]()
    print(f"{asked.rows} rows, {len(wrong)} of them wrong, each named with line and reason")
    print(
        f"{'':10} {'wall s':>8} {'cpu s':>8} {'server':>7} {'rows/s':>9} {'MB':>6} {'RSS MB':>7} {'load':>6}"
    )
    for name, sample in memory.items():
        costs = [each[name] for each in rounds]
        wall, cpu = (measure.median([getattr(each, what) for each in costs]) for what in ("seconds", "cpu"))
        server = measure.median([getattr(each, "server", 0.0) for each in costs])
        load, largest = max(each.load for each in costs), max(each.largest for each in costs)
        found[name] = {
            "seconds": round(wall, 2),
            "cpu": round(cpu, 2),
            "server_cpu": round(server, 2),
            "memory_mb": round(sample.memory, 1),
            "largest_mb": round(largest, 1),
            "load": round(load, 1),
        }
        rate, held = asked.rows / wall, sample.memory
        print(
            f"{name:10} {wall:8.1f} {cpu:8.1f} {server:7.1f} {rate:9,.0f} {held:6.0f} {largest:7.0f} {load:6.1f}"
        )
    print(f"wanted of 1,000,000 rows: {SECONDS} s, {MEMORY} MB")
    result = {"machine": measure.machine(), "rows": asked.rows, "wrong": len(wrong), "found": found}
    name = "imports.json" if asked.store == "sqlite" else "imports-postgresql.json"
    Path(__file__).with_name(name).write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
