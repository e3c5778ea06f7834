"""Door: what the parts of one process share: settings, the open site, the bells that say "look now", what is wrong."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from publisher.actions import agreement
from publisher.config import Settings
from publisher.daemon.changing import LOOK
from publisher.errors import Damaged, PublisherError
from publisher.verbs import measuring
from publisher.verbs.session import Session

if TYPE_CHECKING:
    from publisher.daemon.lasting import Lasting

TICK = 5  # seconds between two looks at what is due
# New settings wait for these tasks, and not all else for them: a backup takes up to an hour, a mailbox ten minutes.
_SLOW = {"night", "post"}

log = structlog.get_logger()


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


class Problems:
    """What is wrong now, by the task that ran into it. The log is told of each once."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def __contains__(self, kind: str) -> bool:
        return kind in self._now

    def lines(self) -> list[str]:
        """All of them, for a person."""
        return list(self._now.values())

    def has(self, kind: str, line: str) -> bool:
        """Note that this is so; whether it is new."""
        is_new = self._now.get(kind) != line
        self._now[kind] = line
        return is_new

    def said(self, kind: str) -> str:
        """What is noted; "" where nothing is."""
        return self._now.get(kind, "")

    def over(self, kind: str) -> None:
        """It is not so any more."""
        self._now.pop(kind, None)

    def trouble(self, kind: str, error: BaseException) -> None:
        """The task goes on at its next look; but nothing can be done with a damaged database (X9): raises Damaged."""
        if isinstance(error, Damaged):
            raise error
        is_new = self.has(kind, str(error))
        if isinstance(error, PublisherError) and is_new:
            log.error(kind, problem=error.what, where=error.where, mend=error.mend)


@contextlib.contextmanager
def gathered(problems: list[str]) -> Iterator[None]:
    """Errors join *problems* and stop nothing; but a damaged database does (X9)."""
    try:
        yield
    except Damaged:
        raise
    except PublisherError as error:
        problems.append(str(error))


def masked(address_: str) -> str:
    """An address for the log: who runs the site can find it in the ledger."""
    local, _, domain = address_.rpartition("@")
    return f"{local[:1]}…@{domain}"


class Common:
    """One process of a site, with one state of its settings."""

    def __init__(self, settings: Settings, session: Session, lasting: "Lasting") -> None:
        self.settings, self.session, self.lasting = settings, session, lasting
        self.next: Settings | None = None  # what the process goes on with when it stopped; None: it ends
        # Whether a verb is at work that would have to be waited for.
        self.busy: Callable[[], bool] = lambda: False
        self.problems = Problems()
        self.remarks: dict[
            str, list[str]
        ] = {}  # what is wrong elsewhere and stops nothing here, by who found it
        self.stop = asyncio.Event()
        self.over = asyncio.Event()  # all but what answers readers has ended, or is to end soon
        self.look = asyncio.Event()  # at the article folder
        self.due = asyncio.Event()  # an edition may be
        self.letters = asyncio.Event()  # some may be due
        self.chunks = asyncio.Event()  # ... for workers
        self.news = asyncio.Event()  # hubs and search engines may have something to hear
        self.old = asyncio.Event()  # letters may have become old
        self.erasures = asyncio.Event()  # one may not be done yet
        self.post = asyncio.Event()  # something may have come back by mail
        self.night = asyncio.Event()  # a backup may be due
        self._since: dict[
            asyncio.Event, float
        ] = {}  # when those that were waited for were, by time.monotonic
        # Whether the article folder and what is planned from it are this process's to work on.
        self.leads: Callable[[], bool] = lambda: True
        # Whether another process says what config.toml is to say; None: nobody knows yet.
        self.follows: Callable[[], bool | None] = lambda: session.house.store.database.shared
        self.published_at: datetime | None = None
        self.publishing = 0.0  # seconds that the last publish took
        self.serves = False  # the output folder, to readers
        self.on_strange: Callable[[], None] = lambda: None
        self.strange = ""  # why no letter may leave from this host
        session.on_news, session.on_good_news = log.warning, log.info
        session.in_daemon = True

    def ring(self) -> None:
        """Everything is looked at."""
        bells = (
            self.look,
            self.due,
            self.letters,
            self.chunks,
            self.news,
            self.old,
            self.erasures,
            self.post,
            self.night,
        )
        for each in bells:
            each.set()

    def end(self) -> None:
        """Nothing new is begun, and nobody waits any more."""
        self.stop.set()
        self.session.stop()
        self.ring()

    async def told(self, event: asyncio.Event) -> bool:
        """Wait for *event*; whether to go on after it. Each is one task's."""
        self._since.pop(event, None)
        if not self.stop.is_set():
            await event.wait()
        self._since[event] = time.monotonic()
        return not self.stop.is_set()

    def gets_on(self, event: asyncio.Event) -> None:
        """The task that waited for *event* is at something else than before."""
        if event in self._since:
            self._since[event] = time.monotonic()

    def at_work(self) -> list[tuple[str, float]]:
        """The tasks that do something, by the names of their bells, and for how many seconds they have been at it."""
        names = {bell: name for name, bell in vars(self).items() if isinstance(bell, asyncio.Event)}
        return [(names[bell], time.monotonic() - since) for bell, since in self._since.items()]

    async def turn(self, event: asyncio.Event) -> bool:
        """Wait for *event* while this process leads; whether to go on after it."""
        while await self.told(event):
            if self.leads():
                return True
            event.clear()  # whoever leads does it; when it is us, all bells ring
        return False

    def fenced(self) -> bool:
        """Whether the restore fence is up: nothing is planned or sent then."""
        why = self.session.fenced
        if not why:
            self.problems.over("fence")
        elif self.problems.has("fence", f"no letter leaves: {why}"):
            log.error("fence", reason=why, mend="nashir resume, if this database is right")
        return bool(why)

    async def look_at_fence(self) -> None:
        """Where others use the database too it may be restored, or resumed, while this process has it open. Raises
        Unwritable."""
        session = self.session
        if session.house.store.database.shared:
            session.fenced = await asyncio.to_thread(session.state.watch, session.house.store)

    async def watch_fence(self) -> None:
        """The same for who sends nothing, and should say so all the same."""
        with contextlib.suppress(PublisherError):  # the database is away: /healthz says it
            await self.look_at_fence()
            self.fenced()

    async def look_at_agreement(self) -> None:
        """Tell once, and again when it is something else, what config.toml says differently here than where the site is
        led from."""
        try:
            differs = (
                await asyncio.to_thread(agreement.differing, self.session.house) if self.follows() else ()
            )
        except PublisherError:  # others tell that the database is away; what was so is still so
            return
        line = agreement.line(differs)
        if line and [line] != self.remarks.get("agreement"):
            log.warning("settings", problem=line, where=str(self.settings.source.path))
        self.remarks["agreement"] = [line] if line else []
        self.strange = agreement.grave(differs)
        if self.strange:
            self.on_strange()

    async def may_send(self) -> bool:
        """Whether letters that leave from here leave in the site's name."""
        await self.look_at_agreement()
        if not self.strange:
            self.problems.over("agreement")
        elif self.problems.has("agreement", f"no letter leaves from here: {self.strange}"):
            log.error("settings", problem=f"no letter leaves from here: {self.strange}", mend=agreement.SAME)
        return self.follows() is not None and not self.strange

    async def look_at_output(self) -> None:
        """Tell once where readers find nothing; /healthz looks by itself."""
        with contextlib.suppress(PublisherError, OSError):  # others tell
            line = await asyncio.to_thread(measuring.unserved, self.session.house) if self.serves else ""
            if not line:
                self.problems.over("output")
            elif self.problems.has("output", line):
                log.error("output", problem=line)

    async def heed_settings(self) -> None:
        """Look what config.toml says, again and again; this process stops where it is to go on with something else."""
        changing = self.lasting.changing
        while not self.stop.is_set():
            await asyncio.to_thread(changing.look, self._answers)
            self.remarks["settings"] = [changing.refused] if changing.refused else []
            slow = any(name in _SLOW for name, _ in self.at_work())
            if not (slow or self.busy() or self.stop.is_set()) and (wanted := changing.take()):
                self.next = wanted
                self.stop.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self.stop.wait()

    def _answers(self) -> None:
        """Raises what the database raises."""
        self.session.state.fenced(self.session.house.store)
