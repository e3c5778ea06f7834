"""PostgreSQL knows how many readers there are when many came at once; what is asked of it does not depend on that."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select, text

from publisher.store import editions, ledger, planning, statistics
from publisher.store.planning import Share, Turn
from publisher.store.postgres import Postgres
from publisher.store.store import Store
from publisher.store.tables import deliveries, subscribers, subscriptions
from tests import postgres

NOW = datetime(2026, 11, 29, tzinfo=UTC)
READERS = 4000


@pytest.fixture
def store() -> Iterator[Store]:
    url = postgres.database()
    with closing(Store(Postgres(url), writing=True)) as made:
        made.write(fill)
        yield made
    postgres.give_back(url)


def fill(connection: Connection) -> None:
    """A newsletter with READERS, who each have a letter that is due."""
    for statement in (
        "INSERT INTO newsletters (name, created) VALUES ('daily', 0)",
        "INSERT INTO cadences (newsletter, schedule, zone, slot, due) VALUES (1, '', '', 0, 0)",
        "INSERT INTO subscribers (address, address_key, state, created)"
        f" SELECT x || '@example.org', x || '@example.org', 'reachable', 0 FROM generate_series(1, {READERS}) AS x",
        "INSERT INTO subscriptions (newsletter, subscriber, state, seen_seq, source, changed, cadence)"
        " SELECT 1, id, 'active', 0, 'form', 0, 1 FROM subscribers",
        "INSERT INTO editions (newsletter, slot, planned, expires, upto_seq, include_existing, kind, release)"
        " VALUES (1, 'now', 0, 9999999999, 1, false, 'digest', 'released')",
        "INSERT INTO deliveries (edition, subscriber, variant, state, due, expires)"
        " SELECT 1, id, 1, 0, 0, 9999999999 FROM subscribers",
    ):
        connection.execute(text(statement))


def counted(connection: Connection) -> list[float]:
    """How many rows PostgreSQL thinks there are; -1: it never looked."""
    query = (
        "SELECT reltuples FROM pg_class WHERE relname IN ('subscribers', 'subscriptions') ORDER BY relname"
    )
    return list(connection.execute(text(query)).scalars())


def test_readers_who_came_at_once_are_counted_at_once(store: Store) -> None:
    assert [-1, -1] == store.read(counted)

    store.write(statistics.of_readers)

    assert [READERS, READERS] == store.read(counted)


def test_who_was_counted_is_not_counted_again(store: Store) -> None:
    asked: list[str] = []
    store.write(statistics.of_readers)
    store.write(statistics.of_letters)
    heard: Callable[..., None] = lambda *given: asked.append(given[2])  # noqa: E731

    def again(connection: Connection) -> None:
        event.listen(connection, "before_cursor_execute", heard)
        statistics.of_readers(connection)
        statistics.of_letters(connection)

    store.write(again)

    assert 4 == len(asked)
    assert [] == [sql for sql in asked if "ANALYZE" in sql]


def read(store: Store, work: Callable[[Connection], Any], table: str) -> int:
    """How many rows of *table* the queries of *work* looked at, as PostgreSQL explains them."""
    found: list[int] = []

    def explain(connection: Connection, _: object, sql: str, given: Any, *__: object) -> None:
        if table in sql and sql.startswith(("SELECT", "WITH")):
            driver: Any = connection.connection.driver_connection
            found.append(
                looked_at(driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", given).fetchone()[0], table)
            )

    assert store._sender
    with store._sender.owner.connect() as connection, connection.begin():
        event.listen(connection, "before_cursor_execute", explain)
        work(connection)
    assert found
    return sum(found)


def looked_at(plan: Any, table: str) -> int:
    """The rows of *table* in a plan that was carried out."""
    if isinstance(plan, list):
        return sum(looked_at(each, table) for each in plan)
    if not isinstance(plan, dict):
        return 0
    mine = 0
    if plan.get("Relation Name") == table:
        mine = round(plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)))
    return mine + sum(looked_at(each, table) for each in plan.values())


def test_a_claim_looks_up_the_readers_of_the_letters_that_it_takes(store: Store) -> None:
    taken: list[Any] = []

    def claim(connection: Connection) -> None:
        taken.extend(ledger.claim(connection, NOW, 100))

    assert 200 >= read(store, claim, "subscribers")
    assert list(range(1, 101)) == [each.subscriber for each in taken]


def test_planning_walks_on_from_the_last_reader(store: Store) -> None:
    store.write(statistics.of_readers)

    chunk = partial(planning.readers, cadence=1, after=READERS - 100, limit=50, day=0)

    def side_by_side(connection: Connection) -> None:
        """As PostgreSQL does with a million, whose pages are many."""
        connection.execute(text("SET LOCAL enable_mergejoin = on; SET LOCAL enable_nestloop = off"))
        chunk(connection)

    assert 400 >= read(store, side_by_side, "subscribers")
    assert 50 == store.read(chunk).readers


def test_letters_of_readers_with_large_numbers_are_spread_too(store: Store) -> None:  # S9
    key = 2_000_000_000
    turn = Turn(1, NOW, NOW + timedelta(days=1), 0, spread=1200)

    def plan(connection: Connection) -> int:
        person = {"id": key, "address": "a@example.org", "address_key": "a@example.org", "state": "reachable"}
        connection.execute(insert(subscribers).values(**person, created=NOW))
        wish = {"newsletter": 1, "subscriber": key, "state": "active", "seen_seq": 0, "source": "form"}
        connection.execute(insert(subscriptions).values(**wish, changed=NOW, cadence=1))
        progress = editions.progress(connection, 1)
        assert progress
        planning.add_deliveries(connection, progress.edition, turn, [Share(1, 0, f"[{key}]")], key)
        due = select(deliveries.c.due).where(deliveries.c.subscriber == key)
        return int((connection.execute(due).scalar_one() - NOW).total_seconds())

    assert key * 648_055 % 2**20 * 120 // 2**20 * 10 == store.write(plan)
