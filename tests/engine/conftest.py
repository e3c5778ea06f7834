"""An edition that is ready to leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from publisher.actions import importing, plan, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.store.store import Store
from publisher.subscribers import imports

if TYPE_CHECKING:
    from tests.conftest import Clock, Write


def edition_for(
    house: House, write: Write, clock: Clock, publishes: Callable[..., Published], number: int
) -> House:
    """A house with an edition planned for so many readers."""
    publishes(house)
    lines = [f"reader{n}@example.org\n" for n in range(number)]
    importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=False)
    write(house, "a.txt", "افتتاح المكتبة\nافتتحت المكتبة أبوابها.\n")
    publishes(house)
    edition = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert edition
    plan.plan(house, edition, clock())
    return house


@pytest.fixture
def planned(
    house: House, write: Write, clock: Clock, publishes: Callable[..., Published]
) -> Callable[[int], House]:
    """As `edition_for`."""
    return lambda number: edition_for(house, write, clock, publishes, number)


@pytest.fixture
def onlooker(house: House) -> Iterator[Store]:
    """A second, read-only connection to the same database: what another process sees."""
    with closing(Store(house.store.database, writing=False)) as store:
        yield store
