from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.digests.due import following, latest, parse

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Zones whose clocks still change, or did not long ago, and days of both changes (X8).
CHANGES = [
    ("Africa/Cairo", "2026-04-24"),  # 00:00 is skipped
    ("Africa/Cairo", "2026-10-29"),  # 23:00 comes twice
    ("Asia/Beirut", "2026-03-29"),  # 00:00 is skipped
    ("Asia/Beirut", "2026-10-24"),
    ("Asia/Gaza", "2026-03-28"),
    ("Asia/Gaza", "2026-10-24"),
    ("Asia/Jerusalem", "2026-03-27"),
    ("Asia/Jerusalem", "2026-10-25"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Asia/Tehran", "2021-03-22"),
    ("Asia/Tehran", "2021-09-21"),
    ("Asia/Riyadh", "2026-11-23"),
    ("America/St_Johns", "2010-11-07"),  # put back at 00:01, into the day before
    ("Pacific/Apia", "2011-12-30"),  # never was
]
CLOCKS = ["00:00", "00:30", "01:00", "02:15", "02:30", "03:00", "07:00", "23:00", "23:30", "23:59"]


def minutes(zone: ZoneInfo, middle: str, days: int = 3) -> Iterator[tuple[datetime, datetime]]:
    """Every minute around *middle*: the instant, and what the clock on the wall shows."""
    instant = datetime.combine(date.fromisoformat(middle), time(), UTC) - days * DAY
    for _ in range(2 * days * 24 * 60):
        yield instant, instant.astimezone(zone).replace(tzinfo=None)
        instant += MINUTE


def by_looking_at_the_clock(zone: ZoneInfo, middle: str, at: time) -> list[datetime]:
    """The first minute of each local date at which the wall shows *at* or later."""
    found: dict[date, datetime] = {}
    for instant, wall in minutes(zone, middle):
        if wall.time() >= at:
            found.setdefault(wall.date(), instant)
    return list(found.values())[1:]  # the first day may have begun before we looked


def by_asking(text: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    schedule, found, now = parse(text), list[datetime](), start
    while (now := following(schedule, zone, now)) <= end:
        found.append(now)
    return found


@pytest.mark.parametrize("name, middle", CHANGES)
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_daily_letter_comes_once_on_every_date(name: str, middle: str, clock: str) -> None:  # D5 X8
    zone = ZoneInfo(name)
    expected = by_looking_at_the_clock(zone, middle, time.fromisoformat(clock))
    found = by_asking(f"daily {clock}", zone, expected[0] - MINUTE, expected[-1])
    dates = [instant.astimezone(zone).date() for instant in found]

    assert expected == found
    assert sorted(set(dates)) == dates


@pytest.mark.parametrize("name, middle", CHANGES)
@pytest.mark.parametrize("clock", ["00:00", "02:30", "23:30"])
def test_cron_agrees_with_daily(name: str, middle: str, clock: str) -> None:
    zone, at = ZoneInfo(name), time.fromisoformat(clock)
    expected = by_looking_at_the_clock(zone, middle, at)
    found = by_asking(f"cron {at.minute} {at.hour} * * *", zone, expected[0] - MINUTE, expected[-1])

    if name == "Pacific/Apia":  # a cron job of the day that never was runs when the gap is over
        expected = sorted({*expected, datetime(2011, 12, 30, 10, tzinfo=UTC)})
    assert expected == found


@pytest.mark.parametrize("name, middle", [change for change in CHANGES if change[0] != "Pacific/Apia"])
def test_cron_fires_when_the_wall_first_shows_or_passes_a_time(name: str, middle: str) -> None:
    zone = ZoneInfo(name)
    expected, highest = list[datetime](), None
    for instant, wall in minutes(zone, middle):
        if highest is not None and wall > highest:
            passed = (highest + MINUTE * n for n in range(1, int((wall - highest) / MINUTE) + 1))
            if any(moment.minute in (0, 20, 40) for moment in passed):
                expected.append(instant)
        highest = wall if highest is None else max(highest, wall)

    assert expected == by_asking("cron */20 * * * *", zone, expected[0] - MINUTE, expected[-1])


@pytest.mark.parametrize("name, middle", CHANGES)
@pytest.mark.parametrize("text", ["daily 00:30", "daily 23:30", "cron 30 */7 * * *", "weekly fri 09:00"])
def test_latest_and_following_are_neighbours(name: str, middle: str, text: str) -> None:
    zone, schedule = ZoneInfo(name), parse(text)
    now = datetime.combine(date.fromisoformat(middle), time(0, 17), UTC) - 2 * DAY
    for _ in range(60):
        now += timedelta(minutes=97)
        before, after = latest(schedule, zone, now), following(schedule, zone, now)

        assert before is not None
        assert before <= now < after
        assert after == following(schedule, zone, before)
        assert before == latest(schedule, zone, before) == latest(schedule, zone, after - MINUTE)
        assert after == latest(schedule, zone, after)


RIYADH = ZoneInfo("Asia/Riyadh")  # UTC+3


def on(text: str, after: str) -> str:
    found = following(parse(text), RIYADH, datetime.fromisoformat(after).replace(tzinfo=RIYADH))
    return found.astimezone(RIYADH).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    "text, after, due",
    [
        ("daily 07:00", "2026-11-23T06:59", "Mon 2026-11-23 07:00"),
        ("daily 07:00", "2026-11-23T07:00", "Tue 2026-11-24 07:00"),
        ("DAILY 7:00", "2026-11-23T07:00", "Tue 2026-11-24 07:00"),
        ("weekly fri 09:00", "2026-11-23T00:00", "Fri 2026-11-27 09:00"),
        ("weekly Saturday 09:00", "2026-11-28T09:00", "Sat 2026-12-05 09:00"),
        ("monthly 1 07:00", "2026-11-23T00:00", "Tue 2026-12-01 07:00"),
        ("monthly 31 07:00", "2026-11-23T00:00", "Mon 2026-11-30 07:00"),
        ("monthly 30 07:00", "2027-02-01T00:00", "Sun 2027-02-28 07:00"),
        ("cron 30 6 * * *", "2026-11-23T00:00", "Mon 2026-11-23 06:30"),
        ("cron 0 7 * * 0", "2026-11-23T00:00", "Sun 2026-11-29 07:00"),  # crontab(5): 0 and 7 are Sunday
        ("cron 0 7 * * 7", "2026-11-23T00:00", "Sun 2026-11-29 07:00"),
        ("cron 0 7 * * 1-5", "2026-11-27T08:00", "Mon 2026-11-30 07:00"),
        ("cron 0 7 * * sat-mon", "2026-11-24T08:00", "Sat 2026-11-28 07:00"),
        ("cron 0 7 * * 5-7/2", "2026-11-27T08:00", "Sun 2026-11-29 07:00"),
        ("cron 0 7 1 * fri", "2026-11-23T00:00", "Fri 2026-11-27 07:00"),  # either will do
        ("cron 0 7 1 * fri", "2026-11-27T08:00", "Tue 2026-12-01 07:00"),
        ("cron 0 7 29 2 *", "2026-11-23T00:00", "Tue 2028-02-29 07:00"),
    ],
)
def test_a_schedule_is_due(text: str, after: str, due: str) -> None:
    assert due == on(text, after)


def test_the_latest_of_a_rare_schedule_is_found() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)

    assert datetime(2024, 2, 29, 4, tzinfo=UTC) == latest(parse("cron 0 7 29 2 *"), RIYADH, now)
    assert datetime(2026, 11, 1, 4, tzinfo=UTC) == latest(parse("monthly 1 07:00"), RIYADH, now)


@pytest.mark.parametrize(
    "text",
    [
        "", "daily", "daily 7", "daily 24:00", "daily 07:60", "daily ٠٧:٠٠", "hourly 07:00", "weekly 07:00",
        "weekly sab 07:00", "weekly satan 07:00", "monthly 0 07:00", "monthly 32 07:00", "monthly ١ 07:00",
        "cron", "cron * * * *", "cron 60 * * * *", "cron * 24 * * *", "cron * * * * 8", "cron * * * * abc",
        "cron 0 7 30 2 *", "cron x * * * *",
    ],
)  # fmt: skip
def test_a_schedule_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(ValueError, match=r"daily 07:00|never comes"):
        parse(text)


@settings(deadline=None)
@given(
    st.text(max_size=30) | st.from_regex(r"(daily|weekly|monthly|cron)( [0-9*/,-]{1,4}){1,5}", fullmatch=True)
)
def test_any_text_is_a_schedule_or_a_value_error(text: str) -> None:
    try:
        schedule = parse(text)
    except ValueError:
        return
    now = datetime(2026, 11, 23, tzinfo=UTC)

    assert following(schedule, RIYADH, now) > now
