"""Atom's own rules (RFC 4287)."""

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from publisher.feeds import atom
from publisher.model.feed import Entry, Feed

MakeEntry = Callable[..., Entry]
A = "{http://www.w3.org/2005/Atom}"


def root_of(feed: Feed, *entries: Entry) -> etree._Element:
    return etree.fromstring(atom.render(feed, entries))


def test_the_feed_has_one_self_and_one_alternate(feed: Feed) -> None:  # F11
    links = {link.get("rel"): link.get("href") for link in root_of(feed).findall(f"{A}link")}

    assert links == {"self": "https://news.example.org/atom.xml", "alternate": "https://news.example.org/"}


def test_an_entry_has_one_whole_alternate(feed: Feed, make_entry: MakeEntry) -> None:  # F11, feedgen #135
    (link,) = root_of(feed, make_entry(language="fa")).findall(f"{A}entry/{A}link")

    assert dict(link.attrib) == {
        "rel": "alternate",
        "type": "text/html",
        "hreflang": "fa",
        "href": "https://news.example.org/0/",
    }


def test_texts_and_content_name_their_types(feed: Feed, make_entry: MakeEntry) -> None:  # F12
    entry = root_of(feed, make_entry()).find(f"{A}entry")
    assert entry is not None
    types = {str(child.tag).removeprefix(A): child.get("type") for child in entry if child.get("type")}

    assert types == {"title": "text", "summary": "text", "content": "html", "link": "text/html"}


def test_every_entry_has_an_author_in_reach(feed: Feed, make_entry: MakeEntry) -> None:  # F1; RFC 4287, 4.1.1
    anonymous = root_of(replace(feed, author=""), make_entry())

    assert root_of(feed).findtext(f"{A}author/{A}name") == "هيئة التحرير"
    assert anonymous.findtext(f"{A}author/{A}name") == "جريدة المثال"


def test_published_and_updated_are_the_articles(feed: Feed, make_entry: MakeEntry) -> None:  # F10
    entry = make_entry()
    updated = entry.article.published.replace(hour=18)
    root = root_of(feed, make_entry(updated=updated))

    assert root.findtext(f"{A}entry/{A}published") == "2024-03-01T12:00:00+00:00"
    assert root.findtext(f"{A}entry/{A}updated") == "2024-03-01T18:00:00+00:00"
    assert root.findtext(f"{A}updated") == "2024-03-01T12:00:00+00:00"
