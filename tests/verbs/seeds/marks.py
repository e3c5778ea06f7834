"""Direction marks lost, doubled or turned, signs mirrored or of another script, joiners lost."""

from tests.verbs.seeds.press import Seed

MARKS = [
    Seed("baghdad", "welcome ar html", "تم تأكيد اشتراكك في نشرة النهر.", ".تم تأكيد اشتراكك في نشرة النهر"),
    Seed("baghdad", "yearly ar text", "هل ما زلت تريد نشرة النهر؟", "هل ما زلت تريد نشرة النهر?"),
    Seed("baghdad", "goodbye ar html", "سهوًا، فيمكنك", "سهوًا, فيمكنك"),
    Seed(
        "baghdad", "edition ar html", '<span aria-hidden="true">←</span>', '<span aria-hidden="true">→</span>'
    ),
    Seed("baghdad", "edition ar text", "\u200fRSS", "RSS"),
    Seed("baghdad", "edition ar text", "\u200f30 مقالًا", "\u200f\u200f30 مقالًا"),
    Seed("baghdad", "welcome ar html", "اشتراكك في نشرة النهر", "اشتراكك في \u2067نشرة النهر"),
    Seed("baghdad", "confirm ar text", "بقيت خطوة واحدة", "بقيت خطوة واحدة\u2069"),
    Seed("cairo", "edition ar html", "إلغاء الاشتراك</span>", "إلغاء الاشتراک</span>"),
    Seed(
        "riyadh",
        "edition ar html",
        "هـ، الموافق ٢٣ نوفمبر ٢٠٢٦&nbsp;م</p>",
        "هـ, الموافق ٢٣ نوفمبر ٢٠٢٦&nbsp;م</p>",
    ),
    Seed("rabat", "edition ar subject", "نشرة", "\u200fنشرة"),
    Seed("tehran", "welcome fa html", "می‌توانید", "میتوانید"),
    Seed("tehran", "yearly fa text", "نمی‌پاییم", "نمی پاییم"),
    Seed("kabul", "edition fa html", "تنظیمات", "تنظيمات"),
    Seed("jerusalem", "edition he html", "י״ג בכסלו ה׳תשפ״ז</p>", 'י"ג בכסלו ה\'תשפ"ז</p>'),
    Seed("jerusalem", "welcome he html", "בינתיים: מה", ":בינתיים מה"),
    Seed("lahore", "yearly ur html", "چاہتے ہیں؟</h1>", "چاہتے ہیں?</h1>"),
    Seed("lahore", "welcome ur html", "تصدیق ہو گئی۔", "تصدیق ہو گئی."),
    Seed("erbil", "edition ckb html", ">دووشەممە، 23ی", ">دووشەممە, 23ی"),
    Seed("erbil", "confirm ckb text", "کەسێک، ھیوادارین", "کەسێک ،ھیوادارین"),
    Seed(
        "london", "edition en html", '<span aria-hidden="true">→</span>', '<span aria-hidden="true">←</span>'
    ),
    Seed("baghdad", "rss", "<title>\u200fRSS", "<title>RSS"),
    Seed("baghdad", "atom", ">\u200fiPhone", ">\u200eiPhone"),
    Seed("baghdad", "json", '"title": "مكتبة حي', '"title": "\u200fمكتبة حي'),
    Seed("baghdad", "atom", ">\u200fC++", ">\u200f\u200fC++"),
    Seed(
        "jerusalem",
        "rss",
        "<title>מועדון הקריאה של השכונה חוגג מאה ספרים</title>",
        "<title>\u2067מועדון הקריאה של השכונה חוגג מאה ספרים\u2069</title>",
    ),
    Seed("tehran", "json", '"title": "بوی نان', '"title": "\u2067بوی نان'),
    Seed("erbil", "atom", ">نانەواخانەکەی", ">\u202bنانەواخانەکەی"),
    Seed("baghdad", "rss", '&lt;bdi dir="ltr"&gt;+964 700 000 0000&lt;/bdi&gt;', "+964 700 000 0000"),
    Seed("baghdad", "json", '<bdi dir=\\"ltr\\">C++</bdi>', "C++"),
    Seed("baghdad", "atom", "«الفرات» وفريق", "»الفرات« وفريق"),
    Seed("lahore", "rss", "<title>\u200fWhatsApp", "<title>WhatsApp"),
    Seed(
        "baghdad",
        "rss",
        "<description>هطل أول مطر الموسم على بغداد ليل الأربعاء، وجرت مياهه هذه المرة في مجاريها.",
        "<description>.هطل أول مطر الموسم على بغداد ليل الأربعاء، وجرت مياهه هذه المرة في مجاريها",
    ),
]
