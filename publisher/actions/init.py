"""Make a new site: a configuration that `publish` and `send` accept at once, and a first article."""

from pathlib import Path
from uuid import uuid4

from publisher.errors import BadInput, Unwritable

CONFIG = """\
# One site. Every key is explained in docs/configuration.md; `nashir check` tells what is wrong, with the line.

[site]
id = "{id}"  # made once: the identity of every article hangs on it, never change it
title = "موقعي"
url = "http://127.0.0.1:8080"  # how readers reach it: https://news.example.org
language = "ar"
timezone = "{timezone}"
author = ""  # for articles that name none

[articles]
folder = "articles"

[feeds]
folder = "feeds"  # the document root: feeds and pages
entries = 50

[mail]
# maildir:outbox keeps letters in a folder, to try things out. For real mail: smtp+starttls://mail.example.org:587
# with username and password (better in the environment: NASHIR__MAIL__PASSWORD).
relay = "maildir:outbox"
from = "موقعي <news@example.org>"
# postal = "موقعي، شارع الرشيد 12، بغداد"  # at the foot of every letter; many countries ask for it

[[newsletters]]
name = "daily"
title = "نشرة موقعي"
schedule = "daily 07:00"  # or "weekly sat 07:00", "monthly 1 07:00"

[web]
listen = "127.0.0.1:8080"
"""

ARTICLE = """\
---
title: أهلًا بكم في الموقع الجديد
---

هذه أول مقالة في الموقع. افتحوا مجلد `articles` وعدّلوها أو احذفوها، ثم أضيفوا مقالاتكم: ملفًا لكل مقالة.

السطر الأول في ملف نصي (‎.txt) هو العنوان، وما بعده فقرات. وتُقرأ كذلك ملفات Markdown وHTML.
"""


def create(folder: Path, timezone: str) -> list[Path]:
    """Write the new site's files; returns their paths, relative to *folder*. Raises BadInput where a site stands
    already, Unwritable when the disk refuses."""
    config = folder / "config.toml"
    if config.exists():
        raise BadInput("a site stands here already", str(config), "choose another folder")
    files = {
        config: CONFIG.format(id=uuid4(), timezone=timezone),
        folder / "articles" / "welcome.md": ARTICLE,
        folder / ".gitignore": "/state/\n/outbox/\n/feeds/\n",
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
