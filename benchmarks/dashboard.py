"""What a look at the editors' first page costs on a large site.

    .venv/bin/python benchmarks/dashboard.py [--readers 1000000] [--editions 8] [--looks 15]

Makes a site with that many readers (a consent for each, one in fifty left, one in a hundred unreachable, the last of
them new in these two weeks) and editions whose letters all of them got, starts its daemon, logs in, and asks for the
page. Prints and writes benchmarks/dashboard.json: seconds of the first look, of those after it, and until the
numbers of readers were on it.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from argon2 import PasswordHasher
from measure import machine, median, running
from sqlalchemy import Connection

from publisher import config
from publisher.verbs import session as sessions

NASHIR = [sys.executable, "-m", "publisher"]
WORD = "a long word of editors"
PORT = 8179
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"


def now() -> datetime:
    return datetime.now(UTC)


def filled(folder: Path, readers: int, editions: int) -> None:
    """A site with *readers*, who came one after the other in three years."""
    import subprocess

    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    subprocess.run([*NASHIR, "-C", str(folder), "publish"], check=True, capture_output=True)
    (folder / "state" / "admin.password").write_text(PasswordHasher().hash(WORD), "ascii")
    end, years = int(now().timestamp()), 3 * 365 * 86400

    def write(connection: Connection) -> None:
        run = connection.exec_driver_sql
        made = f"{end} - {years} + i * {years} / {readers}"
        run(
            f"{NUMBERS} INSERT INTO subscribers (address, address_key, state, created) SELECT 'reader' || i ||"
            f" '@example.org', 'reader' || i || '@example.org', iif(i % 100, 'reachable', 'bounced'), {made} FROM n",
            (readers,),
        )
        (series, cadence) = run(
            "SELECT n.id, c.id FROM newsletters n JOIN cadences c ON c.newsletter = n.id LIMIT 1"
        ).one()
        run(
            "INSERT INTO subscriptions (newsletter, subscriber, state, seen_seq, source, changed, cadence) SELECT ?,"
            " id, iif(id % 50, 'active', 'ended'), 0, 'bench', created, ? FROM subscribers",
            (series, cadence),
        )
        run(
            "INSERT INTO consents (subscriber, newsletter, event, at, form) SELECT id, ?, 'confirmed', created, 'page'"
            " FROM subscribers",
            (series,),
        )
        run(
            "INSERT INTO consents (subscriber, newsletter, event, at, form) SELECT id, ?, 'left', min(created + 86400,"
            " ?), 'letter' FROM subscribers WHERE id % 50 = 0",
            (series, end),
        )
        for number in range(1001, 1001 + editions):
            run(
                "INSERT INTO editions (id, newsletter, slot, planned, expires, upto_seq, include_existing, kind,"
                " release, complete) VALUES (?, ?, ?, ?, ?, 1, 0, 'digest', 'released', 1)",
                (number, series, str(number), end - 90_000, end - 5),
            )
            run(
                "INSERT INTO variants (id, edition, key, articles, language, direction, subject, html, text) VALUES"
                " (?, ?, '', '[]', 'ar', 'rtl', 's', 'h', 't')",
                (number, number),
            )
            run(
                "INSERT INTO deliveries (edition, subscriber, variant, state, attempts, due, expires, code, note, at)"
                " SELECT ?, id, ?, iif(id % 100, 3, 4), 1, 1, 2, 250, '2.0.0 Ok: queued as 4F2a', 1 FROM subscribers",
                (number, number),
            )

    with sessions.writing(config.load(folder, {}), now) as session:
        session.house.store.write(write)


class Editor:
    """Somebody who is logged in."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        token = re.search(r'name="token" value="([^"]+)"', self.ask("/admin/login"))
        assert token
        self.ask("/admin/login", urlencode({"token": token[1], "password": WORD}))

    def ask(self, path: str, body: str | None = None) -> str:
        connection = HTTPConnection("127.0.0.1", PORT, timeout=300)
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["content-type"] = "application/x-www-form-urlencoded"
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse()
        assert answer.status in (200, 303), answer.status
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.read().decode()


def looks(many: int) -> tuple[list[float], float]:
    """Seconds of each look at the page, a second apart, and when the numbers were on it for the first time."""
    editor, took, begun, numbers = Editor(), list[float](), time.perf_counter(), 0.0
    while len(took) < many or not numbers:
        start = time.perf_counter()
        page = editor.ask("/admin/")
        took.append(time.perf_counter() - start)
        if not numbers and 'class="came"' in page:
            numbers = time.perf_counter() - begun
        time.sleep(1)
    return took, numbers


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--readers", type=int, default=1_000_000)
    words.add_argument("--editions", type=int, default=8)
    words.add_argument("--looks", type=int, default=15)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="nashir-bench-") as made:
        folder = Path(made) / "site"
        filled(folder, given.readers, given.editions)
        environment = {
            "NASHIR__WEB__LISTEN": f"127.0.0.1:{PORT}",
            "NASHIR__WEB__ADMIN__PASSWORD_FILE": "state/admin.password",
        }
        with running([*NASHIR, "-C", str(folder), "run"], folder, environment, "serving"):
            (first, *rest), numbers = looks(given.looks)
    found: dict[str, Any] = vars(given) | machine()
    found |= {
        "first": round(first, 3),
        "numbers": round(numbers, 1),
        "median": round(median(rest), 3),
        "worst": round(max(rest), 3),
    }
    text = json.dumps(found, indent=1)
    print(text)
    (Path(__file__).parent / "dashboard.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
