"""Relays that are greeted, and the records of a site's domains: a sink with TLS and a login, a real DNS server."""

import ssl
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from publisher.actions import checkup
from publisher.doctor.dkim import Signing
from publisher.doctor.dns import Dns
from publisher.errors import Unreachable
from publisher.mail.intake.settings import BounceSettings
from publisher.mail.relay import Relay
from publisher.mail.settings import DkimSettings, MailSettings
from publisher.model.symptom import Looked
from tests.doctor.nameserver import Nameserver
from tests.mail.signing import ed25519_pem, rsa_pem
from tests.patience import LONG
from tests.returning.imap import PASSWORD, USER, Server
from tests.sink import Sink

NOW = datetime.now(UTC)
MAIL = MailSettings(sender="جريدة <news@news.test>", timeout=LONG)
WHO = ("news", "p@ss word")


@cache
def certificate(
    folder: Path, name: str = "localhost", days: int = 60
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and the one that trusts it: a certificate for *name* that ends in so many days."""
    key = generate_private_key(SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    path, secret = folder / f"{name}{days}.pem", folder / f"{name}{days}.key"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path, secret)
    return serving, ssl.create_default_context(cafile=path)


@pytest.fixture
def look(tmp_path: Path) -> Iterator["Look"]:
    yield Look(tmp_path)


class Look:
    """Looks at a sink that offers STARTTLS with such a certificate, and takes only WHO."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sink: Sink | None = None

    def __call__(self, login: tuple[str, str] = WHO, *faults: str, name: str = "localhost", days: int = 60,
                 trusted: bool = True, mail: MailSettings = MAIL, **options: Any) -> Looked:  # fmt: skip
        serving, trusting = certificate(self.folder, name, days)
        with Sink(*faults, tls=serving, password=WHO, **options) as self.sink:
            relay = Relay("smtp+starttls", "localhost", self.sink.port, *login)
            return checkup.relay(relay, mail, NOW, trusting if trusted else None)


def kinds(looked: Looked) -> list[str]:
    return [each.kind for each in looked.symptoms]


def test_a_relay_that_is_as_it_should_be_is_told_of_and_gets_no_letter(look: Look) -> None:
    looked = look()

    assert [] == kinds(looked)
    for each in (
        "TLSv1.3",
        f"certificate until {NOW + timedelta(days=60):%Y-%m-%d}",
        "logged in",
        "PIPELINING",
    ):
        assert each in looked.told
    assert look.sink
    assert ({}, {}) == (dict(look.sink.accepted), dict(look.sink.violations))


def test_a_password_that_is_wrong_is_told_of_and_not_shown(look: Look) -> None:
    looked = look(("news", "a secret"))

    assert ["relay-login"] == kinds(looked)
    assert "535" in looked.symptoms[0].what
    assert "a secret" not in repr(looked)
    assert "TLSv1.3" in looked.told


def test_a_certificate_that_ends_soon_is_told_of(look: Look) -> None:
    assert ["relay-certificate-ends"] == kinds(look(days=13))


@pytest.mark.parametrize(
    ("name", "days", "trusted", "said"),
    [
        ("localhost", -1, True, "expired"),
        ("other.test", 60, True, "as it is in the certificate"),
        ("localhost", 60, False, "have this machine trust who signed it"),
    ],
)
def test_a_certificate_that_is_refused_is_told_of_with_its_mend(
    look: Look, name: str, days: int, trusted: bool, said: str
) -> None:
    looked = look(name=name, days=days, trusted=trusted)

    assert ["relay-down"] == kinds(looked)
    assert said in looked.symptoms[0].what


def test_what_a_relay_lacks_is_told_of(look: Look) -> None:
    assert ["relay-small", "relay-no-pipelining"] == kinds(look(size=100_000, pipelining=False))


def test_a_relay_that_is_not_there_is_told_of() -> None:
    with Sink() as sink:
        port = sink.port

    assert ["relay-down"] == kinds(checkup.relay(Relay("smtp", "127.0.0.1", port), MAIL, NOW))


@pytest.mark.parametrize("fault", ["connect:reply;code=554", "connect:drop", "ehlo:garbage", "connect:stall"])
def test_a_relay_that_does_not_speak_is_told_of_and_not_waited_for(look: Look, fault: str) -> None:
    assert ["relay-down"] == kinds(
        look(WHO, fault, mail=replace(MAIL, timeout=1.0 if "stall" in fault else LONG))
    )


@pytest.mark.parametrize(("password", "found"), [(PASSWORD, []), ("wrong", ["mailbox-down"])])
def test_the_mailbox_of_what_comes_back_opens_and_no_message_is_looked_at(
    password: str, found: list[str]
) -> None:
    with Server() as server:
        server.put(b"Subject: x\r\n\r\ntext\r\n")
        looked = checkup.mailbox_of(
            BounceSettings(imap=f"imap://{quote(USER)}@127.0.0.1:{server.port}/INBOX", password=password)
        )

    assert found == kinds(looked)
    assert [] == server.fetched
    assert "wrong" not in repr(looked)


def test_a_mailbox_that_is_not_there_is_told_of() -> None:
    with Sink() as sink:
        port = sink.port
    settings = BounceSettings(imap=f"imap://me@127.0.0.1:{port}/INBOX", password="x")

    assert ["mailbox-down"] == kinds(checkup.mailbox_of(settings))


# Names

ROOT_ZONE = {
    "news.test TXT": ["v=spf1 include:provider.test -all"],
    "provider.test TXT": ["v=spf1 ip4:198.51.100.0/24 -all"],
    "_dmarc.news.test TXT": ["v=DMARC1; p=reject; rua=mailto:dmarc@news.test"],
    "news.test MX": ["10 mx.news.test."],
    "mx.news.test A": ["198.51.100.1"],
    "_mta-sts.news.test TXT": ["v=STSv1; id=1"],
    "_smtp._tls.news.test TXT": ["v=TLSRPTv1; rua=mailto:a@news.test"],
    "203.0.113.7 PTR": ["news.test."],
}
RELAY = Relay("smtps", "mail.provider.test", 465)
LOCAL = Relay("smtp", "127.0.0.1", 25)


def signing(root: Path) -> MailSettings:
    for name, pem in (("r.pem", rsa_pem()), ("e.pem", ed25519_pem())):
        (root / name).write_bytes(pem)
        (root / name).chmod(0o600)
    return replace(MAIL, dkim=DkimSettings("", "r", "r.pem", "e", "e.pem"))


def record(key: Signing) -> dict[str, list[str]]:
    return {f"{key.name} TXT": [f"v=DKIM1; k={key.kind}; p={b64encode(key.public).decode()}"]}


def test_a_domain_that_is_as_it_should_be_has_nothing_to_mend(tmp_path: Path) -> None:  # H8
    mail = signing(tmp_path)
    keys = checkup.keys(mail, tmp_path)
    zone = ROOT_ZONE | {name: value for key in keys for name, value in record(key).items()}
    how = checkup.sending(mail, [RELAY], ["203.0.113.7"], keys)
    with Nameserver(zone) as server:
        looks = checkup.names(how, keys, mail, [RELAY], Dns(server.address))
        found = {name: kinds(look()) for name, look in looks.items()}
        told = {name.partition(" ")[0]: look().told for name, look in looks.items()}

    assert ROOT_ZONE["news.test TXT"][0] == told["SPF"]
    assert f"news.test: {ROOT_ZONE['_dmarc.news.test TXT'][0]}" == told["DMARC"]
    assert "MX mx.news.test" == told["mail"]
    assert ["r", "e"] == [each.selector for each in keys]
    assert {
        "SPF of news.test": [],
        "DKIM of news.test": [],
        "DMARC of news.test": [],
        "mail to news.test": [],
    } == found


def test_a_domain_that_says_nothing_has_much_to_mend(tmp_path: Path) -> None:
    mail = replace(signing(tmp_path), bounce_domain="bounces.test", reply_to="Editors <editors@desk.test>")
    keys = checkup.keys(mail, tmp_path)
    how = checkup.sending(mail, [RELAY, LOCAL], ["203.0.113.7", "10.0.0.1", "fe80::1"], keys)
    with Nameserver({"unrelated.test A": ["192.0.2.1"]}) as server:
        looks = checkup.names(how, keys, mail, [RELAY, LOCAL], Dns(server.address))
        found = {name: kinds(look()) for name, look in looks.items()}

    lost = ["mx-missing", "mta-sts", "tls-rpt"]
    assert {
        "SPF of bounces.test": ["spf-missing"],
        "DKIM of news.test": ["dkim-missing", "dkim-missing"],
        "DMARC of news.test": ["dmarc-missing"],
        "mail to news.test": lost,
        "mail to desk.test": lost,
        "mail to bounces.test": lost,
        "name of this machine": [
            "own-address-unseen"
        ],  # 203.0.113.0/24 is for documentation, and of no open net
    } == found


def test_a_host_that_is_its_own_relay_is_asked_for_by_its_address() -> None:
    how = checkup.sending(MAIL, [LOCAL], ["9.9.9.9", "10.0.0.1"], [])
    with Nameserver(ROOT_ZONE) as server:
        looks = checkup.names(how, [], MAIL, [LOCAL], Dns(server.address))
        found = {name: kinds(look()) for name, look in looks.items()}

    assert (("9.9.9.9",), ()) == (how.own, how.relays)
    assert ["ptr-missing"] == found["name of this machine"]
    assert ["spf-own"] == found["SPF of news.test"]
    assert ["dkim-unsigned"] == found["DKIM of news.test"]


def test_a_dns_that_is_silent_says_nothing_of_any_record() -> None:
    how = checkup.sending(MAIL, [RELAY], [], [])
    with Nameserver(ROOT_ZONE, deaf=True) as server:
        looks = checkup.names(how, [], MAIL, [RELAY], Dns(server.address, seconds=0.2))
        for name, look in looks.items():
            if not name.startswith("DKIM"):
                with pytest.raises(Unreachable):
                    look()


@pytest.mark.parametrize(
    ("name", "sample"),
    [("example.org", True), ("news.example.org", True), ("a.example", True), ("myexample.org", False)],
)
def test_domains_for_examples_are_known(name: str, sample: bool) -> None:
    assert sample == checkup.is_sample(name)
