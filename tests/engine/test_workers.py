"""Who sends, where several hosts do: nobody has another's letters while that one lives."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import BigInteger, text, type_coerce, update

from publisher.actions.house import House
from publisher.model.delivery import OnUnknown, State, Verdict
from publisher.store import ledger, workers
from publisher.store.store import Store
from publisher.store.tables import workers as rows
from tests.conftest import Clock

SENT = Verdict(State.SENT, None, True, 250, "2.0.0 Ok")


def register(store: Store, name: str = "a:1") -> int:
    return store.write(lambda c: workers.register(c, name))


def silence(store: Store, worker: int, seconds: int = workers.LEASE + 2) -> None:
    """As if it had said nothing for so long."""
    before = type_coerce(rows.c.seen, BigInteger()) - seconds
    store.write(lambda c: c.execute(update(rows).where(rows.c.id == worker).values(seen=before)))


def states(store: Store) -> list[State]:
    return sorted(each.state for each in store.read(lambda c: ledger.listing(c, None, [])))


def sweep(store: Store, on_unknown: OnUnknown = "resend") -> list[str]:
    return store.write(lambda c: workers.sweep(c, on_unknown))


@pytest.fixture(autouse=True)
def long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of these tests is up for ever."""
    monkeypatch.setattr(workers, "UP", text("0"))


@pytest.fixture
def store(planned: Callable[[int], House]) -> Store:
    return planned(6).store


def test_one_that_lives_keeps_what_it_has(store: Store, clock: Clock) -> None:  # S1
    worker = register(store)
    store.write(lambda c: ledger.claim(c, clock(), 3, worker=worker))
    silence(store, worker, workers.LEASE - 3)

    assert [] == sweep(store)
    assert 3 == states(store).count(State.CLAIMED)
    assert ["a:1"] == store.read(workers.living)


@pytest.mark.parametrize("on_unknown, after", [("resend", State.QUEUED), ("hold", State.UNKNOWN)])
def test_what_a_dead_one_has_waits_again_or_is_in_doubt(
    store: Store, clock: Clock, on_unknown: OnUnknown, after: State
) -> None:  # S1, S4
    dead, alive = register(store, "dead:1"), register(store, "alive:1")
    claimed = store.write(lambda c: ledger.claim(c, clock(), 3, worker=dead))
    store.write(lambda c: ledger.begin(c, [claimed[0].id], clock(), dead))
    store.write(lambda c: ledger.claim(c, clock(), 2, worker=alive))
    silence(store, dead)

    assert ["dead:1"] == sweep(store, on_unknown)
    expected = sorted([after, State.QUEUED, State.QUEUED, State.QUEUED, State.CLAIMED, State.CLAIMED])
    assert expected == states(store)
    assert not store.write(lambda c: workers.beat(c, dead))
    assert store.write(lambda c: workers.beat(c, alive))


def test_nobody_is_dead_who_could_say_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:  # S1, X9
    """After the server was away all were silent; it is up for ten seconds."""
    monkeypatch.setattr(workers, "UP", text("CAST(extract(epoch FROM clock_timestamp()) - 10 AS BIGINT)"))
    worker = register(store)
    silence(store, worker)

    dead = [] if store.database.shared else ["a:1"]  # SQLite has no server
    assert dead == sweep(store)
    assert bool(dead) != store.write(lambda c: workers.beat(c, worker))


def test_one_that_was_thought_dead_begins_nothing(store: Store, clock: Clock) -> None:  # S1
    """Also where the same letter is another's by now."""
    asleep, awake = register(store), register(store)
    claimed = store.write(lambda c: ledger.claim(c, clock(), 2, worker=asleep))
    silence(store, asleep)
    sweep(store)
    taken = {each.id for each in store.write(lambda c: ledger.claim(c, clock(), 9, worker=awake))}
    numbers = [each.id for each in claimed]

    assert taken > set(numbers)
    assert set(numbers) == store.write(lambda c: ledger.begin(c, numbers, clock(), asleep))
    assert set() == store.write(lambda c: ledger.begin(c, numbers[:1], clock(), awake))


def test_the_verdict_of_one_that_was_thought_dead_is_heard_where_it_was_sent(
    store: Store, clock: Clock
) -> None:  # S1
    """Then nobody sends it twice; what another just sends is that one's."""
    asleep, awake = register(store), register(store)
    claimed = store.write(lambda c: ledger.claim(c, clock(), 3, worker=asleep))
    store.write(lambda c: ledger.begin(c, [each.id for each in claimed], clock(), asleep))
    silence(store, asleep)
    sweep(store)
    first, second, third = claimed
    again = store.write(lambda c: ledger.claim(c, clock(), 9, worker=awake))
    assert {each.id for each in again} > {each.id for each in claimed}
    store.write(lambda c: ledger.put_back(c, [third.id], awake))
    store.write(lambda c: ledger.begin(c, [first.id], clock(), awake))
    failed = Verdict(State.FAILED, None, True, 550, "5.7.1 no")
    told = [(first, SENT), (second, SENT), (third, failed)]
    store.write(lambda c: ledger.settle(c, told, clock(), asleep))

    found = {each.subscriber: each.state for each in store.read(lambda c: ledger.listing(c, None, []))}
    assert State.SENDING == found[first.subscriber]
    assert State.SENT == found[second.subscriber]
    assert State.QUEUED == found[third.subscriber]
    assert {second.id} == store.write(lambda c: ledger.begin(c, [second.id], clock(), awake))


def test_one_that_goes_leaves_nothing(store: Store, clock: Clock) -> None:
    worker = register(store)
    store.write(lambda c: ledger.claim(c, clock(), 3, worker=worker))
    store.write(lambda c: workers.retire(c, worker, "resend"))

    assert {State.QUEUED} == set(states(store))
    assert [] == store.read(workers.living)
    assert worker != register(store)


def test_a_chunk_has_its_own_letters(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.store.ledger.waiting.CHUNK", 4)
    chunks = store.read(lambda c: ledger.chunks_due(c, clock()))
    taken = [store.write(partial(ledger.claim, now=clock(), limit=9, chunk=each)) for each in chunks]

    assert [[1, 2, 3], [4, 5, 6]] == [sorted(each.id for each in some) for some in taken]
    assert [] == store.read(lambda c: ledger.chunks_due(c, clock()))
