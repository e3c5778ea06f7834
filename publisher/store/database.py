"""What a database is to the store: a door that makes connections, and puts its complaints into words."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine

from publisher.store.rows import Source, Target
from publisher.store.writer import Statement


class Database(Protocol):
    """One site's database, wherever it is."""

    @property
    def where(self) -> str:
        """The database as people know it: without passwords."""

    @property
    def shared(self) -> bool:
        """Whether other hosts may write at the same time."""

    def reader(self) -> Engine:
        """Connections that only read, each transaction on one snapshot."""

    def writer(self) -> Engine:
        """Connections of which every transaction is alone: no other of these is under way meanwhile, on any host."""

    def sender(self) -> Engine | None:
        """Connections for what may run beside other changes, on many hosts, and may be done twice: claims, marks,
        verdicts. None: there is only the writer."""

    def run(self, driver: Any, statement: Statement) -> int:
        """Run *statement* on the driver's own connection: the number of rows that it changed."""

    def lost(self, error: BaseException) -> bool:
        """Whether the work was undone through no fault of its own, or its connection is gone: it may be tried again."""

    def explained(self, error: BaseException) -> BaseException:
        """The database's complaint as one line for a person; what is no such complaint as it is."""

    def identity(self, reader: Engine) -> str:
        """Which database this is, wherever it is moved to: a copy is another."""

    def size(self, reader: Engine) -> int:
        """About how many bytes `copy` will write, at the most."""

    def copy(self, reader: Engine, target: Path, *, people: bool) -> None:
        """Put all of it, as it is now, into a new SQLite file at *target*. Without *people*, who reads and what they
        were sent may be left out."""

    def others(self, reader: Engine) -> Sequence[str]:
        """The other processes that have it open, where it can know them: hosts with numbers."""

    def source(self, reader: Engine) -> AbstractContextManager[Source]:
        """All its rows as they are now, on one snapshot; nothing of the writer's is done meanwhile."""

    def target(self) -> AbstractContextManager[Target]:
        """For all rows of another: kept when the block ends, or none of them."""

    def empty_log(self, driver: Any) -> bool:
        """Put what was deleted out of the log; whether it could be."""
