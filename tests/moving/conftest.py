"""Older sites to adopt: sources of our own, and what real tools made of them."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from publisher.actions.adopt import Done, adopt, read
from publisher.actions.house import House
from publisher.layout import Layout
from tests.conftest import SITE, MakeHouse

HERE = Path(__file__).parent
SITES = {
    "hugo": ("https://blog.example.org", "fa", "Asia/Tehran", "hugo/content/posts"),
    "pelican": ("https://daftar.example.org", "ar", "Asia/Baghdad", "pelican/content"),
}

Adopts = Callable[..., Done]


def from_disk(source: str) -> tuple[bytes, str]:
    return Path(source).read_bytes(), source


@pytest.fixture
def moved_in(make_house: MakeHouse, tmp_path: Path) -> Callable[[str], House]:
    """The site of that tool, with its sources in our article folder, and nothing published."""

    def make(tool: str, **changes: Any) -> House:
        url, language, zone, content = SITES[tool]
        root = tmp_path / tool
        shutil.copytree(HERE / content, root / "articles")
        for path in (root / "articles").rglob("*"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        site = replace(SITE, url=url, language=language, timezone=ZoneInfo(zone))
        return make_house(root, site=site, layout=Layout(url), **changes)

    return make


@pytest.fixture
def adopts(clock: Callable[[], Any]) -> Adopts:
    """Adopts files at the clock's time."""

    def run(house: House, *paths: Path | str) -> Done:
        return adopt(house, read([str(path) for path in paths], from_disk), clock())

    return run
