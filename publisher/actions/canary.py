"""A few letters of an edition leave first; what becomes of them decides about the others (S9)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from publisher.actions import stopping
from publisher.actions.house import House
from publisher.errors import BadConfig
from publisher.mail import canary as rules
from publisher.model.stop import LASTING, Stopped
from publisher.store import waves


@dataclass(frozen=True, slots=True)
class Looked:
    """What was decided."""

    opened: tuple[int, ...]  # editions of which all letters may leave now
    stopped: tuple[int, ...]
    problems: tuple[str, ...]  # notices that could not be made


def look(house: House, now: datetime) -> Looked:
    """Decide about the editions whose first letters have left."""
    opened, stopped, problems = list[int](), list[int](), list[str]()
    for edition in house.store.read(waves.held_back):
        found = rules.judge(house.store.read(partial(waves.canary, edition=edition, now=now)))
        if found == "go":
            house.store.write(partial(waves.let_go, edition=edition))
            opened.append(edition)
        elif isinstance(found, Stopped):
            try:
                held = stopping.stop(house, edition, found.reason, now, reply=found.reply)
            except BadConfig as error:
                held = True
                problems.append(str(error))
            if held:
                stopped.append(edition)
            elif found.reason in LASTING:  # somebody released it in spite of that
                house.store.write(partial(waves.let_go, edition=edition))
                opened.append(edition)
    return Looked(tuple(opened), tuple(stopped), tuple(problems))
