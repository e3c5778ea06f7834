"""A ledger whose old letters are counts and bits answers as if they were rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, event, insert, select, update

from publisher.actions import readers, retention
from publisher.model.delivery import Reply, Stage, State
from publisher.model.digest import Content
from publisher.store import editions, issues, ledger, notices
from publisher.store import reports as reported
from publisher.store.tables import counts, deliveries, mailed, reports
from publisher.store.tables import editions as rows
from publisher.store.tables import notices as notices_table
from tests.actions.test_correction import corrected, subjects
from tests.newsroom import ANN, BOB, SLOT, Desk, minutes

if TYPE_CHECKING:
    from publisher.actions.house import House
    from tests.conftest import Clock

CAM, DAN = "cam@example.org", "dan@example.org"
AGE = timedelta(days=91)


def whole(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """What is in the ledger."""

    def read(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        tables = {"rows": select(*deliveries.c["edition", "subscriber", "state"]), "counts": select(counts)}
        tables |= {"bits": select(mailed), "editions": select(*rows.c["id", "compact"])}
        return {name: sorted(map(tuple, connection.execute(query))) for name, query in tables.items()}

    return house.store.read(read)


@pytest.fixture
def old(make_desk: Callable[..., Desk]) -> Desk:
    """Article 2 was mailed to Ann and Bob, and refused by Dan's relay, 91 days ago; Cam came later."""
    desk = make_desk(approve="none")
    readers.add(desk.house, DAN, None, desk.clock(), confirmed=True)
    desk.relay.answers[DAN] = (Stage.RCPT, Reply(550, "5.1.1 no such user"))
    desk.article(2)
    desk.at(SLOT)
    desk.relay.answers.clear()
    readers.add(desk.house, CAM, None, desk.clock(), confirmed=True)
    desk.clock.now = SLOT + AGE
    return desk


def test_what_was_sent_becomes_counts_and_what_failed_stays(old: Desk) -> None:  # S8
    assert 2 == retention.compact(old.house, old.clock())
    assert 0 == retention.compact(old.house, old.clock())

    assert {State.SENT: 2, State.FAILED: 1} == old.house.store.read(ledger.tally)
    assert [DAN] == [each.address for each in old.house.store.read(lambda c: ledger.listing(c, None, []))]
    assert old.house.store.read(lambda c: issues.has_left(c, 1))
    left = [old.house.store.read(lambda c, n=n: reported.was_sent(c, 1, n)) for n in (1, 2, 3, 4)]  # type: ignore[misc]
    assert [True, True, True, False] == left  # Ann, Bob, Dan and Cam


def test_letters_younger_than_that_stay_rows(old: Desk) -> None:  # S8
    old.clock.now = SLOT + timedelta(days=89)
    before = whole(old.house)

    assert 0 == retention.compact(old.house, old.clock())
    assert before == whole(old.house)


def test_a_correction_reaches_those_of_whom_a_bit_is_left_and_nobody_else(old: Desk) -> None:  # D9 S8
    retention.compact(old.house, old.clock())
    done = corrected(old)
    old.at(old.clock.now + minutes(1))

    assert 2 == done["letters"]
    assert ["خبر 2", "تصحيح: خبر 2"] == subjects(old, ANN) == subjects(old, BOB)
    assert [] == [each for each in subjects(old, CAM) + subjects(old, DAN) if "تصحيح" in each]


@pytest.mark.parametrize("compacted", [False, True])
def test_an_edition_whose_rows_are_gone_is_never_planned_again(compacted: bool, old: Desk) -> None:  # D7 S8
    """Readers of another hour, or a clock that was wrong, come to its slot once more."""
    if compacted:
        retention.compact(old.house, old.clock())
    ((edition, _),) = old.house.store.read(editions.listing)

    def again(connection: Connection) -> int:
        moment = old.clock()
        return editions.start(connection, 1, edition.slot, planned=moment, expires=moment + AGE, upto_seq=9)

    assert edition.id == old.house.store.write(again)
    progress = old.house.store.read(lambda c: editions.progress(c, edition.id))
    assert progress
    assert compacted == progress.complete


def statements(house: House, work: Callable[[], object], fail_at: int) -> int:
    """Run *work*; the writer dies before its statement number *fail_at*. How many there were."""
    count = 0
    writer = house.store._writer
    assert writer

    def before(_: Any, __: Any, statement: str, *rest: Any) -> None:
        nonlocal count
        if statement.split(maxsplit=1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            count += 1
            if count == fail_at:
                raise SystemExit

    event.listen(writer.owner, "before_cursor_execute", before)
    try:
        work()
    except SystemExit:
        assert fail_at
    finally:
        event.remove(writer.owner, "before_cursor_execute", before)
    return count


def test_a_crash_at_any_step_loses_and_doubles_nothing(
    make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:  # S8
    """The oracle is the ledger that was compacted in one go, over the same rows."""
    monkeypatch.setattr(retention, "CHUNK", 2)
    desk = make_desk(approve="none")
    for number in range(5):
        readers.add(desk.house, f"r{number}@example.org", None, desk.clock(), confirmed=True)
    desk.article(2)
    desk.at(SLOT)
    desk.clock.now = SLOT + AGE
    house, now = desk.house, desk.clock()

    def run() -> None:
        retention.compact(house, now)

    every = house.store.read(lambda c: c.execute(select(deliveries)).mappings().all())
    total = statements(house, run, 0)
    wanted = whole(house)
    assert total > 20
    assert {State.SENT: 7} == house.store.read(ledger.tally)

    def again(connection: Connection) -> None:
        for table in (counts, mailed, deliveries):
            connection.execute(table.delete())
        connection.execute(update(rows).values(compact=0))
        connection.execute(insert(deliveries), [dict(row) for row in every])

    for step in range(1, total + 1):
        house.store.write(again)
        statements(house, run, step)
        assert {State.SENT: 7} == house.store.read(ledger.tally)
        run()
        assert wanted == whole(house)


def test_a_stop_is_heard_between_two_chunks(old: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # S8
    monkeypatch.setattr(retention, "CHUNK", 1)
    asked = iter([False, True])

    assert 1 == retention.compact(old.house, old.clock(), lambda: next(asked, True))
    assert {State.SENT: 2, State.FAILED: 1} == old.house.store.read(ledger.tally)
    assert 1 == retention.compact(old.house, old.clock())


def test_what_came_back_is_forgotten_after_more_than_a_year(old: Desk) -> None:  # B2 S8
    def note(connection: Connection) -> None:
        for number, days in enumerate((500, 401, 399, 1)):
            at = old.clock() - timedelta(days=days)
            connection.execute(insert(reports).values(mark=str(number), kind="hard", at=at))

    old.house.store.write(note)
    retention.compact(old.house, old.clock())

    young = select(reports.c.mark).where(reports.c.mark.in_(["0", "1", "2", "3"])).order_by(reports.c.id)
    assert ["2", "3"] == old.house.store.read(lambda c: c.execute(young).scalars().all())


def test_letters_of_the_outbox_are_forgotten_with_the_ledger(house: House, clock: Clock) -> None:  # S8
    old, new = clock() - timedelta(days=91), clock() - timedelta(days=89)
    content = Content("موضوع", "<p>نص</p>", "نص", "ar", "rtl")
    for key, at in (("old", old), ("waits", old), ("new", new)):
        house.store.write(
            lambda c, k=key, t=at: notices.add(c, "links", k, ["a@example.org"], content, t, t)  # type: ignore[misc]
        )
    done = update(notices_table).where(notices_table.c.key != "waits").values(state=State.SENT)
    house.store.write(lambda c: c.execute(done))

    retention.compact(house, clock())

    left = select(notices_table.c.key).order_by(notices_table.c.id)
    assert ["waits", "new"] == house.store.read(lambda c: list(c.execute(left).scalars()))
