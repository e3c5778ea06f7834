"""People in pages, as an editor looks for them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from publisher.model.people import Reach, Wish, whose
from publisher.store import joins, notices, people
from publisher.store.database import Database
from publisher.store.store import Store

NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)


@pytest.fixture
def store(make_database: Callable[[Path], Database], tmp_path: Path) -> Iterator[Store]:
    made = Store(make_database(tmp_path), writing=True)
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


def plan(store: Store, work: Callable[[Connection], object]) -> str:
    """How SQLite does it."""

    def explain(connection: Connection) -> str:
        asked: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        work(connection)
        sql, given = asked[0]
        given = given[0] if isinstance(given, list) else given
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
        return "\n".join(row.detail for row in rows)

    return store.write(explain)


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


@pytest.mark.sqlite
def test_who_is_pending_is_found_without_walking_past_all_others(store: Store) -> None:
    fill(store)
    pending = partial(addresses, store, wish=Wish.PENDING)

    assert ["reader2@example.org"] == pending(limit=1)
    assert [[], ["reader2@example.org", "reader3@example.org"]] == [
        pending(newsletter=name) for name in ("daily", "weekly")
    ]
    assert [] == pending(reach=Reach.BOUNCED)
    for newsletter in ("", "weekly"):
        page = partial(people.page, wish=Wish.PENDING, newsletter=newsletter)
        assert "USING INDEX ix_subscriptions_pending" in plan(store, page)


@pytest.mark.sqlite
def test_letters_that_wait_are_found_without_walking_past_all_that_left(store: Store) -> None:
    fill(store)

    for newsletter in (None, 1):
        cancel = partial(notices.cancel, readers=[1, 2], newsletter=newsletter, note="gone")
        assert "(kind=? AND key>? AND key<?)" in plan(store, cancel)
    assert "USING INDEX ix_notices_queue" in plan(store, partial(notices.waiting, kind="yearly"))


@pytest.mark.sqlite
def test_a_few_are_looked_at_again_without_walking_past_all_others(store: Store) -> None:
    fill(store)

    for asked in (None, NOW):
        again = partial(joins.unanswered, newsletter=1, before=NOW, after=0, limit=9, asked=asked)
        assert "subscriptions_1 (newsletter=? AND subscriber=?)" in plan(store, partial(again, among=[1, 2]))
        assert "subscriptions_1 (newsletter=? AND subscriber>?)" in plan(store, again)
