"""An edition that is held or cancelled while it is being sent, over a real SMTP dialogue: nothing leaves but what was
on the wire."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.actions import approval, importing, plan, slots
from publisher.actions.hours import opens
from publisher.actions.house import House
from publisher.actions.letters import Letters, notice
from publisher.actions.publish import Published
from publisher.engine.local import LocalEngine
from publisher.mail.carriers import carrier_to
from publisher.mail.gate import Gate, Limits
from publisher.mail.relay import parse
from publisher.mail.settings import MailSettings
from publisher.model.delivery import State
from publisher.model.digest import Release
from publisher.store import alive, approvals, editions, ledger
from publisher.subscribers import imports
from tests.patience import LONG

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

READERS, CONNECTIONS = 60, 4


@dataclass
class Sink:
    """A relay that takes everything: envelopes by recipient, and what happens while it takes the n-th content."""

    taken: Counter[str] = field(default_factory=Counter)
    began: int = 0  # contents whose first byte came
    at: int = 0
    then: Callable[[], Awaitable[None]] | None = None
    decided: int = 0  # how many had begun when that was committed
    pipelining: bool = True

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        writer.write(b"220 sink\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(b"250-sink\r\n250 PIPELINING\r\n" if self.pipelining else b"250 sink\r\n")
                elif verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                    writer.write(b"250 ok\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await self._content(reader)
                    self.taken[recipient] += 1
                    writer.write(b"250 2.0.0 taken\r\n")
                elif verb == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 ok\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _content(self, reader: asyncio.StreamReader) -> None:
        first = await reader.readuntil(b"\r\n")
        self.began += 1
        if self.began == self.at and self.then:
            await self.then()
            self.decided = self.began
        while first != b".\r\n":
            first = await reader.readuntil(b"\r\n")


@asynccontextmanager
async def listening(sink: Sink) -> AsyncIterator[int]:
    server = await asyncio.start_server(sink.talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def planned(house: House, write: Write, clock: Clock, publishes: Callable[..., Published]) -> House:
    publishes(house)
    lines = [f"reader{n}@example.org\n" for n in range(READERS)]
    importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=False)
    write(house, "a.txt", "افتتاح المكتبة\nافتتحت المكتبة أبوابها.\n")
    publishes(house)
    edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert edition == 1
    plan.plan(house, edition, clock())
    return house


async def deliver(house: House, clock: Clock, sink: Sink) -> None:
    async with listening(sink) as port:
        relay = parse(f"smtp://127.0.0.1:{port}")
        carrier = partial(carrier_to, relay, MailSettings(), site=Path(), hello="localhost")
        engine = LocalEngine(
            house.store,
            Letters(house),
            {"relay": carrier},
            Gate(Limits(("relay",), CONNECTIONS)),
            connections=CONNECTIONS,
            on_unknown="resend",
            clock=clock,
            opens=partial(opens, house),
            notice=partial(notice, house),
        )
        async with asyncio.timeout(LONG):
            await engine.deliver()


def decided(house: House, clock: Clock, decision: approval.Decision) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        await asyncio.to_thread(approval.decide, house, 1, decision, clock())

    return act


def states(house: House) -> dict[State, int]:
    return house.store.read(ledger.tally)


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_hold_in_the_middle_lets_nothing_leave_but_what_was_on_the_wire(
    pipelining: bool, planned: House, clock: Clock
) -> None:  # D8
    sink = Sink(at=20, then=decided(planned, clock, "hold"), pipelining=pipelining)
    asyncio.run(deliver(planned, clock, sink))

    # Who had begun had committed it before the hold did: one letter a connection at most.
    assert 20 <= sink.decided <= sink.began < sink.decided + CONNECTIONS
    assert sink.began == sink.taken.total() < READERS
    assert {State.SENT: sink.taken.total(), State.QUEUED: READERS - sink.taken.total()} == states(planned)
    before = sink.taken.copy()
    asyncio.run(deliver(planned, clock, sink))
    assert before == sink.taken  # and nothing later
    approval.decide(planned, 1, "release", clock())
    asyncio.run(deliver(planned, clock, sink))

    assert Counter({f"reader{n}@example.org": 1 for n in range(READERS)}) == sink.taken
    assert {State.SENT: READERS} == states(planned)


def test_a_cancel_in_the_middle_leaves_the_others_where_they_were(
    planned: House, clock: Clock
) -> None:  # D1 D8
    sink = Sink(at=20, then=decided(planned, clock, "cancel"))
    asyncio.run(deliver(planned, clock, sink))
    approval.come_due(planned, clock())
    sent = sink.taken.total()
    assert 20 <= sink.decided <= sent < sink.decided + CONNECTIONS
    assert {State.SENT: sent, State.CANCELLED: READERS - sent} == states(planned)
    clock.forward(minutes=1)
    again = slots.edition_now(planned, planned.newsletters["daily"], clock(), include_existing=False)
    assert again
    plan.plan(planned, again, clock())
    asyncio.run(deliver(planned, clock, sink))

    assert Counter({f"reader{n}@example.org": 1 for n in range(READERS)}) == sink.taken


def test_letters_of_a_held_edition_keep_no_other_waiting(planned: House, clock: Clock) -> None:  # D8
    approval.decide(planned, 1, "hold", clock())
    held = planned.store.read(lambda c: editions.progress(c, 1))
    assert held and held.edition.release is Release.HELD

    assert [] == planned.store.write(lambda c: ledger.claim(c, clock(), 10))
    assert not planned.store.read(lambda c: ledger.is_due(c, clock()))
    assert [1] == planned.store.read(lambda c: alive.queueing(c, Release.HELD))
    assert [] == planned.store.read(approvals.unwound)


def test_a_letter_claimed_before_the_hold_waits_again(planned: House, clock: Clock) -> None:  # D8 S1
    (first, *_) = planned.store.write(lambda c: ledger.claim(c, clock(), 3))
    approval.decide(planned, 1, "hold", clock())

    assert {first.id} == planned.store.write(lambda c: ledger.begin(c, [first.id], clock()))
    assert {State.QUEUED: READERS - 2, State.CLAIMED: 2} == states(planned)
