"""What a doctor asks the database, read only; each database by itself."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from publisher.store import examining, schema
from publisher.store.database import Database
from publisher.store.sqlite import Sqlite
from publisher.store.state import State
from publisher.store.store import Store

Make = Callable[[Path], Database]


def test_a_database_tells_its_version_and_schema(make_database: Make, tmp_path: Path) -> None:
    State(tmp_path / "state").make()
    database = make_database(tmp_path / "state")
    Store(database, writing=True).close()
    found = examining.examine(database, lambda: 0.0)

    assert schema.HEAD == found.schema
    assert found.version.startswith("PostgreSQL 1" if database.shared else "SQLite 3.")
    assert database.shared == (found.skew > 1e9)  # our clock is said to stand at 1970; the file's is ours


def test_what_an_answer_takes_is_no_difference_of_clocks(make_database: Make, tmp_path: Path) -> None:
    State(tmp_path / "state").make()
    database = make_database(tmp_path / "state")
    Store(database, writing=True).close()
    slow = iter([0.0, 2e10])  # our clock before and after the question: a machine that slept meanwhile

    assert 0.0 == examining.examine(database, lambda: next(slow)).skew


def test_a_state_that_never_sent_is_left_as_it_is(make_database: Make, tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.make()
    database = make_database(state.folder)
    with closing(Store(database, writing=True)), closing(Store(database, writing=False)) as store:
        assert "" == examining.fence(state, store)
    assert not (state.folder / "generation").exists()


def test_a_fence_is_seen_by_who_only_reads(make_database: Make, tmp_path: Path) -> None:  # X10
    state = State(tmp_path / "state")
    state.make()
    database = make_database(state.folder)
    with closing(Store(database, writing=True)) as store:
        assert "" == state.fenced(store)
        state.leave(store, "elsewhere")
    with closing(Store(database, writing=False)) as store:
        assert "moved to elsewhere" in examining.fence(state, store)


@pytest.mark.sqlite
def test_a_file_is_seen_whole_or_not(tmp_path: Path) -> None:  # X9
    path = tmp_path / "nashir.db"
    Store(Sqlite(path), writing=True).close()

    assert "" == examining.whole(path, 60)
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 6] = bytes(4096 * 3)
    path.write_bytes(data)
    assert examining.whole(path, 60)


@pytest.mark.parametrize(("words", "process"), [("123 run", 123), ("77", 77), ("", None), ("x", None)])
def test_the_lock_names_a_process(words: str, process: int | None, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(words)

    assert process == examining.noted(State(tmp_path))
    assert None is examining.noted(State(tmp_path / "none"))
