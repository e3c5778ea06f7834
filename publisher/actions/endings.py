"""Editions that are not sent: what has not left is cancelled, and its readers are where they were before (D8)."""

from datetime import datetime
from functools import partial

from publisher.actions.house import House
from publisher.model.digest import Edition, Release
from publisher.store import approvals, editions, ledger
from publisher.store.editions import Progress

CHUNK = 500  # letters cancelled in one transaction


def wind_up(house: House) -> None:
    """Cancel the letters of cancelled editions, a chunk at a time. Cut off, it goes on where it was."""
    for number in house.store.read(approvals.unwound):
        progress = house.store.read(lambda c, n=number: editions.progress(c, n))  # type: ignore[misc]
        waiting = partial(approvals.waiting, edition=number, limit=CHUNK)
        while progress and (letters := house.store.read(waiting)):
            house.store.write(partial(approvals.wind_up, edition=progress.edition, letters=letters))


def recall(house: House, edition: int) -> None:
    """What the engine has in stock of an edition that may not leave waits with the rest. (Nobody claims more of it.)"""
    ids = house.store.read(lambda c: approvals.claimed(c, edition))
    if ids:
        house.store.write(lambda c: ledger.put_back(c, ids))


def supersede(house: House, edition: Edition, only: datetime | None) -> None:
    """*edition* is sent to the readers whose last slot was *only* (None: to all). Editions of its newsletter before it
    that nobody decided about are not sent to them, for it holds what they hold."""
    for earlier in house.store.read(lambda c: approvals.superseded(c, edition)):
        number = earlier.edition.id
        recall(house, number)
        letters = house.store.read(partial(approvals.waiting, edition=number, only=only))
        for start in range(0, len(letters), CHUNK):
            chunk = letters[start : start + CHUNK]
            house.store.write(partial(approvals.wind_up, edition=earlier.edition, letters=chunk))
        if only is None or is_over(house, earlier):
            end = partial(approvals.set_release, edition=number, release=Release.CANCELLED)
            house.store.write(partial(end, before=earlier.edition.release))


def is_over(house: House, progress: Progress) -> bool:
    """Whether all letters of the edition are planned, and none waits or is on its way."""
    return progress.complete and not house.store.read(lambda c: approvals.has_unsent(c, progress.edition.id))
