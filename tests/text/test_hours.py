"""Names of days and hours."""

from datetime import time

import pytest

from publisher.text.dates import Digits
from publisher.text.hours import clock, weekday_name

WEEKS = {
    "ur": "پیر منگل بدھ جمعرات جمعہ ہفتہ اتوار",  # first: Babel lends its words to others
    "ckb": "دووشەممە سێشەممە چوارشەممە پێنجشەممە ھەینی شەممە یەکشەممە",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    "fa": "دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه شنبه یکشنبه",
    "ps": "دونۍ درېنۍ څلرنۍ پينځنۍ جمعه اونۍ يونۍ",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "xx": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


def test_days_have_their_names_in_the_readers_language() -> None:  # R8
    found = {language: " ".join(weekday_name(day, language) for day in range(7)) for language in WEEKS}

    assert WEEKS == found
    assert "יום חמישי יום שישי יום שבת" == " ".join(weekday_name(day, "he") for day in (3, 4, 5))


@pytest.mark.parametrize(
    ("language", "region", "morning", "noon", "evening", "midnight"),
    [
        ("ar", "IQ", "7:00 صباحًا", "12:00 ظهرًا", "6:30 مساءً", "12:00 منتصف الليل"),
        ("ar", "MA", "07:00", "12:00", "18:30", "00:00"),
        ("fa", "IR", "7:00", "12:00", "18:30", "0:00"),
        ("he", "IL", "7:00", "12:00", "18:30", "0:00"),
        ("ur", "PK", "صبح 7:00 بجے", "دوپہر 12:00 بجے", "شام 6:30 بجے", "آدھی رات 12:00 بجے"),
        ("ckb", "IQ", "7:00 ب.ن", "12:00 د.ن", "6:30 د.ن", "12:00 ب.ن"),
        ("en", "", "7:00 AM", "12:00 PM", "6:30 PM", "12:00 AM"),
        ("en", "GB", "07:00", "12:00", "18:30", "00:00"),
    ],
)
def test_hours_are_written_as_readers_say_them(
    language: str, region: str, morning: str, noon: str, evening: str, midnight: str
) -> None:  # R8
    times = (time(7), time(12), time(18, 30), time(0))

    assert [morning, noon, evening, midnight] == [clock(at, language, "latn", region=region) for at in times]


@pytest.mark.parametrize(
    ("language", "digits", "text"),
    [("ar", "arab", "٢:٠٥ ليلًا"), ("ckb", "arab", "٢:٠٥ ب.ن"), ("fa", "arabext", "۲:۰۵")],
)
def test_hours_are_in_the_digits_asked_for(language: str, digits: Digits, text: str) -> None:  # R8
    assert text == clock(time(2, 5), language, digits)
