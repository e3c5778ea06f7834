"""What the doctor asks of relays and of the DNS, for the letters of one site."""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from publisher import net
from publisher.doctor import dkim, dmarc, domain, relays, spf
from publisher.doctor.asking import Asks
from publisher.doctor.dkim import Signing
from publisher.doctor.domain import Outgoing
from publisher.doctor.table import symptom
from publisher.errors import Unreachable
from publisher.mail.address import domain as in_labels
from publisher.mail.address import domain_of, mailbox
from publisher.mail.carrier import Down
from publisher.mail.intake.settings import BounceSettings, account
from publisher.mail.keyfiles import signer
from publisher.mail.relay import Relay, is_loopback
from publisher.mail.settings import MailSettings
from publisher.mail.smtp import SmtpCarrier
from publisher.model.relay import Offers
from publisher.model.symptom import Looked, Symptom
from publisher.text.urls import is_inside

SECONDS = 10.0  # that a relay has for each of its answers
BESIDE = 20_000  # octets of a letter beside its HTML
SAMPLES = ("example.org", "example.com", "example.net", "example")  # RFC 2606

Look = Callable[[], Looked]


def relay(to: Relay, mail: MailSettings, now: datetime, tls: ssl.SSLContext | None = None) -> Looked:
    """Greet the relay, log in, and part: no letter leaves. *tls* where other certificates than the machine's are
    trusted."""
    name = str(to)
    try:
        offers = asyncio.run(_greeted(replace(to, username="", password=""), mail, tls))
    except Down as down:
        return Looked("it cannot be used", (symptom("relay-down", name, str(down)),))
    if to.username:
        try:
            offers = asyncio.run(_greeted(to, mail, tls))
        except Down as down:
            return Looked(relays.told(offers), (symptom("relay-login", name, str(down)),))
    largest = mail.html_limit * 3 // 2 + BESIDE  # base64 or quoted-printable, and the plain text
    return Looked(relays.told(offers), tuple(relays.judge(offers, name, largest, now)))


async def _greeted(to: Relay, mail: MailSettings, tls: ssl.SSLContext | None) -> Offers:
    """Raises Down."""
    hello = domain_of(mailbox(mail.sender)[1]) if mail.sender else "localhost"
    carrier = SmtpCarrier(to, hello=hello, timeout=min(mail.timeout, SECONDS), tls=tls)
    await carrier.open()
    try:
        return carrier.offers()
    finally:
        await carrier.close()


def mailbox_of(bounces: BounceSettings) -> Looked:
    """Log in to the IMAP server of *bounces*, open the folder, and part: no message is looked at."""
    from publisher.mail.intake.imap import Imap

    box = Imap(account(bounces), seconds=SECONDS)
    try:
        with box.open():
            return Looked(f"{box.name} opens")
    except Unreachable as error:
        return Looked("it cannot be used", (symptom("mailbox-down", box.name, error.what, error.mend),))


def is_sample(name: str) -> bool:
    """Whether the domain is one for examples."""
    return any(name == each or name.endswith(f".{each}") for each in SAMPLES)


def sending(
    mail: MailSettings, to: Iterable[Relay], addresses: Iterable[str], keys: Iterable[Signing]
) -> Outgoing:
    """How letters go out: over these relays, from a host with these *addresses*."""
    ours = domain_of(mailbox(mail.sender)[1])
    hosts = [each.host.lower() for each in to if each.scheme != "maildir"]
    others = tuple(each for each in hosts if not is_inside(each))  # who sends on from inside nobody can tell
    own = tuple(filter(net.is_public, addresses)) if any(map(is_loopback, hosts)) else ()
    signs = next((each.domain for each in keys), "")
    return Outgoing(ours, in_labels(mail.bounce_domain) if mail.bounce_domain else ours, others, own, signs)


def keys(mail: MailSettings, root: Path) -> list[Signing]:
    """The keys that sign letters. Raises BadConfig where one cannot be used."""
    found = signer(mail, root)
    if found is None:
        return []
    return [
        Signing(found.domain, each.selector, each.algorithm.partition("-")[0], each.public)
        for each in found.keys
    ]


def names(
    how: Outgoing, signs: list[Signing], mail: MailSettings, to: Iterable[Relay], asks: Asks
) -> dict[str, Look]:
    """A look at each kind of record, by its name; each raises Unreachable where the DNS says nothing."""
    looks = {
        f"SPF of {how.envelope}": lambda: _looked(
            domain.sender_policy(how, asks), " / ".join(filter(spf.is_spf, asks.texts(how.envelope)))
        ),
        f"DKIM of {how.signs or how.sender}": lambda: _signed(signs, how, asks),
        f"DMARC of {how.sender}": lambda: _looked(
            domain.reports_and_policy(how, asks), " / ".join(_policies(how.sender, asks))
        ),
        **{f"mail to {at}": _arrives(at, why, asks) for at, why in _mailed(how, mail).items()},
    }
    if any(is_loopback(each.host) for each in to):
        looks["name of this machine"] = lambda: _named(how, asks)
    return looks


def _policies(name: str, asks: Asks) -> list[str]:
    return [f"{each.domain}: {text}" for each in dmarc.walk(name, asks).records for text in each.texts]


def _looked(found: Iterator[Symptom], told: str = "") -> Looked:
    symptoms = tuple(found)
    return Looked(told or "none", symptoms)


def _signed(signs: list[Signing], how: Outgoing, asks: Asks) -> Looked:
    if not signs:
        return Looked(
            "the relay signs, or nobody", (symptom("dkim-unsigned", how.sender, "there is no key of ours"),)
        )
    found = tuple(each for key in signs for each in dkim.judge(key, asks))
    return Looked(", ".join(key.name for key in signs), found)


def _mailed(how: Outgoing, mail: MailSettings) -> dict[str, str]:
    """The domains that mail comes back to, and which."""
    found = {how.sender: "answers to letters"}
    if mail.reply_to:
        found[domain_of(mailbox(mail.reply_to)[1])] = "answers to letters"
    return found if how.envelope in found else found | {how.envelope: "bounces"}


def _arrives(at: str, why: str, asks: Asks) -> Look:
    return lambda: _looked(
        chain(domain.takes_mail(at, why, asks), domain.transport(at, asks)), _mx(asks.exchangers(at))
    )


def _mx(hosts: tuple[str, ...]) -> str:
    return f"MX {', '.join(each or '.' for each in hosts)}" if hosts else "no MX"


def _named(how: Outgoing, asks: Asks) -> Looked:
    if not how.own:
        what = "no address of this machine is of the open net"
        return Looked("unknown", (symptom("own-address-unseen", "this machine", what),))
    return _looked(domain.reverse(how.own, asks), ", ".join(how.own))
