"""Door: all rows of a SQLite database, out or in: see rows."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path

from sqlalchemy import NullPool, Table, create_engine

from publisher.errors import BadState
from publisher.store import schema
from publisher.store.rows import BATCH, Row, columns
from publisher.store.tables import metadata

_LAST = "SELECT max(ifnull((SELECT seq FROM sqlite_sequence WHERE name = ?), 0), ifnull((SELECT max({}) FROM {}), 0))"


class Rows:
    """See Source."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def count(self, table: Table) -> int:
        (found,) = self._driver.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        return int(found)

    def rows(self, table: Table) -> Iterator[list[Row]]:
        """Raises BadState for text that is none."""
        try:
            cursor = self._driver.execute(f"SELECT {columns(table)} FROM {table.name}")
            while batch := cursor.fetchmany(BATCH):
                yield batch
        except sqlite3.OperationalError as error:
            if "UTF-8" not in str(error):
                raise
            where, mend = f"table {table.name}", "mend that row with the program sqlite3"
            raise BadState(f"it holds what is no text: {error}"[:300], where, mend) from error

    def last_keys(self) -> dict[str, int]:
        found = {}
        for table in metadata.sorted_tables:
            if (key := table.autoincrement_column) is not None:
                last = _LAST.format(key.name, table.name)
                (found[table.name],) = self._driver.execute(last, (table.name,)).fetchone()
        return found


class NewFile(Rows):
    """See Target. What is written is not made to last."""

    def __init__(self, driver: sqlite3.Connection, place: Path) -> None:
        super().__init__(driver)
        self._place = place
        self._indexes: list[str] = []

    def empty(self) -> bool:
        log = _beside(self._place)[0]  # of a database that was moved aside without it
        return not any(each.exists() and each.stat().st_size for each in (self._place, log))

    def noted(self) -> str:
        return _noted(self._place) if self._place.exists() else ""

    def clear(self) -> None:
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        for name, sql in self._driver.execute(made).fetchall():
            self._driver.execute(f'DROP INDEX "{name}"')
            self._indexes.append(sql)

    def fit(self, table: Table, rows: list[Row]) -> list[Row]:
        return rows

    def put(self, table: Table, batches: Iterable[list[Row]]) -> None:
        into = f"INSERT INTO {table.name} ({columns(table)}) VALUES ({', '.join('?' * len(table.columns))})"
        self._driver.executemany(into, chain.from_iterable(batches))

    def finish(self, last_keys: Mapping[str, int]) -> None:
        for sql in self._indexes:
            self._driver.execute(sql)
        for name, last in last_keys.items():
            if last and metadata.tables[name].dialect_options["sqlite"]["autoincrement"]:
                self._driver.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
                self._driver.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))

    def note(self, file: str) -> None:
        self._driver.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('file', ?)", (file,))


@contextmanager
def source(driver: sqlite3.Connection) -> Iterator[Rows]:
    """The rows of the database as they are now."""
    driver.execute("BEGIN")
    try:
        driver.execute("SELECT 1 FROM meta").fetchone()
        yield Rows(driver)
    finally:
        driver.execute("ROLLBACK")


@contextmanager
def target(place: Path) -> Iterator[NewFile]:
    """A new database, which stands at *place* when all is well: before, nothing there is touched."""
    new = place.with_name(f"{place.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    try:
        engine = create_engine("sqlite://", creator=lambda: _opened(new), poolclass=NullPool)
        schema.upgrade(engine)
        with closing(_opened(new)) as driver:
            driver.execute("BEGIN")
            yield NewFile(driver, place)
            driver.execute("COMMIT")
        for each in _beside(place):  # of a move that was cut off
            each.unlink(missing_ok=True)
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection:
    made = sqlite3.connect(path, isolation_level=None)
    made.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")
    return made


def _beside(path: Path) -> list[Path]:
    """Its log: whoever finds one there has another database's."""
    return [path.with_name(f"{path.name}-{each}") for each in ("wal", "shm")]


def _noted(path: Path) -> str:
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as one,
    ):
        found = one.execute("SELECT value FROM meta WHERE key = 'file'").fetchone()
        return str(found[0]) if found else ""
    return ""
