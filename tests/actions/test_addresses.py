"""Where articles stand and what leads to them: slugs that change, declared addresses, aliases, patterns, short ones."""

import re
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import Mock

import feedparser
import lxml.html
import pytest
from PIL import Image

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.feeds.settings import FeedSettings
from publisher.model.article import Article
from publisher.pages.settings import PageSettings
from tests.conftest import URL, Write

Publishes = Callable[..., Published]
OnSite = Callable[[House], dict[str, Article]]


def story(title: str = "خبر", text: str = "نص الخبر.", **fields: str) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in {"title": title, **fields}.items())
    return f"---\n{head}\n---\n\n{text}\n"


def read(house: House, path: str) -> str:
    return (house.out / path).read_text("utf-8")


def leads_to(house: House, path: str) -> str:
    """Where a page sends its reader."""
    page = lxml.html.fromstring(read(house, path))
    (refresh,) = page.xpath("//meta[@http-equiv='refresh']/@content")
    (canonical,) = page.xpath("//link[@rel='canonical']/@href")
    assert ["noindex"] == page.xpath("//meta[@name='robots']/@content")
    assert canonical == URL + refresh.removeprefix("0; url=")
    assert refresh.isascii()
    return str(refresh.removeprefix("0; url="))


def stands(house: House, path: str) -> bool:
    return (house.out / path).is_file()


def test_a_changed_slug_moves_the_article_and_every_former_address_leads_there(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    for slug in ("one", "two", "three"):
        write(house, "a.md", story(slug=slug))
        publishes(house)

    assert "three" == on_site(house)["a.md"].slug
    assert {"/three/"} == {leads_to(house, f"{former}/index.html") for former in ("one", "two")}
    assert f"{URL}/three/" in read(house, "rss.xml")
    page = lxml.html.fromstring(read(house, "one/index.html"))
    assert ("ar", "rtl") == (page.get("lang"), page.get("dir"))
    assert "خبر" == page.xpath("//p/a")[0].text


def test_an_article_may_go_back_to_a_former_address(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    for slug in ("one", "two", "one"):
        write(house, "a.md", story(slug=slug))
        publishes(house)

    assert "one" == on_site(house)["a.md"].slug
    assert "/one/" == leads_to(house, "two/index.html")
    assert "نص الخبر." in read(house, "one/index.html")


def test_an_address_stays_when_the_title_changes_or_the_slug_is_taken_out(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    write(house, "a.md", story(slug="fixed"))
    publishes(house)
    write(house, "a.md", story("عنوان آخر"))
    publishes(house)

    assert "fixed" == on_site(house)["a.md"].slug


def test_nobody_gets_a_former_address(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14
    write(house, "a.md", story(slug="one"))
    publishes(house)
    write(house, "a.md", story(slug="two"))
    write(house, "b.md", story("آخر", slug="one"))
    write(house, "c.md", story("ثالث", url="/two/"))
    publishes(house)

    assert ["two", "one-2", "two-2"] == [on_site(house)[f"{name}.md"].slug for name in "abc"]
    assert "/two/" == leads_to(house, "one/index.html")


def test_the_redirects_of_a_removed_article_leave_with_it_and_come_back(
    house: House, write: Write, publishes: Publishes
) -> None:  # A14
    for slug in ("one", "two"):
        path = write(house, "a.md", story(slug=slug, aliases="/old/"))
        publishes(house)
    path.unlink()
    publishes(house)
    assert [
        "404.html",
        "atom.xml",
        "feed.css",
        "feed.html",
        "feed.json",
        "index.html",
        *(
            f"newsletter/daily/{name}"
            for name in ("atom.xml", "feed.html", "feed.json", "index.html", "rss.xml")
        ),
        "opml.xml",
        "robots.txt",
        "rss.xml",
        "style.css",
    ] == sorted(
        str(each.relative_to(house.out))
        for each in house.out.rglob("*")
        if each.is_file() and each.suffix not in {".gz", ".br"} and not each.name.startswith("sitemap")
    )
    write(house, "a.md", story(slug="two", aliases="/old/"))
    publishes(house)

    assert {"/two/"} == {leads_to(house, path) for path in ("one/index.html", "old/index.html")}


@pytest.mark.parametrize(
    "declared, slug, file",
    [
        ("url: /2016/11/09/עליית-האפל/", "2016/11/09/עליית-האפל", "2016/11/09/עליית-האפל/index.html"),
        ("url: /notes/%D8%AE%D8%A8%D8%B1.html", "notes/خبر.html", "notes/خبر.html"),
        ("permalink: about", "about", "about/index.html"),
        (f"url: {URL}/2014/x/", "2014/x", "2014/x/index.html"),
        ("save_as: 2014/x/index.html", "2014/x", "2014/x/index.html"),
        ("path: a-path/b", "a-path/b", "a-path/b/index.html"),
        (
            "permalink: /:year/:month/:title/\ndate: 2014-11-02 23:30:00",
            "2014/11/خبر",
            "2014/11/خبر/index.html",
        ),
        ("url: /old.php", "old.php", "old.php/index.html"),
        ("url: /my-index.html", "my-index.html", "my-index.html"),
    ],
)
def test_a_declared_address_is_where_the_article_stands(
    declared: str, slug: str, file: str, house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A15
    write(house, "a.md", f"---\ntitle: خبر\n{declared}\n---\n\nنص.\n")
    publishes(house)

    assert slug == on_site(house)["a.md"].slug
    assert stands(house, file)
    (entry,) = feedparser.parse(read(house, "atom.xml")).entries
    assert entry.link == house.layout.article(slug) and entry.link.isascii()


@pytest.mark.parametrize(
    "declared, why",
    [
        ("/../../etc/x/", "starts with a dot"),
        ("/%2e%2e/x/", "starts with a dot"),
        ("/.well-known/x", "starts with a dot"),
        ("/admin/x", "Nashir's own"),
        ("/a/x", "Nashir's own"),
        ("https://other.example.net/x/", "another site"),
        ("/", "home page"),
        ("/?p=12", "home page"),
        ("/feed.xml", "neither"),
        ("/x.html/y", "neither"),
        ("/%FF/", "UTF-8"),
        (f"/{'x' * 300}/", "240 bytes"),
    ],
)
def test_an_address_that_cannot_be_is_named_and_passed_over(
    declared: str, why: str, house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A15
    from publisher.store import articles

    write(house, "a.md", story(url=f'"{declared}"'))
    publishes(house)

    assert "خبر" == on_site(house)["a.md"].slug
    (listed,) = house.store.read(articles.listing)
    assert any(why in warning for warning in listed.warnings), listed.warnings


def test_two_that_declare_one_address_both_get_one(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A15
    write(house, "a.md", story(url="/x/y.html", date="2020-01-01"))
    write(house, "b.md", story("آخر", url="/x/y.html", date="2020-01-02"))
    publishes(house)

    assert ["x/y.html", "x/y-2.html"] == [on_site(house)[f"{name}.md"].slug for name in "ab"]
    assert stands(house, "x/y.html") and stands(house, "x/y-2.html")


def test_a_changed_address_leaves_a_redirect_as_a_file(
    house: House, write: Write, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", story(url="/2014/x.html"))
    publishes(house)
    write(house, "a.md", story(url="/2014/y/"))
    publishes(house)

    assert "/2014/y/" == leads_to(house, "2014/x.html")


def test_aliases_lead_to_the_article_as_long_as_its_file_names_them(
    house: House, write: Write, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", story(aliases=f"[/old/, old.html, '{URL}/older/x/']"))
    publishes(house)
    assert {"/%D8%AE%D8%A8%D8%B1/"} == {
        leads_to(house, path) for path in ("old/index.html", "old.html", "older/x/index.html")
    }
    write(house, "a.md", story(redirect_from="/old/"))
    done = publishes(house)

    assert stands(house, "old/index.html")
    assert not stands(house, "old.html") and not (house.out / "older").exists()
    assert {"old.html", "older/x/index.html"} <= set(done.written)
    assert () == publishes(house, verify=True).written


def test_an_articles_own_address_goes_before_anothers_alias(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A15
    write(house, "a.md", story(aliases="/taken/", date="2020-01-01"))
    write(house, "b.md", story("آخر", "نص الآخر.", slug="taken", date="2020-01-02"))
    publishes(house)

    assert "taken" == on_site(house)["b.md"].slug
    assert "نص الآخر." in read(house, "taken/index.html")


def test_redirects_that_somebody_deleted_are_written_again(
    house: House, write: Write, publishes: Publishes
) -> None:  # A14
    write(house, "a.md", story(aliases="/old/"))
    publishes(house)
    (short,) = (house.out / "a").iterdir()
    for path in (short, house.out / "old" / "index.html"):
        path.unlink()
    done = publishes(house, verify=True)

    assert {f"a/{short.name}", "old/index.html"} == set(done.written)


@pytest.mark.parametrize(
    "pattern, slug",
    [
        ("/:year/:month/:slug/", "2014/11/الخبر"),
        ("/:year/:i_month/:i_day/:title.html", "2014/11/3/الخبر.html"),
        ("/:section/:filename/", "posts/ملف"),
        ("/:sections/:slug/", "posts/deep/الخبر"),
        ("/:categories/:slug/", "سياسة-ودين/الخبر"),
        ("{date:%Y}/{date:%m}/{slug}.html", "2014/11/الخبر.html"),
        ("/{category}/{slug}/index.html", "سياسة-ودين/الخبر"),
        ("/admin/:slug/", "الخبر"),
    ],
)
def test_the_link_pattern_places_new_articles(
    pattern: str, slug: str, house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A15
    house = replace(house, pages=PageSettings(link=pattern))
    text = story("الخبر", date="2014-11-02T22:30:00Z", categories="[سياسة ودين, رأي]")  # the third in Baghdad
    write(house, "posts/deep/2014-11-02-ملف.md", text)
    publishes(house)

    assert slug == on_site(house)["posts/deep/2014-11-02-ملف.md"].slug


def test_another_pattern_or_date_moves_nobody(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A15
    dated = replace(house, pages=PageSettings(link="/:year/:slug/"))
    write(house, "a.md", story(slug="one", date="2014-01-01"))
    publishes(dated)
    write(house, "a.md", story(slug="one", date="2015-01-01"))
    write(house, "b.md", story("آخر", slug="two", date="2015-01-01"))
    publishes(house)

    assert ["2014/one", "two"] == [on_site(house)[f"{name}.md"].slug for name in "ab"]


def test_every_article_has_a_short_ascii_address_for_good(
    house: House, write: Write, publishes: Publishes
) -> None:  # A16
    write(house, "a.md", story(slug="one"))
    write(house, "b.md", story("آخر"))
    publishes(house)
    short = {path.name: leads_to(house, f"a/{path.name}") for path in (house.out / "a").iterdir()}
    write(house, "a.md", story("عنوان جديد", slug="two"))
    publishes(house)
    later = {path.name: leads_to(house, f"a/{path.name}") for path in (house.out / "a").iterdir()}

    assert {"/one/", "/%D8%A2%D8%AE%D8%B1/"} == set(short.values())
    assert short.keys() == later.keys() and "/two/" in later.values()
    assert all(re.fullmatch(r"[a-z2-7]{10}\.html", name) for name in short)
    (link,) = lxml.html.fromstring(read(house, "two/index.html")).xpath("//link[@rel='shortlink']/@href")
    assert "/two/" == later[link.removeprefix(f"{URL}/a/")]


def test_a_site_without_pages_has_no_pages_that_lead_to_them(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "a.md", story(slug="one", aliases="/old/"))
    publishes(house)
    publishes(replace(house, pages=PageSettings(enabled=False)))

    assert not any((house.out / folder).exists() for folder in ("a", "old", "one"))


def test_feeds_stand_at_their_old_addresses_too(
    house: House, write: Write, publishes: Publishes
) -> None:  # A15
    aliases = ("/index.xml", "/feed/", "/feed/atom/", "/feed.xml atom", "/old/feed.json")
    old = replace(house, feeds=FeedSettings(aliases=aliases))
    write(house, "a.md", story())
    publishes(old)
    copies = {
        "index.xml": "rss.xml",
        "feed/index.xml": "rss.xml",
        "feed/atom/index.xml": "atom.xml",
        "feed.xml": "atom.xml",
        "old/feed.json": "feed.json",
    }
    assert all(read(house, copy) == read(house, feed) for copy, feed in copies.items())

    (house.out / "index.xml").unlink()
    assert ("index.xml",) == publishes(old, verify=True).written
    publishes(replace(house, feeds=FeedSettings(aliases=("/index.xml",))))

    assert stands(house, "index.xml")
    assert not (house.out / "feed").exists() and not stands(house, "feed.xml")


def test_what_lies_beside_an_article_moves_with_it(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13, A14
    write(house, "park.pdf", b"%PDF-1.4 a plan of the park")
    write(house, "a.md", story(text="[الخطة](park.pdf)", url="/2014/x.html"))
    write(house, "b.md", story("آخر", "[الخطة](park.pdf)", url="/2014/y.html"))
    publishes(house)
    assert stands(house, "2014/x.files/park.pdf") and stands(house, "2014/y.files/park.pdf")
    assert f"{URL}/2014/x.files/park.pdf" in read(house, "rss.xml")
    write(house, "a.md", story(text="[الخطة](park.pdf)", url="/2015/x/"))
    publishes(house)

    assert stands(house, "2015/x/park.pdf") and not stands(house, "2014/x.files/park.pdf")
    assert f"{URL}/2015/x/park.pdf" in read(house, "rss.xml")
    assert not publishes(house, verify=True).written


def test_translations_name_the_new_address(
    house: House, write: Write, publishes: Publishes
) -> None:  # A14, A17
    write(house, "post.ar.md", story(slug="one"))
    write(house, "post.he.md", story("חדשות", slug="two"))
    publishes(house)
    write(house, "post.ar.md", story(slug="three"))
    publishes(house)

    assert f'hreflang="ar" href="{URL}/three/"' in read(house, "two/index.html")


def test_the_place_of_an_article_is_never_a_picture_beside_another(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13, A15
    write(house, "a.md", story(slug="a-story", aliases="/photo/pic.jpg"))
    write(house, "bundle/index.md", story("صورة", "![عكس](pic.jpg)", slug="photo"))
    Image.new("RGB", (8, 8)).save(house.folder / "bundle" / "pic.jpg")
    publishes(house)

    assert stands(house, "photo/index.html") and stands(house, "photo/pic.jpg")
    assert stands(house, "a-story/index.html")


@pytest.mark.parametrize("address", ["mailto:me", "tag:old,2010:x", "javascript:alert(1)"])
def test_what_is_no_address_of_a_page_is_no_alias(
    address: str, house: House, write: Write, publishes: Publishes
) -> None:  # A15
    write(house, "a.md", story(slug="one", aliases=f'"{address}"'))
    publishes(house)

    pages = {path.parent.name for path in house.out.rglob("index.html")}
    assert {"one", house.out.name, "daily"} == pages  # the article, the home page, the newsletter


def test_an_article_that_goes_leaves_no_page_also_after_a_run_that_was_cut_off(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:  # A14, A16
    write(house, "a.md", story(slug="one"))
    with monkeypatch.context() as broken:
        broken.setattr("publisher.store.articles.shown", Mock(side_effect=RuntimeError("cut off")))
        with pytest.raises(RuntimeError, match="cut off"):
            publishes(house)
    assert stands(house, "one/index.html")
    (house.folder / "a.md").unlink()
    publishes(house)

    assert not stands(house, "one/index.html")
    assert [] == list((house.out / "a").glob("*"))


@pytest.mark.parametrize("namesakes", [1, 600])
def test_a_declared_address_goes_before_an_older_title(
    namesakes: int, house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A14, A15
    for number in range(namesakes):
        write(house, f"old-{number:03}.md", story("foo", f"نص {number}.", date="2015-01-01"))
    write(house, "new.md", story("bar", date="2020-01-01", url="/foo/"))
    write(house, "newer.md", story("bar", "نص آخر.", date="2020-01-02", slug="foo-3"))
    publishes(house)

    stands_at = {path: article.slug for path, article in on_site(house).items()}
    assert ("foo", "foo-3") == (stands_at["new.md"], stands_at["newer.md"])
    assert "foo-2" == stands_at["old-000.md"]
    assert namesakes + 2 == len(set(stands_at.values()))


@pytest.mark.parametrize("how", ["removed", "named no more"])
def test_an_address_that_two_name_leads_to_the_other_when_one_leaves(  # A14
    how: str, house: House, write: Write, publishes: Publishes
) -> None:
    first = write(house, "1.md", "---\nslug: one\ndate: 2026-01-01\naliases: [/old/]\n---\n# أول\n\nنص.\n")
    write(house, "2.md", "---\nslug: two\ndate: 2026-01-02\naliases: [/old/]\n---\n# ثان\n\nنص آخر.\n")
    publishes(house)
    old = house.out / "old/index.html"
    assert "/one/" in old.read_text("utf-8")
    if how == "removed":
        first.unlink()
    else:
        write(house, "1.md", "---\nslug: one\ndate: 2026-01-01\n---\n# أول\n\nنص.\n")

    publishes(house)

    assert "/two/" in old.read_text("utf-8")
    assert "/one/" not in old.read_text("utf-8")


def test_an_alias_leads_there_when_the_article_at_its_address_leaves(  # A14
    house: House, write: Write, publishes: Publishes
) -> None:
    own = write(house, "1.md", "---\nslug: one\ndate: 2026-01-01\n---\n# أول\n\nنص.\n")
    write(house, "2.md", "---\nslug: two\ndate: 2026-01-02\naliases: [/one/]\n---\n# ثان\n\nنص آخر.\n")
    publishes(house)
    own.unlink()

    publishes(house)

    assert "/two/" in (house.out / "one/index.html").read_text("utf-8")
