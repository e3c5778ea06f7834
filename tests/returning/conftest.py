"""Fixtures of what comes back by mail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.actions.house import House
from tests.returning.post import DOMAIN, Office

if TYPE_CHECKING:
    from tests.conftest import Clock


@pytest.fixture
def office(house: House, clock: Clock, tmp_path: Path) -> Office:
    """A site with a bounce domain, whose owner is owner@example.org."""
    mail = replace(house.mail, bounce_domain=DOMAIN, reply_to="owner@example.org")
    return Office(replace(house, mail=mail), clock, tmp_path / "mail")
