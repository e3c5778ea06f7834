"""Door: the database, opened: what is read, and what is written."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from sqlalchemy import Engine

from publisher.errors import BadInput, BadState
from publisher.store import moving, schema, sqlite
from publisher.store.database import Database
from publisher.store.outage import Outage
from publisher.store.sqlite import Sqlite
from publisher.store.writer import EMPTY_LOG, Statement, Then, Work, Writer

T = TypeVar("T")
BackUp = Callable[[Path, str], None]  # Store.back_up
_MOST = 0.1  # seconds of processor time that slow work is paced by: who wrote long ago owes nothing
RIDES = 10.0  # seconds that a reader goes on trying when the connection was lost
REPEATS = 60.0  # ... and the sender: what it writes may be written twice


class Store:
    """An open database. With `writing`, every change goes through the one writer, and on SQLite the caller holds the
    site's lock; without, only `read` works and nothing is touched."""

    def __init__(
        self,
        database: Database,
        *,
        writing: bool,
        before_upgrade: Callable[[str, "BackUp"], None] = lambda *_: None,
        upgrades: bool = True,
    ) -> None:
        """With `writing` an older database is brought up to date; *before_upgrade* hears of it first, where it can be
        saved: with its schema, and what saves it. Raises BadState when it is no healthy database of ours, or an older
        one and *upgrades* is False, Unwritable when the disk or the server refuses."""
        self.database = database
        self.upgraded_from: str | None = None  # the older schema that the database had
        self._outage = Outage()
        self._spent = threading.local()  # `at`: the processor time of a thread when its last write was done
        self._writer: Writer | None = None
        self._sender: Writer | None = None
        if writing:
            owner = database.writer()
            self._looked_at(lambda: self._upgrade(owner, before_upgrade, upgrades), owner.dispose)
            self._writer = self._sender = Writer(database, owner)
            if sender := database.sender():
                self._sender = Writer(database, sender, repeats=REPEATS)
        self._reader = database.reader()
        if not writing:
            self._looked_at(lambda: schema.expect_current(self._reader, database.where), self._reader.dispose)

    @staticmethod
    def is_new(database: Database) -> bool:
        """Whether there is nothing in it, no table of ours either. Raises as opening it does."""
        reader = database.reader()
        try:
            return schema.revision(reader) is None
        except Exception as error:
            raise database.explained(error) from error
        finally:
            reader.dispose()

    def _upgrade(self, owner: Engine, before: Callable[[str, "BackUp"], None], upgrades: bool) -> None:
        if not upgrades and schema.revision(owner):
            schema.expect_current(owner, self.database.where)

        def saved(found: str) -> None:
            if not self.database.shared:  # a server's is copied by what this program knows of its tables
                before(found, partial(_back_up, self.database, owner))

        self.upgraded_from = schema.upgrade(owner, self.database.where, saved)

    def _looked_at(self, look: Callable[[], None], close: Callable[[], None]) -> None:
        """What a *look* at the schema raises leaves no connection open."""
        try:
            self._guarded(look)
        except BaseException:
            close()
            raise

    def read(self, work: Work[T]) -> T:
        """*work*'s result, on one snapshot of the database."""

        def run() -> T:
            with self._reader.connect() as connection, connection.begin():
                return work(connection)

        return self._guarded(lambda: self._ridden_out(run))

    def _ridden_out(self, run: Callable[[], T]) -> T:
        """What *run* comes to, when the connection is there again if it was lost: not long ago."""
        pause, began = 0.05, time.monotonic()
        while True:
            try:
                result = run()
            except Exception as error:
                if not self.database.lost(error) or self._outage.lasts(RIDES, began):
                    raise
            else:
                self._outage.ends()
                return result
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def write(self, work: Work[T], *, urgent: bool = False) -> T:
        """*work*'s result, when its transaction is on the disk. No other `write` is under way meanwhile, on any host.
        Not from the event loop."""
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
            return self._guarded(future.result)
        finally:
            self._spent.at = time.thread_time()

    async def settle(self, work: Work[T]) -> T:
        """*work*'s result, from the event loop, before what is not urgent. On PostgreSQL other hosts change things
        meanwhile, and it may be done twice: it is for what is written for that (the ledger's claims and marks)."""
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
        assert self._sender, "the store was opened for reading"
        loop = asyncio.get_running_loop()

        def told(result: T | None, error: BaseException | None) -> None:
            error = self.database.explained(error) if error else None
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(then, result, error)

        self._sender.submit(work, told, urgent=True)

    def beside(self, work: Work[T]) -> T:
        """*work*'s result, in a transaction of its own, behind nothing that waits to be written: where others change
        things too, and as `settle` written for that. Not from the event loop."""
        assert self._sender, "the store was opened for reading"
        engine = self._sender.owner

        def run() -> T:
            with engine.connect() as connection, connection.begin():
                return work(connection)

        return self._guarded(lambda: self._ridden_out(run))

    def at_work(self) -> float:
        """For how many seconds the longest piece of work has been going on that is written now; 0.0 where there is
        none, for ever where a thread that writes has ended."""
        return max((each.at_work() for each in {self._writer, self._sender} if each), default=0.0)

    def identity(self) -> str:
        """Which database this is: a copy is another."""
        return self._guarded(lambda: self._ridden_out(lambda: self.database.identity(self._reader)))

    def others(self) -> Sequence[str]:
        """The other processes that have the database open, on all hosts, where that can be known."""
        return self._guarded(lambda: self.database.others(self._reader))

    def is_at(self, other: Database) -> bool:
        """Whether *other* is this very database."""

        def work() -> bool:
            reader = other.reader()
            try:
                both = self.database.shared and other.shared
                return other.where == self.database.where or (
                    both and other.identity(reader) == self.identity()
                )
            finally:
                reader.dispose()

        return _explained(other, work)

    def move(self, target: Database, mark: str, told: moving.Told, *, again: bool = False) -> moving.Moved:
        """Put all of it into *target*, which is empty, or *mark* from an earlier try, and then says of itself that it
        is; *again*: it must be. Raises BadInput where it is neither, BadState, Unwritable: then nothing was put
        there."""

        def work() -> moving.Moved:
            with self.database.source(self._reader) as source, target.target() as into:
                unfinished = into.noted() == mark
                if again and not unfinished:
                    mend = "write that into [store] of config.toml"
                    raise BadState("the site was moved there, and goes on there", target.where, mend)
                if not unfinished and not into.empty():
                    mend = "name an empty one" if target.shared else "move that file and its -wal aside"
                    raise BadInput("there is something in this database", target.where, mend)
                return moving.pour(source, into, mark=mark, told=told)

        return self._guarded(lambda: _explained(target, work))

    def copy(self, path: Path) -> "Store":
        """A writable copy of the database in a new file at *path*, for trying things out with articles: it may lack
        readers and what they were sent."""
        self._guarded(lambda: self.database.copy(self._reader, path, people=False))
        return Store(Sqlite(path), writing=True)

    def size(self) -> int:
        """About how many bytes `back_up` will write, at the most. Raises BadState, Unwritable."""
        return self._guarded(lambda: self.database.size(self._reader))

    def back_up(self, path: Path, note: str) -> None:
        """Write the database as it is now to *path*, a new SQLite file that needs no log beside it and says of itself
        that it is *note*. Whoever writes is not held up. Raises BadState where it is damaged, Unwritable."""

        self._guarded(lambda: _back_up(self.database, self._reader, path, note))

    def close(self) -> None:
        """Finish queued work and close the files."""
        self._reader.dispose()
        for each in {self._sender, self._writer} - {None}:
            assert each
            each.close()

    def _guarded(self, work: Callable[[], T]) -> T:
        return _explained(self.database, work)


def _back_up(database: Database, reader: Engine, path: Path, note: str) -> None:
    database.copy(reader, path, people=True)
    sqlite.note(path, "file", note)


def _explained(database: Database, work: Callable[[], T]) -> T:
    try:
        return work()
    except Exception as error:
        explained = database.explained(error)
        if explained is error:
            raise
        raise explained from error
