"""JSON Feed's own rules (version 1.1)."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from publisher.feeds import jsonfeed
from publisher.model.feed import Entry, Feed

MakeEntry = Callable[..., Entry]


def document_of(feed: Feed, *entries: Entry) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(jsonfeed.render(feed, entries))
    return document


def test_the_channel_says_what_version_1_1_asks_for(feed: Feed) -> None:  # F1
    document = document_of(feed)

    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["title"] == "جريدة المثال"
    assert document["home_page_url"] == "https://news.example.org/"
    assert document["feed_url"] == "https://news.example.org/feed.json"
    assert document["language"] == "ar"
    assert document["authors"] == [{"name": "هيئة التحرير"}]
    assert document["items"] == []


def test_an_item_says_only_what_is_its_own(feed: Feed, make_entry: MakeEntry) -> None:  # F4
    (item,) = document_of(feed, make_entry(categories=()))["items"]

    assert set(item) == {"id", "url", "title", "content_html", "summary", "date_published", "date_modified"}
    assert item["date_published"] == "2024-03-01T12:00:00+00:00"


def test_a_feed_without_an_author_names_none(feed: Feed) -> None:
    assert "authors" not in document_of(replace(feed, author=""))


def test_the_file_is_utf8_as_written(feed: Feed, make_entry: MakeEntry) -> None:  # F1
    assert "المجلس يقر الميزانية".encode() in jsonfeed.render(feed, [make_entry()])
