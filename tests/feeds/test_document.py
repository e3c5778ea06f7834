"""A feed document as it stands on the disk. The oracle is feedparser, or json."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.feeds import atom, document, jsonfeed, rss
from publisher.feeds.document import Facts
from publisher.model.feed import Removed

RENDER = {
    "rss": ("rss.xml", rss.render),
    "atom": ("atom.xml", atom.render),
    "json": ("feed.json", jsonfeed.render),
}
EVERY = pytest.mark.parametrize("kind", RENDER)
NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
# What looks like the document's own lines and tags.
HOSTILE = (
    '<div><p>&lt;entry&gt; &lt;/item> ]]&gt; \n  }\n ]\n"date_modified": "2030-01-01"</p>'
    '<pre>\n  {\n   "items": [\n  </entry>\n</pre></div>'
)


def ids(kind, data):
    """The ids of the entries, as a reader finds them."""
    if kind == "json":
        return [item["id"] for item in json.loads(data)["items"]]
    parsed = feedparser.parse(data)
    assert not parsed.bozo
    return [entry.id for entry in parsed.entries]


def read(path, data) -> Facts:
    facts = document.read(path, data)
    assert facts
    return facts


def entries(make_entry, numbers, content=HOSTILE):
    return [make_entry(number, content=content) for number in numbers]


@EVERY
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(old=st.sets(st.integers(0, 8)), new=st.sets(st.integers(0, 8)), changed=st.sets(st.integers(0, 8)))
def test_the_delta_has_what_is_new_or_changed_and_nothing_else(
    kind, feed, make_entry, old, new, changed
):  # F23
    _, render = RENDER[kind]
    before = render(feed, entries(make_entry, sorted(old)))
    now = [make_entry(n, content="<p>new</p>" if n in changed else HOSTILE) for n in sorted(new)]
    data = render(replace(feed, updated=NOON + timedelta(hours=1)), now)

    part = document.delta(data, kind, document.marks(before, kind))

    wanted = [n for n in sorted(new) if n not in old or n in changed]
    if len(wanted) == len(new):
        assert part is None
    else:
        assert part is not None and document.MARK * len(old) == len(document.marks(before, kind))
        assert [ids(kind, data)[sorted(new).index(n)] for n in wanted] == ids(kind, part)


@EVERY
def test_the_delta_is_a_whole_feed_of_its_own(kind, feed, make_entry):  # F23
    path, render = RENDER[kind]
    feed = replace(feed, removed=(Removed("urn:x:gone", NOON),), hubs=("https://hub.example.org/",))
    data = render(feed, entries(make_entry, range(3)))

    part = document.delta(data, kind, document.marks(render(feed, entries(make_entry, [1, 2])), kind))

    assert part and ids(kind, data)[:1] == ids(kind, part)
    assert read(path, part) == replace(read(path, data), updated=read(path, part).updated)
    if kind == "json":
        assert {**json.loads(data), "items": []} == {**json.loads(part), "items": []}
    else:
        assert feedparser.parse(data).feed == feedparser.parse(part).feed


@EVERY
def test_what_a_document_says_of_itself(kind, feed, make_entry):  # F22
    path, render = RENDER[kind]
    facts = read(path, render(feed, entries(make_entry, range(3))))

    assert (kind, NOON, False) == (facts.kind, facts.updated, facts.archive)
    own = {"rss": feed.rss, "atom": feed.atom, "json": feed.json}[kind]
    assert ("self", own) in facts.links


def test_hubs_and_archives_are_told_from_the_head():  # F20
    head = '<feed xmlns="http://www.w3.org/2005/Atom"{0}><link rel="self" href="https://x.example/a.xml"/>{1}'
    entry = '<entry><link rel="hub" href="https://not.example/"/></entry></feed>'
    hub = '<link rel="hub" href="https://hub.example/"/><updated>2024-03-01T15:00:00+03:00</updated>'
    history = ' xmlns:fh="http://purl.org/syndication/history/1.0"'

    facts = read("atom.xml", (head.format("", hub) + entry).encode())
    archive = read("archive/1.xml", (head.format(history, "<fh:archive/>") + entry).encode())
    json_ = {
        "version": "https://jsonfeed.org/version/1.1",
        "feed_url": "https://x.example/feed.json",
        "items": [],
    }
    hubs = {"hubs": [{"type": "WebSub", "url": "https://hub.example/"}]}
    feed = read("feed.json", json.dumps(json_ | hubs, indent=1).encode())

    assert (("self", "https://x.example/a.xml"), ("hub", "https://hub.example/")) == facts.links
    assert (NOON, False, True) == (facts.updated, facts.archive, archive.archive)
    assert {("self", "https://x.example/feed.json"), ("hub", "https://hub.example/")} == set(feed.links)
    assert b"" == document.marks(json.dumps(json_ | hubs, indent=1).encode(), "json")


@pytest.mark.parametrize("path", ["a.xml", "a.json", "a.rss", "a.html"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=200),
    start=st.sampled_from([b"", b"<rss", b"<feed", b'{"version": "https://jsonfeed.org/version/1.1"']),
)
def test_whatever_lies_there_is_read_without_an_error(path, data, start):  # X14
    facts = document.read(path, start + data)

    if facts:
        spans = document.spans(start + data, facts.kind)
        assert all(0 <= a < b <= len(start + data) for a, b in spans)
        document.delta(start + data, facts.kind, document.marks(start + data, facts.kind))


def test_entities_of_a_document_are_not_resolved(tmp_path):  # threat 8
    (tmp_path / "secret").write_text("secret")
    entity = f'<!DOCTYPE feed [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    data = f'{entity}<feed xmlns="http://www.w3.org/2005/Atom"><updated>&x;</updated></feed>'

    facts = read("atom.xml", data.encode())

    assert facts.updated is None
