"""What is used up of each rate: one row for each relay and recipient domain that has some (S5)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from publisher.store.dialects import upsert
from publisher.store.tables import buckets

T = TypeVar("T")
# From a state, and the moment by the clock that all share: what comes of it, and the new state.
Decide = Callable[[Any, float], tuple[T, Any]]


def saved(connection: Connection) -> dict[str, Any]:
    """The states by key, as they were saved: JSON values."""
    return {row.key: row.state for row in connection.execute(select(buckets))}


def save(connection: Connection, states: Mapping[str, Any]) -> None:
    """Replace these states."""
    row = upsert(buckets)
    row = row.on_conflict_do_update(index_elements=["key"], set_={"state": row.excluded.state})
    if states:
        connection.execute(row, [{"key": key, "state": state} for key, state in states.items()])


def change(
    connection: Connection,
    decide: Mapping[str, Decide[T]],
    now: Callable[[Connection], float],
) -> tuple[float, dict[str, T]]:
    """Let *decide* change the states of these keys, which nobody else changes meanwhile: the moment, and what came of
    each. *now* reads the clock that all share. A state that is not there yet is {}."""
    keys = sorted(
        decide
    )  # whoever locks several locks them in this order, so that no two wait for one another
    known = set(connection.scalars(select(buckets.c.key).where(buckets.c.key.in_(keys))))
    missing = [{"key": key, "state": {}} for key in keys if key not in known]
    if missing:
        connection.execute(upsert(buckets).on_conflict_do_nothing(), missing)
    rows = select(buckets).where(buckets.c.key.in_(keys)).order_by(buckets.c.key).with_for_update()
    found = {row.key: row.state for row in connection.execute(rows)}
    at = now(connection)  # when all are locked: whoever waited for them comes after those before him
    came = {key: decide[key](found[key], at) for key in keys}
    save(connection, {key: state for key, (_, state) in came.items()})
    return at, {key: result for key, (result, _) in came.items()}
