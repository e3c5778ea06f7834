"""A site that a newer version opens: what is said, what is saved, and the way back."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.actions.init import create
from publisher.cli.call import _here
from publisher.config import load
from publisher.errors import BadState, Unwritable
from publisher.store import schema
from publisher.store.nights import Nights
from publisher.verbs import session as sessions
from tests import quick

NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.create_table("colours", sa.Column("name", sa.Text(), primary_key=True))
"""
OLD = schema.MIGRATIONS, schema.HEAD


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of the version before: this one's newest revision is 0002, and made up."""
    folder = tmp_path / "site"
    create(folder, "Asia/Baghdad")
    with sessions.writing(load(folder, {}), clock):
        pass
    migrations = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    (migrations / "versions" / "0002_next.py").write_text(NEXT)
    monkeypatch.setattr(schema, "upgrade", quick.migrate)
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "HEAD", "0002")
    return folder


def test_the_database_is_saved_upgraded_and_the_way_back_is_open(site, monkeypatch):  # X10
    with sessions.writing(load(site, {}), clock) as session:
        said, nights = session.upgraded, session.house.nights
        assert not session.fenced
    (saved,) = nights.folder.iterdir()
    assert f"the database had schema 0001, and was upgraded; as it was it is in {saved}" == said
    assert saved == nights.folder / f"{nights._head}schema-0001.tar.gz"
    assert saved.with_name(f"{nights._head}schema-0001-2.tar.gz") == nights.before_upgrade("0001")
    assert (0o600, []) == (saved.stat().st_mode & 0o777, nights.all())  # no night's, and never removed
    with sessions.writing(load(site, {}), clock) as session:
        assert "" == session.upgraded

    monkeypatch.setattr(schema, "MIGRATIONS", OLD[0])
    monkeypatch.setattr(schema, "HEAD", OLD[1])
    with pytest.raises(BadState, match="newer nashir"), sessions.writing(load(site, {}), clock):
        pass
    (site / "state").rename(site / "state.old")
    subprocess.run(["tar", "-xf", saved], cwd=site, check=True)
    with sessions.writing(load(site, {}), clock) as session:
        assert session.fenced.startswith("the database is the backup of ")


def test_without_room_for_it_nothing_is_upgraded(site):  # X6
    (site / "backups").write_text("a file")
    with (
        pytest.raises(Unwritable, match=r"cannot be made.* backup\.folder"),
        sessions.writing(load(site, {}), clock),
    ):
        pass
    (site / "backups").unlink()
    with sessions.writing(load(site, {}), clock) as session:
        assert session.upgraded


def test_what_an_earlier_upgrade_saved_is_kept(site):  # X10
    settings = load(site, {})
    first = Nights(site / "backups", settings.site.id)
    first.make()
    first.before_upgrade("0001").write_text("readers of before")
    with sessions.writing(settings, clock) as session:
        said = session.upgraded
    kept, saved = sorted((site / "backups").iterdir(), key=lambda each: len(each.name))
    assert "readers of before" == kept.read_text()
    assert said.endswith(f"as it was it is in {saved}")
    assert saved.name.endswith("-schema-0001-2.tar.gz")


def test_a_dry_run_upgrades_nothing(site):  # X10
    with pytest.raises(BadState, match=r"has schema 0001, this program wants 0002.* which upgrades it"):
        _here(load(site, {}), "resume", {"dry_run": True}, None)
    with closing(sqlite3.connect(site / "state" / "nashir.db")) as connection:
        assert [("0001",)] == connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert not (site / "backups").exists()


def test_a_database_of_a_newer_program_is_no_older_one(site):
    with closing(sqlite3.connect(site / "state" / "nashir.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0009'")
    with pytest.raises(BadState, match=r"schema 0009, which this program does not know.* newer nashir$"):
        sessions.reading(load(site, {})).__enter__()


def test_upgrades_that_fail_each_time_fill_no_disk(site):  # X6
    settings = load(site, {})
    nights = Nights(site / "backups", settings.site.id)
    nights.make()
    for _ in range(5):
        nights.before_upgrade("0001").touch()

    with pytest.raises(Unwritable, match=r"was saved 5 times .* move those files away"):
        nights.before_upgrade("0001")
    with pytest.raises(Unwritable), sessions.writing(settings, clock):
        pass
    assert 5 == len([*(site / "backups").iterdir()])
