"""What a folder of messages that came back means to us, and how fast they are read.

    NASHIR_SAMPLES=/where .venv/bin/python benchmarks/bounces.py [--each]

Reads the folder `mail` of NASHIR_SAMPLES and prints how many messages are of each kind, folder by folder, beside what a
person reads in them (`tests/mail/real_bounces.tsv`); each message that the two read differently; and the speed of the
best of seven rounds, in one process. `--each` prints every message with its verdict, code and words.
"""

import os
import sys
from collections import Counter
from pathlib import Path
from time import process_time

from publisher.mail.bounces import read
from publisher.model.report import Kind, Report

TRUTH = Path(__file__).parent.parent / "tests" / "mail" / "real_bounces.tsv"
ROUNDS = 7


def table(found: dict[str, Report], truth: dict[str, str]) -> None:
    """A row for each kind."""
    folders = sorted({path.partition("/")[0] for path in found})
    print(f"{'':14}{''.join(f'{name:>16}' for name in folders)}{'all':>8}{'a person':>10}")
    for kind in Kind:
        of_folder = Counter(path.partition("/")[0] for path, report in found.items() if report.kind is kind)
        cells = "".join(f"{of_folder[name]:16}" for name in folders)
        print(f"{kind.value:14}{cells}{of_folder.total():8}{list(truth.values()).count(kind.value):10}")
    print(
        f"{'':14}{''.join(f'{sum(p.startswith(n) for p in found):16}' for n in folders)}{len(found):8}{len(truth):10}"
    )


def speed(messages: list[bytes]) -> float:
    """Messages a second of processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        for data in messages:
            read(data)
        best = min(best, process_time() - start)
    return len(messages) / best


def main() -> int:
    root = Path(os.environ.get("NASHIR_SAMPLES", "/nowhere")) / "mail"
    if not root.is_dir():
        print("set NASHIR_SAMPLES to a folder with mail/ in it")
        return 1
    truth = dict(line.split("\t")[:2] for line in TRUTH.read_text(encoding="utf-8").splitlines()[1:])
    messages = {path: (root / path).read_bytes() for path in truth}
    found = {path: read(data) for path, data in messages.items()}
    if "--each" in sys.argv:
        for path, report in found.items():
            print(f"{path:40}{report.kind.value:13}{report.code:8}{report.note[:90]}")
    table(found, truth)
    differing = [path for path in truth if found[path].kind != truth[path]]
    hard = [path for path in differing if found[path].kind is Kind.HARD]
    print(f"\nwrong hard: {len(hard)}   read as a person does: {1 - len(differing) / len(truth):.1%}")
    for path in differing:
        print(f"  {path}: {found[path].kind.value}, a person: {truth[path]}")
    size = sum(map(len, messages.values())) / len(messages)
    print(f"{speed(list(messages.values())):,.0f} messages/s of {size / 1000:.1f} kB, one process")
    return 0


if __name__ == "__main__":
    sys.exit(main())
