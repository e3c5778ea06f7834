"""From one database into another: every row of every table, and the last number that each table gave.

Both sides are read to the end and compared before anything is kept. The sums are of Python's hashes, whatever the order
of the rows: true and 1 are the same in them, as in the two databases, and they differ where one value does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Table

from publisher.errors import BadState
from publisher.store.rows import Row, Source, Target
from publisher.store.tables import (
    consents,
    deliveries,
    mailed,
    metadata,
    notices,
    reports,
    subscribers,
    subscriptions,
    variants,
)

# Who reads, and what they were sent: nearly all of a large site, and nothing that articles are tried out with.
PEOPLE = frozenset([subscribers, subscriptions, consents, variants, deliveries, mailed, notices, reports])
_SPAN = 1 << 64
Told = Callable[[str, int, int], None]  # hears what is done, how many rows of how many


@dataclass(slots=True)
class Moved:
    """What was moved."""

    rows: dict[str, int] = field(default_factory=dict)  # of each table
    mended: dict[str, int] = field(
        default_factory=dict
    )  # of which so many were changed, since the other holds no NUL


@dataclass(slots=True)
class _Sum:
    """Of all rows of a table."""

    rows: int = 0
    hashes: int = 0

    def add(self, batch: list[Row]) -> None:
        self.rows += len(batch)
        self.hashes = (self.hashes + sum(map(hash, batch))) % _SPAN


def pour(
    source: Source, into: Target, *, people: bool = True, mark: str = "", told: Told | None = None
) -> Moved:
    """Put all rows of *source* into the database *into*, look at them there, and note there that it is *mark*. Without
    *people* the tables PEOPLE stay empty, and it is for trying things out. Raises BadState for what cannot be moved."""
    tables = [each for each in metadata.sorted_tables if people or each not in PEOPLE]
    run = _Run(source, into, sum(map(source.count, tables)) if told else 0, told or (lambda *_: None))
    into.clear()
    sums = {table: run.put(table) for table in tables}
    into.finish(source.last_keys() if people else {})
    for table in tables if people else ():  # what is tried out is thrown away
        run.compare(table, sums[table])
    if mark:
        into.note(mark)
    return run.moved


@dataclass(slots=True)
class _Run:
    source: Source
    into: Target
    total: int
    told: Told
    done: int = 0
    moved: Moved = field(default_factory=Moved)

    def put(self, table: Table) -> _Sum:
        """Put the rows of *table*; their sum."""
        found = _Sum()
        self.into.put(table, self._batches(table, found))
        self.moved.rows[table.name] = found.rows
        return found

    def _batches(self, table: Table, found: _Sum) -> Iterator[list[Row]]:
        for batch in self.source.rows(table):
            fit = self.into.fit(table, batch)
            if fit is not batch:
                changed = sum(one != other for one, other in zip(batch, fit, strict=True))
                self.moved.mended[table.name] = self.moved.mended.get(table.name, 0) + changed
            found.add(fit)
            self._tell(f"moving {table.name}", len(fit))
            yield fit

    def compare(self, table: Table, left: _Sum) -> None:
        """Raises BadState where what arrived is not what left."""
        arrived = _Sum()
        for batch in self.into.rows(table):
            arrived.add(batch)
            self._tell(f"comparing {table.name}", len(batch))
        if arrived != left:
            what = f"what arrived is not what left: {arrived.rows} rows, of {left.rows}"
            raise BadState(what, f"table {table.name}", "nothing was moved; tell us of it")

    def _tell(self, what: str, rows: int) -> None:
        self.done += rows
        self.told(what, self.done, 2 * self.total)
