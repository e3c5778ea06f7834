"""The parts of a process end and begin anew with other settings: nobody is refused, nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from publisher.actions.init import create
from publisher.config import Settings, WebSettings, load
from publisher.daemon import common as commons
from publisher.daemon import lasting, process
from publisher.daemon.changing import Changing
from publisher.daemon.common import Common
from publisher.daemon.lasting import Lasting
from publisher.daemon.process import Parts
from publisher.errors import BadConfig, Unwritable
from tests.patience import LONG


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    create(tmp_path / "site", "UTC", title="First", language="en")
    return load(tmp_path / "site", {})


@pytest.fixture
def _handlers() -> Iterator[None]:
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for each, handler in kept.items():
        signal.signal(each, handler)


def titled(settings: Settings, title: str) -> Settings:
    return replace(settings, site=replace(settings.site, title=title))


class Lives:
    """A process that does nothing but note with which settings it is at work. `next`: what each life ends with; an
    error is raised instead, by one that had begun where it is in `late`."""

    def __init__(self, settings: Settings, *ends: Settings | Exception | None, late: bool = False) -> None:
        self.settings, self._ends, self._late = settings, list(ends), late
        self.titles: list[str] = []
        self.opened = self.closed = 0
        self.last: Common | None = None

    def live(self) -> None:
        lasting.live(lambda: self.settings, self._open, self._main)

    @contextmanager
    def _open(self, settings: Settings, _: object) -> Iterator[Any]:
        self.opened += 1
        yield SimpleNamespace(upgraded="")
        self.closed += 1

    async def _main(self, common: Common) -> None:
        self.titles.append(common.settings.site.title)
        self.last = common
        end = self._ends.pop(0)
        common.lasting.lives += self._late or not isinstance(end, Exception)
        if isinstance(end, Exception):
            raise end
        common.next = end


@pytest.mark.usefixtures("_handlers")
def test_each_life_has_the_settings_that_the_last_ended_with(settings: Settings) -> None:
    lives = Lives(settings, titled(settings, "Second"), titled(settings, "Third"), None)
    lives.live()
    assert ["First", "Second", "Third"] == lives.titles
    assert 3 == lives.opened == lives.closed
    assert lives.last and "Third" == lives.last.lasting.changing.settings.site.title


@pytest.mark.usefixtures("_handlers")
def test_where_a_life_cannot_begin_the_one_before_goes_on_and_says_so(settings: Settings) -> None:
    error = BadConfig("the token cannot be read", "keys/token", "chmod")
    lives = Lives(settings, titled(settings, "Second"), error, None)
    lives.live()
    assert ["First", "Second", "First"] == lives.titles
    assert lives.last and "First" == lives.last.lasting.changing.settings.site.title
    assert lives.last.lasting.changing.refused.endswith(str(error))


@pytest.mark.parametrize(
    ("ends", "late"),
    [
        ([BadConfig("never began")], False),
        (["Second", BadConfig("died at work")], True),
        (["Second", BadConfig("cannot begin"), BadConfig("nor can the one before")], False),
    ],
)
@pytest.mark.usefixtures("_handlers")
def test_what_nobody_can_go_on_with_ends_the_process(
    settings: Settings, ends: list[Any], *, late: bool
) -> None:
    made = [titled(settings, each) if isinstance(each, str) else each for each in ends]
    lives = Lives(settings, *made, late=late)
    with pytest.raises(BadConfig) as raised:
        lives.live()
    assert made[-1] is raised.value


# The socket


@pytest.fixture
def process_(settings: Settings) -> Iterator[Lasting]:
    found = Lasting(Changing(lambda: settings, lambda _: None))
    yield found
    found.close()


def free_port(host: str = "127.0.0.1") -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


def test_who_comes_between_two_lives_is_not_refused(process_: Lasting) -> None:
    web = WebSettings(listen=f"127.0.0.1:{free_port()}")
    process_.listen(web).close()
    with socket.create_connection(web.address, 5) as reader:
        with process_.listen(web) as again, again.accept()[0] as answered:
            answered.sendall(b"here")
        assert b"here" == reader.recv(10)


def test_another_place_at_the_same_port_is_listened_on_and_the_old_one_is_not(process_: Lasting) -> None:
    port = free_port("")
    process_.listen(WebSettings(listen=f"127.0.0.2:{port}")).close()
    process_.listen(WebSettings(listen=f"0.0.0.0:{port}")).close()
    socket.create_connection(("127.0.0.3", port), 5).close()
    process_.listen(WebSettings(listen=f"127.0.0.2:{port}")).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.3", port), 5)


def test_after_a_place_that_is_taken_the_one_of_before_is_listened_on_again(process_: Lasting) -> None:
    before = WebSettings(listen=f"127.0.0.1:{free_port()}")
    process_.listen(before).close()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(Unwritable, match=r"cannot listen there: .*set web\.listen"):
            process_.listen(WebSettings(listen=taken))
    process_.listen(before).close()
    socket.create_connection(before.address, 5).close()


# The end of a life


class Ending:
    """What ends, in which order."""

    def __init__(self, settings: Settings, then: Settings | None) -> None:
        self.said: list[str] = []
        self.silence = 60.0  # seconds until a relay answers
        store = SimpleNamespace(database=SimpleNamespace(shared=False), at_work=lambda: 0.0)
        session: Any = SimpleNamespace(
            stop=lambda: self.said.append("told"),
            on_stop=[],
            under_way=None,
            house=SimpleNamespace(store=store),
        )
        changing: Any = SimpleNamespace(
            look=lambda _: None, refused="", take=lambda: then, began=lambda: None
        )
        self.common = Common(settings, session, SimpleNamespace(changing=changing, lives=0))  # type: ignore[arg-type]
        self._served = asyncio.Event()

    async def work(self) -> None:
        await self.common.stop.wait()
        await asyncio.sleep(0.02)
        self.said.append("worked")

    async def send(self) -> None:
        try:
            await self.common.stop.wait()
            await asyncio.sleep(self.silence)
            self.said.append("answered")
        except asyncio.CancelledError:
            self.said.append("cut off")
            raise

    async def serve(self) -> None:
        await self._served.wait()
        self.said.append("served")

    async def close(self) -> None:
        self.said.append("closed")

    def run(self, *, silent: bool) -> list[str]:
        parts = Parts(
            tasks=[self.work],
            senders=[self.send] if silent else [],
            doors=[(self.serve, self._served.set)],
            closes=[self.close],
        )
        asyncio.run(asyncio.wait_for(process.run(self.common, parts), LONG))
        return self.said


def test_readers_are_answered_until_all_else_has_ended(settings: Settings) -> None:
    assert ["told", "closed", "worked", "served"] == Ending(settings, settings).run(silent=False)


def test_a_letter_that_a_relay_does_not_answer_does_not_hold_up_new_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:  # X4
    monkeypatch.setattr(process, "GRACE", 0.1)
    monkeypatch.setattr(process, "ANSWER", 0.1)
    ending = Ending(timed(settings, 0), settings)
    assert ["told", "closed", "worked", "cut off", "served"] == ending.run(silent=True)


def timed(settings: Settings, seconds: int) -> Settings:
    return replace(settings, mail=replace(settings.mail, timeout=seconds))


def test_a_relay_has_its_time_to_answer_before_new_settings_so_that_no_letter_comes_twice(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:  # S1, S4
    monkeypatch.setattr(process, "GRACE", 0.01)
    ending = Ending(timed(settings, 60), settings)
    ending.silence = 0.3
    assert ["told", "closed", "worked", "answered", "served"] == ending.run(silent=True)


@pytest.mark.parametrize("bell", ["night", "post"])
def test_settings_wait_for_what_is_slow_and_all_else_goes_on_meanwhile(
    bell: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commons, "LOOK", 0.02)
    ending = Ending(settings, settings)
    common, saved = ending.common, []

    async def save() -> None:
        event = getattr(common, bell)
        event.set()
        while await common.told(event):
            event.clear()
            await asyncio.sleep(0.2)
            saved.append(common.stop.is_set())

    ending.work = save  # type: ignore[method-assign]
    ending.run(silent=False)
    assert [False] == saved


def test_settings_wait_for_what_is_at_work(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commons, "LOOK", 0.02)
    ending = Ending(settings, settings)
    asked: list[int] = []

    def busy() -> bool:
        asked.append(1)
        return len(asked) < 3

    ending.common.busy = busy
    ending.run(silent=False)
    assert len(asked) >= 3
    assert ending.common.next is settings
