"""A PostgreSQL server of one's own to measure on: it writes to the disk before it answers, as everybody's does.

Its binaries are those of the wheel that the tests use. `SETTINGS` are the few that whoever has such a server sets.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, LiteralString, cast

import measure
import psycopg

from tests.postgres import Server

# The rest is as PostgreSQL comes: fsync, synchronous_commit, full_page_writes and autovacuum are on.
SETTINGS = ("shared_buffers=1GB", "max_wal_size=4GB", "checkpoint_timeout=15min", "max_connections=100")
KEY = "NASHIR__STORE__URL"
_TICK = os.sysconf("SC_CLK_TCK")


def server_cpu(pid: int) -> float:
    """Seconds of processor time of the server whose first process is *pid*, and of all that it started."""
    total = 0
    for each in measure.family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            # What has ended is the first process's: utime, stime, cutime, cstime (proc(5)).
            total += sum(map(int, fields[11:15] if each == pid else fields[11:13]))
    return total / _TICK


class Host:
    """A running server; its databases are made, copied and dropped here."""

    def __init__(self, place: Path | None = None, *settings: str) -> None:
        """In a folder of its own below *place*: that should be a real disk."""
        self.server = Server(*SETTINGS, *settings, place=place)
        self._numbers = count(1)

    def close(self) -> None:
        self.server.remove()

    @property
    def pid(self) -> int:
        assert self.server.process
        return self.server.process.pid

    def new(self, template: str = "template0") -> str:
        """The URL of a new database: empty, or a copy of that one, which nobody may use meanwhile."""
        name = f"bench{next(self._numbers)}"
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {template.rpartition('/')[2]} STRATEGY FILE_COPY")
        return self.server.url(name)

    def drop(self, url: str) -> None:
        self.server.run(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    @contextmanager
    def copied(self, url: str) -> Iterator[str]:
        """A copy of the database, for a while."""
        made = self.new(url)
        try:
            yield made
        finally:
            self.drop(made)

    def cpu(self) -> float:
        return server_cpu(self.pid)

    def commits(self, url: str) -> int:
        """Transactions of the database that were committed so far; who looks is told a second late."""
        time.sleep(1.5)
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            query = "SELECT xact_commit FROM pg_stat_database WHERE datname = %s"
            found: Any = connection.execute(query, [url.rpartition("/")[2]]).fetchone()
        return int(found[0])

    def wal(self) -> int:
        """Bytes that were ever written to its log."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            found: Any = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        return int(found[0])


class Ledger:
    """Where a site's ledger is: a database on *host*, or, without one, the file in its folder."""

    def __init__(self, host: Host | None = None, template: str = "template0") -> None:
        self.host = host
        self.url = host.new(template) if host else ""

    def copy(self) -> "Ledger":
        """Another with the same rows; the folder's file is copied with the folder."""
        return Ledger(self.host, self.url or "template0")

    @property
    def environment(self) -> dict[str, str]:
        """What tells the program."""
        return {KEY: self.url}

    def run(self, site: Path, statement: str) -> None:
        """Do *statement*."""
        if self.host:
            with psycopg.connect(self.url) as connection:
                connection.execute(cast(LiteralString, statement))
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(
                    "VACUUM ANALYZE deliveries"
                )  # or the next round would have the last one's rows
        else:
            with closing(sqlite3.connect(site / "state" / "nashir.db", timeout=60)) as file, file:
                file.execute(statement)

    def ask(self, site: Path, query: str) -> int:
        """The number that is the answer."""
        if self.host:
            with psycopg.connect(self.url) as connection:
                found: Any = connection.execute(cast(LiteralString, query)).fetchone()
        else:
            with closing(sqlite3.connect(site / "state" / "nashir.db", timeout=60)) as file:
                found = file.execute(query).fetchone()
        return int(found[0])

    def cpu(self) -> float:
        """Seconds of processor time that the server has used."""
        return self.host.cpu() if self.host else 0.0

    def drop(self) -> None:
        """Nobody needs it any more."""
        if self.host:
            self.host.drop(self.url)


@contextmanager
def running(place: Path | None = None, *settings: str) -> Iterator[Host]:
    """A server until the end of the block."""
    host = Host(place, *settings)
    try:
        yield host
    finally:
        host.close()


def sizes(url: str) -> dict[str, int]:
    """Bytes of each table with its indexes, the largest first, and "" for the whole database."""
    query = (
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        every: Any = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return {"": int(every[0])} | dict(connection.execute(query).fetchall())
