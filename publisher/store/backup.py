"""Door: a backup: one tar file with what a site cannot be made again from, written whole or not at all."""

import fcntl
import gzip
import os
import shlex
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from publisher import private
from publisher.errors import Unwritable
from publisher.layout import STATE
from publisher.store.erased import ERASED, SAVED
from publisher.store.state import BACKUP, DATABASE, SECRET
from publisher.store.store import BackUp

UNFINISHED = ".nashir-backup-"  # the folder in which one is made: this and anything; locked by who makes it
FRESH = 60  # seconds in which such a folder may not be locked yet
SPARE = 8_000_000  # bytes that a backup leaves free
COMPRESSED = {".gz", ".tgz"}
MEND = "make room, or name a file on another disk"
LEVEL = 1  # 110 MB of ledger become 20 in a second; a tenth less of them takes up to twenty times as long


def save(back_up: BackUp, size: int, state: Path, config: Path, target: Path, made: str) -> list[str]:
    """Write a backup *made* at that time (RFC 3339) to *target* (0600): the database as *back_up* writes it, about
    *size* bytes, beside whoever writes; the secret; the list of the erased, under a name under which unpacking it
    replaces none; and the configuration, which lands in the state folder for the same reason.
    Returns the names of what it holds. Raises BadState where the database is damaged, Unwritable."""
    target = target.resolve()
    try:
        with (
            tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=target.parent) as folder,
            _locked(Path(folder)),
        ):
            _sweep(Path(folder))
            _has_room(target, size)
            database, whole = Path(folder, DATABASE), Path(folder, "whole")
            database.touch(mode=0o600)
            back_up(database, f"{BACKUP}{made}")
            # The folder first; the database last: what lists the beginning of the file sees all names.
            files = {STATE: state, SECRET: state / SECRET, "config.toml": config}
            files |= {SAVED: state / ERASED} if (state / ERASED).exists() else {}
            files |= {DATABASE: database}
            members = {name if name == STATE else f"{STATE}/{name}": path for name, path in files.items()}
            _pack(members, whole, compressed=target.suffix in COMPRESSED)
            whole.replace(target)
        private.sync(target.parent)
    except OSError as error:
        what = f"the backup cannot be written: {error.strerror or error}"
        there = target.parent.is_dir()
        mend = MEND if there else f"make the folder: mkdir -p {shlex.quote(str(target.parent))}"
        raise Unwritable(what, str(target), mend) from error
    except Unwritable as error:  # the database's words for the same
        raise Unwritable(error.what.replace("the database", "the backup"), str(target), error.mend) from error
    return [name for name in members if name != STATE]


def _has_room(target: Path, size: int) -> None:
    """Raises Unwritable where the disk would be full before the backup is whole: the database is copied, and then the
    copy is packed; the site itself may write to that disk."""
    needed = size + size // (2 if target.suffix in COMPRESSED else 1) + SPARE
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        what = f"the backup needs {needed / 1e6:,.0f} MB while it is made, and {free / 1e6:,.0f} MB are free"
        raise Unwritable(what, str(target), "make room, or name a file on another disk")


def _pack(members: dict[str, Path], target: Path, *, compressed: bool) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:  # noqa: PTH123 (a descriptor)
        packed = gzip.GzipFile("", "wb", LEVEL, file) if compressed else file
        with tarfile.open(fileobj=cast("IO[bytes]", packed), mode="w|") as tar:
            for name, path in members.items():
                tar.add(path, name, recursive=False, filter=_private)
        packed.close() if compressed else packed.flush()
        file.flush()
        os.fsync(file.fileno())


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode = 0o700 if member.isdir() else 0o600
    return member


def _sweep(ours: Path) -> None:
    """Remove what killed processes left beside *ours*. Numbers of processes say nothing: in a container each is 1."""
    fresh = ours.stat().st_mtime - FRESH
    for path in ours.parent.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # somebody is at work in it, or it is gone
            if path.stat().st_mtime < fresh:
                with _locked(path):
                    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else has it, to the end of the block. Raises OSError where somebody has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
