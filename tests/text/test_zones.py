"""What readers call time zones."""

from zoneinfo import ZoneInfo

import pytest

from publisher.text.words import LANGUAGES
from publisher.text.zones import zone_name, zones


@pytest.mark.parametrize(
    "zone, language, name",
    [
        ("Asia/Baghdad", "ar", "بغداد"),
        ("Asia/Gaza", "ar", "غزة"),
        ("Asia/Tehran", "fa", "تهران"),
        ("Asia/Jerusalem", "he", "ירושלים"),
        ("Asia/Karachi", "ur", "کراچی"),
        ("Asia/Kathmandu", "ar", "كاتماندو"),  # Asia/Katmandu to CLDR
        ("Asia/Katmandu", "ar", "كاتماندو"),
        ("Europe/Kyiv", "he", "קייב"),
        ("Asia/Baghdad", "ckb", "بەغدا"),
        ("America/New_York", "ckb", "New York"),
        ("Etc/UTC", "fa", "UTC"),
    ],
)
def test_a_zone_is_called_by_its_city(zone: str, language: str, name: str) -> None:  # R8
    assert name == zone_name(zone, language)


def test_the_zones_of_the_region_come_first() -> None:  # R8
    assert ["Asia/Gaza", "Asia/Hebron"] == sorted(zone.id for zone in zones("ar", "PS")[:2])
    assert "Asia/Tehran" == zones("fa", "IR")[0].id
    assert set(zones("fa")) == set(zones("fa", "IR"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_that_is_offered_is_one_and_has_a_name_of_its_own(language: str) -> None:
    offered = zones(language)

    assert len(offered) > 400
    assert len(offered) == len({zone.name for zone in offered}) == len({zone.id for zone in offered})
    assert all(ZoneInfo(zone.id) for zone in offered)
    assert {"Asia/Baghdad", "Asia/Gaza", "Africa/Cairo", "Asia/Kathmandu", "Europe/London"} <= {
        zone.id for zone in offered
    }
