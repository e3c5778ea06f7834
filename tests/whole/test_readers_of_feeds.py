"""The daemon's server, judged by clients that are not ours: curl, httpx2, feedparser, Chromium."""

import http.client
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Literal

import feedparser
import httpx2
import pytest

from tests.patience import LONG

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FEEDS = ("rss.xml", "atom.xml", "feed.json")


@pytest.fixture
def serving(site, story, daemon):
    site.article("park.txt", story)
    site.run("publish")
    with daemon() as running:
        yield running


def test_feedparser_asks_again_and_is_told_that_nothing_changed(serving):  # F22
    url = f"http://127.0.0.1:{serving.port}/atom.xml"
    first = feedparser.parse(url)

    assert (200, 1) == (first.status, len(first.entries))
    assert 304 == feedparser.parse(url, etag=first.etag).status
    assert 304 == feedparser.parse(url, modified=first.modified).status


def test_a_reader_that_asks_for_new_entries_gets_these(serving, story):  # F23
    url = f"http://127.0.0.1:{serving.port}/rss.xml"
    with httpx2.Client(headers={"A-IM": "feed"}) as client:
        first = client.get(url)
        assert (200, 1) == (first.status_code, len(feedparser.parse(first.content).entries))
        assert first.headers["content-encoding"] in {"br", "gzip"}
        tag = {"If-None-Match": first.headers["etag"]}
        serving.site.article("second.txt", story.replace("حديقة", "مكتبة"))
        serving.until(lambda: client.get(url, headers=tag).status_code != 304)
        new = client.get(url, headers=tag)
        assert (226, 1) == (new.status_code, len(feedparser.parse(new.content).entries))
        assert "مكتبة" in feedparser.parse(new.content).entries[0].title
        assert 304 == client.get(url, headers={"If-None-Match": new.headers["etag"]}).status_code


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_curl_unpacks_what_it_asked_for(serving, tmp_path):  # F22
    for feed in FEEDS:
        url, tags = f"http://127.0.0.1:{serving.port}/{feed}", tmp_path / feed
        options = ["curl", "-sS", "--compressed", "--etag-save", tags, "--etag-compare", tags]
        command = [*options, "-w", "%{http_code}", url]
        body = (serving.site.folder / "feeds" / feed).read_bytes()

        first = subprocess.run(command, capture_output=True, check=True).stdout
        again = subprocess.run(command, capture_output=True, check=True).stdout

        assert (body + b"200", b"304") == (first, again)


def test_ten_thousand_requests_on_one_connection_cost_no_memory(serving):  # F22
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=LONG)

    def asked(times):
        seen = Counter[int]()
        for number in range(times):
            connection.request("GET", f"/{FEEDS[number % 3]}", headers={"accept-encoding": "gzip"})
            reply = connection.getresponse()
            seen[reply.status] += len(reply.read()) > 0
        return seen

    def resident():
        status = Path(f"/proc/{serving.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    asked(1_000)
    before = resident()
    assert {200: 9_000} == asked(9_000)
    assert resident() - before < 4_000  # kB
    connection.close()


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install the package chromium")
def test_a_person_who_opens_a_feed_reads_a_page(serving):  # F21
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        looks: list[tuple[int, Literal["light", "dark"]]] = [(360, "light"), (360, "dark"), (1280, "light")]
        for width, scheme in looks:
            context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{serving.port}/atom.xml")
            assert "rtl" == page.evaluate("getComputedStyle(document.querySelector('h1')).direction")
            assert width == page.evaluate("document.documentElement.scrollWidth")
            script = context.request.get(page.url)  # what is no navigation
            assert "application/atom+xml; charset=utf-8" == script.headers["content-type"]
            page.locator(".headlines a").first.click()
            assert page.url.startswith(f"http://127.0.0.1:{serving.port}/")
            page.go_back()
            assert [] == [each["id"] for each in Axe().run(page).response["violations"]]
            context.close()
        browser.close()
