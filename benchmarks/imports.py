"""A list of readers is taken in: time, processor time and memory, beside a bare loop over its rows.

    .venv/bin/python benchmarks/imports.py [--rows 1000000] [--rounds 3] [--bad 100] [--place FOLDER]

The list is written here: columns as listmonk exports them, names in Arabic, Persian, Hebrew and Kurdish, some
languages, the addresses in no order, and one row in `--bad` wrong in one of a dozen ways. Each round takes turns:

bare loop      csv.reader over the file and an `in` for each address, in a process of its own
import         `nashir subscribers import --confirmed --report` on a site without readers
again          the same list on the same site: nothing changes
cleaned        the same people as a list of addresses that bounced
dry run        `--dry-run` on a site without readers

After each import the report is read: the rows that were refused are exactly those that were made wrong, each with its
line and a reason. The first round looks at the memory of the process and is not timed. Prints a table of medians and
writes benchmarks/imports.json.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

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


def taken(folder: Path, site: Path, list_: str, *words: str, sampled: bool) -> Cost:
    """One import."""
    command = [*NASHIR, "-C", str(site), "--json", "subscribers", "import", "--confirmed"]
    command += ["--report", str(folder / "report.csv"), *words, str(folder / list_)]
    return measure.run(command, folder, {}, sampled=sampled)


def one_round(folder: Path, asked: argparse.Namespace, wrong: list[int], *, sampled: bool) -> dict[str, Cost]:
    site, good = folder / "site", asked.rows - len(wrong)
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(folder / "fresh", site)
    costs = {
        "bare loop": measure.run(
            [sys.executable, "-c", LOOP, str(folder / "list.csv")], folder, {}, sampled=sampled
        ),
        "dry run": taken(folder, site, "list.csv", "--dry-run", sampled=sampled),
    }
    told(folder, costs["dry run"], asked.rows, wrong, {"added": good})
    costs["import"] = taken(folder, site, "list.csv", sampled=sampled)
    told(folder, costs["import"], asked.rows, wrong, {"added": good, "already": 0})
    costs["again"] = taken(folder, site, "list.csv", sampled=sampled)
    told(folder, costs["again"], asked.rows, wrong, {"added": 0, "already": good})
    costs["cleaned"] = taken(folder, site, "cleaned.csv", sampled=sampled)
    told(folder, costs["cleaned"], good, [], {"gone": good, "kept": 0})
    return costs


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--bad", type=int, default=100, help="one row in so many is wrong")
    words.add_argument("--place", type=Path, help="a folder on a real disk, if the temporary one is none")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="nashir-bench-", dir=asked.place) as made:
        folder = Path(made)
        fresh = folder / "fresh"
        subprocess.run([*NASHIR, "init", str(fresh)], check=True, capture_output=True)
        subprocess.run([*NASHIR, "-C", str(fresh), "publish"], check=True, capture_output=True)
        wrong = lists(folder, asked.rows, asked.bad)
        memory = one_round(folder, asked, wrong, sampled=True)
        rounds = [one_round(folder, asked, wrong, sampled=False) for _ in range(asked.rounds)]
    found = dict[str, Any]()
    print(f"{asked.rows} rows, {len(wrong)} of them wrong, each named with line and reason")
    print(f"{'':10} {'wall s':>8} {'cpu s':>8} {'rows/s':>9} {'MB':>6} {'RSS MB':>7} {'load':>6}")
    for name, sample in memory.items():
        costs = [each[name] for each in rounds]
        wall, cpu = (measure.median([getattr(each, what) for each in costs]) for what in ("seconds", "cpu"))
        load, largest = max(each.load for each in costs), max(each.largest for each in costs)
        found[name] = {
            "seconds": round(wall, 2),
            "cpu": round(cpu, 2),
            "memory_mb": round(sample.memory, 1),
            "largest_mb": round(largest, 1),
            "load": round(load, 1),
        }
        rate, held = asked.rows / wall, sample.memory
        print(f"{name:10} {wall:8.1f} {cpu:8.1f} {rate:9,.0f} {held:6.0f} {largest:7.0f} {load:6.1f}")
    print(f"wanted of 1,000,000 rows: {SECONDS} s, {MEMORY} MB")
    result = {"machine": measure.machine(), "rows": asked.rows, "wrong": len(wrong), "found": found}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
