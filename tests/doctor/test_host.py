"""What was measured of the machine: tables of measurements, and what is said of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from publisher.doctor import host
from publisher.doctor.host import Disk, File, Zones

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STATE = File("/srv/state", mode=0o700, owner=1000)
KEY = File("/srv/state/secret.key", mode=0o600, owner=1000)
OUT = File("/srv/feeds", mode=0o755, owner=1000)
GONE = File("/srv/none", there=False)


@pytest.mark.parametrize(
    ("folder", "secret", "user", "kinds"),
    [
        (STATE, KEY, 1000, []),
        (GONE, GONE, 1000, []),
        (GONE, GONE, 0, []),
        (replace(STATE, mode=0o750), KEY, 1000, ["state-open"]),
        (STATE, replace(KEY, mode=0o640), 1000, []),  # the group of a keeper of secrets
        (STATE, replace(KEY, mode=0o644), 1000, ["secret-open"]),
        (STATE, KEY, 1001, ["not-ours"]),
        (STATE, KEY, 0, ["as-root"]),
        (replace(STATE, owner=0), KEY, 0, ["as-root"]),
    ],
)
def test_the_state_is_its_owners_alone(
    folder: File, secret: File, user: int, kinds: list[str]
) -> None:  # threat 9
    assert kinds == [each.kind for each in host.state(folder, [secret], user)]


@pytest.mark.parametrize(
    ("articles", "out", "kinds"),
    [
        (OUT, OUT, []),
        (OUT, GONE, []),
        (GONE, OUT, ["articles-unreadable"]),
        (replace(OUT, readable=False), OUT, ["articles-unreadable"]),
        (OUT, replace(OUT, writable=False), ["output-unwritable"]),
        (OUT, replace(OUT, mode=0o700), ["output-closed"]),
        (OUT, replace(OUT, mode=0o754), ["output-closed"]),
        (OUT, replace(OUT, reachable=False), ["output-closed"]),
    ],
)
def test_articles_are_read_and_the_output_is_written(articles: File, out: File, kinds: list[str]) -> None:
    assert kinds == [each.kind for each in host.folders(articles, out)]


@pytest.mark.parametrize(
    ("free", "files", "needs", "kinds"),
    [
        (10_000_000_000, None, 1_000_000, []),
        (10_000_000_000, 50_000, 9_000_000_000, []),
        (10_000_000_000, 50_000, 9_900_000_000, ["disk-low"]),
        (199_000_000, 50_000, 0, ["disk-low"]),
        (49_000_000, 50_000, 0, ["disk-full"]),
        (10_000_000_000, 999, 0, ["inodes-low"]),
        (0, 0, 0, ["disk-full", "inodes-low"]),
    ],
)
def test_a_disk_has_room_for_the_database_once_more(
    free: int, files: int | None, needs: int, kinds: list[str]
) -> None:
    assert kinds == [each.kind for each in host.disk(Disk("/srv", free, files), needs)]


@pytest.mark.parametrize(
    ("days", "there", "kinds"),
    [(1, True, []), (2, True, []), (3, True, ["backup-old"]), (3, False, ["backup-old"])],
)
def test_a_backup_is_of_the_last_days(days: int, there: bool, kinds: list[str]) -> None:
    found = host.backup("/srv/backups", NOW - timedelta(days=days), NOW, there=there)

    assert kinds == [each.kind for each in found]
    assert [] == list(host.backup("/srv/backups", None, NOW, there=False))  # nothing was ever published


@pytest.mark.parametrize(("known", "kinds"), [(True, []), (None, []), (False, ["clock-unset"])])
def test_a_clock_that_nothing_keeps_right_is_told_of(known: bool | None, kinds: list[str]) -> None:
    assert kinds == [each.kind for each in host.clock(known)]


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.9, ""), (-5.0, ""), (61.0, "61 s ahead of"), (-7200.0, "7200 s behind")]
)
def test_two_clocks_agree_to_some_seconds(seconds: float, said: str) -> None:
    found = list(host.apart("https://news.test/", seconds))

    assert bool(said) == bool(found)
    assert all(said in each.what for each in found)


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("2025a", date(2025, 6, 30)),
        ("2025b", date(2025, 9, 30)),
        ("2025c", date(2025, 12, 30)),
        ("2025g", date(2025, 12, 30)),
        ("", None),
        ("2025", None),
        ("2025b-rev", None),
        ("99a", None),
    ],
)
def test_a_version_was_out_by_a_day(version: str, day: date | None) -> None:
    assert day == host.latest(version)


@pytest.mark.parametrize(
    ("system", "package", "old"),
    [
        ("2026a", "2026f", False),
        ("2025b", "2026f", True),  # the system's are used, whatever the package has
        ("", "2026a", False),
        ("", "2025a", True),
        ("", "", False),
    ],
)
def test_old_rules_of_time_zones_are_told_of_where_they_are_used(
    system: str, package: str, old: bool
) -> None:
    found = list(host.zones(Zones(system, package), NOW))

    assert ["zones-old"] * old == [each.kind for each in found]


def test_new_rules_are_not_old_for_nine_months() -> None:
    edge = datetime(2025, 6, 30, tzinfo=UTC) + timedelta(days=274)

    assert [] == list(host.zones(Zones("2025a", ""), edge))
    assert 1 == len(list(host.zones(Zones("2025a", ""), edge + timedelta(days=1))))


@pytest.mark.parametrize(
    ("watches", "folders", "files", "kinds"),
    [
        (8192, 4096, 1024, []),
        (None, 100_000, 1024, []),
        (8192, 4097, 1024, ["watches-few"]),
        (8192, 1, 256, ["files-few"]),
    ],
)
def test_limits_are_above_what_is_needed(
    watches: int | None, folders: int, files: int, kinds: list[str]
) -> None:
    assert kinds == [each.kind for each in host.limits(watches, folders, files)]
