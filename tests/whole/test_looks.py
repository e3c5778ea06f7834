"""The daemon's looks at the folder: none is lost."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from publisher.daemon.common import Common
from publisher.daemon.publishing import Publishing
from publisher.errors import Unwritable
from tests.patience import LONG


def test_what_a_look_that_failed_was_to_see_the_next_one_sees() -> None:
    asked: list[tuple[set[str], bool, bool]] = []
    session: Any = SimpleNamespace(stop=lambda: None)
    settings: Any = SimpleNamespace(articles=SimpleNamespace(settle=1))
    lasting: Any = SimpleNamespace()
    common = Common(settings, session, lasting)
    publishing = Publishing(common)

    async def publish(closed: frozenset[str], *, whole: bool, verify: bool) -> Any:
        asked.append((set(closed), whole, verify))
        if len(asked) == 1:
            asyncio.get_running_loop().call_soon(publishing.noted, "2.txt")
            raise Unwritable("the disk is full", "feeds", "make room")
        common.end()
        return SimpleNamespace(more=False, again=False, unsettled=())

    async def main() -> None:
        session.publish = publish
        publishing.noted("1.txt")
        await asyncio.wait_for(publishing.publish_forever(), LONG)

    asyncio.run(main())

    assert [({"1.txt"}, True, True), ({"1.txt", "2.txt"}, True, True)] == asked
