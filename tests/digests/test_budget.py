"""A letter is not clipped (M7)."""

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from lxml import html as parser

from publisher.digests.compose import _fitted, compose, encoded_size
from publisher.digests.select import Selection
from publisher.mail.slots import base64_lines
from publisher.model.article import Article
from publisher.model.digest import Content
from publisher.model.site import Letterhead
from tests.digests.letters import LAYOUT, PLANNED, TEMPLATES, article, letter, mixed, newsletter, site

LONG = "قالت الجهة المنظمة إن عدد الزوار تجاوز كل التوقعات هذا العام. " * 40


def headings(content: Content) -> int:
    return len(parser.document_fromstring(content.html).xpath("//h2"))


def part(content: Content) -> int:
    """Octets of the HTML part as the mail room writes it."""
    return len(base64_lines(content.html.replace("\n", "\r\n").encode()))


def limited(limit: int, articles: list[Article], more: int = 0) -> Content:
    of = site(letterhead=Letterhead(html_limit=limit))
    return compose(of, newsletter(), Selection(tuple(articles), more), LAYOUT, TEMPLATES, PLANNED)


def test_a_long_letter_stays_below_what_gmail_clips() -> None:  # M7
    articles = [article(number=n, title=f"{n} خبر طويل {LONG[:200]}", summary=LONG) for n in range(60)]
    content = letter(*articles, more=5)
    shown = headings(content)

    assert part(content) <= 95_000 < 102 * 1024
    assert 5 < shown < 60
    assert f"{65 - shown} مقال" in content.text
    assert shown == content.text.count("%D8%AE%D8%A8%D8%B1-")
    assert "65 مقالًا جديدًا" in content.text


@pytest.mark.parametrize("limit", [25_000, 40_000, 60_000, 95_000])
def test_a_site_sets_the_limit(limit: int) -> None:  # M7
    content = limited(limit, [article(number=n, summary=LONG) for n in range(40)])

    assert part(content) <= limit
    assert 0 < headings(content) < 41
    assert part(content) > 0.8 * limit


def test_the_most_that_fit_are_there() -> None:  # M7
    articles = [article(number=n, title=f"{n} خبر {LONG[:150]}", summary="") for n in range(40)]
    content = limited(45_000, articles)
    shown = headings(content)
    one_more = limited(10**9, articles[: shown + 1], more=39 - shown)

    assert part(content) <= 45_000 < part(one_more)


def test_one_article_is_there_however_long_it_is() -> None:  # M7
    content = limited(1_000, [article(number=n) for n in range(3)])

    assert 1 == headings(content)
    assert "مقالان آخران على الموقع" in content.text


@pytest.mark.parametrize("limit", range(20_000, 60_000, 3_701))
def test_a_letter_is_never_cut_inside_a_tag(limit: int) -> None:  # M7
    articles = [article(number=n, title=f'{n} <b>خبر</b> & "q" {LONG[:99]}', summary=LONG) for n in range(30)]
    html = limited(limit, articles).html

    assert html.rstrip().endswith("</html>")
    assert [] == left_open(html)


def left_open(html: str) -> list[str]:
    """The elements of *html* that do not end, or end inside others."""
    wrong: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "img"):
                wrong.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if wrong[-1:] == [tag]:
                wrong.pop()

    reader = Reader()
    reader.feed(html)
    return [*wrong, *filter(None, [reader.rawdata])]


def test_excerpts_get_shorter_before_items_get_fewer() -> None:  # M7
    articles = [article(number=n, summary=LONG) for n in range(26)]
    few, many = letter(*articles[:2]), letter(*articles)
    longest, shorter = (
        max(map(len, parser.document_fromstring(each.html).xpath("//p[@class='words']/text()") or [""]))
        for each in (few, many)
    )

    assert (2, 26) == (headings(few), headings(many))
    assert shorter < 200 < longest


@pytest.mark.parametrize("number", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("each", [0, 90, 400, 5_000])
@pytest.mark.parametrize("limit", [100, 999, 2_000, 10_000])
def test_what_fits_is_what_trying_one_after_the_other_finds(number: int, each: int, limit: int) -> None:  # M7
    articles = tuple(article(number=n) for n in range(number))
    tried: list[int] = []

    def render(shown: tuple[Article, ...], longest: int) -> str:
        tried.append(len(shown))
        return "x" * (len(shown) * (each + longest))

    fits, longest, html = _fitted(render, articles, 300, limit)

    assert (len(fits), longest) == by_hand(lambda n, most: "x" * (n * (each + most)), number, limit)
    assert "x" * (len(fits) * (each + longest)) == html
    assert len(tried) <= 5 + 1 + number.bit_length()  # 60 articles are not rendered 60 times


def by_hand(render: Callable[[int, int], str], number: int, limit: int) -> tuple[int, int]:
    for longest in (300, 300, 200, 100, 0):
        if encoded_size(render(number, longest)) <= limit:
            return number, longest
    return max([n for n in range(1, number) if encoded_size(render(n, 0)) <= limit], default=1), 0


@pytest.mark.parametrize("language", ["ar", "ur", "en"])
def test_the_size_is_the_size_of_the_part(language: str) -> None:  # M7
    content = mixed(language)

    assert part(content) == encoded_size(content.html)


def test_a_text_needs_no_budget() -> None:  # M7
    articles = tuple(article(number=n, summary=LONG) for n in range(60))
    of = site(letterhead=Letterhead(html_limit=5_000))
    content = compose(of, newsletter(), Selection(articles, 0), LAYOUT, TEMPLATES, PLANNED, text_only=True)

    assert "" == content.html
    assert 60 == content.text.count("%D8%AE%D8%A8%D8%B1-")
    assert content == replace(content, html="")
