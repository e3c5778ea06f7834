"""Pages as a browser's parser (lxml) sees them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from publisher.errors import BadConfig
from publisher.layout import Layout
from publisher.model.article import Article, Block, Body, Direction, Story
from publisher.model.site import Site
from publisher.pages.article import article_page
from publisher.pages.frame import local
from publisher.pages.home import home_page
from publisher.pages.listing import Place, month_page
from publisher.pages.notice import not_found_page, notice_page, stylesheet
from publisher.templating import Templates

SITE = Site(
    id="2b1e0d5c-38c8-4f0e-a5b1-3f8f0a0a7a11",
    title="جريدة المثال",
    description="أخبار وآراء كل صباح",
    url="https://news.example.org",
    language="ar",
    direction="rtl",
    region="IQ",
    timezone=ZoneInfo("Asia/Baghdad"),
    author="هيئة التحرير",
    digits=(("ar", "latn"),),
)
LAYOUT = Layout(SITE.url)
TEMPLATES = Templates()
FRIDAY = datetime(2021, 7, 23, 9, 0, tzinfo=UTC)


def make_story(*blocks: Block, **fields: object) -> Story:
    values: dict[str, object] = {
        "id": "urn:uuid:00000000-0000-5000-8000-000000000001",
        "seq": 1,
        "slug": "المجلس-يقر-الميزانية",
        "path": "a.txt",
        "title": "المجلس يقر الميزانية",
        "language": "ar",
        "direction": "rtl",
        "summary": "أقر المجلس 3500 بند.",
        "summary_is_lead": True,
        "authors": (),
        "categories": (),
        "published": FRIDAY,
        "updated": FRIDAY,
        "digest": True,
        "pin": False,
        "weight": 0,
        "content_hash": "00",
    }
    article = Article(**(values | fields))  # type: ignore[arg-type]
    default = Block("<p>أقر المجلس 3500 بند.</p>", article.language, article.direction)
    return Story(article, Body(blocks or (default,), article.language, article.direction))


def article(*blocks: Block, site: Site = SITE, **fields: object) -> html.HtmlElement:
    return html.fromstring(article_page(site, LAYOUT, make_story(*blocks, **fields), TEMPLATES))


def home(*articles: Article) -> html.HtmlElement:
    return html.fromstring(home_page(SITE, LAYOUT, articles, TEMPLATES))


def text(page: html.HtmlElement, path: str) -> str:
    (element,) = page.xpath(path)
    return " ".join(element.text_content().split())


def pages() -> list[html.HtmlElement]:
    asks = notice_page(
        SITE, LAYOUT, TEMPLATES, title="إلغاء", text="نص", action="/u/1", button="نعم", language="ar"
    )
    return [
        article(),
        home(make_story().article),
        html.fromstring(asks),
        html.fromstring(not_found_page(SITE, LAYOUT, TEMPLATES)),
    ]


@pytest.mark.parametrize(
    ("language", "direction", "title"),
    [
        ("ar", "rtl", "المجلس يقر الميزانية"),
        ("fa", "rtl", "می‌خواهیم یاد بگیریم"),
        ("he", "rtl", "לומדים לכתוב"),
        ("ur", "rtl", "آج بازار جلدی کھل گیا"),
        ("ckb", "rtl", "بازاڕ ئەمڕۆ زوو کرایەوە"),
        ("ug", "rtl", "بازار بۈگۈن بالدۇر ئېچىلدى"),
        ("en", "ltr", "A quiet morning"),
    ],
)
def test_a_page_has_the_language_and_direction_of_its_article(
    language: str, direction: Direction, title: str
) -> None:
    page = article(language=language, direction=direction, title=title)

    assert (page.get("lang"), page.get("dir")) == (language, direction)
    assert text(page, "//h1") == title
    assert page.findtext(".//title") == f"{title} — جريدة المثال"


def test_the_interface_says_which_language_it_is_in() -> None:
    page = article(language="ug", title="بازار")  # Uyghur words fall back to English
    (foot,) = page.xpath("//footer")
    (masthead,) = page.xpath("//header[@class='masthead']")

    assert (foot.get("lang"), foot.get("dir")) == ("en", "ltr")
    assert (masthead.get("lang"), masthead.get("dir")) == ("ar", "rtl")


def test_each_block_has_its_own_direction() -> None:
    page = article(
        Block("<p>أقر المجلس الميزانية.</p>", "ar", "rtl"), Block("<p>The budget passed.</p>", "en", "ltr")
    )
    (english,) = page.xpath("//article//p[contains(., 'passed')]")

    assert (english.get("lang"), english.get("dir")) == ("en", "ltr")


@pytest.mark.parametrize(("language", "own"), [("fa", "fa"), ("ug", "en")])
def test_the_form_and_the_menu_lead_on_in_the_language_of_the_page(language: str, own: str) -> None:
    story = make_story(language=language, title="بازار")
    page = html.fromstring(article_page(SITE, replace(LAYOUT, letters=True), story, TEMPLATES, signup=True))

    (form,) = page.forms
    assert ("/subscribe", own) == (form.action, form.fields["lang"])
    assert f"/subscribe?lang={own}" == page.xpath("//nav[@class='menu']/a/@href")[-1]


def test_where_there_is_no_newsletter_the_menu_leads_to_the_feeds() -> None:
    assert "/#feeds" == home().xpath("//nav[@class='menu']/a/@href")[-1]


def test_topics_stand_on_the_home_page_from_three_on() -> None:
    topics = [("رياضة", "category/a"), ("ثقافة", "category/b"), ("بيئة", "category/c")]

    shown = [
        html.fromstring(home_page(SITE, LAYOUT, (), TEMPLATES, topics=topics[:count])).xpath(
            "//nav[@class='topics']//a/text()"
        )
        for count in (1, 2, 3)
    ]

    assert [[], [], ["رياضة", "ثقافة", "بيئة"]] == shown


def test_nothing_is_newer_than_the_newest_month_of_the_archive() -> None:
    def newer(place: Place, month: str) -> list[str]:
        page = month_page(
            SITE, LAYOUT, TEMPLATES, place, month="2026-10", lines=(), part=0, parts=0, older="", newer=month
        )
        return [str(each) for each in html.fromstring(page).xpath("//a[@rel='prev']/@href")]

    sport = Place("category/sport", "category", "sport", "en")

    assert [[], ["/archive/2026/11/"]] == [newer(Place("archive"), month) for month in ("", "2026-11")]
    assert ["/category/sport/"] == newer(sport, "")  # its page has the newest


def test_addresses_of_feeds_are_readable_and_lead_to_what_they_say() -> None:
    site = replace(SITE, url="https://news.example.org/جريدة")
    page = html.fromstring(home_page(site, Layout("https://news.example.org/%D8%AC"), (), TEMPLATES))
    shown = page.xpath("//ul[@class='feeds']//a")[0]

    assert ("https://news.example.org/ج/rss.xml", "/%D8%AC/rss.xml") == (shown.text, shown.get("href"))


@pytest.mark.parametrize("page", pages(), ids=["article", "home", "notice", "404"])
def test_every_page_names_the_three_feeds(page: html.HtmlElement) -> None:  # F25
    found = [
        (link.get("type"), link.get("href"), link.get("hreflang"), link.get("title"))
        for link in page.xpath("//link[@rel='alternate']")
    ]

    assert found == [
        ("application/rss+xml", "https://news.example.org/rss.xml", "ar", f"{SITE.title} (RSS)"),
        ("application/atom+xml", "https://news.example.org/atom.xml", "ar", f"{SITE.title} (Atom)"),
        ("application/feed+json", "https://news.example.org/feed.json", "ar", f"{SITE.title} (JSON Feed)"),
    ]


@pytest.mark.parametrize("page", pages(), ids=["article", "home", "notice", "404"])
def test_no_page_asks_a_third_party_or_runs_a_script(page: html.HtmlElement) -> None:
    loaded = page.xpath("//@src | //link[@rel='stylesheet']/@href")

    assert loaded == ["/style.css"]
    assert page.xpath("//script[not(@type='application/ld+json')] | //@*[starts-with(name(), 'on')]") == []
    assert page.xpath("//*[@dir='auto']") == []
    assert page.xpath("count(//h1)") == 1


def test_an_article_is_found_under_its_own_address() -> None:
    (canonical,) = article().xpath("//link[@rel='canonical']/@href")

    assert canonical == LAYOUT.article("المجلس-يقر-الميزانية")
    assert canonical.isascii()


def test_dates_are_the_regions_and_readable_by_machines() -> None:  # R8
    page = article(updated=FRIDAY + timedelta(days=1))
    times = [(time.get("datetime"), time.text_content()) for time in page.xpath("//time")]

    assert times == [
        ("2021-07-23T09:00:00+00:00", "الجمعة 23 تموز 2021"),
        ("2021-07-24T09:00:00+00:00", "السبت 24 تموز 2021"),
    ]


def test_the_digits_are_those_of_the_site() -> None:  # R8
    eastern = replace(SITE, digits=(("ar", "arab"),))
    page = html.fromstring(article_page(eastern, LAYOUT, make_story(), TEMPLATES))

    assert text(page, "//time") == "الجمعة ٢٣ تموز ٢٠٢١"


def test_a_list_is_numbered_in_the_digits_of_the_site() -> None:  # A2, R8
    eastern = replace(SITE, digits=(("ar", "arab"),))

    assert "digits-arab" in article(site=eastern).xpath("string(//article/@class)").split()
    assert "digits-latn" in article().xpath("string(//article/@class)").split()


def test_an_update_on_the_same_day_is_not_worth_a_line() -> None:
    assert len(article(updated=FRIDAY + timedelta(hours=1)).xpath("//time")) == 1


def test_markup_in_a_headline_stays_text() -> None:  # F12
    page = article(title="الوسم <b>عريض</b> & <script>x</script>")

    assert text(page, "//h1") == "الوسم <b>عريض</b> & <script>x</script>"
    assert page.xpath("//h1//b | //script[not(@type='application/ld+json')]") == []


def test_a_latin_run_in_a_headline_is_isolated() -> None:  # F9
    page = article(title="تعلم C++ في أسبوع")

    assert page.xpath("//h1/bdi[@dir='ltr']/text()") == ["C++"]


def test_a_headline_that_starts_latin_keeps_its_direction_in_the_tab() -> None:  # F6
    title = article(title="iPhone 17: أبل تكشف!").findtext(".//title")

    assert title == "\u200fiPhone 17: أبل تكشف! — جريدة المثال"


@pytest.mark.parametrize(("is_lead", "shown"), [(True, 0), (False, 1)])
def test_a_summary_that_is_the_lead_is_not_shown_twice(is_lead: bool, shown: int) -> None:  # A11
    assert len(article(summary_is_lead=is_lead).xpath("//*[@class='standfirst']")) == shown


def test_authors_are_named_in_a_sentence_of_the_language() -> None:  # R8
    page = article(authors=("سارة العلي", "John <Smith>"))

    assert text(page, "//article//p[contains(@class, 'meta')]/span") == "بقلم سارة العلي و John <Smith>"
    assert page.xpath("//article//bdi[@dir='ltr']/text()") == ["John <Smith>"]


def test_the_same_story_gives_the_same_bytes() -> None:  # F2
    story = make_story()

    assert article_page(SITE, LAYOUT, story, TEMPLATES) == article_page(SITE, LAYOUT, story, TEMPLATES)


def test_the_home_page_lists_articles_in_the_order_given() -> None:
    first = make_story(slug="first", language="en", direction="ltr", title="First").article
    second = make_story(slug="ثان", title="الثاني").article
    page = home(first, second)
    teasers = page.xpath("//article")

    assert [(teaser.get("lang"), teaser.get("dir")) for teaser in teasers] == [("en", "ltr"), ("ar", "rtl")]
    assert page.xpath("//article//a/@href") == ["/first/", "/%D8%AB%D8%A7%D9%86/"]
    assert text(page, "//h1") == "جريدة المثال"


def test_the_home_page_of_a_site_below_a_path_stays_there() -> None:
    layout = Layout("https://example.org/blog")
    page = html.fromstring(home_page(SITE, layout, [make_story(slug="a").article], TEMPLATES))

    assert page.xpath("//article//a/@href") == ["/blog/a/"]
    assert page.xpath("//link[@rel='stylesheet']/@href") == ["/blog/style.css"]


def test_the_home_page_shows_how_to_subscribe() -> None:
    assert home().xpath("//section[@id='feeds']//a/text()") == [
        "https://news.example.org/rss.xml",
        "https://news.example.org/atom.xml",
        "https://news.example.org/feed.json",
    ]


def test_an_empty_site_says_so() -> None:
    assert "لم يُنشر شيء بعد." in text(home(), "//main")


def test_a_question_has_one_form_with_one_button() -> None:  # H3
    page = html.fromstring(
        notice_page(
            SITE,
            LAYOUT,
            TEMPLATES,
            title="إلغاء الاشتراك",
            text="هل؟",
            action="/u/x?y=1&z",
            button="نعم",
            language="ar",
        )
    )
    (form,) = page.xpath("//form")

    assert (form.get("method"), form.get("action")) == ("post", "/u/x?y=1&z")
    assert [button.get("type") for button in form.xpath(".//button | .//input")] == ["submit"]
    assert page.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]


def test_a_notice_without_an_action_has_no_form() -> None:
    page = html.fromstring(notice_page(SITE, LAYOUT, TEMPLATES, title="تم", text="نص", language="ar"))

    assert page.xpath("//form") == []


@pytest.mark.parametrize(
    ("language", "shown", "direction"), [("he", "he", "rtl"), ("ps", "en", "ltr"), ("en-GB", "en", "ltr")]
)
def test_a_notice_is_in_the_language_of_its_words(language: str, shown: str, direction: str) -> None:
    page = html.fromstring(notice_page(SITE, LAYOUT, TEMPLATES, title="x", text="y", language=language))

    assert (page.get("lang"), page.get("dir")) == (shown, direction)


def test_a_missing_page_is_told_in_the_language_of_the_site() -> None:
    page = html.fromstring(not_found_page(SITE, LAYOUT, TEMPLATES))

    assert text(page, "//h1") == "الصفحة غير موجودة"
    assert page.xpath("//link[@rel='canonical']") == []


def test_a_site_adds_to_the_style_sheet_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/own.css").write_text(":root { --accent: red }\n")

    assert stylesheet(TEMPLATES) + b":root { --accent: red }\n" == stylesheet(Templates([tmp_path]))


def test_a_site_overrides_one_template_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/style.css").write_text("body { color: red }")
    theirs = Templates([tmp_path])

    assert stylesheet(theirs) == b"body { color: red }"
    assert home_page(SITE, LAYOUT, [], theirs) == home_page(SITE, LAYOUT, [], TEMPLATES)


def test_a_broken_template_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/home.html.j2").write_text("<p>\n{{ nothing_of_the_kind }}")

    with pytest.raises(BadConfig, match="nothing_of_the_kind"):
        home_page(SITE, LAYOUT, [], Templates([tmp_path]))


def test_the_stylesheet_has_no_side_of_its_own() -> None:
    css = stylesheet(TEMPLATES).decode()

    assert "http" not in css
    assert "@import" not in css
    for side in ("margin-left", "margin-right", "padding-left", "padding-right", "border-left", "float:"):
        assert side not in css


@pytest.mark.parametrize("root", ["https://e.org", "http://e.org:8080/a%20b", "https://[::1]:1"])
@given(st.text(st.characters(codec="utf-8")))
def test_a_link_between_pages_is_the_path_of_the_address(root: str, path: str) -> None:  # F25
    url = Layout(root).url(path)

    assert urlsplit(url).path == local(url)
