"""`nashir lint`: files, URLs, exit codes, JSON; in any folder."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.config import load
from publisher.errors import Exit
from publisher.verbs import linting

FEED = (Path(__file__).parent.parent / "feeds" / "lint" / "clean.rss").read_bytes()


def clock() -> datetime:
    return datetime(2024, 7, 1, tzinfo=UTC)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/rss.xml")
            self.end_headers()
            return
        if self.path == "/rss.xml" and self.headers["If-None-Match"] == '"1"':
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(404 if self.path == "/missing" else 200)
        body = FEED + b" " * 1_500_000 if self.path == "/large" else FEED
        address = f"http://{self.headers['Host']}/rss.xml"
        body = body.replace(b"https://news.example.org/rss.xml", address.encode())
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("ETag", '"1"')
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    peer = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=peer.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{peer.server_address[1]}"
    peer.shutdown()
    thread.join()
    peer.server_close()


def one(source: str, *, private: bool = True) -> linting.Linted:
    (found,) = linting.lint([source], clock, private=private)
    return found


def test_a_url_is_asked_twice_and_its_headers_count(server: str) -> None:  # F20, F22
    found = one(f"{server}/rss.xml")

    assert found.report
    assert () == found.report.remarks


def test_a_server_that_ignores_its_own_etag_is_told(server: str) -> None:  # F22
    found = one(f"{server}/other.xml")

    assert found.report
    assert {"served-no-304", "served-elsewhere"} == {each.rule for each in found.report.remarks}


def test_a_redirect_is_not_followed_and_its_target_named(server: str) -> None:  # threat 8
    found = one(f"{server}/moved")

    assert found.report is None
    assert f"redirects to {server}/rss.xml" in found.problem


def test_this_machine_is_not_asked_unless_it_is_allowed(server: str) -> None:  # threat 8
    problem = one(f"{server}/rss.xml", private=False).problem
    assert problem.endswith("is this machine or a private network. Mend: add --private, if you trust it")


def test_only_the_web_is_asked() -> None:  # threat 8
    assert "not http or https" in one("file:///etc/passwd").problem


def test_a_megabyte_is_read_and_no_more(server: str) -> None:  # threat 8
    found = one(f"{server}/large")

    assert found.report
    assert ["far-too-large"] == [each.rule for each in found.report.remarks]


def test_what_is_not_there_is_said(server: str, tmp_path: Path) -> None:
    assert "404" in one(f"{server}/missing").problem
    assert "No such file" in one(str(tmp_path / "no.xml")).problem
    assert one(str(tmp_path)).problem
    assert "Mend: it is not there" in one(f"{server}/missing").problem
    assert one("news.example.org/feed.xml").problem.endswith(
        "Mend: write https://news.example.org/feed.xml for an address"
    )


def nashir(folder: Path, *words: str, given: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "publisher", *words], cwd=folder, input=given, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_exit_code_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(FEED)
    (tmp_path / "note.xml").write_bytes(FEED.replace(b'rel="hub"', b'rel="via"'))
    (tmp_path / "bad.xml").write_bytes(FEED.replace(b"<language>ar", b"<language>ar-EG"))

    assert Exit.DONE == nashir(tmp_path, "lint", "good.xml", "note.xml")[0]
    assert Exit.FINDINGS == nashir(tmp_path, "lint", "good.xml", "bad.xml")[0]
    assert Exit.USAGE == nashir(tmp_path, "lint")[0]
    code, out, err = nashir(tmp_path, "lint", "no.xml", "bad.xml")
    assert Exit.IO == code
    assert "bad.xml:8: warning language-region" in out
    assert err.startswith("nashir: no.xml: No such file")
    assert "\x1b" not in out


def test_json_is_one_document(tmp_path: Path) -> None:
    code, out, _ = nashir(tmp_path, "--json", "lint", "-", "no.xml", given=FEED.replace(b">ar<", b">ar-EG<"))
    document = json.loads(out)

    assert Exit.IO == code
    assert ["no.xml"] == [each["source"] for each in document["unread"]]
    (feed,) = document["feeds"]
    assert ("-", "rss", "ar-EG", "rtl", 2) == tuple(
        feed[key] for key in ("source", "format", "language", "direction", "entries")
    )
    assert (0, 1, 0) == (feed["errors"], feed["warnings"], feed["notes"])
    (finding,) = feed["findings"]
    assert ("language-region", 8, "write <language>ar</language>") == (
        finding["rule"], finding["line"], finding["mend"]
    )  # fmt: skip


def test_one_source_that_fails_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(FEED)

    found = list(linting.lint([str(tmp_path / "no.xml"), str(tmp_path / "good.xml")], clock))

    assert [True, False] == [each.report is None for each in found]


CONFIG = """[site]
id = "6f1c1c0e-2a56-4b7e-9f4e-0d6a3c1b7e21"
title = "جريدة"
url = "https://news.example.org"
language = "ar"
region = "IQ"
digits = "latn"
"""


def edition(title: str) -> str:
    """The feed of a newsletter's editions, with one of this title."""
    found = FEED.decode().replace(
        "https://news.example.org/rss.xml", "https://news.example.org/newsletter/d/rss.xml"
    )
    assert "المجلس يقر الميزانية بعد نقاش طويل" in found
    return found.replace("المجلس يقر الميزانية بعد نقاش طويل", title)


def test_a_site_judges_the_editions_of_its_own_newsletters(tmp_path: Path) -> None:  # R8
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "d.xml").write_text(edition("النشرة – الاثنين 23 نوفمبر 2026: 3 مقالًا"), "utf-8")
    (tmp_path / "right.xml").write_text(edition("النشرة – الاثنين 23 تشرين الثاني 2026: 3 مقالات"), "utf-8")
    (tmp_path / "article.xml").write_bytes(
        FEED.replace("المجلس يقر".encode(), "الاثنين 23 نوفمبر 2026".encode())
    )
    site = linting.asking(load(tmp_path, {}))
    sources = [str(tmp_path / name) for name in ("d.xml", "right.xml", "article.xml")]

    found = [each.report for each in linting.lint(sources, clock, site=site)]
    (without,) = linting.lint(sources[:1], clock)

    assert [["edition-date", "edition-plural"], [], []] == [
        [one.rule for one in each.remarks] for each in found if each
    ]
    assert "write “الاثنين 23 تشرين الثاني 2026”" in (found[0].remarks[0].how if found[0] else "")
    assert without.report and () == without.report.remarks


def test_a_site_that_cannot_be_read_is_said_and_the_feed_judged(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[site", "utf-8")
    (tmp_path / "good.xml").write_bytes(FEED)

    code, said, warned = nashir(tmp_path, "lint", "good.xml")

    assert Exit.DONE == code
    assert "judged without this site: " in warned and "config.toml:1" in warned
    assert "RSS, ar, rtl, 2 entries" in said
