"""Lint finds in anybody's feed what readers will do wrong, and nothing in a feed that is right."""

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.feeds import atom, jsonfeed, rss
from publisher.feeds.lint.check import check
from publisher.feeds.lint.on_server import Served
from publisher.feeds.lint.remarks import Report
from publisher.feeds.lint.table import GROUPS, RULES
from publisher.feeds.lint.words import lines
from publisher.model.feed import Entry, Feed
from tests.feeds.lint.broken import BROKEN, Broken, clean
from tests.patience import took

NOW = datetime(2024, 7, 1, 9, 0, 20, tzinfo=UTC)
# Broken by more than one change to the clean feeds: tests of their own, below.
OTHERS = {
    "no-language-ltr",
    "language-other",
    "entry-language-other",
    "duplicate-entry",
    *GROUPS["Editions of your own newsletters"],
    *GROUPS["What the server says"],
}
ALL_OF_THEM = ("rss", "atom", "json")
URL = "https://news.example.org/rss.xml"
HEADERS = {
    "content-type": "application/rss+xml; charset=utf-8",
    "etag": '"1"',
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
}


def rules(report: Report) -> set[str]:
    return {each.rule for each in report.remarks}


@pytest.mark.parametrize("feed", ALL_OF_THEM)
def test_nothing_is_said_of_a_feed_that_is_right(feed: str) -> None:
    assert () == check(clean(feed), NOW).remarks


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: f"{each.rule}-{each.feed}")
def test_a_feed_with_one_fault_has_that_and_no_other(
    broken: Broken,
) -> None:  # F4, F5, F6, F8, F9, F10, F11, F12
    assert {broken.rule} == rules(check(broken.data(), NOW))


def test_every_rule_has_a_broken_feed() -> None:
    assert set(RULES) - OTHERS == {each.rule for each in BROKEN}
    assert len(BROKEN) > 100


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: f"{each.rule}-{each.feed}")
def test_a_fault_is_said_where_it_stands_in_words(broken: Broken) -> None:
    report = check(broken.data(), NOW)

    for each in report.remarks:
        assert each.what
        assert each.how
        assert each.line is None or 1 <= each.line <= broken.data().count(b"\n") + 1


def test_the_line_is_that_of_the_element() -> None:
    data = clean("rss").replace("أمطار غزيرة في الجنوب".encode(), "iOS أمطار".encode())

    (remark,) = check(data, NOW).remarks

    assert (b"iOS" in data.splitlines()[remark.line - 1]) if remark.line else False
    assert 2 == remark.entry


def test_json_has_lines_too() -> None:
    data = clean("json").replace("גשם כבד בדרום".encode(), "PDF גשם".encode())

    (remark,) = check(data, NOW).remarks

    assert remark.line
    assert b"{" == data.splitlines()[remark.line - 1].strip()


ENGLISH = """<rss version="2.0"><channel><title>News</title><link>https://a.example/</link>
<description>All the news of the day</description>{language}<item><title>C++ and #tags, .NET</title>
<link>https://a.example/1</link><guid>https://a.example/1</guid><pubDate>Fri, 01 Mar 2024 12:00:00 +0000</pubDate>
<description>&lt;p&gt;One sentence about f() and C#.&lt;/p&gt;</description></item></channel></rss>"""


@pytest.mark.parametrize(
    "language", ["", "<language>en-US</language>", "<language>de</language>", "<language>ja-JP</language>"]
)
def test_a_left_to_right_feed_is_not_blamed_for_rules_of_the_other_direction(language: str) -> None:  # F7
    report = check(ENGLISH.format(language=language).encode(), NOW)

    assert {"no-self"} == {each.rule for each in report.remarks if each.level != "note"}
    assert ("no-language-ltr" in rules(report)) is (language == "")


def test_another_language_of_the_same_script_is_seen() -> None:
    words = "این پژوهش چند سال گذشته دربارهٔ زبان فارسی و گویش‌های گوناگون آن انجام گرفته است و می‌گوید که چنین نیست. "
    data = clean("rss").replace("أقر المجلس ميزانية هذا العام".encode(), (words * 10).encode())

    report = check(data, NOW)

    assert {"language-other"} == rules(report)
    assert "write <language>fa</language>" == report.remarks[0].how


def test_the_same_entry_under_another_id_is_seen() -> None:
    data = clean("rss").decode()
    item = data[data.index("<item>") : data.index("</item>") + 7]
    again = item.replace("000000000001", "000000000009")

    assert {"duplicate-entry"} == rules(check(data.replace(item, item + again).encode(), NOW))


def test_a_feed_whose_newest_entry_is_of_this_minute_is_not_taken_for_one_that_reads_a_clock() -> None:  # F2
    data = clean("rss").decode()
    newest = re.search("<lastBuildDate>(.*?)</lastBuildDate>", data)
    assert newest
    now = "Mon, 01 Jul 2024 09:00:00 +0000"
    of_now, by_clock = data.replace(newest[1], now), data.replace(newest[1], now, 1)
    assert of_now.count(now) > by_clock.count(now) == 1

    assert set() == rules(check(of_now.encode(), NOW))
    assert {"built-now"} == rules(check(by_clock.encode(), NOW))


def test_an_english_entry_that_says_so_is_right() -> None:  # F7
    english = (
        "<item its:dir='ltr'><title>iPhone news</title><link>https://news.example.org/9/</link><dc:language>en</dc:language>"
        '<guid isPermaLink="false">urn:9</guid><pubDate>Thu, 01 Feb 2024 12:00:00 +0000</pubDate>'
        "<description>&lt;div dir='ltr' lang='en'&gt;&lt;p&gt;All about it.&lt;/p&gt;&lt;/div&gt;</description></item>"
    )

    assert set() == rules(check(clean("rss").replace(b"</channel>", english.encode() + b"</channel>"), NOW))


@pytest.mark.parametrize("module", [rss, atom, jsonfeed])
def test_nothing_is_wrong_with_what_we_write(
    module: object, feed: Feed, make_entry: Callable[..., Entry]
) -> None:  # F1
    entries = [make_entry(number) for number in range(3)]

    report = check(module.render(feed, entries), NOW)  # type: ignore[attr-defined]

    assert [] == [each for each in report.remarks if each.level != "note"]


@pytest.mark.parametrize(
    "rule, headers, again",
    [
        ("served-html", {"content-type": "text/html; charset=utf-8"}, 304),
        ("served-html", {"content-type": ""}, 304),
        ("served-type", {"content-type": "text/xml"}, 304),
        ("served-charset", {"content-type": "application/rss+xml; charset=windows-1256"}, 304),
        ("served-no-etag", {"etag": None}, None),
        ("served-no-304", {}, 200),
        ("served-no-nosniff", {"x-content-type-options": None}, 304),
        ("served-no-cors", {"access-control-allow-origin": None}, 304),
    ],
)
def test_what_the_server_says_is_looked_at(
    rule: str, headers: dict[str, str | None], again: int | None
) -> None:  # F20, F22
    said = {name: value for name, value in (HEADERS | headers).items() if value is not None}

    assert {rule} == rules(check(clean("rss"), NOW, Served(URL, said, 5000, again)))


def test_a_feed_that_is_served_right_is_right() -> None:
    assert set() == rules(check(clean("rss"), NOW, Served(URL, HEADERS, 5000, 304)))


def test_a_large_feed_is_compressed_and_stands_where_it_says() -> None:  # F22
    assert {"served-not-compressed"} == rules(check(clean("rss"), NOW, Served(URL, HEADERS, 50_000, 304)))
    assert {"served-elsewhere"} == rules(check(clean("rss"), NOW, Served(f"{URL}?x", HEADERS, 5000, 304)))


# Hostile input


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    check(data, NOW)


@given(st.sampled_from(ALL_OF_THEM), st.data())
def test_no_cut_and_no_wild_text_in_a_feed_makes_it_fail(feed: str, data: st.DataObject) -> None:
    text = clean(feed)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 80)))
    new = data.draw(
        st.one_of(st.text(max_size=30).map(lambda s: s.encode("utf-8", "replace")), st.binary(max_size=10))
    )

    report = check(text[:start] + new + text[end:], NOW)

    assert all(each.rule in RULES for each in report.remarks)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda each: st.lists(each, max_size=3)
)
KEYS = ("title", "items", "authors", "author", "hubs", "_rtl", "icon", "language", "version")


@given(VALUES, st.sampled_from(KEYS))
def test_no_value_in_json_makes_it_fail(value: object, name: str) -> None:
    document = json.loads(clean("json"))

    check(json.dumps(document | {name: value}).encode(), NOW)
    check(
        json.dumps(
            document | {"items": [{name: value, "content_html": value, "attachments": [{"url": value}]}]}
        ).encode(),
        NOW,
    )


def test_half_a_surrogate_in_json_is_a_character_that_nobody_can_show() -> None:
    halved = re.sub(rb'("content_html": "<div[^>]*><p>)', rb"\1\\ud800", clean("json"), count=1)
    assert clean("json") != halved

    assert {"bad-characters"} == rules(check(halved, NOW))
    check(clean("json").replace(b'"items"', rb'"\udfff": ["\ud800", ["\ud800"]], "items"'), NOW)


SHORT = """{declaration}<rss version="2.0"><channel><title>{title}</title><link>https://a.example/</link>
<description>{title}</description><language>{language}</language></channel></rss>"""


@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="UTF-8"?>'])
@pytest.mark.parametrize(
    "language, title, page",
    [("ar", "أخبار", "cp1256"), ("fa", "خبر", "cp1256"), ("he-IL", "חדשות", "cp1255")],
)
def test_letters_of_a_windows_code_page_are_read_and_not_lost(
    declaration: str, language: str, title: str, page: str
) -> None:
    text = SHORT.format(declaration=declaration, language=language, title=title)

    report = check(text.encode(page), NOW)

    (remark,) = [each for each in report.remarks if each.rule == "wrong-bytes"]
    assert remark.found.endswith(f"it was read as windows-{page[2:]}")
    assert rules(report) == rules(check(text.encode(), NOW)) | {"wrong-bytes"}


@pytest.mark.parametrize("codec", ["unicode_escape", "idna", "utf-7", "hex", "rot13"])
def test_pythons_own_codecs_are_no_encodings(codec: str) -> None:
    data = clean("rss").replace(b'encoding="UTF-8"', f'encoding="{codec}"'.encode())

    assert {"wrong-bytes", "not-utf8"} == rules(check(data, NOW))


def test_a_packed_feed_is_called_so() -> None:
    (remark,) = check(gzip.compress(clean("rss")), NOW).remarks

    assert ("not-a-feed", "is packed with gzip") == (remark.rule, remark.found)


def test_a_web_page_is_asked_for_its_feeds() -> None:
    page = (
        "<!DOCTYPE html><html><head><link rel=stylesheet href=/x.css>"
        '<LINK href="/feed/?a=1&amp;b=2" rel="alternate" type="application/rss+xml">'
        "<link rel='alternate' type='application/feed+json' href='feed.json'></head></html>"
    )

    (named,) = check(page.encode(), NOW).remarks
    (none,) = check(b"<html><head></head></html>", NOW).remarks

    assert named.how.endswith("lint \u201c/feed/?a=1&b=2\u201d or \u201cfeed.json\u201d")
    assert none.how == RULES["not-a-feed"].mend


def test_the_cover_of_a_podcast_is_its_icon() -> None:
    data = re.sub(rb"<image>.*?</image>", b"", clean("rss"), flags=re.DOTALL)
    cover = b'<itunes:image xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" href="https://a.example/i.png"/>'

    assert {"no-icon"} == rules(check(data, NOW))
    assert set() == rules(check(data.replace(b"<item>", cover + b"<item>", 1), NOW))


@pytest.mark.parametrize("sign", ["<![CDATA[", "<!--"])
def test_what_is_never_closed_is_said_where_it_opens_and_on_one_line(sign: str) -> None:
    title = "أمطار غزيرة في الجنوب"
    data = clean("rss").decode().replace("]]>", "").replace("<![CDATA[", "").replace(title, f"{sign}{title}")

    (remark,) = check(data.encode(), NOW).remarks

    assert "not-well-formed" == remark.rule
    assert "\n" not in remark.found
    assert sign in data.splitlines()[(remark.line or 0) - 1]


def test_entities_that_multiply_are_not_multiplied() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    data = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]><rss version="2.0"><channel><title>&l9;</title></channel></rss>'

    assert "doctype" in rules(check(data.encode(), NOW))
    assert took(lambda: check(data.encode(), NOW), 2) < 2


def test_a_file_of_the_machine_is_not_read() -> None:
    doctype = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    data = f'{doctype}<rss version="2.0"><channel><title>&x;</title></channel></rss>'

    assert "root:" not in str(check(data.encode(), NOW))


HOSTILE = {
    "deep": lambda n: "<div>" * (n // 5),
    "open": lambda n: "<" * n,
    "attributes": lambda n: "<a " + " b" * (n // 2),
    "quotes": lambda n: "<a b='" * (n // 6),
    "comments": lambda n: "<!--" * (n // 4),
    "scripts": lambda n: "<script>" * (n // 8),
    "ampersands": lambda n: "&" * n,
    "isolates": lambda n: "\u2067" * n,
    "embeddings": lambda n: "\u202b" * n,
    "marks": lambda n: "\u200f" * n,
    "blanks": lambda n: "م" + " " * n + "x",
    "symbols": lambda n: "م " + "C++ #x " * (n // 7),
    "mojibake": lambda n: "Ø§" * (n // 2),
    "cut": lambda n: "Ø" * n,
    "forms": lambda n: "ﺍ" * n,
    "questions": lambda n: "? " * (n // 2),
    "letters": lambda n: "مرحبا " * (n // 6),
    "links": lambda n: '<a href="x">' * (n // 12),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_only(name: str) -> None:
    def seconds(size: int, enough: float = 0.0) -> float:
        text = HOSTILE[name](size)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;")
        data = clean("rss").replace("أقر المجلس الميزانية هذا العام.".encode(), escaped.encode())
        data = data.replace(b"<![CDATA[<div", b"<![CDATA[" + text.replace("]]>", "").encode() + b"<div", 1)
        data = data.replace("أمطار غزيرة في الجنوب".encode(), escaped.encode())
        return took(lambda: check(data, NOW), enough, 3)

    enough = 8 * 4 * max(seconds(10_000), 0.01)

    assert seconds(80_000, enough) < enough


def test_many_entries_take_time_by_their_number() -> None:
    def seconds(number: int, enough: float = 0.0) -> float:
        data = clean("rss").decode()
        item = data[data.index("<item>") : data.index("</item>") + 7]
        many = data.replace(item, item * number).encode()
        return took(lambda: check(many, NOW), enough, 2)

    enough = 8 * 4 * max(seconds(50), 0.01)

    assert seconds(400, enough) < enough


# Words


def test_what_is_said_again_is_folded() -> None:
    data = clean("rss").decode().replace('<div dir="rtl" lang="ar">', "<div>")

    shown = list(lines("feed.xml", check(data.encode(), NOW), lambda text, _: text))

    assert 2 == len(shown)
    assert "error content-no-dir  entry 1, content:encoded" in shown[0]
    assert "(and 1 more, line 29)" in shown[0]
    assert shown[0].startswith("feed.xml:20: ")
    assert "feed.xml: RSS, ar, rtl, 2 entries: 2 errors" == shown[1]


def test_a_persian_jekyll_blog_is_told_where_to_write_it() -> None:
    generator = '<generator uri="https://jekyllrb.com/">Jekyll</generator>'
    data = clean("atom").decode().replace(' xml:lang="fa"', "").replace("<icon>", f"{generator}<icon>")

    shown = list(lines("feed.xml", check(data.encode(), NOW), lambda text, _: text))

    assert shown[0].endswith('— write xml:lang="fa" on <feed>')
    assert "_config.yml" in shown[-1]


def test_a_feed_cannot_write_to_the_terminal() -> None:
    title = "\x1b[31mخبر\u202e\u2066 \n"
    data = clean("json").replace(
        "גשם כבד בדרום הארץ".encode(), title.encode("unicode_escape").replace(b"\\x", b"\\u00")
    )

    shown = "".join(lines("feed.json", check(data, NOW), lambda text, _: text))

    assert not {"\x1b", "\u202e", "\u2066", "\n"} & set(shown)
