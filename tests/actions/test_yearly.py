"""Once a year readers are asked, and nothing ends of which no letter said so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from publisher.actions import letters, yearly
from publisher.actions.house import House
from publisher.model.people import Wish
from publisher.store import joins, notices, people
from publisher.subscribers.tokens import Claim
from tests.conftest import DAILY, Clock, MakeHouse
from tests.outbox import leaves


@pytest.fixture
def house(make_house: MakeHouse, tmp_path: Path) -> House:
    return make_house(tmp_path, newsletters={"daily": replace(DAILY, ask_yearly="end")})


def begun(house: House, clock: Clock, number: int = 1) -> None:
    """So many readers of a year."""
    names = [f"r{n}@example.org" for n in range(1, number + 1)]

    def write(connection: Any) -> None:
        people.sync_newsletters(connection, ["daily"], clock())
        found = people.ensure(connection, {name: name for name in names}, clock())
        people.set_wishes(connection, [found[name].id for name in names], 1, Wish.ACTIVE, "added", clock())

    house.store.write(write)
    clock.forward(days=366)


def wishes(house: House) -> list[Wish]:
    return [wish for _, wish in sorted(house.store.read(lambda c: people.wishes(c, range(99), 1)).items())]


def kept(house: House) -> House:
    return replace(house, newsletters={"daily": replace(DAILY, ask_yearly="keep")})


@pytest.mark.parametrize("sent", [False, True])
def test_only_a_question_that_left_ends_anything(house: House, clock: Clock, sent: bool) -> None:  # L9
    begun(house, clock)
    assert 1 == yearly.ask(house, clock())

    clock.forward(days=0 if sent else 4)
    assert sent == bool(leaves(house.store, clock()))  # after three days it is expired
    clock.forward(days=31)
    yearly.ask(house, clock())

    assert [Wish.ENDED if sent else Wish.ACTIVE] == wishes(house)


@pytest.mark.parametrize("first, then", [("keep", "end"), ("end", "keep")])
def test_nobody_is_ended_whose_letter_said_that_it_goes_on(
    house: House, clock: Clock, first: str, then: str
) -> None:  # L9
    houses = {"end": house, "keep": kept(house)}
    begun(house, clock)
    yearly.ask(houses[first], clock())
    leaves(house.store, clock())

    clock.forward(days=200)
    yearly.ask(houses[then], clock())

    assert [Wish.ACTIVE] == wishes(house)


def test_questions_wait_until_others_have_left(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # L9
    monkeypatch.setattr(yearly, "CHUNK", 2)
    monkeypatch.setattr(yearly, "QUEUE", 3)
    begun(house, clock, 5)

    assert [4, 0] == [yearly.ask(house, clock()) for _ in range(2)]
    first = leaves(house.store, clock())
    assert [1, 0] == [yearly.ask(house, clock()) for _ in range(2)]
    assert [f"r{n}@example.org" for n in range(1, 6)] == first + leaves(house.store, clock())


def test_who_answers_while_others_are_ended_keeps_it(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # L9
    """The writer is asked for nothing but the few that were found beside it, and looks at them again."""
    monkeypatch.setattr(yearly, "ENDS", 2)
    begun(house, clock, 5)
    yearly.ask(house, clock())
    leaves(house.store, clock())
    clock.forward(days=31)
    token = house.keys.sign("preferences", Claim(2, 1))
    asked = yearly.look(house, token)
    assert asked and "r2@example.org" == asked.person.address
    looked: list[tuple[int, Sequence[int] | None]] = []
    unanswered = joins.unanswered

    def watched(*given: Any, **named: Any) -> list[int]:
        found = unanswered(*given, **named)
        if "asked" in named:
            looked.append((named["after"], named.get("among")))
            if len(looked) == 1:
                assert yearly.keep(house, asked, clock(), wording="yes", ip="")
        return found

    monkeypatch.setattr(joins, "unanswered", watched)
    yearly.ask(house, clock())

    assert [(0, None), (0, [1, 2]), (2, None), (0, [3, 4]), (4, None), (0, [5]), (5, None)] == looked
    assert [Wish.ENDED, Wish.ACTIVE, *[Wish.ENDED] * 3] == wishes(house)


def test_the_question_belongs_to_its_list(house: House, clock: Clock) -> None:  # H1 H5
    begun(house, clock)
    yearly.ask(house, clock())
    (claimed,) = house.store.write(lambda c: notices.claim(c, clock(), 9))

    head = message_from_bytes(letters.notice(house, claimed).data)

    leave = house.layout.unsubscribe(house.keys.sign("unsubscribe", Claim(1, 1)))
    assert head["List-Unsubscribe"].startswith(f"<{leave}>,")
    assert "<mailto:" in head["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == head["List-Unsubscribe-Post"]
    assert "<daily.example.org>" in head["List-ID"]


def test_a_link_of_a_newsletter_that_is_no_more_leads_nowhere(house: House, clock: Clock) -> None:  # H4
    begun(house, clock)
    mine, theirs, gone = (house.keys.sign("preferences", Claim(*each)) for each in ((1, 1), (7, 1), (1, 7)))

    assert [True, False, False, False] == [
        yearly.look(house, token) is not None for token in (mine, theirs, gone, "x")
    ]
    assert yearly.look(replace(house, newsletters={}), mine) is None
    assert timedelta(days=30) == yearly.ANSWER
