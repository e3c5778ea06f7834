"""Letters are made while the loop goes on: what is to be read first is read in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from publisher.actions import letters
from publisher.actions.house import House
from publisher.actions.letters import Letters
from publisher.engine.making import Making
from publisher.model.delivery import Delivery, State
from publisher.model.digest import Content
from publisher.store import ledger, notices
from tests.engine.test_dialogue import deliver
from tests.patience import LONG
from tests.sink import Post

if TYPE_CHECKING:
    from tests.conftest import Clock


@dataclass
class Slow:
    """Reads that last until the loop, which goes on, says so."""

    go_on: threading.Event = field(default_factory=threading.Event)
    waited: list[bool] = field(default_factory=list)

    def __call__(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def read(*arguments: Any) -> Any:
            self.waited.append(self.go_on.wait(LONG))
            return real(*arguments)

        return read


def claimed(house: House, clock: Clock) -> list[Delivery]:
    """One of an edition and one of the outbox."""
    content = Content("عنوان", "<p>نص</p>", "نص", "ar", "rtl")
    expires = clock().replace(year=2099)
    house.store.write(lambda c: notices.add(c, "hold", "1", ["ed@example.org"], content, clock(), expires))
    return house.store.write(lambda c: ledger.claim(c, clock(), 1) + notices.claim(c, clock(), 1))


def test_the_loop_goes_on_while_a_letter_waits_for_what_is_read(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # X9
    house = planned(1)
    both = claimed(house, clock)
    making, slow = Making(Letters(house), partial(letters.notice, house)), Slow()
    monkeypatch.setattr(house.store, "read", slow(house.store.read))

    async def main() -> list[str]:
        asyncio.get_running_loop().call_later(0.01, slow.go_on.set)
        return [letter.recipient for letter in await asyncio.gather(*map(making.make, both))]

    assert [each.address for each in both] == asyncio.run(main())
    assert {True} == set(slow.waited) and 2 == len(slow.waited)
    assert [True, False] == [making.has(each) for each in both]
    assert making.made(both[0]) == Letters(house)(both[0])


def test_who_waits_for_the_same_variant_waits_for_one_read(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = planned(20)
    some = house.store.write(lambda c: ledger.claim(c, clock(), 20))
    making, slow = Making(Letters(house), None), Slow()
    monkeypatch.setattr(house.store, "read", slow(house.store.read))

    async def main() -> int:
        asyncio.get_running_loop().call_later(0.01, slow.go_on.set)
        first, *others = [asyncio.create_task(making.make(each)) for each in some]
        await asyncio.sleep(0)
        first.cancel()  # its connection broke off, and nobody else's
        return len({letter.name for letter in await asyncio.gather(*others)})

    assert (19, [True]) == (asyncio.run(main()), slow.waited)


def test_letters_of_many_variants_all_leave(
    planned: Callable[[int], House], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # D6
    """Each reader has one of her own, and one is kept: no envelope of the next can ride behind a content."""
    house = planned(12)
    monkeypatch.setattr(letters, "KEPT", 1)
    copies = """INSERT INTO variants (edition, key, articles, language, direction, subject, told, html, text)
      SELECT edition, key || :n, articles, language, direction, subject, told, html, text FROM variants WHERE id = 1"""
    for number in range(11):
        house.store.write(lambda c, n=number: c.execute(text(copies), {"n": str(n)}))  # type: ignore[misc]
    house.store.write(lambda c: c.exec_driver_sql("UPDATE deliveries SET variant = id"))
    post = Post(pipelining=True)
    tally = asyncio.run(deliver(house, clock, post, connections=3))

    assert (12, 12) == (tally.sent, len(set(post.accepted)))
    assert {State.SENT: 12} == house.store.read(ledger.tally)
