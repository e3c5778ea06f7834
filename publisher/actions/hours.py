"""The hours in which letters may leave (D5)."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from publisher.actions.cadence import rhythm
from publisher.actions.house import House
from publisher.digests import window
from publisher.model.digest import Newsletter
from publisher.store import cadences


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


def opening(newsletter: Newsletter, zone: ZoneInfo, now: datetime) -> datetime:
    """When a letter of *newsletter* that is due *now* may leave for readers in *zone*."""
    return window.opening(window.parse(newsletter.window), zone, now) if newsletter.window else now
