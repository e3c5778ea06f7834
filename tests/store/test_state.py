"""The state folder: one process at a time, a secret nobody reads, and no letters from a copy."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from publisher.errors import BadState, Exit, Locked, PublisherError, Unwritable
from publisher.store import facts
from publisher.store.sqlite import Sqlite
from publisher.store.state import BACKUP, State
from publisher.store.store import Store
from tests.patience import LONG


@contextmanager
def opened(state: State) -> Iterator[Store]:
    with closing(Store(Sqlite(state.database), writing=True)) as store:
        yield store


def start(state: State) -> str:
    """What a sender does when it starts: why it may not send, "" if it may."""
    with opened(state) as store:
        why = state.fenced(store)
        if not why:
            state.advance(store)
    return why


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.make()
    return state


def test_a_second_process_is_told_who_holds_the_lock(state: State) -> None:  # X10
    script = f"""
import sys
from pathlib import Path
from publisher.store.state import BACKUP, State
State(Path({str(state.folder)!r})).lock()
print("held", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert "held\n" == holder.stdout.readline()
        with pytest.raises(Locked, match=rf"process {holder.pid}\) works on this site") as refusal:
            state.lock()
        holder.communicate("")

    assert Exit.LOCKED == refusal.value.exit == 75
    os.close(state.lock())  # the lock of a process that ended is nobody's


def test_what_a_killed_process_had_started_is_waited_for(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:  # X3
    """It holds the lock with it, and ends a moment later."""
    script = f"""
import os, signal, sys
from pathlib import Path
from publisher.store.state import BACKUP, State
State(Path({str(state.folder)!r})).lock()
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    monkeypatch.setattr("publisher.store.state.DYING", LONG)
    ends = threading.Event()
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as killed:
        assert killed.stdin and -9 == killed.wait()

        def end() -> None:
            ends.set()
            killed.stdin.close()  # type: ignore[union-attr]

        threading.Timer(0.3, end).start()
        os.close(state.lock())

        assert ends.is_set()


def test_the_state_folder_is_its_owners(state: State) -> None:
    assert 0o700 == state.folder.stat().st_mode & 0o777


def test_the_secret_is_made_once_and_private(state: State) -> None:
    secret = state.secret()
    path = state.folder / "secret.key"

    assert 32 == len(secret)
    assert secret == State(state.folder).secret()
    assert 0o600 == path.stat().st_mode & 0o777
    assert ["secret.key"] == [each.name for each in state.folder.iterdir()]


def test_a_secret_that_others_can_read_is_refused(state: State) -> None:
    state.secret()
    path = state.folder / "secret.key"
    path.chmod(0o640)

    with pytest.raises(BadState, match=f"can be read by others. Mend: chmod 600 {path}"):
        state.secret()


def test_a_new_site_may_send_and_so_may_a_restarted_one(state: State) -> None:
    assert ["", "", ""] == [start(state) for _ in range(3)]


def test_a_copied_folder_sends_nothing(state: State, tmp_path: Path) -> None:  # X10
    start(state)
    copy = State(tmp_path / "copy")
    shutil.copytree(state.folder, copy.folder)

    assert "copy" in start(copy)
    assert "" == start(state)


def test_a_moved_folder_goes_on(state: State, tmp_path: Path) -> None:
    start(state)
    moved = State(state.folder.rename(tmp_path / "moved"))

    assert "" == start(moved)


def test_an_older_database_in_its_old_place_sends_nothing(state: State) -> None:  # X10
    start(state)
    backup = state.database.read_bytes()
    start(state)
    state.database.write_bytes(backup)  # the same inode

    assert "restored" in start(state)


RESTORES = {
    "moved aside, and a copy": "mv state old && cp -a bak state",
    "moved aside, and unpacked": "tar -cf bak.tar -C bak . && mv state old && mkdir state && tar -xf bak.tar -C state",
    "copied over": "cp bak/* state/",
    "copied over with all they have": "cp -a bak/. state/",
    "each removed before": "cp --remove-destination bak/* state/",
    "the database alone": "cp bak/nashir.db state/",
    "the generation alone": "cp bak/generation state/",
    "unpacked over": "tar -cf bak.tar -C bak . && tar -xf bak.tar --overwrite -C state",
    "as rsync does": "cd bak && for f in *; do cp $f ../state/.$f.x && mv ../state/.$f.x ../state/$f; done",
}


@pytest.mark.parametrize("how", RESTORES.values(), ids=RESTORES)
def test_an_old_state_sends_nothing_however_it_was_restored(
    how: str, state: State, tmp_path: Path
) -> None:  # X10
    start(state)
    shutil.copytree(state.folder, tmp_path / "bak")
    start(state)
    subprocess.run(["sh", "-ec", how], cwd=tmp_path, check=True)

    assert "" != start(state)
    with opened(state) as store:
        state.resume(store)
    assert ["", ""] == [start(state), start(state)]


@pytest.mark.parametrize(
    "how", ["mv state s && mv s state", "chmod -R g-w state", "touch state/*", "cp state/* ."]
)
def test_what_is_no_restore_holds_nothing_back(how: str, state: State, tmp_path: Path) -> None:  # X10
    start(state)
    subprocess.run(["sh", "-ec", how], cwd=tmp_path, check=True)

    assert ["", ""] == [start(state), start(state)]


@pytest.mark.parametrize("starts", [0, 1, 3])
@pytest.mark.parametrize("generation", ["kept", "gone"])
def test_a_backup_sends_nothing_wherever_it_is_put(
    starts: int, generation: str, state: State, tmp_path: Path
) -> None:  # X10
    with opened(state) as store:
        for _ in range(starts):
            assert "" == state.fenced(store)
            state.advance(store)
        store.back_up(tmp_path / "saved.db", BACKUP + "2026-11-29T01:00:00+00:00")
    state.database.write_bytes((tmp_path / "saved.db").read_bytes())  # in place: the same inode
    if generation == "gone":
        (state.folder / "generation").unlink(missing_ok=True)

    assert "the database is the backup of 2026-11-29T01:00:00+00:00" == start(state)
    with opened(state) as store:
        state.resume(store)
    assert ["", ""] == [start(state), start(state)]


@pytest.mark.parametrize("starts", [0, 1, 2])
@pytest.mark.parametrize("tries", [1, 2, 5])
def test_a_full_disk_beside_the_database_is_no_restore(
    starts: int, tries: int, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:  # X6, X10
    for _ in range(starts):
        start(state)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with opened(state) as store, monkeypatch.context() as patch:
        patch.setattr("publisher.store.state._write", full)
        for _ in range(tries):
            with pytest.raises(Unwritable, match="No space left"):
                state.advance(store)

    assert ["", ""] == [start(state), start(state)]


def test_a_lost_generation_sends_nothing(state: State) -> None:
    start(state)
    start(state)
    (state.folder / "generation").unlink()

    assert "restored" in start(state)


def test_an_empty_database_beside_an_older_generation_sends_nothing(state: State) -> None:
    start(state)
    for path in state.folder.glob("nashir.db*"):
        path.unlink()

    assert "" != start(state)


@pytest.mark.parametrize("starts", [0, 1, 3])
def test_a_crash_between_the_two_writes_is_no_restore(
    starts: int, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(starts):
        start(state)

    def crash(self: Path, target: Path) -> Path:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(SystemExit):
            start(state)

    assert ["", ""] == [start(state), start(state)]


def test_resume_lifts_the_fence_for_good(state: State, tmp_path: Path) -> None:
    start(state)
    copy = State(tmp_path / "copy")
    shutil.copytree(state.folder, copy.folder)
    assert "" != start(copy)
    with opened(copy) as store:
        copy.resume(store)

    assert ["", ""] == [start(copy), start(copy)]


def test_resume_of_an_older_database_passes_the_newest_generation(state: State) -> None:
    start(state)
    backup = state.database.read_bytes()
    start(state)
    start(state)
    newest = int((state.folder / "generation").read_text().split()[0])
    state.database.write_bytes(backup)
    with opened(state) as store:
        state.resume(store)
        known = store.read(lambda c: facts.get(c, "generation"))

    assert str(newest + 1) == known
    assert "" == start(state)


def opening(database: Path) -> PublisherError:
    with pytest.raises(PublisherError) as refusal:
        Store(Sqlite(database), writing=True).close()
    assert "\n" not in str(refusal.value)
    return refusal.value


def test_a_file_that_is_no_database_is_named(state: State) -> None:  # X9
    state.database.write_bytes(b"not a database at all, but long enough to have a header of its own " * 30)
    error = opening(state.database)

    assert isinstance(error, BadState) and 78 == error.exit
    assert "damaged" in str(error)
    assert "backup" in error.mend


def test_a_damaged_database_is_named(state: State) -> None:  # X9
    start(state)
    data = bytearray(state.database.read_bytes())
    data[100:4096] = os.urandom(3996)
    state.database.write_bytes(data)
    error = opening(state.database)

    assert isinstance(error, BadState) and 78 == error.exit


def test_a_database_of_a_newer_program_is_left_alone(state: State) -> None:
    start(state)
    with closing(sqlite3.connect(state.database)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    error = opening(state.database)

    assert isinstance(error, BadState) and 78 == error.exit
    assert "schema 9999" in str(error)
    with pytest.raises(BadState, match="schema 9999"):
        Store(Sqlite(state.database), writing=False)
