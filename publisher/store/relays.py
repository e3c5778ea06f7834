"""What was learnt about relays: one row each (S3)."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from publisher.model.relay import Learnt
from publisher.store.dialects import upsert
from publisher.store.tables import relays


def known(connection: Connection) -> dict[str, Learnt]:
    """By the relay's name: its URL without its password."""
    return {row.name: Learnt(*row[1:]) for row in connection.execute(select(relays))}


def save(connection: Connection, learnt: Mapping[str, Learnt]) -> None:
    """Note what is known of these relays now."""
    row = upsert(relays)
    row = row.on_conflict_do_update(
        index_elements=["name"],
        set_={name: row.excluded[name] for name in ("letters", "connections", "changed")},
    )
    for name, each in learnt.items():
        values = {"letters": each.letters, "connections": each.connections, "changed": each.changed}
        connection.execute(row, {"name": name} | values)
