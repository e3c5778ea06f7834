"""How long something takes, told so that it says nothing of the machine: processor time, the best of a few tries,
measured by a known piece of work that is done beside it."""

import gc
from collections.abc import Callable
from time import process_time

LONG = 120.0  # seconds that a test waits for what must come: a slow machine has them, a quick one needs none
TRIES = 4
KNOWN = 0.0065  # seconds that `_known` takes where the limits were set


def _known() -> None:
    words = [f"{number:x}" for number in range(40_000)]
    "".join(sorted(words)).translate({97: "b"}).split("b")


def _seconds(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def took(work: Callable[[], object], enough: float, tries: int = TRIES) -> float:
    """Seconds of processor time that *work* takes, on the machine where limits were set: the best of a few tries, the
    last of which is the first that took less than *enough*. One slow try says that the machine had much to do; what is
    quadratic is slow in all."""
    best = float("inf")
    for _ in range(tries):
        gc.disable()  # what other tests left behind is not this one's
        try:
            taken = _seconds(work)
        finally:
            gc.enable()
        best = min(best, taken / max(1.0, _seconds(_known) / KNOWN))
        if best < enough:
            break
    return best
