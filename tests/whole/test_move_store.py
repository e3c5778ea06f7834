"""A site moves to PostgreSQL in the middle of an edition, and back; and is killed on its way."""

import asyncio
import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from publisher.config import load
from publisher.errors import BadConfig, BadInput, BadState, Exit, Locked
from publisher.store import moving, tables, workers
from publisher.store import state as states
from publisher.store.postgres import Postgres
from publisher.store.sqlite import Sqlite
from publisher.store.state import State
from publisher.store.store import Store
from publisher.verbs import reading, relocating, table
from publisher.verbs import session as sessions
from tests import postgres
from tests.patience import LONG
from tests.sink import Sink
from tests.store.test_moving import kept
from tests.whole.conftest import STORY, Daemon, Site
from tests.whole.senders import ended, plan, start, until, verb

READERS = 60
NOW = datetime.now(UTC)
LINK = re.compile(rb"^List-Unsubscribe: <http://[^/]+(/u/[\w-]+)>", re.MULTILINE)
SEEN = "SELECT subscriber, seen_seq, letters FROM subscriptions ORDER BY subscriber"
STATES = "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state"


class Reading(Sink):
    """Keeps the way out that each letter shows."""

    def __init__(self) -> None:
        super().__init__(rtt=0.03)
        self.links: list[str] = []

    def look(self, content: bytes) -> None:
        self.links += [each.decode() for each in LINK.findall(content)]


@pytest.fixture
def url():
    made = postgres.database(migrated=False)
    yield made
    postgres.server().run(f"DROP DATABASE {made.rpartition('/')[2]} WITH (FORCE)")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "site"
    plan(folder, STORY, READERS)
    return folder


@pytest.fixture
def planned(made, tmp_path):
    """A copy of it that is this test's."""
    folder = tmp_path / "site"
    shutil.copytree(made, folder)
    state = State(folder / "state")
    with closing(Store(Sqlite(state.database), writing=True)) as store:
        state.resume(store)
    return Site(folder)


def asked(where: Path | str, query: str) -> list[tuple[Any, ...]]:
    opened: Any = sqlite3.connect(where) if isinstance(where, Path) else psycopg.connect(where)
    with closing(opened) as driver:
        return list(driver.execute(query).fetchall())


def test_half_of_an_edition_leaves_from_the_one_and_the_rest_from_the_other(planned, story, url):  # S1 S4 X10
    here = planned.folder / "state" / "nashir.db"
    with Reading() as sink:
        relay = {"NASHIR__MAIL__RELAY": sink.url}
        there = relay | {"NASHIR__STORE__URL": url}
        sender = start(planned.folder, sink.url)
        until(lambda: sink.accepted.total() >= READERS / 4)
        sender.send_signal(signal.SIGTERM)
        ended(sender)
        half, before = sink.accepted.total(), kept(here)

        moved = planned.json("move-store", url)

        assert before == kept(url) == kept(here)
        assert (
            sum(map(len, before.values())) + 2 == moved["rows"]
        )  # what is said of files is no row of `kept`
        assert {"config": ["[store]", f'url = "{url}"'], "mended": {}}.items() <= moved.items()
        with pytest.raises(BadState, match=r"no letter leaves: this site was moved to postgresql://"):
            verb(planned.folder, "send", relay)
        assert half == sink.accepted.total()

        sent = verb(planned.folder, "send", there)

        assert READERS - half == sent["sent"] and 0 < half < READERS
        assert {f"r{n}@example.org": 1 for n in range(READERS)} == sink.by_recipient
        assert [(3, READERS)] == asked(url, STATES)
        with Daemon(planned, **there) as running:  # a link of a letter from before
            link = sink.links[0]
            assert 200 == running.get(link, "POST", "List-Unsubscribe=One-Click")[0]
            running.stop()
        planned.article("second.txt", story.replace("حديقة", "مدرسة"))
        sent = verb(planned.folder, "send", there, now=True)
        assert READERS - 1 == sent["sent"]
        assert {2: READERS - 1, 1: 1} == {n: list(sink.by_recipient.values()).count(n) for n in (1, 2)}

        here.rename(here.with_name("old.db"))
        before = kept(url)
        verb(planned.folder, "move-store", there, url="sqlite")

        assert before == kept(url) == kept(here)
        with pytest.raises(BadState, match=r"no letter leaves: this site was moved to .*nashir\.db"):
            verb(planned.folder, "send", there)
        assert 0 == verb(planned.folder, "send", relay)["sent"]
        assert asked(url, SEEN) == asked(here, SEEN)
        planned.article("third.txt", story.replace("حديقة", "مكتبة"))
        assert READERS - 1 == verb(planned.folder, "send", relay, now=True)["sent"]


# Killed


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _when(words: str) -> Callable[[Any], Any]:
    """Progress that ends the process when it comes to this."""
    return lambda _: lambda what, *_: _die() if what.startswith(words) else None


def _noting(self: State, store: Store) -> None:
    states._explained = _die  # type: ignore[assignment]  # between the database and the file beside it
    _resume(self, store)


_resume = State.resume
POINTS: dict[str, tuple[Any, str, Any]] = {
    "rows are on their way": (relocating, "publishing", _when("moving deliveries")),
    "rows are compared": (relocating, "publishing", _when("comparing variants")),
    "all is there": (State, "leave", _die),
    "the old one is left": (State, "resume", _die),
    "the new one is ours, and no file says so": (State, "resume", _noting),
}


def _killed(folder: Path, url: str, point: str) -> None:
    """The verb in a process of its own, which dies there."""
    setattr(*POINTS[point])
    verb(folder, "move-store", {}, url=url)


def fence(folder: Path, url: str) -> str:
    with closing(Store(Postgres(url), writing=True)) as store:
        return State(folder / "state").fenced(store)


@pytest.mark.parametrize("point", POINTS)
def test_killed_when(point, planned, url):  # X3 S1
    """One of the two is right, and sends; run again, it comes to its end."""
    here = planned.folder / "state" / "nashir.db"
    before = kept(here)
    forked = multiprocessing.get_context("forkserver")
    process = forked.Process(target=_killed, args=(planned.folder, url, point))
    process.start()
    process.join(LONG)

    assert -signal.SIGKILL == process.exitcode
    assert before == kept(here)
    if point.startswith("rows"):
        assert [] == kept(url)["subscribers"]
    elif point.startswith("the new one"):
        assert ("", before) == (fence(planned.folder, url), kept(url))
    else:
        assert "cut off" in fence(planned.folder, url)

    if not point.startswith("the new one"):
        verb(planned.folder, "move-store", {}, url=url)

        assert before == kept(url)
        assert "" == fence(planned.folder, url)
    with pytest.raises(BadState, match="the site was moved there, and goes on there"):
        verb(planned.folder, "move-store", {}, url=url)


# What a site on PostgreSQL is copied for

OLD_FEED = (
    "<rss><channel><item><title>بلدية الحي تفتتح حديقة جديدة على ضفة النهر</title></item></channel></rss>"
)


def test_things_are_tried_out_without_anybody_who_reads(planned, url, tmp_path):
    """`check` and `adopt --dry-run` say what they said, and ask nothing of the tables that the copy has not."""
    (tmp_path / "old.xml").write_text(OLD_FEED)
    asked_for: list[str] = []

    def tried(settings: dict[str, str]) -> tuple[Any, ...]:
        with sessions.trying(load(planned.folder, settings)) as house:
            found = reading.check(house, NOW)
        with sessions.writing(load(planned.folder, settings), lambda: NOW) as session:
            given = {"sources": [str(tmp_path / "old.xml")], "dry_run": True}
            done = asyncio.run(table.run(session, "adopt", given))
        return found, done | {"seconds": 0}

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked_for.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        before = tried({})
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    verb(planned.folder, "move-store", {}, url=url)

    assert before == tried({"NASHIR__STORE__URL": url})
    assert 1 == len(before[1]["feeds"][0]["matches"])
    people = re.compile(rf"\b({'|'.join(each.name for each in moving.PEOPLE)})\b")
    recovered = re.compile(
        "UPDATE (deliveries|notices)|FROM (deliveries|notices)"
    )  # by whoever takes the lock
    assert [] == [each for each in asked_for if people.search(each) and not recovered.search(each)]


def test_a_backup_of_it_goes_into_another_database(planned, url, tmp_path):
    verb(planned.folder, "move-store", {}, url=url)
    before = kept(url)
    there = {"NASHIR__STORE__URL": url}
    planned.run("backup", str(tmp_path / "saved.tar"), **there)
    (planned.folder / "state").rename(tmp_path / "state.old")
    subprocess.run(["tar", "-xf", str(tmp_path / "saved.tar")], cwd=planned.folder, check=True)
    other = postgres.database(migrated=False)
    with pytest.raises(BadState, match="no letter leaves: the database is the backup of "):
        verb(planned.folder, "move-store", {}, url=other)
    with pytest.raises(BadState, match="no letter leaves: the database is the backup of "):
        verb(planned.folder, "send", {})
    verb(planned.folder, "resume", {"NASHIR__MAIL__ON_UNKNOWN": "resend"})
    verb(planned.folder, "move-store", {}, url=other)

    assert before == kept(other)
    assert "" == fence(planned.folder, other)


# Refused


def test_it_waits_for_nobody_who_works_on_the_site(planned, url):  # X10
    with (
        sessions.writing(load(planned.folder, {}), lambda: NOW) as session,
        pytest.raises(Locked, match="a daemon works on this site"),
    ):
        session.in_daemon = True
        asyncio.run(table.run(session, "move-store", {"url": url}))
    verb(planned.folder, "move-store", {}, url=url)
    (planned.folder / "state" / "nashir.db").unlink()
    there = {"NASHIR__STORE__URL": url}
    said = pytest.raises(Locked, match="others work with this database: mail-2 4711")
    with psycopg.connect(url, application_name="nashir mail-2 4711"), said as refused:
        verb(planned.folder, "move-store", there, url="sqlite")
    assert Exit.LOCKED == refused.value.exit
    with closing(Store(Postgres(url), writing=True)) as store:
        store.write(lambda c: workers.register(c, "mail-3:1"))
        with pytest.raises(Locked, match="others work with this database: mail-3:1"):
            verb(planned.folder, "move-store", there, url="sqlite")
        store.write(lambda c: c.execute(tables.workers.delete()))
    verb(planned.folder, "move-store", there, url="sqlite")

    late = pytest.raises(BadState, match="no letter leaves: this site was moved to ")
    with closing(Store(Postgres(url), writing=True)) as store, late:  # one that was cut off, and is back
        store.write(lambda c: workers.register(c, "mail-3:1"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mysql://a@b/c", 'the URL cannot be used: .* write "postgresql://user@host:5432/name"'),
        ("sqlite", "the site is there already"),
    ],
)
def test_where_a_site_cannot_go_is_said(given, said, planned):
    with pytest.raises(BadInput, match=said):
        verb(planned.folder, "move-store", {}, url=given)


def test_a_copy_goes_nowhere_before_a_person_says_that_it_is_right(planned, url):  # X10
    here = planned.folder / "state" / "nashir.db"
    here.write_bytes(here.rename(here.with_name("old.db")).read_bytes())
    with pytest.raises(BadState, match="no letter leaves: the database is a copy"):
        verb(planned.folder, "move-store", {}, url=url)
    verb(planned.folder, "resume", {})
    verb(planned.folder, "move-store", {}, url=url)

    assert "" == fence(planned.folder, url)


def test_a_password_file_that_is_not_there_is_named_by_its_option(planned, url):
    said = (
        r"keys/none: the password cannot be read: .* Mend: see --password-file, a path relative to the site"
    )
    with pytest.raises(BadConfig, match=said):
        verb(planned.folder, "move-store", {}, url=url, password_file="keys/none")


def test_the_password_goes_into_its_file_and_not_into_the_settings(planned, url):
    (planned.folder / "keys").mkdir()
    file = planned.folder / "keys" / "database"
    file.write_text("geheim\n")
    file.chmod(0o600)
    written = url.replace("nashir@", "nashir:secret@")
    done = verb(planned.folder, "move-store", {}, url=written, password_file="keys/database")  # of the site

    assert ["[store]", f'url = "{url}"', 'password_file = "keys/database"'] == done["config"]
    assert "secret" not in str(done) + str(
        asked(planned.folder / "state" / "nashir.db", "SELECT * FROM meta")
    )
