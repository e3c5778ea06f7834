"""Door: the state folder (0700): the lock, the secret, and the fence against restored copies.

The fence: the database knows its own file (inode and birth), and a generation that also stands beside it in the file
`generation` and grows before and after letters leave. That file is another one each time, and knows itself as well: an
old one written into the place of the new does not. A backup says that it is one. Whatever disagrees with one of these
was copied, restored or set back; then no letter leaves until a person says so with `nashir resume`.

A database on a server is no file of this folder: it knows which database of which server it is, other hosts let the
generation grow as well, and it has the fingerprint of the secret, which is the same on all of them.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from publisher import layout, private
from publisher.errors import BadState, Locked, Unwritable
from publisher.store import facts
from publisher.store.inode import identity
from publisher.store.store import Store

DATABASE = "nashir.db"
SECRET = "secret.key"
# What the database's note of its own file begins with where it is none: in a backup, then the time; where another one
# goes on instead, then which; and while that is not finished.
BACKUP, MOVED, MOVING = "the backup of ", "moved to ", "moved from "
LEFT = f"this site was {MOVED}"  # why nothing may leave, nor be changed, begins so where another one goes on
GO_ON = "`nashir resume`, if it is right"
RESTORE = "take it from the last backup: `tar -xf FILE state/secret.key`"
COPY = f"copy state/{SECRET} from the host that used this database first"
OTHER = "the database is a copy: another one, or on another server, than letters left from last"
OVERWRITTEN = "an older state was written into the files of this one"
SERVES = "run"  # stands behind the process's number in the lock of a daemon
DYING = 5  # seconds that the processes which a killed one had started may take to end


class State:
    """An existing or new state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / DATABASE
        self.control = folder / layout.CONTROL
        self._noting = (
            threading.Lock()
        )  # who sends and who leads note the generation in threads of one process

    def make(self) -> None:
        """Create the folder where it is missing. Raises Unwritable."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.folder.stat().st_mode & 0o077:
                self.folder.chmod(0o700)
        except OSError as error:
            raise Unwritable(
                f"the state folder cannot be made: {error.strerror}", str(self.folder), ""
            ) from error

    def lock(self, *, serving: bool = False) -> int:
        """Hold the site's lock until the process ends or the descriptor is closed; *serving* tells others that verbs
        are taken at the control socket. Raises Locked."""
        self.make()
        try:
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            what = f"the lock cannot be opened: {error.strerror}"
            raise Unwritable(what, str(self.folder), "make room, or mount the disk for writing") from error
        end = time.monotonic() + DYING
        while not _locked(handle):
            holder, _, what = os.pread(handle, 40, 0).decode("ascii", "replace").strip().partition(" ")
            if _died(holder) and time.monotonic() < end:
                time.sleep(0.02)
                continue
            os.close(handle)
            raise Locked(
                f"another nashir (process {holder or 'unknown'}) works on this site",
                str(self.folder / "lock"),
                "wait for it, or stop it",
                serving=what == SERVES,
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {SERVES if serving else ''}".rstrip().encode(), 0)
        return handle

    def secret(self) -> bytes:
        """The site's secret, 32 bytes (0600), made before there is a database. Raises BadState when it is lost (the
        links in letters hang on it) or others can read it, Unwritable when the disk refuses."""
        path = self.folder / SECRET
        if not path.exists():
            if self.database.exists():
                raise BadState("the secret key is gone", str(path), RESTORE)
            private.put(path, secrets.token_bytes(32), replace=False)
        return self._key(RESTORE)

    def shared_secret(self, store: Store, *, writing: bool) -> bytes:
        """The secret of a site whose database other hosts use as well, compared with the fingerprint that stands there
        from the first opening on; that is when a host without a key makes one, if it is *writing*. Raises as `secret`,
        and BadState where this is another key."""
        known, path = store.read(lambda c: facts.get(c, facts.SECRET)), self.folder / SECRET
        if known is None and writing:
            if not path.exists():
                private.put(path, secrets.token_bytes(32), replace=False)
            mine = _fingerprint(self._key(COPY))
            known = store.write(lambda c: facts.put_once(c, facts.SECRET, mine))
        if not path.exists():
            raise BadState("there is no secret key here", str(path), COPY)
        key = self._key(COPY)
        if known is not None and not hmac.compare_digest(known, _fingerprint(key)):
            raise BadState("this is another secret key than the one the database knows", str(path), COPY)
        return key

    def _key(self, mend: str) -> bytes:
        path = self.folder / SECRET
        key = private.read(path, "the secret key", mend, error=BadState)
        if len(key) != 32:
            raise BadState("the secret key is not 32 bytes", str(path), mend)
        return key

    def fenced(self, store: Store) -> str:
        """Why no letter may leave: the database is a copy, restored or older than this folder's last sender; ""
        when it is the one that was here."""
        generation, file = store.read(lambda c: (facts.get(c, "generation"), facts.get(c, "file")))
        noted, here = self._noted(), store.identity()
        if generation is None and file is None and noted is None:
            self.resume(store)  # a new site
            return ""
        if file != here:
            return _elsewhere(file or "", shared=store.database.shared)
        known = noted.number if noted else 0  # a crash may come between the first two writes too
        if store.database.shared:
            return _behind(int(generation or 0), known)
        overwritten = noted is not None and noted.file != noted.here
        return OVERWRITTEN if overwritten else _apart(int(generation or 0), known)

    def advance(self, store: Store) -> None:
        """A sender starts: the generation grows, in the database first (a crash between the two is no restore). Raises
        BadState where a database that other hosts use as well was restored, or went elsewhere, while this process had
        it open: nothing is written then."""
        if store.database.shared:
            here, seen = store.identity(), self._noted()
            grown = store.write(lambda c: _grown(c, here, seen.number if seen else 0))
            if isinstance(grown, str):
                raise BadState(f"no letter leaves: {grown}", str(self.folder), GO_ON)
            return self._note(grown)
        noted, known = self._noted(), int(store.read(lambda c: facts.get(c, "generation")) or 0)
        # Tried again where only the database could be written, it writes the same number: never two ahead of the file.
        return self._write(store, noted.number + 1 if noted else max(known, 1))

    def leave(self, store: Store, where: str) -> None:
        """Nobody sends from this database any more: the one at *where* goes on."""
        store.write(lambda c: facts.put(c, "file", f"{MOVED}{where}"))

    def moved_to(self, store: Store) -> str:
        """The database that goes on instead of this one; "" where none does."""
        file = store.read(lambda c: facts.get(c, "file")) or ""
        return file.removeprefix(MOVED) if file.startswith(MOVED) else ""

    def resume(self, store: Store) -> None:
        """A person says that this database is the one to go on with."""
        known = int(store.read(lambda c: facts.get(c, "generation")) or 0)
        noted = self._noted()
        self._write(store, max(known, noted.number if noted else 0) + 1)

    def _write(self, store: Store, generation: int) -> None:
        file = store.identity()
        store.write(lambda c: facts.put_all(c, {"generation": str(generation), "file": file}))
        self._note(generation)

    def watch(self, store: Store) -> str:
        """Like `fenced`, of a database that others use as well, for who has it open; notes how far it is."""
        if why := self.fenced(store):
            return why
        known = int(store.read(lambda c: facts.get(c, "generation")) or 0)
        if (noted := self._noted()) is None or noted.number < known:
            self._note(known)
        return ""

    def _note(self, generation: int) -> None:
        with self._noting, _explained(self.generation):
            temporary = self.generation.with_suffix(f".{os.getpid()}.tmp")  # beside a worker on this host
            temporary.unlink(missing_ok=True)
            _write(temporary, b"")
            _write(temporary, f"{generation} {identity(temporary)}\n".encode())
            temporary.replace(self.generation)

    @property
    def generation(self) -> Path:
        """Where it is noted how far the database was that letters left from last."""
        return self.folder / "generation"

    def _noted(self) -> "_Noted | None":
        try:
            here = ""
            while here != (here := identity(self.generation)):  # another process may just replace it
                number, _, file = self.generation.read_text().strip().partition(" ")
            return _Noted(int(number), file, here)
        except (OSError, ValueError):
            return None


def _fingerprint(key: bytes) -> str:
    """Says whether a key is this one, and nothing of it."""
    return hmac.digest(key, b"nashir: which key this is", hashlib.sha256).hex()


def _apart(generation: int, known: int) -> str:
    """Whether a database in this folder and the folder itself are not of one time."""
    if generation in {known, known + 1}:
        return ""
    return f"the database is of generation {generation}, this folder of {known}: one of them was restored"


def _behind(generation: int, known: int) -> str:
    """Whether a database that other hosts' senders use as well is older than this host has seen it."""
    if generation >= known:
        return ""
    return f"the database is of generation {generation}, and this host saw it at {known}: it was restored"


class _Noted(NamedTuple):
    """What the file `generation` says."""

    number: int
    file: str  # the one that this was written into
    here: str  # the one that it stands in


def _grown(connection: Connection, here: str, seen: int) -> int | str:
    """The generation, one more than it was; or why this is not the database that it was *seen* at last."""
    number, file = int(facts.get(connection, "generation") or 0), facts.get(connection, "file")
    if file not in (None, here):
        return _elsewhere(file or "", shared=True)
    if why := _behind(number, seen):
        return why
    facts.put_all(connection, {"generation": str(number + 1), "file": here})
    return number + 1


def _elsewhere(file: str, *, shared: bool) -> str:
    """What a database is that is not where it was written last: by its note of its own file."""
    if file.startswith(BACKUP):
        return f"the database is {file}"
    if file.startswith(MOVED):
        return f"{LEFT}{file.removeprefix(MOVED)}: write that into [store], or go on with this one"
    if file.startswith(MOVING):
        return f"the database was {file}, and that was cut off: run `nashir move-store` there again"
    return OTHER if shared else "the database is a copy: it is not the file that was written here last"


def _write(path: Path, data: bytes) -> None:
    """Write *data* to *path*, for the owner's eyes, and make it last."""
    path.touch(mode=0o600)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unwritable(
            f"cannot be written: {error.strerror}", str(path), "make room or mend the disk"
        ) from error


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _died(holder: str) -> bool:
    """Whether there is no process of this number: those it started, which hold its lock with it, end with it."""
    if not holder.isdecimal():
        return False
    try:
        os.kill(int(holder), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # somebody else's process is one
        pass
    return False
