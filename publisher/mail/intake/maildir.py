"""Door: a Maildir that mail servers put messages into, and the one in state/ for what they pipe to us.

Flags say what became of a message (`cur/NAME:2,F`): F, a person should look at it; R, it is dealt with. One that has
either of them, or T (somebody threw it away), is not looked at again.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from publisher.errors import Unreachable, Unwritable
from publisher.mail.intake.mailbox import MOST, Fate, Mail
from publisher.mail.maildir import put

_PASSED_OVER = frozenset("FRT")
_FOLDERS = ("new", "cur")
_FLAGS = {Fate.KEPT: "F", Fate.DONE: "RS"}


class Maildir:
    """The Maildir *folder*. What is left there is not read again by this object."""

    def __init__(self, folder: Path, *, keep: bool = False, piped: bool = False) -> None:
        self.name, self.piped, self.position = str(folder), piped, ""
        self.troubles: list[str] = []
        self._folder, self._keep = folder, keep
        self._passed: set[str] = set()

    @contextmanager
    def open(self) -> Iterator[Iterator[Mail]]:
        """See Mailbox.open."""
        self.troubles.clear()
        yield self._messages()

    def _messages(self) -> Iterator[Mail]:
        """In no order. What is removed meanwhile hides nothing that is there (readdir(3))."""
        try:
            for each in _FOLDERS:
                yield from self._in(each)
        except OSError as error:
            mend = "name a Maildir, with new/ and cur/ in it, and look at the disk"
            raise Unreachable(f"cannot be read: {error.strerror}", self.name, mend) from error

    def _in(self, each: str) -> Iterator[Mail]:
        with os.scandir(self._folder / each) as entries:
            for entry in entries:
                name = entry.name
                flags = name.rpartition(":2,")[2] if ":2," in name else ""
                if name.startswith(".") or _PASSED_OVER & set(flags) or f"{each}/{name}" in self._passed:
                    continue
                if mail := self._read(f"{each}/{name}"):
                    yield mail

    def _read(self, key: str) -> Mail | None:
        """The message; None for one that is gone, or cannot be read, which is passed over."""
        try:
            # Not a link to somewhere else, and no pipe that would make us wait.
            handle = os.open(self._folder / key, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(0, "not a file")
                with open(handle, "rb", closefd=False) as file:
                    return Mail(key, file.read(MOST), status.st_size)
            finally:
                os.close(handle)
        except FileNotFoundError:  # somebody else took it
            return None
        except OSError as error:
            self._passed.add(key)
            self.troubles.append(f"{self.name}/{key}: cannot be read: {error.strerror}")
            return None

    def finish(self, fates: Sequence[tuple[str, Fate]]) -> None:
        """See Mailbox.finish."""
        for key, fate in fates:
            if fate is Fate.LEFT:
                self._passed.add(key)
                continue
            try:
                with suppress(FileNotFoundError):
                    self._finish(key, fate)
            except OSError as error:
                mend = "look at the rights of the Maildir, and at the disk"
                raise Unwritable(
                    f"cannot be removed: {error.strerror}", f"{self.name}/{key}", mend
                ) from error

    def _finish(self, key: str, fate: Fate) -> None:
        path = self._folder / key
        if fate is Fate.DONE and not self._keep:
            path.unlink()
            return
        name, _, flags = path.name.partition(":2,")
        path.rename(self._folder / "cur" / f"{name}:2,{''.join(sorted({*flags, *_FLAGS[fate]}))}")


def spool(folder: Path, name: str, data: bytes) -> Path:
    """Put a message into the Maildir *folder*, which is made where it is missing, so that a power cut leaves it there.
    Returns where it lies. Raises OSError."""
    for each in ("tmp", *_FOLDERS):
        (folder / each).mkdir(mode=0o700, parents=True, exist_ok=True)
    put(folder, name, data)
    return folder / "new" / name


class Single:
    """One message in a file, which stays as it is."""

    def __init__(self, path: Path) -> None:
        self.name, self.piped, self.position = str(path), True, ""
        self.troubles: list[str] = []
        self._path = path

    @contextmanager
    def open(self) -> Iterator[Iterator[Mail]]:
        """See Mailbox.open."""
        try:
            with self._path.open("rb") as file:
                mail = Mail(self.name, file.read(MOST), os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise Unreachable(f"cannot be read: {error.strerror}", self.name, "look at its rights") from error
        yield iter([mail])

    def finish(self, fates: Sequence[tuple[str, Fate]]) -> None:
        """Nothing: it is not ours to remove."""
