"""What is used up of each rate: one row for each relay and recipient domain that has some (S5)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from publisher.store.dialects import upsert
from publisher.store.tables import buckets


def saved(connection: Connection) -> dict[str, Any]:
    """The states by key, as they were saved: JSON values."""
    return {row.key: row.state for row in connection.execute(select(buckets))}


def save(connection: Connection, states: Mapping[str, Any]) -> None:
    """Replace these states."""
    row = upsert(buckets)
    row = row.on_conflict_do_update(index_elements=["key"], set_={"state": row.excluded.state})
    if states:
        connection.execute(row, [{"key": key, "state": state} for key, state in states.items()])
