"""Kill -9 while publishing: the short form. `benchmarks/publish_kills.py` has the long one."""

import json
import subprocess
import sys

import pytest

from tests.whole import publish_kills


def test_readers_get_whole_documents_whenever_publishing_is_killed():  # X3
    done = subprocess.run(
        [sys.executable, publish_kills.__file__, "--kills", "6", "--articles", "40"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["kills"] >= 6
    assert figures["reads"] > 300
    assert (0, 0) == (figures["torn or unknown"], figures["wrong"])


@pytest.mark.parametrize(
    "path, data",
    [
        ("atom.xml", b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</ti'),
        ("feed.json", b'{"items": ['),
        ("index.html", b"<!doctype html><html><body>"),
        ("rss.xml.gz", b"\x1f\x8b\x08\x00"),
        ("pic.png", b"\x89PNG"),
        ("rss.xml", b""),
    ],
)
def test_half_a_document_would_be_noticed(path, data):  # X3
    assert publish_kills.broken(path, data)
