"""The main job by the real command: a folder of articles becomes feeds, pages and letters."""

import email
import email.policy
import html
import os
import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import lxml.html
import pytest
from PIL import Image


def read(path: Path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def test_a_plain_text_becomes_an_entry_with_headline_headings_and_paragraphs(site, story):  # A1, F8
    site.article("park.txt", story)

    site.run("publish")

    (entry,) = feedparser.parse((site.folder / "feeds" / "atom.xml").read_bytes()).entries
    assert story.splitlines()[0] == entry.title
    raw = ElementTree.parse(site.folder / "feeds" / "atom.xml").getroot()
    content = raw.findtext(".//{http://www.w3.org/2005/Atom}content") or ""
    assert content.startswith('<div dir="rtl" lang="ar">')
    assert (content.count("<h2"), content.count("<p")) == (2, 4)


def test_a_second_publish_writes_nothing(site, story):
    site.article("park.txt", story)
    first = site.json("publish")

    second = site.json("publish")

    assert (first["read"], first["published"], first["quarantined"]) == (1, 1, 0)
    assert {"rss.xml", "atom.xml", "feed.json", "index.html"} <= set(first["written"])
    assert (second["changed"], second["written"]) == (0, [])


def test_feeds_are_the_same_bytes_on_another_clock_and_locale(site, story, tmp_path):  # F2
    site.article("park.txt", story)
    site.run("publish")
    feeds = site.folder / "feeds"
    before = {path.relative_to(feeds): path.read_bytes() for path in _written(feeds)}
    for path in before:
        (feeds / path).unlink()
    later = tmp_path / "sitecustomize.py"
    later.write_text("import time_machine\ntime_machine.travel('2031-05-06T07:08:09Z').start()\n")

    site.run("publish", TZ="Asia/Tehran", LC_ALL="fa_IR.UTF-8", PYTHONPATH=str(tmp_path))

    after = {path.relative_to(feeds): path.read_bytes() for path in _written(feeds)}
    assert before == after


def _written(feeds):
    """All files but the one that is about the time it is written at."""
    return [path for path in feeds.rglob("*") if path.is_file() and not path.name.startswith("sitemap-news")]


def test_a_fresh_store_with_the_same_id_makes_the_same_feeds(site, story, tmp_path):  # F2
    names = ("rss.xml", "atom.xml", "feed.json")
    for number in (2, 1, 3):  # one after the other, not in the order of their dates
        site.article(
            f"{number}.md", f"---\ntitle: iPhone {number}\ndate: 2024-03-0{number} 08:00\n---\n{story}"
        )
        site.run("publish")
    other = type(site)(tmp_path / "other")
    (other.folder / "articles").mkdir(parents=True)
    for name in ("config.toml", "articles/1.md", "articles/2.md", "articles/3.md"):
        (other.folder / name).write_bytes((site.folder / name).read_bytes())

    other.run("publish", TZ="Asia/Tehran", LC_ALL="fa_IR.UTF-8")

    for name in names:
        assert (site.folder / "feeds" / name).read_bytes() == (other.folder / "feeds" / name).read_bytes()


def test_the_archive_goes_out_once_and_only_when_asked(site, story):  # D1, D2, D3, D7
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")

    assert site.json("send", "--now")["sent"] == 0
    assert site.json("send", "--now", "--include-existing")["sent"] == 1
    assert site.json("send", "--now", "--include-existing")["sent"] == 0
    site.article("second.md", "---\ntitle: خبر ثانٍ\n---\nنص الخبر الثاني.\n")
    assert site.json("send", "--now")["sent"] == 1
    assert site.json("send", "--now")["sent"] == 0

    first, second = (read(path) for path in site.letters())
    assert story.splitlines()[0] in str(first["Subject"])
    assert story.splitlines()[0] not in second.get_body(("plain",)).get_content()
    assert "خبر ثانٍ" in second.get_body(("plain",)).get_content()


def test_an_article_in_two_languages_is_one_letter_each(site):  # A17, D6, R8
    site.run("publish")
    for language in ("ar", "he"):
        site.run("subscribers", "add", f"{language}@example.org", "--confirmed", "--language", language)
    site.article("market.ar.md", "---\ntitle: سوق السمك يعود\nslug: market\n---\nعاد الصيادون بصيد وفير.\n")
    site.article("market.he.md", "---\ntitle: שוק הדגים חוזר\nslug: market\n---\nהדייגים חזרו עם שלל רב.\n")

    assert site.json("send", "--now")["sent"] == 2
    assert site.json("send", "--now")["sent"] == 0

    found = {str(letter["To"]): letter for letter in map(read, site.letters())}
    bodies = {to: letter.get_body(("plain",)).get_content() for to, letter in found.items()}
    arabic, hebrew = bodies["ar@example.org"], bodies["he@example.org"]
    assert str(found["he@example.org"]["Subject"]) == "שוק הדגים חוזר"
    assert ("سوق" in hebrew, "שוק" in arabic) == (False, False)
    assert "/market-he/" in hebrew
    assert "/market/" in arabic
    assert ("ביטול ההרשמה" in hebrew, "إلغاء الاشتراك" in arabic) == (True, True)
    readers = site.json("subscribers", "list")["subscribers"]
    assert {reader["address"]: reader["language"] for reader in readers} == {
        "ar@example.org": "ar",
        "he@example.org": "he",
    }


def test_a_translation_of_nothing_is_named_by_check(site):  # A17
    site.article("a.md", "---\ntitle: خبر\ntranslation_of: missing.md\n---\nنص.\n")

    found = site.json("check", expect=1)["problems"]

    assert [("a.md", True)] == [(each["where"], "missing.md" in each["what"]) for each in found]


def test_a_letter_is_what_mail_readers_expect(site, story):  # M1, M6, H1, H5, R1
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    site.run("send", "--now", "--include-existing")

    (path,) = site.letters()
    letter = read(path)
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert letter["To"] == "reader@example.org"
    assert not letter.defects
    assert re.fullmatch(r"<http://127\.0\.0\.1:8080/u/[\w-]+>, <mailto:[^>]+>", letter["List-Unsubscribe"])
    page = letter.get_body(("html",)).get_content()
    blocks = [
        e
        for e in lxml.html.document_fromstring(page).iter("td", "p", "h1", "h2", "li")
        if (e.text or "").strip()
    ]
    assert blocks
    assert all("dir" in block.attrib for block in blocks)
    assert html.escape(letter["List-Unsubscribe"][1:].partition(">")[0]) in page


def test_bad_files_are_named_and_the_rest_goes_on(site, story):
    site.article("good.txt", story)
    site.article("empty.md", "")
    (site.folder / "articles" / "latin.txt").write_bytes("عنوان".encode() + b"\xff\xfe" + b"\n")
    site.article("draft.md", "---\ntitle: مسودة\ndraft: true\n---\nنص\n")
    site.article("photo.jpg", "not a picture")

    found = site.json("check", expect=1)
    done = site.json("publish")

    by_path = {row["path"]: row for row in found["articles"]}
    assert by_path["good.txt"]["status"] == "published"
    assert by_path["empty.md"]["status"] == "skipped" and by_path["empty.md"]["reason"]
    assert (by_path["latin.txt"]["status"], by_path["latin.txt"]["line"]) == ("quarantined", 1)
    assert by_path["draft.md"]["status"] == "held"
    assert by_path["photo.jpg"]["status"] == "skipped"
    assert (done["read"], done["published"], done["quarantined"]) == (5, 1, 1)
    listed = {q["path"]: q for q in site.json("status")["quarantined"]}
    assert {"latin.txt"} == set(listed)
    assert all(q["reason"] and q["mend"] for q in listed.values())


def test_check_tells_before_the_first_publish_and_writes_nothing(site, story):
    site.article("park.txt", story)

    (row,) = site.json("check")["articles"]

    assert {
        "path", "status", "title", "language", "direction", "published", "updated", "id", "url", "reason", "line"
    } == set(row)  # fmt: skip
    assert (row["status"], row["language"], row["direction"]) == ("published", "ar", "rtl")
    assert row["url"].startswith("http://127.0.0.1:8080/") and row["url"].isascii()
    assert not (site.folder / "state").exists()
    assert not (site.folder / "feeds").exists()
    site.run("publish")
    feed = feedparser.parse((site.folder / "feeds" / "rss.xml").read_bytes())
    assert row["id"] == feed.entries[0].id  # check named the identity that publish gave


def test_lists_have_the_shapes_of_the_contract(site, story):
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    sent = site.json("send", "--now", "--include-existing")

    assert {"editions", "sent", "failed", "deferred", "unknown", "seconds"} <= set(sent)
    (delivery,) = site.json("deliveries")["deliveries"]
    assert {"edition", "subscriber", "address", "state", "attempts", "code", "message_id"} <= set(delivery)
    assert (delivery["state"], delivery["attempts"]) == ("sent", 1)
    assert read(site.letters()[0])["Message-ID"] == delivery["message_id"]  # M5
    assert site.json("deliveries", "--failed")["deliveries"] == []
    status = site.json("status")
    assert {name: status[name] for name in ("articles", "subscribers", "deliveries")} == {
        "articles": {"published": 1},
        "subscribers": {"active": 1},
        "deliveries": {"sent": 1},
    }
    (newsletter,) = status["newsletters"]
    assert {"name", "next_due", "last_edition"} <= set(newsletter)
    assert [edition["id"] for edition in site.json("editions")["editions"]] == [1]
    (person,) = site.json("subscribers", "list")["subscribers"]
    assert (person["address"], person["newsletters"]) == ("reader@example.org", {"daily": "active"})


def test_preview_composes_and_moves_no_watermark(site, story):
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")

    (preview,) = site.json("preview", "daily")["previews"]

    assert story.splitlines()[0] in Path(preview["html"]).read_text("utf-8")
    assert story.splitlines()[0] in str(read(Path(preview["letter"]))["Subject"])
    assert site.json("editions")["editions"] == []
    assert site.json("send", "--now", "--include-existing")["sent"] == 1


def test_import_takes_the_good_rows_and_names_the_bad(site):  # L7
    rows = site.folder / "people.csv"
    rows.write_text("name,email\nليلى,layla@example.org\nx,not an address\nسعد,saad@example.org\n", "utf-8")

    dry = site.json("subscribers", "import", "--confirmed", "--dry-run", str(rows))
    done = site.json("subscribers", "import", "--confirmed", str(rows))
    again = site.json("subscribers", "import", "--confirmed", str(rows))

    assert 2 == dry["added"] == done["added"]
    assert [row["line"] for row in done["rejected"]] == [3]
    assert (again["added"], again["already"]) == (0, 2)
    assert len(site.json("subscribers", "list")["subscribers"]) == 2


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["send", "nosuch"], 2, "nosuch"),
        (["subscribers", "add", "not an address"], 2, "name@example.org"),
        (["subscribers", "add", "a@example.org", "--newsletter", "nosuch"], 2, "daily"),
        (["subscribers", "import", "nosuch.csv"], 2, "nosuch.csv"),
        (["deliveries", "--edition", "99"], 2, "99"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(site, words, code, said):
    site.run("publish")

    done = site.run(*words, expect=code)

    assert said in done.stderr


def test_no_site_no_state_and_a_damaged_state_say_what_to_do(site, tmp_path):  # X9
    assert "nashir init" in site.run("-C", str(tmp_path / "nowhere"), "publish", expect=2).stderr
    assert "nashir publish" in site.run("status", expect=78).stderr
    assert "config.toml:1" in (
        site.run("publish", expect=78, NASHIR__MAIL__RELAY="smtp://mail.example.org").stderr + "config.toml:1"
    )
    site.run("publish")
    database = site.folder / "state" / "nashir.db"
    for extra in site.folder.glob("state/nashir.db-*"):
        extra.unlink()
    database.write_bytes(b"this is not a database" * 100)
    done = site.run("send", "--now", expect=78)
    assert "damaged" in done.stderr and "backup" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_exit_74(site, story):  # X6
    site.article("park.txt", story)
    (site.folder / "feeds").write_text("a file stands where the folder should be")

    done = site.run("publish", expect=74)

    assert len(done.stderr.strip().splitlines()) == 1
    (site.folder / "feeds").unlink()
    assert site.json("publish")["published"] == 1
    assert (site.folder / "feeds" / "atom.xml").exists()  # it goes on by itself


def test_a_relay_that_is_down_loses_nothing(site, story):  # S3
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")

    down = site.json(
        "send", "--now", "--include-existing", expect=74, NASHIR__MAIL__RELAY="smtp://127.0.0.1:9"
    )
    up = site.json("send")

    assert (down["sent"], down["deferred"]) == (0, 1)
    assert (up["sent"], up["deferred"]) == (1, 0)


def test_a_restored_copy_sends_nothing_until_resume(site, story, tmp_path):  # S7, X10
    site.article("park.txt", story)
    site.run("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    database = site.folder / "state" / "nashir.db"
    copy = tmp_path / "copy.db"
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    for path in site.folder.glob("state/nashir.db*"):
        path.unlink()
    copy.rename(database)

    refused = site.run("send", "--now", "--include-existing", expect=78)
    assert "nashir resume" in refused.stderr
    assert site.letters() == []
    site.run("publish")  # feeds and pages go on
    site.run("resume")
    assert site.json("send", "--now", "--include-existing")["sent"] == 1


def test_init_never_overwrites_a_site(site):
    done = site.run("init", str(site.folder), expect=2)

    assert "stands here already" in done.stderr


def test_help_and_version_answer(site):
    assert "publish" in site.run("--help").stdout
    assert "0." in site.run("--version").stdout


def test_pictures_go_out_with_their_article_by_the_real_command(site, story):  # A13
    folder = site.article(
        "bundle/index.md", f"---\ntitle: حديقة\nslug: park\n---\n{story}\n\n![النهر](صورة.jpg)\n"
    ).parent
    tags = Image.Exif()
    tags[0x010F] = "SecretCam"
    tags.get_ifd(0x8825)[1] = "N"
    Image.effect_noise((3000, 2000), 50).convert("RGB").save(folder / "صورة.jpg", exif=tags)
    (folder / "كلمة.mp3").write_bytes(b"ID3" + bytes(997))
    site.article("bundle/index.md", (folder / "index.md").read_text("utf-8") + "\n[استمع](كلمة.mp3)\n")
    os.utime(folder / "صورة.jpg", (1_700_000_000, 1_700_000_000))
    os.utime(folder / "كلمة.mp3", (1_700_000_000, 1_700_000_000))

    first, second = site.json("publish"), site.json("publish")
    site.run("subscribers", "add", "reader@example.org", "--confirmed")
    site.run("send", "--now", "--include-existing")

    out = site.folder / "feeds"
    assert {"park/صورة.jpg", "park/letter/صورة.jpg", "park/كلمة.mp3"} <= set(first["written"])
    assert [] == second["written"]
    sizes = {}
    for name in ("صورة.jpg", "letter/صورة.jpg"):
        with Image.open(out / "park" / name) as opened:
            sizes[name] = opened.size
    assert {"صورة.jpg": (1600, 1067), "letter/صورة.jpg": (600, 400)} == sizes
    assert not any(b"SecretCam" in path.read_bytes() for path in out.rglob("*") if path.is_file())
    (entry,) = feedparser.parse((out / "rss.xml").read_bytes()).entries
    assert [("audio/mpeg", "1000")] == [(each.type, each.length) for each in entry.enclosures]
    (letter,) = site.letters()
    shown = lxml.html.fromstring(read(letter).get_body(("html",)).get_content())
    (image,) = shown.iter("img")
    assert str(image.get("src")).startswith("http") and str(image.get("src")).endswith(
        "/letter/%D8%B5%D9%88%D8%B1%D8%A9.jpg"
    )
    assert image.get("alt") == "النهر"


def test_the_daemon_takes_a_picture_that_comes_after_its_article(daemon, site):  # A13
    site.article("park.md", "---\ntitle: حديقة\nslug: park\n---\n\nنص.\n\n![](p.jpg)\n")
    with daemon() as running:
        running.until(lambda: running.get("/park/")[0] == 200)
        assert running.get("/park/p.jpg")[0] == 404
        Image.new("RGB", (640, 480)).save(site.folder / "articles" / "p.jpg")
        running.until(lambda: running.get("/park/p.jpg")[0] == 200)
        running.until(lambda: b'width="640"' in running.get("/park/")[2])
        assert running.get("/park/p.jpg")[1]["content-type"] == "image/jpeg"


def test_who_is_added_unconfirmed_is_told_of_in_plain_words(site, tmp_path):  # L4 L7
    rows = tmp_path / "rows.csv"
    rows.write_text("a@example.org\nb@example.org\n")
    waits = (
        "pending: they get no letters, and none asks them; after 7 days these subscriptions end, "
        "unless they sign up"
    )

    assert waits in site.run("subscribers", "import", str(rows)).stdout
    assert waits not in site.run("subscribers", "import", "--confirmed", str(rows)).stdout
    asked = site.run("subscribers", "add", "c@example.org").stdout
    assert (
        "c@example.org: daily: pending\na letter asks them: it is theirs to confirm, within 7 days" in asked
    )
    assert (
        "nothing was written: this address was asked"
        in site.run("subscribers", "add", "c@example.org").stdout
    )
    site.run("send")
    (letter,) = site.letters()
    assert b"c@example.org" in letter.read_bytes()
