"""A site whose database is gone, or cut to nothing, is no new site: nothing is begun over its readers."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.actions.init import create
from publisher.config import load
from publisher.errors import BadState
from publisher.store.nights import Nights
from publisher.store.sqlite import Sqlite
from publisher.store.store import Store
from publisher.verbs import doctor_here
from publisher.verbs import session as sessions
from tests import postgres


def clock() -> datetime:
    return datetime.now(UTC)


def without(database: Path) -> None:
    for each in database.parent.glob("nashir.db*"):
        each.unlink()


def emptied(database: Path) -> None:
    database.write_bytes(b"")


def other(database: Path) -> None:
    without(database)
    reader = Sqlite(database).writer()
    reader.connect().close()
    reader.dispose()
    assert database.stat().st_size


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site that was used."""
    folder = tmp_path / "site"
    create(folder, "Asia/Baghdad")
    with sessions.writing(load(folder, {}), clock):
        pass
    return folder


@pytest.mark.parametrize("lose", [without, emptied, other])
def test_a_lost_database_is_restored_and_not_begun_anew(
    site: Path, lose: Callable[[Path], None]
) -> None:  # X9
    settings, database = load(site, {}), site / "state" / "nashir.db"
    lose(database)
    before = database.exists() and database.read_bytes()
    said = r"gone or empty.*`mv state state\.old; tar -xf FILE`.* `nashir resume`; to begin anew .*move state/ away$"

    for opened in (
        sessions.writing(settings, clock),
        sessions.serving(settings, clock),
        sessions.reading(settings),
        sessions.trying(settings),
    ):
        with pytest.raises(BadState, match=said), opened:
            pass
    assert before == (database.exists() and database.read_bytes())
    (found,) = doctor_here.database(settings, clock).symptoms
    assert ("database-lost", "fault") == (found.kind, found.grade)

    (site / "state").rename(site / "state.old")
    with sessions.writing(settings, clock) as session:  # anew, on purpose
        assert not session.fenced


def test_the_newest_nightly_backup_is_named(site: Path) -> None:  # X9
    settings = load(site, {})
    nights = Nights(site / "backups", settings.site.id)
    nights.make()
    for day in (28, 29):
        nights.path(datetime(2026, 11, day, tzinfo=UTC).date()).write_bytes(b"a backup")
    without(site / "state" / "nashir.db")

    name = f"nashir-{settings.site.id[:8]}-2026-11-29.tar.gz"
    with pytest.raises(BadState, match=f"tar -xf backups/{name}`"), sessions.reading(settings):
        pass


def test_the_log_beside_an_emptied_file_is_left_for_who_can_read_it(site: Path) -> None:  # X9
    database, log = site / "state" / "nashir.db", site / "state" / "nashir.db-wal"
    emptied(database)
    log.write_bytes(b"pages")

    with pytest.raises(BadState, match="gone or empty"), sessions.reading(load(site, {})):
        pass
    assert b"pages" == log.read_bytes()


def test_an_empty_schema_of_a_server_is_not_begun_anew(site: Path) -> None:  # X9
    url = postgres.database(migrated=False)
    try:
        settings = load(site, {"NASHIR__STORE__URL": url})
        with (
            pytest.raises(BadState, match=r"gone or empty.* restore the server's last backup"),
            sessions.writing(settings, clock),
        ):
            pass
        assert Store.is_new(settings.store.database(site))
    finally:
        postgres.give_back(url)


def test_a_site_that_never_had_one_is_new(tmp_path: Path) -> None:
    create(tmp_path / "new", "Asia/Baghdad")
    with pytest.raises(BadState, match="no state yet"), sessions.reading(load(tmp_path / "new", {})):
        pass
