"""Who goes gets nothing more, and nobody makes us write to them by a link that they passed on."""

from collections import Counter
from dataclasses import replace
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select

from publisher.actions import leaving, letters, readers
from publisher.actions.house import House
from publisher.model.delivery import State, Verdict
from publisher.model.digest import Content
from publisher.model.people import Reach, Said, Wish
from publisher.store import consents, notices, people, tables
from publisher.subscribers.tokens import Claim
from tests.conftest import DAILY, Clock
from tests.outbox import leaves

BODY = Content("subject", "<p>html</p>", "text", "ar", "rtl")


def outbox(house: House) -> list[tuple[str, State]]:
    query = select(*tables.notices.c["kind", "key", "state"]).order_by(tables.notices.c.id)
    rows = house.store.read(lambda c: c.execute(query).all())
    return [(f"{row.kind} {row.key}", State(row.state)) for row in rows]


@pytest.fixture
def waiting(house: House, clock: Clock) -> House:
    """Two newsletters, twelve readers of both, and letters to the first and the twelfth."""
    both = replace(house, newsletters={"daily": DAILY, "weekly": replace(DAILY, name="weekly")})
    for n in range(1, 13):
        readers.add(both, f"r{n}@example.org", None, clock(), confirmed=True)

    def write(connection: Any) -> None:
        for kind, key in (
            ("welcome", "1:1:9"),
            ("yearly", "1:1:9:ends"),
            ("welcome", "1:2:9"),
            ("goodbye", "1:1:9"),
            ("welcome", "12:1:9"),
        ):
            to, until = f"r{key.partition(':')[0]}@example.org", clock().replace(year=2030)
            notices.add(connection, kind, key, [to], BODY, clock(), until)

    house.store.write(write)
    return both


GONE = [("welcome 1:1:9", State.CANCELLED), ("yearly 1:1:9:ends", State.CANCELLED)]
QUEUED = State.QUEUED


def test_who_leaves_is_neither_welcomed_nor_asked(waiting: House, clock: Clock) -> None:  # H2 L9
    waiting.store.write(lambda c: leaving.leave(c, Claim(1, 1), clock()))

    others = [("welcome 1:2:9", QUEUED), ("goodbye 1:1:9", QUEUED), ("welcome 12:1:9", QUEUED)]
    assert GONE + others == outbox(waiting)
    assert 3 == len(leaves(waiting.store, clock()))


@pytest.mark.parametrize("reach", [each for each in Reach if each is not Reach.REACHABLE])
def test_who_cannot_be_reached_is_neither(waiting: House, reach: Reach) -> None:  # L1 H2
    waiting.store.write(lambda c: people.set_reach(c, 1, reach))

    others = [("goodbye 1:1:9", QUEUED), ("welcome 12:1:9", QUEUED)]
    assert [*GONE, ("welcome 1:2:9", State.CANCELLED), *others] == outbox(waiting)


def test_a_letter_that_is_claimed_already_does_not_leave_either(
    waiting: House, clock: Clock
) -> None:  # H2 S1
    claimed = waiting.store.write(lambda c: notices.claim(c, clock(), 9))
    waiting.store.write(lambda c: leaving.leave(c, Claim(1, 1), clock()))

    begin = [each.id for each in claimed]
    assert {1, 2} == waiting.store.write(lambda c: notices.begin(c, begin, clock()))
    with pytest.raises(ValueError, match="nobody wants it"):
        letters.notice(waiting, claimed[0])
    later = Verdict(QUEUED, clock(), True, 451, "later")
    waiting.store.write(lambda c: notices.settle(c, [(claimed[0], later)], clock()))
    assert GONE == outbox(waiting)[:2]
    assert [State.SENDING] * 3 == [state for _, state in outbox(waiting)[2:]]


def test_who_was_forwarded_a_letter_cannot_flood_its_reader(house: House, clock: Clock) -> None:  # L5 L3
    polite = replace(house, mail=replace(house.mail, goodbye=True))
    readers.add(polite, "r1@example.org", None, clock(), confirmed=True)
    token = polite.keys.sign("unsubscribe", Claim(1, 1))

    def rounds(number: int) -> Counter[Said]:
        for _ in range(number):
            for turn in ("leave", "undo"):
                clock.forward(seconds=1)
                found = leaving.who_leaves(polite, token, clock())
                assert found
                if turn == "leave":
                    leaving.go(polite, found, clock(), everything=True, ip="")
                else:
                    leaving.undo(polite, found, clock(), ip="")
        return Counter(each.event for each in polite.store.read(lambda c: consents.of(c, 1)))

    assert {Said.VOUCHED: 1, Said.LEFT: 4, Said.RETURNED: 3} == rounds(20)
    assert 1 == len(outbox(polite))
    found = leaving.who_leaves(polite, token, clock())
    assert found and (True, False) == (found.ended, found.back)
    assert {1: Wish.ENDED} == polite.store.read(lambda c: people.wishes(c, [1], 1))

    clock.forward(hours=24, seconds=-37)  # the day of the first return is over, not that of the leaving
    found = leaving.who_leaves(polite, token, clock())
    assert found and found.back


def test_letters_to_who_gets_a_newsletter_are_left_as_it_is(waiting: House, clock: Clock) -> None:  # H1 H6
    claimed = waiting.store.write(lambda c: notices.claim(c, clock(), 9))
    heads = [message_from_bytes(letters.notice(waiting, each).data) for each in claimed]

    def leave(number: int, newsletter: int) -> str:
        return waiting.layout.unsubscribe(waiting.keys.sign("unsubscribe", Claim(number, newsletter)))

    assert [leave(1, 1), leave(1, 1), leave(1, 2), None, leave(12, 1)] == [
        head["List-Unsubscribe"] and head["List-Unsubscribe"].partition(">")[0][1:] for head in heads
    ]
    lists = ["daily", "daily", "weekly", None, "daily"]
    assert lists == [
        head["List-ID"] and head["List-ID"].rpartition("<")[2].partition(".")[0] for head in heads
    ]
