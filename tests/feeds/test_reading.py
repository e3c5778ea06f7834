"""Older feeds, as they come: what readers compare is kept byte for byte."""

import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import BadInput
from publisher.feeds import aliases, reading
from publisher.model.adoption import OldEntry

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://x/"/>
<item rdf:about="https://x/1"><title>خبر</title><link>https://x/1?from=rss</link><dc:date>2004-05-06T07:08:09+03:00</dc:date></item>
</rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://x/blog/"><id> tag:x,2010:feed </id>
<link rel="self" href="https://x/blog/atom.xml"/>
<entry><id>tag:x,2010:/é</id><title type="html">&lt;b&gt;خبر&lt;/b&gt; &amp;amp; رأي</title>
<link rel="enclosure" href="a.mp3"/><link href="1.html"/><updated>2010-01-02T03:04:05.678Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">نص <b>الخبر</b></div></content></entry></feed>"""


def rss(items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


def only(data: bytes | str) -> OldEntry:
    (entry,) = reading.read(data.encode() if isinstance(data, str) else data, "x").entries
    return entry


@pytest.mark.parametrize(
    "item, id_, link, permalink",
    [
        ("<guid>https://x/1</guid>", "https://x/1", "https://x/1", True),
        ("<guid isPermaLink='true'> https://x/1 </guid><link>https://x/2</link>", "https://x/1", "https://x/2", True),
        ("<guid isPermaLink='false'>1 ﷲ é</guid><link>https://x/2</link>", "1 ﷲ é", "https://x/2", False),
        ("<link>https://x/%d8%a7?a=1&amp;b=2</link>", "https://x/%d8%a7?a=1&b=2", "https://x/%d8%a7?a=1&b=2", True),
        ("<title>x</title>", "", "", False),
    ],
)  # fmt: skip
def test_an_rss_item_is_known_by_its_guid_or_its_link(
    item: str, id_: str, link: str, permalink: bool
) -> None:  # A15
    entry = only(rss(f"<item>{item}</item>"))

    assert (id_, link, permalink) == (entry.id, entry.link, entry.permalink)


def test_rss_1_items_are_known_by_their_uri() -> None:  # A15
    entry = only(RDF)

    assert ("https://x/1", "https://x/1?from=rss", "خبر") == (entry.id, entry.link, entry.title)
    assert datetime(2004, 5, 6, 4, 8, 9, tzinfo=UTC) == entry.published


def test_atom_entries_and_the_feed_keep_their_ids() -> None:  # A15
    feed = reading.read(ATOM.encode(), "x")
    (entry,) = feed.entries

    assert ("atom", "tag:x,2010:feed", "https://x/blog/atom.xml") == (feed.kind, feed.id, feed.url)
    assert ("tag:x,2010:/é", "https://x/blog/1.html", "خبر & رأي") == (entry.id, entry.link, entry.title)
    assert "نص الخبر" == entry.text
    assert (None, datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC)) == (entry.published, entry.updated)


@pytest.mark.parametrize("id_, known", [("x", "x"), (17, "17"), (None, "https://x/1"), (True, "https://x/1")])
def test_json_ids_are_compared_as_strings(id_: object, known: str) -> None:  # A15
    item = {"id": id_, "url": "https://x/1", "content_html": "<p>نص</p>"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item, "no item"]}

    assert (known, "نص") == ((entry := only("\ufeff" + json.dumps(feed))).id, entry.text)


def test_a_packed_sitemap_is_unpacked() -> None:  # A15
    place = "<url><loc>https://x/%D8%A7/</loc></url>"
    data = gzip.compress(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{place}</urlset>'.encode()
    )

    assert ("sitemap", "https://x/%D8%A7/") == (reading.read(data, "x").kind, only(data).link)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html/>",
        b"{}",
        b"[1]",
        b"<rss",
        b"\x1f\x8bnonsense",
        gzip.compress(b"0" * 300_000_000, 9, mtime=0),
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">]><r>&a;</r>',
    ],
    ids=lambda data: repr(data[:8]),
)
def test_anything_else_is_refused_in_one_line(data: bytes) -> None:  # threat 4
    with pytest.raises(BadInput):
        reading.read(data, "x")


def test_an_entity_brings_in_no_file(tmp_path) -> None:  # threat 5
    (tmp_path / "secret").write_text("secret")
    head = f'<!DOCTYPE rss [<!ENTITY s SYSTEM "{(tmp_path / "secret").as_uri()}">]>'

    for item in ("<guid>&s;</guid>", '<guid isPermaLink="&s;">1</guid>'):
        with pytest.raises(BadInput, match=r"(?i)entity"):
            reading.read(f"{head}<rss><channel><item>{item}</item></channel></rss>".encode(), "x")


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
)
def test_a_guid_is_what_an_xml_reader_reads(guid: str) -> None:  # A15
    from xml.sax.saxutils import escape

    assert guid.strip() == only(rss(f"<item><guid isPermaLink='false'>{escape(guid)}</guid></item>")).id


@given(st.binary())
def test_bytes_are_read_or_refused(data: bytes) -> None:  # threat 4
    try:
        reading.read(data, "x")
    except BadInput as error:
        assert "x" == error.where


@pytest.mark.parametrize(
    "alias, file, kind",
    [
        ("/index.xml", "index.xml", "rss"),
        ("/feed/", "feed/index.xml", "rss"),
        ("feed/atom", "feed/atom/index.xml", "atom"),
        ("/feed.xml atom", "feed.xml", "atom"),
        ("/feeds/all.atom.xml", "feeds/all.atom.xml", "atom"),
        ("/category/feed/", "category/feed/index.xml", "rss"),
        ("/blog/feed.json", "blog/feed.json", "json"),
        ("/%D8%AE/index.rdf", "خ/index.rdf", "rss"),
    ],
)
def test_an_alias_is_a_file_and_a_format(alias: str, file: str, kind: str) -> None:  # A15
    assert {file: kind} == aliases.read([alias])


@pytest.mark.parametrize(
    "alias", ["/", "", "/rss.xml", "/u/x", "/a/feed.xml", "/../x.xml", "/x.xml/feed/", "/feed.xml word", "/.x/",
              "/category/x/atom.xml", "/author/a%20b/feed.json", "/lang/fa/rss.xml", "/archive/1.xml"]
)  # fmt: skip
def test_an_alias_that_cannot_be_says_so_with_a_mend(alias: str) -> None:  # A15
    with pytest.raises(ValueError, match="; "):
        aliases.read([alias])


@pytest.mark.parametrize(
    "item, id_, title",
    [
        ("<guid>https://x/?a=1&b=2</guid>", "https://x/?a=1&b=2", ""),
        ("<guid>1</guid><title>خبر&nbsp;أول &amp; ثان &eacute;</title>", "1", "خبر أول & ثان é"),
        ("<guid>1</guid><title>خ\x0bبر&#8;</title>", "1", "خبر"),
        ("<guid>1</guid><title><![CDATA[a & b&nbsp;c]]>\x1f</title>", "1", "a & b c"),
    ],
)
def test_a_feed_that_is_not_well_formed_is_read_as_readers_read_it(
    item: str, id_: str, title: str
) -> None:  # A15
    entry = only(rss(f"<item>{item}</item>"))

    assert (id_, title) == (entry.id, entry.title)


def test_a_letter_cut_in_two_stops_nothing() -> None:  # A15
    assert "1" == only(rss("<item><guid>1</guid><title>خبر</title></item>").replace("ر".encode(), b"\xd8")).id


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf\r\n", b"\n\n", b"\xef\xbb\xbf\xef\xbb\xbf"])
def test_what_stands_before_the_document_is_passed_over(before: bytes) -> None:  # A15
    assert "1" == only(before + rss("<item><guid>1</guid></item>")).id


def test_entities_of_the_document_itself_are_read_as_far_as_they_go() -> None:  # A15, threat 4
    head = '<!DOCTYPE rss [<!ENTITY site "https://x">]>'
    assert "https://x/1" == only(f"{head}<rss><channel><item><guid>&site;/1</guid></item></channel></rss>").id

    more = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{more}]>'
    for item in ("<guid>&l9;</guid>", '<guid isPermaLink="&l9;">1</guid>'):
        with pytest.raises(BadInput):
            reading.read(f"{head}<rss><channel><item>{item}</item></channel></rss>".encode(), "x")


@pytest.mark.parametrize(
    "namespace",
    ["", "https://www.sitemaps.org/schemas/sitemap/0.9", "http://www.google.com/schemas/sitemap/0.84"],
)
def test_a_sitemap_is_one_in_whatever_namespace(namespace: str) -> None:  # A15
    assert (
        "https://x/1/"
        == only(f'<urlset xmlns="{namespace}"><url><loc>https://x/1/</loc></url></urlset>').link
    )


def test_rss_may_have_a_namespace() -> None:  # A15
    assert (
        "1"
        == only(
            '<rss xmlns="http://backend.userland.com/rss2"><channel><item><guid>1</guid></item></channel></rss>'
        ).id
    )


@pytest.mark.parametrize(
    "date", ["Wed, 30 Nov -0001 00:00:00 +0000", "Mon, 01 Jan 0001 00:00:00 +0000", "0001-01-01T00:00:00Z"]
)
def test_the_zero_of_a_program_is_no_date(date: str) -> None:  # A5, A15
    assert None is only(rss(f"<item><guid>1</guid><pubDate>{date}</pubDate></item>")).published


def test_a_counters_link_is_not_the_entrys() -> None:  # A15
    entry = only(
        '<rss xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><item><guid>1</guid>'
        "<link>http://feedproxy.google.com/~r/x/~3/a/1.html</link>"
        "<feedburner:origLink>http://x/2010/1.html</feedburner:origLink></item></channel></rss>"
    )
    assert "http://x/2010/1.html" == entry.link


def test_a_link_that_is_none_stops_nothing() -> None:  # A15
    entry = '<entry><id>1</id><link href="http://[q/"/></entry>'
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://[x/">{entry}</feed>'
    assert ("1", "http://[q/") == ((found := only(feed)).id, found.link)


def test_json_numbers_are_what_a_reader_prints() -> None:  # A15
    items = '[{"id": 17.0}, {"id": "\\ud800", "url": "https://x/1"}]'
    feed = reading.read(f'{{"version": "https://jsonfeed.org/version/1", "items": {items}}}'.encode(), "x")
    assert ["17", "https://x/1"] == [entry.id for entry in feed.entries]


def test_a_gzip_file_of_several_members_is_read_to_its_end() -> None:  # A15
    whole = rss("<item><guid>1</guid></item><item><guid>2</guid></item>")
    data = gzip.compress(whole[:70], mtime=0) + gzip.compress(whole[70:])
    assert ["1", "2"] == [entry.id for entry in reading.read(data, "x").entries]


@pytest.mark.parametrize(
    "url, count", [("<url><loc>https://x/a/</loc></url>", 1_600_000), ("<a/>", 4_100_000)]
)
def test_a_small_file_that_unpacks_to_much_is_refused_before_it_fills_the_memory(
    url: str, count: int
) -> None:  # threat 4
    with pytest.raises(BadInput, match="more than"):
        reading.read(gzip.compress(f"<urlset>{url * count}</urlset>".encode(), 1), "x")
