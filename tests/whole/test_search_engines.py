"""Search engines and the real command: the daemon, `publish`, and kill -9 between any two steps of a ping."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from urllib.parse import unquote, urlsplit

import pytest

from tests.commands import nashir
from tests.engines import running
from tests.patience import LONG
from tests.whole.conftest import Site
from tests.whole.test_hub import DEADLY

URL = "https://news.example.org"
ONE = "# خبر أول\n\nنص.\n"
NEW = "---\ntitle: خبر جديد\nslug: new\n---\n\nنص.\n"


def told_to(engines, **more):
    return {
        "NASHIR__SITE__URL": URL,
        "NASHIR__PAGES__INDEXNOW": engines.url,
        "NASHIR__PAGES__INDEXNOW_PRIVATE": "true",
        "NASHIR__FEEDS__PER": "[]",
        **more,
    }


def found(folder):
    """What a search engine finds at an address of the site in *folder*."""

    def look(url):
        path = folder / "feeds" / unquote(urlsplit(url).path)[1:]
        return path.read_bytes() if path.is_file() else b""

    return look


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A published site whose search engines know it."""
    folder = tmp_path_factory.mktemp("engines") / "site"
    nashir("init", folder).check_returncode()
    with running(found(folder)) as engines:
        nashir("-C", folder, "publish", environment=told_to(engines)).check_returncode()
        assert [f"{URL}/"] == [url.rpartition("/")[0].rpartition("/")[0] + "/" for url in engines.urls]
        yield folder, engines


@pytest.mark.parametrize(
    "module, name, when, count, twice",
    [
        ("publisher.feeds.files", "put", "before", 1, False),
        ("publisher.store.announcements", "note", "before", 1, False),
        ("publisher.pages.engines", "ping", "before", 1, False),
        ("publisher.pages.engines", "ping", "after", 1, True),  # they have heard and we have not
    ],
)
def test_a_kill_costs_no_ping(before, tmp_path, module, name, when, count, twice):  # F24, X3
    origin, engines = before
    site = Site(shutil.copytree(origin, tmp_path / "site", symlinks=True))
    engines.look = found(site.folder)
    engines.clear()
    site.article("new.md", NEW)
    words = [module, name, when, str(count), "-C", str(site.folder), "publish"]
    killed = subprocess.run(
        [sys.executable, "-c", DEADLY, *words],
        env=os.environ | told_to(engines),
        check=False,
        capture_output=True,
        timeout=LONG,
    )
    assert -signal.SIGKILL == killed.returncode, killed.stderr

    site.run("publish", **told_to(engines))

    assert [f"{URL}/new/"] * (1 + twice) == engines.urls
    assert (site.folder / "feeds" / "new" / "index.html").is_file()
    site.run("publish", **told_to(engines))
    assert 1 + twice == len(engines.urls)
    with closing(sqlite3.connect(site.folder / "state" / "nashir.db")) as store:
        assert [(0,)] == store.execute("SELECT count(*) FROM announcements WHERE wanted <> told").fetchall()


def test_the_daemon_tells_them_of_a_new_article_once_and_serves_the_key(site, daemon):  # F24
    site.article("one.md", ONE)
    with running(found(site.folder)) as engines, daemon(**told_to(engines)) as at_work:
        at_work.until(lambda: len(engines.messages) == 1)
        (message,) = engines.messages
        status, headers, body = at_work.get(f"/{message['key']}.txt")
        assert (200, message["key"].encode()) == (status, body)
        assert headers["content-type"].startswith("text/plain")
        site.article("new.md", NEW)
        at_work.until(lambda: len(engines.messages) == 2)
        assert [f"{URL}/new/"] == engines.messages[1]["urlList"]
        at_work.until(lambda: at_work.said().count("pinged") == 2)
        engines.answers = [422]
        (site.folder / "articles" / "new.md").unlink()
        at_work.until(lambda: engines.url.encode() in at_work.get("/healthz")[2])
        assert 0 == at_work.stop()

    assert 3 == len(engines.messages)
    assert "pages=1" in at_work.said() and "indexnow" in at_work.said()


def test_publish_says_what_they_did_not_take_and_status_knows(site):  # F24
    site.article("one.md", ONE)
    with running(found(site.folder)) as engines:
        engines.answers = [503]
        done = site.run("publish", **told_to(engines))
        assert f"nashir: {engines.url} did not take 1 page for search engines: 503 said so; next try " in (
            done.stderr
        )
        waits = site.json("status", **told_to(engines))["indexnow"]
        assert (engines.url, 1, "waits", 1, "503 said so") == tuple(
            waits[key] for key in ("endpoint", "pages", "state", "attempts", "answer")
        )
        lines = site.run("status", **told_to(engines)).stdout.splitlines()
        assert f"indexnow {engines.url}: 1 page waits, 503 said so" in lines
        done = site.run("publish", **told_to(engines, NASHIR__SITE__URL="http://127.0.0.1:8080"))

    assert "nashir: pages.indexnow tells no search engine anything: none of them reaches" in done.stderr
    assert 1 == len(engines.messages)
