"""The disk is full, read-only or broken, and is well again; and the order in which files are made to last."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import LONG

NASHIR = [sys.executable, "-m", "publisher"]
SMALL = 'mount -t tmpfs -o size=6m,mode=0700 none "$1" && shift && exec "$@"'


def in_a_room_of_its_own() -> bool:
    """Whether a process here may mount a disk of its own that nobody else sees."""
    words = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def strace() -> bool:
    words = ["strace", "-o", "/dev/null", "true"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


class Disk:
    """The small disk that one folder of a running site lies on."""

    def __init__(self, folder: Path, process: Callable[[], int]) -> None:
        self.folder, self._process = folder, process

    def sh(self, script: str) -> None:
        """Run *script* where the site's process is, in the folder."""
        room = ["nsenter", "--preserve-credentials", "-U", "-m", "-t", str(self._process())]
        subprocess.run(
            [*room, "sh", "-c", f'cd "{self.folder}" && {script}'], check=True, capture_output=True
        )


@pytest.fixture
def on_a_small_disk(site, daemon):
    """The daemon, with one folder of its site on a disk of 2 MB."""

    def make(folder):
        running = daemon(NASHIR__ARTICLES__SCAN_EVERY="1")
        place = site.folder / folder
        place.mkdir(exist_ok=True)
        running.before = ["unshare", "-rm", "sh", "-c", SMALL, "sh", str(place)]
        return running, Disk(place, lambda: running.process.pid)

    return make


FULL = ("dd if=/dev/zero of=filler bs=4k 2>/dev/null; test -s filler", "rm filler")
READ_ONLY = ("mount -o remount,ro .", "mount -o remount,rw .")


def come_at_once(site, files: dict[str, str], folder: str) -> None:
    """*files* in a sub-folder of the articles: no look sees some of them only, and writes these where the log still
    has room."""
    coming = site.folder / "coming"
    coming.mkdir()
    for name, text in files.items():
        (coming / name).write_text(text, "utf-8")
        os.utime(coming / name, (1_700_000_000, 1_700_000_000))  # it rests: no waiting for `settle`
    coming.rename(site.folder / "articles" / folder)


@pytest.mark.skipif(not in_a_room_of_its_own(), reason="no mount of its own here (unshare)")
@pytest.mark.parametrize(
    "folder, harms",
    [
        (
            "feeds",
            [
                (*FULL, "free some space on the disk"),
                (*READ_ONLY, "mount the file system for writing"),
            ],
        ),
        ("state", [(*FULL, "make room or mend the disk")]),
    ],
    ids=["output", "state"],
)
def test_a_disk_that_refuses_costs_time_and_nothing_else(site, story, on_a_small_disk, folder, harms):  # X6
    site.article("one.txt", story)
    running, disk = on_a_small_disk(folder)
    with running:
        running.until(lambda: running.get("/healthz")[0] == 200 and running.get("/")[0] == 200)
        feeds = ("/atom.xml", "/rss.xml", "/feed.json", "/")

        def shown() -> list[str]:
            return [hashlib.sha256(running.get(path)[2]).hexdigest() for path in feeds]

        def rests() -> bool:
            """Whether nothing changed in two looks at the folder."""
            first = shown()
            time.sleep(2.5)
            return first == shown()

        for harm, mend, said in harms:
            running.until(rests)
            before = shown()
            disk.sh(harm)
            news = f"خبر جديد: {said}"
            come_at_once(site, {f"{n}.md": f"# {news} {n}\n\n{'نص طويل. ' * 100}\n" for n in range(40)}, mend)
            running.until(lambda: running.get("/healthz")[0] == 503)
            status, _, body = running.get("/healthz")
            assert (503, "failing") == (status, json.loads(body)["status"])
            assert said in body.decode()
            assert before == shown()  # old feeds, whole
            disk.sh(mend)

            running.until(lambda news=news: f"{news} 39".encode() in running.get("/atom.xml")[2])
            running.until(lambda: running.get("/healthz")[0] == 200)
            assert all(f"{news} 39".encode() in running.get(path)[2] for path in feeds)
            disk.sh('test -z "$(find . -name ".~*")"')
        assert "Traceback" not in running.said()
        assert running.stop() == 0


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace")
def test_files_last_in_the_order_they_must(site, tmp_path):  # X7
    """Up to a hundred files each by itself: temporary file, fsync, rename, fsync of its folder. More: all temporary
    files, one syncfs, all renames, one syncfs."""
    for number in range(110):
        date = f"2024-01-{number % 28 + 1:02}T{number % 24:02}:00:00Z"
        site.article(f"{number}.md", f"---\ntitle: خبر {number}\ndate: {date}\n---\n\nنص.\n")
    out = str(site.folder / "feeds")
    log = tmp_path / "strace.log"
    calls = "openat,fsync,fdatasync,syncfs,sync,rename,renameat,renameat2,link,linkat"
    words = ["strace", "-f", "-y", "-s", "4096", "-o", str(log), "-e", f"trace={calls}"]
    done = subprocess.run(
        [*words, *NASHIR, "-C", str(site.folder), "--json", "publish"],
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG,
    )
    written = set(json.loads(done.stdout)["written"])
    assert len(written) > 110

    steps = [step for step in map(_step, log.read_text("utf-8", "replace").splitlines()) if step]
    steps = [(call, path) for call, path in steps if path.startswith(out) or call == "sync"]
    renamed = [path for call, path in steps if call == "rename"]
    published = {path[len(out) + 1 :] for path in renamed}
    assert written == {path for path in published if not path.endswith((".gz", ".br"))}
    assert [] == [path for call, path in steps if call == "written in place"]
    alone = 0
    for at, (call, path) in enumerate(steps):
        if call != "rename":
            continue
        folder = path.rpartition("/")[0]
        if steps[at - 1][0] == "fsync" and "/.~" in steps[at - 1][1]:
            alone += 1
            assert folder == steps[at - 1][1].rpartition("/")[0]
            assert ("fsync", folder) == steps[at + 1]
        else:  # one of many
            before = [each for each, _ in steps[:at] if each != "rename"]
            after = [each for each, _ in steps[at + 1 :] if each != "rename"]
            assert "syncfs" == before[-1] == after[0]
    assert alone >= 3  # the feeds at least
    assert len(written) - alone > 100


def _step(line: str) -> tuple[str, str] | None:
    """A line of strace as (what, path)."""
    if found := re.search(r'\b(?:rename|renameat|renameat2)\(.*"([^"]+)"(?:, \w+)?\)\s+= 0', line):
        return "rename", _text(found[1])
    if found := re.search(r"\b(fsync|fdatasync|syncfs)\(\d+<([^>]*)>", line):
        return found[1], _text(found[2])
    if found := re.search(r'\bopenat\(.*?"([^"]+)", ([A-Z_|]+)', line):
        if "O_WRONLY" in found[2] or "O_RDWR" in found[2]:
            return ("new" if "O_EXCL" in found[2] else "written in place"), _text(found[1])
        return None
    return ("sync", "") if re.search(r"\bsync\(\)", line) else None


def _text(escaped: str) -> str:
    """What strace wrote with octal escapes."""
    return escaped.encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")
