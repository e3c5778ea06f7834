"""Hosts die while an edition goes out: the short form. `benchmarks/cluster_faults.py` has the long one."""

import json
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.sink import Entry
from tests.whole import cluster_faults
from tests.whole.cluster_faults import Edition, Happened, Site, judge
from tests.whole.network import impossible

WORDS = "--readers 480 --connections 3 --rtt 0.05 --script short --hurry --patience 120"


@pytest.mark.skipif(bool(impossible()), reason=impossible() or "it can be made")
def test_hosts_that_die_lose_nobody_and_there_is_one_edition() -> None:  # X1, X9, X10, S1
    done = subprocess.run(
        [sys.executable, cluster_faults.__file__, *WORDS.split()],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (480, 0, 1, []) == (found["readers"], found["lost"], found["editions"], found["wrong"])
    assert found["copies"] <= found["in flight"] <= 2 * 3
    happened = " ".join(each["what"] for each in found["faults"])
    for what in (
        "kill -9 of w1",
        "kill -9 of s",
        "cable of w2",
        "PostgreSQL restarts",
        "w2 is in the network",
    ):
        assert what in happened


def entry(reader: int, sha: str = "1") -> Entry:
    address = f"r{reader}@d{reader}.example"
    return Entry("accepted", 1, "250", sha, f"<{reader}>", "s", address)


@pytest.mark.parametrize(
    "taken, in_flight, states, editions, wrong",
    [
        ([0, 1, 2], 0, {3: 3}, 1, ""),
        ([0, 1, 1, 2], 1, {3: 3}, 1, ""),
        ([0, 1], 0, {3: 3}, 1, "1 lost"),
        ([0, 1, 1, 2], 0, {3: 3}, 1, "1 copies, where 0"),
        ([0, 1, 2], 0, {3: 2, 0: 1}, 1, "the ledger says"),
        ([0, 1, 2], 0, {3: 3}, 2, "2 editions"),
        ([0, 1, 2, 3], 0, {3: 3}, 1, "strangers"),
        ([0, 1, 1, 1, 2], 2, {3: 3}, 1, "again and again"),
    ],
)
def test_the_judge_finds_what_is_wrong(
    taken: list[int], in_flight: int, states: dict[int, int], editions: int, wrong: str
) -> None:  # X9
    site = cast(
        "Any",
        Namespace(
            readers=3,
            connections=4,
            wrong=[],
            faults=[Happened(0.0, "cut", 1, in_flight)],
            states=lambda: Counter(states),
            ask=lambda _: [(editions,)],
        ),
    )
    edition = cast("Edition", SimpleNamespace(taken=[entry(each) for each in taken]))
    judge(cast("Site", site), edition)

    assert bool(wrong) == bool(site.wrong)
    assert wrong in " ".join(site.wrong)


def test_copies_that_differ_are_found() -> None:  # X9
    site = cast(
        "Any",
        Namespace(
            readers=1,
            connections=4,
            wrong=[],
            faults=[Happened(0.0, "cut", 1, 1)],
            states=lambda: Counter({3: 1}),
            ask=lambda _: [(1,)],
        ),
    )
    judge(site, cast("Edition", SimpleNamespace(taken=[entry(0), entry(0, sha="2")])))

    assert ["copies that differ"] == site.wrong
