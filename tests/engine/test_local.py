"""The embedded engine over a real ledger; only the relay is made up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import leaving, plan, readers, slots
from publisher.actions.hours import opens
from publisher.actions.house import House
from publisher.actions.letters import Letters
from publisher.actions.publish import Published
from publisher.engine import desk
from publisher.engine.local import LocalEngine
from publisher.engine.run import Tally
from publisher.errors import Unwritable
from publisher.mail.carrier import Bag, Carrier, Down
from publisher.mail.gate import Gate, Limits
from publisher.model.delivery import Letter, OnUnknown, Reply, Stage, State
from publisher.model.people import Reach
from publisher.store import ledger, people
from publisher.store.store import Store
from publisher.store.tables import subscribers
from publisher.subscribers.tokens import Claim

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

Answer = tuple[Stage, Reply]
SENT = (Stage.CONTENT, Reply(250, "2.0.0 taken"))
UNKNOWN_USER = (Stage.RCPT, Reply(550, "5.1.1 no such user"))
LATER = (Stage.RCPT, Reply(451, "4.7.1 greylisted"))
SILENCE = (Stage.CONTENT, Reply(0, "timed out"))
DROPPED = (Stage.MAIL, Reply(0, "connection lost"))


@dataclass
class Relay:
    """The SMTP peer: what it answers each recipient, and what it got."""

    answers: dict[str, Answer] = field(default_factory=dict)
    down: str = ""
    got: list[Letter] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    most_at_once: int = 0
    at_once: int = 0
    on_letter: Callable[[Letter], Coroutine[Any, Any, None]] | None = (
        None  # when it agreed to take the content
    )
    in_content: Callable[[Letter], Coroutine[Any, Any, None]] | None = None  # while it takes it

    def carrier(self) -> Carrier:
        return _Connection(self)

    def recipients(self) -> list[str]:
        return [letter.recipient for letter in self.got]


class _Connection:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def open(self) -> None:
        await asyncio.sleep(0)
        if self._relay.down:
            raise Down(Stage.CONNECT, Reply(0, self._relay.down))
        self._relay.opened += 1

    async def converse(self, bag: Bag) -> Reply | None:
        while (letter := await bag.take()) is not None:
            stage, reply = self._relay.answers.get(letter.recipient, SENT)
            await asyncio.sleep(0)
            if stage is Stage.CONTENT and not await self._content(bag, letter):
                return None
            bag.tell(letter, stage, reply)
            if not reply.code:
                return reply
        return None

    async def _content(self, bag: Bag, letter: Letter) -> bool:
        relay = self._relay
        if relay.on_letter:
            await relay.on_letter(letter)
        if not await bag.begin(letter):
            return False
        relay.at_once += 1
        relay.most_at_once = max(relay.most_at_once, relay.at_once)
        if relay.in_content:
            await relay.in_content(letter)
        relay.at_once -= 1
        relay.got.append(letter)
        return True

    async def close(self) -> None:
        self._relay.closed += 1


def engine(
    house: House, clock: Clock, *relays: Relay, connections: int = 3, on_unknown: OnUnknown = "resend"
) -> LocalEngine:
    carriers = {f"relay {number}": relay.carrier for number, relay in enumerate(relays)}
    return LocalEngine(
        house.store,
        Letters(house),
        carriers,
        Gate(Limits(tuple(carriers), connections)),
        connections=connections,
        on_unknown=on_unknown,
        clock=clock,
        opens=partial(opens, house),
    )


def deliver(house: House, clock: Clock, *relays: Relay, **options: Any) -> Tally:
    return asyncio.run(engine(house, clock, *relays, **options).deliver())


def states(house: House) -> dict[str, State]:
    return {row.address: row.state for row in house.store.read(lambda c: ledger.listing(c, None, []))}


def entry(house: House, address: str) -> ledger.Entry:
    (row,) = [
        row for row in house.store.read(lambda c: ledger.listing(c, None, [])) if row.address == address
    ]
    return row


def count(house: House, state: State) -> int:
    return house.store.read(ledger.tally).get(state, 0)


def reader(number: int) -> str:
    return f"reader{number}@example.org"


def test_everybody_gets_one_letter(planned: Callable[[int], House], clock: Clock) -> None:
    house, relay = planned(500), Relay()
    tally = deliver(house, clock, relay)

    assert {reader(n): 1 for n in range(500)} == Counter(relay.recipients())
    assert (500, 0, 0, 0, "") == (tally.sent, tally.failed, tally.deferred, tally.unknown, tally.down)
    assert {State.SENT: 500} == house.store.read(ledger.tally)
    assert 500 == len({letter.name for letter in relay.got})
    assert relay.opened == relay.closed <= 3


def test_there_are_never_more_letters_on_the_wire_than_connections(
    planned: Callable[[int], House], clock: Clock
) -> None:  # S1
    async def slowly(letter: Letter) -> None:
        await asyncio.sleep(0.001)

    relay = Relay(in_content=slowly)
    deliver(planned(40), clock, relay, connections=4)

    assert 4 == relay.most_at_once


@pytest.mark.parametrize(
    "answer, on_unknown, state, attempts, counted",
    [
        (SENT, "resend", State.SENT, 1, "sent"),
        (UNKNOWN_USER, "resend", State.FAILED, 1, "failed"),
        (LATER, "resend", State.QUEUED, 1, "deferred"),
        (SILENCE, "resend", State.QUEUED, 1, "deferred"),
        (SILENCE, "hold", State.UNKNOWN, 1, "unknown"),
        (DROPPED, "hold", State.QUEUED, 0, "deferred"),
    ],
)
def test_a_letter_becomes_what_the_reply_means(
    answer: Answer,
    on_unknown: OnUnknown,
    state: State,
    attempts: int,
    counted: str,
    planned: Callable[[int], House],
    clock: Clock,
) -> None:  # S2, S3, S4
    house, relay = planned(8), Relay({reader(3): answer})
    tally = deliver(house, clock, relay, connections=1, on_unknown=on_unknown)
    row = entry(house, reader(3))

    assert (state, attempts, answer[1].code) == (row.state, row.attempts, row.code)
    assert {reader(n) for n in range(8)} - {reader(3)} == {a for a in relay.recipients() if a != reader(3)}
    expected = Counter({"sent": 7}) + Counter([counted])
    names = ("sent", "failed", "deferred", "unknown")
    assert expected == +Counter({name: getattr(tally, name) for name in names})


def test_refused_letters_are_named_with_the_reply(planned: Callable[[int], House], clock: Clock) -> None:
    tally = deliver(planned(2), clock, Relay({reader(1): UNKNOWN_USER}))

    assert [(reader(1), "550 5.1.1 no such user")] == tally.failures


def test_a_deferred_letter_goes_out_when_it_is_due_with_the_same_bytes(
    planned: Callable[[int], House], write: Write, publishes: Callable[..., Published], clock: Clock
) -> None:  # M5
    house, relay = planned(1), Relay({reader(0): SILENCE})
    deliver(house, clock, relay)
    write(house, "a.txt", "عنوان مصحح\nنص آخر.\n")
    publishes(house)
    relay.answers.clear()
    clock.forward(minutes=4)
    assert 0 == deliver(house, clock, relay).sent
    clock.forward(minutes=1)
    assert 1 == deliver(house, clock, relay).sent
    first, second = relay.got

    assert first == second


def test_sending_is_on_the_disk_before_the_content_leaves(
    planned: Callable[[int], House], onlooker: Store, clock: Clock
) -> None:  # S1
    house = planned(30)
    seen: list[tuple[State, State, int]] = []

    def state_of(address: str) -> State:
        rows = onlooker.read(lambda c: ledger.listing(c, None, []))
        return next(row.state for row in rows if row.address == address)

    before: dict[str, State] = {}

    async def agreed(letter: Letter) -> None:
        before[letter.recipient] = await asyncio.to_thread(state_of, letter.recipient)

    async def taking(letter: Letter) -> None:
        now = await asyncio.to_thread(state_of, letter.recipient)
        on_the_wire = onlooker.read(ledger.tally).get(State.SENDING, 0)
        seen.append((before[letter.recipient], now, on_the_wire))

    deliver(house, clock, Relay(on_letter=agreed, in_content=taking), connections=2)

    assert {(State.CLAIMED, State.SENDING)} == {(first, then) for first, then, _ in seen}
    assert max(number for _, _, number in seen) <= 2  # one a connection


def test_a_letter_cancelled_before_its_content_is_not_sent(
    planned: Callable[[int], House], clock: Clock
) -> None:  # S7
    house = planned(5)
    series = house.store.read(people.known_newsletters)["daily"].id
    whom = {listed.subscriber.address: listed.subscriber.id for listed in house.store.read(people.listing)}

    async def unsubscribe(letter: Letter) -> None:
        if letter.recipient == reader(2):
            claim = Claim(whom[letter.recipient], series)
            await house.store.settle(lambda c: leaving.leave(c, claim, clock()))

    relay = Relay(on_letter=unsubscribe)
    tally = deliver(house, clock, relay, connections=1)

    assert reader(2) not in relay.recipients()
    assert State.CANCELLED == states(house)[reader(2)]
    assert (4, 4) == (tally.sent, count(house, State.SENT))


def test_who_left_between_plan_and_claim_is_passed_over(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # S7
    """Also when a whole handful of them comes before one who stayed."""
    monkeypatch.setattr(desk, "STOCK", 3)
    house, relay = planned(8), Relay()
    bounced = subscribers.update().where(subscribers.c.address != reader(7)).values(state=Reach.BOUNCED)
    house.store.write(lambda c: c.execute(bounced))
    deliver(house, clock, relay)

    assert [reader(7)] == relay.recipients()
    assert {State.CANCELLED: 7, State.SENT: 1} == house.store.read(ledger.tally)


def test_a_relay_that_is_down_leaves_every_letter_queued(
    planned: Callable[[int], House], clock: Clock
) -> None:
    house, relay = planned(5), Relay(down="connection refused")
    tally = deliver(house, clock, relay)

    assert "no reply: connection refused" == tally.down
    assert {State.QUEUED: 5} == house.store.read(ledger.tally)
    relay.down = ""
    assert 5 == deliver(house, clock, relay).sent


def test_a_relay_that_takes_nobody_is_given_up_for_now(
    planned: Callable[[int], House], clock: Clock
) -> None:  # X5
    house = planned(50)
    relay = Relay({reader(n): DROPPED for n in range(50)})
    tally = deliver(house, clock, relay, connections=2)

    assert relay.opened <= 6
    assert {State.QUEUED: 50} == house.store.read(ledger.tally)
    assert (0, 0) == (tally.sent, tally.failed)
    assert {0} == {row.attempts for row in house.store.read(lambda c: ledger.listing(c, None, []))}


def test_the_second_relay_is_used_when_the_first_is_down(
    planned: Callable[[int], House], clock: Clock
) -> None:  # S5
    house, first, second = planned(5), Relay(down="refused"), Relay()
    tally = deliver(house, clock, first, second)

    assert (5, "") == (tally.sent, tally.down)
    assert ([], 5) == (first.got, len(second.got))


def test_with_all_relays_down_it_is_told_why(planned: Callable[[int], House], clock: Clock) -> None:
    tally = deliver(planned(1), clock, Relay(down="a"), Relay(down="b"))

    assert tally.down in ("no reply: a", "no reply: b")


def test_a_stop_finishes_what_is_on_the_wire_and_puts_the_rest_back(
    planned: Callable[[int], House], clock: Clock
) -> None:  # S7, X4
    house = planned(50)

    async def main() -> tuple[Relay, Tally]:
        on_the_wire, go_on = asyncio.Event(), asyncio.Event()

        async def hang(letter: Letter) -> None:
            on_the_wire.set()
            await go_on.wait()

        relay = Relay(in_content=hang)
        sending = engine(house, clock, relay, connections=3)
        task = asyncio.create_task(sending.deliver())
        await on_the_wire.wait()
        sending.stop()
        go_on.set()
        return relay, await task

    relay, tally = asyncio.run(main())

    assert len(relay.got) == tally.sent == count(house, State.SENT) <= 3
    assert 50 - tally.sent == count(house, State.QUEUED)


def test_a_stop_while_letters_are_being_claimed_puts_them_back(
    planned: Callable[[int], House], clock: Clock
) -> None:  # S7
    house = planned(5)

    async def main() -> Tally:
        sending = engine(house, clock, Relay())
        task = asyncio.create_task(sending.deliver())
        await asyncio.sleep(0)
        sending.stop()
        return await task

    assert 0 == asyncio.run(main()).sent
    assert {State.QUEUED: 5} == house.store.read(ledger.tally)


def test_delivering_twice_at_once_sends_nobody_twice(
    planned: Callable[[int], House], clock: Clock
) -> None:  # D7
    house, relay = planned(300), Relay()

    async def main() -> Sequence[Tally]:
        sending = engine(house, clock, relay)
        return await asyncio.gather(sending.deliver(), sending.deliver())

    tallies = asyncio.run(main())

    assert 300 == sum(tally.sent for tally in tallies)
    assert {1} == set(Counter(relay.recipients()).values())


@pytest.mark.parametrize(
    "on_unknown, left", [("resend", {State.QUEUED: 6}), ("hold", {State.QUEUED: 4, State.UNKNOWN: 2})]
)
def test_after_a_crash_only_letters_on_the_wire_are_in_doubt(
    on_unknown: OnUnknown, left: dict[State, int], planned: Callable[[int], House], clock: Clock
) -> None:  # S1, S4
    house = planned(6)
    claimed = house.store.write(lambda c: ledger.claim(c, clock(), 4))
    assert set() == house.store.write(lambda c: ledger.begin(c, [each.id for each in claimed[:2]], clock()))
    doubtful = house.store.write(lambda c: ledger.recover(c, on_unknown))

    assert 2 == doubtful
    assert left == house.store.read(ledger.tally)


@pytest.mark.parametrize("commits", [2, 7, 12])
def test_when_the_disk_is_full_nothing_is_lost_and_it_goes_on_by_itself(
    commits: int, planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # X6
    house, relay = planned(20), Relay()
    sending = engine(house, clock, relay, connections=2)
    real, left = house.store.post, commits

    def post(work: Any, then: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            real(work, then)
        else:
            asyncio.get_running_loop().call_soon(then, None, Unwritable("full", "nashir.db", "make room"))

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(house.store, "post", post)
            with pytest.raises(ExceptionGroup) as refusal:
                await sending.deliver()
        assert refusal.group_contains(Unwritable)
        await sending.deliver()

    asyncio.run(main())

    assert {State.SENT: 20} == house.store.read(ledger.tally)
    assert {reader(n) for n in range(20)} == set(relay.recipients())
    assert len(relay.got) - 20 <= 2  # at most one more a connection


def test_a_letter_whose_edition_is_over_fails(planned: Callable[[int], House], clock: Clock) -> None:
    house, relay = planned(3), Relay(down="refused")
    deliver(house, clock, relay)
    relay.down = ""
    clock.forward(hours=72)
    deliver(house, clock, relay)

    assert [] == relay.got
    assert {State.FAILED: 3} == house.store.read(ledger.tally)
    assert entry(house, reader(0)).note.startswith("expired")


def test_a_retry_sends_what_failed_again_while_the_edition_lives(
    planned: Callable[[int], House], clock: Clock
) -> None:
    house, relay = planned(3), Relay({reader(1): UNKNOWN_USER})
    deliver(house, clock, relay)
    relay.answers.clear()
    assert 1 == house.store.write(lambda c: ledger.retry(c, [State.FAILED], None, clock()))
    deliver(house, clock, relay)

    assert {State.SENT: 3} == house.store.read(ledger.tally)
    relay.answers = {reader(0): UNKNOWN_USER}
    clock.forward(days=4)
    assert 0 == house.store.write(lambda c: ledger.retry(c, [State.SENT], None, clock()))


def test_an_address_that_cannot_stand_on_an_envelope_fails_alone(
    planned: Callable[[int], House], clock: Clock
) -> None:
    house, relay = planned(3), Relay()
    broken = subscribers.update().where(subscribers.c.address == reader(1)).values(address="a b@example.org")
    house.store.write(lambda c: c.execute(broken))
    tally = deliver(house, clock, relay)

    assert {reader(0), reader(2)} == set(relay.recipients())
    assert (2, 1) == (tally.sent, tally.failed)


def test_letters_go_out_variant_by_variant(
    planned: Callable[[int], House], write: Write, publishes: Callable[..., Published], clock: Clock
) -> None:
    """One skeleton alive at a time: memory stays flat."""
    house = planned(6)
    readers.add(house, "new@example.org", None, clock(), confirmed=True)
    write(house, "b.txt", "خبر ثان\nنص.\n")
    publishes(house)
    clock.forward(minutes=1)
    edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=True)
    assert edition
    plan.plan(house, edition, clock())
    claimed = house.store.write(lambda c: ledger.claim(c, clock(), 100))
    variants = [delivery.variant for delivery in claimed]

    assert 13 == len(variants)
    assert 3 == len(set(variants))
    assert sorted(variants) == variants
