"""Who gets what, exactly once: editions, watermarks, variants."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, select

from publisher.actions import plan, readers, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.model.delivery import State
from publisher.model.digest import Newsletter
from publisher.store import articles, editions, ledger, planning
from publisher.store.tables import deliveries, subscribers, variants

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

ADDRESSES = [f"reader{n}@example.org" for n in range(1, 8)]


def dated(number: int, **fields: str) -> str:
    head = {"title": f"خبر {number}", "date": f"2026-01-{number:02}", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", "نص المقالة."])


def subscribe(house: House, now: datetime, *addresses: str, newsletter: str | None = None) -> None:
    for address in addresses:
        readers.add(house, address, [newsletter] if newsletter else None, now, confirmed=True)


def plan_due(house: House, now: datetime) -> list[int]:
    numbers = slots.due_editions(house, tuple(house.newsletters.values()), now)[0]
    for number in numbers:
        plan.plan(house, number, now)
    return numbers


def send_now(house: House, now: datetime, *, include_existing: bool = False) -> int | None:
    (newsletter,) = house.newsletters.values()
    number = slots.edition_now(house, newsletter, now, include_existing=include_existing)
    if number:
        plan.plan(house, number, now)
    return number


def letters(house: House) -> dict[str, list[list[str]]]:
    """The articles of every letter in the ledger, by reader."""

    def read(connection: Connection) -> dict[str, list[list[str]]]:
        titles = {article.id: article.title for article in articles.between(connection, 0, 10_000)}
        query = select(subscribers.c.address, variants.c.articles).join_from(
            deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber
        )
        found: dict[str, list[list[str]]] = {}
        for address, ids in connection.execute(
            query.join(variants, variants.c.id == deliveries.c.variant).order_by(deliveries.c.id)
        ):
            found.setdefault(address, []).append([titles.get(each, "gone") for each in ids])
        return found

    return house.store.read(read)


def stored(house: House) -> int:
    return house.store.read(lambda c: len(c.execute(variants.select()).all()))


@pytest.fixture
def paper(house: House, write: Write, publishes: Publishes, clock: Clock) -> House:
    """A site whose archive is article 1, with two readers, at half past seven in Baghdad; the newsletter goes out
    at seven."""
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    write(house, "1.md", dated(1))
    publishes(house)
    subscribe(house, clock(), *ADDRESSES[:2])
    return house


def test_an_article_with_an_old_date_is_in_the_next_letter_once(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D1
    write(paper, "old.md", dated(9, date="1999-01-01"))
    publishes(paper)
    for _ in range(3):
        clock.forward(days=1)
        plan_due(paper, clock())

    assert {key: [["خبر 9"]] for key in ADDRESSES[:2]} == letters(paper)


def test_an_edited_article_is_not_sent_again_and_a_removed_one_not_at_all(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D1
    write(paper, "2.md", dated(2))
    write(paper, "3.md", dated(3))
    publishes(paper)
    (paper.folder / "3.md").unlink()
    publishes(paper)
    clock.forward(days=1)
    plan_due(paper, clock())
    write(paper, "2.md", dated(2, title="خبر مصحح"))
    publishes(paper)
    clock.forward(days=1)
    plan_due(paper, clock())

    assert {key: [["خبر مصحح"]] for key in ADDRESSES[:2]} == letters(paper)


def test_nothing_new_is_no_letter(paper: House, clock: Clock) -> None:  # D2
    clock.forward(days=1)
    plan_due(paper, clock())

    assert {} == letters(paper)
    assert send_now(paper, clock()) is None


def test_nothing_new_in_the_newsletters_categories_is_no_letter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D2
    (daily,) = paper.newsletters.values()
    sport = replace(paper, newsletters={"daily": replace(daily, categories=("رياضة",))})
    write(sport, "2.md", dated(2, category="سياسة"))
    publishes(sport)
    clock.forward(days=1)
    plan_due(sport, clock())
    assert {} == letters(sport)
    write(sport, "3.md", dated(3, category="رياضة"))
    write(sport, "4.md", dated(4, category="رياضة", digest="false"))
    publishes(sport)
    clock.forward(days=1)
    plan_due(sport, clock())

    assert {key: [["خبر 3"]] for key in ADDRESSES[:2]} == letters(sport)


def test_the_archive_is_sent_to_nobody(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    """Also not to those who subscribed before the first scan."""
    subscribe(house, clock(), ADDRESSES[0])
    write(house, "1.md", dated(1))
    publishes(house)
    subscribe(house, clock(), ADDRESSES[1])

    assert send_now(house, clock()) is None
    clock.forward(days=1)
    plan_due(house, clock())
    assert {} == letters(house)


def test_the_archive_is_sent_when_asked_for_to_those_who_never_had_a_letter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    write(paper, "2.md", dated(2))
    publishes(paper)
    send_now(paper, clock())
    subscribe(paper, clock(), ADDRESSES[2])
    write(paper, "3.md", dated(3))
    publishes(paper)
    clock.forward(minutes=1)
    send_now(paper, clock(), include_existing=True)

    assert {
        ADDRESSES[0]: [["خبر 2"], ["خبر 3"]],
        ADDRESSES[1]: [["خبر 2"], ["خبر 3"]],
        ADDRESSES[2]: [["خبر 3", "خبر 2", "خبر 1"]],
    } == letters(paper)
    clock.forward(minutes=1)
    assert send_now(paper, clock(), include_existing=True) is None


def test_a_new_reader_starts_at_the_moment_of_confirmation(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    readers.add(paper, ADDRESSES[2], None, clock(), confirmed=False)
    write(paper, "2.md", dated(2))
    publishes(paper)
    readers.add(paper, ADDRESSES[2], None, clock(), confirmed=True)
    write(paper, "3.md", dated(3))
    publishes(paper)
    readers.add(paper, ADDRESSES[3], None, clock(), confirmed=False)
    clock.forward(days=1)
    plan_due(paper, clock())
    found = letters(paper)

    assert [["خبر 3", "خبر 2"]] == found[ADDRESSES[0]]
    assert [["خبر 3"]] == found[ADDRESSES[2]]
    assert ADDRESSES[3] not in found


@pytest.mark.parametrize("late, planned", [(5.9, 1), (6.1, 0)])
def test_a_slot_is_left_out_when_it_is_too_late(
    late: float, planned: int, paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(hours=23.5 + late)

    assert planned == len(plan_due(paper, clock()))
    clock.forward(hours=24 - late)  # the next slot: what waited is in it
    plan_due(paper, clock())
    assert [["خبر 2"]] == letters(paper)[ADDRESSES[0]]


def test_several_missed_slots_are_one_letter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(days=4)
    plan_due(paper, clock())

    assert 1 == len(paper.store.read(editions.listing))


def test_a_slot_from_before_the_newsletter_is_not_planned(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)  # 08:00 in Baghdad
    write(house, "1.md", dated(1))
    publishes(house)

    assert [] == slots.due_editions(house, tuple(house.newsletters.values()), clock())[0]
    clock.forward(hours=23)
    assert 1 == len(slots.due_editions(house, tuple(house.newsletters.values()), clock())[0])


def test_a_clock_that_is_put_back_plans_no_second_edition(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # X8
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(days=1)
    plan_due(paper, clock())
    write(paper, "3.md", dated(3))
    publishes(paper)
    for hours in (-2, 1, 1, -26, 1, 26):
        clock.forward(hours=hours)
        plan_due(paper, clock())

    assert 1 == len(paper.store.read(editions.listing))
    assert [["خبر 2"]] == letters(paper)[ADDRESSES[0]]


def test_planning_twice_is_planning_once(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D7
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(days=1)
    first = plan_due(paper, clock())
    again = plan_due(paper, clock())
    for number in first:
        plan.plan(paper, number, clock())

    assert (1, 0) == (len(first), len(again))
    assert {State.QUEUED: 2} == paper.store.read(ledger.tally)


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
def test_a_plan_that_is_cut_off_goes_on_where_it_was(
    chunks: int,
    paper: House,
    write: Write,
    publishes: Publishes,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # D7
    monkeypatch.setattr(plan, "CHUNK", 2)
    monkeypatch.setattr(plan, "SHARED_CHUNK", 2)
    subscribe(paper, clock(), *ADDRESSES)
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(days=1)
    (number,) = slots.due_editions(paper, tuple(paper.newsletters.values()), clock())[0]
    real = planning.add_deliveries
    done: list[None] = []

    def cut(*arguments: Any, **more: Any) -> None:
        if len(done) == chunks:
            raise SystemExit
        real(*arguments, **more)
        done.append(None)

    with monkeypatch.context() as patch:
        patch.setattr(planning, "add_deliveries", cut)
        with pytest.raises(SystemExit):
            plan.plan(paper, number, clock())
    write(paper, "3.md", dated(3))  # is for the next edition, for everybody
    publishes(paper)
    subscribe(paper, clock(), "late@example.org")
    clock.forward(minutes=1)
    assert [number] == plan_due(paper, clock())

    assert {key: [["خبر 2"]] for key in ADDRESSES} == letters(paper)
    clock.forward(days=1)
    plan_due(paper, clock())
    assert {key: [["خبر 2"], ["خبر 3"]] for key in ADDRESSES} == letters(paper)


def test_a_reader_who_comes_while_the_archive_is_planned_misses_and_repeats_nothing(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D1
    """The edition's end lies before the reader's beginning: the watermark does not go back."""
    (daily,) = paper.newsletters.values()
    number = slots.edition_now(paper, daily, clock(), include_existing=True)
    assert number
    write(paper, "2.md", dated(2))
    publishes(paper)
    subscribe(paper, clock(), ADDRESSES[2])
    plan.plan(paper, number, clock())
    clock.forward(days=1)
    plan_due(paper, clock())

    assert [["خبر 1"]] == letters(paper)[ADDRESSES[2]]
    assert [["خبر 1"], ["خبر 2"]] == letters(paper)[ADDRESSES[0]]


def test_one_edition_is_listed_without_the_others(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    for number in (2, 3):
        write(paper, f"{number}.md", dated(number))
        publishes(paper)
        clock.forward(days=1)
        plan_due(paper, clock())
    every = paper.store.read(editions.listing)

    assert [2, 1] == [each.id for each, _ in every]
    assert every[1:] == paper.store.read(lambda c: editions.listing(c, [1]))
    assert {"queued": 2} == every[1][1]


def test_readers_of_the_same_items_share_one_variant(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    subscribe(paper, clock(), *ADDRESSES[:4])
    write(paper, "2.md", dated(2))
    publishes(paper)
    subscribe(paper, clock(), *ADDRESSES[4:])
    write(paper, "3.md", dated(3))
    publishes(paper)
    send_now(paper, clock())

    assert 2 == stored(paper)
    assert [["خبر 3", "خبر 2"]] == letters(paper)[ADDRESSES[0]]
    assert [["خبر 3"]] == letters(paper)[ADDRESSES[6]]


def test_what_a_watermark_leaves_out_does_not_split_a_variant(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    """Two readers who stand at different places of the order, with the same items above both."""
    write(paper, "2.md", dated(2, digest="false"))
    publishes(paper)
    subscribe(paper, clock(), ADDRESSES[2])
    write(paper, "3.md", dated(3))
    publishes(paper)
    send_now(paper, clock())

    assert 1 == stored(paper)
    assert {key: [["خبر 3"]] for key in ADDRESSES[:3]} == letters(paper)


def test_each_newsletter_has_watermarks_of_its_own(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D1
    (daily,) = house.newsletters.values()
    weekly: Newsletter = replace(daily, name="weekly", schedule="weekly sat 09:00")
    both = replace(house, newsletters={"daily": daily, "weekly": weekly})
    write(both, "1.md", dated(1))
    publishes(both)
    subscribe(both, clock(), ADDRESSES[0])
    subscribe(both, clock(), ADDRESSES[1], newsletter="weekly")
    write(both, "2.md", dated(2))
    publishes(both)
    clock.forward(hours=17)  # Saturday, 08:00
    assert 1 == len(plan_due(both, clock()))
    clock.forward(hours=2)
    assert 1 == len(plan_due(both, clock()))

    assert {ADDRESSES[0]: [["خبر 2"], ["خبر 2"]], ADDRESSES[1]: [["خبر 2"]]} == letters(both)


def test_a_new_newsletter_begins_with_an_archive_of_its_own(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    (daily,) = paper.newsletters.values()
    both = replace(paper, newsletters={"daily": daily, "new": replace(daily, name="new")})
    subscribe(both, clock(), ADDRESSES[2], newsletter="new")
    write(both, "2.md", dated(2))
    publishes(both)
    clock.forward(days=1)
    plan_due(both, clock())

    assert {key: [["خبر 2"]] for key in ADDRESSES[:2]} == letters(both)


def test_an_edition_of_a_newsletter_that_left_the_configuration_is_laid_down(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(days=1)
    (number,) = slots.due_editions(paper, tuple(paper.newsletters.values()), clock())[0]
    without = replace(paper, newsletters={})

    assert [number] == plan_due(without, clock())
    assert [] == plan_due(without, clock())


@pytest.mark.parametrize(
    "schedule, hours",
    [("daily 07:00", 24), ("weekly sat 07:00", 72), ("monthly 1 07:00", 72), ("cron 0 */2 * * *", 24)],
)
def test_an_edition_lives_a_day_at_least_and_three_at_most(
    schedule: str, hours: int, paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    (daily,) = paper.newsletters.values()
    other = replace(paper, newsletters={"daily": replace(daily, schedule=schedule)})
    write(other, "2.md", dated(2))
    publishes(other)
    clock.now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # Saturday, 07:00
    send_now(other, clock())
    ((edition, _),) = other.store.read(editions.listing)

    assert hours * 3600 == (edition.expires - clock()).total_seconds()


def test_a_second_scan_of_a_first_run_is_archive_too(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    """Files copied in a moment before the first run rest only at its second look."""
    subscribe(house, clock(), ADDRESSES[0])
    write(house, "1.md", dated(1))
    path = write(house, "2.md", dated(2))
    moment = clock().timestamp() - 0.5
    os.utime(path, (moment, moment))
    publishes(house)
    clock.forward(seconds=1)
    publishes(house)

    assert send_now(house, clock()) is None
