"""One thread owns the writing connection and with it the checkpoints; everybody else hands it work.

Work is a function of a connection, run inside a transaction, or a Statement, which is one by itself. What waits when
the thread becomes free is committed together (group commit); a piece of work that fails is rolled back alone and its
error goes to whoever asked. Urgent work (settles, unsubscribes) goes before the rest, and while it keeps coming it has
most of the time: behind a slow transaction the next slow one waits several times as long as that took.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import DBAPIError

from publisher.store.outage import Outage

if TYPE_CHECKING:
    from publisher.store.database import Database

T = TypeVar("T")
Work = Callable[[Connection], T]
Then = Callable[
    [T | None, BaseException | None], None
]  # told the result, or the error, by the writer's thread
_Done = tuple[Any, BaseException | None]  # what came of one piece of work

_GROUP = 200  # pieces of work in one transaction at the most
_SHARE = 10.0  # times what slow work took the next waits behind it, while urgent work keeps coming
_QUIET = 0.02  # seconds after which no urgent work keeps coming
_PATIENCE = 0.05  # seconds that slow work waits behind urgent work that never ends
_RIDES = 10.0  # seconds that lost work is tried again


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that is its own transaction; its result is the number of rows it changed. The database has it in
    one step, and this interpreter's lock is handed over once: with a transaction around it four times."""

    sqlite: str
    given: tuple[Any, ...]
    postgresql: str
    given_postgresql: tuple[Any, ...]

    def on(self, dialect: str) -> tuple[str, tuple[Any, ...]]:
        """It and its values as the database understands them."""
        if dialect == "postgresql":
            return self.postgresql, self.given_postgresql
        return self.sqlite, self.given


EMPTY_LOG = Statement("", (), "", ())  # its result: 1, or 0 where somebody reads older pages


class _Item(NamedTuple):
    work: Work[Any] | Statement | None  # None: the end
    then: Then[Any]
    since: float  # by the monotonic clock
    cost: float = 0.0  # seconds that its asker held the processor for it


class Writer:
    """The queue and its thread. `submit` from any thread; `close` when nobody will submit any more. Work that the
    database undid for another's sake, or of which the connection was lost before its commit, is done again for some
    seconds; with *repeats* for so many seconds also where nobody knows whether the commit was: work that comes to the
    same when it is done twice."""

    def __init__(self, database: "Database", engine: Engine, *, repeats: float = 0.0) -> None:
        self.owner = engine
        self._database, self._repeats = database, repeats
        self._outage = Outage()
        self._urgent: deque[_Item] = deque()
        self._slow: deque[_Item] = deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()  # rung once an item
        self._heard = 0  # rings of items that are there still
        self._turn = 0.0  # when slow work has its turn again, by the monotonic clock
        self._busy = 0.0  # when urgent work was done last
        self._connection: Connection | None = None  # the thread's
        self._since: float | None = None  # when the work that is done now began
        self._committing = False  # a commit was asked for, and not answered
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(
        self, work: Work[T] | Statement, then: Then[T], *, urgent: bool = False, cost: float = 0.0
    ) -> None:
        """Do *work*; *then* is called when the commit is on the disk. It cannot be taken back. *cost*: the seconds of
        processor time that making it ready took; slow work is paced by them too, since one interpreter runs both."""
        (self._urgent if urgent else self._slow).append(_Item(work, then, time.monotonic(), cost))
        self._bell.put(None)

    def at_work(self) -> float:
        """For how many seconds the work has been going on that is done now: 0.0 where there is none, for ever where the
        thread has ended."""
        since = self._since
        if not self._thread.is_alive():
            return float("inf")
        return time.monotonic() - since if since is not None else 0.0

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._slow.append(_Item(None, lambda *_: None, time.monotonic()))
        self._bell.put(None)
        self._thread.join()
        self.owner.dispose()

    def _run(self) -> None:
        while True:
            urgent, first = self._next()
            if first.work is None:
                break
            self._since = start = time.monotonic()
            if isinstance(first.work, Statement):
                self._tell([first], partial(self._alone, first.work))
            else:
                group = [first, *self._waiting()]
                self._tell(group, partial(self._commit, group))
            self._since, end = None, time.monotonic()
            if urgent:
                self._busy = end
            else:
                self._turn = end + _SHARE * (end - start + first.cost)
        if self._connection is not None:
            self._connection.close()

    def _tell(self, group: list[_Item], work: Callable[[], list[_Done]]) -> None:
        """Do *work*, again where that may be, and tell everybody of *group* what came of theirs."""
        try:
            done = self._ridden_out(work)
        except BaseException as error:
            done = [(None, error)] * len(group)
        for item, (result, failed) in zip(group, done, strict=True):
            item.then(result, failed)

    def _ridden_out(self, work: Callable[[], list[_Done]]) -> list[_Done]:
        pause, began, patience = 0.02, time.monotonic(), self._repeats or _RIDES
        while True:
            self._committing = False
            try:
                done = work()
            except Exception as error:
                lost = self._database.lost(error)
                if lost:
                    self._let_go()
                if (
                    not lost
                    or self._outage.lasts(patience, began)
                    or (self._committing and not self._repeats)
                ):
                    raise
            else:
                self._outage.ends()
                return done
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self.owner.connect()
        return self._connection

    def _let_go(self) -> None:
        """The next work gets another connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.invalidate()
            with suppress(Exception):
                connection.close()

    def _next(self) -> tuple[bool, _Item]:
        """Whether it is urgent, and the next piece of work, waited for."""
        self._listen()
        while True:
            now = time.monotonic()
            if self._slow_goes(now):
                return False, self._slow.popleft()
            if self._urgent:
                return True, self._urgent.popleft()
            try:
                self._bell.get(timeout=max(0.0, min(self._turn, self._busy + _QUIET) - now))
            except queue.Empty:
                continue
            self._heard += 1

    def _slow_goes(self, now: float) -> bool:
        """Whether slow work has its turn: nothing urgent waits or comes, or it has waited for long enough."""
        if not self._slow:
            return False
        first = self._slow[0]
        if self._urgent:
            return first.work is not None and self._turn <= now and first.since + _PATIENCE <= now
        return min(self._turn, self._busy + _QUIET) <= now

    def _listen(self) -> None:
        """An item more is taken."""
        if self._heard:
            self._heard -= 1
        else:
            self._bell.get()

    def _waiting(self) -> list[_Item]:
        """What else is urgent now: slow work must not hold up urgent commits."""
        more: list[_Item] = []
        while len(more) < _GROUP and self._urgent and not isinstance(self._urgent[0].work, Statement):
            self._listen()
            more.append(self._urgent.popleft())
        return more

    def _alone(self, statement: Statement) -> list[_Done]:
        driver = self._open().connection.driver_connection
        if statement is EMPTY_LOG:
            return [(int(self._database.empty_log(driver)), None)]
        self._committing = True
        return [(self._database.run(driver, statement), None)]

    def _commit(self, group: list[_Item]) -> list[_Done]:
        connection = self._open()
        with connection.begin():
            if len(group) == 1:
                done: list[_Done] = [(_work(group[0])(connection), None)]
            else:
                done = [self._beside(connection, _work(item)) for item in group]
            self._committing = True
        return done

    def _beside(self, connection: Connection, work: Work[Any]) -> _Done:
        """Do *work* so that it can be undone alone. Raises where the database itself has undone the whole transaction,
        as SQLite does on a full disk, and where all of it may be done again."""
        savepoint = connection.begin_nested()
        try:
            result = work(connection)
        except BaseException as error:
            if self._database.lost(error):
                raise
            _roll_back(savepoint, error)
            return None, error
        savepoint.commit()
        return result, None


def run(connection: Connection, statement: Statement) -> int:
    """Run *statement* in the transaction of *connection*: the number of rows it changed."""
    return connection.exec_driver_sql(*statement.on(connection.dialect.name)).rowcount


def _work(item: _Item) -> Work[Any]:
    assert item.work is not None and not isinstance(item.work, Statement)
    return item.work


def _roll_back(savepoint: NestedTransaction, error: BaseException) -> None:
    try:
        savepoint.rollback()
    except DBAPIError:
        raise error from None
