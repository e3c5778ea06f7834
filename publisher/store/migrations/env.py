"""Alembic's entry: upgrades run on the engine they are handed."""

from alembic import context

from publisher.store.tables import metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
