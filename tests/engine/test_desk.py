"""The desk over a real ledger: what is claimed ahead while others change the same letters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import endings
from publisher.actions.house import House
from publisher.engine import desk
from publisher.engine.desk import Desk, Queue
from publisher.errors import Unwritable
from publisher.model.delivery import Delivery, State, Verdict
from publisher.store import ledger

if TYPE_CHECKING:
    from tests.conftest import Clock

SENT = Verdict(State.SENT, None, True, 250, "2.0.0 taken")


def over(house: House, clock: Clock) -> Desk:
    queue = Queue(
        ledger.claim,
        ledger.begin,
        ledger.settle,
        ledger.put_back,
        ledger.put_off,
        ledger.mark,
        ledger.unmarked,
    )
    return Desk(house.store, [queue], lambda _: 0, clock, lambda: None)


def states(house: House) -> dict[State, int]:
    return house.store.read(ledger.tally)


def test_a_letter_that_is_claimed_again_while_it_waits_is_in_stock_once(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # D7 D8
    """A hold queues again what is claimed, and a release lets it be claimed once more."""
    house = planned(6)
    monkeypatch.setattr(desk, "STOCK", 6)

    async def main() -> tuple[list[Delivery], list[bool]]:
        work, taken, may = over(house, clock), list[Delivery](), list[bool]()
        while (delivery := await work.take()) is not None:
            if not taken:
                await asyncio.to_thread(endings.recall, house, delivery.edition)
            taken.append(delivery)
            may.append(await work.begin(delivery))
        await work.close()
        return taken, may

    taken, may = asyncio.run(main())
    left = [each.id for each, whether in zip(taken, may, strict=True) if whether]

    assert len(left) == len(set(left))
    assert {State.SENDING: 6} == states(house)


def test_when_the_store_takes_nothing_letters_that_stay_are_not_marked_later(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # S1 X6
    house = planned(6)
    real, full = house.store.post, False
    held_up: list[Callable[[], None]] = []

    def post(work: Any, then: Any) -> None:
        if full:
            held_up.append(partial(then, None, Unwritable("full", "nashir.db", "make room")))
        else:
            real(work, then)

    async def main() -> None:
        nonlocal full
        monkeypatch.setattr(house.store, "post", post)
        work = over(house, clock)
        on_the_wire, second, third = [await work.take() for _ in range(3)]
        assert on_the_wire and second and third
        assert await work.begin(on_the_wire)
        full = True
        begun = [work.begin(second)]
        await asyncio.sleep(0)
        begun.append(work.begin(third))  # goes into the next commit
        held_up.pop()()
        assert [Unwritable] * 2 == [type(each.exception()) for each in begun]
        full = False
        work.settle(on_the_wire, SENT)
        with pytest.raises(Unwritable):
            await work.close()
        await asyncio.sleep(0)  # then it is handed in
        await house.store.settle(lambda _: None)

    asyncio.run(main())

    assert {State.SENDING: 0, State.SENT: 1} == {
        state: states(house).get(state, 0) for state in (State.SENDING, State.SENT)
    }
