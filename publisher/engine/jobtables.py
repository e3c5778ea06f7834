"""Door: the tables of the job queue (Procrastinate) in a site's database on PostgreSQL."""

import hashlib

from publisher.errors import BadState
from publisher.store.postgres import Postgres

LOCK = 0x6E61736869720003  # "nashir", 3: of whoever makes them
_MARK = "nashir: "  # the comment on the tables that we made begins so
_FOUND = """SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class'),
  to_regclass('procrastinate_jobs') IS NOT NULL"""
_DROP = """DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname ^@ 'procrastinate_'
  LOOP EXECUTE 'DROP TABLE IF EXISTS ' || each.name || ' CASCADE'; END LOOP;
  FOR each IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname ^@ 'procrastinate_'
  LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || each.name || ' CASCADE'; END LOOP;
  FOR each IN SELECT t.oid::regtype AS name FROM pg_type t
    WHERE t.typnamespace = current_schema()::regnamespace AND t.typname ^@ 'procrastinate_' AND t.typtype IN ('c', 'e')
  LOOP EXECUTE 'DROP TYPE IF EXISTS ' || each.name || ' CASCADE'; END LOOP;
END $$"""


def make(database: Postgres) -> None:
    """Make the tables, if they are not those of the installed Procrastinate: what they held stands in the ledger. Who
    comes second finds them made. Raises BadState where they are another program's, and what the driver raises."""
    from procrastinate.schema import SchemaManager

    schema = SchemaManager.get_schema()
    mark = _MARK + hashlib.sha256(schema.encode()).hexdigest()
    with database.connect() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        noted, there = connection.execute(_FOUND).fetchone()
        if there and not (noted or "").startswith(_MARK):
            raise BadState(
                "another program's job queue (Procrastinate) is in this database",
                database.where,
                "give nashir a database of its own",
            )
        if noted != mark:
            connection.execute(_DROP)
            connection.execute(schema)
            connection.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{mark}'")
