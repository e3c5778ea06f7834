"""What may leave: relays in order, rates, domains that refuse us, editions that go wrong."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail import rates
from publisher.mail.domains import DomainLimits
from publisher.mail.gate import Gate, Halt, Limits, Paused, Route, Unsaved, domain
from publisher.mail.health import Broken, Mended
from publisher.model.delivery import Delivery, Reply, Stage
from publisher.model.stop import Stop

NOW = 1_795_910_400.0
A, B = "smtp://a:25", "smtp://b:25"
SENT = (Stage.CONTENT, Reply(250, "2.0.0 ok"))
SPF = (Stage.RCPT, Reply(550, "5.7.23 SPF validation failed"))
GONE = (Stage.RCPT, Reply(550, "5.1.1 no such user"))


def letter(number: int, where: str = "example.org", edition: int = 1) -> Delivery:
    return Delivery(number, edition, 1, number, f"r{number}@{where}", 0, datetime(2026, 12, 1, tzinfo=UTC))


def gate(*relays: str, **limits: Any) -> Gate:
    return Gate(Limits(relays or (A,), limits.pop("connections", 4), **limits))


def answer(
    found: Gate, number: int, where: str, reply: tuple[Stage, Reply], now: float = NOW, edition: int = 1
) -> list[Any]:
    one = letter(number, where, edition)
    assert 0 == found.take(A, one, now)
    return found.heard(A, one, *reply, now)


def dies(found: Gate, relay: str, now: float) -> list[Any]:
    found.opening(relay, now)
    return found.failed(relay, Reply(0, "refused"), now)


def test_a_connection_goes_to_the_first_relay_and_to_the_next_while_that_is_broken() -> None:  # S5
    found = gate(A, B)
    assert Route(A) == found.route(NOW)
    assert isinstance([*dies(found, A, NOW), *dies(found, A, NOW), *dies(found, A, NOW)][0], Broken)
    assert Route(B) == found.route(NOW)
    found.opening(B, NOW)
    found.opened(B)
    assert found.stays(B, 3, NOW + 4)

    # One of two comes back to try the first; when that works, all do.
    assert [False, True] == [found.stays(B, 3, NOW + 5), found.stays(B, 3, NOW + 5)]
    assert Route(A) == found.route(NOW + 5)
    found.opening(A, NOW + 5)
    found.opened(A)
    assert Route(B) == found.route(NOW + 5)
    assert found.take(A, letter(1), NOW + 5) == 0
    assert [Mended(A)] == found.heard(A, letter(1), *GONE, NOW + 5)
    assert not found.stays(B, 3, NOW + 6)
    assert Route(A) == found.route(NOW + 6)


def test_where_no_relay_can_be_used_it_says_when_and_why() -> None:  # S5
    found = gate(A, B)
    for relay in (A, B, A, B, A, B):
        dies(found, relay, NOW)

    assert Route("", 5.0, "no reply: refused", down=True) == found.route(NOW)


def test_a_relay_whose_quota_is_used_up_leaves_the_rest_to_the_next() -> None:  # S5
    found = gate(A, B, rates=rates.tightest(["3/h"]))
    for number in range(3):
        assert 0 == found.take(A, letter(number), NOW)
    assert found.take(A, letter(3), NOW) > 3000
    assert found.pause(A, NOW) > 3000
    assert Route(B) == found.route(NOW)
    for number in range(3):
        assert 0 == found.take(B, letter(number), NOW)

    assert "its rate is used up" == found.route(NOW).why


def test_a_pace_is_waited_for_and_not_fled_from() -> None:  # S5
    found = gate(A, B, rates=rates.tightest(["2/s"]))
    found.take(A, letter(1), NOW)

    assert 0.4 < found.take(A, letter(2), NOW) < 0.5
    assert Route(A) == found.route(NOW)


def test_a_connection_ends_at_the_limit_of_letters() -> None:  # S5
    found = gate(letters=100)

    assert [True, False] == [found.stays(A, 99, NOW), found.stays(A, 100, NOW)]


def test_the_limit_that_was_learnt_ends_it_too_and_outlives_the_process() -> None:  # S3
    found = gate(letters=100)
    for _ in range(3):
        found.opening(A, NOW)
        found.opened(A)
        found.closed(A, 5, Reply(421, "bye"), NOW)
    assert [True, False] == [found.stays(A, 4, NOW), found.stays(A, 5, NOW)]
    unsaved = found.unsaved(NOW)
    assert unsaved
    again = Gate(Limits((A,), 4, letters=100), saved=unsaved.buckets, learnt=unsaved.relays)

    assert [True, False] == [again.stays(A, 4, NOW), again.stays(A, 5, NOW)]
    assert None is found.unsaved(NOW + 10)


def test_a_domain_at_its_rate_holds_up_nobody_else() -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(rates.tightest(["2/min"]))})
    first = [found.take(A, letter(number, "GMail.com"), NOW) for number in range(3)]

    assert [0, True] == [first[0], first[2] > 0]
    assert 0 == found.take(A, letter(9, "example.org"), NOW)


def test_letters_that_are_put_off_get_times_one_after_another() -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(rates.tightest(["60/min"]))})
    while not found.take(A, letter(1, "gmail.com"), NOW):
        pass
    times = [found.when(letter(number, "gmail.com"), NOW) for number in range(120)]

    assert sorted(times) == times and NOW < times[0]
    assert 117 <= times[-1] - NOW <= 122
    late = [found.take(A, letter(number, "gmail.com"), at) for number, at in enumerate(times)]
    assert max(late) < 0.001


def test_a_letter_whose_turn_is_near_keeps_it() -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(rates.tightest(["20/s"]))})
    assert 0 == found.take(A, letter(0, "gmail.com"), NOW)
    waits = [found.turn(letter(number, "gmail.com"), NOW) or 0 for number in range(1, 101)]

    assert pytest.approx([number / 20 - 0.02 for number in range(1, 101)], abs=1e-3) == waits
    assert None is found.turn(letter(101, "gmail.com"), NOW)
    assert found.take(A, letter(101, "gmail.com"), NOW) > 0
    assert not any(found.take(A, letter(n, "gmail.com"), NOW + waits[n - 1] + 1e-6) for n in range(1, 101))


def test_turns_that_were_slept_through_do_not_leave_at_once() -> None:  # S5
    found, left = gate(domains={"gmail.com": DomainLimits(rates.tightest(["20/s"]))}), list[float]()
    assert 0 == found.take(A, letter(0, "gmail.com"), NOW)
    for number in range(1, 61):
        found.turn(letter(number, "gmail.com"), NOW)
    waiting, at = list(range(1, 61)), NOW + 2  # the machine stood still meanwhile
    while waiting:
        wait = found.take(A, letter(waiting[0], "gmail.com"), at)
        if wait:
            at += wait + 1e-6
        else:
            left.append(at)
            del waiting[0]

    assert max(bisect_left(left, each + 1.0) - n for n, each in enumerate(left)) <= 20 * 1.02 + 1
    assert left[-1] - left[0] < 60 / 20


def test_a_turn_that_is_given_back_is_nobodys() -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(rates.tightest(["1/s"]))})
    found.take(A, letter(0, "gmail.com"), NOW)
    assert found.turn(letter(1, "gmail.com"), NOW)
    found.returned(letter(1, "gmail.com"), NOW)

    assert found.take(A, letter(1, "gmail.com"), NOW + 0.99)


@given(
    st.lists(st.sampled_from(["20/s", "60/min", "100/h", "300/day"]), min_size=1, max_size=2),
    st.integers(1, 250),
)
def test_who_is_put_off_once_is_not_put_off_twice(written: list[str], number: int) -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(rates.tightest(written))})
    waiting = [each for each in range(number) if found.take(A, letter(each, "gmail.com"), NOW)]
    times = [found.when(letter(each, "gmail.com"), NOW) for each in waiting]

    assert all(
        found.take(A, letter(each, "gmail.com"), at) < 0.001 for each, at in zip(waiting, times, strict=True)
    )


def test_so_many_letters_to_a_domain_are_on_their_way_at_once() -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(connections=2)})
    assert [0, 0, 0.5] == [found.take(A, letter(number, "gmail.com"), NOW) for number in range(3)]
    found.heard(A, letter(0, "gmail.com"), *SENT, NOW)
    first, second = (found.take(A, letter(number, "gmail.com"), NOW) for number in (3, 4))
    assert 0 == first < second
    found.returned(letter(1, "gmail.com"), NOW, A)

    assert 0 == found.take(A, letter(4, "gmail.com"), NOW)
    assert NOW < found.when(letter(5, "gmail.com"), NOW) < found.when(letter(6, "gmail.com"), NOW)


def test_a_domain_that_refuses_us_is_left_alone_longer_each_time() -> None:  # S3
    found = gate()
    actions = [answer(found, number, "gmail.com", SPF, edition=0) for number in range(5)]
    assert [[], [], [], []] == actions[:4]
    assert [Paused("gmail.com", "550 5.7.23 SPF validation failed", 900.0)] == actions[4]
    assert 900 == found.take(A, letter(9, "gmail.com"), NOW)
    assert 0 == found.take(A, letter(9, "example.org"), NOW)

    # One letter tries; the others wait for what becomes of it.
    now = NOW + 900
    one = letter(10, "gmail.com", edition=0)
    assert [0, 1] == [found.take(A, one, now), found.take(A, letter(11, "gmail.com"), now)]
    (again,) = found.heard(A, one, *SPF, now)
    assert isinstance(again, Paused)
    assert Paused("gmail.com", again.reply, 3600.0) == again
    assert 0 == found.take(A, one, now + 3600)
    assert [] == found.heard(A, one, *SENT, now + 3600)
    assert [0, 0] == [found.take(A, letter(number, "gmail.com"), now + 3600) for number in (12, 13)]


def test_what_a_domain_says_of_its_readers_pauses_nothing() -> None:  # S3
    found = gate()

    assert [] == [action for number in range(40) for action in answer(found, number, "gmail.com", GONE)]


def test_letters_that_were_on_their_way_to_a_paused_domain_change_nothing() -> None:  # S3
    found = gate()
    for number in range(8):
        found.take(A, letter(number, "gmail.com"), NOW)
    actions = [
        action for number in range(8) for action in found.heard(A, letter(number, "gmail.com"), *SPF, NOW)
    ]

    assert [900.0] == [each.seconds for each in actions if isinstance(each, Paused)]


def test_put_off_letters_of_a_paused_domain_come_when_it_is_tried_again() -> None:  # S3
    found = gate()
    for number in range(5):
        answer(found, number, "gmail.com", SPF)

    assert NOW + 900 == found.when(letter(9, "gmail.com"), NOW)


def test_an_edition_that_several_domains_refuse_is_stopped_with_the_reason() -> None:  # S3
    found, halts = gate(), list[Halt]()
    for number in range(50):
        where = f"{'abcdef'[number % 6]}.example"
        reply = SPF if number % 6 in (1, 3) and number < 24 else SENT
        halts += [each for each in answer(found, number, where, reply) if isinstance(each, Halt)]

    assert [Halt(1, Stop.AUTHENTICATION, "550 5.7.23 SPF validation failed")] == halts


def test_one_domain_alone_stops_no_edition() -> None:  # S3
    found, seen = gate(), Counter[str]()
    for number in range(40):
        where, reply = ("gmail.com", SPF) if number % 2 else (f"d{number}.example", SENT)
        one = letter(number, where)
        if not found.take(A, one, NOW):
            seen.update(type(each).__name__ for each in found.heard(A, one, *reply, NOW))

    assert Counter(Paused=1) == seen


def test_but_where_all_readers_are_there_it_does() -> None:  # S3
    found = gate()
    for number in range(8):
        found.take(A, letter(number), NOW)
    actions = [action for number in range(8) for action in found.heard(A, letter(number), *SPF, NOW)]

    assert [Stop.AUTHENTICATION] == [each.reason for each in actions if isinstance(each, Halt)]


def test_a_relay_that_wants_a_login_stops_the_edition_and_no_domain() -> None:  # S3
    found = gate()
    actions = [
        answer(found, number, f"d{number % 2}.example", (Stage.MAIL, Reply(530, "5.7.0 log in first")))
        for number in range(6)
    ]

    assert [[]] * 5 + [[Halt(1, Stop.LOGIN, "530 5.7.0 log in first")]] == actions


def test_ten_percent_are_not_yet_too_many() -> None:  # S3
    found = gate()
    actions = [
        action
        for number in range(500)
        for action in answer(found, number, f"d{number}.example", SPF if number % 10 == 0 else SENT)
    ]

    assert [] == actions


REFUSED = (Stage.CONTENT, Reply(554, "message content rejected"))


def test_twenty_refusals_of_the_letter_in_a_row_stop_the_edition() -> None:  # S3
    found = gate()
    actions = [answer(found, number, f"d{number}.example", REFUSED) for number in range(20)]

    assert [[]] * 19 + [[Halt(1, Stop.CONTENT, "554 message content rejected")]] == actions


def test_who_takes_the_letter_begins_the_row_anew() -> None:  # S3
    found = gate()
    replies = [REFUSED] * 19 + [SENT] + [REFUSED] * 19 + [GONE]

    assert [] == [
        each for n, reply in enumerate(replies) for each in answer(found, n, f"d{n}.example", reply)
    ]


def test_editions_are_watched_apart_and_notices_not_at_all() -> None:  # S3
    found = gate()
    actions = [
        action
        for number in range(120)
        for action in answer(found, number, f"d{number}.example", REFUSED, edition=number % 10)
    ]

    assert [] == actions
    assert [] == [action for n in range(60) for action in answer(found, n, f"d{n}.example", SPF, edition=0)]


def test_nothing_is_remembered_of_domains_that_are_well() -> None:  # S3
    found = gate()
    for number in range(200):
        answer(found, number, f"d{number}.example", SPF, edition=0)
        for _ in range(10):
            answer(found, number, f"d{number}.example", SENT, edition=0)

    assert {} == found._domains


def test_of_many_domains_that_refused_one_letter_few_are_remembered() -> None:  # S3
    found = gate(domains={"gmail.com": DomainLimits(connections=2)})
    answer(found, 0, "gmail.com", SPF, edition=0)
    for number in range(1500):
        answer(found, number, f"d{number}.example", SPF, edition=0)

    assert 1001 == len(found._domains) and "gmail.com" in found._domains


def test_refusals_of_another_day_count_no_more() -> None:  # S3
    found = gate()
    days = [answer(found, n, "gmail.com", SPF, NOW + n * 86400, edition=0) for n in range(20)]

    assert [[]] * 20 == days


def test_a_clock_that_is_put_back_makes_no_pause_longer() -> None:  # S3
    found = gate()
    for number in range(5):
        answer(found, number, "gmail.com", SPF, edition=0)
    before = NOW - 3 * 3600

    assert [900, 0] == [found.take(A, letter(9, "gmail.com"), at) for at in (before, before + 900)]


def test_what_never_left_uses_no_quota_up() -> None:  # S5
    limit = rates.tightest(["3/h"])
    found = gate(rates=limit, domains={"gmail.com": DomainLimits(limit)})
    for number in range(50):
        assert 0 == found.take(A, letter(number, "gmail.com"), NOW + number)
        found.returned(letter(number, "gmail.com"), NOW + number, A)
    for number in range(3):
        assert 0 == found.take(A, letter(number, "gmail.com"), NOW + 60)
    assert found.take(A, letter(9, "gmail.com"), NOW + 60) > 3000
    unsaved = found.unsaved(NOW + 60)
    assert unsaved
    again = Gate(Limits((A,), 4, limit), saved=unsaved.buckets)

    assert again.take(A, letter(9), NOW + 60) > 3000


def test_turns_of_letters_that_do_not_come_are_forgotten() -> None:  # S5
    found = gate(domains={"gmail.com": DomainLimits(rates.tightest(["20/s"]))})
    for minute in range(0, 60, 2):
        found.take(A, letter(0, "gmail.com"), NOW + minute * 60)
        for number in range(1, 100):
            found.turn(letter(minute * 100 + number, "gmail.com"), NOW + minute * 60)

    assert len(found._domains["gmail.com"]._turns) < 100


def test_many_connections_that_end_over_their_first_letter_are_the_relays_fault_after_all() -> None:  # S3
    found, changes = gate(), list[Any]()
    for number in range(10):
        one = letter(number, f"d{number}.example")
        found.opening(A, NOW)
        found.opened(A)
        assert 0 == found.take(A, one, NOW)
        assert [] == found.heard(A, one, Stage.RCPT, Reply(0, "dropped"), NOW)
        changes.append(found.closed(A, 0, Reply(0, "dropped"), NOW, one))

    assert [[]] * 9 + [[Broken(A, "no reply: dropped", 5.0)]] == changes
    assert 5 == found.route(NOW).wait


@pytest.mark.parametrize("every, most", [(1, 1), (100, 100)])
def test_what_is_used_up_is_saved_before_more_than_a_hundredth_is_lost(every: int, most: int) -> None:  # S5
    found = gate(rates=rates.tightest([f"{every * 100}/h"]))
    found.take(A, letter(0), NOW)
    saved = found.unsaved(NOW)
    assert saved
    lost = 0
    for number in range(every * 50):
        found.take(A, letter(number), NOW + 0.1)
        lost += 1
        if found.unsaved(NOW + 0.1):
            lost = 0
        assert lost < most


def test_after_a_restart_domains_and_relays_go_on_where_they_were() -> None:  # S5
    limits = Limits(
        (A,), 4, rates.tightest(["10/h"]), domains={"gmail.com": DomainLimits(rates.tightest(["2/h"]))}
    )
    found = Gate(limits)
    for number in range(2):
        assert 0 == found.take(A, letter(number, "gmail.com"), NOW)
    unsaved = found.unsaved(NOW)
    assert unsaved and {f"relay {A}", "domain gmail.com"} == set(unsaved.buckets)
    again = Gate(limits, saved=unsaved.buckets)

    assert again.take(A, letter(9, "gmail.com"), NOW + 5) > 3000
    assert 8 == sum(not again.take(A, letter(number), NOW + 5) for number in range(20))


def test_without_rates_there_is_nothing_to_save() -> None:  # S5
    found = gate()
    found.take(A, letter(1), NOW)

    assert None is found.unsaved(NOW)
    assert isinstance(gate(rates=rates.tightest(["9/s"])).unsaved(NOW), Unsaved | None)


@pytest.mark.parametrize(
    "address, name",
    [("a@Example.ORG", "example.org"), ("a@مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"), ("a@\ud800", "\ud800")],
)
def test_a_domain_is_known_by_its_ascii_form(address: str, name: str) -> None:  # S5
    assert name == domain(address)


def test_a_notice_and_a_letter_of_one_number_are_two() -> None:  # S5
    found = gate(domains={"example.org": DomainLimits(connections=1)})
    notice = letter(7, edition=0)

    assert 0 == found.take(A, letter(7, edition=3), NOW)
    found.returned(notice, NOW)

    assert found.take(A, notice, NOW) > 0  # the letter is still on its way
