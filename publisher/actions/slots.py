"""What comes due becomes an edition: at the slots of the cadences (D4, D5), at once for an instant newsletter, and
when somebody says so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from publisher.actions import openings
from publisher.actions.cadence import rhythm
from publisher.actions.house import House
from publisher.actions.unseen import Unseen
from publisher.digests import due
from publisher.errors import BadConfig
from publisher.model.digest import Edition, Kind, Newsletter, Release
from publisher.store import articles, audience, cadences, choices, editions, people
from publisher.store.cadences import Cadence
from publisher.store.people import Series
from publisher.text.dates import rfc3339

LIFE_LEAST, LIFE_MOST = timedelta(hours=24), timedelta(hours=72)
BURST, BURST_SPAN = 3, timedelta(minutes=10)  # letters of an instant newsletter in what time (D4)
MANY = 1_000_000


def due_editions(
    house: House, newsletters: Sequence[Newsletter], now: datetime
) -> tuple[list[int], list[str]]:
    """Start the editions whose time has come. Returns those that are to be planned, in the order they started, and
    what is wrong with newsletters (their opening); that stops no other."""
    _look_again(house, now)
    known, problems = house.store.read(people.known_newsletters), list[str]()
    for newsletter in newsletters:
        series = known.get(newsletter.name)
        if (
            series is None or series.baseline is None
        ):  # the first scan has not ended: nobody knows what is archive
            continue
        try:
            (_at_once if newsletter.instant else _at_slots)(house, newsletter, series, now)
        except BadConfig as error:
            problems.append(str(error))
    return [each.edition.id for each in house.store.read(lambda c: editions.unfinished(c, now))], problems


def edition_now(house: House, newsletter: Newsletter, now: datetime, *, include_existing: bool) -> int | None:
    """Start an edition out of turn for everybody who has unseen items; None when nobody has any. Whoever says so has
    looked: no editor is asked (D8)."""
    series = house.store.read(people.known_newsletters)[newsletter.name]
    if series.baseline is None:  # the first scan has not ended: nobody knows what is archive
        return None
    if not _anybody(house, newsletter, series, include_existing=include_existing):
        return None
    slot = f"now:{now.isoformat()}"
    row = _row(house, newsletter, series, slot, now, include_existing=include_existing)

    def write(connection: Connection) -> int:
        if newsletter.instant:  # it holds them all
            people.passed(connection, series.id, articles.max_seq(connection))
        return row(connection)

    return house.store.write(write)


def _anybody(house: House, newsletter: Newsletter, series: Series, *, include_existing: bool = False) -> bool:
    """Whether there is something new for any reader."""
    unseen = Unseen(house, newsletter, series, house.store.read(articles.max_seq))
    return any(
        unseen(
            unseen.floor(each.seen_seq, each.letters, include_existing=include_existing),
            each.language,
            each.categories,
        ).items
        for each in house.store.read(lambda c: audience.groups(c, series.id))
    )


def ahead(newsletter: Newsletter) -> timedelta:
    """How long before it leaves an edition is started: the editors' time, where they are asked (D8)."""
    return timedelta(minutes=newsletter.approve_before if newsletter.approve != "none" else 0)


def instant(edition: Edition) -> datetime | None:
    """The slot of an edition that came due; None for one that came at once, or because somebody said so."""
    return _instant(edition.slot)


def moment(edition: Edition) -> datetime:
    """The moment an edition is dated by: its slot, however late it is, or when it was planned."""
    return dated(edition.slot, edition.planned)


def dated(slot: str, planned: datetime) -> datetime:
    """The moment that an edition at *slot* is dated by which was *planned* then."""
    return _instant(slot) or planned


def _instant(slot: str) -> datetime | None:
    return None if ":" in slot.partition("T")[0] else datetime.fromisoformat(slot)


def life(house: House, newsletter: Newsletter, cadence: Cadence | None, now: datetime) -> datetime:
    """The end of the life of letters planned *now* for the readers of *cadence* (None: the newsletter's own): their
    next slot, but a day at least and three at most."""
    least = now + LIFE_LEAST
    if newsletter.instant:
        return least
    schedule, zone = rhythm(house, newsletter, cadence)
    return min(max(due.following(schedule, zone, now), least), now + LIFE_MOST)


def comes(house: House, newsletter: Newsletter, slot: datetime, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a letter is still sent for the *slot*: not when it is later than `max_lateness`, nor on a weekend where
    nothing comes then (D5)."""
    rests = not newsletter.weekends and slot.astimezone(zone).weekday() in house.site.weekend
    return not rests and now - slot <= timedelta(seconds=newsletter.max_lateness)


def _look_again(house: House, now: datetime) -> None:
    """Pauses end; and where the clock was put back, or this is the first look, every due time is reckoned anew."""
    if house.memory.looked is None or now < house.memory.looked:
        house.store.write(lambda c: cadences.look_again(c, now))
    house.memory.looked = now
    if house.store.read(lambda c: choices.wakes(c, now)):
        house.store.write(lambda c: choices.wake(c, now))


def _at_slots(house: House, newsletter: Newsletter, series: Series, now: datetime) -> None:
    """Deal with the cadences that are due: those whose newest slot is one instant share an edition. One that is passed
    over is not noted as dealt with: a clock that was wrong may be put right. Where editors are asked all this is
    earlier by their time, and they have it also where that is late (D8)."""
    before = ahead(newsletter)
    at = now + before
    rows = house.store.read(lambda c: cadences.due(c, now, [newsletter.name]))
    dealt = [_deal(house, newsletter, cadence, now) for cadence in rows]
    kept = house.store.read(
        lambda c: {each for each in dealt if each.cadence.own or cadences.read(c, each.cadence.id)}
    )
    for slot in sorted({each.wanted for each in kept if each.wanted}):
        if not before:
            house.store.write(_row(house, newsletter, series, rfc3339(slot), now))
        elif _anybody(house, newsletter, series):
            leaves = max(slot, at.replace(second=0, microsecond=0))
            house.store.write(_row(house, newsletter, series, rfc3339(slot), now, leaves=leaves))

    def settle(connection: Connection) -> None:
        for each in dealt:
            cadences.settle(connection, each.cadence.id, each.wanted, each.following)
            if each.slot and not each.wanted:
                choices.move(connection, each.cadence.id, each.slot)

    if dealt:
        house.store.write(settle)


def _deal(house: House, newsletter: Newsletter, cadence: Cadence, now: datetime) -> "_Dealt":
    schedule, zone = rhythm(house, newsletter, cadence)
    before = ahead(newsletter)
    at = now + before
    slot = due.latest(schedule, zone, at)
    new = slot if slot and slot > cadence.slot else None
    wanted = new if new and comes(house, newsletter, new, zone, at) else None
    return _Dealt(cadence, new, wanted, due.following(schedule, zone, at) - before)


def came_due(house: House, newsletter: Newsletter, now: datetime) -> bool:
    """Whether an edition is to be started."""
    series = house.store.read(people.known_newsletters).get(newsletter.name)
    if series is None or series.baseline is None:
        return False
    if newsletter.instant:
        return house.store.read(articles.max_seq) > max(series.instant or 0, series.baseline)
    rows = house.store.read(lambda c: cadences.living(c, newsletter.name))
    return any(_deal(house, newsletter, row, now).wanted for row in rows)


def late(house: House, now: datetime) -> list[str]:
    """The newsletters with a slot up to *now* of which nothing was planned though a letter is still sent for it. What
    is only to be looked at again, as everything is at a start, is not late."""
    rows = house.store.read(lambda c: cadences.due(c, now, list(house.newsletters)))
    found = {
        row.newsletter
        for row in rows
        if not (newsletter := house.newsletters[row.newsletter]).instant
        and _deal(house, newsletter, row, now).wanted
    }
    return sorted(found)


def pass_over(house: House, newsletter: Newsletter, now: datetime) -> None:
    """Start no edition for what came due: its articles are in the next one."""
    series = house.store.read(people.known_newsletters)[newsletter.name]
    rows = house.store.read(lambda c: cadences.of(c, newsletter.name))
    dealt = [_deal(house, newsletter, row, now) for row in rows]

    def write(connection: Connection) -> None:
        if newsletter.instant:
            people.passed(connection, series.id, articles.max_seq(connection))
        for each in dealt:
            cadences.settle(connection, each.cadence.id, each.slot, each.following)
            if each.slot:
                choices.move(connection, each.cadence.id, each.slot)

    house.store.write(write)


class _Dealt(NamedTuple):
    cadence: Cadence
    slot: datetime | None  # the newest, where it is new
    wanted: datetime | None  # the same, where a letter is still to be sent for it
    following: datetime


def _at_once(house: House, newsletter: Newsletter, series: Series, now: datetime) -> None:
    """A letter for each new article. In a burst, more than three in ten minutes, what is there becomes one letter, and
    what comes when three have left waits until ten minutes have passed since the first."""
    last, upto = max(series.instant or 0, series.baseline or 0), house.store.read(articles.max_seq)
    if upto <= last:
        return
    every = Unseen(house, replace(newsletter, max_items=MANY), series, upto)
    items = sorted(every(last, None, ()).items, key=lambda article: article.seq)
    before = ahead(newsletter)
    at = now + before
    spans = [(now - BURST_SPAN, now), (max(now, at - BURST_SPAN), at)]  # none is counted twice
    recent = house.store.read(
        lambda c: sum(editions.planned_between(c, series.id, Kind.ARTICLE, *span) for span in spans)
    )
    if items and recent >= BURST:
        return
    burst = len(items) + recent > BURST
    started = list[Callable[[Connection], int]]()
    for article in items[-1:] if burst else items:
        row = partial(_row, house, newsletter, series, f"article:{article.id}", now, kind=Kind.ARTICLE)
        if before:  # each stands for itself, whatever is decided about those before it
            started.append(row(upto=article.seq, leaves=at, from_seq=last))
            last = article.seq
        else:
            started.append(row(upto=article.seq))

    def write(connection: Connection) -> None:
        for start in started:
            start(connection)
        people.passed(connection, series.id, upto)

    house.store.write(write)


def _row(
    house: House,
    newsletter: Newsletter,
    series: Series,
    slot: str,
    now: datetime,
    *,
    include_existing: bool = False,
    kind: Kind = Kind.DIGEST,
    upto: int | None = None,
    from_seq: int | None = None,
    leaves: datetime | None = None,
) -> Callable[[Connection], int]:
    """What starts an edition that leaves now, or a proposed one that *leaves* then."""
    opening = "" if kind is Kind.ARTICLE else openings.note(house, newsletter, series, now)
    return lambda c: editions.start(
        c,
        series.id,
        slot,
        planned=leaves or now,
        expires=life(house, newsletter, None, leaves or now),
        upto_seq=upto or articles.max_seq(c),
        include_existing=include_existing,
        kind=kind,
        opening=opening,
        release=Release.PROPOSED if leaves else Release.RELEASED,
        from_seq=from_seq,
    )
