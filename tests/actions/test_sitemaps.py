"""Sitemaps through the real store and the real output folder, read by lxml."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.store import sitemaps
from tests.conftest import URL, Clock, Write

NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
Publishes = Callable[..., Published]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "SHARE", 3)


def locations(path: Path) -> list[str]:
    found: list[str] = etree.parse(path).xpath("//s:loc/text()", namespaces=NS)
    return found


def listed(house: House) -> dict[str, list[str]]:
    """The pages in each part that the index names."""
    parts = (url.removeprefix(f"{URL}/") for url in locations(house.out / "sitemap.xml"))
    return {part: locations(house.out / part) for part in parts}


def fill(house: House, write: Write, number: int) -> None:
    for n in range(number):
        write(house, f"{n}.md", f"---\nslug: story-{n}\ndate: 2026-11-{10 + n}\n---\n# Story {n}\n\nText.\n")


@pytest.mark.postgresql
def test_every_article_stands_in_one_part(house: House, write: Write, publishes: Publishes) -> None:
    fill(house, write, 7)
    publishes(house)

    found = listed(house)
    assert ["sitemap-0.xml", "sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"] == list(found)
    assert [f"{URL}/", f"{URL}/newsletter/daily/"] == found.pop("sitemap-0.xml")
    assert [f"{URL}/story-{n}/" for n in range(7)] == [url for part in found.values() for url in part]


def test_one_article_changes_one_part_and_the_list(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    fill(house, write, 7)
    publishes(house)
    clock.forward(hours=1)
    write(house, "1.md", "---\nslug: story-1\ndate: 2026-11-11\n---\n# Story 1\n\nAnother text.\n")

    written = set(publishes(house).written)
    assert {"sitemap-1.xml"} == {path for path in written if path.startswith("sitemap-") and path[8] in "123"}
    assert "sitemap.xml" in written
    assert [] == [path for path in publishes(house).written if path.startswith("sitemap")]


@pytest.mark.postgresql
def test_what_left_is_in_no_part_and_an_empty_part_in_no_list(
    house: House, write: Write, publishes: Publishes
) -> None:
    fill(house, write, 4)
    publishes(house)
    (house.folder / "3.md").unlink()
    (house.folder / "0.md").unlink()
    publishes(house, accept_removals=True)

    found = listed(house)
    assert ["sitemap-0.xml", "sitemap-1.xml"] == list(found)
    assert [f"{URL}/story-1/", f"{URL}/story-2/"] == found["sitemap-1.xml"]
    assert not (house.out / "sitemap-2.xml").exists()


def test_what_somebody_deleted_comes_back(house: House, write: Write, publishes: Publishes) -> None:
    fill(house, write, 4)
    publishes(house)
    for path in house.out.glob("sitemap*"):
        path.unlink()
    publishes(house, verify=True)

    assert ["sitemap-0.xml", "sitemap-1.xml", "sitemap-2.xml"] == list(listed(house))
    assert (house.out / "sitemap-news.xml").exists()


def test_a_site_without_pages_leaves_them_to_whoever_makes_its_pages(
    house: House, write: Write, publishes: Publishes
) -> None:
    fill(house, write, 4)
    publishes(house)
    off = replace(house, pages=replace(house.pages, enabled=False), layout=replace(house.layout, pages=False))
    publishes(off)

    assert [] == [*house.out.glob("sitemap*"), *house.out.glob("robots.txt*")]
    (house.out / "sitemap.xml").write_text("theirs")
    publishes(off, verify=True)
    assert "theirs" == (house.out / "sitemap.xml").read_text()
    (house.out / "sitemap.xml").unlink()
    publishes(house)
    assert ["sitemap-0.xml", "sitemap-1.xml", "sitemap-2.xml"] == list(listed(house))


@pytest.mark.postgresql
def test_news_are_two_days_old_at_most(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    write(house, "new.md", "---\nslug: new\ndate: 2026-11-20 10:00\n---\n# عاجل\n\nنص.\n")
    write(house, "old.md", "---\nslug: old\ndate: 2026-11-17\n---\n# قديم\n\nنص.\n")
    publishes(house)
    assert [f"{URL}/new/"] == locations(house.out / "sitemap-news.xml")

    clock.forward(hours=48)
    publishes(house)
    assert [] == locations(house.out / "sitemap-news.xml")
