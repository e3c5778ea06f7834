"""The schema's revision: Alembic is imported only when a database is behind."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from publisher.errors import BadState

HEAD = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"


def revision(engine: Engine) -> str | None:
    """The revision the database says it has; None for an empty one."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def expect_current(engine: Engine, where: str) -> None:
    """Raises BadState when the database, *where* it is to people, is not at our revision."""
    found = revision(engine)
    if found != HEAD:
        raise BadState(
            f"the database has schema {found or 'none'}, this program wants {HEAD}",
            where,
            "run `nashir publish` (upgrades), or a newer nashir",
        )


def upgrade(engine: Engine, where: str = "") -> None:
    """Bring the database, *where* it is to people, to our revision. Raises BadState when it is from a newer program."""
    found = revision(engine)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise BadState(
            f"the database has schema {found}, which this program does not know",
            where,
            "run a newer nashir",
        ) from error
