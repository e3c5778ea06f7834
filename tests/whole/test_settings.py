"""config.toml is edited while the daemon runs: it is taken, or refused with its line, and nobody notices else."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands import NASHIR, Forked
from tests.patience import LONG
from tests.sink import Sink
from tests.whole.conftest import Daemon, Site, free_port
from tests.whole.senders import plan

MakeDaemon = Callable[..., Daemon]
READERS = 40


def edit(site: Site, old: str, new: str) -> None:
    """Replace the first line of config.toml that begins with *old*."""
    file = site.folder / "config.toml"
    text, times = re.subn(rf"(?m)^{re.escape(old)}.*", new, file.read_text("utf-8"), count=1)
    assert times == 1
    file.write_text(text, "utf-8")


def taken(running: Daemon, number: int = 1) -> None:
    """Wait until so many changes were taken, and readers are served again."""
    running.until(lambda: running.said().count(" serving ") == number + 1)


def warnings(running: Daemon) -> list[str]:
    return list(json.loads(running.get("/healthz")[2])["warnings"])


def test_a_change_shows_in_what_is_published_and_a_mistake_changes_nothing(
    site: Site, story: str, daemon: MakeDaemon
) -> None:
    site.article("park.txt", story)
    with daemon() as running:
        running.until(lambda: running.get("/atom.xml")[0] == 200)
        edit(site, "title = ", 'title = "جريدة أخرى"')
        running.until(lambda: "جريدة أخرى".encode() in running.get("/atom.xml")[2])
        assert "taken=[site]" in running.said()
        edit(site, "title = ", "title = جريدة ثالثة")
        running.until(lambda: warnings(running) != [])
        (line,) = warnings(running)
        assert f"{site.folder / 'config.toml'}:5: " in line and "Mend: write key = value" in line
        assert "جريدة أخرى".encode() in running.get("/atom.xml")[2]
        assert 1 == running.said().count("[error")
        edit(site, "title = ", 'title = "جريدة ثالثة"')
        running.until(lambda: "جريدة ثالثة".encode() in running.get("/atom.xml")[2])
        assert [] == warnings(running)
        assert 0 == running.stop()
    assert (2, 1) == (running.said().count("taken="), running.said().count("stopped"))


def test_a_new_newsletter_begins_with_what_is_new_and_a_schedule_may_move(
    site: Site, story: str, daemon: MakeDaemon
) -> None:  # D3
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "ann@example.org", "--confirmed")
    with daemon() as running:
        config = site.folder / "config.toml"
        with config.open("a", encoding="utf-8") as file:
            file.write('\n[[newsletters]]\nname = "now"\nschedule = "instant"\n')
        taken(running)
        running.until(lambda: [each["name"] for each in shown(site)] == ["daily", "now"])
        running.until(lambda: running.said().count(" published ") == 2)  # what it found is the archive
        site.run("subscribers", "add", "ann@example.org", "--newsletter", "now", "--confirmed")
        site.article("second.md", "---\ntitle: خبر ثانٍ\n---\nنص.\n")
        running.until(lambda: len(site.letters()) == 1)
        letter = site.letters()[0].read_text("utf-8")
        assert "second.md" not in letter and "=?utf-8?" in letter.lower()
        due = shown(site)[0]["next_due"]
        edit(site, 'schedule = "daily', 'schedule = "weekly fri 05:00"')
        taken(running, 2)
        running.until(lambda: shown(site)[0]["next_due"] != due)
        assert 0 == running.stop()
    assert 1 == len(site.letters())
    assert {"sent": 1} == site.json("status")["deliveries"]


def shown(site: Site) -> list[dict[str, Any]]:
    return list(site.json("status")["newsletters"])


@pytest.fixture
def planned(tmp_path: Path, story: str) -> Site:
    plan(tmp_path / "site", story, READERS)
    return Site(tmp_path / "site")


def once() -> Counter[str]:
    return Counter({f"r{n}@example.org": 1 for n in range(READERS)})


def test_a_rate_that_is_changed_while_an_edition_leaves_counts_and_nobody_has_two_letters(
    planned: Site, sink: Sink
) -> None:  # S1 S5
    edit(planned, "[mail]", '[mail]\nrate = "60/min"\ncanary = "0%"')
    with Daemon(planned, NASHIR__MAIL__RELAY=sink.url) as running:
        running.until(lambda: sink.accepted.total() > 1)
        caller = Forked("-C", planned.folder, "--json", "send")
        edit(planned, "rate = ", 'rate = "200/s"')
        said, _ = caller.communicate()  # it ends, and the daemon goes on
        assert (0, True) == (caller.returncode, json.loads(said)["sent"] < READERS)
        running.until(lambda: sink.accepted.total() >= READERS, 25)
        running.until(lambda: planned.json("status")["deliveries"] == {"sent": READERS})
        assert 0 == running.stop()
        assert "taken=[mail]" in running.said()
    assert once() == sink.by_recipient


def test_a_process_that_is_killed_while_it_changes_loses_nothing(planned: Site, sink: Sink) -> None:  # X1 S1
    edit(planned, "[mail]", '[mail]\nrate = "10/s"\ncanary = "0%"\nconnections = 1')
    for wait in (0.0, 0.1, 0.25):
        with Daemon(planned, NASHIR__MAIL__RELAY=sink.url) as running:
            sent = sink.accepted.total()
            running.until(lambda sent=sent: sink.accepted.total() > sent)  # type: ignore[misc]
            running.process.send_signal(signal.SIGHUP)
            running.until(lambda: "taking=" in running.said())
            time.sleep(wait)
            running.process.kill()
            running.process.wait()
    edit(planned, "rate = ", 'rate = "200/s"')
    done = planned.json("send", NASHIR__MAIL__RELAY=sink.url)
    assert 0 == done["failed"]
    assert {"sent": READERS} == planned.json("status")["deliveries"]
    assert once().keys() == sink.by_recipient.keys()
    assert sink.by_recipient.total() <= READERS + 3  # of each connection one letter is in doubt (S4)


def test_nobody_who_asks_meanwhile_is_refused(site: Site, daemon: MakeDaemon) -> None:
    over = threading.Event()
    answers: Counter[str] = Counter()

    def ask(running: Daemon) -> None:
        while not over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", running.port), 20) as reader:
                    reader.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    answers[reader.makefile("rb").readline().decode().strip()] += 1
            except OSError as error:
                answers[repr(error)] += 1

    with daemon() as running:
        asking = threading.Thread(target=ask, args=(running,))
        asking.start()
        for number in (1, 2):
            running.process.send_signal(signal.SIGHUP)
            taken(running, number)
        over.set()
        asking.join()
        assert ["HTTP/1.1 200 OK"] == [*answers]
        assert 0 == running.stop()


def test_readers_are_served_at_another_place_and_where_that_is_taken_at_the_old_one(
    site: Site, daemon: MakeDaemon
) -> None:
    running = daemon()
    del running.settings["NASHIR__WEB__LISTEN"]
    edit(site, "listen = ", f'listen = "127.0.0.1:{running.port}"')
    with running, socket.create_server(("127.0.0.1", 0)) as other:
        edit(site, "listen = ", f'listen = "127.0.0.1:{other.getsockname()[1]}"')
        running.until(lambda: "cannot listen there" in running.said())
        running.until(lambda: running.get("/healthz")[0] == 200)
        assert "cannot listen there" in warnings(running)[0]
        running.port = free_port()
        edit(site, "listen = ", f'listen = "127.0.0.1:{running.port}"')
        running.until(lambda: accepts(running.port))
        assert [] == warnings(running)
        assert 0 == running.stop()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_token_that_is_replaced_counts_and_one_that_others_can_read_does_not(
    site: Site, daemon: MakeDaemon
) -> None:  # threat 9
    (token := site.folder / "metrics.token").write_text("a" * 32)
    token.chmod(0o600)
    edit(site, "[web]", '[web]\nmetrics_token_file = "metrics.token"')

    def enters(word: str) -> bool:
        proxied = {"X_Forwarded_For": "192.0.2.1", "Authorization": f"Bearer {word}"}
        return running.get("/metrics", **proxied)[0] == 200

    with daemon() as running:
        assert enters("a" * 32)
        token.write_text("b" * 32)
        token.chmod(0o644)
        running.until(lambda: warnings(running) != [])
        assert "the token can be read by others" in warnings(running)[0]
        assert enters("a" * 32)
        token.chmod(0o600)
        running.until(lambda: enters("b" * 32))
        assert not enters("a" * 32)
        assert [] == warnings(running)
        assert 0 == running.stop()


def test_a_terminal_that_is_closed_ends_the_process_and_hup_by_itself_does_not(site: Site) -> None:
    keyboard, terminal = pty.openpty()
    log = site.folder / "run.log"
    with log.open("wb") as said:
        started = subprocess.Popen(
            ["setsid", "--ctty", *NASHIR, "-C", str(site.folder), "run"],
            stdin=terminal,
            stdout=said,
            stderr=said,
            env=os.environ | {"NASHIR__WEB__LISTEN": f"127.0.0.1:{free_port()}"},
        )
    os.close(terminal)
    try:
        wait(lambda: "published" in log.read_text("utf-8"), log)
        started.send_signal(signal.SIGHUP)
        wait(lambda: log.read_text("utf-8").count(" serving ") == 2, log)
        os.close(keyboard)
        assert 0 == started.wait(LONG)
        assert "stopped" in log.read_text("utf-8")
    finally:
        started.kill()
        started.wait()


def wait(true: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.05)
