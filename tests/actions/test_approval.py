"""Editors see an edition before it leaves, and decide; nothing is lost by it and nothing sent twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from publisher.actions import approval, endings
from publisher.actions.publish import Published
from publisher.errors import BadInput, BadState
from publisher.model.delivery import Reply, Stage, State
from publisher.model.digest import Release
from publisher.store import approvals, editions, ledger
from publisher.store.tables import notices
from publisher.verbs import table, writing
from tests.actions.test_plan import letters
from tests.newsroom import ANN, BOB, ED, EVE, SLOT, Desk, minutes, parsed

if TYPE_CHECKING:
    Publishes = Callable[..., Published]


def test_the_editors_get_a_preview_before_the_slot_and_the_readers_the_letter_at_it(desk: Desk) -> None:  # D8
    desk.article(2)
    desk.at(SLOT - minutes(61))
    assert [] == desk.editions()
    desk.at(SLOT - minutes(60))
    assert Release.PROPOSED is desk.edition().release
    assert Counter({ED: 1, EVE: 1}) == desk.got(ANN, BOB, ED, EVE)
    desk.at(SLOT - minutes(1))
    assert Counter() == desk.got(ANN, BOB)
    desk.at(SLOT)

    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)
    assert {ANN: [["خبر 2"]], BOB: [["خبر 2"]]} == letters(desk.house)
    assert [("preview", ED), ("preview", EVE)] == desk.notes()


def test_the_preview_says_what_the_edition_holds_and_where_to_decide(desk: Desk) -> None:  # D8
    desk.article(2)
    desk.article(3)
    desk.at(SLOT - minutes(60))

    message = parsed(desk.relay.got[0])
    text = message.get_body(("plain",)).get_content()
    assert "قبل الإرسال" in message["Subject"] and "خبر 3" in message["Subject"]
    assert "خبر 2" in text and "خبر 3" in text and "قارئان" in text and "7:00 صباحًا" in text
    url = approval.approval_url(desk.house, desk.edition().id)
    assert url in text
    assert None is message["List-Unsubscribe"] and None is message["List-ID"]


def test_a_proposal_that_is_looked_at_again_is_one(desk: Desk) -> None:  # D7 D8
    desk.article(2)
    for minute in (60, 59, 30, 1):
        desk.at(SLOT - minutes(minute))

    assert 1 == len(desk.editions())
    assert Counter({ED: 1, EVE: 1}) == desk.got(ED, EVE)


def test_a_proposal_that_was_cut_off_before_its_preview_gets_it_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:  # D7 D8
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    desk.article(2)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("publisher.store.notices.add", killed)
        desk.at(SLOT - minutes(60))
    assert [] == desk.notes()
    for _ in range(2):
        desk.at(SLOT - minutes(59))

    assert [("preview", ED), ("preview", EVE)] == desk.notes()
    assert 1 == len(desk.editions())


def test_nobody_is_asked_where_there_is_nothing_for_any_reader(desk: Desk) -> None:  # D2 D8
    desk.at(SLOT - minutes(60))
    desk.article(2)
    desk.at(SLOT)

    assert [] == desk.editions() + desk.notes()
    desk.at(SLOT + minutes(23 * 60))
    desk.at(SLOT + minutes(24 * 60))
    assert {ANN: [["خبر 2"]], BOB: [["خبر 2"]]} == letters(desk.house)


def test_what_comes_after_the_preview_waits_for_the_next_edition(desk: Desk) -> None:  # D8
    desk.article(2)
    desk.at(SLOT - minutes(60))
    desk.article(3)
    desk.at(SLOT)
    assert [["خبر 2"]] == letters(desk.house)[ANN]
    desk.at(SLOT + minutes(23 * 60))
    desk.at(SLOT + minutes(24 * 60))

    assert [["خبر 2"], ["خبر 3"]] == letters(desk.house)[ANN]


def test_a_removed_article_is_not_sent_and_a_mended_one_as_mended(desk: Desk) -> None:  # D1 D8
    desk.article(2)
    desk.article(3)
    desk.at(SLOT - minutes(60))
    (desk.house.folder / "2.md").unlink()
    desk.article(3, title="خبر مصحح")
    desk.at(SLOT)

    assert [["خبر مصحح"]] == letters(desk.house)[ANN]
    assert "خبر مصحح" in parsed(next(each for each in desk.relay.got if each.recipient == ANN))["Subject"]


def test_an_edition_that_nothing_is_left_of_is_cancelled(
    make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:  # D1 D8
    desk = make_desk(approve="required")
    desk.article(2)
    desk.at(SLOT - minutes(60))
    text = (desk.house.folder / "2.md").read_bytes()
    (desk.house.folder / "2.md").unlink()
    desk.publishes(desk.house, accept_removals=True)
    desk.at(SLOT)
    assert Release.CANCELLED is desk.edition().release
    assert [("preview", ED), ("preview", EVE)] == desk.notes()
    looked = list[int]()
    with monkeypatch.context() as patch:
        patch.setattr(approval, "look", lambda *_: looked.append(1))
        desk.at(SLOT + minutes(1))
    assert [] == looked
    (desk.house.folder / "2.md").write_bytes(text)
    desk.publishes(desk.house)
    desk.at(SLOT + minutes(23 * 60))
    desk.decide("release")
    desk.at(SLOT + minutes(24 * 60))

    assert [["خبر 2"]] == letters(desk.house)[ANN]


def test_a_machine_that_slept_gives_the_editors_their_time_all_the_same(desk: Desk) -> None:  # D5 D8
    desk.article(2)
    desk.at(SLOT + minutes(30))
    assert Counter({ED: 1, EVE: 1}) == desk.got(ANN, BOB, ED, EVE)
    desk.at(SLOT + minutes(89))
    assert Counter() == desk.got(ANN, BOB)
    desk.at(SLOT + minutes(90))

    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)


def test_silence_is_no_consent_where_it_is_required(make_desk: Callable[..., Desk]) -> None:  # D1 D8
    desk = make_desk(approve="required")
    desk.article(2)
    desk.at(SLOT - minutes(60))
    for hour in (0, 1, 12):
        desk.at(SLOT + minutes(60 * hour))
    assert Counter() == desk.got(ANN, BOB)
    assert ["preview", "preview", "waiting", "waiting"] == [kind for kind, _ in desk.notes()]
    assert {ANN: 1, BOB: 1} == desk.seen()
    first = desk.edition()
    desk.article(3)
    desk.at(SLOT + minutes(23 * 60))
    desk.at(SLOT + minutes(24 * 60))  # its life ends; the next one is proposed
    cancelled = desk.editions()[1]
    assert (first.id, Release.CANCELLED) == (cancelled.id, cancelled.release)
    assert ["lapsed", "lapsed"] == [kind for kind, _ in desk.notes() if kind == "lapsed"]
    desk.decide("release")
    desk.at(SLOT + minutes(24 * 60 + 1))

    assert {ANN: [["خبر 3", "خبر 2"]], BOB: [["خبر 3", "خبر 2"]]} == letters(desk.house)


@pytest.mark.parametrize("digits, hour", [("23", "7:00 صباحًا"), ("٢٣", "٧:٠٠ صباحًا")])
def test_an_hour_is_written_to_editors_in_the_digits_of_the_articles(
    digits: str, hour: str, make_desk: Callable[..., Desk]
) -> None:  # D8 R8
    desk = make_desk(approve="required")
    for number, digit in zip((2, 3), digits, strict=True):
        desk.article(number, title=f"خبر {digit}")
    desk.at(SLOT - minutes(60))
    desk.at(SLOT)
    bodies = [parsed(letter).get_body(("plain",)).get_content() for letter in desk.relay.got]

    assert ["preview", "preview", "waiting", "waiting"] == [kind for kind, _ in desk.notes()]
    assert [True] * 4 == [f"الساعة {hour}" in body for body in bodies]


def test_a_release_before_the_slot_leaves_at_it_and_a_late_one_at_once(
    make_desk: Callable[..., Desk],
) -> None:  # D8
    desk = make_desk(approve="required")
    desk.article(2)
    desk.at(SLOT - minutes(60))
    assert desk.decide("release")
    desk.at(SLOT - minutes(30))
    assert Counter() == desk.got(ANN, BOB)
    desk.at(SLOT)
    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)
    desk.article(3)
    desk.at(SLOT + minutes(23 * 60))
    desk.at(SLOT + minutes(25 * 60))
    assert desk.decide("release")
    desk.at(SLOT + minutes(25 * 60 + 1))

    assert Counter({ANN: 2, BOB: 2}) == desk.got(ANN, BOB)
    late = parsed([each for each in desk.relay.got if each.recipient == ANN][-1])
    assert "Sun, 22 Nov 2026 05:00:00 +0000" == late["Date"]


@pytest.mark.parametrize("decision", ["hold", "cancel"])
def test_what_an_editor_stopped_does_not_leave(decision: approval.Decision, desk: Desk) -> None:  # D8
    desk.article(2)
    desk.at(SLOT - minutes(60))
    assert desk.decide(decision)
    assert not desk.decide(decision)
    desk.at(SLOT)

    assert Counter() == desk.got(ANN, BOB)
    assert {ANN: 1, BOB: 1} == desk.seen()


def test_the_articles_of_a_cancelled_edition_are_in_the_next_one(desk: Desk) -> None:  # D1 D8
    desk.article(2)
    desk.at(SLOT - minutes(60))
    desk.decide("cancel")
    desk.article(3)
    desk.at(SLOT)
    desk.at(SLOT + minutes(23 * 60))
    desk.at(SLOT + minutes(24 * 60))

    assert {ANN: [["خبر 3", "خبر 2"]], BOB: [["خبر 3", "خبر 2"]]} == letters(desk.house)
    assert not desk.decide("release", desk.editions()[1].id)


def test_who_got_it_before_it_was_cancelled_does_not_get_it_again(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D8
    """Bob's letter is put off when the edition is cancelled; the next one has for him what he missed."""
    desk = make_desk(approve="none")
    desk.article(2)
    desk.relay.answers[BOB] = (Stage.RCPT, Reply(451, "4.3.0 later"))
    desk.at(SLOT)
    assert Counter({ANN: 1}) == desk.got(ANN, BOB)
    assert desk.decide("cancel")
    desk.relay.answers.clear()
    desk.at(SLOT + minutes(30))
    assert Counter({ANN: 1}) == desk.got(ANN, BOB)
    desk.article(3)
    desk.at(SLOT + minutes(24 * 60))

    def sent(address: str) -> list[str]:
        return [parsed(each)["Subject"] for each in desk.relay.got if each.recipient == address]

    assert ["خبر 2", "خبر 3"] == sent(ANN)
    (once,) = sent(BOB)
    assert once.endswith("خبر 3") and once != "خبر 3"
    assert [["خبر 2"], ["خبر 3", "خبر 2"]] == letters(desk.house)[BOB]


def test_a_held_edition_ends_when_the_next_one_leaves_which_holds_what_it_held(
    make_desk: Callable[..., Desk],
) -> None:  # D1 D8
    desk = make_desk(approve="none")
    desk.article(2)
    desk.clock.now = SLOT
    with_letters = writing._plan(desk.session, tuple(desk.house.newsletters.values()), ())
    assert 1 == len(with_letters[0])
    desk.decide("hold")
    for minute in (0, 60, 23 * 60):
        desk.at(SLOT + minutes(minute))
    assert Counter() == desk.got(ANN, BOB)
    desk.article(3)
    desk.at(SLOT + minutes(24 * 60))

    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)
    assert ["خبر 3", "خبر 2"] == letters(desk.house)[ANN][1]


def test_whoever_sends_now_releases(make_desk: Callable[..., Desk]) -> None:  # D8
    desk = make_desk(approve="required")
    desk.article(2)
    desk.at(SLOT - minutes(60))
    asyncio.run(writing.send(desk.session, now=True))

    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)
    assert [Release.RELEASED, Release.CANCELLED] == [each.release for each in desk.editions()]
    desk.at(SLOT)
    assert Counter({ANN: 1, BOB: 1}) == desk.got(ANN, BOB)


class TestInstant:
    @pytest.fixture
    def wire(self, make_desk: Callable[..., Desk]) -> Desk:
        return make_desk(schedule="instant", approve="required")

    def test_what_editors_are_written_names_no_hour_at_which_it_would_leave(self, wire: Desk) -> None:  # D8
        wire.article(2)
        wire.at(SLOT)
        wire.at(SLOT + minutes(60))

        texts = [
            parsed(each).get_body(("plain",)).get_content() for each in wire.relay.got if each.recipient == ED
        ]
        assert [1, 1] == [text.count("السماح بإرسالها") + text.count("حتى يسمح أحد") for text in texts]
        assert not any("موعد" in text for text in texts)

    @pytest.mark.parametrize("later, begun, sent", [(False, False, 1), (True, False, 0), (False, True, 0)])
    def test_a_cancelled_letter_is_sent_only_by_whoever_sends_now(
        self, later: bool, begun: bool, sent: int, wire: Desk
    ) -> None:  # D4 D8
        wire.article(2)
        wire.at(SLOT)
        second = wire.edition().id
        if later:
            wire.article(3)
            wire.at(SLOT + minutes(1))
            wire.decide("release")
        if begun:
            wire.relay.answers = dict.fromkeys((ANN, BOB), (Stage.RCPT, Reply(451, "4.3.0 later")))
            wire.decide("release", second)
        wire.at(SLOT + minutes(2))
        wire.relay.answers.clear()
        wire.decide("cancel", second)
        wire.at(SLOT + minutes(60))
        before = wire.got(ANN, BOB)
        assert Counter({ANN: 1, BOB: 1} if later else {}) == before
        asyncio.run(writing.send(wire.session, now=True))

        assert Counter({ANN: sent, BOB: sent}) == wire.got(ANN, BOB) - before

    def test_each_article_waits_for_its_release_and_none_for_another(self, wire: Desk) -> None:  # D4 D8
        wire.article(2)
        wire.at(SLOT)
        wire.article(3)
        wire.at(SLOT + minutes(1))
        assert Counter({ED: 2, EVE: 2}) == wire.got(ANN, BOB, ED, EVE)
        third, second = wire.editions()
        wire.decide("release", third.id)
        wire.at(SLOT + minutes(2))
        assert [["خبر 3"]] == letters(wire.house)[ANN]
        wire.decide("release", second.id)
        wire.at(SLOT + minutes(3))

        assert [["خبر 3"], ["خبر 2"]] == letters(wire.house)[ANN]
        assert Counter({ANN: 2, BOB: 2}) == wire.got(ANN, BOB)

    def test_a_cancelled_article_is_not_mailed(self, wire: Desk) -> None:  # D8
        wire.article(2)
        wire.at(SLOT)
        wire.decide("cancel")
        wire.article(3)
        wire.at(SLOT + minutes(60))
        wire.decide("release")
        wire.at(SLOT + minutes(61))

        assert [["خبر 3"]] == letters(wire.house)[ANN]

    def test_an_article_that_is_away_may_come_back(
        self, wire: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:  # D1 D8
        wire.article(2)
        wire.at(SLOT)
        text = (wire.house.folder / "2.md").read_bytes()
        (wire.house.folder / "2.md").unlink()
        wire.publishes(wire.house, accept_removals=True)
        looked = list[int]()
        with monkeypatch.context() as patch:
            patch.setattr(approval, "look", lambda *_: looked.append(1))
            wire.at(SLOT + minutes(60))
        assert ([], Release.PROPOSED) == (looked, wire.edition().release)
        (wire.house.folder / "2.md").write_bytes(text)
        wire.publishes(wire.house)
        wire.decide("release")
        wire.at(SLOT + minutes(61))

        assert [["خبر 2"]] == letters(wire.house)[ANN]

    def test_silence_sends_it_after_the_editors_time(self, make_desk: Callable[..., Desk]) -> None:  # D8
        wire = make_desk(schedule="instant", approve="notify", approve_before=5)
        wire.article(2)
        wire.at(SLOT)
        wire.at(SLOT + minutes(4.9))
        assert Counter() == wire.got(ANN, BOB)
        wire.at(SLOT + minutes(5))

        assert Counter({ANN: 1, BOB: 1}) == wire.got(ANN, BOB)

    def test_a_burst_is_one_preview(self, wire: Desk) -> None:  # D4 D8
        for number in range(2, 5):
            wire.article(number)
            wire.at(SLOT + minutes(number))
        for number in range(5, 9):
            wire.article(number)
            wire.at(SLOT + minutes(number))
        assert 3 == len(wire.editions())
        wire.at(SLOT + minutes(13))

        assert 4 == len(wire.editions())

    def test_the_brake_counts_each_letter_once(self, make_desk: Callable[..., Desk]) -> None:  # D4 D8
        """The ten minutes before now and those before the letter leaves overlap."""
        wire = make_desk(schedule="instant", approve="notify", approve_before=5)
        for number, minute in ((2, 0), (3, 1), (4, 7)):
            wire.article(number)
            wire.at(SLOT + minutes(minute))

        assert 3 == len(wire.editions())

    def test_proposals_that_are_cut_off_are_made_once(
        self, wire: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:  # D4 D7 D8
        class Killed(BaseException):
            pass

        real, calls = editions.start, list[int]()

        def killed(*arguments: Any, **more: Any) -> int:
            calls.append(1)
            if len(calls) == 3:
                raise Killed
            return real(*arguments, **more)

        for number in (2, 3, 4):
            wire.article(number)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(editions, "start", killed)
            wire.at(SLOT)
        wire.at(SLOT + minutes(1))
        for each in wire.editions():
            wire.decide("release", each.id)
        wire.at(SLOT + minutes(2))

        assert [["خبر 2"], ["خبر 3"], ["خبر 4"]] == sorted(letters(wire.house)[ANN])


def test_a_notice_that_a_relay_puts_off_goes_out_later_once(desk: Desk) -> None:  # D8
    desk.article(2)
    desk.relay.answers[ED] = (Stage.RCPT, Reply(451, "4.7.1 greylisted"))
    desk.at(SLOT - minutes(60))
    assert Counter({EVE: 1}) == desk.got(ED, EVE)
    desk.relay.answers.clear()
    desk.at(SLOT - minutes(58))
    assert Counter({EVE: 1}) == desk.got(ED, EVE)
    desk.at(SLOT - minutes(54))
    desk.at(SLOT - minutes(53))

    assert Counter({EVE: 1, ED: 1}) == desk.got(ED, EVE)
    rows = desk.house.store.read(lambda c: c.execute(select(notices.c.state, notices.c.html)).all())
    assert [(State.SENT, "")] * 2 == [tuple(row) for row in rows]


def test_what_the_editor_says_is_that_of_the_moment_it_leaves(
    make_desk: Callable[..., Desk],
) -> None:  # D6 D8
    desk = make_desk(opening="opening.txt")
    desk.house.root.joinpath("opening.txt").write_text("صباح الخيرر", "utf-8")
    desk.article(2)
    desk.at(SLOT - minutes(60))
    desk.house.root.joinpath("opening.txt").write_text("صباح النور", "utf-8")
    desk.at(SLOT)

    text = parsed(next(each for each in desk.relay.got if each.recipient == ANN)).get_body(("plain",))
    assert "صباح النور" in text.get_content()


def test_nothing_can_be_decided_about_what_has_left(make_desk: Callable[..., Desk]) -> None:  # D8
    desk = make_desk(approve="none")
    desk.article(2)
    desk.at(SLOT)

    assert [False] * 3 == [desk.decide(each) for each in ("hold", "cancel", "release")]
    assert Release.RELEASED is desk.edition().release
    assert {State.SENT: 2} == desk.house.store.read(ledger.tally)


def test_winding_up_that_is_cut_off_goes_on_where_it_was(
    make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:  # D1 D7 D8
    class Killed(BaseException):
        pass

    desk = make_desk(approve="none")
    desk.article(2)
    desk.clock.now = SLOT
    writing._plan(desk.session, tuple(desk.house.newsletters.values()), ())
    desk.decide("cancel")
    monkeypatch.setattr(endings, "CHUNK", 1)
    real, calls = approvals.wind_up, list[int]()

    def killed(*arguments: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        real(*arguments, **more)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(approvals, "wind_up", killed)
        desk.at(SLOT)
    assert {State.CANCELLED: 1, State.QUEUED: 1} == desk.house.store.read(ledger.tally)
    desk.at(SLOT + minutes(1))

    assert {State.CANCELLED: 2} == desk.house.store.read(ledger.tally)
    assert {ANN: 1, BOB: 1} == desk.seen()
    assert Counter() == desk.got(ANN, BOB)


def test_nothing_leaves_behind_the_restore_fence_not_even_a_preview(desk: Desk) -> None:  # D8 X10
    desk.article(2)
    desk.at(SLOT - minutes(90))
    desk.clock.now = SLOT - minutes(60)
    session = desk.session
    session.fenced = "the database was copied"
    with pytest.raises(BadState):
        asyncio.run(writing.send(session))

    assert [] == desk.relay.got


@pytest.mark.parametrize(
    "decision, changed, release",
    [("hold", True, "held"), ("release", True, "released"), ("cancel", True, "cancelled")],
)
def test_the_verbs_decide_as_the_page_does(
    decision: str, changed: bool, release: str, desk: Desk
) -> None:  # D8
    desk.article(2)
    desk.at(SLOT - minutes(60))
    number = desk.edition().id
    arguments = {"edition": number, "decision": decision}
    first = asyncio.run(table.run(desk.session, "editions decide", arguments))
    second = asyncio.run(table.run(desk.session, "editions decide", arguments))

    assert (changed, release, "") == (first["changed"], first["edition"]["release"], first["reason"])
    assert (False, f"it is {release} already") == (second["changed"], second["reason"])
    with pytest.raises(BadInput):
        asyncio.run(table.run(desk.session, "editions decide", arguments | {"edition": 99}))
