"""Identity, order, dates and slugs of articles: what the store keeps whatever happens to the files."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import pytest

from publisher import layout
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.layout import RESERVED
from publisher.model.article import Article, Status
from publisher.store import articles

if TYPE_CHECKING:
    from tests.conftest import Clock, MakeHouse, Write

    Publishes = Callable[..., Published]
    OnSite = Callable[[House], dict[str, Article]]

STORY = "افتتاح المكتبة\nافتتحت المكتبة أبوابها صباح اليوم.\n"
OTHER = "سوق السمك\nعاد الصيادون بصيد وفير.\n"


def dated(title: str, date: str, **fields: str) -> str:
    lines = [f"title: {title}", f"date: {date}", *(f"{key}: {value}" for key, value in fields.items())]
    return "\n".join(["---", *lines, "---", "", "نص المقالة."])


def warnings(house: House) -> dict[str, tuple[str, ...]]:
    return {each.path: each.warnings for each in house.store.read(articles.listing)}


# Identity


def test_an_edited_article_keeps_its_id(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)["a.txt"]
    write(house, "a.txt", "عنوان آخر\nنص آخر.\n")
    publishes(house)
    after = on_site(house)["a.txt"]

    assert "عنوان آخر" == after.title
    assert (before.id, before.seq, before.slug) == (after.id, after.seq, after.slug)


def test_a_renamed_file_keeps_its_id(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    path = write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)["a.txt"]
    (house.folder / "news").mkdir()
    path.rename(house.folder / "news" / "b.txt")
    publishes(house)

    assert {"news/b.txt": replace(before, path="news/b.txt")} == on_site(house)


@pytest.mark.parametrize("hours, kept", [(23, True), (25, False)])
def test_a_file_gone_for_a_while_is_the_same_within_a_day(
    hours: int,
    kept: bool,
    house: House,
    write: Write,
    publishes: Publishes,
    on_site: OnSite,
    clock: Clock,
) -> None:  # A9
    path = write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)["a.txt"]
    path.unlink()
    publishes(house, accept_removals=True)
    clock.forward(hours=hours)
    write(house, "b.txt", STORY)
    publishes(house)

    assert kept == (before.id == on_site(house)["b.txt"].id)


def test_a_file_that_comes_back_is_the_article_it_was(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A9
    path = write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)["a.txt"]
    path.unlink()
    publishes(house, accept_removals=True)
    assert {} == on_site(house)
    clock.forward(days=90)
    write(house, "a.txt", f"{STORY}فقرة أضيفت بعد العودة.\n")
    publishes(house)
    after = on_site(house)["a.txt"]

    assert (before.id, before.seq, before.slug) == (after.id, after.seq, after.slug)


def test_another_story_under_the_name_of_one_that_is_gone_is_another_article(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A9
    path = write(house, "today.txt", STORY)
    publishes(house)
    before = on_site(house)["today.txt"]
    path.unlink()
    publishes(house, accept_removals=True)
    clock.forward(hours=1)
    write(house, "today.txt", OTHER)
    publishes(house)
    after = on_site(house)["today.txt"]

    assert before.id != after.id
    assert before.slug != after.slug
    assert before.seq < after.seq


def test_a_file_moved_and_corrected_in_one_commit_keeps_its_id(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9, D1
    path = write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)["a.txt"]
    path.unlink()
    write(house, "2026/a.txt", f"{STORY}تصحيح: سقط سطر من المقالة.\n")
    publishes(house)
    after = on_site(house)["2026/a.txt"]

    assert (before.id, before.seq, before.slug) == (after.id, after.seq, after.slug)


def test_an_undated_draft_is_dated_when_it_is_released(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A5
    write(house, "a.md", "---\ntitle: خبر\ndraft: true\n---\nنص\n")
    publishes(house)
    clock.forward(days=14)
    write(house, "a.md", "---\ntitle: خبر\n---\nنص\n")
    publishes(house)

    assert clock() == on_site(house)["a.md"].published


def test_a_copy_gets_its_own_id_and_a_warning(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)["a.txt"]
    write(house, "b.txt", STORY)
    done = publishes(house)
    found = on_site(house)

    assert before == found["a.txt"]
    assert before.id != found["b.txt"].id
    assert ("b.txt: a copy of a.txt; it gets its own id",) == done.notes
    assert {"a.txt": (), "b.txt": ("a copy of a.txt; it gets its own id",)} == warnings(house)


def test_a_new_file_where_one_was_moved_away_is_a_new_article(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    write(house, "a.txt", STORY).rename(house.folder / "b.txt")
    publishes(house)
    (house.folder / "b.txt").rename(house.folder / "c.txt")
    publishes(house)
    write(house, "b.txt", OTHER)
    publishes(house)
    (house.folder / "b.txt").rename(house.folder / "d.txt")
    publishes(house)
    write(house, "b.txt", dated("ثالثة", "2026-01-01").replace("---", "***"))
    publishes(house)
    ids = {path: article.id for path, article in on_site(house).items()}
    expected = [layout.article_id(house.site.id, "b.txt", number) for number in (1, 2, 3)]

    assert expected == [ids[path] for path in ("c.txt", "d.txt", "b.txt")]


def test_a_declared_id_is_the_articles(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    name = "19441379-708e-47d6-8f71-8fb322d315c7"
    write(house, "a.md", dated("واحدة", "2026-01-01", uuid=name))
    write(house, "b.md", dated("اثنتان", "2026-01-02", guid="https://old.example.org/?p=17"))
    publishes(house)
    found = on_site(house)

    assert f"urn:uuid:{name}" == found["a.md"].id
    assert "https://old.example.org/?p=17" == found["b.md"].id


def test_of_two_files_that_claim_one_id_the_older_keeps_it(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    write(house, "z.md", dated("الأقدم", "2026-01-01", id="shared"))
    publishes(house)
    older = on_site(house)["z.md"]
    write(house, "a.md", dated("الأحدث", "2026-01-02", id="shared"))
    done = publishes(house)
    found = on_site(house)

    assert older == found["z.md"]
    assert layout.article_id(house.site.id, "a.md") == found["a.md"].id
    assert ("a.md: claims the id of z.md, which keeps it; this one gets its own",) == done.notes


def test_a_published_article_keeps_its_id_when_it_declares_one(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    """Readers would get it twice; and its old self must not stay behind."""
    write(house, "a.md", dated("خبر", "2026-01-01"))
    publishes(house)
    before = on_site(house)["a.md"]
    write(house, "a.md", dated("خبر", "2026-01-01", id="late"))
    done = publishes(house)

    assert before.id == on_site(house)["a.md"].id
    assert "keeps the one it was published with" in done.notes[0]
    assert 1 == done.published
    assert not done.again


def test_a_draft_may_still_declare_its_id(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    write(house, "a.md", dated("خبر", "2026-01-01", draft="true"))
    publishes(house)
    write(house, "a.md", dated("خبر", "2026-01-01", id="https://e.org/1"))
    publishes(house)

    assert [("a.md", "https://e.org/1", 1)] == [(a.path, a.id, a.seq) for a in on_site(house).values()]


def test_a_name_in_nfc_and_in_nfd_is_one_identity(
    make_house: MakeHouse, tmp_path: Path, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    """A site copied through a Mac, whose names come decomposed."""
    ids = []
    forms: list[Literal["NFC", "NFD"]] = ["NFC", "NFD"]
    for form in forms:
        (tmp_path / form).mkdir()
        house = make_house(tmp_path / form)
        write(house, unicodedata.normalize(form, "آراء.txt"), STORY)
        publishes(house)
        ids += [article.id for article in on_site(house).values()]

    assert ids[0] == ids[1]


def test_both_forms_of_a_name_side_by_side_are_two_articles(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    write(house, unicodedata.normalize("NFC", "آراء.txt"), STORY)
    write(house, unicodedata.normalize("NFD", "آراء.txt"), OTHER)
    publishes(house)

    assert 2 == len({article.id for article in on_site(house).values()})


def test_a_name_that_is_not_utf8_is_published_and_found_again(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    name = os.fsdecode(b"caf\xe9 \xc7.txt")
    write(house, name, STORY)
    write(house, "copy.txt", STORY)
    publishes(house)
    (article,) = [each for each in on_site(house).values() if each.path == name]
    again = publishes(house)

    assert article.id.startswith("urn:uuid:")
    assert (0, ()) == (again.changed, again.written)
    assert [()] == [found for path, found in warnings(house).items() if path == name]
    assert ("a copy of caf\\xe9 \\xc7.txt; it gets its own id",) == warnings(house)["copy.txt"]


# Order


def test_seq_is_given_once_in_the_order_of_dates_and_paths(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    for name, day in (("c.md", 1), ("b.md", 2), ("a.md", 3), ("b2.md", 2)):
        write(house, name, dated(name, f"2026-01-0{day}"))
    publishes(house)
    write(house, "old.md", dated("متأخرة", "2001-01-01"))
    write(house, "c.md", dated("c.md", "2026-02-01"))
    publishes(house)

    assert ["c.md", "b.md", "b2.md", "a.md", "old.md"] == list(on_site(house))
    assert [1, 2, 3, 4, 5] == [article.seq for article in on_site(house).values()]


def test_a_held_article_gets_its_seq_when_it_is_released(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:
    write(house, "draft.md", dated("مسودة", "2026-01-01", draft="true"))
    write(house, "future.md", dated("غدا", "2026-11-21T09:00:00+03:00"))
    write(house, "now.md", dated("اليوم", "2026-01-01"))
    publishes(house)
    assert ["now.md"] == list(on_site(house))
    clock.forward(days=1)
    publishes(house)
    write(house, "draft.md", dated("مسودة", "2026-01-01"))
    publishes(house)

    assert {"now.md": 1, "future.md": 2, "draft.md": 3} == {a.path: a.seq for a in on_site(house).values()}


def test_an_article_that_expires_before_it_has_a_place_never_gets_one(
    house: House,
    write: Write,
    publishes: Publishes,
    on_site: OnSite,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # A6
    write(house, "b.md", dated("باق", "2026-01-01"))
    publishes(house)
    write(house, "a.md", dated("خبر", "2026-01-01", expires="2026-11-21"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("publisher.store.release.place", killed)
        with pytest.raises(KeyboardInterrupt):
            publishes(house)
    clock.forward(days=2)
    publishes(house)

    assert ["b.md"] == list(on_site(house))


# Dates


def test_an_undated_article_has_the_time_it_was_first_seen(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A5
    write(house, "a.txt", STORY)
    publishes(house)
    seen = clock()
    clock.forward(days=2)
    write(house, "a.txt", OTHER)
    publishes(house)

    assert (seen, clock()) == (on_site(house)["a.txt"].published, on_site(house)["a.txt"].updated)


def test_a_quarantined_article_has_the_time_it_was_first_seen(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A5
    write(house, "a.txt", b"\xff\xfe\x00")
    publishes(house)
    seen = clock()
    clock.forward(hours=2)
    write(house, "a.txt", STORY)
    publishes(house)

    assert seen == on_site(house)["a.txt"].published


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=3)  # midnight in Baghdad


def test_updated_is_the_date_until_the_content_changes(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A10
    write(house, "a.md", dated("خبر", "2026-01-01"))
    publishes(house)
    assert NEW_YEAR == on_site(house)["a.md"].updated
    clock.forward(days=1)
    write(house, "a.md", dated("خبر مصحح", "2026-01-01"))
    publishes(house)
    changed = clock()
    clock.forward(days=1)
    write(house, "a.md", dated("خبر مصحح", "2026-01-01"))
    publishes(house)

    assert (NEW_YEAR, changed) == (on_site(house)["a.md"].published, on_site(house)["a.md"].updated)


@pytest.mark.parametrize(
    "declared, updated",
    [("2026-03-01", NEW_YEAR + timedelta(days=59)), ("2020-01-01", NEW_YEAR)],
)
def test_a_declared_update_is_believed_but_never_before_publication(
    declared: str, updated: datetime, house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A10
    write(house, "a.md", dated("خبر", "2026-01-01", lastmod=declared))
    publishes(house)

    assert updated == on_site(house)["a.md"].updated


def test_an_article_held_and_edited_is_as_old_as_its_date(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A10
    write(house, "a.md", dated("مسودة", "2026-01-01", draft="true"))
    publishes(house)
    clock.forward(days=1)
    write(house, "a.md", dated("خبر", "2026-01-01"))
    publishes(house)

    assert NEW_YEAR == on_site(house)["a.md"].updated


def test_a_touched_file_changes_nothing(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, clock: Clock
) -> None:  # A10
    path = write(house, "a.txt", STORY)
    publishes(house)
    before = on_site(house)
    clock.forward(hours=1)
    os.utime(path, (1_750_000_000, 1_750_000_000))
    done = publishes(house)

    assert before == on_site(house)
    assert () == done.written


# Slugs


def test_slugs_are_unique_and_never_ours(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    for number in range(3):
        write(house, f"{number}.md", dated("سوق السمك", f"2026-01-0{number + 1}", n=str(number)))
    for name in sorted(RESERVED - {each for each in RESERVED if "." in each}):
        write(house, f"x-{name}.md", dated(name, "2026-02-01", slug=name))
    publishes(house)
    slugs = [article.slug for article in on_site(house).values()]

    assert ["سوق-السمك", "سوق-السمك-2", "سوق-السمك-3"] == slugs[:3]
    assert len(slugs) == len(set(slugs))
    assert set() == RESERVED & set(slugs)


def test_the_slug_stays_after_a_corrected_headline(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    write(house, "a.md", dated("خبر عجل", "2026-01-01"))
    publishes(house)
    write(house, "a.md", dated("خبر عاجل", "2026-01-01"))
    publishes(house)

    assert "خبر-عجل" == on_site(house)["a.md"].slug


def test_a_draft_gets_the_slug_of_the_headline_it_is_published_with(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    write(house, "a.md", dated("عنوان مؤقت", "2026-01-01", draft="true"))
    publishes(house)
    write(house, "a.md", dated("عنوان أخير", "2026-01-01"))
    publishes(house)

    assert "عنوان-أخير" == on_site(house)["a.md"].slug


def test_the_slug_of_a_removed_article_stays_reserved(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    write(house, "a.md", dated("خبر", "2026-01-01"))
    publishes(house)
    (house.folder / "a.md").unlink()
    publishes(house)
    write(house, "b.md", dated("خبر", "2026-05-05"))
    publishes(house)

    assert "خبر-2" == on_site(house)["b.md"].slug


@pytest.mark.parametrize("identity", ["plain", "https://old.example.org/?p=17", "tag:e.org,2020:/a/b"])
def test_a_headline_without_letters_still_has_a_slug(
    identity: str, house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    write(house, "a.md", dated('"؟؟؟"', "2026-01-01", id=f'"{identity}"'))
    publishes(house)
    slug = on_site(house)["a.md"].slug

    assert slug.isalnum()
    assert (house.out / slug / "index.html").is_file()


# Reading again


def test_other_rules_read_every_file_again(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:
    """A corrected time zone, or a program that reads more, must not wait until each file is touched."""
    write(house, "a.md", dated("خبر", "2026-01-01"))
    publishes(house)
    moved = replace(house, site=replace(house.site, timezone=ZoneInfo("Africa/Casablanca")))
    publishes(moved)

    assert datetime(2025, 12, 31, 23, tzinfo=UTC) == on_site(house)["a.md"].published
    assert 0 == publishes(moved).changed


def test_a_whole_folder_that_moved_keeps_every_id(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9
    """No accident: nothing is gone."""
    for number in range(12):
        write(house, f"{number}.md", dated(f"خبر {number}", "2026-01-01"))
    publishes(house)
    before = {article.id for article in on_site(house).values()}
    shutil.move(house.folder, house.root / "moving")
    house.folder.mkdir()
    shutil.move(house.root / "moving", house.folder / "2026")
    done = publishes(house)

    assert before == {article.id for article in on_site(house).values()}
    assert () == done.notes
    assert all(path.startswith("2026/") for path in on_site(house))


def test_every_file_is_listed_with_what_became_of_it(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "a.txt", STORY)
    write(house, "draft.md", dated("مسودة", "2026-01-01", draft="true"))
    write(house, "future.md", dated("غدا", "2027-01-01"))
    write(house, "bad.txt", b"\xff\xfe\x00")
    write(house, "picture.png", b"\x89PNG")
    publishes(house)
    listed = {each.path: each.status for each in house.store.read(articles.listing)}

    assert {
        "a.txt": Status.PUBLISHED,
        "draft.md": Status.HELD,
        "future.md": Status.HELD,
        "bad.txt": Status.QUARANTINED,
        "picture.png": Status.SKIPPED,
    } == listed
    assert {"published": 1, "held": 2, "quarantined": 1, "skipped": 1} == house.store.read(articles.tally)
