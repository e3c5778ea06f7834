"""Requests to the files of a site, without a socket."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from publisher.actions.house import House
from publisher.store import feed_versions
from publisher.store.state import State
from publisher.verbs.session import Session
from publisher.web.app import application
from publisher.web.files import Files
from tests.conftest import DAILY, Clock, MakeHouse, Write
from tests.newsroom import Desk, Publishes, newsroom
from tests.web.doors import Doors


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[..., Reply]


async def answer(files: Files, path: str, method: str = "GET", **headers: str) -> Reply:
    """One request, as ASGI has it; its headers are the keyword arguments."""
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "method": method,
        "raw_path": path.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    await files(scope, None, send)  # type: ignore[arg-type]
    start, *bodies = said
    named = {name.decode(): value.decode() for name, value in start["headers"]}
    assert len(named) == len(start["headers"])
    return Reply(start["status"], named, b"".join(each["body"] for each in bodies))


@pytest.fixture
def ask(house: House) -> Ask:
    """Asks the files of `house`: `ask("/atom.xml", if_none_match='"..."')`."""
    files = Files(house.out, lambda path: house.store.read(lambda c: feed_versions.of(c, path)))

    def one(path: str, method: str = "GET", **headers: str) -> Reply:
        return asyncio.run(answer(files, path, method, **headers))

    return one


@pytest.fixture
def make_desk(house: House, write: Write, publishes: Publishes, clock: Clock) -> Callable[..., Desk]:
    """Newsrooms: `make_desk(approve="required")`."""
    return partial(newsroom, house, write, publishes, clock)


@pytest.fixture
def make_doors(
    make_house: MakeHouse, tmp_path: Path, clock: Clock, write: Write, publishes: Publishes
) -> Callable[..., Doors]:
    """The doors of a site with an article and the newsletters "daily" and "weekly": `make_doors(mail=...)`."""

    def make(root: Path = tmp_path, **changes: Any) -> Doors:
        weekly = replace(DAILY, name="weekly", title="نشرة الأسبوع", schedule="weekly sat 07:00")
        daily = replace(DAILY, frequencies=("daily", "weekly"))
        house = make_house(root, **{"newsletters": {"daily": daily, "weekly": weekly}} | changes)
        write(house, "a.md", "---\ntitle: أول\ntags: [رياضة]\n---\n\nنص.\n")
        publishes(house)
        session = Session(
            house, State(tmp_path / "state"), clock, lambda: pytest.fail("nothing is sent here")
        )
        return Doors(house, session, clock, application(session, list, list))

    return make
