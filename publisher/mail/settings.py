"""The [mail] table of config.toml."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from publisher.mail.intake.settings import BounceSettings
from publisher.mail.relay import Relay, parse

OnUnknown = Literal["resend", "hold"]


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
    on_unknown: OnUnknown = "resend"
    username: str = ""
    password: str = field(default="", repr=False)
    allow_plain: bool = False
    timeout: float = 60.0  # seconds a relay has for one answer
    bounces: BounceSettings = field(default_factory=BounceSettings)


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


def check_numbers(connections: int, timeout: float) -> None:
    """Raises ValueError where a number of [mail] is out of its range."""
    if not 1 <= connections <= 100:
        raise ValueError(f"connections is {connections}; write a number from 1 to 100")
    if not 1 <= timeout <= 3600:
        raise ValueError(f"timeout is {timeout:g} seconds; write a number from 1 to 3600")


def one_or_many(relay: str | Sequence[str]) -> tuple[str, ...]:
    """The key `relay`, which is one URL or a list of them."""
    return (relay,) if isinstance(relay, str) else tuple(relay)
