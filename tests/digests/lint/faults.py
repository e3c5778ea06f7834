"""Letters broken on purpose: each is one of ours with one change, and breaks one rule."""

import re
from dataclasses import replace
from typing import NamedTuple

from publisher.model.digest import Content


class Fault(NamedTuple):
    """A change: in the *part* of the letter of a *language* every *old*, which stands there, becomes *new*. "⋯" in *old*
    is whatever stands there of an element's attributes; in *new*, the same.

    The language "mixed" is Arabic, with articles in all of them; "two" are two Arabic articles.
    """

    rule: str
    language: str
    part: str  # "html", "text", "subject", "data"
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.language}-{self.new[:20]!r}"

    def seeded(self, content: Content) -> Content:
        """*content* with the fault."""
        before = getattr(content, self.part)
        pattern = "([^<>]*)".join(map(re.escape, self.old.split("⋯")))
        assert re.search(pattern, before), self

        def put(found: re.Match[str]) -> str:
            kept = iter(found.groups())
            return "".join(next(kept) if each == "⋯" else each for each in re.split("(⋯)", self.new))

        return replace(content, **{self.part: re.sub(pattern, put, before)})  # type: ignore[arg-type]


def html(rule: str, language: str, old: str, new: str) -> Fault:
    return Fault(rule, language, "html", old, new)


def text(rule: str, language: str, old: str, new: str) -> Fault:
    return Fault(rule, language, "text", old, new)


P_AR = 'dir="rtl" lang="ar">الاثنين 23 تشرين الثاني 2026</p>'
H1_AR = '<h1 dir="rtl" lang="ar" style="'
WAY = '<span dir="rtl" style="direction: rtl;">'
DATE = "الاثنين 23 تشرين الثاني 2026</p>"
COUNT = "مقال جديد واحد</p>"
BODY = "<body "
IN_BODY = '<div role="main"'
DARK = "@media (prefers-color-scheme: dark) {"

FAULTS: list[Fault] = [
    html("html-without-lang", "ar", '<html lang="ar"', "<html"),
    html("html-without-dir", "ar", '<html lang="ar" dir="rtl"', '<html lang="ar"'),
    html("html-without-dir", "he", '<html lang="he" dir="rtl"', '<html lang="he" dir="ltr"'),
    html("body-without-direction", "ar", 'color: #1f1d1a;direction: rtl;text-align: right" dir="rtl" lang="ar">\n<div aria', 'color: #1f1d1a" dir="rtl" lang="ar">\n<div aria'),
    html("body-without-lang", "he", 'text-align: right" dir="rtl" lang="he">\n<div aria', 'text-align: right" dir="rtl">\n<div aria'),
    html("table-without-dir", "ar", 'bgcolor="#f4f1ea" dir="rtl" lang="ar"', 'bgcolor="#f4f1ea"'),
    html("block-without-dir", "ar", P_AR, P_AR.replace('dir="rtl" ', "")),
    html("block-without-dir", "fa", H1_AR.replace('"ar"', '"fa"'), '<h1 lang="fa" style="'),
    html("block-without-direction", "ar", 'font-weight: bold;⋯direction: rtl;text-align: right">النشرة', 'font-weight: bold;⋯text-align: right">النشرة'),
    html("block-without-align", "ar", 'font-weight: bold;⋯direction: rtl;text-align: right">النشرة', 'font-weight: bold;⋯direction: rtl">النشرة'),
    html("block-without-align", "ur", "direction: rtl;text-align: right", "direction: rtl"),
    html("cell-without-align", "ar", "<td", '<td dir="rtl" style="direction: rtl; text-align: right; font-family: Tahoma; line-height: 2">كلمة</td><td'),
    html("dir-contradicts", "ar", H1_AR, '<h1 dir="ltr" lang="ar" style="'),
    html("align-contradicts", "he", "direction: rtl;text-align: right", "direction: rtl;text-align: left"),
    html("align-contradicts", "mixed", 'align="right"', 'align="left"'),
    html("wrong-direction", "ar", 'direction: rtl;text-align: right" dir="rtl" lang="ar">جرّبنا', 'direction: ltr;text-align: left" dir="ltr" lang="ar">جرّبنا'),
    html("direction-and-padding", "ar", H1_AR, H1_AR + "padding: 4px;"),
    html("direction-and-padding", "he", 'style="margin: 0;color: #5f5a52', 'style="padding-left: 1em;margin: 0;color: #5f5a52'),
    html("link-with-dir", "ar", '<a class="go"', '<a dir="rtl" class="go"'),
    html("link-without-span", "ar", f'{WAY}إلغاء الاشتراك</span>', "إلغاء الاشتراك"),
    html("latin-run", "ar", '<span dir="ltr" lang="en"⋯>C++</span>', "C++"),
    html("latin-run", "ar", '<span dir="ltr" lang="en"⋯>.NET</span>', ".NET"),
    html("latin-run", "ar", COUNT, "Nashir weekly!</p>"),
    html("wrong-span", "ar", COUNT, '<span dir="ltr" lang="en">مقال جديد واحد</span></p>'),
    html("embeddings", "ar", COUNT, "\u202bمقال جديد واحد\u202c</p>"),
    html("unbalanced-isolates", "ar", COUNT, "\u2067مقال جديد واحد</p>"),
    html("unbalanced-isolates", "ar", COUNT, "مقال جديد واحد\u2069</p>"),
    html("doubled-marks", "ar", COUNT, "\u200f\u200fمقال جديد واحد</p>"),
    Fault("subject-reads-ltr", "ar", "subject", "\u200f", ""),
    Fault("needless-mark", "he", "subject", "השוק", "\u200fהשוק"),
    Fault("embeddings", "he", "subject", "השוק", "\u202bהשוק"),
    html("preheader-reads-ltr", "ar", "جرّبنا الهاتف شهرًا؛ كُتب التطبيق بلغة C++\u200e", "iPhone: جرّبنا الهاتف"),
    html("logical-css", "ar", "text-align: right\">النشرة", 'text-align: start">النشرة'),
    html("logical-css", "ar", 'style="margin: 0;color: #5f5a52', 'style="margin-inline-start: 4px;margin: 0;color: #5f5a52'),
    html("logical-css", "ar", DARK, f"{DARK} p {{ padding-inline: 1em }}"),
    html("css-variable", "ar", "color: #5f5a52", "color: var(--soft)"),
    html("web-font", "ar", DARK, "@font-face { font-family: X; }" + DARK),
    html("css-import", "ar", DARK, "@import 'x.css';" + DARK),
    html("float", "ar", "margin: 6px 0 8px", "margin: 6px 0 8px;float: right"),
    html("modern-layout", "ar", "table-layout: fixed;direction", "display: flex;direction"),
    html("modern-layout", "he", "margin: 6px 0 8px", "position: absolute"),
    html("letter-spacing", "ar", "font-size: 28px", "font-size: 28px;letter-spacing: 1px"),
    html("italic", "ar", COUNT, "<em>مقال جديد واحد</em></p>"),
    html("italic", "fa", "margin: 6px 0 8px", "font-style: italic"),
    html("justify", "ckb", "text-align: right", "text-align: justify"),
    html("dropped-element", "ar", COUNT, "<bdi>مقال جديد واحد</bdi></p>"),
    html("dropped-element", "ar", "<head>", '<head><base href="https://nashir.example/">'),
    html("style-not-inline", "ar", DARK, ".sheet { width: 600px; }" + DARK),
    html("too-wide", "ar", 'class="paper" role="presentation" width="100%"', 'class="paper" role="presentation" width="800"'),
    html("no-color-scheme", "ar", '<meta name="color-scheme" content="light dark">', ""),
    html("dark-not-important", "ar", ".sheet { background: #1d1c1a !important", ".sheet { background: #1d1c1a"),
    html("contrast", "ar", "color: #5f5a52", "color: #bbbbbb"),
    html("contrast", "he", "background: #ffffff", "background: #333333"),
    html("contrast-dark", "ar", "p.soft { color: #b4ada1 !important; }", "p.soft { color: #555555 !important; }"),
    html("contrast-dark", "ar", ".sheet { background: #1d1c1a !important", ".sheet { background: #eeeeee !important"),
    html("no-preheader", "ar", "display: none; max-height: 0", "max-height: 0"),
    html("no-filler", "ar", "\u034f\u200c&nbsp;", ""),
    html("no-font", "ar", "font-family: 'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Naskh Arabic', 'Noto Sans Arabic', Arial, sans-serif;", ""),
    html("font-of-another-script", "ar", "'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Naskh Arabic', 'Noto Sans Arabic', Arial", "Georgia"),
    html("font-of-another-script", "ur", "'Noto Nastaliq Urdu', 'Jameel Noori Nastaleeq', 'Urdu Typesetting', ", ""),
    html("tight-lines", "ar", "line-height: 1.8", "line-height: 1.4"),
    html("tight-lines", "ur", "line-height: 2", "line-height: 1.8"),
    html("no-outlook-font", "ar", "<!--[if mso]>", "<!--[if ie]>"),
    html("too-large", "ar", COUNT, "مقال جديد واحد" + "<!--" + "x" * 72_000 + "--></p>"),
    html("no-doctype", "ar", "<!DOCTYPE html>", ""),
    html("mixed-digits", "ar", DATE, "الاثنين ٢٣ تشرين الثاني 2026</p>"),
    html("mixed-digits", "ar", COUNT, "1٢ مقالًا</p>"),
    html("other-digits", "ar", COUNT, "١٢ مقالًا</p>"),
    html("other-digits", "fa", "۲۳ نوامبر ۲۰۲۶</p>", "23 نوامبر 2026</p>"),
    html("other-month", "ar", "تشرين الثاني", "نوفمبر"),
    html("other-month", "ar", "تشرين الثاني", "نونبر"),
    html("other-month", "fa", "نوامبر", "نومبر"),
    text("other-month", "ar", "تشرين الثاني", "نوفمبر"),
    html("english-date", "ar", DATE, "23 November 2026</p>"),
    html("english-date", "he", "יום שני, 23 בנובמבר 2026</p>", "Nov 23, 2026</p>"),
    html("other-date", "ar", f">{DATE}", ">الثلاثاء 23 تشرين الثاني 2026</p>"),
    html("other-date", "ar", f">{DATE}", ">الاثنين 23 تشرين الأول 2026</p>"),
    text("other-date", "he", "יום שני, 23 בנובמבר", "יום שני, 23 באוקטובר"),
    text("other-digits", "fa", "۲۳ نوامبر ۲۰۲۶", "23 نوامبر 2026"),
    text("other-digits", "fa", "۱ مقالهٔ تازه", "1 مقالهٔ تازه"),
    text("other-month", "mixed", "23 تشرين الثاني", "23 نوفمبر"),
    html("other-signs", "ar", COUNT, "مقال جديد, واحد</p>"),
    html("other-signs", "ur", "1 نیا مضمون</p>", "کیا یہ نیا ہے?</p>"),
    text("other-signs", "ckb", "١ وتاری نوێ", "وتار ،نوێ"),
    html("changed-words", "fa", "این ایمیل را", "این ای میل را"),
    html("changed-words", "ar", DATE, "الاثنين، 23 تشرين الثاني 2026</p>"),
    text("changed-words", "ar", "النشرة اليومية.", "النشرة اليومية"),
    html("title-differs", "ar", "<title>", "<title>x"),
    html("old-lang", "he", '<h1 dir="rtl" lang="he"', '<h1 dir="rtl" lang="iw"'),
    html("other-lang", "ar", '<html lang="ar"', '<html lang="fa"'),
    html("other-lang", "ar", 'lang="ar">تصلك', 'lang="fa">تصلك'),
    html("invalid-lang", "ar", '<html lang="ar"', '<html lang="ar_IQ"'),
    html("html-without-dir", "en", '<html lang="en" dir="ltr"', '<html lang="en" dir="rtl"'),
    text("parts-differ", "ar", "الاثنين 23 تشرين الثاني", "الاثنين 23 شباط"),
    html("other-letters", "ar", COUNT, "مقال جدید واحد</p>"),
    html("other-letters", "fa", "لغو اشتراک", "لغو اشتراك"),
    html("other-letters", "ckb", "lang=\"ckb\">", "lang=\"ckb\">ي "),
    html("plural", "ar", COUNT, "3 مقال جديد</p>"),
    html("plural", "ar", COUNT, "11 مقالات جديدة</p>"),
    html("plural", "ar", COUNT, "0 مقالات جديدة</p>"),
    html("plural", "he", "כתבה חדשה אחת</p>", "1 כתבות חדשות</p>"),
    html("plural", "en", "1 new article</p>", "1 new articles</p>"),
    html("plural", "ur", "1 نیا مضمون</p>", "5 نیا مضمون</p>"),
    text("plural", "ar", "مقال جديد واحد", "2 مقال جديد"),
    html("arrow", "ar", "←", "→"),
    html("arrow", "en", "→", "←"),
    html("quotes", "ar", COUNT, "قرأتم »الجديد« اليوم</p>"),
    html("visual-order", "ar", COUNT, ".مقال جديد واحد</p>"),
    html("visual-order", "he", "כתבה חדשה אחת</p>", "כתבה )חדשה( אחת</p>"),
    html("bad-characters", "ar", COUNT, "مقال \x93جديد\x94</p>"),
    text("bad-characters", "ar", "مقال جديد", "مقال\ufffd جديد"),
    html("table-without-role", "ar", 'class="sheet" role="presentation"', 'class="sheet"'),
    html("not-one-h1", "ar", "<h2 ", "<h1 "),
    html("heading-skipped", "ar", "<h2 ", "<h4 "),
    html("same-link-text", "two", "aria-label", "data-label"),
    html("link-without-text", "ar", f'{WAY}إلغاء الاشتراك</span>', ""),
    html("no-alt", "ar", IN_BODY, '<img src="https://nashir.example/a.png" width="300" height="200">' + IN_BODY),
    html("no-title", "ar", "<title>", "<title></title><x>"),
    html("preheader-read-aloud", "ar", '<div aria-hidden="true"', "<div"),
    html("latin-without-lang", "ar", 'dir="ltr" lang="en"', 'dir="ltr"'),
    html("invalid-lang", "ar", 'lang="en"', 'lang="English?"'),
    html("small-text", "ar", "font-size: 16px", "font-size: 13px"),
    html("small-target", "ar", "line-height: 44px", "line-height: 30px"),
    text("text-reads-ltr", "ar", "\u200fiPhone", "iPhone"),
    text("url-not-alone", "ar", "\nhttps://nashir.example/%D8", "\nالرابط: https://nashir.example/%D8"),
    text("url-not-alone", "ar", "إلغاء الاشتراك\n", "إلغاء الاشتراك: "),
    text("markup-in-text", "ar", "مقال جديد واحد", "مقال&nbsp;جديد واحد"),
    text("markup-in-text", "ar", "مقال جديد واحد", "<p>مقال جديد واحد</p>"),
    text("unbalanced-isolates", "he", "כתבה חדשה אחת", "\u2067כתבה חדשה אחת"),
    html("no-unsubscribe", "ar", "\ufdd0unsubscribe\ufdd1", "https://nashir.example/"),
    text("no-unsubscribe", "ar", "\ufdd0unsubscribe\ufdd1", "https://nashir.example/"),
    html("no-preferences", "ar", "\ufdd0preferences\ufdd1", "https://nashir.example/"),
    html("no-reason", "ar", "تصلك هذه الرسالة", "رسالة"),
    html("third-party", "ar", IN_BODY, '<img alt="" src="https://cdn.example.net/a.png" width="300" height="200">' + IN_BODY),
    html("third-party", "ar", "background: #f4f1ea;direction", "background: #f4f1ea url(https://t.example/x.png);direction"),
    html("third-party", "ar", DARK, DARK + " p { background: url('https://t.example/x') }"),
    html("tracking-pixel", "ar", IN_BODY, '<img alt="" src="https://nashir.example/o.gif" width="1" height="1">' + IN_BODY),
    html("tracking-pixel", "ar", IN_BODY, '<img alt="" src="https://nashir.example/o.gif" style="display: none">' + IN_BODY),
    html("personal-link", "ar", "\ufdd0unsubscribe\ufdd1", "https://nashir.example/?u=\ufdd0unsubscribe\ufdd1"),
    html("personal-link", "ar", IN_BODY, '<img alt="" src="\ufdd0preferences\ufdd1" width="9" height="9">' + IN_BODY),
    html("insecure-picture", "ar", IN_BODY, '<img alt="" src="http://nashir.example/a.png" width="9" height="9">' + IN_BODY),
    html("data-uri", "ar", IN_BODY, '<img alt="" src="data:image/png;base64,xx" width="9" height="9">' + IN_BODY),
    html("relative-url", "ar", 'href="https://nashir.example/%', 'href="/%'),
    html("active-content", "ar", IN_BODY, "<script>x()</script>" + IN_BODY),
    html("active-content", "ar", "</head>", "<script>x()</script></head>"),
    html("active-content", "ar", "</head>", '<link rel="stylesheet" href="https://nashir.example/a.css"></head>'),
    html("active-content", "ar", IN_BODY, '<form action="https://nashir.example/"><input name="q"></form>' + IN_BODY),
    html("active-content", "ar", "</head>", '<meta http-equiv="refresh" content="0; url=https://nashir.example/"></head>'),
    html("event-attribute", "ar", '<a class="go"', '<a onclick="x()" class="go"'),
    html("script-url", "ar", 'href="https://nashir.example/%', 'href="javascript:x//%'),
    Fault("bare-newline", "ar", "data", "\r\nDate:", "\nDate:"),
    Fault("line-too-long", "ar", "data", "\r\nDate:", f"\r\nX-Long: {'x' * 999}\r\nDate:"),
    Fault("long-encoded-word", "ar", "data", "\r\nDate:", f"\r\nX-Word: =?utf-8?B?{'2' * 80}?=\r\nDate:"),
    Fault("subject-differs", "ar", "data", "\r\nSubject:", "\r\nSubject: x"),
    Fault("encoded-header", "ar", "data", "\r\nFeedback-ID:", "\r\nFeedback-ID: =?utf-8?B?2KM=?="),
    Fault("no-list-unsubscribe", "ar", "data", "\r\nList-Unsubscribe:", "\r\nX-Unsubscribe:"),
    Fault("no-one-click", "ar", "data", "\r\nList-Unsubscribe-Post:", "\r\nX-Post:"),
    Fault("missing-header", "ar", "data", "\r\nAuto-Submitted:", "\r\nX-Auto:"),
    Fault("missing-header", "ar", "data", "\r\nMessage-ID:", "\r\nX-ID:"),
    Fault("repeated-header", "ar", "data", "\r\nDate:", "\r\nTo: <b@example.org>\r\nDate:"),
]  # fmt: skip
