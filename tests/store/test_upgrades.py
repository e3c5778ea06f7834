"""A database of an earlier version: saved, brought up to date, or left as it was. Revision 0002 is made up."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, inspect, text

from publisher.errors import BadState, Unwritable
from publisher.store import schema
from publisher.store.database import Database
from publisher.store.postgres import Postgres
from publisher.store.sqlite import Sqlite
from publisher.store.store import Store
from publisher.store.tables import consents, subscribers
from tests import postgres

NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.create_table("colours", sa.Column("name", sa.Text(), primary_key=True))
    with op.batch_alter_table("subscribers") as table:
        table.add_column(sa.Column("colour", sa.Text(), server_default="red", nullable=False))
        table.alter_column("language", new_column_name="tongue")
"""
FAILS = f"{NEXT}    op.execute('SELECT nothing FROM nowhere')\n"
LOSES = f"{NEXT}    op.execute('DELETE FROM subscribers')\n"
AT = datetime(2026, 11, 29, tzinfo=UTC)
READERS = text(
    "SELECT s.address, s.colour, s.tongue, c.event FROM subscribers s JOIN consents c ON c.subscriber = s.id"
)
Program = Callable[[str], None]


def _fill(connection: Connection) -> None:
    """A reader, and what belongs to them."""
    reader = {
        "address": "a@example.org",
        "address_key": "a",
        "state": "reachable",
        "language": "ar",
        "created": AT,
    }
    connection.execute(insert(subscribers).values(**reader))
    connection.execute(insert(consents).values(subscriber=1, event="joined", at=AT, form="page"))


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database of revision 0001 with a reader."""
    database: Database = Sqlite(tmp_path / "a.db")
    if request.param == "postgresql":
        database = Postgres(postgres.database(migrated=False))
    with closing(Store(database, writing=True)) as store:
        store.write(_fill)
    return database


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes this the program whose newest revision is 0002, with that text."""
    packaged = schema.MIGRATIONS

    def program(revision: str) -> None:
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "0002_next.py").write_text(revision)
        monkeypatch.setattr(schema, "MIGRATIONS", folder)
        monkeypatch.setattr(schema, "HEAD", "0002")

    return program


def at(database: Database) -> tuple[str | None, bool, int]:
    """Its revision, whether anything of the next is there, and its readers."""
    reader = database.reader()
    try:
        with reader.connect() as connection:
            columns = {each["name"] for each in inspect(connection).get_columns("subscribers")}
            is_new = "colour" in columns or inspect(connection).has_table("colours")
            count = connection.execute(text("SELECT count(*) FROM subscribers")).scalar_one()
        return schema.revision(reader), is_new, count
    finally:
        reader.dispose()


def test_an_older_database_is_brought_up_to_date_with_all_that_is_in_it(
    old: Database, program: Program
) -> None:
    program(NEXT)
    with closing(Store(old, writing=True)) as store:
        rows = store.read(lambda c: c.execute(READERS).all())
        assert "0001" == store.upgraded_from
        with pytest.raises(Exception, match=r"(?i)foreign key|violates"):  # it is watched again
            store.write(lambda c: c.execute(text("DELETE FROM subscribers")))

    assert [("a@example.org", "red", "ar", "joined")] == rows
    with closing(Store(old, writing=True)) as store:
        assert store.upgraded_from is None


def test_it_is_saved_first(tmp_path: Path, program: Program) -> None:
    database = Sqlite(tmp_path / "a.db")
    with closing(Store(database, writing=True)) as store:
        store.write(_fill)
    program(NEXT)
    saved = Sqlite(tmp_path / "saved.db")

    with closing(
        Store(database, writing=True, before_upgrade=lambda found, save: save(saved.path, f"schema {found}"))
    ):
        assert ("0002", True, 1) == at(database)
    assert ("0001", False, 1) == at(saved)


def test_what_cannot_be_saved_is_left_as_it_was(tmp_path: Path, program: Program) -> None:  # X6
    database = Sqlite(tmp_path / "a.db")
    with closing(Store(database, writing=True)) as store:
        store.write(_fill)
    program(NEXT)

    def full(found: str, _: object) -> None:
        raise Unwritable(f"no room for schema {found}")

    with pytest.raises(Unwritable, match="no room for schema 0001"):
        Store(database, writing=True, before_upgrade=full)
    assert ("0001", False, 1) == at(database)


def test_an_upgrade_that_fails_changes_nothing(old: Database, program: Program) -> None:
    program(FAILS)
    with pytest.raises(Exception, match="nowhere"):
        Store(old, writing=True)
    assert ("0001", False, 1) == at(old)

    program(NEXT)
    Store(old, writing=True).close()
    assert ("0002", True, 1) == at(old)


def test_rows_that_belong_to_others_are_not_left_alone(old: Database, program: Program) -> None:
    program(LOSES)
    with pytest.raises(Exception, match=r"rows of consents without what they belong to|violates") as refused:
        Store(old, writing=True)

    assert ("0001", False, 1) == at(old)
    assert old.shared or isinstance(refused.value, BadState)


def test_who_only_reads_upgrades_nothing(old: Database, program: Program) -> None:
    program(NEXT)
    with pytest.raises(BadState, match=r"has schema 0001, this program wants 0002.* `nashir publish`"):
        Store(old, writing=False)
    assert ("0001", False, 1) == at(old)


def test_a_program_of_before_leaves_the_newer_database_alone(
    old: Database, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schema.MIGRATIONS, schema.HEAD
    program(NEXT)
    Store(old, writing=True).close()
    monkeypatch.setattr(schema, "MIGRATIONS", before[0])
    monkeypatch.setattr(schema, "HEAD", before[1])
    saved: list[str] = []

    with pytest.raises(
        BadState, match=r"schema 0002, which this program does not know.* newer nashir$"
    ) as refused:
        Store(old, writing=True, before_upgrade=lambda found, _: saved.append(found))
    assert (78, []) == (refused.value.exit, saved)
    assert ("0002", True, 1) == at(old)
