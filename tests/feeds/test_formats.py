"""What all three formats say alike, as independent readers (feedparser, lxml, json) see it."""

import json
import locale
import re
import threading
from calendar import timegm
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from publisher.feeds import atom, jsonfeed, rss
from publisher.model.feed import Entry, Feed

MakeEntry = Callable[..., Entry]
Render = Callable[[Feed, Sequence[Entry]], bytes]
RLM = "\u200f"
ALL = pytest.mark.parametrize("render", [rss.render, atom.render, jsonfeed.render])
XML = pytest.mark.parametrize("render", [rss.render, atom.render])
ITS = "{http://www.w3.org/2005/11/its}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read(data: bytes) -> list[dict[str, Any]]:
    """The entries of a feed of any format, as a reader sees them."""
    if data.startswith(b"{"):
        document = json.loads(data)
        return [
            {
                "id": item["id"],
                "title": item["title"],
                "link": item["url"],
                "published": item["date_published"],
                "language": item.get("language", document["language"]),
                "content": item["content_html"],
                "authors": [author["name"] for author in item.get("authors", document.get("authors", []))],
                "tags": item.get("tags", []),
            }
            for item in document["items"]
        ]
    parsed = feedparser.parse(data)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return [
        {
            "id": entry.id,
            "title": entry.title,
            "link": entry.link,
            "published": datetime.fromtimestamp(timegm(entry.published_parsed), UTC).isoformat(),
            "language": entry.content[0].language,
            "content": entry.content[0].value,
            "authors": [author["name"] for author in entry.get("authors", parsed.feed.get("authors", []))],
            "tags": [tag.term for tag in entry.get("tags", [])],
        }
        for entry in parsed.entries
    ]


@ALL
def test_the_same_articles_give_the_same_bytes(
    render: Render, feed: Feed, make_entry: MakeEntry
) -> None:  # F2
    entries = [make_entry(number) for number in range(3)]

    assert render(feed, entries) == render(feed, entries)


@ALL
def test_the_locale_of_the_process_is_neither_used_nor_touched(
    render: Render, feed: Feed, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:  # F2
    expected = render(feed, [make_entry()])

    def refuse(*_: object) -> None:
        raise AssertionError("setlocale was called")

    monkeypatch.setattr(locale, "setlocale", refuse)

    assert expected == render(feed, [make_entry()])


def test_two_threads_render_at_once(feed: Feed, make_entry: MakeEntry) -> None:
    entries = [make_entry(number) for number in range(20)]
    expected = rss.render(feed, entries)
    results: list[bytes] = []

    def work() -> None:
        results.extend(rss.render(feed, entries) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [expected] * 40 == results


def test_all_formats_tell_the_same(feed: Feed, make_entry: MakeEntry) -> None:  # F3
    entries = [
        make_entry(0, title="iPhone 17: أبل تكشف عن هاتفها", authors=("سارة", "ليلى")),
        make_entry(1, language="en", direction="ltr", title="Budget passed", authors=("Sara",)),
        make_entry(2, language="fa", title="می‌خواهیم یاد بگیریم", categories=()),
    ]
    from_rss, from_atom, from_json = (read(module.render(feed, entries)) for module in (rss, atom, jsonfeed))

    assert from_json == from_atom
    assert [{**entry, "authors": []} for entry in from_json] == [
        {**entry, "authors": []} for entry in from_rss
    ]


@ALL
def test_entries_stay_newest_first(render: Render, feed: Feed, make_entry: MakeEntry) -> None:  # F3
    entries = [make_entry(number) for number in range(5)]

    assert [entry.article.id for entry in entries] == [entry["id"] for entry in read(render(feed, entries))]


@ALL
@pytest.mark.parametrize(
    "title",
    [
        "خبر ]]> ينهي المقطع",
        "الوسم <b>عريض</b> في العنوان",
        "«AT&amp;T» تعلن أرباحها",
        "سارة & ليلى",
        "كم < من <option> هنا؟",
        "قال: \"نعم\" و'لا'",
        "<script>alert(1)</script> خبر",
    ],
)
def test_a_headline_survives_the_round_trip(
    render: Render, title: str, feed: Feed, make_entry: MakeEntry
) -> None:  # F12
    (entry,) = read(render(feed, [make_entry(title=title)]))

    assert title == entry["title"].removeprefix(RLM)


@ALL
@pytest.mark.parametrize(
    ("title", "marked"),
    [
        ("iPhone 17: أبل تكشف!", True),
        ("«CNN» تعلن النتائج", True),
        ("#Apple تكشف عن هاتف", True),
        ("2024", True),
        ("المجلس يقر الميزانية", False),
        ("10 أسباب للسفر", False),
        ("تعلم C++ في أسبوع", False),  # LRMs are for summaries: a title stays as written (F12)
    ],
)
def test_a_headline_that_starts_latin_gets_one_rlm(
    render: Render, title: str, marked: bool, feed: Feed, make_entry: MakeEntry
) -> None:  # F6
    (entry,) = read(render(feed, [make_entry(title=title)]))

    assert RLM * marked + title == entry["title"]


@ALL
def test_the_title_of_the_feed_gets_its_rlm_too(render: Render, feed: Feed) -> None:  # F6
    data = render(replace(feed, title="BBC عربي", description="BBC بالعربية"), [])

    assert f"{RLM}BBC عربي" in data.decode()
    assert f"{RLM}BBC بالعربية" in data.decode()


@ALL
def test_a_left_to_right_article_is_left_alone(
    render: Render, feed: Feed, make_entry: MakeEntry
) -> None:  # F7
    english = make_entry(
        language="en-GB", direction="ltr", title="C++ is 40", summary="A look at .NET and C++."
    )
    data = render(feed, [english])
    (entry,) = read(data)

    assert (entry["title"], entry["language"]) == ("C++ is 40", "en")
    assert "A look at .NET and C++." in data.decode()
    assert RLM not in data.decode()


@ALL
def test_a_summary_gets_an_lrm_beside_what_bidi_would_move(
    render: Render, feed: Feed, make_entry: MakeEntry
) -> None:  # F9
    data = render(feed, [make_entry(summary="تعلم C++ قبل غيرها.")])

    assert "تعلم C++\u200e قبل غيرها." in data.decode()


@ALL
def test_an_entry_without_words_beside_its_title_still_reads(
    render: Render, feed: Feed, make_entry: MakeEntry
) -> None:
    (entry,) = read(render(feed, [make_entry(summary="")]))

    assert "نص الخبر" in entry["content"]


@ALL
def test_an_empty_feed_is_valid(render: Render, feed: Feed) -> None:
    assert (
        read(render(replace(feed, author="", description="", updated=datetime(1970, 1, 1, tzinfo=UTC)), []))
        == []
    )


@ALL
def test_dates_are_utc_without_fractions(render: Render, feed: Feed, make_entry: MakeEntry) -> None:  # F10
    odd = timezone(timedelta(hours=3, minutes=25, seconds=44))
    when = datetime(2024, 2, 29, 23, 30, 0, 123_456, tzinfo=odd)
    data = render(replace(feed, updated=when), [make_entry(published=when, updated=when)])

    assert read(data)[0]["published"] == "2024-02-29T20:04:16+00:00"
    assert not re.search(rb"\d:\d\d\.\d|03:25", data)


@ALL
def test_the_id_is_the_stored_one_and_no_link(
    render: Render, feed: Feed, make_entry: MakeEntry
) -> None:  # F10
    (entry,) = read(render(feed, [make_entry(7)]))

    assert entry["id"] == "urn:uuid:00000000-0000-5000-8000-000000000007"
    assert entry["link"] == "https://news.example.org/7/"


@XML
def test_directions_are_told_by_its(render: Render, feed: Feed, make_entry: MakeEntry) -> None:  # F5
    root = etree.fromstring(render(feed, [make_entry(), make_entry(1, language="en", direction="ltr")]))
    told = [element.get(f"{ITS}dir") for element in root.iter("item", "{http://www.w3.org/2005/Atom}entry")]

    assert (root.get(f"{ITS}version"), root.get(f"{ITS}dir"), root.get("dir")) == ("2.0", "rtl", None)
    assert told == [None, "ltr"]


def test_directions_are_told_in_json(feed: Feed, make_entry: MakeEntry) -> None:  # F5
    document = json.loads(
        jsonfeed.render(feed, [make_entry(), make_entry(1, language="en", direction="ltr")])
    )
    told = [item.get("_rtl", {}).get("direction") for item in document["items"]]

    assert document["_rtl"]["direction"] == "rtl"
    assert told == [None, "ltr"]


@ALL
def test_direction_metadata_can_be_switched_off(
    render: Render, feed: Feed, make_entry: MakeEntry
) -> None:  # F5
    data = render(replace(feed, metadata=False), [make_entry(language="en", direction="ltr")])

    assert b"its" not in data
    assert b"_rtl" not in data


@XML
def test_languages_are_bare_and_told_once(render: Render, feed: Feed, make_entry: MakeEntry) -> None:  # F4
    root = etree.fromstring(render(feed, [make_entry(language="ar-EG"), make_entry(1, language="az-Arab")]))
    told = [element.get(LANG) for element in root.iter("item", "{http://www.w3.org/2005/Atom}entry")]

    assert root.get(LANG) == "ar"
    assert told == [None, "az-Arab"]


@XML
def test_the_file_is_utf8_without_bom_and_names_its_css(render: Render, feed: Feed) -> None:  # F1, F21
    data = render(feed, [])
    root = etree.fromstring(data)

    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert [instruction.text for instruction in root.xpath("/processing-instruction('xml-stylesheet')")] == [
        'type="text/css" href="https://news.example.org/feed.css"'
    ]


PLAIN = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn"), blacklist_characters="\ufeff\ufffd\u2028\u2029"),
    min_size=1,
    max_size=60,
).filter(lambda text: text == " ".join(text.split()))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=PLAIN, summary=PLAIN)
def test_any_clean_text_comes_back(
    title: str, summary: str, feed: Feed, make_entry: MakeEntry
) -> None:  # F12
    entry = make_entry(title=title, summary=summary)
    in_rss = etree.fromstring(rss.render(feed, [entry])).findtext("channel/item/title") or ""
    in_atom = etree.fromstring(atom.render(feed, [entry])).findtext(".//{*}entry/{*}title") or ""
    in_json = json.loads(jsonfeed.render(feed, [entry]))["items"][0]["title"]

    assert {title} == {
        found if found == title else found.removeprefix(RLM) for found in (in_rss, in_atom, in_json)
    }
