"""The page of `nashir preview` in Chromium: direction, width, what a screen reader finds; beside a running daemon."""

from pathlib import Path
from typing import Any

import pytest

ARTICLES = {
    "ar.txt": "iPhone 17: هل يستحق الترقية؟\nجرّبنا الهاتف شهرًا بلغة C++ وهذا ما وجدناه.\n",
    "he.txt": "השוק הישן חוזר לחיים: 40 דוכנים נפתחים\nלאחר שנתיים של שיפוצים נפתח מחדש השוק העירוני.\n",
    "ur.txt": "لاہور میں بارش کے بعد ٹھنڈی ہوائیں\nمحکمہ موسمیات کے مطابق شہر میں 35 ملی میٹر بارش ہوئی۔\n",
    "en.txt": "A river walk opens in Basra\nThe promenade runs for three kilometres along the river.\n",
}


@pytest.fixture
def shown(site: Any, daemon: Any) -> Any:
    """Previews the site in a language beside its running daemon; gives the page's path."""

    def shown(language: str) -> Path:
        config = site.folder / "config.toml"
        config.write_text(
            config.read_text("utf-8").replace('language = "ar"', f'language = "{language}"'), "utf-8"
        )
        for name, text in ARTICLES.items():
            site.article(name, text)
        site.run("publish")
        for address, tag in (("a@example.org", "he"), ("b@example.org", "ur")):
            site.run("subscribers", "add", address, "--confirmed", "--language", tag)
        with daemon():
            (one,) = site.json("preview")["previews"]
            assert site.json("test-send", "me@example.org")["letters"][0]["taken"]
        assert 1 == len(site.letters())
        return Path(one["page"])

    return shown


@pytest.mark.parametrize("language", ["ar", "he", "en"])
def test_the_page_can_be_read_by_everybody(language: str, shown: Any, browser: Any) -> None:  # R10, R11
    from axe_playwright_python.sync_playwright import Axe

    path = shown(language)
    for width, scheme in ((1280, "light"), (700, "dark")):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        found = Axe().run(page, options={"iframes": False})

        assert 0 == found.violations_count, found.generate_report()
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
