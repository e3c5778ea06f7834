"""A site that went on with another database: what is asked of this one is not taken, for it would be lost."""

import asyncio
from collections.abc import Callable

import pytest

from publisher.errors import BadState
from publisher.store import people
from publisher.verbs import table
from tests.web.doors import Doors

MOVED = "this site was moved to postgresql://db/site: write that into [store], or go on with this one"


def test_what_readers_and_editors_ask_is_refused_and_pages_are_served(
    make_doors: Callable[..., Doors],
) -> None:  # X10
    doors = make_doors()
    doors.session.fenced = MOVED
    form = {"address": "ann@example.net", "newsletters": "daily"}

    refused = doors.ask("/subscribe/", "POST", form)
    assert (503, True) == (refused.status, "retry-after" in refused.headers)
    assert 200 == doors.ask("/subscribe").status
    with pytest.raises(BadState, match="nothing is changed here: this site was moved to"):
        asyncio.run(table.run(doors.session, "subscribers add", {"address": "ann@example.net"}))
    assert [] == doors.house.store.read(people.listing)


def test_behind_a_fence_they_are_taken(make_doors: Callable[..., Doors]) -> None:  # X10
    """It may be the right database: only no letter leaves."""
    doors = make_doors()
    doors.session.fenced = "the database is the backup of 2026-11-01T00:00:00Z"
    asyncio.run(
        table.run(doors.session, "subscribers add", {"address": "ann@example.net", "confirmed": True})
    )

    assert 1 == len(doors.house.store.read(people.listing))
