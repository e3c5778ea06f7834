"""The schema's revision: Alembic is imported only when a database is behind."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from publisher.errors import BadState

HEAD = "0001"
NEWER = "run a newer nashir"
# What is not the server's, an extension's or our job queue's (publisher/engine/jobtables.py marks that) is somebody's.
_FOREIGN = text(
    """SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (to_regclass('alembic_version') IS NULL OR to_regclass('meta') IS NULL)
  AND NOT EXISTS (SELECT 1 FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  AND NOT (c.relname ^@ 'procrastinate_' AND EXISTS (SELECT 1 FROM pg_class q
    WHERE q.relnamespace = c.relnamespace AND q.relname = 'procrastinate_jobs'
      AND obj_description(q.oid, 'pg_class') ^@ 'nashir: '))
  ORDER BY 1 LIMIT 1"""
)
MIGRATIONS = Path(__file__).parent / "migrations"


def revision(engine: Engine) -> str | None:
    """The revision the database says it has; None for an empty one."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def expect_ours(engine: Engine, where: str) -> None:
    """Raises BadState where another program's tables are in the database, *where* it is to people, and none of ours:
    a schema of PostgreSQL. In a file of the state folder there are none."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection, connection.begin():
        found = connection.execute(_FOREIGN).scalar()
    if found is not None:
        mend = "give nashir an empty database of its own, or restore the whole of a backup"
        raise BadState(
            f"another program's table is in this database ({found!r}), and none of ours", where, mend
        )


def expect_current(engine: Engine, where: str) -> None:
    """Raises BadState when the database, *where* it is to people, is not at our revision."""
    found = revision(engine)
    if found != HEAD:
        expect_ours(engine, where)
        if found and not is_known(found):
            raise _newer(found, where)
        raise BadState(
            f"the database has schema {found or 'none'}, this program wants {HEAD}",
            where,
            "run `nashir publish`, which upgrades it",
        )


def is_known(found: str) -> bool:
    """Whether this revision is ours, or one before it; else the database is a newer program's."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        ScriptDirectory.from_config(config).get_revision(found)
    except CommandError:
        return False
    return True


def _newer(found: str, where: str) -> BadState:
    return BadState(f"the database has schema {found}, which this program does not know", where, NEWER)


def upgrade(engine: Engine, where: str = "", before: Callable[[str], None] = lambda _: None) -> str | None:
    """Bring the database, *where* it is to people, to our revision, whole or not at all; returns the one that it had,
    if that was older. *before* is called with that one, and what it raises keeps the database as it is. Raises BadState
    when it is from a newer program, or another program's."""
    found = revision(engine)
    if found == HEAD:
        return None
    expect_ours(engine, where)
    if found and not is_known(found):
        raise _newer(found, where)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(engine=engine, where=where)
    if found:
        before(found)
    command.upgrade(config, HEAD)
    return found
