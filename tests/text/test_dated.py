"""Dates in a text, held against how a site writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.site import Calendar, Site
from publisher.text.dated import dates
from publisher.text.dates import site_date
from publisher.text.words import LANGUAGES
from tests.digests.letters import site as made
from tests.patience import took

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def found(text: str, site: Site, *languages: str) -> list[tuple[str, str, str]]:
    return [(each.found, each.what, each.right) for each in dates(text, site, languages or (site.language,))]


def at(region: str, language: str = "ar", *calendars: Calendar, digits: str = "latn") -> Site:
    return made(language, region=region, calendars=calendars or ("gregorian",), digits=(("", digits),))


IRAQ = "الاثنين 23 تشرين الثاني 2026"


@pytest.mark.parametrize(
    "site, text, what, right",
    [
        (at("IQ"), IRAQ, "", IRAQ),
        (at("IQ"), "الاثنين 23 نوفمبر 2026", "words", IRAQ),
        (at("IQ"), "الاثنين 23 تشرين الأول 2026", "words", ""),
        (at("IQ"), "الثلاثاء 23 تشرين الثاني 2026", "words", IRAQ),
        (at("IQ"), "الاثنين ٢٣ تشرين الثاني ٢٠٢٦", "digits", IRAQ),
        (at("IQ"), "الاثنين ٢٣ تشرين الثاني 2026", "mixed", IRAQ),
        (at("IQ"), "الاثنين، 23 تشرين الثاني 2026", "signs", IRAQ),
        (at("IR", "fa", "jalali"), "دوشنبه 2 قوس 1405", "words", "دوشنبه 2 آذر 1405"),
        (at("AF", "fa", "jalali"), "دوشنبه 2 قوس 1405", "", "دوشنبه 2 قوس 1405"),
        (at("SA", "ar", "hijri"), "الاثنين 13 رجب 1448 هـ", "words", ""),
        (at("IL", "he"), "יום שני, 23 באוקטובר 2026", "words", ""),
        (at("US", "en"), "Monday, November 23, 2026", "", "Monday, November 23, 2026"),
    ],
)
def test_a_date_is_held_against_the_site(site: Site, text: str, what: str, right: str) -> None:  # R8
    assert [(text, what, right)] == found(f"صدر {text}، الساعة 7:00", site)


def test_what_is_no_date_is_none() -> None:
    assert [] == found("كل أسبوع، يوم الاثنين، الساعة 7:00", at("IQ"))
    assert [] == found("23 نوفمبر 2026", at("IQ"))


def test_a_date_may_be_in_any_of_several_languages() -> None:
    assert [("", "دوشنبه 23 نوامبر 2026")] == [
        each[1:] for each in found("دوشنبه 23 نوامبر 2026", at("IQ"), "ar", "fa")
    ]


CALENDARS: tuple[tuple[Calendar, ...], ...] = (
    ("gregorian",), ("hijri", "gregorian"), ("jalali", "gregorian"), ("gregorian", "hebrew"), ("jalali",),
)  # fmt: skip


@given(
    st.integers(-4000, 4000),
    st.sampled_from(LANGUAGES),
    st.sampled_from(["IQ", "EG", "MA", "DZ", "SA", "LB", "IR", "AF", "IL", "PK", "GB"]),
    st.sampled_from(CALENDARS),
    st.sampled_from(["latn", "arab", "arabext"]),
)
def test_every_date_of_ours_is_right(
    days: int, language: str, region: str, calendars: tuple[Calendar, ...], digits: str
) -> None:  # R8
    site = at(region, language, *calendars, digits=digits)
    text = site_date(DAY + timedelta(days=days), site, language)

    assert [(text.replace("\xa0", " "), "")] == [each[:2] for each in found(f"({text})", site)]


@given(st.text(alphabet="الاثنين الأحد0123456789٢٠ نوفمبر،.", max_size=80))
def test_no_text_makes_it_raise(text: str) -> None:
    for each in dates(text, at("IQ"), LANGUAGES):
        assert each.found == text[each.start : each.end].replace("\xa0", " ")


def test_a_text_full_of_dates_is_read_in_the_time_of_its_length() -> None:
    text = "الاثنين 23 نوفمبر 2026 كلام " * 600  # 0.6 s; 8 s where each date looks through all behind it

    assert took(lambda: found(text, at("IQ")), 3.0) < 3.0
