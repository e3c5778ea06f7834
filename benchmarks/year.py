"""Years of letters in twelve time zones, judged by the oracle of the tests: `python benchmarks/year.py [SEEDS] [YEAR]`.

The long form of tests/whole/test_year.py: everybody at 07:00 of their zone, twelve readers who move and change their
minds, and another weather for each seed. Prints what the oracle finds, and exits with 1 when it finds anything.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.whole.year import DAY, Calendar, Oracle, lives, moments

DAYS = 364


def main(seeds: int, year: int) -> int:
    """Live so many years of the calendar's *year*; how much was wrong."""
    start, wrong = datetime(year, 1, 1, tzinfo=UTC), 0
    calendar = Calendar(start, start + DAYS * DAY)
    for seed in range(1, seeds + 1):
        began = time.perf_counter()
        lived = lives(seed, start, DAYS, calendar, movers=12, early=False)
        lived.live(moments(lived, calendar))
        found = Oracle(lived, calendar).judge()
        letters = sum(map(len, lived.letters.values()))
        print(f"seed {seed}: {len(lived.folks)} readers, {letters} letters, {len(lived.published)} articles, "
              f"{len(found)} wrong, {time.perf_counter() - began:.0f} s", *found, sep="\n  ", flush=True)  # fmt: skip
        wrong += len(found)
    return wrong


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    sys.exit(bool(main(*arguments, *(1, 2026)[len(arguments) :])))
