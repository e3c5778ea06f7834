"""Delivering as the daemon has it done: what it finds before letters leave, and what stands beside them."""

import asyncio
import threading

import pytest

from publisher.actions.house import House
from publisher.engine.cluster import Stats
from publisher.engine.local import LocalEngine
from publisher.errors import Unwritable
from publisher.mail import rates
from publisher.mail.gate import Gate, Limits
from publisher.model.delivery import State
from publisher.store import ledger
from publisher.verbs import delivering, writing
from publisher.verbs.session import Session
from tests.conftest import Clock, Write
from tests.newsroom import SLOT, Desk, Publishes, newsroom
from tests.patience import LONG


@pytest.fixture
def desk(house: House, write: Write, publishes: Publishes, clock: Clock) -> Desk:
    made = newsroom(house, write, publishes, clock, approve="none")
    made.article(2)
    clock.now = SLOT
    return made


def due(session: Session) -> None:
    asyncio.run(writing.plan_due(session))


def generations(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time that the generation grows."""
    found, real = list[None](), session.state.advance

    def advance(store: object) -> None:
        found.append(None)
        real(session.house.store)

    monkeypatch.setattr(session.state, "advance", advance)
    return found


def test_while_the_relay_rests_nothing_is_written_and_it_is_told_for_how_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # S3
    session = desk.session
    due(session)
    desk.relay.down = "refused"
    first = asyncio.run(delivering.deliver(session))
    grown = generations(session, monkeypatch)
    again = asyncio.run(delivering.deliver(session))

    assert ("no reply: refused",) * 2 == (first.down, again.down)
    assert 0 < again.again <= 5
    assert [] == grown


def test_while_a_quota_is_used_up_nothing_is_written_and_it_is_told_for_how_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # S5
    session = desk.session
    engine = session.engine
    assert isinstance(engine, LocalEngine)
    monkeypatch.setattr(engine, "_gate", Gate(Limits(("relay",), 2, rates=rates.tightest(["1/h"]))))
    due(session)
    first = asyncio.run(delivering.deliver(session))
    grown = generations(session, monkeypatch)
    again = asyncio.run(delivering.deliver(session))

    assert (1, "its rate is used up", "") == (first.sent, again.rests, again.down)
    assert 65 < again.again < 4000
    assert [] == grown


def test_letters_of_a_run_that_broke_off_leave_at_the_next_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # X6 S1
    session = desk.session
    due(session)
    real, left = session.house.store.post, 2

    def post(work: object, then: object) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            real(work, then)  # type: ignore[arg-type]
        else:
            loop = asyncio.get_running_loop()
            loop.call_soon(then, None, Unwritable("full", "nashir.db", "make room"))  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(session.house.store, "post", post)
        with pytest.raises(ExceptionGroup):
            asyncio.run(delivering.deliver(session))
    asyncio.run(delivering.deliver(session))

    assert {State.SENT: 2} == session.house.store.read(ledger.tally)


def test_a_look_at_first_letters_that_fails_is_not_the_last_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # S9
    monkeypatch.setattr(delivering, "CANARIES", 0.01)
    looks = 0

    async def look(session: Session) -> bool:
        nonlocal looks
        looks += 1
        raise Unwritable("locked", "nashir.db", "end the program that holds it")

    async def main() -> None:
        monkeypatch.setattr(delivering, "_canaries", look)
        watch = asyncio.create_task(delivering._watch(desk.session))
        async with asyncio.timeout(LONG):
            while looks < 2 and not watch.done():
                await asyncio.sleep(0.01)
        watch.cancel()

    asyncio.run(main())

    assert looks >= 2


def test_where_workers_send_it_is_waited_until_nothing_is_due(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, looks = desk.session, list[None]()
    monkeypatch.setattr(delivering, "WORKERS", 0.01)
    due(session)

    async def dispatch() -> Stats:
        looks.append(None)
        if len(looks) == 2:  # a worker has all of them
            session.house.store.write(lambda c: ledger.claim(c, session.clock(), 9))
        if len(looks) == 4:  # ... and they are sent
            session.house.store.write(lambda c: ledger.recover(c, "hold"))
            session.house.store.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET state = 3"))
        return Stats(0, 0, 1)

    session.dispatch = dispatch
    done = asyncio.run(delivering.deliver(session))

    assert ("", 4) == (done.rests, len(looks))
    assert [] == desk.relay.recipients()


def test_where_no_worker_takes_letters_that_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = desk.session
    monkeypatch.setattr(delivering, "WORKERS", 0.01)
    monkeypatch.setattr(delivering, "SILENT", 0.03)
    due(session)

    async def dispatch() -> Stats:
        return Stats(1, 0, 0)

    session.dispatch = dispatch

    rests = asyncio.run(delivering.deliver(session)).rests
    assert "2 are due, and no worker takes any: start `nashir worker`, or look at its log" in rests


def test_a_worker_sends_what_it_was_given(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = desk.session
    due(session)
    grown = generations(session, monkeypatch)
    done = asyncio.run(delivering.work(session, lambda _: None))

    assert 2 == done.sent == len(grown) == len(desk.relay.recipients())


def test_the_engine_is_made_off_the_loop_and_once(desk: Desk) -> None:  # X9
    session, threads = desk.session, list[threading.Thread]()
    real = session.make_engine

    def make() -> LocalEngine:
        threads.append(threading.current_thread())
        return real()

    async def main() -> None:
        one, other = await asyncio.gather(session.sender(), session.sender())
        assert one is other is session.engine

    session.make_engine = make
    asyncio.run(main())

    assert 1 == len(threads) and threading.main_thread() not in threads
