"""The archive of newsletters: pages of editions as they were mailed, lists that stay, a feed with an entry for each."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from lxml import etree
from sqlalchemy import Connection, select, update

from publisher.actions import newsletters, pings, plan, readers, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.errors import BadConfig, Unwritable
from publisher.feeds.settings import FeedSettings
from publisher.model.delivery import State
from publisher.model.digest import UNSUBSCRIBE_SLOT, Content, Release
from publisher.pages.edition import edition_page
from publisher.pages.settings import PageSettings
from publisher.store import editions, feed_versions, planning
from publisher.store import issues as rows
from publisher.store.tables import deliveries
from publisher.store.tables import editions as editions_table
from publisher.templating import Templates

if TYPE_CHECKING:
    from tests.conftest import Clock, MakeHouse, Write

    Publishes = Callable[..., Published]

URL = "https://news.example.org"
NAMES = ("rss.xml", "atom.xml", "feed.json", "feed.html")


def dated(number: int, **fields: str) -> str:
    head = {"title": f"خبر {number}", "date": f"2026-01-{number:02}", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", "نص المقالة."])


def tick(house: House, now: datetime) -> None:
    """What comes due is planned."""
    for number in slots.due_editions(house, tuple(house.newsletters.values()), now)[0]:
        plan.plan(house, number, now)


@pytest.fixture
def paper(house: House, write: Write, publishes: Publishes, clock: Clock) -> House:
    """A site whose archive is article 1, with a reader, at half past seven in Baghdad; the newsletter goes out at
    seven."""
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    write(house, "1.md", dated(1))
    publishes(house)
    readers.add(house, "reader@example.org", None, clock(), confirmed=True)
    return house


@pytest.fixture
def mails(write: Write, publishes: Publishes, clock: Clock) -> Callable[..., str]:
    """Publishes an article and plans the edition of the next morning; gives its page's path."""

    def run(house: House, number: int, **fields: str) -> str:
        write(house, f"{number}.md", dated(number, **fields))
        publishes(house)
        clock.forward(days=1)
        tick(house, clock())
        return f"newsletter/daily/{clock().date()}/index.html"

    return run


def text(house: House, path: str) -> str:
    return (house.out / path).read_text("utf-8")


def output(house: House) -> dict[str, bytes]:
    found = (each for each in (house.out / "newsletter").rglob("*") if each.is_file())
    return {str(each.relative_to(house.out)): each.read_bytes() for each in found}


def pages(house: House) -> list[str]:
    """The editions with a page, in the order of their dates."""
    return sorted(
        path.parent.name for path in (house.out / "newsletter/daily").glob("????-??-??*/index.html")
    )


def queued(house: House) -> int:
    return house.store.read(lambda c: len(c.execute(select(deliveries)).all()))


def sent(house: House, variant: int) -> Content:
    return house.store.read(lambda c: editions.variant(c, variant)).content


def release(house: House, name: str, to: Release) -> None:
    mine = editions_table.c.name == name
    house.store.write(lambda c: c.execute(update(editions_table).where(mine).values(release=to)))


# What was mailed


def test_the_page_of_an_edition_holds_what_was_mailed_whatever_was_edited_since(
    paper: House, mails: Callable[..., str], write: Write, publishes: Publishes
) -> None:  # M5, F16
    path = mails(paper, 2, title="خبر كما أُرسل")
    mailed = text(paper, path)
    write(paper, "2.md", dated(2, title="خبر مصحَّح"))
    publishes(paper)
    (paper.folder / "2.md").unlink()
    publishes(paper)
    shutil.rmtree(paper.out)
    publishes(paper, verify=True)

    assert "خبر كما أُرسل" in mailed
    assert "نص المقالة." in mailed
    assert "الأعداد" in mailed  # its foot: the way to the others
    assert mailed == text(paper, path)


def test_nothing_that_is_for_one_reader_is_on_it(paper: House, mails: Callable[..., str]) -> None:  # H4, F16
    """The letter has links that only its reader may have; the page is not made of the letter."""
    page = text(paper, mails(paper, 2))
    variant = sent(paper, 1)

    assert UNSUBSCRIBE_SLOT in variant.html
    assert "إلغاء الاشتراك" in variant.html
    assert not any(word in page for word in ("\ufdd0", "إلغاء الاشتراك", "/u/", "/preferences/"))
    assert "<script" not in page
    assert [] == re.findall(r'(?:src|href)="(?!/|#main"|https://news\.example\.org/)', page)


def test_what_the_editor_said_and_what_did_not_fit_is_on_it(
    paper: House, mails: Callable[..., str], write: Write
) -> None:  # D6
    (daily,) = paper.newsletters.values()
    (paper.root / "note.txt").write_text("صباح الخير.\n\nA word in English.", "utf-8")
    short = replace(daily, max_items=1, opening="note.txt", group=True)
    site = replace(paper, newsletters={"daily": short})
    write(site, "2.md", dated(2, category="سياسة"))
    page = text(site, mails(site, 3, category="سياسة"))

    assert '<p lang="ar" dir="rtl">صباح الخير.</p>' in page
    assert '<p lang="en" dir="ltr">A word in English.</p>' in page
    assert '<h2 lang="ar" dir="rtl">سياسة</h2>' in page
    assert "<h3><a" in page
    assert "مقال واحد آخر على الموقع" in page or "مقال آخر" in page


# When it is there


def test_the_page_is_there_before_anybody_can_have_its_address(
    paper: House, mails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:  # F16
    seen: list[list[str]] = []
    add = planning.add_deliveries

    def note(*args: Any, **kwargs: Any) -> None:
        seen.append(pages(paper))
        add(*args, **kwargs)

    monkeypatch.setattr(planning, "add_deliveries", note)
    mails(paper, 2)

    assert [["2026-11-21"]] == seen
    assert f"{URL}/newsletter/daily/2026-11-21/" in sent(paper, 1).html


def test_no_letter_is_planned_while_its_page_cannot_be_written(
    paper: House, mails: Callable[..., str], clock: Clock
) -> None:  # F16
    folder = paper.out / "newsletter"
    folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    with pytest.raises(Unwritable):
        mails(paper, 2)
    before = queued(paper)
    folder.unlink()
    folder.with_name("aside").rename(folder)
    tick(paper, clock())

    assert [0, 1] == [before, queued(paper)]
    assert ["2026-11-21"] == pages(paper)


def test_a_broken_template_of_the_page_keeps_its_newsletter_and_says_so(
    paper: House, mails: Callable[..., str], clock: Clock
) -> None:
    (paper.root / "templates/web").mkdir(parents=True)
    (paper.root / "templates/web/edition.html.j2").write_text("{{ nothing }}")
    broken = replace(paper, templates=Templates([paper.root / "templates"]))

    with pytest.raises(BadConfig):
        mails(broken, 2)

    assert 0 == queued(paper)
    tick(paper, clock())
    assert (1, ["2026-11-21"]) == (queued(paper), pages(paper))


def test_a_run_that_is_cut_off_behind_the_page_is_made_good(
    paper: House,
    mails: Callable[..., str],
    publishes: Publishes,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # X3, F2
    def cut(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(rows, "made", cut)
        with pytest.raises(RuntimeError):
            mails(paper, 2)
    there = text(paper, "newsletter/daily/2026-11-21/index.html")
    assert 0 == queued(paper)
    tick(paper, clock())
    publishes(paper)

    assert (1, ["2026-11-21"]) == (queued(paper), pages(paper))
    assert there == text(paper, "newsletter/daily/2026-11-21/index.html")


@pytest.mark.parametrize("state", [Release.PROPOSED, Release.HELD, Release.CANCELLED])
def test_an_edition_that_may_not_leave_has_no_page(
    paper: House,
    mails: Callable[..., str],
    publishes: Publishes,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    state: Release,
) -> None:  # D8, F16
    start = editions.start
    monkeypatch.setattr(
        editions, "start", lambda *args, **kwargs: start(*args, **kwargs | {"release": state})
    )
    mails(paper, 2)
    (number,) = (edition.id for edition, _ in paper.store.read(editions.listing))
    plan.plan(paper, number, clock())
    publishes(paper)

    assert [] == pages(paper)
    release(paper, "2026-11-21", Release.RELEASED)
    publishes(paper)
    assert ["2026-11-21"] == pages(paper)


def test_a_page_goes_when_its_edition_is_cancelled_before_a_letter_left(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # D8, F16
    for number in (2, 3):
        mails(paper, number)
    publishes(paper)
    release(paper, "2026-11-22", Release.CANCELLED)
    publishes(paper)

    assert ["2026-11-21"] == pages(paper)
    assert "2026-11-22" not in text(paper, "newsletter/daily/index.html")
    assert "2026-11-22" not in text(paper, "newsletter/daily/2026-11-21/index.html")
    assert "2026-11-22" not in text(paper, "newsletter/daily/atom.xml")


@pytest.mark.parametrize("to", [Release.CANCELLED, Release.HELD])
def test_a_page_stays_once_a_letter_has_left(
    paper: House, mails: Callable[..., str], publishes: Publishes, to: Release
) -> None:  # D8, F16
    path = mails(paper, 2)
    paper.store.write(lambda c: c.execute(update(deliveries).values(state=State.SENT)))
    release(paper, "2026-11-21", to)
    publishes(paper)
    before = text(paper, path)
    shutil.rmtree(paper.out)
    publishes(paper, verify=True)

    assert before == text(paper, path)
    assert path.removesuffix("index.html") in text(paper, "newsletter/daily/index.html")


def test_it_stays_when_the_newsletter_leaves_the_configuration(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F16
    path = mails(paper, 2)
    publishes(paper)
    feed = (paper.out / "newsletter/daily/atom.xml").read_bytes()
    without = replace(paper, newsletters={})
    publishes(without)
    page = text(without, "newsletter/daily/index.html")

    assert (without.out / path).is_file()
    assert "نشرة الصباح" in page
    assert "توقفت هذه النشرة" in page
    assert feed == (without.out / "newsletter/daily/atom.xml").read_bytes()


def test_a_newsletter_that_never_came_leaves_with_its_configuration(
    paper: House, publishes: Publishes
) -> None:
    assert (paper.out / "newsletter/daily/index.html").is_file()
    publishes(replace(paper, newsletters={}))

    assert {} == output(paper)


# What is written


def test_the_same_store_makes_the_same_files_and_a_second_run_none(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F2
    for number in (2, 3, 4):
        mails(paper, number)
        publishes(paper)
    before = output(paper)
    again = publishes(paper)
    shutil.rmtree(paper.out)
    publishes(paper, verify=True)

    assert () == again.written
    assert before == output(paper)


@pytest.mark.parametrize("lost", ["newsletter/daily/2026-11-22/index.html", "newsletter/daily/rss.xml"])
def test_what_somebody_deleted_is_written_again(
    paper: House, mails: Callable[..., str], publishes: Publishes, lost: str
) -> None:
    for number in (2, 3, 4):
        mails(paper, number)
    publishes(paper)
    before = output(paper)
    (paper.out / lost).unlink()

    assert (lost,) == publishes(paper, verify=True).written
    assert before == output(paper)


def test_pages_are_made_again_a_slice_at_a_time(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:
    for number in range(2, 7):
        mails(paper, number)
    publishes(paper)
    before = output(paper)
    shutil.rmtree(paper.out)
    runs = [publishes(paper, verify=True, limit=2)]
    while runs[-1].more:
        runs.append(publishes(paper, limit=2))

    assert len(runs) > 3
    assert before == output(paper)


def test_an_edition_leads_to_those_beside_it_and_changes_no_others(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:
    for number in (2, 3, 4):
        mails(paper, number)
    publishes(paper)
    mails(paper, 5)
    written = publishes(paper).written
    middle = text(paper, "newsletter/daily/2026-11-22/index.html")

    assert [f"{URL}/newsletter/daily/2026-11-{day}/" for day in (21, 23)] == re.findall(
        r'<link rel="(?:prev|next)" href="([^"]+)">', middle
    )
    assert "newsletter/daily/2026-11-23/index.html" in written
    assert "newsletter/daily/2026-11-22/index.html" not in written
    assert "newsletter/daily/2026-11-24/index.html" not in written  # it was there before its letters


def test_an_edition_that_is_planned_while_pages_are_made_is_not_missed_by_the_one_before(
    paper: House, mails: Callable[..., str], publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails(paper, 2)
    publishes(paper)
    paper.store.write(lambda c: rows.outdate(c, [1]))
    page, planned = edition_page, list[int]()

    def meanwhile(*args: Any, **kwargs: Any) -> bytes:
        made = page(*args, **kwargs)
        if not planned:
            planned.append(1)
            mails(paper, 3)
        return made

    monkeypatch.setattr("publisher.actions.issues.edition_page", meanwhile)
    publishes(paper)
    publishes(paper)

    assert "newsletter/daily/2026-11-22/" in text(paper, "newsletter/daily/2026-11-21/index.html")


# The newsletter's page


def test_the_page_of_a_newsletter_says_when_it_comes_and_names_its_feeds(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F16, F25
    empty = text(paper, "newsletter/daily/index.html")
    mails(paper, 2)
    mails(paper, 3)
    publishes(paper)
    page = text(paper, "newsletter/daily/index.html")

    assert "كل يوم، الساعة 7:00 صباحًا بتوقيت بغداد" in page
    assert "لم يصدر أي عدد بعد." in empty
    assert ["2026-11-22", "2026-11-21"] == re.findall(r'<a href="/newsletter/daily/([\d-]+)/">', page)
    for name in NAMES[:3]:
        assert re.search(
            rf'<link rel="alternate" [^>]*href="{URL}/newsletter/daily/{name}" hreflang="ar">', page
        )
    assert f'<link rel="canonical" href="{URL}/newsletter/daily/">' in page


@pytest.mark.parametrize(
    ("schedule", "frequencies", "said"),
    [
        ("weekly sat 18:30", (), "كل أسبوع، يوم السبت، الساعة 6:30 مساءً بتوقيت بغداد"),
        ("monthly 3 07:00", (), "كل شهر، في اليوم 3 منه، الساعة 7:00 صباحًا بتوقيت بغداد"),
        ("monthly 31 12:00", (), "في آخر يوم من كل شهر، الساعة 12:00 ظهرًا بتوقيت بغداد"),
        ("cron 0 7 * * 1-5", (), "في مواعيد خاصة بها"),
        ("instant", (), "فور نشر كل مقال"),
        ("daily 07:00", ("daily", "weekly"), "بتوقيت بغداد. ولك أن تختار"),
    ],
)
def test_how_often_it_comes_is_said_in_words(
    paper: House, publishes: Publishes, schedule: str, frequencies: Any, said: str
) -> None:  # D4, R8
    (daily,) = paper.newsletters.values()
    other = replace(daily, schedule=schedule, frequencies=frequencies)
    publishes(replace(paper, newsletters={"daily": other}))

    assert said in unescape(text(paper, "newsletter/daily/index.html"))


def test_lists_of_older_editions_stay_as_they_are(
    paper: House, mails: Callable[..., str], publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newsletters, "SHARE", 2)
    for number in range(2, 8):
        mails(paper, number)
        publishes(paper)
    before = output(paper)
    mails(paper, 8)
    written = {path for path in publishes(paper).written if re.search(r"daily/\d+/", path)}
    names = {
        path: re.findall(r'<a href="/newsletter/daily/2026-11-(\d\d)/">', text(paper, path))
        for path in (f"newsletter/daily/{part}index.html" for part in ("", "3/", "2/", "1/"))
    }

    assert [["27", "26"], ["26", "25"], ["24", "23"], ["22", "21"]] == list(names.values())
    assert {"newsletter/daily/3/index.html", "newsletter/daily/2/index.html"} == written  # 2 leads to 3 now
    assert (
        before["newsletter/daily/1/index.html"] == (paper.out / "newsletter/daily/1/index.html").read_bytes()
    )
    assert 'href="/newsletter/daily/3/" rel="next"' in text(paper, "newsletter/daily/index.html")
    shutil.rmtree(paper.out)
    publishes(paper, verify=True)
    assert names == {path: re.findall(r'daily/2026-11-(\d\d)/">', text(paper, path)) for path in names}


# The feed


def parsed(house: House) -> tuple[Any, Any, list[dict[str, Any]]]:
    folder = house.out / "newsletter/daily"
    rss, atom = (feedparser.parse((folder / name).read_bytes()) for name in NAMES[:2])
    return rss, atom, json.loads((folder / "feed.json").read_text("utf-8"))["items"]


def test_the_feed_of_a_newsletter_has_an_entry_for_each_edition_and_nothing_else(
    paper: House, mails: Callable[..., str], publishes: Publishes, write: Write
) -> None:  # F16, F3, F10
    mails(paper, 2)
    write(paper, "extra.md", dated(9, title="<b>C++</b> & ]]>"))
    mails(paper, 3)
    publishes(paper)
    rss, atom, items = parsed(paper)
    variants = [sent(paper, number).subject for number in (2, 1)]

    assert variants == [entry.title for entry in rss.entries]
    assert (
        [entry.id for entry in rss.entries]
        == [entry.id for entry in atom.entries]
        == [i["id"] for i in items]
    )
    assert [f"{URL}/newsletter/daily/2026-11-{day}/" for day in (22, 21)] == [i["url"] for i in items]
    assert ["2026-11-22T04:00:00+00:00", "2026-11-21T04:00:00+00:00"] == [i["date_published"] for i in items]
    assert [i["url"] for i in items] == [entry.link for entry in atom.entries]
    assert f"{URL}/newsletter/daily/" == rss.feed.link
    assert items[0]["content_html"].startswith('<div dir="rtl" lang="ar"><h2>')
    assert f'<a href="{URL}/' in items[0]["content_html"]
    assert "&lt;b&gt;" in items[0]["content_html"]
    assert all(each["id"].startswith("urn:uuid:") for each in items)


def test_the_feed_reads_right_to_left_where_an_edition_begins_with_latin(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F6, F8, F9
    (daily,) = paper.newsletters.values()
    site = replace(paper, newsletters={"daily": replace(daily, subject="{{ headline }}")})
    mails(site, 2, title="C++ في المدرسة")
    publishes(site)
    _, atom, items = parsed(site)

    assert "\u200fC++ في المدرسة" == items[0]["title"] == atom.entries[0].title
    assert re.search(r'<h2>\u200f<a [^>]*><bdi dir="ltr">C\+\+</bdi> في', items[0]["content_html"])


def test_judges_accept_the_feed(paper: House, mails: Callable[..., str], publishes: Publishes) -> None:  # F1
    mails(paper, 2)
    publishes(paper)
    data = Path(__file__).parents[1] / "feeds/data"
    grammar = etree.RelaxNG(etree.parse(data / "atom.rng"))
    root = etree.parse(paper.out / "newsletter/daily/atom.xml")

    assert grammar.validate(root), grammar.error_log
    for parsed_feed in parsed(paper)[:2]:
        assert not parsed_feed.bozo


def test_the_feed_holds_as_many_editions_as_any_feed_holds_entries(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F3
    few = replace(paper, feeds=replace(paper.feeds, entries=2))
    for number in (2, 3, 4):
        mails(few, number)
    publishes(few)

    assert [2, 2, 2] == [len(each.entries) for each in parsed(few)[:2]] + [len(parsed(few)[2])]


def test_the_list_of_feeds_names_the_newsletters(
    make_house: MakeHouse, tmp_path: Path, publishes: Publishes, write: Write
) -> None:  # F16
    house = make_house(tmp_path, feeds=FeedSettings())
    write(house, "1.md", dated(1))
    publishes(house)
    opml = etree.parse(house.out / "opml.xml")
    (group,) = opml.xpath('//outline[@text="النشرات البريدية"]')

    assert [(f"{URL}/newsletter/daily/rss.xml", f"{URL}/newsletter/daily/")] == [
        (each.get("xmlUrl"), each.get("htmlUrl")) for each in group
    ]


def test_a_person_who_opens_the_feed_sees_a_page(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F21
    mails(paper, 2)
    publishes(paper)

    assert 'href="/newsletter/daily/2026-11-21/"' in text(paper, "newsletter/daily/feed.html")


def test_hubs_hear_of_an_edition_and_its_feed_is_known_by_its_versions(
    paper: House, mails: Callable[..., str], publishes: Publishes
) -> None:  # F23, F24
    hub = "https://hub.example.org/"
    told = replace(paper, feeds=replace(paper.feeds, hub=(hub,)))
    publishes(told)
    before = {each.path: each.wanted for each in pings.untold(told)}
    mails(told, 2)
    publishes(told)
    after = {each.path: each.wanted for each in pings.untold(told)}
    path = "newsletter/daily/atom.xml"

    assert before[path] != after[path]
    assert len(told.store.read(lambda c: feed_versions.of(c, path))) > 1


def test_an_instant_newsletter_has_a_page_and_no_feed(paper: House, publishes: Publishes) -> None:  # F16
    (daily,) = paper.newsletters.values()
    instant = replace(paper, newsletters={"daily": replace(daily, schedule="instant")})
    publishes(instant)

    assert {"newsletter/daily/index.html"} == set(output(instant))
    assert "لم يصدر أي عدد بعد." not in text(instant, "newsletter/daily/index.html")


# Without pages


def test_without_pages_there_is_a_feed_whose_entries_lead_to_the_site(
    paper: House, mails: Callable[..., str], publishes: Publishes, clock: Clock
) -> None:  # F16
    bare = replace(paper, pages=PageSettings(enabled=False), layout=replace(paper.layout, pages=False))
    publishes(bare)
    for number in (2, 3):
        mails(bare, number)
    publishes(bare)
    _, _, items = parsed(bare)
    letter = sent(bare, 1)

    assert {f"newsletter/daily/{name}" for name in NAMES} == {
        path for path in output(bare) if not path.endswith((".gz", ".br"))
    }
    assert [f"{URL}/#daily-2026-11-22", f"{URL}/#daily-2026-11-21"] == [item["url"] for item in items]
    assert "/newsletter/" not in letter.html + letter.text
    publishes(paper)
    assert ["2026-11-21", "2026-11-22"] == pages(paper)
    publishes(bare)
    assert [] == pages(bare)


# The store


@pytest.mark.sqlite
def test_public_editions_are_found_by_their_index(paper: House) -> None:
    """Whatever is published asks for them: it costs what there is to be done, however many editions there were."""

    def plans(connection: Connection) -> list[str]:
        queries = {
            "SELECT id FROM editions WHERE editions.shown IS NOT NULL AND release = 'released' AND page < 'x'",
            "SELECT newsletter, count(*) FROM editions WHERE editions.page > '' GROUP BY newsletter",
        }
        return [
            row.detail
            for sql in sorted(queries)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
        ]

    found = paper.store.read(plans)

    assert ["ix_editions_shown", "ix_editions_public"] == [
        word for detail in found for word in detail.split() if word.startswith("ix_")
    ]


def test_the_home_page_leads_to_the_newsletters(paper: House, publishes: Publishes) -> None:
    publishes(paper)

    assert '<li><a href="/newsletter/daily/">نشرة الصباح</a></li>' in text(paper, "index.html")
