"""A year of schedules in twelve zones, judged by an oracle that shares nothing with the program (year.py)."""

import os
from datetime import UTC, datetime, time

import pytest

from tests.whole.year import DAY, ZONES, Calendar, Clock, Oracle, Year, lives, moments

START, DAYS = datetime(2026, 1, 1, tzinfo=UTC), 364
SEEDS = range(1, 1 + int(os.environ.get("NASHIR_YEARS", "1")))  # more of them: the long form


@pytest.fixture(scope="module", params=SEEDS)
def year(request: pytest.FixtureRequest) -> tuple[Year, Calendar]:
    calendar = Calendar(START, START + DAYS * DAY)
    year = lives(request.param, START, DAYS, calendar, movers=3, early=len(SEEDS) == 1)
    return year.live(moments(year, calendar)), calendar


def test_a_year_of_letters_is_what_the_oracle_says(year: tuple[Year, Calendar]) -> None:  # D1 D4 D5 X8
    """Daily, weekly and monthly readers in twelve zones, some at hours that clocks skip and repeat, some who move and
    pause; the machine is down for hours and days, its clock is put forward and back, the relay is down in the morning
    for two weeks. Never two letters of one date, none missed but by lateness, each article once, each dated right."""
    assert [] == Oracle(*year).judge()


def test_the_year_held_what_it_is_to_be_judged_by(year: tuple[Year, Calendar]) -> None:
    """An oracle that is owed nothing finds nothing."""
    lived, calendar = year
    letters = {who: len(found) for who, found in lived.letters.items()}
    weather = lived.weather

    assert all(320 < letters[f"daily{number}@example.org"] <= DAYS for number in range(len(ZONES)))
    assert all(46 <= letters[f"weekly{number}@example.org"] <= 52 for number in range(len(ZONES)))
    assert all(8 <= letters[f"monthly{number}@example.org"] <= 12 for number in range(len(ZONES)))
    assert 14 == len(weather.no_relay)
    assert len(weather.down) + len(weather.asleep) >= 8
    assert len(weather.wrong) >= 8
    assert weather.asleep
    assert sum(len(who.choices) - 1 for who in lived.folks) > 100
    assert {name for name, clock in calendar.clocks.items() if clock.changes} == {
        "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Africa/Casablanca", "Europe/London",
        "America/New_York",
    }  # fmt: skip


@pytest.mark.parametrize(
    "zone, day, hour, expected",
    [
        ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23T22:00"),  # 00:00 to 00:59 were skipped
        ("Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T20:30"),  # came twice: the first
        ("Asia/Baghdad", "2026-07-01", "07:00", "2026-07-01T04:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
    ],
)
def test_the_oracle_finds_the_hour_by_looking_at_the_clock(
    zone: str, day: str, hour: str, expected: str
) -> None:  # X8
    clock = Clock(zone, START, START + DAYS * DAY)
    found = clock.first(datetime.fromisoformat(day).date(), time.fromisoformat(hour))

    assert found
    assert expected == found.strftime("%Y-%m-%dT%H:%M")
