"""What a command costs: wall clock, processor time, and memory of it and all its children.

Times and memory are taken in different runs: to add up the memory of a large process the kernel walks its page tables
and holds the process up meanwhile.
"""

import contextlib
import math
import os
import platform
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.015  # seconds between two looks at the memory
PATIENCE = 900  # seconds anything may take


class Failed(Exception):
    """A command ended badly, or did not do what was waited for; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run of a command."""

    seconds: float
    cpu: float  # user and system seconds, children included
    largest: float  # MB; the largest resident set of a single process
    memory: float  # MB; the largest sum of proportional set sizes; 0 where it was not sampled
    load: float  # load average of the last minute, before the run
    output: str


def family(pid: int) -> Iterator[int]:
    """*pid* and the processes it started, and theirs."""
    yield pid
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from family(int(child))


def memory(pid: int) -> float:
    """MB that a process and its children take: pages that several share count once."""
    total = 0
    for each in family(pid):
        with contextlib.suppress(OSError), Path(f"/proc/{each}/smaps_rollup").open() as rollup:
            total += next((int(line.split()[1]) for line in rollup if line.startswith("Pss:")), 0)
    return total / 1024


@contextmanager
def _peak(pid: int, wanted: bool) -> Iterator[list[float]]:
    seen, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(EVERY):
            seen[0] = max(seen[0], memory(pid))

    thread = threading.Thread(target=look)
    if wanted:
        thread.start()
    try:
        yield seen
    finally:
        done.set()
        if wanted:
            thread.join()


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str], *, sampled: bool = False) -> Cost:
    """Run *command* to its end. Raises Failed when it ends badly."""
    load = os.getloadavg()[0]
    with (cwd / "output.log").open("w+b") as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | environment
        )
        with _peak(process.pid, sampled) as peak:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read().decode("utf-8", "replace")
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}: {output[-800:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, peak[0], load, output)


@contextmanager
def running(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str], ready: str
) -> Iterator[subprocess.Popen[bytes]]:
    """*command* as a daemon, from when it has printed *ready* until the end of the block."""
    path = cwd / "daemon.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | environment
        )
        try:
            wait_for(lambda: ready.encode() in path.read_bytes() or process.poll() is not None, 0.05)
            if process.poll() is not None:
                raise Failed(f"{' '.join(command)} ended: {path.read_text('utf-8', 'replace')[-800:]}")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(happened: Callable[[], bool], every: float = 0.001) -> float:
    """Seconds until *happened*, asked again and again. Raises Failed when it never does."""
    start = time.perf_counter()
    while not happened():
        if time.perf_counter() - start > PATIENCE:
            raise Failed(f"waited {PATIENCE} s in vain")
        time.sleep(every)
    return time.perf_counter() - start


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that *share* of *values* do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def machine() -> dict[str, str | int | float]:
    """What the figures were taken on."""
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(pages / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }
