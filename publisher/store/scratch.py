"""Door: what is only needed while something runs, in a temporary database, so that memory stays flat. Its file has no
name, and is gone when it is closed or the process ends."""

import json
import sqlite3
from collections.abc import Collection, Mapping


class Scratch:
    """Numbers by number. Not for use from two threads."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE kept (key INTEGER PRIMARY KEY, number INTEGER NOT NULL)")

    def get(self, keys: Collection[int]) -> dict[int, int]:
        """What is kept under these keys (64 bits, with a sign), where there is something."""
        some = "SELECT key, number FROM kept WHERE key IN (SELECT value FROM json_each(?))"
        return dict(self._database.execute(some, (json.dumps(list(keys)),)).fetchall())

    def put(self, numbers: Mapping[int, int]) -> None:
        """Keep these, instead of what was kept under their keys."""
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", numbers.items())
        self._database.execute("COMMIT")

    def close(self) -> None:
        """It is gone."""
        self._database.close()
