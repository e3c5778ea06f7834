"""Tell WebSub hubs what changed: the daemon in a task of its own, a verb without a daemon at its end."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from publisher.actions import pings
from publisher.actions.pings import Told
from publisher.feeds import websub
from publisher.verbs.session import Session

PATIENCE = 15  # seconds that a verb gives to hubs; what they did not hear then waits for the next run


async def ping(session: Session, stop: Callable[[], bool]) -> list[Told]:
    """Tell each hub what it is to hear, until *stop*; no hub waits for another, and nobody for hubs: they have threads
    of their own. Returns those that there was something for."""
    urls = websub.read(session.house.feeds)
    threads = ThreadPoolExecutor(max(len(urls), 1), "hub")
    try:
        told = await asyncio.gather(*(_ping(session, hub, threads, stop) for hub in urls))
    finally:
        threads.shutdown(wait=False)
    return [each for each in told if each.feeds or each.failed]


async def _ping(session: Session, hub: str, threads: ThreadPoolExecutor, stop: Callable[[], bool]) -> Told:
    told = Told(hub)
    while not stop():
        async with session.publishing:
            batch = await asyncio.to_thread(pings.ready, session.house, hub, session.clock())
        if not batch:
            break
        from publisher.feeds import hub as door  # a site without news loads no HTTP client

        send = partial(door.ping, private=session.house.feeds.hub_private)
        tell = partial(pings.tell, session.house, batch, told, send, clock=session.clock, stop=stop)
        await asyncio.get_running_loop().run_in_executor(threads, tell)
    return told


async def at_the_end(session: Session) -> list[str]:
    """Ping once and not for long; a line for each hub that failed. Beside a daemon that is the daemon's work."""
    if not session.house.feeds.hub or session.in_daemon:
        return []
    end = time.monotonic() + PATIENCE
    await ping(session, lambda: time.monotonic() > end)
    return await asyncio.to_thread(pings.troubles, session.house)
