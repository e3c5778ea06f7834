"""What is changed while other hosts send (PostgreSQL): nobody has a letter twice, and who lives is not thought dead."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from publisher.actions import erasing, resuming
from publisher.actions.house import House, Memory
from publisher.actions.publish import Published
from publisher.errors import BadState
from publisher.model.delivery import Delivery, State, Verdict
from publisher.store import choices, erasures, ledger, workers
from publisher.store.store import Store
from tests.conftest import Clock, Write
from tests.engine.conftest import edition_for
from tests.engine.test_workers import register, silence, states, sweep
from tests.patience import LONG

Publishes = Callable[..., Published]
SENT = Verdict(State.SENT, None, True, 250, "2.0.0 Ok")
Work = Callable[[Connection], object]
WAITS = """SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND state <> 'idle'"""


@pytest.fixture(autouse=True)
def long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of these tests is up for ever."""
    monkeypatch.setattr(workers, "UP", text("0"))


@pytest.fixture
def site(house: House, write: Write, clock: Clock, publishes: Publishes) -> House:
    """An edition of six letters."""
    return edition_for(house, write, clock, publishes, 6)


@pytest.fixture
def make_host(tmp_path: Path) -> Callable[[House], House]:
    """Another host of the same site, which has no mail."""

    def make(site: House) -> House:
        root = tmp_path / "host"
        (root / "state").mkdir(parents=True)
        return replace(site, root=root, mails=False, memory=Memory())

    return make


def meanwhile(store: Store, first: Work, second: Work) -> None:
    """*second* begins when *first* has done its work and is not committed, on another connection."""
    done, go = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        first(connection)
        done.set()
        go.wait(LONG)

    one = threading.Thread(target=store.beside, args=(work,))
    two = threading.Thread(target=store.write, args=(second,))
    one.start()
    assert done.wait(LONG)
    two.start()
    while not store.read(lambda c: c.exec_driver_sql(WAITS).scalar()):
        time.sleep(0.01)
    go.set()
    one.join(LONG)
    two.join(LONG)


def claimed(store: Store, clock: Clock, worker: int) -> Delivery:
    return store.write(partial(ledger.claim, now=clock(), limit=1, worker=worker))[0]


def test_a_letter_that_a_sender_just_begins_is_not_taken_back(site: House, clock: Clock) -> None:  # D4 S1
    store = site.store
    worker = register(store)
    letter = claimed(store, clock, worker)
    (newsletter,) = store.read(lambda c: c.exec_driver_sql("SELECT id FROM newsletters").scalars().all())
    meanwhile(
        store,
        lambda c: ledger.begin(c, [letter.id], clock(), worker),
        lambda c: choices.take_back(c, newsletter, letter.subscriber),
    )

    assert 1 == states(store).count(State.SENDING)
    assert 5 == states(store).count(State.QUEUED)


def test_a_letter_in_doubt_that_was_sent_is_not_queued_again(site: House, clock: Clock) -> None:  # S1 S4
    store = site.store
    worker = register(store)
    letter = claimed(store, clock, worker)
    store.write(lambda c: ledger.begin(c, [letter.id], clock(), worker))
    silence(store, worker)
    sweep(store, "hold")
    assert State.UNKNOWN in states(store)
    meanwhile(
        store,
        lambda c: ledger.settle(c, [(letter, SENT)], clock(), worker),
        lambda c: ledger.retry(c, [State.UNKNOWN], None, clock()),
    )

    assert 1 == states(store).count(State.SENT)


def test_who_lives_can_say_so_whatever_waits_to_be_written(site: House) -> None:  # S1
    store = site.store
    worker, busy, go = register(store), threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        busy.set()
        go.wait(LONG)

    other = threading.Thread(target=store.write, args=(slow,))
    other.start()
    assert busy.wait(LONG)
    try:
        assert store.beside(partial(workers.beat, worker=worker))
    finally:
        go.set()
        other.join(LONG)


def test_who_just_came_sweeps_nobody_who_may_have_been_cut_off_too(site: House) -> None:  # S1
    store = site.store
    worker = register(store)
    silence(store, worker)

    assert [] == store.write(partial(workers.sweep, on_unknown="resend", patient=True))
    assert store.write(lambda c: workers.lives(c, worker))
    assert ["a:1"] == sweep(store)


def test_nobody_resumes_while_others_send(site: House, clock: Clock) -> None:  # S4
    worker = register(site.store)
    with pytest.raises(BadState, match="a:1"):
        resuming.resume(site, clock())
    site.store.write(lambda c: workers.retire(c, worker, "resend"))

    assert 6 == resuming.resume(site, clock()).letters


def test_an_erasure_is_done_where_the_mail_lies(
    site: House, clock: Clock, make_host: Callable[[House], House]
) -> None:  # L8
    """And the lists of the others say so, too."""
    web = make_host(site)
    (reader,) = web.store.read(lambda c: [each.subscriber for each in ledger.listing(c, None, [])][:1])
    erasing.erase(web, reader, clock())

    assert not erasing.is_done(web)
    assert not erasing.is_gone(site, reader)
    assert 0 == erasing.finish(web)  # it is not its to finish
    assert 1 == len(site.store.read(erasures.undone))
    assert 1 == erasing.finish(site)
    assert erasing.is_gone(site, reader)
    assert erasing.is_done(web)
    assert (site.root / "state" / "erased").read_text() == (web.root / "state" / "erased").read_text()
