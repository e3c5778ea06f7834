"""Backups, as `nashir backup` and the daemon make them: they read the site beside whoever writes, and put what a
restore needs into one file."""

import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

from publisher.actions.house import House
from publisher.config import FILE, Settings
from publisher.digests import due
from publisher.layout import STATE
from publisher.store import backup, sqlite
from publisher.store.nights import Night, Nights
from publisher.store.state import State
from publisher.store.store import BackUp
from publisher.text.dates import rfc3339
from publisher.verbs import privately


def save(house: House, *, file: Path, now: datetime) -> dict[str, Any]:
    """Write the backup *file*. Raises BadInput where it must not lie there, BadState, Unwritable."""
    start = time.monotonic()
    state = house.root / STATE
    privately.check(file, house)
    held = backup.save(house.store.back_up, house.store.size(), state, house.root / FILE, file, rfc3339(now))
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "holds": held,
        "seconds": round(time.monotonic() - start, 3),
    }


def night(house: House, now: datetime) -> date | None:
    """The local date whose backup is due and not there; None where none is. One that was missed, since nothing ran
    then, is due until the next is."""
    if not house.backup.at:
        return None
    zone = house.site.timezone
    slot = due.latest(due.parse(f"daily {house.backup.at}"), zone, now)
    assert slot  # a day has one
    day = slot.astimezone(zone).date()
    return None if any(each.day == day for each in house.nights.all()) else day


def nightly(house: House, now: datetime) -> dict[str, Any] | None:
    """Write the backup that is due, and then remove those that are too many; None where none is due. Raises as
    `save`: the old ones are still there then."""
    day, nights = night(house, now), house.nights
    if day is None:
        return None
    nights.make()
    done = save(house, file=nights.path(day), now=now)
    return done | {"removed": nights.prune(day, house.backup.keep)}


def before_upgrade(settings: Settings, now: datetime, schema: str, back_up: BackUp) -> Path:
    """Write the database, which is of an older *schema*, to the folder of backups, over none that is there. Returns the
    file. Raises BadState, Unwritable."""
    nights = Nights(settings.root / settings.backup.folder, settings.site.id)
    nights.make()
    target, size = nights.before_upgrade(schema), sqlite.size(State(settings.root / STATE).database)
    backup.save(back_up, size, settings.root / STATE, settings.root / FILE, target, rfc3339(now))
    return target


def newest(house: House, now: datetime) -> Night | None:
    """The newest nightly backup on this host, up to today by the site's clocks; None where there is none."""
    return house.nights.newest(now.astimezone(house.site.timezone).date())


def last(house: House, now: datetime) -> dict[str, Any] | None:
    """`newest` as JSON has it."""
    night = newest(house, now)
    if night is None:
        return None
    return {
        "file": str(night.path),
        "day": night.day.isoformat(),
        "made": rfc3339(night.made),
        "bytes": night.size,
    }
