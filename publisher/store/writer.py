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
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
Work = Callable[[Connection], T]
Then = Callable[
    [T | None, BaseException | None], None
]  # told the result, or the error, by the writer's thread

_GROUP = 200  # pieces of work in one transaction at the most
_SHARE = 10.0  # times what slow work took the next waits behind it, while urgent work keeps coming
_QUIET = 0.02  # seconds after which no urgent work keeps coming
_PATIENCE = 0.05  # seconds that slow work waits behind urgent work that never ends


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that is its own transaction; its result is the number of rows it changed. The database has it in
    one step, and this interpreter's lock is handed over once: with a transaction around it four times."""

    sql: str
    parameters: tuple[Any, ...]


EMPTY_LOG = Statement(
    "PRAGMA wal_checkpoint(TRUNCATE)", ()
)  # its result: 1, or 0 where somebody reads older pages


class _Item(NamedTuple):
    work: Work[Any] | Statement | None  # None: the end
    then: Then[Any]
    since: float  # by the monotonic clock
    cost: float = 0.0  # seconds that its asker held the processor for it


class Writer:
    """The queue and its thread. `submit` from any thread; `close` when nobody will submit any more."""

    def __init__(self, engine: Engine) -> None:
        self.owner = engine
        self._urgent: deque[_Item] = deque()
        self._slow: deque[_Item] = deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()  # rung once an item
        self._heard = 0  # rings of items that are there still
        self._turn = 0.0  # when slow work has its turn again, by the monotonic clock
        self._busy = 0.0  # when urgent work was done last
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(
        self, work: Work[T] | Statement, then: Then[T], *, urgent: bool = False, cost: float = 0.0
    ) -> None:
        """Do *work*; *then* is called when the commit is on the disk. It cannot be taken back. *cost*: the seconds of
        processor time that making it ready took; slow work is paced by them too, since one interpreter runs both."""
        (self._urgent if urgent else self._slow).append(_Item(work, then, time.monotonic(), cost))
        self._bell.put(None)

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._slow.append(_Item(None, lambda *_: None, time.monotonic()))
        self._bell.put(None)
        self._thread.join()

    def _run(self) -> None:
        with self.owner.connect() as connection:
            driver = connection.connection.driver_connection
            while True:
                urgent, first = self._next()
                if first.work is None:
                    return
                start = time.monotonic()
                if isinstance(first.work, Statement):
                    _alone(driver, first.work, first.then)
                else:
                    _commit(connection, [first, *self._waiting()])
                end = time.monotonic()
                if urgent:
                    self._busy = end
                else:
                    self._turn = end + _SHARE * (end - start + first.cost)

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


def _alone(driver: Any, statement: Statement, then: Then[int]) -> None:
    try:
        if statement is EMPTY_LOG:
            changed = _empty_log(driver)
        else:
            changed = driver.execute(statement.sql, statement.parameters).rowcount
    except BaseException as error:
        then(None, error)
    else:
        then(changed, None)


def _empty_log(driver: Any) -> int:
    """Everything of the log goes into the database and the log is emptied, if nobody has to be waited for."""
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        busy, *_ = driver.execute(EMPTY_LOG.sql).fetchone()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")
    return int(not busy)


def _commit(connection: Connection, group: list[_Item]) -> None:
    done: list[tuple[Then[Any], Any, BaseException | None]] = []
    try:
        with connection.begin():
            for work, then, *_ in group:
                assert work is not None and not isinstance(work, Statement)
                done.append(
                    (then, *((work(connection), None) if len(group) == 1 else _beside(connection, work)))
                )
    except BaseException as error:
        for _, then, *_ in group:
            then(None, error)
        return
    for then, result, failed in done:
        then(result, failed)


def _beside(connection: Connection, work: Work[Any]) -> tuple[Any, BaseException | None]:
    """Do *work* so that it can be undone alone. Raises where the database itself has undone the whole transaction, as
    SQLite does on a full disk."""
    savepoint = connection.begin_nested()
    try:
        result = work(connection)
    except BaseException as error:
        _roll_back(savepoint, error)
        return None, error
    savepoint.commit()
    return result, None


def _roll_back(savepoint: NestedTransaction, error: BaseException) -> None:
    try:
        savepoint.rollback()
    except DBAPIError:
        raise error from None
