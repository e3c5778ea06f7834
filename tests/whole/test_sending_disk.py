"""While letters leave: the disk is full or broken, the database is locked or damaged, others want to send as well."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import ExitStack, closing, contextmanager

import pytest

from publisher.errors import Unwritable
from publisher.store import sqlite as store
from tests.patience import LONG
from tests.whole.conftest import Daemon, Site
from tests.whole.senders import ended, plan, start, until, verb
from tests.whole.test_disk import SMALL, Disk, in_a_room_of_its_own, strace

READERS, CONNECTIONS = 40, 4
TRACED = "fdatasync,write,writev,sendto,sendmsg,read,readv,recvfrom,recvmsg"


@pytest.fixture
def planned(tmp_path, story, sink):
    """A site whose edition waits for its readers, and a relay that takes a while."""
    sink.rtt = 0.02
    plan(tmp_path / "site", story, READERS)
    return Site(tmp_path / "site")


@pytest.fixture
def marked(planned, sink):
    """Which letters came whose mark was not on the disk: none ever."""
    database = planned.folder / "state" / "nashir.db"
    unmarked = []
    address = re.compile(rb"(?m)^To: <?([^>\s]+)")

    def look(content):
        found = address.search(content)
        assert found
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=LONG)) as connection:
            rows = connection.execute(
                "SELECT d.state FROM deliveries d JOIN subscribers s ON s.id = d.subscriber WHERE s.address = ?",
                (found[1].decode(),),
            ).fetchall()
        if rows != [(2,)]:
            unmarked.append((found[1], rows))

    sink.look = look
    return unmarked


def all_came(sink, copies=0):
    """Nobody was left out, and at most so many have it twice, the same letter."""
    assert {f"r{n}@example.org" for n in range(READERS)} == set(sink.by_recipient)
    assert READERS == len(sink.accepted)
    assert READERS <= sink.accepted.total() <= READERS + copies


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace")
def test_a_commit_lies_between_a_reply_and_the_next_letter(planned, sink, tmp_path):  # S1 X7
    log = tmp_path / "strace.log"
    words = ("strace", "-f", "-yy", "-s", "120", "-o", str(log), "-e", f"trace={TRACED}")
    code, _, said = ended(start(planned.folder, sink.url, before=words))

    assert 0 == code, said
    all_came(sink)
    letters = check(steps(log.read_text("latin-1").splitlines(), sink.port))
    assert READERS == sum(letters.values())
    assert 1 < len(letters) <= CONNECTIONS


def steps(lines, port):
    """What a strace says, in order: ("commit begins" or "commit", ""), ("content" or "heard", connection)."""
    pending: dict[str, tuple[str, str]] = {}
    for line in lines:
        number, _, rest = line.partition(" ")
        rest = rest.strip()
        if found := re.match(r"<\.\.\. (\w+) resumed>(.*)", rest):
            call, what = pending.pop(number, ("", ""))
            data, begins = found[2], False
        else:
            found = re.match(r"(\w+)\(\d+<(.*?)>[,) ](.*)", rest)
            if not found:
                continue
            call, what, data = found.groups()
            begins = True
        unfinished = rest.endswith("<unfinished ...>")
        if unfinished:
            pending[number] = call, what
        if call == "fdatasync" and what.endswith("nashir.db-wal"):
            if begins:
                yield "commit begins", number
            if not unfinished and re.search(r"= 0$", rest):
                yield "commit", number
        elif f":{port}" not in what:
            continue
        elif call.startswith(("write", "send")) and begins and re.search(r'"[A-Z][A-Za-z-]+: ', data):
            yield "content", what
        elif call.startswith(("read", "recv")) and not unfinished and '"' in data:
            yield "heard", what


def check(steps):
    """How many letters each connection carried. Before the content of each stands a commit that began after what was
    heard last of the letter before it: that one is settled, and this one marked."""
    committed = 0  # when the last commit that ended began
    began, heard, carried = dict[str, int](), dict[str, int](), defaultdict[str, int](int)
    for clock, (what, where) in enumerate(steps, 1):
        if what == "commit begins":
            began[where] = clock
        elif what == "commit":
            committed = max(committed, began[where])
        elif what == "heard":
            heard.setdefault(where, clock)  # the first since the content: the reply to it, or the greeting
        else:
            assert heard[where] < committed, (what, where, clock)
            carried[where] += 1
            del heard[where]
    return carried


GOOD = [("heard", "a"), ("commit begins", "1"), ("commit", "1"), ("content", "a"), ("heard", "a")]


@pytest.mark.parametrize(
    "more, wrong",
    [
        ([("commit begins", "1"), ("commit", "1"), ("content", "a")], False),
        ([("content", "a")], True),
        ([("commit begins", "1"), ("content", "a"), ("commit", "1")], True),
        ([("heard", "b"), ("content", "b")], True),
    ],
)
def test_the_order_of_commits_is_judged_right(more, wrong):  # X7
    if wrong:
        with pytest.raises(AssertionError):
            check(GOOD + more)
    else:
        assert {"a": 2} == check(GOOD + more)


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace")
def test_a_commit_that_fails_sends_nothing_and_is_made_good(planned, sink, marked):  # X6
    faults = ("strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync")
    words = (*faults, "-e", "inject=fdatasync:error=EIO:when=12+")
    code, _, said = ended(start(planned.folder, sink.url, before=words))

    assert 74 == code
    assert 1 == said.count("\n") and "I/O error" in said and "Mend: " in said, said
    assert sink.accepted.total() < READERS
    assert 0 == ended(start(planned.folder, sink.url))[0]
    all_came(sink, CONNECTIONS)
    assert [] == marked


@contextmanager
def broken(process):
    """Commits of this process fail."""
    words = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"]
    with subprocess.Popen([*words, "-p", str(process.pid)], stderr=subprocess.PIPE) as tracer:
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace")
def test_the_daemon_goes_on_when_the_disk_is_well_again(planned, sink, marked):  # X6
    sink.rtt = 0.3  # ten letters a connection: time to break the disk
    with Daemon(planned, NASHIR__MAIL__RELAY=sink.url, NASHIR__MAIL__CONNECTIONS=str(CONNECTIONS)) as daemon:
        daemon.until(lambda: sink.accepted.total() > 3)
        with broken(daemon.process):
            daemon.until(lambda: b"cannot be written" in daemon.get("/healthz")[2])
            assert 503 == daemon.get("/healthz")[0]
            before = sink.accepted.total()
            time.sleep(0.5)
            assert before == sink.accepted.total() < READERS
        sink.rtt = 0.02
        daemon.until(lambda: len(sink.accepted) == READERS)
        daemon.until(lambda: daemon.get("/healthz")[0] == 200)
        assert "Traceback" not in daemon.said()
        assert 0 == daemon.stop()
    all_came(sink, CONNECTIONS)
    assert [] == marked


@pytest.mark.skipif(not in_a_room_of_its_own(), reason="no mount of its own here (unshare)")
def test_a_full_disk_holds_letters_until_there_is_room(planned, sink, tmp_path):  # X6
    state, kept = planned.folder / "state", tmp_path / "kept"
    state.rename(kept)
    sink.rtt = 0.3
    state.mkdir()
    daemon = Daemon(planned, NASHIR__MAIL__RELAY=sink.url, NASHIR__MAIL__CONNECTIONS=str(CONNECTIONS))
    daemon.before = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        SMALL.replace("&& shift", f'&& cp -a {kept}/. "$1" && shift'),
    ]
    daemon.before += ["sh", str(state)]
    with daemon:  # its database is a copy
        disk = Disk(state, lambda: daemon.process.pid)
        room = [
            "nsenter",
            "--preserve-credentials",
            "-U",
            "-m",
            "-t",
            str(daemon.process.pid),
            sys.executable,
        ]
        resume = [*room, "-m", "publisher", "-C", str(planned.folder), "resume"]
        subprocess.run(resume, check=True, capture_output=True, env=daemon.environment)
        daemon.until(lambda: sink.accepted.total() > 3)
        with reading([*room, "-c", READS, str(state / "nashir.db")]):
            disk.sh("dd if=/dev/zero of=filler bs=4k 2>/dev/null; test -s filler")
            daemon.until(lambda: b"make room" in daemon.get("/healthz")[2])
            assert 503 == daemon.get("/healthz")[0]
            assert sink.accepted.total() < READERS
            disk.sh("rm filler")
        sink.rtt = 0.02
        daemon.until(lambda: len(sink.accepted) == READERS)
        daemon.until(lambda: daemon.get("/healthz")[0] == 200)
        assert "Traceback" not in daemon.said()
        assert 0 == daemon.stop()
    all_came(sink, CONNECTIONS)


READS = """
import sqlite3, sys
reader = sqlite3.connect(sys.argv[1], isolation_level=None)
reader.execute("BEGIN")
reader.execute("SELECT count(*) FROM deliveries").fetchone()
print("reads", flush=True)
sys.stdin.read()
"""


@contextmanager
def reading(words):
    """A reader is at work for so long: the database's log cannot begin anew, and must grow."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "reads\n" == process.stdout.readline()
        yield
        process.communicate("")


@contextmanager
def held(database):
    """Another program writes to the database for so long."""

    def hold():
        with closing(sqlite3.connect(database, isolation_level=None, timeout=LONG)) as other:
            other.execute("BEGIN IMMEDIATE")
            holds.set()
            assert over.wait(LONG)
            other.execute("COMMIT")

    holds, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(LONG)
    yield
    over.set()
    thread.join()


def test_a_database_that_is_locked_for_a_moment_is_waited_for(planned, sink):  # X9
    sender = start(planned.folder, sink.url)
    until(lambda: sink.accepted.total() > 3)
    with held(planned.folder / "state" / "nashir.db"):
        time.sleep(3)
    code, _, said = ended(sender)

    assert (0, "") == (code, said)
    all_came(sink)


def test_one_that_is_locked_for_long_is_said_and_nothing_is_lost(planned, sink, monkeypatch):  # X9
    """A minute is ridden out as a moment is; here half a second is long."""
    assert store.BUSY > 60
    monkeypatch.setattr(store, "BUSY", 0.5)
    settings = {"NASHIR__MAIL__RELAY": sink.url, "NASHIR__MAIL__CONNECTIONS": str(CONNECTIONS)}
    with ExitStack() as locks:

        def look(_):
            if sink.accepted.total() == 4:
                locks.enter_context(held(planned.folder / "state" / "nashir.db"))

        sink.look = look
        with pytest.raises(Unwritable, match="end the program that holds it"):
            verb(planned.folder, "send", settings)

    assert 4 < sink.accepted.total() < READERS
    verb(planned.folder, "send", settings)
    all_came(sink, CONNECTIONS)


def damage(database):
    """All but the first page, where it says that it is a database."""
    with database.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def test_a_damaged_database_mails_nobody(planned, sink):  # X9
    damage(planned.folder / "state" / "nashir.db")
    for words in (("send",), ("run",)):
        code, _, said = ended(start(planned.folder, sink.url, *words, NASHIR__WEB__LISTEN="127.0.0.1:0"))

        assert 78 == code, said
        assert "damaged" in said and "mv state state.old; tar -xf FILE" in said
    assert 0 == sink.accepted.total()


def test_a_database_that_is_damaged_under_the_daemon_ends_it(planned, sink):  # X9
    with Daemon(
        planned, NASHIR__MAIL__RELAY="smtp://127.0.0.1:1", NASHIR__ARTICLES__SCAN_EVERY="1"
    ) as daemon:
        daemon.until(lambda: b"relay" in daemon.get("/healthz")[2])
        damage(planned.folder / "state" / "nashir.db")
        (planned.folder / "state" / "nashir.db-wal").write_bytes(b"")
        planned.article("new.txt", "خبر جديد\nنص.\n")

        assert 78 == daemon.process.wait(LONG)
        assert "damaged" in daemon.said() and "tar -xf FILE" in daemon.said()
        assert "Traceback" not in daemon.said()


def test_three_senders_at_once_are_one(planned, sink):  # X10 S7
    senders = [start(planned.folder, sink.url) for _ in range(3)]
    ends = sorted(ended(each)[0] for each in senders)

    assert [0, 75, 75] == ends
    assert {1} == set(sink.by_recipient.values())
    all_came(sink)


def test_beside_a_daemon_no_second_one_runs_and_senders_hand_over(planned, sink):  # X10 S7
    with Daemon(planned, NASHIR__MAIL__RELAY=sink.url, NASHIR__MAIL__CONNECTIONS=str(CONNECTIONS)) as daemon:
        second = start(planned.folder, sink.url, "run", NASHIR__WEB__LISTEN="127.0.0.1:0")
        senders = [start(planned.folder, sink.url) for _ in range(3)]

        assert [0, 0, 0] == [ended(each)[0] for each in senders]
        code, _, said = ended(second)
        assert 75 == code and f"process {daemon.process.pid}" in said
        assert 0 == daemon.stop()
    all_came(sink)
