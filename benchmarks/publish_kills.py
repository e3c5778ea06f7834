"""Kill -9 while publishing (X3): the long form of tests/whole/test_publish_kills.py.

    .venv/bin/python benchmarks/publish_kills.py [--kills 200] [--articles 700] [--readers 2] [--seed 1]

Prints its figures and writes benchmarks/publish_kills.json; exit code 1 where a reader got half a document, or a run
after a kill left anything wrong.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TRIAL = HERE.parent / "tests" / "whole" / "publish_kills.py"
LONG = ["--kills", "200", "--articles", "700", "--readers", "2"]


def main() -> None:
    done = subprocess.run(
        [sys.executable, TRIAL, *LONG, *sys.argv[1:]],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
    )
    print(done.stdout, end="")
    if done.stdout:
        (HERE / "publish_kills.json").write_text(done.stdout, "utf-8")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
