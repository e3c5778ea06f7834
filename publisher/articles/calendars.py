"""Days of the calendars our authors write in, and the names of their months (A5).

Gregorian names are CLDR's for every region of the language, and what its newspapers write beside them.
"""

import re
from datetime import date

from publisher.model.site import Calendar
from publisher.text.fold import fold

# A year outside its calendar's is nobody's: 1403 is never AD 1403.
YEARS: dict[Calendar, range] = {
    "gregorian": range(1600, 3001),
    "jalali": range(1300, 1501),
    "hijri": range(1343, 1501),  # what Umm al-Qura's tables cover
    "hebrew": range(5600, 5901),
}
_LANGUAGES: dict[str, Calendar] = {
    **dict.fromkeys(("fa", "prs", "ps"), "jalali"),
    **dict.fromkeys(("ar", "arz", "ary", "ur"), "hijri"),
    "he": "hebrew",
}

# What follows a year and names its calendar, without blanks and dots: م, ء, هـ, ه‍.ش, ه‍.ق and their long forms.
# هـ alone is either calendar that counts from the Hijra.
_ERAS: dict[str, tuple[Calendar, ...]] = {
    **dict.fromkeys(("م", "ء", "ميلادي", "ميلادية", "عيسوي", "ad", "ce"), ("gregorian",)),
    **dict.fromkeys(("ه", "هجري", "هجرية"), ("hijri", "jalali")),
    **dict.fromkeys(("هق", "ق", "قمري", "هجريقمري", "ah"), ("hijri",)),
    **dict.fromkeys(("هش", "ش", "شمسي", "خورشيدي", "هجريشمسي", "هجريخورشيدي", "لمريز"), ("jalali",)),
}

# A row a month; "_" stands for a blank.
_MONTHS: dict[Calendar, tuple[str, ...]] = {
    "gregorian": (
        "jan january يناير كانون_الثاني جانفي ژانویه جنوری جنو ינואר ינו كانوونی_دووەم كانوونی_دووهەم يانۋار rêbendan",
        "feb february فبراير شباط فيفري فوریه فبروری فروری فېبروري פברואר פבר شوبات فېۋرال فيبروري sibat",
        "mar march مارس آذار مارچ מרץ מרס ئازار مارت adar",
        "apr april أبريل نيسان أفريل آوریل اپریل אפריל אפר ئاپرېل nîsan",
        "may مايو أيار ماي مه می مۍ مئی מאי ئایار gulan",
        "jun june يونيو يونيه حزيران جوان ژوئن جون יוני حوزەیران حوزەيران ئىيۇن hezîran",
        "jul july يوليو يوليه تموز جويلية يوليوز ژوئیه ژوییه جولای جولائی יולי تەمووز تەمموز ئىيۇل جولاءِ tîrmeh",
        "aug august أغسطس آب أوت غشت أغشت اگست اګست אוגוסט אוג ئاب ئاۋغۇست آگسٽ tebax",
        "sep sept september سبتمبر أيلول شتنبر شتمبر سپتامبر سپتمبر ستمبر سېپتمبر ספטמבר ספט ئەیلوول ئەیلول سېنتەبىر"
        " سيپٽمبر îlon",
        "oct october أكتوبر تشرين_الأول اکتبر אוקטובר אוק تشرینی_یەکەم ئۆکتۆبەر ئۆكتەبىر آڪٽوبر cotmeh",
        "nov november نوفمبر تشرين_الثاني نونبر نوامبر نومبر נובמבר נוב تشرینی_دووەم نۆڤەمبەر نويابىر mijdar",
        "dec december ديسمبر كانون_الأول دجنبر دجمبر دسامبر دسمبر דצמבר דצמ"
        " کانوونی_یەکەم کانونی_یەکەم دیسەمبەر دېكابىر ڊسمبر berfanbar",
    ),
    "jalali": (  # Iran; Afghanistan in Dari and Pashto; Kurds of Iran
        "فروردین حمل وری خاکەلێوە",
        "اردیبهشت ثور غویی گوڵان",
        "خرداد جوزا غبرګولی جۆزەردان",
        "تیر سرطان چنګاښ پووشپەڕ",
        "مرداد امرداد اسد زمری گەلاوێژ",
        "شهریور سنبله وږی خەرمانان",
        "مهر میزان تله ڕەزبەر",
        "آبان عقرب لړم گەڵاڕێزان خەزەڵوەر",
        "آذر قوس لیندۍ سەرماوەز",
        "دی جدی مرغومی بەفرانبار",
        "بهمن دلو سلواغه ڕێبەندان",
        "اسفند حوت کب ڕەشەمە ڕەشەمێ",
    ),
    "hijri": (  # Arabic, Urdu, Persian
        "محرم محرم_الحرام المحرم",
        "صفر صفر_الخير صفر_المظفر",
        "ربيع_الأول ربيع_أول ربيع_الاولى",
        "ربيع_الآخر ربيع_الثاني ربيع_ثاني",
        "جمادى_الأولى جمادى_الأول جمادى_أول",
        "جمادى_الآخرة جمادى_الآخر جمادى_الثانية جمادى_الثاني جمادى_ثاني",
        "رجب رجب_المرجب",
        "شعبان شعبان_المعظم",
        "رمضان رمضان_المبارك",
        "شوال شوال_المكرم",
        "ذو_القعدة ذي_القعدة ذوالقعدہ ذوالقعده ذیقعد ذيقعده",
        "ذو_الحجة ذي_الحجة ذوالحجہ ذیحجه ذوالحج",
    ),
    "hebrew": (  # counted from Nisan, as pyluach and the Bible do
        "ניסן", "אייר איר", "סיוון סיון", "תמוז", "אב מנחם_אב", "אלול", "תשרי", "חשוון חשון מרחשוון מרחשון", "כסלו",
        "טבת", "שבט", "אדר אדר_א אדר_ראשון", "אדר_ב אדר_שני",
    ),
}  # fmt: skip

_WITHIN = re.compile(r"[\s_'\"’\u05f3\u05f4.,،\u02bc-]+")


def _key(name: str) -> str:
    return _WITHIN.sub("", fold(name))


_NAMED: dict[str, tuple[Calendar, int]] = {
    _key(name): (calendar, number)
    for calendar, rows in _MONTHS.items()
    for number, row in enumerate(rows, start=1)
    for name in row.split()
}
_CALENDAR_OF_ERA = {_key(era): calendars for era, calendars in _ERAS.items()}

# What grammar puts around a month: 1 من مايو, شهر مايو, اردیبهشت‌ماه, 12 במאי, ١ی ئایاری.
_AROUND = re.compile(r"\A(?:من|شهر|ב)?(?P<name>.+?)(?:ماه|ي)?\Z")

_HEBREW_DIGITS = {letter: value for value, letter in enumerate("אבגדהוזחט", start=1)}
_HEBREW_DIGITS |= {letter: 10 * value for value, letter in enumerate("יכלמנסעפצ", start=1)}
_HEBREW_DIGITS |= {letter: 100 * value for value, letter in enumerate("קרשת", start=1)}


def month(words: str) -> tuple[Calendar, int]:
    """The calendar and the number of the month called *words*; two names of one month may stand side by side
    (أيار/مايو, يوليو (تموز)). Raises ValueError where there is none."""
    found = {_month(key) for name in re.split(r"[/()]", words) if (key := _key(name))}
    if len(found) == 1 and (named := found.pop()):
        return named
    raise ValueError(f"no month is called {words.strip()}")


def _month(key: str) -> tuple[Calendar, int] | None:
    bare = _AROUND.match(key)
    return _NAMED.get(key) or (_NAMED.get(bare["name"]) if bare else None)


def of_year(year: int, language: str, *, named: Calendar | None = None, era: str = "") -> Calendar:
    """The calendar that counts *year*: the one its *era* or the *named* month belongs to, else the one an author
    in *language* (BCP 47) means. Raises ValueError if they differ, or it has no such year."""
    usual = _LANGUAGES.get(language.partition("-")[0])
    possible = _CALENDAR_OF_ERA.get(_key(era).replace(".", ""), ()) if era else (named,) if named else ()
    if era and (not possible or (named and named not in possible)):
        raise ValueError(f"{era.strip()} is no era of this date")
    if possible:
        calendar = named or (usual if usual in possible else possible[0])
    else:
        calendar = usual if usual and year in YEARS[usual] else "gregorian"
    if year not in YEARS[calendar]:
        raise ValueError(f"the year {year} is in no calendar that is read here")
    return calendar


def to_gregorian(calendar: Calendar, year: int, number: int, day: int) -> date:
    """The day as the Gregorian calendar has it. Raises ValueError for a day that *calendar* has not."""
    try:
        match calendar:
            case "gregorian":
                return date(year, number, day)
            case "jalali":
                import jdatetime

                return date.fromordinal(jdatetime.date(year, number, day).togregorian().toordinal())
            case "hijri":
                from hijridate import Hijri

                return date.fromordinal(Hijri(year, number, day).to_gregorian().toordinal())
            case "hebrew":
                from pyluach.dates import HebrewDate

                return date.fromordinal(HebrewDate(year, number, day).to_pydate().toordinal())
    except (ValueError, OverflowError):
        raise ValueError("no calendar has this day") from None


def hebrew_number(letters: str) -> int:
    """The number that Hebrew *letters* write: כ״ג is 23, תשפ״ד 784. Raises ValueError for other letters."""
    values = [_HEBREW_DIGITS.get(letter, 0) for letter in _WITHIN.sub("", letters)]
    if not values or 0 in values or values != sorted(values, reverse=True):
        raise ValueError(f"{letters} is no number in Hebrew letters")
    return sum(values)
