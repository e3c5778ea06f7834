"""Door: the article folder."""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from publisher.articles import names
from publisher.errors import Unreadable
from publisher.model.article import Leaf


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file of the folder. `path` as in Leaf."""

    path: str
    mtime_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class Odd:
    """What stands in the folder and cannot be read. The path of a folder that cannot be listed ends with "/"
    ("/" alone: the article folder itself): nobody knows what is below it, so nothing there counts as deleted."""

    path: str
    reason: str
    mend: str


def scan(folder: Path) -> Iterator[Seen | Odd]:
    """Walk *folder*, sorted by name: every regular file, and by name what cannot be read.

    Symbolic links are not followed; folders that names.skipped_folder names are left out.
    """
    waiting = [_listing(folder, "")]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif isinstance(entry, Odd):
            yield entry
        else:
            path, found = entry
            if found.is_dir(follow_symlinks=False):
                if not names.skipped_folder(found.name):
                    waiting.append(_listing(folder, f"{path}/"))
            elif seen := _look(path, found):
                yield seen


def _listing(folder: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]] | Odd]:
    try:
        with os.scandir(f"{folder}/{prefix}") as found:
            entries = sorted(found, key=attrgetter("name"))
    except FileNotFoundError:
        if not prefix:
            yield Odd("/", "the article folder is not there", "make it, or mount it")
        return
    except OSError as error:
        yield Odd(prefix or "/", f"cannot be listed: {error.strerror}", "let the program read the folder")
        return
    for entry in entries:
        yield prefix + entry.name, entry


def _look(path: str, entry: os.DirEntry[str]) -> Seen | Odd | None:
    try:
        info = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # gone since it was listed
        return None
    except OSError as error:
        return Odd(path, f"cannot be read: {error.strerror}", "let the program read the file")
    if stat.S_ISREG(info.st_mode):
        return Seen(path, info.st_mtime_ns, info.st_size, info.st_ino)
    if names.verdict(path)[0] == "skipped":
        return None
    if stat.S_ISLNK(info.st_mode):
        return Odd(path, "a symbolic link", "put the file itself here")
    return Odd(path, "not a regular file", "remove it")


def read(folder: Path, path: str, limit: int) -> Leaf:
    """Read the file *path* below *folder*, at most *limit* bytes.

    Raises Unreadable if it is not a regular file below the folder, too large, gone, or refused.
    """
    with opened(folder, path) as (stream, seen):
        data = stream.read(limit + 1)
    if len(data) > limit:
        size = max(seen.size, len(data))
        raise Unreadable(
            f"the file has {size:,} bytes, more than {limit:,}",
            "split it, or raise articles.max_bytes in config.toml",
        )
    return Leaf(path, data)


@contextmanager
def opened(folder: Path, path: str) -> Iterator[tuple[BinaryIO, Seen]]:
    """The regular file *path* below *folder* to read from, and how it looks now. Raises Unreadable as `read`."""
    try:
        file = _open(folder, path.split("/"))
    except OSError as error:
        raise _explained(error) from error
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode):
            raise Unreadable("not a regular file", "remove it")
        with open(file, "rb", closefd=False) as stream:
            yield stream, Seen(path, info.st_mtime_ns, info.st_size, info.st_ino)
    except OSError as error:
        raise _explained(error) from error
    finally:
        os.close(file)


def _open(folder: Path, parts: list[str]) -> int:
    """Step down from *folder* one part at a time, never through a link: no path leads out."""
    if any(part in ("", ".", "..") for part in parts):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for left, part in enumerate(parts, start=1 - len(parts)):
        flags = os.O_DIRECTORY if left else os.O_NONBLOCK  # a FIFO must not block
        try:
            below = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here


def _explained(error: OSError) -> Unreadable:
    match error.errno:
        case errno.ENOENT:
            return Unreadable("the file was moved or deleted while it was read", "nothing, if it was you")
        case errno.EACCES | errno.EPERM:
            return Unreadable("the program may not read the file", "chmod +r the file, or its folder +rx")
        case errno.ELOOP | errno.ENOTDIR:
            return Unreadable("the path leads through a symbolic link", "put the file itself here")
        case errno.ENXIO:
            return Unreadable("not a regular file", "remove it")
    return Unreadable(f"the disk refused: {error.strerror}", "see the system's log")


def shown(path: str) -> str:
    """*path* for people and JSON: what would not print (bytes that are not UTF-8, controls, marks that reorder
    the line) is percent-encoded."""
    return "".join(
        f"%{ord(char) - 0xDC00:02X}"
        if "\udc80" <= char <= "\udcff"
        else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))
        if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")
        or unicodedata.bidirectional(char) in _REORDERS
        else char
        for char in path
    )


_REORDERS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
