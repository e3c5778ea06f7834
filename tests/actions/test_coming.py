"""What the next edition would be, and for whom; and a test letter on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import ScalarSelect, Update, select, update

from publisher.actions import approval, plan, readers, slots, trial
from publisher.actions.coming import Coming, coming, next_due, shares, tongues
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.errors import BadInput, Unreachable
from publisher.mail.carrier import Bag, Down
from publisher.model.delivery import Letter, Reply, Stage
from publisher.store import cadences, editions, ledger, people
from publisher.store.tables import subscribers, subscriptions
from publisher.verbs import table
from tests.newsroom import SLOT, Desk, minutes

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]


def having(house: House, **settings: object) -> House:
    (paper,) = house.newsletters.values()
    return replace(house, newsletters={paper.name: replace(paper, **settings)})  # type: ignore[arg-type]


def next_of(house: House, now: datetime) -> Coming:
    (paper,) = house.newsletters.values()
    return coming(house, paper, now)


def known(name: str) -> ScalarSelect[int]:
    return select(subscribers.c.id).where(subscribers.c.address == f"{name}@example.org").scalar_subquery()


def change(house: House, row: Update) -> None:
    house.store.write(lambda c: c.execute(row))


@pytest.fixture
def with_readers(house: House, write: Write, clock: Clock, publishes: Publishes) -> House:
    """Four readers, two of them in Hebrew, one of text only; and a story in sports that none has had."""
    publishes(house)
    for name, language in (("a", None), ("b", "he"), ("c", "he"), ("d", "ug")):
        readers.add(house, f"{name}@example.org", None, clock(), confirmed=True, language=language)
    change(
        house, update(subscriptions).where(subscriptions.c.subscriber == known("c")).values(text_only=True)
    )
    write(house, "a.md", "---\ntitle: خبر أول\ncategories: رياضة\n---\nنص الخبر.\n")
    publishes(house)
    return house


def test_readers_are_counted_by_the_letter_they_would_get(with_readers: House, clock: Clock) -> None:  # D6
    found = shares(next_of(with_readers, clock()))

    assert [("ar", False, 2), ("he", False, 1), ("he", True, 1)] == [
        (each.language, each.text_only, each.readers) for each in found
    ]
    assert {("خبر أول",)} == {each.items for each in found}
    assert ["ar", "he"] == tongues(next_of(with_readers, clock()))


def test_who_chose_other_categories_or_cannot_be_reached_is_not_counted(
    with_readers: House, clock: Clock
) -> None:
    chosen = (
        update(subscriptions).where(subscriptions.c.subscriber == known("a")).values(categories=["سياسة"])
    )
    gone = update(subscribers).where(subscribers.c.address == "b@example.org").values(state="bounced")
    for each in (chosen, gone):
        change(with_readers, each)

    assert [("ar", 1), ("he", 1)] == sorted(
        (each.language, each.readers) for each in shares(next_of(with_readers, clock()))
    )


def test_what_the_last_edition_held_is_not_new(
    with_readers: House, write: Write, clock: Clock, publishes: Publishes
) -> None:  # D1
    (paper,) = with_readers.newsletters.values()
    number = slots.edition_now(with_readers, paper, clock(), include_existing=False)
    assert number
    plan.plan(with_readers, number, clock())
    assert not next_of(with_readers, clock()).fresh
    assert [] == shares(next_of(with_readers, clock()))

    write(with_readers, "b.txt", "خبر ثان\nنص.\n")
    publishes(with_readers)
    edition = next_of(with_readers, clock())

    assert edition.fresh
    assert ["خبر ثان"] == [one.title for one in edition.selection(None).items]


@pytest.mark.parametrize(
    "decision, fresh", [("release", False), (None, True), ("hold", True), ("cancel", True)]
)
def test_what_an_edition_holds_that_has_not_left_is_new(
    decision: approval.Decision | None, fresh: bool, make_desk: Callable[..., Desk]
) -> None:  # D8, R10
    desk = make_desk(approve="required")
    desk.article(2)
    desk.at(SLOT - minutes(60))
    if decision:
        desk.decide(decision)

    assert fresh == next_of(desk.house, desk.clock()).fresh


def test_a_correction_of_an_old_article_makes_nothing_old(make_desk: Callable[..., Desk]) -> None:  # D9, R10
    desk = make_desk(approve="none")
    desk.article(2)
    desk.at(SLOT)
    desk.article(3)
    correct = {"article": "2.md", "text": "كان الرقم 12."}
    asyncio.run(table.run(desk.session, "correct", correct))

    assert ["خبر 3"] == [one.title for one in next_of(desk.house, desk.clock()).selection(None).items]


def test_a_letter_of_an_instant_newsletter_holds_one_article(
    with_readers: House, write: Write, clock: Clock, publishes: Publishes
) -> None:  # D4
    house = having(with_readers, schedule="instant")
    write(house, "b.txt", "خبر ثان\nنص.\n")
    publishes(house)
    edition = next_of(house, clock())

    assert 1 == len(edition.selection(None).items)
    assert next_due(edition) is None


def test_the_next_letter_is_that_of_the_reader_who_is_due_first(
    with_readers: House, clock: Clock
) -> None:  # D4
    house = having(with_readers, frequencies=("daily",))
    series = house.store.read(people.known_newsletters)["daily"]
    house.store.write(lambda c: cadences.ensure(c, series.id, "daily 18:00", "Asia/Baghdad", clock()))

    assert datetime(2026, 11, 20, 15, tzinfo=UTC) == next_due(next_of(house, clock()))
    assert datetime(2026, 11, 21, 4, tzinfo=UTC) == next_due(next_of(with_readers, clock()))


def test_a_site_without_an_article_says_so(house: House, clock: Clock, publishes: Publishes) -> None:
    publishes(house)

    with pytest.raises(BadInput, match="daily has no article to show"):
        next_of(house, clock())


def test_two_letters_for_the_same_reader_are_two(with_readers: House, clock: Clock) -> None:
    edition = next_of(with_readers, clock())
    one = edition.letter(edition.content(None), "me@example.org")
    clock.forward(seconds=1)
    later = next_of(with_readers, clock())
    other = later.letter(later.content(None), "me@example.org")

    assert one.name != other.name
    assert [] == with_readers.store.read(editions.listing)
    assert {} == with_readers.store.read(ledger.tally)


@dataclass
class Peer:
    """A relay that answers as it is told; `closed` counts the goodbyes."""

    answer: tuple[Stage, Reply] | Down
    closed: int = 0

    async def open(self) -> None:
        if isinstance(self.answer, Down):
            raise self.answer

    async def converse(self, bag: Bag) -> Reply | None:
        assert not isinstance(self.answer, Down)
        letter = await bag.take()
        assert letter and await bag.begin(letter)
        bag.tell(letter, *self.answer)
        return None

    async def close(self) -> None:
        self.closed += 1


LETTER = Letter("a@example.org", "b@example.org", b"x\r\n", "1", needs_utf8=False)
NO = Down(Stage.CONNECT, Reply(0, "refused\u202e"))
TAKEN = (Stage.CONTENT, Reply(250, "2.0.0 \x1b[31mok"))


def test_the_first_relay_that_can_be_used_gets_the_letter() -> None:  # S5
    down, up, idle = Peer(NO), Peer(TAKEN), Peer(TAKEN)
    done = asyncio.run(
        trial.send(LETTER, [("one", lambda: down), ("two", lambda: up), ("three", lambda: idle)])
    )

    assert (True, "two", "2.0.0 \\x1b[31mok") == (done.taken, done.relay, done.reply.text)
    assert ("one: no reply: refused\\u202e",) == done.passed
    assert (1, 0) == (up.closed, idle.closed)


@pytest.mark.parametrize(
    "stage, code",
    [(Stage.RCPT, 550), (Stage.CONTENT, 0), (Stage.CONTENT, 451), (Stage.DATA, 0), (Stage.MAIL, 250)],
)
def test_only_a_relay_that_said_so_has_it(stage: Stage, code: int) -> None:  # S2
    done = asyncio.run(trial.send(LETTER, [("one", lambda: Peer((stage, Reply(code, ""))))]))

    assert (False, stage, code) == (done.taken, done.stage, done.reply.code)


def test_relays_that_cannot_be_used_are_all_named() -> None:
    with pytest.raises(Unreachable, match=r"one: no reply: refused.*two: no reply: refused"):
        asyncio.run(trial.send(LETTER, [("one", lambda: Peer(NO)), ("two", lambda: Peer(NO))]))
