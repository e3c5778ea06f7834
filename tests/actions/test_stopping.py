"""An edition that goes wrong is held by us; its editors are told why, and decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.actions import stopping
from publisher.model.delivery import Reply, Stage, State
from publisher.model.digest import Release
from publisher.model.stop import SAID, Stop, Stopped
from publisher.store import editions, ledger
from publisher.text.words import LANGUAGES, words
from publisher.verbs.reading import edition_row
from tests.newsroom import ANN, BOB, ED, EVE, SLOT, Desk, minutes, parsed

REPLY = "550 5.7.25 no PTR record for 192.0.2.7"
REFUSED = (Stage.RCPT, Reply(550, "5.7.25 no PTR record for 192.0.2.7"))


@pytest.fixture
def begun(make_desk: Callable[..., Desk]) -> Desk:
    """Ann has her letter; Bob's was put off at nobody's charge."""
    desk = make_desk(approve="none")
    desk.article(2)
    desk.relay.answers = {BOB: REFUSED}
    desk.at(SLOT)
    return desk


def stop(desk: Desk, reason: Stop = Stop.PTR, reply: str = REPLY) -> bool:
    return stopping.stop(desk.house, desk.edition().id, reason, desk.clock(), reply=reply)


def test_what_is_stopped_is_held_and_says_why(begun: Desk) -> None:  # S3
    assert stop(begun)
    assert (Release.HELD, Stopped(Stop.PTR, REPLY)) == (begun.edition().release, begun.edition().stopped)
    ((edition, counts),) = begun.house.store.read(lambda c: editions.listing(c, None))
    assert f"ptr: {REPLY}" == edition_row(edition, counts)["stopped"]
    begun.relay.answers = {}
    begun.at(SLOT + minutes(70))

    assert Counter({ANN: 1}) == begun.got(ANN, BOB)


def test_the_editors_are_told_once_with_the_mend_and_the_answer(begun: Desk) -> None:  # S3
    stop(begun)
    assert not stop(begun)
    begun.at(SLOT + minutes(1))

    assert [("stopped", ED), ("stopped", EVE)] == begun.notes()
    message = parsed(next(each for each in begun.relay.got if each.recipient == ED))
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "إيقاف الإرسال" in message["Subject"] and "خبر 2" in message["Subject"]
    assert "الاسم العكسي" in text and f"\nPTR: {REPLY}\n" in text.replace("\r", "").replace("\u200e", "")
    assert 'dir="ltr"' in html[: html.index(REPLY)].rpartition("<p")[2]


def test_without_editors_the_address_that_letters_come_from_is_told(begun: Desk) -> None:  # S3
    begun.house = replace(begun.house, mail=replace(begun.house.mail, editors=()))
    stop(begun)
    (row,) = begun.notes()

    assert "stopped" == row[0] and row[1] in begun.house.mail.sender


def test_a_release_clears_it_and_sends_at_once_what_nobody_was_charged_for(begun: Desk) -> None:  # S3
    stop(begun)
    begun.relay.answers = {}
    begun.at(SLOT + minutes(2))
    assert begun.decide("release")
    assert None is begun.edition().stopped
    begun.at(SLOT + minutes(2))

    assert Counter({ANN: 1, BOB: 1}) == begun.got(ANN, BOB)


def test_what_a_reader_was_charged_for_keeps_its_time(begun: Desk) -> None:  # S3
    begun.decide("hold")
    begun.decide("release")
    stop(begun)
    ((late,),) = [begun.house.store.read(lambda c: ledger.listing(c, None, [State.QUEUED]))]
    assert (BOB, 0) == (late.address, late.attempts)
    begun.relay.answers = {BOB: (Stage.RCPT, Reply(451, "4.3.0 later"))}
    begun.decide("release")
    begun.at(SLOT + minutes(1))
    stop(begun)
    begun.relay.answers = {}
    begun.decide("release")
    begun.at(SLOT + minutes(2))
    assert Counter({ANN: 1}) == begun.got(ANN, BOB)
    begun.at(SLOT + minutes(7))

    assert Counter({ANN: 1, BOB: 1}) == begun.got(ANN, BOB)


def test_it_is_stopped_again_where_nothing_was_mended(begun: Desk) -> None:  # S3
    stop(begun)
    begun.decide("release")
    begun.clock.now += minutes(5)

    assert stop(begun)
    assert 4 == len(begun.notes())


def test_who_released_it_in_spite_of_its_addresses_is_not_asked_again(begun: Desk) -> None:  # S3
    stop(begun, Stop.HARD, "")
    begun.decide("release")
    begun.clock.now += minutes(5)

    assert not stop(begun, Stop.HARD, "")
    assert Release.RELEASED is begun.edition().release


@pytest.mark.parametrize("decision", ["hold", "cancel"])
def test_what_an_editor_stopped_is_left_to_them(begun: Desk, decision: str) -> None:  # S3
    begun.decide(decision)  # type: ignore[arg-type]

    assert not stop(begun)
    assert [] == begun.notes()


def test_what_has_all_left_is_not_held_but_told(make_desk: Callable[..., Desk]) -> None:  # B2
    desk = make_desk(approve="none")
    desk.article(2)
    desk.at(SLOT)
    assert not stop(desk, Stop.HARD, "")
    desk.at(SLOT + minutes(1))

    assert Release.RELEASED is desk.edition().release
    message = parsed(next(each for each in desk.relay.got if each.recipient == ED))
    assert "هناك خلل" in message["Subject"]
    assert not stop(desk, Stop.HARD, "") and 2 == len(desk.notes())


def test_its_end_is_told_to_whom_the_stop_was_and_says_that_others_had_it(begun: Desk) -> None:  # S3
    begun.house = replace(begun.house, mail=replace(begun.house.mail, editors=()))
    stop(begun)
    begun.at(SLOT + minutes(24 * 60))
    begun.at(SLOT + minutes(24 * 60 + 1))

    stopped = begun.editions()[-1]
    assert (Release.CANCELLED, Stop.PTR) == (stopped.release, stopped.stopped and stopped.stopped.reason)
    owner = begun.house.mail.sender.rpartition("<")[2].strip(">")
    subjects = [parsed(each)["Subject"] for each in begun.relay.got if each.recipient == owner]
    assert {"إيقاف الإرسال", "لم تُرسل إلى الجميع"} == {
        each.partition(":")[0].strip("\u200f") for each in subjects
    }
    assert 2 == len(subjects)


@given(st.sampled_from(Stop), st.text())
def test_what_the_ledger_has_is_read_back(reason: Stop, reply: str) -> None:
    assert Stopped(reason, reply) == Stopped.parse(str(Stopped(reason, reply)))
    assert None is Stopped.parse("")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: str) -> None:
    texts = [words(language).text(SAID[reason]) for reason in Stop]

    assert len(Stop) == len(set(texts))
