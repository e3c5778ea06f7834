"""The time to read an article grows with its length and no faster, whatever is repeated in it (X14).

Patterns are the shortest things that parsers of Markdown, HTML, YAML, shortcodes and bidi text look ahead for. The full
size, 5 MB, is tried where NASHIR_SAMPLES says that a long test is wanted.
"""

import os
from collections.abc import Callable
from math import inf
from zoneinfo import ZoneInfo

import pytest

from publisher.articles.parse import Rules, body, parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf
from tests.patience import took

RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
SMALL, FOUR_TIMES, FULL = 20_000, 80_000, 4_900_000
TRIES = 4

REPEATED = [
    "[", "![", "[]", "[a](", "[a](<b", "[^a]: b\n\n", "[^1]", "[a][b] ", "[a]: x\n", "***", "*خ",
    "**خ،**غ ", "**خ،**غ\n", "_a_ ", "\\*", "`", "`a", "```\n", "~~~a\n", "> ", "> a\n", "|",
    "| a | b |\n|---|---|\n", "- a\n", "- ", "١. خ\n", "# خ\n", "a\n=\n", "---\n", "+++\n", "<", "<a ",
    '<a href="x">', "<!--", "<!-- a -->", "<?", "<![CDATA[", "<div>", "<div>\n\n", "<p>", "</p>",
    "<b><i>", "<table>", "<table><tr><td>", "<ul><li>x", "<p><font>x", "<svg><p>", "<math>",
    "<select>", "<template>", "<style>", "<script>", "<textarea>", "<article>x</article>",
    "<header>", "<nav>x", "<article><header>x",
    "<nav><a href=x>x</a></nav>", "<body a=b>", "&", "&amp;", "&nbsp;", "&#1;", "{", "{{<",
    "{{< a >}}\n", '{{< a "', "{%", "{% raw %}", "{% a %}", "{{ a(\n", "{: .a}", "{/*",
    "import a from 'b'\n", "<Foo ", "https://a.b/ج ", "https://a.b/", "a@", "a.", "خبر ", "خ", "«",
    "\xa0", '"', "a 1 ", "-5 ", "#a ", "1", "١", "\u200c", "\u200dخ", "ً", "́", "\u200f",
    "\u200f# خ\n", "\u202b", "\u202bخ\u202c", "\u202bخ\n", "\u2067", "\u2069", "👨\u200d👩", "\n", "\r",
    "\r\n", " ", "\t", "\u2028", "\x0b", "\x01",
]  # fmt: skip
HEADS = [
    "---\ntitle: ",
    "---\ntags: [",
    "---\na: ",
    "---\n",
    "+++\na = ",
    '{"a": ',
    "Title: x\n",
    "<p ",
    "<title>",
]
WITHIN = ['"', "[", "{", "خ، ", "a b\n", "k: v\n", "# ", "\u2067", "\u200f ", "a=b ", "- "]
MADE: dict[str, Callable[[int], str]] = {
    "attributes": lambda size: "<p " + "".join(f"a{number}=b " for number in range(size // 9)) + ">خ",
    "quotations": lambda size: "\n".join(">" * depth + " خ" for depth in range(1, int((2 * size) ** 0.5))),
    "depth": lambda size: "".join(" " * depth + "- خ\n" for depth in range(int((2 * size) ** 0.5))),
    "runs of ticks": lambda size: " ".join("`" * length for length in range(1, int((2 * size) ** 0.5))),
    "footnotes": lambda size: "".join(f"[^{number}] [^{number}]: x\n\n" for number in range(size // 16)),
    "wide table": lambda size: f"{'|a' * (size // 5)}|\n{'|-' * (size // 5)}|\n",
    "isolates": lambda size: (
        "---\ntitle: " + "\u2067" * 9_000 + "خ" + "\u2069" * 9_000 + "\n---\n" + "خ" * (size // 2)
    ),
}


def seconds(text: str, ending: str) -> float:
    """Processor time to read the article and its body."""

    def both() -> None:
        for read in (parse, body):
            try:
                read(Leaf(f"a.{ending}", text.encode()), RULES)
            except Unreadable as refused:
                assert refused.mend

    return took(both, 0, 1)


def assert_linear(make: Callable[[int], str], ending: str) -> None:
    """The best of a few tries: a loaded machine makes any one of them slow, a quadratic reader all."""
    small, large = make(SMALL), make(FOUR_TIMES)
    best = inf
    for _ in range(TRIES):
        best = min(best, seconds(large, ending) / max(seconds(small, ending), 0.02))
        if best < 8:
            break

    assert best < 8, "four times the text took eight times the time"
    if "NASHIR_SAMPLES" in os.environ:
        assert seconds(make(FULL), ending) < 2 * 2  # two readings


def endings(unit: str) -> list[str]:
    """The kinds of file that this is more than words to."""
    program, markup = any(sign in unit for sign in ("{", "<", "`", "import")), "<" in unit or "&" in unit
    return ["md", *["mdx"] * program, *["html"] * markup, *["txt"] * (not markup)]


@pytest.mark.parametrize(
    ("unit", "ending"), [(unit, ending) for unit in REPEATED for ending in endings(unit)]
)
def test_repeated(unit: str, ending: str) -> None:
    assert_linear(lambda size: f"خبر {unit * (size // len(unit.encode()))}", ending)


@pytest.mark.parametrize("unit", WITHIN)
@pytest.mark.parametrize("head", HEADS)
def test_repeated_in_a_head(head: str, unit: str) -> None:
    assert_linear(lambda size: head + unit * (size // len(unit.encode())), "md")


@pytest.mark.parametrize("name", MADE)
def test_made(name: str) -> None:
    assert_linear(MADE[name], "md")
