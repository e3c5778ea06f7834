"""A list never brings anybody back, and a dry run counts what the import then does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.actions import erasing, importing, readers
from publisher.actions.house import House
from publisher.model.people import Reach, Said, Wish
from publisher.store import consents, people
from publisher.subscribers import imports

if TYPE_CHECKING:
    from tests.conftest import Clock

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
def _one_was_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "known", lambda _: lambda key: key == "x@example.org")


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
