"""What inotify tells: where to look."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher import watcher
from tests.patience import LONG

Does = Callable[[Path], object]


def _saves(folder: Path) -> None:
    (folder / "new.txt").write_text("خبر\n", "utf-8")


def _swaps(folder: Path) -> None:
    (folder / ".new.tmp").write_text("خبر\n", "utf-8")
    (folder / ".new.tmp").rename(folder / "new.txt")


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Callable[[Does], list[str | None]]]:
    """What is told of something done to a folder that holds old.txt; without repetitions."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "old.txt").write_text("قديم\n", "utf-8")
    found: list[str | None] = []
    observer = watcher.watch(folder, found.append)

    def run(does: Does) -> list[str | None]:
        does(folder)
        (folder / "end.txt").write_text(".", "utf-8")
        end = time.monotonic() + LONG
        while "end.txt" not in found and time.monotonic() < end:
            time.sleep(0.02)
        return list(dict.fromkeys(found[: found.index("end.txt")]))

    yield run
    observer.stop()
    observer.join()


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        (_saves, ["new.txt"]),
        (_swaps, [".new.tmp", "new.txt"]),
        (lambda folder: (folder / "old.txt").unlink(), [None]),
        # The whole folder first: a daemon that woke up between the two would take the new name for a copy (A9).
        (lambda folder: (folder / "old.txt").rename(folder / "b.txt"), [None, "b.txt"]),
        (lambda folder: (folder / "old.txt").rename(folder / ".b.txt"), [None, ".b.txt"]),
        (lambda folder: (folder / "old.txt").read_text("utf-8"), []),
        (lambda folder: (folder / "sub").mkdir(), [None]),
        (lambda folder: os.link(folder / "old.txt", folder / "b.txt"), ["b.txt"]),
        (lambda folder: (folder / "old.txt").chmod(0o600), ["old.txt"]),
        (lambda folder: os.utime(folder / "old.txt", (1, 1)), ["old.txt"]),
    ],
    ids=["saved", "swapped", "removed", "renamed", "hidden", "read", "folder", "linked", "rights", "time"],
)
def test_what_happens_says_where_to_look(
    does: Does, expected: list[str | None], told: Callable[[Does], list[str | None]]
) -> None:
    assert sorted(map(str, expected)) == sorted(map(str, found := told(does)))
    assert None not in found or found[0] is None
