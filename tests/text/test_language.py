import pytest

from publisher.text.language import canonical, detect, feed_tag, prose, script
from tests.patience import took

ARABIC = (
    "قالت وزارة الصحة إن عدد المستفيدين من الحملة الوطنية تجاوز"
    " مئة ألف شخص في أسبوع واحد، وأضافت أن المراكز مفتوحة."
)
PERSIAN = (
    "وزیر کشور گفت که برگزاری این جشنواره پس از چهار سال وقفه، گام بزرگی برای گردشگری در شهر ما"
    " به شمار می‌رود و پژوهشگران نیز از گسترش آن استقبال کرده‌اند و گفته‌اند که گنجایش سالن‌ها پارسال کم بود."
)
URDU = "وزیر اعلیٰ نے کہا ہے کہ نئے اسکولوں کی تعمیر اگلے مہینے شروع ہو جائے گی اور اساتذہ کی بھرتی بھی ہوگی۔"
HEBREW = "ראש העיר אמר כי הספרייה החדשה תיפתח בחודש הבא, וכי הכניסה אליה תהיה חופשית לכל תושבי האזור."
YIDDISH = "די נײַע ביבליאָטעק װעט זיך עפֿענען קומענדיקן חודש און דער אַרײַנגאַנג װעט זײַן פֿרײַ פֿאַר אַלע אײַנװױנער."
SORANI = (
    "وەزیری پەروەردە ڕایگەیاند کە قوتابخانە نوێیەکان لە مانگی"
    " داهاتوودا دەکرێنەوە و هەموو منداڵێک دەتوانێت ناوی تۆمار بکات."
)
UYGHUR = (
    "مائارىپ مىنىستىرى يېڭى مەكتەپلەرنىڭ كېلەر ئايدا"
    " ئېچىلىدىغانلىقىنى ۋە بالىلارنىڭ ھەقسىز ئوقۇيدىغانلىقىنى ئېيتتى."
)
PASHTO = (
    "د پوهنې وزیر وویل چې نوي ښوونځي به په راتلونکې میاشت کې پرانیستل شي او ټول ماشومان کولی شي زده کړه وکړي."
)
ENGLISH = "The ministry said that the new library opens next month and that everybody is welcome."
ALL = {
    "ar": ARABIC,
    "fa": PERSIAN,
    "ur": URDU,
    "he": HEBREW,
    "yi": YIDDISH,
    "ckb": SORANI,
    "ug": UYGHUR,
    "ps": PASHTO,
    "en": ENGLISH,
}


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("AR-eg", "ar-EG"),
        ("iw", "he"),
        ("ji_IL", "yi-IL"),
        ("in", "id"),
        ("AZ_arab_ir", "az-Arab-IR"),
        ("heb", "he"),
        ("prs", "fa-AF"),
        ("zh-yue", "yue"),
        ("pnb", "pnb"),
        ("ckb-IQ-x-Home", "ckb-IQ-x-home"),
    ],
)
def test_the_canonical_tag_of(written: str, tag: str) -> None:
    assert tag == canonical(written)
    assert tag == canonical(tag)


@pytest.mark.parametrize(
    "tag", ["", "arabic", "a", "عربي", "ar--EG", "ar-", "x-home", "ar EG", "ar\n-EG", "١٢"]
)
def test_no_language_tag_is(tag: str) -> None:
    with pytest.raises(ValueError, match="not a language tag"):
        canonical(tag)


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        ("ar-EG", "ar"),  # F4
        ("iw", "he"),
        ("az-Arab", "az-Arab"),
        ("az-IR", "az-Arab"),
        ("az-Latn", "az"),
        ("pa-Arab-PK", "pa-Arab"),
        ("pa-PK", "pa-Arab"),
        ("fa-Arab-AF", "fa"),
        ("ur-Aran", "ur"),
        ("ug-Latn", "ug-Latn"),
        ("xx", "xx"),
    ],
)
def test_a_feed_writes(tag: str, shown: str) -> None:
    assert shown == feed_tag(tag)


def test_the_script_is_the_subtag_else_the_likely_one() -> None:
    assert [script(tag) for tag in ("ar-Latn", "ar", "yi", "pa-PK", "xx")] == [
        "Latn",
        "Arab",
        "Hebr",
        "Arab",
        "",
    ]


@pytest.mark.parametrize("fallback", ["ar", "fa", "he", "ckb", "en"])
@pytest.mark.parametrize("language", ALL)
def test_letters_tell(language: str, fallback: str) -> None:
    assert language == detect(ALL[language], fallback)  # A7


@pytest.mark.parametrize(
    ("headline", "language"),
    [
        ("وزير الخارجية: نتوقع اتفاقا اليوم", "ar"),
        ("بنگلہ دیش کی عدالت کا فیصلہ", "ur"),
        ("האתר הוסב ל־Hugo", "he"),
        ("خانه‌ی ما و گربه‌های کوچه", "fa"),
        ("نرخی نان لە هەولێر گۆڕا", "ckb"),
    ],
)
def test_headlines_tell_beside_the_site(headline: str, language: str) -> None:
    assert language == detect(headline, "ar")  # A7


@pytest.mark.parametrize("text", ["", "2024 – 10 %", "🙂"])
def test_the_fallback_holds_where_letters_do_not_tell(text: str) -> None:
    assert [detect(text, tag) for tag in ("ckb", "ar-IQ", "az-Arab")] == ["ckb", "ar-IQ", "az-Arab"]


def test_the_same_language_keeps_the_region_of_the_fallback() -> None:
    assert detect(ARABIC, "ar-IQ") == "ar-IQ"
    assert detect(PERSIAN, "ar-IQ") == "fa"


def test_code_addresses_and_tags_are_not_the_authors_words() -> None:
    code = "```python\n" + "for name in names: print(name)\n" * 40 + "```\n"
    noise = (
        "https://example.org/"
        + "a" * 500
        + " <div class='"
        + "b" * 500
        + "'> `"
        + "c" * 500
        + "` [x](/"
        + "d" * 500
        + ")"
    )

    assert detect(prose(f"{code}\n{ARABIC}\n{noise}"), "fa") == "ar"


def test_a_quotation_does_not_decide() -> None:
    assert detect(ARABIC * 4 + SORANI[:60], "ar") == "ar"
    assert detect(ENGLISH * 3 + ARABIC[:20], "ar") == "en"


UNITS = "ا a 1 . @ a@ a@a. ]( ](a( {{ {% ` < <a http:// www. <!-- <pre> --- ~~~ ``` ئ"


@pytest.mark.parametrize("unit", [*UNITS.split(), "```\n", "---\n", "import ", "[a](b ", " "])
def test_hostile_texts_take_no_time(unit: str) -> None:
    text = (unit * 100_000)[:100_000]

    assert took(lambda: detect(prose(text), "ar"), 2) < 2
