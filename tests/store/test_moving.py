"""From one database into another: every row, every value, every number that was given (S1, S8, L8)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, SmallInteger, Table, UniqueConstraint
from sqlalchemy.sql.sqltypes import Text

from publisher.errors import BadInput, BadState, Unwritable
from publisher.store import moving, schema, sqlite_rows
from publisher.store.postgres import Postgres
from publisher.store.rows import columns
from publisher.store.sqlite import Sqlite
from publisher.store.store import Store
from publisher.store.tables import archives, metadata, subscribers
from tests import postgres, quick

Rows = dict[str, list[tuple[Any, ...]]]
MARK = "moved from here"
FENCE = ("file", "generation")
ALONE = [each for each in metadata.sorted_tables if not each.foreign_keys]


@pytest.fixture(autouse=True)
def _migrated_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """These are about rows: a new database is a copy of one that was migrated."""
    monkeypatch.setattr(schema, "upgrade", quick._upgrade)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A database on PostgreSQL, for one after another."""
    url = postgres.database()
    yield url
    postgres.give_back(url)


@pytest.fixture
def url(server: str) -> str:
    """Empty again."""
    with psycopg.connect(server, autocommit=True) as driver:
        driver.execute(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY")
    return server


def filled(path: Path, rows: Rows) -> Store:
    """A new SQLite file with these rows."""
    path.unlink(missing_ok=True)
    store = Store(Sqlite(path), writing=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as driver:
        driver.execute("PRAGMA synchronous = OFF")
        driver.execute("BEGIN")
        for name, some in rows.items():
            table = metadata.tables[name]
            holes = ", ".join("?" * len(table.columns))
            driver.executemany(f"INSERT INTO {name} ({columns(table)}) VALUES ({holes})", some)
        driver.execute("COMMIT")
    return store


def kept(where: Path | str) -> Rows:
    """All rows of a database, read by its own driver, without the notes of the fence."""
    opened: Any = sqlite3.connect(where) if isinstance(where, Path) else psycopg.connect(where)
    found: Rows = {}
    with closing(opened) as driver:
        for table in metadata.sorted_tables:
            rows = driver.execute(f"SELECT {columns(table)} FROM {table.name}").fetchall()
            found[table.name] = sorted((row for row in rows if row[0] not in FENCE), key=repr)
    return found


def there_and_back(store: Store, url: str, back: Path) -> None:
    """From SQLite to PostgreSQL, and into a new file."""
    store.move(Postgres(url), MARK, lambda *_: None)
    with closing(Store(Postgres(url), writing=False)) as there:
        there.move(Sqlite(back), MARK, lambda *_: None)


def sorted_rows(rows: Rows) -> Rows:
    return {each.name: sorted(rows.get(each.name, []), key=repr) for each in metadata.sorted_tables}


# Values of every column type


def cells(column: Column[Any]) -> st.SearchStrategy[Any]:
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, Text):
        found: st.SearchStrategy[Any] = st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0")
        )
    elif isinstance(kind, LargeBinary):
        found = st.binary(max_size=40)
    elif isinstance(kind, Boolean):
        found = st.sampled_from([0, 1])
    else:
        bits = 63 if isinstance(kind, BigInteger) else 15 if isinstance(kind, SmallInteger) else 31
        found = st.integers(1 if column.primary_key else -(1 << bits), (1 << bits) - 1)
    return st.none() | found if column.nullable else found


def tables(table: Table) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    names = [each.name for each in table.columns]
    keys = [[names.index(each.name) for each in table.primary_key.columns]]
    for each in table.constraints:
        if isinstance(each, UniqueConstraint):
            keys.append([names.index(column.name) for column in each.columns])
    apart = tuple(lambda row, places=places: tuple(row[at] for at in places) for places in keys)
    return st.lists(st.tuples(*map(cells, table.columns)), unique_by=apart, max_size=8)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.fixed_dictionaries({each.name: tables(each) for each in ALONE}))
def test_every_value_of_every_type_comes_back_as_it_was(rows: Rows, url: str, tmp_path: Path) -> None:  # S1
    with psycopg.connect(url, autocommit=True) as driver:
        driver.execute(f"TRUNCATE {', '.join(metadata.tables)}")
    back = tmp_path / "back.db"
    back.unlink(missing_ok=True)
    with closing(filled(tmp_path / "site.db", rows)) as store:
        there_and_back(store, url, back)

    assert sorted_rows(rows) == kept(url) == kept(back)


# What is carried beside rows


def person(number: int, address: str = "") -> tuple[Any, ...]:
    address = address or f"r{number}@example.org"
    return number, address, address, "reachable", None, 1_700_000_000, None


def test_no_number_is_given_again_though_its_row_is_gone(url: str, tmp_path: Path) -> None:  # L8
    back = tmp_path / "back.db"
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(5), person(77)]})) as store:
        store.write(lambda c: c.execute(subscribers.delete().where(subscribers.c.id == 77)))
        there_and_back(store, url, back)
    new = (
        "INSERT INTO subscribers (address, address_key, state, created) VALUES ('n', 'n', '', 0) RETURNING id"
    )
    with closing(sqlite3.connect(back)) as one, psycopg.connect(url) as other:
        given = [one.execute(new).fetchone(), other.execute(new).fetchone()]

    assert [(78,), (78,)] == given


def test_a_table_without_rows_begins_to_count_anew(url: str, tmp_path: Path) -> None:
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(1)]})) as store:
        there_and_back(store, url, tmp_path / "back.db")
    new = "INSERT INTO newsletters (name, created) VALUES ('n', 0) RETURNING id"
    with closing(sqlite3.connect(tmp_path / "back.db")) as one, psycopg.connect(url) as other:
        given = [one.execute(new).fetchone(), other.execute(new).fetchone()]

    assert [(1,), (1,)] == given


def shape(url: str) -> set[tuple[Any, ...]]:
    """What binds rows and finds them."""
    with psycopg.connect(url) as driver:
        bound = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        made = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        return {*driver.execute(bound), *driver.execute(made)}


def test_the_schema_is_afterwards_what_the_migrations_make(url: str, tmp_path: Path) -> None:
    before = shape(url)
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(1)]})) as store:
        there_and_back(store, url, tmp_path / "back.db")
    names = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    with (
        closing(sqlite3.connect(tmp_path / "back.db")) as one,
        closing(sqlite3.connect(tmp_path / "site.db")) as other,
    ):
        there, here = one.execute(names).fetchall(), other.execute(names).fetchall()

    assert before == shape(url)
    assert here == there


def test_it_goes_from_one_server_to_another(url: str, tmp_path: Path) -> None:
    rows = {"subscribers": [person(1), person(7)], "archives": [(1, None, 1)]}
    other = postgres.database()
    with closing(filled(tmp_path / "site.db", rows)) as store:
        store.move(Postgres(url), MARK, lambda *_: None)
    with closing(Store(Postgres(url), writing=False)) as there:
        assert there.is_at(Postgres(url.replace("127.0.0.1", "localhost")))
        assert not there.is_at(Postgres(other))
        there.move(Postgres(other), "moved from there", lambda *_: None)

    assert sorted_rows(rows) == kept(other)


def test_a_server_that_stops_meanwhile_is_said_in_a_line(tmp_path: Path) -> None:  # X9
    url = postgres.database()
    ended: list[str] = []

    def told(what: str, done: int, _: int) -> None:
        if what.startswith("moving") and done >= 500 and not ended:
            name = url.rpartition("/")[2]
            ended.append(name)
            postgres.server().run(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )

    with closing(filled(tmp_path / "site.db", {"subscribers": [person(n) for n in range(1, 9000)]})) as store:
        with pytest.raises(Unwritable, match="the database cannot be reached: ") as refused:
            store.move(Postgres(url), MARK, told)
        assert "\n" not in str(refused.value)
        assert sorted_rows({}) == kept(url)

        store.move(Postgres(url), MARK, lambda *_: None)

    assert 8999 == len(kept(url)["subscribers"])


# What cannot be moved


def test_a_nul_in_a_text_becomes_what_stands_for_it(url: str, tmp_path: Path) -> None:
    rows = {"subscribers": [person(1, "a\0b"), person(2)], "relays": [("x\0", None, None, 0)]}
    with closing(filled(tmp_path / "site.db", rows)) as store:
        moved = store.move(Postgres(url), MARK, lambda *_: None)
    with psycopg.connect(url) as driver:
        addresses = driver.execute("SELECT address, address_key FROM subscribers ORDER BY id").fetchall()

    assert [("a\N{REPLACEMENT CHARACTER}b",) * 2, ("r2@example.org",) * 2] == addresses
    assert {"subscribers": 1, "relays": 1} == moved.mended


LEAF = (b"a.md", 0, 1, 1, 0, "published", None, "", "", None, "[]")
ODD: dict[str, tuple[Rows, str]] = {
    "a number that is too large": (
        {"leaves": [(*LEAF[:2], 1 << 40, *LEAF[3:])]},
        "out of range.*leaves.*size",
    ),
    "a word for a number": ({"leaves": [(*LEAF[:2], "many", *LEAF[3:])]}, "invalid input.*leaves.*size"),
    "bytes for a text": ({"leaves": [(*LEAF[:5], b"\xff", *LEAF[6:])]}, "table leaves: it holds bytes"),
    "a key that is too long": ({"meta": [(Random(1).randbytes(3000).hex(), "")]}, "row size.*pk_meta"),
    "a row that belongs to none": (
        {"slugs": [("park", "nobody")]},
        r"Key \(article\)=\(nobody\) is not present",
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_the_other_cannot_hold_is_named_in_a_line_and_nothing_is_moved(
    odd: str, url: str, tmp_path: Path
) -> None:
    rows, said = ODD[odd]
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(1)]} | rows)) as store:
        before = kept(tmp_path / "site.db")
        with pytest.raises(BadState, match=said) as refused:
            store.move(Postgres(url), MARK, lambda *_: None)

    assert "\n" not in str(refused.value)
    assert sorted_rows({}) == kept(url)
    assert before == kept(tmp_path / "site.db")


def test_text_that_is_none_is_named_by_its_table(url: str, tmp_path: Path) -> None:
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(1)]})) as store:
        with closing(sqlite3.connect(tmp_path / "site.db")) as driver, driver:
            driver.execute("UPDATE subscribers SET address = CAST(x'c3' AS TEXT)")
        with pytest.raises(BadState, match="table subscribers: it holds what is no text"):
            store.move(Postgres(url), MARK, lambda *_: None)


def test_a_database_with_something_in_it_is_left_alone(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url, autocommit=True) as driver:
        driver.execute("INSERT INTO relays (name, changed) VALUES ('ours', 0)")
    here = filled(tmp_path / "other.db", {"subscribers": [person(9)]})
    here.close()
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(1)]})) as store:
        for target in (Postgres(url), here.database):
            with pytest.raises(BadInput, match="there is something in this database"):
                store.move(target, MARK, lambda *_: None)

    assert [("ours", None, None, 0)] == kept(url)["relays"]
    assert [person(9)] == kept(tmp_path / "other.db")["subscribers"]


# The comparison

WRONGS = {
    "a row is lost": lambda rows: rows[:-1],
    "a row comes twice": lambda rows: [*rows, (*rows[0][:1], *rows[0][1:])],
    "a flag is turned": lambda rows: [(*rows[0][:2], 1 - rows[0][2]), *rows[1:]],
    "two numbers change places": lambda rows: [
        (rows[0][0], rows[1][1], rows[0][2]),
        (rows[1][0], rows[0][1], rows[1][2]),
        *rows[2:],
    ],
    "nothing becomes zero": lambda rows: [*rows[:-1], (rows[-1][0], 0, rows[-1][2])],
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_it_is_found_when(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # S8
    rows = [(1, 10, 0), (2, 20, 1), (3, None, 0)]
    read = sqlite_rows.NewFile.rows

    def badly(self: Any, table: Table) -> Iterator[list[tuple[Any, ...]]]:
        for batch in read(self, table):
            yield WRONGS[wrong](batch) if table is archives else batch

    monkeypatch.setattr(sqlite_rows.NewFile, "rows", badly)
    said = pytest.raises(BadState, match="table archives: what arrived is not what left")
    with closing(filled(tmp_path / "site.db", {"archives": rows})) as store, said:
        store.move(Sqlite(tmp_path / "new.db"), MARK, lambda *_: None)

    assert not (tmp_path / "new.db").exists()


def test_progress_ends_where_it_said(url: str, tmp_path: Path) -> None:
    told = []
    with closing(filled(tmp_path / "site.db", {"subscribers": [person(n) for n in range(1, 600)]})) as store:
        store.move(Postgres(url), MARK, lambda *words: told.append(words))

    assert ("moving subscribers", 250, 1198) == told[0]
    assert ("comparing subscribers", 1198, 1198) == told[-1]


# Copies


def test_a_copy_of_a_database_on_postgresql_is_a_file_with_all_its_rows(url: str, tmp_path: Path) -> None:
    rows = {"subscribers": [person(3)], "archives": [(1, None, 1)]}
    with closing(filled(tmp_path / "site.db", rows)) as store:
        store.move(Postgres(url), MARK, lambda *_: None)
    with closing(Store(Postgres(url), writing=False)) as there:
        there.back_up(tmp_path / "saved.db", "the backup of today")
        there.copy(tmp_path / "tried.db").close()
    with closing(sqlite3.connect(tmp_path / "saved.db")) as driver:
        note = driver.execute("SELECT value FROM meta WHERE key = 'file'").fetchone()

    assert ("the backup of today",) == note
    assert sorted_rows(rows) == kept(tmp_path / "saved.db")
    assert sorted_rows({"archives": rows["archives"]}) == kept(tmp_path / "tried.db")


def test_what_is_left_out_of_a_trial_refers_to_the_rest_and_not_the_other_way() -> None:
    left = {each.name for each in moving.PEOPLE}
    kept_here = [each for each in metadata.sorted_tables if each.name not in left]

    assert [] == [
        (table.name, key.column.table.name)
        for table in kept_here
        for key in table.foreign_keys
        if key.column.table.name in left
    ]
