"""What follows from what came back (B2): readers who cannot be reached, or complained, are mailed no more; an edition
with too many hard bounces is held, and counts against nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from publisher.actions import stopping
from publisher.actions.house import House
from publisher.errors import BadConfig, BadInput
from publisher.model.people import Reach
from publisher.model.report import Kind
from publisher.model.stop import Stop
from publisher.store import editions, people, reports
from publisher.store.reports import Row
from publisher.subscribers import lifecycle

CHUNK = 50  # reports in one transaction
_EVENTS = {Kind.HARD: "bounce", Kind.SOFT: "bounce", Kind.COMPLAINT: "complain"}


@dataclass(frozen=True, slots=True)
class Change:
    """A reader whose state is another now."""

    subscriber: int
    address: str
    state: Reach


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What followed."""

    changes: tuple[Change, ...] = ()
    stopped: tuple[int, ...] = ()  # editions with too many hard bounces
    problems: tuple[str, ...] = ()


def reckon(house: House, now: datetime) -> Reckoned:
    """Draw the consequences of every report of which they are not drawn. Cut off, it goes on where it was."""
    changes, stopped, problems = list[Change](), list[int](), list[str]()
    while rows := house.store.read(lambda c: reports.unreckoned(c, CHUNK)):
        # Editions first: in one that is spared nobody is suppressed.
        for edition in sorted({row.edition for row in rows if row.edition and row.kind is Kind.HARD}):
            if _is_too_much(house, edition):
                stopped.append(edition)
                try:
                    stopping.stop(house, edition, Stop.HARD, now)
                except BadConfig as error:  # the template of the notice
                    problems.append(str(error))
                house.store.write(partial(reports.spare, edition=edition, spared_=True))
                changes += _again(house, edition, "pardon", now)
        changes += house.store.write(partial(_draw, rows=rows, now=now))
    return Reckoned(tuple(changes), tuple(stopped), tuple(problems))


def accept(house: House, edition: int, now: datetime) -> list[Change]:
    """The hard bounces of this edition count after all: a person knows that these addresses are no use. Raises
    BadInput where there is no such edition."""
    if house.store.read(lambda c: editions.progress(c, edition)) is None:
        raise BadInput(f"there is no edition {edition}", "", "`nashir editions` lists them")
    house.store.write(partial(reports.spare, edition=edition, spared_=False))
    return _again(house, edition, "bounce", now)


def _is_too_much(house: House, edition: int) -> bool:
    """Whether the edition has too many hard bounces and nobody has dealt with that."""
    if house.store.read(lambda c: reports.spared(c, edition)) is not None:
        return False
    progress = house.store.read(lambda c: editions.progress(c, edition))
    if progress and progress.edition.stopped and progress.edition.stopped.reason is Stop.HARD:
        return True  # the sender has seen it
    return lifecycle.is_too_much(*house.store.read(lambda c: reports.hard_share(c, edition, lifecycle.SHARE)))


def _again(house: House, edition: int, event: str, now: datetime) -> list[Change]:
    """Judge the readers anew whose letter of this edition was refused for good: it counts otherwise than before."""
    changes, after = list[Change](), 0
    query = partial(reports.refused_readers, edition=edition, limit=CHUNK)
    while found := house.store.read(partial(query, after=after)):
        changes += house.store.write(partial(_judge_all, readers=found, event=event, now=now))
        after = found[-1]
    return changes


def _draw(connection: Connection, rows: Sequence[Row], now: datetime) -> list[Change]:
    found = [
        _judge(connection, row.subscriber, _EVENTS[row.kind], now)
        for row in rows
        if row.subscriber and row.kind in _EVENTS
    ]
    reports.reckoned(connection, rows[-1].id)
    return [each for each in found if each]


def _judge_all(connection: Connection, readers: Sequence[int], event: str, now: datetime) -> list[Change]:
    return [change for each in readers if (change := _judge(connection, each, event, now))]


def _judge(connection: Connection, reader: int, event: str, now: datetime) -> Change | None:
    """Write what *event* makes of the reader, if it is one: a bounce where the address is no use, a pardon where it is
    not so after all."""
    record = reports.record(connection, reader, now - lifecycle.QUIET)
    if record is None:
        return None
    if event != "complain" and lifecycle.is_unreachable(record.hard, record.soft) == (event == "pardon"):
        return None
    state = lifecycle.reach(record.state, event)
    if state is record.state:
        return None
    people.set_reach(connection, reader, state)
    return Change(reader, record.address, state)
