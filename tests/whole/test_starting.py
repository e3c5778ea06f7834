"""A verb that comes while a daemon starts: it holds the lock, and does not listen yet."""

import fcntl
import os
import subprocess
import threading
import time

from tests.commands import NASHIR


def test_a_verb_waits_for_a_daemon_that_starts(site):  # X10
    site.run("publish")
    with (site.folder / "state" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.ftruncate(lock.fileno(), 0)
        os.pwrite(lock.fileno(), f"{os.getpid()} run".encode(), 0)
        threading.Timer(0.7, lambda: fcntl.flock(lock, fcntl.LOCK_UN)).start()
        began = time.monotonic()
        site.run("subscribers", "add", "reader@example.org")

    assert time.monotonic() - began > 0.5


def test_what_another_verb_does_is_not_waited_for(site):  # X10
    site.run("publish")
    with (site.folder / "state" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.ftruncate(lock.fileno(), 0)
        os.pwrite(lock.fileno(), str(os.getpid()).encode(), 0)

        began = time.monotonic()
        assert "another nashir" in site.run("subscribers", "add", "reader@example.org", expect=75).stderr
    assert time.monotonic() - began < 9


def test_a_process_that_only_starts_ends_well(site):  # X4
    """It waits for its settings here, as it would for a database."""
    settings = site.folder / "config.toml"
    settings.unlink()
    os.mkfifo(settings)
    process = subprocess.Popen([*NASHIR, "-C", site.folder, "run"], stderr=subprocess.PIPE)
    with settings.open("wb"):  # there is a reader
        process.terminate()
        _, said = process.communicate(timeout=30)

    assert (0, b"") == (process.returncode, said)
