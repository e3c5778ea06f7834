"""The job queue: what a worker is given, and what is left of one that died."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from publisher.engine.cluster import NOTICES, Cluster, Stats
from publisher.errors import BadState, Unwritable
from publisher.store.ledger import Chunk
from publisher.store.postgres import Postgres
from tests import postgres
from tests.patience import LONG

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def url() -> Iterator[str]:
    found = postgres.database()
    yield found
    postgres.give_back(found)


@asynccontextmanager
async def opened(url: str, **options: float) -> AsyncIterator[Cluster]:
    cluster = Cluster(Postgres(url), **options)
    await cluster.open()
    try:
        yield cluster
    finally:
        await cluster.close()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(query)
        return done.fetchall() if done.description else []


def jobs(url: str) -> set[tuple[int, int, str]]:
    """(edition, chunk, status) of every job, as the database has them."""
    query = "SELECT (args ->> 'edition')::int, (args ->> 'chunk')::int, status::text FROM procrastinate_jobs"
    found = rows(url, query)
    assert len(found) == len(set(found))
    return set(found)


async def until(true: Callable[[], object], seconds: float = LONG) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def worked(
    cluster: Cluster, handler: Callable[[Chunk], Awaitable[None]], true: Callable[[], object]
) -> list[BaseException]:
    """A worker at work until something is *true*. Returns what it lost."""
    stop, lost = asyncio.Event(), list[BaseException]()
    running = asyncio.create_task(cluster.run(handler, stop, lost=lost.append))
    waiting = asyncio.create_task(until(true))
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await running
    await waiting
    return lost


def test_schedulers_that_start_at_once_make_one_queue() -> None:
    url = postgres.database(migrated=False)

    def start(_: int) -> None:
        async def main() -> None:
            async with opened(url):
                pass

        asyncio.run(main())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    assert [(0,)] == rows(url, "SELECT count(*) FROM procrastinate_jobs")


def test_a_queue_of_another_release_is_made_anew(url: str) -> None:
    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
        rows(
            url,
            "COMMENT ON TABLE procrastinate_jobs IS 'nashir: older'; DROP TABLE procrastinate_workers CASCADE",
        )
        async with opened(url) as cluster:
            assert 1 == await cluster.enqueue([Chunk(1, 0)])

    asyncio.run(main())
    assert {(1, 0, "todo")} == jobs(url)


def test_the_queue_of_another_program_is_left_alone() -> None:
    url = postgres.database(migrated=False)
    rows(url, "CREATE TABLE procrastinate_jobs (theirs int); INSERT INTO procrastinate_jobs VALUES (7)")
    with pytest.raises(BadState, match="a database of its own"):
        asyncio.run(Cluster(Postgres(url)).open())
    assert [(7,)] == rows(url, "SELECT theirs FROM procrastinate_jobs")


def test_a_server_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(Unwritable, match="cannot be reached"):
        asyncio.run(Cluster(Postgres("postgresql://nashir@127.0.0.1:1/nowhere")).open())


def test_a_chunk_has_one_job(url: str) -> None:
    async def main() -> None:
        async with opened(url) as one, opened(url) as other:
            many = [Chunk(1, n) for n in range(50)]
            added = await asyncio.gather(one.enqueue(many), other.enqueue([*many, Chunk(2, 0)]))
            assert 51 == sum(added)
            assert 0 == await one.enqueue([*many, Chunk(2, 0)])
            assert Stats(waiting=51, running=0, workers=0) == await one.stats()

    asyncio.run(main())
    assert {(1, n, "todo") for n in range(50)} | {(2, 0, "todo")} == jobs(url)


def test_a_job_of_which_nothing_is_due_any_more_is_taken_back(url: str) -> None:
    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0), Chunk(1, 1), Chunk(2, 0)])
            await cluster.enqueue([Chunk(2, 0)])  # the first edition was cancelled

    asyncio.run(main())
    assert {(2, 0, "todo")} == jobs(url)


def test_a_worker_gets_every_chunk_some_at_once_the_outbox_first(url: str) -> None:
    given, four = list[Chunk](), asyncio.Barrier(4)

    async def handler(chunk: Chunk) -> None:
        given.append(chunk)
        async with four:  # nobody goes on before they are four
            pass

    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([*(Chunk(1, n) for n in range(7)), Chunk(0, 0)])
            assert [] == await worked(cluster, handler, lambda: not jobs(url))

    asyncio.run(main())
    assert (0, 0) == given[0]
    assert [(0, 0), *((1, n) for n in range(7))] == sorted(given)


def test_a_job_that_comes_while_a_worker_waits_is_begun_at_once(url: str) -> None:
    given = list[Chunk]()

    async def handler(chunk: Chunk) -> None:
        given.append(chunk)

    async def main() -> float:
        async with opened(url) as cluster:
            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(handler, stop, lost=print))
            await until(lambda: rows(url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
            began = asyncio.get_running_loop().time()
            await cluster.enqueue([Chunk(1, 0)])
            await until(lambda: given)
            took = asyncio.get_running_loop().time() - began
            stop.set()
            await running
            return took

    assert asyncio.run(main()) < 2.5  # it looks by itself every 5 s


def test_a_worker_that_stops_gives_its_chunks_back_and_leaves_no_trace(url: str) -> None:
    begun = list[Chunk]()

    async def handler(chunk: Chunk) -> None:
        begun.append(chunk)
        await asyncio.Event().wait()

    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
            await worked(cluster, handler, lambda: begun)
            assert [] == rows(url, "SELECT id FROM procrastinate_workers")
            assert 1 == await cluster.enqueue([Chunk(1, 0)])

    asyncio.run(main())


def test_a_chunk_that_a_worker_has_is_offered_to_others_when_none_waits(url: str) -> None:
    async def main() -> None:
        async with opened(url) as cluster:
            chunks = [NOTICES, Chunk(1, 0), Chunk(1, 1)]
            await cluster.enqueue(chunks)
            rows(
                url,
                "INSERT INTO procrastinate_workers DEFAULT VALUES; INSERT INTO procrastinate_workers DEFAULT VALUES;"
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = 1 WHERE args ->> 'chunk' = '0'",
            )
            assert 0 == await cluster.enqueue(chunks)  # one waits for who is free
            rows(url, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = 2")
            assert 2 == await cluster.enqueue(chunks)
            rows(url, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = 1")
            assert 0 == await cluster.enqueue(chunks)  # as many as there are workers

    asyncio.run(main())


def test_a_job_for_a_chunk_that_a_worker_has_already_ends_at_once(url: str) -> None:
    begun = list[Chunk]()

    async def handler(chunk: Chunk) -> None:
        begun.append(chunk)
        await asyncio.Event().wait()

    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])

            def ended() -> bool:
                return len(begun) == 1 and jobs(url) == {(1, 0, "doing")}

            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(handler, stop, lost=print))
            await until(ended)
            rows(
                url,
                "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)"
                """ VALUES ('letters', 'chunk', '1/0', '{"edition": 1, "chunk": 0}')""",
            )
            await until(lambda: not rows(url, "SELECT 1 FROM procrastinate_jobs WHERE id > 1"))
            assert ended()
            stop.set()
            await running

    asyncio.run(main())


def test_jobs_of_a_dead_worker_are_anothers(url: str) -> None:  # S1
    async def main() -> None:
        async with opened(url, stalled=5) as cluster:
            await cluster.enqueue([Chunk(1, 0), Chunk(1, 1)])
            rows(
                url,
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '6 s'), (now());"
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (args ->> 'chunk')::int + 1",
            )
            assert Stats(waiting=0, running=2, workers=1) == await cluster.stats()
            assert 1 == await cluster.enqueue([Chunk(1, 0), Chunk(1, 1)])

    asyncio.run(main())
    assert {(1, 0, "todo"), (1, 1, "doing")} == jobs(url)


def test_a_worker_whose_job_was_taken_from_it_goes_on(url: str) -> None:
    begun = list[Chunk]()

    async def handler(chunk: Chunk) -> None:
        begun.append(chunk)
        if chunk == Chunk(1, 0):  # a scheduler takes it for dead
            rows(url, "DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")

    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(handler, stop, lost=print))
            await until(lambda: begun)
            await cluster.enqueue([Chunk(1, 1)])
            await until(lambda: Chunk(1, 1) in begun)
            stop.set()
            await running

    asyncio.run(main())


def test_what_a_handler_raises_ends_the_worker(url: str) -> None:
    async def handler(chunk: Chunk) -> None:
        raise Unwritable("the disk is full")

    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
            await worked(cluster, handler, lambda: False)

    with pytest.raises(Unwritable, match="the disk is full"):
        asyncio.run(main())
    assert set() == jobs(url)


def test_a_worker_whose_connections_are_cut_begins_again(url: str) -> None:  # X9
    given = list[Chunk]()
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def handler(chunk: Chunk) -> None:
        given.append(chunk)
        if chunk == Chunk(1, 0):
            rows(url, cut)
            await asyncio.Event().wait()

    async def main() -> None:
        async with opened(url, beat=0.2) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(handler, stop, lost=print))
            await until(lambda: given)
            await until(lambda: rows(url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
            await cluster.enqueue([Chunk(1, 1)])
            await until(lambda: Chunk(1, 1) in given)
            stop.set()
            await running

    asyncio.run(main())


def test_a_worker_waits_for_a_table_that_is_away_for_a_moment(url: str) -> None:  # X9
    given = list[Chunk]()
    lost = list[BaseException]()

    async def handler(chunk: Chunk) -> None:
        given.append(chunk)

    async def main() -> None:
        async with opened(url, beat=0.2) as cluster:
            rows(url, "ALTER TABLE procrastinate_workers RENAME TO away")
            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(handler, stop, lost=lost.append))
            await until(lambda: lost or running.done())
            rows(url, "ALTER TABLE away RENAME TO procrastinate_workers")
            await cluster.enqueue([Chunk(1, 0)])
            await until(lambda: given or running.done())
            stop.set()
            await running

    asyncio.run(main())
    assert [Chunk(1, 0)] == given
    assert isinstance(lost[0], Unwritable) and "lacks something" in str(lost[0])


def test_a_worker_that_is_cancelled_has_ended_before_its_connections_are_closed(url: str) -> None:  # X9
    """As when another task of its process fails."""

    async def main() -> list[str]:
        given = asyncio.Event()

        async def handler(_: Chunk) -> None:
            given.set()
            await asyncio.Event().wait()

        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
            before = asyncio.all_tasks()
            running = asyncio.create_task(cluster.run(handler, asyncio.Event(), lost=print))
            await asyncio.wait_for(given.wait(), LONG)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            return [str(each) for each in asyncio.all_tasks() - before]

    assert [] == asyncio.run(main())
    assert [(0,)] == rows(url, "SELECT count(*) FROM procrastinate_workers")


WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def cut_while_it_asks(url: str, table: str) -> None:
    """The connection of somebody who just asks for *table* ends."""
    with psycopg.connect(url) as holder:
        holder.execute(f"LOCK TABLE {table}")
        await until(lambda: rows(url, WAITING))
        rows(url, f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS waiting")


def test_what_is_under_way_goes_on_when_the_queue_is_lost(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # X9
    """A job of the same chunk that comes later joins it."""
    begun, ended, lost = list[Chunk](), list[Chunk](), list[BaseException]()
    enough = asyncio.Event()
    monkeypatch.setattr("publisher.engine.cluster.LOOK", 0.1)

    async def handler(chunk: Chunk) -> None:
        begun.append(chunk)
        try:
            await enough.wait()
        finally:
            ended.append(chunk)

    async def main() -> None:
        async with opened(url) as cluster:
            await cluster.enqueue([Chunk(1, 0)])
            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(handler, stop, lost=lost.append))
            await until(lambda: begun)
            await cut_while_it_asks(url, "procrastinate_jobs")
            await until(lambda: lost)
            assert [] == ended
            await cluster.enqueue([Chunk(1, 0), Chunk(1, 1)])
            await until(lambda: Chunk(1, 1) in begun)
            enough.set()
            await until(lambda: not jobs(url))
            stop.set()
            await running

    asyncio.run(main())
    assert [Chunk(1, 0), Chunk(1, 1)] == sorted(begun) == sorted(ended)


def test_a_sign_of_life_that_was_lost_is_followed_by_others(url: str) -> None:  # X9
    said = "SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - interval '0.5 s'"

    async def main() -> None:
        async with opened(url, beat=0.1) as cluster:
            stop = asyncio.Event()
            running = asyncio.create_task(cluster.run(lambda _: asyncio.sleep(0), stop, lost=print))
            await cut_while_it_asks(url, "procrastinate_workers")
            await asyncio.sleep(1)
            await until(lambda: rows(url, said))
            stop.set()
            await running

    asyncio.run(main())
