"""Take the pictures of the documentation from the sample site: `.venv/bin/python docs/pictures/take.py [--whole]`.

Needs Chromium with fonts for our scripts (tests/setup.sh). `--whole`: whole pages instead of what fits on a screen, in
light and dark, into screenshots/, for looking at.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).parent.parent.parent
HERE = "http://127.0.0.1:8098"
ARTICLE = "/مكتبة-حي-النخيل-تفتح-أبوابها-من-جديد-بعد-عامين-من-الترميم/"
NASHIR = [sys.executable, "-m", "publisher"]


@contextlib.contextmanager
def sample_site() -> Iterator[Path]:
    """A copy of the sample site, published and served."""
    with tempfile.TemporaryDirectory() as name:
        site = Path(name)
        shutil.copy(REPOSITORY / "config.toml", site)
        for folder in ("articles", "templates"):
            shutil.copytree(REPOSITORY / folder, site / folder)
        environment = os.environ | {
            "NASHIR__WEB__LISTEN": HERE.removeprefix("http://"),
            "NASHIR__SITE__URL": HERE,
        }
        subprocess.run([*NASHIR, "-C", site, "publish"], check=True, env=environment)
        subprocess.run([*NASHIR, "-C", site, "preview", "--no-open"], check=True, env=environment)
        daemon = subprocess.Popen([*NASHIR, "-C", site, "run"], env=environment)
        try:
            wait()
            yield site
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


def wait() -> None:
    """Until the daemon answers."""
    for _ in range(100):
        with contextlib.suppress(URLError):
            urllib.request.urlopen(f"{HERE}/healthz").close()
            return
        time.sleep(0.1)
    raise SystemExit("the daemon does not answer")


def take(
    browser: Browser, url: str, path: Path, width: int, height: int, scheme: str, *, whole: bool
) -> None:
    """One picture; a page wider than the screen is an error."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(url)
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{url} is wider than {width} px"
    page.screenshot(path=path, full_page=whole)
    page.close()
    print(f"{path.relative_to(REPOSITORY)}  {path.stat().st_size // 1024} kB")


def main() -> None:
    """Every picture of docs/."""
    whole = "--whole" in sys.argv
    folder = REPOSITORY / ("screenshots" if whole else "docs/pictures")
    folder.mkdir(exist_ok=True)
    with sample_site() as site, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        letter = (site / "state" / "preview" / "daily.html").as_uri()
        for scheme in ("light", "dark") if whole else ("light",):
            end = f"-{scheme}.png" if whole else ".png"
            for name, url, width, height in (
                ("letter-360", letter, 360, 780),
                ("letter-700", letter, 700, 780),
                ("home", f"{HERE}/", 900, 780),
                ("home-360", f"{HERE}/", 360, 780),
                ("article", HERE + ARTICLE, 900, 780),
                ("article-360", HERE + ARTICLE, 360, 780),
            ):
                take(browser, url, folder / f"{name}{end}", width, height, scheme, whole=whole)
        if not whole:
            for name, url in (("home-dark", f"{HERE}/"), ("article-dark", HERE + ARTICLE)):
                take(browser, url, folder / f"{name}.png", 900, 780, "dark", whole=False)
        browser.close()


main()
