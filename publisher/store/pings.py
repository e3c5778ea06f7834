"""What WebSub hubs are to be told: one row for each hub and feed, so a change that comes before the last one was told
takes its place (F24)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from publisher.store import bulk
from publisher.store.tables import pings
from publisher.store.types import Instant

FAILING = timedelta(minutes=1)  # the rest of a hub that fails, however often feeds change meanwhile
_FEW = 200  # paths that are asked for by name


@dataclass(frozen=True, slots=True)
class Ping:
    """A feed that a hub has not been told of yet."""

    hub: str
    path: str
    wanted: str
    since: datetime
    due: datetime | None  # None: given up until the feed changes again
    attempts: int
    answer: str


def wanted(connection: Connection, hubs: Sequence[str], versions: Mapping[str, str], now: datetime) -> None:
    """Each of *hubs*, and no other, is to hear that the feed at each path is this version now (a hash of its bytes).
    To be noted before the files are written: what a kill comes between is told nevertheless, when they are (X3). What
    a hub knows already, or waits to hear already, costs nothing."""
    query = select(pings) if len(versions) > _FEW else select(pings).where(pings.c.path.in_(versions))
    known = {(row.hub, row.path): row for row in connection.execute(query)}
    asked = _asked(connection, now)
    changed = [
        _row(known.get((hub, path)), hub, path, version, now, asked.get(hub, now))
        for hub in hubs
        for path, version in versions.items()
        if (hub, path) not in known or known[hub, path].wanted != version
    ]
    if any((each["hub"], each["path"]) not in known for each in changed):  # another hub, perhaps
        connection.execute(delete(pings).where(pings.c.hub.not_in(hubs)))
    row = upsert(pings)
    rest = {name: row.excluded[name] for name in ("wanted", "since", "due", "attempts", "answer")}
    bulk.insert(connection, row.on_conflict_do_update(["hub", "path"], set_=rest), changed)


def _asked(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Hubs that asked not to be pinged before a time."""
    query = select(pings.c.hub, func.max(pings.c.earliest)).where(pings.c.earliest > now)
    return {row[0]: row[1] for row in connection.execute(query.group_by(pings.c.hub))}


def _row(
    known: Row[*tuple[Any, ...]] | None, hub: str, path: str, version: str, now: datetime, earliest: datetime
) -> dict[str, Any]:
    due: datetime | None = max(now, earliest)
    answer = ""
    if known is not None and known.announced == version:  # a change was taken back before anybody heard of it
        due = None
    elif known is not None and known.due and known.answer:
        due, answer = max(min(known.due, now + FAILING), earliest), known.answer
    return {
        "hub": hub,
        "path": path,
        "wanted": version,
        "since": now,
        "due": due,
        "attempts": 0,
        "answer": answer,
    }


def due(connection: Connection, hub: str, now: datetime, limit: int) -> list[Ping]:
    """What *hub* is to hear next."""
    query = select(pings).where(pings.c.hub == hub, pings.c.due <= now).order_by(pings.c.due, pings.c.path)
    return [_ping(row) for row in connection.execute(query.limit(limit))]


def untold(connection: Connection, hubs: Sequence[str]) -> list[Ping]:
    """What *hubs* have not been told: it waits, or was given up."""
    query = select(pings).where(pings.c.hub.in_(hubs), pings.c.wanted != pings.c.announced)
    return [_ping(row) for row in connection.execute(query.order_by(pings.c.hub, pings.c.path))]


def told(connection: Connection, ping: Ping) -> None:
    """The hub took it. If the feed changed meanwhile, that is to be told as well."""
    due = case((pings.c.wanted == ping.wanted, None), else_=pings.c.due)
    row = update(pings).where(_is(ping))
    connection.execute(row.values(announced=ping.wanted, due=due, attempts=0, earliest=None, answer=""))


def failed(
    connection: Connection, ping: Ping, answer: str, due: datetime | None, *, asked: bool = False
) -> None:
    """The hub did not take it; it is *due* again then (None: never), since the hub *asked* for that or by our own
    rule. A change meanwhile keeps its own time."""
    again = case((pings.c.wanted == ping.wanted, literal(due, Instant)), else_=pings.c.due)
    row = update(pings).where(_is(ping))
    connection.execute(
        row.values(due=again, earliest=due if asked else None, attempts=pings.c.attempts + 1, answer=answer)
    )


def later(connection: Connection, ping: Ping, due: datetime) -> None:
    """Its file is not what it is to be yet."""
    connection.execute(update(pings).where(_is(ping), pings.c.wanted == ping.wanted).values(due=due))


def forget(connection: Connection, ping: Ping) -> None:
    """Its file is no more."""
    connection.execute(delete(pings).where(_is(ping)))


def _is(ping: Ping) -> ColumnElement[bool]:
    return (pings.c.hub == ping.hub) & (pings.c.path == ping.path)


def _ping(row: Row[*tuple[Any, ...]]) -> Ping:
    return Ping(row.hub, row.path, row.wanted, row.since, row.due, row.attempts, row.answer)
