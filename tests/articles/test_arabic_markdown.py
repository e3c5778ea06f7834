import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import arabic, markdown


def shown(text: str) -> str:
    return markdown.html(text)[0].strip()


@pytest.mark.parametrize(
    "text, start",
    [
        ("\u200f# عنوان", "<h1>عنوان"),
        ("#\u00a0عنوان", "<h1>عنوان"),
        ("#\u200f عنوان", "<h1>عنوان"),
        ("\u200f- أول\n\u200f- ثان", "<ul>\n<li>أول</li>\n<li>ثان"),
        ("-\u00a0أول", "<ul>\n<li>أول"),
        ("\u200e* أول", "<ul>\n<li>أول"),
        ("\u200f> قال", "<blockquote>\n<p>قال"),
        ("\u200f1. أول", "<ol>\n<li>أول"),
        ("١. أول\n٢. ثان", "<ol>\n<li>أول</li>\n<li>ثان"),
        ("۳) سوم\n۴) چهارم", '<ol start="3">\n<li>سوم</li>\n<li>چهارم'),
        ("> ١.\u00a0أول", "<blockquote>\n<ol>\n<li>أول"),
    ],
)
def test_line_begins_what_its_writer_meant(text: str, start: str) -> None:  # A2
    assert shown(text).startswith(start)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("**اليوم،**غدا", "<strong>اليوم،</strong>غدا"),
        ("**«نعم»**وذهب **«لا»**وجاء", "<strong>«نعم»</strong>وذهب <strong>«لا»</strong>وجاء"),
        ("قال**«نعم»** وذهب", "قال<strong>«نعم»</strong> وذهب"),
        ("*نعم،*ثم", "<em>نعم،</em>ثم"),
        ("***نعم!***ثم", "<em><strong>نعم!</strong></em>ثم"),
        ("__نعم،__ثم", "<strong>نعم،</strong>ثم"),
        ("**الأول:**نص، و**الثاني:**نص", "<strong>الأول:</strong>نص، و<strong>الثاني:</strong>نص"),
        ("**نعم!**\u200f ثم", "<strong>نعم!</strong>\u200f ثم"),
    ],
)
def test_emphasis_joined_to_a_word_is_emphasis(text: str, expected: str) -> None:  # A2
    assert f"<p>{expected}</p>" == shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "كلمة*، وأخرى*، نص", "**kwargs و **args", "نص\n٢. نص", "٢٠٢٤. كان", "ملف_(أ)_ب", r"\*\*اليوم،\*\*غدا",
        "«experimental_» أو \"unstable_\". ثم", "می‌خواهیم \u200fنص", "5 ** 3 ** نعم", "**done,**now",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_stays(text: str) -> None:  # A2
    assert text == arabic.mended(text)


@pytest.mark.parametrize(
    "text",
    ["`**اليوم،**غدا`", "    **اليوم،**غدا\n    ١. نص", "```\n\u200f# عنوان\n١. https://example.org\n```",
     "<pre>\n\u200f# عنوان https://example.org\n</pre>", '<a href="https://example.org">https://example.org</a>',
     "[https://example.org](https://example.org)", "<https://example.org/أ>", "[1]: https://example.org/أ"],
)  # fmt: skip
def test_code_links_and_raw_html_stay(text: str) -> None:  # A2
    assert text == arabic.mended(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [("![غروب](غروب البحر.jpg)", "غروب البحر.jpg"), ("[الملف](تقرير عام ٢٠٢٦.pdf )", "تقرير عام ٢٠٢٦.pdf")],
)
def test_a_file_named_with_blanks_is_found(text: str, path: str) -> None:  # A2, A13
    (found,) = re.findall(r'(?:src|href)="([^"]*)"', shown(text))

    assert path == unquote(found)


@pytest.mark.parametrize(
    "text",
    [
        "`[أ](ب ج.jpg)`",
        "[أ](ب ج)",
        '[أ](ب.jpg "ج د.jpg")',
        "(ب ج.jpg)",
    ],
)
def test_what_is_no_file_with_blanks_stays(text: str) -> None:  # A2
    assert text == arabic.mended(text)


@pytest.mark.parametrize(
    "text, url",
    [
        ("زوروا https://example.org/مقال_عن_(شيء)، ثم", "https://example.org/مقال_عن_(شيء)"),
        ("(https://example.org/أ).", "https://example.org/أ"),
        ("هل زرت http://example.org/أ؟", "http://example.org/أ"),
        ("انظر:https://example.org/أ\u200f", "https://example.org/أ"),
        ("**https://example.org/أ،**ثم", "https://example.org/أ"),
    ],
)
def test_bare_address_becomes_a_link_without_what_follows(text: str, url: str) -> None:  # A2
    (link,) = re.findall(r"<a href=\"[^\"]*\">([^<]*)</a>", shown(text))

    assert url == link


PIECES = st.sampled_from(["**", "*", "__", "اليوم", "،", "«", "»", " ", "\n", "\u200f", "# ", "١. ", "- ", "`", "    ",
                          "https://a.b/ج", "[", "](x)", "|", "<b>", "\\", "> ", "\u00a0", "x", "\n\n"])  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_repairs_lose_no_letter_and_change_nothing_twice(text: str) -> None:
    def letters(text: str) -> str:
        return "".join(re.findall(r"[اليومجx]", re.sub(r"</?(?:em|strong)>", "", text)))

    mended = arabic.mended(text)

    assert letters(text) == letters(mended)
