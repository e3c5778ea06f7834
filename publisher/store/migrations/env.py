"""Alembic's entry: upgrades run on the engine they are handed, all of them in one transaction."""

from alembic import context
from sqlalchemy import Connection

from publisher.errors import BadState
from publisher.store.tables import metadata


def migrate(connection: Connection) -> None:
    """Run what is missing."""
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if found:
                what = f"the upgrade would leave rows of {found[0]} without what they belong to"
                mend = "go on with the version before, and tell its makers; nothing was changed"
                raise BadState(what, context.config.attributes.get("where", ""), mend)


with context.config.attributes["engine"].connect() as opened:
    if opened.dialect.name == "sqlite":
        # A table that is made anew is dropped in between: what belongs to its rows would go with them, or forbid it.
        driver = opened.connection.driver_connection
        (kept,) = driver.execute("PRAGMA foreign_keys").fetchone()
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            migrate(opened)
        finally:
            driver.execute(f"PRAGMA foreign_keys = {kept}")
    else:
        migrate(opened)
