"""What a reader chooses for a newsletter (D4): hour, time zone, categories, language, text only, a pause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection

from publisher.actions import slots
from publisher.actions.cadence import rhythm, zone
from publisher.actions.house import House
from publisher.digests import due
from publisher.digests.due import Schedule
from publisher.errors import BadInput, Unknown
from publisher.model.digest import Newsletter
from publisher.model.people import Choices, Subscriber, Wish
from publisher.store import cadences, choices, labels, people
from publisher.store.cadences import Cadence
from publisher.store.choices import Standing
from publisher.subscribers import addresses, lifecycle
from publisher.text.dates import rfc3339
from publisher.text.fold import fold
from publisher.text.language import canonical

NEAR = 3  # names that are suggested for one that is not known
AHEAD = 400  # slots that are looked at for the next letter
INSTANT = timedelta(seconds=1)
LONGEST = timedelta(days=3653)  # of a pause with an end


@dataclass(frozen=True, slots=True)
class Change:
    """What a reader wants otherwise; None: as it is. An empty schedule or zone is that of the newsletter or site."""

    schedule: str | None = None
    zone: str | None = None
    categories: tuple[str, ...] | None = None  # () = all
    language: str | None = None  # BCP 47
    text_only: bool | None = None
    paused: bool | None = None
    until: date | None = None  # of a pause: the first day, on the reader's clock, with letters again


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What a reader has of one newsletter."""

    newsletter: Newsletter
    state: Wish
    choices: Choices
    schedule: Schedule  # what they chose, or the newsletter's
    zone: ZoneInfo
    letters: int
    due: datetime | None  # UTC: when the next letter comes, if there is news; None: at no time that is known


def reader(house: House, address: str) -> Subscriber:
    """The reader with this address. Raises BadInput for what is none, Unknown where there is no such reader."""
    parsed = addresses.parse(address)
    found = house.store.read(lambda c: people.find(c, parsed.key))
    if found is None:
        raise Unknown(f"there is no reader {parsed.text}", "", "`nashir subscribers list` names them")
    return found


def subscribed(house: House, person: int, now: datetime) -> list[Subscribed]:
    """What this reader has of the newsletters of the configuration, in its order."""
    known, mine = house.store.read(lambda c: (people.known_newsletters(c), choices.standings(c, person)))
    held = {each.newsletter: each for each in mine}
    return [
        _subscribed(house, newsletter, held[known[name].id], now)
        for name, newsletter in house.newsletters.items()
        if name in known and known[name].id in held
    ]


def choose(house: House, person: Subscriber, newsletter: str | None, change: Change, now: datetime) -> None:
    """Write what this reader wants otherwise of a newsletter (None: of all they are subscribed to): everything, or
    nothing where it raises BadInput."""
    names = [each.name for each in house.newsletter(newsletter)]
    language = language_tag(change.language) if change.language else None
    change = replace(change, zone=_zone(change.zone) if change.zone else change.zone)
    spellings = house.store.read(labels.categories) if change.categories else {}

    def write(connection: Connection) -> None:
        known = people.known_newsletters(connection)
        held = {each.newsletter: each for each in choices.standings(connection, person.id)}
        had = [
            (house.newsletters[name], held[known[name].id])
            for name in names
            if name in known and known[name].id in held
        ]
        mine = [each for each in had if each[1].state is not Wish.ENDED]
        if not mine:
            raise _none(person, newsletter, [each.name for each, _ in had])
        for each, standing in mine:
            wanted = _allowed(each, standing, change, spellings)
            _write(connection, house, each, standing, wanted, now)
        if language:
            people.set_language(connection, person.id, language)

    house.store.write(write, urgent=True)


def _none(person: Subscriber, newsletter: str | None, left: Sequence[str]) -> BadInput:
    """Why there is nothing to choose: *left* are the newsletters that this reader unsubscribed from."""
    if left:
        what = f"{person.address} unsubscribed from {', '.join(left)}"
        return BadInput(what, "", "leave it so: whoever unsubscribed stays so, and no command lifts it (L1)")
    what = f"{person.address} is not subscribed to {newsletter or 'any newsletter'}"
    return BadInput(what, "", "`nashir subscribers add` subscribes readers")


def _allowed(newsletter: Newsletter, standing: Standing, change: Change, spellings: dict[str, str]) -> Change:
    """*change* in its one spelling. Raises BadInput for what this newsletter does not offer."""
    if change.paused is not None and standing.state not in (Wish.ACTIVE, Wish.PAUSED):
        raise BadInput(
            f"the subscription to {newsletter.name} is {standing.state}: there is nothing to pause"
        )
    if (change.schedule or change.zone) and not newsletter.frequencies:
        mend = 'add frequencies = ["daily", "weekly"] to it in config.toml, if they should'
        raise BadInput(f"readers of {newsletter.name} do not choose when it comes", "", mend)
    return replace(
        change,
        schedule=_schedule(newsletter, change.schedule) if change.schedule else change.schedule,
        categories=_categories(newsletter, change.categories, spellings)
        if change.categories
        else change.categories,
    )


def _schedule(newsletter: Newsletter, text: str) -> str:
    try:
        schedule = due.parse(text)
    except ValueError as error:
        raise BadInput(str(error)) from None
    if schedule.kind not in newsletter.frequencies:
        offered = " or ".join(newsletter.frequencies)
        raise BadInput(f"{newsletter.name} does not come as {text!r}", "", f"choose {offered}")
    return due.spell(schedule)


def _zone(name: str) -> str:
    """The IANA name that *name* means, whatever its case."""
    known = _zones()
    wanted = "_".join(name.casefold().split())
    if wanted in known:
        return known[wanted]
    cities = {each.rpartition("/")[2]: each for each in sorted(known, reverse=True) if "/" in each}
    near = [wanted] if wanted in cities else get_close_matches(wanted, [*cities, *known], NEAR)
    names = dict.fromkeys(known[cities.get(each, each)] for each in near)
    mend = f"write {' or '.join(names)}" if names else 'write it as "Asia/Baghdad"'
    raise BadInput(f"{name!r} is no time zone", "", mend)


@cache
def _zones() -> dict[str, str]:
    return {each.casefold(): each for each in available_timezones()}  # asks the disk for each of 600


def _categories(newsletter: Newsletter, words: Iterable[str], spellings: dict[str, str]) -> tuple[str, ...]:
    known = {fold(each): each for each in newsletter.categories} or spellings
    found = {}
    for word in words:
        if (key := fold(word)) not in known:
            near = get_close_matches(key, known, NEAR) or list(known)[:NEAR]
            mend = f"write {' or '.join(known[each] for each in near)}" if near else "no article has one yet"
            raise BadInput(f"{newsletter.name} has no category {word!r}", "", mend)
        found[key] = known[key]
    return tuple(found.values())


def language_tag(tag: str) -> str:
    """*tag*, what a reader wants to read, in its canonical form. Raises BadInput for what is no language tag."""
    try:
        return canonical(tag)
    except ValueError as error:
        raise BadInput(str(error), "", "give a tag such as ar, fa or he") from None


def _write(
    connection: Connection,
    house: House,
    newsletter: Newsletter,
    standing: Standing,
    change: Change,
    now: datetime,
) -> None:
    values: dict[str, Any] = {"changed": now}
    row = standing.chosen
    schedule = row.schedule if change.schedule is None else change.schedule
    zone_name = row.zone if change.zone is None else change.zone
    if change.paused is not None:
        values |= _paused(connection, standing, change, zone(house, zone_name), now)
        standing = replace(standing, state=values["state"])
    if change.schedule is not None or change.zone is not None or change.paused:
        to = cadences.ensure(connection, standing.newsletter, schedule, zone_name, now)
        (target,) = cadences.some(connection, [to])
        values |= _moved(connection, house, newsletter, standing, target, now)
    if change.categories is not None:
        values["categories"] = change.categories
    if change.text_only is not None:
        values["text_only"] = change.text_only
    choices.write(connection, standing, values)
    for left in {standing.cadence.id, row.id}:
        cadences.tidy(connection, left)


def _paused(
    connection: Connection, standing: Standing, change: Change, where: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """A pause begins or ends. The watermark stays, so what comes meanwhile is in the first letter behind it."""
    state = lifecycle.wish(standing.state, "pause" if change.paused else "resume")
    resumes = None
    if change.paused and change.until:
        # The first and last days of all have no instant in every zone.
        day = min(max(change.until, date(1970, 1, 2)), date(9000, 1, 1))
        resumes = due.instant(datetime.combine(day, time()), where)
        if resumes <= now:
            raise BadInput(f"{change.until} is here already", "", "name the first day with letters again")
        if resumes > now + LONGEST:
            raise BadInput(f"{change.until} is far away", "", "leave the day out: the pause has no end then")
    if change.paused:
        choices.take_back(connection, standing.newsletter, standing.subscriber)
    return {"state": state, "resumes": resumes}


def _moved(
    connection: Connection,
    house: House,
    newsletter: Newsletter,
    standing: Standing,
    target: Cadence,
    now: datetime,
) -> dict[str, Any]:
    """At once, or behind the letter of today that would be missed."""
    if target.id != standing.cadence.id:
        slot = _coming(connection, house, newsletter, standing, target, now)
        if slot:
            return {"moves_to": target.id, "moves": slot}
    return {"cadence": target.id, "moves_to": None, "moves": None}


def _coming(
    connection: Connection,
    house: House,
    newsletter: Newsletter,
    standing: Standing,
    target: Cadence,
    now: datetime,
) -> datetime | None:
    """The slot still to come at which a reader gets the letter of a day whose new hour is over (D4)."""
    if standing.state is not Wish.ACTIVE:
        return None
    (old, old_zone), (new, new_zone) = (
        rhythm(house, newsletter, each) for each in (standing.cadence, target)
    )
    if "cron" in (old.kind, new.kind) or "instant" in (old.kind, new.kind):
        return None
    slot = _open(connection, house, newsletter, standing, (old, old_zone), now)
    slot = slot or due.following(old, old_zone, now)
    day = slot.astimezone(old_zone).date()
    over = due.slot_on(new, new_zone, day)
    if over is None or over > now or day.toordinal() <= standing.last_day:
        return None
    if due.following(new, new_zone, now) <= slot:  # the new choice's next letter is nearer
        return None
    return slot if slots.comes(house, newsletter, slot, old_zone, now) else None


def _open(
    connection: Connection,
    house: House,
    newsletter: Newsletter,
    standing: Standing,
    old: tuple[Schedule, ZoneInfo],
    now: datetime,
) -> datetime | None:
    """The last slot, where the letter of it is still to be planned."""
    slot = due.latest(*old, now)
    if slot is None or slot < standing.cadence.slot or not slots.comes(house, newsletter, slot, old[1], now):
        return None
    if slot == standing.cadence.slot and choices.came_to(connection, standing, rfc3339(slot)):
        return None
    return slot


def _subscribed(house: House, newsletter: Newsletter, standing: Standing, now: datetime) -> Subscribed:
    schedule, where = rhythm(house, newsletter, standing.chosen)
    row = standing.chosen
    return Subscribed(
        newsletter,
        standing.state,
        Choices(row.schedule, row.zone, standing.categories, standing.text_only, standing.resumes),
        schedule,
        where,
        standing.letters,
        _next(house, newsletter, standing, now),
    )


def _next(house: House, newsletter: Newsletter, standing: Standing, now: datetime) -> datetime | None:
    """When the next letter of this subscription is due."""
    paused = standing.state is Wish.PAUSED
    if newsletter.instant or not (standing.state is Wish.ACTIVE or (paused and standing.resumes)):
        return None
    after = max(now, standing.resumes - INSTANT) if paused and standing.resumes else now
    rows: Sequence[Cadence] = (standing.cadence, standing.chosen)
    for number in range(AHEAD):
        schedule, where = rhythm(house, newsletter, rows[min(number, 1)])
        after = due.following(schedule, where, after)
        day = after.astimezone(where).date().toordinal() if schedule.kind != "cron" else 0
        if slots.comes(house, newsletter, after, where, now) and not (day and day <= standing.last_day):
            return after
    return None
