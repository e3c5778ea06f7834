"""`nashir run`: one asyncio loop with the scheduler's tick, the watcher, the web server and the senders.

The store is the truth: scheduler and watcher only say "look now". A task that dies ends the process.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from watchdog.observers.api import BaseObserver

from publisher import control, logs, watcher
from publisher.actions import erasing, joining, retention, yearly
from publisher.actions.intake import Taken
from publisher.actions.publish import Published
from publisher.actions.reckoning import Reckoned
from publisher.articles.folder import shown
from publisher.config import Settings
from publisher.errors import Damaged, PublisherError, Unwritable
from publisher.store.pings import Kind
from publisher.verbs import delivering, held, pinging, returning, writing
from publisher.verbs import session as sessions
from publisher.verbs.session import Session
from publisher.web import tokenfile
from publisher.web.app import application
from publisher.web.deadlines import Guard, protocol
from publisher.web.limits import Limits, affordable, bodies
from publisher.web.metrics import Access, Live

TICK = 5  # seconds between two looks at what is due
SLICE = 100  # articles whose outputs are made before the next change is looked at
MINUTE = 60  # seconds between two lines of the log about letters that leave
OLD = 3600  # seconds between two looks for letters that are old
QUIET = 0.1  # seconds a burst of file events is gathered
GRACE = 12  # seconds a stop may take; what is cut off then goes on at the next start

log = structlog.get_logger()


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


async def _ring(event: asyncio.Event) -> None:
    """A job must be a coroutine: the scheduler runs a plain function in a thread, where an event may not be set."""
    event.set()


def _version(file: Path) -> tuple[int, int, int] | None:
    """Tells one version of a *file* from another; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """The daemon has its own handlers; uvicorn's would raise the signal again after it served."""
        yield


class Daemon:
    """One running site. Scheduler and watcher set events; the tasks do what they ask for."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings, self._session = settings, session
        self._stop, self._look, self._due = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._letters = asyncio.Event()  # some may be due
        self._news = asyncio.Event()  # hubs and search engines may have something to hear
        self._old = asyncio.Event()  # letters may have become old
        self._post = asyncio.Event()  # something may have come back by mail
        self._unread: list[str] = []  # what is wrong with it: it stops nothing here
        self._deaf: list[str] = []  # what is wrong with them: it stops nothing here
        self._closed: set[str] = set()  # files to look at
        self._whole, self._verify = True, True  # the whole folder; also whether the output misses something
        self._looked = False
        self._begun: float | None = None  # when letters began to leave, or the log said how far they are
        self._changed = self._written = 0  # since the log said so
        self._problems: dict[str, str] = {}
        may = bodies(editors=bool(settings.web.admin.password_file))
        self._guard = Guard(Limits(connections=affordable(), exempt=settings.web.trusted, bodies=may))
        self._read = _version(settings.source.path)  # of the settings that count
        self._stale: list[str] = []  # they are others by now
        self._published_at: datetime | None = None
        self._publishing = 0.0  # seconds that the last publish took
        session.on_published, session.on_planned = self._published, self._look.set
        session.on_news, session.on_good_news = log.warning, log.info
        session.listeners.append(self._under_way)
        session.in_daemon = True
        session.slice = SLICE

    async def run(self) -> None:
        """Serve until INT or TERM, then finish what is on the wire. Raises PublisherError."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self._stop.set)
        server, listening = self._server()
        door = await control.serve(self._session.state.control, self._session)
        observer = self._watch(loop)
        scheduler = self._scheduler()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(server.serve(sockets=[listening]))
                group.create_task(self._publish_forever())
                group.create_task(self._plan_forever())
                group.create_task(self._send_forever())
                group.create_task(self._ping_forever())
                group.create_task(self._compact_forever())
                group.create_task(self._take_in_forever())
                await self._stop.wait()
                log.info("stopping")
                loop.call_later(GRACE, _cut_off)
                scheduler.shutdown(wait=False)
                with contextlib.suppress(PublisherError):  # of an engine that cannot be made nothing leaves
                    self._session.engine.stop()
                server.should_exit = True
                self._look.set()
                self._due.set()
                self._letters.set()
                self._news.set()
                self._old.set()
                self._post.set()
                await door.close()
            for finish in self._session.on_stop:  # nobody asks any more: what was promised is done
                await finish()
        finally:
            if observer:
                observer.stop()
                observer.join()
        log.info("stopped")

    def _scheduler(self) -> AsyncIOScheduler:
        """APScheduler is the alarm clock: one tick and one scan, never two of a kind, never dropped as late. Its
        jobs only set an event: it would cancel a running coroutine when it is shut down."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        rules: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        scan = self._settings.articles.scan_every
        scheduler.add_job(self._look_at_all, "interval", seconds=scan, next_run_time=now(), **rules)
        scheduler.add_job(_ring, "interval", args=[self._due], seconds=TICK, next_run_time=now(), **rules)
        scheduler.add_job(_ring, "interval", args=[self._letters], seconds=TICK, **rules)
        scheduler.add_job(_ring, "interval", args=[self._news], seconds=TICK, **rules)
        scheduler.add_job(_ring, "interval", args=[self._old], seconds=OLD, next_run_time=now(), **rules)
        every = self._settings.mail.bounces.every
        scheduler.add_job(_ring, "interval", args=[self._post], seconds=every, next_run_time=now(), **rules)
        scheduler.start()
        return scheduler

    def _server(self) -> tuple[_Server, socket.socket]:
        host, port = self._settings.web.address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listening = socket.create_server((host, port), family=family, backlog=1024)
        except OSError as error:
            what = f"cannot listen there: {error.strerror}"
            raise Unwritable(
                what, self._settings.web.listen, "set web.listen, or stop what listens there"
            ) from None
        guard = self._guard
        app = application(
            self._session,
            lambda: list(self._problems.values()),
            self._warnings,
            self._settings,
            api=self._settings.web.api,
            lines=logs.last,
            live=self._live,
            access=Access(self._settings.web.metrics, self._token()),
        )
        server = _Server(
            uvicorn.Config(
                app,
                http=protocol(guard),
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # who asks is for web.client to say
                timeout_graceful_shutdown=5,
            )
        )
        if problem := held.unmailed(self._session.house):
            log.warning("mail", problem=problem)
        log.info("serving", url=f"http://{self._settings.web.listen}/", site=self._settings.site.url)
        return server, listening

    def _token(self) -> str:
        """The token of /metrics; "" where the configuration names none. Raises BadConfig."""
        name = self._settings.web.metrics_token_file
        return tokenfile.read(self._settings.root / name, "metrics_token_file") if name else ""

    def _live(self) -> Live:
        """What /metrics says that no table does."""
        return Live(
            relay="relay" not in self._problems,
            fenced="fence" in self._problems,
            published=self._published_at,
            publishing=self._publishing,
            connections=len(self._guard.open),
            refused=self._guard.refused,
        )

    def _warnings(self) -> list[str]:
        """What is wrong elsewhere, and stops nothing here."""
        try:
            stopped = list(held.stopped_lines(held.stopped(self._session.house)))
        except PublisherError as error:
            stopped = [str(error)]
        alone = held.alone_lines(held.left_alone(self._session.left_alone()))
        unerased = [line] if (line := self._session.house.memory.unerased) else []
        unmailed = filter(None, [held.unmailed(self._session.house)])
        return [*self._stale, *unmailed, *unerased, *self._deaf, *self._unread, *stopped, *alone]

    def _watch(self, loop: asyncio.AbstractEventLoop) -> BaseObserver | None:
        def note(path: str | None) -> None:
            loop.call_soon_threadsafe(self._noted, path)

        try:
            return watcher.watch(self._session.house.folder.absolute(), note)
        except OSError as error:
            every = self._settings.articles.scan_every
            log.warning("watcher", problem=f"inotify: {error}", effect=f"changes are seen every {every:g} s")
            return None

    async def _look_at_all(self) -> None:
        self._look_at_settings()
        self._verify = True
        self._noted(None)

    def _look_at_settings(self) -> None:
        """Tell once that the settings are others than those that count."""
        path = self._settings.source.path
        if _version(path) in (self._read, None):  # None: an editor just replaces it
            self._stale = []
        elif not self._stale:
            what = "it was changed since this daemon began, and counts from its next start"
            self._stale = [f"{path}: {what}"]
            log.warning("settings", problem=what, where=str(path), mend="restart the daemon")

    def _noted(self, path: str | None) -> None:
        """Look at the file *path*; at the whole folder where None."""
        if path is None:
            self._whole = True
        else:
            self._closed.add(path)
        self._look.set()

    async def _publish_forever(self) -> None:
        """Publish when something says "look now": a file that was closed at once, a burst of other events as one."""
        while await self._told(self._look):
            if self._whole:
                await asyncio.sleep(QUIET)
            self._look.clear()
            closed, self._closed = frozenset(self._closed), set()
            whole, self._whole = self._whole, False
            verify, self._verify = self._verify, False
            begun = time.monotonic()
            try:
                done = await self._session.publish(closed, whole=whole, verify=verify)
                self._published_at, self._publishing = now(), time.monotonic() - begun
            except PublisherError as error:
                self._trouble("publish", error)
                self._closed |= closed  # with whatever happens next
                self._whole, self._verify = True, self._verify or verify
                continue
            self._problems.pop("publish", None)
            if done.more:
                self._look.set()
            if done.again or done.unsettled:
                rested = self._settings.articles.settle + 0.05
                asyncio.get_running_loop().call_later(rested, self._noted, None)

    async def _plan_forever(self) -> None:
        """Plan what is due at every tick, also while letters leave."""
        while await self._told(self._due):
            self._due.clear()
            try:
                if not self._fenced():
                    self._templates(await writing.plan_due(self._session))
            except* PublisherError as group:
                self._trouble("planning", group.exceptions[0])
            else:
                self._problems.pop("planning", None)
            self._letters.set()

    async def _send_forever(self) -> None:
        """Send what is due at every tick, and when the next letter is."""
        while await self._told(self._letters):
            self._letters.clear()
            try:
                if not self._fenced():
                    await self._send()
            except* PublisherError as group:
                self._trouble("send", group.exceptions[0])
            else:
                self._problems.pop("send", None)

    async def _ping_forever(self) -> None:
        """Tell hubs and search engines what changed: after each publish, and again where one did not take it."""
        while pinging.wanted(self._session.house) and await self._told(self._news):
            self._news.clear()
            try:
                for told in await pinging.ping(self._session, self._stop.is_set):
                    if told.news:
                        what = "feeds" if told.kind is Kind.HUB else "pages"
                        log.info("pinged", to=told.target, **{what: told.news})
                deaf = await asyncio.to_thread(pinging.troubles, self._session.house)
            except PublisherError as error:
                self._trouble("ping", error)
                continue
            self._problems.pop("ping", None)
            for kind, problem in deaf:
                if problem in self._deaf:
                    continue
                if kind is Kind.HUB:
                    log.warning("hub", problem=problem)
                else:
                    log.warning("indexnow", problem=problem)
            self._deaf = [problem for _, problem in deaf]

    async def _compact_forever(self) -> None:
        """Old letters become counts and bits (S8), in pieces so small that nobody waits for them; and an erasure that
        something held up is finished (L8)."""
        while await self._told(self._old):
            self._old.clear()
            compact = partial(retention.compact, self._session.house, now(), self._stop.is_set)
            try:
                letters = await asyncio.to_thread(compact)
                async with self._session.erasing:
                    left = await asyncio.to_thread(erasing.finish, self._session.house) is None
                if left:
                    asyncio.get_running_loop().call_later(MINUTE, self._old.set)
            except PublisherError as error:
                self._trouble("ledger", error)
                continue
            self._problems.pop("ledger", None)
            if letters:
                log.info("compacted", letters=letters)
            await self._sweep()

    async def _sweep(self) -> None:
        """Sign-ups that nobody confirmed end (L4), and readers are asked once a year (L9)."""
        house, moment = self._session.house, now()
        try:
            ended = await asyncio.to_thread(partial(joining.sweep, house, moment, self._stop.is_set))
            asked = 0
            if not self._session.fenced:
                asked = await asyncio.to_thread(partial(yearly.ask, house, moment, self._stop.is_set))
        except PublisherError as error:
            self._trouble("sweep", error)
            return
        self._problems.pop("sweep", None)
        if ended or asked:
            log.info("swept", unconfirmed=ended, asked=asked)

    async def _take_in_forever(self) -> None:
        """Read what came back by mail (B1), and draw the consequences (B2)."""
        boxes, known = None, list[str]()
        while await self._told(self._post):
            self._post.clear()
            unread: list[str] = []
            with _gathered(unread):
                if boxes is None:  # made once: a mailbox knows how far it was read
                    boxes = [*filter(None, [await asyncio.to_thread(returning.configured, self._session)])]
            for each in [*returning.piped(self._session), *(boxes or ())]:
                with _gathered(unread):
                    self._took_in(taken := await returning.take(self._session, each, self._stop.is_set))
                    unread += taken.troubles
            with _gathered(unread):
                self._reckoned(await returning.reckon(self._session))
            for problem in unread:
                if problem not in known:
                    log.warning("mailbox", problem=problem)
            self._unread = known = unread

    def _took_in(self, taken: Taken) -> None:
        if taken.counts:
            log.info(
                "returned", **{what.replace(" ", "_"): n for what, n in taken.counts.items()}, kept=taken.kept
            )
        self._reckoned(taken.reckoned)

    def _reckoned(self, done: Reckoned) -> None:
        for each in done.changes:
            log.info("reader", number=each.subscriber, address=_masked(each.address), state=each.state)
        for edition in done.stopped:
            log.error(
                "edition",
                number=edition,
                problem="too many of its readers do not exist; what has not left is held",
            )
        for problem in done.problems:
            log.error("edition", problem=problem)

    async def _told(self, event: asyncio.Event) -> bool:
        """Wait for *event*; whether to go on after it."""
        if not self._stop.is_set():
            await event.wait()
        return not self._stop.is_set()

    def _trouble(self, kind: str, error: BaseException) -> None:
        """It goes on at the next look; but nothing can be done with a damaged database (X9)."""
        if isinstance(error, Damaged):
            raise error
        known = self._problems.get(kind) == str(error)
        self._problems[kind] = str(error)
        if isinstance(error, PublisherError) and not known:
            log.error(kind, problem=error.what, where=error.where, mend=error.mend)

    def _published(self, done: Published) -> None:
        self._news.set()
        for note in done.notes:
            log.warning("article", problem=note)
        self._changed += done.changed
        self._written += len(done.written)
        if not done.more and (self._changed or self._written or not self._looked):
            log.info(
                "published",
                changed=self._changed,
                articles=done.published,
                quarantined=done.quarantined,
                written=self._written,
            )
            self._looked, self._changed, self._written = True, 0, 0
        for finding in done.refused:
            log.warning(
                "quarantined",
                path=shown(finding.path) + (f":{finding.line}" if finding.line else ""),
                reason=finding.reason,
                mend=finding.mend,
            )

    def _fenced(self) -> bool:
        """Whether the fence is up: nothing is planned or sent then."""
        if not self._session.fenced:
            self._problems.pop("fence", None)
            return False
        if "fence" not in self._problems:
            log.error("fence", reason=self._session.fenced, mend="nashir resume, if this database is right")
        self._problems["fence"] = f"no letter leaves: {self._session.fenced}"
        return True

    async def _send(self) -> None:
        """Everything that is due."""
        _ = self._session.engine  # made now: a key that cannot sign is told before a letter needs it
        tally = await delivering.deliver(self._session)
        soon = await delivering.next_due(self._session, TICK)
        again = min(tally.again if tally.down or tally.rests else TICK, TICK if soon is None else soon)
        if again < TICK:
            asyncio.get_running_loop().call_later(again, self._letters.set)
        if tally.sent or tally.failed or tally.deferred or tally.unknown:
            log.info(
                "sent", sent=tally.sent, failed=tally.failed, deferred=tally.deferred, unknown=tally.unknown
            )
        for recipient, reply in tally.failures:
            log.warning("refused", address=_masked(recipient), reply=reply)
        self._relay(tally.down)

    def _under_way(self, how: dict[str, Any]) -> None:
        """A line for each minute that letters leave."""
        at = asyncio.get_running_loop().time()
        if how["done"] == how["total"] or self._begun is None:
            self._begun = at if how["done"] < how["total"] else None
        elif at - self._begun >= MINUTE:
            self._begun = at
            log.info("under_way", done=how["done"], left=how["total"] - how["done"], rate=how["rate"])

    def _templates(self, problems: list[str]) -> None:
        for problem in problems:
            if problem not in self._problems.get("plan", ""):
                log.error("plan", problem=problem)
        self._problems.pop("plan", None)
        if problems:
            self._problems["plan"] = "; ".join(problems)

    def _relay(self, down: str) -> None:
        """Say once that a relay cannot be used; the engine knows when to try it again."""
        if not down:
            self._problems.pop("relay", None)
        elif self._problems.get("relay") != (problem := f"the relay cannot be used: {down}"):
            self._problems["relay"] = problem
            log.error("relay", problem=down, mend="look at mail.relay and the relay's log")


@contextlib.contextmanager
def _gathered(problems: list[str]) -> Iterator[None]:
    """Errors join *problems* and stop nothing; but a damaged database does (X9)."""
    try:
        yield
    except Damaged:
        raise
    except PublisherError as error:
        problems.append(str(error))


def _cut_off() -> None:
    """A relay or a disk is silent: everything is safe to cut off (X1), so the stop is kept (X4)."""
    log.warning("stopped", cut_off="a letter or a publish was under way; it goes on at the next start")
    os._exit(0)


def _masked(address_: str) -> str:
    """An address for the log: who runs the site can find it in the ledger."""
    local, _, domain = address_.rpartition("@")
    return f"{local[:1]}…@{domain}"


def run(settings: Settings) -> None:
    """`nashir run`: returns after INT or TERM. Raises Locked where another process works on the site."""
    import uvloop

    with sessions.writing(settings, now, serving=True) as session:

        async def main() -> None:
            await Daemon(settings, session).run()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(main())
            except ExceptionGroup as group:
                raise next((e for e in group.exceptions if isinstance(e, PublisherError)), group) from group
