"""Letters leave: what is due is delivered, first letters before the others (S9)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from publisher.actions import agreement
from publisher.errors import BadState, PublisherError
from publisher.store import ledger, notices, workers
from publisher.store.state import GO_ON
from publisher.verbs import held
from publisher.verbs.progress import Sending
from publisher.verbs.session import Session

if TYPE_CHECKING:  # the engine and its mail wait until letters leave
    from publisher.engine.local import LocalEngine
    from publisher.engine.run import Tally

WORKERS = 1.0  # seconds between two looks at what workers do
SILENT = 30.0  # seconds without any worker, after which nobody waits for one
CANARIES = 2  # seconds between two looks at first letters while others leave


def must_send(session: Session) -> None:
    """Raises BadState when the restore fence is up, or letters would leave in another name than the site's."""
    if session.fenced:
        raise BadState(
            f"no letter leaves: {session.fenced}",
            str(session.state.folder),
            GO_ON,
        )
    if not session.in_daemon or session.elsewhere():
        agreement.must_agree(session.house)


def _advance(session: Session) -> None:
    """Raises BadState when the database was restored, or went elsewhere, while it was open."""
    try:
        session.state.advance(session.house.store)
    except BadState:
        session.fenced = session.state.fenced(session.house.store)
        raise


@asynccontextmanager
async def _noted(session: Session, engine: "LocalEngine") -> AsyncIterator[None]:
    """Letters leave: the generation grows before and after; where a run may last for hours, also meanwhile. Raises
    BadState where the database was set back, or another goes on."""
    await asyncio.to_thread(_advance, session)
    over = asyncio.Event()
    growing = asyncio.create_task(_grow(session, engine, over))
    try:
        yield
    finally:
        over.set()
        await growing
        await asyncio.to_thread(_advance, session)


async def _grow(session: Session, engine: "LocalEngine", over: asyncio.Event) -> None:
    while session.house.store.database.shared:
        with suppress(TimeoutError):
            async with asyncio.timeout(workers.BEAT):
                await over.wait()
        if over.is_set():
            return
        try:
            await asyncio.to_thread(_advance, session)
        except BadState:  # said when what is on the wire is finished
            engine.break_off()
            return
        except PublisherError:  # the database is away: whoever sends says so
            continue


async def deliver(session: Session) -> "Tally":
    """Deliver what is due. The generation grows while letters leave: a database from in between, or from before, is
    known for what it is (restore fence)."""
    from publisher.engine.run import Tally

    if session.dispatch is not None:
        return await _by_workers(session)
    read = session.house.store.read
    store, on_unknown = session.house.store, session.house.mail.on_unknown
    async with session.sending:
        engine = await session.sender()
        await engine.tidy()
        if store.database.shared and not session.in_daemon:  # there dispatching does
            await asyncio.to_thread(store.write, lambda c: workers.sweep(c, on_unknown), urgent=True)
        await ready(session)
        if not await asyncio.to_thread(read, lambda c: _is_due(c, session.clock())):
            return Tally()
        if (rest := engine.rest) is not None:
            return rest
        async with _noted(session, engine):
            session.under_way = Sending(
                await asyncio.to_thread(read, lambda c: ledger.due_now(c, session.clock()))
            )
            try:
                return await _in_waves(session, partial(_note, session, session.under_way))
            finally:
                _tell(session, session.under_way)
                session.under_way = None


async def ready(session: Session) -> bool:
    """Decide which letters that are due may leave: none in closed hours (D5), the others behind an edition's first
    (S9). Whether the others of an edition may from now on."""
    from publisher.actions import hours

    await asyncio.to_thread(hours.put_off, session.house, session.clock())
    return await _canaries(session)


def _is_due(connection: Connection, now: datetime) -> bool:
    return notices.is_due(connection, now) or ledger.is_due(connection, now)


def _due(connection: Connection, now: datetime) -> int:
    return notices.due_now(connection, now) + ledger.due_now(connection, now)


async def work(session: Session, progress: "Callable[[Tally], None]") -> "Tally":
    """Deliver what this process was given of what is due (`session.claim`), as `deliver` does for all of it."""
    async with session.sending:
        engine = await session.sender()
        await engine.tidy()
        if (rest := engine.rest) is not None:
            return rest
        async with _noted(session, engine):
            return await engine.deliver(progress)


async def _by_workers(session: Session) -> "Tally":
    """Workers deliver: wait until nothing is due and nothing under way, or nobody takes any for a while."""
    from publisher.engine.run import Tally

    assert session.dispatch
    read, alone = session.house.store.read, 0.0
    while not session.stopping:
        await ready(session)
        found = await session.dispatch()
        left = await asyncio.to_thread(read, lambda c: _is_due(c, session.clock()) or ledger.at_hand(c))
        if not left and not await ready(session):  # the first letters of one may just have been answered
            break
        alone = 0.0 if found.workers else alone + WORKERS
        if alone > SILENT:
            letters = await asyncio.to_thread(read, lambda c: _due(c, session.clock()))
            why = "start `nashir worker`, or look at its log: it takes none while its relays cannot be used"
            return Tally(rests=f"{letters:,} are due, and no worker takes any: {why}")
        await asyncio.sleep(WORKERS)
    return Tally()


def _note(session: Session, under_way: Sending, tally: "Tally") -> None:
    if under_way.note(tally):
        _tell(session, under_way)


def _tell(session: Session, under_way: Sending) -> None:
    told = under_way.told()
    for tell in session.listeners:
        tell(told)


async def how_far(session: Session) -> dict[str, Any]:
    """How far the letters are that leave now."""
    return {
        "sending": session.under_way.told() if session.under_way else None,
        "left_alone": held.left_alone(session.left_alone()),
    }


async def _in_waves(session: Session, progress: "Callable[[Tally], None]") -> "Tally":
    """Deliver; when the first letters of an edition are answered, its others follow (S9), whatever else leaves."""
    tally, opened = None, True
    while opened:
        watch = asyncio.create_task(_watch(session))
        try:
            tally = await session.engine.deliver(progress, tally)
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        wait = tally.down or tally.rests or session.stopping
        opened = await _canaries(session) and not wait
    assert tally
    return tally


async def _watch(session: Session) -> None:
    while True:
        await asyncio.sleep(CANARIES)
        with suppress(PublisherError):  # the look behind the letters says it
            await _canaries(session)


async def _canaries(session: Session) -> bool:
    """Decide about the others of editions whose first letters are answered; whether some may leave now."""
    from publisher.verbs import heeding

    return bool((await asyncio.to_thread(heeding.canaries, session)).opened)


async def next_due(session: Session, seconds: int) -> float | None:
    """In how many *seconds* at the most a letter is due that is not yet; None where none is."""
    now = session.clock()
    until = now + timedelta(seconds=seconds)
    found = await asyncio.to_thread(session.house.store.read, lambda c: ledger.next_due(c, now, until))
    return max(0.0, (found - now).total_seconds()) if found else None
