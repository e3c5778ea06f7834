"""Opens every letter in Roundcube, measures what is left of it and takes pictures: roundcube.py FOLDER

FOLDER is that of letters.py. As root: Dovecot, Roundcube and PHP's own web server are started on loopback, on a copy of
the Maildir. Once with an English interface and once with an Arabic one, which is right-to-left as a whole.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.clients.blocks import SCRIPT, Compared, blocks, message_id, parts

ROUNDCUBE = Path("/var/lib/roundcube")
HERE = "http://127.0.0.1:8184/"
DOVECOT = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/%n
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/%n
}}
service imap-login {{
  inet_listener imap {{
    port = 8143
  }}
}}
"""
CONFIG = """<?php
$config["db_dsnw"] = "sqlite:///{folder}/roundcube.db?mode=0640";
$config["imap_host"] = "127.0.0.1:8143";
$config["des_key"] = "a key of 24 letters only";
$config["temp_dir"] = "{folder}/temp";
$config["log_dir"] = "{folder}/temp";
$config["skin"] = "elastic";
$config["mail_pagesize"] = 200;
"""
USERS = {"english": "en-US", "arabic": "ar"}


def servers(folder: Path) -> list[subprocess.Popen[bytes]]:
    """Dovecot and Roundcube, with what they need below *folder*; each a process group of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("run", "temp", "config"):
        (folder / name).mkdir(parents=True)
    for user in USERS:
        shutil.copytree(folder.parent / "Maildir", folder / user)
    subprocess.run(["chown", "-R", "nobody:nogroup", *(folder / user for user in USERS)], check=True)
    (folder / "dovecot.conf").write_text(DOVECOT.format(folder=folder))
    (folder / "config" / "config.inc.php").write_text(CONFIG.format(folder=folder))
    for name in ("defaults.inc.php", "mimetypes.php"):
        shutil.copy(Path("/etc/roundcube") / name, folder / "config")
    tables = ROUNDCUBE.joinpath("SQL/sqlite.initial.sql").read_text()
    with sqlite3.connect(folder / "roundcube.db") as database:
        database.executescript(tables)
    commands = (
        ["dovecot", "-F", "-c", str(folder / "dovecot.conf")],
        ["php", "-S", HERE.removeprefix("http://").strip("/"), "-t", str(ROUNDCUBE / "public_html")],
    )
    environment = os.environ | {"ROUNDCUBE_CONFIG_DIR": str(folder / "config")}
    with (folder / "servers.log").open("wb") as log:
        started = [
            subprocess.Popen(each, env=environment, stdout=log, stderr=log, start_new_session=True)
            for each in commands
        ]
    time.sleep(3)
    return started


def main(folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    started = servers(folder / "roundcube")
    try:
        with sync_playwright() as player:
            browser = player.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--lang=en"]
            )
            for user, locale in USERS.items():
                look(browser, user, locale, folder, pictures)
            browser.close()
    finally:
        for each in started:
            os.killpg(each.pid, signal.SIGTERM)


def look(browser: Browser, user: str, locale: str, folder: Path, pictures: Path) -> None:
    """Everything that *user* sees."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale=locale)
    reference = browser.new_page(viewport={"width": 900, "height": 900})
    page.goto(HERE)
    page.fill("#rcmloginuser", user)
    page.fill("#rcmloginpwd", "any")
    page.press("#rcmloginpwd", "Enter")
    page.wait_for_selector("#messagelist tbody tr")
    page.screenshot(path=pictures / f"roundcube-{user}-list.png")
    letters = {message_id(path): path for path in (folder / "eml").iterdir()}
    uids = page.evaluate("Object.keys(rcmail.env.messages)")
    compared, plain, shown = Compared(), Counter[str](), ""
    for uid in uids:
        path = letters[key_of(page, uid)]
        if path.stem == "02-ar-weekly":  # has a picture near its top
            shown = uid
            show(page, uid, "html", blocked=True)
            page.screenshot(path=pictures / f"roundcube-{user}-blocked.png")
        show(page, uid, "html")
        page.screenshot(path=pictures / f"roundcube-{user}-{path.stem}.png")
        reference.set_content(parts(path)[1])
        written = reference.evaluate(f"() => {{ const root = document.documentElement; {SCRIPT} }}")
        found = page.evaluate(f"() => {{ const root = document.querySelector('#messagebody'); {SCRIPT} }}")
        compared.add(path.stem, blocks(written), blocks(found))
        show(page, uid, "text")
        page.screenshot(path=pictures / f"roundcube-{user}-text-{path.stem}.png")
        found = page.evaluate(f"() => {{ const root = document.querySelector('#messagebody'); {SCRIPT} }}")
        plain.update(block.direction for block in blocks(found))
    print(f"== {user}: HTML\n{compared}\nplain text: {dict(plain)}")
    page.evaluate("document.cookie = 'colorMode=dark'")
    show(page, shown, "html")
    page.screenshot(path=pictures / f"roundcube-{user}-dark.png")
    page.close()
    reference.close()


def show(page: Page, uid: str, form: str, *, blocked: bool = False) -> None:
    """Open a letter, its pictures *blocked* or not; once they were shown they are until the session ends."""
    safe = "" if blocked else "&_safe=1"
    page.goto(f"{HERE}?_task=mail&_action=show&_mbox=INBOX&_uid={uid}{safe}&_format={form}")
    page.wait_for_selector("#messagebody")


def key_of(page: Page, uid: str) -> str:
    """Message-ID, of the letter's source."""
    source = page.request.get(f"{HERE}?_task=mail&_action=viewsource&_mbox=INBOX&_uid={uid}").text()
    return source.partition("Message-ID: <")[2].partition(">")[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
