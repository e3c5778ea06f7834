"""Adopting an older site's feeds: what a reader that knew them sees of ours (A15)."""

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from publisher.actions.adopt import Done
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.articles import matching
from publisher.articles.matching import Candidate
from publisher.errors import BadInput
from publisher.feeds.settings import FeedSettings
from publisher.layout import feed_id
from publisher.model.adoption import OldEntry
from publisher.model.article import Article
from tests.conftest import URL, Clock, Write

BUILT = Path(__file__).parent / "built"
PAST = datetime(2020, 1, 1, tzinfo=UTC)
UUID = "19441379-708e-47d6-8f71-8fb322d315c7"
TEXT = "وصلت القافلة إلى المدينة قبل الغروب، واستقبلها الأهالي بالماء والتمر عند الباب."
FILES = {"rss": "rss.xml", "atom": "atom.xml"}

Publishes = Callable[..., Published]
MovedIn = Callable[..., House]
Adopts = Callable[..., Done]


def known(data: bytes | str) -> list[tuple[str, str, object]]:
    """What feedparser, with which many readers read, tells entries by."""
    return [(entry.id, entry.link, entry.published_parsed) for entry in feedparser.parse(data).entries]


def ours(house: House, name: str) -> bytes:
    return (house.out / name).read_bytes()


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>x</title><link>{URL}/</link>{"".join(items)}</channel></rss>'


def item(title: str, link: str = "", guid: str = "", date: str = "", text: str = "") -> str:
    tags = {"title": title, "link": link, "pubDate": date, "description": text}
    return (
        f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in tags.items() if value)}{guid}</item>"
    )


@pytest.fixture
def old(tmp_path: Path) -> Callable[[str], Path]:
    """An old feed as a file."""

    def write(text: str, name: str = "old.xml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "tool, feeds",
    [("hugo", ["rss"]), ("pelican", ["rss"]), ("pelican", ["atom"]), ("pelican", ["rss", "atom"])],
)
def test_readers_of_a_real_tools_feed_see_nothing_again(
    tool: str, feeds: list[str], moved_in: MovedIn, adopts: Adopts, publishes: Publishes
) -> None:  # A15
    house = moved_in(tool)

    done = adopts(house, *(BUILT / f"{tool}.{kind}.xml" for kind in feeds))
    publishes(house)

    assert [()] * len(feeds) == [report.again for report in done.reports]
    for kind in feeds:
        before = known((BUILT / f"{tool}.{kind}.xml").read_bytes())
        assert before == known(ours(house, FILES[kind])) and len(before) > 4
    assert not publishes(house).written


def test_the_id_of_a_feed_alone_is_taken_over_by_a_published_site(
    house: House, write: Write, old: Callable[[str], Path], adopts: Adopts, publishes: Publishes
) -> None:  # A15
    house = replace(house, feeds=FeedSettings())
    write(house, "a.md", "# خبر\n\nنص الخبر.\n")
    publishes(house)
    adopts(
        house,
        old('<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:old,2010:feed</id><title>x</title></feed>'),
    )
    publishes(house)

    for path in ("atom.xml", "archive/1.xml"):
        assert "tag:old,2010:feed" == feedparser.parse(ours(house, path)).feed.id


def test_without_adopting_they_would_see_all_of_it_again(moved_in: MovedIn, publishes: Publishes) -> None:
    """The test above can fail."""
    house = moved_in("hugo")
    publishes(house)

    before = {id_ for id_, *_ in known((BUILT / "hugo.rss.xml").read_bytes())}
    assert not before & {id_ for id_, *_ in known(ours(house, "rss.xml"))}


def test_one_adopted_feed_gives_all_formats_its_ids(
    moved_in: MovedIn, adopts: Adopts, publishes: Publishes
) -> None:  # A15, F3
    house = moved_in("hugo")
    adopts(house, BUILT / "hugo.rss.xml")
    publishes(house)

    ids = [id_ for id_, *_ in known((BUILT / "hugo.rss.xml").read_bytes())]
    assert ids == [id_ for id_, *_ in known(ours(house, "atom.xml"))]
    assert ids == [each["id"] for each in json.loads(ours(house, "feed.json"))["items"]]


def test_feeds_with_other_ids_are_each_kept_in_their_format(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", "---\ntitle: خبر\nslug: one\n---\n\nنص.\n")
    link = f"{URL}/one/"
    guid = '<guid isPermaLink="false">x?p=3421 ﷲ</guid>'
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:old,2010:feed</id><title>x</title><entry>'
        f'<id>tag:old,2010:1</id><title>خبر</title><link href="{link}"/></entry></feed>'
    )
    items = [{"id": 17, "url": link, "content_text": "x"}]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1", "title": "x", "items": items})

    adopts(house, old(rss(item("خبر", link, guid))))
    publishes(house)
    adopts(house, old(atom, "old.atom"), old(feed, "old.json"))
    publishes(house)

    assert b'<guid isPermaLink="false">x?p=3421 \xef\xb7\xb2</guid>' in ours(house, "rss.xml")
    parsed = feedparser.parse(ours(house, "atom.xml"))
    assert ("tag:old,2010:feed", "tag:old,2010:1") == (parsed.feed.id, parsed.entries[0].id)
    assert "17" == json.loads(ours(house, "feed.json"))["items"][0]["id"]


def test_a_guid_that_is_no_uri_stays_out_of_atom(
    house: House,
    write: Write,
    old: Callable[..., Path],
    adopts: Adopts,
    publishes: Publishes,
    on_site: Callable[[House], dict[str, Article]],
) -> None:  # A15, F1
    write(house, "a.md", "---\ntitle: خبر\nslug: one\n---\n\nنص.\n")
    adopts(house, old(rss(item("خبر", f"{URL}/one/", '<guid isPermaLink="false">17 x</guid>'))))
    publishes(house)

    parsed = feedparser.parse(ours(house, "atom.xml"))
    assert on_site(house)["a.md"].id == parsed.entries[0].id
    assert feed_id(house.site.id) == parsed.feed.id


def test_an_entry_without_a_guid_is_known_by_its_link(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", "---\ntitle: خبر\nslug: one\n---\n\nنص.\n")
    link = f"{URL}/2001/%d8%a7.html"  # lower-case escapes: ours would be others
    adopts(house, old(rss(item("خبر", link))))
    publishes(house)

    assert f'<guid isPermaLink="true">{link}</guid>'.encode() in ours(house, "rss.xml")


@pytest.mark.parametrize(
    "entry, by",
    [
        (item("غيره", f"{URL}/2014/11/a-slug/"), "link"),
        (item("غيره", f"{URL}/2014/11/A-slug.html"), "link"),
        (item("غيره", f"{URL}/?p=7", f"<guid>urn:uuid:{UUID}</guid>"), "id"),
        (item("غيره", f"{URL}/file-name/"), "link"),
        (item("غيره", f"{URL}/declared-alias.html"), "link"),
        (item("الخَبَرُ الأوّل", f"{URL}/?p=7"), "title"),
        (item("غيره", f"{URL}/?p=7", text=f"&lt;p&gt;مقدمة. {TEXT}&lt;/p&gt;"), "text"),
        (item("غيره", f"{URL}/?p=7", text="نص آخر"), None),
    ],
)  # fmt: skip
def test_entries_are_matched_by_the_surest_sign(
    entry: str, by: str | None, house: House, write: Write, old: Callable[..., Path], adopts: Adopts
) -> None:  # A15
    head = f"title: الخبر الاول\nslug: a-slug\nid: {UUID}\naliases: /declared-alias.html"
    write(house, "2014-11-02-file-name.md", f"---\n{head}\n---\n\n{TEXT}\n")
    write(house, "b.md", "---\ntitle: مقالة لا شأن لها\n---\n\nنص لا شأن له.\n")

    (match,) = adopts(house, old(rss(entry))).reports[0].matches

    assert by == match.by
    assert (match.article.path if match.article else match.why) == (
        "2014-11-02-file-name.md" if by else "no article has this id, link, title or text"
    )


def test_the_same_title_twice_is_told_apart_by_the_day_or_not_at_all(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts
) -> None:  # A15
    for day in (1, 2, 3):
        write(
            house, f"{day}.md", f"---\ntitle: طقس اليوم\ndate: 2020-05-0{day}T12:00:00Z\n---\n\nنص {day}.\n"
        )
    entries = [
        item("طقس اليوم", f"{URL}/?p=1", date="Sat, 02 May 2020 10:00:00 GMT"),
        item("طقس اليوم", f"{URL}/?p=2"),
    ]

    first, second = adopts(house, old(rss(*entries))).reports[0].matches

    assert first.article and "2.md" == first.article.path
    assert "several articles fit by title: 1.md, 3.md" == second.why


def test_adopting_again_changes_nothing(
    moved_in: MovedIn, adopts: Adopts, publishes: Publishes
) -> None:  # A15
    house = moved_in("pelican")
    sources = [BUILT / "pelican.rss.xml", BUILT / "pelican.atom.xml"]
    adopts(house, *sources)
    publishes(house)
    before = {path: path.read_bytes() for path in house.out.rglob("*") if path.is_file()}

    again = adopts(house, *sources)

    assert {"id"} == {match.by for report in again.reports for match in report.matches}
    assert ([], 0) == (again.moved, again.renamed)
    assert () == publishes(house, verify=True).written
    assert before == {path: path.read_bytes() for path in house.out.rglob("*") if path.is_file()}


def test_what_was_published_already_moves_and_says_so(
    moved_in: MovedIn, adopts: Adopts, publishes: Publishes
) -> None:  # A14, A15
    house = moved_in("hugo")
    publishes(house)
    assert (house.out / "nowruz-garden" / "index.html").is_file()

    done = adopts(house, BUILT / "hugo.rss.xml")
    publishes(house)

    assert 7 == done.renamed
    assert (
        "2021-03-20-nowruz.md",
        f"{house.site.url}/nowruz-garden/",
        f"{house.site.url}/2021/03/nowruz-garden/",
    ) in done.moved
    assert "/2021/03/nowruz-garden/" in (house.out / "nowruz-garden" / "index.html").read_text("utf-8")
    assert known((BUILT / "hugo.rss.xml").read_bytes()) == known(ours(house, "rss.xml"))


def test_what_was_adopted_outlives_corrections(
    moved_in: MovedIn, adopts: Adopts, publishes: Publishes, write: Write, clock: Clock
) -> None:  # A10, A14, A15
    house = moved_in("pelican")
    adopts(house, BUILT / "pelican.atom.xml")
    publishes(house)
    before = known(ours(house, "atom.xml"))
    clock.forward(days=1)
    text = (house.folder / "jisr.md").read_text("utf-8").replace("جسر المشاة", "الجسر")
    write(house, "jisr.md", text)
    publishes(house)

    assert before == known(ours(house, "atom.xml"))
    assert "الجسر يعود" in ours(house, "atom.xml").decode()


def test_the_feeds_date_counts_until_the_file_says_another(
    house: House,
    write: Write,
    old: Callable[..., Path],
    adopts: Adopts,
    publishes: Publishes,
    on_site: Callable[[House], dict[str, Article]],
) -> None:  # A5, A15
    def dated(date: str, text: str) -> None:
        write(house, "a.md", f"---\ntitle: خبر\nslug: one\ndate: {date}\n---\n\n{text}\n")

    dated("2020-05-02", "نص.")
    adopts(house, old(rss(item("خبر", f"{URL}/one/", date="Sat, 02 May 2020 13:14:15 GMT"))))
    publishes(house)
    assert "2020-05-02T13:14:15" == on_site(house)["a.md"].published.isoformat()[:19]
    dated("2020-05-02", "نص آخر.")
    publishes(house)
    assert "2020-05-02T13:14:15" == on_site(house)["a.md"].published.isoformat()[:19]
    dated("2020-05-03T01:00:00Z", "نص آخر.")
    publishes(house)

    assert "2020-05-03T01:00:00" == on_site(house)["a.md"].published.isoformat()[:19]


def test_articles_that_the_old_feed_was_too_short_for_are_counted(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts, publishes: Publishes
) -> None:  # A15
    for day in range(1, 6):
        write(
            house, f"{day}.md", f"---\ntitle: خبر {day}\ndate: 2020-05-0{day}T12:00:00Z\n---\n\nنص {day}.\n"
        )
    feed = old(
        rss(*(item(f"خبر {day}", f"{URL}/{day}", date=f"0{day} May 2020 12:00:00 GMT") for day in (4, 3)))
    )

    done = adopts(house, feed)

    assert ("2.md", "1.md") == done.reports[0].again  # 5.md is new, and meant to be seen
    short = replace(house, feeds=FeedSettings(entries=3))
    assert () == adopts(short, feed).reports[0].again


def test_a_sitemap_brings_addresses_only(
    moved_in: MovedIn, adopts: Adopts, publishes: Publishes, on_site: Callable[[House], dict[str, Article]]
) -> None:  # A15
    house = moved_in("hugo")
    (report,) = adopts(house, BUILT / "hugo.sitemap.xml").reports
    publishes(house)

    by_path = {match.article.path: match.entry.link for match in report.matches if match.article}
    assert {"link"} == {match.by for match in report.matches if match.by}
    assert 6 == len(by_path)  # the seventh has another slug here, and a sitemap has no titles
    assert all(house.layout.article(on_site(house)[path].slug) == link for path, link in by_path.items())
    assert not any(article.adopted and article.adopted.rss for article in on_site(house).values())


def test_the_list_pages_of_a_sitemap_are_no_articles(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts
) -> None:  # A15
    write(house, "a.md", "---\ntitle: خبر\nslug: linux\n---\n\nنص.\n")
    places = "".join(f"<url><loc>{URL}{path}</loc></url>" for path in ("/tags/linux/", "/", "/posts/linux/"))
    site = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<sitemap><loc>{URL}/sitemap-1.xml</loc></sitemap></sitemapindex>"
    )
    old(site, "sitemap-1.xml")

    (report,) = adopts(house, old(index, "sitemap.xml")).reports

    assert [None, None, "link"] == [match.by for match in report.matches]


def test_what_is_no_feed_takes_nothing_over(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts
) -> None:  # A15
    write(house, "a.md", "---\ntitle: خبر\n---\n\nنص.\n")
    good = old(rss(item("خبر", f"{URL}/x/")))
    with pytest.raises(BadInput, match="neither a feed nor a sitemap"):
        adopts(house, good, old("<html/>", "page.html"))

    (match,) = adopts(house, good).reports[0].matches
    assert "title" == match.by


def test_the_old_addresses_of_the_feeds_are_named(moved_in: MovedIn, adopts: Adopts) -> None:  # A15
    house = moved_in("pelican")
    done = adopts(house, BUILT / "pelican.rss.xml", BUILT / "pelican.atom.xml")
    assert ["/feeds/all.rss.xml", "/feeds/all.atom.xml"] == [report.alias for report in done.reports]

    aliases = tuple(report.alias for report in done.reports)
    served = replace(house, feeds=FeedSettings(aliases=aliases))
    assert ["", ""] == [
        report.alias for report in adopts(served, *(BUILT / f"pelican.{k}.xml" for k in FILES)).reports
    ]


def test_an_article_keeps_its_address_before_an_older_namesake_that_the_feed_was_too_short_for(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts, publishes: Publishes
) -> None:  # A14, A15
    for day in (1, 2, 3):
        write(house, f"{day}.md", f"---\ntitle: خبر\ndate: 2020-05-0{day}T12:00:00Z\n---\n\nنص {day}.\n")
    feed = old(rss(item("خبر", f"{URL}/خبر-2/", date="Sun, 03 May 2020 12:00:00 GMT")))
    adopts(house, feed)
    publishes(house)

    newest = feedparser.parse(ours(house, "rss.xml")).entries[0]
    assert house.layout.article("خبر-2") == newest.link
    assert "نص 3." in ours(house, "خبر-2/index.html").decode()


def test_an_address_of_a_feed_adopted_before_leads_to_the_one_of_the_next(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", "---\ntitle: خبر\n---\n\nنص.\n")
    adopts(house, old(rss(item("خبر", f"{URL}/first/"))))
    adopts(house, old(rss(item("خبر", f"{URL}/second/"))))
    publishes(house)

    assert "نص." in ours(house, "second/index.html").decode()
    assert "url=/second/" in ours(house, "first/index.html").decode()


def test_an_address_that_another_article_has_is_told(
    house: House, write: Write, old: Callable[..., Path], adopts: Adopts, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", "---\ntitle: خبر\nslug: one\n---\n\nنص.\n")
    publishes(house)
    write(house, "b.md", f"---\ntitle: غيره\nid: {UUID}\n---\n\nنص آخر.\n")

    done = adopts(house, old(rss(item("غيره", f"{URL}/one/", f"<guid>{UUID}</guid>"))))
    publishes(house)

    assert [f"b.md: {URL}/one/ is another article's address; this one stands at {URL}/one-2/"] == done.notes
    assert "نص آخر." in ours(house, "one-2/index.html").decode()


@pytest.mark.parametrize(
    "links, kept",
    [
        ([f"{URL}/index.php?p=1", f"{URL}/index.php?p=2"], ["", ""]),
        ([f"{URL}/show.aspx?id=1"], [""]),
        ([f"{URL}/x?p=1", f"{URL}/x?p=2"], ["", ""]),
        ([f"{URL}/x/?utm_source=rss&utm_medium=a", f"{URL}/y/?from=rss#more"], ["x", "y"]),
        ([f"{URL}/2014/x.php"], ["2014/x.php"]),
        (["/x/", "y/"], ["x", "y"]),
        (["http://www.news.example.org:80/x"], ["x"]),
        ([f"{URL}/x/", "https://elsewhere.example/y/"], ["x", ""]),
        (["http://old.example/x/", "http://old.example/y/", "http://elsewhere.example/z"], ["x", "y", ""]),
        (["http://feedproxy.google.com/~r/Old/~3/abc/", "http://feedproxy.google.com/~r/Old/~3/d/"], ["", ""]),
        (["http://[bad/x", "mailto:me", "tag:x,2010:y", "javascript:alert(1)"], ["", "", "", ""]),
    ],
)  # fmt: skip
def test_addresses_are_taken_over_that_files_can_have(links: list[str], kept: list[str]) -> None:  # A15
    entries = [OldEntry(str(number), link) for number, link in enumerate(links)]
    found = matching.places(entries, URL, "")
    assert kept == [found.get(link, "") for link in links]


def test_a_site_that_moved_to_another_host_and_folder_keeps_its_paths() -> None:  # A15
    links = ["https://old.example/blog/x/", "https://elsewhere.example/y/"]
    entries = [OldEntry(link, link) for link in links]
    found = matching.places(entries, "https://new.example/blog", "https://old.example/blog")
    assert {links[0]: "x"} == found


def test_articles_that_match_nothing_cost_no_memory() -> None:  # A15
    entries = [OldEntry(str(n), "", f"عنوان {n}", f"كلمات النص رقم {n} " * 250) for n in range(300)]
    one = Candidate("id", "a.md", "a", (), "غيره", "نص لا يشبهها " * 9, PAST, PAST, None, None)
    tracemalloc.start()
    matching.match("rss", entries, [one], URL)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000
