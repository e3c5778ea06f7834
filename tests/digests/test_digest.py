"""What a digest shows of its articles: groups, the editor's words, folded headlines, pictures, subject (D6, D10)."""

import re
import unicodedata
from dataclasses import replace

import pytest
from lxml import html as parser

from publisher.digests.compose import compose
from publisher.digests.select import Selection, select
from publisher.digests.subject import cut
from publisher.digests.voice import paragraphs
from publisher.model.article import Article
from publisher.model.digest import Content
from tests.digests.letters import (
    CATEGORIES,
    LANGUAGES,
    LAYOUT,
    MORE,
    OPENINGS,
    PLANNED,
    STORIES,
    TEMPLATES,
    TITLES,
    article,
    direction,
    every,
    grouped,
    newsletter,
    picture,
    site,
    stories,
)


def digest(*articles: Article, more: int = 0, text_only: bool = False, **changes: object) -> Content:
    chosen, of = Selection(articles, more), newsletter(**changes)  # type: ignore[arg-type]
    return compose(site(), of, chosen, LAYOUT, TEMPLATES, PLANNED, text_only=text_only)


def root(content: Content) -> parser.HtmlElement:
    return parser.document_fromstring(content.html)


def heads(content: Content) -> list[tuple[str, str]]:
    found = root(content).xpath("//h1 | //h2 | //h3")
    return [(each.tag, re.sub("[\u200e\u200f]", "", each.text_content().strip())) for each in found]


def order(text: str, *parts: str) -> list[int]:
    places = [text.index(each) for each in parts]
    assert places == sorted(places)
    return places


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_editor_says_stands_first(language: str) -> None:  # D6
    content = grouped(language)
    greeting, told = (each.strip() for each in OPENINGS[language].split("\n\n"))
    title = STORIES[language][0]

    order(re.sub("[\u200e\u200f]", "", content.text), greeting, told, title)
    order(root(content).xpath("string(//div[@role='main'])"), TITLES[language], greeting, told[:20], title)


def test_each_paragraph_of_the_editor_has_its_own_direction() -> None:  # D6 R5
    text = "صباح الخير يا قراءنا الأعزاء.\n\nGood morning to our readers.\n\n  \n\nבוקר טוב לכולם."
    content = compose(
        site(), newsletter(), Selection((article(),), 0), LAYOUT, TEMPLATES, PLANNED, opening=text
    )
    note = root(content).xpath("//td[@class='note']//p")

    assert [("ar", "rtl"), ("en", "ltr"), ("he", "rtl")] == [(p.get("lang"), p.get("dir")) for p in note]
    assert ["right", "left", "right"] == [p.getparent().get("align") for p in note]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("السلام علیکم!\n\nآج کے شمارے میں شہر کی 3 خبریں ہیں۔", "ur", ["ur", "ur"]),
        ("سلام!\n\nدر این شماره ۳ خبر از شهر می‌خوانید.", "fa", ["fa", "fa"]),
        ("Hello!\n\nأهلًا بقرائنا في هذا العدد من نشرتنا اليومية.", "ar", ["en", "ar"]),
        ("2026\n\n!!", "he", ["he", "he"]),
        ("", "ar", []),
        (" \n\t\n ", "ar", []),
    ],
)
def test_a_greeting_is_in_the_language_of_what_follows(
    text: str, language: str, found: list[str]
) -> None:  # R5
    assert found == [each.voice.lang for each in paragraphs(text, language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_articles_stand_below_their_categories(language: str) -> None:  # D6
    one, other = CATEGORIES[language]
    rest = {
        "ar": "مواضيع أخرى",
        "fa": "موضوع‌های دیگر",
        "he": "נושאים נוספים",
        "ur": "دیگر موضوعات",
        "ckb": "بابەتەکانی دیکە",
        "en": "Other topics",
    }
    title, second = STORIES[language][0], MORE[language][0]
    content = grouped(language)

    expected = [
        ("h1", TITLES[language]),
        ("h2", one),
        ("h3", title),
        ("h2", other),
        ("h3", second),
        ("h2", rest[language]),
        ("h3", f"{second} (2)"),
    ]
    assert expected == heads(content)
    order(re.sub("[\u200e\u200f]", "", content.text), *(text for _, text in expected))
    assert 1 == len([line for line in content.text.split("\n") if one == line.strip("\u200f")])


def test_a_category_is_one_however_it_is_spelt_and_comes_where_its_first_article_does() -> None:  # D6
    labels = ["تقنية", "محليات", "تِقنية", "Tech", "محليات", "TECH"]
    items = [article(number=n, title=f"خبر {n}", categories=(each,)) for n, each in enumerate(labels)]

    assert [
        ("h1", "النشرة اليومية"),
        *(("h2", "تقنية"), ("h3", "خبر 0"), ("h3", "خبر 2")),
        *(("h2", "محليات"), ("h3", "خبر 1"), ("h3", "خبر 4")),
        *(("h2", "Tech"), ("h3", "خبر 3"), ("h3", "خبر 5")),
    ] == heads(digest(*items, group=True))


def test_without_categories_there_is_nothing_to_group_by() -> None:  # D6
    items = [article(number=n, title=f"خبر {n}", categories=()) for n in range(2)]

    assert [("h1", "النشرة اليومية"), ("h2", "خبر 0"), ("h2", "خبر 1")] == heads(digest(*items, group=True))
    assert digest(*items) == digest(*items, group=True)


def test_without_groups_each_article_names_its_category() -> None:  # D6
    content = digest(article(categories=("محليات", "تقنية")))

    assert "محليات" in root(content).xpath("string(//p[@class='kicker'])")
    assert "محليات" in content.text.split("\n")


def test_of_one_headline_the_newest_stands_for_all_and_is_counted_once() -> None:  # D6
    wire = [
        article(number=n, title=title) for n, title in enumerate(["عاجل: خبر", "خبر آخر", "عاجل: خبر"], 1)
    ]
    chosen, more = select(newsletter(), wire)
    content = digest(*chosen, more=more)

    assert 1 == sum("عاجل: خبر" in text for _, text in heads(content))
    assert "مقالان جديدان" in content.text
    assert LAYOUT.article("خبر-3") in content.text and LAYOUT.article("خبر-1") not in content.text


def test_what_does_not_fit_is_on_the_site() -> None:  # D6
    wire = [article(number=n, title=f"خبر {n}") for n in range(1, 14)]
    chosen, more = select(newsletter(max_items=2), wire)
    content = digest(*chosen, more=more)
    lines = [line.strip("\u200f") for line in content.text.split("\n")]

    assert "11 مقالًا آخر على الموقع" in lines
    assert LAYOUT.home == lines[lines.index("11 مقالًا آخر على الموقع") + 1]
    (link,) = [a for a in root(content).xpath("//a") if "11 مقالًا آخر" in a.text_content()]
    assert LAYOUT.home == link.get("href")
    assert "13 مقالًا جديدًا" in content.text


def test_a_reader_of_text_gets_text() -> None:  # D6
    items = stories("ar")
    plain, both = digest(*items, text_only=True), digest(*items)

    assert "" == plain.html != both.html
    assert both.text == plain.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_about_one_article_is_headed_by_its_headline(language: str) -> None:  # D4
    content = every(language)["article"]
    title = STORIES[language][0]

    assert [("h1", title)] == heads(content)
    assert title == content.subject.strip("\u200f")
    assert STORIES[language][1][:12] in root(content).text_content()


def test_a_burst_of_an_instant_newsletter_is_a_digest() -> None:  # D4
    items = [article(number=n, title=f"خبر {n}") for n in range(3)]

    assert ["h1", "h2", "h2", "h2"] == [tag for tag, _ in heads(digest(*items, schedule="instant"))]


def test_a_letter_about_one_article_says_more_of_it_than_a_digest() -> None:
    story = article(summary="قالت الجهة المنظمة إن عدد الزوار تجاوز كل التوقعات هذا العام. " * 20)
    alone, among = digest(story, schedule="instant"), digest(story)

    assert 3 < alone.text.count("الجهة المنظمة") > among.text.count("الجهة المنظمة") > 0


def test_a_picture_says_what_it_shows_and_no_link_says_what_another_does() -> None:  # R11
    same = article(number=2, title="سوق الكتب", media=(picture("سوق الكتب"),))
    content = digest(article(media=(picture("واجهة الهاتف"),)), same, article(number=3, media=(picture(""),)))
    links = root(content).xpath("//a[img]")

    assert ["واجهة الهاتف", "", ""] == [link.xpath("string(img/@alt)") for link in links]
    assert [None, "true", "true"] == [link.get("aria-hidden") for link in links]
    assert {("552", "310")} == {(img.get("width"), img.get("height")) for img in root(content).xpath("//img")}


def test_the_preview_line_is_what_the_first_article_says() -> None:  # R6 R9
    hidden = root(digest(article(title="خبر", summary="CNN تقول إن C++ أسرع."))).xpath(
        "//div[@aria-hidden='true']"
    )[0]
    said = hidden.text_content().split("\u034f")[0]

    assert "\u200fCNN تقول إن C++\u200e أسرع." == said
    latin = root(digest(article(summary="PO Box 12, 10011."))).xpath("//div[@aria-hidden='true']")[0]
    assert "PO Box 12, 10011." == latin.text_content().split("\u034f")[0]
    other = root(digest(article(title="خبر بلا ملخص", summary=""))).xpath("//div[@aria-hidden='true']")[0]
    assert "خبر بلا ملخص" == other.text_content().split("\u034f")[0]


def test_marks_can_be_left_out() -> None:  # R6
    of = site()
    without = replace(of, letterhead=replace(of.letterhead, marks=False))
    story = article(title="CNN تعلن")
    contents = [
        compose(each, newsletter(), Selection((story,), 0), LAYOUT, TEMPLATES, PLANNED)
        for each in (of, without)
    ]

    assert ["\u200fCNN تعلن", "CNN تعلن"] == [each.subject for each in contents]


@pytest.mark.parametrize(
    "line", ["خبر " * 100, "👨‍👩‍👧" * 200, "كِتَابٌ " * 60, "a" * 151, "é" * 300, "خ" * 149 + "\u0651\u064e"]
)
def test_a_subject_is_cut_between_characters_as_readers_see_them(line: str) -> None:  # D10
    short = cut(line)
    kept = short.removesuffix("…")

    assert line.startswith(kept)
    assert len(line) == len(kept) or not unicodedata.combining(line[len(kept)])
    assert "\u200d" not in (kept[-1:], line[len(kept) : len(kept) + 1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_are_told_apart_by_ear(language: str) -> None:  # R11
    for content in every(language).values():
        names = [
            link.get("aria-label") or link.text_content().strip() or link.xpath("string(img/@alt)")
            for link in root(content).xpath("//a[not(@aria-hidden)]")
        ]
        assert len(set(names)) == len(names)
        assert all(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_is_set_in_its_own_voice_and_told_in_words_we_have(language: str) -> None:  # R5 R8
    content = digest(article(language, 1), replace(article(language, 2), language="ps", title="يو خبر"))
    first, second = root(content).xpath("//h2")
    bylines = root(content).xpath("//p[@class='soft' and preceding-sibling::h2]/@lang")

    assert (language, direction(language)) == (first.get("lang"), first.get("dir"))
    assert "ps" == second.get("lang")
    assert [language, "ar"] == bylines


@pytest.mark.parametrize(
    "language, date, count",
    [
        ("he", "יום שני, 23 בנובמבר 2026", "כתבה חדשה אחת"),
        ("fa", "۲ آذر ۱۴۰۵", None),
        ("en", "23 November 2026", "1 new article"),
    ],
)
def test_the_date_is_in_the_language_of_the_words_beside_it(
    language: str, date: str, count: str | None
) -> None:  # R8
    """A letter of an Arabic house for a reader of another language."""
    house = site(calendars=("jalali", "gregorian")) if language == "fa" else site()
    made = compose(house, newsletter(), Selection((article(),), 0), LAYOUT, TEMPLATES, PLANNED, language)
    text = made.text.replace("\u200f", "").replace("\u200e", "")

    assert date in text.replace("November 23,", "23 November")
    assert "تشرين" not in text.partition("————")[0]
    assert count is None or count in text
