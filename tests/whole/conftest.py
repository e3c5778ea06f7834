"""A real site worked on by the real command, as its user would."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.commands import NASHIR, Forked, nashir, settings_alone
from tests.patience import LONG
from tests.sink import Sink


class Site:
    """A real site in a folder, worked on by the real command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """`nashir -C SITE ...`; its exit code must be *expect*, and no traceback may show."""
        called = ("-C", str(self.folder), *words)
        if settings_alone(environment):
            done = nashir(*called, environment=environment)
        else:
            done = subprocess.run(
                [*NASHIR, *called],
                capture_output=True,
                text=True,
                timeout=LONG,
                check=False,
                env=os.environ | environment,
            )
        assert "Traceback" not in done.stderr, done.stderr
        assert expect == done.returncode, done.stdout + done.stderr
        return done

    def json(self, *words: str, expect: int = 0, **environment: str) -> dict[str, Any]:
        return dict(json.loads(self.run("--json", *words, expect=expect, **environment).stdout))

    def article(self, name: str, text: str) -> Path:
        path = self.folder / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))  # it rests: no waiting for `settle`
        return path

    def letters(self) -> list[Path]:
        return sorted((self.folder / "outbox" / "new").glob("*"))


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    nashir("init", folder).check_returncode()
    (folder / "articles" / "welcome.md").unlink()
    return Site(folder)


STORY = """\
بلدية الحي تفتتح حديقة جديدة على ضفة النهر
افتُتحت أمس حديقة جديدة على ضفة النهر بعد عامين من العمل، وحضر الافتتاح أهالي الحي.
وقال المهندس المشرف، إن الحديقة تضم 120 شجرة وملعبًا للأطفال ومقاعد تحت الظل.
- موعد الزيارة
تفتح الحديقة أبوابها من السابعة صباحًا حتى العاشرة مساءً.
- كيف تصل
تصل إليها الحافلة رقم 14، ومواقف السيارات قريبة من الجسر القديم.
"""


@pytest.fixture
def story():
    return STORY


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Daemon:
    """`nashir run` on a free port, for one `with`."""

    def __init__(self, site: Site, **environment: str) -> None:
        self.site, self.port = site, free_port()
        self.before: list[str] = []  # the words before the command
        self.words = ["run"]
        self.settings = environment | {"NASHIR__WEB__LISTEN": f"127.0.0.1:{self.port}"}

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.settings

    def __enter__(self) -> "Daemon":
        self.log = self.site.folder / "run.log"
        self.log.write_bytes(b"")
        words = "-C", str(self.site.folder), *self.words
        self.process: subprocess.Popen[bytes] | Forked
        if self.before or not settings_alone(self.settings):
            with self.log.open("ab") as log:
                started = [*self.before, *NASHIR, *words]
                self.process = subprocess.Popen(started, stderr=log, env=self.environment)
        else:
            self.process = Forked(*words, environment=self.settings, err=self.log)
        self.until(lambda: self.get("/healthz")[0] in {200, 503})
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def get(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            reply = connection.getresponse()
            return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
        except ConnectionError:
            assert self.process.poll() is None, self.said()
            return 0, {}, b""
        finally:
            connection.close()

    def until(self, true: Callable[[], bool], seconds: float = LONG) -> float:
        """Wait until *true*; return how long it took."""
        start = time.monotonic()
        while not true():
            assert time.monotonic() - start < seconds, self.said()
            time.sleep(0.02)
        return time.monotonic() - start

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(LONG)


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture
def daemon(site):
    return partial(Daemon, site)


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    """Chromium, for one module: Playwright keeps an event loop running, which other tests cannot have."""
    if not CHROMIUM:
        pytest.skip("no Chromium here: install the package chromium")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()
