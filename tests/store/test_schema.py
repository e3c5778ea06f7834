"""The migrations make what the code expects."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect

from publisher.store import articles, ledger, schema
from publisher.store.tables import metadata


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert [] == differences


def test_the_newest_migration_is_the_one_we_want() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))

    assert [schema.HEAD] == ScriptDirectory.from_config(config).get_heads()


def test_upgrading_twice_is_upgrading_once(engine: Engine) -> None:
    schema.upgrade(engine)
    before = inspect(engine).get_table_names()
    schema.upgrade(engine)

    assert before == inspect(engine).get_table_names()


def test_the_queue_is_found_without_reading_what_was_sent(engine: Engine) -> None:
    """Claiming asks the index of what waits, however much history there is (S8)."""
    schema.upgrade(engine)
    asked: list[str] = []

    with engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
        ledger.claim(connection, datetime.now(UTC), 10)
        ledger.is_due(connection, datetime.now(UTC))
        queries = [sql for sql in asked if "deliveries.state = 0" in sql]
        plans = [
            row.detail
            for sql in queries
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple([0] * sql.count("?")))
        ]

    assert 2 == len(queries)
    assert [] == [
        detail for detail in plans if detail.startswith("SCAN deliveries") and "INDEX" not in detail
    ]


def test_the_order_of_publication_is_walked_and_not_sorted(engine: Engine) -> None:
    """A document of the archive, or a slice of pages, costs what is in it, however much was ever published."""
    schema.upgrade(engine)
    asked: list[str] = []

    with engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
        articles.between(connection, 0, 200)
        articles.between(connection, 0, limit=200)
        articles.standing(connection, 0, 200)
        queries = [sql for sql in asked if "ORDER BY articles.seq" in sql]
        plans = [
            row.detail
            for sql in queries
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple([0] * sql.count("?")))
        ]

    assert 3 == len(queries)
    assert ["SEARCH articles USING INDEX sqlite_autoindex_articles_2"] * 3 == [
        detail.partition(" (")[0] for detail in plans
    ]
