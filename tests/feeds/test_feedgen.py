"""What feedgen 1.0.0 gets wrong by itself, each beside the document that ours makes of the same. A version of feedgen
that mends one of them fails here: then the repair can go."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from feedgen.feed import FeedGenerator
from lxml import etree

from publisher.feeds import atom, jsonfeed, rss
from publisher.model.feed import Entry, Feed
from publisher.model.media import Shown

MakeEntry = Callable[..., Entry]
A = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
SITE = "https://news.example.org"


def raw() -> FeedGenerator:
    """A feed as feedgen's own documentation makes it."""
    made = FeedGenerator()
    made.id("urn:x")
    made.title("جريدة")
    made.description("أخبار")
    made.link(href=f"{SITE}/", rel="alternate")
    made.link(href=f"{SITE}/atom.xml", rel="self")
    for number in range(2):
        item = made.add_entry()
        item.id(f"urn:{number}")
        item.title(f"خبر {number}")
        item.link(href=f"{SITE}/{number}/", rel="alternate")
        item.link(href=f"{SITE}/{number}.mp3", rel="enclosure", type="audio/mpeg", length="7")
        item.author({"name": "سارة"})
        item.content("<p>نص</p>", type="CDATA")
    return made


@pytest.fixture
def entries(make_entry: MakeEntry) -> list[Entry]:
    sound = Shown(f"{SITE}/0.mp3", "audio/mpeg", 7)
    return [replace(make_entry(0, authors=("سارة",)), enclosures=(sound,)), make_entry(1)]


def parts(data: bytes, path: str) -> list[etree._Element]:
    return etree.fromstring(data).findall(path)


def test_entry_links_keep_rel_type_and_length(feed: Feed, entries: list[Entry]) -> None:  # F11, feedgen #135
    def enclosures(data: bytes) -> list[tuple[str | None, ...]]:
        links = parts(data, f"{A}entry[1]/{A}link")
        return [(x.get("type"), x.get("length")) for x in links if x.get("rel") == "enclosure"]

    assert [] == enclosures(raw().atom_str())
    assert [("audio/mpeg", "7")] == enclosures(atom.render(feed, entries))


def test_the_channel_links_to_the_site_whatever_is_added_last(feed: Feed) -> None:  # F11
    assert f"{SITE}/atom.xml" == parts(raw().rss_str(), "channel/link")[0].text
    assert f"{SITE}/" == parts(rss.render(feed, []), "channel/link")[0].text


def test_rss_names_itself_and_not_the_atom_feed(feed: Feed) -> None:  # F11
    def own(data: bytes) -> list[str | None]:
        return [x.get("href") for x in parts(data, f"channel/{A}link") if x.get("rel") == "self"]

    assert [f"{SITE}/atom.xml"] == own(raw().rss_str())
    assert [f"{SITE}/rss.xml"] == own(rss.render(feed, []))


def test_no_date_is_that_of_the_clock(feed: Feed, entries: list[Entry]) -> None:  # F2, F10
    today = datetime.now(UTC)

    def dates(data: bytes) -> set[str]:
        return set(re.findall(r"\b20\d\d\b", re.sub(r"https?://[^\s<\"]+", "", data.decode())))

    assert {str(today.year)} <= dates(raw().atom_str())
    assert {"2024"} == dates(atom.render(feed, entries)) == dates(rss.render(feed, entries))


def test_entries_stay_in_the_order_they_are_given(feed: Feed, entries: list[Entry]) -> None:  # F3
    def ids(data: bytes) -> list[str | None]:
        return [x.text for x in parts(data, f"{A}entry/{A}id")]

    assert ["urn:1", "urn:0"] == ids(raw().atom_str())
    assert [entry.article.id for entry in entries] == ids(atom.render(feed, entries))


@pytest.mark.parametrize("bad", ["\x01", "\x0b", "\ud800", "\uffff"])
def test_one_character_silences_no_feed(bad: str, feed: Feed, make_entry: MakeEntry) -> None:  # F1
    broken = raw()
    broken.entry()[0].title(f"خبر{bad}")
    with pytest.raises(ValueError):
        broken.atom_str()

    entry = make_entry(
        title=f"خبر{bad}", summary=f"نص{bad}", authors=(f"سا{bad}رة",), categories=(bad, f"ف{bad}ن")
    )
    for render in (rss.render, atom.render, jsonfeed.render):
        data = render(replace(feed, title=f"جريدة{bad}"), [entry, make_entry(1)]).decode()
        assert {"جريدة", "خبر", "المجلس"} <= set(re.findall(r"\w+", data))


def test_content_says_that_it_is_html(feed: Feed, entries: list[Entry]) -> None:  # F1
    untyped = raw()
    untyped.entry()[0].content("<p>نص</p>")

    assert {"CDATA", None} == {x.get("type") for x in parts(untyped.atom_str(), f"{A}entry/{A}content")}
    assert {"html"} == {x.get("type") for x in parts(atom.render(feed, entries), f"{A}entry/{A}content")}


def test_authors_without_an_address_are_in_rss(feed: Feed, entries: list[Entry]) -> None:  # F1
    assert "سارة" not in raw().rss_str().decode()
    assert ["سارة", "هيئة التحرير"] == [
        x.text for x in parts(rss.render(feed, entries), f"channel/item/{DC}creator")
    ]


def test_zones_with_seconds_give_valid_dates(feed: Feed, make_entry: MakeEntry) -> None:  # F10
    tehran = timezone(timedelta(hours=3, minutes=25, seconds=44))  # local mean time, before 1935
    when = datetime(1930, 1, 1, 12, tzinfo=tehran)
    broken = raw()
    broken.entry()[0].updated(when)

    assert b"+03:25:44" in broken.atom_str()
    entry = make_entry(published=when, updated=when)
    assert b"1930-01-01T08:34:16+00:00" in atom.render(feed, [entry])
    assert b"Wed, 01 Jan 1930 08:34:16 +0000" in rss.render(feed, [entry])


def test_hubs_are_in_rss(feed: Feed) -> None:  # WebSub, 4
    told = raw()
    told.link(href="https://hub.example.org/", rel="hub")

    assert b"hub.example.org" not in told.rss_str().replace(b"<link>https://hub.example.org/</link>", b"")
    assert b"hub.example.org" in rss.render(replace(feed, hubs=("https://hub.example.org/",)), [])
