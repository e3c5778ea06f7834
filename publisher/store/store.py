"""Door: the database, and the state folder it lies in (0700)."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar, cast

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from publisher.errors import BadState, Damaged, Unwritable
from publisher.store import schema
from publisher.store.writer import EMPTY_LOG, Statement, Then, Work, Writer

T = TypeVar("T")
BUSY = 90  # seconds that another program may hold the database before we say so
RESTORE = (
    "move state/ aside, unpack the last backup (`mv state state.old; tar -xf FILE`), then `nashir resume`"
)
_MOST = 0.1  # seconds of processor time that slow work is paced by: who wrote long ago owes nothing
STEP = 1000  # pages of a backup, after which an interruption is heard


class Store:
    """An open database. With `writing`, the caller holds the site's lock and every change goes through the one
    writer; without, only `read` works and nothing on the disk is touched."""

    def __init__(self, path: Path, *, writing: bool) -> None:
        """Raises BadState when the file is no healthy database of ours, Unwritable when the disk refuses."""
        self.path = path
        self._spent = threading.local()  # `at`: the processor time of a thread when its last write was done
        self._writer: Writer | None = None
        if writing:
            owner = _engine(path, "rwc")
            _guarded(path, lambda: schema.upgrade(owner))
            self._writer = Writer(owner)
        self._reader = _engine(path, "ro")
        if not writing:
            _guarded(path, lambda: schema.expect_current(self._reader))

    def read(self, work: Work[T]) -> T:
        """*work*'s result, on one snapshot of the database."""

        def run() -> T:
            with self._reader.connect() as connection, connection.begin():
                return work(connection)

        return _guarded(self.path, run)

    def write(self, work: Work[T], *, urgent: bool = False) -> T:
        """*work*'s result, when its transaction is on the disk. Not from the event loop."""
        return self._done(work, urgent=urgent)

    def empty_log(self) -> bool:
        """Put the whole log into the database and empty it, so that neither file has what was deleted: deleted rows are
        overwritten there (secure_delete). Whether it could be: not while somebody reads older pages. Not from the event
        loop."""
        return bool(self._done(EMPTY_LOG, urgent=False))

    def _done(self, work: Work[T] | Statement, *, urgent: bool) -> T:
        assert self._writer, "the store was opened for reading"
        future: Future[T] = Future()

        def then(result: T | None, error: BaseException | None) -> None:
            if error is None:
                future.set_result(cast("T", result))
            else:
                future.set_exception(error)

        spent = time.thread_time()
        cost = min(spent - getattr(self._spent, "at", spent), _MOST)
        self._writer.submit(work, then, urgent=urgent, cost=cost)
        try:
            return _guarded(self.path, future.result)
        finally:
            self._spent.at = time.thread_time()

    async def settle(self, work: Work[T]) -> T:
        """Like `write`, urgent, from the event loop."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def then(result: T | None, error: BaseException | None) -> None:
            if future.cancelled():  # what was handed in is done, also when nobody waits for it any more
                return
            if error is None:
                future.set_result(cast("T", result))
            else:
                future.set_exception(error)

        self.post(work, then)
        return await future

    def post(self, work: Work[T] | Statement, then: Then[T]) -> None:
        """Like `settle`, for whoever has something else to do meanwhile: *then* is called on the event loop that this
        was called from."""
        assert self._writer, "the store was opened for reading"
        loop = asyncio.get_running_loop()

        def told(result: T | None, error: BaseException | None) -> None:
            if isinstance(error, (DBAPIError, sqlite3.Error)):
                error = _explained(self.path, error)
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(then, result, error)

        self._writer.submit(work, told, urgent=True)

    def copy(self, path: Path) -> "Store":
        """A writable copy of the database at *path*, for trying things out."""
        target = sqlite3.connect(path)
        with closing(target), closing(self._reader.raw_connection()) as source:
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.backup(target)
        return Store(path, writing=True)

    def back_up(self, path: Path, note: str) -> None:
        """Write the database as it is now to *path*, a new file that needs no log beside it and says of itself that it
        is *note*. Whoever writes is not held up. Raises BadState where it is damaged, Unwritable."""
        _guarded(self.path, lambda: self._back_up(path, note))

    def _back_up(self, path: Path, note: str) -> None:
        target = sqlite3.connect(path, isolation_level=None)
        with closing(target), closing(self._reader.raw_connection()) as source:
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            target.execute("PRAGMA synchronous = OFF")  # what is made of it is made to last
            driver.execute("BEGIN")  # one snapshot: else every commit would start it over
            try:
                driver.execute("SELECT 1 FROM meta").fetchone()
                driver.backup(target, pages=STEP)
            finally:
                driver.execute("ROLLBACK")
            target.execute("PRAGMA journal_mode = DELETE")
            target.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('file', ?)", (note,))
            (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(f"malformed: {' '.join(found.split())}")

    def close(self) -> None:
        """Finish queued work and close the files."""
        self._reader.dispose()
        if self._writer:
            self._writer.close()
            self._writer.owner.dispose()


def _engine(path: Path, mode: str) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY,
        )
        if mode == "rwc":
            # A short log is overwritten, not grown; FULL: a commit is on the disk before it is told (S1).
            connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 200;"
                "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864;"
            )
        return connection

    engine = create_engine("sqlite://", creator=connect, pool_size=4, poolclass=QueuePool)
    begin = "BEGIN IMMEDIATE" if mode == "rwc" else "BEGIN"
    # The driver's own transaction handling begins late and breaks savepoints; ours says when.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _guarded(path: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except (DBAPIError, sqlite3.Error) as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: Exception) -> Exception:
    """The database's complaint as one line for a person."""
    text = str(getattr(error, "orig", error))
    if "locked" in text:
        return Unwritable(
            f"the database cannot be written: {text}", str(path), "end the program that holds it"
        )
    if "full" in text or "readonly" in text or "I/O" in text:
        return Unwritable(f"the database cannot be written: {text}", str(path), "make room or mend the disk")
    if "unable to open" in text:
        return BadState(
            f"the database cannot be opened: {text}",
            str(path),
            "look at its rights; on a read-only disk, mount that for writing",
        )
    if "malformed" in text or "not a database" in text:
        return Damaged(f"the database is damaged: {text}", str(path), RESTORE)
    return error
