"""The [mail.bounces] table of config.toml, and what its URL means."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from publisher.mail.relay import is_loopback

FORMS = "imaps://USER@HOST/INBOX or, on this machine, imap://USER@127.0.0.1/INBOX"
_PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, slots=True)
class BounceSettings:
    """Values as written. Without a mailbox only what the mail server pipes to `nashir bounces -` is read."""

    maildir: str = ""  # a folder, relative to the site's
    imap: str = ""  # a URL
    password: str = field(default="", repr=False)  # of the IMAP login
    password_file: str = ""  # relative to the site: where it stands instead
    every: float = 60.0  # seconds between two looks
    keep: bool = False  # what was dealt with stays, marked as read and answered


@dataclass(frozen=True, slots=True)
class Account:
    """A folder on an IMAP server."""

    host: str
    port: int
    user: str
    folder: str
    tls: bool
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The URL for people: without a password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'imaps' if self.tls else 'imap'}://{self.user}@{host}:{self.port}/{self.folder}"


def check(settings: BounceSettings) -> None:
    """Raises ValueError, with the mend, where these settings cannot be used."""
    if settings.imap and settings.maildir:
        raise ValueError("there are a maildir and an imap mailbox; leave one of them out")
    if settings.imap:
        account(settings)
    elif settings.password:
        raise ValueError("there is a password and no imap mailbox; set imap, or leave the password out")


def account(settings: BounceSettings) -> Account:
    """The IMAP folder of *settings*. Raises ValueError, with the mend, but never with a password in it."""
    try:
        parts = urlsplit(settings.imap)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise ValueError(f"the host or port of imap cannot be read; write {FORMS}") from error
    user, folder = unquote(parts.username or ""), unquote(parts.path.strip("/")) or "INBOX"
    if parts.scheme not in _PORTS or not host or not user or parts.query or parts.fragment:
        raise ValueError(f"not an IMAP mailbox; write {FORMS}")
    if parts.password is not None:
        raise ValueError(
            "the password stands in the URL of imap; write it as password, or in the environment"
        )
    if not settings.password:
        raise ValueError(
            "the IMAP login has no password; set NASHIR__MAIL__BOUNCES__PASSWORD, or password_file"
        )
    if not (folder.isascii() and folder.isprintable()):
        raise ValueError("the folder of imap has letters beyond ASCII; read mail from one that has none")
    if not (user + settings.password).isprintable():
        raise ValueError("the IMAP login has characters that nobody types; write it again")
    if parts.scheme == "imap" and not is_loopback(host):
        raise ValueError("the password would travel in clear; write imaps://")
    return Account(host, port, user, folder, parts.scheme == "imaps", settings.password)
