"""Make a new site in its language: a configuration that `publish` and `send` accept at once, and a first article."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from publisher.errors import BadInput, Unwritable
from publisher.text.clean import one_line, tidy
from publisher.text.urls import is_inside, url

HERE = "http://127.0.0.1:8080"
MOST = 200  # characters of a title

CONFIG = """\
# One site. Every key is explained in docs/configuration.md; `nashir check` tells what is wrong, with the line.

[site]
id = "{id}"  # made once: the identity of every article hangs on it, never change it
title = {title}
url = {url}  # how readers reach it: https://news.example.org
language = "{language}"
timezone = "{timezone}"
{calendar}author = ""  # for articles that name none

[articles]
folder = "articles"

[feeds]
folder = "feeds"  # the document root: feeds and pages
entries = 50

[mail]
# maildir:outbox keeps letters in a folder, to try things out: nobody is mailed. Before readers sign up, name your mail
# server: smtp+starttls://mail.example.org:587, with username and password (better in the environment:
# NASHIR__MAIL__PASSWORD).
relay = "maildir:outbox"
from = {sender}
# postal = "12 Example Street, Example Town"  # at the foot of every letter; many countries ask for it

[[newsletters]]
name = "daily"
title = {newsletter}
schedule = "daily 07:00"  # or "weekly sat 07:00", "monthly 1 07:00"

[web]
listen = "127.0.0.1:8080"
"""


@dataclass(frozen=True, slots=True)
class _Words:
    """What a new site says."""

    title: str
    newsletter: str  # of a site called "{}"
    headline: str
    text: tuple[str, str]  # paragraphs


WORDS = {
    "ar": _Words(
        "موقعي",
        "نشرة {}",
        "أهلًا بكم في الموقع الجديد",
        (
            "هذه أول مقالة في الموقع. افتحوا مجلد `articles` وعدّلوها أو احذفوها، ثم أضيفوا مقالاتكم: ملفًا لكل مقالة.",
            "السطر الأول في ملف نصي (‎.txt) هو العنوان، وما بعده فقرات. وتُقرأ كذلك ملفات Markdown وHTML وWord.",
        ),
    ),
    "fa": _Words(
        "سایت من",
        "خبرنامهٔ {}",
        "به سایت تازه خوش آمدید",
        (
            "این نخستین نوشتهٔ سایت است. پوشهٔ `articles` را باز کنید و آن را ویرایش یا پاک کنید، سپس نوشته‌های خود را "
            "بیفزایید: برای هر نوشته یک فایل.",
            "در فایل متنی (‎.txt) سطر نخست عنوان است و هر سطر پس از آن یک بند. فایل‌های Markdown و HTML و Word هم خوانده "
            "می‌شوند.",
        ),
    ),
    "he": _Words(
        "האתר שלי",
        "הניוזלטר של {}",
        "ברוכים הבאים לאתר החדש",
        (
            "זה המאמר הראשון באתר. פתחו את התיקייה `articles`, ערכו אותו או מחקו אותו, והוסיפו מאמרים משלכם: קובץ לכל "
            "מאמר.",
            "בקובץ טקסט (‎.txt) השורה הראשונה היא הכותרת, וכל שורה אחריה היא פסקה. אפשר לכתוב גם ב־Markdown, ב־HTML "
            "וב־Word.",
        ),
    ),
    "ur": _Words(
        "میری سائٹ",
        "{} کا خبرنامہ",
        "نئی سائٹ پر خوش آمدید",
        (
            "یہ سائٹ کا پہلا مضمون ہے۔ فولڈر `articles` کھولیے اور اسے بدلیے یا مٹا دیجیے، پھر اپنے مضامین "
            "ڈالیے: ہر مضمون کی ایک فائل۔",
            "متن کی فائل (‎.txt) میں پہلی سطر عنوان ہے اور اس کے بعد ہر سطر ایک پیراگراف۔ Markdown، HTML اور Word کی "
            "فائلیں بھی پڑھی جاتی ہیں۔",
        ),
    ),
    "ckb": _Words(
        "ماڵپەڕەکەم",
        "ھەواڵنامەی {}",
        "بەخێربێن بۆ ماڵپەڕە نوێیەکە",
        (
            "ئەمە یەکەم وتاری ماڵپەڕەکەیە. بوخچەی `articles` بکەنەوە و دەستکاریی بکەن یان بیسڕنەوە، پاشان وتارەکانی "
            "خۆتان زیاد بکەن: بۆ ھەر وتارێک پەڕگەیەک.",
            "لە پەڕگەی دەقدا (‎.txt) دێڕی یەکەم سەردێڕە و ھەر دێڕێکی دوای ئەوە پەرەگرافێکە. پەڕگەکانی Markdown و HTML و "
            "Word یش دەخوێندرێنەوە.",
        ),
    ),
    "en": _Words(
        "My site",
        "{} by mail",
        "Welcome to the new site",
        (
            "This is the first article of the site. Open the folder `articles`, change it or delete it, and add your "
            "own: a file for each article.",
            "The first line of a text file (.txt) is the headline, every other line a paragraph. Markdown, HTML and "
            "Word are read as well.",
        ),
    ),
}


def create(
    folder: Path, timezone: str, language: str = "ar", title: str = "", site: str = HERE
) -> list[Path]:
    """Write the new site's files, in *language*, one of WORDS, and the IANA *timezone*; *title* "" for that language's.
    Returns their paths, relative to *folder*. Raises BadInput where a site stands already or title or address (*site*)
    are none, Unwritable when the disk refuses."""
    config = folder / "config.toml"
    if config.exists():
        raise BadInput("a site stands here already", str(config), "choose another folder")
    words = WORDS[language]
    title = _title(title) or words.title
    site = _address(site)
    files = {
        config: CONFIG.format(
            id=uuid4(),
            title=_toml(title),
            url=_toml(site),
            language=language,
            timezone=timezone,
            calendar=_calendar(language, timezone),
            sender=_toml(f"{_display(title)} <news@{_mail_domain(site)}>"),
            newsletter=_toml(words.newsletter.format(title)),
        ),
        folder / "articles" / "welcome.md": f"---\ntitle: {words.headline}\n---\n\n"
        + "\n\n".join(words.text)
        + "\n",
        folder / ".gitignore": "/state/\n/backups/\n/outbox/\n/feeds/\n",
    }
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text(text, "utf-8")
    except OSError as error:
        raise Unwritable(
            f"cannot be written: {error.strerror}", str(error.filename), "choose another folder"
        ) from error
    return [path.relative_to(folder) for path in files]


def _title(raw: str) -> str:
    title = one_line(tidy(raw)[0])
    if len(title) > MOST:
        raise BadInput(f"a title of more than {MOST} characters", "--title", "write a shorter one")
    return title


def _address(raw: str) -> str:
    """The site's address without the last slash. Raises BadInput."""
    address = raw.strip().rstrip("/")
    parts = urlsplit(url(address, "") or "")
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
        raise BadInput(f"{raw!r} is no address of a site", "--url", "write https://news.example.org")
    return address


def _mail_domain(site: str) -> str:
    host = (urlsplit(url(site, "") or "").hostname or "").removeprefix("www.")
    return "example.org" if is_inside(host) or not re.search(r"[a-z]", host) or ":" in host else host


def _display(name: str) -> str:
    """*name* as it stands before an address (RFC 5322, 3.2.4)."""
    if not re.search(r"[()<>@,:;.\"\[\]\\]", name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _calendar(language: str, timezone: str) -> str:
    """How Iran counts, where the site is Iran's."""
    return (
        'calendar = ["jalali"]  # or ["jalali", "gregorian"]\n'
        if (language, timezone) == ("fa", "Asia/Tehran")
        else ""
    )


def _toml(text: str) -> str:
    """A basic string of TOML, which JSON's are: a title has no control characters."""
    return json.dumps(text, ensure_ascii=False)
