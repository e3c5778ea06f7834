"""An opened site: its house, and for whoever holds the lock the engine that sends."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from publisher.actions import agreement, erasing
from publisher.actions.house import House
from publisher.actions.pool import Progress, cores
from publisher.actions.publish import Published, publish
from publisher.config import Networks, Settings
from publisher.errors import BadConfig, BadState, Elsewhere, Unwritable
from publisher.feeds import files
from publisher.layout import STATE, Layout
from publisher.model.delivery import OnUnknown
from publisher.store import buckets, ledger, notices, relays
from publisher.store.sqlite import Sqlite
from publisher.store.state import LEFT, State
from publisher.store.store import Store
from publisher.subscribers.tokens import Keys
from publisher.templating import Templates
from publisher.verbs import lost, saving
from publisher.verbs.held import Alone
from publisher.verbs.progress import Sending, Tell

if TYPE_CHECKING:
    from publisher.actions.trial import Way
    from publisher.engine.cluster import Stats
    from publisher.engine.local import Claim, LocalEngine

TEMPLATES = "templates"
SETTLE_RUNS = 5  # times `publish` waits for files that are still being written
Clock = Callable[[], datetime]


@contextmanager
def on_disk() -> Iterator[None]:
    """Where the disk refuses something: raises Unwritable, in one line, which ends no daemon."""
    try:
        yield
    except OSError as error:
        mend = "look at its rights, and at the disk"
        raise Unwritable(error.strerror or str(error), str(error.filename or ""), mend) from error


@dataclass(slots=True)
class Session:
    """What verbs that write work on. `publish` runs one at a time."""

    house: House
    state: State
    clock: Clock
    make_engine: Callable[[], "LocalEngine"]
    fenced: str = ""  # why no letter may leave
    publishing: asyncio.Lock = field(default_factory=asyncio.Lock)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Each takes a thread for seconds, and those are few: the others wait without one.
    erasing: asyncio.Lock = field(default_factory=asyncio.Lock)
    taking_in: asyncio.Lock = field(default_factory=asyncio.Lock)  # what comes back by mail
    planning: threading.Lock = field(default_factory=threading.Lock)  # no two plans read one watermark
    in_daemon: bool = False  # somebody else plans, sends and pings
    slice: int | None = None  # about how many articles' outputs are made before the next look; None: all
    swept: bool = False  # what a killed run left in the output is gone
    under_way: Sending | None = None  # how far the letters are that leave now
    alone: dict[str, Alone] = field(default_factory=dict)  # domains that refused us; see `left_alone`
    upgraded: str = ""  # what was done to an older database, in words
    trusted: Networks = ()  # the servers before us (`web.trusted_proxies`)
    # What ends what goes on beside answers; awaited when a daemon stops.
    on_stop: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    listeners: list[Tell] = field(default_factory=list)  # who wants to hear of it
    # Why what needs the article folder is another process's to do; "": it is ours.
    elsewhere: Callable[[], str] = lambda: ""
    dispatch: "Callable[[], Awaitable[Stats]] | None" = None  # workers send: tells them what is due
    claim: "Claim | None" = None  # what the engine takes letters of editions by; None: all that are due
    on_published: Callable[[Published], None] = lambda _: None
    on_planned: Callable[[], None] = lambda: None  # newsletters have something else to show
    # An event of relays, domains, editions, and its values; in any thread.
    on_news: Callable[..., Any] = lambda *_, **__: None
    on_good_news: Callable[..., Any] = lambda *_, **__: None  # ... that asks for nothing
    stopping: bool = field(default=False, init=False)  # `stop` was called
    _making: threading.Lock = field(default_factory=threading.Lock, init=False)  # of the engine, which is one
    _engine: "LocalEngine | None" = field(default=None, init=False)

    @property
    def engine(self) -> "LocalEngine":
        """What sends; made when it is first asked for, so that who only publishes does not wait for it."""
        with self._making:
            if self._engine is None:
                self._engine = self.make_engine()
                if self.stopping:
                    self._engine.stop()
            return self._engine

    async def sender(self) -> "LocalEngine":
        """`engine`, made off the loop: it reads from the database what it begins with."""
        if self._engine is not None:
            return self._engine
        return await asyncio.to_thread(lambda: self.engine)

    def stop(self) -> None:
        """No new letters; those on the wire are finished (S7)."""
        self.stopping = True
        if self._engine:
            self._engine.stop()

    @property
    def left(self) -> bool:
        """Whether another database goes on instead of this one: what is changed here is lost."""
        return self.fenced.startswith(LEFT)

    def at_home(self) -> None:
        """Raises Elsewhere where the article folder, and what is planned from it, is another process's to work on."""
        if why := self.elsewhere():
            mend = "run it on the scheduler's host (docs/scaling.md)"
            raise Elsewhere(f"this needs the article folder: {why}", str(self.house.root), mend)

    def left_alone(self) -> list[Alone]:
        """The domains that refused us and get no letter now."""
        now = self.clock()
        return sorted(
            (each for each in list(self.alone.values()) if each.until > now), key=lambda each: each.domain
        )

    async def publish(
        self,
        closed: Collection[str] = (),
        *,
        whole: bool = True,
        accept_removals: bool = False,
        verify: bool = False,
        progress: Progress = lambda *_: None,
    ) -> Published:
        """Publish once, off the loop. Raises Elsewhere, Unwritable."""
        async with self.publishing:
            self.at_home()  # now, and not when the one before began
            with on_disk():
                if not self.swept:
                    await asyncio.to_thread(files.sweep, self.house.out)
                    self.swept = True
                run = partial(
                    publish,
                    self.house,
                    self.clock(),
                    closed=closed,
                    whole=whole,
                    accept_removals=accept_removals,
                    verify=verify,
                    limit=self.slice,
                    progress=progress,
                )
                done = await asyncio.to_thread(run)
        self.on_published(done)
        return done

    async def publish_settled(
        self, *, accept_removals: bool = False, progress: Progress = lambda *_: None
    ) -> Published:
        """Publish, and again after `articles.settle` while files are still being written."""
        done = await self.publish(accept_removals=accept_removals, verify=True, progress=progress)
        written, changed = done.written, done.changed
        waits = 0
        while done.more or (waits < SETTLE_RUNS and (done.unsettled or done.again)):
            if not done.more:
                waits += 1
                await asyncio.sleep(self.house.articles.settle + 0.05)
            done = await self.publish(accept_removals=accept_removals, whole=not done.more)
            written, changed = written + done.written, changed + done.changed
        return replace(done, written=tuple(dict.fromkeys(written)), changed=changed)


def house_of(settings: Settings, store: Store, secret: bytes, workers: int = 1) -> House:
    """The house of a site whose store is open; *workers* processes may read and render at once."""
    return House(
        root=settings.root,
        site=settings.site,
        layout=Layout(
            settings.site.url, settings.pages.enabled, settings.pages.lists, bool(settings.newsletters)
        ),
        templates=Templates([settings.root / TEMPLATES]),
        store=store,
        keys=Keys({1: secret}),
        articles=settings.articles,
        feeds=settings.feeds,
        pages=settings.pages,
        mail=settings.mail,
        newsletters={newsletter.name: newsletter for newsletter in settings.newsletters},
        backup=settings.backup,
        workers=workers,
    )


@contextmanager
def writing(
    settings: Settings, clock: Clock, *, workers: int = 1, upgrades: bool = True
) -> Iterator[Session]:
    """The site, locked, with dead senders' letters recovered. Raises Locked, Unwritable, and BadState, also for an
    older database where it is not to be brought up to date (*upgrades*)."""
    with (
        locked(settings),
        _opened(settings, clock, workers, upgrades=upgrades) as session,
        _leading(session),
    ):
        _finish(session, mails=False)  # the scheduler's daemon has the mail
        yield session


@contextmanager
def serving(settings: Settings, clock: Clock) -> Iterator[Session]:
    """The same for a daemon that holds the lock, as often as its settings change."""
    with _opened(settings, clock) as session:
        _finish(session, mails=True)
        yield session


@contextmanager
def locked(settings: Settings, *, serving: bool = False) -> Iterator[None]:
    """The site's lock is ours, a daemon's where *serving*. Raises Locked, Unwritable."""
    lock = State(settings.root / STATE).lock(serving=serving)
    try:
        yield
    finally:
        os.close(lock)


def _finish(session: Session, *, mails: bool) -> None:
    """Erasures that were cut off are done; where other hosts use the database it is for who has the mail to do them."""
    if session.house.store.database.shared:
        session.house = replace(session.house, mails=mails)
    else:
        erasing.finish(session.house)  # behind the fence too: a restored database brings nobody back


def shared(settings: Settings) -> None:
    """Raises BadConfig where only one process may write to the site's database."""
    if not settings.store.url:
        what = "this needs a database that many processes write to, and the site's is SQLite"
        mend = "move it to PostgreSQL (docs/scaling.md), or use `nashir run` alone"
        raise BadConfig(what, settings.source.place(("store", "url")), mend)


@contextmanager
def beside(settings: Settings, clock: Clock) -> Iterator[Session]:
    """The site on a database for many, beside whoever holds the lock on this host: what needs the article folder is
    theirs to do. Raises BadConfig where only one process may write, BadState, Unwritable."""
    shared(settings)
    State(settings.root / STATE).make()
    with _opened(settings, clock) as session:
        session.house = replace(session.house, mails=False)
        session.elsewhere = lambda: "the scheduler has it, and not this process"
        yield session


@contextmanager
def _opened(
    settings: Settings, clock: Clock, workers: int = 1, *, upgrades: bool = True
) -> Iterator[Session]:
    lost.expect(settings)
    state = State(settings.root / STATE)
    database = settings.store.database(settings.root)
    saved = list[Path]()  # the database as it was before it was upgraded
    alone = None if database.shared else state.secret()  # made before there is a database
    store = Store(
        database,
        writing=True,
        before_upgrade=lambda old, save: saved.append(saving.before_upgrade(settings, clock(), old, save)),
        upgrades=upgrades,
    )
    try:
        secret = alone or state.shared_secret(store, writing=True)
        if database.shared:
            agreement.same_site(store, settings.site.id, writing=True)
        fenced = state.fenced(store)
        if not fenced:
            state.advance(store)
            if (
                not database.shared
            ):  # there nobody can know: who is silent for long is swept by who sends, or leads
                store.write(lambda c: recover(c, settings.mail.on_unknown))
        house = house_of(settings, store, secret, workers)
        session = Session(house, state, clock, lambda: _engine(settings, session), fenced)
        session.trusted = settings.web.trusted
        session.upgraded = _upgraded(store, saved)
        yield session
    finally:
        store.close()


@contextmanager
def _leading(session: Session) -> Iterator[None]:
    """A verb that needs the article folder takes it, for as long as the site is open, where no scheduler has it."""
    database = session.house.store.database
    if not database.shared:
        yield
        return
    from publisher.store.leading import Lead
    from publisher.store.postgres import Postgres

    assert isinstance(database, Postgres)
    lead = Lead(database)
    session.elsewhere = lambda: "" if lead.take() else f"the scheduler {lead.holder} has it"
    try:
        yield
    finally:
        lead.let_go()


def _upgraded(store: Store, saved: list[Path]) -> str:
    if not store.upgraded_from:
        return ""
    kept = "".join(f"; as it was it is in {each}" for each in saved)
    return f"the database had schema {store.upgraded_from}, and was upgraded{kept}"


def recover(connection: Connection, on_unknown: OnUnknown) -> None:
    """What a dead sender had claimed or was sending waits again, or is in doubt. Only for whoever holds the lock."""
    ledger.recover(connection, on_unknown)
    notices.recover(connection)


def _engine(settings: Settings, session: Session) -> "LocalEngine":
    from publisher.actions.hours import opens
    from publisher.actions.letters import Letters, notice
    from publisher.engine.local import LocalEngine
    from publisher.engine.reserving import reserve
    from publisher.mail.gate import Gate, limits
    from publisher.verbs import heeding

    house = signing(session.house)
    saved, learnt = house.store.read(lambda c: (buckets.saved(c), relays.known(c)))
    shared = house.store.database.shared
    return LocalEngine(
        house.store,
        Letters(house),
        dict(ways(settings)),
        Gate(limits(settings.mail), saved=saved, learnt=learnt, shared=shared),
        connections=settings.mail.connections,
        on_unknown=settings.mail.on_unknown,
        clock=session.clock,
        opens=partial(opens, house),
        notice=partial(notice, house),
        heed=partial(heeding.heed, session),
        claim=session.claim,
        reserve=reserve if shared else None,
    )


def signing(house: House) -> House:
    """The house of which letters leave, signed if it has a key (H8). Raises BadConfig where that cannot be used."""
    from publisher.mail.keyfiles import signer

    return replace(house, signer=signer(house.mail, house.root))


def ways(settings: Settings) -> "list[Way]":
    """The relays in order of preference: each as people know it, and what makes a connection to it."""
    from publisher.mail.address import domain_of, mailbox
    from publisher.mail.carriers import carrier_to
    from publisher.mail.settings import relays

    hello = domain_of(mailbox(settings.mail.sender)[1]) if settings.mail.sender else "localhost"
    return [
        (str(relay), partial(carrier_to, relay, settings.mail, site=settings.root, hello=hello))
        for relay in relays(settings.mail)
    ]


@contextmanager
def reading(settings: Settings) -> Iterator[House]:
    """The site, read-only, beside whoever writes. Raises BadState where nothing was ever published, or it was lost."""
    lost.expect(settings)
    state = State(settings.root / STATE)
    if not settings.store.url and not state.database.exists():
        raise BadState("this site has no state yet", str(settings.root), "run `nashir publish` first")
    database = settings.store.database(settings.root)
    store = Store(database, writing=False)
    try:
        secret = state.shared_secret(store, writing=False) if database.shared else state.secret()
        if database.shared:
            agreement.same_site(store, settings.site.id, writing=False)
        yield house_of(settings, store, secret)
    finally:
        store.close()


@contextmanager
def trying(settings: Settings) -> Iterator[House]:
    """The site on a copy of its store (an empty one where nothing was ever published): what is written is thrown
    away. Raises BadState where it was lost."""
    lost.expect(settings)
    database = settings.store.database(settings.root)
    with tempfile.TemporaryDirectory(prefix="nashir-") as folder:
        path = Path(folder, "copy.db")
        new = not database.path.exists() if isinstance(database, Sqlite) else Store.is_new(database)
        if new:
            store = Store(Sqlite(path), writing=True)
        else:
            source = Store(database, writing=False)
            store = source.copy(path)
            source.close()
        try:
            yield house_of(settings, store, bytes(32), cores())
        finally:
            store.close()
