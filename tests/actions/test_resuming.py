"""What a restored database does not know of: letters and editions that may have left since."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publisher.actions import plan, readers, resuming, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.model.delivery import OnUnknown, State
from publisher.model.digest import Release
from publisher.store import editions, ledger
from publisher.store.tables import deliveries
from publisher.store.tables import editions as rows
from tests.conftest import Clock, Write

SLOT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # seven in Baghdad
Publishes = Callable[..., Published]


@pytest.fixture
def paper(house: House, write: Write, publishes: Publishes, clock: Clock) -> House:
    """A daily with two readers, and an article that is in no letter yet."""
    write(house, "old.md", "# قديم\n\nنص.\n")
    publishes(house)
    for name in ("ann", "bob"):
        readers.add(house, f"{name}@example.org", None, clock(), confirmed=True)
    write(house, "new.md", "# جديد\n\nنص.\n")
    publishes(house)
    return house


def resumed(house: House, on_unknown: OnUnknown, now: datetime) -> resuming.Doubt:
    return resuming.resume(replace(house, mail=replace(house.mail, on_unknown=on_unknown)), now)


def letters(house: House, now: datetime) -> int:
    """How many are planned at this time."""
    before = sum(house.store.read(ledger.tally).values())
    numbers, problems = slots.due_editions(house, tuple(house.newsletters.values()), now)
    assert not problems
    for number in numbers:
        plan.plan(house, number, now)
    return sum(house.store.read(ledger.tally).values()) - before


def test_what_came_due_meanwhile_is_named_and_made(paper: House) -> None:  # S4
    now = SLOT + timedelta(minutes=5)

    assert resuming.Doubt(0, ()) == resuming.look(paper, SLOT - timedelta(minutes=5))
    assert resuming.Doubt(0, ("daily",)) == resuming.look(paper, now) == resumed(paper, "resend", now)
    assert 2 == letters(paper, now)


def test_with_hold_it_is_passed_over_and_its_articles_are_in_the_next(paper: House) -> None:  # S4
    now = SLOT + timedelta(minutes=5)

    assert resuming.Doubt(0, ("daily",)) == resumed(paper, "hold", now)
    assert resuming.Doubt(0, ()) == resuming.look(paper, now)
    assert 0 == letters(paper, now)
    paper.memory.looked = None  # as after a start
    assert 0 == letters(paper, now + timedelta(minutes=1))
    assert 2 == letters(paper, now + timedelta(days=1))


@pytest.fixture
def planned(paper: House) -> House:
    """Two letters wait."""
    assert 2 == letters(paper, SLOT)
    return paper


def states(house: House) -> list[State]:
    return [row.state for row in house.store.read(lambda c: ledger.listing(c, None, []))]


@pytest.mark.parametrize("state", [State.QUEUED, State.CLAIMED, State.SENDING])
@pytest.mark.parametrize(
    "on_unknown, after", [("resend", [State.QUEUED, State.SENT]), ("hold", [State.UNKNOWN, State.SENT])]
)
def test_letters_that_may_have_left_leave_or_are_in_doubt(
    planned: House, state: State, on_unknown: OnUnknown, after: list[State]
) -> None:  # S4
    change(planned, 1, state=state)
    change(planned, 2, state=State.SENT)
    now = SLOT + timedelta(minutes=1)

    assert 1 == resuming.look(planned, now).letters == resumed(planned, on_unknown, now).letters
    assert after == states(planned)


@pytest.mark.parametrize(
    "values", [{"due": SLOT + timedelta(hours=1)}, {"expires": SLOT}, {"state": State.FAILED}]
)
def test_letters_that_cannot_have_left_since_are_not_in_doubt(planned: House, values: dict[str, Any]) -> None:
    change(planned, 1, **values)
    before = states(planned)[0]
    now = SLOT + timedelta(minutes=1)

    assert 1 == resumed(planned, "hold", now).letters
    assert [before, State.UNKNOWN] == states(planned)


@pytest.mark.parametrize(
    "values, release",
    [({"complete": False}, Release.RELEASED), ({"release": Release.PROPOSED}, Release.HELD)],
)
def test_an_edition_that_was_under_way_has_no_more_letters_with_hold(
    planned: House, values: dict[str, Any], release: Release
) -> None:  # S4 D8
    now = SLOT + timedelta(minutes=1)
    planned.store.write(lambda c: c.execute(rows.update().values(**values)))

    assert ("daily",) == resumed(planned, "hold", now).newsletters
    found = planned.store.read(lambda c: editions.progress(c, 1))
    assert found
    assert (True, release) == (found.complete, found.edition.release)


def change(house: House, letter: int, **values: Any) -> None:
    row = deliveries.update().where(deliveries.c.id == letter).values(**values)
    house.store.write(lambda c: c.execute(row))
