from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import jdatetime
import pytest
from babel import Locale
from hijridate import Gregorian, Hijri
from hypothesis import given
from hypothesis import strategies as st
from pyluach.dates import HebrewDate

from publisher.articles import calendars, dates
from tests.patience import took

UTC_ZONE = ZoneInfo("UTC")
CAIRO = ZoneInfo("Africa/Cairo")
BAGHDAD = ZoneInfo("Asia/Baghdad")  # +03:00 all year


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2018-02-06T22:00:00+01:00", "2018-02-06T21:00:00"),
        ("2018-02-06 22:00:00 +01:00", "2018-02-06T21:00:00"),
        ("2018-02-06   22:00", "2018-02-06T19:00:00"),
        ("2014-03-31T00:00:00Z", "2014-03-31T00:00:00"),
        ("2014-03-31T00:00:00.999Z", "2014-03-31T00:00:00"),
        ("2016-04-02T23:31:08+0430", "2016-04-02T19:01:08"),
        ("2017-01-22T171800", "2017-01-22T14:18:00"),
        ("2017-01-22 1718 +02", "2017-01-22T15:18:00"),
        ("2024-01-02", "2024-01-01T21:00:00"),
        ("20240102", "2024-01-01T21:00:00"),
        ("2023/05/03", "2023-05-02T21:00:00"),
        ("2023/5/3 9:05", "2023-05-03T06:05:00"),
        ("29/09/2016", "2016-09-28T21:00:00"),
        ("01/07/2016", "2016-06-30T21:00:00"),
        ("1.7.2016 10:00", "2016-07-01T07:00:00"),
        ("18 Dec 2014", "2014-12-17T21:00:00"),
        ("18 December 2014", "2014-12-17T21:00:00"),
        ("Sun, 15 Jul 2018 21:56:56 +0400", "2018-07-15T17:56:56"),
        ("15 Jul 2018 21:56 GMT", "2018-07-15T21:56:00"),
        ("15 Jul 2018 21:56:00 EST", "2018-07-16T02:56:00"),
        ("٢٠٢٤-٠٥-٠١", "2024-04-30T21:00:00"),
        ("۲۰۲۴/۰۵/۰۱ ۱۰:۳۰", "2024-05-01T07:30:00"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59"),
        (" 2999-01-01T00:00:00Z ", "2999-01-01T00:00:00"),
    ],
)
def test_date_is_the_instant_its_author_meant(text: str, expected: str) -> None:  # A5
    assert datetime.fromisoformat(expected).replace(tzinfo=UTC) == dates.read(text, BAGHDAD, "en")


@pytest.mark.parametrize(
    "text",
    ["2024-02-30", "2024-13-01", "0000-00-00", "قريبا", "", "2024-05-01T25:61:00Z", "99999-01-01", "1403/02/12",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "12 Foo 2014", "2024-05-01T10:00:00 MARS", "5784-01-01",
     "2024", "2024-05", "12 رمضان 1320", "12 مايو 1403", "12 رمضان 2024", "31 رمضان 1445", "1 مايو/يونيو 2024",
     "1 مايو 2024 هـ", "2024-05-01 13:00 pm", "أدر 2024", "כ״ג בניסן תקג״ת", "2024-05-01 foo", "1 2024",
     "2024-05-01T10:00+99:00"],
)  # fmt: skip
def test_impossible_or_unknown_date_is_refused(text: str) -> None:  # A5
    with pytest.raises(ValueError):
        dates.read(text, BAGHDAD, "en")


@pytest.mark.parametrize(
    "text",
    ["1 مايو 2024", "١ أيار ٢٠٢٤", "1 ماي 2024", "1 أيار/مايو 2024", "1 مايو (أيار) 2024", "الأربعاء 1 مايو 2024",
     "الأربعاء، ١ مايو، ٢٠٢٤ م", "1 من مايو 2024م", "01-مايو-2024", "۱ مه ۲۰۲۴", "۱ می ۲۰۲۴", "۱ مۍ ۲۰۲۴",
     "1 مئی 2024ء",
     "بدھ، 1 مئی، 2024", "1 במאי 2024", "יום רביעי, 1 במאי 2024", "١ی ئایاری ٢٠٢٤", "2024 ئایار 1", "1 gulan 2024",
     "May 1, 2024", "Wednesday, May 1st, 2024", "1st May 2024", "Wed, 1 May 2024", "2024-May-01", "1/5/2024 م",
     "12 اردیبهشت 1403", "۱۲ اردیبهشت‌ماه ۱۴۰۳", "چهارشنبه ۱۲ ارديبهشت ۱۴۰۳", "12 ثور 1403", "۱۲ غویی ۱۴۰۳",
     "۱۴۰۳/۲/۱۲ ه‍.ش", "1403/02/12 ش", "٢٢ شوال ١٤٤٥ هـ", "22 شوّال 1445", "1445/10/22 هـ", "22/10/1445 ه.ق",
     "الأربعاء 22 شوال 1445 هـ", "23 בניסן 5784", "כ״ג בניסן תשפ״ד", 'כ"ג ניסן ה׳תשפ"ד', "יום רביעי, כ״ג בניסן תשפ״ד",
     "2024-05-01 12:00 am", "1 مايو 2024 - 00:00", "1 May 2024 at 00:00", "1 مايو 2024 الساعة 00:00", "20240501"],
)  # fmt: skip
def test_first_of_may_2024_is_itself_in_every_language(text: str) -> None:  # A5
    assert datetime(2024, 4, 30, 21, tzinfo=UTC) == dates.read(text, BAGHDAD, "en")


@pytest.mark.parametrize(
    "text, language, day",
    [
        ("1403-02-12", "fa", (2024, 5, 1)),
        ("1403-02-12", "fa-AF", (2024, 5, 1)),
        ("12/02/1403", "prs", (2024, 5, 1)),
        ("۱۴۰۳۰۲۱۲", "ps", (2024, 5, 1)),
        ("1403-12-30", "fa", (2025, 3, 20)),  # a leap year
        ("1445-10-22", "ar", (2024, 5, 1)),
        ("1445-10-22", "ur-PK", (2024, 5, 1)),
        ("1343-01-01", "ar", (1924, 8, 1)),
        ("1500-12-30", "ar", (2077, 11, 16)),
        ("1403/02/12 هـ", "fa", (2024, 5, 1)),
        ("1445/10/22 هـ", "en", (2024, 5, 1)),
        ("1445/10/22 ه.ق", "fa", (2024, 5, 1)),
        ("22 شوال 1445", "fa", (2024, 5, 1)),
        ("5784-01-23", "he", (2024, 5, 1)),
        ("ל׳ בשבט תשפ״ד", "he", (2024, 2, 9)),
        ("ט״ו באדר תשפ״ג", "he", (2023, 3, 8)),
        ("י״ד באדר ב׳ תשפ״ד", "he", (2024, 3, 24)),
        ("2024-05-01", "fa", (2024, 5, 1)),
        ("1403-02-12", "en", None),
        ("1403-02-12", "he", None),
        ("1320-02-12", "ar", None),
        ("1402-12-30", "fa", None),
        ("5784-13-30", "he", None),
        ("5784-01-23", "ar", None),
    ],
)
def test_calendar_is_that_of_the_language(text: str, language: str, day: tuple[int, int, int] | None) -> None:
    # A5: never AD 1403
    try:
        found = dates.read(text, ZoneInfo("UTC"), language)
    except ValueError:
        found = None

    assert (datetime(*day, tzinfo=UTC) if day else None) == found


def test_half_days_are_read() -> None:  # A5
    assert [datetime(2024, 5, 1, 12, 30, tzinfo=UTC)] * 3 == [
        dates.read(text, BAGHDAD, "ar")
        for text in ("1 May 2024 3:30 PM", "1 مايو 2024 3:30 م", "1/5/2024, 3:30 p.m.")
    ]


def test_time_in_the_gap_is_moved_on_and_the_first_of_two_is_taken() -> None:  # A5
    gap, twice = dates.read("2024-04-26 00:30", CAIRO, "ar"), dates.read("2024-10-31 23:30", CAIRO, "ar")

    assert datetime(2024, 4, 25, 22, 30, tzinfo=UTC) == gap
    assert datetime(2024, 10, 31, 20, 30, tzinfo=UTC) == twice


@pytest.mark.parametrize(
    "path, day",
    [
        ("2014-11-10-خبر.md", (2014, 11, 10)),
        ("_posts/2014_11_10.md", (2014, 11, 10)),
        ("JA-sport-1-20170208.txt", (2017, 2, 8)),
        ("JA-sport-1-22072016.txt", (2016, 7, 22)),
        ("20170208-x.ar.md", (2017, 2, 8)),
        ("x-20170208.ar.md", (2017, 2, 8)),
        ("2014.11.10 x.md", (2014, 11, 10)),
        ("2008-01-02-x/index.md", (2008, 1, 2)),
        ("2008-01-02-x/y/2009-01-02.md", (2009, 1, 2)),
        ("x-00000000.txt", None),
        ("19441379-708e-47d6.md", None),
        ("x-123456789.md", None),
        ("14031212.md", None),
        ("۲۰۱۷-۰۲-۰۸.md", (2017, 2, 8)),
        ("خبر.md", None),
    ],
)
def test_date_is_found_in_the_path(path: str, day: tuple[int, int, int] | None) -> None:  # A5
    found = dates.in_path(path, ZoneInfo("UTC"), "en")

    assert (datetime(*day, tzinfo=UTC) if day else None) == found


def test_impossible_date_in_the_path_is_refused() -> None:  # A5
    with pytest.raises(ValueError, match="no calendar"):
        dates.in_path("2024-02-30-x.md", BAGHDAD, "ar")


@pytest.mark.parametrize("locale", ["ar", "ar_EG", "ar_IQ", "ar_LB", "ar_DZ", "ar_TN", "ar_MA", "ar_MR", "fa", "fa_AF",
                                    "ps", "ur", "he", "ckb", "ug", "sd", "en"])  # fmt: skip
@pytest.mark.parametrize("context", ["format", "stand-alone"])
def test_every_month_that_cldr_names_is_known(locale: str, context: str) -> None:  # A5
    cldr = Locale.parse(locale).months[context]["wide"]

    assert [(2024, number, 7) for number in range(1, 13)] == [
        dates.read(f"7 {cldr[number]} 2024", UTC_ZONE, "ar").timetuple()[:3] for number in range(1, 13)
    ]


def test_no_name_is_of_two_months() -> None:
    names = [(calendars._key(name), calendar, number) for calendar, rows in calendars._MONTHS.items()
             for number, row in enumerate(rows, start=1) for name in row.split()]  # fmt: skip

    assert len({name for name, _, _ in names}) == len(set(names))


@given(st.dates(date(1930, 1, 1), date(2070, 1, 1)))
def test_days_of_every_calendar_come_back(day: date) -> None:
    jalali = jdatetime.date.fromgregorian(date=day)
    hijri = Gregorian.fromdate(day).to_hijri()
    hebrew = HebrewDate.from_pydate(day)
    written = (
        [
            (f"{jalali.year}/{jalali.month}/{jalali.day}", "fa"),
            (f"{hijri.day} {hijri.month_name('ar')} {hijri.year}", "en"),
            (f"{hebrew.year}-{hebrew.month}-{hebrew.day}", "he"),
            (hebrew.hebrew_date_string(), "en"),
        ]
        if hasattr(hijri, "month_name")
        else []
    )

    assert [day] * 4 == [dates.read(text, UTC_ZONE, language).date() for text, language in written]


@pytest.mark.parametrize("piece", ["a ", "ا،", "1", "1 a", "א׳ ", "من ", "/", "ab.", "a.b "])
def test_hostile_date_is_refused_at_once(piece: str) -> None:  # X14
    def read() -> None:
        for length in (30, 60, 99, 100, 100_000):
            with pytest.raises(ValueError):
                dates.read((piece * length)[:length], UTC_ZONE, "ar")
            with pytest.raises(ValueError):
                dates.read(f"1 {piece * length}"[: length - 5] + " 2024", UTC_ZONE, "ar")

    assert took(read, 0.2) < 0.2


@given(st.integers(0, 29_000_000_000))
def test_iso_dates_come_back(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)

    assert moment == dates.read(moment.isoformat(), BAGHDAD, "ar")


@given(
    st.lists(
        st.sampled_from(
            [
                *"0123456789٠١۹-/.:+TZ ,é²()",
                "Dec",
                " مايو ",
                "رمضان",
                "ניסן",
                "כ״ג ",
                " תשפ״ד",
                "1445",
                "هـ",
                "م",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_any_text_is_a_date_or_refused(text: str) -> None:  # X14
    try:
        found = dates.read(text, BAGHDAD, "en")
    except (ValueError, OverflowError):
        return

    assert found.tzinfo is UTC
    assert dates.is_day_only(text) in (True, False)


# Written down by hand, a row a region or language: what its newspapers print, not what the program has.
GREGORIAN = {
    "Egypt, the Gulf": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "Egypt, old": "يناير فبراير مارس إبريل مايو يونيه يوليه أغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    "Iraq, Syria, Lebanon, Jordan, Palestine": "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول"
    " تشرين_الثاني كانون_الأول",
    "Tunisia, Algeria": "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
    "Morocco": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",
    "Mauritania": "يناير فبراير مارس إبريل مايو يونيو يوليو أغشت شتمبر أكتوبر نوفمبر دجمبر",
    "Iran": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    "Afghanistan": "جنوری فبروری مارچ اپریل می جون جولای اگست سپتمبر اکتوبر نومبر دسمبر",
    "Pakistan": "جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر",
    "Israel": "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    "Kurdistan": "کانوونی_دووەم شوبات ئازار نیسان ئایار حوزەیران تەمووز ئاب ئەیلوول تشرینی_یەکەم تشرینی_دووەم"
    " کانوونی_یەکەم",
    "English": "January February March April May June July August September October November December",
    "English, short": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}
JALALI = {
    "Iran": "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    "Afghanistan": "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت",
    "Pashto": "وری غویی غبرګولی چنګاښ زمری وږی تله لړم لیندۍ مرغومی سلواغه کب",
    "Kurds of Iran": "خاکەلێوە گوڵان جۆزەردان پووشپەڕ گەلاوێژ خەرمانان ڕەزبەر گەڵاڕێزان سەرماوەز بەفرانبار ڕێبەندان"
    " ڕەشەمە",
}
HIJRI = {
    "Arabic": "محرم صفر ربيع_الأول ربيع_الآخر جمادى_الأولى جمادى_الآخرة رجب شعبان رمضان شوال ذو_القعدة ذو_الحجة",
    "Arabic, other": "المحرم صفر ربيع_الاول ربيع_الثاني جمادى_الاولى جمادى_الثانية رجب شعبان رمضان شوال ذي_القعدة"
    " ذي_الحجة",
    "Urdu": "محرم صفر ربیع_الاول ربیع_الثانی جمادی_الاول جمادی_الثانی رجب شعبان رمضان شوال ذوالقعدہ ذوالحجہ",
}
HEBREW = "ניסן אייר סיוון תמוז אב אלול תשרי חשוון כסלו טבת שבט אדר"
ROWS = [(calendar, row) for calendar, table in (("gregorian", GREGORIAN), ("jalali", JALALI), ("hijri", HIJRI))
        for row in table.values()] + [("hebrew", HEBREW)]  # fmt: skip
IN_CALENDAR = {
    "gregorian": (2023, lambda month: date(2023, month, 7)),
    "jalali": (1402, lambda month: jdatetime.date(1402, month, 7).togregorian()),
    "hijri": (1445, lambda month: Hijri(1445, month, 7).to_gregorian()),
    "hebrew": (5783, lambda month: HebrewDate(5783, month, 7).to_pydate()),
}


@pytest.mark.parametrize(("calendar", "row"), ROWS)
def test_every_month_is_known_in_every_region(calendar: str, row: str) -> None:  # A5
    year, day_of = IN_CALENDAR[calendar]
    for number, name in enumerate((word.replace("_", " ") for word in row.split()), start=1):
        expected = datetime.combine(date.fromordinal(day_of(number).toordinal()), time(), UTC)
        for text in (f"7 {name} {year}", f"٧ {name}، {year}"):
            assert expected == dates.read(text, UTC_ZONE, "en"), text
