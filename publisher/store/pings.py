"""What those who hear of news are to be told (F24): one row for each hub and feed, one for search engines, so that what
changes before the last change was told takes its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, literal, select, update

from publisher.store import bulk
from publisher.store.dialects import upsert
from publisher.store.tables import pings
from publisher.store.types import Instant

FAILING = timedelta(minutes=1)  # the rest of a hub that fails, however often feeds change meanwhile
_FEW = 200  # paths that are asked for by name


class Kind(StrEnum):
    """Who is told. Each kind has its own targets: what is said of one touches no other."""

    HUB = "hub"  # of each feed (WebSub)
    INDEXNOW = "indexnow"  # of all pages together


@dataclass(frozen=True, slots=True)
class Ping:
    """Something that a target has not been told of yet."""

    kind: Kind
    target: str
    path: str
    wanted: str
    since: datetime
    due: datetime | None  # None: given up until it changes again
    attempts: int
    answer: str


def wanted(
    connection: Connection, kind: Kind, targets: Sequence[str], versions: Mapping[str, str], now: datetime
) -> None:
    """Each of *targets*, and no other of this *kind*, is to hear that what stands at each path is this version now (a
    hash of its bytes). To be noted before the files are written: what a kill comes between is told nevertheless, when
    they are (X3). What a target knows already, or waits to hear already, costs nothing."""
    query = select(pings).where(pings.c.kind == kind)
    if len(versions) <= _FEW:
        query = query.where(pings.c.path.in_(versions))
    known = {(row.target, row.path): row for row in connection.execute(query)}
    asked = _asked(connection, kind, now)
    changed = [
        _row(known.get((target, path)), kind, target, path, version, now, asked.get(target, now))
        for target in targets
        for path, version in versions.items()
        if (target, path) not in known or known[target, path].wanted != version
    ]
    if any((each["target"], each["path"]) not in known for each in changed):  # another target, perhaps
        _drop_others(connection, kind, targets)
    row = upsert(pings)
    rest = {name: row.excluded[name] for name in ("wanted", "since", "due", "attempts", "answer")}
    bulk.insert(connection, row.on_conflict_do_update(["kind", "target", "path"], set_=rest), changed)


def grown(connection: Connection, kind: Kind, target: str, now: datetime) -> None:
    """*target*, and no other of this *kind*, is to hear of something more: what, another table says. While it fails it
    keeps its rest, also the longer one that follows the next failure."""
    _drop_others(connection, kind, [target])
    here = (pings.c.kind == kind) & (pings.c.target == target)
    known = connection.execute(select(pings).where(here)).first()
    if known is None:
        first = {"kind": kind, "target": target, "path": "", "wanted": "1", "since": now, "due": now}
        connection.execute(pings.insert().values(first))
        return
    more: dict[str, Any] = {"wanted": str(int(known.wanted) + 1), "since": now}
    if not (known.due and known.answer):
        more |= {"due": max(now, known.earliest or now), "attempts": 0, "answer": ""}
    connection.execute(update(pings).where(here).values(more))


def _drop_others(connection: Connection, kind: Kind, targets: Sequence[str]) -> None:
    connection.execute(delete(pings).where(pings.c.kind == kind, pings.c.target.not_in(targets)))


def _asked(connection: Connection, kind: Kind, now: datetime) -> dict[str, datetime]:
    """Targets that asked not to be pinged before a time."""
    query = select(pings.c.target, func.max(pings.c.earliest))
    query = query.where(pings.c.kind == kind, pings.c.earliest > now)
    return {row[0]: row[1] for row in connection.execute(query.group_by(pings.c.target))}


def _row(
    known: Row[*tuple[Any, ...]] | None,
    kind: Kind,
    target: str,
    path: str,
    version: str,
    now: datetime,
    earliest: datetime,
) -> dict[str, Any]:
    due: datetime | None = max(now, earliest)
    answer = ""
    if known is not None and known.announced == version:  # a change was taken back before anybody heard of it
        due = None
    elif known is not None and known.due and known.answer:
        due, answer = max(min(known.due, now + FAILING), earliest), known.answer
    return {
        "kind": kind,
        "target": target,
        "path": path,
        "wanted": version,
        "since": now,
        "due": due,
        "attempts": 0,
        "answer": answer,
    }


def due(connection: Connection, kind: Kind, target: str, now: datetime, limit: int) -> list[Ping]:
    """What *target* is to hear next."""
    query = select(pings).where(pings.c.kind == kind, pings.c.target == target, pings.c.due <= now)
    return [_ping(row) for row in connection.execute(query.order_by(pings.c.due, pings.c.path).limit(limit))]


def untold(connection: Connection, kind: Kind, targets: Sequence[str]) -> list[Ping]:
    """What *targets* have not been told: it waits, or was given up."""
    query = select(pings).where(pings.c.kind == kind, pings.c.target.in_(targets))
    query = query.where(pings.c.wanted != pings.c.announced)
    return [_ping(row) for row in connection.execute(query.order_by(pings.c.target, pings.c.path))]


def told(connection: Connection, ping: Ping) -> None:
    """The target took it. If there is another version meanwhile, that is to be told as well."""
    due = case((pings.c.wanted == ping.wanted, None), else_=pings.c.due)
    row = update(pings).where(_is(ping))
    connection.execute(row.values(announced=ping.wanted, due=due, attempts=0, earliest=None, answer=""))


def failed(
    connection: Connection, ping: Ping, answer: str, due: datetime | None, *, asked: bool = False
) -> None:
    """The target did not take it; it is *due* again then (None: never), since the target *asked* for that or by our
    own rule. A change meanwhile keeps its own time."""
    again = case((pings.c.wanted == ping.wanted, literal(due, Instant)), else_=pings.c.due)
    row = update(pings).where(_is(ping))
    connection.execute(
        row.values(due=again, earliest=due if asked else None, attempts=pings.c.attempts + 1, answer=answer)
    )


def later(connection: Connection, ping: Ping, due: datetime) -> None:
    """What it tells of is not what it is to be yet."""
    connection.execute(update(pings).where(_is(ping), pings.c.wanted == ping.wanted).values(due=due))


def forget(connection: Connection, ping: Ping) -> None:
    """What it tells of is no more."""
    connection.execute(delete(pings).where(_is(ping)))


def _is(ping: Ping) -> ColumnElement[bool]:
    return (pings.c.kind == ping.kind) & (pings.c.target == ping.target) & (pings.c.path == ping.path)


def _ping(row: Row[*tuple[Any, ...]]) -> Ping:
    return Ping(
        Kind(row.kind), row.target, row.path, row.wanted, row.since, row.due, row.attempts, row.answer
    )
