"""How many sign-ups are heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.subscribers.limits import ADDRESS, ALARM, KEPT, NETWORK, SITE, Limits


def test_ten_thousand_in_a_minute_stay_under_the_cap_and_memory_stays_flat() -> None:  # L3
    limits = Limits(0.0)

    heard = sum(limits.admit(f"{n}@example.org", f"net{n}", n * 60 / 10_000) for n in range(30_000))

    assert SITE.most <= heard <= SITE.most + 180 / SITE.every + 1
    assert len(limits) <= 2 * KEPT


def test_a_network_counts_only_while_there_is_an_alarm() -> None:  # L3
    """A carrier puts a city behind one address."""
    limits = Limits(0.0)

    heard = sum(limits.admit(f"{n}@example.org", "203.0.113.0/24", 0.0) for n in range(1000))

    assert SITE.most - ALARM + 1 + NETWORK.most == heard
    assert limits.alarm(0.0)
    assert limits.admit("other@example.org", "198.51.100.0/24", 0.0)
    assert not limits.alarm(ALARM * SITE.every)


def test_an_address_is_heard_a_few_times() -> None:  # L3
    limits = Limits(0.0)

    assert ADDRESS.most == sum(limits.admit("ann@example.org", "net", 0.0) for _ in range(50))
    assert not limits.admit("ann@example.org", "net", ADDRESS.every - 1)
    assert limits.admit("ann@example.org", "net", ADDRESS.every + 1)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.floats(0, 600)), max_size=300))
def test_no_span_of_time_has_more_than_its_buckets(asked: list[tuple[int, int, float]]) -> None:  # L3
    limits, now, heard = Limits(0.0), 0.0, dict[int, int]()
    for address, network, later in asked:
        now += later
        heard[address] = heard.get(address, 0) + limits.admit(str(address), str(network), now)

    assert all(count <= ADDRESS.most + now / ADDRESS.every + 1e-6 for count in heard.values())
    assert sum(heard.values()) <= SITE.most + now / SITE.every + 1e-6


@pytest.mark.parametrize("later", [-5.0, 0.0])
def test_a_clock_that_does_not_move_gives_nothing(later: float) -> None:
    limits = Limits(10.0)
    for n in range(SITE.most):
        limits.admit(str(n), str(n), 10.0)

    assert not limits.admit("one more", "elsewhere", 10.0 + later)
