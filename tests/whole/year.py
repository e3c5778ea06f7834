"""A year of a site and its readers in many time zones, lived in seconds, and an oracle that says which letters it must
have brought. Of the program the oracle reads the ledger alone: it knows zoneinfo's offsets, to the minute where they
change, and finds the instant of a wall clock by looking for it.

Time is true time; what the machine's clock shows is `Weather.clock` of it.
"""

import random
import shutil
import tempfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from publisher.actions import plan, readers, slots
from publisher.actions.choices import Change, choose, reader
from publisher.actions.house import House, Memory
from publisher.articles.settings import ArticleSettings
from publisher.feeds.settings import FeedSettings
from publisher.layout import Layout
from publisher.mail.settings import MailSettings
from publisher.model.delivery import State, Verdict
from publisher.model.digest import Newsletter
from publisher.pages.settings import PageSettings
from publisher.store import ledger, people
from publisher.store import state as states
from publisher.store.sqlite import Sqlite
from publisher.store.store import Store
from publisher.store.tables import articles, editions, variants
from publisher.subscribers.tokens import Keys
from publisher.templating import Templates
from tests.conftest import DAILY, SITE

ZONES = (
    "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Africa/Casablanca", "Asia/Baghdad", "Asia/Amman",
    "Asia/Tehran", "Asia/Karachi", "Europe/London", "America/New_York", "Asia/Kathmandu",
)  # fmt: skip
SECOND, MINUTE, HOUR, DAY = (timedelta(**{each: 1}) for each in ("seconds", "minutes", "hours", "days"))
LATE = timedelta(hours=6)  # max_lateness
SENT = Verdict(State.SENT, None, True, 250, "ok")
EARLY = {
    "Africa/Casablanca": "05:00", "Europe/London": "05:00", "America/New_York": "00:00", "Asia/Tehran": "07:30",
    "Asia/Karachi": "09:00", "Asia/Kathmandu": "09:45",
}  # fmt: skip
PACE = timedelta(hours=5)  # between two articles, at least
NIGHT = ("00:00", "00:30", "02:30", "03:00", "23:30")  # hours in the gaps and folds of these zones


# The oracle's clocks


@dataclass(frozen=True)
class Stretch:
    """A time of one offset: from `start` until `end` (UTC, not in it)."""

    start: datetime
    end: datetime
    offset: timedelta


class Clock:
    """The wall clock of a zone, read off zoneinfo once an hour, and once a minute where its offset changes."""

    def __init__(self, name: str, start: datetime, end: datetime) -> None:
        zone, self.changes = ZoneInfo(name), list[datetime]()
        self.stretches = list[Stretch]()
        began, at = start, start
        offset = start.astimezone(zone).utcoffset() or timedelta()
        while at < end:
            at += HOUR
            if at.astimezone(zone).utcoffset() != offset:
                change = at - HOUR
                while change.astimezone(zone).utcoffset() == offset:
                    change += MINUTE
                self.stretches.append(Stretch(began, change, offset))
                self.changes.append(change)
                began, offset = change, change.astimezone(zone).utcoffset() or timedelta()
        self.stretches.append(Stretch(began, end, offset))

    def first(self, day: date, at: time) -> datetime | None:
        """The first instant of the local date *day* at which the wall shows *at* or later."""
        wall = datetime.combine(day, at, UTC)
        for each in self.stretches:
            found = max(each.start, wall - each.offset)
            if found < each.end and (found + each.offset).date() == day:
                return found
        return None


@dataclass(frozen=True)
class Choice:
    """What a reader chose, in the oracle's words. `day`: a weekday of a weekly one, of a monthly one a day."""

    kind: str
    at: str
    zone: str
    day: int = 0

    @property
    def schedule(self) -> str:
        if self.kind == "weekly":
            return f"weekly {['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][self.day]} {self.at}"
        return f"monthly {self.day} {self.at}" if self.kind == "monthly" else f"daily {self.at}"

    def has(self, day: date) -> bool:
        if self.kind == "weekly":
            return day.weekday() == self.day
        last = (day + DAY).month != day.month
        return self.kind == "daily" or day.day == self.day or (last and self.day > day.day)


class Calendar:
    """The slots of choices: which instant is whose letter of which date."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start, self._end = start.date() - DAY, end.date() + DAY
        self.clocks = {name: Clock(name, start - 3 * DAY, end + 3 * DAY) for name in ZONES}
        self._kept: dict[Choice, dict[date, datetime]] = {}

    def slots(self, choice: Choice) -> dict[date, datetime]:
        if choice not in self._kept:
            days = (self._start + DAY * n for n in range((self._end - self._start).days + 1))
            clock, at = self.clocks[choice.zone], time.fromisoformat(choice.at)
            found = {day: clock.first(day, at) for day in days if choice.has(day)}
            self._kept[choice] = {day: slot for day, slot in found.items() if slot}
        return self._kept[choice]


# What happens


@dataclass
class Weather:
    """What befalls the machine: spans of true time."""

    down: list[tuple[datetime, datetime]] = field(default_factory=list)
    asleep: list[tuple[datetime, datetime]] = field(
        default_factory=list
    )  # suspended: the same process goes on
    wrong: list[tuple[datetime, datetime, timedelta]] = field(
        default_factory=list
    )  # by how much the clock is ahead
    no_relay: list[tuple[datetime, datetime]] = field(default_factory=list)

    def clock(self, now: datetime) -> datetime:
        """What the machine's clock shows."""
        return now + next((ahead for start, end, ahead in self.wrong if start <= now < end), timedelta())

    def is_down(self, now: datetime) -> bool:
        return any(start <= now < end for start, end in self.down)

    def runs(self, now: datetime) -> bool:
        return not self.is_down(now) and not any(start <= now < end for start, end in self.asleep)

    def relays(self, now: datetime) -> bool:
        return not any(start <= now < end for start, end in self.no_relay)

    def calm(self, now: datetime) -> bool:
        """Far from everything that befalls it."""
        spans = [*self.down, *self.asleep, *((start, end) for start, end, _ in self.wrong), *self.no_relay]
        return not any(start - 2 * DAY <= now < end + 2 * DAY for start, end in spans)


@dataclass
class Reader:
    """A reader's life: choices, each from a moment on, and pauses."""

    address: str
    choices: list[tuple[datetime, Choice]]
    pauses: list[tuple[datetime, date, datetime]] = field(
        default_factory=list
    )  # from, until the day, its instant

    @property
    def events(self) -> Iterator[tuple[datetime, Change]]:
        for at, choice in self.choices[1:]:
            yield at, Change(schedule=choice.schedule, zone=choice.zone)
        for at, until, _ in self.pauses:
            yield at, Change(paused=True, until=until)


@dataclass(frozen=True)
class Letter:
    """What the ledger says: an edition for a reader, with the ids of its articles; `left` in true time."""

    slot: str
    planned: datetime
    articles: tuple[str, ...]
    left: datetime


class Year:
    """The machine, its site and its readers."""

    def __init__(self, start: datetime, days: int, weather: Weather, folks: list[Reader]) -> None:
        self.start, self.end, self.weather, self.folks = start, start + days * DAY, weather, folks
        self.published: list[tuple[str, datetime]] = []  # (id, true time)
        self.ticks: list[tuple[datetime, datetime]] = []  # (true time, what the clock showed)
        self.letters: dict[str, list[Letter]] = defaultdict(list)

    def live(self, moments: list[datetime]) -> "Year":
        """Tick at these moments, wherever the machine runs."""
        shm = Path("/dev/shm")
        folder = Path(tempfile.mkdtemp(dir=shm if shm.is_dir() else None))
        state = states.State(folder / "state")
        state.make()
        try:
            with closing(Store(Sqlite(state.database), writing=True)) as store:
                self._live(_house(folder, store), moments)
        finally:
            shutil.rmtree(folder)
        return self

    def _live(self, house: House, moments: list[datetime]) -> None:
        names, began = list(house.newsletters), self.start - HOUR
        house.store.write(lambda c: people.sync_newsletters(c, names, began))
        house.store.write(lambda c: people.set_baselines(c, began))
        for each in self.folks:
            readers.add(house, each.address, None, self.start, confirmed=True)
            choice = each.choices[0][1]
            self._choose(house, each, Change(choice.schedule, choice.zone, text_only=True), self.start)
        events = sorted(
            ((at, each, change) for each in self.folks for at, change in each.events),
            key=lambda event: event[0],
        )
        for now in moments:
            if self.weather.is_down(now):  # a process that starts remembers nothing
                house = replace(house, memory=Memory())
            if not self.weather.runs(now):
                continue
            self._tick(house, now)
            while events and events[0][0] <= now:
                _, who, change = events.pop(0)
                self._choose(house, who, change, self.weather.clock(now))

    def _choose(self, house: House, who: Reader, change: Change, now: datetime) -> None:
        choose(house, reader(house, who.address), None, change, now)

    def _tick(self, house: House, now: datetime) -> None:
        clock = self.weather.clock(now)
        if not self.published or now - self.published[-1][1] >= PACE:
            self._publish(house, now)
        self.ticks.append((now, clock))
        numbers, problems = slots.due_editions(house, tuple(house.newsletters.values()), clock)
        assert [] == problems
        for number in numbers:
            plan.plan(house, number, clock)
        while house.store.read(lambda c: ledger.is_due(c, clock)):
            if not house.store.write(lambda c: self._deliver(c, clock, now)):
                return

    def _deliver(self, connection: Connection, clock: datetime, now: datetime) -> bool:
        """Hand the letters that are due to the relay; False when it is down."""
        taken = ledger.claim(connection, clock, 200)
        if not self.weather.relays(now):
            ledger.put_back(connection, [each.id for each in taken])
            return False
        query = select(variants.c.id, editions.c.slot, editions.c.planned, variants.c.articles)
        query = query.join_from(variants, editions).where(variants.c.id.in_({each.variant for each in taken}))
        held = {row.id: row for row in connection.execute(query)}
        assert set() == ledger.begin(connection, [each.id for each in taken], clock)
        ledger.settle(connection, [(each, SENT) for each in taken], clock)
        for each in taken:
            row = held[each.variant]
            self.letters[each.address].append(Letter(row.slot, row.planned, tuple(row.articles), now))
        return True

    def _publish(self, house: House, now: datetime) -> None:
        number = len(self.published) + 1
        self.published.append((f"a{number}", now))
        row = articles.insert().values(
            id=f"a{number}", seq=number, slug=f"s{number}", path=f"{number}.md", status="published",
            title=f"Article {number}", language="en", direction="ltr", summary="", summary_is_lead=False, authors=[],
            categories=[], published=now, updated=now, digest=True, pin=False, weight=0, digits="latn",
            content_hash=str(number),
        )  # fmt: skip
        house.store.write(lambda c: c.execute(row))


def _house(folder: Path, store: Store) -> House:
    newsletter: Newsletter = replace(DAILY, frequencies=("daily", "weekly", "monthly"), max_items=2000)
    return House(
        root=folder,
        site=replace(SITE, language="en", direction="ltr"),
        layout=Layout(SITE.url),
        templates=Templates(),
        store=store,
        keys=Keys({1: bytes(32)}),
        articles=ArticleSettings(),
        feeds=FeedSettings(),
        pages=PageSettings(),
        mail=MailSettings(sender="News <news@example.org>"),
        newsletters={newsletter.name: newsletter},
    )


# The oracle


class Oracle:
    """Which letters a year must have brought.

    A date is owed its letter when the machine ran while its clock showed a time from the slot on and at most six hours
    behind it (D5). The slot is that of the choice in force then. Where somebody changed: if the new choice's hour of a
    date was over, and the old one's of the same date still to come, before the next of the new, the old one's counts
    (D4). Without an article since the letter before there is none (D2).
    """

    def __init__(self, year: Year, calendar: Calendar) -> None:
        self._year, self._calendar = year, calendar
        self._shown = sorted(year.ticks, key=lambda tick: tick[1])
        self._readings = [reading for _, reading in self._shown]
        self._true = [tick for tick, _ in year.ticks]

    def judge(self) -> list[str]:
        """What is wrong, in words."""
        return [f"{each.address}: {what}" for each in self._year.folks for what in self._judge(each)]

    def owed(self, who: Reader) -> dict[date, datetime]:
        """The dates of letters, each with the slot that it must have."""
        found: dict[date, datetime] = {}
        for number, (start, choice) in enumerate(who.choices):
            end = who.choices[number + 1][0] if number + 1 < len(who.choices) else self._year.end
            mine = self._calendar.slots(choice)
            if number:
                found |= self._kept(who.choices[number - 1][1], choice, start)
            for day, slot in mine.items():
                if start < slot <= end and day not in found:
                    found[day] = slot
        return found

    def _kept(self, old: Choice, new: Choice, moved: datetime) -> dict[date, datetime]:
        """The one letter that still comes at the old hour."""
        before, behind = self._calendar.slots(old), self._calendar.slots(new)
        upcoming = min((slot for slot in behind.values() if slot > moved), default=self._year.end)
        nearest = min((slot for slot in before.values() if slot > moved), default=self._year.end)
        return {
            day: slot
            for day, slot in before.items()
            if slot == nearest and day in behind and behind[day] <= moved and slot < upcoming
        }

    def _paused(self, who: Reader, slot: datetime) -> bool:
        """Whether the reader's pause goes on when this slot is dealt with; one begins behind a tick."""
        tick = self._first(slot)
        began = [(self._true[bisect_left(self._true, start)], until) for start, _, until in who.pauses]
        return tick is not None and any(start < tick < until for start, until in began)

    def _first(self, slot: datetime) -> datetime | None:
        """The true time of the first tick that could deal with this slot."""
        place = bisect_left(self._readings, slot)
        within = []
        while place < len(self._readings) and self._readings[place] <= slot + LATE:
            within.append(self._shown[place][0])
            place += 1
        return min(within, default=None)

    def _judge(self, who: Reader) -> Iterator[str]:
        owed = {day: slot for day, slot in self.owed(who).items() if not self._paused(who, slot)}
        by_slot = {slot: day for day, slot in owed.items()}
        letters = self._year.letters[who.address]
        dates = list[date]()
        for letter in letters:
            slot = datetime.fromisoformat(letter.slot)
            if slot not in by_slot:
                yield f"a letter of {slot}, which is no slot of its reader's"
                continue
            dates.append(by_slot[slot])
            if not timedelta() <= letter.planned - slot <= LATE:
                yield f"the letter of {slot} was planned at {letter.planned}"
        for day in sorted({each for each in dates if dates.count(each) > 1}):
            yield f"{dates.count(day)} letters of {day}"
        ticks = {day: self._first(slot) for day, slot in owed.items()}
        news, last = [at for _, at in self._year.published], self._year.start
        for day, tick in sorted(ticks.items(), key=lambda each: (each[1] or self._year.end, each[0])):
            if tick and any(last < at <= tick for at in news[bisect_right(news, last) :][:1]):
                last = tick
                if day not in dates:
                    yield f"no letter of {day}, due at {owed[day]}"
        yield from self._items(who, letters)

    def _items(self, who: Reader, letters: list[Letter]) -> Iterator[str]:
        """Every article is in one letter of its reader, up to the last (D1)."""
        held = [each for letter in letters for each in letter.articles]
        for each in (
            sorted({one for one in held if held.count(one) > 1}) if len(held) > len(set(held)) else ()
        ):
            yield f"article {each} came twice"
        newest = max((int(each[1:]) for each in held), default=0)
        missing = {f"a{number}" for number in range(1, newest + 1)} - set(held)
        if missing:
            yield f"articles {sorted(missing)[:5]} never came"
        late = [
            each
            for each in letters
            if each.left - each.planned > 3 * HOUR + MINUTE and self._year.weather.calm(each.left)
        ]
        if late:
            yield f"{len(late)} letters left hours after they were planned"


# Lives


def lives(seed: int, start: datetime, days: int, calendar: Calendar, *, movers: int, early: bool) -> Year:
    """A year by *seed*: weather, readers and their changes of mind. *early*: those who keep their hour are due at 04:00
    or 05:00 UTC, so that many share an edition; else at 07:00 each."""
    dice = random.Random(seed)
    end = start + days * DAY
    weather = _weather(dice, start, days)
    folks = list[Reader]()
    for number, zone in enumerate(ZONES):
        for kind, day in (("daily", 0), ("weekly", dice.randrange(7)), ("monthly", dice.choice([1, 15, 31]))):
            choice = Choice(kind, EARLY.get(zone, "07:00") if early else "07:00", zone, day)
            folks.append(Reader(f"{kind}{number}@example.org", [(start, choice)]))
        folks += _awake(zone, folks[-1].choices[0][1], weather, start, calendar.clocks[zone])
    for number in range(movers):
        zone = ZONES[number % len(ZONES)]
        folks.append(_mover(dice, f"mover{number}@example.org", zone, weather, start, end, calendar))
    return Year(start, days, weather, folks)


def _weather(dice: random.Random, start: datetime, days: int) -> Weather:
    """Downtime of hours and days, a clock that is wrong for an hour or some, a relay that is down every morning."""
    weather = Weather()
    day = 4
    while day < days - 10:
        at = start + day * DAY + dice.randrange(24 * 60) * MINUTE
        match dice.randrange(5):
            case 0:
                weather.down.append((at, at + dice.uniform(1, 11) * HOUR))
            case 1:
                weather.down.append((at, at + dice.uniform(1, 5) * DAY))
            case 2:
                weather.asleep.append((at, at + dice.uniform(1, 40) * HOUR))
            case 3:
                weather.wrong.append((at, at + dice.uniform(1, 30) * HOUR, dice.choice([-HOUR, HOUR])))
            case _:
                weather.wrong.append((at, at + HOUR, dice.choice([-DAY, DAY])))
        day += dice.randrange(7, 16)
    for each in range(60, 74):
        weather.no_relay.append((start + each * DAY + 5 * HOUR, start + each * DAY + 8 * HOUR))
    calm = (start + 54 * DAY, start + 76 * DAY)  # nothing else befalls it while the relay does
    weather.down = [each for each in weather.down if not calm[0] < each[0] < calm[1]]
    weather.asleep = [each for each in weather.asleep if not calm[0] < each[0] < calm[1]]
    weather.wrong = [each for each in weather.wrong if not calm[0] < each[0] < calm[1]]
    return weather


def _mover(
    dice: random.Random,
    address: str,
    zone: str,
    weather: Weather,
    start: datetime,
    end: datetime,
    calendar: Calendar,
) -> Reader:
    """Somebody who moves and changes the hour, again and again; and goes on holiday."""
    hours = ("07:00", "07:00", "05:30", "23:00", *NIGHT)
    chosen, at, pauses = [(start, Choice("daily", "07:00", zone))], start, []
    while (at := at + dice.uniform(3, 14) * DAY) < end - 8 * DAY:
        at = at.replace(second=0, microsecond=0) + 17 * SECOND
        if not weather.calm(at):
            continue
        if dice.random() < 0.15:
            until = (at + dice.uniform(2, 6) * DAY).date()
            midnight = calendar.clocks[chosen[-1][1].zone].first(until, time())
            if midnight is None or not weather.calm(midnight):
                continue
            pauses.append((at, until, midnight))
            at = midnight + DAY
        else:
            kind = dice.choice(["daily"] * 5 + ["weekly"])
            chosen.append((at, Choice(kind, dice.choice(hours), dice.choice(ZONES), dice.randrange(7))))
    return Reader(address, chosen, pauses)


def _awake(zone: str, base: Choice, weather: Weather, start: datetime, clock: Clock) -> list[Reader]:
    """Readers who have their letters at the hours that clocks skip and repeat, around each change; else at *base*."""
    folks = []
    for hour in NIGHT:
        chosen = [(start, base)]
        for change in clock.changes:
            before, behind = change - 50 * HOUR, change + 50 * HOUR
            while not weather.calm(before):
                before -= 7 * HOUR
            while not weather.calm(behind):
                behind += 7 * HOUR
            if before > chosen[-1][0] + DAY:
                chosen += [(before, Choice("daily", hour, zone)), (behind, base)]
        folks.append(Reader(f"night{hour.replace(':', '')}-{zone.replace('/', '')}@example.org", chosen))
    return folks


def moments(year: Year, calendar: Calendar) -> list[datetime]:
    """Ticks at irregular steps: some seconds behind every slot by the clock's reading, behind every change of mind, at
    both ends of everything that befalls the machine, and now and then between."""
    dice = random.Random(year.start.year)
    found = set[datetime]()
    for who in year.folks:
        for slot in Oracle(year, calendar).owed(who).values():
            found.add(slot)
            found |= {slot - ahead for start, end, ahead in year.weather.wrong if start <= slot - ahead < end}
        found |= {at for at, _ in who.events}
    wrong = [(start, end) for start, end, _ in year.weather.wrong]
    for start, end in (*year.weather.down, *year.weather.asleep, *wrong, *year.weather.no_relay):
        found |= {start - 7 * SECOND, start, end, end + 20 * MINUTE}
    found |= {year.start + DAY * dice.random() * (year.end - year.start).days for _ in range(400)}
    spread = {at.replace(microsecond=0) + dice.randrange(1, 6) * SECOND for at in found}
    return sorted(at for at in spread if year.start < at < year.end)
