"""The page a browser shows for the address of a feed (F21)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import html

from publisher.layout import Layout
from publisher.model.feed import Entry, Feed
from publisher.pages.feed import NEWEST, feed_page
from publisher.templating import Templates
from publisher.text.words import LANGUAGES
from tests.conftest import SITE, URL
from tests.feeds.conftest import feed as feed_fixture
from tests.feeds.conftest import make_entry as make_entry_fixture

feed, make_entry = feed_fixture, make_entry_fixture
LAYOUT, TEMPLATES = Layout(URL), Templates()


def shown(feed: Feed, entries: list[Entry], layout: Layout = LAYOUT) -> html.HtmlElement:
    return html.fromstring(feed_page(SITE, layout, feed, entries, TEMPLATES))


def test_it_has_the_three_addresses_to_copy(feed, make_entry):  # F21
    page = shown(feed, [make_entry()])
    fields = page.xpath("//input")

    assert [feed.rss, feed.atom, feed.json] == [each.get("value") for each in fields]
    assert all(each.get("dir") == "ltr" and each.get("readonly") is not None for each in fields)
    labels = [page.xpath(f"//label[@for='{each.get('id')}']")[0].text for each in fields]
    assert ["RSS", "Atom", "JSON Feed"] == labels
    assert ["noindex"] == page.xpath("//meta[@name='robots']/@content")


def test_it_has_the_newest_headlines_with_links_and_dates(feed, make_entry):  # F21, R8
    entries = [make_entry(number) for number in range(NEWEST + 5)]
    english = make_entry(0, title="Rain <in> May", language="en", direction="ltr")
    page = shown(feed, [english, *entries[1:]])
    items = page.xpath("//ul[@class='headlines']/li")

    assert NEWEST == len(items)
    assert ("en", "ltr", "Rain <in> May") == (
        items[0].get("lang"),
        items[0].get("dir"),
        items[0].findtext("a"),
    )
    assert "/1/" == items[1].find("a").get("href")
    assert "١ آذار ٢٠٢٤" in items[0].findtext("time")  # Iraq's month names


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_feed(language, feed, make_entry):  # R8
    direction = "ltr" if language == "en" else "rtl"
    page = shown(replace(feed, language=language, direction=direction), [make_entry()])
    (section,) = page.xpath("//section")

    assert (language, direction) == (page.get("lang"), page.get("dir"))
    assert (language, direction) == (section.get("lang"), section.get("dir"))
    assert (language == "en") == ("This is a feed" == section.findtext("h1"))


def test_a_feed_beside_the_sites_says_which_it_is(feed, make_entry):  # F21, F25
    page = shown(
        replace(feed, title="رياضة – جريدة المثال", rss="https://news.example.org/category/x/rss.xml"), []
    )

    assert ["رياضة – جريدة المثال"] == page.xpath("//p[@class='standfirst']/text()")
    assert "https://news.example.org/category/x/rss.xml" in page.xpath("//link[@rel='alternate']/@href")
    assert not shown(feed, []).xpath("//p[@class='standfirst']")
    assert "لم يُنشر شيء بعد." in page.text_content()


def test_it_runs_nothing_and_asks_nobody(feed, make_entry):  # threat 7
    page = shown(replace(feed, title="<script>x</script>"), [make_entry(title="<img src=x onerror=1>")])

    assert not page.xpath("//script | //img | //@style | //style | //form")
    assert ["/style.css"] == page.xpath("//link[@rel='stylesheet']/@href")
    without = shown(feed, [], Layout(URL, pages=False))  # style.css is another program's there
    assert ["/feed.css"] == without.xpath("//link[@rel='stylesheet']/@href")


def test_the_same_values_give_the_same_page(feed, make_entry):  # F2
    made = [feed_page(SITE, LAYOUT, feed, [make_entry()], TEMPLATES) for _ in range(2)]

    assert made[0] == made[1]
    assert datetime.now(UTC).strftime("%Y-%m-%d").encode() not in made[0]
