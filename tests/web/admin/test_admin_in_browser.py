"""The editors' pages in Chromium: axe, a phone's width, every language, light and dark."""

import os
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from axe_playwright_python.sync_playwright import Axe

from publisher import private
from publisher.text.words import LANGUAGES
from tests.commands import nashir
from tests.whole.conftest import Daemon, Site, browser

__all__ = ["browser"]
PAGES = ("", "/articles", "/editions", "/editions/1", "/subscribers", "/subscribers/1", "/log")
WORD = "a long word of editors"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("admin") / "site"
    nashir("init", folder).check_returncode()
    (folder / "articles" / "bad.txt").write_text("<?xml version='1.0'?>\n<a>x</a>\n", "utf-8")
    site = Site(folder)
    for words in (
        "publish",
        "subscribers add reader@example.org --confirmed",
        "send --now --include-existing",
    ):
        site.run(*words.split())
    stamp = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
    private.put(folder / "state" / "admin.password", stamp.encode())
    with Daemon(site, NASHIR__WEB__ADMIN__PASSWORD_FILE="state/admin.password") as daemon:
        yield f"http://127.0.0.1:{daemon.port}/admin"


def test_every_page_is_axe_clean_and_fits_in_every_language(running, browser):
    pictures = os.environ.get("NASHIR_PICTURES")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(running)
    page.wait_for_selector("#password:focus")  # without a click
    page.keyboard.type(WORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    for language in LANGUAGES:
        page.select_option("#tongue", language)
        page.click("footer form:first-child button")
        page.wait_for_selector(f"html[lang={language}]")
        for path in PAGES:
            for width, scheme in ((360, "light"), (1280, "dark")):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                page.goto(running + path)
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert 0 == page.evaluate(wide), (language, path, width)
                if language in ("ar", "en"):
                    found = Axe().run(page)
                    assert 0 == found.violations_count, (path, found.generate_report())
                if pictures and language in ("ar", "ur"):
                    name = f"{language}{path.replace('/', '-')}-{width}.png"
                    page.screenshot(path=Path(pictures) / name, full_page=True)
        page.goto(running)
    context.close()
