"""Tell WebSub hubs and search engines what changed: the daemon in a task of its own, a verb without a daemon at its
end."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from publisher.actions import announcing, pings
from publisher.actions.announcing import Batch
from publisher.actions.house import House
from publisher.actions.pings import Told
from publisher.feeds import websub
from publisher.model.ping import Reply
from publisher.store.pings import Kind, Ping
from publisher.verbs.session import Session

T = TypeVar("T")
PATIENCE = 15  # seconds that a verb gives to all of them; what they did not hear then waits for the next run


def wanted(house: House) -> bool:
    """Whether somebody is to be told, or a line of the configuration asks for it."""
    return bool(house.feeds.hub or house.pages.indexnow)


async def ping(session: Session, stop: Callable[[], bool]) -> list[Told]:
    """Tell each hub, and search engines, what they are to hear, until *stop*; none of them waits for another, and
    nobody for them: they have threads of their own. Returns those that there was something for."""
    hubs, engines = websub.read(session.house.feeds), announcing.endpoint(session.house)
    threads = ThreadPoolExecutor(len(hubs) + 1, "ping")
    rounds = [_hub(session, hub, threads, stop) for hub in hubs]
    if engines:
        rounds.append(_engines(session, engines, threads, stop))
    try:
        told = await asyncio.gather(*rounds)
    finally:
        threads.shutdown(wait=False)
    return [each for each in told if each.news or each.failed]


async def _hub(session: Session, hub: str, threads: Executor, stop: Callable[[], bool]) -> Told:
    told, house = Told(Kind.HUB, hub), session.house

    def send(target: str, topic: str) -> Reply:
        from publisher.feeds import hub as door  # a site without news loads no HTTP client

        return door.ping(target, topic, private=house.feeds.hub_private)

    def tell(batch: list[Ping]) -> None:
        pings.tell(house, batch, told, send, clock=session.clock, stop=stop)

    await _round(session, lambda: pings.ready(house, hub, session.clock()), tell, threads, stop)
    return told


async def _engines(session: Session, target: str, threads: Executor, stop: Callable[[], bool]) -> Told:
    told, house = Told(Kind.INDEXNOW, target), session.house

    def send(endpoint: str, message: bytes) -> Reply:
        from publisher.pages import engines as door

        return door.ping(endpoint, message, private=house.pages.indexnow_private)

    def tell(batch: Batch) -> None:
        announcing.tell(house, batch, told, send, clock=session.clock)

    await _round(session, lambda: announcing.ready(house, session.clock()), tell, threads, stop)
    return told


async def _round(
    session: Session,
    ready: Callable[[], T | None],
    tell: Callable[[T], None],
    threads: Executor,
    stop: Callable[[], bool],
) -> None:
    while not stop():
        async with session.publishing:
            batch = await asyncio.to_thread(ready)
        if not batch:
            return
        await asyncio.get_running_loop().run_in_executor(threads, partial(tell, batch))


def troubles(house: House) -> list[tuple[Kind, str]]:
    """A line for each of those who are told and failed; and one where search engines are to be told in vain."""
    hubs = [(Kind.HUB, line) for line in pings.troubles(house)]
    return hubs + [(Kind.INDEXNOW, line) for line in announcing.troubles(house)]


async def at_the_end(session: Session) -> list[str]:
    """Ping once and not for long; a line for each that failed. Beside a daemon that is the daemon's work."""
    if session.in_daemon or not wanted(session.house):
        return []
    end = time.monotonic() + PATIENCE
    await ping(session, lambda: time.monotonic() > end)
    return [line for _, line in await asyncio.to_thread(troubles, session.house)]
