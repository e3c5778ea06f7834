"""What the service manager hears, on a real datagram socket: that the process is ready, lives, hangs, stops."""

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.actions.init import create
from publisher.config import load
from publisher.daemon import notify, process, watchdog
from publisher.daemon.changing import Changing
from publisher.daemon.common import Common
from publisher.daemon.lasting import Lasting
from publisher.daemon.process import Parts
from publisher.daemon.watchdog import Watchdog
from publisher.verbs import session as sessions
from tests.commands import NASHIR, Forked
from tests.patience import LONG


class Manager:
    """Listens as systemd does."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1) if address[0] == "@" else address)
        self._socket.settimeout(LONG)

    def hears(self) -> list[str]:
        """The lines of the next datagram."""
        return self._socket.recv(4096).decode().split("\n")

    def until(self, line: str) -> list[str]:
        """All lines that come up to the one that begins so."""
        heard: list[str] = []
        while not any(each.startswith(line) for each in heard):
            heard += self.hears()
        return heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["/", "@"])
def manager(request, tmp_path, monkeypatch):
    made = Manager(str(tmp_path / "notify") if request.param == "/" else f"@nashir-test-{os.getpid()}")
    monkeypatch.setenv("NOTIFY_SOCKET", made.address)
    yield made
    made.close()


@pytest.fixture
def common(tmp_path: Path):
    create(tmp_path / "site", "Asia/Baghdad")
    settings = load(tmp_path / "site", {})
    with sessions.writing(settings, lambda: datetime.now(UTC)) as session:
        yield Common(settings, session, Lasting(Changing(lambda: settings, lambda _: None)))


@pytest.mark.parametrize("manager", ["/"], indirect=True)
def test_a_daemon_is_ready_lives_and_stops(tmp_path, manager):
    create(tmp_path / "site", "Asia/Baghdad")
    told = os.environ | {"WATCHDOG_USEC": "400000", "NASHIR__WEB__LISTEN": "127.0.0.1:0"}
    with subprocess.Popen(
        [*NASHIR, "-C", str(tmp_path / "site"), "run"], env=told, stderr=subprocess.PIPE
    ) as daemon:
        assert ["READY=1"] == manager.hears()
        lived = [manager.hears() for _ in range(3)]
        daemon.send_signal(signal.SIGTERM)
        stopped = manager.until("STOPPING=1")
        _, said = daemon.communicate(timeout=LONG)

    assert 0 == daemon.returncode, said
    assert all(lines[0].startswith("STATUS=all is well") and lines[1:] == ["WATCHDOG=1"] for lines in lived)
    assert "STATUS=finishing what is on the wire" in stopped


@pytest.mark.parametrize("manager", ["/"], indirect=True)
def test_a_daemon_that_takes_new_settings_says_so_and_is_ready_again(tmp_path, manager):
    create(tmp_path / "site", "Asia/Baghdad")
    daemon = Forked("-C", tmp_path / "site", "run", environment={"NASHIR__WEB__LISTEN": "127.0.0.1:0"})
    try:
        manager.until("READY=1")
        daemon.send_signal(signal.SIGHUP)
        reloading = manager.until("RELOADING=1")
        assert reloading[-2].startswith("MONOTONIC_USEC=") and "STOPPING=1" not in reloading
        assert "STOPPING=1" not in manager.until("READY=1")
        daemon.send_signal(signal.SIGTERM)
        assert "RELOADING=1" not in manager.until("STOPPING=1")
        assert 0 == daemon.wait(LONG)
    finally:
        daemon.kill()


def test_what_does_not_get_on_is_not_called_alive(common, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    monkeypatch.setattr(watchdog, "WRITES", 0.2)
    store, hold = common.session.house.store, threading.Event()
    writing = threading.Thread(target=store.write, args=(lambda _: hold.wait(LONG),))

    async def run() -> tuple[list[str], list[str]]:
        task = asyncio.create_task(process.run(common, Parts(tasks=[])))
        alive = await asyncio.to_thread(manager.until, "WATCHDOG=1")
        writing.start()
        hangs = await asyncio.to_thread(manager.until, "STATUS=what is written to the database")
        assert "what is written" in common.problems.lines()[0]
        hold.set()
        again = await asyncio.to_thread(manager.until, "WATCHDOG=1")
        common.stop.set()
        await task
        return alive + hangs, again

    heard, again = asyncio.run(run())
    writing.join()

    assert heard[-1].startswith("STATUS=what is written") and "WATCHDOG=1" in again
    assert [] == common.problems.lines()


def test_a_thread_that_has_ended_is_seen(common):
    writer = common.session.house.store._writer
    assert [] == list(Watchdog(common).hangs())
    ended = threading.Thread(target=lambda: None)
    ended.start()
    ended.join()
    alive, writer._thread = writer._thread, ended

    (line,) = Watchdog(common).hangs()
    writer._thread = alive
    assert "has ended" in line


def test_a_task_at_the_same_work_for_hours_is_named(common, monkeypatch):
    times = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: times[0])
    common.letters.set()
    common.old.set()

    async def work() -> None:
        assert await common.told(common.letters) and await common.told(common.old)

    asyncio.run(work())
    times[0] = 4000.0
    common.gets_on(common.letters)  # a letter left
    assert [] == list(Watchdog(common).hangs())
    times[0] = 8000.0

    assert ["the task 'old' has been at the same work for more than 2 hours"] == list(
        Watchdog(common).hangs()
    )


def test_who_waits_does_not_hang(common, monkeypatch):
    times = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: times[0])

    async def work() -> None:
        common.old.set()
        await common.told(common.old)
        common.old.clear()
        waiting = asyncio.ensure_future(common.told(common.old))
        await asyncio.sleep(0)
        times[0] = 100_000.0
        assert [] == list(Watchdog(common).hangs())
        common.end()
        await waiting

    asyncio.run(work())


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("60000000", "", 60.0),
        ("60000000", "1", None),
        ("0", "", None),
        ("", "", None),
        ("x", "", None),
        ("-5", "", None),
    ],
)
def test_the_watchdog_is_for_the_process_that_it_names(usec, pid, seconds, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)

    assert seconds == notify.watchdog()


@pytest.mark.parametrize("address", ["", "nowhere", "/nowhere/at/all", "@nobody-listens-here"])
def test_nobody_who_listens_is_no_trouble(address, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", address)

    notify.tell("READY=1")
