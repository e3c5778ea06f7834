"""Fixtures of actions."""

from collections.abc import Callable
from functools import partial

import pytest

from publisher.actions.house import House
from tests.conftest import Clock, Write
from tests.newsroom import Desk, Publishes, newsroom


@pytest.fixture
def make_desk(house: House, write: Write, publishes: Publishes, clock: Clock) -> Callable[..., Desk]:
    """Newsrooms: `make_desk(approve="required")`."""
    return partial(newsroom, house, write, publishes, clock)


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
