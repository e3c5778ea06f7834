"""The nightly backup: when one is due, what is kept, and what a disk that refuses leaves behind."""

import os
import shutil
import tarfile
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from publisher.errors import Unwritable
from publisher.store.nights import BackupSettings
from publisher.verbs import reading, saving
from tests.conftest import SITE

ID = SITE.id[:8]
NIGHT = datetime(2026, 11, 29, 0, 31, tzinfo=UTC)  # 03:31 in Baghdad


@pytest.fixture
def site(house):
    (house.root / "config.toml").write_text("# settings", "utf-8")
    (house.root / "state" / "secret.key").write_bytes(bytes(32))
    return house


def names(house):
    return sorted(each.name for each in house.nights.folder.iterdir())


def test_each_night_has_one_backup_and_the_newest_are_kept(site):
    house = replace(site, backup=BackupSettings(keep=3))
    made = [
        bool(saving.nightly(house, NIGHT + timedelta(hours=12 * half))) for half in range(10)
    ]  # twice a day

    assert [True, False] * 5 == made
    assert [f"nashir-{ID}-2026-{day}.tar.gz" for day in ("12-01", "12-02", "12-03")] == names(house)
    assert 0o700 == house.nights.folder.stat().st_mode & 0o777
    assert 0o600 == house.nights.path(date(2026, 12, 3)).stat().st_mode & 0o777
    with tarfile.open(house.nights.path(date(2026, 12, 3)), "r:gz") as tar:
        assert ["state", "state/secret.key", "state/config.toml", "state/nashir.db"] == tar.getnames()


def test_a_night_that_was_missed_is_made_up_for_and_a_longer_silence_with_one(site):
    saving.nightly(site, NIGHT)
    noon, before = NIGHT + timedelta(days=5, hours=9), NIGHT + timedelta(days=7, minutes=-20)

    assert date(2026, 12, 4) == saving.night(site, noon)
    assert saving.nightly(site, noon)
    assert date(2026, 12, 5) == saving.night(site, before)  # 03:11 in Baghdad: the hour has not come
    assert 2 == len(names(site))


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Africa/Casablanca", "UTC"])
@pytest.mark.parametrize("at", ["00:00", "02:30", "23:59"])
def test_every_local_date_has_its_night_whatever_the_clocks_do(zone, at, site):  # X8
    house = replace(site, site=replace(site.site, timezone=ZoneInfo(zone)), backup=BackupSettings(at=at))
    house.nights.make()
    now, made = datetime(2026, 1, 1, 12, tzinfo=UTC), list[date]()
    while now.year == 2026:
        if day := saving.night(house, now):
            for old in made[-1:]:
                house.nights.path(old).unlink()
            house.nights.path(day).touch()
            made.append(day)
        now += timedelta(hours=1)

    assert len(made) > 360
    assert {timedelta(days=1)} == {later - sooner for sooner, later in pairwise(made)}


def test_a_clock_that_was_wrong_for_a_while_costs_no_backup(site):  # X8
    house = replace(site, backup=BackupSettings(keep=1))
    for now in (NIGHT, NIGHT + timedelta(days=5000), NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)):
        assert saving.nightly(house, now)
        assert saving.nightly(house, now) is None
        assert now - timedelta(hours=12) < due(saving.last(house, now)) <= now

    assert [f"nashir-{ID}-2026-12-01.tar.gz", f"nashir-{ID}-2040-08-07.tar.gz"] == names(house)


def due(found):
    return datetime.combine(date.fromisoformat(found["day"]), time(3, 30), ZoneInfo("Asia/Baghdad"))


def test_files_of_others_are_left_alone(site):
    house = replace(site, backup=BackupSettings(keep=1))
    house.nights.make()
    others = [
        f"nashir-{ID}-2026-11-01.tar",
        "nashir-00000000-2026-11-01.tar.gz",
        f"nashir-{ID}-2026-02-31.tar.gz",
        "x",
    ]
    for name in others:
        (house.nights.folder / name).touch()
    for days in (0, 1):
        saving.nightly(house, NIGHT + timedelta(days=days))

    assert {*others, f"nashir-{ID}-2026-11-30.tar.gz"} == set(names(house))


def test_none_is_made_where_they_are_off(site):
    house = replace(site, backup=BackupSettings(at=""))

    assert saving.nightly(house, NIGHT) is None
    assert not house.nights.folder.exists()


def test_a_disk_that_refuses_leaves_the_old_ones(site, monkeypatch):  # X6
    house = replace(site, backup=BackupSettings(keep=1))
    saving.nightly(house, NIGHT)
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Unwritable, match=r"the backup cannot be written: No space.* make room"):
        saving.nightly(house, NIGHT + timedelta(days=1))

    assert [f"nashir-{ID}-2026-11-29.tar.gz"] == names(house)


@pytest.mark.parametrize(("name", "times"), [("b.tar", 2.0), ("b.tar.gz", 1.5)])
def test_what_would_fill_the_disk_is_not_begun_and_says_what_it_needs(
    name, times, site, tmp_path, monkeypatch
):
    size = 100_000_000
    needs = int(times * size) + 8_000_000
    usage = SimpleNamespace(free=needs - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(type(site.store), "size", lambda _: size)

    with pytest.raises(Unwritable, match=f"needs {needs / 1e6:,.0f} MB .* MB are free.* make room"):
        saving.save(site, file=tmp_path / name, now=NIGHT)
    assert not [each for each in tmp_path.iterdir() if "backup" in each.name or each.name == name]
    usage.free = needs
    assert saving.save(site, file=tmp_path / name, now=NIGHT)["bytes"]


def full(_):
    raise OSError(28, "No space left on device")


def test_a_folder_that_is_not_there_is_made_by_who_asked(site, tmp_path):
    with pytest.raises(Unwritable, match=r"No such file.* make the folder: mkdir -p '\S+/not here'$"):
        saving.save(site, file=tmp_path / "not here" / "a.tar", now=NIGHT)


def test_a_folder_whose_disk_is_away_is_not_made_on_this_one(site, tmp_path):
    house = replace(site, backup=BackupSettings(folder=str(tmp_path / "disk" / "backups")))

    with pytest.raises(Unwritable, match=r"cannot be made: No such file.* backup\.folder"):
        saving.nightly(house, NIGHT)


def test_status_names_the_newest(site):
    assert reading.status(site, NIGHT)["backup"] is None
    saving.nightly(site, NIGHT)
    found = reading.status(site, NIGHT)["backup"]

    file = site.nights.path(date(2026, 11, 29))
    assert {"file": str(file), "day": "2026-11-29", "bytes": file.stat().st_size} == {
        name: found[name] for name in ("file", "day", "bytes")
    }
