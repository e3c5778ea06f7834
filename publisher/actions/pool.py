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
    from concurrent.futures import Future

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


def spread(
    work: Callable[[Sequence[T]], R], items: Sequence[T], workers: int, weight: int = 1
) -> Iterator[R]:
    """*work*'s results on chunks of *items*, in their order; each item is as much work as *weight* articles. With
    more than one of *workers*, *work* and what it returns travel between processes (pickle). Raises Unwritable when a
    process is killed."""
    if workers < 2 or len(items) * weight < WORTHWHILE:
        yield from map(work, _chunks(items, (CHUNK if workers > 1 else SLICE) // weight or 1))
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # Forked: a worker has all modules at once. It touches neither the store nor the loop it was forked from.
    with ProcessPoolExecutor(workers, get_context("fork"), _apart, (os.getpid(),)) as pool:
        waiting: deque[Future[R]] = deque()
        chunks = iter(_chunks(items, CHUNK // weight or 1))
        try:
            while True:
                waiting.extend(
                    pool.submit(_tidily, work, chunk)
                    for chunk in islice(chunks, workers * AHEAD - len(waiting))
                )
                if not waiting:
                    return
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise Unwritable(
                "a process that read articles was killed", "", "give the machine more memory"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _chunks(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


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
