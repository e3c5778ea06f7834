"""Mail is read from an IMAP folder: a server of ours over a real socket, and Dovecot where it is installed."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.actions import intake
from publisher.errors import Unreachable
from publisher.mail.intake import imap
from publisher.mail.intake.imap import Imap
from publisher.mail.intake.mailbox import MOST, Fate
from publisher.mail.intake.settings import Account, BounceSettings, account, check
from publisher.store import reports
from tests.patience import LONG
from tests.returning.imap import PASSWORD, USER, Server
from tests.returning.post import DOMAIN, Office, dsn, letter

if TYPE_CHECKING:
    from publisher.actions.intake import Taken


def box(server: Server, position: str = "", **options: Any) -> Imap:
    found = Account("127.0.0.1", server.port, USER, "INBOX", tls=server.tls is not None, password=PASSWORD)
    return Imap(found, position, **options)


def read(mailbox: Imap) -> list[tuple[str, bytes, int]]:
    with mailbox.open() as messages:
        return [(mail.key, mail.data, mail.size) for mail in messages]


def takes(office: Office, server: Server, **options: Any) -> Taken:
    """As a new process does: how far it was read stands in the database."""
    mailbox = box(server, **options)
    mailbox.position = office.house.store.read(lambda c: reports.position(c, mailbox.name))
    return intake.take(office.house, mailbox, office.clock())


def test_what_was_dealt_with_is_removed_what_is_of_no_use_flagged_and_the_rest_left(
    office: Office,
) -> None:  # B1
    (ann,) = office.readers(1)
    edition = office.edition()
    with Server() as server:
        server.put(
            office.bounce(edition, ann),
            letter("owner@example.org"),
            dsn(f"b@{DOMAIN}"),
            office.bounce(edition, ann),
        )
        taken = takes(office, server)
        server.put(letter(f"x@{DOMAIN}"))
        again = takes(office, server)

    assert {"hard": 1, "not for us": 1, "foreign": 1, "repeated": 1} == taken.counts
    assert {"human": 1} == again.counts
    assert [2, 3] == list(server.messages)
    assert {"\\Flagged"} == server.flags[3]
    assert 2 not in server.flags
    assert [1, 2, 3, 4, 5] == server.fetched  # each once


def test_what_is_kept_is_marked_as_answered(office: Office) -> None:  # B1
    (ann,) = office.readers(1)
    with Server() as server:
        server.put(office.bounce(office.edition(), ann))
        takes(office, server, keep=True)
        takes(office, server, keep=True)

    assert {1: {"\\Seen", "\\Answered"}} == server.flags
    assert [1] == server.fetched


def test_a_folder_that_was_made_anew_is_read_from_its_beginning(office: Office) -> None:  # B1
    (ann,) = office.readers(1)
    with Server() as server:
        server.put(letter("owner@example.org"), letter("owner@example.org"))
        takes(office, server)
        server.validity, server.messages = 8, {}
        server.put(office.bounce(office.edition(), ann))
        taken = takes(office, server)

    assert {"hard": 1} == taken.counts


def test_a_connection_lost_before_the_removal_changes_nothing_twice(office: Office) -> None:  # B1
    (ann,) = office.readers(1)

    def breaks(command: str) -> None:
        if command.startswith("UID STORE"):
            raise OSError

    with Server() as server:
        server.put(office.bounce(office.edition(), ann))
        server.fault = breaks
        with pytest.raises(Unreachable):
            takes(office, server)
        before = office.everything()
        server.fault = lambda _: None
        taken = takes(office, server)

    assert {"repeated": 1} == taken.counts
    assert before == office.everything()
    assert {} == server.messages


def test_a_message_that_breaks_the_connection_is_passed_over_the_fourth_time() -> None:  # B1
    def breaks(command: str) -> None:
        if command.startswith("UID FETCH 2 "):
            raise OSError

    with Server() as server:
        server.put(b"a", b"b", b"c")
        server.fault = breaks
        mailbox = box(server, "7:1")
        for _ in range(imap.TRIES):
            with pytest.raises(Unreachable):
                read(mailbox)
        assert [("3", b"c", 1)] == read(mailbox)

    assert ["message 2"] == [line.partition(": ")[2][:9] for line in mailbox.troubles]


def test_a_message_that_is_not_given_out_stops_none_of_the_others() -> None:  # B1
    with Server() as server:
        server.put(b"a", b"b", b"c")
        server.fault = lambda command: "TAG NO [SERVERBUG] broken\r\n" if "FETCH 2" in command else None
        mailbox = box(server)

        assert ["1", "3"] == [key for key, *_ in read(mailbox)]
    assert 1 == len(mailbox.troubles)


def test_no_more_of_a_message_is_read_than_is_looked_at() -> None:  # B1
    with Server() as server:
        server.put(b"x" * (MOST + 5000))
        ((_, data, size),) = read(box(server))

    assert (MOST, MOST + 5000) == (len(data), size)


@pytest.mark.parametrize(
    "words, faulty, said",
    [
        ("AUTHENTICATE", "TAG NO [AUTHENTICATIONFAILED] wrong\r\n", "refused the login"),
        ("SELECT", "TAG NO no such folder\r\n", "the IMAP folder cannot be opened"),
        ("UID SEARCH", "TAG BAD what\r\n", "did not do it"),
        ("SELECT", "what?\r\n", "did not do it"),
        ("SELECT", "* OK [UIDVALIDITY \xff] x\r\n* \xff EXISTS\r\n\xff\xff OK\r\n", "did not do it"),
        ("UID SEARCH", "* SEARCH " + "1" * 2_000_000 + "\r\nTAG OK done\r\n", "did not do it"),
    ],
)
def test_a_server_that_refuses_or_talks_nonsense_is_named(words: str, faulty: str, said: str) -> None:  # B1
    with Server() as server:
        server.put(b"a")
        server.fault = lambda command: faulty if command.startswith(words) else None
        with pytest.raises(Unreachable, match=said) as error:
            read(box(server))

    assert PASSWORD not in str(error.value)
    assert "mail.bounces" in str(error.value)


@pytest.mark.parametrize("answer", ["TAG NO {} is wrong\r\n", "{} is nothing I know\r\n"])
def test_a_server_that_quotes_the_login_brings_no_password_into_the_log(answer: str) -> None:  # B1, threat 9
    with Server() as server:
        server.capabilities = "IMAP4rev1"
        server.fault = lambda command: answer.format(command) if command.startswith("LOGIN") else None
        found = Account("127.0.0.1", server.port, USER, "INBOX", tls=False, password="canary-3f9c")
        with pytest.raises(Unreachable) as error:
            read(Imap(found))

    assert "canary-3f9c" not in str(error.value)
    assert "LOGIN" in str(error.value) and "…" in str(error.value)


def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:  # B1
    monkeypatch.setattr(imap, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = Account("127.0.0.1", silent.getsockname()[1], USER, "INBOX", tls=False, password=PASSWORD)
        with pytest.raises(Unreachable):
            read(Imap(found))


def test_a_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:  # B1
    monkeypatch.setattr(imap, "SESSION", 0.3)

    def drips(command: str) -> str | None:
        if not command.startswith("UID FETCH"):
            return None
        time.sleep(1)
        return "* 1 FETCH (X\r\n"

    with Server() as server:
        server.put(b"a")
        server.fault = drips
        with pytest.raises(Unreachable):
            read(box(server))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


def test_the_server_s_certificate_is_checked(certificate: tuple[Path, Path]) -> None:  # S6
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with Server(tls=serving) as server:
        server.put(b"a")

        assert [("1", b"a", 1)] == read(box(server, tls=trusting))
        with pytest.raises(Unreachable, match="TLS cannot be used"):
            read(box(server))
        other = box(server, tls=trusting)
        other._account = replace(other._account, host="127.0.0.2")
        with pytest.raises(Unreachable):
            read(other)
    assert 1 == sum("AUTHENTICATE" in line for line in server.said)  # no stranger saw the password


@pytest.mark.parametrize(
    "url, password, said",
    [
        ("imaps://a@b.example", "", "no password"),
        ("imaps://a:secret@b.example", "x", "stands in the URL"),
        ("imap://a@b.example", "x", "in clear"),
        ("imaps://b.example", "x", "not an IMAP mailbox"),
        ("smtp://a@b.example", "x", "not an IMAP mailbox"),
        ("imaps://a@b.example:port", "x", "cannot be read"),
        ("imaps://a@b.example/%D9%86", "x", "beyond ASCII"),
        ("imaps://a%0d%0a@b.example", "x", "nobody types"),
        ("imaps://a@b.example/?x", "x", "not an IMAP mailbox"),
    ],
)
def test_an_account_that_cannot_be_used_is_refused(url: str, password: str, said: str) -> None:  # S6
    with pytest.raises(ValueError, match=said) as error:
        check(BounceSettings(imap=url, password=password))

    assert "secret" not in str(error.value)


def test_an_account_is_read_from_its_url() -> None:
    found = account(BounceSettings(imap="imaps://bounces@example.org@mail.example.org/Mail/in", password="x"))

    assert ("mail.example.org", 993, "bounces@example.org", "Mail/in") == (
        found.host,
        found.port,
        found.user,
        found.folder,
    )
    assert found.tls
    assert "INBOX" == account(BounceSettings(imap="imap://a@[::1]:1143", password="x")).folder


# A real server


@pytest.fixture(scope="module")
def dovecot() -> Iterator[tuple[int, Path]]:
    """A Dovecot of our own on loopback; its port and Maildir."""
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(program).exists():
        pytest.skip("needs Dovecot (Debian: dovecot-imapd)")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)  # its login process runs as somebody else
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    user = pwd.getpwuid(os.getuid()).pw_name
    login, inner, reader = ("dovenull", "dovecot", "nobody") if os.getuid() == 0 else (user, user, user)
    (folder / "dovecot.conf").write_text(
        f"""
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
default_internal_user = {inner}
default_login_user = {login}
default_internal_group = {inner}
first_valid_uid = 0
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={reader} gid={pwd.getpwnam(reader).pw_gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
""",
        "utf-8",
    )
    for each in ("new", "cur", "tmp"):
        (folder / "mail" / each).mkdir(parents=True)
    for path in (folder / "mail", *(folder / "mail").iterdir()):
        shutil.chown(path, reader)
    process = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")])
    try:
        end = time.monotonic() + LONG
        while True:
            try:
                imaplib.IMAP4("127.0.0.1", port, 2).shutdown()
                break
            except (OSError, imaplib.IMAP4.error):
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.1)
        yield port, folder / "mail"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LONG)
        shutil.rmtree(folder, ignore_errors=True)


def test_dovecot_gives_and_forgets_what_came_back(office: Office, dovecot: tuple[int, Path]) -> None:  # B1
    port, mail = dovecot
    ann, bob = office.readers(2)
    edition = office.edition()
    messages = [
        office.bounce(edition, ann),
        letter("owner@example.org"),
        dsn(f"b@{DOMAIN}"),
        letter(f"x@{DOMAIN}"),
    ]
    messages.append(letter(f"u+{office.leaving(bob)}@{DOMAIN}", "unsubscribe"))
    for number, message in enumerate(messages):
        (mail / "new" / f"{number}.mail").write_bytes(message)
    found = Account("127.0.0.1", port, USER, "INBOX", tls=False, password=PASSWORD)
    mailbox = Imap(found)
    taken = intake.take(office.house, mailbox, office.clock())
    position = mailbox.position
    (mail / "new" / "9.mail").write_bytes(office.bounce(edition, bob))
    again = intake.take(office.house, Imap(found, position), office.clock())

    assert {"hard": 1, "not for us": 1, "foreign": 1, "human": 1, "unsubscribe": 1} == taken.counts
    assert {"hard": 1} == again.counts
    assert ["", "F"] == sorted(path.name.rpartition(",")[2] for path in mail.glob("*/*.mail*"))


def test_a_finish_without_uidplus_expunges_what_is_deleted() -> None:  # B1
    with Server(capabilities="IMAP4rev1 AUTH=PLAIN") as server:
        server.put(b"a", b"b")
        mailbox = box(server)
        with mailbox.open() as messages:
            first, _ = messages
            mailbox.finish([(first.key, Fate.DONE)])

    assert [2] == list(server.messages)
    assert "7:1" == mailbox.position
