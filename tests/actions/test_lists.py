"""The pages that list articles: what stands in them, what a change rewrites, and what is gone afterwards."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from publisher.actions import article_pages, lists, pool
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.layout import Layout
from publisher.pages.settings import PageSettings
from publisher.store import lists as rows
from tests.conftest import SITE, URL

if TYPE_CHECKING:
    from tests.conftest import MakeHouse, Write

    Publishes = Callable[..., Published]

Story = tuple[datetime, tuple[str, ...], str, str]  # published, categories, author, title


@pytest.fixture
def site(make_house: MakeHouse, tmp_path: Path) -> House:
    """A site with every list, of three articles first, and five on a month's page."""
    root = tmp_path / "site"
    root.mkdir()
    return make_house(root, layout=Layout(URL), pages=PageSettings(per_page=3))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "SHARE", 5)


def text(
    number: int | str, day: str, categories: str = "سياسة", author: str = "سلمى", title: str = ""
) -> str:
    head = f"title: {title or f'خبر {number}'}\nslug: s{number}\ndate: {day}\ncategories: [{categories}]"
    return f"---\n{head}\nauthor: {author}\nlang: ar\n---\n\nنص المقالة كاملا.\n"


def shown(house: House, path: str) -> list[str]:
    """The addresses of the articles that the page lists, in its order."""
    page = html.parse(str(house.out / path))
    links = page.xpath("//main//*[self::h2 or self::h3 or self::li[time]]/a/@href")
    return [link.strip("/") for link in links]


def pages(done: Published) -> list[str]:
    return sorted(path for path in done.written if path.endswith(".html"))


def every(house: House) -> set[str]:
    """The lists that stand in the output."""
    tops = ("category", "author", "lang", "archive")
    found = (path for top in tops for path in (house.out / top).rglob("*.html"))
    return {str(path.relative_to(house.out)) for path in found if path.name != "feed.html"}


@pytest.mark.postgresql
def test_a_list_has_the_newest_first_and_the_months_of_the_others(
    site: House, write: Write, publishes: Publishes
) -> None:
    for number, day in enumerate(
        ("2026-09-05", "2026-10-01", "2026-10-20", "2026-11-02", "2026-11-03", "2026-11-04")
    ):
        write(site, f"{number}.md", text(number, day))

    publishes(site)

    assert ["s5", "s4", "s3"] == shown(site, "category/سياسة/index.html")
    assert ["s2", "s1"] == shown(site, "category/سياسة/2026/10/index.html")
    assert ["s0"] == shown(site, "author/سلمى/2026/09/index.html")
    assert not (site.out / "category/سياسة/2026/11").exists()
    assert ["s5", "s4", "s3"] == shown(site, "archive/2026/11/index.html")
    assert ["أيلول", "تشرين الأول", "تشرين الثاني"] == sorted(
        html.parse(str(site.out / "archive/index.html")).xpath("//main//li/a/text()")
    )
    assert ["s5", "s4", "s3"] == shown(site, "index.html")


def test_a_new_article_writes_its_lists_and_nothing_that_is_past(
    site: House, write: Write, publishes: Publishes
) -> None:
    for number in range(60):
        day = date(2026, 5, 1) + timedelta(days=3 * number)
        write(site, f"{number}.md", text(number, str(day), "سياسة, مدارس, نهر"))
    publishes(site)
    write(site, "new.md", text("new", "2026-10-29", "سياسة, مدارس, نهر"))

    done = publishes(site)

    newest = ("author/سلمى", "category/سياسة", "category/مدارس", "category/نهر", "lang/ar")
    assert len(pages(done)) <= 15
    assert {path for path in pages(done) if path.startswith(("author", "category", "lang", "archive"))} == {
        *(f"{folder}/index.html" for folder in newest),
        *(f"{folder}/2026/10/index.html" for folder in (*newest, "archive")),
    }


def test_several_processes_write_what_one_does(
    make_house: MakeHouse, tmp_path: Path, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WORTHWHILE", 1)
    monkeypatch.setattr(article_pages, "SLICE", 5)
    found = []
    for workers in (1, 2):
        root = tmp_path / str(workers)
        root.mkdir()
        house = make_house(root, layout=Layout(URL), pages=PageSettings(per_page=3), workers=workers)
        for number in range(24):
            write(house, f"{number}.md", text(number, f"2026-0{number % 6 + 1}-10"))
        publishes(house)
        found.append(
            {str(path.relative_to(house.out)): path.read_bytes() for path in house.out.rglob("*.html")}
        )

    assert found[0] == found[1]
    assert {f"s{number}/index.html" for number in range(24)} <= found[0].keys()


def test_nothing_changed_writes_nothing(site: House, write: Write, publishes: Publishes) -> None:
    for number in range(12):
        write(site, f"{number}.md", text(number, f"2026-0{number % 6 + 1}-10"))
    publishes(site)

    assert () == publishes(site).written
    assert () == publishes(site, verify=True).written


@pytest.mark.postgresql
def test_a_month_begins_at_the_midnight_of_the_site(site: House, write: Write, publishes: Publishes) -> None:
    write(site, "1.md", text(1, "2026-10-31T21:30:00Z"))  # 00:30 on November 1st in Baghdad
    write(site, "2.md", text(2, "2026-10-31T20:30:00Z"))
    publishes(site)
    before = shown(site, "archive/2026/11/index.html"), shown(site, "archive/2026/10/index.html")
    lisbon = replace(site, site=replace(SITE, timezone=ZoneInfo("Europe/Lisbon")))

    publishes(lisbon)

    assert (["s1"], ["s2"]) == before
    assert ["s1", "s2"] == shown(site, "archive/2026/10/index.html")
    assert not (site.out / "archive/2026/11").exists()


@pytest.mark.postgresql
def test_an_empty_month_and_a_label_without_articles_vanish(
    site: House, write: Write, publishes: Publishes
) -> None:
    write(site, "1.md", text(1, "2026-09-05", "نهر"))
    write(site, "2.md", text(2, "2026-10-05"))
    publishes(site)
    (site.folder / "1.md").unlink()

    publishes(site, accept_removals=True)

    assert not (site.out / "archive/2026/09").exists()
    assert not (site.out / "category/نهر").exists()
    assert (site.out / "category/سياسة/index.html").exists()


def test_a_site_without_articles_has_an_archive_that_says_so(site: House, publishes: Publishes) -> None:
    publishes(site)

    assert "لم يُنشر شيء بعد" in (site.out / "archive/index.html").read_text("utf-8")
    assert {"archive/index.html"} == every(site)


def test_a_corrected_headline_is_corrected_where_it_is_listed(
    site: House, write: Write, publishes: Publishes
) -> None:
    for number in range(8):
        write(site, f"{number}.md", text(number, f"2026-0{number + 1}-05"))
    publishes(site)
    write(site, "0.md", text(0, "2026-01-05", title="عنوان آخر"))

    done = publishes(site)

    assert {
        "archive/2026/01/index.html",
        "category/سياسة/2026/01/index.html",
        "author/سلمى/2026/01/index.html",
        "lang/ar/2026/01/index.html",
        "s0/index.html",
    } <= set(pages(done))
    assert not any("/02/" in path or path == "category/سياسة/index.html" for path in pages(done))
    for path in pages(done):
        assert "خبر 0" not in (site.out / path).read_text("utf-8"), path


@pytest.mark.postgresql
def test_pages_lead_from_the_newest_article_to_the_oldest_and_back(
    site: House, write: Write, publishes: Publishes
) -> None:
    for number in range(40):
        write(site, f"{number:02}.md", text(number, f"2026-{number % 3 + 1:02}-{number // 3 + 1:02}"))
    publishes(site)

    forward = list(_walk(site, "category/سياسة/index.html", "next"))
    backward = list(_walk(site, forward[-1], "prev"))

    assert {f"s{number}" for number in range(40)} == {one for path in forward for one in shown(site, path)}
    assert every(site) >= set(forward)
    assert {path for path in every(site) if path.startswith("category/")} == set(forward)
    assert "category/سياسة/index.html" == backward[-1]


def _walk(house: House, path: str, rel: str) -> Iterator[str]:
    while path:
        yield path
        page = html.parse(str(house.out / path))
        (url,) = page.xpath("//link[@rel='canonical']/@href")
        assert path == _file(url)
        found = page.xpath(f"//head/link[@rel='{rel}']/@href")
        assert [_file(each) for each in page.xpath(f"//main//a[@rel='{rel}']/@href")] == [
            _file(each) for each in found
        ]
        path = _file(found[0]) if found else ""


def _file(url: str) -> str:
    return f"{unquote(urlsplit(url).path)}index.html".removeprefix("/")


def test_a_full_part_of_a_month_stays_as_it_is(site: House, write: Write, publishes: Publishes) -> None:
    for number in range(12):
        write(site, f"{number}.md", text(number, f"2026-06-{number + 1:02}"))
    publishes(site)
    parts = {path for path in every(site) if path.startswith("archive/2026/06/")}
    write(site, "12.md", text(12, "2026-06-13"))

    done = publishes(site)

    assert {f"archive/2026/06/{each}index.html" for each in ("", "1/", "2/")} == parts
    assert ["s4", "s3", "s2", "s1", "s0"] == shown(site, "archive/2026/06/1/index.html")
    assert ["s12", "s11", "s10", "s9", "s8"] == shown(site, "archive/2026/06/index.html")
    assert [path for path in pages(done) if path.startswith("archive/")] == ["archive/2026/06/index.html"]


def test_pages_that_a_site_does_not_want_any_more_are_taken_away(
    site: House, write: Write, publishes: Publishes
) -> None:
    for number in range(8):
        write(site, f"{number}.md", text(number, f"2026-0{number + 1}-05"))
    publishes(site)
    whole = every(site)
    fewer = replace(site, layout=Layout(URL, lists=("category",)))
    publishes(fewer)
    categories = every(site)
    article = html.parse(str(site.out / "s1/index.html"))
    none = replace(site, layout=Layout(URL, pages=False), pages=PageSettings(enabled=False))
    publishes(none)
    nothing = every(site)

    publishes(site)

    assert {path for path in whole if path.startswith("category")} == categories
    assert ["/category/%D8%B3%D9%8A%D8%A7%D8%B3%D8%A9/"] == article.xpath("//a[@rel='tag']/@href")
    assert [] == article.xpath("//a[@rel='author']")
    assert [] == article.xpath("//a[contains(@href, 'archive')]")
    assert set() == nothing
    assert whole == every(site)


def test_what_somebody_deleted_is_written_again(site: House, write: Write, publishes: Publishes) -> None:
    for number in range(8):
        write(site, f"{number}.md", text(number, f"2026-0{number + 1}-05"))
    publishes(site)
    (site.out / "archive/2026/03/index.html").unlink()
    (site.out / "author/سلمى/index.html").unlink()

    done = publishes(site, verify=True)

    assert ["archive/2026/03/index.html", "author/سلمى/index.html"] == sorted(done.written)


@pytest.mark.postgresql
def test_slices_make_the_same_pages(site: House, write: Write, publishes: Publishes) -> None:
    for number in range(30):
        write(site, f"{number}.md", text(number, f"2026-{number % 9 + 1:02}-05"))
    runs = 1
    while publishes(site, limit=4).more:
        runs += 1
        assert runs < 200
    sliced = {path: (site.out / path).read_bytes() for path in every(site)}
    site.store.write(rows.make_all)

    assert () == publishes(site).written
    assert runs > 10
    assert sliced == {path: (site.out / path).read_bytes() for path in every(site)}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_lists_are_those_of_the_articles(
    site: House, write: Write, publishes: Publishes, seed: int
) -> None:
    """An oracle that knows nothing of the store: what stands on the pages is reckoned anew from what was written."""
    chance = random.Random(seed)
    there: dict[int, Story] = {}
    zone = SITE.timezone
    for _ in range(8):
        for _ in range(chance.randint(1, 9)):
            number = chance.randint(0, 30)
            if number in there and chance.random() < 0.3:
                (site.folder / f"{number}.md").unlink()
                del there[number]
                continue
            at = datetime(2026, chance.randint(1, 4), chance.choice((1, 2, 15, 28)), tzinfo=UTC)
            at += timedelta(hours=chance.choice((0, 1, 12, 21, 22, 23)), minutes=number)
            words = tuple(chance.sample(("سياسة", "نهر", "مدارس"), chance.randint(0, 2)))
            author = chance.choice(("سلمى", "داود"))
            there[number] = (at, words, author, f"خبر {number}")
            write(site, f"{number}.md", text(number, at.isoformat(), ", ".join(words), author))
        publishes(site, accept_removals=True, limit=chance.choice((None, None, 5)))
        while publishes(site, accept_removals=True, limit=5).more:
            pass

        wanted = _expected(there, zone)

        assert set(wanted) == every(site)
        for path, its in wanted.items():
            if path != "archive/index.html":
                assert its == shown(site, path), path


def _expected(there: dict[int, Story], zone: ZoneInfo) -> dict[str, list[str]]:
    """Each list and the articles in it, in its order; articles differ in their minutes."""
    by_folder: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for number, (at, words, author, _) in there.items():
        folders = [f"category/{word}" for word in words] + [f"author/{author}", "lang/ar", "archive"]
        for folder in folders:
            by_folder[folder].append((at, number))
    found: dict[str, list[str]] = {"archive/index.html": []}
    for folder, articles in by_folder.items():
        articles.sort(reverse=True)
        first = 0 if folder == "archive" else 3
        if first:
            found[f"{folder}/index.html"] = [f"s{number}" for _, number in articles[:first]]
        late = articles[first][0].astimezone(zone) if len(articles) > first else None
        months: dict[tuple[int, int], list[str]] = defaultdict(list)
        for at, number in articles:
            here = at.astimezone(zone)
            if late and (here.year, here.month) <= (late.year, late.month):
                months[here.year, here.month].append(f"s{number}")
        for (year, month), its in months.items():
            below = f"{folder}/{year}/{month:02}"
            found[f"{below}/index.html"] = its[:5]
            rest, part = its[::-1], 0
            while len(its) - 5 > part * 5:
                found[f"{below}/{part + 1}/index.html"] = rest[part * 5 : part * 5 + 5][::-1]
                part += 1
    return found
