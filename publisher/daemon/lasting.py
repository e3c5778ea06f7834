"""Door: one process of a site from its beginning to its end, however often its settings change meanwhile: all of its
parts end as they do at its end, and begin anew with what config.toml says now. What outlives that stands here."""

import socket
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from publisher.config import Settings, WebSettings
from publisher.daemon import process
from publisher.daemon.changing import Changing, Load, Must, anything
from publisher.daemon.common import Common, log, now
from publisher.errors import PublisherError, Unwritable
from publisher.verbs.session import Clock, Session

if TYPE_CHECKING:
    from publisher.web.admin.login import Entry

Opened = Callable[[Settings, Clock], AbstractContextManager[Session]]
Main = Callable[[Common], Coroutine[Any, Any, None]]


class Lasting:
    """What all lives of a process share."""

    def __init__(self, changing: Changing) -> None:
        self.changing = changing
        self.lives = 0  # how often its parts began to work
        self.editors: dict[str, Entry] = {}  # who of them is in
        self._listening: socket.socket | None = None
        self._named = ""

    def listen(self, web: WebSettings) -> socket.socket:
        """A socket on `web.listen`: the same one, under another number, as long as that does not change, so that who
        comes between two lives waits and is not refused. Raises Unwritable."""
        if self._listening is None or self._named != web.listen:
            self.close()  # the new place may be at the same port
            self._listening, self._named = _listening(*web.address, web.listen), web.listen
        return self._listening.dup()

    def close(self) -> None:
        """Nobody is served here any more."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None


def live(load: Load, opened: Opened, main: Main, must: Must = anything) -> None:
    """Run *main* with what config.toml says, on the site that it *opened*, and anew each time that says something else,
    until INT or TERM. Raises what *load*, *opened* and *main* raise in the first life; where a later one cannot begin,
    the settings of before go on. *must*: as Changing has it."""
    lasting = Lasting(Changing(load, must))
    signals = process.Signals(lasting.changing)
    settings: Settings | None = lasting.changing.settings
    before: Settings | None = None
    while settings is not None:
        lives = lasting.lives
        try:
            settings, before = _lived(settings, lasting, signals, opened, main), settings
        except PublisherError as error:
            if before is None or lasting.lives > lives:
                raise
            lasting.changing.refuse(error)
            settings, before = before, None
    lasting.close()


def _lived(
    settings: Settings, lasting: Lasting, signals: process.Signals, opened: Opened, main: Main
) -> Settings | None:
    """One life; the settings of the next, None where it was the last."""
    lasting.changing.begin(settings)
    with opened(settings, now) as session:
        if session.upgraded:
            log.info("upgraded", how=session.upgraded)
        common = Common(settings, session, lasting)
        process.complete(lambda: signals.heard(common, main(common)))
    return None if signals.ended else common.next


def _listening(host: str, port: int, named: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        what = f"cannot listen there: {error.strerror}"
        raise Unwritable(what, named, "set web.listen, or stop what listens there") from None
