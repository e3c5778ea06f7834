"""A process that has no article folder says so, and does everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from publisher.actions import readers
from publisher.actions.house import House
from publisher.errors import Elsewhere, Exit
from publisher.store import editions
from publisher.verbs import table, writing
from publisher.verbs.session import Session
from publisher.web.api.door import _problem
from tests.conftest import Clock, Write
from tests.newsroom import SLOT, Publishes, newsroom


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("publish", {}),
        ("send", {}),
        ("plan", {"newsletter": "daily"}),
        ("correct", {"article": "1.md", "text": "خطأ"}),
        ("adopt", {"sources": ["feed.xml"]}),
    ],
)
def test_what_needs_the_articles_is_refused_in_a_line_before_anything_is_done(
    house: House, write: Write, publishes: Publishes, clock: Clock, verb: str, arguments: dict[str, Any]
) -> None:
    desk = newsroom(house, write, publishes, clock)
    session = desk.session
    session.elsewhere = lambda: "the scheduler on host7 has it"
    with pytest.raises(Elsewhere) as refused:
        asyncio.run(table.run(session, verb, arguments))

    assert "this needs the article folder: the scheduler on host7 has it" in str(refused.value)
    assert (Exit.LOCKED, 409) == (refused.value.exit, _problem(refused.value).status)
    assert [] == desk.editions()


def test_an_editor_s_decision_is_taken_and_the_page_left_to_whoever_publishes(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    desk = newsroom(house, write, publishes, clock, approve="required")
    desk.article(2)
    clock.now = SLOT
    asyncio.run(writing.plan_due(desk.session))
    session = desk.session
    session.elsewhere = lambda: "the scheduler has it"
    number = desk.edition().id
    done = asyncio.run(table.run(session, "editions decide", {"edition": number, "decision": "release"}))

    assert done["changed"] and "released" == done["edition"]["release"]


def after(looks: int) -> Callable[[], str]:
    """Another takes over after so many looks."""
    left = iter([""] * looks)
    return lambda: next(left, "the scheduler on host7 has it")


def test_who_leads_no_more_leaves_the_next_edition_to_whoever_does(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D7
    desk = newsroom(house, write, publishes, clock, approve="none")
    daily = desk.house.newsletters["daily"]
    desk.house = replace(desk.house, newsletters={"daily": daily, "second": replace(daily, name="second")})
    publishes(desk.house)
    readers.add(desk.house, "cat@example.org", ["second"], clock(), confirmed=True)
    desk.article(2)
    clock.now = SLOT
    session = desk.session

    def planned(session: Session) -> list[bool]:
        problems = asyncio.run(writing.plan_due(session))
        assert [] == problems
        return [each.complete for each in house.store.read(lambda c: editions.unfinished(c, clock()))]

    session.elsewhere = after(2)
    assert 1 == len(planned(session))
    session.elsewhere = after(1)
    assert 1 == len(planned(session))
    session.elsewhere = after(9)
    assert [] == planned(session)


def test_who_waited_for_another_publish_looks_again_who_leads(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    session = newsroom(house, write, publishes, clock).session

    async def main() -> None:
        async with session.publishing:
            waiting = asyncio.create_task(session.publish())
            await asyncio.sleep(0)
            session.elsewhere = after(0)
        with pytest.raises(Elsewhere):
            await waiting

    asyncio.run(main())
