"""Letters that are no edition, corrections, and what all letters have in common (H6)."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import html as parser

from publisher.digests import notices
from publisher.digests.compose import correction, spoken
from publisher.digests.samples import samples, trials
from publisher.errors import BadConfig
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Approve, Content
from publisher.model.site import Letterhead
from publisher.templating import Templates
from tests.digests.letters import (
    HOME,
    LANGUAGES,
    LAYOUT,
    NOTES,
    PLANNED,
    POSTAL,
    TEMPLATES,
    TITLES,
    article,
    direction,
    every,
    house,
    newsletter,
    site,
)

TO_READERS = ("digest", "grouped", "article", "correction", "welcome", "yearly")  # who have a subscription
OTHERS = ("confirm", "goodbye", "links", "editors", "notice")
made = cache(every)
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


def said(content: Content) -> str:
    text = parser.document_fromstring(content.html).text_content()
    return " ".join(re.sub("[\u200e\u200f]", "", text).split())


def lines(content: Content) -> list[str]:
    return [line.strip("\u200f") for line in content.text.split("\n")]


@pytest.mark.parametrize("kind", TO_READERS)
@EVERY_LANGUAGE
def test_a_reader_finds_why_and_the_ways_out_in_both_parts(kind: str, language: str) -> None:  # H6
    content = made(language)[kind]
    root = parser.document_fromstring(content.html)

    for slot in (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT):
        (link,) = root.xpath(f"//a[@href='{slot}']")
        assert link.text_content().strip() == lines(content)[content.text.split("\n").index(slot) - 1]
    (why,) = [
        line
        for line in lines(content)[-16:]
        if TITLES[language] in line and len(line) > len(TITLES[language])
    ]
    assert why in said(content)


@pytest.mark.parametrize("kind", TO_READERS + OTHERS)
@EVERY_LANGUAGE
def test_the_publishers_address_is_in_every_letter(kind: str, language: str) -> None:  # H6
    content = made(language)[kind]

    assert list(POSTAL[language]) == lines(content)[-3:-1]
    for each in POSTAL[language]:
        assert each in said(content)


@pytest.mark.parametrize("kind", OTHERS)
@EVERY_LANGUAGE
def test_who_has_no_subscription_is_offered_no_way_out_of_one(kind: str, language: str) -> None:
    content = made(language)[kind]

    for slot in (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT):
        assert slot not in content.html + content.text


@EVERY_LANGUAGE
def test_an_edition_with_a_page_leads_to_it(language: str) -> None:
    content = made(language)["grouped"]
    page = f"{HOME}/newsletter/daily/2026-11-23/"

    assert page in content.html and page in content.text.split("\n")
    assert page not in made(language)["digest"].html


@pytest.mark.parametrize("kind", TO_READERS + OTHERS)
@EVERY_LANGUAGE
def test_plain_text_reads_from_its_side_and_urls_stand_alone(kind: str, language: str) -> None:  # M9
    for line in made(language)[kind].text.split("\n"):
        strong = [k for c in line if (k := unicodedata.bidirectional(c)) in ("L", "R", "AL")]
        if "://" in line:
            assert re.fullmatch(r"https://[!-~]+", line)
        elif {"R", "AL"} & set(strong) and UNSUBSCRIBE_SLOT not in line and language != "en":
            assert "L" != strong[0], line
    assert "\n\n\n" not in made(language)[kind].text.strip()


@pytest.mark.parametrize("kind", TO_READERS + OTHERS)
@EVERY_LANGUAGE
def test_a_letter_speaks_the_language_of_its_reader(kind: str, language: str) -> None:  # R1 R8
    content = made(language)[kind]
    root = parser.document_fromstring(content.html)

    assert (language, direction(language)) == (content.language, content.direction)
    assert (language, direction(language)) == (root.get("lang"), root.get("dir"))
    assert content.subject == root.findtext("head/title")


@pytest.mark.parametrize(
    ("language", "due", "text"),
    [
        ("ar", PLANNED, "تصلك أول رسالة يوم الاثنين 23 تشرين الثاني 2026."),
        ("fa", PLANNED, "نخستین ایمیل روز دوشنبه ۲۳ نوامبر ۲۰۲۶ به دستتان می‌رسد."),
        ("he", PLANNED, "ההודעה הראשונה תגיע ביום שני, 23 בנובמבר 2026."),
        ("ar", None, "تصلك أول رسالة حالما يُنشر جديد."),
    ],
)
def test_a_new_reader_is_told_when_the_first_letter_comes(
    language: str, due: datetime | None, text: str
) -> None:  # R8
    content = notices.welcome(house(language), newsletter(language), LAYOUT, TEMPLATES, due=due)

    assert text in lines(content) and text in said(content)


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("ar", "يرجى تأكيد الاشتراك: النشرة اليومية"),
        ("he", "נא לאשר: העלון"),
        ("en", "Please confirm: The Digest"),
    ],
)
def test_a_confirmation_has_one_button_and_says_what_for(language: str, subject: str) -> None:  # H3
    content = made(language)["confirm"]
    links = parser.document_fromstring(content.html).xpath("//a[contains(@href, '/confirm/')]")

    assert subject == content.subject
    assert [f"{HOME}/confirm/token"] == [link.get("href") for link in links]
    assert f"{HOME}/confirm/token" in content.text.split("\n")


def test_a_goodbye_offers_a_way_back_where_there_is_one() -> None:
    of, daily = house("ar"), newsletter("ar")
    back = notices.goodbye(of, daily, LAYOUT, TEMPLATES, undo_url=f"{HOME}/undo/token")
    none = notices.goodbye(of, daily, LAYOUT, TEMPLATES)

    assert f"{HOME}/undo/token" in back.text and f'href="{HOME}/undo/token"' in back.html
    assert "أربع وعشرين ساعة" in back.text and "أربع وعشرين ساعة" not in none.text
    assert "إعادة الاشتراك" not in none.html


@pytest.mark.parametrize(
    ("approve", "silence"),
    [("required", "لن تُرسل ما لم ترد."), ("notify", "إن لم ترد، أُرسلت في موعدها.")],
)
def test_an_editor_sees_what_goes_out_when_to_how_many_and_what_silence_means(
    approve: Approve, silence: str
) -> None:
    content = notices.preview_for_editors(
        house("ar"),
        newsletter("ar", approve=approve),
        LAYOUT,
        TEMPLATES,
        subject="النشرة: خبر",
        headlines=["خبر", "CNN تعلن عن خبر جديد"],
        more=9,
        readers=2,
        due=PLANNED,
        approval_url=f"{HOME}/approve/token",
    )

    told = ["موعد الإرسال: الاثنين 23 تشرين الثاني 2026، الساعة 7:00 صباحًا.", "11 مقالًا", "قارئان", silence]
    assert [*told, "النشرة: خبر", "• خبر", "• CNN تعلن عن خبر جديد"] == [
        line for line in lines(content) if line in (*told, "النشرة: خبر") or line.startswith("•")
    ]
    for line in told:
        assert line in said(content)
    assert f"{HOME}/approve/token" in content.text.split("\n")


def leaves(schedule: str, approve: Approve, language: str = "ar") -> list[str]:
    content = notices.preview_for_editors(
        house(language),
        newsletter(language, schedule=schedule, approve=approve),
        LAYOUT,
        TEMPLATES,
        subject="خبر",
        headlines=["خبر"],
        more=0,
        readers=2,
        due=PLANNED,
        approval_url=f"{HOME}/approve/token",
    )
    return lines(content)


@pytest.mark.parametrize(
    "schedule, approve, due",
    [("instant", "required", False), ("instant", "notify", True), ("daily 07:00", "required", True)],
)
def test_an_instant_letter_that_waits_for_its_release_names_no_time(
    schedule: str, approve: Approve, due: bool
) -> None:  # D8
    told = leaves(schedule, approve)

    assert due == any("موعد الإرسال" in line for line in told)
    assert due != ("تُرسل فور السماح بإرسالها." in told)


@pytest.mark.parametrize(
    "language, words",
    [
        ("fa", "به‌محض اجازهٔ ارسال فرستاده می‌شود."),
        ("he", "המהדורה תישלח מיד עם אישורה."),
        ("ur", "اجازت ملتے ہی یہ بھیج دیا جائے گا۔"),
        ("ckb", "ھەر کە ڕێگەی پێ درا دەنێردرێت."),
        ("en", "It leaves as soon as somebody releases it."),
    ],
)
def test_that_it_leaves_with_its_release_is_said_in_every_language(language: str, words: str) -> None:  # D8
    assert words in leaves("instant", "required", language)


def test_a_headline_in_another_direction_stands_beside_its_dot_on_its_own_side() -> None:  # R5
    rows = parser.document_fromstring(made("ar")["editors"].html).xpath("//tr[td[@width]]")
    found = [
        (row.xpath("ancestor::table[1]/@dir"), row.xpath("td/@dir"), row.xpath("td/@align")) for row in rows
    ]

    rtl, ltr = (["rtl"], ["rtl"] * 2, ["right"] * 2), (["ltr"], ["ltr"] * 2, ["left"] * 2)
    assert [rtl, rtl, rtl, ltr] == found


@EVERY_LANGUAGE
def test_a_correction_names_the_article_and_says_what_was_wrong(language: str) -> None:
    content = made(language)["correction"]
    title = article(language).title

    assert re.sub("[\u200e\u200f]", "", content.subject).endswith(f": {title}")
    assert [title] == parser.document_fromstring(content.html).xpath("//h1")[0].xpath("string()").split("\n")
    assert NOTES[language] in re.sub("[\u200e\u200f]", "", content.text) and NOTES[language] in said(content)


def test_a_correction_speaks_to_each_reader_in_their_language() -> None:  # R8
    content = correction(
        house("ar"),
        newsletter("ar"),
        article("ar"),
        NOTES["ar"],
        LAYOUT,
        TEMPLATES,
        PLANNED,
        "he",
        text_only=True,
    )

    assert "" == content.html
    assert "ביטול ההרשמה" in lines(content) and NOTES["ar"] in content.text


def test_a_title_in_a_sentence_of_the_other_direction_stays_whole() -> None:  # R4 R6
    content = notices.welcome(site(), newsletter(title="The Week (2)"), LAYOUT, TEMPLATES)

    assert "تم تأكيد اشتراكك في \u200eThe Week (2)\u200e." in content.text
    assert "أهلًا بك في \u200eThe Week (2)\u200e" == content.subject


@pytest.mark.parametrize(("language", "other"), [("ar", "en"), ("en", "ar"), ("he", "en")])
def test_the_publishers_words_are_set_in_the_publishers_language(language: str, other: str) -> None:  # R1 R5
    content = made(language)["foreign"]
    root = parser.document_fromstring(content.html)
    own = [
        p for p in root.xpath("//p") if p.xpath("string()").strip() in (TITLES[language], *POSTAL[language])
    ]

    assert (other, direction(other)) == (root.get("lang"), root.get("dir"))
    assert [(language, direction(language))] * 4 == [(p.get("lang"), p.get("dir")) for p in own]


@pytest.mark.parametrize(
    ("reader", "language"),
    [("fa", "fa"), ("fa-AF", "fa"), ("ps", "ar"), ("ur-Latn", "ar"), (None, "ar"), ("xx", "ar")],
)
def test_the_interface_is_the_readers_where_we_speak_it(reader: str | None, language: str) -> None:  # R8
    assert language == spoken(reader, "ar")


def test_a_site_without_an_address_has_no_empty_lines_for_one() -> None:  # H6
    of = replace(house("ar"), letterhead=Letterhead())
    content = notices.welcome(of, newsletter("ar"), LAYOUT, TEMPLATES)

    assert content.text.endswith(f"{HOME}/\n")


@EVERY_LANGUAGE
def test_there_is_a_sample_of_every_letter(language: str) -> None:  # R10
    found = samples(site(language), newsletter(language), LAYOUT, TEMPLATES, PLANNED)

    kinds = ["confirm", "welcome", "goodbye", "links", "yearly", "correction", "editors", "notice"]
    assert kinds == list(found)
    assert len(found) == len({content.subject for content in found.values()})
    assert {language} == {content.language for content in found.values()}


TEMPLATE_OF = {
    "digest": "digest",
    "article": "article",
    "confirm": "confirm",
    "welcome": "welcome",
    "goodbye": "goodbye",
    "links": "links",
    "yearly": "yearly",
    "correction": "correction",
    "editors": "preview",
    "notice": "notice",
}


@pytest.mark.parametrize("part", ["html", "txt"])
@pytest.mark.parametrize("kind", TEMPLATE_OF)
@pytest.mark.parametrize("instant", [True, False])
def test_a_broken_template_of_a_site_is_found_by_file_and_line(
    kind: str, part: str, instant: bool, tmp_path: Path
) -> None:  # R10
    name = f"{TEMPLATE_OF[kind]}.{part}.j2"
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / name).write_text("x\n{{ nothing }}\n")
    daily = newsletter(schedule="instant" if instant else "daily 07:00")
    made = trials(site(), daily, LAYOUT, Templates([tmp_path]), PLANNED)

    assert set(TEMPLATE_OF) == set(made)
    for other, make in made.items():
        if other == kind:
            with pytest.raises(BadConfig, match=rf"{re.escape(name)}:2: .*'nothing' is undefined"):
                make()
        else:
            make()
