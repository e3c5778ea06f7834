"""/healthz answers soon, whatever the database does."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from publisher.web import health
from publisher.web.health import Health
from tests.patience import LONG
from tests.web.doors import Doors

ASKED = Request({"type": "http"})


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """A look at the database that lasts until it is `released`; `looks`: how many began."""
    monkeypatch.setattr(health, "SOON", 0.05)
    released = threading.Event()

    def look() -> list[str]:
        found.looks += 1
        assert released.wait(LONG)
        return ["a hub is deaf"]

    found: Any = look
    found.looks, found.released = 0, released
    return look


def test_a_database_that_says_nothing_is_named_and_asked_once(
    make_doors: Callable[..., Doors], silent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:  # X9
    door = Health(make_doors().session, lambda: ["planning fails"], silent)

    async def run() -> list[tuple[int, dict[str, Any]]]:
        said = [await door.answer(ASKED) for _ in range(3)]
        silent.released.set()
        monkeypatch.setattr(health, "SOON", LONG)
        while door._look and not door._look.done():
            await asyncio.sleep(0.01)
        door._look = None
        said.append(await door.answer(ASKED))
        return [(each.status_code, json.loads(bytes(each.body))) for each in said]

    *waiting, (code, body) = asyncio.run(run())

    for status, found in waiting:
        assert (503, "failing") == (status, found["status"])
        assert "planning fails" == found["problems"][0]
        assert "the database has given no answer for " in found["problems"][1]
    assert (503, ["planning fails"], ["a hub is deaf"]) == (code, body["problems"], body["warnings"])
    assert 2 == silent.looks
