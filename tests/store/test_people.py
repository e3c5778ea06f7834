"""People in pages, as an editor looks for them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from publisher.model.people import Reach, Wish, whose
from publisher.store import people
from publisher.store.store import Store

NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "nashir.db", writing=True)
    yield made
    made.close()


def fill(store: Store) -> None:
    def write(connection: Connection) -> None:
        known = people.sync_newsletters(connection, ["daily", "weekly"], NOW)
        names = [f"reader{n}@example.org" for n in range(5)] + ["Nur_100%@example.net"]
        found = people.ensure(connection, {name.casefold(): name for name in names}, NOW)
        numbers = [found[name.casefold()].id for name in names]
        people.set_wishes(connection, numbers[:3], known["daily"].id, Wish.ACTIVE, "added", NOW)
        people.set_wishes(connection, numbers[2:4], known["weekly"].id, Wish.PENDING, "added", NOW)
        people.set_reach(connection, numbers[0], Reach.BOUNCED)

    store.write(write)


def addresses(store: Store, **wanted: object) -> list[str]:
    found = store.read(lambda c: people.page(c, **wanted))  # type: ignore[arg-type]
    return [each.subscriber.address for each in found]


def test_pages_follow_each_other_and_miss_nobody(store: Store) -> None:
    fill(store)

    pages, after = [], 0
    while found := store.read(partial(people.page, after=after, limit=4)):
        pages += found
        after = found[-1].subscriber.id
    assert store.read(people.listing) == pages


def test_an_editor_finds_people_by_a_part_of_the_address_whatever_its_capitals(store: Store) -> None:
    fill(store)

    assert ["Nur_100%@example.net"] == addresses(store, contains="nUR")
    assert ["Nur_100%@example.net"] == addresses(store, contains="_100%")
    assert [] == addresses(store, contains="nur%net")


def test_an_editor_finds_people_by_what_they_are_to_the_site(store: Store) -> None:
    fill(store)

    assert ["reader0@example.org"] == addresses(store, reach=Reach.BOUNCED)
    assert ["reader2@example.org", "reader3@example.org"] == addresses(store, newsletter="weekly")
    assert ["reader2@example.org", "reader3@example.org"] == addresses(store, wish=Wish.PENDING)
    assert ["reader1@example.org"] == addresses(store, reach=Reach.REACHABLE, newsletter="daily", limit=1)


def test_who_is_counted_as_a_reader_is_mailed(store: Store) -> None:  # L1
    fill(store)

    assert {"daily": 2} == store.read(people.readers)  # the third of them bounced
    assert 2 == store.read(people.tally)["active"]


@pytest.mark.parametrize(
    "state, wanted",
    [
        ("active", (Wish.ACTIVE, Reach.REACHABLE)),
        ("ended", (Wish.ENDED, Reach.REACHABLE)),
        ("complained", (None, Reach.COMPLAINED)),
        ("", (None, None)),
        (None, (None, None)),
        ("mailed", (None, None)),
    ],
)
def test_a_list_by_the_state_of_subscriptions_is_of_those_who_can_be_reached(state, wanted) -> None:  # L1
    assert wanted == whose(state)
