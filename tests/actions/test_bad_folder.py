"""A folder full of broken, hostile and odd files: each becomes what it must, and the healthy ones are published.

A line of FILES is a file, its bytes and what is to become of it: published, held, skipped or quarantined.
"""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import feedparser
from lxml import etree

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.articles.folder import shown
from publisher.model.article import Status
from publisher.store import articles

if TYPE_CHECKING:
    from tests.conftest import Write

    Publishes = Callable[..., Published]

TITLE = "رئيس البلدية يفتتح الجسر الجديد"
TEXT = "قال رئيس البلدية إن الجسر مفتوح للجميع منذ صباح اليوم.\n- مواعيد\nمن السابعة صباحا.\n"
STORY = f"{TITLE}\n{TEXT}"


def head(**fields: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in {"title": TITLE, **fields}.items())
    return f"---\n{lines}---\n\n{TEXT}"


def packed(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)
    return data.getvalue()


BOMB = packed(**{"word__document.xml": "<a>" + " " * 60_000_000})
FILES: dict[str, list[tuple[str | bytes, str | bytes]]] = {
    "published": [
        ("good.txt", STORY),
        ("good-yaml.md", head(date="2026-01-02")),
        ("good-toml.md", f'+++\ntitle = "{TITLE}"\ndate = 2026-01-02\n+++\n{TEXT}'),
        ("good-json.md", f'{{"title": "{TITLE}"}}\n{TEXT}'),
        ("bom.md", b"\xef\xbb\xbf" + head().encode()),
        ("bom-inside.txt", f"\ufeff\ufeff{STORY}"),
        ("windows-1256.txt", STORY.encode("cp1256")),
        ("windows-1255.txt", ("שלום עולם\n" + "זהו גוף הכתבה הארוכה. " * 9).encode("cp1255")),
        ("utf-16.txt", STORY.encode("utf-16")),
        ("utf-16-be.txt", b"\xfe\xff" + STORY.encode("utf-16-be")),
        ("cr.txt", STORY.replace("\n", "\r")),
        ("crlf.md", head().replace("\n", "\r\n")),
        ("controls.txt", f"خبر\x01 عن\x1b[31m الجسر\x7f\n{TEXT}\ufffe\ufffd"),
        ("separators.txt", f"خبر\u2028عن الجسر\n{TEXT}\u2029{TEXT}"),
        ("overrides.txt", f"\u202eخبر\u202d عن الجسر\n{TEXT}"),
        ("embeddings.txt", f"\u202bخبر عن الجسر\u202c\n{TEXT}"),
        ("marks.txt", "خ" + "\u064b" * 5_000 + f"بر\n{TEXT}"),
        ("long-line.txt", f"خبر\n{'كلمة ' * 50_000}"),
        ("colon.md", f"---\ntitle: خبر: عاجل\n---\n{TEXT}"),
        ("unclosed-quote.md", f'---\ntitle: "خبر\n---\n{TEXT}'),
        ("number.md", head(title="404")),
        ("title-html.md", head(title='"<script>alert(1)</script> & <b>"')),
        ("body-html.md", head() + '<script>x</script><img src=x onerror=y><a href="javascript:z">ح</a>\n'),
        ("body-cdata.md", head() + "]]> <![CDATA[ & &nbsp; &#0; &#x1F;\n"),
        ("body-template.md", head() + "{{ 7 * 7 }} {% for x in y %} {{ config }} ${x} #{y}\n"),
        ("date-impossible.md", head(date="2026-02-30")),
        ("date-words.md", head(date="قريبا")),
        ("tags-odd.md", f"---\ntitle: {TITLE}\ntags: [, ~, '', أ]\n---\n{TEXT}"),
        ("slug-out.md", head(slug="../../etc/passwd")),
        ("slug-admin.md", head(slug="admin")),
        ("id-odd.md", head(id='"><x>')),
        ("no-newline.txt", STORY.rstrip()),
        ("one-line.txt", TITLE),
        ("picture.md", "![](a.png)\n"),
        ("اسم عربي.md", head()),
        ("new\nline\t\x1b[31m.txt", STORY),
        (b"name-\xce\xc8\xd1.txt", STORY),
        ("name-\u202egpj.md", head()),
        ("& <b> 'q' \"d\" 100% #x ?y;z.txt", STORY),
        ("-rf.txt", STORY),
        ("---.md", head()),
        ("ن" * 126 + ".md", head()),
        ("/".join(["deep"] * 60) + "/x.txt", STORY),
        ("folder.md/inside.txt", STORY),
        ("Case.md", head()),
        ("case.md", head()),
    ],
    "held": [
        ("draft.md", head(draft="true")),
        ("unpublished.md", head(published="false")),
        ("status.md", head(status="draft")),
        ("future.md", head(date="2999-01-01")),
        ("draft-and-nothing.md", "---\ndraft: true\n---\n"),
    ],
    "skipped": [
        ("empty.txt", ""),
        ("blank.txt", "\ufeff \u00a0\r\n\t\u200f\n"),
        ("comment.html", "<!-- x -->"),
        ("photo.jpg", b"\xff\xd8\xff\xe0"),
        ("EXPECT.tsv", "a\tb\n"),
        ("~$good.docx", b"\0"),
        ("good.txt~", STORY),
        (".good.txt.swp", STORY),
        ("good.txt.part", STORY),
        ("good.sync-conflict-20260101-120000.md", head()),
        ("Thumbs.db", b"\0"),
        ("README.md", head()),
        ("_drafts/x.md", head()),
        ("node_modules/x/y.md", head()),
    ],
    "quarantined": [
        ("visual.txt", "םלוע םולש\nהבתכה ףוג והז\n".encode("iso8859-8")),
        ("utf-16-unmarked.txt", STORY.encode("utf-16-le")),
        ("utf-32.txt", STORY.encode("utf-32")),
        ("bad-byte.txt", STORY.encode() + b"\xff" + STORY.encode()),
        ("cut.txt", STORY.encode()[:22]),
        ("surrogate.txt", STORY.encode() + b"\xed\xa0\x80"),
        ("overlong.txt", STORY.encode() + b"\xc0\xaf"),
        ("nul.txt", STORY + "\0"),
        ("binary.md", bytes(range(256)) * 9),
        ("xml.txt", f"<DOC>\n{STORY}</DOC>\n"),
        ("not-closed.md", f"---\ntitle: {TITLE}\n{TEXT}"),
        ("laughs.md", "---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nx"),
        ("python.md", '---\ntitle: !!python/object/apply:os.system ["touch x"]\n---\nx'),
        ("deep.md", f"---\na: {'[' * 3_000}{']' * 3_000}\n---\nx"),
        ("json-open.md", '{"title": "خبر\n'),
        ("large-head.md", head(note="كلمة " * 20_000)),
        ("large.txt", "كلمة " * 700_000),
        ("divs.html", "<div>" * 60_000),
        ("attributes.html", "<p " + "".join(f"a{number}=b " for number in range(20_000)) + ">خ</p>"),
        ("password.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        ("not-a-zip.docx", STORY),
        ("bomb.docx", BOMB),
        ("slip.docx", packed(**{"..__..__evil": "x", "word__document.xml": "<a/>"})),
    ],
}  # fmt: skip


def path_of(name: str | bytes) -> str:
    return os.fsdecode(name)


def test_every_file_becomes_what_it_must(
    house: House, write: Write, publishes: Publishes
) -> None:  # A1 A2 A6 A12
    expected: dict[str, str] = {}
    for verdict, made in FILES.items():
        for name, data in made:
            write(house, path_of(name), data)
            expected[path_of(name)] = verdict
    os.mkfifo(house.folder / "fifo.txt")
    (house.folder / "loop").symlink_to(house.folder)
    (house.folder / "nowhere.txt").symlink_to("/nowhere/at/all")
    (house.folder / "secret.txt").symlink_to("/etc/passwd")
    expected |= {"fifo.txt": "skipped", "nowhere.txt": "skipped", "secret.txt": "quarantined"}
    done = publishes(house)

    listed = {each.path: each for each in house.store.read(articles.listing)}
    found = {path: each.status.value for path, each in listed.items()}
    assert expected == {path: found.get(path, "skipped") for path in expected}
    assert all(each.reason for each in listed.values() if each.status in (Status.SKIPPED, Status.QUARANTINED))
    assert "loop/good.txt" not in found
    assert done.published == len(FILES["published"])


def test_nothing_of_it_breaks_a_feed(house: House, write: Write, publishes: Publishes) -> None:  # F1
    for name, data in FILES["published"]:
        write(house, path_of(name), data)
    publishes(house)

    for name in ("rss.xml", "atom.xml"):
        data = (house.out / name).read_bytes()
        assert etree.fromstring(data) is not None
        parsed = feedparser.parse(data)
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert all(part not in data.lower() for part in (b"onerror", b"javascript:", b"root:x:0", b"\x1b"))
        assert b"{{ 7 * 7 }}" in data
    entries = json.loads((house.out / "feed.json").read_bytes())["items"]
    assert TITLE in {entry["title"] for entry in entries}
    assert all(path.resolve().is_relative_to(house.out.resolve()) for path in house.out.rglob("*"))
    assert all(not path.stat().st_mode & stat.S_IXUSR for path in house.out.rglob("*") if path.is_file())


def test_file_that_was_an_article_and_is_empty_now_is_told(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "a.txt", STORY)
    publishes(house)
    write(house, "a.txt", "")
    publishes(house)

    assert [Status.QUARANTINED] == [each.status for each in house.store.read(articles.listing)]


def test_odd_names_are_shown_without_harm() -> None:
    names = [shown(path_of(name)) for made in FILES.values() for name, _ in made]

    assert all(name.isprintable() and "\u202e" not in name for name in names)
