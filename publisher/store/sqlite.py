"""Door: the database in one file of the state folder. One writer at a time, which holds the site's lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from publisher.errors import BadState, Damaged, Unwritable
from publisher.store import sqlite_rows
from publisher.store.inode import identity
from publisher.store.rows import Source, Target
from publisher.store.writer import Statement

BUSY = 90  # seconds that another program may hold the database before we say so
STEP = 1000  # pages of a backup, after which an interruption is heard
RESTORE = (
    "move state/ aside, unpack the last backup (`mv state state.old; tar -xf FILE`), then `nashir resume`"
)


class Sqlite:
    """The database in the file *path*: see Database."""

    shared = False

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def where(self) -> str:
        return str(self.path)

    def reader(self) -> Engine:
        return self._engine("ro", "BEGIN")

    def writer(self) -> Engine:
        return self._engine("rwc", "BEGIN IMMEDIATE")

    def sender(self) -> None:
        return None

    def _engine(self, mode: str, begin: str) -> Engine:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=BUSY,
            )
            try:
                if mode == "rwc":
                    # A short log is overwritten, not grown; FULL: a commit is on the disk before it is told (S1).
                    connection.executescript(
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 200;"
                        "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864;"
                    )
            except sqlite3.Error:  # it is damaged, or the disk is
                connection.close()
                raise
            return connection

        engine = create_engine("sqlite://", creator=connect, pool_size=4, poolclass=QueuePool)
        # The driver's own transaction handling begins late and breaks savepoints; ours says when.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def run(self, driver: Any, statement: Statement) -> int:
        return int(driver.execute(*statement.on("sqlite")).rowcount)

    def lost(self, error: BaseException) -> bool:
        return False

    def identity(self, reader: Engine) -> str:
        return identity(self.path)

    def others(self, reader: Engine) -> tuple[str, ...]:
        return ()  # whoever writes holds the site's lock

    @contextmanager
    def source(self, reader: Engine) -> Iterator[Source]:
        with closing(reader.raw_connection()) as connection:
            driver = connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            with sqlite_rows.source(driver) as found:
                yield found

    def target(self) -> AbstractContextManager[Target]:
        return sqlite_rows.target(self.path)

    def size(self, reader: Engine) -> int:
        return size(self.path)

    def copy(self, reader: Engine, target: Path, *, people: bool) -> None:
        """All of it in any case. One snapshot, in steps, so that an interruption is heard; *target* needs no log beside
        it. Raises what the driver raises, also where it is damaged."""
        made = sqlite3.connect(target, isolation_level=None)
        with closing(made), closing(reader.raw_connection()) as source:
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            made.execute("PRAGMA synchronous = OFF")  # what is made of it is made to last
            driver.execute("BEGIN")  # one snapshot: else every commit would start it over
            try:
                driver.execute("SELECT 1 FROM meta").fetchone()
                driver.backup(made, pages=STEP)
            finally:
                driver.execute("ROLLBACK")
            made.execute("PRAGMA journal_mode = DELETE")

    def empty_log(self, driver: Any) -> bool:
        """Everything of the log goes into the database and the log is emptied, if nobody has to be waited for."""
        (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            driver.execute(f"PRAGMA busy_timeout = {patience}")
        return not busy

    def explained(self, error: BaseException) -> BaseException:
        if not isinstance(error, (DBAPIError, sqlite3.Error)):
            return error
        text = str(getattr(error, "orig", error))
        if "locked" in text:
            mend = "end the program that holds it"
            return Unwritable(f"the database cannot be written: {text}", self.where, mend)
        if "full" in text or "readonly" in text or "I/O" in text:
            mend = "make room or mend the disk"
            return Unwritable(f"the database cannot be written: {text}", self.where, mend)
        if "unable to open" in text:
            mend = "look at its rights; on a read-only disk, mount that for writing"
            return BadState(f"the database cannot be opened: {text}", self.where, mend)
        if "malformed" in text or "not a database" in text:
            return Damaged(f"the database is damaged: {text}", self.where, RESTORE)
        return error


def size(path: Path) -> int:
    """The bytes of the database at *path* with its log, much of which may be in it already. Raises OSError."""
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def note(path: Path, key: str, value: str) -> None:
    """Write down a fact in a copy at *path*, and look whether it is whole. Raises sqlite3.Error where it is not."""
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA synchronous = OFF")
        made.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))
        (found,) = made.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"malformed: {' '.join(found.split())}")
