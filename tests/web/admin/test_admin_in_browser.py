"""The editors' pages in Chromium: axe, a phone's width and a desk's, every language, light and dark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from publisher import private
from publisher.text.direction import of_tag
from publisher.text.words import LANGUAGES, words
from tests.commands import nashir
from tests.whole.axe import LOOKS, look, violations
from tests.whole.conftest import Daemon, Site, browser
from tests.whole.test_browser import wrong

__all__ = ["browser"]
PAGES = (
    "",
    "/articles",
    "/editions",
    "/editions/1",
    "/subscribers",
    "/subscribers/1",
    "/log",
    "/editions/999",
)
WORD = "a long word of editors"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("admin") / "site"
    nashir("init", folder).check_returncode()
    (folder / "articles" / "bad.txt").write_text("<?xml version='1.0'?>\n<a>x</a>\n", "utf-8")
    (folder / "articles" / "odd.md").write_text("---\ntitle: عنوان\n\nنص بلا نهاية للترويسة.\n", "utf-8")
    (folder / "list.csv").write_text("new@example.org\nnonsense\n", "utf-8")
    site = Site(folder)
    for line in (
        "publish",
        "subscribers add reader@example.org --confirmed",
        "send --now --include-existing",
    ):
        site.run(*line.split())
    stamp = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
    private.put(folder / "state" / "admin.password", stamp.encode())
    with Daemon(site, NASHIR__WEB__ADMIN__PASSWORD_FILE="state/admin.password") as daemon:
        yield daemon


def faults(page: Any, language: str) -> list[Any]:
    """What is wrong with the page at hand, narrow and wide, light and dark."""
    found: list[Any] = []
    root = "[document.documentElement.lang, getComputedStyle(document.body).direction]"
    if [language, of_tag(language)] != page.evaluate(root):
        found.append("direction")
    for again, (width, scheme) in enumerate(LOOKS):
        look(page, width, scheme)
        found += [(width, each) for each in violations(page, again=bool(again))]
        if page.evaluate(WIDER) > 0:
            found.append((width, "overflows"))
    return found


def test_every_page_is_axe_clean_and_fits_in_every_language(running, browser):
    root = f"http://127.0.0.1:{running.port}/admin"
    context = browser.new_context()
    page = context.new_page()
    page.goto(root)
    page.wait_for_selector("#password:focus")  # without a click
    found: dict[Any, Any] = {("login", "ar"): faults(page, "ar")}
    page.keyboard.type(WORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    for language in LANGUAGES:
        say = words(language).text
        page.goto(root)
        page.select_option("#tongue", language)
        page.click("footer form:first-child button")
        page.wait_for_selector(f"html[lang={language}]")
        for path in PAGES:
            page.goto(root + path)
            found[path, language] = faults(page, language)

        def press(said: str, say: Callable[[str], str] = say) -> None:
            with page.expect_navigation():
                page.get_by_role("button", name=say(said), exact=True).click()

        page.goto(f"{root}/subscribers/1")
        press("Erase")
        found["ask", language] = faults(page, language)
        page.goto(f"{root}/subscribers")
        page.set_input_files("#file", running.site.folder / "list.csv")
        press("Look what it holds")
        found["import", language] = faults(page, language)
    context.close()

    assert {} == {key: each for key, each in found.items() if each}


def test_what_is_english_in_a_page_stands_from_left_to_right(running, browser):
    context = browser.new_context(viewport={"width": 360, "height": 900})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{running.port}/admin")
    page.fill("#password", WORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")

    assert page.locator(".refused li").count() == 2
    assert [] == wrong(page)
    context.close()
