"""What readers choose, and what becomes of their letters when they change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select

from publisher.actions import choices, leaving, plan, readers, slots
from publisher.actions.choices import Change
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.errors import BadInput
from publisher.model.delivery import State
from publisher.model.people import Wish
from publisher.store import ledger
from publisher.store.tables import cadences, deliveries, subscriptions, variants
from publisher.subscribers.tokens import Claim
from tests.actions.test_plan import dated, letters
from tests.actions.test_slots import having, tick

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

ANN = "ann@example.org"


class Life:
    """A site with a daily newsletter whose readers choose, at half past seven in Baghdad on Friday, 20 November 2026,
    and one reader of it."""

    def __init__(self, site: House, write: Write, publishes: Publishes, clock: Clock) -> None:
        self.site, self._write, self._publishes, self._clock = site, write, publishes, clock
        self._number = 1

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """A tick at this time of Baghdad."""
        self._clock.now = datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=3)
        tick(self.site, self._clock())

    def publish(self, count: int = 1, **fields: str) -> None:
        for _ in range(count):
            self._number += 1
            self._write(self.site, f"{self._number}.md", dated(self._number, **fields))
        self._publishes(self.site)

    def choose(self, newsletter: str | None = None, **change: Any) -> None:
        person = choices.reader(self.site, ANN)
        choices.choose(self.site, person, newsletter, Change(**change), self._clock())

    @property
    def found(self) -> choices.Subscribed:
        person = choices.reader(self.site, ANN)
        (found,) = choices.subscribed(self.site, person.id, self._clock())
        return found

    @property
    def due(self) -> str:
        """When the next letter comes, in Baghdad."""
        due = self.found.due
        return (due + timedelta(hours=3)).strftime("%d %H:%M") if due else ""

    @property
    def letters(self) -> list[list[str]]:
        return [[title.removeprefix("خبر ") for title in each] for each in letters(self.site).get(ANN, [])]


@pytest.fixture
def ann(house: House, write: Write, publishes: Publishes, clock: Clock) -> Life:
    site = having(house, frequencies=("daily", "weekly"), max_items=3)
    life = Life(site, write, publishes, clock)
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    write(site, "1.md", dated(1))
    publishes(site)
    readers.add(site, ANN, None, clock(), confirmed=True)
    return life


def test_a_reader_chooses_hour_and_zone(ann: Life) -> None:  # D4
    ann.choose(schedule="weekly Saturday 9:30", zone="europe/london")
    ann.publish()
    ann.at(21, 12, 29)
    assert ([], "21 12:30") == (ann.letters, ann.due)
    ann.at(21, 12, 30)

    assert ([["2"]], "28 12:30") == (ann.letters, ann.due)
    assert ("weekly sat 09:30", "Europe/London") == (ann.found.choices.schedule, ann.found.choices.zone)


def test_who_takes_back_a_choice_is_due_with_the_newsletter(ann: Life) -> None:  # D4
    ann.publish()
    ann.choose(schedule="daily 06:00", zone="Europe/London")
    assert "20 09:00" == ann.due
    ann.at(20, 9)
    ann.choose(schedule="", zone="")

    assert ("21 07:00", "Asia/Baghdad") == (ann.due, ann.found.zone.key)


def test_a_row_of_the_due_table_goes_with_its_last_reader(ann: Life) -> None:  # D4
    for hour in ("08:00", "09:00", "10:00"):
        ann.choose(schedule=f"daily {hour}")
    found = ann.site.store.read(lambda c: c.execute(select(cadences.c.schedule)).scalars().all())

    assert ["", "daily 10:00"] == found


def test_a_letter_of_today_comes_at_the_old_hour_when_the_new_one_is_over(ann: Life) -> None:  # D4 D5
    """Due at 07:00; at 06:00 she chooses 05:30."""
    ann.publish()
    ann.at(21, 6)
    ann.choose(schedule="daily 05:30")
    assert "21 07:00" == ann.due
    ann.at(21, 6, 30)
    assert [] == ann.letters
    ann.at(21, 7)
    assert ([["2"]], "22 05:30") == (ann.letters, ann.due)
    ann.publish()
    ann.at(22, 5, 30)

    assert [["2"], ["3"]] == ann.letters


def test_a_letter_of_today_that_came_does_not_come_again(ann: Life) -> None:  # D4 D5
    ann.publish()
    ann.at(21, 7)
    ann.choose(schedule="daily 09:00")
    ann.publish()
    ann.at(21, 9)
    assert ([["2"]], "22 09:00") == (ann.letters, ann.due)
    ann.at(22, 8)
    ann.choose(schedule="daily 07:30")
    ann.at(22, 9)
    ann.at(23, 7, 30)

    assert [["2"], ["3"]] == ann.letters


def test_who_moves_east_misses_no_day(ann: Life) -> None:  # D4 D5
    """From New York to Baghdad on Saturday, at 06:00 in New York: there it is 14:00, and 07:00 is over."""
    ann.choose(zone="America/New_York")
    ann.publish()
    ann.at(21, 14)
    ann.choose(zone="Asia/Baghdad")
    ann.at(21, 15)
    ann.publish()
    ann.at(22, 7)

    assert [["2"], ["3"]] == ann.letters


@pytest.mark.parametrize("hours, days", [(5, [["2"], ["3"]]), (7, [["3", "2"]])])
def test_a_day_is_missed_by_lateness_alone_when_the_machine_sleeps(
    hours: int, days: list[list[str]], ann: Life
) -> None:  # D4 D5
    """She changes at 06:00; the machine wakes five or seven hours after 07:00."""
    ann.publish()
    ann.at(21, 6)
    ann.choose(schedule="daily 05:30")
    ann.at(21, 7 + hours)
    ann.publish()
    ann.at(22, 5, 30)

    assert days == ann.letters


def test_a_choice_that_is_taken_back_in_time_changes_nothing(ann: Life) -> None:  # D4
    ann.publish()
    ann.at(21, 6)
    ann.choose(schedule="daily 05:30")
    ann.choose(schedule="")
    ann.at(21, 7)
    ann.publish()
    ann.at(22, 5, 30)
    assert [["2"]] == ann.letters
    ann.at(22, 7)

    assert [["2"], ["3"]] == ann.letters


def test_who_changes_while_the_edition_is_planned_gets_it(
    ann: Life, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # D4 D7
    """The slot was dealt with, and planning was cut off before it came to her."""
    ann.publish()
    clock.now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    (number,), _ = slots.due_editions(ann.site, tuple(ann.site.newsletters.values()), clock())
    ann.choose(schedule="daily 05:30")
    plan.plan(ann.site, number, clock())

    assert ([["2"]], "22 05:30") == (ann.letters, ann.due)


def test_after_a_pause_come_the_newest_and_the_rest_is_counted(ann: Life) -> None:  # D4
    ann.choose(paused=True)
    for day in (21, 22):
        ann.publish(3)
        ann.at(day, 7)
    assert ([], "", Wish.PAUSED) == (ann.letters, ann.due, ann.found.state)
    ann.choose(paused=False)
    ann.at(23, 7)
    mailed = select(variants.c.text).join_from(deliveries, variants, variants.c.id == deliveries.c.variant)
    (text,) = ann.site.store.read(lambda c: c.execute(mailed).scalars().all())

    assert [["7", "6", "5"]] == ann.letters
    assert "3 مقالات" in text


def test_a_pause_ends_by_itself_on_its_day(ann: Life) -> None:  # D4
    """At midnight of the reader's clock."""
    ann.choose(zone="Asia/Tokyo", schedule="daily 00:00")
    ann.publish()
    ann.choose(paused=True, until=date(2026, 11, 23))
    assert "22 18:00" == ann.due
    ann.at(21, 18)
    assert [] == ann.letters
    ann.at(22, 18)

    assert ([["2"]], Wish.ACTIVE, None) == (ann.letters, ann.found.state, ann.found.choices.resumes)


def test_what_waits_to_leave_when_a_pause_begins_is_in_the_letter_behind_it(ann: Life) -> None:  # D1 D4
    ann.publish(2)
    ann.at(21, 7)
    ann.choose(paused=True)
    assert {State.CANCELLED: 1} == ann.site.store.read(ledger.tally)
    ann.choose(paused=False)
    ann.publish()
    ann.at(22, 7)

    assert [["3", "2"], ["4", "3", "2"]] == ann.letters


def test_a_letter_that_left_before_a_pause_is_not_repeated(ann: Life, clock: Clock) -> None:  # D1 D4
    ann.publish(2)
    ann.at(21, 7)
    (taken,) = ann.site.store.write(lambda c: ledger.claim(c, clock(), 9))
    ann.site.store.write(lambda c: ledger.begin(c, [taken.id], clock()))
    ann.choose(paused=True)
    ann.choose(paused=False)
    ann.publish()
    ann.at(22, 7)

    assert [["3", "2"], ["4"]] == ann.letters


def test_categories_language_and_form_are_chosen(ann: Life) -> None:  # D4 A17
    ann.publish(1, category="رياضة")
    ann.choose(categories=("رِياضه",), language="FA", text_only=True)
    ann.publish(1, category="سياسة")
    ann.at(21, 7)
    assert [["2"]] == ann.letters
    assert ("رياضة",) == ann.found.choices.categories
    assert "fa" == choices.reader(ann.site, ANN).language
    assert ann.found.choices.text_only
    ann.choose(categories=())
    ann.publish(1, category="سياسة")
    ann.at(22, 7)

    assert [["2"], ["4"]] == ann.letters


@pytest.mark.parametrize(
    "change, words",
    [
        ({"schedule": "monthly 1 07:00"}, "does not come as 'monthly 1 07:00'. Mend: choose daily or weekly"),
        ({"schedule": "instant"}, "does not come as"),
        ({"schedule": "cron 0 7 * * *"}, "does not come as"),
        ({"schedule": "at noon"}, "is not a schedule; write"),
        ({"zone": "Baghdad"}, "'Baghdad' is no time zone. Mend: write Asia/Baghdad"),
        ({"zone": "Europe/Lundon"}, "Europe/London"),
        ({"zone": "../etc/passwd"}, "is no time zone"),
        ({"categories": ("رياضات",)}, "no category 'رياضات'. Mend: write رياضة"),
        ({"language": "???"}, "Mend: give a tag"),
        ({"paused": True, "until": date(2026, 11, 20)}, "is here already"),
        ({"paused": True, "until": date.min}, "is here already"),
        ({"paused": True, "until": date(2037, 1, 1)}, "is far away. Mend: leave the day out"),
        ({"paused": True, "until": date.max}, "is far away"),
    ],
)
def test_what_is_not_offered_is_refused_in_one_line_and_changes_nothing(
    change: dict[str, Any], words: str, ann: Life
) -> None:  # D4
    ann.publish(1, category="رياضة")
    rows = partial(ann.site.store.read, lambda c: c.execute(select(subscriptions)).all())
    before = rows()
    with pytest.raises(BadInput) as caught:
        ann.choose(**{"text_only": True, **change})

    assert words in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())
    assert before == rows()


def test_a_newsletter_without_frequencies_is_when_it_is(ann: Life) -> None:  # D4
    ann.site = having(ann.site, frequencies=())
    with pytest.raises(BadInput, match="do not choose when it comes"):
        ann.choose(schedule="daily 09:00")
    ann.choose(text_only=True)

    assert ann.found.choices.text_only


def test_the_categories_of_a_newsletter_bound_those_of_its_readers(ann: Life) -> None:  # D4
    ann.publish(1, category="سياسة")
    ann.site = having(ann.site, categories=("رياضة", "علوم"))
    ann.choose(categories=("علوم",))
    with pytest.raises(BadInput, match="no category 'سياسة'"):
        ann.choose(categories=("سياسة",))

    assert ("علوم",) == ann.found.choices.categories


@pytest.mark.parametrize("confirmed, words", [(False, "is pending"), (None, "unsubscribed from daily")])
def test_who_gets_no_letters_pauses_none(
    confirmed: bool | None, words: str, house: House, clock: Clock, publishes: Publishes
) -> None:  # L1
    publishes(house)
    readers.add(house, ANN, None, clock(), confirmed=confirmed is not False)
    person = choices.reader(house, ANN)
    if confirmed is None:
        (mine,) = house.store.read(lambda c: c.execute(select(subscriptions.c.newsletter)).scalars().all())
        claim = Claim(person.id, mine)
        house.store.write(lambda c: leaving.leave(c, claim, clock()))
    with pytest.raises(BadInput, match=words):
        choices.choose(house, person, None, Change(paused=True), clock())


@pytest.mark.parametrize("newsletter", [None, "daily"])
def test_whoever_unsubscribed_is_not_sent_to_add(
    newsletter: str | None, house: House, clock: Clock, publishes: Publishes
) -> None:  # L1
    """`subscribers add` would not bring them back."""
    publishes(house)
    readers.add(house, ANN, None, clock(), confirmed=True)
    person = choices.reader(house, ANN)
    (mine,) = house.store.read(lambda c: c.execute(select(subscriptions.c.newsletter)).scalars().all())
    house.store.write(lambda c: leaving.leave(c, Claim(person.id, mine), clock()))
    with pytest.raises(BadInput) as refused:
        choices.choose(house, person, newsletter, Change(paused=False), clock())

    assert "subscribers add" not in str(refused.value)
    assert "stays so" in refused.value.mend


def test_who_never_subscribed_is_sent_to_add(house: House, clock: Clock, publishes: Publishes) -> None:  # L1
    publishes(house)
    readers.add(house, ANN, None, clock(), confirmed=True)
    person = choices.reader(house, ANN)
    house.store.write(lambda c: c.execute(delete(subscriptions)))
    with pytest.raises(BadInput, match=r"is not subscribed to daily.*subscribers add"):
        choices.choose(house, person, "daily", Change(paused=False), clock())


def test_an_address_that_nobody_has_is_named(house: House) -> None:
    with pytest.raises(BadInput, match=r"there is no reader nobody@example\.org"):
        choices.reader(house, "nobody@example.org")
