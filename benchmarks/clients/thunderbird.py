"""Opens every letter in Thunderbird, measures what it shows and takes pictures: thunderbird.py FOLDER [--dark] [--rtl]

FOLDER is that of letters.py. `--dark`: with a dark theme; `--rtl`: as in an Arabic or Hebrew Thunderbird, whose windows
are right-to-left. Needs a display. Thunderbird is driven through Marionette, its own remote control.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import sync_playwright

from benchmarks.clients.blocks import SCRIPT, Compared, blocks, message_id, parts

PORT = 2828
SETTINGS = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.localfoldersserver": "server1",
    "mail.account.account1.server": "server1",
    "mail.server.server1.type": "none",
    "mail.server.server1.name": "Local Folders",
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.userName": "nobody",
    "mail.server.server1.directory-rel": "[ProfD]Mail/Local Folders",
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.accounthub.enabled": False,
    "mail.shell.checkDefaultClient": False,
    "datareporting.policy.bypassNotification": True,
    "mailnews.start_page.enabled": False,
    "mail.rights.version": 1,
    "mail.pane_config.dynamic": 2,
}
MODES: dict[str, dict[str, object]] = {
    "--dark": {"ui.systemUsesDarkTheme": 1},
    "--rtl": {"intl.l10n.pseudo": "bidi", "intl.uidirection": 1},
}
SHOW = """
const [number, plain, pictures] = arguments;
const done = arguments[arguments.length - 1];
const wait = ms => new Promise(resolve => window.setTimeout(resolve, ms));
(async () => {
    const tabmail = document.getElementById("tabmail");
    const three = tabmail.currentAbout3Pane;
    Services.prefs.setBoolPref("mailnews.message_display.disable_remote_image", !pictures);
    Services.prefs.setIntPref("mailnews.display.html_as", plain ? 1 : 0);
    Services.prefs.setBoolPref("mailnews.display.prefer_plaintext", plain);
    three.threadTree.selectedIndex = -1;
    await wait(100);
    three.threadTree.selectedIndex = number;
    await wait(1500);
    const browser = tabmail.currentAboutMessage.getMessagePaneBrowser();
    const root = browser.contentDocument.documentElement;
    done([three.gDBView.getMsgHdrAt(number).messageId, (root => {SCRIPT})(root)]);
})().catch(error => done(["error", String(error)]));
""".replace("SCRIPT", SCRIPT)
OPEN = """
const done = arguments[arguments.length - 1];
const wait = ms => new Promise(resolve => window.setTimeout(resolve, ms));
(async () => {
    const tabmail = document.getElementById("tabmail");
    while (tabmail.tabInfo.length > 1) tabmail.closeTab(tabmail.tabInfo[1]);
    const three = tabmail.currentAbout3Pane;
    const folder = MailServices.accounts.localFoldersServer.rootFolder.getChildNamed("Letters");
    three.displayFolder(folder.URI);
    await wait(4000);
    done(three.gDBView.rowCount);
})().catch(error => done(String(error)));
"""


class Marionette:
    """Its wire: a JSON array after its length in characters and a colon."""

    def __init__(self) -> None:
        for _ in range(120):
            try:
                self._socket = socket.create_connection(("127.0.0.1", PORT), 60)
                break
            except OSError:
                time.sleep(0.5)
        self._file = self._socket.makefile("rb")
        self._read()  # greets
        self._number = 0
        self("WebDriver:NewSession", {})
        self("Marionette:SetContext", {"value": "chrome"})
        self("WebDriver:SetTimeouts", {"script": 60000})

    def __call__(self, command: str, values: dict[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, values])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result

    def run(self, script: str, *values: object) -> Any:
        return self("WebDriver:ExecuteAsyncScript", {"script": script, "args": values, "newSandbox": True})[
            "value"
        ]

    def _read(self) -> Any:
        length = b""
        while (byte := self._file.read(1)) != b":":
            length += byte
        return json.loads(self._file.read(int(length)))


def profile(folder: Path, settings: dict[str, object]) -> Path:
    """A new profile with the letters in a local folder."""
    made = folder / "thunderbird"
    shutil.rmtree(made, ignore_errors=True)
    (made / "Mail" / "Local Folders").mkdir(parents=True)
    shutil.copy(folder / "letters.mbox", made / "Mail" / "Local Folders" / "Letters")
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
    (made / "user.js").write_text("\n".join(lines))
    return made


def main(folder: Path, modes: set[str]) -> None:
    """Start Thunderbird, look at the letters, end it."""
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    more: dict[str, object] = {}
    for mode in modes:
        more |= MODES[mode]
    made = profile(folder, SETTINGS | more)
    command = [
        "dbus-run-session",
        "--",
        "thunderbird",
        "--marionette",
        "--remote-allow-system-access",
        "--profile",
        str(made),
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        drive(Marionette(), folder, pictures / "".join(["thunderbird", *sorted(modes)]).replace("--", "-"))
    finally:
        os.killpg(process.pid, signal.SIGTERM)


def drive(thunderbird: Marionette, folder: Path, stem: Path) -> None:
    """Every letter in HTML; the pictures of some, and of their plain text."""
    time.sleep(8)
    count = thunderbird.run(OPEN)
    print(f"{count} letters in the list")
    letters = {message_id(path): path for path in (folder / "eml").iterdir()}
    compared = Compared()
    with sync_playwright() as player:
        page = player.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        ).new_page()
        for number in range(count):
            key, found = thunderbird.run(SHOW, number, False, True)
            path = letters[key]
            page.set_content(parts(path)[1])
            written = page.evaluate(f"() => {{ const root = document.documentElement; {SCRIPT} }}")
            compared.add(path.stem, blocks(written), blocks(found))
            shot(f"{stem}-{path.stem}")
    print(compared)
    plain = Counter[str]()
    for number in range(count):
        key, found = thunderbird.run(SHOW, number, True, True)
        plain.update(block.direction for block in blocks(found))
        shot(f"{stem}-text-{letters[key].stem}")
    print(f"plain text: {dict(plain)}")
    thunderbird.run(SHOW, 0, False, False)
    shot(f"{stem}-blocked")


def shot(name: str) -> None:
    subprocess.run(["import", "-window", "root", f"{name}.png"], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), set(sys.argv[2:]))
