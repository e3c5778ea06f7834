"""The feeds of categories, authors and languages, and the archive: what is in them, and what a change rewrites."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest
from lxml import etree

from publisher.actions.house import House
from publisher.actions.publish import Published, publish
from publisher.feeds.settings import FeedSettings
from publisher.model.article import Article
from publisher.store import adoption, facts

if TYPE_CHECKING:
    from tests.conftest import Clock, MakeHouse, Write

    Publishes = Callable[..., Published]
    OnSite = Callable[[House], dict[str, Article]]

FORMATS = ("atom.xml", "rss.xml", "feed.json")


@pytest.fixture
def full(make_house: MakeHouse, tmp_path: Path) -> House:
    """A site with all the feeds that a site has by itself."""
    return make_house(tmp_path / "site", feeds=FeedSettings())


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()


def story(number: int, /, text: str = "نص المقالة كاملا.", **fields: str) -> str:
    head = {"title": f"خبر {number}", "date": f"2026-01-{number % 28 + 1:02}", "lang": "ar", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", text])


def titles(house: House, path: str) -> list[str]:
    return [entry.title for entry in feedparser.parse((house.out / path).read_bytes()).entries]


def written(done: Published) -> set[str]:
    return {path for path in done.written if path.endswith((".xml", ".json"))}


@pytest.mark.postgresql
def test_every_label_has_a_feed_in_three_formats(
    full: House, write: Write, publishes: Publishes
) -> None:  # F1
    write(full, "1.md", story(1, categories="[سياسة, اقتصاد]", author="ليلى حسن"))
    write(
        full, "2.md", story(2, categories="[سياسة]", author="يوسف", lang="fa", text="متن خبر به فارسی است.")
    )
    publishes(full)

    assert ["خبر 2", "خبر 1"] == titles(full, "category/سياسة/atom.xml")
    assert ["خبر 1"] == titles(full, "category/اقتصاد/rss.xml")
    assert ["خبر 1"] == titles(full, "author/ليلى-حسن/atom.xml")
    assert ["خبر 2"] == titles(full, "lang/fa/atom.xml")
    for folder in (
        "category/سياسة",
        "category/اقتصاد",
        "author/ليلى-حسن",
        "author/يوسف",
        "lang/ar",
        "lang/fa",
    ):
        assert all((full.out / folder / name).is_file() for name in FORMATS)


def test_a_label_feed_says_what_it_is(
    full: House, write: Write, publishes: Publishes
) -> None:  # F4, F10, F11
    write(full, "1.md", story(1, categories="[C++]"))
    write(full, "2.md", story(2, lang="en", title="The river", text="Herons stand where the current slows."))
    publishes(full)

    code = feedparser.parse((full.out / "category/c/rss.xml").read_bytes()).feed
    english = feedparser.parse((full.out / "lang/en/atom.xml").read_bytes()).feed
    own = feedparser.parse((full.out / "atom.xml").read_bytes()).feed
    assert "\u200fC++\u200e – جريدة المثال" == code.title
    assert "https://news.example.org/" == code.link
    assert ["https://news.example.org/category/c/rss.xml"] == [
        link.href for link in code.links if link.rel == "self"
    ]
    assert ("en", "English – جريدة المثال") == (english.language, english.title)
    assert 'its:dir="ltr"' in (full.out / "lang/en/atom.xml").read_text().partition("<entry>")[0]
    assert own.id != english.id


def test_a_change_rewrites_the_feeds_it_shows_in_and_no_others(
    full: House, write: Write, publishes: Publishes
) -> None:
    write(full, "1.md", story(1, categories="[سياسة]", author="ليلى"))
    write(full, "2.md", story(2, categories="[اقتصاد]", author="يوسف"))
    publishes(full)
    write(full, "1.md", story(1, "نص آخر للمقالة.", categories="[سياسة]", author="ليلى"))

    done = publishes(full)

    folders = ("", "category/سياسة/", "author/ليلى/", "lang/ar/")
    assert {f"{folder}{name}" for folder in folders for name in FORMATS} | {
        "archive/1.xml",
        "opml.xml",
    } == {path for path in written(done) if not path.startswith("sitemap")}
    assert set() == written(publishes(full))


@pytest.mark.postgresql
def test_a_label_without_articles_has_no_feed_and_gets_its_address_back(
    full: House, write: Write, publishes: Publishes
) -> None:
    write(full, "1.md", story(1, categories="[C]"))
    write(full, "2.md", story(2, categories="[C++]"))
    publishes(full)
    first = {
        path.name: titles(full, f"category/{path.name}/atom.xml")
        for path in (full.out / "category").iterdir()
    }
    write(full, "2.md", story(2))
    publishes(full)

    assert {"c", "c-2"} == set(first)
    gone = next(name for name, entries in first.items() if entries == ["خبر 2"])
    assert not (full.out / "category" / gone).exists()
    write(full, "2.md", story(2, categories="[C++]"))
    write(full, "3.md", story(3, categories="[C#]"))
    publishes(full)
    assert ["خبر 2"] == titles(full, f"category/{gone}/atom.xml")
    assert ["خبر 3"] == titles(full, "category/c-3/atom.xml")


@pytest.mark.postgresql
def test_spellings_of_a_category_share_its_feed(
    full: House, write: Write, publishes: Publishes
) -> None:  # A8
    write(full, "1.md", story(1, categories="[سياسه]"))
    write(full, "2.md", story(2, categories="[سياسة]"))
    write(full, "3.md", story(3, categories="[سياسة]"))
    publishes(full)

    (folder,) = (full.out / "category").iterdir()
    assert ["خبر 3", "خبر 2", "خبر 1"] == titles(full, f"category/{folder.name}/atom.xml")
    assert feedparser.parse((folder / "atom.xml").read_bytes()).feed.title.startswith("سياسة –")


def test_feeds_that_a_site_does_not_want_any_more_are_taken_away(
    full: House, write: Write, publishes: Publishes
) -> None:
    write(full, "1.md", story(1, categories="[سياسة]", author="ليلى"))
    publishes(full)

    publishes(replace(full, feeds=FeedSettings(per=("author",), archive=False)))

    assert ["author"] == [
        name for name in ("category", "author", "lang", "archive") if (full.out / name).exists()
    ]
    assert "prev-archive" not in (full.out / "atom.xml").read_text()


def test_what_somebody_deleted_is_written_again(full: House, write: Write, publishes: Publishes) -> None:
    write(full, "1.md", story(1, categories="[سياسة]"))
    publishes(full)
    for path in ("category/سياسة/rss.xml", "archive/1.xml"):
        (full.out / path).unlink()

    publishes(full, verify=True)

    assert ["خبر 1"] == titles(full, "category/سياسة/rss.xml") == titles(full, "archive/1.xml")


@pytest.mark.postgresql
def test_many_and_few_articles_of_a_label_are_found_alike(
    full: House, write: Write, publishes: Publishes
) -> None:  # F3
    for number in range(1, 27):
        tags = ["عام", *(["نادر"] if number % 9 == 0 else [])]
        write(full, f"{number}.md", story(number, categories=f"[{', '.join(tags)}]"))
    publishes(replace(full, feeds=FeedSettings(entries=5)))

    assert [f"خبر {n}" for n in (26, 25, 24, 23, 22)] == titles(full, "category/عام/rss.xml")
    assert ["خبر 18", "خبر 9"] == titles(full, "category/نادر/rss.xml")


@pytest.mark.postgresql
def test_the_archive_holds_every_article_and_grows_at_its_end(
    full: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:  # F3
    monkeypatch.setattr("publisher.actions.archive.SHARE", 4)
    for number in range(1, 11):
        write(full, f"{number}.md", story(number))
    publishes(full)

    documents = [feedparser.parse((full.out / f"archive/{n}.xml").read_bytes()) for n in (1, 2, 3)]
    assert [f"خبر {n}" for n in range(1, 11)] == [e.title for d in documents for e in reversed(d.entries)]
    ids = [entry.id for document in documents for entry in document.entries]
    assert set(ids) >= {entry.id for entry in feedparser.parse((full.out / "atom.xml").read_bytes()).entries}

    write(full, "11.md", story(11))
    assert "archive/3.xml" in written(publishes(full))
    write(full, "2.md", story(2, "نص مصحّح."))
    changed = written(publishes(full))
    assert {"archive/1.xml"} == {path for path in changed if path.startswith("archive/")}
    (full.folder / "6.md").unlink()
    assert {"archive/2.xml"} == {path for path in written(publishes(full)) if path.startswith("archive/")}
    assert ["خبر 8", "خبر 7", "خبر 5"] == titles(full, "archive/2.xml")
    for number in (12, 13):  # the thirteenth opens the next document, and the one before leads to it
        write(full, f"{number}.md", story(number))
        done = written(publishes(full))
    assert {"archive/3.xml", "archive/4.xml"} == {path for path in done if path.startswith("archive/")}


def test_the_feed_leads_to_no_archive_that_is_not_there(
    full: House, write: Write, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """... and a first build in slices does not write the feed anew for each document."""
    monkeypatch.setattr("publisher.actions.archive.SHARE", 2)
    for number in range(1, 11):
        write(full, f"{number}.md", story(number))
    feeds = set()
    more = True
    while more:
        more = publish(full, clock(), limit=1).more
        data = (full.out / "atom.xml").read_bytes()
        feeds.add(data)
        named = re.findall(rb'prev-archive" [^>]*/(archive/\d+\.xml)"', data)
        assert all((full.out / path.decode()).is_file() for path in named)

    assert [b"archive/5.xml"] == named
    assert 2 == len(feeds)


def test_an_article_that_is_being_written_keeps_nothing_else_waiting(
    full: House, write: Write, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """... and whoever publishes in slices does not go round in a circle until it rests."""
    monkeypatch.setattr("publisher.actions.archive.SHARE", 1)
    full = replace(full, feeds=FeedSettings(entries=1, per=("category",)))
    for number in (1, 2):
        write(full, f"{number}.md", story(number, categories=f"[قسم{number}]"))
    assert not publish(full, clock()).more
    other = replace(full, site=replace(full.site, title="عنوان آخر"))
    half = write(full, "1.md", story(1, "نصف م"))
    os.utime(half, (clock().timestamp(),) * 2)  # still open: it has not rested yet

    rounds = sum(publish(other, clock(), limit=1).more for _ in range(30))

    assert rounds < 10
    for path in ("archive/2.xml", "category/قسم2/atom.xml"):
        assert "عنوان آخر" in (full.out / path).read_text()


@pytest.mark.postgresql
def test_what_left_the_site_is_told_for_a_while(
    full: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # F13
    write(full, "1.md", story(1, categories="[سياسة]"))
    path = write(full, "2.md", story(2, categories="[سياسة]"))
    write(full, "3.md", story(3, categories="[اقتصاد]"))
    publishes(full)
    (gone,) = [
        e.id for e in feedparser.parse((full.out / "atom.xml").read_bytes()).entries if e.title == "خبر 2"
    ]
    path.unlink()
    publishes(full)

    for feed in ("atom.xml", "category/سياسة/atom.xml"):
        assert f'deleted-entry ref="{gone}"' in (full.out / feed).read_text()
    assert gone not in (full.out / "category/اقتصاد/atom.xml").read_text()
    assert not any(gone in (full.out / name).read_text() for name in ("rss.xml", "feed.json"))
    clock.forward(days=31)
    publishes(full)
    assert gone not in (full.out / "atom.xml").read_text()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_output_is_what_a_new_build_makes(
    full: House, write: Write, clock: Clock, publishes: Publishes, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # F2
    monkeypatch.setattr("publisher.actions.archive.SHARE", 3)
    chance = random.Random(seed)
    limit = chance.choice([None, 1, 200])

    def run() -> None:
        clock.forward(minutes=1)
        while publish(full, clock(), limit=limit).more:
            pass

    def change() -> None:
        name = f"{chance.randrange(8)}.md"
        path = full.folder / name
        match chance.randrange(5):
            case 0 if path.exists():
                path.unlink()
            case 1 if path.exists():
                path.rename(full.folder / f"{chance.randrange(8)}.md")
            case _:
                tags = chance.sample(["سياسة", "سياسه", "Tech", "tech", "حي"], chance.randrange(3))
                fields = {"author": chance.choice(["ليلى", "يوسف"]), "lang": chance.choice(["ar", "fa"])}
                if chance.random() < 0.2:
                    fields["slug"] = f"s{chance.randrange(5)}"
                if chance.random() < 0.1:
                    fields["draft"] = "true"
                write(full, name, story(chance.randrange(30), categories=f"[{', '.join(tags)}]", **fields))

    for _ in range(12):
        for _ in range(chance.randint(1, 3)):
            change()
        run()
    before = files(full.out)
    shutil.rmtree(full.out)
    full.store.write(lambda c: facts.put_all(c, {"channels": "", facts.OUTPUTS: ""}))
    publish(full, clock(), verify=True)

    feeds = [path for path in before if path.endswith((".xml", ".json"))]
    assert feeds
    assert before == files(full.out)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def deleted(house: House, path: str) -> list[str]:
    """The ids of the articles that a feed says are gone."""
    root = etree.fromstring((house.out / path).read_bytes())
    return [
        each.get("ref", "") for each in root.iter("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    ]


@pytest.mark.postgresql
def test_a_label_feed_tells_for_a_month_what_left(
    full: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # F13
    write(full, "1.md", story(1, categories="[سياسة]"))
    write(full, "2.md", story(2, categories="[سياسة]"))
    publishes(full)
    clock.forward(hours=1)
    (full.folder / "1.md").unlink()
    publishes(full)
    assert len(deleted(full, "category/سياسة/atom.xml")) == 1

    clock.forward(days=31)
    publishes(full)

    assert deleted(full, "category/سياسة/atom.xml") == deleted(full, "lang/ar/atom.xml") == []
    assert deleted(full, "atom.xml") == []
    assert not publishes(full).written


def test_what_left_is_told_where_it_stood(
    full: House, write: Write, publishes: Publishes, clock: Clock, on_site: OnSite
) -> None:  # F13
    for number in (1, 2, 3):
        write(full, f"{number}.md", story(number, categories="[سياسة]"))
    write(full, "4.md", story(4, categories="[رياضة]"))
    publishes(full)
    gone = on_site(full)["1.md"].id
    clock.forward(hours=1)
    write(full, "1.md", story(1, categories="[رياضة]", draft="true"))
    publishes(full)
    write(full, "1.md", story(1, categories="[علوم]", draft="true"))
    publishes(full)
    write(full, "4.md", story(4, "نص آخر.", categories="[رياضة]"))
    write(full, "2.md", story(2, "نص آخر.", categories="[سياسة]"))
    publishes(full)

    assert deleted(full, "category/سياسة/atom.xml") == deleted(full, "lang/ar/atom.xml") == [gone]
    assert deleted(full, "category/رياضة/atom.xml") == []

    clock.forward(hours=1)
    write(full, "1.md", story(1, categories="[رياضة]"))
    publishes(full)

    assert deleted(full, "category/سياسة/atom.xml") == deleted(full, "lang/ar/atom.xml") == []


def test_a_scheduled_article_that_left_is_told_from_then(
    full: House, write: Write, publishes: Publishes, clock: Clock, on_site: OnSite
) -> None:  # F13
    write(full, "1.md", story(1))
    later = (clock.now + timedelta(days=40)).isoformat()
    write(full, "2.md", story(2, date=later))
    publishes(full)
    write(full, "2.md", story(2, "نص آخر قبل النشر.", date=later))
    publishes(full)
    clock.forward(days=41)
    publishes(full)
    scheduled = on_site(full)["2.md"].id

    (full.folder / "2.md").unlink()
    publishes(full)

    assert deleted(full, "atom.xml") == deleted(full, "lang/ar/atom.xml") == [scheduled]


@pytest.mark.postgresql
def test_a_scheduled_article_keeps_its_identity_under_another_name(
    full: House, write: Write, publishes: Publishes, clock: Clock, on_site: OnSite
) -> None:  # A9
    write(full, "1.md", story(1))
    later = (clock.now + timedelta(days=40)).isoformat()
    write(full, "2.md", story(2, date=later))
    publishes(full)
    text = story(2, "نص آخر قبل النشر.", date=later)
    write(full, "2.md", text)
    publishes(full)
    clock.forward(days=41)
    publishes(full)
    scheduled = on_site(full)["2.md"].id

    (full.folder / "2.md").unlink()
    publishes(full)
    write(full, "moved.md", text)
    publishes(full)

    assert on_site(full)["moved.md"].id == scheduled


def test_an_adopted_identity_of_the_feed_reaches_the_archive(
    full: House, write: Write, publishes: Publishes
) -> None:  # A15
    write(full, "1.md", story(1))
    publishes(full)
    full.store.write(lambda c: adoption.keep_feed_id(c, "https://old.example.org/atom.xml"))
    publishes(full)

    for path in ("atom.xml", "archive/1.xml"):
        assert feedparser.parse((full.out / path).read_bytes()).feed.id == "https://old.example.org/atom.xml"
