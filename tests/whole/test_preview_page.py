"""The page of `nashir preview` in Chromium: direction, width, what a screen reader finds; beside a running daemon."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.commands import nashir
from tests.whole.axe import look, violations
from tests.whole.conftest import Daemon, Site

ARTICLES = {
    "ar.txt": "iPhone 17: هل يستحق الترقية؟\nجرّبنا الهاتف شهرًا بلغة C++ وهذا ما وجدناه.\n",
    "he.txt": "השוק הישן חוזר לחיים: 40 דוכנים נפתחים\nלאחר שנתיים של שיפוצים נפתח מחדש השוק העירוני.\n",
    "ur.txt": "لاہور میں بارش کے بعد ٹھنڈی ہوائیں\nمحکمہ موسمیات کے مطابق شہر میں 35 ملی میٹر بارش ہوئی۔\n",
    "en.txt": "A river walk opens in Basra\nThe promenade runs for three kilometres along the river.\n",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Previews a site in a language beside its running daemon, once; gives the page's path."""

    @cache
    def shown(language: str) -> Path:
        site = Site(tmp_path_factory.mktemp(language) / "site")
        nashir("init", site.folder).check_returncode()
        (site.folder / "articles" / "welcome.md").unlink()
        config = site.folder / "config.toml"
        config.write_text(
            config.read_text("utf-8").replace('language = "ar"', f'language = "{language}"'), "utf-8"
        )
        for name, text in ARTICLES.items():
            site.article(name, text)
        site.run("publish")
        for address, tag in (("a@example.org", "he"), ("b@example.org", "ur")):
            site.run("subscribers", "add", address, "--confirmed", "--language", tag)
        with Daemon(site):
            (one,) = site.json("preview")["previews"]
            assert site.json("test-send", "me@example.org")["letters"][0]["taken"]
        assert 1 == len(site.letters())
        return Path(one["page"])

    return shown


@pytest.mark.parametrize("language", ["ar", "he", "en"])
def test_the_page_can_be_read_by_everybody(language: str, shown: Any, browser: Any) -> None:  # R10, R11
    path = shown(language)
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    for again, (width, scheme) in enumerate(((1280, "light"), (700, "dark"))):
        look(page, width, scheme)

        assert [] == violations(page, again=bool(again), iframes=False)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        direction = page.evaluate("getComputedStyle(document.body).direction")
        assert ("ltr" if language == "en" else "rtl") == direction
    assert [] == [url for url in asked if not url.startswith(path.parent.as_uri())]
    page.close()


def test_frames_show_the_letter_by_day_and_by_night(shown: Any, browser: Any) -> None:  # R10
    path = shown("ar")
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 1280, "height": 6000}, color_scheme=scheme)
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        colours = {
            frame.url.rpartition("/")[2]: frame.evaluate("getComputedStyle(document.body).backgroundColor")
            for frame in page.frames[1:5]
        }

        assert {"daily.light.html": "rgb(244, 241, 234)", "daily.dark.html": "rgb(19, 18, 17)"} == colours
        assert [700, 360] == [frame.evaluate("innerWidth") for frame in page.frames[1:3]]
        page.close()
