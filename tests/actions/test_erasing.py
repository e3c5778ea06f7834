"""Who was erased is nowhere, and nothing brings them back (L8)."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, LargeBinary, Text, delete, insert, select, update
from sqlalchemy.types import TypeDecorator

from publisher.actions import erasing, importing, readers, retention
from publisher.errors import BadInput, BadState, Unwritable
from publisher.mail import maildir
from publisher.model.delivery import Reply, Stage, State
from publisher.model.people import Consent, Said
from publisher.model.report import Kind
from publisher.store import consents, erased, erasure, ledger, people, reports
from publisher.store.tables import buckets, deliveries, editions, erasures, metadata, notices, subscribers
from publisher.subscribers import imports
from publisher.subscribers.tokens import Keys
from tests.newsroom import ANN, BOB, SLOT, Desk
from tests.patience import LONG

if TYPE_CHECKING:
    from publisher.actions.house import House

DAN = "Dan.O'Neil+News@Example.org"
KEY = "dan.o'neil+news@example.org"
CANARY = b"dan.o'neil+news@example.org"
NEIGHBOUR = "jordan.o'neil+news@example.org"


def number(house: House, key: str = KEY) -> int:
    found = house.store.read(lambda c: people.find(c, key))
    assert found
    return found.id


def raw(house: House) -> int:
    """How often the address stands in the state folder and in outbox/, in any capitals, and in no longer address; with
    PostgreSQL in the rows of all tables, too: what its files have lies in other hands."""
    files = [p for f in ("state", "outbox") for p in (house.root / f).rglob("*") if p.is_file()]
    kept = [p.read_bytes().lower() for p in files]
    if house.store.database.shared:
        kept += house.store.read(everything)
    return sum(data.count(CANARY) - data.count(b"jor" + CANARY) for data in kept)


def everything(connection: Connection) -> list[bytes]:
    """Each row of each table, as PostgreSQL writes it."""
    found = [
        connection.exec_driver_sql(f"SELECT t::text FROM {name} t").scalars() for name in metadata.tables
    ]
    return [row.lower().replace("''", "'").encode() for each in found for row in each]


@pytest.fixture
def life(make_desk: Callable[..., Desk]) -> Desk:
    """Dan's life on the site: mailed long ago, refused in words that quote him, and so on."""
    desk = make_desk(approve="none")
    house = desk.house
    readers.add(house, DAN, None, desk.clock(), confirmed=True, language="fa")
    readers.add(house, NEIGHBOUR, None, desk.clock(), confirmed=True)
    desk.article(2)
    desk.at(SLOT)
    desk.clock.now = SLOT + timedelta(days=91)
    assert 4 == retention.compact(house, desk.clock())
    desk.relay.answers[DAN] = (Stage.RCPT, Reply(550, f"5.1.1 <{DAN}>: no such user"))
    desk.relay.answers[BOB] = (Stage.RCPT, Reply(550, f"5.1.1 forwards to <{DAN.upper()}>: no such user"))
    desk.article(3)
    desk.at(desk.clock.now + timedelta(days=1))
    dan = number(house)
    now = desk.clock()

    def write(connection: Connection) -> None:
        consents.note(connection, [Consent(dan, None, Said.ASKED, now, "page", "نعم", "192.0.2.7")])
        reports.add(connection, "m", Kind.SOFT, edition=1, subscriber=dan, note=f"<{DAN}> is full", at=now)
        reports.add(connection, "n", Kind.SOFT, edition=1, subscriber=1, note=f"of {DAN}, too", at=now)
        connection.execute(insert(buckets).values(key=f"asked {KEY}", state=[1]))
        connection.execute(update(editions).values(stopped=f"hard 5 of {DAN}"))
        row: dict[str, Any] = {
            "language": "ar",
            "direction": "rtl",
            "created": now,
            "due": now,
            "expires": now,
        }
        row |= {"subject": "", "html": "", "text": "", "attached": None, "state": State.SENT, "note": ""}
        for place, change in enumerate(
            list[dict[str, Any]](
                [
                    {"recipient": DAN},
                    {"subject": f"from {DAN}"},
                    {"text": f"{DAN} wrote"},
                    {"attached": f"From: <{DAN}>\r\n\r\n".encode()},
                    {"note": f"250 <{DAN}> ok"},
                    {"recipient": NEIGHBOUR, "state": State.SENDING},
                ]
            )
        ):
            values = {"kind": "human", "key": str(place), "recipient": ANN} | row | change
            connection.execute(insert(notices).values(values))

    house.store.write(write)
    outbox = house.root / "outbox"
    for folder, name in ((outbox, "dan"), (outbox, "jordan"), (house.root / "state" / "bounces", "b")):
        for each in ("tmp", "new", "cur"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        to = NEIGHBOUR if name == "jordan" else DAN
        maildir.put(folder, name, f"To: <{to}>\r\n\r\n.".encode())
    (outbox / "new" / "dan").rename(outbox / "cur" / "dan:2,S")
    return desk


def test_the_address_is_in_no_table_file_or_free_page(life: Desk) -> None:  # L8
    house = life.house
    dan = number(house)
    assert raw(house) > 10

    erasing.erase(house, dan, life.clock())

    assert 0 == raw(house)
    assert erasing.is_done(house)
    assert ["jordan"] == [each.name for each in (house.root / "outbox" / "new").iterdir()]
    row = house.store.read(lambda c: c.execute(select(subscribers).where(subscribers.c.id == dan)).one())
    assert ("", f"erased:{dan}", "erased", None) == (row.address, row.address_key, row.state, row.language)


def test_others_keep_what_is_theirs(life: Desk) -> None:  # L8
    house = life.house
    before = house.store.read(ledger.tally)

    erasing.erase(house, number(house), life.clock())

    assert before == house.store.read(ledger.tally)  # his letters are counted, and nobody's any more
    rows = house.store.read(
        lambda c: c.execute(select(*notices.c["key", "note"]).order_by(notices.c.id)).all()
    )
    assert [("4", "250 <…> ok"), ("5", "")] == [tuple(each) for each in rows if each.key in "012345"]
    assert ["of …, too"] == [each.note for each in house.store.read(lambda c: reports.of_reader(c, 1))]
    bob = number(house, BOB)
    said = house.store.read(
        lambda c: c.execute(select(deliveries.c.note).where(deliveries.c.subscriber == bob))
    ).all()
    assert [("5.1.1 forwards to <…>: no such user",)] == said
    neighbour = number(house, NEIGHBOUR)
    assert house.store.read(lambda c: reports.was_sent(c, 1, neighbour))


def test_nothing_says_which_letters_they_had(life: Desk) -> None:  # L8 S8
    house = life.house
    dan = number(house)
    assert house.store.read(lambda c: reports.was_sent(c, 1, dan))

    erasing.erase(house, dan, life.clock())

    assert [] == house.store.read(lambda c: erasure.marked(c, dan))
    assert not house.store.read(lambda c: reports.was_sent(c, 1, dan))
    assert not house.store.read(lambda c: reports.was_sent(c, 2, dan))
    assert [] == house.store.read(lambda c: consents.of(c, dan))
    assert [] == house.store.read(lambda c: reports.of_reader(c, dan))


def test_letters_that_wait_do_not_leave(make_desk: Callable[..., Desk]) -> None:  # L8 S7
    desk = make_desk(approve="none")
    desk.relay.answers[ANN] = (Stage.RCPT, Reply(450, "4.2.2 later"))
    desk.article(2)
    desk.at(SLOT)
    desk.relay.answers.clear()

    erasing.erase(desk.house, number(desk.house, ANN), desk.clock())
    desk.at(SLOT + timedelta(hours=1))

    assert {BOB: 1} == desk.got(ANN, BOB)
    assert {State.SENT: 1, State.CANCELLED: 1} == desk.house.store.read(ledger.tally)


def test_again_is_the_same_as_once(life: Desk) -> None:  # L8
    house = life.house
    dan = number(house)
    erasing.erase(house, dan, life.clock())
    before = erased.read(house.root / "state")

    erasing.erase(house, dan, life.clock())
    erasing.erase(house, 4_000_000, life.clock())

    assert before == erased.read(house.root / "state")


def test_no_import_and_no_operator_brings_them_back(life: Desk) -> None:  # L8
    house = life.house
    erasing.erase(house, number(house), life.clock())

    rows = imports.rows(["email\n", f"{DAN.upper()}\n", "new@example.org\n"])
    done = importing.import_rows(house, rows, None, life.clock(), confirmed=True, dry_run=False)

    assert (1, 1) == (done.added, done.kept)
    with pytest.raises(BadInput, match="erased"):
        readers.add(house, DAN, None, life.clock(), confirmed=True)
    assert 0 == raw(house)


def test_whoever_comes_back_is_somebody_new(life: Desk) -> None:  # L8
    house = life.house
    first = number(house)
    erasing.erase(house, first, life.clock())
    life.clock.forward(hours=1)
    found = house.store.write(lambda c: people.ensure(c, {KEY: DAN}, life.clock()))
    assert erasing.Known(house)(KEY)

    erasing.lift(house, KEY, life.clock())
    erasing.lift(house, KEY, life.clock())

    assert first < found[KEY].id
    assert not erasing.Known(house)(KEY)
    assert 0 == erasing.finish(house)
    assert 2 == len(erased.read(house.root / "state").splitlines())
    assert ({"daily": "active"}, "") == readers.add(house, DAN, None, life.clock(), confirmed=True)
    life.clock.forward(hours=1)
    erasing.erase(house, found[KEY].id, life.clock())
    assert erasing.Known(house)(KEY)
    assert 0 == raw(house)


@pytest.mark.sqlite
def test_an_older_database_loses_them_again_and_those_who_came_back_keep_only_what_is_new(
    life: Desk, make_house: Any, tmp_path: Path
) -> None:  # L8
    house = life.house
    life.clock.forward(days=1)
    house.store.back_up(tmp_path / "old.db", "old")
    erasing.erase(house, number(house), life.clock())
    erasing.erase(house, number(house, ANN), life.clock())
    erasing.lift(house, ANN, life.clock() + timedelta(hours=1))
    root = tmp_path / "restored"
    (root / "state").mkdir(parents=True, mode=0o700)
    shutil.copy(tmp_path / "old.db", root / "state" / "nashir.db")
    shutil.copy(house.root / "state" / "erased", root / "state" / "erased")
    restored = make_house(root)
    assert "Dan.O'Neil+News@example.org" in [
        each.subscriber.address for each in restored.store.read(people.listing)
    ]

    assert 2 == erasing.finish(restored)
    assert 0 == erasing.finish(restored)

    assert [BOB, NEIGHBOUR] == [each.subscriber.address for each in restored.store.read(people.listing)]
    assert 0 == raw(restored)


@pytest.mark.parametrize("place", ["state/erased.backup", "state.old/erased"])
def test_the_list_of_a_backup_or_of_the_folder_moved_aside_is_joined(
    life: Desk, tmp_path: Path, place: str
) -> None:  # L8
    house = life.house
    erasing.erase(house, number(house), life.clock())
    mine, other = house.root / "state" / "erased", house.root / place
    other.parent.mkdir(exist_ok=True)
    mine.rename(other)
    house.store.write(lambda c: c.execute(delete(erasures)))  # a database from before
    erasing.erase(house, number(house, ANN), life.clock())
    assert not erasing.Known(house)(KEY)

    assert 0 == erasing.finish(house)

    assert [True, True, False] == [erasing.Known(house)(each) for each in (KEY, ANN, BOB)]
    assert 0o600 == mine.stat().st_mode & 0o777
    assert not (house.root / "state/erased.backup").exists()


def test_what_a_letter_on_its_way_held_up_is_finished_later(
    life: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8 S7
    house = life.house
    dan = number(house)
    sending = update(deliveries).where(deliveries.c.subscriber == dan)
    house.store.write(lambda c: c.execute(sending.values(state=State.SENDING)))
    monkeypatch.setattr(erasing, "PATIENCE", 0.05)

    erasing.erase(house, dan, life.clock())
    assert not erasing.is_done(house)
    assert house.store.read(lambda c: people.is_erased(c, dan))
    assert erasing.finish(house) is None
    house.store.write(lambda c: c.execute(sending.values(state=State.FAILED)))
    monkeypatch.setattr(erasing, "PATIENCE", LONG)

    assert 1 == erasing.finish(house)
    assert 0 == raw(house)


def test_a_notice_that_a_sender_takes_meanwhile_holds_up_the_end(
    life: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8 S7
    house, real = life.house, erasing._mailboxes
    waits = {"kind": "goodbye", "key": "x", "recipient": DAN, "state": State.QUEUED}
    row = {"language": "ar", "direction": "rtl", "subject": "", "html": "", "text": ""}
    times = {"created": life.clock(), "due": life.clock(), "expires": life.clock() + timedelta(days=1)}
    house.store.write(lambda c: c.execute(insert(notices).values(**waits, **row, **times)))

    def taken(of: House) -> list[Path]:
        house.store.write(lambda c: c.execute(update(notices).values(state=State.CLAIMED)), urgent=True)
        return real(of)

    monkeypatch.setattr(erasing, "_mailboxes", taken)
    erasing.erase(house, number(house), life.clock())

    assert not erasing.is_done(house)
    monkeypatch.setattr(erasing, "_mailboxes", real)
    house.store.write(lambda c: c.execute(update(notices).values(state=State.SENT)))
    assert 1 == erasing.finish(house)
    assert 0 == raw(house)


def test_a_message_that_cannot_be_deleted_stops_nothing_else_and_is_told(
    life: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    house, real = life.house, maildir.remove

    def refused(folder: Path, mention: Any) -> int:
        raise Unwritable("cannot be erased: read-only file system", str(folder), "look at the disk")

    monkeypatch.setattr(maildir, "remove", refused)
    erasing.erase(house, number(house), life.clock())

    assert "read-only" in house.memory.unerased
    assert house.store.read(lambda c: people.is_erased(c, number(house)))
    assert erasing.finish(house) is None
    monkeypatch.setattr(maildir, "remove", real)
    assert 1 == erasing.finish(house)
    assert "" == house.memory.unerased
    assert 0 == raw(house)


@pytest.mark.sqlite
def test_a_reader_of_older_pages_holds_up_the_end_and_no_writer(
    life: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    house = life.house
    monkeypatch.setattr(erasing, "PATIENCE", 0.05)
    with closing(sqlite3.connect(house.store.database.where, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM subscribers").fetchone()
        erasing.erase(house, number(house), life.clock())
        assert not erasing.is_done(house)
        assert erasing.finish(house) is None

    monkeypatch.setattr(erasing, "PATIENCE", LONG)
    assert 0 == erasing.finish(house)
    assert 0 == raw(house)


class Killed(BaseException):
    pass


@pytest.mark.sqlite
def test_wherever_it_is_cut_off_the_next_start_finishes_it(
    life: Desk, make_house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    house, now = life.house, life.clock()
    dan = number(house)
    steps = 0
    while True:
        root = tmp_path / f"cut{steps}"
        shutil.copytree(house.root / "outbox", root / "outbox")
        shutil.copytree(house.root / "state" / "bounces", root / "state" / "bounces")
        house.store.back_up(root / "state" / "nashir.db", "copy")
        copy = make_house(root)
        left, write = [steps], copy.store.write

        def cut(work: Any, *, urgent: bool = False, left: list[int] = left, write: Any = write) -> Any:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return write(work, urgent=urgent)

        with monkeypatch.context() as patch:
            patch.setattr(copy.store, "write", cut)
            try:
                erasing.erase(copy, dan, now)
                break
            except Killed:
                steps += 1
        assert erasing.finish(copy) is not None
        assert (0, True) == (raw(copy), erasing.is_done(copy))
        assert house.store.read(ledger.tally) == copy.store.read(ledger.tally)
    assert steps > 10


@pytest.mark.parametrize("what", ["adds", "joins"])
def test_two_processes_that_write_the_list_wait_for_each_other(tmp_path: Path, what: str) -> None:  # L8
    """What both wrote at the same place would be a line that nobody can read."""
    (tmp_path / erased.SAVED).write_text("one\n")
    work = {"adds": partial(erased.add, tmp_path, "one"), "joins": partial(erased.join, tmp_path)}[what]
    with (tmp_path / erased.ERASED).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        other = Thread(target=work)
        other.start()
        other.join(0.1)
        held.write("two\n")
    other.join(LONG)

    assert "two\none\n" == erased.read(tmp_path)


def test_a_line_that_a_full_disk_cut_off_is_none(life: Desk) -> None:  # L8
    folder = life.house.root / "state"
    erasing.erase(life.house, number(life.house), life.clock())
    with (folder / "erased").open("a") as file:
        file.write("2026-11-20T12:00:00+00:00 1 abc")

    assert erasing.Known(life.house)(KEY)
    erasing.erase(life.house, number(life.house, ANN), life.clock())

    assert [True, True] == [erasing.Known(life.house)(each) for each in (KEY, ANN)]
    assert 2 == len((folder / "erased").read_text().splitlines())


def test_a_list_that_somebody_spoilt_is_said_with_its_line(life: Desk) -> None:  # L8
    erasing.erase(life.house, number(life.house), life.clock())
    with (life.house.root / "state" / "erased").open("a") as file:
        file.write("who?\n")

    with pytest.raises(BadState, match="line 2"):
        erasing.Known(life.house)


def test_the_list_names_nobody_and_another_site_learns_nothing_from_it(life: Desk) -> None:  # L8 threat 9
    erasing.erase(life.house, number(life.house), life.clock())
    other = replace(life.house, keys=Keys({1: b"\1" * 32}))
    rotated = replace(life.house, keys=Keys({1: bytes(32), 2: b"\2" * 32}))

    assert b"dan" not in (life.house.root / "state" / "erased").read_bytes()
    assert not erasing.Known(other)(KEY)
    assert erasing.Known(rotated)(KEY)


def test_every_column_that_may_hold_an_address_is_looked_at() -> None:  # L8
    """A new column of text is named here, or the reader's row that has it goes."""
    whole = {"subscribers", "subscriptions", "consents"}  # ... are emptied or deleted
    made_of_articles = {
        "leaves",
        "rendered",
        "articles",
        "labels",
        "departures",
        "spellings",
        "feeds",
        "lists",
        "archives",
        "translations",
        "media",
        "pings",
        "announcements",
        "feed_versions",
        "slugs",
        "redirects",
        "newsletters",
        "variants",
        "corrections",
        "relays",
        "cadences",
    }
    ours = {  # from our own words and numbers
        "erasures.line",  # a keyed hash
        "workers.name",  # a host and a process
        "meta.key",
        "meta.value",
        "editions.slot",
        "editions.kind",
        "editions.release",
        "editions.opening",
        "editions.name",
        "editions.page",
        "notices.kind",
        "notices.language",
        "notices.direction",
        "reports.mark",
        "reports.kind",
        "mailed.bits",
    }

    def is_text(kind: Any) -> bool:
        return isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, (Text, LargeBinary))

    found = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        if table.name not in whole | made_of_articles
        for column in table.columns
        if is_text(column.type)
    }

    looked_at = {f"{column.table.name}.{column.name}" for column in (*erasure.HELD, *erasure.QUOTED)}
    assert found - ours == looked_at


def test_a_reader_who_was_never_erased_waits_for_no_erasure(life: Desk) -> None:  # L8 L4
    with erasing._ONE:  # as an erasure holds it for seconds
        confirming = Thread(target=erasing.lift, args=(life.house, ANN, life.clock()), daemon=True)
        confirming.start()
        confirming.join(LONG)
        waits = confirming.is_alive()

    assert not waits
    assert "" == erased.read(life.house.root / "state")
