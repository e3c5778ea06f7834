"""A backup beside a sender at work, and what a restored site does and does not."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from publisher.config import load
from publisher.errors import BadInput, BadState, Damaged
from publisher.verbs import reading, saving
from publisher.verbs import session as sessions
from tests.whole.conftest import Site
from tests.whole.senders import ended, plan, start, until, verb

READERS = 60
MEMBERS = ["state", "state/secret.key", "state/config.toml", "state/nashir.db"]


@pytest.fixture
def planned(tmp_path, story, sink):
    sink.rtt = 0.03
    plan(tmp_path / "site", story, READERS)
    return Site(tmp_path / "site")


@contextmanager
def closing_handle(folder):
    handle = os.open(folder, os.O_RDONLY)
    yield handle
    os.close(handle)


def saved(site, file):
    """A backup in *file*, made in this process."""
    with sessions.reading(load(site.folder, {})) as house:
        return saving.save(house, file=file, now=datetime.now(UTC))


@pytest.mark.parametrize("on_unknown", ["resend", "hold"])
def test_a_backup_beside_a_sender_is_whole_and_sends_nothing_by_itself(
    planned, sink, tmp_path, on_unknown
):  # X10 S4 S7
    file = tmp_path / "saved.tar"
    sender = start(planned.folder, sink.url)
    until(lambda: sink.accepted.total() >= READERS / 6)
    before = sink.accepted.total()
    done = planned.json("backup", str(file))
    between = set(sink.by_recipient)
    code, _, said = ended(sender)
    assert 0 == code, said

    assert {"state/secret.key", "state/config.toml", "state/nashir.db"} == set(done["holds"])
    assert 0o600 == file.stat().st_mode & 0o777
    with tarfile.open(file) as tar:
        assert MEMBERS == tar.getnames()
        assert [0o700, 0o600, 0o600, 0o600] == [member.mode for member in tar]
    state = planned.folder / "state"
    state.rename(tmp_path / "state.old")
    subprocess.run(["tar", "-xf", str(file)], cwd=planned.folder, check=True)
    with closing(sqlite3.connect(f"file:{state}/nashir.db?mode=ro", uri=True)) as database:
        assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()
        known = {
            address
            for (address,) in database.execute(
                "SELECT address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber WHERE d.state = 3"
            )
        }
    assert before - 4 <= len(known) and known <= between  # what was settled then, and nothing later

    settings = {"NASHIR__MAIL__RELAY": sink.url, "NASHIR__MAIL__ON_UNKNOWN": on_unknown}
    refused = planned.run("send", expect=78, **settings).stderr
    assert "the database is the backup of " in refused and "nashir resume" in refused
    told = verb(planned.folder, "resume", settings, dry_run=True)
    with pytest.raises(BadState, match="nashir resume"):
        verb(planned.folder, "send", settings)
    assert told | {"dry_run": False} == planned.json("resume", **settings)
    assert READERS - len(known) == told["letters"]
    sent = verb(planned.folder, "send", settings)

    copies = {address for address, count in sink.by_recipient.items() if count > 1}
    if on_unknown == "resend":
        assert READERS - len(known) == sent["sent"] == len(copies)
        assert set(sink.by_recipient) - known == copies
        assert READERS == len(sink.accepted)  # M5: a copy is the same letter
    else:
        assert (0, set()) == (sent["sent"], copies)
        doubtful = planned.json("deliveries", "--unknown")["deliveries"]
        assert set(sink.by_recipient) - known == {each["address"] for each in doubtful}


def test_a_backup_replaces_the_last_one_whole_or_not_at_all(planned, sink, tmp_path):  # X6
    file = tmp_path / "b" / "saved.tar.gz"
    file.parent.mkdir()
    left, at_work = file.parent / ".nashir-backup-left", file.parent / ".nashir-backup-at-work"
    for folder in (left, at_work):
        folder.mkdir()
        os.utime(folder, (1_700_000_000, 1_700_000_000))
    with closing_handle(at_work) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # as who makes one does
        saved(planned, file)
        assert [at_work.name, "saved.tar.gz"] == sorted(path.name for path in file.parent.iterdir())
    at_work.rmdir()
    with tarfile.open(file, "r:gz") as tar:
        assert MEMBERS == tar.getnames()
    first = file.read_bytes()

    limit = ["sh", "-c", 'ulimit -f 100; exec "$@"', "sh"]  # of 512 bytes
    full = start(planned.folder, sink.url, "backup", str(file), before=tuple(limit))
    code, _, said = ended(full)

    assert (74, 1) == (code, said.count("\n")), said
    assert "the backup cannot be written" in said and "make room" in said
    assert first == file.read_bytes()
    assert ["saved.tar.gz"] == [path.name for path in file.parent.iterdir()]
    saved(planned, file)


@pytest.mark.parametrize("place", ["feeds", "feeds/category", "articles", "state"])
def test_a_backup_is_not_put_where_it_would_be_published_or_lost(planned, place, tmp_path):  # threat 9
    (planned.folder / place).mkdir(exist_ok=True)
    (tmp_path / "link").symlink_to(planned.folder / place)

    with pytest.raises(BadInput, match="name a file elsewhere"):
        saved(planned, tmp_path / "link" / "saved.tar")

    assert not list((planned.folder / place).glob("*saved*"))


def test_a_damaged_database_is_not_saved_over_a_good_backup(planned, tmp_path):  # X9
    file = tmp_path / "saved.tar"
    saved(planned, file)
    good = file.read_bytes()
    database = planned.folder / "state" / "nashir.db"
    data = bytearray(database.read_bytes())
    middle = len(data) // 4096 // 2 * 4096
    data[middle : middle + 4096 * 6] = b"\xff" * 4096 * 6
    database.write_bytes(data)

    with pytest.raises(Damaged, match=r"damaged.*tar -xf FILE"):
        saved(planned, file)

    assert good == file.read_bytes()


def test_a_site_restored_into_another_folder_has_its_keys_and_settings(planned, sink, tmp_path):  # X10
    file = tmp_path / "saved.tar"
    saved(planned, file)
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["tar", "-xf", str(file)], cwd=other, check=True)
    shutil.copy(other / "state" / "config.toml", other)
    shutil.copytree(planned.folder / "articles", other / "articles")
    original = start(planned.folder, sink.url)
    copy = start(other, sink.url)

    assert 78 == ended(copy)[0]
    assert 0 == ended(original)[0]
    assert {f"r{n}@example.org": 1 for n in range(READERS)} == dict(sink.by_recipient)
    ids = []
    for folder in (planned.folder, other):
        with sessions.reading(load(folder, {})) as house:
            ids.append({each["message_id"] for each in reading.deliveries(house, edition=None, states=[])})
    assert ids[0] == ids[1]  # signed with the same secret
    assert ids[0] == {message_id for message_id, _ in sink.accepted}
