"""The whole program with its database on PostgreSQL: the same commands, the same letters, the same exit codes."""

import re
from typing import Any

import psycopg
import pytest

from tests import postgres
from tests.whole.conftest import STORY, Daemon, Site

STORE = "NASHIR__STORE__URL"


@pytest.fixture
def url() -> str:
    """An empty database."""
    return postgres.database(migrated=False)


def test_a_site_lives_in_postgresql(site: Site, url: str) -> None:  # X9 D7
    """From the first publish to a reader who leaves by the letter's link, at the daemon's door."""
    there: Any = {STORE: url}
    assert "run `nashir publish`" in site.run("status", expect=78, **there).stderr
    for name in ("check", "publish", "status"):
        site.run(name, **there)
    site.article("park.txt", STORY)
    (site.folder / "list.csv").write_text("email\nann@example.org\nbob@example.org\nnot an address\n")
    site.run("publish", **there)
    done = site.json("subscribers", "import", "--confirmed", str(site.folder / "list.csv"), **there)
    assert (2, 1) == (done["added"], done["refused"])
    assert 2 == site.json("send", "--now", "--include-existing", **there)["sent"]
    assert 0 == site.json("send", "--now", **there)["sent"]
    assert 2 == len(site.letters())

    letter = next(path.read_text() for path in site.letters() if "ann@" in path.read_text())
    link = re.search(r"^List-Unsubscribe: <http://[^/]+(/u/[\w-]+)>", letter, re.MULTILINE)
    assert link
    with Daemon(site, **there) as daemon:
        assert 200 == daemon.get(link[1], "POST")[0]
        assert 1 == site.json("status", **there)["subscribers"]["active"]
        assert (200, 200) == (daemon.get("/healthz")[0], daemon.get("/")[0])
        assert 0 == daemon.stop()

    assert [] == [each.name for each in (site.folder / "state").glob("nashir.db*")]
    with psycopg.connect(url) as database:
        assert [(2,)] == database.execute("SELECT count(*) FROM deliveries WHERE state = 3").fetchall()


def test_what_is_wrong_with_the_database_is_one_line_and_an_exit_code(site: Site, url: str) -> None:  # X9
    config = site.folder / "config.toml"
    whole = config.read_text("utf-8")
    port = postgres.server().port
    for written, code, said in (
        ("mysql://u:s3cret@h/db", 78, 'write "postgresql://user@host:5432/name"'),
        (f"{url}_not", 78, "make it (`createdb`), or mend store.url"),
        (url.replace(str(port), "1").replace("@", ":s3cret@"), 74, "127.0.0.1:1"),
    ):
        config.write_text(f'{whole}\n[store]\nurl = "{written}"\n', "utf-8")
        line = site.run("publish", expect=code).stderr
        assert said in line and "s3cret" not in line
        assert 1 == len(line.splitlines())
