"""Rates, learnt limits, domains that refuse us and fail-over, over real SMTP and a real ledger."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import importing, plan, slots
from publisher.actions.hours import opens
from publisher.actions.house import House
from publisher.actions.letters import Letters
from publisher.actions.publish import Published, publish
from publisher.engine.local import LocalEngine
from publisher.engine.reserving import Reserve
from publisher.engine.run import Tally
from publisher.mail import rates
from publisher.mail.carriers import carrier_to
from publisher.mail.domains import DomainLimits
from publisher.mail.gate import Action, Gate, Halt, Limits, Paused
from publisher.mail.health import Broken, Limited, Mended
from publisher.mail.relay import parse
from publisher.mail.settings import MailSettings
from publisher.model.delivery import Delivery, State
from publisher.store import buckets, ledger, relays
from publisher.subscribers import imports
from tests.patience import LONG
from tests.sink import Sink

if TYPE_CHECKING:
    from tests.conftest import Write


class Ticking:
    """A clock that goes, and is put forward: what rates are counted by."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Watched(Gate):
    """When it let which letter through."""

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        self.let: list[tuple[str, float]] = []

    def take(self, relay: str, delivery: Delivery, now: float) -> float:
        wait = super().take(relay, delivery, now)
        if not wait:
            self.let.append((delivery.address, now))
        return wait


class Sender:
    """An engine over real connections, and what it was asked to heed."""

    def __init__(
        self, house: House, clock: Ticking, *sinks: Sink, reserve: Reserve | None = None, **limits: Any
    ) -> None:
        """*reserve*: it shares its rates with others."""
        urls = [sink.url for sink in sinks]
        saved, learnt = house.store.read(lambda c: (buckets.saved(c), relays.known(c)))
        self.gate = Watched(
            Limits(tuple(urls), limits.pop("connections", 3), **limits),
            saved=saved,
            learnt=learnt,
            shared=reserve is not None,
        )
        self.heeded: list[Action] = []
        settings = MailSettings(timeout=LONG)
        self.engine = LocalEngine(
            house.store,
            Letters(house),
            {url: partial(carrier_to, parse(url), settings, site=Path(), hello="localhost") for url in urls},
            self.gate,
            connections=3,
            on_unknown="resend",
            clock=clock,
            opens=partial(opens, house),
            heed=self.heeded.append,
            reserve=reserve,
        )

    def deliver(self) -> Tally:
        async def main() -> Tally:
            async with asyncio.timeout(LONG):
                return await self.engine.deliver()

        return asyncio.run(main())


@pytest.fixture
def planned(
    house: House, write: Write, clock: Any, publishes: Callable[..., Published]
) -> Callable[..., Ticking]:
    """Plans an edition for these readers, due now; returns the clock."""

    def make(addresses: Sequence[str]) -> Ticking:
        ticking = Ticking()
        clock.now = ticking()
        publishes(house)
        lines = [f"{address}\n" for address in addresses]
        importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=False)
        write(house, "a.txt", "افتتاح المكتبة\nافتتحت المكتبة أبوابها.\n")
        publishes(house)
        edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
        assert edition
        plan.plan(house, edition, clock())
        return ticking

    return make


def some(number: int, where: str = "d{}.example") -> list[str]:
    return [f"r{n}@{where.format(n)}" for n in range(number)]


def most(times: list[float], seconds: float) -> int:
    return max(bisect_left(times, each + seconds - 1e-6) - n for n, each in enumerate(times))


def states(house: House) -> dict[State, int]:
    return house.store.read(ledger.tally)


def attempts(house: House) -> set[int]:
    return {row.attempts for row in house.store.read(lambda c: ledger.listing(c, None, []))}


def test_letters_leave_at_the_pace_of_the_relay(house: House, planned: Callable[..., Ticking]) -> None:  # S5
    clock = planned(some(150))
    with Sink() as sink:
        sender = Sender(house, clock, sink, rates=rates.tightest(["100/s"]))
        tally = sender.deliver()
    times = [at for _, at in sender.gate.let]

    assert 150 == tally.sent == len(sink.by_recipient)
    assert most(times, 1.0) <= 100 * 1.02 + 1
    assert times[-1] - times[0] >= 149 / 100 * 0.98


def test_a_domain_at_its_pace_holds_up_nobody_else(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S5
    clock = planned([*some(30, "slow.example"), *some(30)])
    with Sink() as sink:
        sender = Sender(house, clock, sink, domains={"slow.example": DomainLimits(rates.tightest(["10/s"]))})
        tally = sender.deliver()
    slow = [at for address, at in sender.gate.let if address.endswith("@slow.example")]
    others = [at for address, at in sender.gate.let if not address.endswith("@slow.example")]

    assert 60 == tally.sent
    assert most(slow, 1.0) <= 10 * 1.02 + 1
    assert max(others) < max(slow)
    assert {1} == attempts(house)


def test_what_is_used_up_outlives_the_process(house: House, planned: Callable[..., Ticking]) -> None:  # S5
    clock = planned(some(50))
    with Sink() as sink:
        first = Sender(house, clock, sink, rates=rates.tightest(["30/h"])).deliver()
        again = Sender(house, clock, sink, rates=rates.tightest(["30/h"])).deliver()
        assert (30, 0, 20) == (first.sent, again.sent, states(house)[State.QUEUED])
        assert "its rate is used up" == first.rests and "" == first.down
        clock.ahead = timedelta(minutes=61)
        later = Sender(house, clock, sink, rates=rates.tightest(["30/h"])).deliver()

    assert 20 == later.sent


def test_a_relay_that_ends_after_five_letters_costs_nobody_a_try(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S3
    clock = planned(some(60))
    with Sink("mail:reply;code=421;letters=5") as sink:
        sender = Sender(house, clock, sink)
        sender.deliver()
        clock.ahead = timedelta(seconds=6)
        sender.deliver()
        fired = sum(sink.counts()["faults"].values())

    assert {State.SENT: 60} == states(house) and {1} == attempts(house)
    assert Limited(sink.url, 5, None) in sender.heeded
    assert fired <= 2 * 3  # two to learn it by, on each connection that was open then
    assert 5 == house.store.read(relays.known)[sink.url].letters


def test_one_domain_that_refuses_us_is_left_alone(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S3
    clock = planned([*some(40, "strict.example"), *some(40)])
    with Sink("rcpt:reply;code=550;text=5.7.26 unauthenticated;recipient=@strict.example") as sink:
        sender = Sender(house, clock, sink)
        sender.deliver()
        refused = sum(sink.refused.values())

    assert {State.SENT: 40, State.QUEUED: 40} == states(house)
    assert [("strict.example", 900.0)] == [
        (a.domain, a.seconds) for a in sender.heeded if isinstance(a, Paused)
    ]
    assert 5 <= refused <= 5 + 2 * 3  # those that were on their way
    assert [] == [each for each in sender.heeded if isinstance(each, Halt)]
    assert {0, 1} == attempts(house)


def test_letters_go_over_the_next_relay_and_back(house: House, planned: Callable[..., Ticking]) -> None:  # S5
    clock = planned(some(30))

    def again() -> None:
        house.store.write(lambda c: ledger.retry(c, [State.SENT], None, clock()))
        first.clear()
        second.clear()
        sender.deliver()

    with Sink() as second, Sink("connect:reply;code=421") as first:
        sender = Sender(house, clock, first, second)
        sender.deliver()
        assert (0, 30) == (len(first.by_recipient), len(second.by_recipient))
        first.set()
        again()  # before its time nobody tries it
        assert (0, 30) == (len(first.by_recipient), len(second.by_recipient))
        clock.ahead = timedelta(seconds=6)
        again()  # one tries it
        assert first.by_recipient
        again()
        assert (30, 0) == (len(first.by_recipient), len(second.by_recipient))

    assert {State.SENT: 30} == states(house)
    assert [Broken, Mended] == [type(each) for each in sender.heeded]


def test_a_relay_takes_no_more_connections_than_it_said(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S3
    clock = planned(some(40))
    with Sink("connect:reply;code=421;text=4.7.0 Too many connections;after=1") as sink:
        sender = Sender(house, clock, sink)
        sender.deliver()

    assert {State.SENT: 40} == states(house) and {1} == attempts(house)


def again(house: House, write: Write, clock: Any, ticking: Ticking) -> int:
    """The next edition, planned."""
    write(house, "b.txt", "خبر آخر\nافتتح المتحف أبوابه.\n")
    clock.now = ticking()
    publish(house, clock())
    edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert edition
    plan.plan(house, edition, clock())
    return edition


@pytest.mark.parametrize("fault", ["drop", "reply;code=421;text=4.7.0 slow down"])
@pytest.mark.parametrize("where", ["slow.example", "d{}.slow.example"])
def test_letters_that_end_the_connection_delay_nobody_else(
    house: House, write: Write, clock: Any, planned: Callable[..., Ticking], fault: str, where: str
) -> None:  # S3
    ticking = planned([*(f"r{n}@{where.format(n)}" for n in range(4)), *some(56, "good.example")])

    def go() -> float:
        tally = sender.deliver()
        ticking.ahead += timedelta(seconds=max(5.0, tally.again))
        return max(5.0, tally.again)

    with Sink(f"rcpt:{fault};recipient=slow.example") as sink:
        sender = Sender(house, ticking, sink)
        assert sum(go() for _ in range(2)) <= 10
        assert {State.SENT: 56, State.QUEUED: 4} == states(house)
        for _ in range(8):
            go()
        edition = again(house, write, clock, ticking)
        assert sum(go() for _ in range(3)) <= 15

    assert 56 == house.store.read(lambda c: ledger.by_edition(c, [edition]))[edition][State.SENT]
    assert {0, 1} == attempts(house)
    assert [] == [each for each in sender.heeded if isinstance(each, Broken | Limited)]


def test_a_domain_whose_letters_get_421_teaches_nothing_of_the_relay(
    house: House, planned: Callable[..., Ticking]
) -> None:  # S3
    clock = planned([f"r{n}@{'slow' if n % 10 == 0 else 'good'}.example" for n in range(200)])
    with Sink("rcpt:reply;code=421;text=4.7.0 slow down;recipient=@slow") as sink:
        sender = Sender(house, clock, sink)
        sender.deliver()

    assert {State.SENT: 180, State.QUEUED: 20} == states(house)
    assert [("slow.example", 60.0)] == [(each.domain, each.seconds) for each in sender.heeded]  # type: ignore[union-attr]
