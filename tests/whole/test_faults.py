"""Kills and clean stops while letters go out: the short form. `benchmarks/faults.py` has the long one."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.sink import Entry, Process
from tests.whole import send_kills
from tests.whole.send_kills import Ended, Press, Tail, Way, judge, verdict

WORDS = "--forking --readers 1000 --connections 6 --kills 10 --faults 5 --hold 5 --term 3"


def test_nobody_is_missed_or_has_two_however_sending_ends():  # S1, S4, S7, M5, X1, X2, X4
    done = subprocess.run(
        [sys.executable, send_kills.__file__, *WORDS.split()],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    rows = {row["way"]: row for row in json.loads(done.stdout)["ways"]}
    assert {"kill -9": 10, "kill -9, faults": 5, "kill -9, hold": 5, "clean stops": 3} == {
        name: row["ended"] for name, row in rows.items()
    }
    for row in rows.values():
        assert (0, 0, []) == (row["lost"], row["for nothing"], row["wrong"])
        assert row["letters"] >= 1000 - row["refused"] - row["in doubt"]
    assert rows["kill -9"]["copies of one kill"] <= 6
    assert (0, 0) == (rows["kill -9, hold"]["copies"], rows["clean stops"]["copies"])
    assert rows["kill -9, faults"]["refused"] == 10 * rows["kill -9, faults"]["editions"]


class Three(Press):
    """Three readers, and no site."""

    def __init__(self, folder: Path) -> None:
        self.addresses, self.connections, self.number = {"a@x", "b@x", "c@x"}, 1, 1
        self.log, self.refusals = folder / "log", Counter[str]()

    def planned(self) -> set[str]:
        return self.addresses


@pytest.fixture
def press(tmp_path):
    return Three(tmp_path)


def entry(recipient: str, answered: str = "250", sha: str = "1") -> Entry:
    return Entry("accepted", 1, answered, sha, f"<{recipient}>", "s", recipient)


A, B, C = entry("a@x"), entry("b@x"), entry("c@x")
KILLED, DONE = Ended(-9, 0.0, 2, True), Ended(0, 0.0, 9, False)


@pytest.mark.parametrize(
    "taken, figures, wrong",
    [
        ([A, B, C], {}, ""),
        ([A, B], {"lost": 1}, "lost"),
        ([A, B, B, C], {"copies": 1}, ""),
        ([A, B, A, B, C], {"copies": 2}, "more copies than connections"),
        ([A, A, B, C], {"for nothing": 1}, "for nothing"),
        ([entry("a@x", "-"), A, B, C], {"after silence": 1}, ""),
        ([A, B, entry("b@x", sha="2"), C], {"copies": 1}, "differ"),
    ],
)
def test_the_judge_finds_what_is_wrong(taken, figures, wrong, press):  # X1
    way, tail = Way("x", (signal.SIGKILL,)), Tail(press.log, Process(), taken=taken)
    way.ends, way.rates, way.returns = [KILLED, DONE], [(1, 1.0)], [1.0]
    judge(press, way, tail, 0, way.ends, Counter({3: 3}))
    verdict(press, way)

    found = way.figures()
    assert figures.items() <= found.items()
    assert wrong in "".join(way.wrong)
    assert bool(wrong) == any("ledger" not in each for each in way.wrong)
