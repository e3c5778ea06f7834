"""The Arabic pages: the same commands as the English ones, links that lead somewhere, and nothing that a browser would
set the wrong way round in a line of Arabic."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from lxml import etree
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from publisher.text.bidi import isolate
from tests.test_docs import ROOT, blocks, page

ENGLISH = {
    "README.ar.md": "README.md",
    "docs/ar/getting-started.md": "docs/getting-started.md",
    "docs/ar/right-to-left.md": "docs/right-to-left.md",
}
ARABIC = pytest.mark.parametrize("name", ENGLISH)


def fenced(text: str) -> str:
    """A page with fences round every box: also round a <pre> whose lines have each their own direction."""
    bare = r'(?ms)^<pre dir="auto"><code class="language-(\w+)">(.*?)</code></pre>$'
    return re.sub(bare, lambda found: f"```{found[1]}\n{unescape(found[2])}```", text)


def rendered(name: str) -> etree._Element:
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    return lxml_html.document_fromstring(markdown.render(page(name)))


def around(element: etree._Element) -> Iterator[str]:
    """The directions that are said of an element and of what it stands in, from within."""
    for each in (element, *element.iterancestors()):
        if said := each.get("dir"):
            yield said


@ARABIC
@pytest.mark.parametrize("kind", ["sh", "console", "toml"])
def test_the_commands_are_those_of_the_english_page(name: str, kind: str) -> None:
    assert blocks(page(ENGLISH[name]), kind) == blocks(fenced(page(name)), kind)


def test_the_commands_are_there() -> None:
    text = page("docs/ar/getting-started.md")

    assert 2 == text.count('<pre dir="auto">')
    assert 9 <= len(blocks(fenced(text), "sh"))


@ARABIC
def test_every_link_of_an_arabic_page_leads_somewhere(name: str) -> None:
    text = re.sub(r"(?ms)^```.*?^```|`[^`\n]+`", "", page(name))
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)

    assert ENGLISH[name].rpartition("/")[2] in "".join(targets)
    for target in targets:
        assert ((ROOT / name).parent / target).is_file(), target


def test_the_pages_of_both_languages_lead_to_each_other() -> None:
    assert "](README.ar.md)" in page("README.md")
    assert "](ar/getting-started.md)" in page("docs/getting-started.md")
    assert "](ar/right-to-left.md)" in page("docs/right-to-left.md")


@ARABIC
def test_the_page_is_set_from_the_right_and_its_boxes_from_the_left(name: str) -> None:
    tree = rendered(name)
    boxes = tree.findall(".//pre")

    assert boxes
    for each in tree.iter("p", "li", "td", "h1", "h2"):
        assert "rtl" in around(each), each.text
    for box in boxes:
        said = "".join(box.itertext())
        right_to_left, latin = (re.search(letters, said) for letters in ("[\u0590-\u08ff]", "[A-Za-z]"))
        assert next(around(box)) in (("ltr", "auto") if latin else ("rtl",) if right_to_left else ("ltr",))


@ARABIC
def test_no_code_in_a_line_of_arabic_begins_or_ends_with_a_sign_that_would_move(name: str) -> None:
    for code in rendered(name).iter("code"):
        text = "".join(code.itertext())
        if next(around(code)) != "rtl" or re.search("[\u0590-\u08ff]", text):
            continue
        assert re.fullmatch(r"[A-Za-z](?s:.*)[A-Za-z0-9]|[A-Za-z]", text), text


@ARABIC
def test_no_words_in_a_line_of_arabic_would_be_torn(name: str) -> None:
    """By the rules for articles (F9), whose own tests know what the bidi algorithm does."""
    for element in rendered(name).iter():
        for text, holder in ((element.text, element), (element.tail, element.getparent())):
            if not text or holder is None or next(around(holder), "ltr") != "rtl":
                continue
            if not re.search("[\u0590-\u08ff]", text):
                continue
            assert "<bdi" not in isolate(text, "bdi"), text


@ARABIC
def test_arabic_is_written_with_its_own_signs(name: str) -> None:
    prose = re.sub(r"(?ms)^```.*?^```|^<pre.*?</pre>|<code.*?</code>|`[^`\n]+`", "x", page(name))

    assert [] == re.findall("[\u0620-\u064a] ?[,;?](?= |$)", prose)
    assert [] == re.findall("[\u0620-\u064a] [،؛؟.:](?= |$)", prose)
