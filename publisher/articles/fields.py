"""Front matter to values: one table of the names a field goes by, and how each is read (A3-A11)."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from publisher.articles import dates
from publisher.articles.yamlish import Mapping, Value
from publisher.model.article import Warn
from publisher.text import clean, language
from publisher.text.fold import fold

# Names are compared folded, without blanks, hyphens and underscores ("_" stands for a blank here). The first that
# holds something counts. After the English ones: Arabic, Persian and Dari, Pashto, Urdu, Hebrew, Sorani, Uyghur.
_WRITTEN: dict[str, str] = {
    "title": "title headline العنوان عنوان سرلیک سرخی כותרת ناونیشان سەردێڕ ماۋزۇ تېما",
    "date": "date published pub_date publish_date published_at published_on date_published publication_date posted"
    " posted_at post_date story_publish_date created created_at date_created publish"
    " التاريخ تاريخ تاريخ_النشر نشر_في تاريخ_الإنشاء تاریخ_انتشار زمان_انتشار تاریخ_نشر تاریخ_اشاعت نېټه نیټه"
    " תאריך תאריך_פרסום פורסם بەروار ڕێکەوت ڕێکەوتی_بڵاوکردنەوە چېسلا",
    "updated": "updated lastmod modified last_modified last_modified_at updated_at last_updated date_modified"
    " التحديث تاريخ_التحديث آخر_تحديث تاريخ_التعديل آخر_تعديل عدل_في به‌روزرسانی تاریخ_به‌روزرسانی"
    " آخرین_به‌روزرسانی آخرین_ویرایش تجدید آخری_ترمیم עודכן עדכון עדכון_אחרון نوێکردنەوە",
    "expires": "expires expiry expiry_date expire_date expiration expiration_date expires_at expires_on unpublish_date"
    " الانتهاء تاريخ_الانتهاء ينتهي ينتهي_في انقضا تاریخ_انقضا اختتام תפוגה תאריך_תפוגה بەسەرچوون",
    "language": "lang language locale اللغة لغة زبان ژبه שפה زمان تىل",
    "page language": "html_lang",
    "summary": "summary description excerpt abstract الملخص ملخص الوصف وصف المقتطف مقتطف نبذة خلاصه چکیده"
    " توضیحات توضیح لنډیز خلاصہ תקציר תיאור پوختە",
    "author": "author by الكاتب كاتب المؤلف مؤلف المحرر بقلم نویسنده لیکوال مصنف מחבר כותב מאת نووسەر ئاپتور",
    "authors": "authors المؤلفون المؤلفين نویسندگان مصنفین מחברים כותבים نووسەران",
    "category": "category القسم قسم التصنيف تصنيف الفئة فئة دسته دسته‌بندی بخش موضوع زمرہ קטגוריה מדור بەش پۆل تۈر",
    "categories": "categories section sections الأقسام أقسام التصنيفات تصنيفات الفئات فئات دسته‌ها دسته‌بندی‌ها بخش‌ها"
    " موضوعات קטגוריות מדורים بەشەکان",
    "tags": "tags tag الوسوم وسوم الوسم وسم تاغات برچسب برچسب‌ها تگ تگ‌ها ټګونه ٹیگ ٹیگز תגיות תגית תגים תג تاگ تاگەکان",
    "keywords": "keywords keyword الكلمات_المفتاحية كلمات_مفتاحية الكلمات_الدلالية کلمات_کلیدی کلیدواژه کلیدواژه‌ها"
    " مطلوبہ_الفاظ מילות_מפתח وشەی_سەرەکی",
    "id": "id uuid guid المعرف معرف شناسه شناخت מזהה ناسنامە",
    "slug": "slug الاسم_اللطيف نامک סלאג",
    "link": "url permalink path save_as الرابط_الدائم رابط_دائم پیوند_یکتا קישור_קבוע",
    "aliases": "aliases alias redirect_from old_urls روابط_قديمة",
    "draft": "draft مسودة المسودة پیش‌نویس مسودہ טיוטה ڕەشنووس",
    "published": "published publish منشور منتشرشده منتشر_شده شائع פורסם מפורסם بڵاوکراوە",
    "status": "status الحالة حالة وضعیت حیثیت סטטוס מצב دۆخ",
    "digest": "digest newsletter النشرة_البريدية في_النشرة خبرنامه در_خبرنامه ניוזלטר بۆ_نامەی_هەواڵ",
    "pin": "pin pinned sticky تثبيت مثبت مثبتة سنجاق سنجاق‌شده پین نمایاں_رکھیں נעוץ הצמדה چەسپاو",
    "weight": "weight الوزن وزن وزن_ترتیب משקל کێش",
    "translation of": "translation_of ترجمة_ل ترجمة_للمقال المقال_الأصلي ترجمه_مقاله مقاله_اصلی اصل_مضمون תרגום_של"
    " وەرگێڕانی_بابەتی",
    "translation key": "translation_key lang_ref مفتاح_الترجمة کلید_ترجمه מפתח_תרגום",
    "picture": "image cover cover_image featured_image feature_image featured hero thumbnail images picture photo"
    " og_image صورة الصورة صورة_الغلاف الغلاف صورة_بارزة الصورة_البارزة صورة_المقال الصور صور تصویر تصویر_شاخص"
    " عکس عکس_شاخص تصویر_اصلی عکس_اصلی تصاویر انځور تصویریں תמונה תמונה_ראשית תמונות وێنە وێنەی_سەرەکی رەسىم",
}  # fmt: skip

_PATHS, _ALTS = ("image", "src", "url", "path", "file", "filename"), ("alt", "caption", "title")
_NESTED = ("extra", "taxonomies", "params")  # Zola, Hugo
_WORDS: dict[str, str] = {
    "true": "true yes on y 1 نعم صحيح صح بله بلی آری هو ہاں جی_ہاں כן אמת بەڵێ",
    "false": "false no off n 0 لا خطأ خیر نه نہیں לא שקר نەخێر نا",
    "unpublished": "draft private pending hidden skip مسودة خاص مخفي مخفية پیش‌نویس خصوصی پنهان مسودہ پوشیدہ טיוטה פרטי"
    " מוסתר ڕەشنووس شاراوە",
}  # fmt: skip
_NOTHING = frozenset(("", "~", "null"))
_LARGEST = 999_999_999
_COMMAS = re.compile("[,،]")
_SEMICOLONS = re.compile("[;؛]")  # Pelican: where there are any, commas are part of the names


@lru_cache(maxsize=2048)
def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "", fold(name))


NAMES: dict[str, tuple[str, ...]] = {
    field: tuple(dict.fromkeys(map(_key, names.split()))) for field, names in _WRITTEN.items()
}
_FIELD: dict[str, str] = {name: field for field in reversed(NAMES) for name in NAMES[field]}
_PLACES: dict[str, list[tuple[str, int]]] = {  # the fields a name fills, and its place among each one's names
    name: [(field, NAMES[field].index(name)) for field in NAMES if name in NAMES[field]] for name in _FIELD
}
_PICTURES = frozenset(NAMES["picture"])
_TRUE, _FALSE, _UNPUBLISHED = (
    frozenset(map(_key, _WORDS[kind].split())) for kind in ("true", "false", "unpublished")
)
_YES_OR_NO = _TRUE | _FALSE


def field_of(name: str) -> str | None:
    """The (first) field that the key *name* of front matter fills."""
    return _FIELD.get(_key(name))


def visible(text: str) -> bool:
    """Whether anything of *text* can be seen: letters, digits, signs; not blanks, NBSP, ZWNJ or marks."""
    if text.isprintable():  # each of its characters
        return not text.isspace() and text != ""
    return any(char.isprintable() and char != " " for char in text)


_DATE = "Mend: write it like 2026-11-22, or 2026-11-22 07:30"


class Fields:
    """The fields of one article's front matter. What cannot be read is a warning and counts as not there."""

    def __init__(self, *tables: Mapping) -> None:
        """The first of *tables* that has a field counts, a table inside it last."""
        self.warnings: list[Warn] = []
        self._values: Mapping = {}
        for table in tables:
            values = {_key(name): value for name, value in table.items()}
            self._values = values | self._values
            for name in _NESTED:
                if isinstance(inner := values.get(name), dict):
                    self._values = {_key(name): value for name, value in inner.items()} | self._values

        found: dict[str, list[tuple[int, Value]]] = {}
        for name, value in self._values.items():
            for field, place in _PLACES.get(name, ()):
                if not (isinstance(value, str) and value.strip().lower() in _NOTHING):
                    found.setdefault(field, []).append((place, value))
        self._found: dict[str, list[Value]] = {
            field: [value for _, value in sorted(values, key=itemgetter(0))]
            for field, values in found.items()
        }

    def _all(self, field: str) -> Sequence[Value]:
        """What stands under the names of *field*, in their order."""
        return self._found.get(field, ())

    def text(self, field: str) -> str:
        """One cleaned line; "" where there is none."""
        if field not in self._found:  # as most
            return ""
        return next(
            (line for value in self._found[field] if isinstance(value, str) and (line := _line(value))), ""
        )

    def title(self) -> str:
        """The title as it was written: `null` and `~` are words here."""
        for name in NAMES["title"]:
            value = self._values.get(name)
            if isinstance(value, str) and (line := _line(value)):
                return line
        return ""

    def texts(self, field: str) -> list[str]:
        """The lines of a list, or the one line."""
        if field not in self._found:
            return []
        values = (value if isinstance(value, list) else [value] for value in self._found[field])
        lines = (_line(each) for value in values for each in value if isinstance(each, str))
        return list(dict.fromkeys(line for line in lines if line))

    def truth(self, field: str) -> bool | None:
        """None where the field is missing or says neither yes nor no."""
        if field not in self._found:
            return None
        word = next((_key(value) for value in self._found[field] if isinstance(value, str)), "")
        return True if word in _TRUE else False if word in _FALSE else None

    def number(self, field: str) -> int | None:
        """A whole number, in the digits of any script."""
        text = self.text(field)
        try:
            value = int(text) if text else None
        except ValueError:
            value = _LARGEST + 1
        if value is None or abs(value) <= _LARGEST:
            return value
        self.warnings.append(
            Warn(f"{field} {text[:40]!r} is passed over: not a whole number of at most 9 digits")
        )
        return None

    def pinned(self) -> bool:
        """Whether the article is to stand first: yes, or (Hexo's `sticky`) a number above 0."""
        word = self.text("pin")
        return self.truth("pin") is True or (word.isdecimal() and int(word[:9]) > 0)

    def held(self) -> str | None:
        """Why the article is not to be published yet (A6)."""
        if (
            self.truth("draft")
            or self.truth("published") is False
            or _key(self.text("status")) in _UNPUBLISHED
        ):
            return "draft"
        return None

    def date(self, field: str, zone: ZoneInfo, language: str) -> datetime | None:
        """The first date that can be read (A5); a later one of the same day may add the time of day."""
        found: datetime | None = None
        for value in self._all(field):
            if not isinstance(value, str) or _key(value) in _YES_OR_NO:
                continue
            try:
                moment = dates.read(value, zone, language)
            except (ValueError, OverflowError) as error:
                self.warnings.append(
                    Warn(f"{field} {clean.one_line(value)[:40]!r} is passed over: {error}. {_DATE}")
                )
                continue
            if not dates.is_day_only(value):
                same_day = found is None or found.astimezone(zone).date() == moment.astimezone(zone).date()
                return moment if same_day else found
            found = found or moment
        return found

    def language(self) -> str | None:
        """The declared tag, canonical."""
        tag = self.text("language")
        try:
            return language.canonical(tag) if tag else None
        except ValueError as error:
            self.warnings.append(Warn(f"{error}; the text decides"))
            return None

    def page_language(self) -> str | None:
        """What an HTML page says of itself: often its template's language, so a hint and no declaration."""
        try:
            return language.canonical(self.text("page language")) if self.text("page language") else None
        except ValueError:
            return None

    def authors(self) -> tuple[str, ...]:
        """`author` is one name however many commas are in it; `authors` is a list or has commas between."""
        names = [name for value in self._all("author") for name in _names(value, commas=False)]
        names += [name for value in self._all("authors") for name in _names(value, commas=True)]
        return tuple(dict.fromkeys(names))

    def categories(self) -> tuple[str, ...]:
        """Categories, then tags, one spelling each (A8)."""
        found = [name for value in self._all("category") for name in _names(value, commas=True)]
        found += [name for value in self._all("categories") for name in _names(value, commas=True)]
        tags = list(self._all("tags"))
        for value in tags:
            if isinstance(value, str) and not _COMMAS.search(value) and not _SEMICOLONS.search(value):
                found += _names(",".join(value.split()), commas=True)  # Jekyll: blanks part tags
            else:
                found += _names(value, commas=True)
        if not tags:
            found += [name for value in self._all("keywords") for name in _names(value, commas=True)]
        once: dict[str, str] = {}
        for name in found:
            once.setdefault(fold(name), name)
        return tuple(once.values())

    def picture(self) -> tuple[str, str]:
        """The declared picture as written, and what it shows in words (A13); "" where there is none."""
        if _PICTURES.isdisjoint(self._values):
            return "", ""
        for value in self._all("picture"):
            found = _picture(value)
            if found[0]:
                return found
        return "", ""


def _picture(value: Value) -> tuple[str, str]:
    """A path, the first of a list of them, or a table with one: `cover: {image: ..., alt: ...}`."""
    if isinstance(value, list):
        return next((found for each in value if (found := _picture(each))[0]), ("", ""))
    if isinstance(value, dict):
        table = {_key(name): inner for name, inner in value.items()}
        path = next((each for name in _PATHS if isinstance(each := table.get(name), str) and each), "")
        alt = next((each for name in _ALTS if isinstance(each := table.get(name), str) and each), "")
        return _line(path), _line(alt)
    return ("", "") if _key(value) in _TRUE | _FALSE else (_line(value), "")


def _line(value: str) -> str:
    line = clean.one_line(clean.tidy(value)[0])  # HTML's character references come in past the door
    return line if visible(line) else ""


def _names(value: Value, *, commas: bool) -> list[str]:
    """The names in *value*: a string, a list of strings, or of tables with a name. An Arabic comma also parts
    the items of a list: [سياسة، اقتصاد] is one item to YAML."""
    if isinstance(value, dict):
        return _names(value.get("name", ""), commas=False)
    if isinstance(value, list):
        items = (item.split("،") if isinstance(item, str) else _names(item, commas=False) for item in value)
        parts = [part for item in items for part in item]
    else:
        parts = (_SEMICOLONS if _SEMICOLONS.search(value) else _COMMAS).split(value) if commas else [value]
    return [line for part in parts if part.strip().lower() not in _NOTHING and (line := _line(part))]
