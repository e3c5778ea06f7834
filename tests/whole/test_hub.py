"""Hubs and the real command: the daemon, `publish`, and kill -9 between any two steps of a ping."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.commands import nashir
from tests.hub import running
from tests.patience import LONG
from tests.whole.conftest import Site

ALL = ["atom.xml", "feed.json", "rss.xml"]
EVERY = sorted([*ALL, *(f"newsletter/daily/{name}" for name in ALL)])  # of a new site

# Runs the command and dies (KILL) before or after the n-th call of one function.
DEADLY = """
import os, signal, sys
from importlib import import_module
module, name, when, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
owner = import_module(module)
real, calls = getattr(owner, name), []
def deadly(*words, **more):
    calls.append(name)
    if when == "before" and len(calls) == count:
        os.kill(os.getpid(), signal.SIGKILL)
    answer = real(*words, **more)
    if when == "after" and len(calls) == count:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
setattr(owner, name, deadly)
sys.argv = ["nashir", *sys.argv[5:]]
from publisher.cli import main
main()
"""


def told_of(hub):
    return {"NASHIR__FEEDS__HUB": hub.url, "NASHIR__FEEDS__HUB_PRIVATE": "true", "NASHIR__FEEDS__PER": "[]"}


@pytest.fixture
def hub(site):
    """A hub that fetches from a web server of its own, which serves the output folder."""
    with running(lambda topic: (site.folder / "feeds" / urlsplit(topic).path[1:]).read_bytes()) as hub:
        yield hub


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A published site, and its hub, which was told."""
    folder = tmp_path_factory.mktemp("hub") / "site"
    nashir("init", folder).check_returncode()
    with running() as hub:
        nashir("-C", folder, "publish", environment=told_of(hub)).check_returncode()
        assert EVERY == sorted(hub.topics)
        yield folder, hub


@pytest.mark.parametrize(
    "module, name, when, count, twice",
    [
        ("publisher.store.pings", "wanted", "before", 1, 0),
        ("publisher.store.pings", "wanted", "after", 1, 0),
        ("publisher.feeds.files", "put", "before", 1, 0),
        ("publisher.feeds.files", "put", "before", 3, 0),
        ("publisher.feeds.files", "put", "after", 4, 0),
        ("publisher.feeds.hub", "ping", "before", 1, 0),
        ("publisher.feeds.hub", "ping", "before", 2, 0),
        # In these the hub has heard and we have not: it hears of that one feed again.
        ("publisher.feeds.hub", "ping", "after", 1, 1),
        ("publisher.store.pings", "told", "after", 3, 1),
    ],
)
def test_a_kill_costs_no_ping(before, tmp_path, module, name, when, count, twice):  # F24, X3
    origin, hub = before
    site = Site(shutil.copytree(origin, tmp_path / "site", symlinks=True))
    hub.look = lambda topic: (site.folder / "feeds" / urlsplit(topic).path[1:]).read_bytes()
    hub.clear()
    site.article("two.md", "# خبر جديد\n\nنص.\n")
    words = [module, name, when, str(count), "-C", str(site.folder), "publish"]
    killed = subprocess.run(
        [sys.executable, "-c", DEADLY, *words],
        env=os.environ | told_of(hub),
        check=False,
        capture_output=True,
        timeout=LONG,
    )
    assert -signal.SIGKILL == killed.returncode, killed.stderr

    site.run("publish", **told_of(hub))

    heard = Counter(hub.topics)
    assert ALL == sorted(heard)
    assert 3 + twice == heard.total()
    assert all("خبر جديد".encode() in seen for _, seen in hub.pings)
    with closing(sqlite3.connect(site.folder / "state" / "nashir.db")) as store:
        assert [(0,)] == store.execute(
            "SELECT count(*) FROM pings WHERE wanted <> announced OR due IS NOT NULL"
        ).fetchall()


def test_the_daemon_tells_its_hub_which_finds_the_new_feed(site, story, daemon):  # F24
    site.article("one.txt", story)
    running_site = daemon()
    url = f"http://127.0.0.1:{running_site.port}"
    with running(lambda topic: urllib.request.urlopen(topic, timeout=LONG).read()) as hub:
        environment = told_of(hub) | {"NASHIR__SITE__URL": url}
        running_site.settings |= environment
        with running_site as first:
            first.until(lambda: len(hub.pings) == len(EVERY))
            assert [f"{url}/{name}" for name in EVERY] == sorted(topic for topic, _ in hub.pings)
            hub.clear()
            site.article("two.md", "# خبر جديد\n\nنص.\n")
            first.until(lambda: len(hub.pings) == 3)
            assert all("خبر جديد".encode() in seen for _, seen in hub.pings)
            assert 0 == first.stop()
            assert "pinged" in first.said()
        hub.clear()
        with running_site as second:  # on the same port: the feeds are what they were
            second.until(lambda: "published" in second.said())
            time.sleep(0.5)
            assert 0 == second.stop()

    assert [] == hub.pings


def test_a_slow_hub_stops_nothing_and_the_daemon_says_so(site, story, hub, daemon):  # F24, X4
    hub.answers = ["hang"] * 100
    with daemon(**told_of(hub), NASHIR__ARTICLES__SCAN_EVERY="1") as at_work:
        at_work.until(lambda: len(hub.pings) == 1)
        site.article("one.txt", story)
        at_work.until(lambda: b"feed.json" in at_work.get("/feed.json")[2])
        at_work.until(lambda: story.splitlines()[0].encode() in at_work.get("/atom.xml")[2])
        at_work.until(lambda: hub.url.encode() in at_work.get("/healthz")[2])
        status, _, body = at_work.get("/healthz")
        assert (
            200 == status
            and b'"ok"' in body
            and b"took too long" in body.replace(b"timed out", b"took too long")
        )
        start = time.monotonic()
        assert 0 == at_work.stop()

    assert time.monotonic() - start < 25  # a hub that hangs does so for half a minute
    assert re.search(r"hub.*next try", at_work.said())


def test_publish_says_what_a_hub_did_not_take_and_leaves_it_to_the_next_run(site, story, hub):  # F24
    site.article("one.txt", story)
    hub.answers = [503]
    done = site.run("publish", **told_of(hub))
    assert f"nashir: the hub {hub.url} did not take {len(EVERY)} feeds: 503 said so; next try " in done.stderr
    (one, *_) = waiting = site.json("status", **told_of(hub))["pings"]
    assert ("waits", 1, "503 said so") == (one["state"], one["attempts"], one["answer"])
    assert len(EVERY) == len(waiting)
    site.run("publish", **told_of(hub))
    assert 1 == len(hub.pings)  # its rest is not over
    hub.answers = [404] * len(EVERY)
    state = site.folder / "state" / "nashir.db"
    with closing(sqlite3.connect(state)) as store, store:
        store.execute("UPDATE pings SET due = 0")

    done = site.run("publish", **told_of(hub))

    assert f"is told no more of {len(EVERY)} feeds until the next change: 404" in done.stderr
    lines = [each for each in site.run("status", **told_of(hub)).stdout.splitlines() if hub.url in each]
    assert [
        f"hub {hub.url}: {waiting[0]['topic']} (and {len(EVERY) - 1} more) given up, 404 said so"
    ] == lines
