"""The engine over real SMTP dialogues: what the ledger holds while letters leave, secured connections, long letters."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import leaving
from publisher.actions.hours import opens
from publisher.actions.house import House
from publisher.actions.letters import Letters
from publisher.engine.local import LocalEngine
from publisher.engine.run import Tally
from publisher.mail.carrier import Carrier
from publisher.mail.gate import Gate, Limits
from publisher.mail.relay import parse
from publisher.mail.smtp import SmtpCarrier
from publisher.model.delivery import State
from publisher.store import ledger, people, writer
from publisher.store.database import Database
from publisher.store.store import Store
from publisher.subscribers.tokens import Claim
from tests.patience import LONG
from tests.sink import Post, Session, certificate, listen

if TYPE_CHECKING:
    from tests.conftest import Clock

TIMEOUT = 5.0  # seconds


@pytest.fixture(params=["pipelining", "one by one"])
def pipelining(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "pipelining")


async def deliver(
    house: House, clock: Clock, post: Post, *, connections: int, url: str = "smtp://127.0.0.1"
) -> Tally:
    server = await listen(post)
    async with asyncio.timeout(LONG), server:
        relay = parse(f"{url}:{server.sockets[0].getsockname()[1]}")
        tls = None if relay.scheme == "smtp" else ssl.create_default_context(cafile=str(certificate()[1]))

        def carrier() -> Carrier:
            return SmtpCarrier(relay, hello="us.example", timeout=TIMEOUT, tls=tls)

        sending = LocalEngine(
            house.store,
            Letters(house),
            {"relay": carrier},
            Gate(Limits(("relay",), connections)),
            connections=connections,
            on_unknown="hold",
            clock=clock,
            opens=partial(opens, house),
        )
        tally = await sending.deliver()
        post.close()
        return tally


class Watched(Post):
    """A sink that looks into the ledger, as another process would, each time it takes a letter."""

    def __init__(self, database: Database, **options: Any) -> None:
        super().__init__(**options)
        self._ledger = Store(database, writing=False)
        self._by = dict[str, int]()  # connections by the reader whose letter they took
        self.begun = list[State]()  # of letters whose content was there
        self.uncommitted = list[int]()  # on the connection that has most
        self.sending = list[int]()

    def take(self, session: Session, message_id: str, sha: str, answered: str) -> None:
        rows = {row.address: row.state for row in self._ledger.read(lambda c: ledger.listing(c, None, []))}
        self.begun.append(rows[session.recipient])
        self.sending.append(sum(state is State.SENDING for state in rows.values()))
        self._by[session.recipient] = session.number
        open_ = Counter(number for who, number in self._by.items() if rows[who] is not State.SENT)
        self.uncommitted.append(max(open_.values()))
        super().take(session, message_id, sha, answered)

    def close(self) -> None:
        self._ledger.close()
        super().close()


@pytest.mark.parametrize("connections", [1, 4])
def test_a_connection_has_one_letter_at_most_that_was_taken_and_is_not_in_the_ledger(
    connections: int,
    pipelining: bool,
    planned: Callable[[int], House],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # S1
    """Also where each commit takes its time, before and after it is on the disk."""
    house, pauses = planned(40), iter([0.0, 0.004, 0.001, 0.007, 0.002] * 1000)

    def slowly(real: Callable[..., Any]) -> Callable[..., Any]:
        def work(*arguments: Any) -> Any:
            time.sleep(next(pauses))
            return real(*arguments)

        return work

    monkeypatch.setattr(writer.Writer, "_alone", slowly(writer.Writer._alone))
    monkeypatch.setattr(writer.Writer, "_commit", slowly(writer.Writer._commit))
    post = Watched(house.store.database, pipelining=pipelining)
    tally = asyncio.run(deliver(house, clock, post, connections=connections))

    assert 40 == tally.sent == len(post.accepted)
    assert {State.SENDING} == set(post.begun)  # on the disk before the content
    assert {1} == set(post.uncommitted)  # the one that is just being taken
    assert connections >= max(post.sending)
    assert not post.violations


class Interrupted(Post):
    """A sink that does *then* when it has taken so many letters, and answers nobody until that is done."""

    def __init__(self, at: int, then: Callable[[], object], **options: Any) -> None:
        super().__init__(**options)
        self._at, self._then = at, then
        self.before = list[str]()  # whose letters it had by then

    def take(self, session: Session, message_id: str, sha: str, answered: str) -> None:
        super().take(session, message_id, sha, answered)
        if self.accepted.total() == self._at:
            self._then()
            self.before = list(self.by_recipient)


def test_who_leaves_while_letters_leave_is_mailed_by_nobody_but_who_was_on_it(
    pipelining: bool, planned: Callable[[int], House], clock: Clock
) -> None:  # X13 S7
    house = planned(60)
    series = house.store.read(people.known_newsletters)["daily"].id
    left, on_their_way = set[str](), set[str]()

    def leave() -> None:
        rows = house.store.read(lambda c: ledger.listing(c, None, []))
        gone = {row.address: row for row in rows if row.address not in post.by_recipient}
        for address, row in gone.items():
            claim = Claim(row.subscriber, series)
            house.store.write(partial(leaving.leave, claim=claim, now=clock()), urgent=True)
            left.add(address)
        # Those whose content may have left before the last of them was gone.
        now = house.store.read(lambda c: ledger.listing(c, None, [State.SENDING, State.SENT]))
        on_their_way.update({row.address for row in now} & left)

    post = Interrupted(20, leave, pipelining=pipelining)
    asyncio.run(deliver(house, clock, post, connections=4))

    assert 40 == len(left)
    assert set(post.by_recipient) & left <= on_their_way
    assert len(on_their_way) < 4
    assert {1} == set(post.by_recipient.values())
    tally = house.store.read(ledger.tally)
    assert {State.SENT: post.accepted.total(), State.CANCELLED: 60 - post.accepted.total()} == tally
    assert not post.violations
