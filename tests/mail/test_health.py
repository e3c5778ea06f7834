"""Whether a relay can be used, and how much it takes, as its answers tell."""

import random

import pytest

from publisher.mail.health import Broken, Health, Limited, Mended
from publisher.model.delivery import Reply
from publisher.model.relay import Learnt

NOW = 1_795_910_400.0
DEAD = Reply(0, "connection refused")


def fails(health: Health, now: float, reply: Reply = DEAD) -> list[object]:
    health.opening(now)
    return [*health.failed(reply, now)]


def opens(health: Health) -> None:
    health.opening(NOW)
    health.opened()


def ends(health: Health, carried: int, reply: Reply, now: float = NOW) -> list[object]:
    health.opening(now)
    health.opened()
    if carried:
        health.worked()
    return [*health.closed(carried, reply, now)]


@pytest.fixture
def health() -> Health:
    return Health("smtp://a:25", 10)


def test_after_three_failures_a_relay_is_left_alone_longer_and_longer(health: Health) -> None:  # S3
    assert [] == fails(health, NOW) + fails(health, NOW)
    assert [Broken("smtp://a:25", "no reply: connection refused", 5.0)] == fails(health, NOW)
    now, waits = NOW, list[float]()
    for _ in range(6):
        waits.append(health.rest(now))
        now += waits[-1]
        assert 0 == health.rest(now)
        fails(health, now)

    assert [5, 15, 60, 300, 300, 300] == waits


def test_one_connection_tries_it_and_the_others_wait_for_what_comes_of_it(health: Health) -> None:  # S3
    for _ in range(3):
        fails(health, NOW)
    health.opening(NOW + 5)
    assert 0 < health.rest(NOW + 5) <= 1

    assert [Mended("smtp://a:25")] == health.worked()
    assert 0 == health.rest(NOW + 5)


def test_a_trial_that_nobody_hears_of_is_forgotten(health: Health) -> None:  # S3
    for _ in range(3):
        fails(health, NOW)
    health.opening(NOW + 5)

    assert 0 == health.rest(NOW + 5 + 120)


def test_connections_that_were_on_their_way_when_it_broke_make_nothing_worse(health: Health) -> None:  # S3
    for _ in range(8):
        health.opening(NOW)
    changes = [change for _ in range(8) for change in health.failed(DEAD, NOW)]

    assert 1 == len(changes) and 5 == health.rest(NOW)


def test_a_relay_that_greets_and_then_takes_nothing_is_left_alone_too(health: Health) -> None:  # S3
    for _ in range(2):
        assert [] == ends(health, 0, Reply(421, "4.3.2 not now"))

    assert isinstance(ends(health, 0, Reply(421, "4.3.2 not now"))[0], Broken)


@pytest.mark.parametrize("reply", [Reply(421, "4.7.0 bye"), Reply(0, "connection lost")])
def test_letters_on_a_connection_are_learnt_when_three_end_alike(health: Health, reply: Reply) -> None:  # S3
    assert [] == ends(health, 5, reply) + ends(health, 5, reply)
    assert None is health.letters(NOW)
    assert [Limited("smtp://a:25", 5, None)] == ends(health, 5, reply)

    assert 5 == health.letters(NOW)


def test_connections_that_end_anywhere_teach_nothing(health: Health) -> None:  # S3
    for carried in (13, 4, 88, 9):
        assert [] == ends(health, carried, Reply(421, "4.3.2 shutting down"))

    assert None is health.letters(NOW)


@pytest.mark.parametrize("seed", range(20))
def test_a_bad_line_teaches_nothing(seed: int, health: Health) -> None:  # S3
    """One letter in a hundred breaks its connection, one connection in fifty is refused."""
    chance, carried = random.Random(seed), dict[int, int]()
    for _ in range(10_000):
        if len(carried) < 10:
            health.opening(NOW)
            if chance.random() < 0.02:
                health.failed(Reply(421, "4.3.0 not now"), NOW)
            else:
                health.opened()
                carried[max(carried, default=0) + 1] = 0
            continue
        each = chance.choice(list(carried))
        carried[each] += 1
        health.worked()
        health.carries(carried[each])
        if chance.random() < 0.01:
            health.closed(carried.pop(each), Reply(0, "connection lost"), NOW)

    assert Learnt() == health.learnt


@pytest.mark.parametrize(
    "text", ["4.7.0 Too many messages in this connection", "4.5.0 5 messages per session"]
)
def test_who_says_so_is_believed_at_once(health: Health, text: str) -> None:  # S3
    ends(health, 7, Reply(421, text))

    assert 7 == health.letters(NOW)


def test_what_was_learnt_is_tried_again_later(health: Health) -> None:  # S3
    for _ in range(3):
        ends(health, 5, DEAD)
    assert [5, 10, 20] == [health.letters(NOW + minutes * 60) for minutes in (9, 10, 20)]
    ends(health, 5, Reply(421, ""), NOW + 1201)

    assert 5 == health.letters(NOW + 1202)
    assert None is [health.letters(NOW + minutes * 60) for minutes in range(0, 200, 10)][-1]


def test_a_refusal_beside_other_connections_teaches_how_many_it_takes(health: Health) -> None:  # S3
    for _ in range(3):
        opens(health)
    assert [Limited("smtp://a:25", None, 3)] == fails(health, NOW, Reply(421, "4.7.0 Too many connections"))
    assert not health.has_room(NOW)
    health.closed(1, None, NOW)
    assert health.has_room(NOW)
    opens(health)

    assert [False, False, True] == [health.has_room(NOW + minutes * 60) for minutes in (0, 9, 10)]
    assert 0 == health.rest(NOW)


def test_a_refusal_that_does_not_say_why_teaches_when_it_comes_again(health: Health) -> None:  # S3
    for _ in range(3):
        opens(health)
    for _ in range(2):
        fails(health, NOW, Reply(451, "try later"))
        assert health.has_room(NOW)
    fails(health, NOW, Reply(451, "try later"))

    assert not health.has_room(NOW)


def test_never_more_connections_than_the_configuration_allows(health: Health) -> None:  # S5
    for _ in range(10):
        assert health.has_room(NOW)
        health.opening(NOW)

    assert not health.has_room(NOW)


def test_what_was_learnt_before_is_known(health: Health) -> None:  # S3
    for _ in range(3):
        ends(health, 5, DEAD)
    after = Health("smtp://a:25", 10, health.learnt)

    assert (5, Learnt(5, None, health.learnt.changed)) == (after.letters(NOW), after.learnt)


@pytest.mark.parametrize("step", [-7200.0, 7200.0])
def test_a_clock_that_is_put_right_keeps_nobody_waiting(health: Health, step: float) -> None:  # S3 X8
    for _ in range(3):
        fails(health, NOW)

    assert health.rest(NOW + step) <= 300


def test_connections_that_are_refused_together_teach_nothing(health: Health) -> None:  # S3
    for _ in range(3):
        health.opening(NOW)
    changes = [change for _ in range(3) for change in health.failed(Reply(421, "4.3.2 busy"), NOW)]

    assert [Broken] == [type(change) for change in changes]
    assert None is health.learnt.connections
