"""Door: the job queue (Procrastinate) in a site's database on PostgreSQL: which worker opens which chunk of the ledger.

The ledger is the truth. A job says (edition, chunk) and nothing else; one that is lost, left over or done twice changes
nothing: it opens letters that are claimed one by one, and ends when none of them is due.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.engine import jobtables
from publisher.errors import BadConfig, Unwritable
from publisher.store.ledger import Chunk
from publisher.store.postgres import Postgres

if TYPE_CHECKING:  # hundreds of modules, for who has a cluster alone
    from procrastinate import App

Handler = Callable[[Chunk], Awaitable[None]]

QUEUE = "letters"
TASK = "chunk"
NOTICES = Chunk(0, 0)  # the outbox: before any edition
BEAT = 5.0  # seconds between two signs of life
STALLED = 30.0  # seconds without one, after which a worker's jobs are another's
LOOK = 5.0  # seconds after which the queue is looked at, if no word of a job came
AT_ONCE = 4  # chunks that a worker has open: connections to a relay outlive each
BATCH = 1000  # jobs of one statement
PATIENCE = 15.0  # seconds that the end of a job is said again to a database that is not there
PAUSE = 1.0  # seconds before a worker that lost the database tries again
CONNECTIONS = 4

_UNKNOWN = "23503"  # foreign key violation: no worker has this number
_WORKERS = """SELECT count(*) FROM procrastinate_workers
  WHERE last_heartbeat > now() - make_interval(secs => %(seconds)s)"""


class Stats(NamedTuple):
    """The queue as it is."""

    waiting: int  # jobs
    running: int  # ... that a worker has
    workers: int  # that are there, at work or not


class Cluster:
    """The queue of one site, for one event loop. `open` it first, and `close` it."""

    def __init__(self, database: Postgres, *, beat: float = BEAT, stalled: float = STALLED) -> None:
        """A worker gives a sign of life every *beat* seconds; after *stalled* without one its jobs are another's.
        Raises BadConfig where Procrastinate is not installed."""
        self._database, self._beat, self._stalled = database, beat, stalled
        try:
            import procrastinate  # noqa: F401
        except ImportError as error:
            mend = "pip install 'nashir[postgres]'"
            raise BadConfig("the job queue of workers is not installed", "store.url", mend) from error

    async def open(self) -> None:
        """Make the queue's tables where they are missing. Raises BadState where they are another program's,
        Unwritable."""
        with self._explained():
            await asyncio.to_thread(jobtables.make, self._database)
            await self._app.open_async()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._app.close_async()

    async def enqueue(self, chunks: Collection[Chunk]) -> int:
        """Make the queue hold a job for each of *chunks*, those of which letters are due, and no other that waits.
        Where all of them have one already, others may help with them. Jobs of workers that gave no sign of life are
        taken from them: call it when their letters wait again. Returns how many were added. Raises Unwritable."""
        with self._explained():
            await self._sweep()
            jobs = await self._jobs()
            waiting = {chunk: job.id for chunk, job in jobs if job.status == "todo"}
            for chunk in waiting.keys() - set(chunks):
                await self._app.job_manager.cancel_job_by_id_async(waiting[chunk], delete_job=True)
            having = Counter(chunk for chunk, _ in jobs)
            new = sorted(set(chunks) - having.keys())
            if not new and not waiting.keys() & set(chunks):
                workers = await self._workers()
                new = sorted(chunk for chunk in set(chunks) - {NOTICES} if having[chunk] < workers)
            return sum([await self._defer(new[at : at + BATCH]) for at in range(0, len(new), BATCH)])

    async def run(
        self, handler: Handler, stop: asyncio.Event, *, lost: Callable[[BaseException], None]
    ) -> None:
        """Give *handler* chunk after chunk, some at once, until *stop*; it is cancelled then. *lost* hears that the
        database could not be reached; it is tried again, and what is under way goes on. Raises what *handler*
        raised."""
        work = _Work(handler)
        ended = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._serve(work, ended, lost)
                if work.failed.done():
                    raise work.failed.result()
                await asyncio.wait([ended], timeout=PAUSE)
        finally:
            ended.cancel()
            await work.end()

    async def stats(self) -> Stats:
        """How many jobs and workers there are. Raises Unwritable."""
        with self._explained():
            found = [job.status for _, job in await self._jobs()]
            return Stats(found.count("todo"), found.count("doing"), await self._workers())

    @cached_property
    def _app(self) -> "App":
        import logging

        import psycopg_pool
        from procrastinate import App, PsycopgConnector

        for name in ("procrastinate", "psycopg.pool"):  # what they would complain of is told by who asked
            logging.getLogger(name).setLevel(logging.CRITICAL)
        # A connection for each question, which are few: none of them is a dead one.
        connector = PsycopgConnector(
            conninfo=self._database.url,
            kwargs=self._database.options(),
            pool_factory=psycopg_pool.AsyncNullConnectionPool,
            min_size=0,
            max_size=CONNECTIONS,
            timeout=10,
        )
        app = App(connector=connector)
        app.job_manager = _manager(connector)
        return app

    async def _sweep(self) -> None:
        """Jobs of dead workers are deleted: whether there is something to be done for them the ledger knows."""
        from procrastinate.jobs import Status

        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=self._stalled):
            await manager.finish_job(job, Status.ABORTED, delete_job=True)

    async def _jobs(self) -> list[tuple[Chunk, Any]]:
        """All jobs: one waits, or a worker has it."""
        jobs = await self._app.job_manager.list_jobs_async(queue=QUEUE)
        return [(_chunk(**job.task_kwargs), job) for job in jobs]

    async def _workers(self) -> int:
        row = await self._app.connector.execute_query_one_async(_WORKERS, seconds=self._stalled)
        return int(row["count"])

    async def _defer(self, chunks: list[Chunk]) -> int:
        """Add jobs; one by one where somebody else is at it."""
        from procrastinate.exceptions import AlreadyEnqueued
        from procrastinate.jobs import Job

        jobs = [
            Job(
                id=None,
                queue=QUEUE,
                task_name=TASK,
                priority=int(chunk == NOTICES),
                lock=None,
                queueing_lock="{}/{}".format(*chunk),
                task_kwargs={"edition": chunk[0], "chunk": chunk[1]},
            )
            for chunk in chunks
        ]
        try:
            return len(await self._app.job_manager.batch_defer_jobs_async(jobs))
        except AlreadyEnqueued:
            if len(chunks) == 1:
                return 0
            return sum([await self._defer([chunk]) for chunk in chunks])

    async def _serve(
        self, work: "_Work", ended: "asyncio.Task[Any]", lost: Callable[[BaseException], None]
    ) -> None:
        """One worker of Procrastinate, until *ended*, or the database is lost, or a handler failed."""
        self._app.tasks.pop(TASK, None)
        self._app.task(name=TASK, queue=QUEUE)(work.do)
        worker = asyncio.create_task(
            self._app.run_worker_async(
                queues=[QUEUE],
                concurrency=AT_ONCE,
                fetch_job_polling_interval=LOOK,
                # A job only waits: what is on the wire is not cut off with it.
                shutdown_graceful_timeout=0,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._beat,
                stalled_worker_timeout=self._stalled,
            )
        )
        try:
            await asyncio.wait([worker, ended, work.failed], return_when=asyncio.FIRST_COMPLETED)
        finally:  # also when it is we who are cancelled: it needs the connections that are closed then
            worker.cancel()
            await asyncio.wait([worker])
        if worker.cancelled() or not (error := worker.exception()):
            return
        cause = _cause(error)
        if getattr(cause, "sqlstate", "") == _UNKNOWN:  # it was taken for dead, and begins anew
            return
        explained = self._database.explained(cause)
        if not self._database.lost(cause) and not isinstance(explained, Unwritable):
            raise error
        lost(explained)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            cause = _cause(error)
            if (explained := self._database.explained(cause)) is cause:
                raise
            raise explained from error


class _Work:
    """What the jobs of one process do. What is under way goes on when its job's worker lost the database: that is there
    again sooner than the job would be another's."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._under_way: dict[Chunk, asyncio.Task[None]] = {}
        self._held: set[Chunk] = set()  # those of which there is a job
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def do(self, edition: int, chunk: int) -> None:
        """One job: it ends with what is done for its chunk; where that has one already, at once: others could help."""
        name = Chunk(edition, chunk)
        if name in self._held:
            return
        if name not in self._under_way:
            self._under_way[name] = asyncio.create_task(self._handle(name))
        self._held.add(name)
        try:
            await asyncio.shield(self._under_way[name])
        finally:
            self._held.discard(name)

    async def _handle(self, chunk: Chunk) -> None:
        try:
            await self._handler(chunk)
        except Exception as error:
            if not self.failed.done():
                self.failed.set_result(error)
        finally:
            del self._under_way[chunk]

    async def end(self) -> None:
        """Cancel what is under way."""
        left = list(self._under_way.values())
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _chunk(edition: Any, chunk: Any) -> Chunk:
    return Chunk(edition, chunk)


def _cause(error: BaseException) -> BaseException:
    """What the driver said, of an error of Procrastinate's."""
    from procrastinate.exceptions import ConnectorException

    return error.__cause__ or error if isinstance(error, ConnectorException) else error


def _manager(connector: Any) -> Any:
    """What Procrastinate asks the database by."""
    import psycopg
    from procrastinate.exceptions import ConnectorException
    from procrastinate.manager import JobManager

    class Manager(JobManager):
        """A job whose end could not be said would stay with a worker that lives, and its chunk with it; a worker whose
        sign of life failed once would never give another."""

        async def update_heartbeat(self, *arguments: Any, **options: Any) -> None:
            with suppress(ConnectorException):  # who asks for jobs next runs into what is wrong
                await super().update_heartbeat(*arguments, **options)

        async def finish_job(self, *arguments: Any, **options: Any) -> None:
            say = partial(super().finish_job, *arguments, **options)
            pause, end = 0.1, time.monotonic() + PATIENCE
            while True:
                try:
                    return await say()
                except ConnectorException as error:
                    if isinstance(error.__cause__, psycopg.errors.RaiseException):
                        return None  # it was taken from us meanwhile
                    if time.monotonic() > end:
                        raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSE)

    return Manager(connector)
