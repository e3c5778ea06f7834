"""Letters of every kind and language, as tests look at them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from publisher.digests import notices
from publisher.digests.compose import compose, correction
from publisher.digests.frame import Link
from publisher.digests.select import Selection
from publisher.layout import Layout
from publisher.model.article import Article, Direction
from publisher.model.digest import Content, Newsletter
from publisher.model.media import Made, Media
from publisher.model.site import Letterhead, Site
from publisher.templating import Templates

PLANNED = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOME = "https://nashir.example"
LAYOUT = Layout(HOME)
TEMPLATES = Templates()
RTL = {"ar", "fa", "he", "ur", "ckb"}
STORIES = {
    "ar": (
        "iPhone 17: هل يستحق الترقية؟ تجربة 30 يومًا",
        "جرّبنا الهاتف شهرًا؛ كُتب التطبيق بلغة C++ و.NET وحسابه @nashir_tech. السعر <1,199> دولارًا & أكثر.",
    ),
    "fa": ("کتاب‌خانه‌های کوچک دوباره باز می‌شوند", "پس از دو سال، ۱۲ کتاب‌خانهٔ روستایی بازگشایی شد."),
    "he": ("השוק הישן חוזר לחיים: 40 דוכנים נפתחים", "לאחר שנתיים של שיפוצים נפתח מחדש השוק העירוני."),
    "ur": ("لاہور میں بارش کے بعد ٹھنڈی ہوائیں", "محکمہ موسمیات کے مطابق شہر میں 35 ملی میٹر بارش ہوئی۔"),
    "ckb": ("کتێبخانەی گشتیی ھەولێر دەرگای کردەوە", "زیاتر لە ٥٠ ھەزار کتێب لەخۆ دەگرێت."),
    "en": ("A river walk opens in Basra", "The promenade runs for three kilometres."),
}
MORE = {
    "ar": (
        "بلدية الحي تفتتح حديقة جديدة على ضفة النهر",
        "افتُتحت أمس حديقة جديدة بعد عامين من العمل (Reuters).",
    ),
    "fa": ("نسخهٔ تازهٔ Firefox منتشر شد!", "نسخهٔ 128.0.3 برای Linux و Windows آماده است (ESR)."),
    "he": ("WhatsApp: שלוש שאלות על האפליקציה", "כ־90% מהמשתמשים עדכנו ל־v2.24."),
    "ur": ("Google کی نئی سروس پاکستان میں دستیاب", "یہ سروس 4G اور 5G دونوں پر چلتی ہے۔"),
    "ckb": ("وەشانی نوێی Python بڵاوکرایەوە (3.14)", "ئەم وەشانە خێراترە لە C++ نا، بەڵام نزیکە."),
    "en": ("شارع الرشيد: a street and its songs", "Old Baghdad in 12 recordings."),
}
CATEGORIES = {
    "ar": ("تقنية", "محليات"),
    "fa": ("فرهنگ", "فناوری"),
    "he": ("עסקים", "טכנולוגיה"),
    "ur": ("موسم", "ٹیکنالوجی"),
    "ckb": ("ڕۆشنبیری", "تەکنەلۆژیا"),
    "en": ("Local", "Culture"),
}
OPENINGS = {
    "ar": "صباح الخير!\n\nفي عدد اليوم 3 أخبار من المدينة. راسلونا على desk@nashir.example.",
    "fa": "سلام!\n\nدر این شماره ۳ خبر از شهر می‌خوانید. به ما بنویسید: desk@nashir.example.",
    "he": "בוקר טוב!\n\nבגיליון היום 3 ידיעות מהעיר. כתבו לנו: desk@nashir.example.",
    "ur": "السلام علیکم!\n\nآج کے شمارے میں شہر کی 3 خبریں ہیں۔ ہمیں لکھیں: desk@nashir.example۔",
    "ckb": "بەیانیتان باش!\n\nلەم ژمارەیەدا ٣ ھەواڵی شار ھەن. بۆمان بنووسن: desk@nashir.example.",
    "en": "Good morning!\n\nThree stories from the city today. Write to us: desk@nashir.example.",
}
TITLES = {
    "ar": "النشرة اليومية",
    "fa": "خبرنامهٔ روزانه",
    "he": "העלון",
    "ur": "خبرنامہ",
    "ckb": "ھەواڵنامە",
    "en": "The Digest",
}
POSTAL = {
    "ar": ("دار النخيل للنشر", "شارع المتنبي 12، بغداد 10001"),
    "fa": ("نشر ناشر", "خیابان انقلاب ۱۲، تهران"),
    "he": ("הוצאת נאשר", "רחוב יפו 12, ירושלים 9414201"),
    "ur": ("ناشر پبلشنگ", "مال روڈ 12، لاہور 54000"),
    "ckb": ("دەزگای ناشر", "شەقامی 60 مەتری 12، ھەولێر"),
    "en": ("Nashir Publishing", "12 Rashid Street, Baghdad 10001"),
}
REGIONS = {"ar": "IQ", "fa": "IR", "he": "IL", "ur": "PK", "ckb": "IQ", "en": "GB"}
NOTES = {
    "ar": "ذكرنا أن السعر 1,199 دولارًا، والصحيح 999 دولارًا.",
    "fa": "نوشته بودیم ۱۲ کتاب‌خانه؛ درست آن ۲۱ است.",
    "he": "כתבנו 40 דוכנים; המספר הנכון הוא 44.",
    "ur": "ہم نے 35 ملی میٹر لکھا تھا؛ درست 53 ہے۔",
    "ckb": "نووسیبوومان ٥٠ ھەزار؛ ڕاستییەکەی ٥٥ ھەزارە.",
    "en": "We wrote three kilometres; it is four.",
}
LANGUAGES = tuple(STORIES)


def direction(language: str) -> Direction:
    return "rtl" if language in RTL else "ltr"


def site(language: str = "ar", **changes: object) -> Site:
    made = Site(
        id="0" * 32,
        title=TITLES[language],
        description="",
        url=HOME,
        language=language,
        direction=direction(language),
        region="IQ",
        timezone=ZoneInfo("Asia/Baghdad"),
        author="",
        digits=(("ar", "latn"),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def house(language: str) -> Site:
    """A site at home where its language is, with a postal address."""
    return site(language, region=REGIONS[language], letterhead=Letterhead(POSTAL[language]))


def newsletter(language: str = "ar", subject: str = "", **changes: object) -> Newsletter:
    made = Newsletter("daily", TITLES[language], subject, "daily 07:00", (), "digest", 20, 21600)
    return replace(made, **changes)  # type: ignore[arg-type]


def article(language: str = "ar", number: int = 1, **changes: object) -> Article:
    title, summary = STORIES[language]
    made = Article(
        id=f"urn:uuid:{number}",
        seq=number,
        slug=f"خبر-{number}",
        path=f"{number}.txt",
        title=title,
        language=language,
        direction=direction(language),
        summary=summary,
        summary_is_lead=True,
        authors=("Sami Haddad",),
        categories=("تقنية", "Tech") if language == "ar" else (),
        published=PLANNED,
        updated=PLANNED,
        digest=True,
        pin=False,
        weight=0,
        content_hash="h",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def picture(alt: str) -> Media:
    made = Made("p.jpg", "image/jpeg", 20_000, 1104, 621)
    return Media("p.jpg", made, made, alt)


def stories(language: str) -> tuple[Article, ...]:
    """Three articles in *language*: one with a picture, two categories, one article without."""
    one, other = CATEGORIES[language]
    title, summary = MORE[language]
    return (
        article(language, 1, categories=(one,), media=(picture(other),), authors=()),
        article(language, 2, title=title, summary=summary, categories=(other,)),
        article(language, 3, title=f"{title} (2)", summary="", categories=()),
    )


def letter(
    *articles: Article,
    language: str = "ar",
    subject: str = "",
    more: int = 0,
    templates: Templates = TEMPLATES,
) -> Content:
    """A digest of *articles*."""
    chosen = Selection(articles or (article(language),), more)
    return compose(site(language), newsletter(language, subject), chosen, LAYOUT, templates, PLANNED)


def mixed(language: str) -> Content:
    """A digest with an article in each language, that of the site first."""
    others = [article(other, number) for number, other in enumerate(STORIES, 2) if other != language]
    return letter(article(language), *others, language=language, more=3)


def grouped(language: str, others: Sequence[str] = ()) -> Content:
    """A digest with everything it may have: groups, the editor's words, a picture, more on the site, its page."""
    told = [article(each, number, categories=()) for number, each in enumerate(others, 4)]
    chosen = Selection((*stories(language), *told), 11)
    return compose(
        house(language),
        newsletter(language, group=True),
        chosen,
        LAYOUT,
        TEMPLATES,
        PLANNED,
        opening=OPENINGS[language],
        archived=f"{HOME}/newsletter/daily/2026-11-23/",
    )


def every(language: str) -> dict[str, Content]:
    """A letter of each kind to readers and editors of a site in *language*."""
    of, daily, instant = house(language), newsletter(language), newsletter(language, schedule="instant")
    mine = stories(language)
    common = (of, daily, LAYOUT, TEMPLATES)
    page = f"{HOME}/confirm/token"
    other = "en" if language in RTL else "ar"
    return {
        "digest": compose(of, daily, Selection(mine, 0), LAYOUT, TEMPLATES, PLANNED),
        "grouped": grouped(language, [each for each in LANGUAGES if each != language][:2]),
        "article": compose(
            of, instant, Selection(mine[:1], 0), LAYOUT, TEMPLATES, PLANNED, opening=OPENINGS[language]
        ),
        "correction": correction(of, daily, mine[0], NOTES[language], LAYOUT, TEMPLATES, PLANNED),
        "confirm": notices.confirm(*common, confirm_url=page),
        "welcome": notices.welcome(*common, due=PLANNED),
        "goodbye": notices.goodbye(*common, undo_url=page),
        "links": notices.links(
            of,
            LAYOUT,
            TEMPLATES,
            about="preferences",
            preferences=(Link(TITLES[language], page), Link(MORE[language][0], f"{page}2")),
            held_url=f"{page}/held",
            erase_url=f"{HOME}/erase/token",
        ),
        "yearly": notices.yearly(*common, still_url=page, ends=PLANNED),
        "editors": notices.preview_for_editors(
            *common,
            subject=f"{TITLES[language]}: {mine[0].title}",
            headlines=[each.title for each in mine] + [STORIES["en"][0]],
            more=8,
            readers=103,
            due=PLANNED,
            approval_url=page,
        ),
        "guest": compose(
            of, daily, Selection(mine, 11), LAYOUT, TEMPLATES, PLANNED, other, opening=OPENINGS[other]
        ),
        "foreign": notices.welcome(*common, other, due=PLANNED),
        "notice": notices.notice_for_editors(
            of, LAYOUT, TEMPLATES, subject=MORE[language][0], text=OPENINGS[language], url=page, button="OK"
        ),
    }
