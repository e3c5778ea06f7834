"""Companions. The oracles are gzip's and Brotli's own commands."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.feeds import compression

CODINGS = pytest.mark.parametrize("coding", ["gzip", "br"])


@CODINGS
@given(data=st.binary(max_size=5000).map(lambda data: data * 7))
def test_what_is_packed_is_the_same_bytes_and_comes_out_whole(coding, data):  # F22
    packed = compression.pack(data, coding)

    assert packed == compression.pack(data, coding)
    assert compression.holds(packed, coding, data)
    assert not compression.holds(packed, coding, data + b"x")
    assert not compression.holds(packed[:-1], coding, data)
    assert not compression.holds(packed + b"x", coding, data)
    assert not data or not compression.holds(packed, coding, data[:-1])


@CODINGS
@given(data=st.binary(max_size=300))
def test_anything_else_is_no_companion(coding, data):  # F22
    assert not compression.holds(data, coding, b"a feed")


@pytest.mark.parametrize("coding, command", [("gzip", "gzip"), ("br", "brotli")])
def test_the_commands_read_it(coding, command):
    program = shutil.which(command)
    if not program:
        pytest.skip(f"no {command} here")
    data = "خبر اليوم ".encode() * 3000
    packed = compression.pack(data, coding)

    assert data == subprocess.run([program, "-dc"], input=packed, capture_output=True, check=True).stdout
    assert len(packed) < len(data) / 20
    assert coding == "br" or bytes(4) == packed[4:8]  # no time


@pytest.mark.parametrize(
    "path, size, worth",
    [
        ("rss.xml", 10, True),
        ("category/x/feed.json", 10, True),
        ("opml.xml", 10, True),
        ("all.rss", 10, True),
        ("a/index.html", 20_000, False),
        ("a/index.html", 20_001, True),
        ("style.css", 30_000, True),
        ("photo.jpg", 30_000, False),
        ("rss.xml.gz", 30_000, False),
    ],
)
def test_feeds_have_companions_and_large_pages(path, size, worth):
    assert worth == compression.worth(path, size)
