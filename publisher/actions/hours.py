"""The hours in which letters may leave (D5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from publisher.actions.cadence import rhythm
from publisher.actions.house import House
from publisher.digests import window
from publisher.model.digest import Newsletter
from publisher.store import cadences, editions, ledger
from publisher.store.ledger import Late

CHUNK = 1000  # letters that are put off in one transaction


def opens(house: House, connection: Connection, rows: set[int], now: datetime) -> Mapping[int, datetime]:
    """Of the cadences *rows* those whose letters may not leave *now*, and when they may: when the newsletter's
    window opens on the wall clock of its readers."""
    if not any(each.window for each in house.newsletters.values()):
        return {}
    found: dict[int, datetime] = {}
    for cadence in cadences.some(connection, rows):
        newsletter = house.newsletters.get(cadence.newsletter)
        if newsletter and newsletter.window:
            _, zone = rhythm(house, newsletter, cadence)
            if (leaves := opening(newsletter, zone, now)) > now:
                found[cadence.id] = leaves
    return found


def put_off(house: House, now: datetime) -> None:
    """Letters that are due while their window is closed wait until it opens, however many: a chunk at a time, so that
    what is due behind them, of other newsletters, has its turn."""
    if not any(each.window for each in house.newsletters.values()):
        return
    for edition in house.store.read(ledger.released):
        closed, waves = house.store.read(partial(_closed, house=house, edition=edition, now=now))
        for wave in waves if closed else ():
            after: Late | None = None
            find = partial(ledger.late, edition=edition, wave=wave, closed=closed, now=now, limit=CHUNK)
            while found := house.store.read(partial(find, after=after)):
                after = found[-1]
                for until in set(closed.values()):
                    ids = [each.id for each in found if closed[each.cadence] == until]
                    house.store.write(partial(ledger.wait, ids=ids, until=until))


def _closed(
    connection: Connection, house: House, edition: int, now: datetime
) -> tuple[Mapping[int, datetime], Sequence[int]]:
    """When the windows open that are closed to readers of the edition, by cadence; and its waves that may leave."""
    progress = editions.progress(connection, edition)
    assert progress
    rows = {each.id for each in cadences.of(connection, progress.edition.newsletter)}
    return opens(house, connection, rows, now), ledger.open_waves(connection, edition)


def opening(newsletter: Newsletter, zone: ZoneInfo, now: datetime) -> datetime:
    """When a letter of *newsletter* that is due *now* may leave for readers in *zone*."""
    return window.opening(window.parse(newsletter.window), zone, now) if newsletter.window else now
