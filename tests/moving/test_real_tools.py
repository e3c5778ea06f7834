"""The same with the tools themselves, where they are installed: built, adopted, published, compared."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest

from publisher.actions.adopt import Done
from publisher.actions.house import House
from publisher.actions.publish import Published

HERE = Path(__file__).parent
BUILDS = {
    "hugo": (["hugo", "--quiet"], [("public/index.xml", "rss.xml")]),
    "pelican": (
        ["pelican", "-q", "content", "-s", "pelicanconf.py", "-o", "public"],
        [("public/feeds/all.rss.xml", "rss.xml"), ("public/feeds/all.atom.xml", "atom.xml")],
    ),
}


@pytest.mark.parametrize("tool", BUILDS)
def test_a_site_built_now_is_taken_over(
    tool: str,
    tmp_path: Path,
    moved_in: Callable[[str], House],
    adopts: Callable[..., Done],
    publishes: Callable[..., Published],
) -> None:  # A15
    command, feeds = BUILDS[tool]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    old = tmp_path / "old"
    shutil.copytree(HERE / tool, old)
    subprocess.run(command, cwd=old, check=True, capture_output=True)
    house = moved_in(tool)

    done = adopts(house, *(old / built for built, _ in feeds))
    publishes(house)

    assert not any(report.again for report in done.reports)
    for built, feed in feeds:
        before, after = (feedparser.parse(path.read_bytes()) for path in (old / built, house.out / feed))
        assert [(e.id, e.link) for e in before.entries] == [(e.id, e.link) for e in after.entries] != []
