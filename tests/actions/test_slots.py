"""When editions start and for whom: readers' own hours, windows, instant newsletters, what a new reader gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from publisher.actions import importing, openings, plan, readers, slots
from publisher.actions.hours import opens, put_off
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.errors import BadConfig
from publisher.model.digest import Newsletter
from publisher.store import cadences, editions, ledger, people
from publisher.store.tables import deliveries, subscribers, subscriptions, variants
from publisher.subscribers import imports
from tests.actions.test_plan import dated, letters

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

ANN, BOB, CAM = "ann@example.org", "bob@example.org", "cam@example.org"


def tick(house: House, now: datetime) -> list[str]:
    """What the daemon does; returns what is wrong."""
    numbers, problems = slots.due_editions(house, tuple(house.newsletters.values()), now)
    for number in numbers:
        plan.plan(house, number, now)
    return problems


def having(house: House, **changes: Any) -> House:
    (daily,) = house.newsletters.values()
    newsletter: Newsletter = replace(daily, **changes)
    return replace(house, newsletters={newsletter.name: newsletter})


def subscribe(house: House, address: str, now: datetime, schedule: str = "", zone: str = "") -> None:
    readers.add(house, address, None, now, confirmed=True)
    if schedule or zone:
        choose(house, address, now, schedule, zone)


def choose(house: House, address: str, now: datetime, schedule: str, zone: str, **more: Any) -> None:
    def write(connection: Any) -> None:
        series = people.known_newsletters(connection)["daily"]
        who = select(subscribers.c.id).where(subscribers.c.address == address).scalar_subquery()
        row = cadences.ensure(connection, series.id, schedule, zone, now)
        connection.execute(
            update(subscriptions).where(subscriptions.c.subscriber == who).values(cadence=row, **more)
        )

    house.store.write(write)


@pytest.fixture
def paper(house: House, write: Write, publishes: Publishes, clock: Clock) -> House:
    """A site with one article in its archive, at half past seven in Baghdad on Friday, 20 November 2026."""
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    write(house, "1.md", dated(1))
    publishes(house)
    return house


def test_readers_who_chose_their_hour_are_due_at_it(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D4
    """Baghdad 07:00 (04:00 UTC), London 07:00, Baghdad 10:00: the last two are one instant, and one edition."""
    site = having(paper, frequencies=("daily", "weekly"))
    subscribe(site, ANN, clock())
    subscribe(site, BOB, clock(), "daily 07:00", "Europe/London")
    subscribe(site, CAM, clock(), "daily 10:00", "Asia/Baghdad")
    write(site, "2.md", dated(2))
    publishes(site)
    clock.forward(hours=2, minutes=30)  # 07:00 in London
    tick(site, clock())
    assert {BOB: [["خبر 2"]], CAM: [["خبر 2"]]} == letters(site)
    assert 1 == len(site.store.read(editions.listing))
    clock.forward(hours=21)
    tick(site, clock())

    assert {ANN: [["خبر 2"]], BOB: [["خبر 2"]], CAM: [["خبر 2"]]} == letters(site)


def test_what_the_newsletter_no_longer_offers_is_its_own_schedule(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D4
    subscribe(having(paper, frequencies=("weekly",)), ANN, clock(), "weekly mon 09:00", "Europe/London")
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.forward(hours=23, minutes=30)
    tick(paper, clock())

    assert {ANN: [["خبر 2"]]} == letters(paper)


def test_who_moves_west_gets_no_second_letter_of_the_same_date(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    site = having(paper, frequencies=("daily",))
    subscribe(site, ANN, clock())
    write(site, "2.md", dated(2))
    publishes(site)
    clock.forward(hours=23, minutes=30)  # Saturday, 07:00 in Baghdad
    tick(site, clock())
    choose(site, ANN, clock(), "", "America/New_York")
    write(site, "3.md", dated(3))
    publishes(site)
    clock.forward(hours=8)  # Saturday, 07:00 in New York
    tick(site, clock())
    assert {ANN: [["خبر 2"]]} == letters(site)
    clock.forward(hours=24)
    tick(site, clock())

    assert {ANN: [["خبر 2"], ["خبر 3"]]} == letters(site)


def test_an_edition_that_holds_nothing_was_none(paper: House, clock: Clock) -> None:  # D2
    subscribe(paper, ANN, clock())
    clock.forward(days=1)
    tick(paper, clock())

    assert [] == paper.store.read(editions.listing)


def test_the_categories_and_the_wish_for_text_of_a_reader_make_a_variant(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D4 D6
    for address in (ANN, BOB, CAM):
        subscribe(paper, address, clock())
    choose(paper, BOB, clock(), "", "", categories=["رِياضة"])
    choose(paper, CAM, clock(), "", "", text_only=True)
    write(paper, "2.md", dated(2, category="رياضة"))
    write(paper, "3.md", dated(3, category="سياسة"))
    publishes(paper)
    clock.forward(days=1)
    tick(paper, clock())

    assert {ANN: [["خبر 3", "خبر 2"]], BOB: [["خبر 2"]], CAM: [["خبر 3", "خبر 2"]]} == letters(paper)
    assert [False, False, True] == sorted(
        html == "" for html in paper.store.read(lambda c: c.execute(select(variants.c.html)).scalars().all())
    )


@pytest.mark.parametrize(
    "weekends, day, sent",
    [(True, 20, True), (False, 20, False), (False, 22, True)],
)
def test_on_the_weekend_nothing_is_due_where_the_newsletter_rests(
    weekends: bool, day: int, sent: bool, paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    """Friday, 20 November and Saturday are the weekend in Iraq; what waits is in the next letter."""
    site = having(paper, weekends=weekends, schedule="daily 10:00")
    site = replace(site, site=replace(site.site, weekend=(4, 5)))
    subscribe(site, ANN, clock())
    write(site, "2.md", dated(2))
    publishes(site)
    for at in range(20, day + 1):
        clock.now = datetime(2026, 11, at, 7, 0, tzinfo=UTC)
        tick(site, clock())

    assert sent == (letters(site) == {ANN: [["خبر 2"]]})


def test_the_weekend_is_the_sites_on_the_clock_of_the_reader(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    """Friday and Saturday, wherever the reader lives. 21:00 in New York is 05:00 of the next day in Baghdad."""
    site = having(paper, weekends=False, frequencies=("daily",))
    site = replace(site, site=replace(site.site, weekend=(4, 5)))
    subscribe(site, ANN, clock(), "daily 21:00", "America/New_York")
    write(site, "2.md", dated(2))
    publishes(site)
    found = {}
    for day in range(20, 24):
        clock.now = datetime(2026, 11, day, 2, 0, tzinfo=UTC)  # 21:00 of the day before in New York
        tick(site, clock())
        found[day] = ANN in letters(site)

    assert {20: False, 21: False, 22: False, 23: True} == found


def test_a_clock_that_was_a_year_ahead_costs_no_letter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5 X8
    """Nor a second one when that year comes."""
    subscribe(paper, ANN, clock())
    write(paper, "2.md", dated(2))
    publishes(paper)
    clock.now = datetime(2027, 11, 21, 5, 0, tzinfo=UTC)
    tick(paper, clock())
    clock.now = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    tick(paper, clock())
    for number, year in ((3, 2026), (4, 2027)):
        write(paper, f"{number}.md", dated(number))
        publishes(paper)
        clock.now = datetime(year, 11, 21, 4, 0, tzinfo=UTC)
        tick(paper, clock())

    assert {ANN: [["خبر 2"], ["خبر 3"], ["خبر 4"]]} == letters(paper)


def test_letters_leave_in_the_window_of_their_readers_only(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    site = having(paper, frequencies=("daily",), window="08:00-22:00")
    subscribe(site, ANN, clock())  # due at 07:00 in Baghdad, 04:00 UTC
    subscribe(site, BOB, clock(), "daily 23:30", "Europe/London")
    write(site, "2.md", dated(2))
    publishes(site)

    def claimed() -> list[str]:
        claim = partial(ledger.claim, now=clock(), limit=10, opens=partial(opens, site))
        taken = site.store.write(claim)
        site.store.write(lambda c: ledger.put_back(c, [each.id for each in taken]))
        return sorted(each.address for each in taken)

    found = {}
    for hour in range(48):
        clock.now = datetime(2026, 11, 20 + hour // 24, hour % 24, 30, tzinfo=UTC)
        tick(site, clock())
        found[f"{hour // 24} {hour % 24:02}"] = claimed()
    assert [] == found["1 04"]
    assert [ANN] == found["1 05"]  # 08:30 in Baghdad
    assert [ANN, BOB] == found["1 08"]
    assert [BOB] == found["1 19"]  # 22:30 in Baghdad
    assert [] == found["1 22"]


def test_letters_that_wait_for_their_window_hold_up_no_other_newsletter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D5
    (daily,) = paper.newsletters.values()
    newsletters = {"daily": replace(daily, window="08:00-22:00"), "free": replace(daily, name="free")}
    site = replace(paper, newsletters=newsletters, mail=replace(paper.mail, canary="0%"))
    rows = ["email\n", *(f"r{n}@example.org\n" for n in range(1500))]
    importing.import_rows(site, imports.rows(rows), "daily", clock(), confirmed=True, dry_run=False)
    write(site, "2.md", dated(2))
    publishes(site)
    readers.add(site, BOB, ["free"], clock(), confirmed=True)
    write(site, "3.md", dated(3))
    publishes(site)
    clock.now = datetime(2026, 11, 21, 4, tzinfo=UTC)  # 07:00 in Baghdad
    tick(site, clock())
    site.store.write(lambda c: c.execute(update(deliveries).values(due=clock())))
    claim = partial(ledger.claim, limit=200, opens=partial(opens, site))
    assert [] == site.store.write(partial(claim, now=clock()))  # it looked behind some of them
    put_off(site, clock())
    first = site.store.write(partial(claim, now=clock()))
    again = site.store.write(partial(claim, now=clock()))
    clock.forward(hours=1)
    opened = site.store.write(partial(claim, now=clock()))

    assert [BOB] == [each.address for each in first]
    assert ([], 200) == (again, len(opened))


class Instant:
    """A site with an instant newsletter and one reader."""

    def __init__(self, site: House, write: Write, publishes: Publishes, clock: Clock) -> None:
        self.site, self._write, self._publishes, self._clock = site, write, publishes, clock
        self._number = 1

    def publish(self, count: int = 1, **fields: str) -> None:
        for _ in range(count):
            self._number += 1
            self._write(self.site, f"{self._number}.md", dated(self._number, **fields))
        self._publishes(self.site)

    def after(self, minutes: float) -> list[list[str]]:
        """The letters there are after so long."""
        self._clock.forward(minutes=minutes)
        tick(self.site, self._clock())
        return letters(self.site).get(ANN, [])


@pytest.fixture
def instant(paper: House, write: Write, publishes: Publishes, clock: Clock) -> Instant:
    site = having(paper, schedule="instant")
    subscribe(site, ANN, clock())
    return Instant(site, write, publishes, clock)


def test_an_instant_newsletter_mails_each_article_at_once(instant: Instant) -> None:  # D4
    assert [] == instant.after(1)
    instant.publish(2)
    assert [["خبر 2"], ["خبر 3"]] == instant.after(0.1)
    instant.publish()
    assert [["خبر 2"], ["خبر 3"], ["خبر 4"]] == instant.after(5)


def test_more_than_three_articles_at_once_are_one_letter(instant: Instant) -> None:  # D4
    instant.publish(4)

    assert [["خبر 5", "خبر 4", "خبر 3", "خبر 2"]] == instant.after(0.1)


def test_what_comes_behind_three_letters_waits_and_is_one(instant: Instant) -> None:  # D4
    instant.publish(3)
    assert 3 == len(instant.after(0.1))
    for _ in range(4):
        instant.publish()
        assert 3 == len(instant.after(2))

    assert ["خبر 8", "خبر 7", "خبر 6", "خبر 5"] == instant.after(2.1)[3]


def test_an_instant_newsletter_passes_what_is_not_in_its_categories(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D2
    site = having(paper, schedule="instant", categories=("رياضة",))
    subscribe(site, ANN, clock())
    news = Instant(site, write, publishes, clock)
    news.publish(5)
    assert [] == news.after(1)
    news.publish(1, category="رياضة")

    assert [["خبر 7"]] == news.after(1)
    assert 1 == len(site.store.read(editions.listing))


def test_the_first_letter_of_a_reader_holds_some_articles_from_before(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    """Also for who subscribed before the first scan; whoever had a letter gets none of them."""
    site = having(paper, welcome_items=2, categories=("رياضة",))
    for number in range(2, 7):
        write(site, f"{number}.md", dated(number, category="رياضة" if number != 5 else "سياسة"))
    publishes(site)
    subscribe(site, ANN, clock())
    write(site, "7.md", dated(7, category="رياضة"))
    publishes(site)
    clock.forward(days=1)
    tick(site, clock())
    assert [["خبر 7", "خبر 6", "خبر 4"]] == letters(site)[ANN]
    write(site, "8.md", dated(8, category="رياضة"))
    publishes(site)
    clock.forward(days=1)
    tick(site, clock())

    assert [["خبر 7", "خبر 6", "خبر 4"], ["خبر 8"]] == letters(site)[ANN]


def test_readers_from_before_the_first_scan_are_welcomed_with_the_end_of_the_archive(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D3
    site = having(house, welcome_items=1)
    subscribe(site, ANN, clock())
    for number in range(1, 5):
        write(site, f"{number}.md", dated(number))
    publishes(site)
    clock.forward(hours=17)
    tick(site, clock())

    assert {ANN: [["خبر 4"]]} == letters(site)


def test_a_repeated_headline_stands_once_in_a_letter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    subscribe(paper, ANN, clock())
    for number in (2, 3):
        write(paper, f"{number}.md", dated(number, title="طقس اليوم"))
    write(paper, "4.md", dated(4, title="طَقس اليوم", language="fa"))
    publishes(paper)
    clock.forward(days=1)
    tick(paper, clock())
    ((found,),) = letters(paper).values()

    assert ["طقس اليوم", "طَقس اليوم"] == sorted(found)


def test_the_oldest_may_stand_first_and_the_newest_are_kept(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    site = having(paper, order="oldest", max_items=3)
    subscribe(site, ANN, clock())
    for number in range(2, 7):
        write(site, f"{number}.md", dated(number))
    publishes(site)
    clock.forward(days=1)
    tick(site, clock())

    assert {ANN: [["خبر 4", "خبر 5", "خبر 6"]]} == letters(site)


def said(house: House) -> list[str]:
    return [edition.opening for edition, _ in house.store.read(editions.listing)][::-1]


def test_what_the_editor_says_stands_in_one_edition(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    site = having(paper, opening="opening.md")
    note = site.root / "opening.md"
    subscribe(site, ANN, clock())
    for number, text in enumerate(["", "صباح الخير\n", "صباح الخير\n", "عدنا {{ 7 * 7 }}"], 2):
        note.write_text(text, "utf-8")
        write(site, f"{number}.md", dated(number))
        publishes(site)
        clock.forward(days=1)
        tick(site, clock())

    assert ["", "صباح الخير", "", "عدنا {{ 7 * 7 }}"] == said(site)


def test_what_the_editor_says_waits_for_an_edition_with_articles(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    site = having(paper, opening="opening.md")
    (site.root / "opening.md").write_text("صباح الخير", "utf-8")
    subscribe(site, ANN, clock())
    clock.forward(days=1)
    tick(site, clock())
    write(site, "2.md", dated(2))
    publishes(site)
    clock.forward(days=1)
    tick(site, clock())

    assert ["صباح الخير"] == said(site)


def test_an_opening_that_cannot_be_read_stops_its_newsletter_and_is_named(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    site = having(paper, opening="opening.md")
    (site.root / "opening.md").write_bytes(b"\x00" * 10)
    write(site, "2.md", dated(2))
    publishes(site)
    clock.forward(days=1)
    (problem,) = tick(site, clock())

    assert "opening.md" in problem
    with pytest.raises(BadConfig, match=r"newsletters\.daily\.opening"):
        openings.note(site, site.newsletters["daily"], *_series(site, clock()))
    (site.root / "opening.md").unlink()
    assert [] == tick(site, clock())
    assert 1 == len(site.store.read(editions.listing))


def _series(house: House, now: datetime) -> tuple[people.Series, datetime]:
    return house.store.read(people.known_newsletters)["daily"], now


def test_an_edition_has_a_page_whoever_reads_it(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # F16
    """Without a reader there is a page; the page of an edition holds what is new since the page before, and slots that
    readers chose have none."""
    site = having(paper, frequencies=("daily",))
    subscribe(site, BOB, clock(), "daily 12:00", "")
    for number in (2, 3):
        write(site, f"{number}.md", dated(number))
        publishes(site)
        clock.forward(days=1)
        tick(site, clock())
    clock.forward(hours=6)
    tick(site, clock())
    names = {edition.slot[:13]: edition.name for edition, _ in site.store.read(editions.listing)}

    assert {"2026-11-21T04": "2026-11-21", "2026-11-22T04": "2026-11-22", "2026-11-22T09": ""} == {
        slot: name for slot, name in names.items() if slot != "2026-11-21T09"
    }


def test_each_letter_lives_until_its_readers_next_one(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    """A day at least, three at most: daily and weekly readers of one edition."""
    site = having(paper, frequencies=("daily", "weekly"))
    subscribe(site, ANN, clock())
    subscribe(site, BOB, clock(), "weekly sat 07:00", "")
    write(site, "2.md", dated(2))
    publishes(site)
    clock.now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    tick(site, clock())
    query = select(deliveries.c.expires).order_by(deliveries.c.subscriber)
    found = site.store.read(lambda c: c.execute(query).scalars().all())

    assert [24, 72] == [(each - clock()).total_seconds() / 3600 for each in found]
