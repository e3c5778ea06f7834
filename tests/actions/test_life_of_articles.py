"""What becomes of an article on its way, and in whose letters it is: once, or never (D1)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import plan, readers
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.articles.settings import ArticleSettings
from publisher.store import ledger, planning
from tests.actions.test_plan import dated, letters, send_now
from tests.actions.test_slots import tick

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

ANN, BOB, CAM = "ann@example.org", "bob@example.org", "cam@example.org"
BROKEN = b"---\ntitle: [\n---\n\xff\xfe\xff\n"


class Paper:
    """A daily newsletter, due at 07:00 in Baghdad. Article 1 is its archive, Ann reads it from the first day; a moment
    behind each letter `morning` returns what everybody has had."""

    def __init__(self, house: House, write: Write, publishes: Publishes, clock: Clock) -> None:
        self.house, self._write, self._publishes, self.clock = house, write, publishes, clock

    def write(self, name: str, number: int, **fields: str) -> None:
        self._write(self.house, name, dated(number, **fields))
        self.publish()

    def publish(self) -> None:
        self._publishes(self.house)

    def subscribe(self, address: str, newsletter: str | None = None) -> None:
        readers.add(self.house, address, [newsletter] if newsletter else None, self.clock(), confirmed=True)

    def morning(self) -> dict[str, list[list[str]]]:
        due = self.clock.now.replace(hour=4, minute=0, second=3)
        self.clock.now = due + timedelta(days=due <= self.clock.now)
        self.publish()
        tick(self.house, self.clock())
        self.clock.forward(minutes=30)
        return self.had()

    def had(self) -> dict[str, list[list[str]]]:
        found = letters(self.house)
        return {who: [[one.removeprefix("خبر ") for one in each] for each in found[who]] for who in found}


@pytest.fixture
def paper(house: House, write: Write, publishes: Publishes, clock: Clock) -> Paper:
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    made = Paper(house, write, publishes, clock)
    made.write("1.md", 1)
    made.subscribe(ANN)
    return made


def back_dated(paper: Paper, name: str) -> None:
    paper.write(name, 2, date="1999-01-01")


def edited_before(paper: Paper, name: str) -> None:
    paper.write(name, 9)
    paper.write(name, 2)


def edited_behind(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    paper.morning()
    paper.write(name, 2, summary="تصحيح")


def redated_behind(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    paper.morning()
    paper.write(name, 2, date="2026-11-21")


def deleted_before(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    (paper.house.folder / name).unlink()
    paper.publish()


def deleted_behind(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    paper.morning()
    (paper.house.folder / name).unlink()
    paper.publish()


def renamed_before(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    rename(paper, name)


def renamed_behind(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    paper.morning()
    rename(paper, name)


def rename(paper: Paper, name: str) -> None:
    (paper.house.folder / name).rename(paper.house.folder / "renamed.md")
    paper.publish()


def held_until_tomorrow(paper: Paper, name: str) -> None:
    paper.write(name, 2, date="2026-11-21 12:00")
    assert ANN not in paper.morning()
    paper.morning()


def put_off_behind(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    paper.morning()
    paper.write(name, 2, date="2026-11-23 12:00")
    paper.morning()


def quarantined_and_mended(paper: Paper, name: str) -> None:
    (paper.house.folder / name).write_bytes(BROKEN)
    rested(paper, name)
    assert ANN not in paper.morning()
    paper.write(name, 2)


def broken_behind_and_mended(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    paper.morning()
    (paper.house.folder / name).write_bytes(BROKEN)
    rested(paper, name)
    paper.morning()
    paper.write(name, 2)


def broken_and_mended_before(paper: Paper, name: str) -> None:
    paper.write(name, 2)
    (paper.house.folder / name).write_bytes(BROKEN)
    rested(paper, name)
    paper.write(name, 2)


def rested(paper: Paper, name: str) -> None:
    path = paper.house.folder / name
    moment = paper.clock().timestamp() - 60
    os.utime(path, (moment, moment))
    paper.publish()


def returned_before(paper: Paper, name: str) -> None:
    deleted_before(paper, name)
    paper.write(name, 2)


def returned_behind(paper: Paper, name: str) -> None:
    deleted_behind(paper, name)
    paper.morning()
    paper.write(name, 2)


def away_when_letters_were_planned(paper: Paper, name: str) -> None:
    paper.clock.forward(hours=23)
    deleted_before(paper, name)
    paper.write("other.md", 3)
    assert {ANN: [["3"]]} == paper.morning()
    paper.write(name, 2)


def away_for_days(paper: Paper, name: str) -> None:
    """By then it is another article (A9)."""
    deleted_before(paper, name)
    paper.morning()
    paper.morning()
    paper.write(name, 2)


ONCE, NEVER = 1, 0


@pytest.mark.parametrize(
    "life, sent",
    [
        (back_dated, ONCE),
        (edited_before, ONCE),
        (edited_behind, ONCE),
        (redated_behind, ONCE),
        (deleted_before, NEVER),
        (deleted_behind, ONCE),
        (renamed_before, ONCE),
        (renamed_behind, ONCE),
        (held_until_tomorrow, ONCE),
        (put_off_behind, ONCE),
        (quarantined_and_mended, ONCE),
        (broken_behind_and_mended, ONCE),
        (broken_and_mended_before, ONCE),
        (returned_before, ONCE),
        (returned_behind, ONCE),
        (away_when_letters_were_planned, ONCE),
        (away_for_days, ONCE),
    ],
)
def test_an_article_is_sent_once_or_never(
    life: Callable[[Paper, str], None], sent: int, paper: Paper
) -> None:  # D1
    """To who was there before it was written. Who comes behind it gets it never, and everybody what comes later."""
    life(paper, "2.md")
    paper.subscribe(BOB)
    for _ in range(3):
        paper.morning()
    paper.write("last.md", 8)
    paper.morning()
    had = {who: [one for each in found for one in each] for who, found in paper.had().items()}
    ids = [each for _, held in _held(paper.house) for each in held]

    assert sent == sum(one in ("2", "gone") for one in had[ANN])
    assert "1" not in had[ANN]
    assert ["8"] == had[BOB]
    assert "8" == had[ANN][-1]
    assert len(ids) == len(set(ids)), "one article, twice"


def _held(house: House) -> list[tuple[int, list[str]]]:
    from sqlalchemy import select

    from publisher.store.tables import deliveries, subscribers, variants

    query = select(deliveries.c.edition, variants.c.articles).join_from(
        deliveries, variants, variants.c.id == deliveries.c.variant
    )
    mine = query.join(subscribers, subscribers.c.id == deliveries.c.subscriber).where(
        subscribers.c.address == ANN
    )
    return [(row[0], row[1]) for row in house.store.read(lambda c: c.execute(mine).all())]


def test_each_reader_goes_on_from_where_they_are(paper: Paper) -> None:  # D1 D3
    paper.write("2.md", 2)
    paper.subscribe(BOB)
    paper.write("3.md", 3)
    paper.morning()
    paper.subscribe(CAM)
    paper.write("old.md", 4, date="2001-01-01")
    paper.morning()

    assert {ANN: [["3", "2"], ["4"]], BOB: [["3"], ["4"]], CAM: [["4"]]} == paper.had()


def test_of_a_translated_article_each_reader_has_one_version_whenever_the_other_comes(
    paper: Paper,
) -> None:  # D1
    paper.write("story.ar.md", 2)
    paper.morning()
    paper.write("story.fa.md", 3, title="خبر 3")
    paper.subscribe(BOB)
    paper.write("5.md", 5)
    paper.morning()

    assert [["2"], ["5"]] == paper.had()[ANN]


def test_the_archive_is_sent_to_those_who_ask_for_it_alone(paper: Paper) -> None:  # D3
    paper.write("2.md", 2)
    paper.morning()
    paper.subscribe(BOB)
    send_now(paper.house, paper.clock(), include_existing=True)
    paper.write("3.md", 3)
    paper.morning()

    assert {ANN: [["2"], ["3"]], BOB: [["2", "1"], ["3"]]} == paper.had()


def test_a_newsletter_that_is_added_later_has_everything_before_for_its_archive(paper: Paper) -> None:  # D3
    paper.write("2.md", 2)
    (daily,) = paper.house.newsletters.values()
    paper.house = replace(paper.house, newsletters={"daily": daily, "second": replace(daily, name="second")})
    paper.publish()
    paper.subscribe(BOB, "second")
    paper.write("3.md", 3)
    paper.morning()

    assert {ANN: [["3", "2"]], BOB: [["3"]]} == paper.had()


def test_a_newsletter_that_left_and_came_back_goes_on_with_its_readers(paper: Paper) -> None:  # D1
    """What was published meanwhile is in the first letter; nobody is sent anything twice."""
    whole = paper.house
    paper.write("2.md", 2)
    paper.morning()
    paper.house = replace(whole, newsletters={})
    paper.write("3.md", 3)
    assert {ANN: [["2"]]} == paper.morning()
    paper.house = whole
    paper.write("4.md", 4)
    paper.morning()

    assert {ANN: [["2"], ["4", "3"]]} == paper.had()


@pytest.mark.parametrize("cut", range(4))
def test_a_crash_between_two_chunks_changes_nothing(
    cut: int, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:  # D7
    """Planning goes on where it was, with what was new when the edition started; later articles are in the next."""
    monkeypatch.setattr(plan, "CHUNK", 1)
    monkeypatch.setattr(plan, "SHARED_CHUNK", 1)
    everybody = [ANN, BOB, CAM]
    for each in everybody[1:]:
        paper.subscribe(each)
    paper.write("2.md", 2)
    real, done = planning.add_deliveries, list[None]()

    def failing(*arguments: Any, **more: Any) -> None:
        if len(done) == cut:
            raise RuntimeError("cut off")
        done.append(None)
        real(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(planning, "add_deliveries", failing)
        if cut < len(everybody):
            with pytest.raises(RuntimeError):
                paper.morning()
        else:
            paper.morning()
    paper.write("3.md", 3)
    tick(paper.house, paper.clock() + timedelta(minutes=1))
    assert {each: [["2"]] for each in everybody} == paper.had()
    paper.morning()

    assert {each: [["2"], ["3"]] for each in everybody} == paper.had()
    assert 6 == sum(paper.house.store.read(ledger.tally).values())


def test_a_letter_out_of_turn_moves_nothing_but_the_watermark(paper: Paper) -> None:  # D1 D5
    """`send --now` on the morning of a letter: that comes all the same, with what is new since."""
    paper.write("2.md", 2)
    send_now(paper.house, paper.clock())
    paper.write("3.md", 3)
    paper.morning()
    paper.write("4.md", 4)
    send_now(paper.house, paper.clock())
    paper.morning()

    assert {ANN: [["2"], ["3"], ["4"]]} == paper.had()


def test_settings_of_the_folder_change_nothing_that_was_sent(paper: Paper) -> None:  # D1
    paper.write("2.md", 2)
    paper.morning()
    paper.house = replace(paper.house, articles=ArticleSettings(settle=0))
    paper.publish()

    assert {ANN: [["2"]]} == paper.morning()
