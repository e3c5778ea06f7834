"""Requests to the files of a site, without a socket."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest

from publisher.actions.house import House
from publisher.store import feed_versions
from publisher.web.files import Files
from tests.conftest import Clock, Write
from tests.newsroom import Desk, Publishes, newsroom


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
