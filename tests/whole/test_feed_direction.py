"""What readers of the feeds see in Chromium: the direction of titles, summaries and texts, and the order of the
signs on the screen; as written, and after what readers strip. The oracles are drawings by hand (shapes.py) and
python-bidi, which is another implementation of UAX #9 than the browser's."""

import html
import json
import re
from typing import Any, NamedTuple

import pytest
import regex
from bidi import get_display
from lxml import etree

from tests.commands import nashir
from tests.whole.shapes import Shape, seen, shapes, visible, words

SHAPES = shapes()
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
FORMATS = ("rss", "atom", "json")
STRIPS = {
    # What two readers leave of a content, as measured: Miniflux, and CommaFeed.
    "no div, span, bdi, dir, lang": r"</?(?:div|span|bdi)\b[^>]*>|\s(?:dir|lang)=\"[^\"]*\"",
    "only p, pre, code, tables": r"</?(?!(?:p|pre|code|table|tr|td|th|tbody|thead)\b)[a-z][^>]*>"
    r"|\s(?:dir|lang|class)=\"[^\"]*\"",
}

# For each element of the page that *selector* finds: its direction, and its signs from left to right.
MEASURE = """selector => {
    const graphemes = new Intl.Segmenter('ar', {granularity: 'grapheme'})
    return [...document.querySelectorAll(selector)].map(element => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
        const signs = []
        while (walker.nextNode()) {
            for (const {segment, index} of graphemes.segment(walker.currentNode.data)) {
                const sign = segment.replace(/[\\s\\u200c\\u200e\\u200f\\u2066-\\u2069]/gu, '')
                if (!sign) continue
                const range = document.createRange()
                range.setStart(walker.currentNode, index)
                range.setEnd(walker.currentNode, index + segment.length)
                const box = range.getBoundingClientRect()
                signs.push([box.left + box.width / 2, sign])
            }
        }
        signs.sort((a, b) => a[0] - b[0])
        return [element.id, getComputedStyle(element).direction, signs.map(sign => sign[1])]
    })
}"""
# The blocks with text of their own.
MARK_BLOCKS = """() => document.querySelectorAll('section').forEach(section => {
    let number = 0
    const texts = element => [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim())
    const inline = element => ['inline', 'contents'].includes(getComputedStyle(element).display)
    const holds = e => !inline(e) && (texts(e) || [...e.children].some(c => inline(c) && c.textContent.trim()))
    for (const element of section.querySelectorAll('*'))
        if (holds(element)) { element.id = `${section.id} ${number++}`; element.classList.add('block') }
})"""


class Item(NamedTuple):
    """What a feed says of an article; *summary* and *content* as HTML."""

    title: str
    summary: str
    content: str


class Seen(NamedTuple):
    direction: str
    signs: list[str]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Item]]:
    """Every shape, published by the real command: by format and name."""
    folder = tmp_path_factory.mktemp("shapes") / "site"
    nashir("init", folder).check_returncode()
    (folder / "articles" / "welcome.md").unlink()
    for name, shape in SHAPES.items():
        front = {"title": words(shape.title), "summary": words(shape.summary), "language": shape.language}
        head = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in front.items())
        text = f"---\n{head}slug: {name}\ndate: 2026-01-01\n---\n{shape.body}\n"
        (folder / "articles" / f"{name}.md").write_text(text, "utf-8")
    nashir("-C", folder, "publish", environment={"NASHIR__FEEDS__ENTRIES": "500"}).check_returncode()
    return {
        "rss": _rss(etree.parse(folder / "feeds" / "rss.xml")),
        "atom": _atom(etree.parse(folder / "feeds" / "atom.xml")),
        "json": _json(json.loads((folder / "feeds" / "feed.json").read_text("utf-8"))),
    }


def _name(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[1]


def _rss(feed: Any) -> dict[str, Item]:
    return {
        _name(item.findtext("link")): Item(
            item.findtext("title"), item.findtext("description"), item.findtext(CONTENT)
        )
        for item in feed.iter("item")
    }


def _atom(feed: Any) -> dict[str, Item]:
    return {
        _name(item.find(f"{ATOM}link[@rel='alternate']").get("href")): Item(
            item.findtext(ATOM + "title"),
            html.escape(item.findtext(ATOM + "summary")),
            item.findtext(ATOM + "content"),
        )
        for item in feed.iter(ATOM + "entry")
    }


def _json(feed: dict[str, Any]) -> dict[str, Item]:
    return {
        _name(item["url"]): Item(item["title"], html.escape(item["summary"]), item["content_html"])
        for item in feed["items"]
    }


@pytest.fixture(scope="module")
def measure(browser: Any) -> Any:
    """Shows HTML, and says what the elements of a selector look like: by their ids."""
    page = browser.new_page(viewport={"width": 5000, "height": 900})

    def measured(body: str, selector: str, blocks: bool = False) -> dict[str, Seen]:
        page.set_content(f"<style>* {{ white-space: nowrap }} img {{ display: none }}</style>{body}")
        if blocks:
            page.evaluate(MARK_BLOCKS)
        return {name: Seen(*rest) for name, *rest in page.evaluate(MEASURE, selector)}

    yield measured
    page.close()


def judged(text: str, direction: str) -> list[str]:
    """The signs of *text* from left to right, as python-bidi orders them: the first code point of each."""
    first = "".join(sign[0] for sign in regex.findall(r"\X", text))
    return visible(get_display(first, base_dir="R" if direction == "rtl" else "L"))


def alike(signs: list[str]) -> list[str]:
    """The first code point of each sign; a bracket as its own opening one: a display mirrors them."""
    pairs = str.maketrans(")]}>»›”’", "([{<«‹“‘")
    return [sign[0].translate(pairs) for sign in signs]


def fields(feeds: dict[str, dict[str, Item]], field: str) -> list[tuple[str, Shape, str]]:
    """(an id, the shape, the field's text) of each article in each format."""
    return [
        (f"{kind} {name}", shape, getattr(feeds[kind][name], field))
        for kind in FORMATS
        for name, shape in SHAPES.items()
    ]


def test_there_are_more_than_forty_shapes_in_every_feed(feeds: dict[str, dict[str, Item]]) -> None:
    assert len(SHAPES) > 40
    assert all(set(SHAPES) == set(feeds[kind]) for kind in FORMATS)


def test_titles_read_right_where_readers_say_dir_auto(feeds: Any, measure: Any) -> None:  # F6, F7
    titles = fields(feeds, "title")
    body = "".join(
        f'<p><span dir="auto" id="{name}" style="display: inline-block">{html.escape(title)}</span>'
        for name, _, title in titles
    )
    shown = measure(body, "span")
    for name, shape, _ in titles:
        assert shape.direction == shown[name].direction, name
        # A title is plain text without marks inside: its runs are ordered as UAX #9 orders them.
        assert alike(judged(words(shape.title), shape.direction)) == alike(shown[name].signs), name


def test_summaries_read_as_drawn_where_readers_say_dir_auto(feeds: Any, measure: Any) -> None:  # F6, F7, F9
    summaries = fields(feeds, "summary")
    shown = measure("".join(f'<p dir="auto" id="{name}">{text}</p>' for name, _, text in summaries), "p")
    wrong = []
    for name, shape, _ in summaries:
        assert shape.direction == shown[name].direction, name
        line = seen(shape.summary)
        if line != shown[name].signs:
            wrong.append((name, "".join(line), "".join(shown[name].signs)))
    assert [] == wrong, "\n".join(map(str, wrong))


def test_every_block_reads_as_drawn(feeds: Any, measure: Any) -> None:  # F7, F8, F9
    contents = fields(feeds, "content")
    page = "".join(f'<section dir="auto" id="{name}">{content}</section>' for name, _, content in contents)
    shown = measure(page, ".block", blocks=True)
    wrong: list[tuple[str, list[Seen], list[Seen]]] = []
    for name, shape, _ in contents:
        blocks = [measured for id_, measured in shown.items() if id_.rsplit(" ", 1)[0] == name]
        drawn = [Seen("ltr" if line.startswith(">") else "rtl", seen(line)) for line in shape.blocks]
        if drawn != blocks:
            wrong.append((name, drawn, blocks))
    assert [] == wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("strip", STRIPS.values(), ids=STRIPS)
def test_content_reads_right_after_a_reader_stripped_it(feeds: Any, measure: Any, strip: str) -> None:  # F8
    contents = fields(feeds, "content")
    stripped = {name: re.sub(strip, "", content) for name, _, content in contents}
    assert not any(re.search(r"<div|<bdi|\sdir=", content) for content in stripped.values())
    shown = measure(
        "".join(f'<div dir="auto" id="{name}">{content}</div>' for name, content in stripped.items()),
        "body > div",
    )
    single = measure(
        "".join(f'<section dir="auto" id="{name}">{content}</section>' for name, content in stripped.items()),
        ".block",
        blocks=True,
    )
    for name, shape, _ in contents:
        assert shape.direction == shown[name].direction, name
        if name.split()[1].startswith("lead-"):  # one line of words: the full stop stands at its end
            line = judged(words(shape.blocks[0]), shape.direction)
            assert alike(line) == alike(single[f"{name} 0"].signs), name


def test_the_judge_and_the_drawings_find_faults() -> None:
    """A line in the wrong direction, and a run that was not held together, look different from the drawing."""
    assert seen("ما هو ⟦C++⟧؟") == [*"؟C++وهام"]
    assert alike(judged("ما هو C++؟", "rtl")) == [*"؟++Cوهام"]
    assert alike(judged("ما هو C++؟", "ltr")) != alike(judged("ما هو C++؟", "rtl"))
