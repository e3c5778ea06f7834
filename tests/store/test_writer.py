"""Writes are committed in groups, and one that fails takes nobody with it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError

from publisher.actions.house import House
from publisher.errors import Unwritable
from publisher.store import facts
from publisher.store.database import Database
from publisher.store.dialects import spoken
from publisher.store.store import Store
from publisher.store.tables import meta
from publisher.store.writer import Writer
from tests.patience import LONG

Work = Callable[[Connection], Any]


def put(key: str, value: str = "x") -> Work:
    return lambda connection: facts.put(connection, key, value)


def read(store: Store, key: str) -> str | None:
    return store.read(lambda c: facts.get(c, key))


def break_a_rule(connection: Connection) -> None:
    facts.put(connection, "half", "written")
    connection.execute(meta.insert().values(key="half", value="twice"))


def submit(writer: Writer, work: Work, *, urgent: bool = False) -> Future[Any]:
    future: Future[Any] = Future()

    def then(result: Any, error: BaseException | None) -> None:
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    writer.submit(work, then, urgent=urgent)
    return future


def together(store: Store, *works: Work) -> list[Future[Any]]:
    """Urgent works that all wait while the writer is busy, so that one transaction takes them."""
    writer = store._writer
    assert writer
    busy, free = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        busy.set()
        free.wait(LONG)

    submit(writer, hold)
    assert busy.wait(LONG)
    waiting = [submit(writer, work, urgent=True) for work in works]
    free.set()
    return waiting


def fill(store: Store) -> None:
    """From now on the disk is full: two more pages, and no page after them. PostgreSQL is told to say what it says
    then."""

    def refuse(connection: Connection) -> None:
        connection.exec_driver_sql(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
            " 'could not extend file: the disk is full' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER full_disk BEFORE INSERT ON meta FOR EACH ROW WHEN (NEW.key = 'much 9')"
            " EXECUTE FUNCTION fail()"
        )

    def limit(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")

    store.write(refuse if store.database.shared else limit)


def make_room(store: Store) -> None:
    sqlite, postgresql = "PRAGMA max_page_count = 1000000", "DROP FUNCTION fail CASCADE"
    store.write(lambda c: c.exec_driver_sql(spoken(c, sqlite, postgresql)))


def write_much(connection: Connection) -> None:
    for number in range(50):
        facts.put(connection, f"much {number}", "x" * 4000)


def test_work_that_fails_is_rolled_back_alone(house: House) -> None:
    first, failing, last = together(house.store, put("first"), break_a_rule, put("last"))

    assert first.exception(10) is None
    assert isinstance(failing.exception(10), IntegrityError)
    assert last.exception(10) is None
    assert ("x", None, "x") == (
        read(house.store, "first"),
        read(house.store, "half"),
        read(house.store, "last"),
    )


def test_an_error_reaches_whoever_asked(house: House) -> None:
    def refuse(connection: Connection) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        house.store.write(refuse)


def test_what_waits_is_committed_together(house: House) -> None:
    commits: list[Connection] = []
    writer = house.store._writer
    assert writer
    event.listen(writer.owner, "commit", commits.append)
    for future in together(house.store, *[put(str(n)) for n in range(20)]):
        future.result(LONG)

    assert 2 == len(commits)  # the work that kept the writer busy, and all twenty


def test_a_full_disk_fails_everybody_in_the_group_that_it_undid(house: House) -> None:  # X6
    """SQLite undoes the whole transaction, PostgreSQL what failed."""
    fill(house.store)
    futures = together(house.store, put("before"), write_much, put("after"))
    failed = ["full" in str(future.exception(10)) for future in futures]
    found = (read(house.store, "before"), read(house.store, "much 1"), read(house.store, "after"))
    make_room(house.store)

    alone = house.store.database.shared
    assert ([False, True, False] if alone else [True] * 3) == failed
    assert (("x", None, "x") if alone else (None, None, None)) == found


def test_a_full_disk_is_said_in_one_line_and_the_next_work_goes_on(house: House) -> None:  # X6
    fill(house.store)
    with pytest.raises(
        Unwritable, match=r"(nashir\.db|/site\d+): the database cannot be written: .*full\. Mend: make room"
    ):
        house.store.write(write_much)
    make_room(house.store)
    house.store.write(write_much)

    assert "x" * 4000 == read(house.store, "much 49")


@pytest.mark.sqlite
def test_a_database_that_somebody_locks_is_named_and_nobody_waits_for_ever(house: House) -> None:  # X9
    house.store.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 0"))
    with closing(sqlite3.connect(house.store.database.where, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unwritable, match="locked"):
            house.store.write(put("b"))
    house.store.write(put("c"))

    assert (None, "x") == (read(house.store, "b"), read(house.store, "c"))


def test_urgent_work_goes_before_slow_work(house: House) -> None:
    writer = house.store._writer
    assert writer
    order: list[str] = []
    busy, free = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        busy.set()
        free.wait(LONG)

    submit(writer, hold)
    assert busy.wait(LONG)
    slow = [submit(writer, lambda c: order.append("slow")) for _ in range(2)]
    urgent = [submit(writer, lambda c: order.append("urgent"), urgent=True) for _ in range(2)]
    free.set()
    for future in [*slow, *urgent]:
        future.result(LONG)

    assert ["urgent", "urgent", "slow", "slow"] == order


def test_work_whose_asker_went_away_is_done_and_the_writer_lives(house: House) -> None:
    """An engine whose tasks are cancelled has letters on the wire: what became of them is written all the same."""
    free = threading.Event()

    def work(connection: Connection) -> None:
        free.wait(LONG)
        facts.put(connection, "settled", "yes")

    async def main() -> None:
        task = asyncio.create_task(house.store.settle(work))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        free.set()

    asyncio.run(main())
    house.store.write(put("next"))

    assert ("yes", "x") == (read(house.store, "settled"), read(house.store, "next"))


def test_closing_finishes_what_was_handed_in(
    make_database: Callable[[Path], Database], tmp_path: Path
) -> None:
    database = make_database(tmp_path)
    store = Store(database, writing=True)
    writer = store._writer
    assert writer
    for number in range(50):
        submit(writer, put(str(number)))
    store.close()

    with_all = Store(database, writing=False)
    assert "x" == read(with_all, "49")
    with_all.close()


def test_slow_work_and_urgent_work_that_never_ends_have_turns(house: House) -> None:  # X16
    """Neither has two transactions one behind the other that take long while the other waits."""
    writer = house.store._writer
    assert writer
    order, more = list[str](), threading.Event()
    more.set()

    def again(*_: Any) -> None:
        if more.is_set():
            writer.submit(lambda c: order.append("urgent"), again, urgent=True)

    def slow(connection: Connection) -> None:
        threading.Event().wait(0.002)
        order.append("slow")

    again()
    again()
    for future in [submit(writer, slow) for _ in range(4)]:
        future.result(LONG)
    more.clear()
    house.store.write(put("end"))

    assert 4 == order.count("slow")
    assert "slow slow" not in " ".join(order)


def test_slow_work_alone_does_not_wait(house: House) -> None:
    writer = house.store._writer
    assert writer
    order = list[int]()
    futures = [submit(writer, lambda c, n=n: order.append(n)) for n in range(200)]  # type: ignore[misc]
    for future in futures:
        future.result(LONG)

    assert list(range(200)) == order
