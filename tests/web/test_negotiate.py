"""What a request asks for (RFC 9110, 12.5.3 and 13.1.2; RFC 3229)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.web import negotiate


@pytest.mark.parametrize(
    "header, codings",
    [
        (None, "identity"),
        (b"", "identity"),
        (b"gzip", "gzip identity"),
        (b"gzip, deflate, br", "br gzip identity"),
        (b"GZIP;q=1.0,br;q=0.5", "gzip br identity"),
        (b"br;q=0, gzip", "gzip identity"),
        (b"*", "br gzip identity"),
        (b"*;q=0, gzip", "gzip identity"),
        (b"identity", "identity"),
        (b"identity;q=1, gzip;q=0.5", "identity gzip"),
        (b"identity;q=0, gzip;q=0.5", "gzip identity"),
        (b"identity;q=0", "identity"),
        (b"x-gzip", "gzip identity"),
        (b"gzip;q=nonsense", "identity"),
        (b"gzip;q=0.000", "identity"),
        (b"zstd, exi;q=0.3", "identity"),
        (b"gzip ; q=0.2 , br ; q=0.1", "gzip br identity"),
    ],
)
def test_codings_in_the_order_they_are_wanted(header, codings):  # F22
    assert tuple(codings.split()) == negotiate.codings(header)


@given(st.binary(max_size=1000))
def test_any_header_is_understood_somehow(header):  # X14
    assert "identity" in negotiate.codings(header)
    assert set(negotiate.codings(header)) <= {"br", "gzip", "identity"}
    negotiate.is_delta(header)
    assert all('"' not in tag for tag in negotiate.tags(header))


@pytest.mark.parametrize(
    "header, tags",
    [
        (b'"a"', ["a"]),
        (b'W/"a", "b-gzip" ,"c,d"', ["a", "b-gzip", "c,d"]),
        (b"*", ["*"]),
        (b' "*"', []),
        (b'*, "a"', ["a"]),
        (b"", []),
        (b"a", []),
    ],
)
def test_entity_tags_are_read_weakly(header, tags):  # F22
    assert tags == negotiate.tags(header)


@pytest.mark.parametrize("tag", ["0af", "0af-gzip", "0af-br", "0af;gzip", "0af--gzip", "0af-gzip-br"])
def test_the_tag_of_a_coding_is_one_of_the_file(tag):  # F22, F23
    assert "0af" == negotiate.instance(tag)


@pytest.mark.parametrize(
    "header, asks",
    [(None, False), (b"feed", True), (b"vcdiff, Feed;q=0.5", True), (b"feed;q=0", False), (b"gzip", False)],
)
def test_who_asks_for_new_entries_alone(header, asks):  # F23
    assert asks == negotiate.is_delta(header)


HTML = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "name, destination, upgrade, accept, page",
    [
        ("Chromium, Firefox and Safari with TLS", b"document", b"1", HTML, True),
        ("the same without TLS, and old ones", None, b"1", HTML, True),
        ("a script's fetch", b"empty", None, b"*/*", False),
        ("a frame", b"iframe", b"1", HTML, False),
        ("curl, Python, Go", None, None, b"*/*", False),
        ("no header at all", None, None, None, False),
        ("newsboat", None, None, b"application/rss+xml, application/xml;q=0.9, */*;q=0.8", False),
        (
            "Liferea",
            None,
            None,
            b"application/atom+xml,application/xml;q=0.9,text/xml;q=0.8,*/*;q=0.7",
            False,
        ),
        ("a reader that likes pages too", None, None, HTML, False),
        ("a reader that wants TLS", None, b"1", b"application/rss+xml, text/html;q=0.1", False),
        ("an upgrade that is refused", None, b"0", HTML, False),
    ],
)
def test_a_page_is_for_people_only(name, destination, upgrade, accept, page):  # F21
    assert page == negotiate.is_browser(destination, upgrade, accept)
