"""Who sends letters, where several hosts do. A worker says again and again that it lives, by the database's clock, as
hosts' clocks differ. What one has on the way that says nothing any more waits again, or is in doubt (S1).
"""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    delete,
    func,
    insert,
    select,
    text,
    type_coerce,
    update,
)

from publisher.errors import BadState
from publisher.model.delivery import OnUnknown
from publisher.store import facts, ledger, notices
from publisher.store.state import MOVED
from publisher.store.tables import workers

BEAT = 5.0  # seconds between two signs of life
LEASE = 30  # seconds without one, after which a worker is dead
_CLOCK = text("CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)")
_SEEN = type_coerce(workers.c.seen, BigInteger())
# Since when the server is up, and since when this connection is there.
UP = text("CAST(ceil(extract(epoch FROM pg_postmaster_start_time())) AS BIGINT)")
HERE = text(
    "(SELECT CAST(ceil(extract(epoch FROM backend_start)) AS BIGINT) FROM pg_stat_activity"
    " WHERE pid = pg_backend_pid())"
)


def _now(connection: Connection) -> ColumnElement[int]:
    here = func.unixepoch() if connection.dialect.name == "sqlite" else _CLOCK
    return type_coerce(here, BigInteger())


def _last(connection: Connection) -> ColumnElement[int]:
    """Since when a worker is silent: while the server was away nobody could say anything."""
    if connection.dialect.name == "sqlite":
        return _SEEN
    return func.greatest(_SEEN, type_coerce(UP, BigInteger()))


def register(connection: Connection, name: str) -> int:
    """A new worker; its number, which nobody else ever has. *name* is for people: host and process. Raises BadState
    where the site was moved elsewhere: one that was cut off meanwhile sends nothing from here."""
    if (file := facts.get(connection, "file") or "").startswith(MOVED):
        raise BadState(
            f"no letter leaves: this site was {file}", "", "write that into [store] of config.toml"
        )
    row = insert(workers).values(name=name, seen=_now(connection)).returning(workers.c.id)
    return int(connection.execute(row).scalar_one())


def beat(connection: Connection, worker: int) -> bool:
    """The worker lives. False: it was silent for too long, and others have its letters."""
    row = update(workers).where(workers.c.id == worker).values(seen=_now(connection))
    return connection.execute(row).rowcount == 1


def retire(connection: Connection, worker: int, on_unknown: OnUnknown) -> None:
    """The worker goes. What it still has on the way waits again, or is in doubt."""
    ledger.recover(connection, on_unknown, worker)
    notices.recover(connection, worker)
    connection.execute(delete(workers).where(workers.c.id == worker))


def lives(connection: Connection, worker: int) -> bool:
    """Whether nobody thought that this worker was dead."""
    return connection.execute(select(workers.c.id).where(workers.c.id == worker)).first() is not None


def sweep(connection: Connection, on_unknown: OnUnknown, *, patient: bool = False) -> list[str]:
    """The workers that are silent for too long are dead: what they, and any that are gone, had on the way waits again,
    or is in doubt. Returns their names. Who is *patient* was here all the while: when it was cut off from the database
    others may have been, and have their time to say something again. Nobody else may sweep at the same time
    (Store.write)."""
    last = _last(connection)
    if patient and connection.dialect.name == "postgresql":
        last = func.greatest(last, type_coerce(HERE, BigInteger()))
    dead = delete(workers).where(_now(connection) - LEASE > last).returning(workers.c.name)
    names = list(connection.execute(dead).scalars())
    living = select(workers.c.id)
    ledger.abandon(connection, on_unknown, living)
    notices.abandon(connection, living)
    return names


def living(connection: Connection) -> list[str]:
    """The names of those that live, the oldest first."""
    alive = select(workers.c.name).where(_now(connection) - LEASE <= _last(connection))
    return list(connection.execute(alive.order_by(workers.c.id)).scalars())
