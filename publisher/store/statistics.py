"""What PostgreSQL knows of how many rows there are. It plans by what it counted last, and counts minutes after a bulk
load; until then it takes a million readers for a handful, and reads all of them to find one."""

from sqlalchemy import Connection, text

from publisher.store.tables import consents, deliveries, subscribers, subscriptions

# A table's size on the disk is known at once, also of rows that are not committed.
_GROWN = text(
    "SELECT relname FROM pg_class WHERE oid = CAST(CAST(:name AS TEXT) AS REGCLASS)"
    " AND abs(pg_relation_size(oid) / 8192 - relpages) > 8 + relpages / 5"
)


def of_readers(connection: Connection) -> None:
    """Have readers counted anew where there are a fifth more or fewer than when they were last: some tenths of a
    second, however many. SQLite's plans do not ask for it."""
    _refresh(connection, subscribers.name, subscriptions.name, consents.name)


def of_letters(connection: Connection) -> None:
    """The same of the ledger."""
    _refresh(connection, deliveries.name)


def _refresh(connection: Connection, *names: str) -> None:
    if connection.dialect.name == "postgresql":
        for name in names:
            if connection.execute(_GROWN, {"name": name}).first():
                connection.exec_driver_sql(f"ANALYZE {name}")
