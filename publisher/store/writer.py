"""One thread owns the writing connection and with it the checkpoints; everybody else hands it work.

Work is a function of a connection, run inside a transaction. What waits when the thread becomes free is committed
together (group commit); a piece of work that fails is rolled back alone and its error goes to whoever asked.
Urgent work (settles, unsubscribes) goes before the rest.
"""

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
Work = Callable[[Connection], T]

_Item = tuple[int, int, Work[Any] | None, Future[Any]]  # priority, order, work (None: the end), its future

_STOP = 2  # the priority of the end: behind everything else
_GROUP = 200  # pieces of work in one transaction at the most


class Writer:
    """The queue and its thread. `submit` from any thread; `close` when nobody will submit any more."""

    def __init__(self, engine: Engine) -> None:
        self.owner = engine
        self._order = itertools.count()
        self._queue: queue.PriorityQueue[_Item] = queue.PriorityQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T], *, urgent: bool = False) -> Future[T]:
        """The future of *work*'s result; it is done when the commit is on the disk. It cannot be cancelled: what was
        handed in is done, also when nobody waits for it any more."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        self._queue.put((0 if urgent else 1, next(self._order), work, future))
        return future

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._queue.put((_STOP, next(self._order), None, Future()))
        self._thread.join()

    def _run(self) -> None:
        with self.owner.connect() as connection:
            while True:
                first = self._queue.get()
                if first[2] is None:
                    return
                self._commit(connection, [first, *self._waiting(first[0])])

    def _waiting(self, priority: int) -> list[_Item]:
        """What else of the same urgency waits now: slow work must not hold up urgent commits."""
        more: list[_Item] = []
        while priority == 0 and len(more) < _GROUP:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item[0] != priority:
                self._queue.put(item)
                break
            more.append(item)
        return more

    def _commit(self, connection: Connection, group: list[_Item]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with connection.begin():
                for _, _, work, future in group:
                    assert work is not None
                    savepoint = connection.begin_nested()
                    try:
                        done.append((future, work(connection)))
                    except BaseException as error:
                        _roll_back(savepoint, error)
                        future.set_exception(error)
                    else:
                        savepoint.commit()
        except BaseException as error:
            for _, _, _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)


def _roll_back(savepoint: NestedTransaction, error: BaseException) -> None:
    """Undo one piece of work. Raises *error* where the database itself has undone the whole transaction, as SQLite
    does on a full disk."""
    try:
        savepoint.rollback()
    except DBAPIError:
        raise error from None
