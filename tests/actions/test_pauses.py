"""A pause, whatever is on its way when it begins: nothing is lost by it and nothing comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from publisher.actions import choices, plan
from publisher.actions.choices import Change
from publisher.model.delivery import Reply, Stage, State
from publisher.store import editions, ledger
from publisher.verbs import table, writing
from tests.newsroom import ANN, BOB, SLOT, Desk, minutes, parsed

DAY = timedelta(days=1)
LATER = (Stage.RCPT, Reply(450, "4.2.2 mailbox full"))


def pause(desk: Desk, address: str = ANN, *, paused: bool = True) -> None:
    choices.choose(desk.house, choices.reader(desk.house, address), None, Change(paused=paused), desk.clock())


def held(desk: Desk, address: str = ANN) -> list[list[int]]:
    """The numbers of the articles in each letter that the relay took for this reader."""
    texts = (
        parsed(each).get_body(("plain",)).get_content().splitlines()
        for each in desk.relay.got
        if each.recipient == address
    )
    return [[n for n in range(1, 10) if any(f"خبر {n}" in line for line in lines)] for lines in texts]


def begun(desk: Desk, delivery: int) -> bool:
    return not desk.house.store.write(lambda c: ledger.begin(c, [delivery], desk.clock()))


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    desk = make_desk(approve="none")
    desk.article(2)
    return desk


def test_a_correction_that_waits_when_a_pause_begins_moves_nobody(desk: Desk) -> None:  # D1 D4 D9
    for number in range(3, 6):
        desk.at(SLOT + DAY * (number - 3))
        desk.article(number)
    desk.at(SLOT + DAY * 3)
    before = desk.seen()
    arguments = {"article": "2.md", "text": "كان الرقم 12."}
    asyncio.run(table.run(desk.session, "correct", arguments))
    pause(desk)
    assert before == desk.seen()
    desk.at(SLOT + DAY * 3 + minutes(1))
    assert 4 == len(held(desk))
    pause(desk, paused=False)
    desk.at(SLOT + DAY * 3 + minutes(61))
    desk.article(6)
    desk.at(SLOT + DAY * 4)

    assert [[2], [3], [4], [5], [2], [6]] == held(desk)


def test_a_letter_that_a_later_one_has_passed_waits_for_the_end_of_the_pause(desk: Desk) -> None:  # D1 D4
    desk.relay.answers[ANN] = LATER
    desk.at(SLOT)
    desk.relay.answers.clear()
    desk.article(3)
    desk.clock.now = SLOT + minutes(1)
    asyncio.run(table.run(desk.session, "send", {"now": True}))
    assert [[3]] == held(desk)
    pause(desk)
    desk.at(SLOT + minutes(10))
    desk.article(4)
    assert [[3]] == held(desk)
    pause(desk, paused=False)
    desk.at(SLOT + minutes(71))
    desk.at(SLOT + DAY)

    assert [[3], [2], [4]] == held(desk)


def test_several_letters_that_wait_are_all_taken_back(desk: Desk) -> None:  # D1 D4
    desk.relay.answers[ANN] = LATER
    desk.at(SLOT)
    desk.article(3)
    desk.clock.now = SLOT + minutes(1)
    asyncio.run(table.run(desk.session, "send", {"now": True}))
    desk.relay.answers.clear()
    pause(desk)
    pause(desk, paused=False)
    desk.article(4)
    desk.at(SLOT + DAY)

    assert [[2, 3, 4]] == held(desk)


@pytest.mark.parametrize("resumed", [False, True])
def test_who_pauses_while_their_letter_is_planned_has_its_articles_in_the_next(
    resumed: bool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # D1 D4
    real = plan._Plan._planned

    def slow(*arguments: Any) -> Any:
        planned = real(*arguments)
        pause(desk)
        if resumed:
            pause(desk, paused=False)
        return planned

    with monkeypatch.context() as patch:
        patch.setattr(plan._Plan, "_planned", slow)
        desk.at(SLOT)
    assert [[2]] == held(desk, BOB)
    pause(desk, paused=False)
    desk.article(3)
    desk.at(SLOT + DAY)

    assert ([[2], [3]] if resumed else [[2, 3]]) == held(desk)
    assert [[2], [3]] == held(desk, BOB)


def test_a_letter_planned_from_what_was_true_before_is_not_planned(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # D1
    """Article 2's letter waits; while article 3's is planned the reader pauses, which takes it back, and resumes."""
    desk.relay.answers[ANN] = LATER
    desk.at(SLOT)
    desk.relay.answers.clear()
    desk.article(3)
    real = plan._Plan._planned

    def slow(*arguments: Any) -> Any:
        planned = real(*arguments)
        pause(desk)
        pause(desk, paused=False)
        return planned

    with monkeypatch.context() as patch:
        patch.setattr(plan._Plan, "_planned", slow)
        desk.clock.now = SLOT + minutes(1)
        asyncio.run(table.run(desk.session, "send", {"now": True}))
    desk.article(4)
    desk.at(SLOT + DAY)

    assert [[2, 3, 4]] == held(desk)


def test_an_edition_that_is_planned_again_moves_nobody_whose_letter_was_taken_back(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D4 D7
    """A row of the due table is dealt with after the others of its instant."""
    desk = make_desk(approve="none", schedule="cron 0 7 * * *")
    desk.article(2)
    desk.relay.answers[ANN] = LATER
    desk.at(SLOT)
    desk.relay.answers.clear()
    pause(desk)
    pause(desk, paused=False)
    desk.house.store.write(
        lambda c: editions.start(c, 1, SLOT.isoformat(), planned=SLOT, expires=SLOT + DAY, upto_seq=2)
    )
    desk.at(SLOT + minutes(1))
    desk.article(3)
    desk.at(SLOT + DAY)

    assert [[2, 3]] == held(desk)


def test_a_letter_on_the_wire_that_is_put_off_in_a_pause_is_taken_back(desk: Desk) -> None:  # D1 D4 S7
    desk.clock.now = SLOT
    writing._plan(desk.session, tuple(desk.house.newsletters.values()), ())
    stock = desk.house.store.write(lambda c: ledger.claim(c, desk.clock(), 9))
    assert [True, True] == [begun(desk, each.id) for each in stock]
    pause(desk)
    desk.house.store.write(lambda c: ledger.recover(c, "resend"))
    desk.at(SLOT + minutes(1))
    assert {State.CANCELLED: 1, State.SENT: 1} == desk.house.store.read(ledger.tally)
    pause(desk, paused=False)
    desk.article(3)
    desk.at(SLOT + DAY)

    assert ([[2, 3]], [[2], [3]]) == (held(desk), held(desk, BOB))


def test_what_stands_claimed_and_is_not_taken_back_does_not_leave_in_the_pause(desk: Desk) -> None:  # D4 S7
    desk.at(SLOT)
    arguments = {"article": "2.md", "text": "كان الرقم 12."}
    asyncio.run(table.run(desk.session, "correct", arguments))
    stock = desk.house.store.write(lambda c: ledger.claim(c, desk.clock(), 9))
    pause(desk)

    assert [False, True] == [begun(desk, each.id) for each in stock]
    assert {State.SENT: 2, State.QUEUED: 1, State.SENDING: 1} == desk.house.store.read(ledger.tally)
