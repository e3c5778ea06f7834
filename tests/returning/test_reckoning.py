"""What follows from what came back: who is mailed no more, and what stops an edition (B2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from publisher.actions import importing, leaving, readers, reckoning
from publisher.errors import BadInput
from publisher.mail.verdict import judge
from publisher.model.delivery import Reply, Stage, State
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.model.report import Kind
from publisher.store import editions, ledger, people, reports
from publisher.store.tables import deliveries, subscribers, subscriptions
from publisher.subscribers import imports
from publisher.subscribers.tokens import Claim
from tests.returning.post import BLOCKED, FULL, GONE, Office, complaint

if TYPE_CHECKING:
    from publisher.model.digest import Edition


def edition(office: Office, number: int) -> Edition:
    progress = office.house.store.read(lambda c: editions.progress(c, number))
    assert progress
    return progress.edition


def test_two_hard_bounces_of_different_editions_make_a_reader_unreachable(office: Office) -> None:  # B2, L1
    ann, bob = office.readers(2)
    first, second = office.edition(), office.edition()
    office.edition(sent=False)
    office.gets(office.bounce(first, ann))
    assert Reach.REACHABLE == office.reach(ann)
    taken = office.gets(office.bounce(second, ann))

    assert [(ann, Reach.BOUNCED)] == [(e.subscriber, e.state) for e in taken.reckoned.changes]
    assert [State.SENT, State.SENT, State.CANCELLED] == office.waiting(ann)
    assert [State.SENT, State.SENT, State.QUEUED] == office.waiting(bob)
    assert ["r1@example.net"] == [
        d.address for d in office.house.store.write(lambda c: ledger.claim(c, office.clock(), 9))
    ]


def test_a_bounced_reader_is_reachable_again_when_one_vouches_and_not_by_an_import(
    office: Office,
) -> None:  # B2, L1
    (ann,) = office.readers(1)
    office.gets(*(office.bounce(office.edition(), ann) for _ in range(2)))
    office.days(1)
    imported = importing.import_rows(
        office.house,
        imports.rows(["email\n", "r0@example.net\n"]),
        None,
        office.clock(),
        confirmed=True,
        dry_run=False,
    )
    assert (0, 1, Reach.BOUNCED) == (imported.added, imported.kept, office.reach(ann))
    states = readers.add(office.house, "r0@example.net", None, office.clock(), confirmed=True).newsletters

    assert {"daily": Wish.ACTIVE} == states
    assert Reach.REACHABLE == office.reach(ann)
    office.days(1)
    office.gets(office.bounce(office.edition(), ann))
    assert Reach.REACHABLE == office.reach(ann)  # what came before counts no more
    office.gets(office.bounce(office.edition(), ann))
    assert Reach.BOUNCED == office.reach(ann)


def test_a_bounced_reader_may_ask_again_and_waits_for_the_confirmation(office: Office) -> None:  # L1
    (ann,) = office.readers(1)
    office.gets(*(office.bounce(office.edition(), ann) for _ in range(2)))
    office.house.store.write(lambda c: c.execute(subscriptions.delete()))
    states = readers.add(office.house, "r0@example.net", None, office.clock(), confirmed=False).newsletters

    assert {"daily": Wish.PENDING} == states
    assert Reach.BOUNCED == office.reach(ann)


@pytest.mark.parametrize("state", [Reach.COMPLAINED, Reach.SUPPRESSED, Reach.ERASED])
def test_nobody_brings_back_who_complained(office: Office, state: Reach) -> None:  # L1, B2
    (ann,) = office.readers(1)
    office.house.store.write(lambda c: people.set_reach(c, ann, state))
    states = readers.add(office.house, "r0@example.net", None, office.clock(), confirmed=True).newsletters

    assert {"daily": None} == states
    assert state == office.reach(ann)


def run_of(office: Office, ann: int, plan: str, hours: float) -> None:
    """Letters *hours* apart: s came back as full, . arrived, u was refused for our sake, x never left."""
    for what in plan:
        number = office.edition(sent=what != "x")
        if what in "su":
            office.gets(office.bounce(number, ann, FULL if what == "s" else BLOCKED))
        office.clock.forward(hours=hours)


@pytest.mark.parametrize(
    "plan, hours, after",
    [
        ("ssss", 24 * 30, Reach.REACHABLE),  # four
        ("sssss", 24 * 3, Reach.REACHABLE),  # twelve days
        ("sssss", 24 * 3.6, Reach.BOUNCED),
        ("ss.sss", 24 * 4, Reach.REACHABLE),  # one arrived between
        ("ss.sssss", 24 * 4, Reach.BOUNCED),
        ("ssusxss", 24 * 3.6, Reach.BOUNCED),  # neither says anything of the mailbox
    ],
)
def test_five_full_mailboxes_in_two_weeks_without_an_arrival(
    office: Office, plan: str, hours: float, after: Reach
) -> None:  # B2
    (ann,) = office.readers(1)
    run_of(office, ann, plan, hours)

    assert after == office.reach(ann)


def test_a_letter_of_yesterday_has_not_arrived_yet(office: Office) -> None:  # B2
    """Its bounce may still come: mail servers try for days."""
    (ann,) = office.readers(1)
    run_of(office, ann, "ssss", 24 * 4)
    late = office.edition()
    office.days(1)
    office.edition()  # nothing came back of it, so far
    office.days(1)
    office.gets(office.bounce(late, ann, FULL))

    assert Reach.BOUNCED == office.reach(ann)


def test_a_mailbox_that_takes_letters_again_is_reachable_though_an_old_bounce_comes_late(
    office: Office,
) -> None:  # B2
    (ann,) = office.readers(1)
    run_of(office, ann, "ssss", 24 * 4)
    late = office.edition()
    office.days(1)
    office.edition()
    office.days(5.1)
    office.gets(office.bounce(late, ann, FULL))

    assert Reach.REACHABLE == office.reach(ann)


# Too many hard bounces


@pytest.mark.parametrize(
    "letters, hard, stops", [(60, 3, False), (59, 3, True), (20, 2, False), (19, 3, False)]
)
def test_an_edition_with_more_than_a_twentieth_hard_is_stopped_and_suppresses_nobody(
    office: Office, letters: int, hard: int, stops: bool
) -> None:  # B2
    known = office.readers(letters)
    before, number = office.edition(), office.edition()
    office.state(number, State.QUEUED, known[-1])  # one that has not left: there is something to stop
    office.clock.forward(minutes=5)
    office.house.store.write(lambda c: c.execute(insert(deliveries), _more(c, number, known[-1])))
    office.gets(*(office.bounce(before, each) for each in known[:1]))
    taken = office.gets(*(office.bounce(number, each) for each in known[:hard]))

    assert ((number,) if stops else ()) == taken.reckoned.stopped
    assert (Release.HELD if stops else Release.RELEASED) == edition(office, number).release
    assert (Reach.REACHABLE if stops else Reach.BOUNCED) == office.reach(known[0])
    assert stops == ("stopped" in [kind for kind, *_ in office.notices()])


def _more(connection: object, number: int, last: int) -> list[dict[str, object]]:
    """As many letters as readers have left: the last one's stands for one more that did."""
    row = connection.execute(select(deliveries).where(deliveries.c.edition == number).limit(1)).one()  # type: ignore[attr-defined]
    person = {
        "address": "more@example.net",
        "address_key": "more@example.net",
        "state": "reachable",
        "created": row.due,
    }
    key = connection.execute(insert(subscribers).values(person)).inserted_primary_key[0]  # type: ignore[attr-defined]
    values = {k: v for k, v in row._mapping.items() if k != "id"}
    return [values | {"subscriber": key, "state": State.SENT}]


def test_those_suppressed_before_the_share_was_known_are_pardoned(office: Office) -> None:  # B2
    known = office.readers(40)
    before, number = office.edition(), office.edition()
    office.gets(office.bounce(before, known[0]))
    office.gets(office.bounce(number, known[0]))
    assert Reach.BOUNCED == office.reach(known[0])
    taken = office.gets(*(office.bounce(number, each) for each in known[1:3]))

    assert [(known[0], Reach.REACHABLE)] == [(e.subscriber, e.state) for e in taken.reckoned.changes]
    assert Reach.REACHABLE == office.reach(known[0])


def test_it_is_stopped_once_and_goes_on_when_somebody_releases_it(office: Office) -> None:  # B2
    known = office.readers(40)
    number = office.edition()
    office.gets(*(office.bounce(number, each) for each in known[:3]))
    taken = office.gets(*(office.bounce(number, each) for each in known[3:9]))

    assert () == taken.reckoned.stopped
    assert 1 == len([kind for kind, *_ in office.notices() if kind == "stopped"])


def test_who_knows_that_the_addresses_are_no_use_says_so(office: Office) -> None:  # B2
    known = office.readers(40)
    first, second = office.edition(), office.edition()
    for number in (first, second):
        office.gets(*(office.bounce(number, each) for each in known[:4]))
    assert {Reach.REACHABLE} == {office.reach(each) for each in known}
    assert [] == reckoning.accept(office.house, first, office.clock())
    changes = reckoning.accept(office.house, second, office.clock())

    assert known[:4] == [each.subscriber for each in changes]
    assert [Reach.BOUNCED] * 4 + [Reach.REACHABLE] * 36 == [office.reach(each) for each in known]
    with pytest.raises(BadInput, match="no edition 99"):
        reckoning.accept(office.house, 99, office.clock())


def test_a_cut_between_two_steps_is_made_good(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:  # B2
    (ann,) = office.readers(1)
    office.drop(*(office.bounce(office.edition(), ann) for _ in range(2)))
    with monkeypatch.context() as patch:
        patch.setattr(reckoning, "reckon", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            office.take()
    assert Reach.REACHABLE == office.reach(ann)
    done = reckoning.reckon(office.house, office.clock())

    assert [Reach.BOUNCED] == [each.state for each in done.changes]
    assert ((), ()) == (
        reckoning.reckon(office.house, office.clock()).changes,
        office.take().reckoned.changes,
    )


# While letters are sent


@pytest.mark.parametrize(
    "stage, reply, late, kind",
    [
        (Stage.RCPT, Reply(550, "5.1.1 User unknown"), False, "hard"),
        (Stage.RCPT, Reply(552, "5.2.2 mailbox full"), False, None),  # it is tried again
        (Stage.RCPT, Reply(552, "5.2.2 mailbox full"), True, "soft"),
        (Stage.RCPT, Reply(450, "4.2.1 busy"), True, None),  # or the relay itself is out of order
        (
            Stage.RCPT,
            Reply(550, "5.7.1 blocked"),
            True,
            None,
        ),  # the ledger has it, and it is no reader's fault
        (Stage.CONTENT, Reply(554, "no"), False, None),
        (Stage.RCPT, Reply(452, "4.2.2 mailbox full"), True, "soft"),
        (Stage.RCPT, Reply(450, "4.2.0 greylisted"), True, None),
    ],
)
def test_a_refusal_in_the_dialogue_counts_like_a_report(
    office: Office, stage: Stage, reply: Reply, late: bool, kind: str | None
) -> None:  # S3, B2
    (ann,) = office.readers(1)
    number = office.edition(sent=False)
    (delivery,) = office.house.store.write(lambda c: ledger.claim(c, office.clock(), 9))
    now = delivery.expires if late else office.clock()
    verdict = judge(stage, reply, delivery, now, "resend")
    for _ in range(2):  # settled twice is settled once
        office.house.store.write(lambda c: ledger.settle(c, [(delivery, verdict)], now))

    found = office.house.store.read(lambda c: reports.of_reader(c, ann))
    assert [kind] * (kind is not None) == [each.kind for each in found]
    if kind == "hard":
        assert {"repeated": 1} == office.gets(office.bounce(number, ann)).counts


def test_two_refusals_in_the_dialogue_make_a_reader_unreachable(office: Office) -> None:  # S3, B2
    (ann,) = office.readers(1)
    for _ in range(2):
        office.edition(sent=False)
        (delivery,) = office.house.store.write(lambda c: ledger.claim(c, office.clock(), 9))
        verdict = judge(Stage.RCPT, Reply(550, GONE[1][4:]), delivery, office.clock(), "resend")
        office.house.store.write(lambda c, d=delivery, v=verdict: ledger.settle(c, [(d, v)], office.clock()))  # type: ignore[misc]
    reckoning.reckon(office.house, office.clock())

    assert Reach.BOUNCED == office.reach(ann)


# Who is mailed


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.sampled_from(["hard", "full", "us", "spam", "leave", "confirm", "pause"])
        ),
        max_size=12,
    )
)
def test_only_reachable_and_active_readers_are_claimed(
    office: Office, events: list[tuple[int, str]]
) -> None:  # L1
    store, made = office.house.store, office.clock
    store.write(lambda c: c.execute(update(deliveries).values(state=State.CANCELLED)))
    store.write(lambda c: c.execute(update(subscribers).values(state="reachable", cleared=made())))
    known = office.readers(4)
    store.write(lambda c: c.execute(update(subscriptions).values(state="active")))
    made.forward(seconds=2)
    gone = [office.edition() for _ in range(3)]
    waiting = office.edition(sent=False)
    hard: dict[int, set[int]] = {}
    out: set[int] = set()  # by our own reckoning
    for turn, (n, event) in enumerate(events):
        reader, number = known[n], gone[turn % 3]
        if event == "hard":
            office.gets(office.bounce(number, reader))
            hard.setdefault(reader, set()).add(number)
            out |= {reader} if len(hard[reader]) > 1 else set()
        elif event in ("full", "us"):
            office.gets(office.bounce(number, reader, FULL if event == "full" else BLOCKED))
        elif event == "spam":
            office.gets(complaint(office.verp(number, reader)))
            out.add(reader)
        elif event == "leave":
            office.house.store.write(lambda c, r=reader: leaving.leave(c, Claim(r, 1), made()))  # type: ignore[misc]
            out.add(reader)
        elif event == "pause":
            active = (subscriptions.c.subscriber == reader) & (subscriptions.c.state == "active")
            paused = update(subscriptions).where(active).values(state="paused")
            store.write(lambda c, row=paused: c.execute(row))  # type: ignore[misc]
            out.add(reader)
    claimed = {
        each.subscriber
        for each in store.write(lambda c: ledger.claim(c, made(), 99))
        if each.edition == waiting
    }

    assert set(known) - out == claimed
    assert all(office.reach(each) is Reach.REACHABLE and office.wish(each) == "active" for each in claimed)


def test_what_came_back_is_told_by_kind(office: Office) -> None:  # B1
    known = office.readers(3)
    number = office.edition()
    office.gets(
        office.bounce(number, known[0]),
        office.bounce(number, known[1]),
        office.bounce(number, known[2], BLOCKED),
    )

    assert {Kind.HARD: 2, Kind.US: 1} == office.house.store.read(reports.tally)
    assert {number: {"hard": 2, "about us": 1}} == office.house.store.read(reports.by_edition)
    assert (
        timedelta()
        == office.clock() - office.house.store.read(lambda c: reports.of_reader(c, known[0]))[0].at
    )
