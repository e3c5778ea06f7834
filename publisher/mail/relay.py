"""What `mail.relay` means: a URL to a Relay, with TLS wherever a letter or a password could be read (S6)."""

from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import ip_address
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

Scheme = Literal["maildir", "smtp", "smtp+starttls", "smtps"]
PORTS: dict[str, tuple[Scheme, int]] = {
    "smtp": ("smtp", 25),
    "smtp+starttls": ("smtp+starttls", 587),
    "smtps": ("smtps", 465),
}
FORMS = "maildir:FOLDER, smtp+starttls://HOST:587, smtps://HOST:465 or, on this machine, smtp://127.0.0.1:25"


@dataclass(frozen=True, slots=True)
class Relay:
    """An SMTP server, or a Maildir that plays one."""

    scheme: Scheme
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    path: str = ""  # of the Maildir, as written

    def __str__(self) -> str:
        """The URL for people: without its password. Another login is another relay: it has rates of its own."""
        if self.scheme == "maildir":
            return f"maildir:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{self._login}{host}:{self.port}"

    @property
    def _login(self) -> str:
        if self.username == self.password != "":  # some providers give one secret for both
            return f"{blake2b(self.username.encode(), digest_size=4).hexdigest()}@"
        return f"{quote(self.username, safe='')}@" if self.username else ""


def parse(url: str, *, allow_plain: bool = False) -> Relay:
    """The relay at *url*. Raises ValueError, with what is wrong and the mend, but never with the password in it."""
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "maildir":
        return _maildir(rest)
    if not colon or scheme not in PORTS:
        raise ValueError(f"not a relay; write {FORMS}")
    kind, port = PORTS[scheme]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or port
    except ValueError as error:
        raise ValueError(f"the relay's host or port cannot be read; write {FORMS}") from error
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"a relay is a scheme, a host and a port and nothing more; write {FORMS}")
    relay = Relay(kind, host, port, unquote(parts.username or ""), unquote(parts.password or ""))
    if bool(relay.username) != bool(relay.password):
        raise ValueError(f"a login is a username and a password; write {kind}://USER:PASSWORD@{host}")
    if kind == "smtp":
        _refuse_plain(relay, allow_plain)
    return relay


def _maildir(path: str) -> Relay:
    if not path or "\0" in path:
        raise ValueError("maildir: needs a folder; write maildir:outbox")
    return Relay("maildir", path=path.removeprefix("//") if path.startswith("///") else path)


def _refuse_plain(relay: Relay, allow_plain: bool) -> None:
    if relay.username or relay.password:
        raise ValueError("the password would travel in clear; write smtp+starttls:// or smtps://")
    if not (allow_plain or is_loopback(relay.host)):
        raise ValueError(
            "letters would travel in clear; write smtp+starttls:// or smtps://, or allow it with allow_plain = true"
        )


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine by its very name; nothing is looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
