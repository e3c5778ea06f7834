"""Planning, importing, sending and unsubscribing at the same time: everybody gets what is theirs, once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import leaving, plan, readers
from publisher.store import people
from publisher.subscribers.tokens import Claim
from publisher.verbs import delivering, table, writing
from tests.newsroom import ANN, BOB, SLOT, Desk
from tests.patience import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

READERS = [f"r{number}@example.org" for number in range(6)]


def number_of(desk: Desk, address: str) -> int:
    def find(connection: Connection) -> int:
        found = people.find(connection, address)
        assert found
        return found.id

    return desk.house.store.read(find)


def test_letters_leave_while_their_edition_is_planned_and_readers_come_and_go(
    make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # X16
    """Planning stands still in its midst until the first letter has left, a list was imported and a reader is gone."""
    desk = make_desk(approve="none")
    for each in READERS:
        readers.add(desk.house, each, None, desk.clock(), confirmed=True)
    desk.article(2)
    desk.clock.now = SLOT
    monkeypatch.setattr(plan, "CHUNK", 2)
    monkeypatch.setattr(plan, "SHARED_CHUNK", 2)
    met, go_on = threading.Event(), threading.Event()
    real, chunks = plan._Plan._planned, list[None]()

    def slow(*arguments: Any) -> Any:
        chunks.append(None)
        if len(chunks) == 3:
            met.set()
            assert go_on.wait(LONG)
        return real(*arguments)

    monkeypatch.setattr(plan._Plan, "_planned", slow)
    list_ = tmp_path / "list.csv"
    list_.write_text("\n".join(["email", *(f"new{number}@example.org" for number in range(50))]), "utf-8")
    leaver = Claim(number_of(desk, READERS[-1]), 1)
    session = desk.session

    async def main() -> None:
        planning = asyncio.create_task(writing.plan_due(session))
        assert await asyncio.to_thread(met.wait, 30)
        await delivering.deliver(session)
        assert [ANN, BOB, *READERS[:2]] == desk.relay.recipients()
        what = {"file": str(list_), "confirmed": True}
        done = await table.run(session, "subscribers import", what)
        await session.house.store.settle(lambda c: leaving.leave(c, leaver, desk.clock()))
        go_on.set()
        assert 50 == done["added"]
        assert [] == await planning
        await delivering.deliver(session)

    asyncio.run(main())

    assert Counter([ANN, BOB, *READERS[:-1]]) == Counter(desk.relay.recipients())
