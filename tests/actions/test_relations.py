"""Articles that are one in several languages, and pinned ones: pages, feeds, letters (A17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from lxml import etree, html
from sqlalchemy import Connection, select

from publisher.actions import plan, readers, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.feeds.settings import FeedSettings
from publisher.model.article import Article
from publisher.pages.settings import PageSettings
from publisher.store import articles
from publisher.store.tables import deliveries, subscribers, translations, variants

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]
    OnSite = Callable[[House], dict[str, Article]]

AR = ("سوق السمك يعود", "عاد الصيادون بصيد وفير هذا الصباح.")
HE = ("שוק הדגים חוזר", "הדייגים חזרו הבוקר עם שלל רב.")
FA = ("بازار ماهی باز شد", "ماهیگیران امروز صبح با صید فراوان برگشتند.")


def text(words: tuple[str, str], date: str = "2026-01-05", **fields: str) -> str:
    head = {"title": words[0], "date": date, **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", words[1]])


def languages_of(house: House, slug: str) -> dict[str, str]:
    """The hreflang links of a page, without those of the feeds."""
    page = html.fromstring((house.out / slug / "index.html").read_bytes())
    links = page.xpath("//head/link[@rel='alternate' and not(@type)]")
    return {link.get("hreflang"): link.get("href") for link in links}


def pages(done: Published) -> set[str]:
    return {path for path in done.written if path.endswith("/index.html")}


@pytest.mark.parametrize(
    "first, second",
    [
        (("post.ar.md", {}), ("post.he.md", {})),
        (("post.md", {}), ("post.he.md", {})),
        (("post.he.md", {"lang": "ar"}), ("post.md", {"lang": "he"})),
        (("ar/2026/post.md", {}), ("he/2026/post.txt.md", {"translation_of": "ar/2026/post.md"})),
        (("ar/post.md", {}), ("he/post.md", {})),
        (("post.md", {}), ("he/post.html", {})),
        (("a.md", {"translationKey": "market"}), ("b.md", {"translationkey": "market"})),
        (("a.md", {}), ("x/b.md", {"translation_of": "/a.md"})),
        (("x/b.md", {"translation_of": "a.md"}), ("x/a.md", {})),
        (("a.md", {"slug": "market"}), ("b.md", {"translation_of": "market"})),
        (("a.md", {"id": "9f3b0a34-7f6e-4d0e-9a53-0d5f3b6b1c11"}),
         ("b.md", {"translation_of": "urn:uuid:9f3b0a34-7f6e-4d0e-9a53-0d5f3b6b1c11"})),
        (("ar/7.md", {"slug": "seven"}), ("he/8.md", {"translation_of": "seven"})),
        (("a.md", {"translation_of": "b.md"}), ("b.md", {"translation_of": "a.md"})),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["together", "first", "second"])
def test_versions_name_each_other(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, first: tuple[str, dict[str, str]],
    second: tuple[str, dict[str, str]], order: str,
) -> None:  # fmt: skip  # A17
    files = [(first, AR), (second, HE)]
    for (name, fields), words in files if order != "second" else files[::-1]:
        write(house, name, text(words, **fields))
        if order != "together":
            publishes(house)
    publishes(house)

    found = on_site(house)
    urls = {found[name].language: house.layout.article(found[name].slug) for (name, _), _ in files}
    assert {"ar", "he"} == set(urls)
    for (name, _), _ in files:
        assert urls | {"x-default": urls["ar"]} == languages_of(house, found[name].slug)
    assert () == publishes(house).written


def test_an_article_alone_names_nobody(house: House, write: Write, publishes: Publishes) -> None:  # A17
    write(house, "ar/a.md", text(AR))
    write(house, "he/b.md", text(HE))
    write(house, "plain.md", text(FA))
    publishes(house)

    assert {} == languages_of(house, "سوق-السمك-يعود")
    assert not (house.out / "سوق-السمك-يعود" / "index.html").read_text().count("versions")


def test_a_version_more_or_less_rewrites_the_pages_of_the_others_and_no_other(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A17
    write(house, "post.ar.md", text(AR, slug="ar1"))
    write(house, "post.he.md", text(HE, slug="h"))
    write(house, "alone.md", text(("آخر", "نص آخر."), slug="x"))
    publishes(house)

    write(house, "post.fa.md", text(FA, slug="f"))
    more = publishes(house)
    write(house, "post.he.md", text((HE[0], "גוף חדש."), slug="h"))
    edited = publishes(house)
    (house.folder / "post.he.md").unlink()
    less = publishes(house)

    assert {"f/index.html", "ar1/index.html", "h/index.html"} == pages(more)
    assert {"h/index.html"} == pages(edited)
    assert {"f/index.html", "ar1/index.html", "h/index.html"} == pages(less)
    assert {"ar", "fa", "x-default"} == set(languages_of(house, "ar1"))


@pytest.mark.parametrize("how", ["held", "expired", "other key", "renamed", "quarantined"])
def test_a_version_that_goes_its_own_way_is_named_no_more(
    house: House, write: Write, publishes: Publishes, clock: Clock, how: str
) -> None:  # A17
    write(house, "post.md", text(AR, slug="ar1"))
    write(house, "post.he.md", text(HE, slug="h", **({"expires": "2026-12-01"} if how == "expired" else {})))
    publishes(house)
    assert "he" in languages_of(house, "ar1")
    if how == "held":
        write(house, "post.he.md", text(HE, slug="h", draft="true"))
    elif how == "other key":
        write(house, "post.he.md", text(HE, slug="h", translationKey="mine"))
    elif how == "renamed":
        (house.folder / "post.he.md").rename(house.folder / "other.he.md")
    elif how == "quarantined":
        write(house, "post.he.md", b"\0\0")
    clock.forward(days=20)

    publishes(house)

    assert {} == languages_of(house, "ar1")
    if how in ("other key", "renamed"):
        assert {} == languages_of(house, "h")


def test_a_version_that_waits_is_named_when_it_appears(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17
    write(house, "post.ar.md", text(AR, slug="ar1"))
    write(house, "post.he.md", text(HE, "2026-11-22", slug="h"))
    publishes(house)
    before = languages_of(house, "ar1")
    clock.forward(days=3)
    publishes(house)

    assert {} == before
    assert {"ar", "he", "x-default"} == set(languages_of(house, "ar1"))


def test_a_file_that_gets_a_suffix_stays_the_article_it_was(
    house: House, write: Write, publishes: Publishes, on_site: OnSite
) -> None:  # A9, A17
    path = write(house, "post.md", text(AR))
    publishes(house)
    before = on_site(house)["post.md"]
    path.rename(house.folder / "post.ar.md")
    write(house, "post.he.md", text(HE))
    publishes(house)

    after = on_site(house)
    assert (before.id, before.slug) == (after["post.ar.md"].id, after["post.ar.md"].slug)
    assert {"ar", "he", "x-default"} == set(languages_of(house, after["post.he.md"].slug))


def test_two_in_one_language_do_not_stand_for_it_both(
    house: House, write: Write, publishes: Publishes
) -> None:  # A17
    write(house, "post.ar.md", text(AR, "2026-01-01", slug="ar1"))
    write(house, "post.ar.txt", "خبر آخر\nنص آخر تماما.\n")
    write(house, "post.he.md", text(HE, slug="h"))
    publishes(house)

    urls = {"ar": house.layout.article("ar1"), "he": house.layout.article("h")}
    assert urls | {"x-default": urls["ar"]} == languages_of(house, "h")
    assert {} == languages_of(house, "خبر-آخر")


@pytest.mark.parametrize(
    "names, slugs",
    [
        (("post.md", "post.ar.md"), {"post.md": "market", "post.ar.md": "market-ar"}),
        (("post.ar.md", "post.he.md"), {"post.ar.md": "market", "post.he.md": "market-he"}),
        (("a.md", "b.md"), {"a.md": "market", "b.md": "market-2"}),
    ],
)
def test_versions_may_want_the_same_slug(
    house: House, write: Write, publishes: Publishes, on_site: OnSite, names: tuple[str, str],
    slugs: dict[str, str],
) -> None:  # fmt: skip  # A14, A17
    for name in names:
        write(house, name, text(AR if ".ar." in name else HE, slug="market"))
    publishes(house)

    assert slugs == {path: article.slug for path, article in on_site(house).items()}


def test_a_reference_to_nothing_is_told(house: House, write: Write, publishes: Publishes) -> None:  # A17
    from publisher.store.translations import unknown

    write(house, "b.md", text(HE, translation_of="missing.md"))
    publishes(house)
    before = house.store.read(unknown)
    write(house, "missing.md", text(AR))
    publishes(house)

    assert [("b.md", "missing.md")] == before
    assert [] == house.store.read(unknown)


def test_a_site_without_translations_stores_nothing_about_them(
    house: House, write: Write, publishes: Publishes
) -> None:
    for number in range(3):
        write(house, f"{number}.md", text((f"خبر {number}", "نص."), f"2026-01-0{number + 1}"))
    publishes(house)

    assert [] == house.store.read(lambda c: c.execute(translations.select()).all())


def test_an_entry_links_to_its_translations(
    house: House, write: Write, publishes: Publishes
) -> None:  # A17, F11
    write(house, "post.ar.md", text(AR, slug="ar1"))
    publishes(house)
    write(house, "post.he.md", text(HE, slug="h"))
    publishes(house)

    entries = etree.parse(house.out / "atom.xml").findall("{*}entry")
    links = [
        {link.get("rel"): (link.get("hreflang"), link.get("href")) for link in entry.findall("{*}link")}
        for entry in entries
    ]
    ar, he = ("ar", house.layout.article("ar1")), ("he", house.layout.article("h"))
    assert [{"alternate": he, "related": ar}, {"alternate": ar, "related": he}] == links


# Pinned articles


def home(house: House) -> list[str]:
    page = html.fromstring((house.out / "index.html").read_bytes())
    return [one.text_content() for one in page.xpath("//article//h3")]


def test_pinned_articles_stand_first_at_home_and_feeds_stay_in_order(
    house: House, write: Write, publishes: Publishes
) -> None:  # A17, F3
    house = replace(house, feeds=FeedSettings(entries=3), pages=PageSettings(per_page=3))
    for day in range(1, 7):
        fields = {1: {"pin": "true"}, 5: {"weight": "2"}, 4: {"weight": "1"}}.get(day, {})
        write(house, f"{day}.md", text((f"خبر {day}", "نص."), f"2026-01-0{day}", **fields))
    publishes(house)

    entries = etree.parse(house.out / "atom.xml").findall("{*}entry")
    assert ["خبر 1", "خبر 5", "خبر 6"] == home(house)
    assert ["خبر 6", "خبر 5", "خبر 4"] == [entry.findtext("{*}title") for entry in entries]


def test_a_pin_that_is_taken_away_lets_the_article_go(
    house: House, write: Write, publishes: Publishes
) -> None:  # A17
    write(house, "1.md", text(("خبر 1", "نص."), "2026-01-01", pin="true"))
    write(house, "2.md", text(("خبر 2", "نص."), "2026-01-02"))
    publishes(house)
    first = home(house)
    write(house, "1.md", text(("خبر 1", "نص."), "2026-01-01"))
    publishes(house)

    assert (["خبر 1", "خبر 2"], ["خبر 2", "خبر 1"]) == (first, home(house))


# Letters


ADDRESSES = {"ar@example.org": "ar", "he@example.org": "he", "fr@example.org": "fr", "any@example.org": None}


def letters(house: House) -> dict[str, list[list[str]]]:
    """The titles of every letter, by reader."""

    def read(connection: Connection) -> dict[str, list[list[str]]]:
        query = select(subscribers.c.address, variants.c.articles).join_from(
            deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber
        )
        rows = connection.execute(
            query.join(variants, variants.c.id == deliveries.c.variant).order_by(deliveries.c.id)
        ).all()
        titles = {one.id: one.title for _, ids in rows for one in articles.some(connection, ids)}
        found: dict[str, list[list[str]]] = {}
        for address, ids in rows:
            found.setdefault(address, []).append([titles[each] for each in ids])
        return found

    return house.store.read(read)


@pytest.fixture
def paper(house: House, write: Write, publishes: Publishes, clock: Clock) -> House:
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    write(house, "old.md", text(("الأرشيف", "نص.")))
    publishes(house)
    for address, language in ADDRESSES.items():
        readers.add(house, address, None, clock(), confirmed=True, language=language)
    return house


def next_day(house: House, clock: Clock, publishes: Publishes) -> None:
    clock.forward(days=1)
    publishes(house)
    for number in slots.due_editions(house, tuple(house.newsletters.values()), clock())[0]:
        plan.plan(house, number, clock())


def test_each_reader_gets_an_article_once_and_in_their_language(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17, D6
    write(paper, "post.ar.md", text(AR))
    write(paper, "post.he.md", text(HE))
    next_day(paper, clock, publishes)
    next_day(paper, clock, publishes)

    assert {
        "ar@example.org": [[AR[0]]],
        "he@example.org": [[HE[0]]],
        "fr@example.org": [[AR[0]]],  # the site's language
        "any@example.org": [[AR[0]]],
    } == letters(paper)


def test_without_the_readers_and_the_sites_language_it_is_the_oldest(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17
    write(paper, "post.fa.md", text(FA, "2026-01-02"))
    write(paper, "post.he.md", text(HE, "2026-01-01"))
    next_day(paper, clock, publishes)

    assert {one: [[HE[0]]] for one in ADDRESSES} == letters(paper)


def test_a_translation_that_comes_later_is_not_sent_to_those_who_had_the_article(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17, D1
    write(paper, "post.ar.md", text(AR))
    next_day(paper, clock, publishes)
    write(paper, "post.he.md", text(HE))
    write(paper, "new.md", text(("خبر جديد", "نص.")))
    next_day(paper, clock, publishes)
    readers.add(paper, "late@example.org", None, clock(), confirmed=True, language="he")
    write(paper, "post.fa.md", text(FA))
    next_day(paper, clock, publishes)

    assert {one: [[AR[0]], ["خبر جديد"]] for one in ADDRESSES} == letters(paper)


def test_one_that_was_never_for_letters_does_not_keep_its_translation_back(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17, D2
    write(paper, "post.ar.md", text(AR, digest="false"))
    write(paper, "other.md", text(("خبر", "نص.")))
    next_day(paper, clock, publishes)
    write(paper, "post.he.md", text(HE))
    next_day(paper, clock, publishes)

    assert {one: [["خبر"], [HE[0]]] for one in ADDRESSES} == letters(paper)


def test_a_version_taken_back_before_any_letter_is_not_missed(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17, D1
    write(paper, "post.ar.md", text(AR))
    write(paper, "post.he.md", text(HE))
    publishes(paper)
    (paper.folder / "post.ar.md").unlink()
    next_day(paper, clock, publishes)

    assert {one: [[HE[0]]] for one in ADDRESSES} == letters(paper)


def test_a_newsletter_of_one_section_goes_by_any_of_its_versions(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17, D2
    (daily,) = paper.newsletters.values()
    paper = replace(paper, newsletters={"daily": replace(daily, categories=("فוליטיקה", "Économie", "סוק"))})
    write(paper, "post.ar.md", text(AR, category="سوق"))
    write(paper, "post.he.md", text(HE, category="סוק"))
    next_day(paper, clock, publishes)

    # who asked for a language gets it; the others what the newsletter names
    assert {
        "ar@example.org": [[AR[0]]],
        "he@example.org": [[HE[0]]],
        "fr@example.org": [[HE[0]]],
        "any@example.org": [[HE[0]]],
    } == letters(paper)


def test_readers_of_one_language_share_a_variant(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # D6
    readers.add(paper, "two@example.org", None, clock(), confirmed=True, language="he-IL")
    write(paper, "post.ar.md", text(AR))
    write(paper, "post.he.md", text(HE))
    next_day(paper, clock, publishes)

    stored = paper.store.read(lambda c: c.execute(select(variants.c.html, variants.c.articles)).all())
    assert 2 == len(stored)  # Arabic: ar, fr (no words of ours), any; Hebrew: he, he-IL
    assert sorted(["ביטול ההרשמה" in found.html for found in stored]) == [False, True]


def test_pinned_articles_stand_first_in_their_letter(
    paper: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A17, D6
    write(paper, "a.md", text(("خبر 1", "نص."), "2026-01-01", pin="true"))
    write(paper, "b.md", text(("خبر 2", "نص."), "2026-01-02"))
    write(paper, "c.md", text(("خبر 3", "نص."), "2026-01-03", weight="5"))
    next_day(paper, clock, publishes)
    next_day(paper, clock, publishes)

    assert {one: [["خبر 1", "خبر 3", "خبر 2"]] for one in ADDRESSES} == letters(paper)
