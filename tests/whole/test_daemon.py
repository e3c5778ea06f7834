"""The daemon: one process that watches, publishes, serves and sends; and what happens beside it."""

import json
import re
import signal
import stat

import pytest


def test_feeds_are_served_and_conditional_requests_save_the_body(site, story, daemon):  # F20, F22
    site.article("park.txt", story)
    site.run("publish")
    with daemon() as running:
        for path, kind in (
            ("/rss.xml", "application/rss+xml; charset=utf-8"),
            ("/atom.xml", "application/atom+xml; charset=utf-8"),
            ("/feed.json", "application/feed+json; charset=utf-8"),
        ):
            status, headers, body = running.get(path)
            assert (200, kind) == (status, headers["content-type"])
            assert (site.folder / "feeds" / path[1:]).read_bytes() == body
            assert running.get(path, If_None_Match=headers["etag"])[::2] == (304, b"")
            assert running.get(path, If_Modified_Since=headers["last-modified"])[::2] == (304, b"")
            head = running.get(path, "HEAD")
            assert (200, headers["etag"], b"") == (head[0], head[1]["etag"], head[2])
        assert running.get("/")[0] == 200
        assert running.get("/nothing-here/")[0] == 404


OUTSIDE = (
    "/../config.toml",
    "/%2e%2e/config.toml",
    "/..%2fstate/secret.key",
    "/%00",
    "/.gitignore",
    "//etc/passwd",
    "/%ff",
)


def test_nothing_outside_the_output_folder_is_served(site, story, daemon):  # threat 5
    site.article("park.txt", story)
    site.run("publish")
    with daemon() as running:
        assert dict.fromkeys(OUTSIDE, 404) == {path: running.get(path)[0] for path in OUTSIDE}


def test_a_dropped_file_is_in_the_feed_within_two_seconds(site, story, daemon):
    with daemon() as running:
        running.until(lambda: running.get("/atom.xml")[0] == 200)
        (site.folder / "articles" / "park.txt").write_text(story, "utf-8")

        took = running.until(lambda: story.splitlines()[0].encode() in running.get("/atom.xml")[2])

    assert took < 2


def test_verbs_work_beside_the_daemon_and_a_second_one_is_refused(site, story, daemon):  # X10
    site.article("park.txt", story)
    site.run("publish")
    with daemon() as running:
        site.run("subscribers", "add", "reader@example.org", "--confirmed")
        assert site.json("send", "--now", "--include-existing")["sent"] == 1
        assert site.json("send", "--now")["sent"] == 0
        assert site.json("status")["deliveries"] == {"sent": 1}
        assert "published" in site.run("check").stdout or site.json("check")["articles"]
        refused = site.run("run", expect=75)
        assert str(running.process.pid) in refused.stderr
        assert site.run("subscribers", "add", "nonsense", expect=2).returncode == 2
        control = site.folder / "state" / "control.sock"
        assert stat.S_IMODE(control.stat().st_mode) == 0o600
        assert running.process.poll() is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_and_the_exit_code_is_zero(site, daemon, how):  # X4
    with daemon() as running:
        assert running.stop(how) == 0
        assert "stopped" in running.said()
    assert not (site.folder / "state" / "control.sock").exists()


def test_the_unsubscribe_link_acts_on_post_only(site, story, daemon):  # H2, H3
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    site.run("send", "--now", "--include-existing")
    (path,) = re.findall(
        r"^List-Unsubscribe: <http://[^/]+(/u/[\w-]+)>", site.letters()[0].read_text(), re.MULTILINE
    )

    def wish():
        return site.json("subscribers", "list")["subscribers"][0]["newsletters"]["daily"]

    with daemon() as running:
        status, headers, page = running.get(path)
        assert status == 200 and b"<form" in page and b'method="post"' in page.lower()
        assert running.get(path, "HEAD")[0] == 200
        assert "no-store" in headers["cache-control"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert wish() == "active"
        one_click = running.get(
            path, "POST", "List-Unsubscribe=One-Click", Content_Type="application/x-www-form-urlencoded"
        )
        assert one_click[0] == 200
        assert wish() == "ended"
        assert running.get(path, "POST", "anything")[0] == 200  # again is the same as once
        assert running.get(path[:-2] + "xx", "POST")[0] == 404
        assert running.get("/u/nonsense")[0] == 404
    site.article("second.md", "---\ntitle: خبر ثانٍ\n---\nنص.\n")
    assert site.json("send", "--now")["sent"] == 0


def test_health_tells_when_the_relay_is_down_and_recovers(site, story, daemon, sink):
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    site.run("send", "--now", "--include-existing", expect=74, NASHIR__MAIL__RELAY="smtp://127.0.0.1:9")

    with daemon(NASHIR__MAIL__RELAY="smtp://127.0.0.1:9") as running:
        running.until(lambda: b"relay" in running.get("/healthz")[2])
        assert running.get("/healthz")[0] == 503
        assert "relay" in running.said()
    with daemon(NASHIR__MAIL__RELAY=sink.url) as running:
        running.until(lambda: sink.by_recipient["reader@example.org"] == 1)
        assert running.get("/healthz")[0] == 200


def test_a_taken_port_is_one_line_and_exit_74(site, daemon):
    with daemon() as running:
        pass
    with daemon() as running:
        other = site.folder.parent / "other"
        site.run("init", str(other))
        done = site.run("-C", str(other), "run", expect=74, NASHIR__WEB__LISTEN=f"127.0.0.1:{running.port}")
    assert "web.listen" in done.stderr


def test_an_old_site_moves_in_beside_the_daemon(site, daemon):  # A14, A15, A16
    site.article("one.md", "---\ntitle: خبر\nslug: one\naliases: /old.html\n---\n\nنص.\n")
    feed = site.folder / "old.xml"
    feed.write_text(
        '<rss version="2.0"><channel><item><title>خبر</title><link>http://127.0.0.1:8080/2014/one/</link>'
        '<guid isPermaLink="false">post-17</guid></item></channel></rss>',
        "utf-8",
    )
    with daemon(NASHIR__ARTICLES__SCAN_EVERY="1") as running:
        running.until(lambda: running.get("/one/")[0] == 200)
        tried = site.json("adopt", "--dry-run", str(feed))
        assert tried["dry_run"] and 1 == tried["renamed"] == len(tried["moved"])
        assert b"post-17" not in running.get("/rss.xml")[2]
        done = site.json("adopt", str(feed))
        assert (1, 0, {"title": 0} | {"link": 1}) == (
            done["feeds"][0]["matched"],
            done["feeds"][0]["again"],
            {"title": 0} | done["feeds"][0]["by"],
        )

        running.until(lambda: b"post-17" in running.get("/rss.xml")[2])
        running.until(lambda: running.get("/old.html")[1].get("location") == "/2014/one/")  # pages come last
        for path in ("/one/", "/old.html"):
            status, headers, _ = running.get(path)
            assert (301, "/2014/one/") == (status, headers["location"])
        (short,) = (site.folder / "feeds" / "a").iterdir()
        assert "/2014/one/" == running.get(f"/a/{short.stem}")[1]["location"]
        refused = running.get("/rss.xml") and site.run(
            "adopt", f"http://127.0.0.1:{running.port}/rss.xml", expect=2
        )
        assert "--private" in refused.stderr
        again = site.json("adopt", "--private", f"http://127.0.0.1:{running.port}/rss.xml")

    assert {"id": 1} == again["feeds"][0]["by"]
    assert "by id" in site.run("adopt", str(feed)).stdout


def test_a_daemon_whose_readers_are_mailed_nothing_says_so(daemon):
    with daemon(NASHIR__SITE__URL="https://news.example.org") as running:
        (warning,) = json.loads(running.get("/healthz")[2])["warnings"]

        assert "readers can sign up, and get no letter" in warning
        assert warning in running.said()
