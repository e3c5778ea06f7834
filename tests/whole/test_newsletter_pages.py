"""The pages of newsletters and editions as a reader sees them, in Chromium; and that a letter's link to its page never
leads nowhere."""

import email
import http.client
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from publisher.actions import plan, slots
from publisher.actions.house import House
from publisher.model.digest import Frequency
from publisher.text.direction import of_tag
from tests.conftest import SITE
from tests.patience import LONG
from tests.sink import Sink
from tests.whole import publish_kills
from tests.whole.axe import LOOKS, look, violations
from tests.whole.test_browser import overflows, wrong

ROOT = Path(__file__).parents[2]
CHOICE: tuple[Frequency, ...] = ("daily", "weekly")
TITLES = {
    "ar": ("جريدة الحي", "نشرة الصباح", "صباح الخير، هذا ما كتبناه منذ أمس.\n\nNothing else is new."),
    "fa": ("روزنامهٔ محله", "خبرنامهٔ صبح", "صبح بخیر، این‌ها را از دیروز نوشته‌ایم."),
    "he": ("עיתון השכונה", "ניוזלטר הבוקר", "בוקר טוב, זה מה שכתבנו מאתמול."),
    "ur": ("محلے کا اخبار", "صبح کا خبرنامہ", "صبح بخیر، کل سے ہم نے یہ لکھا ہے۔"),
    "ckb": ("ڕۆژنامەی گەڕەک", "ھەواڵنامەی بەیانی", "بەیانی باش، لە دوێنێوە ئەمانەمان نووسیوە."),
    "en": ("The Quarter", "Morning Letter", "Good morning, this is what we have written since yesterday."),
}


@pytest.fixture(params=TITLES)
def paper(request, make_house, tmp_path, publishes, clock) -> Iterator[House]:
    """A site in each language with the sample's articles, which are in all six; three editions of its newsletter."""
    language = request.param
    title, newsletter, note = TITLES[language]
    site = replace(SITE, title=title, description="", language=language, direction=of_tag(language))
    house = make_house(tmp_path, site=site)
    (daily,) = house.newsletters.values()
    (tmp_path / "note.txt").write_text(note, "utf-8")
    daily = replace(daily, title=newsletter, opening="note.txt", max_items=5, group=True, frequencies=CHOICE)
    house = replace(house, newsletters={"daily": daily})
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    publishes(house)
    names = sorted(each.name for each in (ROOT / "articles").iterdir() if each.is_file())
    for some in (names[::3], names[1::3], names[2::3]):
        for name in some:
            shutil.copy(ROOT / "articles" / name, house.folder)
        publishes(house)
        clock.forward(days=1)
        for number in slots.due_editions(house, [daily], clock())[0]:
            plan.plan(house, number, clock())
    publishes(house)
    yield house


PAGES = (
    "newsletter/daily/index.html",
    "newsletter/daily/2026-11-22/index.html",
    "newsletter/daily/feed.html",
)


def test_pages_of_newsletters_read_in_their_direction_fit_and_are_accessible(paper, browser):  # F16, R5, F21
    found: list[Any] = []
    outside: list[str] = []

    def serve(route):
        parts = urlsplit(route.request.url)
        if parts.netloc != "news.example.org":
            outside.append(route.request.url)
        file = paper.out / unquote(parts.path).lstrip("/")
        route.fulfill(path=file) if file.is_file() else route.fulfill(status=404)

    page = browser.new_page()
    page.route("**/*", serve)
    for path in PAGES:
        page.goto(f"https://news.example.org/{path}")
        language, direction = paper.site.language, paper.site.direction
        root = "[document.documentElement.lang, getComputedStyle(document.body).direction]"
        assert [language, direction] == page.evaluate(root), path
        for again, (width, scheme) in enumerate(LOOKS):
            look(page, width, scheme)
            found += [(path, width, each) for each in wrong(page)]
            found += [(path, width, "overflows")] * overflows(page)
            found += [(path, scheme, each) for each in violations(page, again=bool(again))]
    page.close()

    assert [] == found
    assert [] == outside


class _Curious(Sink):
    """A relay that opens the page each letter names before it takes the letter, as a quick reader would."""

    def __init__(self, daemon: int) -> None:
        super().__init__()
        self.daemon, self.opened = daemon, list[tuple[str, int]]()

    def look(self, content: bytes) -> None:
        address = str(email.message_from_bytes(content)["Archived-At"]).strip("<>")
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon, timeout=LONG)
        connection.request("GET", urlsplit(address).path)
        self.opened.append((address, connection.getresponse().status))
        connection.close()


def test_the_page_of_an_edition_opens_when_its_first_letter_arrives(site, story, daemon):  # F16
    """While the daemon builds everything anew, too: the letter's link never leads nowhere."""
    running = daemon()
    sink = _Curious(running.port)
    site.run("publish")
    for number in range(20):
        site.run("subscribers", "add", f"reader{number}@example.org", "--confirmed") if number < 3 else None
        site.article(f"{number}.txt", f"خبر {number}\n{story}")
    with sink:
        running.settings["NASHIR__MAIL__RELAY"] = sink.url
        with running:
            shutil.rmtree(site.folder / "feeds")
            found = site.json("send", "--now")
            assert 3 == found["sent"]

    assert 3 == len(sink.opened)
    assert {200} == {status for _, status in sink.opened}
    assert 1 == len({address for address, _ in sink.opened})


def whole(folder: Path) -> list[str]:
    """Editions of which a letter is in the ledger, and whose pages are not there or not whole."""
    with closing(sqlite3.connect(folder / "state/nashir.db")) as store:
        names = store.execute(
            "SELECT name FROM editions WHERE id IN (SELECT edition FROM deliveries)"
        ).fetchall()
    pages = {name: folder / "feeds/newsletter/daily" / name / "index.html" for (name,) in names}
    return [
        name
        for name, path in pages.items()
        if not (path.is_file() and path.read_text("utf-8").endswith("</html>\n"))
    ]


def test_whenever_a_send_is_killed_no_letter_is_planned_without_its_page(site, story):  # X3, F16
    """Killed before one step after the other that changes a newsletter's folder; the next run makes it good."""
    killed = 0
    site.article("0.txt", f"خبر 0\n{story}")
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    folder = SimpleNamespace(root=site.folder)
    steps = publish_kills.Steps(site.folder / "feeds" / "newsletter")
    for number, last in enumerate((1, 2, 3, 4, 5, 7, 10, 15, 20), 1):
        site.article(f"{number}.txt", f"خبر {number}\n{story}")
        steps.count = 0
        child = os.fork()
        if child == 0:
            steps.watch(last)
            publish_kills.Site.run(folder, "-C", str(site.folder), "send", "--now")  # type: ignore[arg-type]
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert [] == whole(site.folder)

    site.run("send", "--now")
    feed = json.loads((site.folder / "feeds/newsletter/daily/feed.json").read_text("utf-8"))
    pages = {each.parent.name for each in (site.folder / "feeds/newsletter/daily").glob("2*/index.html")}
    before = {
        each: each.read_bytes() for each in (site.folder / "feeds/newsletter").rglob("*") if each.is_file()
    }
    shutil.rmtree(site.folder / "feeds")
    site.run("publish")

    assert killed >= 6
    assert [] == whole(site.folder)
    assert pages == {item["url"].rstrip("/").rpartition("/")[2] for item in feed["items"]}
    assert before == {
        each: each.read_bytes() for each in (site.folder / "feeds/newsletter").rglob("*") if each.is_file()
    }
