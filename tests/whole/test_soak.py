"""What judges the soak (benchmarks/soak.py) finds what is wrong."""

import importlib
import json
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")
LEDGER = """
CREATE TABLE subscribers (id INTEGER, address TEXT, state TEXT);
CREATE TABLE newsletters (id INTEGER);
CREATE TABLE editions (id INTEGER, newsletter INTEGER, release TEXT);
CREATE TABLE variants (id INTEGER, articles TEXT);
CREATE TABLE subscriptions (newsletter INTEGER, subscriber INTEGER, state TEXT);
CREATE TABLE deliveries (edition INTEGER, subscriber INTEGER, variant INTEGER, state INTEGER, code INTEGER);
INSERT INTO subscribers VALUES (1, 'a@x', 'reachable'), (2, 'b@x', 'reachable');
INSERT INTO editions VALUES (7, 1, 'released'), (8, 1, 'released');
INSERT INTO variants VALUES (1, '[1]'), (2, '[2]');
INSERT INTO subscriptions VALUES (1, 1, 'active'), (1, 2, 'ended');
INSERT INTO deliveries VALUES (7, 1, 1, 3, 250), (7, 2, 1, 3, 250), (8, 1, 2, 3, 250), (8, 2, 2, 6, 0);
"""


@pytest.fixture(scope="module")
def soak() -> Iterator[Any]:
    """The module; it is a script, and no package holds it."""
    sys.path.insert(0, BENCHMARKS)
    yield importlib.import_module("soak")
    sys.path.remove(BENCHMARKS)


@pytest.fixture
def trial(soak: Any, tmp_path: Path) -> Any:
    """A soak in which two readers had what they were to have, and the second left between two editions."""
    (tmp_path / "state").mkdir()
    with closing(sqlite3.connect(tmp_path / "state" / "nashir.db")) as ledger:
        ledger.executescript(LEDGER)
    made = soak.Trial(tmp_path, True, 20, 2)
    made.office = soak.Office(seed=1)
    made.crowd = soak.Crowd(0, tmp_path, made.office, True, random.Random(1))
    made.crowd.left["b@x"] = 20.0, "link"
    made.seconds_to_serve, made.killed = [1.0], [10.0]
    made.looks = [soak.Look(minute, 100.0, 90.0, 80.0, 40, 9, 2.0) for minute in range(20)]
    made.office.letters = [came(soak, 1.0, 7, "a@x"), came(soak, 2.0, 7, "b@x"), came(soak, 30.0, 8, "a@x")]
    return made


def came(soak: Any, at: float, edition: int, who: str, answered: str = "250", sha: str = "1") -> Any:
    return soak.Taken(at, 1, answered, sha, f"<{edition}.{who[0]}@x>", who)


def on_the_ledger(trial: Any, change: str) -> None:
    trial.rows(change)


def test_nothing_is_wrong_where_nothing_is(trial: Any) -> None:
    trial.judge()

    assert [] == trial.wrong
    assert {"lost": 0, "letters": 3, "planned": 4, "kills": 1}.items() <= trial.figures.items()


@pytest.mark.parametrize(
    "change, wrong",
    [
        ("UPDATE deliveries SET state = 3 WHERE state = 6", "lost: 1"),
        ("UPDATE deliveries SET state = 4 WHERE state = 6", "failed without a refusal: 1"),
        ("UPDATE deliveries SET state = 0 WHERE state = 6", "never decided: 1"),
        ("UPDATE deliveries SET state = 6 WHERE edition = 8", "cancelled for nothing: 1"),
        ("DELETE FROM deliveries WHERE edition = 7 AND subscriber = 1", "letters nobody planned: 1"),
        ("UPDATE variants SET articles = '[1]'", "articles twice for a reader: 1"),
    ],
)
def test_the_judge_of_the_soak_finds_in_the_ledger(trial: Any, change: str, wrong: str) -> None:  # X15
    on_the_ledger(trial, change)
    trial.judge()

    assert wrong in "".join(trial.wrong)


def test_the_judge_of_the_soak_tells_copies_by_their_reason(soak: Any, trial: Any) -> None:  # X15
    a, b = came(soak, 9.0, 7, "a@x"), came(soak, 31.0, 7, "b@x", answered="-")
    trial.office.letters += [came(soak, 11.0, 7, "a@x")]  # a kill lies between
    assert Counter({10.0: 1}) == trial.copies(sorted(trial.office.letters, key=lambda each: float(each.at)))

    assert Counter({"nothing": 1}) == trial.copies([a, a])
    assert Counter({"silence": 1}) == trial.copies([b, b])
    trial.office.resets[1] = 40.0
    assert Counter({"reset": 1}) == trial.copies([a, a])


@pytest.mark.parametrize(
    "letter, wrong",
    [
        ((31.0, 7, "b@x"), "letters after leaving: 1"),
        ((12.0, 7, "a@x", "250", "2"), "copies that differ: 1"),
        ((29.0, 7, "b@x"), ""),  # it was on the wire
    ],
)
def test_the_judge_of_the_soak_finds_in_the_log(
    soak: Any, trial: Any, letter: Any, wrong: str
) -> None:  # X15
    trial.killed = [2.5]
    trial.office.letters.append(came(soak, *letter))
    trial.judge()

    assert wrong in "".join(trial.wrong)
    assert bool(wrong) == bool(trial.wrong)


@pytest.mark.parametrize("per_minute, grows", [(0.0, False), (0.2, False), (1.2, True), (-1.2, False)])
def test_memory_that_rises_by_a_twentieth_is_found(
    soak: Any, trial: Any, per_minute: float, grows: bool
) -> None:
    trial.kills = False
    trial.looks = [
        soak.Look(minute, 100.0 + per_minute * minute, 90.0, 80.0, 40, 9, 2.0) for minute in range(20)
    ]
    trial.steady()

    assert grows == any("resident" in each for each in trial.wrong)


def test_a_feed_that_is_cut_off_is_torn(trial: Any, tmp_path: Path) -> None:
    for name, whole in (("atom.xml", "<a></a>"), ("feed.json", json.dumps({"items": []}))):
        trial.crowd._whole(name, whole.encode())
        assert [] == trial.crowd.torn
        trial.crowd._whole(name, whole[:-1].encode())
        assert 1 == len(trial.crowd.torn)
        trial.crowd.torn.clear()
