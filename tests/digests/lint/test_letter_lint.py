"""The lint finds what is wrong with a letter, and nothing in ours."""

import re
from dataclasses import replace

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from publisher.digests import notices
from publisher.digests.frame import Link
from publisher.digests.lint.check import check
from publisher.digests.lint.given import Given
from publisher.digests.lint.table import GROUPS, RULES
from publisher.layout import Layout
from publisher.mail import message
from publisher.mail.message import MailingList, Sender
from publisher.model.digest import Content, Edition
from publisher.model.finding import Finding
from publisher.model.site import Letterhead
from publisher.templating import Templates
from tests.digests.letters import PLANNED, STORIES, TITLES, article, letter, mixed, newsletter, site
from tests.digests.lint.faults import FAULTS, Fault

AUTHORED = (
    *(text for story in STORIES.values() for text in story),
    *TITLES.values(),
    "Sami Haddad",
    "تقنية",
    "Tech",
)
SENDER = Sender(
    "النشرة", "news@nashir.example", "", "nashir.example",
    list=MailingList("daily.nashir.example", "النشرة اليومية", "news@nashir.example", "https://nashir.example/n/"),
)  # fmt: skip
OF = Layout("https://nashir.example")


def whole(content: Content) -> bytes:
    edition = Edition(1, "daily", "2026-11-23T04:00:00+00:00", PLANNED, PLANNED, 9)
    made = message.assemble(
        content, edition, SENDER, recipient="reader@example.org", message_id_key="k",
        unsubscribe_url=OF.unsubscribe("t"), preferences_url=OF.preferences("t"),
    )  # fmt: skip
    return made.data


def linted(content: Content, language: str, *, listed: bool = True, data: bytes = b"") -> tuple[Finding, ...]:
    return check(Given(content, site(language), language, AUTHORED, listed, data))


def names(found: tuple[Finding, ...]) -> set[str]:
    return {each.name for each in found}


def content(language: str) -> Content:
    if language == "two":
        return letter(article(), article(number=2, title="خبر آخر"))
    return mixed("ar") if language == "mixed" else letter(language=language)


@pytest.mark.parametrize("language", STORIES)
def test_nothing_is_said_of_an_edition_of_ours(language: str) -> None:  # R10
    for one in (letter(language=language), mixed(language)):
        assert () == linted(one, language, data=whole(one))


@pytest.mark.parametrize("language", STORIES)
def test_nothing_is_said_of_our_other_letters(language: str) -> None:  # R10
    of, paper, templates = site(language), newsletter(language), Templates()
    url = "https://nashir.example/x"
    title, summary = STORIES[language]
    headlines = [each for each, _ in STORIES.values()]
    editors = notices.preview_for_editors(
        of,
        paper,
        OF,
        templates,
        subject=title,
        headlines=headlines,
        more=2,
        readers=3,
        due=PLANNED,
        approval_url=url,
    )
    made = {
        "welcome": notices.welcome(of, paper, OF, templates, due=PLANNED),
        "confirm": notices.confirm(of, paper, OF, templates, confirm_url=url),
        "goodbye": notices.goodbye(of, paper, OF, templates, undo_url=url),
        "links": notices.links(
            of,
            OF,
            templates,
            about="own",
            preferences=[Link(TITLES[language], url)],
            held_url=url,
            erase_url=url,
        ),
        "yearly": notices.yearly(of, paper, OF, templates, still_url=url, ends=PLANNED),
        "editors": editors,
        "notice": notices.notice_for_editors(of, OF, templates, subject=title, text=summary),
    }

    assert dict.fromkeys(made, ()) == {
        name: linted(one, language, listed=name in ("welcome", "yearly")) for name, one in made.items()
    }


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_letter_with_a_fault_is_told_of_it(
    fault: Fault,
) -> None:  # R1, R2, R3, R4, R6, R7, R8, R9, R11, M7, M9
    clean, language = (
        content(fault.language),
        {"mixed": "ar", "two": "ar"}.get(fault.language, fault.language),
    )
    if fault.part == "data":
        data = whole(clean)
        assert fault.old.encode() in data
        found = linted(clean, language, data=data.replace(fault.old.encode(), fault.new.encode(), 1))
    else:
        found = linted(fault.seeded(clean), language)

    assert fault.rule in names(found)
    for each in found:
        assert each.where and each.what and each.mend and each.places >= 1


def test_every_rule_has_a_broken_letter() -> None:
    others = {"no-plain-text", "no-postal"}  # below

    assert set(RULES) - others == {fault.rule for fault in FAULTS}
    assert len(FAULTS) > 60


def test_every_rule_belongs_to_one_group() -> None:
    assert len(RULES) == sum(map(len, GROUPS.values()))


def test_a_letter_without_plain_text_is_told_of_it() -> None:  # M9
    assert "no-plain-text" in names(linted(replace(letter(), text=""), "ar"))


def test_the_postal_address_stands_in_both_parts() -> None:  # H6
    of = replace(site(), letterhead=Letterhead(postal=("شارع السعدون، بغداد",)))
    found = check(Given(letter(), of, "ar", AUTHORED))

    assert [("no-postal", 2)] == [(each.name, each.places) for each in found]


def test_a_letter_of_text_only_is_judged_by_its_text() -> None:
    only = replace(letter(), html="")

    assert () == linted(only, "ar")
    assert {"text-reads-ltr"} == names(
        linted(replace(only, text=only.text.replace("\u200fiPhone", "iPhone")), "ar")
    )


def test_what_others_wrote_is_not_blamed() -> None:
    odd = ".مقال 3 مقال جديد → »هنا« ١2 و23 نوفمبر 2026"
    one = letter()
    html = one.html.replace("جرّبنا الهاتف شهرًا؛", odd + " جرّبنا")
    assert html != one.html
    excerpt = f"{odd} {STORIES['ar'][1].removeprefix('جرّبنا الهاتف شهرًا؛').strip()}"
    excerpt = excerpt.replace(odd, odd + " جرّبنا", 1)
    found = check(Given(replace(one, html=html), site(), "ar", (*AUTHORED, excerpt)))

    assert set() == names(found) & {
        "plural",
        "arrow",
        "quotes",
        "mixed-digits",
        "other-month",
        "visual-order",
    }


def test_a_letter_written_from_left_to_right_need_not_say_so() -> None:
    plain = letter(language="en")
    bare = re.sub(r' dir="ltr"|direction: ltr;?|text-align: left;?| align="left"', "", plain.html)

    assert set() == {
        each for each in names(linted(replace(plain, html=bare), "en")) if RULES[each].of[0] == "R"
    }


def test_a_rule_is_said_once_with_the_number_of_places() -> None:
    broken = letter()
    broken = replace(broken, html=broken.html.replace("font-size: 16px", "font-size: 12px"))
    (found,) = (each for each in linted(broken, "ar") if each.name == "small-text")

    assert 3 <= found.places
    assert ("R11", "warning") == (found.rule, found.level)
    assert "html: <p class=soft>" == found.where


@generated(st.text(max_size=300), st.text(max_size=300))
def test_nothing_makes_it_raise(html: str, text: str) -> None:
    check(
        Given(Content(text[:50], html, text, "ar", "rtl"), site(), "ar", data=text.encode("utf-8", "replace"))
    )


@pytest.mark.parametrize(
    "html",
    [
        "<p style='font-size: . ; padding: ; color: rgb(999,1,2)'>أ",
        "<style>{{{}</style><p>أ",
        "<p lang='???'>أ C++",
        "<html>",
        "\r",
        "<!-- -->",
        "<!doctype html>",
        "<?x?>",
        "<div>" * 3000 + "أ",
        "<p style='" + "(" * 5000 + "'>أ",
    ],
)
def test_odd_styles_do_not_make_it_raise(html: str) -> None:
    assert check(Given(Content("أ", html, "أ", "ar", "rtl"), site(), "ar"))


def test_marks_that_an_author_doubled_are_left_alone() -> None:
    title = "منصور 1835\u200f\u200f – كاتب"
    one = letter(article(title=title))

    assert set() == names(check(Given(one, site(), "ar", (*AUTHORED, title))))
    assert "doubled-marks" in names(check(Given(one, site(), "ar", AUTHORED)))


def test_how_words_are_set_is_told_with_the_voice_that_every_letter_has() -> None:  # R1 R10
    assert [] == [name for name, rule in RULES.items() if ".voice" in rule.mend]
    assert "write {{ parts.says(voice) }} on it" in RULES["block-without-dir"].mend


def test_english_words_of_ours_around_arabic_articles_are_no_fault() -> None:  # R6 R7 M9
    why = "You receive this letter because you subscribed to \u200fنشرة الحي\u200f."
    made = letter()
    text = made.text.replace("تصلك هذه الرسالة", why + "\n\nتصلك هذه الرسالة")
    assert text != made.text

    english = check(
        Given(replace(made, html="", text=text), site(), "en", (*AUTHORED, "نشرة الحي"), listed=False)
    )
    arabic = check(
        Given(replace(made, html="", text=text), site(), "ar", (*AUTHORED, "نشرة الحي"), listed=False)
    )
    assert "text-reads-ltr" not in names(english)
    assert "text-reads-ltr" in names(arabic)


def test_a_name_in_another_script_does_not_ask_for_its_font() -> None:  # R7
    made = letter(language="en")
    sentence = made.html.replace(
        "You receive this letter because", "نشرة الحي: you receive this letter because"
    )
    whole_ = re.sub("You receive this letter because[^<]*", "نشرة الحي تصلك لأنك اشتركت فيها.", made.html)
    assert made.html not in (sentence, whole_)

    assert "font-of-another-script" not in names(linted(replace(made, html=sentence), "en"))
    assert "font-of-another-script" in names(linted(replace(made, html=whole_), "en"))
