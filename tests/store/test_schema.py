"""The migrations make what the code expects."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql

from publisher.errors import BadState
from publisher.store import articles, facts, ledger, schema
from publisher.store.database import Database
from publisher.store.postgres import Postgres
from publisher.store.sqlite import Sqlite
from publisher.store.store import Store
from publisher.store.tables import metadata
from tests import postgres


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return Sqlite(tmp_path / "a.db")
    return Postgres(postgres.database(migrated=False))


@pytest.fixture
def writer(empty: Database) -> Iterator[Engine]:
    engine = empty.writer()
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables(writer: Engine) -> None:
    schema.upgrade(writer)
    with writer.connect() as connection:
        options = {"compare_type": True, "compare_server_default": connection.dialect.name == "postgresql"}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert [] == differences


def test_text_of_postgresql_is_compared_by_its_code_points_everywhere() -> None:  # X9
    """Whatever its database is made for: the order of names, and that two of them are one, is SQLite's."""
    with psycopg.connect(postgres.database()) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'text' AND table_name <> 'alembic_version'"
            " AND table_name NOT LIKE 'procrastinate%'"  # another test's queue
        ).fetchall()
    text = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.type.compile(postgresql.dialect()).startswith("TEXT")
    }

    assert text == {(table, column) for table, column, _ in columns}
    assert {"C"} == {collation for *_, collation in columns}


def test_indexes_of_few_rows_have_those_rows_in_both_databases(engine: Engine) -> None:  # S8
    """Each has the condition that the model says, as each database writes it."""
    schema.upgrade(engine)
    wanted = {
        index.name: index.dialect_options["sqlite"]["where"].text
        for table in metadata.sorted_tables
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql LIKE '% WHERE %'"
        ).all()
    with psycopg.connect(postgres.database()) as other:
        found = other.execute(
            "SELECT i.relname, pg_get_expr(indpred, indrelid) FROM pg_index JOIN pg_class i ON i.oid = indexrelid"
            " WHERE indpred IS NOT NULL AND i.relnamespace = 'public'::regnamespace"
        ).fetchall()

    assert {name: plain(where) for name, where in wanted.items()} == {
        row.name: plain(row.sql.partition(" WHERE ")[2]) for row in rows
    }
    assert {name: plain(where) for name, where in wanted.items()} == {
        name: plain(where) for name, where in found
    }


def plain(condition: str) -> str:
    """Without what each database adds: brackets, types, its own words for the same."""
    words = re.sub(r"::(text|integer|bigint|\"?char\"?)(\[\])?|[()\[\]{}]", "", condition)
    words = words.replace("= ANY ARRAY", "IN ").replace("!=", "<>")
    return " ".join(words.split())


def test_the_program_makes_its_tables_in_an_empty_database(empty: Database) -> None:
    with pytest.raises(BadState, match=r"the database has schema none, .* run `nashir publish`") as refusal:
        if not empty.shared:
            made = empty.writer()
            made.connect().close()  # there is a file, and nothing in it
            made.dispose()
        Store(empty, writing=False)
    assert 78 == refusal.value.exit
    with closing(Store(empty, writing=True)) as store:
        store.write(lambda c: facts.put(c, "a", "b"))
    with closing(Store(empty, writing=False)) as store:
        assert "b" == store.read(lambda c: facts.get(c, "a"))


def test_a_database_of_a_newer_program_is_named_and_left_alone(empty: Database) -> None:
    with closing(Store(empty, writing=True)) as store:
        store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for writing in (True, False):
        with pytest.raises(BadState, match=r"schema 9999.* newer nashir$") as refusal:
            Store(empty, writing=writing)
        assert (78, empty.where) == (refusal.value.exit, refusal.value.where)
        assert "\n" not in str(refusal.value)


def test_the_newest_migration_is_the_one_we_want() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))

    assert [schema.HEAD] == ScriptDirectory.from_config(config).get_heads()


def test_upgrading_twice_is_upgrading_once(writer: Engine) -> None:
    schema.upgrade(writer)
    before = inspect(writer).get_table_names()
    schema.upgrade(writer)

    assert before == inspect(writer).get_table_names()
    assert {"alembic_version", *metadata.tables} == set(before)


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
