"""A Maildir that strangers write into."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from publisher.errors import Unreachable, Unwritable
from publisher.mail.intake.mailbox import MOST, Fate
from publisher.mail.intake.maildir import Maildir, spool
from tests.returning.post import Office


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for each in ("new", "cur", "tmp"):
        (tmp_path / "box" / each).mkdir(parents=True)
    return tmp_path / "box"


def read(box: Maildir) -> dict[str, bytes]:
    with box.open() as messages:
        return {mail.key: mail.data for mail in messages}


def test_new_and_cur_are_read_but_not_what_is_flagged_or_half_written(folder: Path) -> None:  # B1
    names = ["new/1", "cur/2:2,", "cur/3:2,S", "cur/4:2,F", "cur/5:2,RS", "cur/6:2,T", "tmp/7", "new/.8"]
    for name in names:
        (folder / name).write_bytes(name.encode())

    assert {name: name.encode() for name in names[:3]} == read(Maildir(folder))


def test_what_is_no_file_is_passed_over_and_named(folder: Path) -> None:  # B1
    (folder / "new" / "good").write_bytes(b"x")
    (folder / "new" / "folder").mkdir()
    (folder / "new" / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "new" / "pipe")
    box = Maildir(folder)

    assert ["new/good"] == list(read(box))
    assert ["folder", "link", "pipe"] == sorted(
        line.partition("/new/")[2].partition(":")[0] for line in box.troubles
    )
    assert ["new/good"] == list(read(box)), "and once is enough"
    assert [] == box.troubles


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_message_that_may_not_be_read_stops_none_of_the_others(folder: Path) -> None:  # B1
    (folder / "new" / "a").write_bytes(b"a")
    (folder / "new" / "b").write_bytes(b"b")
    (folder / "new" / "a").chmod(0)

    assert {"new/b": b"b"} == read(Maildir(folder))


def test_a_message_that_vanishes_is_nobodys_fault(folder: Path) -> None:  # B1
    (folder / "new" / "a").write_bytes(b"a")
    (folder / "new" / "b").write_bytes(b"b")
    box = Maildir(folder)
    with box.open() as messages:
        first = next(messages)
        (folder / "new" / ("b" if first.key == "new/a" else "a")).unlink()
        assert [] == list(messages)
        (folder / first.key).unlink()
        box.finish([(first.key, Fate.DONE)])

    assert [] == box.troubles


def test_a_huge_message_is_read_as_far_as_it_is_looked_at(folder: Path) -> None:  # B1
    with (folder / "new" / "a").open("wb") as file:
        file.truncate(10 * MOST)
    with Maildir(folder).open() as messages:
        (mail,) = messages

    assert (MOST, 10 * MOST, False) == (len(mail.data), mail.size, mail.whole)


def test_flags_that_were_there_stay(folder: Path) -> None:  # B1
    (folder / "cur" / "a:2,PS").write_bytes(b"a")
    box = Maildir(folder)
    with box.open() as messages:
        box.finish([(mail.key, Fate.KEPT) for mail in messages])

    assert ["a:2,FPS"] == [path.name for path in (folder / "cur").iterdir()]


def test_a_folder_that_is_no_maildir_is_named(tmp_path: Path) -> None:  # B1
    with pytest.raises(Unreachable, match="name a Maildir"):
        read(Maildir(tmp_path / "none"))


def test_a_disk_that_refuses_the_removal_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # X6
    def refuses(_: Path) -> None:
        raise OSError(30, "Read-only file system")

    (folder / "new" / "a").write_bytes(b"a")
    box = Maildir(folder)
    with box.open() as messages:
        keys = [mail.key for mail in messages]
        monkeypatch.setattr(Path, "unlink", refuses)
        with pytest.raises(Unwritable, match="Read-only file system"):
            box.finish([(key, Fate.DONE) for key in keys])


def test_what_is_piped_is_there_whole_and_for_us_alone(tmp_path: Path) -> None:  # B1
    path = spool(tmp_path / "state" / "bounces", "one", b"message")

    assert b"message" == path.read_bytes()
    assert 0 == path.stat().st_mode & 0o077
    assert {"new/one": b"message"} == read(Maildir(tmp_path / "state" / "bounces", piped=True))


def test_a_thousand_messages_take_no_more_memory_than_a_hundred(office: Office) -> None:  # B1
    (ann,) = office.readers(1)
    edition = office.edition()
    bounce = office.bounce(edition, ann) + b"x" * 2000

    def peak(count: int) -> int:
        office.drop()
        for n in range(count):
            (office.folder / "new" / f"{n}.mail").write_bytes(bounce + b"%d" % n)
        tracemalloc.start()
        try:
            assert count == office.take().counts.total()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is loaded once
    few, many = peak(100), peak(1000)

    assert [] == office.lies()
    assert many < few + 500_000  # of 3.5 MB
