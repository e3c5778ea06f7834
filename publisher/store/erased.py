"""Door: `state/erased` (0600), the list of who was erased, outside the database: a restore of that brings nobody back.

Lines are only added, each made to last before anything else is done. A backup has it under another name, so that
unpacking one replaces no newer list; what lies under that name, or in the state folder that was moved aside, is joined.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from publisher import private
from publisher.errors import Unwritable

ERASED = "erased"
SAVED = "erased.backup"  # as a backup brings it
ASIDE = "state.old"  # beside the state folder: where a restore moved the one that was there


def read(folder: Path) -> str:
    """The list of this state folder; "" where nobody was erased. A last line that was cut off is none. Raises
    Unwritable."""
    with _explained(folder / ERASED):
        return _read(folder / ERASED).decode("ascii", "replace")


def version(folder: Path) -> tuple[int, int, int]:
    """Tells one version of the list of this state folder from another."""
    with _explained(folder / ERASED), suppress(FileNotFoundError):
        found = (folder / ERASED).stat()
        return found.st_mtime_ns, found.st_size, found.st_ino
    return 0, 0, 0


def add(folder: Path, *lines: str) -> None:
    """Write *lines* down, for good. Raises Unwritable."""
    with _explained(folder / ERASED), _alone(folder) as handle:
        _append(handle, folder, "".join(f"{line}\n" for line in lines).encode("ascii"))


def join(folder: Path) -> None:
    """Take in the lists that a restore left. Raises Unwritable."""
    path, saved = folder / ERASED, folder / SAVED
    others = [each for each in (saved, folder.parent / ASIDE / ERASED) if each.is_file()]
    if not others:
        return
    with _explained(path), _alone(folder) as handle:
        known = set(_read(path).splitlines())
        lines = dict.fromkeys(line for each in others for line in _read(each).splitlines())
        if new := [line for line in lines if line not in known]:
            _append(handle, folder, b"".join(each + b"\n" for each in new))
        saved.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """The list, made where it is missing, while no other process of this host adds to it."""
    handle = os.open(folder / ERASED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _append(handle: int, folder: Path, data: bytes) -> None:
    whole = len(_read(folder / ERASED))
    os.ftruncate(handle, whole)  # what a full disk or a crash cut off
    if os.pwrite(handle, data, whole) != len(data):
        raise OSError(0, "the disk is full")
    os.fsync(handle)
    private.sync(folder)


def _read(path: Path) -> bytes:
    data = b""
    with suppress(FileNotFoundError):
        data = path.read_bytes()
    return data[: data.rfind(b"\n") + 1]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        mend = "make room, or look at the rights of the disk"
        raise Unwritable(f"the list of the erased: {error.strerror or error}", str(path), mend) from error
