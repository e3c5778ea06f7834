"""The command itself: what a mail server pipes to it, what the daemon reads by itself, and being killed in between."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.commands import NASHIR, nashir
from tests.patience import LONG
from tests.returning.post import dsn, letter

DOMAIN = "bounces.example.org"
KILLED = """
import os, signal
from publisher.mail.intake.maildir import Maildir
Maildir.finish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from publisher.cli import main
main()
"""


class Site:
    """A site with readers, who have been sent two editions by a Maildir that plays the relay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("init", str(folder), at=False)
        config = folder / "config.toml"
        text = config.read_text("utf-8")
        config.write_text(re.sub(r"(?m)^\[mail\]\n", f'[mail]\nbounce_domain = "{DOMAIN}"\n', text), "utf-8")
        for name in ("ann", "bob", "eve", "kim", "dan", "sam"):
            self.run("subscribers", "add", f"{name}@example.net", "--confirmed")
        self.run("send", "--now", "--include-existing")
        (folder / "articles" / "two.txt").write_text("خبر ثانٍ للقراء\nفقرة من الخبر الثاني.\n", "utf-8")
        os.utime(folder / "articles" / "two.txt", (1_700_000_000, 1_700_000_000))
        self.run("send", "--now")
        self.letters = [path.read_bytes() for path in sorted((folder / "outbox" / "new").iterdir())]

    def run(
        self, *words: str, at: bool = True, expect: int = 0, stdin: bytes = b"", **environment: str
    ) -> Any:
        done = nashir(*(("-C", str(self.folder)) if at else ()), *words, stdin=stdin, environment=environment)
        assert expect == done.returncode, done.stdout + done.stderr
        return done

    def json(self, *words: str, stdin: bytes = b"") -> dict[str, Any]:
        return dict(json.loads(self.run("--json", *words, stdin=stdin).stdout))

    def bounces(self, name: str) -> list[bytes]:
        """What a mail server makes of the letters to this reader: it knows them by their Message-ID."""
        mine = [each for each in self.letters if f"{name}@example.net".encode() in each]
        ids = [re.search(rb"(?m)^Message-ID: (<[^>]+>)", each)[1].decode() for each in mine]  # type: ignore[index]
        return [dsn(f"bounces@{DOMAIN}", returned=f"Message-ID: {each}") for each in ids]

    def reader(self, name: str) -> dict[str, Any]:
        return self.json("subscribers", "show", f"{name}@example.net")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One for all tests: each is about a reader of its own."""
    return Site(tmp_path_factory.mktemp("pipe") / "site")


def test_bounces_that_a_mail_server_pipes_change_their_reader_alone(site: Site) -> None:  # B1, B2
    first, second = site.bounces("ann")
    one = site.json("bounces", "-", stdin=first)
    again = site.json("bounces", "-", stdin=first)
    two = site.json("bounces", "-", stdin=second)

    assert {
        "messages": {"hard": 1},
        "accepted": None,
        "kept": 0,
        "changed": [],
        "stopped": [],
        "troubles": [],
    } == one
    assert {"repeated": 1} == again["messages"]
    assert [("ann@example.net", "bounced")] == [(each["address"], each["state"]) for each in two["changed"]]
    assert ("bounced", "reachable") == (site.reader("ann")["state"], site.reader("bob")["state"])
    assert ["hard", "hard"] == [each["kind"] for each in site.reader("ann")["returned"]]
    assert [] == site.reader("bob")["returned"]
    assert site.json("status")["returned"]["hard"] >= 2
    assert all(each["returned"]["hard"] for each in site.json("editions")["editions"])
    assert [] == list((site.folder / "state" / "bounces").glob("*/*"))
    said = site.run("subscribers", "show", "ann@example.net").stdout
    assert "hard of edition 1 (daily): 5.1.1" in said
    assert "ann@example.net is" not in site.run("bounces", "-", stdin=b"nonsense").stdout
    site.run("subscribers", "add", "ann@example.net", "--confirmed")
    assert "reachable" == site.reader("ann")["state"]


def test_a_maildir_a_file_and_the_mailbox_of_the_configuration(site: Site, tmp_path: Path) -> None:  # B1
    for each in ("new", "cur", "tmp"):
        (tmp_path / "box" / each).mkdir(parents=True)
    first, second = site.bounces("eve")
    (tmp_path / "one.eml").write_bytes(first)
    (tmp_path / "box" / "new" / "1").write_bytes(second)

    assert "1 hard" in site.run("bounces", str(tmp_path / "one.eml")).stdout
    assert first == (tmp_path / "one.eml").read_bytes()
    assert (
        "eve@example.net is bounced"
        in site.run("bounces", NASHIR__MAIL__BOUNCES__MAILDIR=str(tmp_path / "box")).stdout
    )
    assert [] == list((tmp_path / "box").glob("*/*"))
    assert "nothing came back" in site.run("bounces", str(tmp_path / "box")).stdout
    assert "neither a Maildir nor a file" in site.run("bounces", str(tmp_path / "none"), expect=2).stderr
    assert "no edition 99" in site.run("bounces", "--accept", "99", expect=2).stderr


def test_killed_between_the_commit_and_the_removal_nothing_changes_twice(
    site: Site, tmp_path: Path
) -> None:  # B1, X1
    for each in ("new", "cur", "tmp"):
        (tmp_path / "box" / each).mkdir(parents=True)
    for n, message in enumerate([*site.bounces("kim"), letter(f"x@{DOMAIN}", "killed")]):
        (tmp_path / "box" / "new" / str(n)).write_bytes(message)
    command = [sys.executable, "-c", KILLED, "-C", str(site.folder), "bounces", str(tmp_path / "box")]
    for _ in range(3):
        assert -signal.SIGKILL == subprocess.run(command, check=False, capture_output=True).returncode

    done = site.json("bounces", str(tmp_path / "box"))
    assert {"repeated": 3} == done["messages"]
    assert ["bounced"] == [each["state"] for each in done["changed"]]
    assert [] == list((tmp_path / "box").glob("*/*"))
    with closing(sqlite3.connect(site.folder / "state" / "nashir.db")) as database:
        passed_on = "SELECT count(*) FROM notices WHERE kind = 'human' AND subject LIKE '%killed%'"
        assert [(1,)] == database.execute(passed_on).fetchall()
        mine = "SELECT count(*) FROM reports JOIN subscribers s ON s.id = subscriber WHERE s.address LIKE 'kim@%'"
        assert [(2,)] == database.execute(mine).fetchall()


def test_whatever_is_wrong_the_mail_server_keeps_what_it_piped(site: Site) -> None:  # B1
    first, _ = site.bounces("dan")
    lock = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.flock(f, 2); print('held', flush=True); input()"
    held = subprocess.Popen(
        [sys.executable, "-c", lock, str(site.folder / "state" / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert held.stdout
        held.stdout.readline()
        said = site.run("bounces", "-", stdin=first, expect=75).stderr
        assert "another nashir" in said
        assert [] == list((site.folder / "state" / "bounces").glob("new/*"))
    finally:
        held.kill()
        held.communicate()
    site.run(
        "bounces", "-", stdin=first, expect=75, NASHIR__MAIL__CONNECTIONS="many"
    )  # EX_CONFIG would lose it
    elsewhere = subprocess.run(
        [*NASHIR, "-C", "/nowhere", "bounces", "-"], input=first, capture_output=True, check=False
    )
    assert 75 == elsewhere.returncode
    full = 'ulimit -f 0; exec "$0" "$@"'
    done = subprocess.run(
        ["sh", "-c", full, *NASHIR, "-C", str(site.folder), "bounces", "-"],
        input=first,
        capture_output=True,
        check=False,
    )
    assert 75 == done.returncode, done.stderr

    assert {"hard": 1} == site.json("bounces", "-", stdin=first)["messages"]


def test_the_daemon_reads_what_is_piped_and_its_mailbox(site: Site, tmp_path: Path) -> None:  # B1
    for each in ("new", "cur", "tmp"):
        (tmp_path / "box" / each).mkdir(parents=True)
    environment = os.environ | {
        "NASHIR__WEB__LISTEN": "127.0.0.1:0",
        "NASHIR__MAIL__BOUNCES__MAILDIR": str(tmp_path / "box"),
        "NASHIR__MAIL__BOUNCES__EVERY": "5",
    }
    first, second = site.bounces("sam")
    (tmp_path / "box" / "new" / "1").write_bytes(first)
    log = (tmp_path / "log").open("w+b")
    with (
        log,
        subprocess.Popen(
            [*NASHIR, "-C", str(site.folder), "--json", "run"], stderr=log, env=environment
        ) as daemon,
    ):
        try:
            until(lambda: b'"event": "returned"' in (tmp_path / "log").read_bytes())
            done = site.json("bounces", "-", stdin=second)
            assert ["bounced"] == [each["state"] for each in done["changed"]]
            (tmp_path / "box" / "new").rename(tmp_path / "away")
            until(lambda: b'"event": "mailbox"' in (tmp_path / "log").read_bytes())
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert 0 == daemon.wait(LONG)
    said = (tmp_path / "log").read_text()
    assert "sam@example.net" not in said
    assert [] == list((tmp_path / "box").glob("*/*"))


def until(what: Any) -> None:
    end = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("rubbish", [b"", b"\0" * 100, b"\xff\xfe nothing: of \x01 sense"])
def test_rubbish_is_kept_and_mailed_to_nobody(site: Site, rubbish: bytes) -> None:  # B1
    done = site.json("bounces", "-", stdin=rubbish)

    assert ({"unknown": 1}, 1) == (done["messages"], done["kept"])
