"""Letters through a real Postfix into a real Dovecot, signed by us, and what comes back of an address that is none.

    apt-get install --no-install-recommends postfix dovecot-imapd dovecot-lmtpd
    .venv/bin/python benchmarks/postfix_dovecot.py [--readers 40] [--keep DIR]

By hand, as root: Postfix and Dovecot start as nobody else. They are private ones, on free ports of loopback, all of
whose files lie in a temporary folder; the system's own are left alone. A site with a DKIM key (RSA and Ed25519) mails
two editions to READERS mailboxes and one address that Dovecot does not know. Then each letter is fetched over IMAP and
judged by dkimpy, the bounces are looked for in the Maildir of the bounce domain, and `nashir bounces` reads them. Ends
with 1 and says why where something is not as it should be.
"""

import argparse
import contextlib
import imaplib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import dkim
import servers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from publisher.subscribers.tokens import Claim, Keys

NASHIR = [sys.executable, "-m", "publisher"]
PATIENCE = 60  # seconds for a letter to arrive
WORD = "open"  # the password of every mailbox
DOMAIN, READERS, BOUNCES = "news.example", "readers.example", "bounces.example"
GHOST = f"ghost@{READERS}"
MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
myhostname = mail.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
recipient_delimiter = +
alias_maps =
alias_database =
biff = no
virtual_mailbox_domains = readers.example bounces.example
virtual_mailbox_maps = static:returned/
virtual_mailbox_base = {folder}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = inline:{{ bounces.example=virtual:, readers.example=lmtp:inet:127.0.0.1:{lmtp} }}
default_transport = error:nothing leaves this machine
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=plain {home}/users
}}
userdb {{
  driver = passwd-file
  args = {home}/users
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


class Wrong(Exception):
    """Something is not as it should be."""


@dataclass(frozen=True, slots=True)
class Host:
    """A mail server: takes mail, keeps it in mailboxes, sends back what it cannot."""

    smtp: int
    imap: int
    returned: Path  # the Maildir of the bounce domain
    log: Path

    def letters(self, address: str) -> list[bytes]:
        """What is in a mailbox, as IMAP hands it out."""
        with imaplib.IMAP4("127.0.0.1", self.imap) as box:
            box.login(address, WORD)
            box.select(readonly=True)
            found = [box.fetch(n, "(RFC822)")[1][0] for n in box.search(None, "ALL")[1][0].split()]
        return [each[1] for each in found if isinstance(each, tuple)]

    def bounces(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.returned / "new").glob("*"))]


@contextmanager
def dovecot(folder: Path, imap: int, lmtp: int, mailboxes: list[str]) -> Iterator[None]:
    """Dovecot with these mailboxes."""
    nobody, home = pwd.getpwnam("nobody"), folder / "dovecot"
    (home / "mail").mkdir(parents=True)
    shutil.chown(home / "mail", "nobody")
    users = [f"{name}:{WORD}:{nobody.pw_uid}:{nobody.pw_gid}::{home}/mail" for name in mailboxes]
    (home / "users").write_text("\n".join(users) + "\n")
    (home / "dovecot.conf").write_text(DOVECOT.format(home=home, imap=imap, lmtp=lmtp))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(home / "dovecot.conf")])
    try:
        until(lambda: is_open(imap) and is_open(lmtp), f"Dovecot; see {home}/log")
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def postfix(folder: Path, port: int, lmtp: int) -> Iterator[None]:
    """Postfix in front of it."""
    nobody, home = pwd.getpwnam("nobody"), folder / "postfix"
    for path in (home / "etc", home / "queue", home / "data"):
        path.mkdir(parents=True)
    shutil.chown(home / "data", "postfix")
    names = {"home": home, "folder": folder, "uid": nobody.pw_uid, "gid": nobody.pw_gid, "lmtp": lmtp}
    (home / "etc" / "main.cf").write_text(MAIN.format(**names))
    (home / "etc" / "master.cf").write_text(MASTER.format(port=port))
    command = ["postfix", "-c", str(home / "etc")]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    try:
        until(lambda: is_open(port), f"Postfix; see {home}/log")
        yield
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True)
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((home / "queue" / "pid" / "master.pid").read_text()), signal.SIGTERM)


@contextmanager
def host(folder: Path, mailboxes: list[str]) -> Iterator[Host]:
    """Both."""
    returned = folder / "returned"
    for name in ("cur", "new", "tmp"):
        (returned / name).mkdir(parents=True)
        shutil.chown(returned / name, "nobody")
    smtp, imap, lmtp = servers.free_port(), servers.free_port(), servers.free_port()
    with dovecot(folder, imap, lmtp, mailboxes), postfix(folder, smtp, lmtp):
        yield Host(smtp, imap, returned, folder / "postfix" / "log")


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        servers.socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def until(true: Callable[[], bool], what: str) -> None:
    """Wait. Raises Wrong where it takes too long."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise Wrong(f"waited in vain for {what}")
        time.sleep(0.1)


def keys(folder: Path) -> dict[bytes, bytes]:
    """Make the keys; return their DNS records."""
    rsa, ed25519 = generate_private_key(65537, 2048), Ed25519PrivateKey.generate()
    for name, key in (("r", rsa), ("e", ed25519)):
        path = folder / f"{name}.pem"
        path.touch(0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = {
        "rsa": rsa.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "ed25519": ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    }
    return {
        f"{kind[0]}._domainkey.{DOMAIN}.".encode(): f"v=DKIM1; k={kind}; p=".encode() + b64encode(key)
        for kind, key in public.items()
    }


class Site:
    """A site that mails over a host."""

    def __init__(self, folder: Path, smtp: int, readers: list[str]) -> None:
        self.folder = folder
        subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
        self.records = keys(folder)
        self.environment = os.environ | {
            "NASHIR__MAIL__FROM": f"جريدة <news@{DOMAIN}>",
            "NASHIR__MAIL__RELAY": f"smtp://127.0.0.1:{smtp}",
            "NASHIR__MAIL__BOUNCE_DOMAIN": BOUNCES,
            "NASHIR__MAIL__DKIM__SELECTOR": "r",
            "NASHIR__MAIL__DKIM__KEY_FILE": "r.pem",
            "NASHIR__MAIL__DKIM__ED25519_SELECTOR": "e",
            "NASHIR__MAIL__DKIM__ED25519_KEY_FILE": "e.pem",
        }
        self.run("publish")
        (folder / "readers.csv").write_text("\n".join(["email", *readers]) + "\n")
        self.run("subscribers", "import", "--confirmed", str(folder / "readers.csv"))

    def run(self, *words: str) -> dict[str, Any]:
        """A verb, and its answer. Raises Wrong where it fails."""
        done = subprocess.run(
            [*NASHIR, "-C", str(self.folder), "--json", *words],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
        )
        if done.returncode:
            raise Wrong(f"nashir {' '.join(words)}: {done.stderr}")
        return dict(json.loads(done.stdout))

    def mail(self, number: int) -> int:
        """Publish an article and mail it to everybody; how many letters the relay took."""
        path = self.folder / "articles" / f"{number}.txt"
        path.write_text(f"خبر {number}: افتتاح المكتبة\nافتتحت المكتبة أبوابها اليوم.\n", "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        return int(self.run("send", "--now")["sent"])

    def states(self) -> dict[str, str]:
        """The state of every subscriber, by address."""
        return {each["address"]: each["state"] for each in self.run("subscribers", "list")["subscribers"]}

    def claim(self, address: str) -> Claim | None:
        """What the token of an address of the bounce domain says."""
        local = address.partition("@")[0].removeprefix("b+")
        return Keys({1: (self.folder / "state" / "secret.key").read_bytes()}).read_caseless("bounce", local)

    def number(self, address: str) -> int:
        """The key of a subscriber, as the ledger has it."""
        rows = self.run("deliveries")["deliveries"]
        return next(int(each["subscriber"]) for each in rows if each["address"] == address)


def verified(letter: bytes, records: dict[bytes, bytes]) -> bool:
    """Whether both signatures of a letter hold, and neither does when its text is changed."""

    def holds(data: bytes, index: int) -> bool:
        return bool(dkim.DKIM(data).verify(index, dnsfunc=lambda name, timeout=5: records[name]))

    changed = letter.replace(b"Subject: ", b"Subject: x", 1)
    return all(holds(letter, each) and not holds(changed, each) for each in (0, 1))


def prove(site: Site, mail: Host, mailboxes: list[str]) -> None:
    """Mail twice and look. Raises Wrong."""
    before, ghost = site.states(), 0
    seen: Counter[str] = Counter()
    for edition in (1, 2):
        taken = site.mail(edition)
        if taken != len(mailboxes) + 1:
            raise Wrong(f"Postfix took {taken} letters of edition {edition}")
        until(
            lambda n=edition: all(len(mail.letters(to)) == n for to in mailboxes), f"letters; see {mail.log}"
        )
        until(lambda n=edition: len(mail.bounces()) + seen["read"] == n, f"a bounce; see {mail.log}")
        ghost = ghost or site.number(GHOST)
        newest = message_from_bytes(mail.bounces()[-1], policy=policy.default)
        claim = site.claim(str(newest["Delivered-To"]))
        if claim is None or claim.subscriber != ghost:
            raise Wrong(f"a bounce came to {newest['Delivered-To']}, which is not the ghost's")
        print(f"edition {edition}: {taken} letters taken, a bounce to the ghost's own address (VERP)")
        if (
            "bounces"
            in subprocess.run([*NASHIR, "--help"], capture_output=True, text=True, check=True).stdout
        ):
            done = site.run("bounces", str(mail.returned))
            seen["read"] += 1
            print(f"  nashir bounces: {done['messages']}, changed {done['changed']}")
            if mail.bounces():
                raise Wrong("a message that was read lies there still")
    good = [verified(letter, site.records) for to in mailboxes for letter in mail.letters(to)]
    print(
        f"{sum(good)} of {len(good)} letters in Dovecot's mailboxes verify: RSA and Ed25519, neither when changed"
    )
    if not all(good):
        raise Wrong("a signature does not hold")
    changed = {to: state for to, state in site.states().items() if state != before[to]}
    print(f"subscribers whose state changed: {changed}")
    if seen["read"] and changed != {GHOST: "bounced"}:
        raise Wrong("the ghost alone should be bounced")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument(
        "--keep", type=Path, help="a folder that is not there yet: keep the logs and all in it"
    )
    asked = parser.parse_args()
    mailboxes = [f"r{number}@{READERS}" for number in range(asked.readers)]
    with contextlib.ExitStack() as stack:
        if asked.keep:
            folder = asked.keep.absolute()
            folder.mkdir()
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mail-")))
        folder.chmod(0o755)
        mail = stack.enter_context(host(folder, mailboxes))
        try:
            prove(Site(folder / "site", mail.smtp, [*mailboxes, GHOST]), mail, mailboxes)
        except Wrong as error:
            sys.exit(f"wrong: {error}")
    print("all as it should be")


if __name__ == "__main__":
    main()
