"""What a worker's jobs have open: its engine claims from that alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from publisher.actions.house import House
from publisher.engine.chunks import Chunks
from publisher.engine.cluster import NOTICES
from publisher.store import ledger
from tests.patience import LONG

if TYPE_CHECKING:
    from publisher.store.ledger import Chunk
    from publisher.store.store import Store
    from tests.conftest import Clock


@pytest.fixture
def store(planned: Callable[[int], House], monkeypatch: pytest.MonkeyPatch) -> Store:
    """A ledger of six letters in chunks of at most four."""
    monkeypatch.setattr("publisher.store.ledger.waiting.CHUNK", 4)
    return planned(6).store


def always(*_: object) -> dict[int, object]:
    return {}


async def worked(chunks: Chunks, chunk: Chunk, during: Callable[[], None], seconds: float = LONG) -> bool:
    """Whether the job of *chunk* ended by what was done *during* it."""
    job = asyncio.create_task(chunks.work(chunk))
    await asyncio.sleep(0)
    await asyncio.to_thread(during)
    done, _ = await asyncio.wait([job], timeout=seconds)
    job.cancel()
    return bool(done)


def test_only_open_chunks_are_claimed_from_and_a_job_ends_with_its_chunk(store: Store, clock: Clock) -> None:
    first, second = store.read(lambda c: ledger.chunks_due(c, clock()))
    opened, taken = list[None](), list[int]()
    chunks = Chunks(always, lambda: opened.append(None))  # type: ignore[arg-type]

    def claim(limit: int) -> None:
        taken.append(len(store.write(partial(chunks.claim, now=clock(), limit=limit, worker=7))))

    async def main() -> None:
        claim(9)
        assert not await worked(chunks, second, lambda: claim(2), 0.2)
        assert await worked(chunks, second, lambda: claim(9))
        assert not chunks
        claim(9)
        assert await worked(chunks, first, lambda: claim(9))
        assert await worked(chunks, first, lambda: claim(9))  # it comes again, and finds nothing

    asyncio.run(main())
    assert [0, 2, 1, 0, 3, 0] == taken
    assert 4 == len(opened)
    assert [] == store.read(lambda c: ledger.chunks_due(c, clock()))


def test_the_outbox_s_job_ends_when_somebody_looked_at_it(store: Store, clock: Clock) -> None:
    chunks = Chunks(always, lambda: None)  # type: ignore[arg-type]
    look = partial(chunks.claim, now=clock(), limit=9, worker=7)

    assert asyncio.run(worked(chunks, NOTICES, lambda: print(store.write(look))))
