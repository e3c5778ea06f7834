"""Senders at work on a site whose edition waits: what the tests of faults start from."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.actions import plan as plans
from publisher.actions import slots
from publisher.actions.init import create
from publisher.config import load
from publisher.verbs import session as sessions
from publisher.verbs import table
from tests.commands import NASHIR, Forked
from tests.patience import LONG


def plan(folder: Path, story: str, readers: int, **environment: str) -> None:
    """A site in *folder* whose edition waits for this many readers, r0@example.org and on; nothing has left."""
    create(folder, "Asia/Baghdad")
    (folder / "articles" / "welcome.md").unlink()
    people = folder / "people.csv"
    people.write_text("".join(f"r{n}@example.org\n" for n in range(readers)))

    async def work(session: sessions.Session) -> None:
        await table.run(session, "publish", {})
        await table.run(session, "subscribers import", {"file": str(people), "confirmed": True})
        path = folder / "articles" / "park.txt"
        path.write_text(story, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        await table.run(session, "publish", {})
        house, now = session.house, session.clock()
        number = slots.edition_now(house, house.newsletter("daily")[0], now, include_existing=True)
        assert number
        plans.plan(house, number, now)

    with sessions.writing(load(folder, environment), lambda: datetime.now(UTC)) as session:
        asyncio.run(work(session))


def start(
    folder: Path, relay: str, *words: str, before: tuple[str, ...] = (), **environment: str
) -> subprocess.Popen[str] | Forked:
    """`nashir send` beside the test; its words go to the pipes."""
    settings = {"NASHIR__MAIL__RELAY": relay, "NASHIR__MAIL__CONNECTIONS": "4"} | environment
    if not before:
        return Forked("-C", folder, *(words or ("send",)), environment=settings)
    return subprocess.Popen(
        [*before, *NASHIR, "-C", str(folder), *(words or ("send",))],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str] | Forked, seconds: float = LONG) -> tuple[int, str, str]:
    """Its exit code and what it said on stdout and stderr, when it has ended."""
    out, said = process.communicate(timeout=seconds)
    assert "Traceback" not in said, said
    return process.returncode, out, said


def verb(folder: Path, name: str, environment: Mapping[str, str], **arguments: Any) -> dict[str, Any]:
    """What a writing verb answers, in this process."""

    async def work(session: sessions.Session) -> dict[str, Any]:
        return await table.run(session, name, arguments)

    with sessions.writing(load(folder, environment), lambda: datetime.now(UTC)) as session:
        return asyncio.run(work(session))


def until(true: Callable[[], bool], seconds: float = LONG) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
