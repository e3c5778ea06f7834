"""What a reader sees, measured in Chromium: the direction of every block of pages, letters and feed entries."""

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import feedparser
import pytest
from PIL import Image

from tests.commands import nashir
from tests.whole.axe import look

ROOT = Path(__file__).parents[2]

# Every element with text of its own: its computed direction, and the letters it shows.
BLOCKS = """() => [...document.body.querySelectorAll('*')].filter(e => {
    const display = getComputedStyle(e).display
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
    return own && e.offsetParent && !['inline', 'none'].includes(display) && !e.closest('code, pre')
}).map(e => [getComputedStyle(e).direction, e.innerText])"""
RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
LATIN = re.compile("[A-Za-z]")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample site, published, with a preview of its letter."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(ROOT / "config.toml", folder)
    shutil.copytree(ROOT / "articles", folder / "articles")
    for words in (["publish"], ["preview", "--no-open"]):
        nashir("-C", folder, *words).check_returncode()
    return folder


@pytest.fixture(scope="module")
def shown(browser):
    """Shows HTML at a width, on one page; gives the page."""
    page = browser.new_page()

    def shown(html, width=700, scheme="light"):
        look(page, width, scheme)
        page.set_content(html)
        return page

    yield shown
    page.close()


def wrong(page):
    """Blocks whose direction is not that of their letters; a label of a word or two follows its surroundings."""
    blocks = page.evaluate(BLOCKS)
    assert blocks
    found = []
    for direction, text in blocks:
        rtl, latin = len(RTL.findall(text)), len(LATIN.findall(text))
        if (rtl > 2 * latin and direction != "rtl") or (
            not rtl and direction != "ltr" and len(text.split()) > 2
        ):
            found.append((direction, text[:60]))
    return found


def overflows(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_reads_in_its_direction_and_fits(sample, shown, width):  # F8, F9
    style = (sample / "feeds" / "style.css").read_text("utf-8")
    pages = [sample / "feeds" / "index.html", *sorted((sample / "feeds").glob("*/index.html"))]
    assert len(pages) > 12
    for path in pages:
        html = re.sub(r"<link rel=.stylesheet.[^>]*>", f"<style>{style}</style>", path.read_text("utf-8"))
        page = shown(html, width)
        assert [] == wrong(page), path
        assert not overflows(page), path


@pytest.mark.parametrize("width", [360, 700])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_letter_reads_in_its_direction_and_fits(sample, shown, width, scheme):  # R1, R5, R9
    html = (sample / "state" / "preview" / "daily.html").read_text("utf-8")

    page = shown(html, width, scheme)

    assert [] == wrong(page)
    assert not overflows(page)


@pytest.mark.parametrize("strip", [r"<style\b.*?</style>", r"\sdir=\"[^\"]*\"", r"\sstyle=\"[^\"]*\""])
def test_the_letter_survives_what_mail_clients_strip(sample, shown, strip):  # R1, R9
    html = (sample / "state" / "preview" / "daily.html").read_text("utf-8")

    page = shown(re.sub(strip, "", html, flags=re.DOTALL | re.IGNORECASE))

    assert [] == [block for block in wrong(page) if block[0] == "ltr"]


PICTURE = """\
---
title: حديقة على ضفة النهر
slug: park
date: 2026-01-01
---
افتُتحت أمس حديقة جديدة على ضفة النهر بعد عامين من العمل، وحضر الافتتاح أهالي الحي.

![النهر من الجسر](النهر.jpg)

نص بعد الصورة.
"""


@pytest.mark.parametrize(
    ("digits", "style"), [("arab", "arabic-indic"), ("arabext", "persian"), ("latn", "decimal")]
)
def test_lists_are_numbered_in_the_digits_of_the_site(shown, digits, style):  # A2, R8
    sheet = (Path(__file__).parents[2] / "templates/web/style.css").read_text("utf-8")
    page = shown(f"<style>{sheet}</style><article class='story digits-{digits}'><ol><li>أول</ol></article>")

    assert style == page.evaluate("getComputedStyle(document.querySelector('ol')).listStyleType")


@pytest.fixture(scope="module")
def pictured(tmp_path_factory):
    """A site with a picture taken with the camera on its side, in a page and a letter."""
    folder = tmp_path_factory.mktemp("pictured") / "site"
    nashir("init", folder).check_returncode()
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.effect_noise((2400, 1600), 50).convert("RGB").save(folder / "articles" / "النهر.jpg", exif=tags)
    (folder / "articles" / "park.md").write_text(PICTURE, "utf-8")
    for words in (["publish"], ["preview", "--no-open"]):
        nashir("-C", folder, *words).check_returncode()
    return folder


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("what", ["feeds/park/index.html", "state/preview/daily.html"])
def test_a_picture_shows_upright_at_its_own_ratio_and_moves_nothing(pictured, browser, width, what):  # A13
    page = browser.new_page(viewport={"width": width, "height": 900})
    waiting: list[Any] = []

    def serve(route):
        path = unquote(urlsplit(route.request.url).path)
        file = pictured / "feeds" / path.lstrip("/") if path != "/the-page" else pictured / what
        if file.suffix == ".jpg" and not waiting:
            waiting.append(route)  # until the text was measured
        elif file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(status=404)

    page.route("**/*", serve)
    page.goto("http://127.0.0.1:8080/the-page", wait_until="commit")
    page.wait_for_function("document.querySelector('img') && document.readyState !== 'loading'")
    page.wait_for_timeout(200)
    tall = "document.documentElement.scrollHeight"
    before = page.evaluate(tall)
    waiting[0].fulfill(path=pictured / "feeds" / unquote(urlsplit(waiting[0].request.url).path).lstrip("/"))
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth)")

    seen = page.evaluate(
        "[...document.images].map(i => [i.naturalWidth / i.naturalHeight, i.clientWidth / i.clientHeight])"
    )
    after = page.evaluate(tall)
    assert not overflows(page)
    page.close()
    assert before == after
    assert len(seen) == 1
    for natural, shown_as in seen:
        assert abs(natural - 2 / 3) < 0.01
        assert abs(natural - shown_as) < 0.01


def entries(sample):
    feed = json.loads((sample / "feeds" / "feed.json").read_text("utf-8"))
    return [(item.get("language", feed["language"]), item) for item in feed["items"]]


def test_titles_and_summaries_read_right_where_readers_say_dir_auto(sample, shown):  # F6, F7
    for language, item in entries(sample):
        texts = [item["title"], item.get("summary", "x")]
        page = shown("".join('<p dir="auto" class="x"></p>' for _ in texts))
        directions = page.evaluate(
            "texts => [...document.querySelectorAll('p')].map((p, i) => "
            "{ p.textContent = texts[i]; return getComputedStyle(p).direction })",
            texts,
        )
        expected = "ltr" if language == "en" else "rtl"
        assert expected == directions[0], item["title"]
        assert "summary" not in item or expected == directions[1], item["summary"]


@pytest.mark.parametrize(
    "strip",
    [
        r"</?(?:div|span|bdi)\b[^>]*>|\s(?:dir|lang)=\"[^\"]*\"",  # Miniflux
        r"</?(?!(?:p|pre|code|table|tr|td|th|tbody|thead)\b)[a-z][^>]*>|\s(?:dir|lang|class)=\"[^\"]*\"",  # CommaFeed
    ],
)
def test_content_reads_right_after_a_reader_stripped_it(sample, shown, strip):  # F8
    for language, item in entries(sample):
        page = shown(f'<div id="x" dir="auto">{re.sub(strip, "", item["content_html"])}</div>')
        direction = page.evaluate("getComputedStyle(document.getElementById('x')).direction")
        assert ("ltr" if language == "en" else "rtl") == direction, item["title"]


def test_an_independent_reader_sees_the_same_in_all_three_feeds(sample):  # F3
    rss = feedparser.parse((sample / "feeds" / "rss.xml").read_bytes()).entries
    atom = feedparser.parse((sample / "feeds" / "atom.xml").read_bytes()).entries
    feed = [item for _, item in entries(sample)]

    assert [e.id for e in rss] == [e.id for e in atom] == [item["id"] for item in feed]
    assert [e.title for e in rss] == [e.title for e in atom] == [item["title"] for item in feed]
    assert [e.published_parsed for e in rss] == [e.published_parsed for e in atom]
