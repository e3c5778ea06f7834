"""An import that is killed anywhere and run again ends as one that nobody disturbed."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.commands import Forked
from tests.whole.conftest import Site

if TYPE_CHECKING:
    from pathlib import Path

READERS, KILLS = 12_000, 3
KNOWN = {"left": "unsubscribed", "bounced": "cleaned", "complained": "spam", "blocked": "blocklisted"}
STATE = """
SELECT s.address, s.state, s.language, n.name, u.state, u.seen_seq, u.source, u.was
FROM subscribers s LEFT JOIN subscriptions u ON u.subscriber = s.id LEFT JOIN newsletters n ON n.id = u.newsletter
ORDER BY s.address, n.name
"""
CONSENT = """
SELECT s.address, c.newsletter, c.event, c.form FROM consents c JOIN subscribers s ON s.id = c.subscriber
ORDER BY s.address, c.newsletter, c.event
"""


def asked(site: Site, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{site.folder}/state/nashir.db?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def count(site: Site) -> int:
    return int(asked(site, "SELECT count(*) FROM subscribers")[0][0])


def killed(site: Site, file: Path) -> bool:
    """Whether it was in its midst."""
    before = count(site)
    process = Forked("-C", site.folder, "subscribers", "import", "--confirmed", file)
    while count(site) == before and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    process.communicate()
    return before < count(site) < READERS + len(KNOWN)


def test_an_import_that_was_killed_ends_as_one_that_was_not(site: Site, tmp_path: Path) -> None:  # L7 X11
    known, file = tmp_path / "known.csv", tmp_path / "list.csv"
    known.write_text("email,status\n" + "".join(f"{who}@example.org,{how}\n" for who, how in KNOWN.items()))
    site.run("subscribers", "import", "--confirmed", str(known))
    lines = [f"r{number}@example.org,ar\n" for number in range(READERS)]
    lines[READERS // 2 : READERS // 2] = [f"{who}@example.org,fa\n" for who in KNOWN]
    file.write_text("email,language\n" + "".join(lines))
    twin = Site(tmp_path / "twin")
    shutil.copytree(site.folder, twin.folder)
    twin.run("subscribers", "import", "--confirmed", str(file))

    in_its_midst = [killed(site, file) for _ in range(KILLS)]
    assert any(in_its_midst)
    done = site.json("subscribers", "import", "--confirmed", str(file))
    assert (len(KNOWN), 0) == (done["kept"], done["refused"])
    found = asked(site, STATE)
    assert READERS + len(KNOWN) == len(found)
    assert asked(twin, STATE) == found
    assert asked(twin, CONSENT) == asked(site, CONSENT)
    ends = {row[0].partition("@")[0]: (row[1], row[4]) for row in found if not row[0].startswith("r")}
    assert {
        "left": ("reachable", "ended"),
        "bounced": ("bounced", None),
        "complained": ("complained", None),
        "blocked": ("suppressed", None),
    } == ends
