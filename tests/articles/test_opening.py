"""Lists read the opening of a text only: they must say what they would say of the whole."""

from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.articles import parse
from publisher.articles.opening import LEAST, MOST, opening
from publisher.model.article import Leaf

RULES = parse.Rules("ar", ZoneInfo("Asia/Baghdad"))
LONG = "فتحت المكتبة أبوابها أمام القراء صباح اليوم بعد عام من الترميم، " * 4
PARTS = (
    LONG,
    "افتتاح المكتبة",
    "# افتتاح المكتبة",
    "## عنوان",
    "عنوان\n---",
    "- بند\n- بند ثان",
    "- بند\n\n  فقرة في البند",
    "١. أول\n٢. ثان",
    "> اقتباس",
    "[رابط](https://example.org/) في جملة",
    "[رابط][1] في جملة",
    "[رابط] في جملة",
    "[1]: https://example.org/",
    "[رابط]: https://example.org/",
    "جملة[^1]",
    "[^1]: حاشية",
    "```\ncode",
    "```",
    "~~~",
    "<div>",
    "</div>",
    "{{< figure src=x.jpg >}}",
    "{% raw %}",
    "| أ | ب |\n|---|---|\n| ١ | ٢ |",
    "    شفرة",
    "![صورة](x.jpg)",
    "**اليوم،**غدا",
    "---",
    "\u200f",
    "&amp; &nbsp;",
    "https://example.org/2024/1",
    "import X from 'y'",
)


def leaf(title: str, summary: str, text: str) -> Leaf:
    head = f"---\ntitle: {title}\ndate: 2026-05-04\nsummary: {summary}\n---\n"
    return Leaf("a.md", f"{head}{text}\n".encode())


@settings(max_examples=600)
@given(
    st.sampled_from(("", "ملخص", LONG * 3, "افتتاح المكتبة")),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=9),
    st.sampled_from(("\n\n", "\n", "\n\n\n")),
)
@example("", ["[رابط]", LONG, LONG, "[رابط]: https://example.org/"], "\n\n")
@example("", ["- بند", LONG, LONG], "\n\n")
@example(LONG * 3, [LONG, LONG, LONG, LONG], "\n\n")
@example("", [LONG, LONG, "![النهر](pic.jpg)"], "\n\n")
@example("", [LONG, LONG, "![النهر][1]", LONG, "[1]: pic.jpg"], "\n\n")
def test_the_opening_says_what_the_whole_text_says(
    summary: str, parts: list[str], between: str
) -> None:  # A11
    found = leaf("افتتاح المكتبة", summary, between.join(parts))
    short = parse.parse(found, RULES)
    with patch.object(parse, "opening", lambda text: text):
        whole = parse.parse(found, RULES)

    assert whole == short


def test_an_opening_is_taken_of_plain_paragraphs_and_of_nothing_else() -> None:
    text = "\n\n".join([LONG] * 20)

    assert LEAST < len(opening(text)) < 1000
    for sign in ("<b>", "{{", "{%"):
        assert opening(text + sign) == text + sign
    for sign in ("![](a.jpg)", "[x](a.pdf)", "[x]( <a b.pdf>)", "[1]: a.jpg"):
        assert opening(text + sign) == text + sign
    for sign in ("[x](https://example.org)", "![](https://example.org/a.jpg)", "[x](#part)"):
        assert len(opening(text + sign)) < 1000
    for sign in ("[x]", "[^1]", "```", "~~~"):
        assert opening(sign + text) == sign + text
    assert opening("س " * MOST) == "س " * MOST
