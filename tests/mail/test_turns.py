"""Rates that several senders share: turns that each reserves, under a clock that is turned."""

from __future__ import annotations

import heapq
import json
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail import rates
from publisher.mail.domains import Domain, DomainLimits
from publisher.mail.gate import Gate, Limits
from publisher.mail.rates import Rate, Wish, reserve
from publisher.mail.turns import HORIZON, Turns
from publisher.model.delivery import Delivery

NOW = 1_795_910_400.0
RELAY = "smtp://a:25"
SLOW = "slow.example"

some_rates = st.lists(
    st.builds(Rate, st.integers(1, 300), st.sampled_from([1, 60, 3600, 86400])),
    min_size=1,
    max_size=3,
    unique_by=lambda rate: rate.seconds,
)


def most(times: Sequence[float], seconds: float) -> int:
    """The most of *times*, which are sorted, in any stretch of that length."""
    return max((bisect_left(times, each + seconds - 1e-6) - n for n, each in enumerate(times)), default=0)


class Store:
    """What all share: states by key, and a clock."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.asked = 0

    def reserve(self, wishes: dict[str, Wish], now: float) -> dict[str, Any]:
        self.asked += 1
        found = {}
        for key, wish in wishes.items():
            found[key] = reserve(wish, json.loads(self.states.get(key, "null")), now, HORIZON)
            self.states[key] = json.dumps(found[key].state)
        return found


class Sender:
    """One worker: a gate, letters, a clock of its own, and a store that answers after a while."""

    def __init__(
        self, store: Store, limits: Limits, *, skew: float = 0.0, every: float = 0.0, where: str = "d.example"
    ) -> None:
        """*every* so many seconds it has a letter; 0: there are always some."""
        self.store, self.skew, self.every, self.where = store, skew, every, where
        self.gate = Gate(limits, shared=True)
        self.waiting = deque[Delivery]()
        self.parked: list[tuple[float, int]] = []
        self.off: list[tuple[float, int]] = []  # queued again, for when
        self.put_off = 0
        self.sent: list[float] = []
        self.answer: tuple[float, float, dict[str, Wish], dict[str, Any]] | None = None
        self._number, self._next = 0, NOW

    def step(self, now: float) -> None:
        """What it does at this moment."""
        here = now + self.skew
        if self.answer and now >= self.answer[0]:
            self.hear(here)
        self._come(now, here)
        self._send(now, here)
        if self.answer is None and (wishes := self.gate.wanted(here, len(self.waiting) + len(self.parked))):
            self.answer = now + 0.01, now + 0.003, wishes, self.store.reserve(wishes, now + 0.003)

    def hear(self, here: float) -> None:
        """The store's answer comes."""
        if self.answer:
            _, at, wishes, grants = self.answer
            self.answer = None
            ready = self.gate.granted(wishes, grants, at, self.skew, here)
            self.parked = [(here + ready.get((True, n), t - here), n) for t, n in self.parked]
            heapq.heapify(self.parked)

    def _come(self, now: float, here: float) -> None:
        while self.every and self._next <= now:
            self._next += self.every
            self.add(1)
        if not self.every and len(self.waiting) < 100 and self.where != SLOW:
            self.add(100)
        for heap in (self.parked, self.off):
            while heap and heap[0][0] <= here:
                self.waiting.append(letter(heapq.heappop(heap)[1], self.where))

    def add(self, number: int) -> None:
        """So many letters become due."""
        for _ in range(number):
            self._number += 1
            self.waiting.append(letter(self._number, self.where))

    def _send(self, now: float, here: float) -> None:
        while self.waiting and not self.gate.pause(RELAY, here):
            each = self.waiting.popleft()
            if not self.gate.take(RELAY, each, here):
                self.sent.append(now)
            elif (turn := self.gate.turn(each, here)) is not None:
                heapq.heappush(self.parked, (here + turn, each.id))
            else:
                self.put_off += 1
                heapq.heappush(self.off, (self.gate.when(each, here), each.id))


def letter(number: int, where: str) -> Delivery:
    return Delivery(number, 1, 1, number, f"r{number}@{where}", 0, datetime(2026, 12, 1, tzinfo=UTC))


def run(senders: Sequence[Sender], begin: float, seconds: float, step: float) -> None:
    """*senders* at work from *begin* on, a step after the other."""
    for n in range(int(seconds / step)):
        for each in senders:
            each.step(begin + n * step)


def together(senders: Iterable[Sender]) -> list[float]:
    return sorted(at for each in senders for at in each.sent)


def three(text: str, **changes: Any) -> tuple[Store, list[Sender]]:
    """Three senders with clocks of their own over one state."""
    store, limits = Store(), Limits((RELAY,), 4, rates.tightest([text]))
    return store, [Sender(store, limits, skew=skew, **changes) for skew in (0.0, 7.3, -3600.0)]


# What is reserved.


@given(some_rates, st.lists(st.tuples(st.floats(0, 50), st.integers(0, 60), st.integers(0, 9)), max_size=60))
def test_all_who_reserve_together_get_no_more_than_the_rates(
    limits: list[Rate], asked: list[tuple[float, int, int]]
) -> None:  # S5
    state, now, used, held = None, NOW, list[float](), list[float]()
    for pause, want, back in asked:
        now += pause
        returns = tuple(each for each in held[len(held) - min(back, len(held)) :] if each > now - 5)
        grant = reserve(Wish(tuple(limits), want, returns), state, now, HORIZON)
        for each in returns:
            used.remove(each)
        assert all(now <= each <= now + HORIZON for each in grant.times)
        assert len(grant.times) == want or grant.again > now + HORIZON
        held = list(grant.times)
        used += held
        state = json.loads(json.dumps(grant.state))

    for rate in limits:
        assert most(sorted(used), rate.seconds) <= rate.limit + (rate.seconds < 3600)


@given(some_rates, st.integers(1, 50))
def test_what_goes_back_at_once_is_there_for_others(limits: list[Rate], want: int) -> None:  # S5
    before = reserve(Wish(tuple(limits), 0), None, NOW, HORIZON)
    first = reserve(Wish(tuple(limits), want), before.state, NOW, HORIZON)
    after = reserve(Wish(tuple(limits), want, first.times), first.state, NOW, HORIZON)

    assert len(first.times) == len(after.times)
    assert [pytest.approx(each, abs=0.001) for each in first.times] == list(after.times)


def test_who_takes_and_gives_back_all_the_time_uses_no_quota_up() -> None:  # S5
    limits, state, back = (rates.parse("100/h"),), dict[str, Any](), tuple[float, ...]()
    for _ in range(50):
        state = reserve(Wish(limits, 1), state, NOW, HORIZON).state
    for second in range(0, 3700, 10):
        grant = reserve(Wish(limits, 5, back), state, NOW + second, HORIZON)
        state, back = grant.state, grant.times

    assert 95 == len(reserve(Wish(limits, 95, back), state, NOW + 3700, HORIZON).times)


# What one has at hand.


def given_turns(text: str, *, want: int, skew: float = 0.0) -> Turns:
    """Turns that were reserved at NOW by the shared clock."""
    turns, wish = Turns([rates.parse(text)]), Wish((rates.parse(text),), want)
    turns.granted(wish, reserve(wish, None, NOW, HORIZON), NOW, skew, NOW + skew)
    return turns


@pytest.mark.parametrize(
    "text, late, left", [("20/s", 0.035, 4), ("20/s", 0.045, 3), ("100/min", 1.1, 2), ("100/min", 1.3, 1)]
)
def test_a_turn_that_nobody_used_in_time_is_lost(text: str, late: float, left: int) -> None:  # S5
    turns = given_turns(text, want=4)
    turns.wait(NOW + late)

    assert left == turns.ready


def test_a_turn_of_a_quota_that_nobody_used_goes_back() -> None:  # S5
    turns = given_turns("5000/h", want=5)
    turns.take(NOW)
    assert 0 == turns.wait(NOW + 4)
    turns.wait(NOW + 6)
    wish = turns.wish(NOW + 6, 0)

    assert wish and (0, 4) == (wish.want, len(wish.back))
    assert turns.wish(NOW + 6, 0) is None


def test_who_cannot_use_his_turns_asks_for_fewer() -> None:  # S5
    turns = given_turns("20/s", want=0)
    asked = list[int]()
    for n in range(60):
        now = NOW + n / 2
        turns.wait(now)
        asked.append(want := turns.supply(now, 1000))
        wish = Wish(turns.rates, want)
        turns.granted(wish, reserve(wish, None, now, HORIZON), now, 0.0, now)
        turns.take(now)  # two letters a second

    assert 2 == max(asked)
    assert sum(asked) - 60 <= 0.015 * 20 * 30


def test_where_answers_are_slow_turns_are_reserved_for_later() -> None:  # S5
    """A turn for this moment would be lost on its way to us."""
    turns, ready, now = Turns([rates.parse("300/s")]), list[int](), NOW
    for _ in range(10):
        turns.wait(now)
        wish = turns.wish(now, turns.supply(now, 1000))
        assert wish
        grant = reserve(wish, None, now + 0.05, HORIZON)
        now += 0.2
        turns.granted(wish, grant, now - 0.15, 0.0, now)
        turns.wait(now)
        ready.append(turns.ready)
        while turns.ready:
            turns.take(now)

    assert ready[0] == 0 < min(ready[1:])
    assert max(ready) > 16


@pytest.mark.parametrize("back", [3600.0, 5.0])
def test_who_has_turns_and_a_clock_that_is_put_back_asks_at_once(back: float) -> None:  # S5 X8
    turns = given_turns("20/s", want=10)
    assert turns.wait(NOW - back) <= 1.0

    assert turns.supply(NOW - back, 100) > 0


def test_where_there_are_none_for_long_one_asks_again_now_and_then() -> None:  # S5
    turns = given_turns("2/h", want=3)
    asked = list[float]()
    turns.take(NOW)
    turns.take(NOW)
    assert 3600 <= turns.wait(NOW) <= 3636
    for second in range(150):
        turns.wait(NOW + second)
        if turns.supply(NOW + second, 100):
            asked.append(second)

    assert [60, 120] == asked


def test_one_looks_ahead_by_his_own_clock() -> None:  # S5
    turns = given_turns("5/min", want=1, skew=7200.0)

    assert 12 == pytest.approx(turns.copy().wait(NOW + 7200), abs=1.3)


def test_a_letter_that_goes_away_wants_no_turn() -> None:  # S5
    found = Domain(DomainLimits((rates.parse("20/s"),)), None, shared=True)
    assert found.turn((True, 1), NOW) and found.turn((True, 2), NOW)
    found.back((True, 1), NOW)
    wish = found.wish(NOW)

    assert wish and 1 == wish.want
    assert {(True, 2): pytest.approx(0.02)} == found.granted(
        wish, reserve(wish, None, NOW, HORIZON), NOW, 0.0, NOW
    )


def test_who_is_put_off_comes_after_those_who_wait() -> None:  # S5
    found = Domain(DomainLimits((rates.parse("1/s"),)), None, shared=True)
    turns = [found.turn((True, n), NOW) for n in range(8)]

    assert [6, 2] == [len([each for each in turns if each]), turns.count(None)]
    assert [6, 7] == [pytest.approx(found.put_off(NOW) - NOW, abs=0.1) for _ in range(2)]


# Several senders.


@pytest.mark.parametrize(
    "text, seconds, step",
    [("20/s", 20, 0.005), ("300/s", 5, 0.005), ("100/min", 200, 0.05), ("5/min", 600, 0.1)],
)
def test_three_senders_together_keep_the_pace_of_a_relay(
    text: str, seconds: float, step: float
) -> None:  # S5
    rate, (store, senders) = rates.parse(text), three(text)
    run(senders, NOW, seconds, step)
    sent = together(senders)

    assert most(sent, rate.seconds) <= rate.limit * 1.02 + 1
    assert len(sent) >= seconds / rate.seconds * rate.limit * 0.98 - 1
    assert store.asked <= seconds * 3 * 12


def a_burst(senders: Sequence[Sender], begin: float) -> float:
    """Ten busy seconds, five idle ones; returns how many letters left."""
    before = len(together(senders))
    run(senders, begin, 10, 0.02)
    run(senders, begin + 10, 6, 1.0)
    return len(together(senders)) - before


@pytest.mark.parametrize("text", ["5000/h", "50000/day"])
def test_three_senders_together_keep_the_quota_of_a_relay(text: str) -> None:  # S5
    rate, (_, senders) = rates.parse(text), three(text)
    first = a_burst(senders, NOW)
    halves = [a_burst(senders, NOW + rate.seconds * part) for part in (0.25, 0.5, 0.75, 0.99)]
    again = a_burst(senders, NOW + rate.seconds * 1.02)

    assert [rate.limit, 0, 0, 0, 0, rate.limit] == [first, *halves, again]


def test_who_comes_late_or_is_killed_or_has_little_to_do_changes_nothing() -> None:  # S5
    _, (first, second, third) = three("20/s")
    third.every, third.where = 0.7, "e.example"
    run([first, third], NOW, 8, 0.005)
    run([first, second, third], NOW + 8, 8, 0.005)
    run([second, third], NOW + 16, 8, 0.005)  # the first was killed
    sent = together([first, second, third])
    parts = [bisect_left(sent, NOW + 8 * n) for n in (1, 2, 3)]

    assert most(sent, 1.0) <= 20 * 1.02 + 1
    assert parts[1] >= 320 * 0.98 - 1
    assert parts[2] - parts[1] >= 160 - HORIZON * 20  # what the first had reserved is lost
    assert 33 <= len(third.sent) <= 35  # the letters of who has few leave


@settings(max_examples=25)
@given(
    st.sampled_from(["7/s", "40/s", "300/s", "50/min", "600/min"]),
    st.lists(
        st.tuples(st.floats(0, 3), st.floats(1, 6), st.sampled_from([0.0, 0.1, 0.9])), min_size=1, max_size=4
    ),
)
def test_whoever_comes_and_goes_the_pace_is_kept(
    text: str, who: list[tuple[float, float, float]]
) -> None:  # S5
    """From when to when each works, and how often it has a letter."""
    rate, store = rates.parse(text), Store()
    limits = Limits((RELAY,), 4, rates.tightest([text]))
    senders = [Sender(store, limits, skew=n * 50.0, every=every) for n, (_, _, every) in enumerate(who)]
    for n in range(600):
        for each, (begin, end, _) in zip(senders, who, strict=True):
            if begin <= n / 100 < end:
                each.step(NOW + n / 100)
    sent = together(senders)
    busy = max((end - begin for begin, end, every in who if not every), default=0.0)

    assert most(sent, rate.seconds) <= rate.limit * 1.02 + 1
    # Each who goes, goes without a word, and takes with it what it had reserved.
    assert len(sent) >= int((busy - HORIZON * len(who)) * rate.limit / rate.seconds * 0.98)


@pytest.mark.parametrize("wrong", [3600.0, -3600.0, 0.7, -0.7])
def test_a_clock_that_is_set_while_letters_leave_changes_nothing_for_long(wrong: float) -> None:  # S5 X8
    _, (first, second, _) = three("20/s")
    run([first, second], NOW, 4, 0.005)
    first.skew += wrong
    run([first, second], NOW + 4, 4, 0.005)
    sent = together([first, second])

    early = (
        20 * HORIZON if abs(wrong) <= 2 * HORIZON else 0
    )  # what was at hand leaves too early, or late, once
    assert most(sent, 2.0) <= 40 * 1.02 + 1 + early
    assert len(sent) >= 160 - 20 * HORIZON
    assert sum(at > NOW + 6 for at in first.sent) >= 10


@pytest.mark.parametrize("text", ["5000/h", "50000/day", "100/day"])
def test_of_a_quota_next_to_nothing_is_lost_with_a_sender_that_is_killed(text: str) -> None:  # S5
    rate, (_, senders) = rates.parse(text), three(text)
    run(senders, NOW, 0.1, 0.005)
    for each in senders[:2]:
        each.gate.wanted(NOW, 100)
    run(senders[2:], NOW + 0.1, 30, 0.02)

    assert rate.limit >= len(together(senders)) >= min(rate.limit * 0.98, rate.limit - 2)


def test_what_is_left_over_at_the_end_goes_back() -> None:  # S5
    store, (first, _, _) = three("500/day")
    limits = (rates.parse("500/day"),)
    run([first], NOW, 0.2, 0.005)
    first.hear(NOW + 0.2)
    sent = len(first.sent)
    grants = store.reserve(first.gate.left_over(NOW + 0.2), NOW + 0.2)

    assert 0 < sent < 500
    key = f"relay {RELAY}"
    assert {key} >= set(grants)
    assert sent == sum(count for _, count in json.loads(store.states[key])["86400"])
    assert 500 - sent == len(reserve(Wish(limits, 999), json.loads(store.states[key]), NOW + 1, 1.0).times)


# Recipient domains.


def slow(text: str, *numbers: int) -> tuple[Store, list[Sender]]:
    """Senders with so many letters each to a domain with this rate."""
    store = Store()
    limits = Limits((RELAY,), 4, domains={SLOW: DomainLimits(rates.tightest([text]))})
    senders = [Sender(store, limits, skew=n * 60, where=SLOW) for n, _ in enumerate(numbers)]
    for each, number in zip(senders, numbers, strict=True):
        each.add(number)
    return store, senders


@pytest.mark.parametrize(
    "text, numbers, seconds, step",
    [
        ("20/s", (600, 0, 0), 28.5, 0.005),
        ("20/s", (200, 200, 200), 28.5, 0.005),
        ("100/min", (250, 3, 250), 290, 0.05),
        ("5/min", (20, 20, 20), 700, 0.25),
    ],
)
def test_letters_to_a_slow_domain_leave_by_its_pace_whoever_has_them(
    text: str, numbers: tuple[int, ...], seconds: float, step: float
) -> None:  # S5
    rate, (_, senders) = rates.parse(text), slow(text, *numbers)
    run(senders, NOW, seconds, step)
    sent = together(senders)

    assert most(sent, rate.seconds) <= rate.limit * 1.02 + 1
    assert len(sent) >= seconds / rate.seconds * rate.limit * 0.98 - 1


def test_a_letter_waits_for_its_turn_to_be_reserved_and_is_not_put_off() -> None:  # S5
    _, (one,) = slow("20/s", 50)
    run([one], NOW, 3.0, 0.005)

    assert (50, 0) == (len(one.sent), one.put_off)
