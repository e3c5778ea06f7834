"""Both cores for a first build: chunks of work in processes of their own. Only verbs that run once use it; the
daemon builds in this process, a slice at a time."""

import ctypes
import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from publisher.errors import Unwritable

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[str, int, int], None]  # what is being done, how many are, of how many

CHUNK = 400  # items handed over, and written, together ...
SLICE = 200  # ... and in a daemon, where letters wait for the writer
WORTHWHILE = 600  # fewer are done sooner than processes start
AHEAD = 3  # chunks a process may be ahead of who takes the results: memory stays flat
_PR_SET_PDEATHSIG = 1


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


class Crew:
    """Processes for several pieces of work, one after the other; started for the first that is worth it. With fewer
    than two of *workers* all is done in this process."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def spread(
        self, work: Callable[[Sequence[T]], R], items: Iterable[T], count: int, weight: int = 1
    ) -> Iterator[R]:
        """*work*'s results on chunks of the *count* *items*, in their order; each item is as much work as *weight*
        articles, and is asked for no sooner than a process is about to be free. *work* and what it returns travel
        between processes (pickle). Raises Unwritable when a process is killed."""
        if self._workers < 2 or count * weight < WORTHWHILE:
            return map(work, _chunks(items, (CHUNK if self._workers > 1 else SLICE) // weight or 1))
        return self._apart(work, _chunks(items, CHUNK // weight or 1))

    def _apart(self, work: Callable[[Sequence[T]], R], chunks: Iterator[Sequence[T]]) -> Iterator[R]:
        from concurrent.futures.process import BrokenProcessPool

        waiting: deque[Future[R]] = deque()
        pool = self._pool = self._pool or _pool(self._workers)
        try:
            while True:
                waiting.extend(
                    pool.submit(_tidily, work, chunk)
                    for chunk in islice(chunks, self._workers * AHEAD - len(waiting))
                )
                if not waiting:
                    return
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise Unwritable(
                "a process that read articles was killed", "", "give the machine more memory"
            ) from error


def spread(
    work: Callable[[Sequence[T]], R], items: Sequence[T], workers: int, weight: int = 1
) -> Iterator[R]:
    """`Crew.spread`, with a crew for this alone."""
    with Crew(workers) as crew:
        yield from crew.spread(work, items, len(items), weight)


def _pool(workers: int) -> "ProcessPoolExecutor":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Forked: a worker has all modules at once. It touches neither the store nor the loop it was forked from.
    return ProcessPoolExecutor(workers, get_context("fork"), _apart, (os.getpid(),))


def _chunks(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _tidily(work: Callable[[Sequence[T]], R], chunk: Sequence[T]) -> R:
    """*work* on *chunk*, of which nothing but the result stays in memory."""
    made = work(chunk)
    gc.collect()
    return made


def _apart(parent: int) -> None:
    """In a new process: signals are the parent's matter, and it does not outlive the parent. What it makes is looked
    through for cycles (templates leave some) after each chunk, and never in the midst of one."""
    gc.disable()
    gc.freeze()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
