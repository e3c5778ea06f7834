"""A look at the files alone that were closed: what it sees is what a look at the whole folder would."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import scan
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.model.article import Status
from publisher.store import articles

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

STORY = "افتتاح المكتبة\nافتتحت المكتبة أبوابها صباح اليوم.\n"


def status(house: House) -> dict[str, Status]:
    return {each.path: each.status for each in house.store.read(articles.listing)}


def identity(house: House) -> dict[str, str]:
    return {one.path: one.id for one in house.store.read(articles.newest)}


def shown(house: House) -> list[str]:
    return [item["title"] for item in json.loads((house.out / "feed.json").read_bytes())["items"]]


def the_walk_is(refused: str, patch: pytest.MonkeyPatch) -> None:
    def walk(*_: Any) -> None:
        raise AssertionError(refused)

    patch.setattr("publisher.articles.folder.compare", walk)


def test_a_closed_file_is_published_and_nothing_else_is_looked_at(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "1.txt", STORY)
    publishes(house)
    the_walk_is("not wanted", monkeypatch)
    write(house, "sub/2.txt", "خبر جديد\nنص الخبر.\n")

    done = publishes(house, closed={"sub/2.txt"}, whole=False)

    assert (2, 1, 2) == (done.read, done.changed, done.published)
    assert {"خبر جديد", "افتتاح المكتبة"} == set(shown(house))
    assert 0 == publishes(house, closed={"sub/2.txt"}, whole=False).changed


def test_an_editors_temporary_file_that_took_the_articles_place_costs_no_look_at_the_whole_folder(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "1.txt", STORY)
    publishes(house)
    the_walk_is("not wanted", monkeypatch)
    write(house, ".1.txt.swp", "خبر جديد\nنص الخبر.\n").rename(house.folder / "1.txt")

    publishes(house, closed={".1.txt.swp", "1.txt"}, whole=False)

    assert ["خبر جديد"] == shown(house)


@pytest.mark.parametrize("how", ["gone", "unreadable", "link", "folder"])
def test_where_a_closed_file_is_none_any_more_the_whole_folder_is_looked_at(  # X5
    how: str, house: House, write: Write, publishes: Publishes
) -> None:
    path = write(house, "1.txt", STORY)
    publishes(house)
    name = "1.txt"
    if how == "unreadable":
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("root reads everything")
    else:
        path.unlink()
    if how == "link":
        path.symlink_to("elsewhere.txt")
    if how == "folder":
        path.mkdir()

    publishes(house, closed={name}, whole=False)

    assert [] == shown(house)


def test_a_file_moved_by_copying_and_deleting_stays_the_article_it_was(  # A9
    house: House, write: Write, publishes: Publishes
) -> None:
    path = write(house, "1.txt", STORY)
    publishes(house)
    before = identity(house)["1.txt"]
    write(house, "2.txt", STORY)
    path.unlink()

    publishes(house, closed={"2.txt"}, whole=False)
    publishes(house)

    assert {"2.txt": before} == identity(house)


def test_a_copy_of_an_article_that_is_there_is_another_one(  # A9
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "1.txt", STORY)
    publishes(house)
    write(house, "2.txt", STORY)

    (note,) = publishes(house, closed={"2.txt"}, whole=False).notes

    assert "a copy of 1.txt" in note
    assert 2 == len(set(identity(house).values()))


def test_a_flood_of_files_is_looked_at_as_a_whole(house: House, write: Write, clock: Clock) -> None:
    names = [f"{number}.txt" for number in range(scan.FEW + 1)]
    for name in names:
        write(house, name, STORY)
    write(house, "unheard-of.txt", STORY)

    few = scan.look(house, clock(), names[1:], whole=False)
    flood = scan.look(house, clock(), names, whole=False)

    assert (scan.FEW, scan.FEW + 2) == (few.present, flood.present)


def test_a_file_of_the_year_1970_that_could_not_be_read_is_taken_when_it_can(
    house: House, publishes: Publishes
) -> None:
    path = house.folder / "1.txt"
    path.symlink_to("elsewhere.txt")
    (house.folder / "elsewhere.txt").write_text(STORY, "utf-8")
    publishes(house)
    path.unlink()
    (house.folder / "elsewhere.txt").rename(path)
    os.utime(path, (0, 0))

    publishes(house)

    assert {"1.txt": Status.PUBLISHED} == status(house)


@pytest.mark.parametrize("count", [1, scan.FEW + 1])
def test_the_digits_of_a_site_that_was_empty_are_known_with_its_first_articles(  # R8
    count: int, house: House, write: Write, publishes: Publishes
) -> None:
    """Else all pages are made again at the next look."""
    publishes(house)
    names = [f"{number}.txt" for number in range(count)]
    for name in names:
        write(house, name, f"خبر من عام ٢٠٢٦ {name}\nنص.\n")

    publishes(house, closed=names, whole=False)

    assert (("ar", "arab"),) == house.memory.digits
    assert () == publishes(house).written
