"""Every way a relay can fail, played by our sink to the real client over a real ledger: no letter is lost, no letter
comes twice for nothing, nothing hangs, and nobody is charged for what the relay did to all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import update

from publisher.actions import importing, plan, slots
from publisher.actions.hours import opens
from publisher.actions.house import House
from publisher.actions.letters import Letters
from publisher.actions.publish import Published
from publisher.engine import local
from publisher.engine.local import LocalEngine
from publisher.mail.carriers import carrier_to
from publisher.mail.gate import Gate, Limits
from publisher.mail.relay import parse
from publisher.mail.settings import MailSettings
from publisher.model.delivery import OnUnknown, State
from publisher.store import ledger
from publisher.store.tables import deliveries
from publisher.subscribers import imports
from tests.patience import LONG
from tests.sink import Sink

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

READERS, CONNECTIONS = 24, 3
TIMEOUT = 0.4  # seconds for an answer that never comes
ROUNDS = 16  # runs, an hour after each other; an edition lives for a day
NOBODY = ";recipient=^reader[37]@"


class Case(NamedTuple):
    """A fault, and what may come of it: *refused* recipients, letters in *doubt*, *charged* tries."""

    fault: str
    refused: int = 0
    doubt: int = 0
    charged: bool = False
    lies: bool = False  # the relay says that it did not take what it took


CASES = (
    Case("connect:reply;code=421;first=2"),
    Case("connect:reply;code=554;first=2"),
    Case("connect:drop;first=2"),
    Case("connect:reset;first=2"),
    Case("connect:stall;first=1"),
    Case("connect:garbage;first=1"),
    Case("connect:flood;lines=2000;first=1"),
    Case("connect:drip;seconds=0.002;first=2"),
    Case("ehlo:reply;code=502;first=1"),
    Case("ehlo:reply;code=421;first=1"),
    Case("ehlo:drop;first=1"),
    Case("ehlo:stall;first=1"),
    Case("ehlo:garbage;first=1"),
    Case("ehlo:flood;lines=2000;first=1"),
    Case("mail:reply;code=421;first=1;after=4"),
    Case("mail:reply;code=421;letters=5"),  # "421 after 5 letters" costs nobody a try
    Case("mail:reply;code=451;first=3;after=4", charged=True),
    Case("mail:drop;first=2;after=4"),
    Case("mail:reset;first=2;after=4", doubt=2),  # the reply to the content before is lost with it
    Case("mail:stall;first=1;after=4"),
    Case("mail:garbage;first=1;after=4"),
    Case("mail:flood;lines=2000;first=1;after=4"),
    Case("rcpt:reply;code=450;text=4.2.0 greylisted;first=1;per=recipient", charged=True),
    Case("rcpt:reply;code=452;text=4.2.2 full;first=3", charged=True),
    Case("rcpt:reply;code=550;text=5.1.1 nobody" + NOBODY, refused=2),
    Case("rcpt:drop;first=2;after=4"),
    Case("rcpt:reset;first=2;after=4", doubt=2),
    Case("rcpt:stall;first=1;after=4"),
    Case("rcpt:garbage;first=1;after=4"),
    Case("data:reply;code=451;first=3", charged=True),
    Case("data:reply;code=421;first=2"),
    Case("data:drop;first=2"),
    Case("data:stall;first=1"),
    Case("data:garbage;first=1"),
    Case("body:drop;bytes=500;first=2", doubt=2),
    Case("body:reset;bytes=500;first=2", doubt=2),
    Case("body:stall;bytes=500;first=1", doubt=1),
    Case("body:reply;code=452;bytes=500;first=1", doubt=1, charged=True),
    Case("content:reply;code=451;first=3", charged=True),
    Case("content:reply;code=421;first=2", charged=True),
    Case("content:drop;first=2", doubt=2),
    Case("content:reset;first=2", doubt=2),
    Case("content:stall;first=1", doubt=1),
    Case("content:garbage;first=1", doubt=1),
    Case("content:flood;lines=2000;first=1", doubt=1),
    Case("content:drip;seconds=0.002;first=2"),
    Case("content:accept-drop;first=2", doubt=2),
    Case("content:accept-stall;first=1", doubt=1),
    Case("content:accept-reply;code=451;first=2", charged=True, lies=True),
    Case("rset:drop;first=1"),
    Case("quit:drop"),
    Case("quit:stall;first=1"),
)


@pytest.fixture
def planned(house: House, write: Write, clock: Clock, publishes: Callable[..., Published]) -> House:
    publishes(house)
    lines = [f"reader{n}@d{n}.example\n" for n in range(READERS)]
    importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=False)
    write(house, "a.txt", "افتتاح المكتبة\nافتتحت المكتبة أبوابها.\n")
    publishes(house)
    edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert edition == 1
    plan.plan(house, edition, clock())
    return house


def engine(house: House, clock: Clock, sink: Sink, on_unknown: OnUnknown, timeout: float) -> LocalEngine:
    settings = MailSettings(timeout=timeout)
    carrier = partial(carrier_to, parse(sink.url), settings, site=Path(), hello="localhost")
    return LocalEngine(
        house.store,
        Letters(house),
        {"relay": carrier},
        Gate(Limits(("relay",), CONNECTIONS)),
        connections=CONNECTIONS,
        on_unknown=on_unknown,
        clock=ticking(clock),
        opens=partial(opens, house),
    )


def ticking(clock: Clock) -> Callable[[], datetime]:
    """*clock*, which goes on by itself too: a relay that failed is left alone for some seconds."""
    start = time.monotonic()
    return lambda: clock() + timedelta(seconds=time.monotonic() - start)


async def until_decided(
    house: House, clock: Clock, sink: Sink, on_unknown: OnUnknown, timeout: float
) -> dict[State, int]:
    """Send, an hour later again, until nothing waits; the ledger's rows by state."""
    desk = engine(house, clock, sink, on_unknown, timeout)
    async with asyncio.timeout(LONG):
        for _ in range(ROUNDS):
            await desk.deliver()
            states = house.store.read(ledger.tally)
            if not any(states.get(state) for state in (State.QUEUED, State.CLAIMED, State.SENDING)):
                break
            clock.forward(hours=1)
    return states


def queued_again(house: House, clock: Clock) -> None:
    """As planned, for the next fault."""
    values = {"state": State.QUEUED, "attempts": 0, "code": 0, "note": "", "due": clock()}
    fresh = update(deliveries).values(**values, expires=clock.now.replace(year=clock.now.year + 1))
    house.store.write(lambda c: c.execute(fresh))


IN_DOUBT = [case for case in CASES if case.doubt]
OF_LETTERS = [case for case in CASES if case.fault.partition(":")[0] in {"mail", "rcpt", "data", "content"}]


@pytest.mark.parametrize(
    "on_unknown, pipelining, cases",
    [("resend", True, CASES), ("resend", False, OF_LETTERS), ("hold", True, IN_DOUBT)],
)
def test_whatever_the_relay_does_no_letter_is_lost_or_sent_twice_for_nothing(
    on_unknown: OnUnknown,
    pipelining: bool,
    cases: Sequence[Case],
    planned: House,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # X5, S2, S3, S4
    monkeypatch.setattr(local, "LOOK", 0.05)
    everybody = {f"reader{n}@d{n}.example" for n in range(READERS)}
    wrong = []
    for case in cases:
        queued_again(planned, clock)
        timeout = TIMEOUT if "stall" in case.fault else LONG
        with Sink(case.fault, pipelining=pipelining) as sink:
            states = asyncio.run(until_decided(planned, clock, sink, on_unknown, timeout))
            rows = planned.store.read(lambda c: ledger.listing(c, None, []))
        unknown = {row.address for row in rows if row.state is State.UNKNOWN}
        copies = sink.counts()["duplicates"]
        found = {
            "fault": case.fault,
            "fired": bool(sink.counts()["faults"]) or case.fault.startswith("rset"),
            "nobody missed": everybody == set(sink.by_recipient) | set(sink.refused) | unknown,
            "refused": states.get(State.FAILED, 0),
            "no stranger": set(sink.by_recipient) <= everybody,
            "copies explained": copies <= (case.doubt if on_unknown == "resend" else 0) or case.lies,
            "doubt explained": len(unknown) <= (case.doubt if on_unknown == "hold" else 0),
            "one letter each": all(len(shas) == 1 for shas in sink.shas.values()),
            "nobody charged": case.charged or case.doubt or all(row.attempts <= 1 for row in rows),
            "protocol": dict(sink.violations),
        }
        expected = dict.fromkeys(found, True) | {"fault": case.fault, "refused": case.refused, "protocol": {}}
        if wrongs := {name: value for name, value in found.items() if bool(value) != bool(expected[name])}:
            wrong.append((case.fault, wrongs, {state.name: n for state, n in states.items()}))

    assert not wrong, "\n".join(map(str, wrong))
