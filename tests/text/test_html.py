"""The readers here are html.parser and a first-strong check of our own, not the functions under test."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from publisher.model.article import Block, Body, Direction
from publisher.text.html import Medium, plain, render, sanitise, split
from tests.patience import took

BASE = "https://news.example/story/"
RLM = "\u200f"


def body(*blocks: str, language: str = "ar", direction: Direction = "rtl") -> Body:
    return Body(tuple(Block(html, language, direction) for html in blocks), language, direction)


def feed(*blocks: str) -> str:
    return render(body(*blocks), "feed", BASE)


def inside(html: str) -> str:
    """What an Arabic feed shows of one block."""
    found = feed("<p>أولا</p>", html)
    begin, end = '<div dir="rtl" lang="ar"><p>أولا</p>', "</div>"
    assert found.startswith(begin) and found.endswith(end)
    return found[len(begin) : -len(end)]


class Words(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def first_strong_of(html: str) -> str | None:
    text = re.sub("[\u2066-\u2068][^\u2066-\u2069]*\u2069", "", Words(html).text)
    return next((kind for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL")), None)


def stripped(html: str, keep: str) -> str:
    """What a reader's sanitiser leaves: no dir, no lang, and only the tags in *keep*."""
    root = lxml_html.fragment_fromstring(html, create_parent="section")
    for element in list(root.iterdescendants()):
        for name in ("dir", "lang"):
            element.attrib.pop(name, None)
        if element.tag not in keep.split():
            element.drop_tag()
    return etree.tostring(root, encoding="unicode", method="html")


def test_one_allow_list_for_all() -> None:
    dirty = (
        '<script>x</script><style>x</style><iframe src="//e.example">x</iframe><svg><text>x</text></svg>'
        '<p onclick="x" style="x" class="x" dir="rtl" lang="fa"><bdi>آ</bdi><a href="javascript:x">ب</a>'
        '<a href="https://a.example/ج">پ</a><bdo dir="rtl">abc</bdo><font>د</font></p><form><input></form>'
        '<figure><img src="a.png" alt="ه" onerror="x"><figcaption>و</figcaption></figure>'
        '<table><tr><td colspan="2">ز</td></tr></table><audio src="a.mp3" controls></audio>'
        '<video src="v.mp4" poster="p.png"></video><img src="data:image/png;base64,x"><!-- x -->'
    )

    assert sanitise(dirty) == (
        '<p dir="rtl" lang="fa"><bdi>آ</bdi><a>ب</a><a href="https://a.example/ج">پ</a>abcد</p>'
        '<figure><img src="a.png" alt="ه"><figcaption>و</figcaption></figure>'
        '<table><tbody><tr><td colspan="2">ز</td></tr></tbody></table><audio src="a.mp3" controls=""></audio>'
        '<video src="v.mp4" poster="p.png"></video><img>'
    )


def test_entities_bring_no_forbidden_character_back() -> None:
    found = sanitise("<p>&#1;&#xFDD0;unsubscribe&#xFDD1;&#x202E;abc&#xFFFE;&#xD800;&amp;&lt;b&gt;&nbsp;</p>")

    assert found == "<p>unsubscribeabc&amp;&lt;b&gt;&nbsp;</p>"


@pytest.mark.parametrize(
    "unit", ["<div>", "<b>", "<blockquote><ul><li>", "<div title='>'>", "<b></p>", "<a href=x>", "<a"]
)
def test_deep_nesting_takes_no_time(unit: str) -> None:
    found = [""]

    def show() -> None:
        blocks = split(sanitise(unit * (200_000 // len(unit)) + "خبر"))
        found[0] = render(body(*blocks), "page", BASE)

    assert took(show, 6) < 6
    assert unit == "<a" or "خبر" in found[0]


def test_a_fragment_is_split_into_its_blocks() -> None:
    fragment = (
        " أ <b>ب</b><p>ج</p> د<br>ه <h2>و</h2><p> </p><p>&nbsp;</p>"
        "<div><p>ز</p>ح</div><hr><div dir='ltr'><p>x</p></div>"
    )

    assert split(sanitise(fragment)) == [
        "<p>أ <b>ب</b></p>",
        "<p>ج</p>",
        "<p>د<br>ه </p>",
        "<h2>و</h2>",
        "<p>ز</p>",
        "<p>ح</p>",
        "<hr>",
        '<div dir="ltr"><p>x</p></div>',
    ]


def test_a_picture_alone_is_a_block() -> None:
    assert split('<img src="a.png"><p></p><figure><img src="b.png"></figure>') == [
        '<p><img src="a.png"></p>',
        '<figure><img src="b.png"></figure>',
    ]


def test_a_link_around_blocks_stands_in_no_paragraph() -> None:
    assert split('<a href="x"><h2>أ</h2><p>ب</p></a> ج') == [
        '<div><a href="x"><h2>أ</h2><p>ب</p></a> ج</div>'
    ]


def test_plain_is_the_words_on_one_line() -> None:
    html = "<h2>أ</h2><p>ب&amp;ج &lt;د&gt;<br>ه\n و<b>ز</b></p><pre><code>x = 1\ny</code></pre><img alt='لا'><td>ح</td>"

    assert plain(html) == "أ ب&ج <د> ه وز x = 1 y ح"
    assert plain(" أ\n ب ") == "أ ب"


def test_content_stands_in_one_element_that_says_direction_and_language() -> None:
    assert feed("<p>خبر</p>") == '<div dir="rtl" lang="ar"><p>خبر</p></div>'  # F8
    assert (
        render(body("<p>#tag C++</p>", language="en-GB", direction="ltr"), "feed", BASE)
        == '<div dir="ltr" lang="en"><p>#tag C++</p></div>'
    )  # F7: nothing is marked


def test_a_block_that_differs_says_so() -> None:
    mixed = Body(
        (
            Block("<p>خبر</p>", "ar", "rtl"),
            Block("<p>Hello #1a</p>", "en", "ltr"),
            Block("<p>خبری</p>", "fa-AF", "rtl"),
        ),
        "ar",
        "rtl",
    )

    assert render(mixed, "page", BASE) == (
        '<div dir="rtl" lang="ar"><p>خبر</p><p dir="ltr" lang="en">Hello #1a</p><p lang="fa">خبری</p></div>'
    )  # A7


@pytest.mark.parametrize(
    "first",
    [
        "<p>CNN – قالت الشبكة</p>",
        "<p>«CNN» تعلن</p>",
        "<p>#Apple تكشف</p>",
        '<p><a href="https://r.example/">Reuters</a> خبر</p>',
        '<p><img src="x.png" alt="خبر"> By <b>John</b> خبر</p>',
        "<ul><li>Visual C++</li><li>خبر</li></ul>",
        "<pre><code>ls -l</code></pre>",
        "<table><tbody><tr><td>USD</td><td>دولار</td></tr></tbody></table>",
        "<h2>iPhone 17</h2>",
        "<p>2024</p>",
        "<p>\u2066CNN\u2069 Reuters خبر</p>",
        '<p dir="ltr">Hello</p>',
        '<figure><img src="x.png"><figcaption>Photo: AFP</figcaption></figure>',
        "<table><tbody><tr><td><p></p>USD <p>خبر</p></td></tr></tbody></table>",
        '<p><img src="x.png"></p>',
        "<hr>",
    ],
)
@pytest.mark.parametrize("medium", ["feed", "page", "letter"])
def test_the_first_strong_character_is_right_to_left(first: str, medium: Medium) -> None:
    found = render(body(first, "<p>Then خبر</p>"), medium, BASE)

    assert first_strong_of(found) == "R"  # F8
    for keep in ("p h2 ul li a b img table tbody tr td pre code figure", "p pre code table", ""):
        assert first_strong_of(stripped(found, keep)) == "R"
    assert medium == "letter" or Words(found).text.count(RLM) == 1


def test_no_mark_stands_where_none_is_needed() -> None:
    found = feed("<p>2024: خبر</p>", "<p>CNN</p>")

    assert RLM not in found  # F8


def test_an_empty_body_is_right_to_left_too() -> None:
    assert f'<div dir="rtl" lang="ar">{RLM}</div>' == feed()


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>لغة C++ و #tag</p>", '<p>لغة <bdi dir="ltr">C++</bdi> و <bdi dir="ltr">#tag</bdi></p>'),
        ("<p>لغة <b>C++</b> ثم</p>", '<p>لغة <b><bdi dir="ltr">C++</bdi></b> ثم</p>'),
        ("<p>لغة Visual <b>C++</b> ثم</p>", '<p>لغة <bdi dir="ltr">Visual <b>C++</b></bdi> ثم</p>'),
        ("<p>وسم #<b>tag</b> ثم</p>", '<p>وسم <bdi dir="ltr">#<b>tag</b></bdi> ثم</p>'),
        (
            "<p><i><b>Visual</b></i> C++ ثم #a</p>",
            '<p><bdi dir="ltr"><i><b>Visual</b></i> C++</bdi> ثم <bdi dir="ltr">#a</bdi></p>',
        ),
        ("<p>لغة <b>Visual</b> <i>C++ ثم</i></p>", "<p>لغة <b>Visual</b> <i>C++\u200e ثم</i></p>"),
        ("<p>«<b>CNN</b>» 10 قتلى</p>", '<p>«<b><bdi dir="ltr">CNN</bdi></b>» 10 قتلى</p>'),
        (
            "<p>خبر<br>C++<br>#a خبر</p>",
            '<p>خبر<br><bdi dir="ltr">C++</bdi><br><bdi dir="ltr">#a</bdi> خبر</p>',
        ),
        (
            "<p>أمر <code>ls #a</code> ثم <kbd>C++</kbd></p>",
            '<p>أمر <code dir="ltr">ls #a</code> ثم <kbd dir="ltr">C++</kbd></p>',
        ),
        ("<pre><code>#a</code></pre>", '<pre dir="ltr"><code>#a</code></pre>'),
        (
            "<p>ثم <bdi>C++</bdi> و<span dir='ltr'>#a</span></p>",
            '<p>ثم <bdi>C++</bdi> و<span dir="ltr">#a</span></p>',
        ),
        ("<p>Hello #tag C++</p>", '<p dir="ltr">Hello #tag C++</p>'),
        ("<p>خبر</p>", "<p>خبر</p>"),
        ("<p>10% – 2024</p>", "<p>10% – 2024</p>"),
        (
            "<ul><li>Hello #a</li><li>خبر #a</li></ul>",
            '<ul><li><bdi dir="ltr">Hello #a</bdi></li><li>خبر <bdi dir="ltr">#a</bdi></li></ul>',
        ),
        ("<ul><li>Hello</li></ul>", '<ul dir="ltr"><li>Hello</li></ul>'),
        (
            "<table><tbody><tr><td>USD</td><td>C++ ثم</td></tr></tbody></table>",
            '<table><tbody><tr><td><bdi dir="ltr">USD</bdi></td>'
            '<td><bdi dir="ltr">C++</bdi> ثم</td></tr></tbody></table>',
        ),
        (
            "<p dir='ltr'>Hello <q dir='RTL'>لغة C++</q></p>",
            '<p dir="ltr">Hello <q dir="RTL">لغة <bdi dir="ltr">C++</bdi></q></p>',
        ),
        ("<p dir='auto'>لغة C++</p>", '<p dir="auto">لغة C++</p>'),
        ("<p>أ &lt; ب &amp; ج \"د\" 'ه'</p>", "<p>أ &lt; ب &amp; ج \"د\" 'ه'</p>"),
    ],
)
def test_in_a_right_to_left_body(html: str, shown: str) -> None:
    assert shown == inside(html)  # F9


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            '<ul><li><img src="https://e.org/x"> Hello.</li><li>خبر</li></ul>',
            '<ul><li><bdi dir="ltr"><img src="https://e.org/x"> Hello.</bdi></li><li>خبر</li></ul>',
        ),
        (
            "<ul><li>Call <code>ls</code>, then.</li><li><code>ls</code></li><li>خبر</li></ul>",
            '<ul><li><bdi dir="ltr">Call <code>ls</code>, then.</bdi></li><li><code dir="ltr">ls</code></li>'
            "<li>خبر</li></ul>",
        ),
        (
            '<figure><img src="https://e.org/x">Hello.<figcaption>خبر</figcaption></figure>',
            '<figure><bdi dir="ltr"><img src="https://e.org/x">Hello.</bdi><figcaption>خبر</figcaption></figure>',
        ),
        (
            "<blockquote><p>خبر</p>One.<p>خبر</p><b>Two</b>.<br>Three.</blockquote>",
            '<blockquote><p>خبر</p><bdi dir="ltr">One.</bdi><p>خبر</p>'
            '<bdi dir="ltr"><b>Two</b>.<br>Three.</bdi></blockquote>',
        ),
        (
            "<details><summary>One.</summary>Two.<p>خبر</p>ثم.</details>",
            '<details><summary><bdi dir="ltr">One.</bdi></summary><bdi dir="ltr">Two.</bdi><p>خبر</p>ثم.</details>',
        ),
        (
            "<ul><li>One.<ul><li>خبر</li></ul></li><li>Two.<ul><li>Three.</li></ul></li></ul>",
            '<ul><li><bdi dir="ltr">One.</bdi><ul><li>خبر</li></ul></li>'
            '<li><bdi dir="ltr">Two.</bdi><ul dir="ltr"><li>Three.</li></ul></li></ul>',
        ),
        (
            '<div><a href="https://e.org/">Hello.<p>خبر</p></a></div>',
            '<div><a href="https://e.org/">Hello.<p>خبر</p></a></div>',
        ),
    ],
)
def test_words_that_stand_by_themselves_are_left_to_right_where_they_stand(html: str, shown: str) -> None:
    assert shown == inside(html)  # F9


LATIN_LIST = (
    "<ul><li>Hello</li><li>دالة <code>createRoot</code> بدل C++</li><li><p>خبر</p><p>Then</p></li>"
    "<li>Then<ol><li>خبر</li></ol></li><li>10%</li><li><bdi>خبر</bdi></li><li dir='rtl'>خبر</li>"
    "<li>One word of it is خبر and this is not enough of them to make it so: many more are in Latin letters</li></ul>"
)


@pytest.mark.parametrize(("medium", "tag"), [("feed", "bdi"), ("page", "bdi"), ("letter", "span")])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_an_item_of_a_left_to_right_list_has_its_own_direction(
    medium: Medium, tag: str, language: str
) -> None:
    way: Direction = "rtl" if language == "ar" else "ltr"
    found = render(Body((Block(LATIN_LIST, "en", "ltr"),), language, way), medium, BASE)

    assert (
        f'<li><{tag} dir="rtl" lang="ar">دالة <code dir="ltr">createRoot</code> بدل <{tag} dir="ltr">C++</{tag}>'
        f'</{tag}></li><li><p dir="rtl" lang="ar">خبر</p><p>Then</p></li>'
        f'<li>Then<ol><li><{tag} dir="rtl" lang="ar">خبر</{tag}></li></ol></li><li>10%</li><li><bdi>خبر</bdi></li>'
        '<li dir="rtl">خبر</li><li>One word'
    ) in found  # A7, F9
    assert found.count("<ul") == found.count("<ul" + ' dir="ltr" lang="en"' * (way == "rtl") + ">") == 1
    again = Body((Block(found, language, way),), language, way)
    assert f'<div dir="{way}" lang="{language}">{found}</div>' == render(again, medium, BASE)


def test_a_simple_list_is_looked_at_too() -> None:
    listed = "<ul><li>Hello there</li><li>خبر</li></ul>"

    assert (
        '<div dir="ltr" lang="en"><ul><li>Hello there</li><li><bdi dir="rtl" lang="ar">خبر</bdi></li></ul></div>'
    ) == render(body(listed, language="en", direction="ltr"), "feed", BASE)  # F9


def test_a_list_whose_direction_the_author_said_is_left_as_it_is() -> None:
    listed = '<ul dir="ltr"><li>Hello</li><li>خبر.</li></ul>'

    assert listed == inside(listed)  # F9


def test_a_letter_has_spans_and_marks_behind_them() -> None:
    found = render(body("<p>خبر «CNN» 10 و #tag</p>"), "letter", BASE)

    assert (
        f'<div dir="rtl" lang="ar"><p>خبر «<span dir="ltr">CNN</span>{RLM}» 10 و <span dir="ltr">#tag</span></p></div>'
    ) == found  # R4
    assert "<bdi" not in found  # R2


def test_every_url_is_absolute_ascii_or_gone() -> None:
    html = (
        '<p>خبر <a href="/قسم">أ</a> <a href="http://[x">ب</a> <img src="a b.png" srcset="c.png 2x" alt="ج"></p>'
        '<video src="v.mp4" poster="p.png"></video><blockquote cite="q">د</blockquote>'
    )

    found = feed(*split(sanitise(html)))

    assert 'href="https://news.example/%D9%82%D8%B3%D9%85"' in found  # F11
    assert "<a>ب</a>" in found
    assert 'src="https://news.example/story/a%20b.png" srcset="https://news.example/story/c.png 2x"' in found
    assert 'poster="https://news.example/story/p.png"' in found
    assert 'cite="https://news.example/story/q"' in found


PIECES = (
    "<p>|</p>|<b>|</b>|<a href=x>|</a>|<i>|</i>|<ul><li>|</ul>|<li>|<br>|<code>|</code>|<bdi>|</bdi>|<h2>|</h2>|<td>"
    "|<table><tr><td>|</table>|<div>|</div>|<blockquote>|</blockquote>|<img src=x>|<span dir=rtl>|<span dir=ltr>"
    "|</span>|خبر|لغة|C++|Visual|#tag|10|«|»|CNN| | |،|.|-5|+966 50 123 4567|&amp;|&lt;b&gt;"
    "|\u200e|\u200f|\u2066|\u2069|٣"
)
SOUP = st.lists(st.sampled_from(PIECES.split("|")), max_size=40)
MEDIA = st.sampled_from(["feed", "page", "letter"])


def words(html: str) -> str:
    return re.sub("[\u200e\u200f\\s]", "", Words(html).text)


@settings(deadline=None)
@given(SOUP.map("".join), MEDIA)
def test_any_fragment_keeps_its_words(soup: str, medium: Medium) -> None:
    clean = sanitise(soup)
    blocks = split(clean)
    found = render(body(*blocks), medium, BASE)

    assert words(clean) == words("".join(blocks)) == words(found)
    assert found == render(body(*blocks), medium, BASE)
    assert first_strong_of(found) in ("R", "AL")  # F8
    assert medium != "letter" or "<bdi" not in found or "<bdi" in soup


@settings(deadline=None)
@given(SOUP.map(" ".join), MEDIA)
def test_what_was_rendered_gains_nothing(soup: str, medium: Medium) -> None:
    once = render(body(*split(sanitise(soup))), medium, BASE)

    assert f'<div dir="rtl" lang="ar">{once}</div>' == render(body(once), medium, BASE)
