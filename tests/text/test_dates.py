"""Dates for machines and for readers."""

import locale
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.site import Site
from publisher.text.dates import (
    Digits,
    digits_for,
    digits_in,
    month_name,
    month_of,
    month_span,
    rfc822,
    rfc3339,
    site_date,
    site_month,
    write_digits,
)

FRIDAY = datetime(2021, 7, 23, 9, 0, tzinfo=UTC)
BAGHDAD = ZoneInfo("Asia/Baghdad")
ANY_DIGITS = st.sampled_from(["latn", "arab", "arabext"])


def written(
    when: datetime, language: str, region: str, zone: ZoneInfo = BAGHDAD, digits: Digits = "latn"
) -> str:
    """The day of *when* as a site in *region* writes it, in the Gregorian calendar."""
    site = Site("", "", "", "", "ar", "rtl", region, zone, "", digits=(("", digits),))
    return site_date(when, site, language)


def test_feed_dates_are_utc_english_and_whole_seconds() -> None:  # F10
    tehran = datetime(2021, 7, 23, 13, 30, 0, 999_999, tzinfo=ZoneInfo("Asia/Tehran"))

    assert rfc822(tehran) == "Fri, 23 Jul 2021 09:00:00 +0000"
    assert rfc3339(tehran) == "2021-07-23T09:00:00+00:00"


def test_an_offset_with_seconds_becomes_a_valid_date() -> None:  # F10
    local_mean_time = timezone(timedelta(hours=2, minutes=57, seconds=36))

    assert (
        rfc822(datetime(1900, 1, 1, 2, 57, 36, tzinfo=local_mean_time)) == "Mon, 01 Jan 1900 00:00:00 +0000"
    )


def test_the_process_locale_does_not_matter() -> None:  # F2
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("fa_IR.UTF-8", "ar_EG.UTF-8", "C.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue

            assert rfc822(FRIDAY) == "Fri, 23 Jul 2021 09:00:00 +0000"
            assert written(FRIDAY, "he", "IL") == "יום שישי, 23 ביולי 2021"
    finally:
        locale.setlocale(locale.LC_ALL, before)


@pytest.mark.parametrize(
    ("language", "region", "expected"),
    [
        ("ar", "IQ", "الجمعة 23 تموز 2021"),
        ("ar", "SY", "الجمعة 23 تموز 2021"),
        ("ar", "LB", "الجمعة 23 تموز 2021"),
        ("ar", "JO", "الجمعة 23 تموز 2021"),
        ("ar", "PS", "الجمعة 23 تموز 2021"),
        ("ar", "EG", "الجمعة 23 يوليو 2021"),
        ("ar", "SA", "الجمعة 23 يوليو 2021"),
        ("ar", "DZ", "الجمعة 23 جويلية 2021"),
        ("ar", "TN", "الجمعة 23 جويلية 2021"),
        ("ar", "MA", "الجمعة 23 يوليوز 2021"),
        ("ar", "", "الجمعة 23 يوليو 2021"),
        ("ar-MA", "IQ", "الجمعة 23 يوليوز 2021"),  # the language says more than the site
        ("fa", "IR", "جمعه 23 ژوئیهٔ 2021"),
        ("fa", "AF", "جمعه 23 جولای 2021"),
        ("he", "IL", "יום שישי, 23 ביולי 2021"),
        ("ur", "PK", "جمعہ، 23 جولائی، 2021"),
        ("ckb", "IQ", "ھەینی، 23ی تەمووزی 2021"),
        ("en", "IQ", "Friday, July 23, 2021"),
        ("en", "GB", "Friday, 23 July 2021"),
        ("dv", "MV", "Friday, July 23, 2021"),  # CLDR has no Dhivehi months
    ],
)
def test_a_long_date_follows_language_and_region(language: str, region: str, expected: str) -> None:  # R8
    assert expected == written(FRIDAY, language, region)


@pytest.mark.parametrize(
    ("region", "november"),
    [("IQ", "تشرين الثاني"), ("MA", "نونبر"), ("DZ", "نوفمبر"), ("EG", "نوفمبر"), ("JO", "تشرين الثاني")],
)
def test_november_has_its_name_of_the_region(region: str, november: str) -> None:  # R8
    when = datetime(2026, 11, 23, 9, tzinfo=UTC)

    assert f"الاثنين 23 {november} 2026" == written(when, "ar", region)


def test_the_day_is_the_day_of_the_zone() -> None:  # R8
    midnight = datetime(2021, 7, 22, 21, 0, tzinfo=UTC)

    assert "الجمعة ٢٣ تموز ٢٠٢١" == written(midnight, "ar", "IQ", BAGHDAD, "arab")
    assert "الخميس ٢٢ تموز ٢٠٢١" == written(midnight, "ar", "IQ", ZoneInfo("UTC"), "arab")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("ترتفع 3500 دينار في ٢٠", "latn"),  # the commoner wins
        ("عام ٢٠٢١ و iPhone 17", "arab"),
        ("سال ۱۴۰۰ و ۱۴۰۱، 2021", "arabext"),
        ("لا رقم هنا", None),
        ("", None),
    ],
)
def test_digits_are_the_ones_most_used(text: str, digits: Digits | None) -> None:  # R8
    assert digits == digits_in(text)


@pytest.mark.parametrize(
    ("language", "region", "digits"),
    [
        ("ar", "IQ", "latn"),  # as its articles have it, wherever it is
        ("fa", "IR", "arabext"),
        ("ar", "EG", "latn"),
        ("he", "IL", "latn"),
        ("ur", "PK", "latn"),
        ("ckb", "IQ", "arab"),
        ("en", "IQ", "latn"),
    ],
)
def test_a_site_writes_the_digits_of_its_articles_else_those_of_cldr(
    language: str, region: str, digits: Digits
) -> None:  # R8
    assert digits == digits_for([("ar", "latn")], language, region)


def test_without_articles_the_region_decides() -> None:  # R8
    assert "arab" == digits_for([], "ar", "EG")
    assert "latn" == digits_for([], "ar", "MA")
    assert "latn" == digits_for([], "ar-MA", "EG")  # the language says more than the site
    assert "arab" == digits_for([], "ar-EG", "")


@given(
    st.integers(min_value=0),
    st.sampled_from(["latn", "arab", "arabext"]),
    st.sampled_from(["latn", "arab", "arabext"]),
)
def test_written_digits_mean_the_same_number(n: int, first: Digits, then: Digits) -> None:
    text = write_digits(write_digits(f"{n}%", first), then)

    assert f"{n}%" == write_digits(text, "latn")
    assert n == int(text.rstrip("%"))
    assert then == digits_in(text)


@given(
    st.integers(-62_000_000_000, 253_000_000_000).map(
        lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
    ),
    st.sampled_from(
        ["Asia/Baghdad", "Pacific/Kiritimati", "America/Santiago", "Asia/Beirut", "Africa/Cairo"]
    ),
)
def test_a_moment_is_in_the_month_it_is_of_and_in_no_other(when: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    month = month_of(when, zone)

    start, end = month_span(month, zone)

    assert start <= when < end
    assert month == month_of(start, zone)
    assert month != month_of(end, zone)
    assert end == month_span(month_of(end, zone), zone)[0]


@pytest.mark.parametrize("month", ["0001-01", "9999-12"])
def test_the_first_month_and_the_last_there_are_have_a_span(month: str) -> None:
    start, end = month_span(month, BAGHDAD)

    assert start < end


@pytest.mark.parametrize(
    "language, region, name",
    [
        ("ar", "IQ", "تشرين الثاني 2026"),
        ("ar", "EG", "نوفمبر 2026"),
        ("fa", "IR", "نوامبر 2026"),
        ("he", "IL", "נובמבר 2026"),
        ("ur", "PK", "نومبر 2026"),
        ("ckb", "IQ", "تشرینی دووەمی 2026"),
        ("en", "GB", "November 2026"),
    ],
)
def test_a_month_is_called_as_in_its_region(language: str, region: str, name: str) -> None:  # R8
    site = Site("", "", "", "", "ar", "rtl", region, BAGHDAD, "", digits=(("", "latn"),))

    assert name == site_month("2026-11", site, language)
    assert name == f"{month_name(11, site, language)} 2026"


def test_both_names_of_a_month_stand_where_a_site_wants_them() -> None:  # R8
    site = Site("", "", "", "", "ar", "rtl", "IQ", BAGHDAD, "", months="both", digits=(("", "arab"),))

    assert "تشرين الثاني/نوفمبر ٢٠٢٦" == site_month("2026-11", site, "ar")
