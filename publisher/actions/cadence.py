"""What a cadence means for the site as it is configured now."""

from zoneinfo import ZoneInfo

from publisher.actions.house import House
from publisher.digests import due
from publisher.digests.due import Schedule
from publisher.model.digest import Newsletter
from publisher.store.cadences import Cadence


def rhythm(house: House, newsletter: Newsletter, cadence: Cadence | None) -> tuple[Schedule, ZoneInfo]:
    """When the readers of *cadence* are due, and in which time zone: what they chose where the newsletter still lets
    them, else its own schedule and the site's zone."""
    own = due.parse(newsletter.schedule)
    if cadence is None or not newsletter.frequencies:
        return own, house.site.timezone
    chosen = due.parse(cadence.schedule) if cadence.schedule else own
    return (chosen if chosen.kind in newsletter.frequencies else own), zone(house, cadence.zone)


def zone(house: House, name: str) -> ZoneInfo:
    """The time zone *name*; the site's where it is "" or none that this machine knows."""
    try:
        return ZoneInfo(name) if name else house.site.timezone
    except (ValueError, OSError, KeyError):
        return house.site.timezone
