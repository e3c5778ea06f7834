"""Door: the database as a doctor finds it: read only, beside whoever writes."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from sqlalchemy import text

from publisher.store import facts, schema
from publisher.store.database import Database
from publisher.store.sqlite import Sqlite
from publisher.store.state import State
from publisher.store.store import Store

OPS = 10_000  # steps of SQLite's machine between two looks at the time


@dataclass(frozen=True, slots=True)
class Examined:
    """What the database says of itself."""

    version: str  # of the program: "SQLite 3.51.3", "PostgreSQL 17.2"
    schema: str  # the revision; "" where it is empty
    skew: float = 0.0  # seconds that its clock is ahead of ours, at the least


def examine(database: Database, clock: Callable[[], float]) -> Examined:
    """Ask it; *clock* is our time (Unix). Raises BadState, Damaged and Unwritable as opening it does."""
    reader = database.reader()
    try:
        found = schema.revision(reader) or ""
        if not database.shared:
            return Examined(f"SQLite {sqlite3.sqlite_version}", found)
        with reader.connect() as connection, connection.begin():
            version = connection.execute(text("SELECT current_setting('server_version')")).scalar_one()
            before = clock()  # beside the question: to connect may take seconds
            at = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            after = clock()
        there = at.astimezone(UTC).timestamp()
        skew = there - min(max(there, before), after)
        return Examined(f"PostgreSQL {version.split()[0]}", found, skew)
    except Exception as error:
        explained = database.explained(error)
        if explained is error:
            raise
        raise explained from error
    finally:
        reader.dispose()


def whole(path: Path, seconds: float) -> str | None:
    """What SQLite's quick_check finds wrong in the file at *path*; "": nothing; None: *seconds* were not enough. Raises
    Damaged and BadState where it cannot be opened."""
    end = time.monotonic() + seconds
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=seconds)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > end, OPS)
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            return "" if said == "ok" else " ".join(str(said).split())
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return None
        raise Sqlite(path).explained(error) from error
    except sqlite3.Error as error:
        raise Sqlite(path).explained(error) from error


def fence(state: State, store: Store) -> str:
    """Why no letter may leave; "" where it may. As `State.fenced`, of a store that is only read: one that never sent is
    left as it is."""
    known = store.read(lambda c: (facts.get(c, "generation"), facts.get(c, "file")))
    return state.fenced(store) if any(known) else ""


def noted(state: State) -> int | None:
    """The process that holds the site's lock, as the lock says."""
    try:
        return int((state.folder / "lock").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
