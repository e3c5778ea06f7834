"""Dates in other calendars, judged by published tables; and by what reads the dates of authors."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles.dates import read
from publisher.model.site import Calendar, Months, Site
from publisher.text.calendars import written
from publisher.text.cldr import locale
from publisher.text.dates import site_date

NBSP = "\u00a0"
SITE = Site(
    id="5a0f5a52-0f3c-4f29-9a0b-6f1a3d1b7c11",
    title="جريدة",
    description="",
    url="https://news.example.org",
    language="ar",
    direction="rtl",
    region="IQ",
    timezone=ZoneInfo("Asia/Baghdad"),
    author="",
    digits=(("", "latn"),),
)
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def said(when: datetime, language: str, region: str, *calendars: Calendar, months: Months = "region") -> str:
    site = replace(SITE, region=region, calendars=calendars, months=months)
    return site_date(when, site, language).replace(NBSP, " ")


@pytest.mark.parametrize(
    ("language", "region", "calendars", "text"),
    [
        (
            "ar",
            "IQ",
            ["gregorian", "hijri"],
            "الثلاثاء 24 تشرين الثاني 2026، الموافق 14 جمادى الآخرة 1448 هـ",
        ),
        ("ar", "SA", ["hijri", "gregorian"], "الثلاثاء 14 جمادى الآخرة 1448 هـ، الموافق 24 نوفمبر 2026 م"),
        (
            "ar",
            "IQ",
            ["gregorian", "hijri", "jalali"],
            "الثلاثاء 24 تشرين الثاني 2026، الموافق 14 جمادى الآخرة 1448 هـ و3 آذر 1405 هـ ش",
        ),
        ("fa", "IR", ["jalali"], "سه\u200cشنبه 3 آذر 1405"),
        ("fa", "AF", ["jalali"], "سه\u200cشنبه 3 قوس 1405"),
        (
            "fa",
            "IR",
            ["jalali", "gregorian", "hijri"],
            "سه\u200cشنبه 3 آذر 1405، برابر با 24 نوامبر 2026 میلادی و 14 جمادی\u200cالثانی 1448 قمری",
        ),
        ("fa", "IR", ["gregorian", "jalali"], "سه\u200cشنبه 24 نوامبر 2026، برابر با 3 آذر 1405 خورشیدی"),
        ("ps", "AF", ["jalali", "gregorian"], "درېنۍ د 1405 د لیندۍ 3 (د 2026 د نومبر 24)"),
        (
            "ckb",
            "IQ",
            ["gregorian", "hijri"],
            "سێشەممە، 24ی تشرینی دووەمی 2026، بەرامبەر بە 14ی جومادای دووەمی 1448ی کۆچی",
        ),
        ("ckb", "IR", ["jalali"], "سێشەممە، 3ی سەرماوەزی 1405"),
        ("ur", "PK", ["gregorian", "hijri"], "منگل، 24 نومبر 2026، بمطابق 14 جمادی الثانی 1448ھ"),
        ("ur", "PK", ["hijri", "gregorian"], "منگل، 14 جمادی الثانی 1448ھ، بمطابق 24 نومبر 2026ء"),
        ("he", "IL", ["gregorian", "hebrew"], "יום שלישי, 24 בנובמבר 2026, י״ד בכסלו ה׳תשפ״ז"),
        ("he", "IL", ["hebrew"], "יום שלישי, י״ד בכסלו ה׳תשפ״ז"),
        ("yi", "IL", ["hebrew"], "דינסטיק, י״ד כסלו ה׳תשפ״ז"),
        ("en", "IQ", ["gregorian", "hijri"], "Tuesday, November 24, 2026 (14 Jumada II 1448 AH)"),
        ("en", "GB", ["hebrew", "gregorian"], "Tuesday, 14 Kislev 5787 (24 November 2026)"),
        # A language that does not count by a calendar leaves it out, and is never without a date.
        ("ar", "IQ", ["gregorian", "hebrew"], "الثلاثاء 24 تشرين الثاني 2026"),
        ("he", "IL", ["jalali"], "יום שלישי, 24 בנובמבר 2026"),
        ("ug", "CN", ["gregorian", "hijri"], "2026 24-نويابىر، سەيشەنبە"),
    ],
)
def test_dates_stand_in_the_calendars_of_the_site(
    language: str, region: str, calendars: list[Calendar], text: str
) -> None:  # R8
    assert text == said(TUESDAY, language, region, *calendars)


def test_year_and_era_stay_in_one_line() -> None:  # R8
    site = replace(SITE, calendars=("gregorian", "hijri"))

    assert site_date(TUESDAY, site, "ar").endswith(f"1448{NBSP}هـ")


def test_all_of_a_date_is_in_the_digits_of_the_site() -> None:  # R8
    site = replace(SITE, calendars=("gregorian", "hijri"), digits=(("ar", "arab"),))

    assert "الثلاثاء ٢٤ تشرين الثاني ٢٠٢٦، الموافق ١٤ جمادى الآخرة ١٤٤٨ هـ" == site_date(
        TUESDAY, site, "ar"
    ).replace(NBSP, " ")
    assert "Tuesday, November 24, 2026 (14 Jumada II 1448 AH)" == site_date(TUESDAY, site, "en").replace(
        NBSP, " "
    )


# The Umm al-Qura calendar of Saudi Arabia as King Abdulaziz City printed it (R.H. van Gent's tables, Utrecht).
UMM_AL_QURA = {
    "1 محرم 1443": date(2021, 8, 9),
    "1 رمضان 1443": date(2022, 4, 2),
    "1 محرم 1445": date(2023, 7, 19),
    "1 رمضان 1445": date(2024, 3, 11),
    "1 شوال 1445": date(2024, 4, 10),
    "1 محرم 1446": date(2024, 7, 7),
    "1 رمضان 1446": date(2025, 3, 1),
    "1 شوال 1446": date(2025, 3, 30),
    "10 ذو الحجة 1446": date(2025, 6, 6),
    "1 محرم 1447": date(2025, 6, 26),
    "1 رمضان 1447": date(2026, 2, 18),
}


@pytest.mark.parametrize("text", UMM_AL_QURA)
def test_hijri_days_are_those_of_umm_al_qura(text: str) -> None:  # R8
    assert text == written("hijri", UMM_AL_QURA[text], locale("ar"), 0)


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (-2, "28 شعبان 1446"),
        (-1, "29 شعبان 1446"),
        (0, "1 رمضان 1446"),
        (1, "2 رمضان 1446"),
        (2, "3 رمضان 1446"),
    ],
)
def test_where_the_moon_was_seen_on_another_day_hijri_days_are_moved(offset: int, text: str) -> None:  # R8
    assert text == written("hijri", date(2025, 3, 1), locale("ar"), offset)


def test_the_weekday_is_not_moved() -> None:  # R8
    site = replace(SITE, calendars=("hijri",), hijri_offset=1)

    assert site_date(on(date(2025, 3, 1)), site, "ar").startswith("السبت 2 رمضان")


@pytest.mark.parametrize("day", [date(1924, 7, 31), date(2077, 11, 17)])
def test_beyond_the_tables_a_hijri_date_is_left_out(day: date) -> None:  # R8
    assert written("hijri", day, locale("ar"), 0) is None
    assert "الموافق" not in said(on(day), "ar", "IQ", "gregorian", "hijri")
    assert str(day.year) in said(on(day), "ar", "IQ", "hijri")


# Years of 366 days as Iran's calendar centre (University of Tehran) announced and announces them.
LEAP = {1354, 1358, 1362, 1366, 1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403, 1408, 1412, 1416, 1420}
IRAN = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()  # noqa: SIM905


def test_jalali_days_are_those_of_the_official_calendar() -> None:  # R8
    day, wrong = date(1975, 3, 21), []  # 1 Farvardin 1354
    for year in range(1354, 1421):
        lengths = [31] * 6 + [30] * 5 + [30 if year in LEAP else 29]
        for month, length in zip(IRAN, lengths, strict=True):
            for number in (1, length):
                then = day + timedelta(days=number - 1)
                if written("jalali", then, locale("fa"), 0) != f"{number} {month} {year}":
                    wrong.append(then)
            day += timedelta(days=length)

    assert wrong == []


JALALI = {
    "fa-IR": "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    "fa-AF": "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت",
    # As they stand behind "د": وری, مرغومی, تله, سلواغه are declined.
    "ps-AF": "وري غويي غبرګولي چنګاښ زمري وږي تلې لړم لیندۍ مرغومي سلواغې کب",
    "ckb-IR": "خاکەلێوە گوڵان جۆزەردان پووشپەڕ گەلاوێژ خەرمانان ڕەزبەر خەزەڵوەر سەرماوەز بەفرانبار ڕێبەندان"
    " ڕەشەمە",
}


@pytest.mark.parametrize("tag", JALALI)
def test_jalali_months_have_the_names_of_the_country_and_language(tag: str) -> None:  # R8
    days = [date(2026, 4, 2) + timedelta(days=30.5 * n) for n in range(12)]
    found = [written("jalali", day, locale(tag), 0) or "" for day in days]

    assert [True] * 12 == [name in text for name, text in zip(JALALI[tag].split(), found, strict=True)]


# Published by the Knesset and in every Jewish calendar of those years.
HOLIDAYS = {
    "ה׳ באייר ה׳תש״ח": date(1948, 5, 14),  # Israel's independence
    "א׳ בתשרי ה׳תשפ״ד": date(2023, 9, 16),
    "י״ד באדר א׳ ה׳תשפ״ד": date(2024, 2, 23),  # a leap year: the lesser Purim,
    "י״ד באדר ב׳ ה׳תשפ״ד": date(2024, 3, 24),  # and Purim
    "ט״ו בניסן ה׳תשפ״ד": date(2024, 4, 23),
    "א׳ בתשרי ה׳תשפ״ה": date(2024, 10, 3),
    "י״ד באדר ה׳תשפ״ה": date(2025, 3, 14),
    "ט״ז בחשוון ה׳תשפ״ו": date(2025, 11, 7),
    "ט״ו בשבט ה׳תשפ״ו": date(2026, 2, 2),
    "ו׳ בסיוון ה׳תשפ״ו": date(2026, 5, 22),
    "א׳ בתשרי ה׳תשפ״ז": date(2026, 9, 12),
}


@pytest.mark.parametrize("text", HOLIDAYS)
def test_hebrew_days_are_written_in_hebrew_numerals(text: str) -> None:  # R8
    assert text == written("hebrew", HOLIDAYS[text], locale("he"), 0)


@given(
    st.dates(date(1925, 1, 1), date(2077, 1, 1)),
    st.sampled_from(
        [("ar", "hijri"), ("ur", "hijri"), ("fa", "jalali"), ("fa-AF", "jalali"), ("he", "hebrew")]
    ),
)
def test_what_is_written_here_is_read_there(day: date, form: tuple[str, Calendar]) -> None:  # R8, A5
    language, calendar = form
    text = written(calendar, day, locale(language), 0) or ""

    assert day == read(text, ZoneInfo("UTC"), language).date()


@pytest.mark.parametrize(
    ("region", "names"),
    [
        (
            "IQ SY LB JO PS",
            "كانون الثاني/يناير|شباط/فبراير|آذار/مارس|نيسان/أبريل|أيار/مايو|حزيران/يونيو|تموز/يوليو|آب/أغسطس"
            "|أيلول/سبتمبر|تشرين الأول/أكتوبر|تشرين الثاني/نوفمبر|كانون الأول/ديسمبر",
        ),
        (
            "EG SD SA AE KW QA BH OM YE LY",
            "يناير/كانون الثاني|فبراير/شباط|مارس/آذار|أبريل/نيسان|مايو/أيار|يونيو/حزيران|يوليو/تموز|أغسطس/آب"
            "|سبتمبر/أيلول|أكتوبر/تشرين الأول|نوفمبر/تشرين الثاني|ديسمبر/كانون الأول",
        ),
        (
            "MA",
            "يناير|فبراير|مارس|أبريل|ماي/مايو|يونيو|يوليوز/يوليو|غشت/أغسطس|شتنبر/سبتمبر|أكتوبر|نونبر/نوفمبر"
            "|دجنبر/ديسمبر",
        ),
        (
            "DZ TN",
            "جانفي/يناير|فيفري/فبراير|مارس|أفريل/أبريل|ماي/مايو|جوان/يونيو|جويلية/يوليو|أوت/أغسطس|سبتمبر"
            "|أكتوبر|نوفمبر|ديسمبر",
        ),
        ("MR", "يناير|فبراير|مارس|إبريل|مايو|يونيو|يوليو|أغشت/أغسطس|شتمبر/سبتمبر|أكتوبر|نوفمبر|دجمبر/ديسمبر"),
    ],
)
def test_months_by_both_of_their_arabic_names(region: str, names: str) -> None:  # R8
    for each in region.split():
        dates = [said(on(date(2026, n, 24)), "ar", each, "gregorian", months="both") for n in range(1, 13)]

        assert names == "|".join(text.split(" 24 ")[1].removesuffix(" 2026") for text in dates), each


def test_both_names_stand_in_second_dates_and_in_no_other_language() -> None:  # R8
    assert "الموافق 24 تشرين الثاني/نوفمبر 2026 م" in said(
        TUESDAY, "ar", "IQ", "hijri", "gregorian", months="both"
    )
    for language in ("fa", "he", "ckb", "ur", "en"):
        plain = said(TUESDAY, language, "IQ", "gregorian")
        assert plain == said(TUESDAY, language, "IQ", "gregorian", months="both")
