"""A file of the site that the disk does not give: the verbs say so, and what needs it waits."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.actions import slots
from publisher.actions.house import House
from publisher.errors import BadConfig, Unwritable
from publisher.templating import Templates
from publisher.verbs import table
from tests.conftest import Clock, Write
from tests.newsroom import ANN, BOB, SLOT, Desk, Publishes, minutes, newsroom, tick

Break = Callable[[str], Path]


@pytest.fixture
def desk(house: House, write: Write, publishes: Publishes, clock: Clock) -> Desk:
    own = replace(house, templates=Templates([house.root / "templates"]))
    made = newsroom(own, write, publishes, clock, approve="none")
    made.article(2)
    return made


@pytest.fixture
def breaks(desk: Desk) -> Break:
    """Puts a template or style sheet of this name into the site that cannot be read, not even by root."""

    def breaks(name: str) -> Path:
        path = desk.house.root / "templates" / name
        path.parent.mkdir(parents=True)
        path.symlink_to("/proc/self/mem")
        return path

    return breaks


@pytest.mark.parametrize("name", ["mail/digest.html.j2", "web/extra.css"])
def test_a_tick_names_a_file_that_cannot_be_read_and_mails_when_it_can(
    desk: Desk, breaks: Break, name: str
) -> None:  # X6 R10
    path = breaks(name)
    desk.clock.now = SLOT

    problems = asyncio.run(tick(desk.session))

    assert Counter() == desk.got(ANN, BOB)
    (problem,) = problems
    assert "Input/output error" in problem and "Mend: " in problem
    path.unlink()
    desk.at(SLOT + minutes(1))
    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)


def test_whatever_the_disk_refuses_in_a_tick_is_said_by_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # X6
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "note.txt")

    monkeypatch.setattr(slots, "due_editions", refused)

    with pytest.raises(Unwritable, match=r"note\.txt: Permission denied\. Mend: "):
        asyncio.run(tick(desk.session))


def test_a_correction_whose_letters_cannot_be_made_says_why(desk: Desk, breaks: Break) -> None:  # D9 X6
    desk.at(SLOT)
    path = breaks("mail/correction.html.j2")
    what = {"article": "2.md", "text": "العدد 12، لا 21."}

    with pytest.raises(
        BadConfig, match=r"correction\.html\.j2: the template cannot be used: Input/output error"
    ):
        asyncio.run(table.run(desk.session, "correct", what))
    path.unlink()
    desk.at(SLOT + minutes(1))
    desk.at(SLOT + minutes(2))
    assert Counter({ANN: 2, BOB: 2}) == desk.got(ANN, BOB)
