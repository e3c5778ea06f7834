"""An editor's morning in Chromium, in Arabic, with a real mail server at the end: an article, its edition, a reader."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher

from publisher import private
from publisher.text.words import words
from tests.commands import nashir
from tests.patience import LONG
from tests.sink import Fault, Sink
from tests.whole.conftest import Daemon, Site, browser

__all__ = ["browser"]
WORD = "a long word of editors"
ANN, BOB, EDITOR = "ann@example.org", "bob@example.org", "editor@example.org"
TITLE = "حديقة جديدة على ضفة النهر"
ARTICLE = f"{TITLE}\n\nافتُتحت أمس حديقة جديدة على ضفة النهر بعد عامين من العمل.\n"
SAY = words("ar").text


@pytest.fixture
def relay() -> Iterator[Sink]:
    """It refuses Bob once, for good."""
    with Sink(Fault("rcpt", "reply", 554, "5.5.0 transaction failed", first=1, recipient=BOB)) as sink:
        yield sink


@pytest.fixture
def newsroom(tmp_path: Path, relay: Sink) -> Iterator[Daemon]:
    """A site whose newsletter mails each article when an editor released it."""
    folder = tmp_path / "site"
    nashir("init", folder).check_returncode()
    config = folder / "config.toml"
    text = config.read_text("utf-8").replace('"daily 07:00"', '"instant"\napprove = "required"')
    config.write_text(text.replace("[mail]", f'[mail]\neditors = ["{EDITOR}"]'), "utf-8")
    site = Site(folder)
    for line in ("publish", f"subscribers add {ANN} --confirmed", f"subscribers add {BOB} --confirmed"):
        site.run(*line.split())
    stamp = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
    private.put(folder / "state" / "admin.password", stamp.encode())
    settings = {"NASHIR__WEB__ADMIN__PASSWORD_FILE": "state/admin.password", "NASHIR__MAIL__RELAY": relay.url}
    with Daemon(site, **settings) as daemon:
        yield daemon


class Editor:
    """Somebody at the keyboard."""

    def __init__(self, page: Any, root: str) -> None:
        self.page, self.root = page, root

    def press(self, said: str) -> None:
        """The first button that says so; the next page is there afterwards."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=SAY(said), exact=True).first.focus()
            self.page.keyboard.press("Enter")

    def follow(self, link: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=link).first.focus()
            self.page.keyboard.press("Enter")

    def fill(self, field: str, text: str) -> None:
        self.page.focus(field)
        self.page.keyboard.type(text)

    def shows(self, text: str) -> bool:
        return text in self.page.inner_text("main")

    def until(self, true: Callable[[], bool]) -> None:
        """Look at the page again until it is so."""
        end = time.monotonic() + LONG
        while not true():
            assert time.monotonic() < end, self.page.inner_text("main")
            self.page.wait_for_timeout(100)
            self.page.reload()


def test_an_editors_morning(newsroom: Daemon, relay: Sink, browser: Any, tmp_path: Path) -> None:  # D8 L8
    root = f"http://127.0.0.1:{newsroom.port}"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * LONG)
    editor = Editor(page, root)

    # Log in.
    page.goto(f"{root}/admin/")
    page.wait_for_selector("#password:focus")
    page.keyboard.type(WORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{root}/admin/"

    # An article, from one's own disk, is published.
    mine = tmp_path / "حديقة.txt"
    mine.write_text(ARTICLE, "utf-8")
    editor.follow(SAY("Articles"))
    page.set_input_files("#file", mine)
    editor.press("Add")
    assert editor.shows(SAY("The file is in the folder."))
    editor.until(lambda: editor.shows(TITLE) and editor.shows("حديقة.txt"))
    address = page.get_by_role("link", name=TITLE).get_attribute("href")
    page.goto(root + urlsplit(address).path)
    assert TITLE == page.inner_text("h1")

    # Its edition waits for an editor, who looks at it, holds it, and has a letter sent to themselves.
    page.goto(f"{root}/admin/editions")
    editor.until(lambda: editor.shows(SAY("Not decided")))
    editor.follow("١ – نشرة موقعي")
    assert TITLE in page.frame_locator("iframe").locator("body").inner_text()
    editor.press("Hold it")
    assert editor.shows(SAY("Held"))
    edition = page.url
    head = page.request.get(f"{edition}/headers").text()
    assert "Feedback-ID: 1:daily:" in head
    page.goto(f"{root}/admin/editions")
    editor.fill("#address", "me@example.org")
    editor.press("Send a test")
    assert editor.shows(SAY("The letter is on its way."))
    assert {"me@example.org"} == {to for to in relay.by_recipient if to not in {EDITOR}}

    # It is released; what the mail server refused is tried again.
    page.goto(edition)
    editor.press("Release it")
    editor.until(lambda: editor.shows(SAY("Try those that failed again")))
    assert "5.5.0" in page.inner_text("main")
    assert (1, 0) == (relay.by_recipient[ANN], relay.by_recipient[BOB])
    editor.press("Try those that failed again")
    editor.until(
        lambda: not editor.shows(SAY("Try those that failed again")) and relay.by_recipient[BOB] == 1
    )
    assert 1 == relay.by_recipient[ANN]

    # A reader is found, paused, comes back, leaves, and is erased.
    page.goto(f"{root}/admin/subscribers")
    editor.fill("#q", "bob@")
    editor.press("Search")
    assert not editor.shows(ANN)
    editor.follow(BOB)
    editor.press("Pause")
    assert editor.shows(SAY("Paused"))
    editor.press("End the pause")
    editor.press("Unsubscribe")
    editor.press("Unsubscribe")  # it is asked twice
    assert editor.shows(f"نشرة موقعي: {SAY('Unsubscribed')}")
    editor.press("Erase")
    editor.press("Erase")
    assert editor.shows(ANN)
    assert not editor.shows(BOB)

    # Log out; nothing is left open.
    editor.press("Log out")
    page.goto(f"{root}/admin/subscribers")
    assert page.url == f"{root}/admin/login"
    context.close()
