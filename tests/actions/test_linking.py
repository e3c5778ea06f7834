"""Links between articles by the paths of their files lead to where these stand, now and later (A13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import feedparser
import pytest
from lxml import html as lxml_html

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.layout import article_path
from publisher.store import articles
from publisher.verbs import reading

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

OTHER = "---\ntitle: الثانية\nslug: second\ndate: 2026-01-02\n---\n\nنص.\n"
NOWHERE = "leads nowhere: there is no such article. Mend: correct the path, or take the link out"


def linking(*links: str) -> str:
    head = "---\ntitle: الأولى\nslug: first\ndate: 2026-01-01\n---\n\n"
    return head + "\n\n".join(f"اقرأ [المقالة]({each}) هنا." for each in links) + "\n"


def shown(house: House, page: str = "first") -> list[str | None]:
    """Where the links in the text of a page lead; None for words without one."""
    root = lxml_html.fromstring((house.out / article_path(page)).read_bytes())
    return [each.get("href") for each in root.iter("a") if each.text == "المقالة"]


def warnings(house: House) -> list[str]:
    return [warning for each in house.store.read(articles.listing) for warning in each.warnings]


@pytest.mark.parametrize(
    ("here", "there", "written", "leads"),
    [
        ("a.md", "dovom.md", "dovom.md", ""),
        ("a.md", "dovom.md", "./dovom.md", ""),
        ("a.md", "dovom.md", "dovom.md#باب", "#%D8%A8%D8%A7%D8%A8"),
        ("notes/a.md", "posts/dovom.md", "../posts/dovom.md#x", "#x"),
        ("notes/a.md", "posts/dovom.md", "/posts/dovom.md", ""),
        ("notes/a.md", "posts/dovom.md", "posts/dovom.md", ""),
        ("notes/a.md", "posts/dovom.md", "@/posts/dovom.md", ""),
        ("notes/a.md", "posts/dovom/index.md", "../posts/dovom/index.md", ""),
        ("notes/a.md", "posts/dovom/index.md", "../posts/dovom.md", ""),
        ("notes/a/index.md", "notes/b/index.md", "../b/index.md", ""),
        ("a.md", "الثانية.md", "%D8%A7%D9%84%D8%AB%D8%A7%D9%86%D9%8A%D8%A9.md", ""),
        ("a.md", "old.html", "old.html", ""),
        ("a.md", "notes.txt", "notes.md", ""),
        ("a.md", "posts/dovom.md", '{{< ref "dovom.md" >}}', ""),
        ("a.md", "posts/dovom.md", '{{< ref "posts/dovom" >}}', ""),
        ("a.md", "posts/dovom/index.md", '{{< relref "posts/dovom#x" >}}', "#x"),
        ("a.md", "posts/dovom.md", '{{< relref "/posts/dovom" >}}', ""),
        ("a.md", "_posts/2024-05-01-dovom.md", "{% post_url 2024-05-01-dovom %}", ""),
        ("a.md", "_posts/2024-05-01-dovom.md", "{% link _posts/2024-05-01-dovom.md %}", ""),
    ],
)
def test_a_path_leads_to_the_article_in_that_file(
    here: str, there: str, written: str, leads: str, house: House, write: Write, publishes: Publishes
) -> None:  # A12, A13
    write(house, here, linking(written))
    text = OTHER if there.endswith(".md") else "الثانية\nنص.\n"
    write(house, there, text if not there.endswith("html") else "<h1>الثانية</h1><p>نص.</p>")

    publishes(house)

    slug = "second" if there.endswith(".md") else "%D8%A7%D9%84%D8%AB%D8%A7%D9%86%D9%8A%D8%A9"
    assert [f"/{slug}/{leads}"] == shown(house)
    assert [] == warnings(house)


def test_feeds_name_the_address_in_full(house: House, write: Write, publishes: Publishes) -> None:  # A13
    write(house, "a.md", linking("b.md#x"))
    write(house, "b.md", OTHER)

    publishes(house)

    entries = {each.title: each for each in feedparser.parse((house.out / "atom.xml").read_bytes()).entries}
    (entry,) = [each for title, each in entries.items() if "الأولى" in title]
    assert 'href="https://news.example.org/second/#x"' in entry.content[0].value


def test_a_link_that_leads_nowhere_is_named_with_its_line_and_its_words_stay(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A13
    write(house, "posts/a.md", linking("dovom.md", "../../x.md", "/about.html", "https://example.org/y.md"))

    notes = publishes(house).notes

    assert [None, None, "https://news.example.org/about.html", "https://example.org/y.md"] == shown(house)
    assert (
        f"posts/a.md:7: the link to dovom.md {NOWHERE}",
        f"posts/a.md:9: the link to ../../x.md {NOWHERE}",
    ) == notes
    what, _, mend = NOWHERE.partition(". Mend: ")
    wanted = {"where": "posts/a.md:7", "what": f"the link to dovom.md {what}", "mend": mend}
    assert wanted in reading.check(house, clock())["problems"]


def test_a_link_follows_its_article(house: House, write: Write, publishes: Publishes) -> None:  # A13, A14
    write(house, "a.md", linking("b.md"))
    publishes(house)
    assert [None] == shown(house)

    other = write(house, "b.md", OTHER)
    assert "first/index.html" in publishes(house).written
    assert ["/second/"] == shown(house)

    write(house, "b.md", OTHER.replace("slug: second", "slug: moved"))
    publishes(house)
    assert ["/moved/"] == shown(house)

    write(house, "b.md", OTHER.replace("slug: second", "slug: moved").replace("نص", "نص آخر"))
    assert "first/index.html" not in publishes(house).written

    other.unlink()
    publishes(house)
    assert [None] == shown(house)


def test_a_link_to_an_article_that_waits_leads_there_from_its_minute_on(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A6, A13
    write(house, "a.md", linking("b.md"))
    write(
        house,
        "b.md",
        OTHER.replace("2026-01-02", "2026-11-21 12:00").replace("---\n\n", "expires: 2026-11-25\n---\n\n"),
    )
    publishes(house)
    assert [None] == shown(house)
    assert [
        "line 7: the link to b.md leads nowhere: that article is not published. Mend: publish it, or take the link out"
    ] == warnings(house)

    clock.forward(days=2)
    publishes(house)
    assert ["/second/"] == shown(house)
    assert [] == warnings(house)

    clock.forward(days=5)
    publishes(house)
    assert [None] == shown(house)


def test_of_several_articles_of_a_name_that_in_the_same_language_is_meant_else_none(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "a.he.md", linking("post.md"))
    for name, slug in (("x/post.ar.md", "one"), ("y/post.he.md", "two")):
        write(house, name, OTHER.replace("second", slug))
    publishes(house)
    assert ["/two/"] == shown(house)

    write(house, "z/post.he.md", OTHER.replace("second", "three").replace("الثانية", "الثالثة"))
    publishes(house)

    assert [None] == shown(house)
    assert any(
        "several articles are called that (y/post.he.md, z/post.he.md)" in each for each in warnings(house)
    )


def test_a_site_with_links_that_did_not_change_is_not_written_again(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    for name, text in (("a.md", linking("b.md", "none.md")), ("b.md", OTHER)):
        write(house, name, text)
    publishes(house)

    assert () == publishes(house, verify=True).written
    assert () == publishes(house).written


def test_a_link_behind_the_opening_is_found_too(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    long = "كلمات كثيرة قبل الرابط. " * 30
    for written in ("b.md", "/b.md"):
        write(house, "a.md", linking(written).replace("اقرأ", f"{long}\n\nاقرأ"))
        write(house, "b.md", OTHER)
        publishes(house)

        assert ["/second/"] == shown(house)
