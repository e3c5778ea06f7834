"""How long a database that is not there is waited for."""

import pytest

from publisher.store import outage
from publisher.store.outage import Outage


class Now:
    """The monotonic clock, as a test turns it."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    found = Now()
    monkeypatch.setattr(outage, "time", found)
    return found


def tried(absence: Outage, now: Now, seconds: float) -> float:
    """How long somebody tries who has patience for ten seconds and looks once a second, in an absence that ends in so
    many seconds."""
    began = now.at
    while now.at < began + seconds:
        if absence.lasts(10, began):
            return now.at - began
        now.at += 1
    absence.ends()
    return now.at - began


def test_a_short_one_is_ridden_out_and_forgotten(now: Now) -> None:  # X9
    absence = Outage()
    assert [4, 4, 4] == [tried(absence, now, 4) for _ in range(3)]
    assert 11 == tried(absence, now, 99)


def test_nobody_waits_for_one_that_lasts_again(now: Now) -> None:  # X9
    absence = Outage()
    assert [11, 0, 0] == [tried(absence, now, 99) for _ in range(3)]
    now.at += 5
    assert 0 == tried(absence, now, 99)


def test_who_comes_later_waits_for_the_rest(now: Now) -> None:  # X9
    absence = Outage()
    began = now.at
    assert not absence.lasts(10, began)
    now.at += 6
    assert 5 == tried(absence, now, 99)


def test_one_of_long_ago_is_another(now: Now) -> None:  # X9
    absence = Outage()
    tried(absence, now, 99)
    now.at += 60
    assert 11 == tried(absence, now, 99)
