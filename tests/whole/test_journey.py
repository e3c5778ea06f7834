"""A reader's way in Chromium, by keyboard alone: sign up, confirm by the letter's link, choose, leave, come back, see
what is held on them, have it erased. Every page on it is accessible, reads in its direction and fits a phone and a
desk."""

import email
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from publisher.text.direction import of_tag
from tests.patience import LONG
from tests.whole.axe import violations
from tests.whole.conftest import STORY, Daemon, Site
from tests.whole.test_browser import overflows, wrong

LANGUAGES = ("ar", "fa", "he", "ur", "ckb", "en")
WIDTHS = (360, 1280)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A site with two newsletters, served by the daemon; letters go into its outbox."""
    from tests.commands import nashir

    folder = tmp_path_factory.mktemp("journey") / "site"
    nashir("init", folder).check_returncode()
    (folder / "articles" / "welcome.md").unlink()
    config = folder / "config.toml"
    text = config.read_text("utf-8")
    text += '\n[[newsletters]]\nname = "weekly"\ntitle = "نشرة الأسبوع"\nschedule = "weekly sat 07:00"\n'
    config.write_text(text, "utf-8")
    site = Site(folder)
    site.article("park.txt", STORY)
    daemon = Daemon(site)
    daemon.settings |= {"NASHIR__SITE__URL": f"http://127.0.0.1:{daemon.port}"}
    with daemon:
        daemon.until(lambda: daemon.get("/")[0] == 200)
        yield daemon


def letters(daemon: Daemon, address: str) -> list[EmailMessage]:
    found = []
    for path in daemon.site.letters():
        message = email.message_from_bytes(path.read_bytes(), policy=default)
        if address in str(message["to"]):
            found.append(message)
    return found


def link(message: EmailMessage, door: str) -> str:
    """The first link to this *door* in the letter's plain text."""
    found = re.search(rf"https?://\S+/{door}/[\w-]+", plain(message))
    assert found, plain(message)
    return found[0]


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part
    return str(part.get_content())


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus is on what *selector* means; where it is, a person sees it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            seen = page.evaluate(
                "() => { const s = getComputedStyle(document.activeElement);"
                " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 }"
            )
            assert seen, f"the focus on {selector} is not seen"
            return
    raise AssertionError(f"no Tab leads to {selector}: {page.content()[:3000]}")


def press(page: Any, selector: str) -> None:
    """Go to it and press Enter; the next page is there."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def look(page: Any, language: str) -> None:
    assert (language, of_tag(language)) == tuple(
        page.evaluate("() => [document.documentElement.lang, document.documentElement.dir]")
    )
    for again, width in enumerate(WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        assert not overflows(page), (page.url, width)
        assert [] == wrong(page), (page.url, width)
        assert [] == violations(page, again=bool(again)), page.url


def is_ours(message: Any) -> bool:
    """Whether an error is a page's: a browser asks for /favicon.ico on its own, and a site may have none."""
    return message.type == "error" and not message.location["url"].endswith("/favicon.ico")


def state(daemon: Daemon, address: str) -> set[str]:
    with closing(sqlite3.connect(f"file:{daemon.site.folder}/state/nashir.db?mode=ro", uri=True)) as store:
        query = (
            "SELECT n.name || ' ' || s.state FROM subscriptions s JOIN newsletters n ON n.id = s.newsletter"
            " JOIN subscribers p ON p.id = s.subscriber WHERE p.address = ?"
        )
        return {row[0] for row in store.execute(query, [address])}


def see_and_erase(paper: Daemon, page: Any, preferences: str, address: str, language: str) -> None:
    """From the page of a letter's link by the letter that comes then, and only by that."""
    a_day_later(paper, address)
    page.goto(preferences)
    assert 0 == page.locator("a[href*='/erase/'], a[href$='/held']").count()
    before = len(letters(paper, address))
    press(page, "main a[href$='/own']")
    look(page, language)
    press(page, "main button")
    look(page, language)
    paper.until(lambda: len(letters(paper, address)) > before)

    (ways,) = (each for each in letters(paper, address) if "/erase/" in plain(each))
    (held,) = re.findall(r"https?://[^/\s]+(/preferences/[\w-]+/held)", plain(ways))
    assert address == json.loads(paper.get(held)[2])["person"]["address"]
    page.goto(link(ways, "erase"))
    look(page, language)
    assert {"daily active", "weekly active"} == state(paper, address)
    press(page, "main button")
    look(page, language)
    assert set() == state(paper, address)
    assert [] == letters(paper, address)  # the outbox is a folder of ours


def a_day_later(paper: Daemon, address: str) -> None:
    """As if what this address was mailed had left yesterday: a form may cause another letter (L3)."""
    with closing(sqlite3.connect(f"{paper.site.folder}/state/nashir.db", timeout=LONG)) as store:
        query = "UPDATE notices SET created = created - 86460 WHERE recipient = ?"
        store.execute(query, [address])
        store.commit()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_comes_chooses_leaves_and_returns_by_keyboard(
    paper: Daemon, browser: Any, language: str
) -> None:  # L2 L4 L5 L8 H2 H3
    address = f"reader-{language}@example.net"
    foreign: list[str] = []
    errors: list[str] = []
    context = browser.new_context(locale=language)
    page = context.new_page()
    page.on("request", lambda r: foreign.append(r.url) if f":{paper.port}/" not in r.url else None)
    page.on("console", lambda m: errors.append(m.text) if is_ours(m) else None)

    page.goto(f"http://127.0.0.1:{paper.port}/subscribe?lang={language}")
    look(page, language)
    tab_to(page, "input[type=email]")
    page.keyboard.type(address)
    tab_to(page, "input[value=weekly]")  # the other one is chosen beforehand
    page.keyboard.press("Space")
    time.sleep(2.1)  # quicker is no person
    press(page, "main button[type=submit]")
    look(page, language)

    paper.until(lambda: len(letters(paper, address)) == 1)
    page.goto(link(letters(paper, address)[0], "confirm"))
    look(page, language)
    assert {"daily pending", "weekly pending"} >= state(paper, address)
    press(page, "main button")
    look(page, language)
    assert {"daily active", "weekly active"} == state(paper, address)

    paper.until(lambda: len(letters(paper, address)) >= 2)
    welcome = letters(paper, address)[-1]
    page.goto(link(welcome, "preferences"))
    look(page, language)
    tab_to(page, "input[name=text_only]")
    page.keyboard.press("Space")
    press(page, "main button[type=submit]")
    look(page, language)
    assert page.locator("input[name=text_only]").is_checked()

    page.goto(link(welcome, "u"))
    look(page, language)
    press(page, "main button")
    look(page, language)
    assert 1 == len({each for each in state(paper, address) if each.endswith(" ended")})
    press(page, "main button")  # take it back
    look(page, language)
    assert {"daily active", "weekly active"} == state(paper, address)

    see_and_erase(paper, page, link(welcome, "preferences"), address, language)
    context.close()
    assert ([], []) == (foreign, errors)
