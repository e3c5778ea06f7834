"""Door: which of several processes works on the article folder and plans: it holds a lock of PostgreSQL's sessions.

The lock goes with the connection: the server lets go of it when that ends, or when its other end is silent (seconds).
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from publisher.store.postgres import Postgres, process_of

if TYPE_CHECKING:
    import psycopg

LOCK = 0x6E61736869720002  # "nashir", 2
_HOLDER = f"""SELECT application_name, host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = {LOCK >> 32} AND objid = {LOCK & 0xFFFFFFFF}
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


class Lead:
    """One process's try at it. Not for two threads at once."""

    def __init__(self, database: Postgres) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None
        self._held = False
        self.holder = ""  # who had it when it was not ours: host, process, address

    def take(self) -> bool:
        """Whether it is ours: it is taken where it is free. Where the database cannot be reached it is ours no longer:
        raises Unwritable then."""
        try:
            if self._connection is None:
                self._connection = self._database.connect()
            if self._held:
                self._connection.execute("SELECT 1")
            else:
                query = f"SELECT pg_try_advisory_lock({LOCK})"
                (self._held,) = self._connection.execute(query).fetchone() or (False,)
            if not self._held:
                name, address = self._connection.execute(_HOLDER).fetchone() or ("", None)
                holder = process_of(name)
                self.holder = f"{holder} at {address}" if address else holder
        except Exception as error:
            self.let_go()
            raise self._database.explained(error) from error
        return self._held

    def let_go(self) -> None:
        """Somebody else may have it."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            with suppress(Exception):
                connection.close()
