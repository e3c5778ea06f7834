"""RSS's own rules."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from lxml import etree

from publisher.feeds import rss
from publisher.model.feed import Entry, Feed

MakeEntry = Callable[..., Entry]
ATOM, DC = "{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def channel_of(feed: Feed, *entries: Entry) -> etree._Element:
    channel = etree.fromstring(rss.render(feed, entries)).find("channel")
    assert channel is not None
    return channel


def test_the_channel_links_to_the_site_and_to_itself_once(feed: Feed) -> None:  # F11
    channel = channel_of(feed)
    selves = [dict(link.attrib) for link in channel.findall(f"{ATOM}link")]

    assert channel.findtext("link") == "https://news.example.org/"
    assert selves == [
        {"href": "https://news.example.org/rss.xml", "rel": "self", "type": "application/rss+xml"}
    ]


def test_the_dates_are_english_utc(feed: Feed, make_entry: MakeEntry) -> None:  # F10
    when = datetime(2021, 7, 23, 9, 0, tzinfo=UTC)
    channel = channel_of(feed, make_entry(published=when, updated=when))

    assert channel.findtext("lastBuildDate") == "Fri, 01 Mar 2024 12:00:00 +0000"
    assert channel.findtext("item/pubDate") == "Fri, 23 Jul 2021 09:00:00 +0000"


def test_the_summary_stands_before_the_content(feed: Feed, make_entry: MakeEntry) -> None:  # F12
    tags = [child.tag for child in channel_of(feed, make_entry()).iterfind("item/*")]

    assert tags.index("description") < tags.index(CONTENT)


@pytest.mark.parametrize("summary", ["ملخص", ""])
def test_the_content_always_stands_in_content_encoded(
    summary: str, feed: Feed, make_entry: MakeEntry
) -> None:
    item = channel_of(
        feed, make_entry(summary=summary, content='<div dir="rtl" lang="ar"><p>a]]>b</p></div>')
    )

    assert (summary or None) == item.findtext("item/description")
    assert item.findtext(f"item/{CONTENT}") == '<div dir="rtl" lang="ar"><p>a]]>b</p></div>'


def test_authors_are_creators_without_an_address(feed: Feed, make_entry: MakeEntry) -> None:  # F1
    channel = channel_of(feed, make_entry(authors=("سارة", "ليلى")), make_entry(1))
    named = [[creator.text for creator in item.findall(f"{DC}creator")] for item in channel.findall("item")]

    assert named == [["سارة", "ليلى"], ["هيئة التحرير"]]
    assert channel.find("item/author") is None


def test_an_entry_in_another_language_says_so_twice(feed: Feed, make_entry: MakeEntry) -> None:  # F4
    channel = channel_of(feed, make_entry(language="fa-IR"), make_entry(1))

    assert channel.findtext("language") == "ar"
    assert [item.findtext(f"{DC}language") for item in channel.findall("item")] == ["fa", None]


def test_the_guid_is_no_permalink(feed: Feed, make_entry: MakeEntry) -> None:  # F10
    guid = channel_of(feed, make_entry()).find("item/guid")

    assert guid is not None
    assert guid.get("isPermaLink") == "false"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("سارة & ليلى", "سارة & ليلى"),
        ("AT&T تربح", "AT&T تربح"),
        ("2 < 3 و 3 > 2", "2 < 3 و 3 > 2"),
        ("الوسم <b> عريض", "الوسم &lt;b> عريض"),
        ("نهاية </b>", "نهاية &lt;/b>"),
        ("اكتب &amp; هكذا", "اكتب &amp;amp; هكذا"),
        ("&copy 2024", "&amp;copy 2024"),
        ("&#1583;", "&amp;#1583;"),
    ],
)
def test_a_summary_is_escaped_only_where_it_would_be_markup(text: str, html: str) -> None:  # F12
    assert html == rss.as_html(text)
