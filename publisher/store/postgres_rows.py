"""Door: all rows of a database on PostgreSQL, out or in: see rows."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Table, Text

from publisher.errors import BadState
from publisher.store.rows import BATCH, Row, columns
from publisher.store.tables import metadata

if TYPE_CHECKING:
    Driver = psycopg.Connection[tuple[Any, ...]]

# What the driver notes beside an error is no second line for a person; the daemon's log has it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())
_UNFIT = ("22", "23", "54")  # no value of its type; nothing that may stand there; longer than a key can be
NUL, INSTEAD = "\0", "\N{REPLACEMENT CHARACTER}"  # PostgreSQL's text holds no U+0000
_OURS = [each.name for each in metadata.sorted_tables]
_TYPES = "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
# What makes a row dear: each is dropped, and made again from these words when all rows are there.
_BOUND = (
    "SELECT r.relname, c.conname, c.contype::text, pg_get_constraintdef(c.oid) FROM pg_constraint c"
    " JOIN pg_class r ON r.oid = c.conrelid WHERE c.contype IN ('f', 'p', 'u') AND r.relname = ANY(%s)"
    " AND c.connamespace = current_schema()::regnamespace ORDER BY c.contype = 'f', r.relname, c.conname"
)
_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s)"
    " AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u')) ORDER BY indexname"
)
_AT_EASE = (  # for this transaction
    "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0;"
    " SET LOCAL maintenance_work_mem = '256MB'"
)


class Rows:
    """See Source."""

    def __init__(self, driver: "Driver") -> None:
        self._driver = driver

    def count(self, table: Table) -> int:
        return int(self._one(f"SELECT count(*) FROM {table.name}"))

    def rows(self, table: Table) -> Iterator[list[Row]]:
        types: dict[str, int] = dict(self._driver.execute(_TYPES, (table.name,)).fetchall())
        out = f"COPY (SELECT {columns(table)} FROM {table.name}) TO STDOUT (FORMAT BINARY)"
        with self._driver.cursor() as cursor, cursor.copy(out) as copy:
            copy.set_types([types[each.name] for each in table.columns])
            found = copy.rows()
            while batch := list(islice(found, BATCH)):
                yield batch

    def last_keys(self) -> dict[str, int]:
        found = {}
        for name, sequence in self._sequences().items():
            found[name] = int(
                self._one(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
            )
        return found

    def _sequences(self) -> dict[str, str]:
        """What counts up, by table."""
        keys = [(each.name, each.autoincrement_column) for each in metadata.sorted_tables]
        asked = "SELECT pg_get_serial_sequence(%s, %s)"
        return {name: self._one(asked, (name, key.name)) for name, key in keys if key is not None}

    def _one(self, query: str, given: tuple[Any, ...] = ()) -> Any:
        row = self._driver.execute(query, given or None).fetchone()
        assert row
        return row[0]


class Emptied(Rows):
    """See Target. Nobody sees any of it before the transaction is committed."""

    def __init__(self, driver: "Driver", where: str) -> None:
        super().__init__(driver)
        self._where = where
        self._bound: list[tuple[str, str, str, str]] = []
        self._indexes: dict[str, str] = {}

    def empty(self) -> bool:
        return not any(self._one(f"SELECT EXISTS (SELECT 1 FROM {name})") for name in _OURS)

    def noted(self) -> str:
        found = self._driver.execute("SELECT value FROM meta WHERE key = 'file'").fetchone()
        return str(found[0]) if found else ""

    def clear(self) -> None:
        # What a move that was cut off left there is given back to the disk; rows can be written as if they were old.
        self._driver.execute(f"TRUNCATE {', '.join(_OURS)} RESTART IDENTITY")
        self._bound = self._driver.execute(_BOUND, (_OURS,)).fetchall()
        self._indexes = dict(self._driver.execute(_INDEXES, (_OURS,)).fetchall())
        for table, name, _, _ in reversed(self._bound):  # what refers to a key before it
            self._driver.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        for name in self._indexes:
            self._driver.execute(f'DROP INDEX "{name}"')

    def fit(self, table: Table, rows: list[Row]) -> list[Row]:
        """U+0000 becomes U+FFFD, the same everywhere: what was equal is. Raises BadState for text that is bytes."""
        places = _texts(table)
        if not places:
            return rows
        one = map(itemgetter(*places), rows)
        try:
            if NUL not in "".join(filter(None, one if len(places) == 1 else chain.from_iterable(one))):
                return rows
        except TypeError as error:
            where, mend = f"table {table.name}", "mend that row with the program sqlite3"
            raise BadState("it holds bytes where text should be", where, mend) from error
        return [
            tuple(each.replace(NUL, INSTEAD) if isinstance(each, str) else each for each in row)
            for row in rows
        ]

    def put(self, table: Table, batches: Iterable[list[Row]]) -> None:
        into = f"COPY {table.name} ({columns(table)}) FROM STDIN (FREEZE)"
        with self._said(), self._driver.cursor() as cursor, cursor.copy(into) as copy:
            write = copy.write_row
            for row in chain.from_iterable(batches):
                write(row)

    def finish(self, last_keys: Mapping[str, int]) -> None:
        bound = [
            (kind, f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {made}')
            for table, name, kind, made in self._bound
        ]
        keys = [each for kind, each in bound if kind != "f"]
        references = [each for kind, each in bound if kind == "f"]
        with self._said():
            for each in (*keys, *self._indexes.values(), *references):
                self._driver.execute(each)
        for name, sequence in self._sequences().items():
            if last := last_keys.get(name, 0):
                self._driver.execute("SELECT setval(%s, %s)", (sequence, last))
        self._driver.execute(f"ANALYZE {', '.join(_OURS)}")

    def note(self, file: str) -> None:
        written = "INSERT INTO meta (key, value) VALUES ('file', %s)"
        written += " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
        self._driver.execute(written, (file,))

    @contextmanager
    def _said(self) -> Iterator[None]:
        """A row that cannot be held: which, in one line."""
        try:
            yield
        except psycopg.Error as error:
            if (error.sqlstate or "")[:2] not in _UNFIT:
                raise
            said = error.diag
            which = said.message_detail or said.context or ""
            words = ", ".join(filter(None, (said.message_primary or str(error), which.partition("\n")[0])))
            raise BadState(
                f"it cannot hold a row: {words}", self._where, "mend that row; nothing was moved"
            ) from error


@contextmanager
def source(driver: "Driver") -> Iterator[Rows]:
    """The rows of the database as they are now."""
    driver.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_AT_EASE}; SELECT 1 FROM meta")
    try:
        yield Rows(driver)
    finally:
        _undo(driver)


@contextmanager
def target(driver: "Driver", lock: int, where: str) -> Iterator[Emptied]:
    """The database, of our schema, in one transaction; alone. Raises whatever is raised inside: nothing was done."""
    driver.execute(f"BEGIN; {_AT_EASE}; SELECT pg_advisory_xact_lock({lock})")
    try:
        yield Emptied(driver, where)
    except BaseException:
        _undo(driver)
        raise
    driver.execute("COMMIT")


def _undo(driver: "Driver") -> None:
    with suppress(psycopg.Error):  # the connection is lost, which is said already
        driver.execute("ROLLBACK")


@cache
def _texts(table: Table) -> list[int]:
    """The places of its columns of text."""
    return [
        at for at, each in enumerate(table.columns) if isinstance(getattr(each.type, "impl", each.type), Text)
    ]
