"""The documents before judges that are not ours: RFC 4287's grammar, the text of JSON Feed 1.1 as a schema, the RSS
Advisory Board's profile, feedparser; on a feed that says everything a feed can say."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from publisher.feeds import atom, jsonfeed, rss
from publisher.model.article import Version
from publisher.model.feed import Entry, Feed, Removed
from publisher.model.media import Shown

MakeEntry = Callable[..., Entry]
DATA = Path(__file__).parent / "data"
SITE = "https://news.example.org"
ATOM, DC = "{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}"
MEDIA, FH = "{http://search.yahoo.com/mrss/}", "{http://purl.org/syndication/history/1.0}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
RLM = "\u200f"


@pytest.fixture(scope="module")
def grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(DATA / "atom.rng"))


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads((DATA / "jsonfeed-1.1.schema.json").read_text("utf-8")))


@pytest.fixture
def full(feed: Feed) -> Feed:
    """A feed that says everything."""
    return replace(
        feed,
        hubs=("https://hub.example.org/", "https://other.example.net/push"),
        license="https://creativecommons.org/licenses/by/4.0/",
        icon=Shown(f"{SITE}/icon.png", "image/png", 9_000, 512, 512),
        logo=Shown(f"{SITE}/logo.png", "image/png", 900, 144, 72),
        removed=(
            Removed("urn:uuid:00000000-0000-5000-8000-00000000dead", datetime(2024, 2, 1, 8, tzinfo=UTC)),
        ),
        previous=f"{SITE}/archive/2.xml",
    )


@pytest.fixture
def archive(full: Feed) -> Feed:
    """A document in the middle of the archive."""
    return replace(
        full,
        atom=f"{SITE}/archive/2.xml",
        current=f"{SITE}/atom.xml",
        previous=f"{SITE}/archive/1.xml",
        next=f"{SITE}/archive/3.xml",
        removed=(),
    )


@pytest.fixture
def entries(make_entry: MakeEntry) -> list[Entry]:
    """One with everything, one in another language and direction, one with as little as there can be."""
    picture = Shown(f"{SITE}/0/p.jpg", "image/jpeg", 52_000, 1600, 900, "نهر & جسر")
    rich = replace(
        make_entry(authors=("سارة", "ليلى"), updated=datetime(2024, 3, 1, 20, tzinfo=UTC)),
        versions=(Version("ar", f"{SITE}/0/"), Version("he", f"{SITE}/he/0/")),
        picture=picture,
        thumbnail=replace(picture, url=f"{SITE}/0/letter/p.jpg", length=9_000, width=600, height=338),
        enclosures=(
            Shown(f"{SITE}/0/a.mp3", "audio/mpeg", 1_000_000),
            Shown(f"{SITE}/0/b.mp4", "video/mp4", 2_000_000),
        ),
    )
    return [
        rich,
        make_entry(1, language="en-GB", direction="ltr", title="C++ <b> is 40", summary="A look at .NET"),
        make_entry(2, summary="", categories=()),
    ]


def assert_atom(data: bytes, grammar: etree.RelaxNG) -> etree._Element:
    root = etree.fromstring(data)
    assert grammar.validate(root), grammar.error_log
    # The grammar's Schematron rule, and what RFC 4287 asks for in words (4.1.1, 4.1.3.3).
    assert root.find(f"{ATOM}author") is not None or all(
        entry.find(f"{ATOM}author") is not None for entry in root.findall(f"{ATOM}entry")
    )
    for parent in (root, *root.findall(f"{ATOM}entry")):
        alternates = [
            (link.get("type"), link.get("hreflang"))
            for link in parent.findall(f"{ATOM}link")
            if link.get("rel") == "alternate"
        ]
        assert len(alternates) == len(set(alternates))
    ids = [each.text for each in root.iterfind(f"{ATOM}entry/{ATOM}id")]
    assert len(ids) == len(set(ids))
    return root


def assert_rss(data: bytes) -> etree._Element:
    """RSS 2.0 and the RSS Advisory Board's profile (https://www.rssboard.org/rss-profile), as far as they are about
    what we write."""
    root = etree.fromstring(data)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    assert {*(str(child.tag) for child in channel if not str(child.tag).startswith("{"))} <= CHANNEL
    for name in ("title", "link", "description"):
        assert 1 == len(channel.findall(name)) and channel.findtext(name)
    for name in CHANNEL - {"item", "category"}:
        assert len(channel.findall(name)) <= 1, name
    assert urlsplit(channel.findtext("link") or "").scheme in ("http", "https")
    (own,) = (link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self")
    assert own.get("type") == "application/rss+xml"
    assert parsedate_to_datetime(channel.findtext("lastBuildDate") or "").utcoffset() == timedelta(0)
    for image in channel.findall("image"):
        assert {"url", "title", "link", "width", "height", "description"} >= {child.tag for child in image}
        assert image.findtext("title") == channel.findtext("title")
        assert image.findtext("link") == channel.findtext("link")
        assert int(image.findtext("width") or 88) <= 144 and int(image.findtext("height") or 31) <= 400
        assert (image.findtext("url") or "").endswith((".png", ".jpg", ".gif"))
    seen = set()
    for item in channel.findall("item"):
        plain = [str(child.tag) for child in item if not str(child.tag).startswith("{")]
        assert set(plain) <= ITEM
        assert all(plain.count(name) <= 1 for name in ITEM - {"category"})  # one enclosure at most
        assert item.findtext("title") or item.findtext("description")
        guid = item.find("guid")
        assert guid is not None and guid.get("isPermaLink") in ("true", "false")
        seen.add(guid.text)
        assert item.find("author") is None  # which takes an address; names are dc:creator's
        assert parsedate_to_datetime(item.findtext("pubDate") or "").utcoffset() == timedelta(0)
        for enclosure in item.findall("enclosure"):
            assert {"url", "length", "type"} == set(enclosure.attrib)
            assert (enclosure.get("length") or "").isdigit()
    assert len(seen) == len(channel.findall("item"))
    return channel


CHANNEL = frozenset((
    "title", "link", "description", "language", "copyright", "managingEditor", "webMaster",
    "pubDate", "lastBuildDate", "category", "generator", "docs", "cloud", "ttl", "image", "rating",
    "textInput", "skipHours", "skipDays", "item",
))  # fmt: skip
ITEM = frozenset((
    "title", "link", "description", "author", "category", "comments", "enclosure", "guid",
    "pubDate", "source",
))  # fmt: skip


def read(data: bytes) -> feedparser.FeedParserDict:
    parsed = feedparser.parse(data)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def test_atom_is_what_its_grammar_says(
    full: Feed, archive: Feed, feed: Feed, entries: list[Entry], grammar: etree.RelaxNG
) -> None:  # F1, F5, F13, F15
    for each in (full, archive, feed, replace(feed, author="")):
        assert_atom(atom.render(each, entries), grammar)
        assert_atom(atom.render(each, []), grammar)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<feed ", b'<feed dir="rtl" '),  # F5: never a bare dir
        (b'type="text"', b'type="CDATA"'),
        (b"<updated>", b"<updated>x"),
        (b"<entry>", b"<entry><author/>"),
        (b'rel="license"', b'rel="license" class="x"'),
    ],
)
def test_the_grammar_refuses(
    old: bytes, new: bytes, full: Feed, entries: list[Entry], grammar: etree.RelaxNG
) -> None:
    data = atom.render(full, entries)

    assert old in data
    assert not grammar.validate(etree.fromstring(data.replace(old, new)))


def test_json_is_what_version_1_1_says(
    full: Feed, feed: Feed, entries: list[Entry], schema: Draft202012Validator
) -> None:  # F1, F5, F15
    for each in (full, feed, replace(feed, author="")):
        schema.validate(json.loads(jsonfeed.render(each, entries)))
        schema.validate(json.loads(jsonfeed.render(each, [])))


def test_the_schema_refuses(full: Feed, entries: list[Entry], schema: Draft202012Validator) -> None:
    document = json.loads(jsonfeed.render(full, entries))

    assert not schema.is_valid(document | {"direction": "rtl"})
    assert not schema.is_valid(document | {"_rtl": "rtl"})
    assert not schema.is_valid(document | {"hubs": ["https://hub.example.org/"]})
    assert not schema.is_valid(document | {"items": [{**document["items"][0], "id": 7}]})


def test_rss_is_what_the_profile_says(full: Feed, feed: Feed, entries: list[Entry]) -> None:  # F1, F15
    for each in (full, feed, replace(feed, author="", description="")):
        assert_rss(rss.render(each, entries))
        assert_rss(rss.render(each, []))


def test_feedparser_sees_the_same_in_rss_and_atom(full: Feed, entries: list[Entry]) -> None:  # F1, F3
    from_rss, from_atom = read(rss.render(full, entries)), read(atom.render(full, entries))

    assert from_rss.feed.title == from_atom.feed.title == full.title
    assert from_rss.feed.language == from_atom.feed.language == "ar"
    for name in ("id", "title", "link", "published_parsed"):
        assert [each[name] for each in from_rss.entries] == [each[name] for each in from_atom.entries]
    (picture, recording), (thumbnail,) = (
        from_rss.entries[0][f"media_{kind}"] for kind in ("content", "thumbnail")
    )
    assert (picture["url"], picture["medium"], picture["width"]) == (f"{SITE}/0/p.jpg", "image", "1600")
    assert (recording["url"], recording["type"]) == (f"{SITE}/0/b.mp4", "video/mp4")
    assert thumbnail["url"] == f"{SITE}/0/letter/p.jpg"
    assert [each["href"] for each in from_rss.entries[0].enclosures] == [f"{SITE}/0/a.mp3"]
    assert [each["href"] for each in from_atom.entries[0].enclosures] == [
        f"{SITE}/0/a.mp3",
        f"{SITE}/0/b.mp4",
    ]
    assert from_rss.feed.image["href"] == from_atom.feed.logo == f"{SITE}/logo.png"
    assert from_atom.feed.icon == f"{SITE}/icon.png"


def test_hubs_archive_and_licence_are_linked_alike(full: Feed) -> None:  # F15; WebSub, RFC 5005
    expected = [
        ("hub", "https://hub.example.org/"),
        ("hub", "https://other.example.net/push"),
        ("prev-archive", f"{SITE}/archive/2.xml"),
        ("license", "https://creativecommons.org/licenses/by/4.0/"),
    ]
    own = [("self", f"{SITE}/rss.xml")]
    in_rss = etree.fromstring(rss.render(full, [])).findall(f"channel/{ATOM}link")
    in_atom = etree.fromstring(atom.render(full, [])).findall(f"{ATOM}link")

    assert own + expected == [(link.get("rel"), link.get("href")) for link in in_rss]
    assert expected == [(link.get("rel"), link.get("href")) for link in in_atom][2:]
    assert {"application/atom+xml"} == {
        link.get("type") for link in (*in_rss, *in_atom) if link.get("rel") == "prev-archive"
    }


def test_an_archive_document_says_so_and_where_it_stands(archive: Feed, full: Feed) -> None:  # RFC 5005, 4
    root = etree.fromstring(atom.render(archive, []))
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}

    assert 1 == len(root.findall(f"{FH}archive"))
    assert root.findtext(f"{ATOM}id") == full.id
    assert links == {
        "self": f"{SITE}/archive/2.xml",
        "alternate": f"{SITE}/",
        "current": f"{SITE}/atom.xml",
        "prev-archive": f"{SITE}/archive/1.xml",
        "next-archive": f"{SITE}/archive/3.xml",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    assert b"history" not in atom.render(full, [])


def test_only_atom_tells_what_left(full: Feed, entries: list[Entry]) -> None:  # F13; RFC 6721
    (told,) = etree.fromstring(atom.render(full, entries)).findall(f"{AT}deleted-entry")

    assert dict(told.attrib) == {"ref": full.removed[0].id, "when": "2024-02-01T08:00:00+00:00"}
    assert b"tombstones" not in rss.render(full, entries)
    assert b"dead" not in rss.render(full, entries) + jsonfeed.render(full, entries)


def test_the_picture_is_told_where_there_is_one_only(feed: Feed, entries: list[Entry]) -> None:  # F11
    for render in (rss.render, atom.render):
        items = list(etree.fromstring(render(feed, entries)).iter("item", f"{ATOM}entry"))
        (picture, *_) = items[0].findall(f"{MEDIA}content")

        assert dict(picture.attrib) == {
            "url": f"{SITE}/0/p.jpg",
            "fileSize": "52000",
            "type": "image/jpeg",
            "medium": "image",
            "width": "1600",
            "height": "900",
        }
        assert picture.findtext(f"{MEDIA}description") == "نهر & جسر"
        assert [] == [child for item in items[1:] for child in item if str(child.tag).startswith(MEDIA)]
        assert b"mrss" not in render(feed, entries[1:])


@pytest.mark.parametrize(
    ("width", "height", "logo", "favicon"),
    [(144, 72, True, "icon"), (144, 144, False, "logo"), (40, 144, False, "icon")],
)
def test_each_format_gets_the_shape_that_it_asks_for(
    width: int, height: int, logo: bool, favicon: str, full: Feed
) -> None:  # F15
    shaped = replace(full, logo=Shown(f"{SITE}/logo.png", "image/png", 900, width, height))
    document = json.loads(jsonfeed.render(shaped, []))

    assert logo == (b"<logo>" in atom.render(shaped, []))
    assert (document["icon"], document["favicon"]) == (f"{SITE}/icon.png", f"{SITE}/{favicon}.png")
    assert f"{SITE}/logo.png" == etree.fromstring(rss.render(shaped, [])).findtext("channel/image/url")


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "]]>",
                "&amp;",
                "&#x3c;",
                "<b>",
                "</title>",
                "<!--",
                "<![CDATA[",
                "«CNN»",
                "\u200f",
                "\u200e",
                "\u2067نص\u2069",
                "😀",
                "👩\u200d👩\u200d👧",
                "𞤀𞤣",
                "می\u200cخواهیم",
                "قَالَ",
                "…",
                "'\"",
                "C++",
                "<?xml?>",
                "&nbsp;",
            ]
        ),
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
).map(" ".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=HOSTILE, direction=st.sampled_from(["rtl", "ltr"]))
def test_any_headline_comes_back_from_feedparser(
    title: str, direction: str, feed: Feed, make_entry: MakeEntry, grammar: etree.RelaxNG
) -> None:  # F6, F12
    entry = make_entry(title=title, direction=direction, language="ar" if direction == "rtl" else "en")
    written = atom.render(feed, [entry])
    assert_atom(written, grammar)
    in_rss = rss.render(feed, [entry])
    found = {read(written).entries[0].title, json.loads(jsonfeed.render(feed, [entry]))["items"][0]["title"]}
    found.add(etree.fromstring(in_rss).findtext("channel/item/title"))
    if not re.search("<[!?/a-z]|&[a-z#]", title):
        # RSS does not say what its titles are. Of what looks like HTML feedparser removes what no page should hold.
        found.add(read(in_rss).entries[0].title)

    assert found in ({title}, {RLM + title})
