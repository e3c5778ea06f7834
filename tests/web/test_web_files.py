import asyncio
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.pages.redirect import redirect_page
from publisher.web.files import Files

SECRET = b"secret outside of the folder"


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "feeds"
    (out / "مقالة").mkdir(parents=True)
    (out / "atom.xml").write_bytes(b"<feed/>")
    (out / "مقالة" / "index.html").write_bytes("<p>نص</p>".encode())
    (out / ".~half.tmp").write_bytes(b"half a file")
    (tmp_path / "secret").write_bytes(SECRET)
    (out / "link").symlink_to(tmp_path / "secret")
    return out


def ask(files, path, method="GET", **headers):
    """The status, headers and body of one ASGI request."""
    said = []

    async def send(message):
        said.append(message)

    scope = {
        "method": method,
        "raw_path": path,
        "headers": [(name.replace("_", "-").encode(), value) for name, value in headers.items()],
    }
    asyncio.run(files(scope, None, send))
    start, body = said
    return start["status"], dict(start["headers"]), body["body"]


def test_a_page_is_found_by_its_percent_encoded_folder(folder):
    files = Files(folder)

    assert "<p>نص</p>".encode() == ask(files, b"/%D9%85%D9%82%D8%A7%D9%84%D8%A9/")[2]
    status, headers, _ = ask(files, b"/%D9%85%D9%82%D8%A7%D9%84%D8%A9")
    assert (301, b"./%D9%85%D9%82%D8%A7%D9%84%D8%A9/") == (status, headers[b"location"])


def test_the_etag_is_strong_and_changes_with_the_bytes_only(folder):  # F22
    files = Files(folder)
    first = ask(files, b"/atom.xml")[1][b"etag"]
    (folder / "atom.xml").write_bytes(b"<feed/>")

    assert first == ask(files, b"/atom.xml")[1][b"etag"] == ask(Files(folder), b"/atom.xml")[1][b"etag"]
    (folder / "atom.xml").write_bytes(b"<feed >")
    assert first != ask(files, b"/atom.xml")[1][b"etag"]
    assert first.startswith(b'"')


@pytest.mark.parametrize("tags", [b"{}", b'"x", {}', b"W/{}", b"*"])
def test_who_has_it_gets_304_without_a_body(folder, tags):  # F22
    files = Files(folder)
    etag = ask(files, b"/atom.xml")[1][b"etag"]

    status, headers, body = ask(files, b"/atom.xml", if_none_match=tags.replace(b"{}", etag))

    assert (304, b"") == (status, body)
    assert etag == headers[b"etag"]


def test_dates_are_compared_and_etags_go_first(folder):  # F22, RFC 9110, 13.2.2
    files = Files(folder)
    modified = ask(files, b"/atom.xml")[1][b"last-modified"]
    before = format_datetime(
        parsedate_to_datetime(modified.decode()) - timedelta(days=1), usegmt=True
    ).encode()

    assert 304 == ask(files, b"/atom.xml", if_modified_since=modified)[0]
    assert 200 == ask(files, b"/atom.xml", if_modified_since=before)[0]
    assert 200 == ask(files, b"/atom.xml", if_modified_since=b"yesterday")[0]
    assert 200 == ask(files, b"/atom.xml", if_modified_since=modified, if_none_match=b'"other"')[0]


@pytest.mark.parametrize(
    "path", [b"/link", b"/.~half.tmp", b"/../secret", b"/%2e%2e/secret", b"//secret", b"/a//b"]
)
def test_links_hidden_files_and_ways_out_are_not_found(folder, path):  # threat 5
    status, _, body = ask(Files(folder), path)

    assert 404 == status
    assert SECRET not in body


def test_other_methods_are_refused(folder):
    status, headers, _ = ask(Files(folder), b"/atom.xml", "POST")

    assert (405, b"GET, HEAD, OPTIONS") == (status, headers[b"allow"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_path_is_answered_and_nothing_outside_is_served(folder, raw):  # X14, threat 5
    status, _, body = ask(Files(folder), b"/" + raw)

    assert status in {200, 301, 404}
    assert SECRET not in body and b"half" not in body


def test_a_page_that_only_leads_elsewhere_is_a_real_redirect(folder):  # A14, A16
    page = redirect_page("https://news.example.org/%D8%AE%D8%A8%D8%B1/", "خبر <1>", "ar", "rtl")
    (folder / "a").mkdir()
    (folder / "a" / "abcdefghij.html").write_bytes(page)
    (folder / "old.html").write_bytes(page)
    (folder / "quoted.html").write_bytes(b"<p>quoted:</p>" + page)
    files = Files(folder)

    for path in (b"/a/abcdefghij", b"/a/abcdefghij.html", b"/old.html"):
        for method in ("GET", "HEAD"):
            status, headers, body = ask(files, path, method)
            assert (301, b"/%D8%AE%D8%A8%D8%B1/", b"") == (status, headers[b"location"], body)
            assert b"public, max-age=60" == headers[b"cache-control"]
    assert 200 == ask(files, b"/quoted.html")[0]
    (folder / "old.html").write_bytes(redirect_page("https://news.example.org/new/", "خبر", "ar", "rtl"))
    assert b"/new/" == ask(files, b"/old.html")[1][b"location"]
    (folder / "old.html").write_bytes(b"<p>a page again</p>")
    assert 200 == ask(files, b"/old.html")[0]
    (folder / "old.html").write_bytes(page)
    assert 301 == ask(files, b"/old.html")[0]


def test_feeds_have_their_types_at_their_old_addresses(folder):  # A15, F20
    documents = {
        "rss": b'<?xml version="1.0"?>\n<?xml-stylesheet href="/feed.css"?>\n<rss version="2.0"/>',
        "atom": b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>',
        "feed": b'{"version": "https://jsonfeed.org/version/1.1"}',
    }
    for path, kind in {
        "index.xml": "rss",
        "feed/index.xml": "rss",
        "feed/atom/index.xml": "atom",
        "x/index.json": "feed",
        "all.rss": "rss",
    }.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(documents[kind])
    (folder / "sitemap.xml").write_bytes(b"<urlset/>")
    files = Files(folder)

    for address, kind in {
        b"/index.xml": "rss+xml",
        b"/feed/": "rss+xml",
        b"/feed/atom/": "atom+xml",
        b"/x/": "feed+json",
        b"/all.rss": "rss+xml",
        b"/sitemap.xml": "xml",
    }.items():
        status, headers, _ = ask(files, address)
        assert (200, f"application/{kind}; charset=utf-8".encode()) == (status, headers[b"content-type"])
    assert (301, b"./feed/") == (ask(files, b"/feed")[0], ask(files, b"/feed")[1][b"location"])
