"""What readers call the time zones of the world: by CLDR's exemplar cities."""

from functools import lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from babel.core import get_global

from publisher.text.cldr import locale
from publisher.text.words import Words

UTC = "Etc/UTC"
# CLDR knows none of the cities by which Kurds live.
_SORANI = {
    "Asia/Baghdad": "بەغدا",
    "Asia/Damascus": "دیمەشق",
    "Asia/Tehran": "تاران",
    "Europe/Istanbul": "ئیستانبوڵ",
}


class Zone(NamedTuple):
    """A time zone as one chooses it from a list."""

    id: str  # IANA
    name: str


@lru_cache(maxsize=16)
def zones(language: str, region: str = "") -> tuple[Zone, ...]:
    """The time zones that people live by, those of *region* (ISO 3166-1) first, in the order of their names in
    *language* (BCP 47), UTC last. What CLDR does not name there keeps its English name."""
    known = available_timezones()  # asks the disk
    territories = get_global("zone_territories")
    lived_by = [each for each in territories if not each.startswith("Etc/")]
    found = [Zone(each, zone_name(each, language)) for each in lived_by if each in known]
    found.sort(key=lambda zone: (territories[zone.id] != region, zone.name.casefold(), zone.id))
    return (*found, Zone(UTC, "UTC"))


def zone_name(zone: str, language: str) -> str:
    """The city that a reader of *language* knows the time zone *zone* (IANA) by."""
    here = locale(language)
    if here.language == "ckb" and zone in _SORANI:
        return _SORANI[zone]
    known = here.time_zones
    for each in (zone, get_global("zone_aliases").get(zone, zone), *_before(zone)):
        if city := known.get(each, {}).get("city"):
            return str(city)
    return zone.rpartition("/")[2].replace("_", " ")


def zoned(when: str, zone: str, ui: Words) -> str:
    """*when*, which names an hour, with the city by whose clock it is, that of the time zone *zone* (IANA)."""
    return ui.text("%(when)s, %(city)s time") % {"when": when, "city": zone_name(zone, ui.language)}


@lru_cache(maxsize=1024)
def _before(zone: str) -> tuple[str, ...]:
    """What *zone* was called: CLDR knows Kathmandu as Asia/Katmandu still."""
    return tuple(old for old, new in get_global("zone_aliases").items() if new == zone)
