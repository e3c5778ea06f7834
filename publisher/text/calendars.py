"""Days of other calendars than the Gregorian one, in the words of each language that counts by them (R8).

Hijri is Umm al-Qura's, by its published tables (1343 to 1500); Jalali that of Iran and Afghanistan; Hebrew the fixed
one, of the day's daylight. Month names are those newspapers print; Babel carries none of CLDR's. What converts is
imported at the first date that needs it.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from babel import Locale

from publisher.model.site import Calendar

_ISRAEL_ADAR = 12  # pyluach counts from Nisan: 12 is Adar, in a leap year Adar I, and 13 Adar II


@dataclass(frozen=True, slots=True)
class Manner:
    """How a language writes a date beside others: `first` has {weekday} and {date}, `date` {d}, {month} and {y}."""

    first: str
    date: str
    before: str  # between the first date and the second
    between: str  # the second and the third
    after: str = ""
    gregorian: str = "long"  # CLDR's pattern without the weekday
    usual: Calendar = "gregorian"  # needs no era where it stands first; nor does the Gregorian
    eras: dict[Calendar, str] = field(default_factory=dict)
    hebrew: str = ""  # as `date`, with Hebrew numerals; "" where it is written as the others are


MANNERS = {
    "ar": Manner(
        "{weekday} {date}", "{d} {month} {y}", "، الموافق ", " و", gregorian="d MMMM y",
        eras={"gregorian": "\u00a0م", "hijri": "\u00a0هـ", "jalali": "\u00a0هـ\u00a0ش"},
    ),
    "fa": Manner(
        "{weekday} {date}", "{d} {month} {y}", "، برابر با ", " و ", gregorian="d MMMM y", usual="jalali",
        eras={"gregorian": "\u00a0میلادی", "hijri": "\u00a0قمری", "jalali": "\u00a0خورشیدی"},
    ),
    "ps": Manner("{weekday} د {date}", "{y} د {month} {d}", " (د ", "، د ", ")", "y د MMMM d"),
    "ckb": Manner(
        "{weekday}، {date}", "{d}ی {month}ی {y}", "، بەرامبەر بە ", " و ", gregorian="dی MMMMی y", usual="jalali",
        eras={"gregorian": "ی زایینی", "hijri": "ی کۆچی", "jalali": "ی ھەتاوی"},
    ),
    "ur": Manner(
        "{weekday}، {date}", "{d} {month} {y}", "، بمطابق ", "، ", gregorian="d MMMM y",
        eras={"gregorian": "ء", "hijri": "ھ", "jalali": "\u00a0ہجری شمسی"},
    ),
    "he": Manner(
        "{weekday}, {date}", "{d} ב{month} {y}", ", ", ", ",
        eras={"hijri": " להיג׳רה"}, hebrew="{d} ב{month} {y}",
    ),
    "yi": Manner("{weekday}, {date}", "{d} {month} {y}", ", ", ", ", hebrew="{d} {month} {y}"),
    "en": Manner(
        "{weekday}, {date}", "{d} {month} {y}", " (", ", ", ")",
        eras={"hijri": "\u00a0AH", "jalali": "\u00a0SH"},
    ),
}  # fmt: skip

# By calendar and language; a language that is not here does not count by that calendar. "_" stands for a blank.
_MONTHS: dict[tuple[Calendar, str], str] = {
    ("hijri", "ar"): "محرم صفر ربيع_الأول ربيع_الآخر جمادى_الأولى جمادى_الآخرة رجب شعبان رمضان شوال"
    " ذو_القعدة ذو_الحجة",
    ("hijri", "fa"): "محرم صفر ربیع\u200cالاول ربیع\u200cالثانی جمادی\u200cالاول جمادی\u200cالثانی رجب شعبان"
    " رمضان شوال ذیقعده ذیحجه",
    ("hijri", "ps"): "محرم صفر ربیع\u200cالاول ربیع\u200cالثاني جمادی\u200cالاول جمادی\u200cالثاني رجب شعبان"
    " رمضان شوال ذوالقعدې ذوالحجې",
    ("hijri", "ckb"): "موحەڕڕەم سەفەر ڕەبیعی_یەکەم ڕەبیعی_دووەم جومادای_یەکەم جومادای_دووەم ڕەجەب شەعبان"
    " ڕەمەزان شەووال زولقەعدە زولحیججە",
    ("hijri", "ur"): "محرم صفر ربیع_الاول ربیع_الثانی جمادی_الاول جمادی_الثانی رجب شعبان رمضان شوال ذوالقعدہ"
    " ذوالحجہ",
    ("hijri", "he"): "מוחרם צפר רביע_אל-אוול רביע_א-ת׳אני ג׳ומאדא_אל-אולא ג׳ומאדא_א-ת׳אניה רג׳ב שעבאן רמדאן"
    " שוואל ד׳ו_אל-קעדה ד׳ו_אל-חיג׳ה",
    ("hijri", "en"): "Muharram Safar Rabiʻ_I Rabiʻ_II Jumada_I Jumada_II Rajab Shaʻban Ramadan Shawwal"
    " Dhuʻl-Qiʻdah Dhuʻl-Hijjah",
    ("jalali", "fa"): "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    ("jalali", "fa_AF"): "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت",
    # In the case that follows "د": وری becomes وري.
    ("jalali", "ps"): "وري غويي غبرګولي چنګاښ زمري وږي تلې لړم لیندۍ مرغومي سلواغې کب",
    ("jalali", "ckb"): "خاکەلێوە گوڵان جۆزەردان پووشپەڕ گەلاوێژ خەرمانان ڕەزبەر خەزەڵوەر سەرماوەز بەفرانبار"
    " ڕێبەندان ڕەشەمە",
    ("jalali", "ar"): "فروردين أرديبهشت خرداد تير مرداد شهريور مهر آبان آذر دي بهمن إسفند",
    ("jalali", "ur"): "فروردین اردیبہشت خرداد تیر مرداد شہریور مہر آبان آذر دی بہمن اسفند",
    ("jalali", "en"): "Farvardin Ordibehesht Khordad Tir Mordad Shahrivar Mehr Aban Azar Dey Bahman Esfand",
    ("hebrew", "he"): "ניסן אייר סיוון תמוז אב אלול תשרי חשוון כסלו טבת שבט אדר אדר_ב׳",
    ("hebrew", "yi"): "ניסן אייר סיון תמוז אב אלול תשרי חשון כסלו טבת שבט אדר אדר_ב׳",
    ("hebrew", "en"): "Nisan Iyar Sivan Tamuz Av Elul Tishri Heshvan Kislev Tevet Shevat Adar Adar_II",
}
_FIRST_ADAR = {"he": "אדר א׳", "yi": "אדר א׳", "en": "Adar I"}  # of a leap year


def written(calendar: Calendar, day: date, here: Locale, hijri_offset: int) -> str | None:
    """*day* in *calendar*, day, month and year without weekday and era, in Latin digits or Hebrew numerals; None
    where the language of *here* does not count by it, or the calendar's tables do not reach so far. Hijri days are
    *hijri_offset* later than in Umm al-Qura's tables, as where the moon was seen earlier or later."""
    names = _MONTHS.get((calendar, str(here))) or _MONTHS.get((calendar, here.language))
    if names is None:
        return None
    manner = MANNERS[here.language]
    if calendar == "hebrew":
        return _hebrew(day, here.language, manner, names.split())
    try:
        year, month, number = _jalali(day) if calendar == "jalali" else _hijri(day, hijri_offset)
    except (ValueError, OverflowError):
        return None
    return manner.date.format(d=number, month=names.split()[month - 1].replace("_", " "), y=year)


def _jalali(day: date) -> tuple[int, int, int]:
    import jdatetime

    found = jdatetime.date.fromgregorian(date=day)
    return found.year, found.month, found.day


def _hijri(day: date, offset: int) -> tuple[int, int, int]:
    from hijridate import Gregorian

    shifted = day + timedelta(days=offset)
    return Gregorian(shifted.year, shifted.month, shifted.day).to_hijri().datetuple()


def _hebrew(day: date, language: str, manner: Manner, names: list[str]) -> str:
    from pyluach.dates import HebrewDate
    from pyluach.hebrewcal import Year

    found = HebrewDate.from_pydate(day)
    month = names[found.month - 1].replace("_", " ")
    if found.month == _ISRAEL_ADAR and Year(found.year).leap:
        month = _FIRST_ADAR[language]
    if manner.hebrew:
        return manner.hebrew.format(d=found.hebrew_day(), month=month, y=found.hebrew_year(thousands=True))
    return manner.date.format(d=found.day, month=month, y=found.year)
