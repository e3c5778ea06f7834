"""Hosts are killed and cut off, and PostgreSQL crashes, while an edition goes out (X9, X10): the long form of
tests/whole/test_cluster_faults.py.

    sudo .venv/bin/python benchmarks/cluster_faults.py [--readers 9000] [--connections 4] [--rtt 0.1] [--script long]

As root, since each host is a network namespace with an address of its own. Prints what happened when and writes
benchmarks/cluster_faults.json; exit code 1 where a letter was lost, or came more often than it may, or somebody was
stuck; 2 where no network can be made.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import measure

HERE = Path(__file__).parent
TRIAL = HERE.parent / "tests" / "whole" / "cluster_faults.py"


def main() -> None:
    machine = measure.machine()
    done = subprocess.run(
        [sys.executable, TRIAL, *sys.argv[1:]],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
    )
    if not done.stdout:
        sys.exit(done.returncode or 1)
    found = json.loads(done.stdout)
    print(", ".join(f"{value} {name}" for name, value in found.items() if isinstance(value, (int, float))))
    found["machine"] = machine
    (HERE / "cluster_faults.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
