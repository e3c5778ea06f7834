"""One scheduler leads, the others stand by."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from publisher.daemon import standby
from publisher.daemon.standby import Standby
from publisher.errors import Unwritable
from publisher.store.leading import LOCK, Lead
from publisher.store.postgres import Postgres
from tests import postgres
from tests.patience import LONG


@pytest.fixture
def url() -> Iterator[str]:
    found = postgres.database()
    yield found
    postgres.give_back(found)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "LOOK", 0.05)


def cut(url: str) -> None:
    """End every connection that leads."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    with psycopg.connect(url, autocommit=True) as connection:
        assert [(True,)] == connection.execute(f"{query} AND objid = {LOCK & 0xFFFFFFFF}").fetchall()


class Scheduler:
    """As much of a scheduler as one that stands by needs."""

    def __init__(self, lead: Any, took: Callable[[], object] = lambda: None) -> None:
        self.rung = 0
        self.session = SimpleNamespace(elsewhere=None)
        self.problems = SimpleNamespace(over=lambda _: None, has=lambda *_: True)
        self.stop = asyncio.Event()
        self.leads: Callable[[], bool] = lambda: True
        self.follows: Callable[[], bool | None] = lambda: True
        self.standby = Standby(self, lead, took)  # type: ignore[arg-type]
        self.task = asyncio.create_task(self.standby.watch_forever())

    def ring(self) -> None:
        self.rung += 1

    async def end(self) -> None:
        self.stop.set()
        await self.task


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(LONG):
        while not true():
            await asyncio.sleep(0.01)


def test_the_second_takes_over_when_the_first_ends(url: str) -> None:  # X10
    async def main() -> None:
        first = Scheduler(Lead(Postgres(url)))
        assert not first.leads()  # nobody leads before the database said so
        await until(first.leads)
        second = Scheduler(Lead(Postgres(url)))
        await until(lambda: "the scheduler" in second.session.elsewhere())
        assert ("", 1, 0) == (first.session.elsewhere(), first.rung, second.rung)
        assert not second.leads()
        await first.end()
        await until(second.leads)
        assert ("", 1) == (second.session.elsewhere(), second.rung)
        await second.end()

    asyncio.run(main())


def test_one_whose_connection_is_lost_leads_no_more_until_it_has_the_lock_again(url: str) -> None:  # X9
    async def main() -> None:
        first = Scheduler(Lead(Postgres(url)))
        await until(first.leads)
        second = Scheduler(Lead(Postgres(url)))
        await until(second.session.elsewhere)
        cut(url)
        await until(lambda: first.rung + second.rung == 2)  # one of them has it anew
        await until(lambda: first.leads() != second.leads())
        leader, other = (first, second) if first.leads() else (second, first)
        await until(other.session.elsewhere)
        assert not other.leads()
        await leader.end()
        await until(other.leads)
        await other.end()

    asyncio.run(main())


def test_what_counts_is_noted_before_anything_is_led(url: str) -> None:  # X10
    async def main() -> None:
        one = Scheduler(SimpleNamespace(take=lambda: True, let_go=lambda: None, holder=""), noted)
        ones.append(one)
        assert one.follows() is None
        await until(one.leads)
        await asyncio.sleep(0.2)  # and once, however often it is looked at
        assert ([False], False) == (led, one.follows())
        await one.end()

    led: list[bool] = []
    ones: list[Scheduler] = []

    def noted() -> None:
        led.append(ones[0].leads())

    asyncio.run(main())


def test_one_whose_database_does_not_answer_leads_no_more(monkeypatch: pytest.MonkeyPatch) -> None:  # X9
    monkeypatch.setattr(standby, "PATIENCE", 0.5)
    asked, answered = count(1), threading.Event()

    def take() -> bool:
        return next(asked) != 2 or answered.wait(LONG)

    async def main() -> None:
        one = Scheduler(SimpleNamespace(take=take, let_go=lambda: None, holder=""))
        await until(one.leads)
        await until(lambda: not one.leads())
        assert "this scheduler stands by" == one.session.elsewhere()
        answered.set()
        await until(one.leads)
        assert 2 == one.rung
        await one.end()

    asyncio.run(main())


def test_a_lock_on_a_server_that_is_not_there_is_refused_in_one_line() -> None:
    lead = Lead(Postgres("postgresql://nashir@127.0.0.1:1/nowhere"))
    with pytest.raises(Unwritable, match="cannot be reached"):
        lead.take()
