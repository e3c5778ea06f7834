"""`nashir run` and `nashir worker`: the processes of a site, each one asyncio loop with the tasks of its parts.

The store is the truth: alarm clock and watcher only say "look now". A task that dies ends the process.
"""

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Literal

from publisher import control
from publisher.actions import agreement
from publisher.config import Settings
from publisher.daemon import lasting, process, serving
from publisher.daemon.changing import Load, anything
from publisher.daemon.common import TICK, Common
from publisher.daemon.keeping import MINUTE, Keeping
from publisher.daemon.process import Alarm, Parts, Task
from publisher.daemon.publishing import Publishing
from publisher.daemon.saving import Saving
from publisher.daemon.sending import Sending
from publisher.daemon.serving import Serving
from publisher.verbs import session as sessions
from publisher.verbs.session import Session

if TYPE_CHECKING:
    from publisher.engine.cluster import Cluster

OLD = 3600  # seconds between two looks for letters that are old
Role = Literal["all", "scheduler", "web"]


def run(load: Load, role: Role = "all") -> None:
    """`nashir run` with the settings that *load* reads, now and whenever they change: returns after INT or TERM. Raises
    Locked where another process works on the site, BadConfig where the *role* needs a database that many processes may
    write to."""
    if role == "web":
        lasting.live(load, sessions.beside, _web, serving.token)
        return
    settings = load()
    if role == "scheduler":
        sessions.shared(settings)
    alone = role == "all"
    with sessions.locked(settings, serving=True):
        lasting.live(load, sessions.serving, partial(_site, alone=alone), _may_begin if alone else anything)


def work(load: Load) -> None:
    """`nashir worker`: as `run`."""
    from publisher.daemon import working

    lasting.live(
        load, sessions.beside, lambda common: working.work(common, _cluster(common.session)), _may_sign
    )


def _may_begin(settings: Settings) -> None:
    serving.token(settings)
    _may_sign(settings)


def _may_sign(settings: Settings) -> None:
    """Raises BadConfig where letters cannot be signed as they say."""
    from publisher.mail.keyfiles import signer

    signer(settings.mail, settings.root)


async def _web(common: Common) -> None:
    """Serve what somebody else publishes."""
    serves, keeping = Serving(common), Keeping(common)
    alarms: list[Alarm] = [(common.watch_fence, TICK, True), process.ringing(common.erasures, MINUTE)]
    await process.run(
        common, Parts(tasks=[keeping.erase_forever], doors=[(serves.serve, serves.end)], alarms=alarms)
    )


async def _site(common: Common, *, alone: bool) -> None:
    """Publish and plan; *alone*: also send and serve. On a database for many one of all who do so leads, and workers
    are told what is due."""
    settings, session = common.settings, common.session
    publishing, keeping = Publishing(common), Keeping(common)
    tasks: list[Task] = [
        publishing.publish_forever,
        keeping.plan_forever,
        keeping.ping_forever,
        keeping.compact_forever,
        keeping.erase_forever,
        keeping.take_in_forever,
        Saving(common).save_forever,
    ]
    alarms: list[Alarm] = [
        (publishing.look_at_all, settings.articles.scan_every, True),
        process.ringing(common.due, TICK),
        process.ringing(common.letters, TICK, at_once=False),
        process.ringing(common.chunks, TICK, at_once=False),
        process.ringing(common.news, TICK, at_once=False),
        process.ringing(common.old, OLD),
        process.ringing(common.erasures, MINUTE if session.house.store.database.shared else OLD),
        process.ringing(common.post, settings.mail.bounces.every),
        process.ringing(
            common.night, MINUTE, at_once=False
        ),  # what has just begun has more urgent things to do
    ]
    parts = Parts(tasks=tasks, alarms=alarms)
    async with AsyncExitStack() as stack:
        if session.house.store.database.shared:
            tasks += await _among_others(common, stack, sends=alone)
        if alone:
            serves = Serving(common)
            parts.senders = [Sending(common).send_forever]
            parts.doors = [(serves.serve, serves.end)]
        door = await control.serve(session.state.control, session)
        parts.closes = [door.close]
        common.busy = lambda: door.busy
        stack.callback(publishing.watch())
        await process.run(common, parts)


async def _among_others(common: Common, stack: AsyncExitStack, *, sends: bool) -> list[Task]:
    """What a process does besides where there are others."""
    from publisher.daemon.dispatching import Dispatching
    from publisher.daemon.standby import Standby
    from publisher.store.leading import Lead
    from publisher.store.postgres import Postgres

    database = common.session.house.store.database
    assert isinstance(database, Postgres)
    cluster = _cluster(common.session)
    await cluster.open()
    stack.push_async_callback(cluster.close)
    standby = Standby(common, Lead(database), partial(agreement.note, common.session.house))
    return [standby.watch_forever, Dispatching(common, cluster, sends=sends).dispatch_forever]


def _cluster(session: Session) -> "Cluster":
    from publisher.engine.cluster import Cluster
    from publisher.store.postgres import Postgres

    database = session.house.store.database
    assert isinstance(database, Postgres)
    return Cluster(database)
