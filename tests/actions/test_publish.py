"""The folder becomes feeds and pages: once, whole, and whatever happens in between."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser
import pytest

from publisher.actions import article_pages, scan
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.actions.stories import Shelf
from publisher.articles import folder
from publisher.articles.settings import ArticleSettings
from publisher.errors import BadConfig, Unreadable, Unwritable
from publisher.feeds import files
from publisher.model.article import Article, Body, Leaf, Status, Story
from publisher.pages import article as article_module
from publisher.pages.settings import PageSettings
from publisher.store import articles
from publisher.templating import Templates
from publisher.text import html

if TYPE_CHECKING:
    from tests.conftest import Clock, MakeHouse, Write

    Publishes = Callable[..., Published]
    OnSite = Callable[[House], dict[str, Article]]

STORY = "افتتاح المكتبة\nافتتحت المكتبة أبوابها صباح اليوم.\n"
SHARED = {
    "index.html",
    "feed.html",
    "404.html",
    "robots.txt",
    "style.css",
    "feed.css",
    "rss.xml",
    "atom.xml",
    "feed.json",
    "opml.xml",
    *(f"newsletter/daily/{name}" for name in ("index.html", "rss.xml", "atom.xml", "feed.json", "feed.html")),
}


def dated(number: int, words: str = "نص المقالة.", **fields: str) -> str:
    head = {"title": f"خبر {number}", "date": f"2026-01-{number:02}", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", words])


def page(number: int) -> str:
    return f"خبر-{number}/index.html"


def but_short(paths: Iterable[str]) -> set[str]:
    """Without the short addresses, which test_addresses is about, and the sitemaps: test_sitemaps."""
    return {path for path in paths if not path.startswith(("a/", "sitemap"))}


def output(house: House) -> dict[str, bytes]:
    root = house.out
    files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    # compressed companions: test_compressed
    return {path: files[path] for path in but_short(files) if not path.endswith((".gz", ".br"))}


def titles(house: House) -> list[str]:
    """What a feed reader shows, the same in all three formats."""
    rss = [entry.title for entry in feedparser.parse((house.out / "rss.xml").read_bytes()).entries]
    atom = [entry.title for entry in feedparser.parse((house.out / "atom.xml").read_bytes()).entries]
    items = [item["title"] for item in json.loads((house.out / "feed.json").read_bytes())["items"]]
    assert rss == atom == items
    return [str(title) for title in rss]


def verdicts(house: House) -> dict[str, tuple[Status, str]]:
    return {each.path: (each.status, each.reason) for each in house.store.read(articles.listing)}


# Once


@pytest.mark.postgresql
def test_the_first_run_writes_everything_and_the_second_nothing(
    house: House, write: Write, publishes: Publishes
) -> None:
    for number in (1, 2, 3):
        write(house, f"{number}.md", dated(number))
    first, second = publishes(house), publishes(house, verify=True)

    assert SHARED | {page(number) for number in (1, 2, 3)} == but_short(first.written) == set(output(house))
    assert (3, 3, 3) == (first.read, first.changed, first.published)
    assert (3, 0, 3, ()) == (second.read, second.changed, second.published, second.written)
    assert ["خبر 3", "خبر 2", "خبر 1"] == titles(house)


@pytest.mark.postgresql
def test_one_changed_article_rewrites_its_page_and_the_feeds(
    house: House, write: Write, publishes: Publishes
) -> None:
    for number in (1, 2, 3):
        write(house, f"{number}.md", dated(number))
    publishes(house)
    before = output(house)
    write(house, "2.md", dated(2, "نص مصحح."))
    done = publishes(house)
    changed = {path for path, data in output(house).items() if before[path] != data}

    assert (
        {page(2), "index.html", "rss.xml", "atom.xml", "feed.json", "opml.xml"}
        == but_short(done.written)
        == changed
    )


def test_what_somebody_deleted_from_the_output_comes_back_the_same(
    house: House, write: Write, publishes: Publishes
) -> None:
    for number in (1, 2):
        write(house, f"{number}.md", dated(number))
    publishes(house)
    before = output(house)
    for name in (page(1), "rss.xml", "style.css"):
        (house.out / name).unlink()
    done = publishes(house, verify=True)

    assert before == output(house)
    assert {page(1), "rss.xml", "style.css"} == set(done.written)


def test_two_fresh_stores_make_the_same_bytes(
    make_house: MakeHouse, tmp_path: Path, write: Write, publishes: Publishes, clock: Clock
) -> None:  # F2
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        house = make_house(tmp_path / name)
        for number in range(1, 20):
            write(house, f"{number}.md", dated(number, f"نص {number}.", title="خبر" if number % 3 else "رأي"))
        publishes(house)
        made.append(output(house))
        clock.forward(days=100)

    assert made[0] == made[1]


def test_another_setting_of_the_feeds_is_taken_at_once(
    house: House, write: Write, publishes: Publishes
) -> None:
    for number in (1, 2, 3):
        write(house, f"{number}.md", dated(number))
    publishes(house)
    plain = replace(house, feeds=replace(house.feeds, direction_metadata=False))
    fewer = replace(house, feeds=replace(house.feeds, entries=2))

    assert b"its:dir" in (house.out / "rss.xml").read_bytes()
    feeds = {"rss.xml", "atom.xml", "feed.json"}
    assert feeds | {f"newsletter/daily/{name}" for name in feeds} == set(publishes(plain).written)
    assert b"its:dir" not in (house.out / "rss.xml").read_bytes()
    publishes(fewer)
    assert ["خبر 3", "خبر 2"] == titles(house)


# Held


def test_a_draft_is_held(house: House, write: Write, publishes: Publishes) -> None:  # A6
    write(house, "1.md", dated(1, draft="true"))
    done = publishes(house)

    assert (0, SHARED) == (done.published, set(output(house)))
    assert {"1.md": (Status.HELD, "draft")} == verdicts(house)


@pytest.mark.postgresql
def test_a_future_article_appears_at_its_minute(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A6
    write(house, "1.md", dated(1, date="2026-11-20T15:01:00+03:00"))
    publishes(house)
    clock.forward(seconds=59)
    publishes(house)
    assert [] == titles(house)
    clock.forward(seconds=1)
    done = publishes(house)

    assert ["خبر 1"] == titles(house)
    assert page(1) in done.written


@pytest.mark.postgresql
def test_an_article_put_off_leaves_and_comes_back(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    write(house, "1.md", dated(1))
    publishes(house)
    write(house, "1.md", dated(1, date="2026-11-21"))
    publishes(house)
    assert page(1) not in output(house)
    clock.forward(days=1)
    publishes(house)

    assert page(1) in output(house)


# Quarantine


def test_one_bad_article_is_named_and_the_others_are_published(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "1.md", dated(1))
    write(house, "bad.txt", b"\xd8\xa7\xff\xd8\n")
    write(house, "xml.txt", "<rss>\n")
    write(house, "2.md", dated(2))
    done = publishes(house)

    assert ["خبر 2", "خبر 1"] == titles(house)
    assert (2, 2) == (done.published, done.quarantined)
    assert {"bad.txt", "xml.txt"} == {finding.path for finding in done.refused}
    assert all(finding.reason and finding.mend for finding in done.refused)
    assert () == publishes(house).refused


@pytest.mark.postgresql
def test_an_article_broken_by_an_edit_leaves_and_comes_back_as_it_was(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    write(house, "1.md", dated(1))
    write(house, "2.md", dated(2))
    publishes(house)
    before = on_site(house), output(house)
    write(house, "1.md", b"\xd8\xa7\xff\xd8\n")
    done = publishes(house)
    assert ["خبر 2"] == titles(house)
    assert page(1) in done.written
    assert page(1) not in output(house)
    write(house, "1.md", dated(1))
    publishes(house)

    assert before == (on_site(house), output(house))


def test_a_file_too_large_is_taken_when_the_limit_is_raised(
    house: House, write: Write, publishes: Publishes
) -> None:
    small = replace(house, articles=ArticleSettings(max_bytes=100))
    write(house, "1.md", dated(1, "نص طويل. " * 20))
    publishes(small)
    again = publishes(small)
    assert Status.QUARANTINED == verdicts(house)["1.md"][0]
    assert (0, ()) == (again.changed, again.refused)
    publishes(house)

    assert ["خبر 1"] == titles(house)


needs_rights = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


@pytest.fixture
def closed() -> Iterator[Callable[[Path], None]]:
    """Takes every right away from a file or folder, until the test ends."""
    paths: list[tuple[Path, int]] = []

    def close(path: Path) -> None:
        paths.append((path, path.stat().st_mode))
        path.chmod(0)

    yield close
    for path, mode in paths:
        path.chmod(mode)


def test_a_page_that_cannot_be_made_now_keeps_no_other_waiting(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(article_pages, "SLICE", 2)
    for number in range(7):
        write(house, f"{number}.md", dated(number + 1))
    read = Shelf.story

    def story(shelf: Shelf, article: Article) -> Story:
        if article.path in {"0.md", "1.md", "5.md"}:
            raise Unreadable("the disk is away", "mount it")
        return read(shelf, article)

    with monkeypatch.context() as away:
        away.setattr(Shelf, "story", story)
        publishes(house)
    there = [page(number + 1) in output(house) for number in range(7)]
    publishes(house)

    assert [number not in {0, 1, 5} for number in range(7)] == there
    assert all(page(number + 1) in output(house) for number in range(7))


@needs_rights
def test_a_file_that_may_be_read_again_is_published(
    house: House, write: Write, publishes: Publishes, closed: Callable[[Path], None]
) -> None:
    path = write(house, "1.md", dated(1))
    closed(path)
    publishes(house)
    assert "may not read" in verdicts(house)["1.md"][1]
    path.chmod(0o600)
    publishes(house)

    assert ["خبر 1"] == titles(house)


@needs_rights
def test_nothing_below_a_closed_folder_counts_as_deleted(
    house: House, write: Write, publishes: Publishes, closed: Callable[[Path], None]
) -> None:
    write(house, "news/1.md", dated(1))
    write(house, "2.md", dated(2))
    publishes(house)
    closed(house.folder / "news")
    write(house, "3.md", dated(3))
    done = publishes(house)

    assert ["خبر 3", "خبر 2", "خبر 1"] == titles(house)
    assert not done.again


def test_nothing_below_a_folder_that_cannot_be_listed_counts_as_deleted(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for those who run the tests as root."""
    write(house, "news/1.md", dated(1))
    write(house, "2.md", dated(2))
    publishes(house)
    real = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("news/"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    publishes(house)

    assert ["خبر 2", "خبر 1"] == titles(house)
    assert (Status.QUARANTINED, "cannot be listed: Permission denied") == verdicts(house)["news/"]


# Gone


def test_the_page_of_a_removed_article_disappears(house: House, write: Write, publishes: Publishes) -> None:
    write(house, "1.md", dated(1))
    write(house, "2.md", dated(2)).unlink()
    publishes(house)
    write(house, "2.md", dated(2))
    publishes(house)
    (house.folder / "2.md").unlink()
    done = publishes(house)

    assert SHARED | {page(1)} == set(output(house))
    assert page(2) in done.written
    assert ["خبر 1"] == titles(house)


@pytest.mark.postgresql
@pytest.mark.parametrize("count, lost, kept", [(10, 3, True), (10, 2, False), (9, 8, False), (20, 20, True)])
def test_many_files_gone_at_once_are_taken_for_an_accident(
    count: int, lost: int, kept: bool, house: House, write: Write, publishes: Publishes
) -> None:
    for number in range(1, count + 1):
        write(house, f"{number}.md", dated(number))
    publishes(house)
    before = output(house)
    for number in range(1, lost + 1):
        (house.folder / f"{number}.md").unlink()
    done = publishes(house)

    assert kept == (before == output(house))
    assert kept == bool(done.notes)
    assert (count if kept else count - lost) == done.published


@pytest.mark.postgresql
def test_the_last_articles_of_a_small_site_may_go_but_not_from_one_of_many_hosts(
    house: House, write: Write, publishes: Publishes
) -> None:  # X10
    paths = [write(house, f"{number}.md", dated(number)) for number in (1, 2)]
    publishes(house)
    for path in paths:
        path.unlink()
    done = publishes(house)
    kept = house.store.database.shared  # a scheduler that takes over may have an empty folder
    assert (2 if kept else 0, kept) == (done.published, bool(done.notes))
    write(house, "3.md", dated(3))
    assert 1 == publishes(house).published  # somebody works in this one


def ids(house: House) -> dict[str, str]:
    """The ids of the published articles by title."""
    return {each.title: each.id for each in house.store.read(articles.newest)}


@pytest.mark.postgresql
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "after",
    [
        {"yesterday": 1, "today": 3, "older": 2},  # each day's file becomes the day before's
        {"yesterday": 1, "today": 2},  # two names changed places
        {"yesterday": 2, "today": 3, "copy": 1},
    ],
)
def test_a_story_keeps_its_identity_when_another_takes_its_files_name(
    house: House, write: Write, publishes: Publishes, after: dict[str, int], whole: bool
) -> None:  # A9: else readers would see and be mailed the old story as new, and never the new one
    write(house, "today.md", dated(1))
    write(house, "yesterday.md", dated(2))
    publishes(house)
    before = ids(house)
    for name, number in after.items():
        write(house, f"{name}.md", dated(number))
    done = publishes(house, closed={f"{name}.md" for name in after}, whole=whole)

    found = ids(house)
    assert before == {title: found[title] for title in before}
    assert len(set(after.values())) == len(set(found.values())) == len(found)
    assert {f"{name}.md": f"خبر {number}" for name, number in after.items()} == {
        each.path: each.title for each in house.store.read(articles.newest)
    }
    assert () == done.notes
    assert () == publishes(house, verify=True).written


@pytest.mark.postgresql
def test_a_copy_is_a_copy_also_when_the_original_is_corrected_with_it(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    write(house, "a.md", dated(1))
    publishes(house)
    before = on_site(house)["a.md"].id
    write(house, "copy.md", dated(1))
    write(house, "a.md", dated(1, "نص صُحّح."))
    publishes(house)

    assert before == on_site(house)["a.md"].id


def test_a_renamed_file_waits_for_the_one_that_is_being_written_under_its_name(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A9
    write(house, "today.md", dated(1))
    publishes(house)
    before = ids(house)
    (house.folder / "today.md").rename(house.folder / "yesterday.md")
    moment = clock().timestamp()
    (house.folder / "today.md").write_text(dated(2))
    os.utime(house.folder / "today.md", (moment, moment))
    assert {"today.md", "yesterday.md"} == set(publishes(house).unsettled)
    assert before == ids(house)
    clock.forward(seconds=2)
    publishes(house)

    assert before["خبر 1"] == ids(house)["خبر 1"]
    assert 2 == len(set(ids(house).values()))


def test_a_site_without_pages_has_none_left_but_those_of_others(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "1.md", dated(1))
    publishes(house)
    before = output(house)
    (house.out / "404.html").write_text("another program's")
    without = replace(house, pages=PageSettings(enabled=False))
    publishes(without)

    assert SHARED - {"index.html", "style.css", "robots.txt"} == set(output(house))
    assert () == publishes(without, verify=True).written
    publishes(house)
    assert before == output(house)


def test_pictures_that_stay_do_not_hide_that_the_articles_are_gone(
    house: House, write: Write, publishes: Publishes
) -> None:  # The folder
    for number in range(1, 13):
        write(house, f"{number}.md", dated(number))
    for number in range(100):
        write(house, f"media/{number}.jpg", b"picture")
    publishes(house)
    for number in range(1, 4):
        (house.folder / f"{number}.md").unlink()
    done = publishes(house)

    assert 12 == done.published
    (note,) = done.notes
    assert note.startswith("3 of 12 articles are gone at once")
    assert 9 == publishes(house, accept_removals=True).published


@pytest.mark.postgresql
def test_an_accident_lasts_until_the_files_are_back(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    for number in range(1, 13):
        write(house, f"{number}.md", dated(number))
    publishes(house)
    before = on_site(house)
    house.folder.rename(house.root / "unmounted")
    house.folder.mkdir()
    publishes(house)
    house.folder.rmdir()
    (house.root / "unmounted").rename(house.folder)
    done = publishes(house)

    assert before == on_site(house)
    assert (0, ()) == (done.changed, done.notes)


def test_an_accident_ends_when_a_person_says_that_it_is_none(
    house: House, write: Write, publishes: Publishes
) -> None:
    for number in range(1, 13):
        write(house, f"{number}.md", dated(number))
    publishes(house)
    for number in range(1, 12):
        (house.folder / f"{number}.md").unlink()
    (note,) = publishes(house).notes
    done = publishes(house, accept_removals=True)

    assert note.startswith("11 of 12 files are gone at once")
    assert (1, ()) == (done.published, done.notes)
    assert SHARED | {page(12)} == set(output(house))


def test_during_an_accident_new_articles_are_published_all_the_same(
    house: House, write: Write, publishes: Publishes
) -> None:
    """One bad thing stops nothing but itself; and the feeds are whole again when the files are."""
    for number in range(1, 13):
        write(house, f"{number}.md", dated(number, f"نص الخبر {number}. " * 30))
    publishes(house)
    house.folder.rename(house.root / "unmounted")
    write(house, "13.md", dated(13))
    done = publishes(house)
    assert 13 == len(titles(house))
    assert page(13) in output(house)
    assert not done.again
    (house.folder / "13.md").rename(house.root / "unmounted" / "13.md")
    house.folder.rmdir()
    (house.root / "unmounted").rename(house.folder)
    publishes(house)
    items = json.loads((house.out / "feed.json").read_bytes())["items"]

    assert all("نص الخبر" in item["content_html"] for item in items[1:])
    assert 0 == items[5]["content_html"].count("…")
    assert () == publishes(house, verify=True).written


def test_a_folder_that_is_not_there_is_an_error(house: House, publishes: Publishes) -> None:
    house.folder.rmdir()

    with pytest.raises(Unwritable, match="the article folder is not there"):
        publishes(house)


# In between


def test_a_file_still_being_written_waits(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    path = write(house, "1.md", dated(1))
    moment = clock().timestamp() - 0.5
    os.utime(path, (moment, moment))
    first = publishes(house)
    assert [] == titles(house)
    clock.forward(seconds=1)
    second = publishes(house)

    assert (("1.md",), ()) == (first.unsettled, second.unsettled)
    assert ["خبر 1"] == titles(house)


def test_a_file_that_its_writer_closed_does_not_wait(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    path = write(house, "1.md", dated(1))
    moment = clock().timestamp() - 0.5
    os.utime(path, (moment, moment))
    done = publishes(house, closed={"1.md"})

    assert () == done.unsettled
    assert ["خبر 1"] == titles(house)


@pytest.mark.postgresql
def test_a_crash_between_store_and_output_is_made_good(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    write(house, "1.md", dated(1))
    publishes(house)
    write(house, "2.md", dated(2))
    (house.folder / "1.md").unlink()
    scan.note(house, scan.look(house, clock()), clock())
    done = publishes(house)

    assert 0 == done.changed
    assert ["خبر 2"] == titles(house)
    assert SHARED | {page(2)} == set(output(house))


def test_a_crash_between_pages_and_feeds_is_made_good(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "1.md", dated(1))

    def crash(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(files, "put", crash)
        with pytest.raises(SystemExit):
            publishes(house)
    publishes(house)

    assert SHARED | {page(1)} == set(output(house))
    assert ["خبر 1"] == titles(house)


@pytest.mark.postgresql
def test_a_crash_between_two_feeds_is_made_good_also_when_the_change_is_taken_back(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "1.md", dated(1))
    publishes(house)
    before = output(house)
    put, calls = files.put, count()

    def crash(*call: Any) -> bool:
        if next(calls):
            raise SystemExit
        return put(*call)

    write(house, "2.md", dated(2))
    with monkeypatch.context() as patch:
        patch.setattr(files, "put", crash)
        with pytest.raises(SystemExit):
            publishes(house)
    assert before != output(house)
    (house.folder / "2.md").unlink()
    publishes(house)
    after = output(house)
    left = re.compile(
        rb"\s*<at:deleted-entry [^>]*/>| xmlns:at=\"[^\"]*\""
    )  # readers had it for a moment (F13)

    assert left.search(after["atom.xml"])
    assert before == after | {"atom.xml": left.sub(b"", after["atom.xml"])}


def test_a_template_that_breaks_pages_does_not_stop_the_feeds(
    house: House, write: Write, publishes: Publishes
) -> None:
    template = house.root / "templates/web/article.html.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nothing }}", "utf-8")
    house = replace(house, templates=Templates([house.root / "templates"]))
    write(house, "1.md", dated(1))
    with pytest.raises(BadConfig):
        publishes(house)

    assert ["خبر 1"] == titles(house)


def test_a_file_changed_between_scan_and_render_is_not_published_half(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "1.md", dated(1, "النص القديم."))
    write(house, "2.md", dated(2))
    publishes(house)
    write(house, "1.md", dated(1, "النص الجديد."))
    write(house, "3.md", dated(3))
    before = output(house)
    reads: list[str] = []
    real = folder.read

    def read(root: Path, path: str, limit: int) -> Leaf:
        reads.append(path)
        if path == "1.md" and reads.count(path) == 2:  # scanned, and now rendered
            write(house, path, dated(1, "نص ثالث."))
        return real(root, path, limit)

    monkeypatch.setattr(folder, "read", read)
    done = publishes(house)
    during = output(house)
    again = publishes(house)

    assert (True, False) == (done.again, again.again)
    assert {page(3)} == but_short(done.written)  # the others do not wait
    assert before | {page(3): during[page(3)]} == during
    assert "نص ثالث." in output(house)[page(1)].decode()
    assert ["خبر 3", "خبر 2", "خبر 1"] == titles(house)


def test_what_the_disk_refuses_is_made_good_later(
    house: House, write: Write, publishes: Publishes
) -> None:  # X6
    write(house, "1.md", dated(1))
    house.out.write_text("a file where the folder should stand")
    with pytest.raises(Unwritable):
        publishes(house)
    house.out.unlink()
    publishes(house)

    assert SHARED | {page(1)} == set(output(house))


def test_an_article_whose_whole_text_cannot_be_read_keeps_nobody_out_of_the_feeds(
    house: House, write: Write, publishes: Publishes
) -> None:
    """Its opening can: lists are made from that alone."""
    row = "|" + "x|" * 90 + "\n"
    table = row + "|" + "-|" * 90 + "\n" + "|x\n" * 5000
    write(house, "1.md", dated(1))
    write(house, "2.md", dated(2, "كلمة طيبة " * 40 + "\n\n" + table))

    done = publishes(house)
    if done.again:
        done = publishes(house)

    assert not done.again
    assert ["خبر 1"] == titles(house)
    assert (Status.QUARANTINED, "more than 50,000 tags and paragraphs") == verdicts(house)["2.md"]
    assert 0 == publishes(house).changed


def test_a_text_that_cannot_be_shown_costs_its_article_alone(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = html.render

    def render(body: Body, *rest: Any) -> str:
        if "قنبلة" in "".join(block.html for block in body.blocks):
            raise ZeroDivisionError("a fault of ours")
        return real(body, *rest)

    for module in (html, article_module):
        monkeypatch.setattr(module, "render", render)
    write(house, "1.md", dated(1, "نص سليم."))
    write(house, "2.md", "---\ntitle: خبر 2\ndate: 2026-01-02\nsummary: موجز الخبر.\n---\nنص فيه قنبلة.")
    done = publishes(house)

    assert ["خبر 2", "خبر 1"] == titles(house)
    assert "موجز الخبر." in output(house)[page(2)].decode()
    assert ["2.md"] == [note.partition(":")[0] for note in done.notes]
    assert () == publishes(house).notes  # told once


def test_what_is_odd_in_a_file_that_changed_is_told_once_with_its_place(
    house: House, write: Write, publishes: Publishes
) -> None:  # A5
    write(house, "a.md", "---\ntitle: خبر\ndate: [2026-11-22\n---\nنص")
    write(house, "b.md", "---\ntitle: خبر آخر\n---\nنص")

    notes = publishes(house).notes

    assert ["a.md:3: not YAML", "a.md: date '[2026-11-22' is passed over"] == [
        re.split(r",|: not a date", each)[0] for each in notes
    ]
    assert all(". Mend: " in each for each in notes)

    write(house, "b.md", "---\ntitle: خبر آخر\n---\nنص جديد")

    assert () == publishes(house).notes
