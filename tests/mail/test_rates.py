"""Rates: never more than their limit, and all of it where letters wait."""

from __future__ import annotations

import bisect
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail import rates
from publisher.mail.rates import Meter, Rate

NOW = 1_795_910_400.0

some_rates = st.lists(
    st.builds(Rate, st.integers(1, 300), st.sampled_from([1, 60, 3600, 86400])),
    min_size=1,
    max_size=3,
    unique_by=lambda rate: rate.seconds,
)


def most(times: list[float], seconds: float) -> int:
    """The most of *times*, which are sorted, in any stretch of that length."""
    return max(
        (bisect.bisect_left(times, each + seconds - 1e-6) - n for n, each in enumerate(times)), default=0
    )


@pytest.mark.parametrize(
    "text, rate",
    [("20/s", (20, 1)), ("100/min", (100, 60)), (" 5000 / h ", (5000, 3600)), ("50000/day", (50000, 86400))],
)
def test_a_rate_is_a_number_and_a_unit(text: str, rate: tuple[int, int]) -> None:  # S5
    assert Rate(*rate) == rates.parse(text)


@pytest.mark.parametrize(
    "text", ["", "20", "20/week", "0/s", "-1/s", "1.5/s", "٢٠/s", "20/s/s", "1e3/h", "9999999999/h"]
)
def test_anything_else_is_refused_with_the_mend(text: str) -> None:  # S5
    with pytest.raises(ValueError, match=r"is no rate; write \"20/s\""):
        rates.parse(text)


@given(st.text())
def test_no_text_does_harm(text: str) -> None:
    with suppress(ValueError):
        assert rates.parse(text).limit > 0


def test_of_two_by_one_unit_the_tightest_counts() -> None:  # S5
    assert (Rate(5, 1), Rate(100, 3600)) == rates.tightest(["100/h", "20/s", "200/h", "5/s"])


@given(some_rates, st.lists(st.floats(0, 5000), max_size=120), st.data())
def test_in_no_stretch_leave_more_than_two_percent_above_the_limit(
    limits: list[Rate], pauses: list[float], data: st.DataObject
) -> None:  # S5
    meter, now, times = Meter(limits), NOW, list[float]()
    for pause in pauses:
        now += pause
        for _ in range(data.draw(st.integers(0, 40))):
            if wait := meter.wait(now):
                now += wait
            meter.take(now)
            times.append(now)
        if data.draw(st.booleans()):  # the process ends, and another begins
            meter = Meter(limits, json.loads(json.dumps(meter.state())))

    for rate in limits:
        assert most(times, rate.seconds) <= rate.limit * 1.02 + 1


@given(some_rates, st.integers(1, 700), st.floats(0, 0.01))
def test_where_letters_wait_all_of_the_limit_is_used(
    limits: list[Rate], number: int, late: float
) -> None:  # S5
    meter, now = Meter(limits), NOW
    for _ in range(number):
        if wait := meter.wait(now):
            now += wait + late * min(1.0, wait)  # an alarm clock is late
        assert 0 == meter.wait(now)
        meter.take(now)

    # What the strictest rate allows, its first burst apart: a letter more or less at either end.
    least = max((number - 1 - rate.limit) * rate.seconds / rate.limit for rate in limits)
    longest = max((number + 1) * rate.seconds / rate.limit for rate in limits) + max(
        rate.seconds for rate in limits
    )
    assert least * 0.98 - 1 <= now - NOW <= longest * 1.02 + 1


@pytest.mark.parametrize("text", ["20/s", "100/min", "1000/s"])
def test_a_pace_is_kept_within_two_percent(text: str) -> None:  # S5
    rate = rates.parse(text)
    meter, now, times = Meter([rate]), NOW, list[float]()
    while now < NOW + 20 * rate.seconds:
        now += meter.wait(now) + 0.001  # every alarm a millisecond late
        meter.take(now)
        times.append(now)

    asked = 20 * rate.limit
    assert asked * 0.98 <= len(times) <= asked * 1.02


def test_a_quota_may_leave_at_once_and_then_waits_for_its_time() -> None:  # S5
    meter = Meter([rates.parse("5000/h")])
    for _ in range(5000):
        assert 0 == meter.wait(NOW)
        meter.take(NOW)

    assert 3600 <= meter.wait(NOW) <= 3636
    assert 0 == meter.wait(NOW + 3636)


def test_after_a_restart_there_is_no_fresh_burst() -> None:  # S5
    meter = Meter([rates.parse("100/h"), rates.parse("10/s")])
    for n in range(100):
        meter.take(NOW + n / 10)
    saved = json.loads(json.dumps(meter.state()))

    assert Meter([rates.parse("100/h")], saved).wait(NOW + 20) > 3500
    assert 0 == Meter([rates.parse("200/h")], saved).wait(NOW + 20)
    assert Meter([rates.parse("50/h")], saved).wait(NOW + 20) > 3500


@given(some_rates, st.floats(-400_000, 400_000), st.integers(0, 400))
def test_a_clock_that_is_put_back_or_forward_stops_nothing_for_long(
    limits: list[Rate], step: float, number: int
) -> None:  # S5 X8
    meter, now = Meter(limits), NOW
    for _ in range(number):
        now += meter.wait(now)
        meter.take(now)
    now += step

    assert meter.wait(now) <= max(rate.seconds for rate in limits) * 1.02 + 1 + rates.AHEAD
    after, times = now, list[float]()
    while len(times) < 50 and now < after + 200_000:
        now += meter.wait(now)
        meter.take(now)
        times.append(now)
    for rate in limits:
        assert most(times, rate.seconds) <= rate.limit * 1.02 + 1


def test_looking_ahead_uses_nothing_up() -> None:  # S5
    meter = Meter([rates.parse("2/min")])
    ahead = meter.copy()
    ahead.take(NOW)
    ahead.take(NOW)

    assert ahead.wait(NOW) > 0 == meter.wait(NOW)
