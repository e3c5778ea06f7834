"""Door: the output folder. A reader sees the old bytes or the new, never a part, also after a power cut."""

import ctypes
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from publisher.errors import Unwritable
from publisher.layout import COMPANIONS, companion

BATCH = 100  # more files than this share two syncs of the whole file system
_PIECE = 1 << 20  # bytes copied at once
_TEMPORARY = ".~{}.tmp"
_MENDS = {
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some space: the quota of this user is used up",
    errno.EROFS: "mount the file system for writing",
    errno.EACCES: "let the user that runs nashir write there",
    errno.EPERM: "let the user that runs nashir write there",
    errno.ENOTDIR: "move the file away that stands where a folder is needed",
    errno.EEXIST: "move the file away that stands where a folder is needed",
    errno.EISDIR: "move the folder away that stands where a file is needed",
    errno.ENOTEMPTY: "move the folder away that stands where a file is needed",
    errno.ENAMETOOLONG: "give the article a shorter slug",
}


def put(root: Path, path: str, data: bytes, *, mtime_ns: int | None = None) -> bool:
    """Write *data* to *path* below *root* whole or not at all, and make it last (fsync); return whether it
    changed. Unchanged bytes are left untouched. With *mtime_ns*, that is the file's time. Raises Unwritable."""
    with _explained(path):
        target = _inside(root.resolve(), path)
        if _holds(str(target), data, mtime_ns):
            return False
        _make(target.parent)
        temporary = Path(_write(str(target.parent), data, sync=True, mtime_ns=mtime_ns))
        try:
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync(target.parent)
        return True


def put_many(root: Path, items: Iterable[tuple[str, bytes]]) -> list[str]:
    """`put` each (path, data) of *items*; return the paths that changed. More than BATCH files are written, synced
    once, renamed, and synced once more. Raises Unwritable; the files renamed until then stay."""
    return put_dated(root, ((path, data, None) for path, data in items))


def put_dated(root: Path, items: Iterable[tuple[str, bytes, int | None]]) -> list[str]:
    """`put_many`, of (path, data, mtime_ns)."""
    items = iter(items)
    first = list(islice(items, BATCH + 1))
    if len(first) <= BATCH:
        return [path for path, data, when in first if put(root, path, data, mtime_ns=when)]
    root = root.resolve()
    waiting: list[tuple[str, str, str]] = []
    folders = _Folders(root)
    try:
        for path, data, when in chain(first, items):
            try:
                folder, name, new = folders.place(path)
                target = f"{folder}/{name}"
                if new or not _holds(target, data, when):
                    waiting.append((path, _write(folder, data, sync=False, mtime_ns=when), target))
            except OSError as error:
                raise _explanation(path, error) from error
        _sync_all(root)
        for path, temporary, target in waiting:
            try:
                os.replace(temporary, target)  # noqa: PTH105
            except OSError as error:
                raise _explanation(path, error) from error
        _sync_all(root)
    except BaseException:
        for _, temporary, _ in waiting:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise
    return [path for path, _, _ in waiting]


class _Folders:
    """The folders below *root* (resolved) that many files go into; each is made and looked at once. (pathlib would
    take longer than the disk.)"""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = str(root)
        self._known = {"": (self._root, False)}

    def place(self, path: str) -> tuple[str, str, bool]:
        """The folder of *path*, made if need be, the file's name in it, and whether the folder is new. Raises OSError,
        and Unwritable as `_inside`."""
        folder, _, name = path.rpartition("/")
        if _is_no_name(name) or path.startswith("/"):
            raise _outside(path)
        place, new = self._folder(folder, path)
        return place, name, new

    def _folder(self, folder: str, path: str) -> tuple[str, bool]:
        if known := self._known.get(folder):
            return known
        above, _, name = folder.rpartition("/")
        if _is_no_name(name):
            raise _outside(path)
        place, new = f"{self._folder(above, path)[0]}/{name}", True
        try:
            os.mkdir(place)  # noqa: PTH102
        except FileExistsError:
            new = False
            if not f"{os.path.realpath(place)}/".startswith(f"{self._root}/"):
                raise _outside(path) from None
            if not os.path.isdir(place):  # noqa: PTH112
                raise
        self._known[folder] = found = place, new
        return found


def _is_no_name(part: str) -> bool:
    return part in ("", ".", "..") or "\0" in part


def copy(root: Path, path: str, source: BinaryIO) -> int:
    """As `put`, for a file too large to be held in memory; returns how many bytes *source* gave. The file is written
    again also where it held the same. Raises Unwritable."""
    with _explained(path):
        target = _inside(root.resolve(), path)
        _make(target.parent)
        pieces = iter(lambda: source.read(_PIECE), b"")
        temporary = Path(_write(str(target.parent), pieces, sync=True))
        try:
            size = temporary.stat().st_size
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync(target.parent)
        return size


def read(root: Path, path: str) -> bytes | None:
    """The bytes at *path* below *root*; None where there is no such file. Raises Unwritable where it cannot be read."""
    with _explained(path):
        try:
            return _inside(root.resolve(), path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


def remove(root: Path, path: str) -> bool:
    """Remove *path* below *root*, its compressed companions and the folders this empties; return whether it was
    there. Raises Unwritable."""
    with _explained(path):
        root = root.resolve()
        target = _inside(root, path)
        for coding in COMPANIONS:  # before the file: nginx serves a companion alone
            root.joinpath(companion(path, coding)).unlink(missing_ok=True)
        try:
            target.unlink()
        except FileNotFoundError:
            return False
        folder = target.parent
        with suppress(OSError):  # a folder that still holds something
            while folder != root:
                folder.rmdir()
                folder = folder.parent
        _sync(folder)
        return True


def sweep(root: Path) -> int:
    """Remove the temporary files that a killed run left below *root*; return how many. Raises Unwritable."""
    count = 0
    with _explained(str(root)):
        for temporary in list(root.rglob(_TEMPORARY.format("*"))):
            temporary.unlink(missing_ok=True)
            count += 1
    return count


@contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _explanation(path, error) from error


def _explanation(path: str, error: OSError) -> Unwritable:
    mend = _MENDS.get(error.errno or 0, "check the disk")
    return Unwritable(f"cannot be written ({error.strerror or error})", path, mend)


def _outside(path: str) -> Unwritable:
    return Unwritable("leads out of the output folder", path, "remove the link, or name a path below it")


def _inside(root: Path, path: str) -> Path:
    """The place of *path*, where neither its parts nor a link on its way lead out of *root* (resolved)."""
    parts = PurePosixPath(path).parts
    target = root.joinpath(*parts)
    inside = parts and not path.startswith("/") and ".." not in parts and "\0" not in path
    if not inside or not target.parent.resolve().is_relative_to(root):
        raise _outside(path)
    return target


def _holds(target: str, data: bytes, mtime_ns: int | None) -> bool:
    try:
        found = os.lstat(target)
        if found.st_size != len(data) or mtime_ns not in {None, found.st_mtime_ns}:
            return False
        return stat.S_ISREG(found.st_mode) and Path(target).read_bytes() == data
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _make(folder: Path) -> None:
    """Make *folder* and those above it, each lasting before the next."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _write(folder: str, data: bytes | Iterable[bytes], *, sync: bool, mtime_ns: int | None = None) -> str:
    """A new file in *folder* that holds *data*, under a name of its own."""
    temporary = f"{folder}/{_TEMPORARY.format(secrets.token_hex(8))}"
    # 0o666 less the umask: a web server of another user has to read what is published.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            for piece in [data] if isinstance(data, bytes) else data:
                written = 0
                while written < len(piece):
                    written += os.write(descriptor, piece[written:] if written else piece)
            if mtime_ns is not None:
                os.utime(descriptor, ns=(mtime_ns, mtime_ns))
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
        raise
    return temporary


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_all(root: Path) -> None:
    """Make everything on *root*'s file system last: syncfs(2), or sync(2) where there is none."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    with _explained(str(root)):
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if syncfs(descriptor) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(descriptor)
