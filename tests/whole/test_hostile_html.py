"""Hostile articles in every field, format and output: nothing runs, nothing is asked for, nothing of it is markup
that may not be (threat 1). Judged by two HTML parsers, Chromium's and libxml2's, and by loading it all."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from lxml import html as libxml2

from publisher.articles import blocks
from publisher.text import html
from tests.commands import nashir
from tests.whole.payloads import OVERLONG, PAYLOADS

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
TEMPLATE = "{{7*7}}"
FEW = {*range(0, len(PAYLOADS), 10), PAYLOADS.index(TEMPLATE)}  # as many as one letter holds
LETTER = '[[newsletters]]\ncategories = ["few"]\nname = "few"\ntitle = "few"\nschedule = "daily 07:00"\nmax_items = 99'
SKELETON = ["html", "head", "body"]  # of every document
REFUSED = 10  # NUL bytes, and one file that is no UTF-8
FORBIDDEN = re.findall(
    r"\w+",
    "applet area base body button canvas dialog embed fencedframe form frame frameset head html iframe image input"
    " isindex keygen link listing map marquee math meta noembed noframes noscript object param plaintext portal"
    " script select slot style svg template textarea title xmp",
)
URLS = (
    "href",
    "src",
    "poster",
    "cite",
    "srcset",
    "action",
    "formaction",
    "data",
    "background",
    "ping",
    "xlink:href",
)
SCHEMES = ("http:", "https:", "mailto:")

# Every document in a frame of its own; what ran, and what stands in it that may not.
LOAD = """async ([documents, forbidden, urls, schemes]) => {
    const found = []
    const load = ([name, markup, allowed]) => new Promise(done => {
        const frame = document.createElement('iframe')
        frame.onload = () => {
            const inside = frame.contentDocument
            for (const element of inside.querySelectorAll('*')) {
                const tag = element.localName
                const seen = [...element.attributes].map(each => each.name)
                const odd = seen.filter(name => /^on|^(style|srcdoc|target|name|usemap|popover|is|ping)$/i.test(name))
                if (forbidden.includes(tag)) odd.unshift('')
                for (const each of odd) {
                    const what = each ? `${tag}[${each}]` : tag
                    if (!allowed.includes(what)) found.push([name, what, element.outerHTML.slice(0, 120)])
                }
                for (const key of urls) {
                    if (!element.hasAttribute(key)) continue
                    const value = element.getAttribute(key)
                    for (const each of key === 'srcset' ? value.split(/,\\s+/) : [value]) {
                        let scheme = 'none'
                        try { scheme = new URL(each.trim().split(' ')[0], 'https://x.test/').protocol } catch {}
                        if (!schemes.includes(scheme)) found.push([name, key, value])
                    }
                }
                if (['SUMMARY', 'A', 'TD'].includes(element.tagName)) element.dispatchEvent(new Event('click'))
                for (const event of ['mouseover', 'focus', 'error', 'toggle', 'pointerover'])
                    element.dispatchEvent(new Event(event))
            }
            setTimeout(() => { frame.remove(); done() }, 30)
        }
        frame.srcdoc = markup
        document.body.append(frame)
    })
    for (let at = 0; at < documents.length; at += 60) await Promise.all(documents.slice(at, at + 60).map(load))
    return [found, window.hits || []]
}"""
TRAP = """(() => {
    const hit = what => { try { (window.top.hits ??= []).push(what) } catch { } }
    for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => hit(name)
})()"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of nothing but payloads: each in the fields and the text of a file of every format."""
    folder = tmp_path_factory.mktemp("hostile") / "site"
    nashir("init", folder).check_returncode()
    articles = folder / "articles"
    (articles / "welcome.md").unlink()
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8") + LETTER, "utf-8")
    for number, payload in enumerate(PAYLOADS):
        fields: dict[str, object] = {
            "title": f"خبر {payload}",
            "author": payload,
            "summary": f"ملخص {payload}",
        }
        if number in FEW:
            fields["categories"] = ["few", payload]
            _write(articles / f"t{number}.txt", f"خبر {number} {payload}\nفقرة أولى.\n{payload}\n")
        front = "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items())
        head = f"---\n{front}slug: m{number}\ndate: 2026-01-01\n---\n"
        alt = re.sub(r"[\[\]\n]", "", payload)
        _write(
            articles / f"m{number}.md", f"{head}فقرة أولى.\n\n{payload}\n\n![{alt}](x.jpg)\n\nفقرة أخيرة.\n"
        )
        if number % 2:
            continue
        page = f'<html lang="ar"><head><title>خبر {number}</title></head><body><p>فقرة أولى.</p>{payload}<p>أخيرة.</p>'
        _write(articles / f"h{number}.html", page)
    (articles / "overlong.md").write_bytes("عنوان\n\nنص ".encode() + OVERLONG)
    settings = {"NASHIR__FEEDS__ENTRIES": "1000"}
    for verb in (["publish"], ["preview", "--no-open", "few"]):
        nashir("-C", folder, *verb, environment=settings).check_returncode()
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def load(browser: Any) -> Any:
    """Loads documents, (name, HTML, what else may stand in it); gives what may not, and what they asked for."""
    asked: list[str] = []
    page = browser.new_page()
    page.add_init_script(TRAP)
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.context.set_offline(True)  # nothing leaves the machine, and nothing is waited for

    def loaded(documents: list[tuple[str, str, list[str]]]) -> tuple[list[Any], list[Any], list[str]]:
        asked.clear()
        page.goto("about:blank")
        found, hits = page.evaluate(LOAD, [documents, FORBIDDEN, URLS, SCHEMES])
        return (
            found,
            hits,
            [url for url in asked if "evil.test" in url or not re.match("https?:|about:", url)],
        )

    yield loaded
    page.close()


def entries(site: Path) -> list[tuple[str, str, str, str]]:
    """(URL, title, summary as HTML, content) of every entry of every feed."""
    feeds = site / "feeds"
    rss: Any = etree.parse(feeds / "rss.xml")
    atom: Any = etree.parse(feeds / "atom.xml")
    found = [
        [item.findtext(name) or "" for name in ("link", "title", "description", CONTENT)]
        for item in rss.iter("item")
    ]
    for item in atom.iter(f"{ATOM}entry"):
        title, summary, content = (
            item.findtext(ATOM + name) or "" for name in ("title", "summary", "content")
        )
        link = item.find(f"{ATOM}link[@rel='alternate']").get("href")
        found.append([link, title, _text(summary), content])
    for item in json.loads((feeds / "feed.json").read_bytes())["items"]:
        found.append([item["url"], item["title"], _text(item.get("summary", "")), item["content_html"]])
    return [(url, title, summary, content) for url, title, summary, content in found]


def _text(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def test_the_trap_catches(load: Any) -> None:
    """What is not cleaned is seen: or nothing below could fail."""
    found, hits, asked = load(
        [
            ("runs", "<script>alert(1)</script>", []),
            ("reacts", "<img src=x onerror=alert(1)>", []),
            ("asks", "<iframe src=https://evil.test/caught></iframe>", []),
            ("points", "<a href='java\tscript:alert(1)'>x</a>", []),
        ]
    )

    assert {"runs", "reacts", "asks", "points"} == {name for name, *_ in found if name}
    assert len(hits) >= 2
    assert "https://evil.test/caught" in asked


def test_nothing_hostile_comes_out_of_a_feed(site: Path, load: Any) -> None:
    shown = entries(site)
    assert len(shown) > 3 * (1.5 * len(PAYLOADS) - REFUSED)
    # A title is plain text in all three formats (F12): a reader escapes it.
    documents = {
        f"{_text(title)}<div>{summary}</div><div>{content}</div>": url
        for url, title, summary, content in shown
    }

    found, hits, asked = load([(url, markup, SKELETON) for markup, url in documents.items()])

    assert ([], [], []) == (found, hits, asked)


def test_another_parser_sees_nothing_hostile_in_a_feed_either(site: Path) -> None:
    for url, _, summary, content in entries(site):
        root = libxml2.fromstring(f"<div>{summary}{content}</div>")
        for element in root.iter(etree.Element):
            assert element.tag not in FORBIDDEN, (url, element.tag)
            assert not [name for name in element.attrib if name.startswith("on") or name == "style"], url
            for name in set(URLS) & set(element.attrib):
                value = element.get(name, "").strip().lower()
                assert re.match(r"https?://|mailto:", value), (url, name, value)


def test_nothing_hostile_comes_out_of_a_page_or_a_letter(site: Path, load: Any) -> None:
    pages = [
        path for path in sorted((site / "feeds").rglob("*.html")) if not path.parent.name.startswith("خبر")
    ]
    pages.append(site / "state" / "preview" / "few.html")
    assert len(pages) > len(PAYLOADS)
    ours = [*SKELETON, "title", "meta", "meta[name]", "link", "input"]
    ours += [
        "form",
        "input[name]",
        "button",
        "script",
    ]  # the sign-up box; what is told to machines, which does not run
    styled = re.findall(r"\w+", "a body div h1 h2 h3 html img p span table td th tr ul li")
    letter = ["style", *(f"{tag}[style]" for tag in styled)]
    documents = [
        (str(path.relative_to(site)), path.read_text("utf-8"), ours + letter * ("preview" in path.parts))
        for path in pages
    ]

    found, hits, asked = load(documents)

    assert ([], [], []) == (found, hits, asked)


@pytest.mark.parametrize("medium", ["page", "letter"])
def test_nothing_hostile_comes_out_of_a_text(load: Any, medium: html.Medium) -> None:
    documents = []
    for number, payload in enumerate(PAYLOADS):
        text = blocks.body(html.split(html.sanitise(f"<p>خبر</p>{payload}")), "ar")
        documents.append((str(number), html.render(text, medium, "https://x.test/"), SKELETON))

    found, hits, asked = load(documents)

    assert ([], [], []) == (found, hits, asked)


def test_templates_in_an_article_are_words(site: Path) -> None:
    number = PAYLOADS.index(TEMPLATE)
    shown = [(url, title, summary + content) for url, title, summary, content in entries(site)]
    ours = [each for each in shown if each[0].endswith((f"/m{number}/",))]

    assert 3 == len(ours)
    for _, title, text in ours:
        assert TEMPLATE in title
        assert 2 <= text.count(TEMPLATE)
        assert "49" not in title + text
    page = (site / "feeds" / f"m{number}" / "index.html").read_text("utf-8")
    letter = (site / "state" / "preview" / "few.html").read_text("utf-8")
    assert TEMPLATE in page
    assert TEMPLATE in letter
    assert "49" not in re.sub(r"\d{3,}|[\w-]{20,}|m\d+", "", page)


def test_bytes_that_are_no_utf_8_bring_no_markup_in(site: Path) -> None:
    assert not any("<script" in content for *_, content in entries(site))
    for path in (site / "feeds").rglob("*overlong*/index.html"):
        assert "<script" not in path.read_text("utf-8")
