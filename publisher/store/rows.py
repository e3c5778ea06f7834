"""What moving a site needs of a database: all rows of its tables, out or in, in one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from sqlalchemy import Table

Row = tuple[Any, ...]
BATCH = 250  # rows at a time: those of variants are a hundred kilobytes each


class Source(Protocol):
    """The rows of a database as they were at one moment, as its driver has them: in both the same values, though
    PostgreSQL's true is SQLite's 1 (which are equal)."""

    def count(self, table: Table) -> int:
        """How many there are."""

    def rows(self, table: Table) -> Iterator[list[Row]]:
        """All of them, in batches, the columns in the order of *table*."""

    def last_keys(self) -> dict[str, int]:
        """The last number that each table gave to a row, of those that count up; 0: none yet. Its row may be gone."""


class Target(Source, Protocol):
    """A database that rows are put into. What is read of it is what was put."""

    def empty(self) -> bool:
        """Whether there is nothing in it."""

    def noted(self) -> str:
        """What it says of itself that it is; "": nothing."""

    def clear(self) -> None:
        """It is empty, and takes rows quickly: the indexes come after them."""

    def fit(self, table: Table, rows: list[Row]) -> list[Row]:
        """These *rows* as it can hold them: the same list where it can."""

    def put(self, table: Table, batches: Iterable[list[Row]]) -> None:
        """Write them. Raises BadState for one that it cannot hold."""

    def finish(self, last_keys: Mapping[str, int]) -> None:
        """Everything else of our schema is there again; no number up to *last_keys* is given again. Raises BadState
        for rows that do not go together."""

    def note(self, file: str) -> None:
        """It says of itself that it is *file*."""


def columns(table: Table) -> str:
    """The columns of *table* as SQL."""
    return ", ".join(f'"{each.name}"' for each in table.columns)
