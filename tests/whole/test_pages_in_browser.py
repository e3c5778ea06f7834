"""The pages of a site of 50 articles in Chromium, served by the daemon: weight, requests, direction, reach."""

import io
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from tests.commands import nashir
from tests.whole.axe import LOOKS, look, violations
from tests.whole.conftest import Daemon, Site
from tests.whole.test_browser import overflows, wrong

ARTICLES = Path(__file__).parents[2] / "articles"
WORDS = {
    "ar": ("ar", "بيت عند النهر", "قبل أن تشرق الشمس تكون القوارب الصغيرة قد عادت إلى الضفة، ومعها حكاية جديدة."),
    "fa": ("fa", "خانه‌ای کنار رودخانه", "پیش از برآمدن آفتاب قایق‌های کوچک به کناره برمی‌گردند، با قصه‌ای تازه."),
    "he": ("he", "בית ליד הנהר", "לפני הזריחה חוזרות הסירות הקטנות אל הגדה, ואיתן סיפור חדש."),
    "ur": ("ur", "دریا کنارے ایک گھر", "سورج نکلنے سے پہلے چھوٹی کشتیاں کنارے پر لوٹ آتی ہیں، ایک نئی کہانی کے ساتھ۔"),
    "ckb": ("ckb", "ماڵێک لە کەنار ڕووبار", "پێش خۆرھەڵاتن بەلەمە بچووکەکان دەگەڕێنەوە کەنار، لەگەڵ چیرۆکێکی نوێ."),
}  # fmt: skip
PAGES = (
    "/",
    "/s0/",
    "/s1/",
    "/s2/",
    "/s3/",
    "/s4/",
    "/category/{نهر}/",
    "/category/{نهر}/2026/09/",
    "/lang/ur/",
    "/archive/",
    "/archive/2026/09/",
    "/newsletter/daily/",
    "/404.html",
)
LONGEST = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, each) => sum + each.value, 0))).observe({type: 'layout-shift', buffered: true})
    || setTimeout(() => done(0), 700))"""
# What a finger has to hit, apart from links within a line of text (WCAG 2.5.5 spares these).
TARGETS = """() => [...document.querySelectorAll(`nav a, button, input:not([tabindex="-1"]), .tags a, .feeds a`)]
    .filter(e => e.type != 'hidden').map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
    .filter(([, height]) => height < 44)"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Fifty-five articles in five languages of the site's, each tenth with a picture, and a newsletter."""
    folder = tmp_path_factory.mktemp("pages") / "site"
    nashir("init", folder).check_returncode()
    (folder / "articles" / "welcome.md").unlink()
    site = Site(folder)
    for number in range(55):
        language, title, text = list(WORDS.values())[number % 5]
        picture = f"image: {number}.jpg\n" if number % 10 == 0 else ""
        if picture:
            data = io.BytesIO()
            Image.new("RGB", (1600, 900), (number * 5, 90, 120)).save(data, "JPEG")
            (folder / "articles" / f"{number}.jpg").write_bytes(data.getvalue())
        head = (
            f"slug: s{number}\ndate: 2026-{9 if number > 40 else 10}-{number % 28 + 1:02}\nlang: {language}"
        )
        full = f"---\ntitle: {title} {number}\n{head}\n{picture}categories: [نهر, حي]\nauthor: سلمى\n---\n\n"
        (folder / "articles" / f"{number}.md").write_text(full + f"{text}\n\n{text} {text}\n", "utf-8")
    with Daemon(site, NASHIR__PAGES__PER_PAGE="50") as daemon:
        daemon.until(lambda: daemon.get("/archive/")[0] == 200 and daemon.get("/s54/")[0] == 200)
        yield daemon


@pytest.fixture
def opened(served, browser):
    """Opens a page of the site; gives it, what was asked for, and what the console said."""
    pages = []

    def opened(path, width=360, **options):
        page = browser.new_page(viewport={"width": width, "height": 800}, **options)
        pages.append(page)
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append((message.location["url"], message.text)))
        words = re.sub(r"{(.*?)}", lambda found: quote(found[1]), path)
        page.goto(f"http://127.0.0.1:{served.port}{words}")
        return page, asked, said

    yield opened
    for page in pages:
        page.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_reads_in_its_direction_and_can_be_used_by_everybody(opened, path):  # F8
    page, asked, said = opened(path)
    for again, (width, scheme) in enumerate(LOOKS):
        look(page, width, scheme)

        assert not overflows(page)
        assert [] == wrong(page)
        assert [] == violations(page, again=bool(again))
        assert [] == page.evaluate(TARGETS)
    # The data block of an article breaks no policy.
    assert [] == [each for each in said if not each[0].endswith("/favicon.ico")]
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(page.url).netloc}


def test_the_home_page_is_light(served):
    home, style = served.get("/"), served.get("/style.css")

    assert 50 == home[2].count(b'<article class="teaser')
    assert len(home[2]) + len(style[2]) < 60_000


@pytest.mark.parametrize("path", ["/", "/s0/", "/category/{نهر}/"])
def test_nothing_moves_when_pictures_come(opened, path):
    page, asked, _ = opened(path, 1280)

    for picture in page.query_selector_all("main img"):  # those out of sight come when they are scrolled to
        picture.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth", arg=picture)
    assert any(".jpg" in url for url in asked)
    assert 0 == page.evaluate(LONGEST)
    for picture in page.query_selector_all("main img"):
        shown, says = (
            picture.bounding_box(),
            (picture.get_attribute("width"), picture.get_attribute("height")),
        )
        assert shown["width"] / shown["height"] == pytest.approx(int(says[0]) / int(says[1]), rel=0.02)


def test_the_form_is_usable_by_keyboard_and_its_trap_is_nobodys(opened):
    page, _, _ = opened("/s0/")
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.name || document.activeElement.className"))

    assert "skip" == stops[0]
    assert "email" in stops
    assert "website" not in stops
    assert page.evaluate("getComputedStyle(document.querySelector('.trap')).display") != "none"
    box = page.locator("#website").bounding_box()
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.id", [box["x"], box["y"]]) != "website"
    form = page.evaluate(
        "(f => [f.method, new URL(f.action).pathname, f.email.type, f.email.dir, f.email.autocomplete,"
        " f.website.tabIndex, f.website.autocomplete])(document.querySelector('.signup form'))"
    )
    assert ["post", "/subscribe", "email", "ltr", "email", -1, "off"] == form


def test_the_skip_link_shows_itself_and_leads_to_the_text(opened):
    page, _, _ = opened("/s0/")
    page.keyboard.press("Tab")
    shown = page.locator(".skip").bounding_box()
    page.keyboard.press("Enter")

    assert shown["height"] >= 30
    assert "main" == page.evaluate("document.activeElement.id")


def test_what_is_printed_is_the_article_alone(opened):
    page, _, _ = opened("/s0/", color_scheme="dark")
    page.emulate_media(media="print")

    hidden = [".skip", ".menu", ".signup", ".foot", ".tags"]
    assert [] == [each for each in hidden if page.locator(each).first.is_visible()]
    assert page.locator("h1").is_visible()
    assert "rgb(0, 0, 0)" == page.evaluate("getComputedStyle(document.querySelector('h1')).color")
