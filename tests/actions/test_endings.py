"""Editions that are not sent, beside others that are: a hold lasts, nothing is lost and nothing comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from publisher.actions import choices
from publisher.actions.choices import Change
from publisher.model.digest import Kind, Release
from publisher.store import approvals, ledger
from publisher.verbs import table, writing
from tests.actions.test_pauses import DAY, LATER, begun, held
from tests.newsroom import BOB, SLOT, Desk, minutes


def planned(desk: Desk) -> None:
    writing._plan(desk.session, tuple(desk.house.newsletters.values()), ())


def send_now(desk: Desk) -> None:
    asyncio.run(table.run(desk.session, "send", {"now": True}))


def later(desk: Desk, schedule: str, address: str = BOB) -> None:
    choices.choose(
        desk.house, choices.reader(desk.house, address), None, Change(schedule=schedule), desk.clock()
    )


def test_a_hold_outlasts_the_hours_of_other_readers(make_desk: Callable[..., Desk]) -> None:  # D4 D8
    desk = make_desk(approve="none", frequencies=("daily",))
    later(desk, "daily 08:00")
    desk.article(2)
    desk.clock.now = SLOT
    planned(desk)
    desk.decide("hold")
    desk.at(SLOT + minutes(60))
    assert ([], [[2]]) == (held(desk), held(desk, BOB))
    assert Release.HELD is desk.editions()[1].release
    assert desk.decide("release", desk.editions()[1].id)
    desk.at(SLOT + minutes(61))

    assert ([[2]], [[2]]) == (held(desk), held(desk, BOB))


def test_of_a_held_edition_those_who_are_due_get_the_next_and_the_others_go_on_waiting(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D4 D8
    """Ann is due daily, Bob on Saturdays: Saturday's edition is held over Sunday's hour."""
    desk = make_desk(approve="none", frequencies=("daily", "weekly"))
    later(desk, "weekly sat 07:00")
    desk.article(2)
    desk.clock.now = SLOT
    planned(desk)
    first = desk.edition().id
    desk.decide("hold")
    desk.article(3)
    longer = partial(approvals.set_release, edition=first, release=Release.HELD, before=Release.HELD)
    desk.house.store.write(partial(longer, expires=SLOT + 3 * DAY))
    desk.at(SLOT + DAY)
    assert ([[2, 3]], []) == (held(desk), held(desk, BOB))
    assert Release.HELD is desk.editions()[1].release
    desk.decide("release", first)
    desk.at(SLOT + DAY + minutes(1))

    assert ([[2, 3]], [[2]]) == (held(desk), held(desk, BOB))


def test_what_stands_claimed_when_it_is_cancelled_is_in_the_next_letter(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D8
    desk = make_desk(approve="none")
    desk.article(2)
    desk.clock.now = SLOT
    planned(desk)
    stock = desk.house.store.write(lambda c: ledger.claim(c, desk.clock(), 200))
    desk.decide("cancel")
    desk.article(3)
    desk.clock.now = SLOT + minutes(1)
    send_now(desk)

    assert [False, False] == [begun(desk, each.id) for each in stock]
    assert ([[2, 3]], [[2, 3]]) == (held(desk), held(desk, BOB))


def test_what_stands_claimed_of_a_held_edition_is_in_the_one_that_takes_its_place(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D8
    desk = make_desk(approve="none")
    desk.article(2)
    desk.clock.now = SLOT
    planned(desk)
    desk.house.store.write(lambda c: ledger.claim(c, desk.clock(), 200))
    desk.decide("hold")
    desk.article(3)
    desk.clock.now = SLOT + minutes(1)
    send_now(desk)

    assert ([[2, 3]], [[2, 3]]) == (held(desk), held(desk, BOB))
    assert [Release.RELEASED, Release.CANCELLED] == [each.release for each in desk.editions()]


def test_send_now_takes_the_place_of_articles_that_wait_for_an_answer(
    make_desk: Callable[..., Desk],
) -> None:  # D4 D8
    desk = make_desk(schedule="instant", approve="required")
    for number in (2, 3):
        desk.article(number)
        desk.at(SLOT + minutes(number))
    third, second = desk.editions()
    desk.clock.now = SLOT + minutes(5)
    send_now(desk)
    assert [[2, 3]] == held(desk)
    assert [False, False] == [desk.decide("release", each.id) for each in (second, third)]
    desk.at(SLOT + minutes(65))

    assert ([[2, 3]], [[2, 3]]) == (held(desk), held(desk, BOB))


def test_send_now_leaves_an_article_to_its_release_that_it_does_not_hold(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D8
    """The one after it was released first."""
    desk = make_desk(schedule="instant", approve="required")
    for number in (2, 3):
        desk.article(number)
        desk.at(SLOT + minutes(number))
    third, second = desk.editions()
    desk.decide("release", third.id)
    desk.at(SLOT + minutes(4))
    desk.article(4)
    desk.clock.now = SLOT + minutes(5)
    send_now(desk)
    assert [[3], [4]] == held(desk)
    desk.decide("release", second.id)
    desk.at(SLOT + minutes(6))

    assert ([[3], [4], [2]], [[3], [4], [2]]) == (held(desk), held(desk, BOB))


def test_send_now_leaves_held_letters_of_an_article_to_their_release(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D8
    """Bob's letter was put off and is held: nobody else has another of the article."""
    desk = make_desk(schedule="instant", approve="required")
    desk.article(2)
    desk.at(SLOT)
    desk.decide("release")
    desk.relay.answers[BOB] = LATER
    desk.at(SLOT + minutes(60))
    desk.relay.answers.clear()
    first = desk.edition().id
    desk.decide("hold")
    desk.article(3)
    desk.clock.now = SLOT + minutes(61)
    send_now(desk)
    assert ([[2], [3]], [[3]]) == (held(desk), held(desk, BOB))
    desk.decide("release", first)
    desk.at(SLOT + minutes(70))

    assert ([[2], [3]], [[3], [2]]) == (held(desk), held(desk, BOB))


def test_a_burst_that_waits_and_was_sent_now_is_not_proposed(make_desk: Callable[..., Desk]) -> None:  # D4 D8
    desk = make_desk(schedule="instant", approve="notify", approve_before=5)
    for number in range(2, 5):
        desk.article(number)
        desk.at(SLOT + minutes(number / 10))
    desk.article(5)
    desk.at(SLOT + minutes(1))
    assert 3 == len(desk.editions())
    send_now(desk)
    assert [[2, 3, 4, 5]] == held(desk)
    for minute in (6, 12, 18, 30):
        desk.at(SLOT + minutes(minute))

    assert [[2, 3, 4, 5]] == held(desk)
    assert [Kind.ARTICLE] * 3 == [each.kind for each in desk.editions()[1:]]
