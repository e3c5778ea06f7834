"""A verb that comes while a daemon starts: it holds the lock, and does not listen yet."""

import fcntl
import os
import subprocess
import threading
import time

from publisher.cli.call import STARTING
from tests.commands import NASHIR
from tests.patience import LONG


def test_a_verb_waits_for_a_daemon_that_starts(site):  # X10
    site.run("publish")
    with (site.folder / "state" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.ftruncate(lock.fileno(), 0)
        os.pwrite(lock.fileno(), f"{os.getpid()} run".encode(), 0)
        let_go = threading.Event()

        def unlock():
            let_go.set()
            fcntl.flock(lock, fcntl.LOCK_UN)

        threading.Timer(0.7, unlock).start()
        site.run("subscribers", "add", "reader@example.org")

        assert let_go.is_set()


def test_what_another_verb_does_is_not_waited_for(site):  # X10
    site.run("publish")
    with (site.folder / "state" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.ftruncate(lock.fileno(), 0)
        os.pwrite(lock.fileno(), str(os.getpid()).encode(), 0)

        began = time.monotonic()
        assert "another nashir" in site.run("subscribers", "add", "reader@example.org", expect=75).stderr
    assert time.monotonic() - began < STARTING


def test_a_process_that_only_starts_ends_well(site):  # X4
    """It waits for its settings here, as it would for a database."""
    settings = site.folder / "config.toml"
    settings.unlink()
    os.mkfifo(settings)
    process = subprocess.Popen([*NASHIR, "-C", site.folder, "run"], stderr=subprocess.PIPE)
    with settings.open("wb"):  # there is a reader
        process.terminate()
        _, said = process.communicate(timeout=LONG)

    assert (0, b"") == (process.returncode, said)
