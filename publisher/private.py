"""Door: the files that hold a secret, a key or the hash of one: nobody but their owner may read them (threat 9).

A key that somebody else puts there, root or a keeper of secrets, may be its group's as well: so a daemon that is no
owner can read it. What Nashir writes itself is its owner's alone, from the first moment.
"""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from publisher.errors import BadConfig, PublisherError, Unwritable

LONGEST = 1_000_000  # octets: no key, and no list of tokens, is near
_NO_FILE = "it is a pipe, a socket or a device, and no file"


def read(
    path: Path, what: str, mend: str, *, group: bool = False, error: type[PublisherError] = BadConfig
) -> bytes:
    """The octets of the file at *path*, which is *what* for a person ("the DKIM key"). Raises *error*: with *mend*
    where it is missing, cannot be read or is no secret's size; and where others than its owner, and its *group*, may
    read or write it. No error quotes the file."""
    others = 0o007 if group else 0o077
    try:
        mode, data = plain(path, LONGEST + 1)
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the path
        why = getattr(refused, "strerror", None) or str(refused)
        raise error(f"{what} cannot be read: {why}", str(path), mend) from None
    if mode & others:
        raise error(f"{what} can be read by others", str(path), f"chmod {'o=' if group else '600'} {path}")
    if len(data) > LONGEST:
        raise error(f"{what} cannot be read: it has more than {LONGEST:,} bytes", str(path), mend)
    return data


def plain(path: Path, most: int = -1) -> tuple[int, bytes]:
    """The mode of the regular file at *path*, and its octets, so many of them at the *most*. Raises OSError, also for
    a pipe, a socket or a device, where whoever reads would wait for somebody to write, or never come to an end."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # so is a socket refused
            raise OSError(error.errno, _NO_FILE) from None
        raise
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, _NO_FILE)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return mode, file.read(most)
    finally:
        os.close(handle)


def word(path: Path, what: str, mend: str) -> str:
    """The line of text in the file at *path*, which its group may read: a password. Raises BadConfig as `read`, and
    where there is none, or no UTF-8."""
    data = read(path, what, mend, group=True)
    try:
        found = data.decode("utf-8").strip()
    except UnicodeDecodeError:  # which quotes it
        raise BadConfig(f"{what} is no text in UTF-8", str(path), mend) from None
    if not found or "\n" in found or "\0" in found:
        raise BadConfig(f"{what} is not one line of text", str(path), mend)
    return found


def put(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write the file whole or not at all, and make it last; its folder is made where it is missing. Not *replace*: a
    file that is there already, or comes first, stays. Raises Unwritable."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _write(new, os.O_EXCL, data)
            if replace:
                new.replace(path)
            else:
                with suppress(FileExistsError):
                    os.link(new, path)
        finally:
            new.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise _refused(path, error) from error


def append(path: Path, line: str) -> None:
    """Add a *line* to the file, behind one that was cut off, and make it last; the file is made where it is missing,
    and stays its owner's. Raises Unwritable."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        torn = path.exists() and path.read_bytes()[-1:] not in {b"", b"\n"}
        _write(path, os.O_APPEND, ("\n" * torn + line + "\n").encode())
        sync(path.parent)
    except OSError as error:
        raise _refused(path, error) from error


def sync(folder: Path) -> None:
    """Make the names in the folder last. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, how: int, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _refused(path: Path, error: OSError) -> Unwritable:
    why = error.strerror or str(error)
    return Unwritable(f"cannot be written: {why}", str(path), "look at its rights, and at the disk")
