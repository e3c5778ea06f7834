"""A published site over HTTP: types, codings, tags, the page for people, new entries alone."""

import asyncio
import gzip
import json
import os
import tracemalloc
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import brotli
import feedparser
import pytest

from publisher.feeds import files as output
from publisher.web import files as served
from publisher.web.files import Files
from tests.web.conftest import answer

FEEDS = {
    "/rss.xml": "application/rss+xml; charset=utf-8",
    "/atom.xml": "application/atom+xml; charset=utf-8",
    "/feed.json": "application/feed+json; charset=utf-8",
}
EACH = pytest.mark.parametrize("path", FEEDS)
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def story(number: int, text: str = "نص") -> str:
    return f"---\ntitle: خبر {number}\ndate: 2026-01-{number:02}\nslug: story-{number}\n---\n\n{text}\n"


@pytest.fixture
def site(house, write, publishes):
    """Three articles, published."""
    for number in (1, 2, 3):
        write(house, f"{number}.md", story(number))
    publishes(house)
    return house


@EACH
def test_a_feed_says_what_it_is_and_lets_everybody_read_it(site, ask, path):  # F20, F22
    status, headers, body = ask(path)

    assert (200, FEEDS[path]) == (status, headers["content-type"])
    assert (site.out / path[1:]).read_bytes() == body
    assert str(len(body)) == headers["content-length"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "*" == headers["access-control-allow-origin"]
    assert "public, max-age=60" == headers["cache-control"]
    assert "Accept-Encoding, Sec-Fetch-Dest" == headers["vary"]
    assert "Fri, 02 Jan 2026 21:00:00 GMT" == headers["last-modified"]  # of the newest article
    head = ask(path, "HEAD")
    assert (200, headers, b"") == head
    assert "link" not in headers


@EACH
@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_coding_has_its_own_bytes_and_its_own_tag(site, ask, path, coding):  # F22
    plain, packed = ask(path), ask(path, accept_encoding=coding)

    assert plain.body == UNPACK[coding](packed.body) != packed.body
    assert coding == packed.headers["content-encoding"]
    assert str(len(packed.body)) == packed.headers["content-length"]
    assert plain.headers["etag"][:-1] + f'-{coding}"' == packed.headers["etag"]
    assert ask(path, "HEAD", accept_encoding=coding) == (200, packed.headers, b"")
    for tag in (plain.headers["etag"], packed.headers["etag"]):  # whichever it has, it is right
        for tags in (tag, f"W/{tag}", f'"other", {tag}'):
            same = ask(path, accept_encoding=coding, if_none_match=tags)
            assert (304, tag, b"") == (same.status, same.headers["etag"], same.body)
            assert "vary" in same.headers and "cache-control" in same.headers
    assert 304 == ask(path, accept_encoding=coding, if_none_match="*").status
    assert 200 == ask(path, accept_encoding=coding, if_none_match='"other"').status


@EACH
def test_tags_and_dates_are_the_same_after_a_restart_and_a_restore(site, ask, path):  # F22
    before = ask(path)
    for each in site.out.rglob("*"):
        os.utime(each, (1_800_000_000, 1_800_000_000))
    new = Files(site.out)

    after = asyncio.run(answer(new, path))
    assert before == after
    since = {"if_modified_since": before.headers["last-modified"]}
    assert 304 == asyncio.run(answer(new, path, **since)).status
    earlier = {"if_modified_since": "Fri, 02 Jan 2026 00:00:00 GMT"}
    assert 200 == asyncio.run(answer(new, path, **earlier)).status


def test_a_companion_of_other_bytes_is_never_served(site, ask):  # F22
    feed = site.out / "atom.xml"
    stamp = feed.stat().st_mtime_ns
    feed.write_bytes(feed.read_bytes() + b"\n")
    assert "content-encoding" not in ask("/atom.xml", accept_encoding="gzip, br").headers

    os.utime(feed, ns=(stamp, stamp))  # the same time, by accident
    reply = ask("/atom.xml", accept_encoding="gzip, br")
    assert ("content-encoding" not in reply.headers, feed.read_bytes()) == (True, reply.body)

    (site.out / "atom.xml.br").write_bytes(brotli.compress(feed.read_bytes()))
    os.utime(site.out / "atom.xml.br", ns=(stamp, stamp))
    assert feed.read_bytes() == brotli.decompress(ask("/atom.xml", accept_encoding="gzip, br").body)


def test_a_companion_alone_is_a_file_like_any_other(site, ask):
    reply = ask("/atom.xml.gz")

    assert (200, "application/gzip") == (reply.status, reply.headers["content-type"])
    assert "content-encoding" not in reply.headers


def test_the_list_of_feeds_and_the_archive_have_their_types(site, ask):  # F20
    (site.out / "opml.xml").write_text('<?xml version="1.0"?><opml version="2.0"/>')
    (site.out / "archive").mkdir(exist_ok=True)
    (site.out / "archive" / "1.xml").write_bytes((site.out / "atom.xml").read_bytes())

    assert "text/x-opml; charset=utf-8" == ask("/opml.xml").headers["content-type"]
    assert FEEDS["/atom.xml"] == ask("/archive/1.xml").headers["content-type"]


def test_a_feed_with_a_hub_names_it_in_a_header(site, ask):  # F20
    head = '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://x.example/a.xml"/>'
    hub = '<link rel="hub" href="https://hub.example/?a=1&amp;b=2"/></feed>'
    (site.out / "atom.xml").write_text(head + hub)

    wanted = '<https://x.example/a.xml>; rel="self", <https://hub.example/?a=1&b=2>; rel="hub"'
    assert wanted == ask("/atom.xml").headers["link"]
    (site.out / "atom.xml").write_text(head + '<link rel="hub" href="https://h/&gt;; rel=x&#10;"/></feed>')
    assert '<https://x.example/a.xml>; rel="self"' == ask("/atom.xml").headers["link"]


def test_scripts_of_other_sites_may_ask_conditionally(site, ask):  # F20
    reply = ask("/atom.xml", "OPTIONS", access_control_request_method="GET")

    assert (204, b"", "*") == (reply.status, reply.body, reply.headers["access-control-allow-origin"])
    assert "If-None-Match" in reply.headers["access-control-allow-headers"]
    assert "ETag" in ask("/atom.xml").headers["access-control-expose-headers"]


@EACH
@pytest.mark.parametrize(
    "browser", [{"sec_fetch_dest": "document"}, {"upgrade_insecure_requests": "1", "accept": HTML}]
)
def test_a_person_gets_a_page_and_a_reader_the_feed(site, ask, path, browser):  # F21
    page = ask(path, **browser)

    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
    assert (site.out / "feed.html").read_bytes() == page.body
    assert "Sec-Fetch-Dest" in page.headers["vary"]
    assert "private, no-cache" == page.headers["cache-control"]  # no shared cache hands it to a reader
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 304 == ask(path, if_none_match=page.headers["etag"], **browser).status
    assert 200 == ask(path, if_none_match=page.headers["etag"]).status
    assert 200 == ask(path, if_none_match=ask(path).headers["etag"], **browser).status
    for reader in ({}, {"sec_fetch_dest": "empty"}, {"accept": HTML}, {"accept": "*/*"}):
        assert FEEDS[path] == ask(path, **reader).headers["content-type"]


def test_an_old_address_of_the_feed_has_the_page_too_and_an_archive_has_none(site, ask):  # F21, A15
    (site.out / "feed").mkdir()
    (site.out / "feed" / "index.xml").write_bytes((site.out / "rss.xml").read_bytes())
    history = 'xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"'
    (site.out / "old.xml").write_text(f"<feed {history}><fh:archive/></feed>")

    assert "text/html; charset=utf-8" == ask("/feed/", sec_fetch_dest="document").headers["content-type"]
    archive = ask("/old.xml", sec_fetch_dest="document")
    assert FEEDS["/atom.xml"] == archive.headers["content-type"]
    assert "Accept-Encoding" == archive.headers["vary"]
    (site.out / "feed.html").unlink()
    assert FEEDS["/rss.xml"] == ask("/rss.xml", sec_fetch_dest="document").headers["content-type"]


def titles(path, body):
    if path.endswith(".json"):
        return [item["title"] for item in json.loads(body)["items"]]
    parsed = feedparser.parse(body)
    assert not parsed.bozo
    return [entry.title for entry in parsed.entries]


@EACH
@pytest.mark.parametrize("coding", ["identity", "gzip", "br, gzip;q=0.5"])
def test_who_has_an_older_version_gets_what_is_new(site, ask, write, publishes, path, coding):  # F23
    old = ask(path, accept_encoding=coding).headers["etag"]
    write(site, "4.md", story(4))
    write(site, "2.md", story(2, "نص مصحح"))
    publishes(site)
    wish = {"a_im": "feed", "accept_encoding": coding}

    reply = ask(path, if_none_match=old, **wish)

    assert (226, "feed", FEEDS[path]) == (reply.status, reply.headers["im"], reply.headers["content-type"])
    body = gzip.decompress(reply.body) if "content-encoding" in reply.headers else reply.body
    assert ["خبر 4", "خبر 2"] == titles(path, body)
    assert "no-store, im" == reply.headers["cache-control"]
    assert old == reply.headers["delta-base"]
    assert {"A-IM", "If-None-Match", "Accept-Encoding"} == set(reply.headers["vary"].split(", "))
    now = reply.headers["etag"]
    assert 304 == ask(path, if_none_match=now, **wish).status  # the tag is that of the whole feed of now
    assert ask(path).headers["etag"].strip('"') in now
    assert (226, reply.headers, b"") == ask(path, "HEAD", if_none_match=old, **wish)
    for without in ({"a_im": "feed"}, {"if_none_match": old}, {"a_im": "vcdiff", "if_none_match": old}):
        assert 200 == ask(path, **without).status
    assert 200 == ask(path, a_im="feed", if_none_match='"0123456789abcdef01234567"').status
    assert 226 == ask(path, a_im="feed", if_none_match=f'"of-somebody-else", {old}').status


def test_every_known_version_is_answered_also_after_a_restart(site, write, publishes, ask):  # F23
    tags = []
    for number in range(4, 8):
        tags.append(ask("/atom.xml").headers["etag"])
        write(site, f"{number}.md", story(number))
        publishes(site)

    for new, tag in zip(range(4, 0, -1), tags, strict=True):
        reply = ask("/atom.xml", a_im="feed", if_none_match=tag)
        assert new == len(feedparser.parse(reply.body).entries)
    history = 'xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"'
    (site.out / "old.xml").write_text(f"<feed {history}><fh:archive/></feed>")
    for path in ("/old.xml", "/style.css"):
        assert 200 == ask(path, a_im="feed", if_none_match=tags[0]).status


def test_a_store_that_cannot_be_asked_costs_the_reader_nothing(site, write, publishes):  # F23
    from publisher.errors import Unwritable

    def broken(_path):
        raise Unwritable("the database cannot be read", "nashir.db", "wait")

    files = Files(site.out, broken)
    assert 200 == asyncio.run(answer(files, "/atom.xml", a_im="feed", if_none_match='"x"')).status


def test_many_readers_at_once_ask_the_store_once(site, ask, write, publishes):  # F23
    old = ask("/atom.xml").headers["etag"]
    known = {old.strip('"'): b""}
    asked = []

    def versions(path):
        asked.append(path)
        return known

    write(site, "4.md", story(4))
    publishes(site)
    files = Files(site.out, versions)

    async def crowd():
        wish = {"a_im": "feed", "if_none_match": old}
        return await asyncio.gather(*(answer(files, "/atom.xml", **wish) for _ in range(50)))

    replies = asyncio.run(crowd())
    assert ["atom.xml"] == asked
    assert {200} == {reply.status for reply in replies}  # nothing is known of that version's entries


def test_a_large_file_is_not_held_in_memory(site, ask):
    recording = os.urandom(1 << 20) * 8
    (site.out / "talk.mp3").write_bytes(recording)
    tracemalloc.start()
    reply = ask("/talk.mp3", "HEAD")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (200, "audio/mpeg", str(len(recording))) == (
        reply.status,
        reply.headers["content-type"],
        reply.headers["content-length"],
    )
    assert peak < 1 << 20
    assert recording == ask("/talk.mp3").body
    assert 304 == ask("/talk.mp3", if_none_match=reply.headers["etag"]).status


def test_a_large_file_that_changes_while_it_is_sent_is_broken_off(site):
    talk = site.out / "talk.mp3"
    talk.write_bytes(bytes(8 << 20))
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        talk.write_bytes(b"other")

    scope = {"method": "GET", "raw_path": b"/talk.mp3", "headers": []}
    asyncio.run(Files(site.out)(scope, None, send))  # type: ignore[arg-type]

    assert sum(len(each.get("body", b"")) for each in sent) < 8 << 20
    assert all(each["more_body"] for each in sent[1:])  # what has no end is no answer: the server hangs up


def test_memory_stays_bounded_whatever_is_asked_for(site, monkeypatch):
    monkeypatch.setattr(served, "KEPT", 500_000)
    for number in range(30):
        (site.out / f"{number}.json").write_bytes(os.urandom(50_000).hex().encode())
    files = Files(site.out)

    async def everything():
        for number in [*range(30), *range(30)]:
            for coding in ("identity", "gzip"):
                await answer(files, f"/{number}.json?{number}", accept_encoding=coding)
                assert files._size <= 600_000
                assert files._size == sum(file.size for file in files._kept.values())

    asyncio.run(everything())


def test_a_feed_at_an_old_address_in_capitals_is_one(site, publishes, ask):  # A15, F20
    publishes(replace(site, feeds=replace(site.feeds, aliases=("/Feed.XML rss", "/Old.JSON"))))

    for path, like in (("/Feed.XML", "/rss.xml"), ("/Old.JSON", "/feed.json")):
        assert ask(like).headers == ask(path).headers


def test_memory_is_counted_right_where_everything_is_new_to_a_reader(site):  # F23
    old = '"0123456789abcdef01234567"'
    files = Files(site.out, lambda _path: {old.strip('"'): b"an entry"})

    assert 200 == asyncio.run(answer(files, "/atom.xml", a_im="feed", if_none_match=old)).status
    assert files._size == sum(file.size for file in files._kept.values())


@pytest.mark.parametrize(
    "path",
    [
        "/feed.json/",
        "/atom.xml/x",
        "/%2e%2e/config.toml",
        "/x/..%2f..%2fconfig.toml",
        "/.~x.tmp",
        "/%00",
        "/out/secret",
    ],
)
def test_what_is_no_file_of_ours_is_not_found(site, ask, path):  # threat 5
    (site.out / ".~x.tmp").write_text("half")
    (site.root / "elsewhere").mkdir()
    (site.root / "elsewhere" / "secret").write_text("secret")
    (site.out / "out").symlink_to(site.root / "elsewhere")

    assert 404 == ask(path).status


def test_a_slash_that_is_encoded_is_a_slash(site, ask):
    (site.out / "x").mkdir()
    (site.out / "x" / "1.txt").write_text("one")

    assert b"one" == ask("/x%2F1.txt").body == ask("/x/1.txt").body


def test_nobody_ever_sees_half_of_a_feed(site):  # F22
    versions = [
        f'<feed xmlns="http://www.w3.org/2005/Atom">{n:04}{"x" * 50_000}{n:04}</feed>' for n in range(60)
    ]
    files = Files(site.out)
    output.put(site.out, "atom.xml", versions[0].encode())

    def publish():
        for each in versions:
            output.put(site.out, "atom.xml", each.encode())

    async def read():
        seen = set()
        writing = asyncio.ensure_future(asyncio.to_thread(publish))
        while not writing.done():
            reply = await answer(files, "/atom.xml")
            seen.add((reply.headers["etag"], reply.body.decode()))
            await asyncio.sleep(0)
        await writing
        last = await answer(files, "/atom.xml")
        return seen | {(last.headers["etag"], last.body.decode())}

    seen = asyncio.run(read())
    assert {body for _, body in seen} <= set(versions)
    assert len(seen) == len({tag for tag, _ in seen}) > 1
    assert versions[-1] in {body for _, body in seen}


def test_a_date_before_the_feeds_own_is_answered_with_the_feed(site, ask):  # F22
    for date in ("Fri, 02 Jan 2026 20:59:59 GMT", "nonsense", "Fri, 02 Jan 99999 21:00:00 GMT"):
        assert 200 == ask("/atom.xml", if_modified_since=date).status
    assert 304 == ask("/atom.xml", if_modified_since="Fri, 02 Jan 2026 21:00:00 GMT").status
