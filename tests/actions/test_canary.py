"""A few letters leave first; the others follow, or the edition is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from publisher.actions import canary as canaries
from publisher.actions import importing, stopping
from publisher.mail import canary as rules
from publisher.model.delivery import Reply, Stage, State
from publisher.model.digest import Release
from publisher.model.report import Kind
from publisher.model.stop import Stop
from publisher.store import approvals, ledger, waves
from publisher.store.tables import deliveries, editions, reports
from publisher.subscribers import imports
from tests.newsroom import SLOT, Desk, minutes

READERS = 100  # with Ann and Bob
GONE = (Stage.RCPT, Reply(550, "5.1.1 no such user"))
SPF = (Stage.RCPT, Reply(550, "5.7.23 SPF validation failed"))
GREY = (Stage.RCPT, Reply(450, "4.2.0 greylisted"))


def test_a_canary_is_a_share_of_the_letters_within_bounds() -> None:  # S9
    assert [0, 0, 0.05, 0.025, 0.01, 0.01] == [
        rules.share(0.01, readers) for readers in (0, 999, 1000, 2000, 5000, 10**6)
    ]
    assert [0, 0.3, 0.5] == [rules.share(wanted, 1000) for wanted in (0, 0.3, 0.9)]


@pytest.mark.parametrize("edition", [1, 2, 977])
@pytest.mark.parametrize("keys", [range(1, 10_001), range(7, 40_000, 4), range(1_000_000, 1_010_000)])
def test_it_is_picked_across_all_readers_anew_for_each_edition(edition: int, keys: range) -> None:  # S9
    first = [waves.is_first(key, edition, 0.01) for key in keys]

    assert 0.009 < sum(first) / len(first) < 0.011
    tenth = len(first) // 10
    assert all(sum(first[n * tenth : (n + 1) * tenth]) for n in range(10))
    assert first != [waves.is_first(key, edition + 1, 0.01) for key in keys]


def test_lateness_is_spread_evenly_in_steps() -> None:  # S9
    late = [waves.lateness(key, 1200) for key in range(1, 12_001)]

    assert {n * 10 for n in range(120)} == set(late)
    assert all(95 <= late.count(each) <= 105 for each in (0, 10, 600, 1190))
    assert {0} == {waves.lateness(key, 0) for key in range(1, 100)}


@pytest.fixture
def flock(make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A hundred readers, of whom two fifths have their letter first."""
    monkeypatch.setattr(rules, "FEW", 50)
    monkeypatch.setattr(rules, "LEAST", 40)
    desk = make_desk(approve="none")
    lines = [f"r{number}@d{number % 7}.example\n" for number in range(READERS - 2)]
    importing.import_rows(desk.house, imports.rows(lines), None, desk.clock(), confirmed=True, dry_run=False)
    desk.article(2)
    return desk


def first(desk: Desk) -> list[str]:
    """The addresses of the canary, once it is planned."""
    entries = desk.house.store.read(lambda c: ledger.listing(c, None, []))
    number = desk.edition().id
    return [each.address for each in entries if waves.is_first(each.subscriber, number, 0.4)]


def wave(desk: Desk) -> int:
    query = select(editions.c.wave).where(editions.c.id == desk.edition().id)
    return int(desk.house.store.read(lambda c: c.execute(query).scalar_one()))


def plan_only(desk: Desk) -> list[str]:
    """Plan with a relay that is down, so that nothing leaves; the canary."""
    desk.relay.down = "not yet"
    desk.at(SLOT)
    desk.relay.down = ""
    return first(desk)


def test_what_leaves_first_is_answered_before_the_rest_leaves(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    assert 35 <= len(some) <= 45
    flock.at(SLOT + minutes(1))

    got = [each for each in flock.relay.recipients() if each != "ed@example.org"]
    assert set(some) == set(got[: len(some)])
    assert READERS == len(set(got)) == len(got)


def answers(desk: Desk, addresses: list[str], answer: Any) -> None:
    desk.relay.answers |= dict.fromkeys(addresses, answer)


def test_too_many_addresses_that_are_gone_stop_it(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some[:3], GONE)
    flock.at(SLOT + minutes(1))

    stopped = flock.edition().stopped
    assert (Release.HELD, Stop.HARD) == (flock.edition().release, stopped and stopped.reason)
    assert set(some[3:]) == set(flock.relay.recipients())
    assert {"stopped"} == {kind for kind, _ in flock.notes()}


def test_who_releases_it_all_the_same_sends_the_rest(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some[:3], GONE)
    flock.at(SLOT + minutes(1))
    flock.decide("release")
    flock.at(SLOT + minutes(2))

    assert READERS - 3 == len(
        [each for each in set(flock.relay.recipients()) if each[0] == "r" or each[0] in "ab"]
    )
    assert Release.RELEASED is flock.edition().release


def test_a_few_that_are_gone_stop_nothing(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some[:2], GONE)
    flock.at(SLOT + minutes(1))

    assert (1, Release.RELEASED) == (wave(flock), flock.edition().release)


def test_too_many_refusals_of_us_stop_it_and_after_the_mend_it_goes_on(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some[:6], SPF)
    flock.at(SLOT + minutes(1))
    stopped = flock.edition().stopped
    assert stopped and (Stop.AUTHENTICATION, "550 5.7.23 SPF validation failed") == (
        stopped.reason,
        stopped.reply,
    )
    assert 0 == wave(flock)

    flock.relay.answers.clear()
    flock.decide("release")
    assert 0 == wave(flock)
    flock.at(SLOT + minutes(2))
    assert 1 == wave(flock)
    assert READERS == len({*flock.relay.recipients()} - {"ed@example.org", "eve@example.org"})


def test_after_a_release_without_a_mend_it_is_stopped_again(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some[:6], SPF)
    for minute in (1, 2):
        flock.at(SLOT + minutes(minute))
        assert Release.HELD is flock.edition().release
        flock.decide("release")

    assert 4 == len(flock.notes())


def test_letters_that_a_greylist_put_off_are_not_waited_for(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some, GREY)
    flock.at(SLOT + minutes(1))

    assert 1 == wave(flock)
    assert READERS - len(some) == len([each for each in flock.relay.recipients() if "@" in each])


def test_while_the_relay_is_down_nothing_is_decided(flock: Desk) -> None:  # S9
    plan_only(flock)
    looked = canaries.look(flock.house, SLOT + minutes(30))

    assert ((), ()) == (looked.opened, looked.stopped) and 0 == wave(flock)


def test_reports_that_come_by_mail_count_too(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    number = flock.edition().id

    def sent_and_reported(connection: Any) -> None:
        canary = (deliveries.c.edition == number) & (deliveries.c.wave == 0)
        connection.execute(update(deliveries).where(canary).values(state=State.SENT, code=250))
        keys = connection.execute(select(deliveries.c.subscriber).where(canary).limit(3)).scalars().all()
        for key in keys:
            row = {"mark": str(key), "edition": number, "subscriber": key, "kind": Kind.HARD, "at": SLOT}
            connection.execute(reports.insert(), row)

    flock.house.store.write(sent_and_reported)

    assert len(some) > 0 and ((), (number,)) == (
        (looked := canaries.look(flock.house, SLOT + minutes(1))).opened,
        looked.stopped,
    )


def reported(desk: Desk, kind: Kind, number: int) -> int:
    """All of the canary have left, and about so many a report came; the edition."""
    edition = desk.edition().id

    def write(connection: Any) -> None:
        canary = (deliveries.c.edition == edition) & (deliveries.c.wave == 0)
        connection.execute(update(deliveries).where(canary).values(state=State.SENT, code=250, at=SLOT))
        keys = connection.execute(select(deliveries.c.subscriber).where(canary).limit(number)).scalars().all()
        for key in keys:
            row = {"mark": str(key), "edition": edition, "subscriber": key, "kind": kind, "at": SLOT}
            connection.execute(reports.insert(), row)

    desk.house.store.write(write)
    return edition


def test_reports_from_before_a_release_stop_it_no_more(flock: Desk) -> None:  # S9
    plan_only(flock)
    reported(flock, Kind.US, 8)
    flock.at(SLOT + minutes(1))
    assert Release.HELD is flock.edition().release
    flock.decide("release")
    flock.at(SLOT + minutes(2))

    assert (1, Release.RELEASED) == (wave(flock), flock.edition().release)


def test_letters_that_a_greylist_put_off_before_are_tried_after_the_mend(flock: Desk) -> None:  # S9
    some = plan_only(flock)
    answers(flock, some[:6], GREY)
    flock.at(SLOT)
    answers(flock, some[:6], SPF)
    with_attempts = update(deliveries).where(deliveries.c.wave == 0, deliveries.c.state == State.QUEUED)
    flock.house.store.write(lambda c: c.execute(with_attempts.values(due=SLOT, attempts=1)))
    flock.house.store.write(lambda c: c.execute(update(editions).values(wave=0)))
    flock.at(SLOT + minutes(1))
    assert Release.HELD is flock.edition().release
    flock.relay.answers.clear()
    flock.decide("release")
    flock.at(SLOT + minutes(2))

    assert (1, Release.RELEASED) == (wave(flock), flock.edition().release)
    assert set(some) <= set(flock.relay.recipients())


@pytest.mark.parametrize("refused", ["resume", "let_go"])
def test_a_release_that_breaks_off_did_nothing(
    flock: Desk, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:  # S9
    plan_only(flock)
    reported(flock, Kind.HARD, 8)
    flock.at(SLOT + minutes(1))

    def breaks(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(approvals if refused == "resume" else waves, refused, breaks)
        flock.decide("release")

    stopped = flock.edition().stopped
    assert (Release.HELD, Stop.HARD) == (flock.edition().release, stopped and stopped.reason)


def test_what_was_released_in_spite_of_a_lasting_reason_is_opened(flock: Desk) -> None:  # S9
    plan_only(flock)
    number = reported(flock, Kind.HARD, 8)
    flock.at(SLOT + minutes(1))
    release = partial(approvals.set_release, edition=number, release=Release.RELEASED, before=Release.HELD)
    flock.house.store.write(release)

    assert (number,) == canaries.look(flock.house, SLOT + minutes(2)).opened
    assert 1 == wave(flock)


def test_one_letter_that_hangs_holds_nobody_up(flock: Desk) -> None:  # S9
    plan_only(flock)
    number = flock.edition().id

    def all_sent_but_two(connection: Any) -> None:
        canary = (deliveries.c.edition == number) & (deliveries.c.wave == 0)
        connection.execute(update(deliveries).where(canary).values(state=State.SENT, code=250))
        some = select(deliveries.c.id).where(canary).limit(2)
        connection.execute(update(deliveries).where(deliveries.c.id.in_(some)).values(state=State.SENDING))

    flock.house.store.write(all_sent_but_two)

    assert (number,) == canaries.look(flock.house, SLOT + minutes(1)).opened


@pytest.mark.parametrize("changes", [{"canary": "0%"}, {}])
def test_few_readers_or_none_wanted_no_canary(
    make_desk: Callable[..., Desk], changes: dict[str, Any]
) -> None:  # S9
    desk = make_desk(approve="none")
    desk.house = replace(desk.house, mail=replace(desk.house.mail, **changes))
    desk.article(2)
    desk.at(SLOT)

    assert 1 == wave(desk) and 2 == len(desk.relay.got)


def test_with_a_spread_letters_leave_at_moments_of_their_own(flock: Desk) -> None:  # S9
    flock.house = replace(flock.house, mail=replace(flock.house.mail, canary="0%", spread="20m"))
    got = []
    for minute in range(0, 21, 5):
        flock.at(SLOT + minutes(minute))
        got.append(len(flock.relay.got))

    assert [READERS * n // 4 for n in range(5)] == pytest.approx(got, abs=4)
    assert READERS == got[-1]


def test_the_canary_and_what_is_sent_at_once_are_not_late(flock: Desk) -> None:  # S9
    flock.house = replace(flock.house, mail=replace(flock.house.mail, spread="20m"))
    some = plan_only(flock)
    flock.at(SLOT + minutes(0.5))

    assert set(some) <= set(flock.relay.recipients())
    assert len(flock.relay.got) < READERS * 0.6


def test_a_stop_by_hand_of_the_machine_leaves_the_canary_as_it_was(flock: Desk) -> None:  # S9
    plan_only(flock)
    stopping.stop(flock.house, flock.edition().id, Stop.PTR, flock.clock())
    flock.decide("release")

    assert 0 == wave(flock)
