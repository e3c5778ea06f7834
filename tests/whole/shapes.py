"""Headlines and leads that readers of right-to-left feeds see in the wrong order, each drawn as a person reads it.

⟦…⟧ stands around what is read from left to right, ⟨…⟩ around what is read from right to left inside of it;
everything else is read from right to left, sign by sign. The article is the line without these brackets. So the
drawing is the oracle for what a screen shows, written by hand.
"""

import html
import re
from typing import NamedTuple

import regex


class Shape(NamedTuple):
    """An article: its title, summary and blocks as they are drawn; ">" in front: left-to-right as a whole."""

    language: str
    title: str
    summary: str
    body: str  # Markdown
    blocks: tuple[str, ...]

    @property
    def direction(self) -> str:
        return "ltr" if self.language == "en" else "rtl"


def words(drawn: str) -> str:
    """What the author wrote."""
    return re.sub("[⟦⟧⟨⟩]", "", drawn.removeprefix(">"))


def seen(drawn: str) -> list[str]:
    """The grapheme clusters of a drawn line from the left edge of the screen to the right one, without blanks."""
    if drawn.startswith(">"):
        return visible(drawn[1:])
    line: list[str] = []
    for unit in regex.findall(r"⟦[^⟧]*⟧|\X", drawn):
        line = (_unit(unit[1:-1]) if unit[0] == "⟦" else visible(unit)) + line
    return line


def _unit(unit: str) -> list[str]:
    parts = re.split("[⟨⟩]", unit)
    return [sign for at, part in enumerate(parts) for sign in visible(part)[:: -1 if at % 2 else 1]]


def visible(text: str) -> list[str]:
    """Grapheme clusters without blanks and without signs that have no shape."""
    shown = (re.sub("[\\s\u200c\u200e\u200f\u2066-\u2069]", "", sign) for sign in regex.findall(r"\X", text))
    return [sign for sign in shown if sign]


# Each is the title of one article, and the summary and first paragraph of another.
LINES = {
    "ar": """
⟦iPhone 17⟧: أبل تكشف هاتفها الجديد!
«⟦CNN⟧» تعلن نتائج التصويت.
"⟦CNN⟧" تعلن نتائج التصويت.
#عاجل: وصول القطار الأول.
⟦#Apple⟧ تكشف هاتفها الجديد.
⟦@user_1⟧ يكتب عن المدينة.
⟦10⟧ قتلى في حادث سير.
٥ أخبار لا تفوتك اليوم.
🔴 عاجل: وصول القطار الأول.
🇮🇶 العراق يفوز بالكأس!
🔥 ⟦Tesla⟧ تخفض أسعارها.
👨‍👩‍👧 ⟦Disney+⟧ تصل إلى بغداد.
⟦https://example.org/⟧ موقع جديد للجريدة.
زوروا موقعنا ⟦https://example.org/news/⟧
اقرأ ⟦https://example.org/a⟧.
⟦C++⟧ لغة قديمة لا تشيخ.
تعلمت ⟦C++⟧ ثم ⟦C#⟧ في شهر.
⟦.NET⟧ و⟦C#⟧ على ⟦Linux⟧.
اتصل على ⟦+966 50 123 4567⟧ الآن.
⟦+964 770 123 4567⟧ رقم الطوارئ الجديد.
اتصل على ⟦0770-123-4567⟧ الآن.
“⟦Apple⟧” تعلن “هاتفا” جديدا.
‘⟦BBC⟧’ تنقل عن ‘مصدر’ رسمي.
„⟦Die Zeit⟧“ تكتب عن بغداد.
⟦CNN⟧ – أعلنت الشركة نتائجها.
لندن (رويترز) – ارتفعت الأسعار.
(⟦Reuters⟧) – ارتفعت الأسعار.
«⟦CNN⟧» ⟦10⟧ قتلى في حادث.
نقلت ⟦CNN⟧، ⟦5⟧ قتلى في حادث.
⟦Netflix⟧ ترفع أسعارها…
⟦Netflix⟧ ترفع أسعارها...
هل يصل ⟦GPT-6⟧ هذا العام؟
ما هو ⟦ChatGPT⟧؟
انتقل الفريق إلى ⟦Berlin⟧.
[⟦VIDEO⟧] شاهد لحظة الهدف
المنظمة (⟦WHO⟧) تحذر من الموجة.
أعلنت المنظمة ذلك (⟦WHO⟧).
⟦10%⟧ من السكان بلا ماء.
بلغت النسبة ⟦10⟧% أمس.
⟦2020-2021⟧ كان عاما صعبا.
موسم ⟦2020⟧-⟦2021⟧ كان صعبا.
فاز الفريق ⟦3⟧-⟦0⟧ أمس.
فاز الفريق ⟦3:0⟧ أمس.
الحرارة تهبط إلى ⟦-5⟧ درجات.
النفط فوق ⟦$75⟧ للبرميل.
⟦$75⟧ للبرميل و⟦€20⟧ للتذكرة.
راسلونا على ⟦news@example.org⟧.
⟦news@example.org⟧ بريدنا الجديد.
شاهدوا المباراة #كأس_العرب
شاهدوا المباراة ⟦#WorldCup⟧
كيف تكتب ⟦&amp;⟧ في الصفحة؟
كيف تكتب ⟦&lt;⟧ و⟦&#8207;⟧ في الصفحة؟
⟦&nbsp;⟧ مسافة لا تنكسر.
الوسم ⟦<b>⟧ قديم.
الدالة ⟦f()⟧ في المجلد ⟦/usr/bin/⟧ دائما.
⟦Python 3.x⟧ أم ⟦Rust⟧؟
كوفيد-⟦19⟧ يعود.
الموعد ⟦09:30⟧ يوم ⟦12/05/2024⟧.
⟦5G⟧ تصل إلى بغداد.
⟦24/7⟧ خدمة بلا توقف.
«⟦The Guardian⟧: بغداد تتغير» عنوان اليوم.
⟦BBC⟧ | أخبار الصباح
⟦Apple™⟧ تغير شعارها.
- ⟦Apple⟧ تكشف هاتفها.
ارتفع ⟦Bitcoin⟧ إلى ⟦100,000⟧ دولار.
⟦Wi-Fi 7⟧ أسرع بـ⟦4⟧ مرات.
مسلسل «⟦Breaking Bad⟧» بين ⟦2008⟧–⟦2013⟧.
⟦CNN⟧: ⟦10⟧ قتلى في حادث.
فيلم للكبار ⟦+18⟧ فقط.
حل في المركز ⟦#1⟧ هذا العام.
«⟦#MeToo⟧» حركة تكبر.
الصفقة بـ⟦$1.5⟧ مليار.
خصم ⟦-10%⟧ على الكتب.
الحرارة ⟦24°C⟧ اليوم.
مركب ⟦H₂O⟧ هو الماء.
إصدار ⟦Node.js v22.1.0⟧ متاح.
العنوان ⟦192.168.1.1⟧ محجوز.
الخيار ⟦--help⟧ والملف ⟦~/.bashrc⟧ مهمان.
تابعونا على ⟦t.me/nashir⟧ و⟦www.example.org/⟧ دائما.
اتصل ⟦+966 (50) 123 4567⟧ الآن.
رقم الكتاب ⟦ISBN 978-3-16-148410-0⟧ صحيح.
من ⟦8:00⟧-⟦10:00⟧ صباحا.
سيارة ⟦4x4⟧ وشاشة ⟦1080p⟧ جديدة.
1️⃣ ⟦Apple⟧ تكشف هاتفها.
فاز العراق 🎉🎉
شكرا ⟦Messi⟧!
كتب بلغة بـ⟦C++⟧ ول⟦Apple⟧ فقط.
القرص ⟦C:\\Users\\⟧ ممتلئ.
﴿قل هو الله أحد﴾ آية ⟦1⟧.
والخبر "⟦Reuters⟧".
⟦Google⟧ و(⟦Meta⟧) و[⟦X⟧] معا.
⟦E=mc²⟧ معادلة شهيرة.
⟦A+⟧ درجة كاملة.
علامة ⟦AT&T⟧ و⟦R&D⟧ قديمة.
""",
    "fa": """
⟦Google⟧ می‌گوید «⟦Gemini 3⟧» را ⟦۱۰⟧ روز دیگر عرضه می‌کند.
هوش مصنوعی ⟦ChatGPT⟧ و ⟦Claude⟧؛ کدام بهتر است؟
⟦۱۰⟧ خبر مهم امروز
کتاب‌های ⟦C++⟧ را نمی‌خوانم!
قیمت ⟦iPhone⟧‌های جدید؛ ⟦۹۹⟧ میلیون تومان
⟦C++⟧‌نویسی در ⟦۱۰⟧ روز
""",
    "he": """
ה־⟦iPhone⟧ החדש של ⟦Apple⟧ נחת ב־⟦2026⟧.
⟦IBM⟧: מנכ״ל צה״ל נפגש בתל־אביב.
מנכ"ל ⟦Intel⟧: "נגדל ב־⟦10%⟧ השנה".
⟦3-1⟧ למכבי חיפה!
עולה ⟦$75⟧ היום.
למדתי ⟦C++⟧ ואז ⟦.NET⟧.
⟦BBC⟧: ⟦10⟧ הרוגים בפיגוע.
ב־⟦CNN⟧: "⟦5⟧ פצועים".
מ־⟦2020-2021⟧ ועד היום.
הטמפרטורה ירדה ל־⟦-5⟧ מעלות.
ה־⟦NBA (USA)⟧ חוזרת.
""",
    "ur": """
⟦WhatsApp⟧ میں نئی سہولت، ⟦5⟧ سوال؟
⟦PSL 2026⟧: لاہور کی جیت۔
""",
    "ckb": """
⟦Facebook⟧ لە کوردستان ⟦10⟧ ملیۆن بەکارهێنەری هەیە.
ناونیشان: ⟦https://example.org/ku/⟧ بۆ هەمووان.
""",
    "yi": """
⟦YouTube⟧ אויף ייִדיש: ⟦5⟧ נײַע ווידעאָס!
""",
    "en": """
Rain today, sun tomorrow.
“Visual C++ 2022” is out!
""",
}

_NEWS = "أعلنت الشركة نتائجها اليوم."
_WRITTEN = {
    "ar": "خبر من المدينة",
    "fa": "خبری از شهر",
    "he": "חדשות מהעיר",
    "ur": "شہر کی خبر",
    "ckb": "هەواڵی شار",
    "yi": "נײַעס פֿון שטאָט",
    "en": ">News from town",
}
BODIES = {
    "a byline that is a link": ("[Reuters](https://example.org/r) – " + _NEWS, ("⟦Reuters⟧ – " + _NEWS,)),
    "a dateline in bold": ("**CNN** – " + _NEWS, ("⟦CNN⟧ – " + _NEWS,)),
    "a byline of its own": ("*By John Smith*\n\n" + _NEWS, (">By John Smith", _NEWS)),
    "a picture": (
        "![City](https://example.org/p.png)\n\nCNN – " + _NEWS,
        ("⟦CNN⟧ – " + _NEWS,),
    ),
    "a picture with a caption": (
        '<figure><img src="https://example.org/p.png" alt="City"><figcaption>Reuters – صورة</figcaption></figure>\n\n'
        + _NEWS,
        ("⟦Reuters⟧ – صورة", _NEWS),
    ),
    "a list": (f"- iPhone 17 أولا\n- C++ ثانيا\n\n{_NEWS}", ("⟦iPhone 17⟧ أولا", "⟦C++⟧ ثانيا", _NEWS)),
    "a Latin list": (f"- Apple\n- Google\n\n{_NEWS}", (">Apple", ">Google", _NEWS)),
    "a quotation": (f"> Apple هي الأكبر.\n\n{_NEWS}", ("⟦Apple⟧ هي الأكبر.", _NEWS)),
    "a Latin quotation": (f"> Stay hungry, stay foolish.\n\n{_NEWS}", (">Stay hungry, stay foolish.", _NEWS)),
    "code": (f"```\npip install x\n```\n\n{_NEWS}", (">pip install x", _NEWS)),
    "a table": (
        "| Model | السعر |\n|---|---|\n| iPhone | 10 |\n\n" + _NEWS,
        ("⟦Model⟧", "السعر", "⟦iPhone⟧", "⟦10⟧", _NEWS),
    ),
    "a heading": (f"## iPhone 17: الجديد\n\n{_NEWS}", ("⟦iPhone 17⟧: الجديد", _NEWS)),
    "a Latin heading": (f"## iPhone 17\n\n{_NEWS}", ("⟦iPhone 17⟧", _NEWS)),
    "a Latin paragraph": (f"Breaking news.\n\n{_NEWS}", (">Breaking news.", _NEWS)),
    "a rule": ("---\n\nCNN – " + _NEWS, ("⟦CNN⟧ – " + _NEWS,)),
    "a run across a link": ("لغة [C](https://example.org/c)++ قديمة.", ("لغة ⟦C++⟧ قديمة.",)),
    "a link in brackets": ("(المصدر: [AFP](https://example.org/a)).", ("(المصدر: ⟦AFP⟧).",)),
    "code in a line": ("الأمر `ls -l /tmp/` مفيد.", ("الأمر ⟦ls -l /tmp/⟧ مفيد.",)),
    "an address as a link": ("<https://example.org/> موقعنا.", ("⟦https://example.org/⟧ موقعنا.",)),
    # In a summary, which is plain text, its last word stands left of it: no mark mends that, only an isolate.
    "an address with Arabic letters": (
        "التفاصيل في https://example.org/خبر كاملة.",
        ("التفاصيل في ⟦https://example.org/⟨خبر⟩⟧ كاملة.",),
    ),
    "digits only": ("2026\n\n" + _NEWS, ("⟦2026⟧", _NEWS)),
    "an emoji alone": ("🔥🔥\n\nCNN – " + _NEWS, ("🔥🔥", "⟦CNN⟧ – " + _NEWS)),
    "details": (
        "<details open><summary>FAQ: أسئلة</summary><p>WhatsApp مجاني.</p></details>",
        ("⟦FAQ⟧: أسئلة", "⟦WhatsApp⟧ مجاني."),
    ),
}


def shapes() -> dict[str, Shape]:
    """Every shape by a name that is a slug."""
    found = {}
    for language, lines in LINES.items():
        other = _WRITTEN[language]
        for number, drawn in enumerate(lines.strip().split("\n"), 1):
            line = f">{drawn}" if language == "en" else drawn
            lead = f"<p>{html.escape(words(line), quote=False)}</p>"
            found[f"title-{language}-{number}"] = Shape(language, line, other, words(other) + "\n", (other,))
            found[f"lead-{language}-{number}"] = Shape(language, other, line, lead, (line,))
    for number, (body, blocks) in enumerate(BODIES.values(), 1):
        found[f"body-{number}"] = Shape("ar", _WRITTEN["ar"], _NEWS, body, blocks)
    found["digits"] = Shape("ar", "⟦2026⟧", _NEWS, _NEWS, (_NEWS,))
    found["latin"] = Shape("ar", "⟦Breaking Bad⟧", _NEWS, _NEWS, (_NEWS,))
    return found
