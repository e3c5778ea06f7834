"""States of rates that several change: nobody's change is lost, and the clock is the database's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.store import buckets, clock


def put(word: str, state: dict[str, Any], at: float) -> tuple[str, dict[str, Any]]:
    return f"{word} at {at}", {"words": [*state.get("words", []), word]}


def test_states_are_changed_by_what_they_were_and_begin_empty(house: House) -> None:  # S5
    house.store.write(lambda c: buckets.save(c, {"relay a": {"words": ["before"]}, "relay z": {"3600": []}}))
    decide = {"relay b": partial(put, "new"), "relay a": partial(put, "more")}
    at, came = house.store.write(lambda c: buckets.change(c, decide, lambda _: 7.5))

    assert (7.5, {"relay a": "more at 7.5", "relay b": "new at 7.5"}) == (at, came)
    assert {
        "relay a": {"words": ["before", "more"]},
        "relay b": {"words": ["new"]},
        "relay z": {"3600": []},
    } == house.store.read(buckets.saved)


def test_of_many_changes_at_once_none_is_lost(house: House) -> None:  # S5
    def add(number: int) -> Callable[[Connection], Any]:
        keys = ["relay a", f"domain d{number % 3}.example", "domain a.example"]
        decide = {key: partial(put, str(number)) for key in keys[:: 1 if number % 2 else -1]}
        return lambda connection: buckets.change(connection, decide, clock.now)

    async def main() -> None:
        await asyncio.gather(*(house.store.settle(add(number)) for number in range(30)))

    asyncio.run(main())
    found = house.store.read(buckets.saved)

    assert (
        {str(n) for n in range(30)} == {*found["relay a"]["words"]} == {*found["domain a.example"]["words"]}
    )
    assert 10 == len(found["domain d2.example"]["words"])


def test_the_clock_of_the_database_goes_on_within_a_transaction(house: House) -> None:  # S5
    def two(connection: Connection) -> tuple[float, float]:
        first = clock.now(connection)
        time.sleep(0.02)
        return first, clock.now(connection)

    before = time.time()
    first, second = house.store.write(two)

    assert before - 0.01 <= first < second <= time.time() + 0.01
    assert 0.015 <= second - first


def test_a_state_that_cannot_be_changed_stays_as_it_was(house: House) -> None:
    def fail(state: Any, at: float) -> tuple[None, Any]:
        raise ValueError("no")

    house.store.write(lambda c: buckets.save(c, {"relay a": {"60": 5.0}}))
    with pytest.raises(ValueError, match="no"):
        house.store.write(lambda c: buckets.change(c, {"relay a": fail, "relay b": fail}, clock.now))

    assert {"relay a": {"60": 5.0}} == house.store.read(buckets.saved)
