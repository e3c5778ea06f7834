"""How far a run of the sender is: in the terminal, through the control socket, in `status`."""

import json
import os
import pty
import signal
import socket
import subprocess
import threading
from contextlib import nullcontext, suppress
from typing import Any

import pytest

from publisher import control
from tests.commands import NASHIR
from tests.patience import LONG
from tests.whole.conftest import Daemon, Site
from tests.whole.senders import plan, start, until

READERS = 60


@pytest.fixture
def planned(tmp_path, story, sink):
    sink.rtt = 0.5  # a quarter of a minute for all, until a test has seen enough
    plan(tmp_path / "site", story, READERS)
    return Site(tmp_path / "site")


@pytest.fixture
def daemon(planned, sink):
    settings = {"NASHIR__MAIL__RELAY": sink.url, "NASHIR__MAIL__CONNECTIONS": "2"}
    with Daemon(planned, **settings) as daemon:
        until(lambda: sink.accepted.total() > 2)
        yield daemon
        assert "Traceback" not in daemon.said()


def test_whoever_asks_the_daemon_to_send_sees_how_far_it_is(planned, daemon, sink):
    told: list[Any] = []
    door = planned.folder / "state" / "control.sock"
    asking = threading.Thread(target=lambda: told.append(control.ask(door, "send", {}, told.append)))
    asking.start()
    until(lambda: len(told) > 3)
    shown = planned.json("status")
    sink.rtt = 0.0
    asking.join()

    *words, answer = told
    assert {"sent", "failed"} <= set(answer)
    done = [each["done"] for each in words if each["what"] == "sending"]
    assert done == sorted(done) and done[0] < READERS == done[-1]
    assert {READERS} == {each["total"] for each in words}
    (edition,) = shown["under_way"]
    assert (1, "daily", READERS) == (edition["edition"], edition["newsletter"], edition["total"])
    assert edition["sent"] + edition["waiting"] == READERS
    assert 0 < edition["sent"] < READERS == shown["sending"]["total"]
    assert shown["sending"]["rate"] > 0 and shown["sending"]["ends"]
    after = planned.json("status")
    assert ([], None) == (after["under_way"], after["sending"])


def test_the_daemon_goes_on_when_its_callers_are_gone(planned, daemon, sink):
    door = planned.folder / "state" / "control.sock"
    with socket.socket(socket.AF_UNIX) as peer:
        with control._short(door) as name:
            peer.connect(name)
        peer.sendall(json.dumps({"verb": "send", "arguments": {}, "watch": True}).encode() + b"\n")
        assert b'"progress"' in peer.recv(1000)
    shown, terminal = pty.openpty()
    caller = subprocess.Popen([*NASHIR, "-C", str(planned.folder), "send"], stderr=terminal, stdout=terminal)
    said = b""
    while b"a second" not in said:
        said += os.read(shown, 1000)
    caller.send_signal(signal.SIGINT)

    assert 130 == caller.wait(LONG)
    while b"goes on with it" not in said:
        said += os.read(shown, 1000)
    assert b"/60" in said
    sink.rtt = 0.0
    until(lambda: len(sink.accepted) == READERS)
    assert 0 == daemon.stop()
    assert READERS == sink.accepted.total()
    os.close(shown)
    os.close(terminal)


@pytest.mark.parametrize("served", [False, True], ids=["alone", "by the daemon"])
def test_an_import_shows_how_far_it_is(site, served):
    list_ = site.folder / "list.csv"
    list_.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(3000)))
    with Daemon(site) if served else nullcontext():
        shown, terminal = pty.openpty()
        words = [*NASHIR, "-C", str(site.folder), "subscribers", "import", str(list_)]
        caller = subprocess.Popen(words, stderr=terminal, stdout=subprocess.PIPE)
        os.close(terminal)
        said = b""
        with suppress(OSError):  # the other end of a terminal is closed
            while part := os.read(shown, 1000):
                said += part
        out, _ = caller.communicate(timeout=LONG)
        os.close(shown)

    assert 0 == caller.returncode
    assert out.startswith(b"3000 added")
    assert b"importing" in said
    assert b"3000/3000" in said


def test_without_a_terminal_nothing_is_said(planned, sink):
    sink.rtt = 0.0
    process = start(planned.folder, sink.url, "--json", "send")
    out, said = process.communicate(timeout=LONG)

    assert "" == said
    assert READERS == json.loads(out)["sent"]
