"""config.toml is changed while a process runs: what it says is judged at the second look that finds it the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from publisher.actions.init import create
from publisher.config import Settings, load
from publisher.daemon.changing import Changing
from publisher.errors import Unwritable
from publisher.mail.keyfiles import signer
from tests.mail.signing import rsa_pem

Line = MutableMapping[str, Any]


def nothing(*_: object) -> None:
    """All is well."""


class Edited:
    """A site's process, as far as its settings go, and an editor of its config.toml."""

    def __init__(self, folder: Path) -> None:
        create(folder, "Asia/Baghdad", title="Before", language="en")
        self.file = folder / "config.toml"
        self.answers: Callable[[], object] = nothing
        self.changing = Changing(partial(load, folder, {}), lambda settings: signer(settings.mail, folder))
        self.changing.begin(self.changing.settings)

    def write(self, text: str) -> None:
        self.file.write_text(text, "utf-8")

    def replace(self, old: str, new: str) -> None:
        text = self.file.read_text("utf-8")
        assert 1 == text.count(old)
        self.write(text.replace(old, new))

    def taken(self, times: int = 3) -> Settings:
        """What counts from now on."""
        found = self.look(times)
        assert found
        return found

    def look(self, times: int = 3) -> Settings | None:
        """What is to count after so many looks, and counts then; None where nothing new is."""
        for _ in range(times):
            self.changing.look(self.answers)
        if found := self.changing.take():
            self.changing.begin(found)
            self.changing.began()
        return found


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path / "site")


@pytest.fixture
def said() -> Iterator[list[Line]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_what_nobody_changed_is_not_taken(edited: Edited) -> None:
    assert None is edited.look()
    os.utime(edited.file)
    assert None is edited.look()
    edited.write(edited.file.read_text("utf-8") + "\n# nothing\n")
    assert None is edited.look()
    assert "" == edited.changing.refused


def test_what_was_changed_is_taken_once_and_named(edited: Edited, said: list[Line]) -> None:
    edited.replace('title = "Before"', 'title = "After"')
    assert "After" == edited.taken().site.title
    assert ["[site]"] == [line["taken"] for line in said if "taken" in line]
    edited.replace("[mail]", '[mail]\nrate = "5/s"')
    edited.replace('name = "daily"', 'name = "weekly"')
    found = edited.look()
    assert found and found.mail.rate == ("5/s",)
    assert "[mail], [[newsletters]]" == said[-1]["taken"]
    assert None is edited.look()


def test_what_is_written_between_reading_and_the_first_look_is_not_missed(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    create(folder, "UTC", title="Before", language="en")

    def read() -> Settings:
        found = load(folder, {})
        file = folder / "config.toml"
        file.write_text(file.read_text("utf-8").replace("Before", "After"), "utf-8")
        return found

    changing = Changing(read, nothing)
    changing.begin(changing.settings)
    for _ in range(2):
        changing.look(nothing)
    assert changing.wanted and "After" == changing.wanted.site.title


def test_a_file_that_is_being_written_is_left_until_it_rests(edited: Edited) -> None:
    edited.look()
    whole = edited.file.read_text("utf-8").replace("Before", "After")
    for length in (0, len(whole) // 3, len(whole) // 2):
        edited.write(whole[:length])
        assert None is edited.look(1)
        assert "" == edited.changing.refused
    edited.write(whole)
    assert None is edited.look(1)
    assert "After" == edited.taken(1).site.title


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('title = "Before"', "title = Before", "not TOML"),
        ('timezone = "Asia/Baghdad"', 'timezone = "Baghdad"', "no time zone"),
        ("[mail]", '[mail]\nrate = "often"', "rate"),
    ],
)
def test_what_is_wrong_is_refused_once_with_its_line_until_it_is_mended(
    edited: Edited, said: list[Line], old: str, new: str, line: str
) -> None:
    before = edited.file.read_text("utf-8")
    edited.replace(old, new)
    number = edited.file.read_text("utf-8").splitlines().index(new.splitlines()[-1]) + 1
    assert None is edited.look(5)
    (told,) = said
    assert ("error", f"{edited.file}:{number}") == (told["log_level"], told["where"])
    assert line in str(told["problem"]) and told["mend"]
    assert f"{edited.file}:{number}: " in edited.changing.refused
    edited.write(before)
    assert None is edited.look()
    assert "" == edited.changing.refused
    assert "nothing: it says again what it said" == said[-1]["taken"]


def test_one_that_is_gone_is_refused_and_taken_when_it_is_back(edited: Edited) -> None:
    away = edited.file.rename(edited.file.with_suffix(".away"))
    assert None is edited.look(1)  # an editor just replaces it
    assert None is edited.look(2)
    assert "there is no config.toml" in edited.changing.refused
    away.write_text(away.read_text("utf-8").replace("Before", "After"), "utf-8")
    away.rename(edited.file)
    assert "After" == edited.taken().site.title


def test_another_site_or_another_database_is_refused(edited: Edited) -> None:
    before = edited.file.read_text("utf-8")
    (line,) = [each for each in before.splitlines() if each.startswith("id = ")]
    edited.replace(line, 'id = "5a0f5a52-0f3c-4f29-9a0b-6f1a3d1b7c99"')
    assert None is edited.look()
    number = before.splitlines().index(line) + 1
    assert f"config.toml:{number}: id is another than" in edited.changing.refused
    assert line.split('"')[1] in edited.changing.refused
    edited.write(before + '\n[store]\nurl = "postgresql://nashir:secret@db.example/paper"\n')
    assert None is edited.look()
    last = len(before.splitlines()) + 3
    assert f"config.toml:{last}: url is another database" in edited.changing.refused
    assert "nashir move-store" in edited.changing.refused
    assert "secret" not in edited.changing.refused


def test_another_password_of_the_same_database_is_taken(edited: Edited) -> None:
    edited.write(edited.file.read_text("utf-8") + '\n[store]\nurl = "postgresql://a:one@db.example/paper"\n')
    changing = Changing(partial(load, edited.file.parent, {}), nothing)
    changing.begin(changing.settings)
    edited.replace(":one@", ":two@")
    for _ in range(2):
        changing.look(nothing)
    assert changing.wanted and "two" in changing.wanted.store.url


def test_a_key_that_cannot_be_used_is_refused_and_taken_when_it_is_mended(edited: Edited) -> None:  # H8
    key = edited.file.parent / "keys" / "dkim.pem"
    edited.write(
        edited.file.read_text("utf-8") + '\n[mail.dkim]\nselector = "s"\nkey_file = "keys/dkim.pem"\n'
    )
    assert None is edited.look()
    assert f"{key}: the DKIM key cannot be read" in edited.changing.refused
    key.parent.mkdir()
    key.write_bytes(rsa_pem())
    key.chmod(0o644)
    assert None is edited.look()
    assert "can be read by others" in edited.changing.refused
    key.chmod(0o600)
    assert "s" == edited.taken().mail.dkim.selector
    assert None is edited.look()
    os.utime(key)  # another key, as far as anybody can tell by its name
    assert edited.look()
    assert None is edited.look()


def test_a_password_in_a_file_of_its_own_counts_when_it_is_there_and_when_it_is_another(
    edited: Edited,
) -> None:
    edited.replace('relay = "maildir:outbox"', 'relay = "smtps://relay.example"\nusername = "news"')
    edited.replace('username = "news"', 'username = "news"\npassword_file = "keys/relay"')
    assert None is edited.look()
    password = edited.file.parent / "keys" / "relay"
    assert f"{password}: the password cannot be read" in edited.changing.refused
    password.parent.mkdir()
    password.touch(0o600)
    password.write_text("one\n")
    assert "one" == edited.taken().mail.password
    password.write_text("two\n")
    assert "two" == edited.taken().mail.password
    assert None is edited.look()


def test_who_asks_is_told_again_what_is_wrong(edited: Edited, said: list[Line]) -> None:
    edited.replace('title = "Before"', "title = Before")
    edited.look()
    edited.changing.asked = True
    assert None is edited.look(3)
    assert 2 == len(said)
    assert said[0] == said[1]


def test_who_asks_for_it_has_it_taken_at_once_whether_it_changed_or_not(edited: Edited) -> None:
    edited.look()
    edited.changing.asked = True
    assert edited.look(1)
    assert None is edited.look()


def test_nothing_is_taken_while_the_database_does_not_answer(edited: Edited) -> None:  # X9
    def away() -> None:
        raise Unwritable("cannot be reached", "db", "look at it")

    edited.replace('title = "Before"', 'title = "After"')
    edited.answers = away
    assert None is edited.look(5)
    assert "" == edited.changing.refused
    edited.answers = nothing
    assert edited.look()
    edited.answers = away
    edited.changing.asked = True
    assert None is edited.look(2)
    edited.answers = nothing
    assert edited.look(1)


def test_what_nobody_thought_of_is_refused_and_quoted_nowhere(
    tmp_path: Path, said: list[Line]
) -> None:  # X14
    edited = Edited(tmp_path / "site")

    def load_() -> Settings:
        if 'title = "After"' in edited.file.read_text("utf-8"):
            raise ZeroDivisionError("s3cr3t")
        return load(edited.file.parent, {})

    edited.changing = Changing(load_, nothing)
    edited.changing.begin(edited.changing.settings)
    edited.replace('title = "Before"', 'title = "After"')
    assert None is edited.look()
    assert "it cannot be judged: ZeroDivisionError at line" in edited.changing.refused
    assert "this is a bug, tell us" in edited.changing.refused
    assert "s3cr3t" not in f"{edited.changing.refused}{said}"
    edited.replace('title = "After"', 'title = "Again"')
    assert "Again" == edited.taken().site.title


def test_a_number_without_end_and_a_pipe_are_refused_and_taken_back(edited: Edited) -> None:  # X14
    before = edited.file.read_text("utf-8")
    edited.replace("[mail]", f"[mail]\nhourly = {'9' * 5000}")
    assert None is edited.look()
    assert "a number has too many digits" in edited.changing.refused
    edited.file.unlink()
    os.mkfifo(edited.file)
    assert None is edited.look()
    assert "it is a pipe" in edited.changing.refused
    edited.file.unlink()
    edited.write(before.replace('title = "Before"', 'title = "After"'))
    assert "After" == edited.taken().site.title


def test_what_cannot_begin_is_not_said_to_be_taken(edited: Edited, said: list[Line]) -> None:
    edited.replace('title = "Before"', 'title = "After"')
    for _ in range(2):
        edited.changing.look(nothing)
    assert edited.changing.take()
    edited.changing.refuse(Unwritable("cannot listen there", "127.0.0.1:80", "set web.listen"))
    edited.changing.began()  # what it said before goes on
    assert ["taking", "problem"] == [
        key for line in said for key in ("taking", "taken", "problem") if key in line
    ]
    assert "not taken" in said[-1]["problem"]


def test_a_file_whose_newsletters_are_all_gone_waits_for_who_asks(edited: Edited, said: list[Line]) -> None:
    before = edited.file.read_text("utf-8")
    edited.write(before[: before.index("[[newsletters]]")])  # a copy that was cut off
    assert None is edited.look()
    assert "every [[newsletters]] is gone" in edited.changing.refused
    assert "HUP" in edited.changing.refused
    edited.changing.asked = True
    assert () == edited.taken(1).newsletters
    edited.write(before)
    assert edited.look()
    assert "[[newsletters]]" in said[-1]["taken"]
