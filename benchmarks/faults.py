"""Kill -9, clean stops and a failing server while letters go out (X1, X2, X4, S4): the long form of
tests/whole/test_faults.py.

    .venv/bin/python benchmarks/faults.py [--kills 200] [--readers 30000] [--faults] [--hold] [--term 25] [--postgresql]

Without words, or with --postgresql alone: all of it, at these sizes. Prints a table and writes benchmarks/faults.json;
with --postgresql, where the store is on a server of its own, faults_postgresql.json. Exit code 1 where a letter was
lost, or came more often than it may.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import measure

HERE = Path(__file__).parent
TRIAL = HERE.parent / "tests" / "whole" / "send_kills.py"
LONG = "--kills 200 --readers 30000 --faults --hold --term 25"
COLUMNS = {
    "ended": "ended",
    "letters": "letters",
    "lost": "lost",
    "copies": "copies",
    "copies of one kill": "most of one",
    "after silence": "after silence",
    "for nothing": "for nothing",
    "in doubt": "in doubt",
    "letters a second": "letters/s",
    "seconds to return": "return s",
    "slowest stop": "slowest stop s",
}


def main() -> None:
    machine, words = measure.machine(), sys.argv[1:]
    if not words or words == ["--postgresql"]:
        words += LONG.split()
    done = subprocess.run(
        [sys.executable, TRIAL, *words],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
    )
    if not done.stdout:
        sys.exit(done.returncode or 1)
    found = json.loads(done.stdout)
    print(f"{found['readers']} readers, {found['connections']} connections")
    print(f"  {'':16}" + "".join(f"{name:>15}" for name in COLUMNS.values()))
    for row in found["ways"]:
        print(f"  {row['way']:16}" + "".join(f"{row[name]:>15}" for name in COLUMNS))
    found["machine"] = machine
    name = "faults_postgresql.json" if "--postgresql" in words else "faults.json"
    (HERE / name).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
