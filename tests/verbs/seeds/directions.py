"""Direction lost, turned round, or said otherwise than the letters are."""

from tests.verbs.seeds.press import Seed

DIRECTIONS = [
    Seed("baghdad", "edition ar html", '<html lang="ar" dir="rtl"', '<html lang="ar"'),
    Seed("jerusalem", "welcome he html", '<html lang="he" dir="rtl"', '<html lang="he" dir="ltr"'),
    Seed("london", "edition en html", '<html lang="en" dir="ltr"', '<html lang="en" dir="rtl"'),
    Seed(
        "tehran",
        "edition fa html",
        'dir="rtl" lang="fa">\n<div aria-hidden',
        'dir="ltr" lang="fa">\n<div aria-hidden',
    ),
    Seed("lahore", "edition ur html", '<h1 dir="rtl" lang="ur"', '<h1 dir="ltr" lang="ur"'),
    Seed("erbil", "edition ckb html", '<h1 dir="rtl" lang="ckb"', '<h1 lang="ckb"'),
    Seed("baghdad", "edition ar html", 'dir="rtl" lang="ar">الاثنين 23', 'dir="ltr" lang="ar">الاثنين 23'),
    Seed(
        "jerusalem",
        "edition he html",
        'align="right" dir="rtl" lang="he"',
        'align="left" dir="rtl" lang="he"',
    ),
    Seed(
        "tehran", "editors fa html", 'align="right" dir="rtl" lang="fa"', 'align="right" dir="ltr" lang="fa"'
    ),
    Seed(
        "lahore",
        "welcome ur html",
        'direction: rtl;text-align: right" dir="rtl" lang="ur">آپ',
        'direction: ltr;text-align: right" dir="rtl" lang="ur">آپ',
    ),
    Seed(
        "erbil",
        "welcome ckb html",
        'direction: rtl;text-align: right" dir="rtl" lang="ckb">یەکەم',
        'direction: rtl;text-align: left" dir="rtl" lang="ckb">یەکەم',
    ),
    Seed(
        "baghdad",
        "edition ar html",
        'direction: ltr;text-align: left" dir="ltr" lang="en">Monday',
        'direction: rtl;text-align: right" dir="rtl" lang="en">Monday',
    ),
    Seed(
        "baghdad",
        "edition ar html",
        'direction: rtl;text-align: right" dir="rtl" lang="he">יום שבת',
        'direction: ltr;text-align: left" dir="ltr" lang="he">יום שבת',
    ),
    Seed(
        "london",
        "edition en html",
        'direction: rtl;text-align: right" dir="rtl" lang="ur">منگل',
        'direction: ltr;text-align: left" dir="ltr" lang="ur">منگل',
    ),
    Seed("erbil", "edition ckb html", '<div role="main" dir="rtl"', '<div role="main" dir="ltr"'),
    Seed(
        "baghdad",
        "edition ar html",
        '<span dir="ltr" lang="en" style="direction: ltr; unicode-bidi: isolate;">C++',
        '<span dir="rtl" lang="en" style="direction: rtl; unicode-bidi: isolate;">C++',
    ),
    Seed(
        "jerusalem",
        "edition he html",
        '<span dir="rtl" style="direction: rtl;">להמשך',
        '<span dir="ltr" style="direction: ltr;">להמשך',
    ),
    Seed("baghdad", "rss", 'its:dir="rtl"', 'its:dir="ltr"'),
    Seed("jerusalem", "atom", 'its:dir="rtl"', 'its:dir="ltr"'),
    Seed("tehran", "json", '"direction": "rtl"', '"direction": "ltr"'),
    Seed("london", "rss", 'its:dir="ltr">', 'its:dir="rtl">'),
    Seed("baghdad", "atom", 'xml:lang="en" its:dir="ltr"', 'xml:lang="en" its:dir="rtl"'),
    Seed("baghdad", "rss", '<item xml:lang="en" its:dir="ltr">', '<item xml:lang="en">'),
    Seed("lahore", "json", '"direction": "ltr"', '"direction": "rtl"'),
    Seed("erbil", "atom", '&lt;div dir="rtl" lang="ckb"&gt;', '&lt;div lang="ckb"&gt;'),
    Seed("jerusalem", "rss", '&lt;div dir="rtl" lang="he"&gt;', '&lt;div dir="ltr" lang="he"&gt;'),
    Seed("tehran", "atom", '&lt;div dir="rtl" lang="fa"&gt;&lt;p&gt;', "&lt;p&gt;"),
    Seed("lahore", "rss", '&lt;div dir="rtl" lang="ur"&gt;', '&lt;div dir="auto" lang="ur"&gt;'),
    Seed("baghdad", "rss", '&lt;div dir="ltr" lang="en"&gt;', '&lt;div dir="rtl" lang="en"&gt;'),
    Seed("london", "json", '<div dir=\\"ltr\\" lang=\\"en\\">', '<div dir=\\"rtl\\" lang=\\"en\\">'),
    Seed("baghdad", "rss", '&lt;blockquote dir="rtl" lang="ar"&gt;', '&lt;blockquote lang="ar"&gt;'),
    Seed("baghdad", "json", '<bdi dir=\\"ltr\\">+964', '<bdi dir=\\"rtl\\">+964'),
    Seed("tehran", "dated atom", '&lt;p dir="ltr" lang="en"&gt;', '&lt;p lang="en"&gt;'),
]
