"""A day of a site under what the unit file takes from it: the kernel refuses what systemd would have it refuse."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.commands import NASHIR

UNIT = Path(__file__).parents[2] / "packaging" / "systemd" / "nashir.service"
CONFINED = [sys.executable, str(Path(__file__).parent / "confined.py"), str(UNIT)]
pytestmark = pytest.mark.skipif(
    not (shutil.which("systemd-analyze") and ctypes.util.find_library("seccomp")),
    reason="neither systemd-analyze nor libseccomp: nobody says what the filter's groups are",
)
TRIED = """
import mmap, os, socket, sys
def tried(call):
    try: call()
    except OSError as error: print(error.errno)
    else: print("done")
tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
tried(lambda: os.chmod(sys.argv[1], 0o4755))
tried(lambda: os.chown(sys.argv[1], 1, 1))
tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, 5))
tried(lambda: os.mkdir(sys.argv[1] + "/beside"))
"""


def test_what_it_takes_away_is_away(tmp_path: Path) -> None:
    done = subprocess.run(
        [*CONFINED, sys.executable, "-c", TRIED, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert ["97", "1", "1", "1", "1", "done"] == done.stdout.split(), done.stderr


def test_a_day_goes_by_under_it(site, story, daemon, sink) -> None:  # threat 12
    """It publishes with a picture, serves, hears of a file by inotify, hashes a password, signs, mails and saves."""
    site.article("river/index.md", "---\ntitle: نهر\n---\n\n![نهر](river.jpg)\n")
    Image.new("RGB", (640, 480), "teal").save(site.folder / "articles" / "river" / "river.jpg")
    mail = {"NASHIR__MAIL__RELAY": sink.url, "NASHIR__MAIL__CANARY": "0%"}
    admin = {"NASHIR__WEB__ADMIN__PASSWORD_FILE": "state/admin.password"}

    def run(*words: str, stdin: str = "") -> None:
        done = subprocess.run(
            [*CONFINED, *NASHIR, "-C", str(site.folder), *words],
            capture_output=True,
            text=True,
            input=stdin,
            check=False,
            env=os.environ | mail | admin,
        )
        assert 0 == done.returncode, done.stderr

    run("admin", "password", "--stdin", stdin="a long enough password\n")
    served = daemon(**mail, **admin)
    served.before = CONFINED
    with served as running:
        running.until(lambda: running.get("/atom.xml")[0] == 200)
        (site.folder / "articles" / "park.txt").write_text(story, "utf-8")
        running.until(lambda: story.splitlines()[0].encode() in running.get("/atom.xml")[2])
        assert 200 == running.get("/admin/login")[0]
        site.run("subscribers", "add", "reader@example.org", "--confirmed")
        site.run("send", "--now", "--include-existing")  # the daemon does it
        run("backup", str(site.folder / "saved.tar.gz"))
        assert 0 == running.stop()
        said = running.said()

    assert 1 == len(sink.accepted)
    assert "inotify" not in said and "error" not in said, said
