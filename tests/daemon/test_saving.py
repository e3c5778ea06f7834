"""The daemon's nightly backup: who makes it, and what a failure says."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.actions.init import create
from publisher.config import load
from publisher.daemon import common as commons
from publisher.daemon.changing import Changing
from publisher.daemon.common import Common
from publisher.daemon.lasting import Lasting
from publisher.daemon.saving import Saving
from publisher.errors import Damaged
from publisher.verbs import session as sessions


@pytest.fixture
def common(tmp_path: Path):
    create(tmp_path / "site", "Asia/Baghdad")
    settings = load(tmp_path / "site", {})
    with sessions.writing(settings, lambda: datetime.now(UTC)) as session:
        yield Common(settings, session, Lasting(Changing(lambda: settings, lambda _: None)))


def looks(common: Common, times: int = 1) -> None:
    """The task looks so many times."""
    saving, turns = Saving(common), iter([True] * times)

    async def turn(event: asyncio.Event) -> bool:
        return next(turns, False)

    common.turn = turn  # type: ignore[method-assign]
    asyncio.run(saving.save_forever())


def made(common: Common) -> int:
    return len(common.session.house.nights.all())


def test_it_is_made_once(common, monkeypatch):
    said = []
    monkeypatch.setattr(commons.log, "info", lambda event, **values: said.append((event, values["removed"])))
    looks(common, 3)

    assert (1, [("backup", 0)]) == (made(common), said)


def test_who_does_not_lead_makes_none(common):
    common.leads = lambda: False

    async def run() -> None:
        task = asyncio.create_task(Saving(common).save_forever())
        common.night.set()
        await asyncio.sleep(0)
        while common.night.is_set():
            await asyncio.sleep(0)
        common.end()
        await task

    asyncio.run(run())

    assert 0 == made(common)


def test_none_is_made_behind_the_restore_fence(common):  # X10
    common.session.fenced = "the database is a copy"
    looks(common)

    assert 0 == made(common)


def test_what_is_wrong_is_told_once_and_tried_again_later(common, monkeypatch):  # X6
    said = []
    monkeypatch.setattr(commons.log, "error", lambda event, **values: said.append((event, values["problem"])))
    folder = common.session.house.nights.folder
    folder.write_text("a file")
    looks(common, 3)

    assert 1 == len(said)
    assert [line for _, line in said] == common.remarks["backup"]
    assert "the folder of the backups cannot be made" in said[0][1]
    folder.unlink()
    looks(common)
    assert ([], 1) == (common.remarks["backup"], made(common))


def test_a_damaged_database_ends_the_process(common):  # X9
    database = common.session.state.database
    common.session.house.store.empty_log()
    data = bytearray(database.read_bytes())
    data[4096 * 3 :] = b"\xff" * (len(data) - 4096 * 3)
    database.write_bytes(data)

    with pytest.raises(Damaged):
        looks(common)
    assert 0 == made(common)
