"""What goes through the control socket comes out of it as it was said."""

import asyncio
from typing import Any

import pytest
import structlog

from publisher import control
from publisher.actions.house import House
from publisher.errors import Exit
from tests.conftest import Clock, Write
from tests.newsroom import SLOT, Desk, Publishes, newsroom


@pytest.fixture
def desk(house: House, write: Write, publishes: Publishes, clock: Clock) -> Desk:
    made = newsroom(house, write, publishes, clock, approve="none")
    made.article(2)
    made.at(SLOT)
    return made


def ask(desk: Desk, verb: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a daemon that serves *desk*."""

    async def asked() -> dict[str, Any]:
        door = await control.serve(desk.house.root / "state" / "c.sock", desk.session)
        try:
            answer = await asyncio.to_thread(
                control.ask, desk.house.root / "state" / "c.sock", verb, arguments
            )
        finally:
            await door.close()
        assert answer is not None
        return answer

    return asyncio.run(asked())


@pytest.mark.parametrize("letter", ["ب", "\N{DOMINO TILE HORIZONTAL BACK}"])
def test_a_correction_may_be_as_long_as_one_may_be(desk: Desk, letter: str) -> None:  # D9
    assert 2 == ask(desk, "correct", article="2.md", text=letter * 10_000)["letters"]


def test_one_that_is_too_long_is_told_so(desk: Desk) -> None:  # D9
    with pytest.raises(control.Refused, match="at most 10,000 letters") as refused:
        ask(desk, "correct", article="2.md", text="ب" * 60_000)

    assert Exit.USAGE is refused.value.exit


def test_bytes_of_a_command_line_that_are_no_text_are_answered(desk: Desk) -> None:
    with pytest.raises(control.Refused) as refused:
        ask(desk, "subscribers add", address="\udcff@example.org")

    assert Exit.USAGE is refused.value.exit and "could not run" not in refused.value.what


def test_who_asks_only_whether_a_daemon_listens_leaves_nothing_in_its_log(desk: Desk) -> None:
    """`nashir doctor` does: the daemon reports neither a broken request nor a caller who hung up."""
    path = desk.house.root / "state" / "c.sock"

    async def asked() -> bool:
        door = await control.serve(path, desk.session)
        found = await asyncio.to_thread(control.listens, path)
        # The door takes callers in their order: when this one is answered, the other has been seen to go.
        await asyncio.to_thread(control.ask, path, "how far", {})
        await asyncio.sleep(0)
        await door.close()
        return found

    with structlog.testing.capture_logs() as told:
        assert asyncio.run(asked())

    assert [] == told


def test_a_door_is_busy_while_a_verb_is_at_work_that_does_not_end_when_it_is_told(desk: Desk) -> None:
    """`send` does; new settings wait for others."""

    async def busy(verb: str) -> bool:
        begun, go = asyncio.Event(), asyncio.Event()

        async def work(*_: object, **__: object) -> dict[str, Any]:
            begun.set()
            await go.wait()
            return {}

        path = desk.house.root / "state" / "c.sock"
        door = await control.serve(path, desk.session)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("publisher.verbs.table.run", work)
            asking = asyncio.create_task(asyncio.to_thread(control.ask, path, verb, {}))
            await begun.wait()
            found = door.busy
            go.set()
            await asking
        await door.close()
        assert not door.busy
        return found

    assert [True, False, False] == [
        asyncio.run(busy(verb)) for verb in ("subscribers import", "send", "how far")
    ]
