"""Rates that hold for several engines together, over real SMTP and one ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.engine.reserving import Skew, reserve
from publisher.engine.run import Tally
from publisher.errors import Unwritable
from publisher.mail import rates
from publisher.mail.domains import DomainLimits
from publisher.model.delivery import State
from publisher.store import buckets
from tests.engine.test_limits import Sender, Ticking, attempts, most, planned, some, states
from tests.patience import LONG
from tests.sink import Sink

if TYPE_CHECKING:
    from publisher.mail.rates import Grant, Wish

__all__ = ["planned"]


class Fixed(Ticking):
    """A clock that goes wrong by so much."""

    def __init__(self, clock: Ticking, wrong: float) -> None:
        super().__init__()
        self.clock, self.wrong = clock, timedelta(seconds=wrong)

    def __call__(self) -> datetime:
        return self.clock() + self.wrong


def by(clock: Ticking) -> Callable[[Connection, Any], tuple[float, dict[str, Grant]]]:
    """What reserves by a clock that is turned."""
    return lambda connection, wishes: reserve(connection, wishes, lambda _: clock().timestamp())


def deliver(*senders: Sender) -> list[Tally]:
    """All at once."""

    async def main() -> list[Tally]:
        async with asyncio.timeout(LONG):
            return await asyncio.gather(*(each.engine.deliver() for each in senders))

    return asyncio.run(main())


def let(senders: Sequence[Sender], where: str = "") -> list[float]:
    return sorted(at for each in senders for address, at in each.gate.let if address.endswith(where))


def used(house: House, key: str, unit: str) -> int:
    """Letters that count for a quota."""
    return sum(count for _, count in house.store.read(buckets.saved)[key][unit])


def test_two_engines_together_keep_the_pace_of_a_relay(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S5
    clock = planned(some(150))
    with Sink() as sink:
        senders = [
            Sender(house, clock, sink, rates=rates.tightest(["100/s"]), reserve=reserve) for _ in range(2)
        ]
        tallies = deliver(*senders)
    times = let(senders)

    assert 150 == sum(each.sent for each in tallies) == len(sink.by_recipient)
    assert all(each.sent for each in tallies)
    assert most(times, 1.0) <= 100 * 1.02 + 1
    assert times[-1] - times[0] >= 149 / 100 * 0.98


def test_letters_to_a_slow_domain_wait_for_turns_of_their_own_and_hold_up_nobody(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S5
    clock = planned([*some(20, "slow.example"), *some(30)])
    limits = {"slow.example": DomainLimits(rates.tightest(["10/s"]))}
    with Sink() as sink:
        senders = [Sender(house, clock, sink, domains=limits, reserve=reserve) for _ in range(2)]
        tallies = deliver(*senders)
    slow = let(senders, "@slow.example")

    assert 50 == sum(each.sent for each in tallies)
    assert most(slow, 1.0) <= 10 * 1.02 + 1
    assert max(set(let(senders)) - set(slow)) < max(slow)
    assert {1} == attempts(house)


def test_a_quota_holds_for_all_and_its_time_is_the_databases(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S5
    clock = planned(some(50))
    with Sink() as sink:
        senders = [
            Sender(house, Fixed(clock, wrong), sink, rates=rates.tightest(["30/h"]), reserve=by(clock))
            for wrong in (0, 7200)
        ]
        first = deliver(*senders)
        again = deliver(*senders)
        assert (30, 0, 20) == (
            sum(each.sent for each in first),
            sum(each.sent for each in again),
            states(house)[State.QUEUED],
        )
        assert {"its rate is used up"} == {each.rests for each in again}
        assert all(3500 < each.again < 3700 for each in again)
        clock.ahead = timedelta(minutes=61)
        later = deliver(*senders)

    assert 20 == sum(each.sent for each in later)


def test_what_is_left_over_goes_back_when_nothing_is_due(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S5
    clock = planned([*some(7, "slow.example"), *some(20)])
    limits = {"slow.example": DomainLimits(rates.tightest(["50000/day"]))}
    with Sink() as sink:
        sender = Sender(
            house, clock, sink, rates=rates.tightest(["100000/day"]), domains=limits, reserve=reserve
        )
        deliver(sender)

    assert {State.SENT: 27} == states(house)
    assert (27, 7) == (used(house, f"relay {sink.url}", "86400"), used(house, "domain slow.example", "86400"))


def test_where_the_store_gives_no_turns_the_run_ends_with_its_complaint(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S5
    def full(connection: Connection, wishes: Mapping[str, Wish]) -> tuple[float, dict[str, Grant]]:
        raise Unwritable("the database cannot be written: full", "nashir.db", "make room")

    clock = planned(some(3))
    with Sink() as sink, pytest.raises(ExceptionGroup) as refusal:
        deliver(Sender(house, clock, sink, rates=rates.tightest(["100/s"]), reserve=full))

    assert ["the database cannot be written: full"] == [
        each.what for each in refusal.value.exceptions if isinstance(each, Unwritable)
    ]
    assert not sink.by_recipient


def test_the_difference_of_two_clocks_is_what_all_that_was_heard_agrees_on() -> None:  # S5
    skew = Skew()
    assert 7.0 == pytest.approx(skew.heard(106.0, 100.0, 108.0))
    assert 6.5 == pytest.approx(skew.heard(106.0 + 1, 101.0, 106.0 + 2), abs=0.001)
    assert 6.5 == pytest.approx(skew.heard(103.0, 102.0, 118.0), abs=0.001)  # a slow answer says little
    assert -50.0 == pytest.approx(skew.heard(53.0, 103.1, 53.2), abs=0.2)  # our clock was set
