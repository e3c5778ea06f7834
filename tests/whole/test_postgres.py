"""While letters leave: PostgreSQL crashes, is cut off, stands still or has no room; the sender is killed."""

import os
import signal
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from publisher.errors import Unwritable
from publisher.store import store, workers
from tests.postgres import QUICK, Server
from tests.whole.conftest import Daemon, Site
from tests.whole.senders import ended, plan, start, until, verb
from tests.whole.test_disk import in_a_room_of_its_own

READERS, CONNECTIONS = 60, 4
SENT = {3: READERS}  # the ledger's rows by state, when all is done
# A disk of its own for the folder $1, with what is in it; it is there as long as somebody listens.
SMALL = """
kept=$(mktemp -d) && cp -a "$1/." "$kept" && mount -t tmpfs -o size=120m,mode=0700 none "$1" &&
chown --reference="$kept" "$1" && cp -a "$kept/." "$1" && rm -r "$kept" && echo there && exec cat
"""
ROOT = os.geteuid() == 0
# Where the disk is, and who a server is there: it refuses to be root.
ROOM, ENTER = ("-m", "-m") if ROOT else ("-rm", "--preserve-credentials -U -m")
NOBODY = (
    "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    if ROOT
    else "unshare -U --map-user=1000 --map-group=1000"
)


@pytest.fixture(scope="module")
def server():
    found = Server(*QUICK)
    yield found
    found.remove()


class Planned(Site):
    """A site whose edition waits for its readers, in a database on *server*."""

    def __init__(self, folder: Path, server: Server, story: str) -> None:
        super().__init__(folder)
        self.name = folder.parent.name.replace("-", "_")
        server.run(f'CREATE DATABASE "{self.name}"')
        self.url = server.url(self.name)
        self.settings: Any = {"NASHIR__STORE__URL": self.url, "NASHIR__MAIL__CONNECTIONS": str(CONNECTIONS)}
        plan(folder, story, READERS, **self.settings)

    def send(self, sink):
        return start(self.folder, sink.url, **self.settings)

    def rows(self):
        """The ledger's rows by state."""
        with psycopg.connect(self.url) as connection:
            return dict(
                connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
            )

    def time_passes(self):
        """The leases of the dead are over."""
        with psycopg.connect(self.url) as connection:
            connection.execute("DELETE FROM workers")


@pytest.fixture
def planned(tmp_path, server, story, sink):
    sink.rtt = 0.02
    return Planned(tmp_path / "site", server, story)


def all_came(planned, sink, copies=0):
    """Nobody was left out, at most so many have it twice, the same letter, and the ledger knows it."""
    assert {f"r{n}@example.org" for n in range(READERS)} == set(sink.by_recipient)
    assert READERS == len(sink.accepted)
    assert READERS <= sink.accepted.total() <= READERS + copies
    assert SENT == planned.rows()


def reached(sink, part):
    """So much of the edition has come."""
    until(lambda: sink.accepted.total() > part * READERS)


def goes_on(before, sender, sink):
    return sink.accepted.total() > before or sender.poll() is not None


def crash(server):
    server.stop(signal.SIGQUIT)  # as `pg_ctl stop -m immediate`
    time.sleep(0.3)
    server.start()


def stand_still(server):
    """All its processes, for a while."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for how in (signal.SIGSTOP, signal.SIGCONT):
        for each in (server.process.pid, *map(int, children)):
            os.kill(each, how)
        time.sleep(1.5 if how is signal.SIGSTOP else 0)


def cut_off(server):
    """Every connection."""
    server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> 'postgres'")


@pytest.mark.parametrize("fault", [crash, stand_still, cut_off])
def test_a_fault_of_the_server_is_ridden_out(fault, planned, server, sink):  # X9
    sender = planned.send(sink)
    for part in (0.1, 0.3, 0.5):
        reached(sink, part)
        fault(server)
    code, _, said = ended(sender)

    assert (0, "") == (code, said)
    all_came(planned, sink)


def test_an_answer_that_is_lost_leaves_no_letter_behind(planned, server, sink):  # X9
    """Connections end again and again, some between a commit and its answer."""
    sink.rtt = 0.005
    sender = planned.send(sink)
    until(lambda: sink.accepted.total() > 0)
    while sender.poll() is None:
        cut_off(server)
        until(partial(goes_on, sink.accepted.total(), sender, sink))
        time.sleep(0.05)
    code, _, said = ended(sender)

    assert (0, "") == (code, said)
    all_came(planned, sink)


def test_a_sender_that_is_killed_leaves_its_letters_to_the_next(planned, sink):  # X1
    for part in (0.2, 0.6):
        sender = planned.send(sink)
        reached(sink, part)
        sender.kill()
        sender.wait()
        planned.time_passes()
    code, _, said = ended(planned.send(sink))

    assert (0, "") == (code, said)
    all_came(planned, sink, 2 * CONNECTIONS)


def test_what_a_killed_one_had_is_its_own_until_its_lease_is_over(planned, sink):  # S1, X10
    sender = planned.send(sink)
    until(lambda: sink.accepted.total() > READERS / 4)
    sender.kill()
    sender.wait()
    left = Counter(planned.rows())
    code, _, said = ended(planned.send(sink))

    assert (0, "") == (code, said)
    rows = planned.rows()
    assert left[1] + left[2] == rows[1] + rows[2] == READERS - rows[3] > 0
    assert workers.LEASE <= 30


def test_an_absence_that_lasts_is_said_and_nothing_is_lost(planned, server, sink, monkeypatch):  # X9
    """A minute is ridden out as a moment is; here three seconds are long."""
    assert store.REPEATS >= 60
    monkeypatch.setattr(store, "REPEATS", 0.5)
    monkeypatch.setattr(store, "RIDES", 0.5)
    monkeypatch.setattr("publisher.store.writer._RIDES", 0.5)

    def look(_):
        if sink.accepted.total() == 10:
            server.stop(signal.SIGQUIT)

    sink.look = look
    settings = planned.settings | {"NASHIR__MAIL__RELAY": sink.url}
    with pytest.raises(Unwritable, match=r"cannot be reached.*look at PostgreSQL"):
        verb(planned.folder, "send", settings)
    server.start()

    assert 10 <= sink.accepted.total() < READERS
    planned.time_passes()
    verb(planned.folder, "send", settings)
    all_came(planned, sink, CONNECTIONS)


def test_the_daemon_serves_and_goes_on_by_itself(planned, server, sink):  # X9
    sink.rtt = 0.1
    with Daemon(planned, NASHIR__MAIL__RELAY=sink.url, **planned.settings) as daemon:
        daemon.until(lambda: sink.accepted.total() > 3)
        daemon.until(lambda: daemon.get("/")[0] == 200)
        server.stop(signal.SIGQUIT)
        daemon.until(lambda: daemon.get("/healthz")[0] == 503)
        said = daemon.get("/healthz")[2].decode()
        assert "the database" in said and planned.url in said
        assert [200, 200] == [daemon.get(path)[0] for path in ("/", "/atom.xml")]
        server.start()
        sink.rtt = 0.01
        daemon.until(lambda: len(sink.accepted) == READERS)
        daemon.until(lambda: daemon.get("/healthz")[0] == 200)
        daemon.until(lambda: SENT == planned.rows())
        assert "Traceback" not in daemon.said()
        assert 0 == daemon.stop()
    all_came(planned, sink)


@contextmanager
def on_a_small_disk(server):
    """The server, with its data on a disk of 120 MB; what runs a script there, in that folder."""
    server.stop()
    words = ["unshare", ROOM, "sh", "-c", SMALL, "sh", str(server.data)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout and "there\n" == keeper.stdout.readline()
        enter = ["nsenter", *ENTER.split(), "-t", str(keeper.pid)]

        def sh(script):
            subprocess.run([*enter, "sh", "-c", f'cd "{server.data}" && {script}'], check=True)

        server.before = [*enter, *NOBODY.split()]
        server.start()
        yield sh
        server.stop(signal.SIGQUIT)
        keeper.communicate("")


@pytest.mark.skipif(not in_a_room_of_its_own(), reason="no mount of its own here (unshare)")
def test_a_server_that_has_no_room_is_waited_for(tmp_path, story, sink):  # X6, X9
    """Its log cannot grow, so it crashes, and does not come up before there is room."""
    sink.rtt = 0.1
    server = Server(*QUICK)
    try:
        planned = Planned(tmp_path / "site", server, story)
        running = Daemon(planned, NASHIR__MAIL__RELAY=sink.url, **planned.settings)
        with on_a_small_disk(server) as sh, running as daemon:
            daemon.until(lambda: sink.accepted.total() > 3)
            sh("dd if=/dev/zero of=filler bs=8k 2>/dev/null; test -s filler")
            with pytest.raises(psycopg.OperationalError), psycopg.connect(planned.url) as connection:
                for _ in range(100):
                    connection.execute("SELECT pg_logical_emit_message(false, '', repeat('x', 1000000))")
            daemon.until(lambda: daemon.get("/healthz")[0] == 503)
            assert sink.accepted.total() < READERS
            sh("rm filler")
            server.stop(signal.SIGQUIT)
            server.start()
            sink.rtt = 0.01
            daemon.until(lambda: SENT == planned.rows())
            daemon.until(lambda: daemon.get("/healthz")[0] == 200)
            assert "Traceback" not in daemon.said()
            assert 0 == daemon.stop()
            all_came(planned, sink, CONNECTIONS)
    finally:
        server.remove()
