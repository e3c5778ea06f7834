"""Editions that are not sent: what has not left is cancelled, and its readers are where they were before (D8)."""

from publisher.actions.house import House
from publisher.model.digest import Edition
from publisher.store import approvals, editions

CHUNK = 500  # letters cancelled in one transaction


def wind_up(house: House) -> None:
    """Cancel the letters of cancelled editions, a chunk at a time. Cut off, it goes on where it was."""
    for number in house.store.read(approvals.unwound):
        progress = house.store.read(lambda c, n=number: editions.progress(c, n))  # type: ignore[misc]
        while progress and house.store.write(lambda c, e=progress.edition: approvals.wind_up(c, e, CHUNK)):  # type: ignore[misc]
            pass


def supersede(house: House, edition: Edition) -> None:
    """*edition* is sent: digests of its newsletter before it that nobody decided about are not, for it holds what they
    hold."""
    house.store.write(lambda c: approvals.supersede(c, edition))
    wind_up(house)
