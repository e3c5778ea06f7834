"""Runs that break off, wait or are stopped: nothing of them hinders what comes after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from publisher.actions.house import House
from publisher.engine import local
from publisher.engine.local import LocalEngine
from publisher.errors import BadConfig, Unwritable
from publisher.mail import rates
from publisher.mail.carrier import Carrier
from publisher.mail.domains import DomainLimits
from publisher.mail.gate import Gate, Limits
from publisher.model.delivery import Letter, State
from publisher.store import ledger
from tests.engine import test_local
from tests.engine.test_local import engine, reader
from tests.patience import LONG

if TYPE_CHECKING:
    from tests.conftest import Clock


@dataclass
class Relay(test_local.Relay):
    """One that can be waited for when a connection is opened."""

    on_open: Callable[[int], Awaitable[None]] | None = None  # told how many were opened before
    tried: int = field(default=0)

    def carrier(self) -> Carrier:
        return _Connection(self)


class _Connection(test_local._Connection):
    def __init__(self, relay: Relay) -> None:
        super().__init__(relay)
        self._slow = relay

    async def open(self) -> None:
        tried, self._slow.tried = self._slow.tried, self._slow.tried + 1
        if self._slow.on_open:
            await self._slow.on_open(tried)
        await super().open()


def states(house: House) -> dict[State, int]:
    return house.store.read(ledger.tally)


def full_disk(house: House, monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Only so many commits go to the disk."""
    real, left = house.store.post, commits

    def post(work: Any, then: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            real(work, then)
        else:
            asyncio.get_running_loop().call_soon(then, None, Unwritable("full", "nashir.db", "make room"))

    monkeypatch.setattr(house.store, "post", post)


def through(sending: LocalEngine, gate: Gate) -> LocalEngine:
    sending._gate = gate
    return sending


def limited(connections: int, **limits: Any) -> Gate:
    return Gate(Limits(("relay 0",), connections, **limits))


async def never(_: Any) -> None:
    await asyncio.Event().wait()


def test_what_a_run_had_that_broke_off_is_due_again_as_soon_as_it_is_tidied_up(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # X6 S1
    house = planned(6)
    sending = engine(house, clock, Relay(), connections=2)

    async def main() -> None:
        with monkeypatch.context() as patch:
            full_disk(house, patch, 3)
            with pytest.raises(ExceptionGroup):
                await sending.deliver()
        await sending.tidy()

    asyncio.run(main())
    done = states(house)

    assert {State.SENT, State.QUEUED} >= set(done) and done[State.QUEUED]
    assert house.store.read(lambda c: ledger.is_due(c, clock()))


def test_where_an_answer_cannot_be_heeded_all_the_same_is_written_down(
    planned: Callable[[int], House], clock: Clock
) -> None:  # S9 S1
    house = planned(40)
    sending = engine(house, clock, Relay(down="refused"), connections=1)

    def heed(action: Any) -> None:
        raise BadConfig("the template cannot be read", "mail/stopped.html.j2", "mend it")

    sending._heed = heed
    with pytest.raises(BadConfig):
        asyncio.run(sending.deliver())

    assert {State.QUEUED: 40} == states(house)


def test_a_run_that_broke_off_leaves_no_place_taken(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # S5 X6
    """Neither of a connection that was being opened, nor of letters on their way to a domain."""
    house, relay = planned(20), Relay()
    gate = limited(2, domains={"example.org": DomainLimits((), 2)})
    sending = through(engine(house, clock, relay, connections=2), gate)

    async def slowly(letter: Letter) -> None:
        await asyncio.sleep(0.05)

    async def hang_one(tried: int) -> None:
        if tried % 2:
            await never(tried)

    async def main() -> None:
        relay.on_open = hang_one
        with monkeypatch.context() as patch:
            full_disk(house, patch, 3)
            with pytest.raises(ExceptionGroup):
                await sending.deliver()
        relay.on_open, relay.in_content, relay.most_at_once = None, slowly, 0
        async with asyncio.timeout(LONG):
            await sending.deliver()

    asyncio.run(main())

    assert {State.SENT: 20} == states(house)
    assert 2 == relay.most_at_once


def test_when_a_relay_works_again_all_connections_are_used(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # S3
    house, relay = planned(60), Relay(down="refused")
    sending = engine(house, clock, relay, connections=3)

    async def slowly(letter: Letter) -> None:
        await asyncio.sleep(0.02)

    relay.in_content = slowly
    asyncio.run(sending.deliver())
    clock.forward(hours=1)
    relay.down = ""
    tried = relay.tried
    asyncio.run(sending.deliver())

    assert {State.SENT: 60} == states(house)
    assert 3 == relay.most_at_once
    assert 3 == relay.tried - tried  # the others waited for the one that tried it


def test_one_letter_that_a_relay_thinks_about_keeps_no_other_waiting(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # S2
    """What becomes due meanwhile leaves over the other connections."""
    monkeypatch.setattr(local, "LOOK", 0.05)
    monkeypatch.setattr("publisher.engine.desk.POLL", 0.05)
    house, later = planned(4), reader(3)
    put_off = "UPDATE deliveries SET due = due + 60 WHERE subscriber = (SELECT id FROM subscribers WHERE address = :a)"
    house.store.write(lambda c: c.execute(text(put_off), {"a": later}))

    async def main() -> list[str]:
        go_on = asyncio.Event()

        async def think(letter: Letter) -> None:
            if letter.recipient == reader(0):
                await go_on.wait()

        relay = Relay(in_content=think)
        run = asyncio.create_task(engine(house, clock, relay, connections=3).deliver())
        async with asyncio.timeout(LONG):
            while len(relay.got) < 2:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            clock.forward(minutes=2)
            while later not in relay.recipients():
                await asyncio.sleep(0.01)
        meanwhile = relay.recipients()
        go_on.set()
        await run
        return meanwhile

    assert sorted([reader(1), reader(2), later]) == sorted(asyncio.run(main()))
    assert {State.SENT: 4} == states(house)


def stopped(sending: LocalEngine, when: Callable[[], bool]) -> float:
    """The seconds that a stop took, which came *when*."""

    async def main() -> float:
        run = asyncio.create_task(sending.deliver())
        async with asyncio.timeout(LONG):
            while not when():
                await asyncio.sleep(0.01)
            start = time.monotonic()
            sending.stop()
            sending.stop()
            await run
        return time.monotonic() - start

    return asyncio.run(main())


def test_a_stop_waits_for_no_relay_that_does_not_greet(
    planned: Callable[[int], House], clock: Clock
) -> None:  # X4
    house, relay = planned(5), Relay(on_open=never)
    sending = engine(house, clock, relay, connections=3)

    stopped(sending, lambda: relay.tried == 3)  # for ever, without

    assert {State.QUEUED: 5} == states(house)
    assert sending._gate.route(clock().timestamp()).relay


def test_a_stop_waits_for_no_rate(planned: Callable[[int], House], clock: Clock) -> None:  # X4 S5
    relay = Relay()
    slow = limited(2, rates=rates.tightest(["7/min"]))  # one in nine seconds, by a clock that stands still
    sending = through(engine(planned(5), clock, relay, connections=2), slow)

    assert stopped(sending, lambda: len(relay.got) == 1) < 5
