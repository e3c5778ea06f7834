"""`nashir run`: the processes of a site, each one asyncio loop with the tasks of its parts.

The store is the truth: alarm clock and watcher only say "look now". A task that dies ends the process.
"""

from publisher import control
from publisher.config import Settings
from publisher.daemon import process
from publisher.daemon.common import TICK, Common, now
from publisher.daemon.keeping import Keeping
from publisher.daemon.publishing import Publishing
from publisher.daemon.sending import Sending
from publisher.daemon.serving import Serving
from publisher.verbs import session as sessions
from publisher.verbs.session import Session

OLD = 3600  # seconds between two looks for letters that are old


async def whole(settings: Settings, session: Session) -> None:
    """A whole site: it publishes, plans, sends and serves, until INT or TERM. Raises PublisherError."""
    common = Common(settings, session)
    publishing, keeping, sending = Publishing(common), Keeping(common), Sending(common)
    serving = Serving(common)
    door = await control.serve(session.state.control, session)
    observer = publishing.watch()
    try:
        await process.run(
            common,
            [
                serving.serve,
                publishing.publish_forever,
                keeping.plan_forever,
                sending.send_forever,
                keeping.ping_forever,
                keeping.compact_forever,
                keeping.take_in_forever,
            ],
            alarms=[
                (publishing.look_at_all, settings.articles.scan_every, True),
                process.ringing(common.due, TICK),
                process.ringing(common.letters, TICK, at_once=False),
                process.ringing(common.news, TICK, at_once=False),
                process.ringing(common.old, OLD),
                process.ringing(common.post, settings.mail.bounces.every),
            ],
            ends=[serving.end],
            closes=[door.close],
        )
    finally:
        if observer:
            observer.stop()
            observer.join()


def run(settings: Settings) -> None:
    """`nashir run`: returns after INT or TERM. Raises Locked where another process works on the site."""
    with sessions.writing(settings, now, serving=True) as session:
        process.complete(lambda: whole(settings, session))
