"""Letters of every kind and language as Chromium shows them, whole and after what mail programs take away."""

import json
import re
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from publisher.digests.compose import encoded_size
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT
from tests.digests import letters
from tests.digests.hostile import WORDS, hostile

KINDS = (
    *("digest", "grouped", "article", "correction", "confirm", "welcome", "goodbye"),
    *("links", "yearly", "editors", "notice"),
)
URLS = {
    UNSUBSCRIBE_SLOT: f"{letters.HOME}/u/token",
    PREFERENCES_SLOT: f"{letters.HOME}/preferences/token",
}
ALL = [(kind, language) for language in letters.LANGUAGES for kind in KINDS]
MIXED = [(kind, language) for kind in ("mixed", "guest", "foreign") for language in ("ar", "en")]

# Blocks with text: what their language and direction are, where their words stand in them, and how they look.
LOOK = """() => {
    const hidden = e => e.closest('div[aria-hidden]') || !e.getClientRects().length
    const ground = e => {
        for (; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor
            if (!colour.endsWith(', 0)')) return colour
        }
        return 'rgb(255, 255, 255)'
    }
    const blocks = new Map()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const node = walker.currentNode, own = node.parentElement
        if (!node.data.trim() || node.data === '\\u00a0' || hidden(own)) continue
        let block = own
        while (getComputedStyle(block).display === 'inline') block = block.parentElement
        let inner = block // text that stands in a span as a whole is set as that says
        while (inner.childNodes.length === 1 && inner.firstElementChild) inner = inner.firstElementChild
        const range = document.createRange()
        range.selectNodeContents(node)
        const lines = [...range.getClientRects()].filter(r => r.width)
        const css = getComputedStyle(own)
        const found = blocks.get(block) || {
            text: block.innerText, lang: inner.closest('[lang]')?.lang, direction: getComputedStyle(inner).direction,
            tag: block.tagName, left: 1e9, right: -1e9, size: 1e9, looks: [],
            spacing: css.letterSpacing, style: css.fontStyle, align: getComputedStyle(block).textAlign,
        }
        for (const line of lines) {
            found.left = Math.min(found.left, line.left)
            found.right = Math.max(found.right, line.right)
        }
        found.size = Math.min(found.size, parseFloat(css.fontSize))
        found.looks.push([css.color, ground(own)])
        blocks.set(block, found)
    }
    return [...blocks].map(([block, found]) => {
        const cell = (block.closest('td') || block).getBoundingClientRect()
        return {...found, toLeft: found.left - cell.left, toRight: cell.right - found.right}
    })
}"""
# Where every character of a span stands: an order that changed inside one moves none of its boxes.
PLACES = """() => [...document.querySelectorAll('span')].filter(e => !e.closest('div[aria-hidden]')).flatMap(e =>
    [...e.childNodes].filter(n => n.nodeType === 3).flatMap(n => [...n.data].map((char, at) => {
        const range = document.createRange()
        range.setStart(n, at)
        range.setEnd(n, at + 1)
        const r = range.getBoundingClientRect()
        return [char, r.x, r.y]
    })))"""
BOXES = """() => [...document.body.querySelectorAll('*')].filter(e => !e.closest('div[aria-hidden]')).map(e => {
    const r = e.getBoundingClientRect()
    return [e.tagName, r.x, r.y, r.width, r.height]
})"""
FACTS = """() => ({
    both: [...document.querySelectorAll('*')].filter(e => (e.hasAttribute('dir') || e.style.direction)
        && ['Top', 'Right', 'Bottom', 'Left'].some(side => parseFloat(getComputedStyle(e)['padding' + side]))).length,
    links: document.querySelectorAll('a[dir]').length,
    undirected: [...document.querySelectorAll('a')].filter(a => a.innerText.trim() && !a.querySelector('[dir]')).length,
    targets: [...document.querySelectorAll('a')].map(a => a.getBoundingClientRect()).map(r => [r.width, r.height]),
    names: [...document.querySelectorAll('a:not([aria-hidden])')].map(a =>
        a.getAttribute('aria-label') || a.innerText.trim() || a.querySelector('img')?.alt),
    heads: ['h1', 'h2', 'h3'].map(name => document.querySelectorAll(name).length),
    floats: [...document.querySelectorAll('*')].filter(e => getComputedStyle(e).float !== 'none').length,
})"""
# Quicker than set_content, and the window keeps the scripts that it has.
WRITE = "html => { document.open(); document.write(html); document.close() }"
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
STRIPPED = {
    "dir": "document.querySelectorAll('[dir]').forEach(e => e.removeAttribute('dir'))",
    "style sheets": "document.querySelectorAll('style').forEach(e => e.remove())",
    "css": "document.querySelectorAll('[style]').forEach(e => e.removeAttribute('style'))",
}
RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
LATIN = re.compile("[A-Za-z]")
FORBIDDEN = re.compile(
    r"text-align:\s*(?:start|end|justify)|-inline|var\(|@font-face|<bdi|<base|float\s*:|letter-spacing|italic|@import"
)


@cache
def content(kind: str, language: str) -> Any:
    if kind == "mixed":
        return letters.mixed(language)
    return letters.every(language)[kind]


def html(kind: str, language: str) -> str:
    made = content(kind, language).html
    for slot, url in URLS.items():
        made = made.replace(slot, url)
    return str(made)


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.route("**/*", lambda route: route.fulfill(status=404))
    yield page
    page.close()


@pytest.fixture
def show(page):
    """Shows HTML on the page."""

    def show(text, width=700, scheme="light"):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(WRITE, text)
        return page

    return show


def runs(block: dict[str, Any]) -> str:
    """The direction of a block by its letters; of a word or two, or without letters, by its language."""
    rtl, latin = len(RTL.findall(block["text"])), len(LATIN.findall(block["text"]))
    if rtl > 2 * latin:
        return "rtl"
    if not rtl and latin and len(block["text"].split()) > 2:
        return "ltr"
    return "rtl" if block["lang"] in letters.RTL else "ltr"


def luminance(colour: str) -> float:
    shares = [int(octet) / 255 for octet in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colours: tuple[str, str]) -> float:
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def moved(before: list[Any], after: list[Any], *, by: float = 1.0) -> list[Any]:
    assert [each[0] for each in before] == [each[0] for each in after]
    return [
        (one, other)
        for one, other in zip(before, after, strict=True)
        if any(abs(a - b) > by for a, b in zip(one[1:], other[1:], strict=True))
    ]


@pytest.mark.parametrize(("kind", "language"), ALL + MIXED)
def test_every_block_has_its_direction_and_keeps_it(show, kind, language):  # R1 R5 R9
    text = html(kind, language)
    page = show(text)
    blocks, boxes, places = page.evaluate(LOOK), page.evaluate(BOXES), page.evaluate(PLACES)
    directions = [(each["direction"], each["text"]) for each in blocks]

    assert 5 <= len(blocks)
    for block in blocks:
        assert runs(block) == block["direction"], block["text"]
        assert ("rtl" if block["lang"] in letters.RTL else "ltr") == block["direction"], block["text"]

    for name, strip in STRIPPED.items():
        if name != "css":  # which the style sheets were taken from, before it
            page = show(text)
        page.evaluate(strip)
        left = page.evaluate(LOOK)
        assert directions == [(each["direction"], each["text"]) for each in left], name
        if name != "css":
            assert [] == moved(boxes, page.evaluate(BOXES)), name
            assert [] == moved(places, page.evaluate(PLACES)), name
        for before, after in zip(blocks, left, strict=True):
            side = "toRight" if before["align"] == "right" else "toLeft"
            if before["align"] in ("left", "right"):
                assert after[side] <= 30, (name, before["text"])


@pytest.mark.parametrize(("kind", "language"), ALL + MIXED)
def test_it_has_nothing_that_some_program_or_reader_lacks(show, kind, language):  # R2 R3 R11 M7
    text = html(kind, language)
    page = show(text)
    facts = page.evaluate(FACTS)

    assert [] == FORBIDDEN.findall(text)
    assert (0, 0, 0, 0) == (facts["both"], facts["links"], facts["undirected"], facts["floats"])
    assert encoded_size(content(kind, language).html) <= 95_000
    for width, height in facts["targets"]:
        assert 44 <= width, facts["targets"]
        assert 44 <= height, facts["targets"]
    assert len(set(facts["names"])) == len(facts["names"])
    assert [1, *HEADS.get(kind, (0, 0))] == facts["heads"]
    assert [] == violations(page)


HEADS = {"digest": (3, 0), "guest": (3, 0), "grouped": (3, 5), "editors": (1, 0), "mixed": (6, 0)}


def violations(page: Any, **options: Any) -> list[str]:
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE_FILE_PATH.read_text("utf-8"))
    found = page.evaluate(f"axe.run({json.dumps({'resultTypes': ['violations'], **options})})")["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize(("kind", "language"), ALL + MIXED)
def test_a_narrow_screen_shows_it_by_day_and_by_night(show, kind, language):  # R7 R9 R11
    page = show(html(kind, language), 360)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not page.evaluate(WIDE)
        for block in page.evaluate(LOOK):
            assert 16 <= block["size"], block["text"]
            assert ("normal", "normal") == (block["spacing"], block["style"])
            assert 4.5 <= min(map(contrast, block["looks"])), (scheme, block)
            assert 0 <= block["left"], block["text"]
            assert block["right"] <= 360, block["text"]


@pytest.mark.parametrize(
    ("kind", "language"), [("grouped", "ar"), ("article", "ur"), ("editors", "he"), *MIXED]
)
def test_axe_finds_nothing_at_night(show, kind, language):  # R9 R11
    assert [] == violations(show(html(kind, language), 360, "dark"), runOnly=["color-contrast"])


@cache
def odd(name: str) -> Any:
    return hostile(WORDS[name])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["one long word", "one long Latin word", "an attribute", "controls", "a style"]
)
def test_an_odd_headline_neither_widens_nor_turns_a_letter(show, name, kind):  # R1 threat 1
    page = show(odd(name)[kind].html, 360)

    assert not page.evaluate(WIDE)
    for block in page.evaluate(LOOK):
        assert ("rtl" if block["lang"] in letters.RTL else "ltr") == block["direction"]
        assert 0 <= block["left"] <= block["right"] <= 360, block["text"]
    assert [] == page.evaluate("[...document.querySelectorAll('script, [onerror], [onmouseover]')]")
