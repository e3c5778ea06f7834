"""A list never brings anybody back, and a dry run counts what the import then does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from publisher.actions import erasing, importing, plan, readers, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.model.delivery import State
from publisher.model.people import Reach, Said, Wish
from publisher.store import consents, ledger, people
from publisher.subscribers import imports

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

LIST = [
    "email,status\n",
    "a@example.org,subscribed\n",
    "b@example.org,unsubscribed\n",
    "c@example.org,cleaned\n",
    "d@example.org,spam\n",
    "A@example.org,subscribed\n",
    "nonsense,subscribed\n",
    "e@example.org,pending\n",
    "x@example.org,subscribed\n",
]


@pytest.fixture(autouse=True)
def _one_was_erased(house: House, clock: Clock) -> None:
    readers.add(house, "x@example.org", None, clock(), confirmed=True, by="a test")
    erasing.erase(house, 1, clock())


def take(house: House, clock: Clock, *, dry_run: bool = False) -> tuple[int, ...]:
    done = importing.import_rows(
        house,
        imports.rows(LIST),
        None,
        clock(),
        confirmed=True,
        dry_run=dry_run,
    )
    return done.rows, done.added, done.already, done.kept, done.gone, done.refused


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_a_dry_run_counts_what_the_import_does(
    chunk: int, house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # L7
    monkeypatch.setattr(importing, "CHUNK", chunk)
    readers.add(house, "b@example.org", None, clock(), confirmed=True)
    expected = (8, 2, 1, 1, 3, 1)

    assert expected == take(house, clock, dry_run=True)
    assert expected == take(house, clock)
    found = {each.subscriber.address: each for each in house.store.read(people.listing)}
    assert {
        "a@example.org": (Reach.REACHABLE, {"daily": Wish.ACTIVE}),
        "b@example.org": (Reach.REACHABLE, {"daily": Wish.ENDED}),
        "c@example.org": (Reach.BOUNCED, {}),
        "d@example.org": (Reach.COMPLAINED, {}),
        "e@example.org": (Reach.REACHABLE, {"daily": Wish.PENDING}),
    } == {address: (each.subscriber.state, each.newsletters) for address, each in found.items()}
    said = house.store.read(lambda c: consents.of(c, found["a@example.org"].subscriber.id))
    assert [Said.VOUCHED] == [each.event for each in said]
    assert 0 == sum(take(house, clock)[i] for i in (1, 4))  # again is the same as once


@pytest.mark.parametrize("window, chunk", [(1, 1), (3, 2), (20_000, 2), (20_000, 1000)])
def test_rows_are_told_in_their_order_however_they_are_taken(
    window: int, chunk: int, house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # L7
    monkeypatch.setattr(importing, "WINDOW", window)
    monkeypatch.setattr(importing, "CHUNK", chunk)
    told, progress = list[tuple[int, str]](), list[tuple[int, int]]()
    importing.import_rows(
        house,
        imports.rows(LIST),
        None,
        clock(),
        confirmed=True,
        dry_run=False,
        report=lambda row, became, _: told.append((row.line, became)),
        progress=lambda done, read: progress.append((done, read)),
    )

    fates = ["added", "gone", "gone", "gone", "already", "refused", "added", "kept"]
    assert list(enumerate(fates, 2)) == told
    assert (8, 8) == progress[-1]
    assert progress == sorted(progress)
    assert all(done <= read for done, read in progress)


def test_a_list_of_the_unreachable_cancels_what_has_not_left(
    house: House, write: Write, publishes: Callable[[House], Published], clock: Clock
) -> None:  # L7
    publishes(house)
    for name in "abc":
        readers.add(house, f"{name}@example.org", None, clock(), confirmed=True)
    write(house, "a.txt", "خبر\nنص الخبر.\n")
    publishes(house)
    number = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert number
    plan.plan(house, number, clock())
    gone = ["email,status\n", "a@example.org,cleaned\n", "b@example.org,spam\n"]
    importing.import_rows(house, imports.rows(gone), None, clock(), confirmed=True, dry_run=False)
    rows = house.store.read(lambda c: ledger.listing(c, None, []))

    assert {
        "a@example.org": (State.CANCELLED, "the reader cannot be reached"),
        "b@example.org": (State.CANCELLED, "the reader complained"),
        "c@example.org": (State.QUEUED, ""),
    } == {row.address: (row.state, row.note) for row in rows}


def test_the_language_of_a_list_is_that_of_who_said_none_here(house: House, clock: Clock) -> None:  # L7
    readers.add(house, "a@example.org", None, clock(), confirmed=False, language="he")
    readers.add(house, "b@example.org", None, clock(), confirmed=False)
    lines = ["email,language\n", *(f"{name}@example.org,AR\n" for name in "abc"), "d@example.org,?!\n"]
    importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=False)

    assert {"a": "he", "b": "ar", "c": "ar", "d": None} == {
        each.subscriber.address[0]: each.subscriber.language for each in house.store.read(people.listing)
    }


def test_a_reason_is_counted_whole_and_without_the_address(house: House, clock: Clock) -> None:  # L7
    lines = ["email\n", "a b@example.org\n", "c d@example.org\n", '""\n', "x\n"]
    done = importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=True)

    ((reason, times),) = done.reasons.most_common(1)
    assert (2, 3) == (times, done.refused)
    assert reason.startswith("The email address contains invalid characters")
    assert "example" not in reason


def test_who_is_erased_while_an_import_runs_stays_out(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    monkeypatch.setattr(importing, "WINDOW", 1)
    readers.add(house, "c@example.org", None, clock(), confirmed=True, by="a test")
    (victim,) = [each.subscriber.id for each in house.store.read(people.page) if each.subscriber.address]

    def progress(done: int, _: int) -> None:
        if done == 1:
            erasing.erase(house, victim, clock())

    done = importing.import_rows(
        house,
        imports.rows(["a@example.org\n", "c@example.org\n"]),
        None,
        clock(),
        confirmed=True,
        dry_run=False,
        progress=progress,
    )

    assert (1, 1) == (done.added, done.kept)
    assert house.store.read(lambda c: people.find(c, "c@example.org")) is None
