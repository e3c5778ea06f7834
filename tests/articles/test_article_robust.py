"""Whatever the bytes are: a Manuscript or Unreadable, never another exception, and in time linear in them (X14)."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import frontmatter, markdown
from publisher.articles.parse import Rules, body, parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf, Manuscript
from tests.patience import took

RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
ENDINGS = st.sampled_from(("txt", "md", "mdx", "html", "docx"))
PIECES = st.sampled_from([
    "---\n", "+++\n", "title: خبر\n", "date: 2024-05-01\n", "tags: [أ، ب]\n", "- خبر\n", "# عنوان\n", "\n",
    "خبر ", "[^1]", "[^1]: x\n", "| a | b |\n|---|---|\n", "```\n", "<div>", "</p>", "<p dir=rtl lang=x>", "<!--",
    "&#0;", "&amp;", "\\", '"', "{", "}", "\u2028", "\u202e", "\u200f", "\x01", "\r", "\t", "> ", "<h1>",
    "<title>x</title>", "<html lang=zz>", "*", ": ",
])  # fmt: skip
NAMES = st.sampled_from(("title", "date", "tags", "slug", "lang", "id", "summary", "author"))


def outcome(leaf: Leaf) -> Manuscript | Unreadable:
    try:
        manuscript = parse(leaf, RULES)
    except Unreadable as refused:
        assert refused.what
        assert refused.mend
        with pytest.raises(Unreadable):
            body(leaf, RULES)
        return refused
    blocks = body(leaf, RULES).blocks
    assert manuscript.title
    assert all(block.html.startswith("<") for block in blocks)
    for text in (
        manuscript.title,
        manuscript.summary,
        *manuscript.categories,
        *(block.html for block in blocks),
    ):
        text.encode()  # no lone surrogates
    assert "\n" not in manuscript.title + manuscript.summary + "".join(manuscript.categories)
    return manuscript


@given(st.binary(), ENDINGS)
def test_any_bytes(data: bytes, ending: str) -> None:
    outcome(Leaf(f"a.{ending}", data))


@given(st.lists(PIECES, max_size=40).map("".join), ENDINGS)
def test_any_mixture_of_what_articles_are_made_of(text: str, ending: str) -> None:
    outcome(Leaf(f"a.{ending}", text.encode()))


@given(st.text(), ENDINGS)
def test_any_front_matter(head: str, ending: str) -> None:
    outcome(Leaf(f"a.{ending}", f"---\n{head}\n---\nخبر\n".encode("utf-8", "surrogatepass")))


@given(
    st.dictionaries(
        st.sampled_from(("title", "date", "tags", "slug", "lang", "id", "summary", "author")), st.text()
    )
)
def test_any_quoted_values(fields: dict[str, str]) -> None:
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items())
    outcome(Leaf("a.md", f"---\n{head}---\nخبر\n".encode()))


HOSTILE = {
    "brackets.md": "[" * 100_000,
    "images.md": "![" * 50_000,
    "emphasis.md": "*a **a " * 15_000,
    "quotes.md": ">" * 40_000 + " x",
    "lists.md": "\n".join(" " * depth + "- x" for depth in range(500)),
    "ticks.md": "a`b" * 30_000,
    "table.md": "|" + "a|" * 5_000 + "\n|" + "-|" * 5_000 + "\n",
    "footnotes.md": "[^a]: x\n" * 10_000,
    "keys.md": "---\n" + "a" * 60_000 + "\n---\n",
    "comments.md": "---\ntitle: " + "a #" * 20_000 + "\n---\n",
    "headers.md": "Title: x\n" + "a: b\n" * 40_000,
    "open.md": "---\na: b\n" + "x\n" * 50_000,
    "nested.md": "---\ntitle: " + "[" * 20_000 + "]" * 20_000 + "\n---\nx",
    "laughs.md": "---\na: &a [l,l,l,l]\n" + "b: &b [*a,*a]\n" * 20 + "---\nx",
    "divs.html": "<div>" * 20_000,
    "paragraphs.html": "<p>x" * 20_000,
    "entities.html": "&" * 60_000,
    "attributes.html": "<p " + "a=b " * 20_000,
    "tags.txt": "<" + "a" * 200_000,
    "lines.txt": "خ\n" * 20_000,
    "line.txt": "خبر " * 100_000,
    "embeddings.txt": "\u202aa\u202c" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_takes_no_longer_than_two_seconds(name: str) -> None:
    leaf = Leaf(name, HOSTILE[name].encode())

    assert took(lambda: outcome(leaf), 2) < 2


def test_file_with_more_markup_than_an_article_has_is_refused() -> None:
    refused = outcome(Leaf("a.txt", "خ\n".encode() * 60_000))

    assert isinstance(refused, Unreadable)
    assert "50,000" in refused.what


def test_panic_of_a_library_is_one_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})

    def panics(*_: object, **__: object) -> str:
        raise panic("index out of bounds")

    monkeypatch.setattr(markdown, "html", panics)

    with pytest.raises(Unreadable, match="PanicException"):
        parse(Leaf("a.md", b"x"), RULES)


def test_large_front_matter_is_refused() -> None:
    text = "---\ntitle: " + "خبر " * 20_000 + "\n---\nx"

    with pytest.raises(Unreadable, match="64 kB"):
        frontmatter.split(text, "markdown")


def test_hash_is_of_the_text_and_not_of_its_encoding() -> None:
    text = "خبر\nنص الخبر هنا.\n"
    twins = (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace("\n", "\r\n").encode(),
    )
    hashes = {parse(Leaf("a.txt", data), RULES).content_hash for data in twins}

    assert len(hashes) == 1
    assert hashes != {parse(Leaf("a.txt", text.replace("نص", "متن").encode()), RULES).content_hash}


def test_encodings_of_newsrooms_are_read_with_a_warning() -> None:
    arabic = "افتتاح المكتبة العامة في المدينة\nقال رئيس البلدية إن المكتبة مفتوحة للجميع.\n"
    manuscript = parse(Leaf("a.txt", arabic.encode("cp1256")), RULES)

    assert manuscript.title == "افتتاح المكتبة العامة في المدينة"
    assert [warning.what.partition(";")[0] for warning in manuscript.warnings] == ["read as windows-1256"]


def test_bad_byte_is_named_with_its_line() -> None:
    data = "خبر\nنص".encode() + b"\xff" + " آخر.\n".encode()

    with pytest.raises(Unreadable, match=r"0xFF.*byte 11") as refused:
        parse(Leaf("a.txt", data), RULES)

    assert refused.value.line == 2


def test_body_is_in_the_language_it_is_given() -> None:
    found = body(Leaf("a.txt", "خبر\n2024\n".encode()), RULES, "fa")

    assert (found.language, found.direction) == ("fa", "rtl")
    assert [(block.language, block.direction) for block in found.blocks] == [("fa", "rtl")]


@pytest.mark.parametrize("name", ["\udcce\udcc8.md", "\u202e.md", "-.md", "a\n\x1b.md"])
def test_picture_without_words_is_named_after_its_file_if_that_has_a_name(name: str) -> None:  # A4
    found = outcome(Leaf(name, b"![](a.png)"))

    assert ("a" if name.startswith("a") else None) == getattr(found, "title", None)


def test_long_declared_title_is_cut() -> None:  # A4
    found = parse(Leaf("a.md", f"---\ntitle: {'خبر ' * 1000}\n---\nx\n".encode()), RULES)

    assert len(found.title) <= 500
    assert found.title.endswith("خبر…")


def test_file_of_another_kind_is_refused() -> None:
    with pytest.raises(Unreadable, match="not an article"):
        parse(Leaf("a.odt", b"PK"), RULES)
