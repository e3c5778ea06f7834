"""Of what is not published the words stay, and nothing that shows as broken (A13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from publisher.model.article import Block, Body
from publisher.model.media import LOST, Shown
from publisher.text.html import Medium, render, sanitise, split

BASE = "https://news.example.org/news/"
LOST_FILE = Shown("", LOST, 0)
MEDIA = {
    "gone.jpg": LOST_FILE,
    "gone.mp3": LOST_FILE,
    "gone.pdf": LOST_FILE,
    "here.jpg": Shown(f"{BASE}here.jpg", "image/jpeg", 9, 40, 30),
}


def shown(html: str, medium: Medium = "page") -> str:
    """The inside of the text, of a right-to-left article that holds *html*."""
    blocks = tuple(Block(each, "ar", "rtl") for each in split(sanitise(html)))
    made = render(Body(blocks, "ar", "rtl"), medium, BASE, MEDIA)
    return made.partition(">")[2].removesuffix("</div>")


@pytest.mark.parametrize("medium", ["feed", "page", "letter"])
@pytest.mark.parametrize(
    "html, expected",
    [
        ('<p>قبل <img src="gone.jpg" alt="جسر"> بعد</p>', "<p>قبل <span>جسر</span> بعد</p>"),
        (
            '<p>قبل <img src="gone.jpg" alt="Old bridge"> بعد</p>',
            '<p>قبل <span dir="ltr">Old bridge</span> بعد</p>',
        ),
        ('<p>قبل <img src="gone.jpg"> بعد</p>', "<p>قبل  بعد</p>"),
        ('<p>قبل</p><p><img src="gone.jpg" alt=""></p>', "<p>قبل</p>"),
        ('<p>قبل</p><figure><img src="gone.jpg"><figcaption>الجسر</figcaption></figure>',
         "<p>قبل</p><figure><figcaption>الجسر</figcaption></figure>"),
        ('<p>قبل <a href="gone.pdf">الملف</a></p>', "<p>قبل <a>الملف</a></p>"),
        ('<p>قبل <audio controls src="gone.mp3">تسجيل</audio></p>', "<p>قبل <span>تسجيل</span></p>"),
        ('<p>قبل <audio controls><source src="gone.mp3">تسجيل</audio></p>', "<p>قبل <span>تسجيل</span></p>"),
        ('<p>قبل <picture><source srcset="gone.jpg 2x"><img src="gone.jpg" alt="جسر"></picture></p>',
         "<p>قبل <span><span>جسر</span></span></p>"),
        ('<p>أقل &lt; أكثر <img src="gone.jpg" alt="أ &lt; ب"></p>',
         "<p>أقل &lt; أكثر <span>أ &lt; ب</span></p>"),
    ],
)  # fmt: skip
def test_the_words_stay_and_nothing_that_shows_as_broken(
    html: str, expected: str, medium: Medium
) -> None:  # A13
    assert expected == shown(html, medium)


@pytest.mark.parametrize(
    "html",
    [
        '<p>قبل <img src="here.jpg" alt="جسر" width="40" height="30"></p>',
        '<p>قبل <audio controls src="https://example.org/a.mp3"></audio></p>',
        '<p>قبل <img src="https://example.org/gone.jpg" alt="جسر"></p>',
    ],
)
def test_what_is_there_or_elsewhere_is_shown(html: str) -> None:  # A13
    # the order and the spelling of attributes are the sanitiser's
    found = {
        each.get("src") for each in lxml_html.fromstring(f"<div>{shown(html)}</div>").iter("img", "audio")
    }

    assert 1 == len(found)
    assert all(src and src.startswith("https://") for src in found)


PIECE = st.sampled_from(
    ['<img src="gone.jpg" alt="جسر">', '<img src="here.jpg">', "كلمة", "word", "<p>", "</p>", "<b>", "</b>",
     '<audio src="gone.mp3">', "</audio>", "<picture>", "</picture>", '<source src="gone.mp3">',
     "<figure>", "</figure>",
     '<a href="gone.pdf">', "</a>", "<li>", "<ul>", "</ul>"]
)  # fmt: skip


@given(st.lists(PIECE, max_size=15).map("".join))
def test_however_they_are_nested_nothing_lost_is_named_and_no_word_is_lost(html: str) -> None:  # A13
    made = shown(html)

    assert "gone" not in made
    assert html.count("here.jpg") == made.count("here.jpg")
    words = "".join(lxml_html.fromstring(f"<div>{made}</div>").itertext())
    assert html.count("كلمة") + html.count("word") == words.count("كلمة") + words.count("word")
