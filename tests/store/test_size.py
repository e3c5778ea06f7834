"""How much a copy of the database will write, before it is made; each database by itself."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from publisher.store import facts
from publisher.store.database import Database
from publisher.store.state import State
from publisher.store.store import Store

Make = Callable[[Path], Database]


def test_the_size_that_is_reckoned_with_is_no_less_than_the_copys(
    make_database: Make, tmp_path: Path
) -> None:  # X6
    state = State(tmp_path / "state")
    state.make()
    with closing(Store(make_database(state.folder), writing=True)) as store:
        store.write(lambda c: facts.put(c, "fact", "x" * 3_000_000))
        store.back_up(tmp_path / "copy.db", "a copy")
        copied = (tmp_path / "copy.db").stat().st_size

        assert 3_000_000 < copied <= store.size() < 5 * copied
