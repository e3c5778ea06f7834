"""Known mistakes in real output: how many `lint` and `preview` find, and what they say of clean output.

    .venv/bin/python benchmarks/seeded.py [SITE ...]

Publishes a site in each of thirteen regions (the articles of the repository, and some of its own with a date in every
month), makes its letters, puts the 200 mistakes of tests/verbs/seeds into them one at a time, and asks both judges. A
mistake counts as found where a finding is about its kind. Prints a table, what was missed, and everything that is said
of output as it is. Exits with 1 where fewer than 190 are found, or anything is said of clean output.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.verbs.seeds.every import SEEDS
from tests.verbs.seeds.press import FEEDS, HOMES, NOTES, Output, press

LEAST = 190


def main(names: list[str]) -> int:
    """Judge the sites of these *names*, all where there is none."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nashir-seeded-") as folder:
        outputs = {name: press(name, Path(folder)) for name in names or HOMES}
        print(f"{len(outputs)} sites in {time.perf_counter() - began:.0f} s", flush=True)
        found, seeded = _seeded(outputs)
        alarms = _clean(outputs)
    print(f"\n{found} of {seeded} found; {alarms} false alarms; {time.perf_counter() - began:.0f} s")
    return int(alarms > 0 or found < LEAST * seeded / sum(map(len, SEEDS.values())))


def _seeded(outputs: dict[str, Output]) -> tuple[int, int]:
    count: Counter[tuple[str, str, str]] = Counter()
    missed = []
    for kind, seeds in SEEDS.items():
        for seed in seeds:
            if seed.site not in outputs:
                continue
            where = "feeds" if seed.place.split()[-1] in FEEDS else "letters"
            count[kind, where, "seeded"] += 1
            if outputs[seed.site].finds(kind, seed):
                count[kind, where, "found"] += 1
            else:
                missed.append(f"missed {kind}: {seed.site}, {seed.place}: {seed.old!r} -> {seed.new!r}")
    print(f"{'kind':<12}{'letters':>12}{'feeds':>12}")
    for kind in SEEDS:
        shares = [
            f"{count[kind, where, 'found']} of {count[kind, where, 'seeded']}"
            for where in ("letters", "feeds")
        ]
        print(f"{kind:<12}" + "".join(f"{share:>12}" for share in shares))
    print(*missed, sep="\n")
    totals = [sum(n for (_, _, what), n in count.items() if what == each) for each in ("found", "seeded")]
    return totals[0], totals[1]


def _clean(outputs: dict[str, Output]) -> int:
    alarms = places = 0
    for name, output in outputs.items():
        for place in output.places():
            places += 1
            for rule, found in output.clean(place):
                if rule not in NOTES:
                    alarms += 1
                    print(f"said of clean output: {name}, {place}: {rule}: {found}")
    print(f"{places} clean feeds and letters")
    return alarms


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
