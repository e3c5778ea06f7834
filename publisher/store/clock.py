"""The clock that all hosts share: the database's."""

from sqlalchemy import Connection, text

# SQLite's says milliseconds; it is our own.
_SAID = {
    "sqlite": text("SELECT (julianday('now') - 2440587.5) * 86400.0"),
    "postgresql": text("SELECT extract(epoch FROM clock_timestamp())"),
}


def now(connection: Connection) -> float:
    """This moment, not that in which the transaction began, in seconds since 1970."""
    return float(connection.execute(_SAID[connection.dialect.name]).scalar_one())
