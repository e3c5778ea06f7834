"""Take the pictures of the documentation: `.venv/bin/python docs/pictures/take.py [--whole] [NAME ...]`.

They are of the sample site. Needs Chromium with fonts for our scripts (tests/setup.sh). NAME: only these. `--whole`:
whole pages instead of what fits on a screen, in light and dark, into screenshots/, for looking at.
"""

import contextlib
import email
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).parent.parent.parent
HERE = "http://127.0.0.1:8098"
NASHIR = [sys.executable, "-m", "publisher"]
WORD = "a long word of editors"
COLOURS = 96  # of a picture's palette, its commonest: text on paper has few
READERS = {"ar": "muna", "fa": "shirin", "he": "dalia", "ur": "sana", "ckb": "rozhan", "en": "frances"}
CHOICES = '[[newsletters]]\nname = "daily"\ntitle = "نشرة الحيّ"\nschedule = "daily 07:00"\n'
OFFERED = 'frequencies = ["daily", "weekly", "monthly"]\n'


class Shot(NamedTuple):
    """A picture: of which page, how wide and tall, and in which language of the editors'."""

    name: str
    url: str
    width: int = 900
    height: int = 780
    scheme: str = "light"
    tongue: str = ""  # of the editors' pages
    language: str = "ar"  # that the browser asks for


@contextlib.contextmanager
def sample_site() -> Iterator[Path]:
    """A copy of the sample site, with readers, editions and an article that is refused, served."""
    with tempfile.TemporaryDirectory() as name:
        site = Path(name)
        text = (REPOSITORY / "config.toml").read_text("utf-8")
        (site / "config.toml").write_text(text.replace(CHOICES, CHOICES + OFFERED), "utf-8")
        shutil.copytree(REPOSITORY / "templates", site / "templates")
        environment = os.environ | {
            "NASHIR__WEB__LISTEN": HERE.removeprefix("http://"),
            "NASHIR__SITE__URL": HERE,
            "NASHIR__WEB__ADMIN__PASSWORD_FILE": "state/admin.password",
        }

        def nashir(line: str, said: str = "") -> None:
            subprocess.run(
                [*NASHIR, "-C", site, *line.split()], input=said.encode(), check=True, env=environment
            )

        (site / "articles").mkdir()
        names = sorted(each.name for each in (REPOSITORY / "articles").iterdir() if each.is_file())
        for number in range(4):
            for each in names[number::4]:
                shutil.copy(REPOSITORY / "articles" / each, site / "articles")
            nashir("publish")
            for language, reader in READERS.items() if number == 0 else ():
                nashir(f"subscribers add {reader}@example.org --confirmed --language {language}")
            nashir("send --now --include-existing")
        (site / "articles" / "2026-11-21-سوق-الجمعة.md").write_text(
            "---\ntitle: سوق الجمعة\n\nنص.\n", "utf-8"
        )
        nashir("publish")
        nashir("preview --no-open")
        nashir("admin password --stdin", f"{WORD}\n")
        daemon = subprocess.Popen([*NASHIR, "-C", site, "run"], env=environment)
        try:
            wait()
            yield site
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


def wait() -> None:
    """Until the daemon answers."""
    for _ in range(300):
        with contextlib.suppress(URLError):
            urllib.request.urlopen(f"{HERE}/healthz").close()
            return
        time.sleep(0.1)
    raise SystemExit("the daemon does not answer")


def door(site: Path, language: str, name: str) -> str:
    """The address of this door in the newest letter to the reader of *language*."""
    for path in sorted((site / "outbox" / "new").iterdir(), reverse=True):
        message = email.message_from_bytes(path.read_bytes(), policy=default)
        part = message.get_body(("plain",))
        found = re.search(rf"{HERE}/{name}/\S+", part.get_content()) if part else None
        if found and READERS[language] in str(message["to"]):
            return found[0]
    raise SystemExit(f"no letter leads to /{name}/")


def article(site: Path, language: str) -> str:
    """The address of an article in *language*."""
    for path in sorted((site / "feeds").glob("*/index.html")):
        text = path.read_text("utf-8")
        if f'<html lang="{language}"' in text and '<article class="story' in text:
            return f"{HERE}/{path.parent.name}/"
    raise SystemExit(f"no article in {language}")


def shots(site: Path) -> list[Shot]:
    """Every picture of docs/."""
    letter = (site / "state" / "preview" / "daily.html").as_uri()
    story = f"{HERE}/مكتبة-حي-النخيل-تفتح-أبوابها-من-جديد-بعد-عامين-من-الترميم/"
    phone = {"width": 360, "height": 780}
    return [
        Shot("letter-360", letter, **phone),
        Shot("letter-700", letter, 700),
        Shot("home", f"{HERE}/"),
        Shot("home-360", f"{HERE}/", **phone),
        Shot("home-dark", f"{HERE}/", scheme="dark"),
        Shot("article", story),
        Shot("article-360", story, **phone),
        Shot("article-dark", story, scheme="dark"),
        Shot("article-fa-360", article(site, "fa"), **phone, language="fa"),
        Shot("article-he-360", article(site, "he"), **phone, language="he"),
        Shot("article-ur-360", article(site, "ur"), **phone, language="ur"),
        Shot("article-ckb-360", article(site, "ckb"), **phone, language="ckb"),
        Shot("newsletter", f"{HERE}/newsletter/daily/"),
        Shot("subscribe-360", f"{HERE}/subscribe", **phone),
        Shot("subscribe-dark", f"{HERE}/subscribe?lang=fa", scheme="dark", language="fa"),
        Shot("preferences", door(site, "ar", "preferences"), height=1100),
        Shot("preferences-ur-360", door(site, "ur", "preferences"), **phone, language="ur"),
        Shot("leaving-he-360", door(site, "he", "u"), **phone, language="he"),
        Shot("admin", f"{HERE}/admin/", 1100, 900, tongue="ar"),
        Shot("admin-dark", f"{HERE}/admin/", 1100, 900, "dark", tongue="ar"),
        Shot("admin-articles-ckb", f"{HERE}/admin/articles", 1100, 900, tongue="ckb", language="ckb"),
        Shot("admin-edition-phone", f"{HERE}/admin/editions/1", 360, 900, tongue="ar"),
        Shot("admin-editions-he-360", f"{HERE}/admin/editions", 360, 900, "dark", tongue="he", language="he"),
        Shot("admin-subscribers-fa", f"{HERE}/admin/subscribers", 1100, 900, tongue="fa", language="fa"),
        Shot("admin-subscriber-ur-360", f"{HERE}/admin/subscribers/1", 360, 900, tongue="ur", language="ur"),
    ]


def speak(page: Any, language: str) -> None:
    """Have the editors' pages in *language*; log in before."""
    page.goto(f"{HERE}/admin/")
    if page.url.endswith("/login"):
        page.fill("#password", WORD)
        page.press("#password", "Enter")
        page.wait_for_selector("nav")
    page.select_option("#tongue", language)
    page.click("footer form:first-child button")
    page.wait_for_selector(f"html[lang={language}]")


def take(browser: Browser, shot: Shot, path: Path, *, whole: bool) -> None:
    """One picture; a page wider than the screen is an error."""
    size = {"width": shot.width, "height": shot.height}
    page = browser.new_page(viewport=size, color_scheme=shot.scheme, locale=shot.language)  # type: ignore[arg-type]
    if shot.tongue:
        speak(page, shot.tongue)
    page.goto(shot.url)
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.documentElement.scrollWidth") <= shot.width, (
        f"{shot.url} is wider than that"
    )
    page.screenshot(path=path, full_page=whole)
    page.close()
    image = Image.open(path).convert("RGB")
    image.quantize(palette=palette(image), dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(REPOSITORY)}  {path.stat().st_size // 1024} kB", flush=True)


def palette(image: Image.Image) -> Image.Image:
    """The commonest colours of *image*, as they are."""
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)[:COLOURS]
    made = Image.new("P", (1, 1))
    made.putpalette([part for _, colour in counted for part in colour])
    return made


def main() -> None:
    """Those that were asked for, or all."""
    whole, names = "--whole" in sys.argv, {each for each in sys.argv[1:] if not each.startswith("-")}
    folder = REPOSITORY / ("screenshots" if whole else "docs/pictures")
    folder.mkdir(exist_ok=True)
    with sample_site() as site, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for shot in shots(site):
            if names and shot.name not in names:
                continue
            for scheme in ("light", "dark") if whole else (shot.scheme,):
                end = f"-{scheme}" if whole else ""
                take(
                    browser,
                    shot._replace(scheme=scheme),
                    folder / f"{shot.name}{end}.png",
                    whole=whole,
                )
        browser.close()


main()
