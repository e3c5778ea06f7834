"""When a newsletter is due: wall-clock schedules in a time zone (D4, D5, X8).

A wall-clock time that a zone skips means the first instant behind the gap; one that comes twice means the first.
APScheduler's CronTrigger drops or doubles days there, so it only ever sees a wall clock without a zone.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Literal
from zoneinfo import ZoneInfo

GRAMMAR = (
    'write "daily 07:00", "weekly sat 07:00", "monthly 1 07:00", "instant" or'
    ' "cron MINUTE HOUR DAY MONTH WEEKDAY", with the hour from 00 to 23'
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CRONTAB = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # crontab(5) numbers them 0 or 7, 1 ... 6
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_DAY = timedelta(days=1)
_FOLD = timedelta(hours=3)  # more than any zone's clock was ever put back since 1970
_PERIODS = 400  # days: no daily, weekly or monthly schedule is silent for longer
_LOOK_BACK = tuple(
    timedelta(days=days) for days in (0.05, 1, 8, 32, 370, 3000)
)  # 29 February: 8 years, in 1900


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as parsed. `day` is a weekday (0: Monday) or a day of the month, `cron` the five fields. An instant
    newsletter is due when an article is there, and at no time of its own."""

    kind: Literal["daily", "weekly", "monthly", "cron", "instant"]
    at: time = time()
    day: int = 0
    cron: tuple[str, ...] = ()

    def on(self, day: date) -> bool:
        """Whether *day* is one of a daily, weekly or monthly schedule; "monthly 31" means the last of a month."""
        if self.kind == "monthly":
            return day.day == min(self.day, monthrange(day.year, day.month)[1])
        return self.kind == "daily" or day.weekday() == self.day


def parse(text: str) -> Schedule:
    """The schedule that *text* says. Raises ValueError with the grammar in it."""
    match text.lower().split():
        case ["daily", at]:
            return Schedule("daily", _clock(at))
        case ["weekly", day, at] if day[:3] in WEEKDAYS and _is_weekday(day):
            return Schedule("weekly", _clock(at), WEEKDAYS.index(day[:3]))
        case ["monthly", day, at] if re.fullmatch(r"\d{1,2}", day, re.ASCII) and 1 <= int(day) <= 31:
            return Schedule("monthly", _clock(at), int(day))
        case ["instant"]:
            return Schedule("instant")
        case ["cron", *fields] if len(fields) == 5:
            schedule = Schedule("cron", cron=tuple(fields))
            if next(_cron_walls(schedule, datetime.combine(date(2000, 1, 1), time())), None) is None:
                raise ValueError(f"{text!r} never comes")
            return schedule
    raise ValueError(f"{text!r} is not a schedule; {GRAMMAR}")


def spell(schedule: Schedule) -> str:
    """The text of a *schedule*, as `parse` reads it: the same for all that mean the same, but for cron's fields."""
    at = schedule.at.strftime("%H:%M")
    match schedule.kind:
        case "weekly":
            return f"weekly {WEEKDAYS[schedule.day]} {at}"
        case "monthly":
            return f"monthly {schedule.day} {at}"
        case "cron":
            return f"cron {' '.join(schedule.cron)}"
        case "instant":
            return "instant"
    return f"daily {at}"


def slot_on(schedule: Schedule, zone: ZoneInfo, day: date) -> datetime | None:
    """The due instant (UTC) of a daily, weekly or monthly schedule that has the local date *day*; None where it has
    none."""
    return next(_instants(schedule, zone, iter([day])), None)


def latest(schedule: Schedule, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The newest due instant (UTC) that is not after *now*; None when the schedule has had none for years."""
    if schedule.kind == "instant":
        return None
    if schedule.kind == "cron":
        for span in _LOOK_BACK:
            start = (now - span).astimezone(zone).replace(tzinfo=None) - _FOLD
            past = list(takewhile(lambda each: each <= now, _cron_instants(schedule, zone, start)))
            if past:
                return past[-1]
        return None
    today = now.astimezone(zone).date()
    days = (today + _DAY * ahead for ahead in range(1, -_PERIODS, -1))
    return next((each for each in _instants(schedule, zone, days) if each <= now), None)


def following(schedule: Schedule, zone: ZoneInfo, now: datetime) -> datetime:
    """The first due instant (UTC) after *now*. Raises ValueError for an instant newsletter, which has none."""
    if schedule.kind == "instant":
        raise ValueError("an instant newsletter is due at no time of its own")
    if schedule.kind == "cron":
        start = now.astimezone(zone).replace(tzinfo=None) - _FOLD
        instants = _cron_instants(schedule, zone, start)
    else:
        today = now.astimezone(zone).date()
        instants = _instants(schedule, zone, (today + _DAY * ahead for ahead in range(-1, _PERIODS)))
    return next(each for each in instants if each > now)


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time of day; {GRAMMAR}")
    return time(int(found[1]), int(found[2]))


def _is_weekday(text: str) -> bool:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return any(text in (name, name[:3]) for name in names)


def _instants(schedule: Schedule, zone: ZoneInfo, days: Iterator[date]) -> Iterator[datetime]:
    """The instants of *days*, at most one for a local date: a date the zone never had (Apia, 2011-12-30) has none."""
    for day in filter(schedule.on, days):
        comes = instant(datetime.combine(day, schedule.at), zone)
        if comes.astimezone(zone).date() == day:
            yield comes


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a naive *wall* clock in *zone* (PEP 495): the first of two, or the first behind a gap."""
    early = wall.replace(tzinfo=zone, fold=1).astimezone(
        UTC
    )  # in a gap: by the offset behind it, so before it
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early >= late:
        return late
    before = early.astimezone(zone).utcoffset()
    seconds = range(1, int((late - early).total_seconds()) + 1)
    low, high = 0, len(seconds) - 1
    while low < high:
        middle = (low + high) // 2
        if (early + timedelta(seconds=seconds[middle])).astimezone(zone).utcoffset() == before:
            low = middle + 1
        else:
            high = middle
    return early + timedelta(seconds=seconds[low])


def _cron_instants(schedule: Schedule, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Due instants from the wall clock *start* on; several walls in one gap are one instant."""
    last = None
    for wall in _cron_walls(schedule, start):
        comes = instant(wall, zone)
        if comes != last:
            yield comes
        last = comes


def _cron_walls(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    """The naive wall-clock times of crontab(5) from *start* on. Raises ValueError on a field that cannot be read.
    Where day and weekday are both restricted either will do, as crontab(5) has it and CronTrigger has not."""
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, day, month, weekday = schedule.cron
    either = (
        [(day, "*"), ("*", weekday)]
        if not (day.startswith("*") or weekday.startswith("*"))
        else [(day, weekday)]
    )
    try:
        triggers = [
            CronTrigger(
                minute=minute, hour=hour, day=of_month, month=month, day_of_week=_named(of_week), timezone=UTC
            )
            for of_month, of_week in either
        ]
    except ValueError as error:
        raise ValueError(f'"cron {" ".join(schedule.cron)}" cannot be read: {error}; {GRAMMAR}') from error
    floor = start.replace(tzinfo=UTC)
    while True:
        found = [trigger.get_next_fire_time(None, floor) for trigger in triggers]
        if not any(found):
            return
        wall: datetime = min(moment for moment in found if moment is not None)
        yield wall.replace(tzinfo=None)
        floor = wall + timedelta(microseconds=1)


def _named(field: str) -> str:
    """A weekday field of crontab(5) for CronTrigger, whose 0 is Monday and whose ranges may not pass Sunday."""
    days: list[str] = []
    for part in field.split(","):
        found = re.fullmatch(r"(\*|([0-7]|[a-z]{3})(?:-([0-7]|[a-z]{3}))?)(?:/([1-7]))?", part)
        if found is None:
            raise ValueError(f"the weekday {part!r}")
        first, last = (0, 6) if found[1] == "*" else (_number(found[2]), _number(found[3] or found[2]))
        last += 7 if last < first else 0
        step = int(found[4] or 1)
        days.extend(_CRONTAB[number % 7] for number in range(first, last + 1, step))
    return ",".join(dict.fromkeys(days))


def _number(day: str) -> int:
    if not day.isdigit() and day not in _CRONTAB:
        raise ValueError(f"the weekday {day!r}")
    return int(day) if day.isdigit() else _CRONTAB.index(day)
