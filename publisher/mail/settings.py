"""The [mail] table of config.toml."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from publisher.mail.address import domain, domain_of, mailbox
from publisher.mail.intake.settings import BounceSettings
from publisher.mail.relay import Relay, parse
from publisher.model.delivery import OnUnknown

SHARES = '"1%", up to "50%", or "0%" for none'
TIMES = 'one number with s, m or h, up to 6 hours: "90s", "20m", "2h", or "0s" for none'
_PERCENT = re.compile(r"\s*([0-9]{1,2}(?:\.[0-9]{1,3})?)\s*%\s*")
_TIME = re.compile(r"\s*([0-9]{1,6})\s*(s|m|h)\s*")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
LONGEST_SPREAD = 6 * 3600  # seconds
_SELECTOR = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*", re.I
)


@dataclass(frozen=True, slots=True)
class DomainSettings:
    """[mail.domains."example.org"]: what readers' servers of that domain are asked to take (S5)."""

    rate: tuple[str, ...] = ()
    connections: int = 0  # letters to it that are on their way at once; 0: as many as there are connections


@dataclass(frozen=True, slots=True)
class DkimSettings:
    """[mail.dkim]: our own signature (H8); without a key file the relay signs. Paths are relative to the site."""

    domain: str = ""  # the tag d=; "" = that of `from`
    selector: str = ""
    key_file: str = ""  # RSA, PEM
    ed25519_selector: str = ""
    ed25519_key_file: str = ""  # PEM; "" = no second signature


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Values as written; `relays` and `mail.address.mailbox` give them their meaning."""

    relay: tuple[str, ...] = ("maildir:outbox",)  # in order of preference: the next is tried when one is down
    sender: str = ""  # the key `from`: "Name <address>" or an address
    reply_to: str = ""
    bounce_domain: str = ""  # H7; "" = bounces go to `from`
    precedence: bool = True  # letters of a list say `Precedence: bulk` (H5)
    editors: tuple[str, ...] = ()  # who gets previews and notices (D8)
    postal: str = ""  # the publisher's postal address, in one line or several (H6)
    direction_marks: bool = True  # R6
    html_limit: int = 95_000  # octets (M7)
    connections: int = 4
    letters_per_connection: int = 0  # 0: as many as the relay takes
    rate: tuple[str, ...] = ()  # of each relay: "20/s", "5000/h" (S5)
    domains: Mapping[str, DomainSettings] = field(default_factory=dict)
    canary: str = "1%"  # of an edition's letters leave first (S9)
    spread: str = "0s"  # within which the letters of a slot leave (S9)
    on_unknown: OnUnknown = "resend"
    ledger_days: int = 90  # after which letters are counts and bits (S8)
    goodbye: bool = False  # whether who leaves gets a last letter
    username: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""  # relative to the site: where it stands instead
    allow_plain: bool = False
    timeout: float = 60.0  # seconds a relay has for one answer
    bounces: BounceSettings = field(default_factory=BounceSettings)
    dkim: DkimSettings = field(default_factory=DkimSettings)


def relays(settings: MailSettings) -> tuple[Relay, ...]:
    """The relays of *settings*; its username and password go to those that use TLS and name none of their own.
    Raises ValueError naming the URL's fault and the mend."""
    if not settings.relay:
        raise ValueError('there is no relay; write relay = "maildir:outbox" to try things out')
    found = [parse(url, allow_plain=settings.allow_plain) for url in settings.relay]
    if bool(settings.username) != bool(settings.password):
        raise ValueError("username and password go together: set both or neither")
    if settings.username and not any(map(_safe, found)):
        raise ValueError("username needs a relay with TLS: smtp+starttls:// or smtps://")
    return tuple(_with_login(relay, settings) for relay in found)


def _safe(relay: Relay) -> bool:
    return relay.scheme in ("smtp+starttls", "smtps")


def _with_login(relay: Relay, settings: MailSettings) -> Relay:
    if not _safe(relay) or relay.username:
        return relay
    return replace(relay, username=settings.username, password=settings.password)


def signing_domain(settings: MailSettings) -> str:
    """Who signs, in A-labels: what `domain` of [mail.dkim] says, else the domain of `from`. Raises ValueError with the
    mend where it is neither that nor one above it: DMARC (RFC 7489, 3.1) would not count the signature."""
    ours = domain_of(mailbox(settings.sender)[1])
    wanted = domain(settings.dkim.domain) if settings.dkim.domain else ours
    if wanted != ours and not ("." in wanted and ours.endswith(f".{wanted}")):
        raise ValueError(f'letters come from {ours}; leave it out, or write "{ours}"')
    return wanted


def check_selectors(dkim: DkimSettings) -> None:
    """Raises ValueError with the mend where a selector and its key are not both there, or a selector is none."""
    for name, selector, file in (
        ("", dkim.selector, dkim.key_file),
        ("ed25519_", dkim.ed25519_selector, dkim.ed25519_key_file),
    ):
        if bool(selector) != bool(file):
            raise ValueError(f"{name}selector and {name}key_file go together; set both or neither")
        if selector and not _SELECTOR.fullmatch(selector):
            raise ValueError(f"{selector!r} cannot stand in a domain's name; use a-z, 0-9 and -")
    if dkim.domain and not dkim.key_file:
        raise ValueError("there is no key; add selector and key_file")
    if dkim.ed25519_key_file and not dkim.key_file:
        raise ValueError("few would read an Ed25519 signature alone; add selector and key_file of an RSA key")
    if dkim.selector and dkim.selector.lower() == dkim.ed25519_selector.lower():
        raise ValueError("a selector names one key; give the Ed25519 key another")


def one_or_many(relay: str | Sequence[str]) -> tuple[str, ...]:
    """The key `relay`, which is one URL or a list of them."""
    return (relay,) if isinstance(relay, str) else tuple(relay)


def canary(settings: MailSettings) -> float:
    """The share of an edition's letters that leave first, from 0 to 0.5. Raises ValueError with the mend."""
    found = _PERCENT.fullmatch(settings.canary)
    if not found or float(found[1]) > 50:
        raise ValueError(f"{settings.canary!r} is no share; write {SHARES}")
    return float(found[1]) / 100


def spread(settings: MailSettings) -> int:
    """The seconds within which the letters of a slot leave. Raises ValueError with the mend."""
    found = _TIME.fullmatch(settings.spread)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else -1
    if not 0 <= seconds <= LONGEST_SPREAD:
        raise ValueError(f"{settings.spread!r} is no time; write {TIMES}")
    return seconds
