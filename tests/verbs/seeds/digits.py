"""Digits of another set, whole or mixed."""

from tests.verbs.seeds.press import Seed

DIGITS = [
    Seed("cairo", "edition ar html", ">الاثنين ٢٣ نوفمبر ٢٠٢٦", ">الاثنين 23 نوفمبر ٢٠٢٦"),
    Seed("cairo", "edition ar text", "٢٣ نوفمبر ٢٠٢٦", "٢٣ نوفمبر 2026"),
    Seed("cairo", "edition ar html", ">الاثنين ٢٣ نوفمبر ٢٠٢٦", ">الاثنين 23 نوفمبر 2026"),
    Seed("cairo", "edition ar html", "٥ يوليو ٢٠٢٦", "۵ يوليو ۲۰۲۶"),
    Seed("cairo", "edition ar text", "١٨ مقالًا", "18 مقالًا"),
    Seed("cairo", "edition ar html", "١٨ مقالًا", "1٨ مقالًا"),
    Seed("cairo", "editors ar text", "١١ قارئًا", "۱۱ قارئًا"),
    Seed("riyadh", "edition ar html", ">الاثنين ١٣ جمادى الآخرة ١٤٤٨", ">الاثنين ١٣ جمادى الآخرة 1448"),
    Seed("riyadh", "welcome ar text", "٢٣ نوفمبر ٢٠٢٦", "23 نوفمبر 2026"),
    Seed("baghdad", "edition ar html", ">الاثنين 23 تشرين الثاني 2026", ">الاثنين ٢٣ تشرين الثاني ٢٠٢٦"),
    Seed("baghdad", "edition ar text", "5 آذار 2026", "٥ آذار ٢٠٢٦"),
    Seed("baghdad", "edition ar html", "30 مقالًا", "٣٠ مقالًا"),
    Seed("baghdad", "edition ar html", "۶ نوامبر ۲۰۲۶", "٦ نوامبر ٢٠٢٦"),
    Seed("baghdad", "edition ar text", "۶ نوامبر ۲۰۲۶", "۶ نوامبر ٢٠٢٦"),
    Seed("tehran", "edition fa html", ">دوشنبه ۲ آذر ۱۴۰۵", ">دوشنبه ۲ آذر ١٤٠٥"),
    Seed("tehran", "edition fa text", "۱۸ مقالهٔ", "18 مقالهٔ"),
    Seed("tehran", "edition fa text", "۵ نوامبر ۲۰۲۶", "5 نوامبر 2026"),
    Seed("kabul", "editors fa html", "۳ مقاله", "٣ مقاله"),
    Seed("jerusalem", "edition he html", ">יום שני, 23 בנובמבר 2026", ">יום שני, ٢٣ בנובמבר ٢٠٢٦"),
    Seed("lahore", "edition ur html", ">پیر، 23 نومبر، 2026", ">پیر، ۲۳ نومبر، ۲۰۲۶"),
    Seed("lahore", "edition ur text", "18 نئے", "۱۸ نئے"),
    Seed(
        "erbil", "edition ckb html", ">دووشەممە، 23ی تشرینی دووەمی 2026", ">دووشەممە، ٢٣ی تشرینی دووەمی 2026"
    ),
    Seed("erbil", "few ckb text", "5 وتاری", "٥ وتاری"),
    Seed("london", "edition en html", ">Monday, 23 November 2026", ">Monday, ٢٣ November ٢٠٢٦"),
    Seed("cairo", "rss", "<pubDate>Mon, 16 Nov 2026", "<pubDate>Mon, ١٦ Nov ٢٠٢٦"),
    Seed("tehran", "atom", "<published>2026-", "<published>۲۰۲۶-"),
    Seed("lahore", "json", '"date_published": "2026-', '"date_published": "۲۰۲۶-'),
    Seed("kabul", "atom", "<published>2026-11-", "<published>1405-08-"),
    Seed("cairo", "dated rss", "٢٣ نوفمبر ٢٠٢٦", "٢٣ نوفمبر 2026"),
    Seed("tehran", "dated atom", "۱۴۰۵", "١٤٠٥"),
    Seed("lahore", "dated json", "23 نومبر، 2026", "۲۳ نومبر، ۲۰۲۶"),
    Seed("jerusalem", "dated rss", "23 בנובמבר 2026", "23 בנובמבר ٢٠٢٦"),
    Seed("baghdad", "counted rss", ": 30 ", ": 3٠ "),
]
