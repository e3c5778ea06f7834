"""Digests and letters about one article, as compose makes them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from lxml import html as parser

from publisher.digests.compose import compose
from publisher.digests.select import Selection
from publisher.errors import BadConfig
from publisher.layout import Layout
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content
from publisher.templating import Templates
from publisher.text.dates import Digits
from tests.digests.letters import (
    LAYOUT,
    PLANNED,
    POSTAL,
    STORIES,
    TEMPLATES,
    TITLES,
    article,
    direction,
    grouped,
    letter,
    mixed,
    newsletter,
    site,
)


def dom(content: Content) -> parser.HtmlElement:
    return parser.document_fromstring(content.html)


def style(element: etree._Element) -> dict[str, str]:
    parts = (part.partition(":") for part in (element.get("style") or "").split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def elements(content: Content) -> Iterator[etree._Element]:
    return (element for element in dom(content).iter() if isinstance(element.tag, str))


def shows(element: etree._Element) -> bool:
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    return bool(own.replace("\xa0", "").strip())


EVERY_LETTER = pytest.mark.parametrize("language", STORIES)


@EVERY_LETTER
def test_direction_stands_on_everything_with_text(language: str) -> None:  # R1 R5
    root = dom(mixed(language))
    body = root.find("body")
    assert body is not None
    tables = root.xpath("//table[@role='presentation' and contains(@class, 'sheet')]")

    for element in [body, *tables, *root.xpath("//h1 | //h2 | //p | //td[.//p and not(.//table)]")]:
        assert element.get("dir") in ("rtl", "ltr")
        assert element.get("dir") == style(element)["direction"]
        assert {"rtl": "right", "ltr": "left"}[element.get("dir")] == style(element)["text-align"]
        assert element.get("lang")
    for cell in root.xpath("//td[@dir]"):
        assert {"rtl": "right", "ltr": "left"}[cell.get("dir")] == cell.get("align")
    for element in root.xpath("//td | //li"):
        assert element.get("dir") or not shows(element)
    assert (language, direction(language)) == (root.get("lang"), root.get("dir"))


@EVERY_LETTER
def test_each_item_has_its_own_direction_and_language(language: str) -> None:  # R5
    headings = dom(mixed(language)).xpath("//h2")
    order = [language, *(other for other in STORIES if other != language)]

    assert [(other, direction(other)) for other in order] == [(h.get("lang"), h.get("dir")) for h in headings]


@EVERY_LETTER
def test_nothing_is_used_that_mail_programs_drop(language: str) -> None:  # R2
    html = mixed(language).html

    assert [] == re.findall(
        r"text-align:\s*(?:start|end|justify)|-inline|var\(|@font-face|<bdi|<base|float|letter-spacing|italic|url\(|@import",
        html,
    )
    assert [] == re.findall(r"<(?:script|link|img|iframe|form|i|em)\b", html)


@EVERY_LETTER
def test_no_element_has_a_direction_and_a_padding(language: str) -> None:  # R3
    both = [
        element
        for element in elements(mixed(language))
        if (element.get("dir") or "direction" in style(element))
        and any(name.startswith("padding") for name in style(element))
    ]

    assert [] == [etree.tostring(element)[:120] for element in both]
    assert [] == dom(mixed(language)).xpath("//a[@dir]")
    assert dom(mixed(language)).xpath("count(//a)") == dom(mixed(language)).xpath("count(//a[span/@dir])")


def test_latin_runs_are_held_together() -> None:  # R4 R11
    root = dom(letter())
    spans = {span.text_content(): span for span in root.xpath("//span[@dir='ltr']")}

    assert {"C++", ".NET", "@nashir_tech"} <= set(spans)
    assert {("en", "ltr")} == {(span.get("lang"), style(span)["direction"]) for span in spans.values()}


@EVERY_LETTER
def test_fonts_follow_the_script(language: str) -> None:  # R7
    for cell in dom(mixed(language)).xpath("//td[@dir]"):
        css = style(cell)
        heads = {"ur": "'Noto Nastaliq Urdu'", "en": "Georgia", "fa": "Vazirmatn"}
        assert css["font-family"].startswith(heads.get(cell.get("lang"), "'Segoe UI'"))
        assert {"ur": 2.0}.get(cell.get("lang"), 1.6) <= float(css["line-height"])
    assert "<!--[if mso]>" in mixed(language).html


@pytest.mark.parametrize(
    "language, date",
    [
        ("ar", "الاثنين 23 تشرين الثاني 2026"),  # R8: Iraq's month
        ("he", "יום שני, 23 בנובמבר 2026"),
        ("fa", "دوشنبه ۲۳ نوامبر ۲۰۲۶"),
    ],
)
def test_the_date_is_the_regions_in_the_sites_digits(language: str, date: str) -> None:  # R8
    content = letter(language=language)

    assert date in content.text
    assert date in dom(content).text_content()


def test_numbers_have_their_plural() -> None:  # R8
    assert "مقال جديد واحد" in letter().text
    assert "مقالان جديدان" in letter(article(), article(number=2)).text
    content = letter(article(), more=11)
    assert "12 مقالًا جديدًا" in content.text
    assert (
        "11 مقالًا آخر على الموقع" in content.text and "11 مقالًا آخر على الموقع" in dom(content).text_content()
    )


@EVERY_LETTER
def test_a_letter_works_without_its_style_sheet(language: str) -> None:  # R9
    content = mixed(language)
    sheets = re.findall(r"<style>(.*?)</style>", re.sub(r"<!--.*?-->", "", content.html, flags=re.S), re.S)

    assert 1 == len(sheets)
    assert ["media"] == re.findall(r"@(\w+)", sheets[0])
    assert "prefers-color-scheme: dark" in sheets[0]
    for element in dom(content).xpath("//h1 | //h2 | //p"):
        assert "margin" in style(element) and "color" in style(element)


@EVERY_LETTER
def test_the_preheader_comes_first_and_is_hidden(language: str) -> None:  # R9 R6
    body = dom(mixed(language)).find("body")
    assert body is not None
    first = body[0]

    assert ("true", "none") == (first.get("aria-hidden"), style(first)["display"])
    assert STORIES[language][1][:20] in first.text_content()
    assert 80 <= first.text_content().count("\u034f")


def luminance(colour: str) -> float:
    def linear(octet: str) -> float:
        share = int(octet, 16) / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(colour[at : at + 2]) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_by_day() -> None:  # R9
    content = mixed("ar")
    colours = {style(e)["color"] for e in elements(content) if "color" in style(e) and shows(e)}
    (sheet,) = {style(e)["background"] for e in dom(content).xpath("//table[contains(@class, 'sheet')]")}

    assert 3 <= len(colours)
    assert 4.5 <= min(contrast(colour, sheet) for colour in colours)


def test_everything_that_is_coloured_by_day_is_by_night() -> None:  # R9
    night = grouped("ar").html.split("@media (prefers-color-scheme: dark)")[1].split("</style>")[0]

    for selector in ("body", "h1", "h2", "h3", "p", "td", "h2 a", "p.soft", "a.go", "td.button", "a.press"):
        assert re.search(rf"(?:^|[\s,}}]){re.escape(selector)}[ ,]", night), selector


@EVERY_LETTER
def test_a_screen_reader_finds_its_way(language: str) -> None:  # R11
    root = dom(mixed(language))
    names = [link.get("aria-label") or link.text_content().strip() for link in root.xpath("//a")]

    assert {"presentation"} == set(root.xpath("//table/@role"))
    assert len(root.xpath("//table")) == len(root.xpath("//table/@role"))
    assert (1, len(STORIES)) == (len(root.xpath("//h1")), len(root.xpath("//h2")))
    assert len(set(names)) == len(names)
    assert root.findtext("head/title")
    assert root.xpath("//body[@lang and @dir]")
    assert [] == [size for size in re.findall(r"font-size: (\d+)px", mixed(language).html) if int(size) < 16]
    for link in root.xpath("//a"):
        css = style(link)
        heading = ("block", "6px 0") == (css.get("display"), css.get("padding"))  # a line of 21 px by 1.6
        assert "44px" == css.get("line-height") or heading


@EVERY_LETTER
def test_arrows_point_where_reading_goes(language: str) -> None:  # R9
    for link in dom(mixed(language)).xpath("//a[@aria-label]"):
        (words,) = link.xpath("span[@dir]")
        assert {"rtl": "←", "ltr": "→"}[words.get("dir")] == words.text_content().split()[-1]


@EVERY_LETTER
def test_the_ways_out_the_reason_and_the_address_are_in_both_parts(language: str) -> None:  # H6
    content = grouped(language)
    lines = content.text.split("\n")
    said = " ".join(dom(content).text_content().replace("\xa0", " ").split())

    for slot in (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT):
        (link,) = dom(content).xpath(f"//a[@href='{slot}']")
        assert link.text_content().strip() == lines[lines.index(slot) - 1]
    (why,) = [line for line in lines if TITLES[language] in line and len(line) > len(TITLES[language]) + 2]
    assert why.strip("\u200f") in said
    for each in POSTAL[language]:
        assert each in lines and each in said


@EVERY_LETTER
def test_a_plain_text_line_shows_its_direction_first(language: str) -> None:  # M9
    lines = [
        line
        for line in mixed(language).text.split("\n")
        if line and not line.startswith(("http", UNSUBSCRIBE_SLOT, PREFERENCES_SLOT))
    ]
    strong = [
        next((k for c in line if (k := unicodedata.bidirectional(c)) in ("L", "R", "AL")), "L")
        for line in lines
    ]
    rtl = ["R" if any(unicodedata.bidirectional(c) in ("R", "AL") for c in line) else "L" for line in lines]

    assert rtl == ["R" if kind in ("R", "AL") else "L" for kind in strong]
    assert (language == "en") or "\u200fiPhone 17" in mixed(language).text


@EVERY_LETTER
def test_urls_stand_alone_in_plain_text(language: str) -> None:  # M9
    text = mixed(language).text

    assert [] == [
        line for line in text.split("\n") if "://" in line and not re.fullmatch(r"https://[!-~]+", line)
    ]
    assert "https://nashir.example/%D8%AE%D8%A8%D8%B1-1/" in text.split("\n")
    assert "\n\n\n" not in text.strip() and not re.search(r"&\w+;|<span|\u034f", text)


def test_article_text_is_data() -> None:
    evil = "{{7*7}} <script>alert(1)</script> & \"q\" 'x'"
    content = letter(article(title=evil, summary=f"خبر {evil}", authors=(evil,), categories=(evil,)))
    root = dom(content)

    assert [] == root.xpath("//script")
    assert evil == root.xpath("//h2")[0].text_content().replace("\u200f", "")
    assert evil in re.sub("[\u200e\u200f]", "", content.text) and "{{7*7}}" in content.subject


def test_a_headline_that_is_latin_altogether_keeps_its_order() -> None:
    content = letter(article(title="Breaking news (live)!"))
    (span,) = dom(content).xpath("//h2/a/span/span")

    assert ("Breaking news (live)!", "ltr") == (span.text, span.get("dir"))
    assert "Breaking news (live)!" in content.text.split("\n")


@pytest.mark.parametrize(
    "titles, subject",
    [
        (["عاجل: خبر"], "عاجل: خبر"),
        (["خبر أول", "خبر ثان"], "النشرة اليومية: خبر أول"),
        (["CNN تعلن"], "\u200fCNN تعلن"),  # R6
        (["«CNN» تعلن"], "\u200f«CNN» تعلن"),
        (["Breaking news!"], "Breaking news!"),
        (["أ" * 151], "أ" * 149 + "…"),
        (["أ" * 150], "أ" * 150),
        (["خ" + "👨‍👩‍👧" * 200], "خ" + "👨‍👩‍👧" * 148 + "…"),
        (["a\r\nBcc: x@example.net"], "a Bcc: x@example.net"),  # M4
    ],
)
def test_the_subject_is(titles: list[str], subject: str) -> None:  # D10
    assert subject == letter(*(article(number=n, title=title) for n, title in enumerate(titles))).subject


def test_a_newsletter_may_have_its_own_subject() -> None:  # D10
    content = letter(
        article(title="خبر <1>"),
        subject="{{ newsletter }} ({{ count }}): {{ headline }} – {{ date }}",
        more=1,
    )

    assert "النشرة اليومية (2): خبر <1> – الاثنين 23 تشرين الثاني 2026" == content.subject


@pytest.mark.parametrize(
    ("digits", "subject"),
    [
        ("arab", "١٢ خبرًا، 12+1=13، 12 > 9، ١٢"),
        ("latn", "12 خبرًا، 12+1=13، 12 > 9، 12"),
    ],
)
def test_the_number_in_a_subject_is_in_the_sites_digits(digits: Digits, subject: str) -> None:  # D10, R8
    template = "{{ count }} خبرًا، 12+1={{ count + 1 }}، 12 {% if count > 9 %}>{% endif %} 9، {{ '' ~ count }}"

    here = replace(site("ar"), digits=(("ar", digits),))
    content = compose(
        here, newsletter("ar", template), Selection((article(),), 11), LAYOUT, TEMPLATES, PLANNED
    )

    assert subject == content.subject


@pytest.mark.parametrize("subject", ["{{ nothing }}", "{{ headline", "{{ ''.__class__.__mro__ }}"])
def test_a_subject_that_cannot_be_made_says_where(subject: str) -> None:
    with pytest.raises(BadConfig, match=r"newsletters\.daily\.subject"):
        letter(subject=subject)


def test_same_selection_same_letter() -> None:  # M5
    assert mixed("ar") == mixed("ar")


def test_a_site_replaces_a_template_file_by_file(tmp_path: Path) -> None:  # R10
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/digest.txt.j2").write_text(
        "{{ newsletter }}: {{ items | length }}\n{{ unsubscribe_url }}\n"
    )
    content = letter(templates=Templates([tmp_path]))

    assert f"النشرة اليومية: 1\n{UNSUBSCRIBE_SLOT}\n" == content.text
    assert "<h1" in content.html


def test_a_language_without_words_of_ours_gets_english_ones() -> None:  # R8
    of = replace(site(), language="ug", title="ناشىر")
    story = article(title="كىتاب كۆرگەزمىسى ئېچىلدى", summary="بۈگۈن شەھەردە كىتاب كۆرگەزمىسى ئېچىلدى.")
    chosen = Selection((replace(story, language="ug"),), 0)
    root = dom(compose(of, newsletter(), chosen, Layout(of.url), Templates(), PLANNED))
    (link,) = root.xpath(f"//a[@href='{UNSUBSCRIBE_SLOT}']/span")

    assert ("Unsubscribe", "ltr") == (link.text, link.get("dir"))
    assert [("ug", "rtl")] == [(h.get("lang"), h.get("dir")) for h in root.xpath("//h2")]


def test_plain_text_has_the_short_address_where_the_url_is_too_long_to_read() -> None:  # A16
    long, short = article(number=1, slug="خبر-طويل-" * 9), article(number=2)
    at = Layout(site().url)
    content = letter(long, short)
    lines = content.text.splitlines()

    assert 540 > len(at.article(long.slug)) > 100 > len(at.article(short.slug))
    assert at.permalink(long.id) in lines and at.article(short.slug) in lines
    assert at.article(long.slug) not in lines
    assert at.article(long.slug) in content.html
    without = compose(
        site(), newsletter(), Selection((long,), 0), Layout(site().url, pages=False), Templates(), PLANNED
    )
    assert at.article(long.slug) in without.text.splitlines()
