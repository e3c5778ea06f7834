"""Door: the article folder."""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from publisher.articles import names
from publisher.errors import Unreadable
from publisher.model.article import Leaf

_PIECE = 4096  # bytes read at once at least

Mark = tuple[int, int, int]  # time of change in ns, size, inode: another mark, another content


class Seen(NamedTuple):
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
    lost: bool = False  # somebody may wait for it on the site: it is refused, not passed over


@dataclass(frozen=True, slots=True)
class Differences:
    """What a look at the folder found beside what was known."""

    present: int  # files, and folders that cannot be listed
    changed: list[Seen]  # new files, and those with another time, size or inode; by path
    odd: list[Odd]
    away: list[str]  # known, and not there; what is below a folder that cannot be listed is not away


def compare(folder: Path, known: Mapping[str, Mark]) -> Differences:
    """Walk *folder* and compare it with what is *known*.

    Symbolic links are not followed; folders that names.skipped_folder names are left out. This loop runs over every
    file at every scan: it makes nothing for a file that is as it was.
    """
    left = dict(known)
    mark_of = left.pop
    changed: list[Seen] = []
    odd: list[Odd] = []
    present = 0
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(f"{folder}/{prefix}") as entries:
                for entry in entries:
                    name = entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if not names.skipped_folder(name):
                            waiting.append(f"{prefix}{name}/")
                        continue
                    path = prefix + name
                    try:
                        info = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:  # gone since it was listed
                        continue
                    except OSError as error:
                        odd.append(_locked(path, "read", error))
                        left.pop(path, None)
                        continue
                    present += 1
                    mark = (info.st_mtime_ns, info.st_size, info.st_ino)
                    if mark_of(path, None) != mark:
                        _sort_out(folder, path, info, changed, odd)
        except FileNotFoundError:
            if not prefix:
                odd.append(Odd("/", "the article folder is not there", "make it, or mount it"))
        except OSError as error:
            odd.append(_locked(prefix or "/", "listed", error))
    changed.sort()
    closed = tuple(each.path for each in odd if each.path.endswith("/"))
    return Differences(present + len(closed), changed, odd, _away(left, closed))


def _away(left: Collection[str], closed: Collection[str]) -> list[str]:
    """Those of *left* that are not below a folder that is *closed*: "/" closes everything off."""
    below = tuple(path.lstrip("/") for path in closed)
    return [path for path in left if path not in closed and not path.startswith(below)]


def _locked(path: str, what: str, error: OSError) -> Odd:
    which = "file" if what == "read" else "folder"
    return Odd(path, f"cannot be {what}: {error.strerror}", f"let the program read the {which}", lost=True)


def glance(folder: Path, path: str) -> Seen | None:
    """The regular file *path* below *folder*, not through a link; None where there is none, or none that is read."""
    if any(names.skipped_folder(part) for part in path.split("/")[:-1]):
        return None
    try:
        file = _open(folder, path.split("/"))
    except OSError:
        return None
    try:
        info = os.fstat(file)
    finally:
        os.close(file)
    return Seen(path, info.st_mtime_ns, info.st_size, info.st_ino) if stat.S_ISREG(info.st_mode) else None


def _sort_out(folder: Path, path: str, info: os.stat_result, changed: list[Seen], odd: list[Odd]) -> None:
    if stat.S_ISREG(info.st_mode):
        changed.append(Seen(path, info.st_mtime_ns, info.st_size, info.st_ino))
    elif names.verdict(path)[0] != "skipped":
        if stat.S_ISLNK(info.st_mode):
            leads = names.kind(path) is not None and (folder / path).is_file()
            odd.append(Odd(path, "a symbolic link", "put the file itself here", leads))
        else:
            odd.append(Odd(path, "not a regular file", "remove it"))


def read(folder: Path, path: str, limit: int) -> Leaf:
    """Read the file *path* below *folder*, at most *limit* bytes.

    Raises Unreadable if it is not a regular file below the folder, too large, gone, or refused.
    """
    with _regular(folder, path) as (file, info):
        data = _up_to(file, limit + 1, info.st_size)
    if len(data) > limit:
        size = max(info.st_size, len(data))
        raise Unreadable(
            f"the file has {size:,} bytes, more than {limit:,}",
            "split it, or raise articles.max_bytes in config.toml",
        )
    return Leaf(path, data)


@contextmanager
def opened(folder: Path, path: str) -> Iterator[tuple[BinaryIO, Seen]]:
    """The regular file *path* below *folder* to read from, and how it looks now. Raises Unreadable as `read`."""
    with _regular(folder, path) as (file, info), open(file, "rb", closefd=False) as stream:
        yield stream, Seen(path, info.st_mtime_ns, info.st_size, info.st_ino)


@contextmanager
def _regular(folder: Path, path: str) -> Iterator[tuple[int, os.stat_result]]:
    """The descriptor of `opened`, and what the system says of the file."""
    try:
        file = _open(folder, path.split("/"))
    except OSError as error:
        raise _explained(error) from error
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode):
            raise Unreadable("not a regular file", "remove it")
        yield file, info
    except OSError as error:
        raise _explained(error) from error
    finally:
        os.close(file)


def _up_to(file: int, most: int, size: int) -> bytes:
    """The first *most* bytes; *size* is how many there seem to be. To make a stream takes longer than to read most
    files."""
    pieces: list[bytes] = []
    while most and (piece := os.read(file, min(most, max(size + 1, _PIECE)))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


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
    """*path* for people and JSON: what would not print (bytes that are not UTF-8, controls, marks that reorder the
    line) is percent-encoded, and so is a "%" that would be taken for such a code: unquoting gives the bytes back."""
    return "".join(
        f"%{ord(char) - 0xDC00:02X}"
        if "\udc80" <= char <= "\udcff"
        else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))
        if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")
        or unicodedata.bidirectional(char) in _REORDERS
        else char
        for char in _CODE.sub("%25", path)
    )


_CODE = re.compile("%(?=[0-9A-Fa-f]{2})")
_REORDERS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
