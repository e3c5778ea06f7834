"""Tell WebSub hubs what changed: the daemon in a task of its own, a verb without a daemon at its end."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from publisher.actions import pings
from publisher.actions.pings import Told
from publisher.feeds import hubs
from publisher.verbs.session import Session

PATIENCE = 15  # seconds that a verb gives to hubs; what they did not hear then waits for the next run


async def ping(session: Session, stop: Callable[[], bool]) -> list[Told]:
    """Tell each hub what it is to hear, until *stop*; no hub waits for another. Returns those that there was something
    for."""
    told = await asyncio.gather(*(_ping(session, hub, stop) for hub in hubs.read(session.house.feeds)))
    return [each for each in told if each.feeds or each.failed]


async def _ping(session: Session, hub: str, stop: Callable[[], bool]) -> Told:
    told = Told(hub)
    while not stop():
        async with session.publishing:
            batch = await asyncio.to_thread(pings.ready, session.house, hub, session.clock())
        if not batch:
            break
        from publisher.feeds import hub as door  # a site without news loads no HTTP client

        send = partial(door.ping, private=session.house.feeds.hub_private)
        await asyncio.to_thread(pings.tell, session.house, batch, told, send, clock=session.clock, stop=stop)
    return told


async def at_the_end(session: Session) -> list[str]:
    """Ping once and not for long; a line for each hub that failed. Beside a daemon that is the daemon's work."""
    if not session.house.feeds.hub or session.in_daemon:
        return []
    end = time.monotonic() + PATIENCE
    await ping(session, lambda: time.monotonic() > end)
    return await asyncio.to_thread(pings.troubles, session.house)
