"""What is due becomes jobs, once what the dead had waits again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from publisher.actions import importing, plan, readers, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.daemon.dispatching import Dispatching
from publisher.engine.cluster import NOTICES, Stats
from publisher.store import ledger, workers
from publisher.store.ledger import Chunk
from publisher.subscribers import imports
from publisher.verbs import measuring, reading
from tests.conftest import Clock, Write


class Queue:
    """A cluster's queue that remembers what it was told."""

    def __init__(self, workers: int = 1) -> None:
        self.workers, self.told = workers, list[list[Chunk]]()

    async def stats(self) -> Stats:
        return Stats(0, 0, self.workers)

    async def enqueue(self, chunks: list[Chunk]) -> int:
        self.told.append(chunks)
        return len(chunks)


@pytest.fixture
def planned(house: House, write: Write, clock: Clock, publishes: Callable[..., Published]) -> House:
    """A house whose edition waits for three readers."""
    publishes(house)
    rows = imports.rows([f"reader{n}@example.org\n" for n in range(3)])
    importing.import_rows(house, rows, None, clock(), confirmed=True, dry_run=False)
    write(house, "a.txt", "افتتاح المكتبة\nافتتحت المكتبة أبوابها.\n")
    publishes(house)
    edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert edition
    plan.plan(house, edition, clock())
    return house


def dispatching(house: House, clock: Clock, queue: Queue, *, sends: bool = False) -> Dispatching:
    session = SimpleNamespace(house=house, clock=clock, dispatch=None)
    common: Any = SimpleNamespace(session=session)
    return Dispatching(common, queue, sends=sends)  # type: ignore[arg-type]


def test_a_chunk_with_letters_that_are_due_and_the_outbox_have_jobs(planned: House, clock: Clock) -> None:
    queue = Queue()
    one = dispatching(planned, clock, queue)
    asyncio.run(one.dispatch())
    readers.add(planned, "new@example.org", None, clock(), confirmed=False)
    asyncio.run(one.dispatch())

    assert [[Chunk(1, 0)], [NOTICES, Chunk(1, 0)]] == queue.told


def test_letters_of_the_dead_wait_again_before_anybody_is_told(planned: House, clock: Clock) -> None:  # S1
    store, queue = planned.store, Queue()
    number = store.write(lambda c: workers.register(c, "dead:1"))
    store.write(lambda c: ledger.claim(c, clock(), 9, worker=number))
    asyncio.run(dispatching(planned, clock, queue).dispatch())
    store.write(lambda c: c.execute(text("DELETE FROM workers")))
    asyncio.run(dispatching(planned, clock, queue).dispatch())

    assert [[], [Chunk(1, 0)]] == queue.told


def test_who_sends_itself_tells_workers_where_there_are_some(planned: House, clock: Clock) -> None:
    alone, others = Queue(workers=0), Queue(workers=2)
    for queue in (alone, others):
        asyncio.run(dispatching(planned, clock, queue, sends=True).dispatch())

    assert ([], [[Chunk(1, 0)]]) == (alone.told, others.told)


def test_letters_that_nobody_sends_are_told_by_whoever_is_asked(planned: House, clock: Clock) -> None:
    assert [] == measuring.problems(planned, clock())
    clock.forward(minutes=6)
    (problem,) = [each for each in measuring.problems(planned, clock()) if "nobody is sending" in each]
    assert "Mend: look at the workers" in problem

    planned.store.write(lambda c: workers.register(c, "host7:1"))
    assert "nobody is sending" not in str(measuring.problems(planned, clock()))
    assert ["host7:1"] == reading.status(planned, clock())["workers"]
